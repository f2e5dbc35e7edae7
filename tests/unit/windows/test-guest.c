/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole plans for guests in memory: what is staged, what is found, and what nothing is staged for.
 */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "registry/hive.h"
#include "tests/unit/registry/registry-support.h"
#include "tests/unit/windows/support.h"
#include "windows/windows_guest.h"

#define DRIVERS "/Windows/System32/drivers/"
#define CONFIG "/Windows/System32/config/"

/* Its edits are tested by themselves in test-first-boot.c. */
static const WindowsOptions without_service = {.no_first_boot_service = TRUE};

typedef struct {
    Fs *fs, *esp;
    Guest guest;
    Edits *edits;
    GPtrArray *findings;
} Fixture;

static void write_file(Fs *fs, const char *path, GBytes *content)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_auto(GStrv) components = g_strsplit(folder, "/", 0);
    g_autoptr(GString) made = g_string_new(NULL);
    const FsAttributes attributes = {.mode = -1};
    g_autoptr(GError) error = NULL;

    for (guint i = 1; components[i] && *components[i]; i++) {
        g_string_append_printf(made, "/%s", components[i]);
        g_assert_true(fs_make_directory(fs, made->str, &attributes, &error));
    }
    g_assert_true(fs_write_file(fs, path, content, &attributes, &error));
    g_assert_no_error(error);
}

static void write_text(Fs *fs, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

    write_file(fs, path, content);
}

static GBytes *make_system(gboolean has_driver_database)
{
    static const char *const filters[] = {"VBoxMouse", "mouclass", NULL};
    static const char *const only_filter[] = {"prl_strg", NULL};
    static const char *const setup[] = {"poqexec.exe /display_progress", NULL};
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();
#define SET "ControlSet001\\"
#define CLASS SET "Control\\Class\\{4d36e96f-e325-11ce-bfc1-08002be10318}"

    if (has_driver_database)
        hive_edits_set_dword(edits, "DriverDatabase", "Version", 0x0a000000, "t");
    hive_edits_set_dword(edits, SET "Services\\disk", "Start", 0, "t");
    hive_edits_set_dword(edits, SET "Services\\storahci", "Start", 0, "t");
    hive_edits_set_dword(edits, SET "Services\\storahci\\StartOverride", "0", 3, "t");
    hive_edits_set_dword(edits, SET "Services\\VMTools", "Start", 2, "t");
    hive_edits_set_dword(edits, SET "Services\\vmhgfs", "Start", 4, "t");
    hive_edits_set_dword(edits, SET "Services\\VBoxMouse", "Start", 3, "t");
    hive_edits_set_dword(edits, SET "Services\\intelppm", "Start", 3, "t");
    hive_edits_set_dword(edits, SET "Services\\partmgr\\Parameters", "SanPolicy", 2, "t");
    hive_edits_set_multi_string(edits, CLASS, "UpperFilters", filters, "t");
    hive_edits_set_multi_string(edits, CLASS, "LowerFilters", only_filter, "t");
    hive_edits_set_string(edits, SET "Control\\NetworkProvider\\Order", "ProviderOrder",
                          HIVE_TYPE_SZ, "RDPNP,vmhgfs,LanmanWorkstation", "t");
    hive_edits_set_dword(edits, SET "Control\\CrashControl", "AutoReboot", 1, "t");
    hive_edits_set_dword(edits, SET "Control\\Session Manager\\Power", "HiberbootEnabled", 1, "t");
    hive_edits_set_multi_string(edits, SET "Control\\Session Manager", "SetupExecute", setup, "t");
    return test_edit_hive(empty, edits);
#undef CLASS
#undef SET
}

static GBytes *make_software(void)
{
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();

    hive_edits_set_string(edits, "Microsoft\\Windows\\CurrentVersion", "DevicePath",
                          HIVE_TYPE_EXPAND_SZ, "%SystemRoot%\\inf", "t");
    return test_edit_hive(empty, edits);
}

#define LOADER "Objects\\{733b62e5-f608-11eb-825c-c112f60133ab}"

static GBytes *make_boot_configuration(gboolean test_signing)
{
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();

    hive_edits_set_string(edits,
                          "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003",
                          "Element", HIVE_TYPE_SZ, "{733b62e5-f608-11eb-825c-c112f60133ab}", "t");
    hive_edits_set(edits, LOADER "\\Elements\\16000046", "Element", HIVE_TYPE_BINARY, "\1", 1, "t");
    if (test_signing)
        hive_edits_set(edits, LOADER "\\Elements\\16000049", "Element", HIVE_TYPE_BINARY, "\1", 1,
                       "t");
    return test_edit_hive(empty, edits);
}

static void fixture_init(Fixture *fixture, guint major, guint minor, guint build)
{
    static char product[] = "Windows", architecture[] = "x86_64", root[] = "/Windows";
    g_autoptr(GBytes) system = make_system(major * 10 + minor >= 62);
    g_autoptr(GBytes) software = make_software();
    g_autoptr(GBytes) configuration = make_boot_configuration(FALSE);

    *fixture = (Fixture){.fs = fs_new_memory(FALSE), .esp = fs_new_memory(FALSE)};
    write_text(fixture->fs, DRIVERS "disk.sys", "disk");
    write_text(fixture->fs, DRIVERS "storahci.sys", "storahci");
    write_file(fixture->fs, CONFIG "SYSTEM", system);
    write_file(fixture->fs, CONFIG "SOFTWARE", software);
    write_text(fixture->fs, CONFIG "SYSTEM.LOG1", "a stale log");
    write_text(fixture->fs, CONFIG "SYSTEM.LOG2", "");
    write_text(fixture->esp, "/EFI/Microsoft/Boot/bootmgfw.efi", "loader");
    write_file(fixture->esp, "/EFI/Microsoft/Boot/BCD", configuration);
    fixture->guest = (Guest){
        .kind = GUEST_WINDOWS,
        .product_name = product,
        .architecture = architecture,
        .firmware = FIRMWARE_UEFI,
        .tree = fs_tree_new(),
        .windows_facts = {.system_root = root,
                          .major = major,
                          .minor = minor,
                          .build = build,
                          .current_control_set = 1,
                          .default_control_set = 1,
                          .has_driver_database = major * 10 + minor >= 62},
    };
    g_autoptr(GError) error = NULL;
    fixture->guest.profiles = profiles_load(NULL, &error);
    g_assert_no_error(error);
    fixture->guest.profile_section = test_match_profile(
        fixture->guest.profiles, &(InfTarget){.major = major, .minor = minor, .build = build});
    fs_tree_mount(fixture->guest.tree, "/", fixture->fs);
    fs_tree_mount(fixture->guest.tree, GUEST_ESP_MOUNT, fixture->esp);
    fixture->edits = edits_new(fixture->guest.tree);
    fixture->findings = findings_new();
}

static void fixture_clear(Fixture *fixture)
{
    edits_free(fixture->edits);
    fs_tree_free(fixture->guest.tree);
    profiles_free(fixture->guest.profiles);
    fs_close(fixture->fs);
    fs_close(fixture->esp);
    g_ptr_array_unref(fixture->findings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

#define VERSION "07/21/2023,100.94.104.24000"

static const TestPackage good_packages[] = {
    {"viostor/w10/amd64",
     {"viostor", "NTamd64.10.0", VERSION, 0x1001, 0x1042, TRUE},
     PE_SIGNER_MICROSOFT,
     FALSE,
     0x8664},
    {"vioscsi/w10/amd64",
     {"vioscsi", "NTamd64.10.0", VERSION, 0x1004, 0x1048, TRUE},
     PE_SIGNER_MICROSOFT,
     FALSE,
     0x8664},
    {"NetKVM/w10/amd64",
     {"netkvm", "NTamd64.10.0", VERSION, 0x1000, 0x1041, FALSE},
     PE_SIGNER_MICROSOFT,
     FALSE,
     0x8664},
    {"viostor/w8.1/amd64",
     {"viostor", "NTamd64.6.3", VERSION, 0x1001, 0x1042, TRUE},
     PE_SIGNER_TEST,
     FALSE,
     0x8664},
    {"vioscsi/w8.1/amd64",
     {"vioscsi", "NTamd64.6.3", VERSION, 0x1004, 0x1048, TRUE},
     PE_SIGNER_TEST,
     FALSE,
     0x8664},
    {"viostor/w7/amd64",
     {"viostor", "NTamd64.6.1", VERSION, 0x1001, 0, TRUE},
     PE_SIGNER_MICROSOFT,
     FALSE,
     0x8664},
    {"viostor/2k3/amd64",
     {"viostor", "NTamd64", VERSION, 0x1001, 0, TRUE},
     PE_SIGNER_OTHER,
     FALSE,
     0x8664},
};

static DriverTree *make_tree(guint first, guint end)
{
    g_autofree char *root = test_make_folder();
    g_autoptr(GError) error = NULL;
    DriverTree *tree;

    for (guint i = first; i < end; i++) {
        const TestPackage *package = &good_packages[i];
        g_autofree char *readme = g_strdup_printf("%s/Readme.md", package->folder);

        test_write_package(root, package);
        test_write_text(root, readme, package->inf.name);
    }
    tree = driver_tree_open(root, &error);
    g_assert_no_error(error);
    test_remove_folder(root);
    return tree;
}

/* "path (new)" lines of the staged files, sorted by order of staging. */
static char *staged_paths(const Edits *edits)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);

        if (edit->kind == EDIT_WRITE_FILE)
            g_string_append_printf(text, "%s%s\n", edit->path, edit->existed ? "" : " (new)");
    }
    return g_string_free(text, FALSE);
}

static char *finding_codes(const GPtrArray *findings)
{
    g_autoptr(GPtrArray) codes = g_ptr_array_new();

    for (guint i = 0; i < findings->len; i++)
        g_ptr_array_add(codes, (char *)(uintptr_t)finding_code_name(
                                   ((const Finding *)g_ptr_array_index(findings, i))->code));
    g_ptr_array_add(codes, NULL);
    return g_strjoinv(" ", (char **)codes->pdata);
}

static const Edit *find_edit(const Edits *edits, const char *path)
{
    for (guint i = 0; i < edits_count(edits); i++) {
        if (g_ascii_strcasecmp(edits_get(edits, i)->path, path) == 0)
            return edits_get(edits, i);
    }
    return NULL;
}

static void check_value(const Edits *edits, const char *hive, const char *key, const char *name,
                        const char *old_text, const char *new_text)
{
    const Edit *edit = find_edit(edits, hive);

    g_assert_nonnull(edit);
    for (guint i = 0; i < edit->values->len; i++) {
        const EditValue *value = g_ptr_array_index(edit->values, i);

        if (g_str_equal(value->key, key) && g_strcmp0(value->name, name) == 0) {
            g_assert_cmpstr(value->old_text, ==, old_text);
            g_assert_cmpstr(value->new_text, ==, new_text);
            g_assert_nonnull(value->reason);
            return;
        }
    }
    g_test_message("no change of %s|%s", key, name);
    g_test_fail();
}

static void test_windows_10(void)
{
    g_autoptr(DriverTree) tree = make_tree(0, 3);
    g_auto(Fixture) fixture;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) log = NULL;
    g_autofree char *paths = NULL;
    g_autofree char *codes = NULL;
    g_auto(WindowsResult) result = {0};
    uint64_t limit = 1024;
#define SYSTEM_KEY "HKLM\\SYSTEM\\ControlSet001\\"

    fixture_init(&fixture, 10, 0, 19045);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    g_assert_true(result.virtio_block && result.virtio_scsi && result.virtio_net);
    g_assert_cmpstr(result.disk_bus, ==, "virtio");
    g_assert_false(result.legacy_block || result.legacy_net);
    paths = staged_paths(fixture.edits);
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
    g_assert_cmpstr(find_edit(fixture.edits, DRIVERS "viostor.sys")->like, ==, DRIVERS "disk.sys");
    codes = finding_codes(fixture.findings);
    g_assert_cmpstr(codes, ==,
                    "windows-update-pending windows-san-policy windows-tools-disabled "
                    "windows-tools-disabled windows-efi-fallback");

    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\viostor", "Start", NULL,
                "dword:00000000");
    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\VMTools", "Start",
                "dword:00000002", "dword:00000004");
    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\VBoxMouse", "Start",
                "dword:00000003", "dword:00000004");
    check_value(fixture.edits, CONFIG "SYSTEM",
                SYSTEM_KEY "Control\\Class\\{4d36e96f-e325-11ce-bfc1-08002be10318}", "UpperFilters",
                "multi:\"VBoxMouse\",\"mouclass\"", "multi:\"mouclass\"");
    check_value(fixture.edits, CONFIG "SYSTEM",
                SYSTEM_KEY "Control\\Class\\{4d36e96f-e325-11ce-bfc1-08002be10318}", "LowerFilters",
                "multi:\"prl_strg\"", NULL);
    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Control\\NetworkProvider\\Order",
                "ProviderOrder", "\"RDPNP,vmhgfs,LanmanWorkstation\"",
                "\"RDPNP,LanmanWorkstation\"");
    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Control\\CrashControl", "AutoReboot",
                "dword:00000001", "dword:00000000");
    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Control\\Session Manager\\Power",
                "HiberbootEnabled", "dword:00000001", "dword:00000000");
    check_value(fixture.edits, CONFIG "SOFTWARE",
                "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion", "DevicePath",
                "expand:\"%SystemRoot%\\\\inf\"",
                "expand:\"%SystemRoot%\\\\inf;%SystemRoot%\\\\Drivers\\\\VirtIO;"
                "%SystemRoot%\\\\Drivers\\\\VirtIO\\\\netkvm;%SystemRoot%\\\\Drivers\\\\VirtIO"
                "\\\\vioscsi;%SystemRoot%\\\\Drivers\\\\VirtIO\\\\viostor\"");

    check_value(fixture.edits, GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/BCD",
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
    g_autoptr(DriverTree) tree = make_tree(0, 3);
    g_auto(Fixture) fixture;
    g_autoptr(Edits) again = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(WindowsResult) result = {0};

    fixture_init(&fixture, 10, 0, 19045);
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
        g_autoptr(DriverTree) tree = make_tree(rows[i].first, rows[i].end);
        g_auto(Fixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {0};

        fixture_init(&fixture, 6, 3, 9600);
        g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                         &without_service, fixture.edits, fixture.findings, &result,
                                         &error));
        g_assert_no_error(error);
        codes = finding_codes(fixture.findings);
        g_assert_cmpstr(codes, ==, rows[i].codes);
        g_assert_cmpint(result.virtio_block, ==, rows[i].virtio_block);
        g_assert_cmpint(result.legacy_block, ==, rows[i].legacy_block);
        g_assert_cmpstr(result.disk_bus, ==, rows[i].virtio_block ? "virtio" : "sata");
        g_assert_false(result.virtio_scsi || result.virtio_net);
        g_assert_cmpint(find_edit(fixture.edits, DRIVERS "viostor.sys") != NULL, ==,
                        rows[i].virtio_block);
        /* DevicePath names no folder that was not made. */
        g_assert_cmpint(find_edit(fixture.edits, CONFIG "SOFTWARE") != NULL, ==,
                        rows[i].virtio_block);
        /* The way back to an emulated disk is open in any case. */
        check_value(fixture.edits, CONFIG "SYSTEM",
                    "HKLM\\SYSTEM\\ControlSet001\\Services\\storahci\\StartOverride", NULL, "key",
                    NULL);
    }
}

/* The guest's owner lets it load test-signed drivers already. */
static void test_test_signing(void)
{
    g_autoptr(DriverTree) tree = make_tree(3, 5);
    g_autoptr(GBytes) configuration = make_boot_configuration(TRUE);
    g_auto(Fixture) fixture;
    g_autoptr(GError) error = NULL;
    g_auto(WindowsResult) result = {0};

    fixture_init(&fixture, 6, 3, 9600);
    write_file(fixture.esp, "/EFI/Microsoft/Boot/BCD", configuration);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    g_assert_true(result.virtio_block && result.virtio_scsi);
}

/* 2003: critical devices, IDE, and the old processor's driver. */
static void test_windows_2003(void)
{
    g_autoptr(DriverTree) tree = make_tree(6, 7);
    g_auto(Fixture) fixture;
    g_autoptr(GError) error = NULL;
    g_autofree char *codes = NULL;
    g_auto(WindowsResult) result = {0};
#define SYSTEM_KEY "HKLM\\SYSTEM\\ControlSet001\\"

    fixture_init(&fixture, 5, 2, 3790);
    fixture.guest.firmware = FIRMWARE_BIOS;
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &without_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    g_assert_true(result.virtio_block && result.legacy_block);
    g_assert_false(result.virtio_scsi);
    codes = finding_codes(fixture.findings);
    g_assert_cmpstr(codes, ==,
                    "windows-no-scsi-driver windows-no-net-driver windows-legacy-virtio "
                    "windows-update-pending windows-san-policy windows-tools-disabled "
                    "windows-tools-disabled");
    check_value(fixture.edits, CONFIG "SYSTEM",
                SYSTEM_KEY "Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&DEV_1001", "Service",
                NULL, "\"viostor\"");
    check_value(fixture.edits, CONFIG "SYSTEM",
                SYSTEM_KEY "Control\\CriticalDeviceDatabase\\gendisk", "Service", NULL, "\"disk\"");
    check_value(fixture.edits, CONFIG "SYSTEM", SYSTEM_KEY "Services\\intelppm", "Start",
                "dword:00000003", "dword:00000004");
    g_assert_null(find_edit(fixture.edits, GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/BCD"));
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
    g_autoptr(DriverTree) tree = make_tree(0, 3);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) system = testdata_load(rows[i].name);
        g_auto(Fixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {0};

        if (!system)
            return;
        fixture_init(&fixture, 10, 0, rows[i].build);
        write_file(fixture.fs, CONFIG "SYSTEM", system);
        g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                         &without_service, fixture.edits, fixture.findings, &result,
                                         &error));
        g_assert_no_error(error);
        codes = finding_codes(fixture.findings);
        g_assert_cmpstr(codes, ==, rows[i].codes);
        g_assert_cmpint(result.virtio_block, ==, i == 0);
        if (i == 0)
            check_value(fixture.edits, CONFIG "SYSTEM",
                        "HKLM\\SYSTEM\\ControlSet001\\Services\\VMTools", "Start", "dword:00000002",
                        "dword:00000004");
        else
            g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
    }
}

static void set_hibernated(Fixture *fixture)
{
    fixture->guest.windows_facts.hibernated = TRUE;
}

static void set_fast_started(Fixture *fixture)
{
    fixture->guest.windows_facts.fast_started = TRUE;
}

static void set_log_dirty(Fixture *fixture)
{
    fixture->guest.windows_facts.log_dirty = TRUE;
}

/* A second sequence number that is behind: the hive was being written, and no log fits. */
static void set_hive_dirty(Fixture *fixture)
{
    g_autoptr(GBytes) hive = make_software();
    size_t length;
    const uint8_t *data = g_bytes_get_data(hive, &length);
    g_autofree uint8_t *copy = g_memdup2(data, length);
    g_autoptr(GBytes) dirty = NULL;

    copy[8] ^= 1;
    dirty = g_bytes_new(copy, length);
    write_file(fixture->fs, CONFIG "SOFTWARE", dirty);
}

static void test_blocked(void)
{
    static const struct {
        void (*set)(Fixture *fixture);
        const char *code;
    } rows[] = {
        {set_hibernated, "windows-hibernated"},
        {set_fast_started, "windows-fast-started"},
        {set_log_dirty, "windows-log-dirty"},
        {set_hive_dirty, "windows-hive-dirty"},
    };
    g_autoptr(DriverTree) tree = make_tree(0, 3);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Fixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {.virtio_block = TRUE};

        fixture_init(&fixture, 10, 0, 19045);
        rows[i].set(&fixture);
        g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                         &without_service, fixture.edits, fixture.findings, &result,
                                         &error));
        g_assert_no_error(error);
        codes = finding_codes(fixture.findings);
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
        g_auto(Fixture) fixture;
        g_autoptr(GError) error = NULL;
        g_autofree char *codes = NULL;
        g_auto(WindowsResult) result = {0};

        g_test_message("%s", rows[i].label);
        fixture_init(&fixture, rows[i].major, rows[i].minor, rows[i].build);
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
        codes = finding_codes(fixture.findings);
        g_assert_cmpint(strstr(codes, "windows-bus-not-bootable") == NULL, ==, rows[i].is_bootable);
        g_assert_nonnull(strstr(codes, "windows-no-block-driver"));
        g_assert_null(find_edit(fixture.edits, DRIVERS "viostor.sys"));
    }
}

/* With the service, what is switched off will also go. */
static void test_uninstalled(void)
{
    static const WindowsOptions with_service = {0};
    g_autoptr(DriverTree) tree = make_tree(0, 3);
    g_auto(Fixture) fixture;
    g_autoptr(GError) error = NULL;
    g_autofree char *codes = NULL;
    g_auto(WindowsResult) result = {0};

    fixture_init(&fixture, 10, 0, 19045);
    g_assert_true(windows_guest_plan(&fixture.guest, &(const DriverSources){tree, NULL},
                                     &with_service, fixture.edits, fixture.findings, &result,
                                     &error));
    g_assert_no_error(error);
    codes = finding_codes(fixture.findings);
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
