/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths and texts of guests as strings. */
#include "fs/path.h"

#include <string.h>

#include "base/error.h"
#include "base/utf16.h"

GPtrArray *fs_path_split(const char *path, gboolean backslashes)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *separators = backslashes ? "/\\" : "/";
    while (*path != '\0') {
        size_t length = strcspn(path, separators);
        if (length > 0 && !(length == 1 && path[0] == '.'))
            g_ptr_array_add(names, g_strndup(path, length));
        path += length;
        path += strspn(path, separators);
    }
    return names;
}

char *fs_path_join(const GPtrArray *names)
{
    if (names->len == 0)
        return g_strdup("/");
    GString *path = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        g_string_append_c(path, '/');
        g_string_append(path, names->pdata[i]);
    }
    return g_string_free(path, FALSE);
}

char *fs_path_normalise(const char *path, gboolean backslashes)
{
    g_autoptr(GPtrArray) names = fs_path_split(path, backslashes);
    for (guint i = 0; i < names->len;) {
        if (!g_str_equal(names->pdata[i], "..")) {
            i++;
            continue;
        }
        g_ptr_array_remove_index(names, i);
        if (i > 0)
            g_ptr_array_remove_index(names, --i);
    }
    return fs_path_join(names);
}

char *fs_path_child(const char *path, const char *name)
{
    return g_strconcat(path, path[1] == '\0' ? "" : "/", name, NULL);
}

char *fs_path_fold(const char *path, gboolean case_sensitive)
{
    if (case_sensitive || !g_utf8_validate(path, -1, NULL))
        return g_strdup(path);
    GString *folded = g_string_sized_new(strlen(path));
    for (const char *p = path; *p != '\0'; p = g_utf8_next_char(p))
        g_string_append_unichar(folded, g_unichar_toupper(g_utf8_get_char(p)));
    return g_string_free(folded, FALSE);
}

const char *fs_path_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    if (length == 1)
        return path[1] == '\0' ? "" : path;
    if (strncmp(path, directory, length) != 0 || (path[length] != '/' && path[length] != '\0'))
        return NULL;
    return path + length;
}

char *fs_text_from_bytes(GBytes *bytes, const char *path, GError **error)
{
    gsize size = 0;
    const char *start = g_bytes_get_data(bytes, &size);
    if (size > FS_TEXT_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "'%s' is too large for a text file (%zu bytes)", path, size);
        return NULL;
    }
    if (size >= 2 && memcmp(start, "\xff\xfe", 2) == 0)
        return utf16_to_utf8((const uint8_t *)start + 2, size - 2, UTF16_LITTLE_ENDIAN);
    if (size >= 2 && memcmp(start, "\xfe\xff", 2) == 0)
        return utf16_to_utf8((const uint8_t *)start + 2, size - 2, UTF16_BIG_ENDIAN);
    if (size >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
        size -= 3;
    }
    while (size > 0 && start[size - 1] == '\0')
        size--;
    if (size > 0 && memchr(start, '\0', size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "'%s' is no text: it holds NUL bytes",
                          path);
        return NULL;
    }
    return g_strndup(size > 0 ? start : "", size);
}
