/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control characters out, line breaks of every system in. */
#include "domain/text.h"

#include <string.h>

#include "domain/xml.h"

#define TEXT_CHARACTERS_MAX 65536
#define SMBIOS_STRING_MAX 255u

static gboolean is_dropped(gunichar character)
{
    return g_unichar_type(character) == G_UNICODE_CONTROL || !xml_is_character(character);
}

static char *make_text(const char *text, gboolean one_line)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) result = g_string_new(NULL);
    glong count = 0;

    for (const char *at = valid; *at != '\0' && count < TEXT_CHARACTERS_MAX;
         at = g_utf8_next_char(at)) {
        const gunichar character = g_utf8_get_char(at);
        const gboolean is_break =
            character == '\n' || (character == '\r' && at[1] != '\n') || character == 0x2028;
        const gboolean is_space = is_break || character == '\t' || character == ' ';

        if (one_line && is_space) {
            if (result->len > 0 && result->str[result->len - 1] != ' ')
                g_string_append_c(result, ' ');
        } else if (is_break) {
            g_string_append_c(result, '\n');
        } else if (is_space || !is_dropped(character)) {
            g_string_append_unichar(result, character);
        } else {
            continue;
        }
        count++;
    }
    g_strstrip(result->str);
    return *result->str == '\0' ? NULL : g_strdup(result->str);
}

char *text_make_line(const char *text)
{
    return text == NULL ? NULL : make_text(text, TRUE);
}

char *text_make_lines(const char *text)
{
    return text == NULL ? NULL : make_text(text, FALSE);
}

gboolean text_is_smbios_string(const char *text)
{
    gboolean has_graph = FALSE;
    gsize len = 0;

    if (text == NULL)
        return FALSE;
    for (; text[len] != '\0' && len <= SMBIOS_STRING_MAX; len++) {
        if (!g_ascii_isprint(text[len]))
            return FALSE;
        has_graph = has_graph || g_ascii_isgraph(text[len]);
    }
    return has_graph && len <= SMBIOS_STRING_MAX;
}
