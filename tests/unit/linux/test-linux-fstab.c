/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names of fstab and crypttab, line by line. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/fstab.h"

#define ROOT_UUID "0a5215ef-1fb4-4b1b-8860-be4baa9e624c"
#define SWAP_UUID "acf9f525-3691-429f-96d7-3f8530227062"
#define DATA_UUID "d74186c9-21d5-4549-ae26-91ca9ed36f56"

static TestGuest *make_guest(void)
{
    TestGuest *guest = test_guest_new();

    test_guest_add_mount(guest, "/dev/sda1", "/",
                         test_guest_add_volume(guest, 0, 1, ROOT_UUID, "cafe-01"));
    test_guest_add_mount(guest, "/dev/sda5", "none",
                         test_guest_add_volume(guest, 0, 5, SWAP_UUID, "cafe-05"));
    test_guest_add_mount(guest, "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0-part1", "/data",
                         test_guest_add_volume(guest, 1, 1, DATA_UUID, "beef-01"));
    test_guest_add_mount(guest, "/dev/sdc", "/raw", test_guest_add_volume(guest, 2, 0, NULL, NULL));
    return guest;
}

typedef struct {
    const char *line;
    const char *expected; /* NULL: as it was */
    const char *unknown;  /* NULL: nothing */
} Row;

static const Row fstab_rows[] = {
    {"/dev/sda1 / ext4 defaults 0 1", "UUID=" ROOT_UUID " / ext4 defaults 0 1", NULL},
    {"/dev/sda1\t/\text4\tdefaults\t0 1", "UUID=" ROOT_UUID "\t/\text4\tdefaults\t0 1", NULL},
    {"  /dev/sda5   none swap sw 0 0 # swap", "  UUID=" SWAP_UUID "   none swap sw 0 0 # swap",
     NULL},
    {"/dev/hda1 / ext3 defaults", "UUID=" ROOT_UUID " / ext3 defaults", NULL},
    {"/dev/vda1 / ext3 defaults", "UUID=" ROOT_UUID " / ext3 defaults", NULL},
    {"/dev/xvda1 / ext3 defaults", "UUID=" ROOT_UUID " / ext3 defaults", NULL},
    {"/dev/nvme0n1p1 / ext3 defaults", "UUID=" ROOT_UUID " / ext3 defaults", NULL},
    {"/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0-part1 /data xfs defaults",
     "UUID=" DATA_UUID " /data xfs defaults", NULL},
    {"/dev/sdb1 /data xfs defaults", "UUID=" DATA_UUID " /data xfs defaults", NULL},
    {"/dev/sdb2 /more xfs defaults", NULL, "/dev/sdb2"},
    {"/dev/sdc /raw xfs defaults", NULL, "/dev/sdc"}, /* no UUID */
    {"/dev/disk/by-id/scsi-36000c29-part1 /x ext4 defaults", NULL,
     "/dev/disk/by-id/scsi-36000c29-part1"},
    {"/dev/disk/by-id/dm-uuid-LVM-abc /x ext4 defaults", NULL, NULL},
    {"/dev/disk/by-uuid/" ROOT_UUID " / ext4 defaults", NULL, NULL},
    {"/dev/mapper/vg-root / xfs defaults", NULL, NULL},
    {"/dev/vg/root / xfs defaults", NULL, NULL},
    {"/dev/md0 / xfs defaults", NULL, NULL},
    {"UUID=abc / xfs defaults", NULL, NULL},
    {"LABEL=/ / ext3 defaults", NULL, NULL},
    {"# /dev/sda1 / ext4", NULL, NULL},
    {"/dev/hdc /media/cdrom0 udf,iso9660 user,noauto", NULL, NULL},
    {"/dev/sr0 /media/cdrom0 auto user,noauto", NULL, NULL},
    {"/dev/fd0 /media/floppy0 auto rw,user,noauto", NULL, NULL},
    {"", NULL, NULL},
    {"/dev/sda1", "UUID=" ROOT_UUID, NULL},
    {"/dev/sda99999 / ext4 defaults", NULL, NULL}, /* no name a kernel gives */
};

static const Row crypttab_rows[] = {
    {"swap /dev/sda5 /dev/urandom swap", "swap UUID=" SWAP_UUID " /dev/urandom swap", NULL},
    {"root UUID=abc none luks", NULL, NULL},
    {"root /dev/sdz1 none luks", NULL, "/dev/sdz1"},
    {"root", NULL, NULL},
    {"# swap /dev/sda5", NULL, NULL},
};

static void check_rows(const Row *rows, size_t count,
                       char *(*rewrite)(const char *, const Guest *, GPtrArray *))
{
    g_autoptr(TestGuest) guest = make_guest();

    for (size_t i = 0; i < count; i++) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *result = rewrite(rows[i].line, &guest->guest, unknown);

        g_assert_cmpstr(result, ==, rows[i].expected != NULL ? rows[i].expected : rows[i].line);
        g_assert_cmpuint(unknown->len, ==, rows[i].unknown != NULL);
        if (rows[i].unknown != NULL)
            g_assert_cmpstr(unknown->pdata[0], ==, rows[i].unknown);
    }
}

static void test_fstab(void)
{
    check_rows(fstab_rows, G_N_ELEMENTS(fstab_rows), fstab_rewrite);
}

static void test_crypttab(void)
{
    check_rows(crypttab_rows, G_N_ELEMENTS(crypttab_rows), crypttab_rewrite);
}

static void test_plan(void)
{
    g_autoptr(TestGuest) guest = make_guest();
    g_autoptr(GError) error = NULL;
    g_autofree char *fstab = NULL, *findings = NULL, *edits = NULL;

    test_guest_add_text(guest, "/etc/fstab",
                        "# comment\r\n\n/dev/sda1 / ext4 defaults 0 1\n/dev/sdd1 /x ext4 nofail\n");
    test_guest_add_text(guest, "/etc/crypttab", "a UUID=1 none\n");
    g_assert_true(fstab_plan(&guest->plan, &error));
    g_assert_no_error(error);
    fstab = test_guest_edited(guest, "/etc/fstab");
    g_assert_cmpstr(fstab, ==,
                    "# comment\r\n\nUUID=" ROOT_UUID
                    " / ext4 defaults 0 1\n/dev/sdd1 /x ext4 nofail\n");
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==, "write /etc/fstab\n");
    findings = test_guest_list_findings(guest);
    g_assert_nonnull(strstr(findings, "linux-device-name-unknown: "));
    g_assert_nonnull(strstr(findings, "/dev/sdd1 in /etc/fstab"));
}

/* Real files: lines that do not begin with a disk's name stay to the byte. */
static void test_real_files(void)
{
    static const char *const files[] = {"suse/fstab", "leapp/fstab", "augeas-root/etc/fstab"};
    g_autoptr(TestGuest) guest = make_guest();
    guint count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "linux-guest", files[i], NULL);
        g_autofree char *text = NULL, *result = NULL;
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);

        if (!g_file_get_contents(path, &text, NULL, NULL))
            continue;
        result = fstab_rewrite(text, &guest->guest, unknown);

        g_auto(GStrv) before = g_strsplit(text, "\n", -1);
        g_auto(GStrv) after = g_strsplit(result, "\n", -1);

        g_assert_cmpuint(g_strv_length(before), ==, g_strv_length(after));
        for (guint line = 0; before[line] != NULL; line++)
            if (!g_str_has_prefix(before[line], "/dev/sd") &&
                !g_str_has_prefix(before[line], "/dev/hd"))
                g_assert_cmpstr(before[line], ==, after[line]);
        count++;
    }
    if (count == 0)
        g_test_skip("no test data");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/fstab/fstab", test_fstab);
    g_test_add_func("/linux/fstab/crypttab", test_crypttab);
    g_test_add_func("/linux/fstab/plan", test_plan);
    g_test_add_func("/linux/fstab/real-files", test_real_files);
    return g_test_run();
}
