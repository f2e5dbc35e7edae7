/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typing errors, and what is none. */
#include "base/nearest.h"

static void test_words(void)
{
    static const char *const words[] = {"disk-bus", "disk-cache", "machine", "tpm", "no", NULL};
    char long_word[200] = {0};
    const struct {
        const char *word, *expected;
    } rows[] = {
        {"disk-bus", "disk-bus"},
        {"disk_bus", "disk-bus"},
        {"Disk-Bus", "disk-bus"},
        {"diskbus", "disk-bus"},
        {"dsik-bus", "disk-bus"},
        {"disk-cach", "disk-cache"},
        {"machin", "machine"},
        {"m_achien", "machine"},
        {"tmp", "tpm"},
        {"np", "no"},
        {"x", NULL},
        {"colour", NULL},
        {"machinery", "machine"},
        {"", NULL},
        {long_word, NULL},
    };

    for (gsize i = 0; i + 1 < G_N_ELEMENTS(long_word); i++)
        long_word[i] = 'n';
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(nearest_word(rows[i].word, words), ==, rows[i].expected);
    g_assert_null(nearest_word("a", (const char *const[]){NULL}));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/nearest/words", test_words);
    return g_test_run();
}
