/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the files of a source may lie. */
#include "convert/source_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "disk/disk.h"

#define DEPTH_LIMIT 4
#define FILES_LIMIT 10000
#define NAME_LIMIT_BYTES 4096

struct SourceFiles {
    GPtrArray *roots; /* of char *: real paths */
    Archive *archive; /* or NULL */
    char *work_directory;
    GHashTable *unpacked; /* member → path */
    GPtrArray *list;      /* of SourcePlace; NULL: not made yet */
};

SourcePlace *source_place_new(const char *path, const char *member, uint64_t offset,
                              uint64_t length)
{
    SourcePlace *place = g_new0(SourcePlace, 1);
    place->path = g_strdup(path);
    place->member = g_strdup(member);
    place->offset = offset;
    place->length = length;
    return place;
}

SourcePlace *source_place_new_device(const char *path, GError **error)
{
    g_autoptr(Disk) device = disk_open_device(path, error);
    if (!device)
        return NULL;
    SourcePlace *place = source_place_new(path, NULL, 0, disk_size(device));
    place->is_device = TRUE;
    return place;
}

SourcePlace *source_place_copy(const SourcePlace *place)
{
    SourcePlace *copy = source_place_new(place->path, place->member, place->offset, place->length);
    copy->is_device = place->is_device;
    return copy;
}

void source_place_free(SourcePlace *place)
{
    if (!place)
        return;
    g_free(place->path);
    g_free(place->member);
    g_free(place);
}

gboolean source_place_is_whole(const SourcePlace *place)
{
    struct stat status;
    return place->is_device || (place->offset == 0 && stat(place->path, &status) == 0 &&
                                place->length == (uint64_t)status.st_size);
}

static void place_free(gpointer place)
{
    source_place_free(place);
}

static SourceFiles *files_new(void)
{
    SourceFiles *files = g_new0(SourceFiles, 1);
    files->roots = g_ptr_array_new_with_free_func(g_free);
    files->unpacked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return files;
}

SourceFiles *source_files_new(const char *const *roots, GError **error)
{
    g_autoptr(SourceFiles) files = files_new();
    for (; *roots; roots++) {
        char *real = realpath(*roots, NULL);
        if (!real) {
            drydock_error_set_errno(error, errno, "cannot use the folder '%s'", *roots);
            return NULL;
        }
        g_ptr_array_add(files->roots, g_strdup(real));
        free(real);
    }
    return g_steal_pointer(&files);
}

SourceFiles *source_files_new_for_archive(Archive *archive)
{
    SourceFiles *files = files_new();
    files->archive = archive;
    return files;
}

void source_files_free(SourceFiles *files)
{
    if (!files)
        return;
    g_ptr_array_unref(files->roots);
    archive_close(files->archive);
    g_free(files->work_directory);
    g_hash_table_unref(files->unpacked);
    g_clear_pointer(&files->list, g_ptr_array_unref);
    g_free(files);
}

void source_files_set_work_directory(SourceFiles *files, const char *directory)
{
    g_free(files->work_directory);
    files->work_directory = g_strdup(directory);
}

const Archive *source_files_archive(const SourceFiles *files)
{
    return files->archive;
}

static gboolean is_below(const char *root, const char *path)
{
    size_t length = strlen(root);
    if (g_str_equal(root, "/"))
        return TRUE;
    return strncmp(root, path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static gboolean is_below_a_root(const SourceFiles *files, const char *path)
{
    for (guint i = 0; i < files->roots->len; i++)
        if (is_below(g_ptr_array_index(files->roots, i), path))
            return TRUE;
    return FALSE;
}

static gboolean refuse_outside(const char *name, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                      "put all files of the machine into one folder, or allow the other one: "
                      "--allow-path DIR",
                      "the name '%s' leads out of the source's own folder", name);
    return FALSE;
}

static gboolean refuse_missing(const char *name, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND,
                      "copy all files of the machine into one folder, or name the folder it is in: "
                      "--allow-path DIR",
                      "'%s' is missing", name);
    return FALSE;
}

/* "json:…", "nbd:…": words that qemu would not take for files. A single letter is a drive. */
static gboolean has_protocol(const char *name)
{
    size_t length = strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+-.");
    return length >= 2 && name[length] == ':' && g_ascii_strncasecmp(name, "file://", 7) != 0;
}

/* The entry of directory that is called name but for the case of its letters; the exact one is
   preferred, two others are none. */
static char *find_entry(const char *directory, const char *name)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    g_autofree char *folded = g_utf8_casefold(name, -1);
    g_autofree char *found = NULL;
    const char *entry;
    guint matches = 0;
    while (dir && (entry = g_dir_read_name(dir)) != NULL) {
        if (g_str_equal(entry, name))
            return g_strdup(entry);
        g_autofree char *valid = g_utf8_make_valid(entry, -1);
        g_autofree char *other = g_utf8_casefold(valid, -1);
        if (!g_str_equal(folded, other))
            continue;
        matches++;
        g_free(found);
        found = g_strdup(entry);
    }
    return matches == 1 ? g_steal_pointer(&found) : NULL;
}

/* path, or its like in other case; NULL: not there. */
static char *resolve_on_host(const char *path)
{
    char *real = realpath(path, NULL);
    if (!real) {
        g_autofree char *directory = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *entry = find_entry(directory, name);
        g_autofree char *other = entry ? g_build_filename(directory, entry, NULL) : NULL;
        real = other ? realpath(other, NULL) : NULL;
    }
    char *copy = g_strdup(real);
    free(real);
    return copy;
}

/* *ret_place stays NULL when there is no such file. */
static gboolean try_path(const SourceFiles *files, const char *name, const char *path,
                         SourcePlace **ret_place, GError **error)
{
    g_autofree char *real = resolve_on_host(path);
    struct stat status;
    if (!real)
        return TRUE;
    if (!is_below_a_root(files, real))
        return refuse_outside(name, error);
    if (stat(real, &status) != 0 || !S_ISREG(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "put the file itself there",
                          "'%s' is not a regular file", name);
        return FALSE;
    }
    *ret_place = source_place_new(real, NULL, 0, (uint64_t)status.st_size);
    return TRUE;
}

/* The last component of a path of any kind of host. */
static char *foreign_basename(const char *name)
{
    g_autofree char *decoded = g_ascii_strncasecmp(name, "file://", 7) == 0
                                   ? g_uri_unescape_string(name + 7, "/")
                                   : g_strdup(name);
    if (!decoded)
        return NULL;
    const char *base = decoded;
    if (*base == '[' && strchr(base, ']')) /* "[datastore1] folder/file" */
        base = strchr(base, ']') + 1;
    for (const char *c = base; *c; c++)
        if (*c == '/' || *c == '\\')
            base = c + 1;
    while (*base == ' ')
        base++;
    gboolean is_name = *base && !g_str_equal(base, ".") && !g_str_equal(base, "..");
    return is_name ? g_strdup(base) : NULL;
}

static gboolean refuse_ambiguous(const char *name, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "give the machine a folder of its own with just the files that belong to it",
                      "'%s' could be one of several files of that name", name);
    return FALSE;
}

/* The only place of the list whose last component is base; NULL: none or several. */
static gboolean find_by_basename(SourceFiles *files, const char *name, const char *base,
                                 SourcePlace **ret_place, GError **error)
{
    const GPtrArray *list = source_files_list(files);
    const SourcePlace *found = NULL;
    g_autofree char *folded = g_utf8_casefold(base, -1);
    for (guint i = 0; i < list->len; i++) {
        const SourcePlace *place = g_ptr_array_index(list, i);
        g_autofree char *last = g_path_get_basename(place->path);
        g_autofree char *valid = g_utf8_make_valid(last, -1);
        g_autofree char *other = g_utf8_casefold(valid, -1);
        if (!g_str_equal(folded, other))
            continue;
        if (found)
            return refuse_ambiguous(name, error);
        found = place;
    }
    *ret_place = found ? source_place_copy(found) : NULL;
    return TRUE;
}

/* name as a path of this host; NULL: lexically outside. */
static char *local_path(const SourceFiles *files, const char *directory, const char *name)
{
    g_autofree char *path = g_canonicalize_filename(name, directory);
    return is_below_a_root(files, path) ? g_steal_pointer(&path) : NULL;
}

static gboolean find_on_host(SourceFiles *files, const SourcePlace *from, const char *name,
                             SourceNameKind kind, SourcePlace **ret_place, GError **error)
{
    g_autofree char *directory =
        from ? g_path_get_dirname(from->path) : g_strdup(g_ptr_array_index(files->roots, 0));
    g_autofree char *slashes = g_strdelimit(g_strdup(name), "\\", '/');
    const char *spellings[] = {name, strchr(name, '\\') ? slashes : NULL};
    g_autoptr(SourcePlace) place = NULL;
    gboolean is_inside = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(spellings) && spellings[i] && !place; i++) {
        g_autofree char *path = local_path(files, directory, spellings[i]);
        is_inside = is_inside || path;
        if (path && !try_path(files, name, path, &place, error))
            return FALSE;
    }
    if (!place && kind == SOURCE_NAME_LOCAL)
        return is_inside ? refuse_missing(name, error) : refuse_outside(name, error);
    g_autofree char *base = foreign_basename(name);
    if (!place && base) {
        g_autofree char *beside = g_build_filename(directory, base, NULL);
        if (!try_path(files, name, beside, &place, error) ||
            (!place && !find_by_basename(files, name, base, &place, error)))
            return FALSE;
    }
    if (!place)
        return refuse_missing(name, error);
    *ret_place = g_steal_pointer(&place);
    return TRUE;
}

/* A member called path, whatever the case of its letters where only one fits; with base_only its
   last component is compared. NULL: none, or several. */
static const char *match_member(const SourceFiles *files, const char *path, gboolean base_only)
{
    const char *const *members = archive_members(files->archive);
    g_autofree char *folded = g_utf8_casefold(path, -1);
    const char *found = NULL;
    guint matches = 0;
    for (; *members; members++) {
        const char *slash = base_only ? strrchr(*members, '/') : NULL;
        const char *candidate = slash ? slash + 1 : *members;
        if (g_str_equal(candidate, path) && !base_only)
            return *members;
        g_autofree char *valid = g_utf8_make_valid(candidate, -1);
        g_autofree char *other = g_utf8_casefold(valid, -1);
        if (g_str_equal(folded, other)) {
            found = *members;
            matches++;
        }
    }
    return matches == 1 ? found : NULL;
}

static gboolean place_member(SourceFiles *files, const char *borrowed, SourcePlace **ret_place,
                             GError **error)
{
    uint64_t offset, length;
    g_autofree char *member = g_strdup(borrowed); /* unpacking makes the list of names anew */
    const char *archive = archive_path(files->archive);
    if (archive_locate(files->archive, member, &offset, &length)) {
        *ret_place = source_place_new(archive, member, offset, length);
        return TRUE;
    }
    const char *path = g_hash_table_lookup(files->unpacked, member);
    if (!path) {
        if (!files->work_directory) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "unpack the archive first",
                              "'%s' is compressed inside '%s'", member, archive);
            return FALSE;
        }
        g_autofree char *name = g_strdup_printf("member-%u", g_hash_table_size(files->unpacked));
        g_autofree char *target = g_build_filename(files->work_directory, name, NULL);
        if (!archive_unpack(files->archive, member, target, error))
            return FALSE;
        path = target;
        g_hash_table_insert(files->unpacked, g_strdup(member), g_steal_pointer(&target));
    }
    struct stat status;
    if (stat(path, &status) != 0) {
        drydock_error_set_errno(error, errno, "cannot look at '%s'", path);
        return FALSE;
    }
    *ret_place = source_place_new(path, member, 0, (uint64_t)status.st_size);
    return TRUE;
}

static gboolean find_in_archive(SourceFiles *files, const SourcePlace *from, const char *name,
                                SourceNameKind kind, SourcePlace **ret_place, GError **error)
{
    g_autofree char *directory =
        from && from->member ? g_path_get_dirname(from->member) : g_strdup(".");
    g_autofree char *base_path = g_canonicalize_filename(directory, "/");
    g_autofree char *path = g_canonicalize_filename(name, base_path);
    gboolean is_inside = *name != '/' && !strstr(name, "..");
    const char *member = is_inside ? match_member(files, path + 1, FALSE) : NULL;
    g_autofree char *base = kind == SOURCE_NAME_FOREIGN ? foreign_basename(name) : NULL;
    if (!member && base)
        member = match_member(files, base, TRUE);
    if (member)
        return place_member(files, member, ret_place, error);
    return is_inside || base ? refuse_missing(name, error) : refuse_outside(name, error);
}

gboolean source_files_find(SourceFiles *files, const SourcePlace *from, const char *name,
                           SourceNameKind kind, SourcePlace **ret_place, GError **error)
{
    if (!name || !*name || strlen(name) > NAME_LIMIT_BYTES || !g_utf8_validate(name, -1, NULL)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "a file of the source is named by something that is no name");
        return FALSE;
    }
    if (has_protocol(name))
        return refuse_outside(name, error);
    return files->archive ? find_in_archive(files, from, name, kind, ret_place, error)
                          : find_on_host(files, from, name, kind, ret_place, error);
}

static void list_directory(GPtrArray *list, const char *directory, guint depth)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *entry;
    while (dir && list->len < FILES_LIMIT && (entry = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, entry, NULL);
        struct stat status;
        if (lstat(path, &status) != 0)
            continue;
        if (S_ISREG(status.st_mode))
            g_ptr_array_add(list, source_place_new(path, NULL, 0, (uint64_t)status.st_size));
        else if (S_ISDIR(status.st_mode) && depth < DEPTH_LIMIT)
            list_directory(list, path, depth + 1);
    }
}

static void list_members(const SourceFiles *files, GPtrArray *list)
{
    for (const char *const *member = archive_members(files->archive); *member; member++) {
        uint64_t offset, length;
        if (archive_locate(files->archive, *member, &offset, &length))
            g_ptr_array_add(
                list, source_place_new(archive_path(files->archive), *member, offset, length));
    }
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const SourcePlace *left = *(const SourcePlace *const *)a;
    const SourcePlace *right = *(const SourcePlace *const *)b;
    gint order = strcmp(left->path, right->path);
    return order != 0 ? order : g_strcmp0(left->member, right->member);
}

/* Roots may lie in one another. */
static void drop_duplicates(GPtrArray *list)
{
    for (guint i = list->len; i > 1; i--)
        if (compare_places(&list->pdata[i - 2], &list->pdata[i - 1]) == 0)
            g_ptr_array_remove_index(list, i - 1);
}

const GPtrArray *source_files_list(SourceFiles *files)
{
    if (files->list)
        return files->list;
    files->list = g_ptr_array_new_with_free_func(place_free);
    if (files->archive)
        list_members(files, files->list);
    for (guint i = 0; i < files->roots->len; i++)
        list_directory(files->list, g_ptr_array_index(files->roots, i), 0);
    g_ptr_array_sort(files->list, compare_places);
    drop_duplicates(files->list);
    return files->list;
}
