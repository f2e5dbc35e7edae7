/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Built-in key files and those of a folder. */
#include "profiles/key_files.h"

#include <string.h>

#include "base/error.h"

/* GKeyFile does not say which line it did not like. 0: not found. */
static guint find_odd_line(const char *text, gsize length)
{
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    gboolean is_inside = FALSE;
    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        if (*line == '[' && strchr(line, ']'))
            is_inside = TRUE;
        else if (*line && *line != '#' && (!is_inside || !strchr(line, '=') || *line == '='))
            return i + 1;
    }
    return 0;
}

static gboolean read_text(const char *file, const char *text, gsize length, KeyFileFunc func,
                          void *data, GError **error)
{
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) reason = NULL;
    if (!g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE, &reason)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "a profile is lines of key = value below a [name]", "%s:%u: %s", file,
                          find_odd_line(text, length), reason->message);
        return FALSE;
    }
    g_autofree char *copy = g_strndup(text, length);
    return func(data, file, copy, keys, error);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_directory(const char *directory, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, &reason);
    if (!dir) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a directory with --profile-dir",
                          "cannot read profiles: %s", reason->message);
        return NULL;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir))
        if (g_str_has_suffix(name, ".ini"))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

static gboolean read_directory(const char *directory, KeyFileFunc func, void *data, GError **error)
{
    g_autoptr(GPtrArray) names = list_directory(directory, error);
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *path = g_build_filename(directory, g_ptr_array_index(names, i), NULL);
        g_autofree char *text = NULL;
        gsize length;
        if (!g_file_get_contents(path, &text, &length, error)) {
            g_prefix_error(error, "cannot read profiles: ");
            return FALSE;
        }
        if (!read_text(path, text, length, func, data, error))
            return FALSE;
    }
    return names != NULL;
}

gboolean key_files_read(const EmbeddedFile *builtin, const char *directory, KeyFileFunc func,
                        void *data, GError **error)
{
    for (const EmbeddedFile *file = builtin; file->name; file++)
        if (!read_text(file->name, (const char *)file->content, file->length, func, data, error))
            return FALSE;
    return !directory || read_directory(directory, func, data, error);
}

/* As GKeyFile reads them: the name is what stands before '=', without blanks around it. */
static gboolean line_has_key(const char *line, const char *key)
{
    const char *equals = strchr(line, '=');
    if (!equals)
        return FALSE;
    g_autofree char *name = g_strndup(line, (gsize)(equals - line));
    return g_str_equal(g_strstrip(name), key);
}

guint key_file_line(const char *text, const char *section, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *head = g_strdup_printf("[%s]", section);
    gboolean is_inside = FALSE;
    guint found = 0;
    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        if (*line == '[')
            is_inside = g_str_has_prefix(line, head);
        if (is_inside &&
            (key ? *line != '[' && *line != '#' && line_has_key(line, key) : *line == '['))
            found = i + 1;
    }
    return found;
}
