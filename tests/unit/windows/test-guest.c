/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole plans for guests in memory: what is staged, what is found, and what nothing is staged for.
 */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "registry/hive.h"
#include "tests/unit/registry/registry-support.h"
#include "tests/unit/windows/guest-fixture.h"
#include "tests/unit/windows/support.h"
#include "windows/windows_guest.h"

/* Its edits are tested by themselves in test-first-boot.c. */
static const WindowsOptions without_service = {.no_first_boot_service = TRUE};

static void test_windows_10(void)
{
    g_autoptr(DriverTree) tree = guest_fixture_drivers(0, 3);
    g_auto(GuestFixture) fixture;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) log = NULL;
    g_autofree char *paths = NULL;
    g_autofree char *codes = NULL;
    g_auto(WindowsResult) result = {0};
    uint64_t limit = 1024;
#define SYSTEM_KEY "HKLM\\SYSTEM\\ControlSet001\\"

    guest_fixture_init(&fixture, 10, 0, 19045);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    g_assert_true(result.virtio_block && result.virtio_scsi && result.virtio_net);
    g_assert_cmpstr(result.disk_bus, ==, "virtio");
    g_assert_false(result.legacy_block || result.legacy_net);
    paths = guest_fixture_paths(fixture.edits);
    g_assert_cmpstr(paths, ==,
                    DRIVERS "vioscsi.sys (new)\n" DRIVERS "viostor.sys (new)\n"
                            "/Windows/Drivers/VirtIO/netkvm/readme.md (new)\n"
                            "/Windows/Drivers/VirtIO/netkvm/netkvm.sys (new)\n"
                            "/Windows/Drivers/VirtIO/netkvm/netkvm.cat (new)\n"
                            "/Windows/Drivers/VirtIO/netkvm/netkvm.inf (new)\n"
                            "/Windows/Drivers/VirtIO/vioscsi/readme.md (new)\n"
                            "/Windows/Drivers/VirtIO/vioscsi/vioscsi.sys (new)\n"
                            "/Windows/Drivers/VirtIO/vioscsi/vioscsi.cat (new)\n"
                            "/Windows/Drivers/VirtIO/vioscsi/vioscsi.inf (new)\n"
                            "/Windows/Drivers/VirtIO/viostor/readme.md (new)\n"
                            "/Windows/Drivers/VirtIO/viostor/viostor.sys (new)\n"
                            "/Windows/Drivers/VirtIO/viostor/viostor.cat (new)\n"
                            "/Windows/Drivers/VirtIO/viostor/viostor.inf (new)\n" CONFIG
                            "SYSTEM\n" CONFIG "SYSTEM.LOG1\n" CONFIG "SOFTWARE\n" GUEST_ESP_MOUNT
                            "/EFI/Microsoft/Boot/BCD\n" GUEST_ESP_MOUNT
                            "/EFI/BOOT/BOOTX64.EFI (new)\n");
    g_assert_cmpstr(guest_fixture_find(fixture.edits, DRIVERS "viostor.sys")->like, ==,
                    DRIVERS "disk.sys");
    codes = guest_fixture_codes(fixture.findings);
    g_assert_cmpstr(codes, ==,
                    "windows-update-pending windows-san-policy windows-tools-disabled "
                    "windows-tools-disabled windows-efi-fallback");

    guest_fixture_check(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\viostor", "Start",
                        NULL, "dword:00000000");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\VMTools", "Start",
                        "dword:00000002", "dword:00000004");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\VBoxMouse", "Start",
                        "dword:00000003", "dword:00000004");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                        SYSTEM_KEY "Control\\Class\\{4d36e96f-e325-11ce-bfc1-08002be10318}",
                        "UpperFilters", "multi:\"VBoxMouse\",\"mouclass\"", "multi:\"mouclass\"");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                        SYSTEM_KEY "Control\\Class\\{4d36e96f-e325-11ce-bfc1-08002be10318}",
                        "LowerFilters", "multi:\"prl_strg\"", NULL);
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                        SYSTEM_KEY "Control\\NetworkProvider\\Order", "ProviderOrder",
                        "\"RDPNP,vmhgfs,LanmanWorkstation\"", "\"RDPNP,LanmanWorkstation\"");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Control\\CrashControl",
                        "AutoReboot", "dword:00000001", "dword:00000000");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                        SYSTEM_KEY "Control\\Session Manager\\Power", "HiberbootEnabled",
                        "dword:00000001", "dword:00000000");
    guest_fixture_check(
        fixture.edits, CONFIG "SOFTWARE", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion",
        "DevicePath", "expand:\"%SystemRoot%\\\\inf\"",
        "expand:\"%SystemRoot%\\\\inf;%SystemRoot%\\\\Drivers\\\\VirtIO;"
        "%SystemRoot%\\\\Drivers\\\\VirtIO\\\\netkvm;%SystemRoot%\\\\Drivers\\\\VirtIO"
        "\\\\vioscsi;%SystemRoot%\\\\Drivers\\\\VirtIO\\\\viostor\"");

    guest_fixture_check(fixture.edits, GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/BCD",
                        "HKLM\\BCD00000000\\" LOADER "\\Elements\\16000046", NULL, "key", NULL);
    g_assert_true(edits_apply(fixture.edits, &error));
    g_assert_no_error(error);
    g_assert_true(fs_read_file(fixture.fs, CONFIG "SYSTEM.LOG1", limit, &log, &error));
    g_assert_cmpuint(g_bytes_get_size(log), ==, 0);
#undef SYSTEM_KEY
}

/* A second run on the result finds nothing left to change. */
static void test_again(void)
{
    g_autoptr(DriverTree) tree = guest_fixture_drivers(0, 3);
    g_auto(GuestFixture) fixture;
    g_autoptr(Edits) again = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(WindowsResult) result = {0};

    guest_fixture_init(&fixture, 10, 0, 19045);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_true(edits_apply(fixture.edits, &error));
    g_assert_no_error(error);
    again = edits_new(fixture.guest.tree);
    windows_result_clear(&result);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, again, fixture.findings, &result, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(edits_count(again), ==, 0);
    g_assert_true(result.virtio_block);
}

/* 8.1 on x64 refuses a test-signed build; without another one it stays on SATA. */
static void test_refused(void)
{
    static const struct {
        guint first, end;
        gboolean virtio_block, legacy_block;
        const char *codes;
    } rows[] = {
        {3, 5, FALSE, FALSE,
         "windows-driver-refused windows-driver-refused windows-no-block-driver "
         "windows-no-net-driver windows-update-pending windows-san-policy windows-tools-disabled "
         "windows-tools-disabled windows-efi-fallback"},
        {3, 6, TRUE, TRUE,
         "windows-driver-refused windows-driver-refused windows-no-scsi-driver "
         "windows-no-net-driver windows-legacy-virtio windows-update-pending windows-san-policy "
         "windows-tools-disabled windows-tools-disabled windows-efi-fallback"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(DriverTree) tree = guest_fixture_drivers(rows[i].first, rows[i].end);
        g_auto(GuestFixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {0};

        guest_fixture_init(&fixture, 6, 3, 9600);
        g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                         &without_service, fixture.edits, fixture.findings, &result,
                                         &error));
        g_assert_no_error(error);
        codes = guest_fixture_codes(fixture.findings);
        g_assert_cmpstr(codes, ==, rows[i].codes);
        g_assert_cmpint(result.virtio_block, ==, rows[i].virtio_block);
        g_assert_cmpint(result.legacy_block, ==, rows[i].legacy_block);
        g_assert_cmpstr(result.disk_bus, ==, rows[i].virtio_block ? "virtio" : "sata");
        g_assert_false(result.virtio_scsi || result.virtio_net);
        g_assert_cmpint(guest_fixture_find(fixture.edits, DRIVERS "viostor.sys") != NULL, ==,
                        rows[i].virtio_block);
        /* DevicePath names no folder that was not made. */
        g_assert_cmpint(guest_fixture_find(fixture.edits, CONFIG "SOFTWARE") != NULL, ==,
                        rows[i].virtio_block);
        /* The way back to an emulated disk is open in any case. */
        guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                            "HKLM\\SYSTEM\\ControlSet001\\Services\\storahci\\StartOverride", NULL,
                            "key", NULL);
    }
}

/* The guest's owner lets it load test-signed drivers already. */
static void test_test_signing(void)
{
    g_autoptr(DriverTree) tree = guest_fixture_drivers(3, 5);
    g_autoptr(GBytes) configuration = guest_fixture_bcd(TRUE);
    g_auto(GuestFixture) fixture;
    g_autoptr(GError) error = NULL;
    g_auto(WindowsResult) result = {0};

    guest_fixture_init(&fixture, 6, 3, 9600);
    guest_fixture_write(fixture.esp, "/EFI/Microsoft/Boot/BCD", configuration);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    g_assert_true(result.virtio_block && result.virtio_scsi);
}

/* 2003: critical devices, IDE, and the old processor's driver. */
static void test_windows_2003(void)
{
    g_autoptr(DriverTree) tree = guest_fixture_drivers(6, 7);
    g_auto(GuestFixture) fixture;
    g_autoptr(GError) error = NULL;
    g_autofree char *codes = NULL;
    g_auto(WindowsResult) result = {0};
#define SYSTEM_KEY "HKLM\\SYSTEM\\ControlSet001\\"

    guest_fixture_init(&fixture, 5, 2, 3790);
    fixture.guest.firmware = FIRMWARE_BIOS;
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    g_assert_true(result.virtio_block && result.legacy_block);
    g_assert_false(result.virtio_scsi);
    codes = guest_fixture_codes(fixture.findings);
    g_assert_cmpstr(codes, ==,
                    "windows-no-scsi-driver windows-no-net-driver windows-legacy-virtio "
                    "windows-update-pending windows-san-policy windows-tools-disabled "
                    "windows-tools-disabled");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                        SYSTEM_KEY "Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&DEV_1001",
                        "Service", NULL, "\"viostor\"");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                        SYSTEM_KEY "Control\\CriticalDeviceDatabase\\gendisk", "Service", NULL,
                        "\"disk\"");
    guest_fixture_check(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\intelppm", "Start",
                        "dword:00000003", "dword:00000004");
    g_assert_null(guest_fixture_find(fixture.edits, GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/BCD"));
#undef SYSTEM_KEY
}

/* SYSTEM hives of real VMware guests: one clean, one that was being written when it was copied. */
static void test_real_hives(void)
{
    static const struct {
        const char *name;
        guint build;
        const char *codes;
    } rows[] = {
        {"win10-2004-x64-vmware/SYSTEM.gz", 19041, "windows-tools-disabled windows-efi-fallback"},
        {"win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz", 18362, "windows-hive-dirty"},
    };
    g_autoptr(DriverTree) tree = guest_fixture_drivers(0, 3);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) system = testdata_load(rows[i].name);
        g_auto(GuestFixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {0};

        if (!system)
            return;
        guest_fixture_init(&fixture, 10, 0, rows[i].build);
        guest_fixture_write(fixture.fs, CONFIG "SYSTEM", system);
        g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                         &without_service, fixture.edits, fixture.findings, &result,
                                         &error));
        g_assert_no_error(error);
        codes = guest_fixture_codes(fixture.findings);
        g_assert_cmpstr(codes, ==, rows[i].codes);
        g_assert_cmpint(result.virtio_block, ==, i == 0);
        if (i == 0)
            guest_fixture_check(fixture.edits, CONFIG "SYSTEM",
                                "HKLM\\SYSTEM\\ControlSet001\\Services\\VMTools", "Start",
                                "dword:00000002", "dword:00000004");
        else
            g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
    }
}

static void set_hibernated(GuestFixture *fixture)
{
    fixture->guest.windows_facts.hibernated = TRUE;
}

static void set_fast_started(GuestFixture *fixture)
{
    fixture->guest.windows_facts.fast_started = TRUE;
}

static void set_log_dirty(GuestFixture *fixture)
{
    fixture->guest.windows_facts.log_dirty = TRUE;
}

/* A second sequence number that is behind: the hive was being written, and no log fits. */
static void set_hive_dirty(GuestFixture *fixture)
{
    g_autoptr(GBytes) hive = guest_fixture_software();
    size_t length;
    const uint8_t *data = g_bytes_get_data(hive, &length);
    g_autofree uint8_t *copy = g_memdup2(data, length);
    g_autoptr(GBytes) dirty = NULL;

    copy[8] ^= 1;
    dirty = g_bytes_new(copy, length);
    guest_fixture_write(fixture->fs, CONFIG "SOFTWARE", dirty);
}

static void test_blocked(void)
{
    static const struct {
        void (*set)(GuestFixture *fixture);
        const char *code;
    } rows[] = {
        {set_hibernated, "windows-hibernated"},
        {set_fast_started, "windows-fast-started"},
        {set_log_dirty, "windows-log-dirty"},
        {set_hive_dirty, "windows-hive-dirty"},
    };
    g_autoptr(DriverTree) tree = guest_fixture_drivers(0, 3);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GuestFixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {.virtio_block = TRUE};

        guest_fixture_init(&fixture, 10, 0, 19045);
        rows[i].set(&fixture);
        g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                         &without_service, fixture.edits, fixture.findings, &result,
                                         &error));
        g_assert_no_error(error);
        codes = guest_fixture_codes(fixture.findings);
        g_assert_cmpstr(codes, ==, rows[i].code);
        g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
        g_assert_false(result.virtio_block);
        g_assert_false(findings_check_blockers(fixture.findings, &error));
    }
}

/* Nothing in the collection fits, and this guest has storahci alone. */
static void test_no_driver(void)
{
    static const struct {
        const char *label;
        guint major, minor, build;
        Firmware firmware;
        const char *wanted, *expected; /* NULL: it cannot be done */
        gboolean is_bootable;
    } rows[] = {
        {"10 falls back to SATA", 10, 0, 19045, FIRMWARE_UEFI, NULL, "sata", TRUE},
        {"Vista would need msahci", 6, 0, 6002, FIRMWARE_UEFI, NULL, NULL, FALSE},
        {"Vista on SATA all the same", 6, 0, 6002, FIRMWARE_BIOS, "sata", "sata", FALSE},
        {"10 on SATA as wanted", 10, 0, 19045, FIRMWARE_UEFI, "sata", "sata", TRUE},
        {"IDE on BIOS without its drivers", 10, 0, 19045, FIRMWARE_BIOS, "ide", "ide", FALSE},
        {"UEFI has no IDE", 10, 0, 19045, FIRMWARE_UEFI, "ide", "sata", TRUE},
        {"virtio without a driver", 10, 0, 19045, FIRMWARE_UEFI, "virtio", "virtio", FALSE},
        {"virtio-scsi without a driver", 10, 0, 19045, FIRMWARE_UEFI, "scsi", "scsi", FALSE},
    };
    const DriverSources nothing = {NULL, NULL};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        WindowsOptions options = {.no_first_boot_service = TRUE, .disk_bus = rows[i].wanted};
        g_auto(GuestFixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {0};

        g_test_message("%s", rows[i].label);
        guest_fixture_init(&fixture, rows[i].major, rows[i].minor, rows[i].build);
        fixture.guest.firmware = rows[i].firmware;
        if (!rows[i].expected) {
            g_assert_false(windows_guest_plan(&fixture.guest, &nothing, &options, fixture.edits,
                                              fixture.findings, &result, &error));
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL);
            g_assert_nonnull(strstr(error->message, "it lacks msahci, atapi"));
            g_assert_nonnull(drydock_error_get_hint(error));
            g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
            continue;
        }
        g_assert_true(windows_guest_plan(&fixture.guest, &nothing, &options, fixture.edits,
                                         fixture.findings, &result, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(result.disk_bus, ==, rows[i].expected);
        codes = guest_fixture_codes(fixture.findings);
        g_assert_cmpint(strstr(codes, "windows-bus-not-bootable") == NULL, ==, rows[i].is_bootable);
        g_assert_nonnull(strstr(codes, "windows-no-block-driver"));
        g_assert_null(guest_fixture_find(fixture.edits, DRIVERS "viostor.sys"));
    }
}

/* With the service, what is switched off will also go. */
static void test_uninstalled(void)
{
    static const WindowsOptions with_service = {0};
    g_autoptr(DriverTree) tree = guest_fixture_drivers(0, 3);
    g_auto(GuestFixture) fixture;
    g_autoptr(GError) error = NULL;
    g_autofree char *codes = NULL;
    g_auto(WindowsResult) result = {0};

    guest_fixture_init(&fixture, 10, 0, 19045);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &with_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    codes = guest_fixture_codes(fixture.findings);
    g_assert_nonnull(
        strstr(codes, result.first_boot ? "windows-tools-uninstalled" : "windows-tools-disabled"));
    g_assert_cmpint(strstr(codes, "windows-tools-disabled") == NULL, ==, result.first_boot);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/guest/windows-10", test_windows_10);
    g_test_add_func("/windows/guest/again", test_again);
    g_test_add_func("/windows/guest/refused", test_refused);
    g_test_add_func("/windows/guest/test-signing", test_test_signing);
    g_test_add_func("/windows/guest/windows-2003", test_windows_2003);
    g_test_add_func("/windows/guest/real-hives", test_real_hives);
    g_test_add_func("/windows/guest/blocked", test_blocked);
    g_test_add_func("/windows/guest/no-driver", test_no_driver);
    g_test_add_func("/windows/guest/uninstalled", test_uninstalled);
    return g_test_run();
}
