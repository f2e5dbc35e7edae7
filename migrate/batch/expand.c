/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a manifest names as source to machines. */
#include "migrate/batch/expand.h"

#include <glob.h>
#include <string.h>

#include "base/error.h"
#include "convert/image/nbd_uri.h"
#include "convert/source.h"

static void source_drop(gpointer data)
{
    BatchSource *source = data;
    g_strfreev(source->paths);
    g_free(source->name);
    g_free(source->label);
    g_free(source->longer);
    g_free(source);
}

/* Only what an id may have. */
static char *make_id(const char *text)
{
    char *id = g_strndup(text, 60);
    g_strcanon(id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
    return id;
}

static char *stem_of(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');
    if (dot && dot != base && !g_file_test(path, G_FILE_TEST_IS_DIR))
        *dot = '\0';
    return make_id(base);
}

static void add_source(GPtrArray *sources, const char *const *paths, const char *name)
{
    BatchSource *source = g_new0(BatchSource, 1);
    g_autofree char *folder = g_path_get_dirname(paths[0]);
    g_autofree char *folder_name = g_path_get_basename(folder);
    g_autofree char *folder_id = make_id(folder_name);
    source->paths = g_strdupv((char **)(uintptr_t)paths);
    source->name = g_strdup(name);
    source->label = name ? make_id(name) : stem_of(paths[0]);
    source->longer = g_strdup_printf("%s-%s", folder_id, source->label);
    g_ptr_array_add(sources, source);
}

/* What cannot be looked into now is one machine, and fails when its turn comes. */
static void add_path(GPtrArray *sources, const char *path, gboolean has_name)
{
    const char *const paths[] = {path, NULL};
    g_auto(GStrv) names = NULL;
    g_autoptr(GError) reason = NULL;
    if (!has_name && g_file_test(path, G_FILE_TEST_IS_DIR) &&
        !source_list_machines(path, &names, &reason))
        g_debug("'%s': %s", path, reason->message);
    if (!names || g_strv_length(names) < 2)
        add_source(sources, paths, NULL);
    else
        for (char **name = names; *name; name++)
            add_source(sources, paths, *name);
}

static gboolean add_pattern(const Document *document, const DocumentValue *value,
                            const char *pattern, gboolean has_name, GPtrArray *sources,
                            GError **error)
{
    glob_t found;
    int status = glob(pattern, GLOB_ERR, NULL, &found);
    if (status != 0) {
        document_set_error(document, value, "check the path", error, "'source': %s '%s'",
                           status == GLOB_NOMATCH ? "nothing matches" : "cannot look for", pattern);
        return FALSE;
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        add_path(sources, found.gl_pathv[i], has_name);
    globfree(&found);
    return TRUE;
}

/* A file may well have a bracket in its name. */
static gboolean is_pattern(const char *path)
{
    return strpbrk(path, "*?[") && !g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean read_paths(const BatchManifest *manifest, const Document *document,
                           const DocumentValue *value, char ***ret_paths, GError **error)
{
    g_auto(GStrv) paths = NULL;
    if (!document_texts(document, value, "source", &paths, error))
        return FALSE;
    for (char **path = paths; *path; path++) {
        if (!**path) {
            document_set_error(document, value, NULL, error, "'source' is empty");
            return FALSE;
        }
        if (nbd_uri_is(*path))
            continue;
        char *absolute = batch_manifest_resolve(manifest, *path);
        g_free(*path);
        *path = absolute;
    }
    if (!*paths) {
        document_set_error(document, value, NULL, error, "'source' is empty");
        return FALSE;
    }
    *ret_paths = g_steal_pointer(&paths);
    return TRUE;
}

gboolean batch_source_expand(const BatchManifest *manifest, const Document *document,
                             const DocumentValue *value, gboolean has_name, GPtrArray **ret_sources,
                             GError **error)
{
    g_auto(GStrv) paths = NULL;
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(source_drop);
    if (!read_paths(manifest, document, value, &paths, error))
        return FALSE;
    if (document_kind(value) == DOCUMENT_LIST || nbd_uri_is(paths[0]))
        add_source(sources, (const char *const *)paths, NULL);
    else if (is_pattern(paths[0]) &&
             !add_pattern(document, value, paths[0], has_name, sources, error))
        return FALSE;
    else if (sources->len == 0)
        add_path(sources, paths[0], has_name);
    *ret_sources = g_steal_pointer(&sources);
    return TRUE;
}
