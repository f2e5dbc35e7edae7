/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where --key reads secrets from, and what nobody else gets to see of them. */
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "migrate/key_option.h"

#define SECRET "correct horse"

static void assert_secret(const KeyRing *keys, const char *expected, size_t expected_length)
{
    size_t length;
    g_assert_cmpuint(key_ring_count(keys), ==, 1);
    const uint8_t *secret = key_ring_secret(keys, 0, &length);
    g_assert_cmpuint(length, ==, expected_length);
    g_assert_true(memcmp(secret, expected, length) == 0);
}

static void test_file(void)
{
    static const struct {
        const char *content;
        size_t length, expected_length; /* 0: refused */
    } rows[] = {
        {"secret", 6, 6},     {"secret\n", 7, 6},
        {"secret\r\n", 8, 6}, {"secret\n\n", 8, 7},
        {" secret ", 8, 8},   {"a\0b\n", 4, 4},
        {"", 0, 0},           {"\n", 1, 0},
        {"se\xc3\xa4", 4, 4}, {"\xff\xfe\x41\n\n\n", 6, 5},
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("drydock-key-XXXXXX", &error);
    g_assert_no_error(error);
    /* A path may well have colons in it. */
    g_autofree char *path = g_build_filename(folder, "key:file", NULL);
    g_autofree char *argument = g_strconcat("any:file:", path, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(KeyRing) keys = key_ring_new();
        g_assert_true(g_file_set_contents(path, rows[i].content, (gssize)rows[i].length, &error));
        gboolean ok = key_option_read(argument, keys, &error);
        if (rows[i].expected_length > 0) {
            g_assert_no_error(error);
            assert_secret(keys, rows[i].content, rows[i].expected_length);
        } else {
            g_assert_false(ok);
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
            g_clear_error(&error);
        }
    }
    g_unlink(path);
    g_rmdir(folder);
}

static void test_variable(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KeyRing) keys = key_ring_new();
    g_setenv("DRYDOCK_TEST_KEY", SECRET, TRUE);
    g_assert_true(key_option_read("*:env:DRYDOCK_TEST_KEY", keys, &error));
    g_assert_no_error(error);
    assert_secret(keys, SECRET, strlen(SECRET));
    g_assert_null(g_getenv("DRYDOCK_TEST_KEY"));
    /* So that what was started later does not have it: nor can it be read twice. */
    g_assert_false(key_option_read("*:env:DRYDOCK_TEST_KEY", keys, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static void test_wrong_arguments(void)
{
    static const struct {
        const char *argument;
        DrydockError code;
    } rows[] = {
        {"", DRYDOCK_ERROR_USAGE},
        {"any", DRYDOCK_ERROR_USAGE},
        {SECRET, DRYDOCK_ERROR_USAGE},
        {"any:" SECRET, DRYDOCK_ERROR_USAGE},
        {"any:key:" SECRET, DRYDOCK_ERROR_USAGE},
        {"any:prompt:now", DRYDOCK_ERROR_USAGE},
        {"any:file", DRYDOCK_ERROR_USAGE},
        {"any:file:", DRYDOCK_ERROR_SYSTEM},
        {"any:file:/dev/zero", DRYDOCK_ERROR_USAGE},
        {"any:file:/", DRYDOCK_ERROR_SYSTEM},
        {"any:env:", DRYDOCK_ERROR_NOT_FOUND},
        {"sda-2:file:/etc/hostname", DRYDOCK_ERROR_USAGE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(KeyRing) keys = key_ring_new();
        g_assert_false(key_option_read(rows[i].argument, keys, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_assert_null(strstr(error->message, SECRET));
    }
}

static G_GNUC_NORETURN void ask(void)
{
    g_autoptr(KeyRing) keys = key_ring_new();
    struct termios after;
    size_t length;
    gboolean ok = key_option_read("any:prompt", keys, NULL) && key_ring_count(keys) == 1 &&
                  g_str_equal(key_ring_secret(keys, 0, &length), SECRET) &&
                  tcgetattr(STDIN_FILENO, &after) == 0 && (after.c_lflag & ECHO) != 0;
    _exit(ok ? 42 : 1);
}

/* What is typed is read, and not shown. */
static void test_prompt(void)
{
    int terminal;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    if (pid < 0) {
        g_test_skip("no terminal can be made here");
        return;
    }
    if (pid == 0)
        ask();
    GString *shown = g_string_new(NULL);
    gboolean typed = FALSE;
    char bytes[256];
    for (ssize_t got; (got = read(terminal, bytes, sizeof(bytes))) > 0;) {
        g_string_append_len(shown, bytes, got);
        /* Only after the question: before it, what is typed is thrown away. */
        if (!typed && strstr(shown->str, "key for any: ")) {
            g_assert_cmpint(write(terminal, SECRET "\n", strlen(SECRET) + 1), >, 0);
            typed = TRUE;
        }
    }
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    close(terminal);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 42);
    g_assert_null(strstr(shown->str, "horse"));
    g_string_free(shown, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate/key-option/file", test_file);
    g_test_add_func("/migrate/key-option/variable", test_variable);
    g_test_add_func("/migrate/key-option/wrong-arguments", test_wrong_arguments);
    g_test_add_func("/migrate/key-option/prompt", test_prompt);
    return g_test_run();
}
