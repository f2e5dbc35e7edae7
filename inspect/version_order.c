/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of version texts that rpm, GRUB's blscfg and systemd-boot agree on. */
#include "inspect/version_order.h"

#include <glib.h>
#include <string.h>

static int sign(int value)
{
    return value < 0 ? -1 : value > 0;
}

static const char *skip_separators(const char *text)
{
    while (*text && !g_ascii_isalnum(*text) && *text != '~')
        text++;
    return text;
}

static size_t run_length(const char *text, gboolean digits)
{
    size_t length = 0;
    while (digits ? g_ascii_isdigit(text[length]) : g_ascii_isalpha(text[length]))
        length++;
    return length;
}

static int compare_runs(const char *a, size_t a_length, const char *b, size_t b_length,
                        gboolean digits)
{
    if (digits) {
        while (a_length > 0 && *a == '0')
            a++, a_length--;
        while (b_length > 0 && *b == '0')
            b++, b_length--;
        if (a_length != b_length)
            return a_length < b_length ? -1 : 1;
    }
    int order = strncmp(a, b, MIN(a_length, b_length));
    return order ? sign(order) : (a_length > b_length) - (a_length < b_length);
}

int version_text_compare(const char *a, const char *b)
{
    for (;;) {
        a = skip_separators(a);
        b = skip_separators(b);
        if (*a == '~' || *b == '~') {
            if (*a != *b)
                return *a == '~' ? -1 : 1;
            a++, b++;
            continue;
        }
        if (!*a || !*b)
            return (*a != '\0') - (*b != '\0');

        gboolean digits = g_ascii_isdigit(*a) != 0;
        if (digits != (g_ascii_isdigit(*b) != 0))
            return digits ? 1 : -1;
        size_t a_length = run_length(a, digits), b_length = run_length(b, digits);
        int order = compare_runs(a, a_length, b, b_length, digits);
        if (order)
            return order;
        a += a_length;
        b += b_length;
    }
}
