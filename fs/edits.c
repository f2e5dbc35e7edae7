/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of staged edits: what is already planned for a path, and how a new wish joins it. */
#include "fs/edits.h"

#include <string.h>

#include "base/error.h"
#include "fs/path.h"

enum { OLD_CONTENT_LIMIT_BYTES = 1024 * 1024, LINK_LIMIT = 40 };

/* An edit and where in which filesystem it goes, so that two names of one file meet. */
typedef struct {
    Edit edit;
    Fs *fs;     /* NULL: bytes of a volume */
    char *key;  /* path in fs, folded by its rule of case */
    Disk *disk; /* of such bytes; a reference */
} StagedEdit;

struct Edits {
    FsTree *tree;
    GPtrArray *list; /* of StagedEdit, in order of application */
};

/* What there is at a path, staged or not. */
typedef struct {
    Fs *fs;
    char *fs_path;
    char *key;
    StagedEdit *staged; /* the last edit of this place, or NULL */
    gboolean found;     /* in the tree as it is now */
    FsStat stat;
} Place;

static void place_clear(Place *place)
{
    g_free(place->fs_path);
    g_free(place->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

void edit_value_free(EditValue *value)
{
    if (!value)
        return;
    g_free(value->key);
    g_free(value->name);
    g_free(value->old_text);
    g_free(value->new_text);
    g_free(value->reason);
    g_free(value);
}

static void staged_edit_free(gpointer data)
{
    StagedEdit *staged = data;
    g_clear_pointer(&staged->edit.content, g_bytes_unref);
    g_clear_pointer(&staged->edit.old_content, g_bytes_unref);
    g_clear_pointer(&staged->edit.values, g_ptr_array_unref);
    g_free(staged->edit.path);
    g_free(staged->edit.reason);
    g_free(staged->edit.link_target);
    g_free(staged->edit.like);
    g_free(staged->edit.label);
    g_free(staged->key);
    disk_unref(staged->disk);
    g_free(staged);
}

Edits *edits_new(FsTree *tree)
{
    Edits *edits = g_new0(Edits, 1);
    edits->tree = tree;
    edits->list = g_ptr_array_new_with_free_func(staged_edit_free);
    return edits;
}

void edits_free(Edits *edits)
{
    if (!edits)
        return;
    g_ptr_array_unref(edits->list);
    g_free(edits);
}

FsTree *edits_tree(const Edits *edits)
{
    return edits->tree;
}

guint edits_count(const Edits *edits)
{
    return edits->list->len;
}

const Edit *edits_get(const Edits *edits, guint index)
{
    const StagedEdit *staged = edits->list->pdata[index];
    return &staged->edit;
}

gboolean edits_drop_below(Edits *edits, const char *folder, GPtrArray *dropped, GError **error)
{
    g_autofree char *resolved = NULL;
    gboolean found = FALSE;
    Fs *fs = NULL;
    if (!fs_tree_resolve(edits->tree, folder, TRUE, &fs, &resolved, &found, error))
        return FALSE;
    g_autofree char *key = found ? fs_path_fold(resolved, fs_is_case_sensitive(fs)) : NULL;
    for (guint i = edits->list->len; found && i-- > 0;) {
        const StagedEdit *staged = edits->list->pdata[i];
        if (staged->fs != fs || !fs_path_below(staged->key, key))
            continue;
        g_ptr_array_insert(dropped, 0, g_strdup(staged->edit.path));
        g_ptr_array_remove_index(edits->list, i);
    }
    return TRUE;
}

void edits_set_label(Edits *edits, guint index, const char *label)
{
    StagedEdit *staged = edits->list->pdata[index];
    g_free(staged->edit.label);
    staged->edit.label = g_strdup(label);
}

Disk *edits_get_disk(const Edits *edits, guint index)
{
    const StagedEdit *staged = edits->list->pdata[index];
    return staged->disk;
}

gboolean edits_write_bytes(Edits *edits, Disk *disk, const char *name, uint64_t offset,
                           GBytes *bytes, const char *reason, GError **error)
{
    gsize length = g_bytes_get_size(bytes);
    g_autofree uint8_t *old = g_malloc(length);
    if (!disk_read(disk, offset, old, length, error))
        return FALSE;
    g_autoptr(GBytes) old_content = g_bytes_new_take(g_steal_pointer(&old), length);
    if (g_bytes_equal(old_content, bytes))
        return TRUE;
    StagedEdit *staged = g_new0(StagedEdit, 1);
    staged->disk = disk_ref(disk);
    staged->edit.kind = EDIT_WRITE_BYTES;
    staged->edit.path = g_strdup(name);
    staged->edit.reason = g_strdup(reason);
    staged->edit.existed = TRUE;
    staged->edit.offset = offset;
    staged->edit.content = g_bytes_ref(bytes);
    staged->edit.old_content = g_steal_pointer(&old_content);
    staged->edit.mode = -1;
    g_ptr_array_add(edits->list, staged);
    return TRUE;
}

static gboolean place_find(const Edits *edits, const char *path, gboolean follow, Place *place,
                           GError **error)
{
    place_clear(place);
    *place = (Place){0};
    if (!fs_tree_resolve(edits->tree, path, follow, &place->fs, &place->fs_path, &place->found,
                         error))
        return FALSE;
    if (place->found && !fs_stat(place->fs, place->fs_path, &place->found, &place->stat, error))
        return FALSE;
    place->key = fs_path_fold(place->fs_path, fs_is_case_sensitive(place->fs));
    for (guint i = edits->list->len; i > 0 && !place->staged; i--) {
        StagedEdit *staged = edits->list->pdata[i - 1];
        if (staged->fs == place->fs && g_str_equal(staged->key, place->key))
            place->staged = staged;
    }
    return TRUE;
}

/* The place a write to path ends at: links that are staged count, links that will have been removed
   or replaced do not. *ret_path: the name it has there. */
static gboolean place_follow(const Edits *edits, const char *path, Place *place, char **ret_path,
                             GError **error)
{
    g_autofree char *name = fs_path_normalise(path, fs_tree_is_windows(edits->tree));
    if (!g_path_is_absolute(path) && path[0] != '\\') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not an absolute path", path);
        return FALSE;
    }
    for (guint links = 0; links < LINK_LIMIT; links++) {
        if (!place_find(edits, name, FALSE, place, error))
            return FALSE;
        if (!place->staged) {
            if (!place_find(edits, name, TRUE, place, error))
                return FALSE;
            if (!place->staged || place->staged->edit.kind != EDIT_MAKE_SYMLINK) {
                *ret_path = g_steal_pointer(&name);
                return TRUE;
            }
        } else if (place->staged->edit.kind != EDIT_MAKE_SYMLINK) {
            *ret_path = g_steal_pointer(&name);
            return TRUE;
        }
        const Edit *link = &place->staged->edit;
        g_autofree char *directory = g_path_get_dirname(link->path);
        g_autofree char *target = link->link_target[0] == '/'
                                      ? g_strdup(link->link_target)
                                      : fs_path_child(directory, link->link_target);
        g_free(name);
        name = fs_path_normalise(target, FALSE);
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "'%s' leads through more than %d symbolic links", path, LINK_LIMIT);
    return FALSE;
}

/* As it will be when everything staged is applied. */
static gboolean place_will_exist(const Place *place)
{
    return place->staged ? place->staged->edit.kind != EDIT_REMOVE : place->found;
}

static gboolean place_will_be_directory(const Place *place)
{
    if (place->staged)
        return place->staged->edit.kind == EDIT_MAKE_DIRECTORY;
    return place->found && place->stat.type == FS_TYPE_DIRECTORY;
}

/* Adds an edit that nothing at its place can be joined with. What is there before it: the staged
   state if there is one, else the tree's. */
static StagedEdit *stage(Edits *edits, const Place *place, EditKind kind, const char *path,
                         const char *like, int mode, const char *reason)
{
    StagedEdit *staged = g_new0(StagedEdit, 1);
    staged->fs = place->fs;
    staged->key = g_strdup(place->key);
    staged->edit.kind = kind;
    staged->edit.path = g_strdup(path);
    staged->edit.reason = g_strdup(reason);
    staged->edit.existed = place_will_exist(place);
    staged->edit.like = g_strdup(like);
    staged->edit.mode = mode;
    g_ptr_array_add(edits->list, staged);
    return staged;
}

static void join_reason(Edit *edit, const char *reason)
{
    g_auto(GStrv) reasons = g_strsplit(edit->reason, "; ", -1);
    if (g_strv_contains((const char *const *)reasons, reason))
        return;
    char *joined = g_strconcat(edit->reason, "; ", reason, NULL);
    g_free(edit->reason);
    edit->reason = joined;
}

/* Of a file small enough to be shown as a difference. */
static gboolean read_old_content(const Place *place, GBytes **ret_content, GError **error)
{
    *ret_content = NULL;
    if (!place->found || place->stat.type != FS_TYPE_FILE ||
        place->stat.size_bytes > OLD_CONTENT_LIMIT_BYTES)
        return TRUE;
    return fs_read_file(place->fs, place->fs_path, OLD_CONTENT_LIMIT_BYTES, ret_content, error);
}

/* FALSE in *ret_equal when they differ or there is no file. */
static gboolean has_content(const Place *place, GBytes *content, gboolean *ret_equal,
                            GError **error)
{
    g_autoptr(GBytes) now = NULL;
    gsize size = g_bytes_get_size(content);
    *ret_equal = FALSE;
    if (!place->found || place->stat.type != FS_TYPE_FILE || place->stat.size_bytes != size)
        return TRUE;
    if (!fs_read_file(place->fs, place->fs_path, size, &now, error))
        return FALSE;
    *ret_equal = g_bytes_equal(now, content);
    return TRUE;
}

static gboolean check_like(const Edits *edits, const char *path, const char *like, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    if (!like)
        return TRUE;
    if (!place_follow(edits, like, &place, &name, error))
        return FALSE;
    if (place_will_exist(&place))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL,
                      "cannot make '%s' like '%s': that does not exist", path, like);
    return FALSE;
}

/* Stages what is missing above path (normalised); new directories are like the one they are in. */
static gboolean stage_parents(Edits *edits, const char *path, const char *reason, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    if (!place_follow(edits, parent, &place, &name, error))
        return FALSE;
    if (place_will_be_directory(&place))
        return TRUE;
    if (place_will_exist(&place)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "cannot make '%s': '%s' is no directory", path, parent);
        return FALSE;
    }
    if (!stage_parents(edits, name, reason, error))
        return FALSE;
    stage(edits, &place, EDIT_MAKE_DIRECTORY, name, NULL, -1, reason);
    return TRUE;
}

/* The edit that writes content at path, new or joined; *ret_staged NULL when content is there
   already. */
static gboolean stage_write(Edits *edits, const char *path, GBytes *content, const char *like,
                            int mode, gboolean keep_old, const char *reason,
                            StagedEdit **ret_staged, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    gboolean equal = FALSE;
    *ret_staged = NULL;
    if (!place_follow(edits, path, &place, &name, error))
        return FALSE;
    Edit *before = place.staged ? &place.staged->edit : NULL;
    if (place_will_be_directory(&place) ||
        (!before && place.found && place.stat.type != FS_TYPE_FILE)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "cannot write '%s': it is no file",
                          path);
        return FALSE;
    }
    /* A staged edit of a file that existed ends as the only one of its place. */
    if ((!before || (before->kind == EDIT_WRITE_FILE && before->existed)) &&
        !has_content(&place, content, &equal, error))
        return FALSE;
    if (equal) {
        if (before)
            g_ptr_array_remove(edits->list, place.staged);
        return TRUE;
    }
    if (before && before->kind == EDIT_WRITE_FILE) {
        g_bytes_unref(before->content);
        before->content = g_bytes_ref(content);
        join_reason(before, reason);
        *ret_staged = place.staged;
        return TRUE;
    }
    g_autoptr(GBytes) old_content = NULL;
    if (!check_like(edits, name, like, error) ||
        (!before && keep_old && !read_old_content(&place, &old_content, error)) ||
        (!place_will_exist(&place) && !stage_parents(edits, name, reason, error)))
        return FALSE;
    gboolean is_new = !place_will_exist(&place);
    StagedEdit *staged = stage(edits, &place, EDIT_WRITE_FILE, name, is_new ? like : NULL,
                               is_new ? mode : -1, reason);
    staged->edit.content = g_bytes_ref(content);
    staged->edit.old_content = g_steal_pointer(&old_content);
    *ret_staged = staged;
    return TRUE;
}

gboolean edits_write_file(Edits *edits, const char *path, GBytes *content, const char *like,
                          int mode, const char *reason, GError **error)
{
    StagedEdit *staged = NULL;
    return stage_write(edits, path, content, like, mode, TRUE, reason, &staged, error);
}

gboolean edits_write_text(Edits *edits, const char *path, const char *text, const char *like,
                          int mode, const char *reason, GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    return edits_write_file(edits, path, content, like, mode, reason, error);
}

gboolean edits_write_secret(Edits *edits, const char *path, const char *text, const char *reason,
                            GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    StagedEdit *staged = NULL;
    if (!stage_write(edits, path, content, NULL, -1, FALSE, reason, &staged, error))
        return FALSE;
    if (staged)
        staged->edit.is_secret = TRUE;
    return TRUE;
}

static EditValue *find_value(const GPtrArray *values, const EditValue *like)
{
    for (guint i = 0; i < values->len; i++) {
        EditValue *value = values->pdata[i];
        if (g_ascii_strcasecmp(value->key, like->key) == 0 && !value->name == !like->name &&
            (!like->name || g_ascii_strcasecmp(value->name, like->name) == 0))
            return value;
    }
    return NULL;
}

/* Moves the values of a later edit of the same hive behind those of the first. */
static void merge_values(GPtrArray *values, GPtrArray *later)
{
    while (later->len > 0) {
        EditValue *value = g_ptr_array_steal_index(later, 0);
        EditValue *first = find_value(values, value);
        if (!first) {
            g_ptr_array_add(values, value);
            continue;
        }
        g_free(first->new_text);
        first->new_text = g_steal_pointer(&value->new_text);
        g_free(first->reason);
        first->reason = g_steal_pointer(&value->reason);
        edit_value_free(value);
        if (g_strcmp0(first->old_text, first->new_text) == 0 && first->name)
            g_ptr_array_remove(values, first);
    }
}

static void free_value(gpointer value)
{
    edit_value_free(value);
}

gboolean edits_write_hive(Edits *edits, const char *path, GBytes *content, GPtrArray *values,
                          const char *reason, GError **error)
{
    g_autoptr(GPtrArray) given = values;
    StagedEdit *staged = NULL;
    if (!stage_write(edits, path, content, NULL, -1, FALSE, reason, &staged, error))
        return FALSE;
    if (!staged)
        return TRUE;
    if (!staged->edit.values)
        staged->edit.values = g_ptr_array_new_with_free_func(free_value);
    merge_values(staged->edit.values, given);
    return TRUE;
}

gboolean edits_make_directory(Edits *edits, const char *path, const char *like, int mode,
                              const char *reason, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    if (!place_follow(edits, path, &place, &name, error))
        return FALSE;
    if (place_will_be_directory(&place))
        return TRUE;
    if (place_will_exist(&place)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "cannot make the directory '%s': it is no directory", path);
        return FALSE;
    }
    if (!check_like(edits, name, like, error) || !stage_parents(edits, name, reason, error))
        return FALSE;
    stage(edits, &place, EDIT_MAKE_DIRECTORY, name, like, mode, reason);
    return TRUE;
}

/* The place of path itself, whatever it is; its directory's links are followed. */
static gboolean place_find_itself(const Edits *edits, const char *path, Place *place,
                                  char **ret_path, GError **error)
{
    g_autofree char *name = fs_path_normalise(path, fs_tree_is_windows(edits->tree));
    if (!place_find(edits, path, FALSE, place, error))
        return FALSE;
    *ret_path = g_steal_pointer(&name);
    return TRUE;
}

static gboolean is_link_to(const Place *place, const char *target, gboolean *ret_is, GError **error)
{
    g_autofree char *now = NULL;
    *ret_is = FALSE;
    if (!place->found || place->stat.type != FS_TYPE_SYMLINK)
        return TRUE;
    if (!fs_read_link(place->fs, place->fs_path, &now, error))
        return FALSE;
    *ret_is = g_str_equal(now, target);
    return TRUE;
}

gboolean edits_make_symlink(Edits *edits, const char *path, const char *target, const char *like,
                            const char *reason, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    g_autoptr(GBytes) old_content = NULL;
    gboolean is_there = FALSE;
    if (!place_find_itself(edits, path, &place, &name, error))
        return FALSE;
    Edit *before = place.staged ? &place.staged->edit : NULL;
    if (before && before->kind == EDIT_MAKE_SYMLINK) {
        g_free(before->link_target);
        before->link_target = g_strdup(target);
        join_reason(before, reason);
        return TRUE;
    }
    if (!before && !is_link_to(&place, target, &is_there, error))
        return FALSE;
    if (is_there)
        return TRUE;
    if (place_will_be_directory(&place)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "cannot make the link '%s': it is a directory", path);
        return FALSE;
    }
    if (!check_like(edits, name, like, error) ||
        (!before && !read_old_content(&place, &old_content, error)) ||
        (!place_will_exist(&place) && !stage_parents(edits, name, reason, error)))
        return FALSE;
    StagedEdit *staged = stage(edits, &place, EDIT_MAKE_SYMLINK, name, like, -1, reason);
    staged->edit.link_target = g_strdup(target);
    staged->edit.old_content = g_steal_pointer(&old_content);
    return TRUE;
}

gboolean edits_remove(Edits *edits, const char *path, const char *reason, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    g_autoptr(GBytes) old_content = NULL;
    if (!place_find_itself(edits, path, &place, &name, error))
        return FALSE;
    if (!place_will_exist(&place))
        return TRUE;
    if (place.staged && place.staged->edit.kind != EDIT_MAKE_DIRECTORY) {
        gboolean existed = place.staged->edit.existed;
        old_content = g_steal_pointer(&place.staged->edit.old_content);
        g_ptr_array_remove(edits->list, place.staged);
        if (!existed)
            return TRUE;
        place.staged = NULL;
        place.found = TRUE;
    } else if (!place.staged && !read_old_content(&place, &old_content, error)) {
        return FALSE;
    }
    StagedEdit *staged = stage(edits, &place, EDIT_REMOVE, name, NULL, -1, reason);
    staged->edit.old_content = g_steal_pointer(&old_content);
    return TRUE;
}

gboolean edits_read_text(const Edits *edits, const char *path, char **ret_text, GError **error)
{
    g_auto(Place) place = {0};
    g_autofree char *name = NULL;
    if (!place_follow(edits, path, &place, &name, error))
        return FALSE;
    if (!place_will_exist(&place)) {
        *ret_text = NULL;
        return TRUE;
    }
    if (!place.staged || place.staged->edit.kind != EDIT_WRITE_FILE)
        return fs_tree_read_text(edits->tree, name, ret_text, error);
    char *text = fs_text_from_bytes(place.staged->edit.content, path, error);
    if (!text)
        return FALSE;
    *ret_text = text;
    return TRUE;
}
