/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names of fstab and crypttab, line by line. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/fstab.h"

#define ROOT_UUID "0a5215ef-1fb4-4b1b-8860-be4baa9e624c"
#define SWAP_UUID "acf9f525-3691-429f-96d7-3f8530227062"
#define DATA_UUID "d74186c9-21d5-4549-ae26-91ca9ed36f56"
#define LUKS_UUID "01020304-0506-0708-090a-0b0c0d0e0f10"

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
    test_guest_add_mount(guest, "/dev/sda7", "/part",
                         test_guest_add_volume(guest, 0, 7, NULL, "cafe-07"));
    test_guest_add_mount(guest, "/dev/mapper/root", "/secret",
                         test_guest_add_volume(guest, 0, 6, DATA_UUID, NULL));
    ((Volume *)guest->volumes->pdata[guest->volumes->len - 1])->encryption_uuid =
        g_strdup(LUKS_UUID);
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
    {"/dev/sdb2 /more xfs defaults", "/dev/sdb2 /more xfs defaults,nofail", "/dev/sdb2"},
    {"/dev/sdb2 /more xfs", "/dev/sdb2 /more xfs nofail", "/dev/sdb2"},
    {"/dev/sdb2 /more xfs rw 0 2\r", "/dev/sdb2 /more xfs rw,nofail 0 2\r", "/dev/sdb2"},
    {"/dev/sdb2 /more xfs noauto 0 2", NULL, "/dev/sdb2"},
    {"/dev/sdb2 /more xfs rw,nofail 0 2", NULL, "/dev/sdb2"},
    {"/dev/sdb2 none swap sw 0 0", "/dev/sdb2 none swap sw,nofail 0 0", "/dev/sdb2"},
    {"/dev/sdz1 / xfs defaults", NULL, "/dev/sdz1"},
    {"/dev/sdz1 /usr xfs defaults", NULL, "/dev/sdz1"},
    {"/dev/sdc /raw xfs defaults", "/dev/sdc /raw xfs defaults,nofail", "/dev/sdc"}, /* no UUID */
    {"/dev/sda7 /part xfs defaults", "PARTUUID=cafe-07 /part xfs defaults", NULL},
    {"/dev/disk/by-id/scsi-36000c29-part1 /x ext4 defaults",
     "/dev/disk/by-id/scsi-36000c29-part1 /x ext4 defaults,nofail",
     "/dev/disk/by-id/scsi-36000c29-part1"},
    {"/dev/sda5 /media/disk auto user", "UUID=" SWAP_UUID " /media/disk auto user", NULL},
    {"/dev/sdz1 /media/disk auto user", NULL, NULL},
    {"/dev/mapper/mpatha2 /x ext4", "/dev/mapper/mpatha2 /x ext4 nofail", "/dev/mapper/mpatha2"},
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
    {"data /dev/sda5 none luks", "data UUID=" SWAP_UUID " none luks", NULL},
    {"data\t/dev/sda5", "data\tUUID=" SWAP_UUID, NULL},
    {"data /dev/sda5 /etc/keys/data.key luks,discard",
     "data UUID=" SWAP_UUID " /etc/keys/data.key luks,discard", NULL},
    {"root /dev/sda6 none luks", "root UUID=" LUKS_UUID " none luks",
     NULL}, /* and not what is in it */
    {"swap /dev/sda5 /dev/urandom swap", "swap PARTUUID=cafe-05 /dev/urandom swap", NULL},
    {"swap /dev/sda5 /etc/key plain,cipher=aes-xts-plain64",
     "swap PARTUUID=cafe-05 /etc/key plain,cipher=aes-xts-plain64", NULL},
    {"root UUID=abc none luks", NULL, NULL},
    {"root /dev/vg/root none luks", NULL, NULL},
    {"root /dev/sdz1 none luks", "root /dev/sdz1 none luks,nofail", "/dev/sdz1"},
    {"root /dev/sdz1 none", "root /dev/sdz1 none nofail", "/dev/sdz1"},
    {"root /dev/sdz1", "root /dev/sdz1 none nofail", "/dev/sdz1"},
    {"root", NULL, NULL},
    {"# swap /dev/sda5", NULL, NULL},
};

static void check_rows(const Row *rows, size_t count,
                       char *(*rewrite)(const char *, const Guest *, StorageNames *))
{
    g_autoptr(TestGuest) guest = make_guest();

    for (size_t i = 0; i < count; i++) {
        g_auto(StorageNames) names = {NULL};

        storage_names_init(&names);

        g_autofree char *result = rewrite(rows[i].line, &guest->guest, &names);

        g_assert_cmpstr(result, ==, rows[i].expected != NULL ? rows[i].expected : rows[i].line);
        g_assert_cmpuint(names.unknown->len, ==, rows[i].unknown != NULL);
        g_assert_cmpuint(names.gone->len, ==, 0);
        if (rows[i].unknown != NULL)
            g_assert_cmpstr(names.unknown->pdata[0], ==, rows[i].unknown);
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

/* What is on none of the disks, once all of them are seen through. */
static void test_gone(void)
{
    static const struct {
        const char *line, *expected; /* NULL: as it was, nothing is said */
        gboolean unseen;             /* changed even while a volume cannot be looked into */
    } rows[] = {
        {"UUID=" ROOT_UUID " /a ext4 rw 0 2", NULL, FALSE},
        {"UUID=11111111-1111-1111-1111-111111111111 /a ext4 rw 0 2",
         "UUID=11111111-1111-1111-1111-111111111111 /a ext4 rw,nofail 0 2", FALSE},
        {"LABEL=backup /a ext4", "LABEL=backup /a ext4 nofail", FALSE},
        {"/dev/disk/by-label/backup /a ext4 ro", "/dev/disk/by-label/backup /a ext4 ro,nofail",
         FALSE},
        {"PARTUUID=dead-01 /a ext4 ro", "PARTUUID=dead-01 /a ext4 ro,nofail", FALSE},
        {"PARTUUID=cafe-01 /a ext4 ro", NULL, FALSE},
        {"LABEL=cd /media/cdrom0 iso9660 ro", NULL, FALSE},
        {".host:/ /mnt/hgfs fuse.vmhgfs-fuse allow_other 0 0",
         ".host:/ /mnt/hgfs fuse.vmhgfs-fuse allow_other,nofail 0 0", TRUE},
        {"share /srv vboxsf uid=1000 0 0", "share /srv vboxsf uid=1000,nofail 0 0", TRUE},
        {"share /srv vboxsf noauto 0 0", NULL, FALSE},
        {"UUID=11111111-1111-1111-1111-111111111111 /a ext4 _netdev 0 2", NULL, FALSE},
        {"server:/export /srv nfs defaults 0 0", NULL, FALSE},
        {"tmpfs /tmp tmpfs defaults 0 0", NULL, FALSE},
    };
    g_autoptr(TestGuest) guest = make_guest();
    g_autofree char *type = g_strdup("crypto_LUKS"), *usage = g_strdup("crypto");
    VolumeProbe probe = {.type = type, .usage = usage};
    Volume locked = {.probe = &probe};
    g_autoptr(GPtrArray) with_locked = g_ptr_array_new();
    VolumeSet sets[] = {{.volumes = guest->volumes}, {.volumes = with_locked}};

    for (guint i = 0; i < guest->volumes->len; i++)
        g_ptr_array_add(with_locked, guest->volumes->pdata[i]);
    g_ptr_array_add(with_locked, &locked);
    for (size_t round = 0; round < G_N_ELEMENTS(sets); round++)
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_auto(StorageNames) names = {NULL};
            gboolean changes = rows[i].expected != NULL && (round == 0 || rows[i].unseen);

            guest->guest.volumes = &sets[round];
            storage_names_init(&names);

            g_autofree char *result = fstab_rewrite(rows[i].line, &guest->guest, &names);

            g_assert_cmpstr(result, ==, changes ? rows[i].expected : rows[i].line);
            g_assert_cmpuint(names.gone->len, ==, rows[i].expected != NULL && changes);
        }
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
        g_auto(StorageNames) names = {NULL};

        if (!g_file_get_contents(path, &text, NULL, NULL))
            continue;
        storage_names_init(&names);
        result = fstab_rewrite(text, &guest->guest, &names);

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
    g_test_add_func("/linux/fstab/gone", test_gone);
    g_test_add_func("/linux/fstab/plan", test_plan);
    g_test_add_func("/linux/fstab/real-files", test_real_files);
    return g_test_run();
}
