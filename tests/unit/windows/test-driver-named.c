/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other vendors' drivers beside a collection: which are taken, which made bootable, what is wrong.
 */
#include <string.h>

#include "base/error.h"
#include "tests/unit/windows/support.h"
#include "windows/driver_choice.h"
#include "windows/driver_files.h"

#define AMD64 INF_ARCHITECTURE_AMD64
#define OLD "01/02/2019,61.77.104.17200"
#define NEW "07/21/2023,63.93.104.24000"
#define WINDOWS_10                                                                                 \
    {                                                                                              \
        {AMD64, 10, 0, 19045, 1}, FALSE, FALSE                                                     \
    }

/* 0x1fff is nobody's device, 0x1001 virtio-blk, 0x1000 virtio-net. */
static const TestPackage collection[] = {
    {"viostor/w10/amd64",
     {"viostor", "NTamd64.10.0", NEW, 0x1001, 0x1042, TRUE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0x8664},
    {"NetKVM/w10/amd64",
     {"netkvm", "NTamd64.10.0", NEW, 0x1000, 0x1041, FALSE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0x8664},
};
static const TestPackage raid[] = {
    {"x64", {"raid", "NTamd64.6.1", OLD, 0x1fff, 0, TRUE}, PE_SIGNER_OTHER, TRUE, 0x8664},
    {"x86", {"raid", "NTx86.6.1", OLD, 0x1fff, 0, TRUE}, PE_SIGNER_OTHER, TRUE, 0x14c},
};
static const TestPackage card[] = {
    {"Drivers/Win7/x64", {"card", "NTamd64.6.1", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_OTHER, TRUE, 0},
    {"Drivers/Win10/x64",
     {"card", "NTamd64.10.0", OLD, 0x1ffe, 0, FALSE},
     PE_SIGNER_OTHER,
     TRUE,
     0},
};
static const TestPackage only_old[] = {
    {"Drivers/Win7/x64", {"card", "NTamd64.6.1", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_OTHER, TRUE, 0},
};
static const TestPackage other_block[] = {
    {".", {"vendorblk", "NTamd64.10.0", OLD, 0x1001, 0x1042, TRUE}, PE_SIGNER_OTHER, TRUE, 0x8664},
};
static const TestPackage older_viostor[] = {
    {"viostor/w7/amd64",
     {"viostor", "NTamd64.6.1", OLD, 0x1001, 0x1042, TRUE},
     PE_SIGNER_OTHER,
     TRUE,
     0x8664},
};
static const TestPackage unsigned_raid[] = {
    {"x64", {"raid", "NTamd64.6.1", OLD, 0x1fff, 0, TRUE}, PE_SIGNER_NONE, TRUE, 0x8664},
};
static const TestPackage test_signed_card[] = {
    {"x64", {"card", "NTamd64.6.1", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_TEST, TRUE, 0x8664},
};
static const TestPackage for_eleven[] = {
    {"x64", {"card", "NTamd64.10.0...22000", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_OTHER, TRUE, 0x8664},
};
static const TestPackage for_arm[] = {
    {"any", {"card", "NTarm64.10.0", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_OTHER, TRUE, 0xaa64},
};
static const TestPackage only_x86[] = {
    {"x86", {"card", "NTx86.10.0", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_OTHER, TRUE, 0x14c},
};
static const TestPackage wrong_machine[] = {
    {"any", {"raid", "NTamd64.6.1", OLD, 0x1fff, 0, TRUE}, PE_SIGNER_OTHER, TRUE, 0x14c},
};
static const TestPackage no_driver_file[] = {
    {"any", {"raid", "NTamd64.6.1", OLD, 0x1fff, 0, TRUE}, PE_SIGNER_OTHER, TRUE, 0},
};
static const TestPackage one_of_two[] = {
    {"a", {"card", "NTamd64.6.1", OLD, 0x1ffe, 0, FALSE}, PE_SIGNER_OTHER, TRUE, 0},
    {"b", {"raid", "NTamd64.6.1", OLD, 0x1fff, 0, TRUE}, PE_SIGNER_TEST, TRUE, 0x8664},
};

#define LIST(array) array, G_N_ELEMENTS(array)

static const struct {
    const TestPackage *named;
    guint count;
    DriverTarget target;
    const char *chosen; /* "name" for first boot, "name!" made bootable, by name */
    guint refused;
    const char *considered; /* one of the notes, NULL: any */
    const char *error;      /* part of it; NULL: none */
} rows[] = {
    {LIST(raid), WINDOWS_10, "netkvm raid! viostor!", 0,
     "x86/raid.inf: in a folder for another processor", NULL},
    {LIST(card), WINDOWS_10, "card netkvm viostor!", 0,
     "Drivers/Win7/x64/card.inf: Drivers/Win10/x64/card.inf fits better", NULL},
    /* Folder names are no more than a hint for what the user names. */
    {LIST(only_old), WINDOWS_10, "card netkvm viostor!", 0, NULL, NULL},
    {LIST(other_block), WINDOWS_10, "netkvm vendorblk!", 0,
     "viostor/w10/amd64/viostor.inf: vendorblk.inf drives the same device", NULL},
    {LIST(older_viostor), WINDOWS_10, "netkvm viostor!", 0,
     "viostor/w10/amd64/viostor.inf: viostor/w7/amd64/viostor.inf fits better", NULL},
    {LIST(one_of_two), WINDOWS_10, "card netkvm viostor!", 1,
     "b/raid.inf: raid.sys is signed with a self-made test certificate", NULL},
    {LIST(unsigned_raid), WINDOWS_10, "netkvm viostor!", 1, NULL,
     "x64/raid.inf: raid.sys is not signed"},
    {LIST(unsigned_raid),
     {{INF_ARCHITECTURE_AMD64, 5, 2, 3790, 3}, FALSE, FALSE},
     "",
     0,
     NULL,
     "no section for Windows 5.2 build 3790 on amd64"},
    {LIST(test_signed_card), WINDOWS_10, "netkvm viostor!", 1, NULL,
     "x64/card.inf: card.cat is signed with a self-made test certificate"},
    {LIST(test_signed_card),
     {{AMD64, 10, 0, 19045, 1}, FALSE, TRUE},
     "card netkvm viostor!",
     0,
     "x64/card.inf: card.cat is signed with a self-made test certificate, which its boot "
     "configuration allows",
     NULL},
    {LIST(for_eleven), WINDOWS_10, "netkvm viostor!", 0, NULL,
     "no section for Windows 10.0 build 19045 on amd64"},
    {LIST(for_arm), WINDOWS_10, "netkvm viostor!", 0, NULL,
     "no section for Windows 10.0 build 19045 on amd64"},
    {LIST(only_x86), WINDOWS_10, "netkvm viostor!", 0, NULL, "in a folder for another processor"},
    {LIST(wrong_machine), WINDOWS_10, "netkvm viostor!", 1, NULL, "is for another processor"},
    {LIST(no_driver_file), WINDOWS_10, "netkvm viostor!", 1, NULL,
     "its driver file 'raid.sys' is missing"},
};

static DriverTree *make_tree(const TestPackage *packages, guint count, gboolean is_named)
{
    g_autofree char *root = test_make_folder();
    g_autoptr(GError) error = NULL;
    DriverTree *tree;

    for (guint i = 0; i < count; i++)
        test_write_package(root, &packages[i]);
    tree = is_named ? driver_tree_open_named(root, &error) : driver_tree_open(root, &error);
    g_assert_no_error(error);
    test_remove_folder(root);
    return tree;
}

static void tree_free(void *tree)
{
    driver_tree_free(tree);
}

static void check_chosen(const DriverChoice *choice, const char *expected)
{
    g_autoptr(GString) chosen = g_string_new(NULL);

    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *driver = g_ptr_array_index(choice->drivers, i);

        g_string_append_printf(chosen, "%s%s%s", i ? " " : "", driver->name,
                               driver->boots ? "!" : "");
        g_assert_cmpint(driver->boots, ==, driver->boot_file != NULL);
    }
    g_assert_cmpstr(chosen->str, ==, expected);
}

static void check_considered(const DriverChoice *choice, const char *expected)
{
    gboolean found = !expected;

    for (guint i = 0; i < choice->considered->len; i++) {
        const DriverConsidered *considered = g_ptr_array_index(choice->considered, i);
        g_autofree char *line = g_strdup_printf("%s: %s", considered->path, considered->reason);

        g_test_message("%s%s", considered->is_taken ? "taken " : "", line);
        found |= g_strcmp0(line, expected) == 0;
    }
    g_assert_true(found);
}

static void test_choice(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(DriverTree) tree = make_tree(LIST(collection), FALSE);
        g_autoptr(GPtrArray) named = g_ptr_array_new_with_free_func(tree_free);
        const DriverSources sources = {tree, named};
        g_auto(GStrv) folders = test_folders(&rows[i].target.inf);
        g_autoptr(DriverChoice) choice = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok;

        g_ptr_array_add(named, make_tree(rows[i].named, rows[i].count, TRUE));
        choice = driver_choice_new(&sources, &rows[i].target, (const char *const *)folders);
        g_test_message("row %u", i);
        check_considered(choice, rows[i].considered);
        check_chosen(choice, rows[i].chosen);
        g_assert_cmpuint(choice->refused->len, ==, rows[i].refused);
        ok = driver_choice_check_named(choice, &sources, &rows[i].target, &error);
        g_assert_cmpint(ok, ==, !rows[i].error);
        if (ok)
            continue;
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, rows[i].error));
        g_assert_nonnull(strstr(error->message, driver_tree_path(g_ptr_array_index(named, 0))));
        g_assert_nonnull(drydock_error_get_hint(error));
    }
}

/* Files where the INF says they are, in folders of their own; nothing else of the vendor's folder.
 */
static void test_subfolders(void)
{
    static const char text[] =
        "[Version]\nClassGuid={4d36e97b-e325-11ce-bfc1-08002be10318}\nCatalogFile=raid.cat\n"
        "DriverVer=" OLD "\n[SourceDisksNames.amd64]\n1=d,,,\\AMD64\n"
        "[SourceDisksFiles]\nraid.sys=1\nui.dll=1,Tools\n"
        "[Manufacturer]\nv=M,NTamd64\n[M.NTamd64]\nd=i,PCI\\VEN_1AF4&DEV_1FFF\n"
        "[i]\nInclude=part.inf\nNeeds=part\nCopyFiles=f\n[f]\nraid64.sys,raid.sys\n"
        "[i.Services]\nAddService=raid,2,s\n[s]\nStartType=0\nServiceBinary=%12%\\raid64.sys\n";
    const DriverTarget target = WINDOWS_10;
    g_autofree char *root = test_make_folder();
    g_autoptr(GBytes) driver = test_driver(0x8664, PE_SIGNER_OTHER, TRUE);
    g_autoptr(GBytes) catalog = test_signature(PE_SIGNER_OTHER, TRUE, NULL);
    g_autoptr(GPtrArray) named = g_ptr_array_new_with_free_func(tree_free);
    const DriverSources sources = {NULL, named};
    g_autoptr(DriverChoice) choice = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) files = g_string_new(NULL);
    g_autofree char *inf_path = NULL;
    g_auto(GStrv) folders = NULL;
    g_autofree char *device_path = NULL;
    const ChosenDriver *chosen;

    test_write_text(root, "Raid/RAID.INF", text);
    test_write_text(root, "Raid/Part.Inf", "[part]\nCopyFiles=g\n[g]\nextra.bin\n");
    test_write(root, "Raid/Raid.Cat", catalog);
    test_write(root, "Raid/amd64/Raid.Sys", driver);
    test_write_text(root, "Raid/amd64/tools/UI.dll", "dll");
    test_write_text(root, "Raid/extra.bin", "bin");
    test_write_text(root, "Raid/setup.exe", "not ours");
    g_ptr_array_add(named, driver_tree_open_named(root, &error));
    g_assert_no_error(error);
    test_remove_folder(root);
    choice = driver_choice_new(&sources, &target, NULL);
    g_assert_true(driver_choice_check_named(choice, &sources, &target, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(choice->drivers->len, ==, 1);
    chosen = g_ptr_array_index(choice->drivers, 0);
    g_assert_true(chosen->boots);
    g_assert_cmpstr(chosen->boot_file, ==, "Raid/amd64/Raid.Sys");
    for (guint i = 0; i < chosen->files->len; i++)
        g_string_append_printf(files, "%s ", (const char *)g_ptr_array_index(chosen->files, i));
    g_assert_cmpstr(files->str, ==,
                    "Raid/RAID.INF Raid/Raid.Cat Raid/Part.Inf Raid/amd64/Raid.Sys "
                    "Raid/amd64/tools/UI.dll Raid/extra.bin ");
    inf_path = driver_files_inf_path(chosen);
    g_assert_cmpstr(inf_path, ==, "Drivers\\Vendor\\raid\\raid.inf");
    folders = driver_files_device_path(choice);
    device_path = g_strjoinv(";", folders);
    g_assert_cmpstr(device_path, ==, "%SystemRoot%\\Drivers\\Vendor\\raid");
}

static void test_refused_folders(void)
{
    g_autofree char *root = test_make_folder();
    g_autofree char *missing = g_build_filename(root, "missing", NULL);
    g_autofree char *empty = g_build_filename(root, "empty", NULL);
    g_autofree char *file = g_build_filename(root, "empty/readme.txt", NULL);
    const char *const paths[] = {missing, empty, file};

    test_write_text(root, "empty/readme.txt", "no driver here");
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(driver_tree_open_named(paths[i], &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, paths[i]));
        g_assert_nonnull(drydock_error_get_hint(error));
    }
    test_remove_folder(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/driver-named/choice", test_choice);
    g_test_add_func("/windows/driver-named/subfolders", test_subfolders);
    g_test_add_func("/windows/driver-named/refused-folders", test_refused_folders);
    return g_test_run();
}
