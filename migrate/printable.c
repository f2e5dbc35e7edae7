/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of a guest on somebody's terminal. */
#include "migrate/printable.h"

void printable_append(GString *text, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        if (character < 0x20 || (character >= 0x7F && character < 0xA0))
            g_string_append_printf(text, "\\u%04x", character);
        else
            g_string_append_len(text, at, g_utf8_next_char(at) - at);
    }
}
