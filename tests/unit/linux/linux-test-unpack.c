/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second reading of the kernel's rules, independent of linux/cpio.c. */
#include "linux-test-unpack.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>

static void file_free(gpointer data)
{
    UnpackedFile *file = data;

    g_clear_pointer(&file->content, g_bytes_unref);
    g_free(file);
}

GHashTable *test_unpack_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
}

static guint hex_field(const guint8 *header, guint index)
{
    char text[9] = {0};

    memcpy(text, header + 6 + index * 8, 8);
    return (guint)g_ascii_strtoull(text, NULL, 16);
}

/* Follows links in path; the last component too if follow_last. */
static char *walk(GHashTable *root, const char *path, gboolean follow_last)
{
    g_autofree char *current = g_strdup(path);

    for (guint links = 0; links < 20; links++) {
        gboolean changed = FALSE;

        for (char *slash = strchr(current, '/');; slash = strchr(slash + 1, '/')) {
            g_autofree char *prefix =
                slash != NULL ? g_strndup(current, (gsize)(slash - current)) : g_strdup(current);
            UnpackedFile *file = g_hash_table_lookup(root, prefix);

            if (file != NULL && S_ISLNK(file->mode) && (slash != NULL || follow_last)) {
                g_autofree char *target = g_strndup(g_bytes_get_data(file->content, NULL),
                                                    g_bytes_get_size(file->content));
                g_autofree char *parent = g_path_get_dirname(prefix);
                char *next = g_strconcat(*target == '/' || g_str_equal(parent, ".") ? "" : parent,
                                         *target == '/' || g_str_equal(parent, ".") ? "" : "/",
                                         *target == '/' ? target + 1 : target,
                                         slash != NULL ? slash : "", NULL);

                g_free(current);
                current = next;
                changed = TRUE;
                break;
            }
            if (slash == NULL)
                break;
        }
        if (!changed)
            return g_steal_pointer(&current);
    }
    g_assert_not_reached();
}

static void create(GHashTable *root, const char *name, guint mode, const guint8 *data, gsize size)
{
    g_autofree char *path = walk(root, name, FALSE);
    g_autofree char *parent = g_path_get_dirname(path);
    UnpackedFile *old = g_hash_table_lookup(root, path);
    UnpackedFile *above = g_hash_table_lookup(root, parent);
    UnpackedFile *file = NULL;

    if (g_str_equal(path, ".") || *path == '\0')
        return;
    /* filp_open() and init_mkdir() fail silently without the directory. */
    if (!g_str_equal(parent, "."))
        g_assert_true(above != NULL && S_ISDIR(above->mode));
    /* clean_path() removes what has another type. */
    if (S_ISDIR(mode) && old != NULL)
        g_assert_true(S_ISDIR(old->mode));
    file = g_new0(UnpackedFile, 1);
    file->mode = mode;
    file->content = g_bytes_new(data, size);
    g_hash_table_replace(root, g_steal_pointer(&path), file);
}

void test_unpack_stream(GHashTable *root, const guint8 *data, gsize size)
{
    gboolean in_archive = FALSE;

    for (gsize at = 0; at < size;) {
        if (data[at] == 0 && !in_archive) {
            at++;
            continue;
        }
        g_assert_cmpuint(at % 4, ==, 0); /* "broken padding" */
        g_assert_cmpuint(size - at, >=, 110);
        g_assert_cmpint(memcmp(data + at, "070701", 6), ==, 0);

        guint mode = hex_field(data + at, 1), body = hex_field(data + at, 6);
        guint name_size = hex_field(data + at, 11);
        const char *name = (const char *)data + at + 110;
        gsize body_at = (at + 110 + name_size + 3) & ~(gsize)3;

        g_assert_cmpuint(body_at + body, <=, size);
        g_assert_true(name[name_size - 1] == '\0');
        at = (body_at + body + 3) & ~(gsize)3;
        in_archive = strcmp(name, "TRAILER!!!") != 0;
        if (in_archive)
            create(root, g_str_has_prefix(name, "./") ? name + 2 : name, mode, data + body_at,
                   body);
    }
    g_assert_false(in_archive);
}

GBytes *test_unpack_content(GHashTable *root, const char *path)
{
    g_autofree char *resolved = walk(root, path, TRUE);
    UnpackedFile *file = g_hash_table_lookup(root, resolved);

    return file != NULL ? file->content : NULL;
}

char *test_unpack_text(GHashTable *root, const char *path)
{
    GBytes *content = test_unpack_content(root, path);

    return content != NULL ? g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content))
                           : NULL;
}

GBytes *test_filter(const char *const *argv, GBytes *input)
{
    g_autofree char *program = g_find_program_in_path(argv[0]);
    g_autoptr(GSubprocess) process = NULL;
    g_autoptr(GError) error = NULL;
    GBytes *output = NULL;

    if (program == NULL)
        return NULL;
    process = g_subprocess_newv(argv,
                                G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                    G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                                &error);
    g_assert_no_error(error);
    g_assert_true(g_subprocess_communicate(process, input, NULL, &output, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(g_subprocess_get_successful(process));
    return output;
}
