/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of a guest on somebody's terminal. */
#include "migrate/printable.h"

/* Nearly all names. */
static gboolean is_plain(const char *name)
{
    for (const char *at = name; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        unsigned char next = (unsigned char)at[1];
        if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next < 0xA0))
            return FALSE;
    }
    return g_utf8_validate(name, -1, NULL);
}

void printable_append(GString *text, const char *name)
{
    if (is_plain(name)) {
        g_string_append(text, name);
        return;
    }
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        if (character < 0x20 || (character >= 0x7F && character < 0xA0))
            g_string_append_printf(text, "\\u%04x", character);
        else
            g_string_append_len(text, at, g_utf8_next_char(at) - at);
    }
}
