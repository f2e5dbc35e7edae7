/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which driver wins, and why the others did not. */
#include <string.h>

#include "tests/unit/windows/support.h"
#include "windows/driver_choice.h"
#include "windows/driver_directory.h"
#include "windows/driver_files.h"

#define AMD64 INF_ARCHITECTURE_AMD64
#define X86 INF_ARCHITECTURE_X86

static const struct {
    const char *path;
    InfTarget target;
    int rank; /* -1: for another architecture */
} directory_rows[] = {
    {"viostor/w10/amd64/viostor.inf", {AMD64, 10, 0, 19045, 1}, 0},
    {"viostor/w10/x86/viostor.inf", {AMD64, 10, 0, 19045, 1}, -1},
    {"viostor/w10/ARM64/viostor.inf", {AMD64, 10, 0, 19045, 1}, -1},
    {"drivers/by-os/i386/w7/viostor.inf", {X86, 6, 1, 7601, 1}, 0},
    {"viostor/w11/amd64/viostor.inf", {AMD64, 10, 0, 22631, 1}, 0},
    {"viostor/w10/amd64/viostor.inf", {AMD64, 10, 0, 22631, 1}, 1},
    {"viostor/w11/amd64/viostor.inf", {AMD64, 10, 0, 19045, 1}, 100},
    {"viostor/2k22/amd64/viostor.inf", {AMD64, 10, 0, 20348, 3}, 0},
    {"viostor/2k19/amd64/viostor.inf", {AMD64, 10, 0, 17763, 2}, 0},
    {"viostor/2k16/amd64/viostor.inf", {AMD64, 10, 0, 14393, 3}, 0},
    {"viostor/2k25/amd64/viostor.inf", {AMD64, 10, 0, 26100, 3}, 0},
    {"viostor/w10/amd64/viostor.inf", {AMD64, 10, 0, 26100, 3}, 2},
    {"viostor/2k16/amd64/viostor.inf", {AMD64, 10, 0, 18363, 3}, 1},
    {"viostor/2k8R2/amd64/viostor.inf", {AMD64, 6, 1, 7601, 3}, 0},
    {"viostor/w7/amd64/viostor.inf", {AMD64, 6, 1, 7601, 3}, 1},
    {"viostor/2k12R2/amd64/viostor.inf", {AMD64, 6, 3, 9600, 1}, 1},
    {"viostor/2k8/amd64/viostor.inf", {AMD64, 6, 0, 6002, 1}, 0},
    {"viostor/xp/x86/viostor.inf", {X86, 5, 1, 2600, 1}, 0},
    {"viostor/2k3/amd64/viostor.inf", {AMD64, 5, 2, 3790, 3}, 0},
    {"drivers/amd64/Win2012R2/viostor.inf", {AMD64, 6, 3, 9600, 3}, 0},
    {"Win10/viostor.inf", {AMD64, 10, 0, 19045, 1}, 0},
    {"viostor/viostor.inf", {AMD64, 10, 0, 19045, 1}, 50},
    {"w10.inf", {AMD64, 10, 0, 19045, 1}, 50},
};

static void test_directory(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(directory_rows); i++) {
        guint rank = 0;
        const InfTarget *target = &directory_rows[i].target;
        g_auto(GStrv) folders = test_folders(target);
        gboolean fits = driver_directory_rank(directory_rows[i].path, (const char *const *)folders,
                                              target->architecture, &rank);

        g_test_message("%s", directory_rows[i].path);
        g_assert_cmpint(fits ? (int)rank : -1, ==, directory_rows[i].rank);
    }
}

static const struct {
    DriverTarget target;
    PeSigner signer;
    gboolean sha1, sha256;
    gboolean accepted;
} policy_rows[] = {
    {{{AMD64, 10, 0, 19045, 1}, FALSE, FALSE}, PE_SIGNER_MICROSOFT, FALSE, TRUE, TRUE},
    {{{AMD64, 10, 0, 19045, 1}, FALSE, FALSE}, PE_SIGNER_OTHER, TRUE, FALSE, TRUE},
    {{{AMD64, 10, 0, 19045, 1}, FALSE, FALSE}, PE_SIGNER_TEST, FALSE, TRUE, FALSE},
    {{{AMD64, 10, 0, 19045, 1}, FALSE, FALSE}, PE_SIGNER_NONE, FALSE, FALSE, FALSE},
    {{{AMD64, 6, 3, 9600, 1}, FALSE, FALSE}, PE_SIGNER_TEST, FALSE, TRUE, FALSE},
    {{{X86, 6, 3, 9600, 1}, FALSE, FALSE}, PE_SIGNER_TEST, FALSE, TRUE, TRUE},
    {{{X86, 6, 3, 9600, 1}, FALSE, FALSE}, PE_SIGNER_NONE, FALSE, FALSE, TRUE},
    {{{AMD64, 6, 1, 7601, 1}, TRUE, FALSE}, PE_SIGNER_OTHER, TRUE, FALSE, TRUE},
    {{{AMD64, 6, 1, 7601, 1}, TRUE, FALSE}, PE_SIGNER_MICROSOFT, FALSE, TRUE, FALSE},
    {{{AMD64, 6, 1, 7601, 1}, FALSE, FALSE}, PE_SIGNER_MICROSOFT, FALSE, TRUE, TRUE},
    {{{AMD64, 6, 0, 6002, 1}, TRUE, FALSE}, PE_SIGNER_MICROSOFT, TRUE, TRUE, TRUE},
    {{{AMD64, 6, 3, 9600, 1}, FALSE, TRUE}, PE_SIGNER_TEST, FALSE, TRUE, TRUE},
    {{{AMD64, 6, 3, 9600, 1}, FALSE, TRUE}, PE_SIGNER_NONE, FALSE, FALSE, FALSE},
    {{{AMD64, 5, 2, 3790, 3}, FALSE, FALSE}, PE_SIGNER_NONE, FALSE, FALSE, TRUE},
    {{{INF_ARCHITECTURE_ARM64, 10, 0, 22631, 1}, FALSE, FALSE}, PE_SIGNER_TEST, FALSE, TRUE, FALSE},
};

static void test_policy(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(policy_rows); i++) {
        const PeSignature signature = {.signer = policy_rows[i].signer,
                                       .has_sha1 = policy_rows[i].sha1,
                                       .has_sha256 = policy_rows[i].sha256};
        g_autofree char *reason = NULL;

        g_assert_cmpint(driver_policy_accepts(&policy_rows[i].target, "x.sys", &signature, &reason),
                        ==, policy_rows[i].accepted);
        g_assert_true(g_str_has_prefix(reason, "x.sys is "));
    }
}

static DriverChoice *choose(const TestPackage *packages, guint count, const DriverTarget *target)
{
    g_autofree char *root = test_make_folder();
    g_autoptr(GError) error = NULL;
    g_autoptr(DriverTree) tree = NULL;
    DriverChoice *choice;

    for (guint i = 0; i < count; i++)
        test_write_package(root, &packages[i]);
    tree = driver_tree_open(root, &error);
    g_assert_no_error(error);
    g_auto(GStrv) folders = test_folders(&target->inf);
    choice =
        driver_choice_new(&(const DriverSources){tree, NULL}, target, (const char *const *)folders);
    test_remove_folder(root);
    return choice;
}

#define VIOSTOR(decoration_, version_)                                                             \
    {                                                                                              \
        "viostor", decoration_, version_, 0x1001, 0x1042, TRUE                                     \
    }
#define OLD "01/02/2019,61.77.104.17200"
#define NEW "07/21/2023,63.93.104.24000"

static const TestPackage packages_81[] = {
    {"viostor/w8.1/amd64", VIOSTOR("NTamd64.6.3", NEW), PE_SIGNER_TEST, TRUE, 0x8664},
    {"viostor/w7/amd64", VIOSTOR("NTamd64.6.1", OLD), PE_SIGNER_OTHER, FALSE, 0x8664},
    {"viostor/w8.1/x86", VIOSTOR("NTx86.6.3", NEW), PE_SIGNER_TEST, TRUE, 0x14c},
    {"viostor/w10/amd64", VIOSTOR("NTamd64.10.0", NEW), PE_SIGNER_MICROSOFT, TRUE, 0x8664},
};
static const TestPackage packages_layouts[] = {
    {"amd64/w10", VIOSTOR("NTamd64.10.0", OLD), PE_SIGNER_MICROSOFT, TRUE, 0x8664},
    {"amd64/w10",
     {"vioscsi", "NTamd64.10.0", OLD, 0x1004, 0x1048, TRUE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0x8664},
    {"viostor/w10/amd64", VIOSTOR("NTamd64.10.0", OLD), PE_SIGNER_MICROSOFT, TRUE, 0x8664},
    {"newer/w10/amd64", VIOSTOR("NTamd64.10.0", NEW), PE_SIGNER_MICROSOFT, TRUE, 0x8664},
    {"viostor/w11/amd64", VIOSTOR("NTamd64.10.0...16299", NEW), PE_SIGNER_MICROSOFT, TRUE, 0x8664},
    {"wrong/w10/amd64",
     {"vioscsi", "NTamd64.10.0", NEW, 0x1004, 0x1048, TRUE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0x14c},
    {"NetKVM/w7/amd64",
     {"netkvm", "NTamd64.6.1", OLD, 0x1000, 0, FALSE},
     PE_SIGNER_OTHER,
     FALSE,
     0x8664},
    {"Balloon/w7/amd64",
     {"balloon", "NTamd64.6.1", OLD, 0x1002, 0x1045, FALSE},
     PE_SIGNER_OTHER,
     FALSE,
     0x8664},
    {"fwcfg/w10/amd64",
     {"fwcfg", "NTamd64.10.0", OLD, 0x1fff, 0, FALSE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0x8664},
    {"qemufwcfg/w10/amd64",
     {"qemufwcfg", "NTamd64.10.0", OLD, 0x1fff, 0, FALSE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0},
    {"sriov/w10/amd64",
     {"vioprot", "NTamd64", OLD, 0x1fff, 0, FALSE},
     PE_SIGNER_MICROSOFT,
     TRUE,
     0},
};
static const TestPackage packages_missing[] = {
    {"viostor/w10/amd64", VIOSTOR("NTamd64.10.0", NEW), PE_SIGNER_MICROSOFT, TRUE, 0},
};

#define LIST(array) array, G_N_ELEMENTS(array)

static const struct {
    const TestPackage *packages;
    guint count;
    DriverTarget target;
    const char *block, *scsi, *net; /* INF paths, NULL: none */
    const char *names;              /* of all chosen */
    guint refused;
    const char *considered; /* one of the notes */
} choice_rows[] = {
    /* 8.1 and 2012 R2 on x64 would not start with virtio-win's test-signed build. */
    {LIST(packages_81),
     {{AMD64, 6, 3, 9600, 1}, FALSE, FALSE},
     "viostor/w7/amd64/viostor.inf",
     NULL,
     NULL,
     "viostor",
     1,
     "viostor/w8.1/amd64/viostor.inf: viostor.sys is signed with a self-made test certificate"},
    {LIST(packages_81),
     {{X86, 6, 3, 9600, 1}, FALSE, FALSE},
     "viostor/w8.1/x86/viostor.inf",
     NULL,
     NULL,
     "viostor",
     0,
     NULL},
    {LIST(packages_81),
     {{AMD64, 10, 0, 19045, 1}, FALSE, FALSE},
     "viostor/w10/amd64/viostor.inf",
     NULL,
     NULL,
     "viostor",
     0,
     "viostor/w7/amd64/viostor.inf: viostor/w10/amd64/viostor.inf fits better"},
    {LIST(packages_81),
     {{AMD64, 6, 0, 6002, 1}, FALSE, FALSE},
     NULL,
     NULL,
     NULL,
     "",
     0,
     "viostor/w7/amd64/viostor.inf: it has no section for Windows 6.0 build 6002 on amd64"},
    {LIST(packages_layouts),
     {{AMD64, 10, 0, 19045, 1}, FALSE, FALSE},
     "newer/w10/amd64/viostor.inf",
     "amd64/w10/vioscsi.inf",
     "NetKVM/w7/amd64/netkvm.inf",
     "fwcfg netkvm vioscsi viostor",
     1,
     "wrong/w10/amd64/vioscsi.inf: vioscsi.sys is for another processor"},
    {LIST(packages_layouts),
     {{AMD64, 10, 0, 22631, 1}, FALSE, FALSE},
     "viostor/w11/amd64/viostor.inf",
     "amd64/w10/vioscsi.inf",
     "NetKVM/w7/amd64/netkvm.inf",
     "fwcfg netkvm vioscsi viostor",
     1,
     "sriov/w10/amd64/vioprot.inf: a network protocol, which Plug and Play does not install"},
    {LIST(packages_missing),
     {{AMD64, 10, 0, 19045, 1}, FALSE, FALSE},
     NULL,
     NULL,
     NULL,
     "",
     1,
     "viostor/w10/amd64/viostor.inf: its driver file 'viostor.sys' is missing"},
};

static const char *role_path(const DriverChoice *choice, DriverRole role)
{
    const ChosenDriver *chosen = driver_choice_find(choice, role);

    return chosen ? chosen->inf_path : NULL;
}

static void test_choice(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(choice_rows); i++) {
        g_autoptr(DriverChoice) choice =
            choose(choice_rows[i].packages, choice_rows[i].count, &choice_rows[i].target);
        g_autoptr(GString) names = g_string_new(NULL);

        gboolean is_noted = !choice_rows[i].considered;

        for (guint j = 0; j < choice->considered->len; j++) {
            const DriverConsidered *considered = g_ptr_array_index(choice->considered, j);
            g_autofree char *line = g_strdup_printf("%s: %s", considered->path, considered->reason);

            g_test_message("%s", line);
            g_assert_nonnull(considered->reason);
            g_assert_cmpint(considered->version != NULL, ==, !considered->is_foreign);
            is_noted |= g_strcmp0(line, choice_rows[i].considered) == 0;
        }
        for (guint j = 0; j < choice->drivers->len; j++)
            g_string_append_printf(
                names, "%s%s", j ? " " : "",
                ((const ChosenDriver *)g_ptr_array_index(choice->drivers, j))->name);
        g_assert_cmpstr(role_path(choice, DRIVER_ROLE_BLOCK), ==, choice_rows[i].block);
        g_assert_cmpstr(role_path(choice, DRIVER_ROLE_SCSI), ==, choice_rows[i].scsi);
        g_assert_cmpstr(role_path(choice, DRIVER_ROLE_NET), ==, choice_rows[i].net);
        g_assert_cmpstr(names->str, ==, choice_rows[i].names);
        g_assert_cmpuint(choice->refused->len, ==, choice_rows[i].refused);
        g_assert_true(is_noted);
    }
}

static void test_package_files(void)
{
    const DriverTarget target = {{AMD64, 10, 0, 19045, 1}, FALSE, FALSE};
    g_autoptr(DriverChoice) choice = choose(LIST(packages_layouts), &target);
    const ChosenDriver *scsi = driver_choice_find(choice, DRIVER_ROLE_SCSI);
    const ChosenDriver *net = driver_choice_find(choice, DRIVER_ROLE_NET);
    g_auto(GStrv) folders = driver_files_device_path(choice);
    g_autofree char *path = g_strjoinv(";", folders);

    /* A folder shared with other drivers gives only what the INF names. */
    g_assert_cmpuint(scsi->files->len, ==, 3);
    g_assert_cmpstr(g_ptr_array_index(scsi->files, 0), ==, "amd64/w10/vioscsi.inf");
    g_assert_cmpstr(g_ptr_array_index(scsi->files, 1), ==, "amd64/w10/vioscsi.cat");
    g_assert_cmpstr(g_ptr_array_index(scsi->files, 2), ==, "amd64/w10/vioscsi.SYS");
    g_assert_cmpuint(net->files->len, ==, 3);
    g_assert_true(net->is_legacy_only);
    g_assert_false(scsi->is_legacy_only);
    g_assert_cmpstr(path, ==,
                    "%SystemRoot%\\Drivers\\VirtIO;%SystemRoot%\\Drivers\\VirtIO\\fwcfg;"
                    "%SystemRoot%\\Drivers\\VirtIO\\netkvm;%SystemRoot%\\Drivers\\VirtIO\\vioscsi;"
                    "%SystemRoot%\\Drivers\\VirtIO\\viostor");
}

/* What virt-v2v's tests expect to find in these guests, and what we add: its own rule takes a
   driver only from the folder of exactly that Windows. */
static const struct {
    const char *expected;
    const char *added;
    DriverTarget target;
} expected_rows[] = {
    {"test-phony-win10-ls.txt", "", {{AMD64, 10, 0, 17763, 1}, FALSE, FALSE}},
    {"test-phony-win2k22-ls.txt",
     "qxldod.cat qxldod.inf qxldod.sys",
     {{AMD64, 10, 0, 20348, 3}, FALSE, FALSE}},
    {"test-phony-win7-32-ls.txt", "", {{X86, 6, 1, 7601, 1}, FALSE, FALSE}},
};

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *staged_names(const DriverChoice *choice, const char *left_out)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, i);

        for (guint j = 0; j < chosen->files->len; j++) {
            g_autofree char *base = g_path_get_basename(g_ptr_array_index(chosen->files, j));

            if (!strstr(left_out, base))
                g_ptr_array_add(names, g_ascii_strdown(base, -1));
        }
    }
    g_ptr_array_sort(names, compare_strings);
    for (guint i = 0; i < names->len; i++) {
        if (!i || strcmp(g_ptr_array_index(names, i - 1), g_ptr_array_index(names, i)) != 0)
            g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(names, i));
    }
    return g_string_free(text, FALSE);
}

static void test_expected(void)
{
    static const struct {
        const char *list, *prefix;
    } layouts[] = {
        {"virtio-win/layout/virtio-win-iso-list.txt", "cd/"},
        {"virtio-win/layout/virtio-win-drivers-list.txt", "drivers/"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(layouts); i++) {
        g_autofree char *root = test_make_folder();
        g_autofree char *list = g_build_filename(DRYDOCK_TESTDATA, layouts[i].list, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(DriverTree) tree = NULL;

        if (!test_make_collection(root, list, layouts[i].prefix)) {
            g_test_skip("no test data");
            test_remove_folder(root);
            return;
        }
        tree = driver_tree_open(root, &error);
        g_assert_no_error(error);
        for (guint j = 0; j < G_N_ELEMENTS(expected_rows); j++) {
            g_auto(GStrv) folders = test_folders(&expected_rows[j].target.inf);
            g_autoptr(DriverChoice) choice =
                driver_choice_new(&(const DriverSources){tree, NULL}, &expected_rows[j].target,
                                  (const char *const *)folders);
            g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "virtio-win/expected",
                                                     expected_rows[j].expected, NULL);
            g_autofree char *expected = NULL;
            g_autofree char *staged = staged_names(choice, expected_rows[j].added);

            g_test_message("%s from %s", expected_rows[j].expected, layouts[i].list);
            g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
            g_assert_cmpstr(staged, ==, expected);
        }
        test_remove_folder(root);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/driver-choice/directory", test_directory);
    g_test_add_func("/windows/driver-choice/policy", test_policy);
    g_test_add_func("/windows/driver-choice/choice", test_choice);
    g_test_add_func("/windows/driver-choice/package-files", test_package_files);
    g_test_add_func("/windows/driver-choice/expected", test_expected);
    return g_test_run();
}
