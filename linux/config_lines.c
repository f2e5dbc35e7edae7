/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files as lines. */
#include "linux/config_lines.h"

#include <string.h>

#define LINES_MAX 20000

GPtrArray *config_lines_new(const char *text)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(text, "\n", LINES_MAX);

    for (guint i = 0; parts[i] != NULL; i++)
        if (parts[i + 1] != NULL || *parts[i] != '\0')
            g_ptr_array_add(lines, g_strdup(parts[i]));
    return lines;
}

char *config_lines_join(const GPtrArray *lines)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)lines->pdata[i]);
    return g_string_free(text, FALSE);
}

/* Where the value begins if line assigns to key; NULL: it does not. */
static const char *shell_assignment(const char *line, const char *key)
{
    const char *start = line + strspn(line, " \t");

    if (g_str_has_prefix(start, "export "))
        start += strlen("export ");
    return g_str_has_prefix(start, key) && start[strlen(key)] == '=' ? start + strlen(key) + 1
                                                                     : NULL;
}

char *shell_lines_get(const GPtrArray *lines, const char *key)
{
    for (guint i = lines->len; i-- > 0;) {
        const char *start = shell_assignment(lines->pdata[i], key);
        g_autofree char *value = NULL;
        size_t len = 0;

        if (start == NULL)
            continue;
        value = g_strstrip(g_strdup(start));
        len = strlen(value);
        if (len >= 2 && (*value == '"' || *value == '\'') && value[len - 1] == *value)
            return g_strndup(value + 1, len - 2);
        return g_steal_pointer(&value);
    }
    return NULL;
}

void shell_lines_set(GPtrArray *lines, const char *key, const char *value, gboolean quote)
{
    gboolean plain = !quote && *value != '\0' && strpbrk(value, " \t\"'$`\\;&|<>()#*?") == NULL;
    char *line = g_strdup_printf(plain ? "%s=%s" : "%s='%s'", key, value);

    for (guint i = 0; i < lines->len; i++)
        if (shell_assignment(lines->pdata[i], key) != NULL) {
            g_free(lines->pdata[i]);
            lines->pdata[i] = line;
            return;
        }
    g_ptr_array_add(lines, line);
}

/* "IPADDR*" fits IPADDR, IPADDR0 and IPADDR_1, not IPADDRESS. */
static gboolean fits(const char *key, size_t length, const char *const *patterns)
{
    for (guint i = 0; patterns[i] != NULL; i++) {
        size_t size = strlen(patterns[i]);
        gboolean open = size > 0 && patterns[i][size - 1] == '*';

        if (open)
            size--;
        if (length < size || strncmp(key, patterns[i], size) != 0)
            continue;
        if (open ? strspn(key + size, "0123456789_") >= length - size : length == size)
            return TRUE;
    }
    return FALSE;
}

/* How many lines the value takes that begins at value, a part of line index. */
static guint assignment_lines(const GPtrArray *lines, guint index, const char *value)
{
    const char close = *value == '(' ? ')' : *value;

    if (*value != '(' && *value != '"' && *value != '\'')
        return 1;
    for (guint i = index; i < lines->len; i++) {
        const char *rest = i == index ? value + 1 : lines->pdata[i];

        if (strchr(rest, close) != NULL)
            return i - index + 1;
    }
    return 1;
}

void shell_lines_remove(GPtrArray *lines, const char *const *patterns)
{
    for (guint i = 0; i < lines->len;) {
        const char *line = lines->pdata[i];
        const char *start = line + strspn(line, " \t");
        const char *equals = strchr(start, '=');

        if (equals != NULL && *start != '#' && fits(start, (size_t)(equals - start), patterns))
            g_ptr_array_remove_range(lines, i, assignment_lines(lines, i, equals + 1));
        else
            i++;
    }
}

/* "[Network]" gives TRUE for "Network". */
static gboolean is_header(const char *line, const char *section)
{
    const char *start = line + strspn(line, " \t");
    size_t length = section != NULL ? strlen(section) : 0;

    if (*start != '[')
        return FALSE;
    return section == NULL ||
           (strncmp(start + 1, section, length) == 0 && start[length + 1] == ']');
}

/* FALSE: a comment, a header, nothing. */
static gboolean split_key(const char *line, char **ret_key, char **ret_value)
{
    const char *start = line + strspn(line, " \t");
    const char *equals = strchr(start, '=');

    if (equals == NULL || *start == '#' || *start == ';' || *start == '[')
        return FALSE;
    *ret_key = g_strstrip(g_strndup(start, (gsize)(equals - start)));
    *ret_value = g_strstrip(g_strdup(equals + 1));
    return TRUE;
}

char *section_lines_get(const GPtrArray *lines, const char *section, const char *key)
{
    gboolean inside = FALSE;

    for (guint i = 0; i < lines->len; i++) {
        g_autofree char *found = NULL, *value = NULL;

        if (is_header(lines->pdata[i], NULL))
            inside = is_header(lines->pdata[i], section);
        if (inside && split_key(lines->pdata[i], &found, &value) && g_str_equal(found, key))
            return g_steal_pointer(&value);
    }
    return NULL;
}

void section_lines_remove(GPtrArray *lines, const char *section, SectionFunc func, gpointer data)
{
    gboolean inside = FALSE;

    for (guint i = 0; i < lines->len;) {
        g_autofree char *key = NULL, *value = NULL;

        if (is_header(lines->pdata[i], NULL))
            inside = is_header(lines->pdata[i], section);
        if (inside && split_key(lines->pdata[i], &key, &value) && func(key, value, data))
            g_ptr_array_remove_index(lines, i);
        else
            i++;
    }
}

void section_lines_remove_whole(GPtrArray *lines, const char *section, WholeSectionFunc func,
                                gpointer data)
{
    for (guint i = 0; i < lines->len;) {
        g_autoptr(GPtrArray) part = g_ptr_array_new();
        guint end = i + 1;

        if (!is_header(lines->pdata[i], section)) {
            i++;
            continue;
        }
        while (end < lines->len && !is_header(lines->pdata[end], NULL))
            end++;
        for (guint j = i; j < end; j++)
            g_ptr_array_add(part, lines->pdata[j]);
        if (func(part, data))
            g_ptr_array_remove_range(lines, i, end - i);
        else
            i = end;
    }
}

void section_lines_add(GPtrArray *lines, const char *section, const char *key, const char *value)
{
    char *line = g_strdup_printf("%s=%s", key, value);
    guint place = 0;

    for (guint i = 0; i < lines->len && place == 0; i++)
        if (is_header(lines->pdata[i], section))
            place = i + 1;
    if (place == 0) {
        if (lines->len > 0)
            g_ptr_array_add(lines, g_strdup(""));
        g_ptr_array_add(lines, g_strdup_printf("[%s]", section));
        g_ptr_array_add(lines, line);
        return;
    }
    for (guint i = place; i < lines->len && !is_header(lines->pdata[i], NULL); i++) {
        g_autofree char *old_key = NULL, *old_value = NULL;

        if (split_key(lines->pdata[i], &old_key, &old_value))
            place = i + 1;
    }
    g_ptr_array_insert(lines, (gint)place, line);
}
