/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which builds every Windows gets out of real collections' layouts, compared with a file that a
   person has read. UPDATE_GOLDEN=1 rewrites tests/golden/driver-sets.txt. */
#include <string.h>

#include "base/finding.h"
#include "tests/unit/windows/support.h"
#include "windows/driver_choice.h"
#include "windows/driver_files.h"
#include "windows/first_boot_settings.h"

#define X86 INF_ARCHITECTURE_X86
#define AMD64 INF_ARCHITECTURE_AMD64
#define ARM64 INF_ARCHITECTURE_ARM64

static const struct {
    const char *name;
    InfTarget target;
} systems[] = {
    {"XP x86", {X86, 5, 1, 2600, 1}},          {"2003 amd64", {AMD64, 5, 2, 3790, 3}},
    {"Vista x86", {X86, 6, 0, 6002, 1}},       {"2008 amd64", {AMD64, 6, 0, 6002, 3}},
    {"7 x86", {X86, 6, 1, 7601, 1}},           {"7 amd64", {AMD64, 6, 1, 7601, 1}},
    {"2008 R2 amd64", {AMD64, 6, 1, 7601, 3}}, {"8 x86", {X86, 6, 2, 9200, 1}},
    {"8 amd64", {AMD64, 6, 2, 9200, 1}},       {"2012 amd64", {AMD64, 6, 2, 9200, 3}},
    {"8.1 x86", {X86, 6, 3, 9600, 1}},         {"8.1 amd64", {AMD64, 6, 3, 9600, 1}},
    {"2012 R2 amd64", {AMD64, 6, 3, 9600, 3}}, {"10 x86", {X86, 10, 0, 19045, 1}},
    {"10 amd64", {AMD64, 10, 0, 19045, 1}},    {"10 arm64", {ARM64, 10, 0, 19045, 1}},
    {"11 amd64", {AMD64, 10, 0, 22631, 1}},    {"11 arm64", {ARM64, 10, 0, 22631, 1}},
    {"2016 amd64", {AMD64, 10, 0, 14393, 3}},  {"2019 amd64", {AMD64, 10, 0, 17763, 3}},
    {"2022 amd64", {AMD64, 10, 0, 20348, 3}},  {"2025 amd64", {AMD64, 10, 0, 26100, 3}},
    {"2025 arm64", {ARM64, 10, 0, 26100, 3}},
};

/* Folders that upstream signs with a test certificate, though the kernels of these 64-bit releases
   would not load it. */
static const char *const test_signed[] = {"/w8/",   "/w8.1/",   "/2k12/",    "/2k12R2/",
                                          "/Win8/", "/Win8.1/", "/Win2012/", "/Win2012R2/"};

/* The lists have no ARM64, which the ISO has since 0.1.240. */
static void add_arm64(const char *root)
{
    static const struct {
        const char *folder, *name;
        guint legacy, modern;
        gboolean boots;
    } drivers[] = {
        {"viostor", "viostor", 0x1001, 0x1042, TRUE},
        {"vioscsi", "vioscsi", 0x1004, 0x1048, TRUE},
        {"NetKVM", "netkvm", 0x1000, 0x1041, FALSE},
        {"Balloon", "balloon", 0x1002, 0x1045, FALSE},
        {"vioserial", "vioser", 0x1003, 0x1043, FALSE},
        {"viorng", "viorng", 0x1005, 0x1044, FALSE},
    };
    static const struct {
        const char *folder, *decoration;
    } builds[] = {
        {"w10", "NTARM64.10.0"},
        {"w11", "NTARM64.10.0...16299"},
        {"2k25", "NTARM64.10.0...16299"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(drivers) * G_N_ELEMENTS(builds); i++) {
        guint driver = i / G_N_ELEMENTS(builds), build = i % G_N_ELEMENTS(builds);
        g_autofree char *folder =
            g_strdup_printf("%s/%s/ARM64", drivers[driver].folder, builds[build].folder);
        const TestPackage package = {folder,
                                     {drivers[driver].name, builds[build].decoration,
                                      "07/21/2023,100.93.104.24000", drivers[driver].legacy,
                                      drivers[driver].modern, drivers[driver].boots},
                                     PE_SIGNER_MICROSOFT,
                                     TRUE,
                                     0xaa64};

        test_write_package(root, &package);
    }
}

static void sign_by_test_certificate(const char *root, const char *list_path, const char *prefix)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GBytes) amd64 = test_driver(0x8664, PE_SIGNER_TEST, TRUE);
    g_autoptr(GBytes) x86 = test_driver(0x14c, PE_SIGNER_TEST, TRUE);
    g_autoptr(GBytes) catalog = test_signature(PE_SIGNER_TEST, TRUE, NULL);

    g_assert_true(g_file_get_contents(list_path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", 0);
    for (guint i = 0; lines[i]; i++) {
        const char *path = lines[i] + strlen(prefix);
        gboolean wanted = FALSE;

        for (guint j = 0; g_str_has_prefix(lines[i], prefix) && j < G_N_ELEMENTS(test_signed); j++)
            wanted |= strstr(path, test_signed[j]) != NULL;
        if (wanted && g_str_has_suffix(path, ".sys"))
            test_write(root, path, strstr(path, "x86") || strstr(path, "i386") ? x86 : amd64);
        else if (wanted && g_str_has_suffix(path, ".cat"))
            test_write(root, path, catalog);
    }
}

/* Every package is staged and given to the service that installs it. */
static void check_first_boot(const DriverChoice *choice)
{
    g_autoptr(GPtrArray) findings = findings_new();
    FirstBootSettings settings;

    first_boot_settings_init(&settings, findings);
    first_boot_settings_add_drivers(&settings, choice);
    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, i);
        g_autofree char *inf = driver_files_inf_path(chosen);
        g_autofree char *line = g_strdup_printf("\r\ndriver=%s\r\ndevice=", inf);

        g_assert_nonnull(strstr(settings.text->str, line));
        g_assert_cmpint(chosen->boots, ==,
                        g_str_equal(chosen->name, "viostor") ||
                            g_str_equal(chosen->name, "vioscsi"));
    }
    g_assert_cmpuint(findings->len, ==, 0);
    first_boot_settings_clear(&settings);
}

static void describe(GString *text, const char *label, const DriverTree *tree)
{
    g_string_append_printf(text, "# %s\n", label);
    for (guint i = 0; i < G_N_ELEMENTS(systems); i++) {
        const DriverTarget target = {.inf = systems[i].target};
        const DriverSources sources = {tree, NULL};
        g_auto(GStrv) folders = test_folders(&target.inf);
        g_autoptr(DriverChoice) choice =
            driver_choice_new(&sources, &target, (const char *const *)folders);

        check_first_boot(choice);
        g_string_append_printf(text, "%s:", systems[i].name);
        for (guint j = 0; j < choice->drivers->len; j++) {
            const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, j);
            g_autofree char *folder = g_path_get_dirname(chosen->inf_path);

            g_string_append_printf(text, " %s", folder);
            if (chosen->boots)
                g_string_append_c(text, '!');
        }
        g_string_append_printf(text, "%s\n", choice->drivers->len ? "" : " nothing");
    }
    g_string_append_c(text, '\n');
}

static void test_sets(void)
{
    static const struct {
        const char *label, *list, *prefix;
        gboolean is_test_signed;
    } collections[] = {
        {"an ISO of RHEL's: everything signed by Microsoft",
         "virtio-win/layout/virtio-win-iso-list.txt", "cd/", FALSE},
        {"the same ISO, 8 to 2012 R2 signed by a test certificate, as upstream's",
         "virtio-win/layout/virtio-win-iso-list.txt", "cd/", TRUE},
        {"the package's folder", "virtio-win/layout/virtio-win-drivers-list.txt", "", FALSE},
    };
    g_autofree char *golden =
        g_build_filename(DRYDOCK_SOURCE_DIR, "tests/golden/driver-sets.txt", NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *expected = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(collections); i++) {
        g_autofree char *root = test_make_folder();
        g_autofree char *list = g_build_filename(DRYDOCK_TESTDATA, collections[i].list, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(DriverTree) tree = NULL;

        if (!test_make_collection(root, list, collections[i].prefix)) {
            g_test_skip("no test data");
            test_remove_folder(root);
            return;
        }
        if (collections[i].is_test_signed)
            sign_by_test_certificate(root, list, collections[i].prefix);
        if (*collections[i].prefix)
            add_arm64(root);
        tree = driver_tree_open(root, &error);
        g_assert_no_error(error);
        test_remove_folder(root);
        describe(text, collections[i].label, tree);
    }
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(golden, text->str, -1, NULL));
    g_assert_true(g_file_get_contents(golden, &expected, NULL, NULL));
    g_assert_cmpstr(text->str, ==, expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/driver-sets", test_sets);
    return g_test_run();
}
