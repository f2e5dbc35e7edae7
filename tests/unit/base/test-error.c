/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors keep their hint, and map to the documented exit statuses. */
#include "base/error.h"

#include <errno.h>

static void test_hint_survives_prefix(void)
{
    g_autoptr(GError) error = NULL;
    drydock_error_set(&error, DRYDOCK_ERROR_CORRUPT, "export it again", "the image is cut short");
    g_prefix_error(&error, "cannot use 'a': ");
    g_assert_cmpstr(error->message, ==, "cannot use 'a': the image is cut short");
    g_assert_cmpstr(drydock_error_get_hint(error), ==, "export it again");
    g_autoptr(GError) copy = g_error_copy(error);
    drydock_error_set_hint(&error, NULL);
    g_assert_null(drydock_error_get_hint(error));
    g_assert_cmpstr(drydock_error_get_hint(copy), ==, "export it again");
    drydock_error_set(NULL, DRYDOCK_ERROR_CORRUPT, "nobody", "hears this");
}

static void test_exit_status(void)
{
    static const struct {
        DrydockError code;
        const char *name;
        int status;
    } rows[] = {
        {DRYDOCK_ERROR_FAILED, "failed", 1},
        {DRYDOCK_ERROR_USAGE, "usage", 2},
        {DRYDOCK_ERROR_PRECONDITION, "precondition", 3},
        {DRYDOCK_ERROR_NO_SPACE, "no-space", 4},
        {DRYDOCK_ERROR_MISSING_TOOL, "missing-tool", 5},
        {DRYDOCK_ERROR_CORRUPT, "corrupt", 6},
        {DRYDOCK_ERROR_VERIFY, "verify", 7},
        {DRYDOCK_ERROR_INTERRUPTED, "interrupted", 130},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        drydock_error_set(&error, rows[i].code, NULL, "x");
        g_assert_cmpint(drydock_error_exit_status(error), ==, rows[i].status);
        g_assert_cmpstr(drydock_error_name(rows[i].code), ==, rows[i].name);
    }
    g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
    g_assert_cmpint(drydock_error_exit_status(foreign), ==, 1);
    g_assert_null(drydock_error_get_hint(foreign));
}

static void test_errno(void)
{
    g_autoptr(GError) full = NULL;
    drydock_error_set_errno(&full, ENOSPC, "cannot write '%s'", "x");
    g_assert_error(full, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_assert_nonnull(drydock_error_get_hint(full));
    g_autoptr(GError) denied = NULL;
    drydock_error_set_errno(&denied, EACCES, "cannot write '%s'", "x");
    g_assert_error(denied, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/error/hint-survives-prefix", test_hint_survives_prefix);
    g_test_add_func("/base/error/exit-status", test_exit_status);
    g_test_add_func("/base/error/errno", test_errno);
    return g_test_run();
}
