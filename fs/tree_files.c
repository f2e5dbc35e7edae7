/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls of fs/tree.h that find a path's filesystem and pass on to it. */
#include "fs/tree.h"

#include "base/error.h"
#include "fs/path.h"

/* A path of the tree, found. */
typedef struct {
    Fs *fs;
    char *path;
    gboolean found;
} Place;

static void place_clear(Place *place)
{
    g_free(place->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static gboolean find_place(FsTree *tree, const char *path, gboolean follow_last, Place *place,
                           GError **error)
{
    return fs_tree_resolve(tree, path, follow_last, &place->fs, &place->path, &place->found, error);
}

static gboolean stat_place(FsTree *tree, const char *path, gboolean follow_last,
                           gboolean *ret_found, FsStat *ret_stat, GError **error)
{
    g_auto(Place) place = {0};
    if (!find_place(tree, path, follow_last, &place, error))
        return FALSE;
    if (!place.found) {
        *ret_found = FALSE;
        return TRUE;
    }
    return fs_stat(place.fs, place.path, ret_found, ret_stat, error);
}

gboolean fs_tree_stat(FsTree *tree, const char *path, gboolean *ret_found, FsStat *ret_stat,
                      GError **error)
{
    return stat_place(tree, path, TRUE, ret_found, ret_stat, error);
}

gboolean fs_tree_stat_link(FsTree *tree, const char *path, gboolean *ret_found, FsStat *ret_stat,
                           GError **error)
{
    return stat_place(tree, path, FALSE, ret_found, ret_stat, error);
}

gboolean fs_tree_read_link(FsTree *tree, const char *path, char **ret_target, GError **error)
{
    g_auto(Place) place = {0};
    return find_place(tree, path, FALSE, &place, error) &&
           fs_read_link(place.fs, place.path, ret_target, error);
}

gboolean fs_tree_file_open(FsTree *tree, const char *path, FsFile **ret_file, GError **error)
{
    g_auto(Place) place = {0};
    return find_place(tree, path, TRUE, &place, error) &&
           fs_file_open(place.fs, place.path, ret_file, error);
}

gboolean fs_tree_read_file(FsTree *tree, const char *path, uint64_t limit_bytes, GBytes **ret_bytes,
                           GError **error)
{
    g_auto(Place) place = {0};
    return find_place(tree, path, TRUE, &place, error) &&
           fs_read_file(place.fs, place.path, limit_bytes, ret_bytes, error);
}

/* attributes for a driver: like as a path of its own filesystem. What lies in another one can only
   lend its mode. *ret_like keeps the path alive. */
static gboolean localise_attributes(FsTree *tree, const Place *place,
                                    const FsAttributes *attributes, FsAttributes *ret_attributes,
                                    char **ret_like, GError **error)
{
    *ret_attributes = (FsAttributes){.mode = attributes ? attributes->mode : -1,
                                     .label = attributes ? attributes->label : NULL};
    if (!attributes || !attributes->like)
        return TRUE;
    g_auto(Place) like = {0};
    FsStat stat = {0};
    gboolean found = FALSE;
    if (!find_place(tree, attributes->like, TRUE, &like, error) ||
        !fs_stat(like.fs, like.path, &found, &stat, error))
        return FALSE;
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL,
                          "cannot make '%s' like '%s': that does not exist", place->path,
                          attributes->like);
        return FALSE;
    }
    if (like.fs == place->fs) {
        *ret_like = g_steal_pointer(&like.path);
        ret_attributes->like = *ret_like;
    } else if (attributes->mode < 0 && stat.type == FS_TYPE_FILE && fs_is_case_sensitive(like.fs)) {
        ret_attributes->mode = (int)stat.mode;
    }
    return TRUE;
}

gboolean fs_tree_write_file(FsTree *tree, const char *path, GBytes *content,
                            const FsAttributes *attributes, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *like = NULL;
    FsAttributes local = {0};
    return find_place(tree, path, TRUE, &place, error) &&
           localise_attributes(tree, &place, attributes, &local, &like, error) &&
           fs_write_file(place.fs, place.path, content, &local, error);
}

gboolean fs_tree_make_directory(FsTree *tree, const char *path, const FsAttributes *attributes,
                                GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *like = NULL;
    FsAttributes local = {0};
    return find_place(tree, path, TRUE, &place, error) &&
           localise_attributes(tree, &place, attributes, &local, &like, error) &&
           fs_make_directory(place.fs, place.path, &local, error);
}

gboolean fs_tree_make_symlink(FsTree *tree, const char *path, const char *target,
                              const FsAttributes *attributes, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *like = NULL;
    FsAttributes local = {0};
    return find_place(tree, path, FALSE, &place, error) &&
           localise_attributes(tree, &place, attributes, &local, &like, error) &&
           fs_make_symlink(place.fs, place.path, target, &local, error);
}

gboolean fs_tree_remove(FsTree *tree, const char *path, GError **error)
{
    g_auto(Place) place = {0};
    return find_place(tree, path, FALSE, &place, error) && fs_remove(place.fs, place.path, error);
}

static gboolean is_type(FsTree *tree, const char *path, FsFileType type)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    FsStat stat = {0};
    if (fs_tree_stat(tree, path, &found, &stat, &error))
        return found && stat.type == type;
    g_debug("taken as not there: %s", error->message);
    return FALSE;
}

gboolean fs_tree_is_file(FsTree *tree, const char *path)
{
    return is_type(tree, path, FS_TYPE_FILE);
}

gboolean fs_tree_is_directory(FsTree *tree, const char *path)
{
    return is_type(tree, path, FS_TYPE_DIRECTORY);
}

gboolean fs_tree_read_text(FsTree *tree, const char *path, char **ret_text, GError **error)
{
    g_auto(Place) place = {0};
    g_autoptr(GBytes) bytes = NULL;
    if (!find_place(tree, path, TRUE, &place, error))
        return FALSE;
    if (!place.found) {
        *ret_text = NULL;
        return TRUE;
    }
    if (!fs_read_file(place.fs, place.path, FS_TEXT_LIMIT_BYTES, &bytes, error))
        return FALSE;
    char *text = fs_text_from_bytes(bytes, path, error);
    if (!text)
        return FALSE;
    *ret_text = text;
    return TRUE;
}
