/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree in memory keeps the contract, so tests that use it say something about real drivers. */
#include "contract.h"

static Fs *reopen(void *data, Fs *old)
{
    const gboolean *case_sensitive = data;
    return old ? old : fs_new_memory(*case_sensitive);
}

static void test_contract(gconstpointer data)
{
    gboolean case_sensitive = GPOINTER_TO_INT(data);
    fs_contract_run(reopen, &case_sensitive);
}

static void test_owner(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = fs_new_memory(TRUE);
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    g_assert_true(fs_make_directory(fs, "/home", NULL, &error));
    fs_memory_set_owner(fs, "/home", 1000, 100);
    g_assert_true(fs_write_file(fs, "/home/file", content, NULL, &error));
    g_assert_no_error(error);
    FsStat stat = {0};
    gboolean found = FALSE;
    g_assert_true(fs_stat(fs, "/home/file", &found, &stat, &error));
    g_assert_true(found);
    g_assert_cmpuint(stat.uid, ==, 1000);
    g_assert_cmpuint(stat.gid, ==, 100);
    g_assert_cmpuint(stat.mode, ==, 0644);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/fs/memory/case-sensitive", GINT_TO_POINTER(TRUE), test_contract);
    g_test_add_data_func("/fs/memory/case-insensitive", GINT_TO_POINTER(FALSE), test_contract);
    g_test_add_func("/fs/memory/owner", test_owner);
    return g_test_run();
}
