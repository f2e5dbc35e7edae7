/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which loader is copied to where firmware looks without boot entries. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/efi_fallback.h"

#define ESP "/boot/efi/EFI/"

typedef struct {
    const char *name, *id, *architecture;
    const char *files[6]; /* below EFI */
    const char *edits;
    const char *finding;
} Row;

static const Row rows[] = {
    {"shim",
     "debian",
     "x86_64",
     {"debian/shimx64.efi", "debian/grubx64.efi", "debian/mmx64.efi", "debian/grub.cfg"},
     "mkdir " ESP "BOOT\nwrite " ESP "BOOT/BOOTX64.EFI\nwrite " ESP "BOOT/grubx64.efi\n"
     "write " ESP "BOOT/mmx64.efi\nwrite " ESP "BOOT/grub.cfg\n",
     "linux-efi-fallback"},
    {"grub-alone",
     "arch",
     "x86_64",
     {"GRUB/grubx64.efi"},
     "mkdir " ESP "BOOT\nwrite " ESP "BOOT/BOOTX64.EFI\n",
     "linux-efi-fallback"},
    {"systemd-boot",
     "arch",
     "x86_64",
     {"systemd/systemd-bootx64.efi"},
     "mkdir " ESP "BOOT\nwrite " ESP "BOOT/BOOTX64.EFI\n",
     "linux-efi-fallback"},
    {"arm",
     "ubuntu",
     "aarch64",
     {"ubuntu/shimaa64.efi", "ubuntu/grubaa64.efi", "ubuntu/shimx64.efi"},
     "mkdir " ESP "BOOT\nwrite " ESP "BOOT/BOOTAA64.EFI\nwrite " ESP "BOOT/grubaa64.efi\n",
     "linux-efi-fallback"},
    {"there-already", "fedora", "x86_64", {"BOOT/BOOTX64.EFI", "fedora/shimx64.efi"}, "", NULL},
    {"nothing", "debian", "x86_64", {"Microsoft/bootmgfw.efi"}, "", "linux-no-efi-loader"},
    {"other-architecture", "debian", "i686", {"debian/grubx64.efi"}, "", "linux-no-efi-loader"},
    {"no-architecture", "debian", "riscv64", {"debian/grubx64.efi"}, "", NULL},
};

static char mount_point[] = "/boot/efi";

/* What it borrows from row is not freed with it. */
static TestGuest *make_guest(const Row *row)
{
    TestGuest *guest = test_guest_new();

    guest->guest.firmware = FIRMWARE_UEFI;
    guest->guest.architecture = (char *)(uintptr_t)row->architecture;
    guest->guest.linux_facts.id = (char *)(uintptr_t)row->id;
    guest->guest.linux_facts.esp_mount_point = mount_point;
    for (guint i = 0; i < G_N_ELEMENTS(row->files) && row->files[i]; i++) {
        g_autofree char *path = g_strconcat(ESP, row->files[i], NULL);

        test_guest_add_text(guest, path, row->files[i]);
    }
    return guest;
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(TestGuest) guest = make_guest(row);
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *findings = NULL;

    g_assert_true(efi_fallback_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==, row->edits);
    findings = test_guest_list_findings(guest);
    if (row->finding)
        g_assert_nonnull(strstr(findings, row->finding));
    else
        g_assert_cmpstr(findings, ==, "");
}

/* Of several the distribution's own. */
static void test_choice(void)
{
    static const Row row = {
        "choice", "rhel", "x86_64", {"centos/shimx64.efi", "redhat/shimx64.efi", "zzz/shimx64.efi"},
        "",       ""};
    g_autoptr(TestGuest) guest = make_guest(&row);
    g_autoptr(GError) error = NULL;
    g_autofree char *loader = NULL;

    g_assert_true(efi_fallback_plan(&guest->plan, &error));
    loader = test_guest_edited(guest, ESP "BOOT/BOOTX64.EFI");
    g_assert_cmpstr(loader, ==, "redhat/shimx64.efi");
}

static void test_bios(void)
{
    static const Row row = {"bios", "debian", "x86_64", {"debian/shimx64.efi"}, "", ""};
    g_autoptr(TestGuest) guest = make_guest(&row);
    g_autoptr(GError) error = NULL;

    guest->guest.firmware = FIRMWARE_BIOS;
    g_assert_true(efi_fallback_plan(&guest->plan, &error));
    g_assert_cmpuint(edits_count(guest->edits), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/linux/efi-fallback/", rows[i].name, NULL);

        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/linux/efi-fallback/choice", test_choice);
    g_test_add_func("/linux/efi-fallback/bios", test_bios);
    return g_test_run();
}
