/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows guests in memory. */
#include "tests/unit/inspect/windows-test-guest.h"

#include <gio/gio.h>

#include "base/finding.h"

#define VERSION "Microsoft\\Windows NT\\CurrentVersion"

static const HiveRow system_base[] = {
    {"Select", "Current", "dword:1"},
    {"Select", "Default", "dword:1"},
    {"ControlSet001\\Control", "PEFirmwareType", "dword:1"},
    {"ControlSet001\\Control\\ProductOptions", "ProductType", "ServerNT"},
    {NULL, NULL, NULL},
};

static const HiveRow software_base[] = {
    {VERSION, "ProductName", "Windows Server 2022 Standard"},
    {VERSION, "CurrentMajorVersionNumber", "dword:a"},
    {VERSION, "CurrentMinorVersionNumber", "dword:0"},
    {VERSION, "CurrentBuildNumber", "20348"},
    {NULL, NULL, NULL},
};

static void append_rows(GArray *all, const HiveRow *rows)
{
    for (; rows && rows->key; rows++)
        g_array_append_val(all, *rows);
}

static GBytes *make_hive(const HiveRow *base, const HiveRow *more)
{
    g_autoptr(GArray) rows = g_array_new(TRUE, TRUE, sizeof(HiveRow));
    append_rows(rows, more);
    for (; base->key; base++) {
        gboolean is_replaced = FALSE;
        for (const HiveRow *row = more; row && row->key && !is_replaced; row++)
            is_replaced =
                row->name && g_str_equal(row->key, base->key) && g_str_equal(row->name, base->name);
        if (!is_replaced)
            g_array_append_val(rows, *base);
    }
    return support_hive((const HiveRow *)(const void *)rows->data);
}

TestGuest *test_guest_new(const HiveRow *system, const HiveRow *software)
{
    TestGuest *test = g_new0(TestGuest, 1);
    test->fs = fs_new_memory(FALSE);
    test->findings = findings_new();
    test->set = support_set(PARTITION_TABLE_MBR, 1);
    support_add_volume(test->set, 0, 1, test->fs, "ntfs", NULL, NULL);
    test_guest_add_hive(test, "SYSTEM", make_hive(system_base, system));
    test_guest_add_hive(test, "SOFTWARE", make_hive(software_base, software));
    return test;
}

void test_guest_add_hive(TestGuest *test, const char *name, GBytes *hive)
{
    g_autofree char *path = g_strconcat("/Windows/System32/config/", name, NULL);
    if (!hive)
        return;
    support_add_bytes(test->fs, path, hive);
    g_bytes_unref(hive);
}

void test_guest_inspect(TestGuest *test)
{
    g_autoptr(GError) error = NULL;
    test->guest = support_inspect(test->set, test->findings);
    gboolean ok = guest_read_lists(test->guest, test->findings, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

void test_guest_free(TestGuest *test)
{
    if (!test)
        return;
    guest_free(test->guest);
    volume_set_free(test->set);
    g_ptr_array_unref(test->findings);
    g_free(test);
}

GBytes *test_guest_read_packed(const char *name)
{
    g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "registry", name, NULL);
    g_autoptr(GError) error = NULL;
    GBytes *bytes = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    const char *program = g_str_has_suffix(name, ".xz")   ? "xz"
                          : g_str_has_suffix(name, ".gz") ? "gzip"
                                                          : "cat";
    g_autoptr(GSubprocess) process = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, g_str_equal(program, "cat") ? path : "-dc",
        g_str_equal(program, "cat") ? NULL : path, NULL);
    if (!process || !g_subprocess_communicate(process, NULL, NULL, &bytes, NULL, &error))
        return NULL;
    return bytes;
}

char *test_guest_join(const GPtrArray *texts)
{
    GString *joined = g_string_new(texts ? NULL : "-");
    for (guint i = 0; texts && i < texts->len; i++)
        g_string_append_printf(joined, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(texts, i));
    return g_string_free(joined, FALSE);
}
