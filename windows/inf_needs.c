/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Needs directives: sections that are processed as if they stood in the one that names them
   (Microsoft: "INF DDInstall Section"). */
#include "windows/inf.h"

/* Far above any driver; sections may need each other in a circle. */
#define SECTIONS_LIMIT 64u

static gboolean is_listed(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (g_ascii_strcasecmp(g_ptr_array_index(names, i), name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void append_needed(const Inf *inf, const char *section, GPtrArray *names)
{
    const GPtrArray *lines = inf_get_section(inf, section);

    for (guint i = 0; lines && i < lines->len; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);

        if (!line->key || g_ascii_strcasecmp(line->key, "Needs") != 0)
            continue;
        for (guint j = 0; j < line->fields->len && names->len < SECTIONS_LIMIT; j++) {
            const char *name = inf_line_field(line, j);

            if (*name && inf_get_section(inf, name) && !is_listed(names, name))
                g_ptr_array_add(names, g_strdup(name));
        }
    }
}

GPtrArray *inf_list_needed(const Inf *inf, const char *section)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    if (inf_get_section(inf, section))
        g_ptr_array_add(names, g_strdup(section));
    for (guint i = 0; i < names->len; i++)
        append_needed(inf, g_ptr_array_index(names, i), names);
    return names;
}

GPtrArray *inf_list_directive(const Inf *inf, const char *section, const char *key)
{
    g_autoptr(GPtrArray) sections = inf_list_needed(inf, section);
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < sections->len; i++) {
        const GPtrArray *lines = inf_get_section(inf, g_ptr_array_index(sections, i));

        for (guint j = 0; j < lines->len; j++) {
            const InfLine *line = g_ptr_array_index(lines, j);

            if (!line->key || g_ascii_strcasecmp(line->key, key) != 0)
                continue;
            for (guint k = 0; k < line->fields->len; k++) {
                if (*inf_line_field(line, k))
                    g_ptr_array_add(fields, g_strdup(inf_line_field(line, k)));
            }
        }
    }
    return fields;
}
