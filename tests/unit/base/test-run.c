/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs of the host: output, exits, signals, timeouts, limits. */
#include "base/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"

typedef struct {
    const char *name;
    const char *script; /* of sh */
    guint timeout_seconds;
    size_t limit;
    const char *output; /* NULL: fails */
    int code;
    const char *message; /* part of it */
} Row;

static const Row rows[] = {
    {"output", "printf 'a\\nb'", 0, 0, "a\nb", 0, NULL},
    {"no-input", "cat", 0, 0, "", 0, NULL},
    {"locale", "printf %s $LC_ALL", 0, 0, "C", 0, NULL},
    {"exit", "echo why >&2; exit 3", 0, 0, NULL, DRYDOCK_ERROR_FAILED, "exit status 3: why"},
    {"signal", "kill -9 $$", 0, 0, NULL, DRYDOCK_ERROR_FAILED, "signal 9"},
    {"timeout", "exec sleep 60", 1, 0, NULL, DRYDOCK_ERROR_FAILED, "within 1 seconds"},
    {"limit", "yes | head -c 10000", 0, 100, NULL, DRYDOCK_ERROR_FAILED, "more than 100 bytes"},
    {"no-space", "echo 'x: No space left on device' >&2; exit 1", 0, 0, NULL,
     DRYDOCK_ERROR_NO_SPACE, "No space left"},
};

static void test_row(gconstpointer data)
{
    const Row *row = data;
    const char *const argv[] = {"sh", "-c", row->script, NULL};
    RunOptions options = {.timeout_seconds = row->timeout_seconds,
                          .output_limit_bytes = row->limit};
    g_autofree char *output = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = run_program(argv, &options, &output, &error);
    g_assert_cmpint(ok, ==, row->output != NULL);
    g_assert_cmpstr(output, ==, row->output);
    if (!ok) {
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        g_assert_nonnull(strstr(error->message, row->message));
    }
}

static void test_missing(void)
{
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    g_autoptr(GError) error = NULL;
    g_assert_false(run_program(argv, NULL, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL);
    g_assert_nonnull(drydock_error_get_hint(error));
}

static gboolean collect(void *data, const char *line, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "<%s>", line);
    return TRUE;
}

static void test_lines(void)
{
    const char *const argv[] = {"printf", "10\\r20\\r\\nend", NULL};
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    RunOptions options = {.line_func = collect, .line_data = lines};
    g_assert_true(run_program(argv, &options, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(lines->str, ==, "<10><20><end>");
}

static void test_child(void)
{
    const char *const argv[] = {"sleep", "60", NULL};
    g_autoptr(GError) error = NULL;
    RunChild *child = run_child_start(argv, NULL, 0, &error);
    g_assert_no_error(error);
    g_assert_true(run_child_check_alive(child, &error));
    pid_t pid = run_child_pid(child);
    run_child_close(child);
    g_assert_cmpint(kill(pid, 0), ==, -1);
    g_assert_cmpint(errno, ==, ESRCH);
    run_child_close(NULL);
}

static void test_quote(void)
{
    const char *const argv[] = {"qemu-img", "a b", "it's", "", "plain.raw", NULL};
    g_autofree char *line = run_quote_argv(argv);
    g_auto(GStrv) parsed = NULL;
    g_assert_true(g_shell_parse_argv(line, NULL, &parsed, NULL));
    g_assert_true(g_strv_equal(argv, (const char *const *)parsed));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/base/run/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/base/run/missing", test_missing);
    g_test_add_func("/base/run/lines", test_lines);
    g_test_add_func("/base/run/child", test_child);
    g_test_add_func("/base/run/quote", test_quote);
    return g_test_run();
}
