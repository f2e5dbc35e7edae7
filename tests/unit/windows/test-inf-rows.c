/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AddReg and DelReg lines that depend on what a hive has. */
#include <string.h>

#include "tests/unit/windows/support.h"
#include "windows/inf_rows.h"

#define BEFORE_ALONE "|List|multi:\"a\",\"b\"\n|Number|dword:00000005"

/* Lines of an AddReg or DelReg section, and the key afterwards. */
static const struct {
    const char *directive, *lines, *text;
} rows[] = {
    {"AddReg", "HKR,,New,,x\n", "|List|multi:\"a\",\"b\"\n|New|\"x\"\n|Number|dword:00000005"},
    {"AddReg", "HKR,,Number,0x10001,9\n", "|List|multi:\"a\",\"b\"\n|Number|dword:00000009"},
    {"AddReg", "HKR,,Number,0x10003,9\n", BEFORE_ALONE},
    {"AddReg", "HKR,,Other,0x10003,9\n", BEFORE_ALONE "\n|Other|dword:00000009"},
    {"AddReg", "HKR,,Number,0x10021,9\n", "|List|multi:\"a\",\"b\"\n|Number|dword:00000009"},
    {"AddReg", "HKR,,Other,0x10021,9\n", BEFORE_ALONE},
    {"AddReg", "HKR,,List,0x10008,B,c\n", "|List|multi:\"a\",\"b\",\"c\"\n|Number|dword:00000005"},
    {"AddReg", "HKR,,Fresh,0x10008,c\n",
     "|Fresh|multi:\"c\"\n|List|multi:\"a\",\"b\"\n|Number|dword:00000005"},
    {"AddReg", "HKR,,Number,4\n", "|List|multi:\"a\",\"b\""},
    {"AddReg", "HKR,Sub,,0x10\n", "\\Sub\n" BEFORE_ALONE},
    {"AddReg", "HKLM,,New,,x\nHKCR,a,b,,c\n", BEFORE_ALONE},
    {"DelReg", "HKR,,Number\n", "|List|multi:\"a\",\"b\""},
    {"DelReg", "HKR,,List,0x18002,a\n", "|List|multi:\"b\"\n|Number|dword:00000005"},
    {"DelReg", "HKR,,None,0x18002,a\n", BEFORE_ALONE},
    {"DelReg", "HKR,None\nHKR,,None\n", BEFORE_ALONE},
    /* The service's own key stays. */
    {"DelReg", "HKR\nHKR,\"\"\n", BEFORE_ALONE},
};

static void test_rows(void)
{
    const InfTarget target = {INF_ARCHITECTURE_AMD64, 10, 0, 19045, 1};
    static const char *const list[] = {"a", "b", NULL};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("[Manufacturer]\nx=M,NTamd64\n[M.NTamd64]\nd=i,X\n[i]\n%s=r\n[r]\n%s",
                            rows[i].directive, rows[i].lines);
        g_autoptr(Inf) inf = test_parse_inf(text, strlen(text));
        g_autofree char *reason = NULL;
        g_autoptr(InfDriver) driver = inf_driver_new(inf, &target, &reason);
        const InfInstall *install = g_ptr_array_index(driver->installs, 0);
        g_autoptr(GBytes) empty = test_empty_hive();
        g_autoptr(HiveEdits) before = hive_edits_new();
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autoptr(GBytes) old = NULL;
        g_autoptr(GBytes) changed = NULL;
        g_autoptr(Hive) hive = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *found = NULL;

        hive_edits_set_dword(before, "Key", "Number", 5, "test");
        hive_edits_set_multi_string(before, "Key", "List", list, "test");
        old = test_edit_hive(empty, before);
        hive = hive_open_bytes(old, "TEST", &error);
        g_assert_true(
            inf_rows_add_edits(install->registry, hive, "Key", edits, "an INF's row", &error));
        g_assert_no_error(error);
        changed = test_edit_hive(old, edits);
        found = test_hive_text(changed, "Key");
        g_test_message("%s %s", rows[i].directive, rows[i].lines);
        g_assert_cmpstr(found, ==, rows[i].text);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/inf-rows", test_rows);
    return g_test_run();
}
