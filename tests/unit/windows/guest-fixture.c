/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives, trees and collections of a handful of values and files. */
#include "tests/unit/windows/guest-fixture.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "registry/hive.h"
#include "tests/unit/registry/registry-support.h"
#include "tests/unit/windows/support.h"

void guest_fixture_write(Fs *fs, const char *path, GBytes *content)
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

    guest_fixture_write(fs, path, content);
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

GBytes *guest_fixture_software(void)
{
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();

    hive_edits_set_string(edits, "Microsoft\\Windows\\CurrentVersion", "DevicePath",
                          HIVE_TYPE_EXPAND_SZ, "%SystemRoot%\\inf", "t");
    return test_edit_hive(empty, edits);
}

GBytes *guest_fixture_bcd(gboolean test_signing)
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

void guest_fixture_init(GuestFixture *fixture, guint major, guint minor, guint build)
{
    static char product[] = "Windows", architecture[] = "x86_64", root[] = "/Windows";
    g_autoptr(GBytes) system = make_system(major * 10 + minor >= 62);
    g_autoptr(GBytes) software = guest_fixture_software();
    g_autoptr(GBytes) configuration = guest_fixture_bcd(FALSE);

    *fixture = (GuestFixture){.fs = fs_new_memory(FALSE), .esp = fs_new_memory(FALSE)};
    write_text(fixture->fs, DRIVERS "disk.sys", "disk");
    write_text(fixture->fs, DRIVERS "storahci.sys", "storahci");
    guest_fixture_write(fixture->fs, CONFIG "SYSTEM", system);
    guest_fixture_write(fixture->fs, CONFIG "SOFTWARE", software);
    write_text(fixture->fs, CONFIG "SYSTEM.LOG1", "a stale log");
    write_text(fixture->fs, CONFIG "SYSTEM.LOG2", "");
    write_text(fixture->esp, "/EFI/Microsoft/Boot/bootmgfw.efi", "loader");
    guest_fixture_write(fixture->esp, "/EFI/Microsoft/Boot/BCD", configuration);
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

void guest_fixture_clear(GuestFixture *fixture)
{
    edits_free(fixture->edits);
    fs_tree_free(fixture->guest.tree);
    profiles_free(fixture->guest.profiles);
    fs_close(fixture->fs);
    fs_close(fixture->esp);
    g_ptr_array_unref(fixture->findings);
}

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

DriverTree *guest_fixture_drivers(guint first, guint end)
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

char *guest_fixture_paths(const Edits *edits)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);

        if (edit->kind == EDIT_WRITE_FILE)
            g_string_append_printf(text, "%s%s\n", edit->path, edit->existed ? "" : " (new)");
    }
    return g_string_free(text, FALSE);
}

char *guest_fixture_codes(const GPtrArray *findings)
{
    g_autoptr(GPtrArray) codes = g_ptr_array_new();

    for (guint i = 0; i < findings->len; i++)
        g_ptr_array_add(codes, (char *)(uintptr_t)finding_code_name(
                                   ((const Finding *)g_ptr_array_index(findings, i))->code));
    g_ptr_array_add(codes, NULL);
    return g_strjoinv(" ", (char **)codes->pdata);
}

const Edit *guest_fixture_find(const Edits *edits, const char *path)
{
    for (guint i = 0; i < edits_count(edits); i++) {
        if (g_ascii_strcasecmp(edits_get(edits, i)->path, path) == 0)
            return edits_get(edits, i);
    }
    return NULL;
}

void guest_fixture_check(const Edits *edits, const char *hive, const char *key, const char *name,
                         const char *old_text, const char *new_text)
{
    const Edit *edit = guest_fixture_find(edits, hive);

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
