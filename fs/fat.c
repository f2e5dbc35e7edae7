/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT12, FAT16 and FAT32 with long names: EFI system partitions, mostly. */
#include <string.h>

#include "base/error.h"
#include "fs/fat_volume.h"

typedef struct {
    FsFile file;
    GArray *clusters; /* of uint32_t */
} FatFile;

static FatVolume *fat_of(Fs *fs)
{
    return (FatVolume *)fs;
}

static gboolean fat_open(Disk *disk, G_GNUC_UNUSED FsOpenFlags flags, Fs **ret_fs, GError **error)
{
    FatVolume *volume = NULL;
    if (!fat_volume_open(disk, &volume, error))
        return FALSE;
    *ret_fs = &volume->fs;
    return TRUE;
}

static void fat_close(Fs *fs)
{
    fat_volume_free(fat_of(fs));
}

static gboolean fat_get_state(Fs *fs, FsState *ret_state, G_GNUC_UNUSED GError **error)
{
    ret_state->dirty = fat_of(fs)->dirty;
    return TRUE;
}

/* What a path leads to: its directory (NULL for the root itself) and its entry there. */
typedef struct {
    FatDirectory *parent;
    FatEntry entry;
    gboolean found;
    const char *name; /* last name, in path */
} Place;

static void place_clear(Place *place)
{
    fat_directory_free(place->parent);
    fat_entry_clear(&place->entry);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

/* Cluster 0 would be the root directory of FAT12 and FAT16, over and over. */
static gboolean load_child(FatVolume *volume, const FatEntry *entry, FatDirectory **ret_directory,
                           GError **error)
{
    if (entry->first_cluster != 0)
        return fat_directory_load(volume, entry->first_cluster, ret_directory, error);
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the directory '%s' has no cluster",
                      entry->name);
    return FALSE;
}

/* found FALSE and parent NULL: one of the directories is missing, or none. */
static gboolean find_place(FatVolume *volume, const char *path, Place *place, GError **error)
{
    place->name = path + 1;
    if (*place->name == '\0') {
        place->found = TRUE;
        place->entry.attributes = FAT_ATTRIBUTE_DIRECTORY;
        return TRUE;
    }
    if (!fat_directory_load(volume, volume->root_cluster, &place->parent, error))
        return FALSE;
    for (;;) {
        size_t length = strcspn(place->name, "/");
        g_autofree char *name = g_strndup(place->name, length);
        place->found = fat_directory_find(place->parent, name, &place->entry);
        if (place->name[length] == '\0')
            return TRUE;
        g_clear_pointer(&place->parent, fat_directory_free);
        if (!place->found || !(place->entry.attributes & FAT_ATTRIBUTE_DIRECTORY)) {
            place->found = FALSE;
            return TRUE;
        }
        if (!load_child(volume, &place->entry, &place->parent, error))
            return FALSE;
        place->name += length + 1;
    }
}

static gboolean is_directory(const Place *place)
{
    return (place->entry.attributes & FAT_ATTRIBUTE_DIRECTORY) != 0;
}

static gboolean require_place(FatVolume *volume, const char *path, gboolean directory, Place *place,
                              GError **error)
{
    if (!find_place(volume, path, place, error))
        return FALSE;
    if (place->found && is_directory(place) == directory)
        return TRUE;
    if (!place->found)
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "it does not exist");
    else
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "it is %s directory",
                          directory ? "no" : "a");
    return FALSE;
}

static gboolean fat_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat,
                         GError **error)
{
    g_auto(Place) place = {0};
    if (!find_place(fat_of(fs), path, &place, error))
        return FALSE;
    *ret_found = place.found;
    if (!place.found)
        return TRUE;
    *ret_stat = (FsStat){
        .type = is_directory(&place) ? FS_TYPE_DIRECTORY : FS_TYPE_FILE,
        .size_bytes = is_directory(&place) ? 0 : place.entry.size_bytes,
        /* FAT has none; where the entry stands is as good. The root has no entry. */
        .inode = place.parent ? place.entry.position / FAT_SLOT_BYTES : 1,
        .links = 1,
        .mtime = place.parent ? fat_timestamp_decode(place.entry.modified) : 0,
        .attributes = place.entry.attributes,
    };
    return TRUE;
}

static gboolean fat_list(Fs *fs, const char *path, GPtrArray *entries, GError **error)
{
    g_auto(Place) place = {0};
    g_autoptr(FatDirectory) directory = NULL;
    if (!require_place(fat_of(fs), path, TRUE, &place, error))
        return FALSE;
    if (place.parent ? !load_child(fat_of(fs), &place.entry, &directory, error)
                     : !fat_directory_load(fat_of(fs), fat_of(fs)->root_cluster, &directory, error))
        return FALSE;
    g_auto(FatEntry) entry = {0};
    for (guint slot = 0; fat_directory_next(directory, &slot, &entry);)
        fs_entries_add(entries, entry.name,
                       entry.attributes & FAT_ATTRIBUTE_DIRECTORY ? FS_TYPE_DIRECTORY
                                                                  : FS_TYPE_FILE);
    return TRUE;
}

static uint32_t clusters_for(const FatVolume *volume, uint64_t size_bytes)
{
    return (uint32_t)(size_bytes / volume->cluster_bytes +
                      (size_bytes % volume->cluster_bytes != 0));
}

/* The clusters that hold the content; a chain may be longer than that. */
static gboolean read_content_chain(const FatVolume *volume, const FatEntry *entry,
                                   GArray **ret_clusters, GError **error)
{
    return fat_chain_read(volume, entry->first_cluster, clusters_for(volume, entry->size_bytes),
                          volume->cluster_count, ret_clusters, error);
}

static gboolean fat_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error)
{
    g_auto(Place) place = {0};
    g_autoptr(GArray) clusters = NULL;
    if (!require_place(fat_of(fs), path, FALSE, &place, error) ||
        !read_content_chain(fat_of(fs), &place.entry, &clusters, error))
        return FALSE;
    FatFile *file = g_new0(FatFile, 1);
    file->file.fs = fs;
    file->file.size_bytes = place.entry.size_bytes;
    file->clusters = g_steal_pointer(&clusters);
    *ret_file = &file->file;
    return TRUE;
}

/* How many of clusters follow the one at index without a gap on the volume, itself included. */
static guint run_length(const GArray *clusters, guint index)
{
    guint length = 1;
    uint32_t first = g_array_index(clusters, uint32_t, index);
    while (index + length < clusters->len &&
           g_array_index(clusters, uint32_t, index + length) == first + length)
        length++;
    return length;
}

static gboolean fat_file_read(FsFile *fs_file, uint64_t offset, void *buffer, size_t length,
                              GError **error)
{
    const FatVolume *volume = fat_of(fs_file->fs);
    const GArray *clusters = ((FatFile *)fs_file)->clusters;
    uint8_t *bytes = buffer;
    while (length > 0) {
        guint index = (guint)(offset / volume->cluster_bytes);
        uint64_t within = offset % volume->cluster_bytes;
        uint64_t run = (uint64_t)run_length(clusters, index) * volume->cluster_bytes - within;
        size_t chunk = (size_t)MIN(length, run);
        uint32_t cluster = g_array_index(clusters, uint32_t, index);
        if (!disk_read(volume->fs.volume, fat_cluster_start(volume, cluster) + within, bytes, chunk,
                       error))
            return FALSE;
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

static void fat_file_close(FsFile *fs_file)
{
    FatFile *file = (FatFile *)fs_file;
    g_array_unref(file->clusters);
    g_free(file);
}

/* Fills clusters with content and, behind it, zeros. */
static gboolean write_content(const FatVolume *volume, const GArray *clusters, GBytes *content,
                              GError **error)
{
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(content, &size);
    for (guint index = 0; index < clusters->len;) {
        guint run = run_length(clusters, index);
        uint64_t start = fat_cluster_start(volume, g_array_index(clusters, uint32_t, index));
        gsize offset = (gsize)index * volume->cluster_bytes;
        gsize length = MIN((gsize)run * volume->cluster_bytes, size - offset);
        gsize padding = (gsize)run * volume->cluster_bytes - length;
        g_autofree uint8_t *zeros = g_malloc0(padding + 1);
        if (!disk_write(volume->fs.volume, start, bytes + offset, length, error) ||
            !disk_write(volume->fs.volume, start + length, zeros, padding, error))
            return FALSE;
        index += run;
    }
    return TRUE;
}

/* A new chain with content; *ret_first is 0 for none. */
static gboolean make_chain(FatVolume *volume, GBytes *content, uint32_t *ret_first, GError **error)
{
    g_autoptr(GArray) clusters = NULL;
    if (!fat_choose_free(volume, clusters_for(volume, g_bytes_get_size(content)), &clusters,
                         error) ||
        !write_content(volume, clusters, content, error) ||
        !fat_chain_link(volume, clusters, error))
        return FALSE;
    *ret_first = clusters->len > 0 ? g_array_index(clusters, uint32_t, 0) : 0;
    return TRUE;
}

/* The error in hand matters; clusters that stay allocated are only lost room. */
static void give_back(FatVolume *volume, uint32_t first)
{
    g_autoptr(GError) error = NULL;
    if (!fat_chain_free(volume, first, &error))
        g_debug("cannot free the chain at cluster %u: %s", first, error->message);
}

static gboolean replace_content(FatVolume *volume, Place *place, GBytes *content, GError **error)
{
    uint32_t old = place->entry.first_cluster, first = 0;
    uint32_t size = (uint32_t)g_bytes_get_size(content);
    uint32_t needed = clusters_for(volume, size);
    if (needed > volume->free_count) {
        /* On a full volume the old content has to go first. */
        g_autoptr(GArray) chain = NULL;
        if (!fat_chain_read(volume, old, UINT32_MAX, volume->cluster_count, &chain, error))
            return FALSE;
        if (needed <= (uint64_t)volume->free_count + chain->len) {
            if (!fat_directory_update(place->parent, &place->entry, 0, 0, error) ||
                !fat_chain_free(volume, old, error))
                return FALSE;
            old = 0;
        }
    }
    if (!make_chain(volume, content, &first, error))
        return FALSE;
    if (!fat_directory_update(place->parent, &place->entry, first, size, error)) {
        give_back(volume, first);
        return FALSE;
    }
    return fat_chain_free(volume, old, error);
}

/* The place for a new or existing path, whose directory has to be there. */
static gboolean find_place_to_write(FatVolume *volume, const char *path, Place *place,
                                    GError **error)
{
    if (!find_place(volume, path, place, error))
        return FALSE;
    if (place->parent)
        return place->found || fat_name_check(place->name, error);
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "its directory does not exist");
    return FALSE;
}

static gboolean add_entry(FatVolume *volume, Place *place, uint8_t attributes, uint32_t first,
                          uint32_t size_bytes, GError **error)
{
    if (fat_directory_add(place->parent, place->name, attributes, first, size_bytes, error))
        return TRUE;
    give_back(volume, first);
    return FALSE;
}

static gboolean fat_write_file(Fs *fs, const char *path, GBytes *content,
                               G_GNUC_UNUSED const FsAttributes *attributes, GError **error)
{
    FatVolume *volume = fat_of(fs);
    g_auto(Place) place = {0};
    uint32_t first = 0;
    if (!find_place_to_write(volume, path, &place, error))
        return FALSE;
    if (place.found && is_directory(&place)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "it is a directory");
        return FALSE;
    }
    if (g_bytes_get_size(content) > UINT32_MAX) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "files on FAT are smaller than 4 GiB");
        return FALSE;
    }
    if (place.found)
        return replace_content(volume, &place, content, error);
    return make_chain(volume, content, &first, error) &&
           add_entry(volume, &place, FAT_ATTRIBUTE_ARCHIVE, first,
                     (uint32_t)g_bytes_get_size(content), error);
}

static gboolean fat_make_directory(Fs *fs, const char *path,
                                   G_GNUC_UNUSED const FsAttributes *attributes, GError **error)
{
    FatVolume *volume = fat_of(fs);
    g_auto(Place) place = {0};
    g_autoptr(GArray) clusters = NULL;
    if (!find_place_to_write(volume, path, &place, error))
        return FALSE;
    if (place.found && is_directory(&place))
        return TRUE;
    if (place.found) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "it is a file");
        return FALSE;
    }
    if (!fat_choose_free(volume, 1, &clusters, error))
        return FALSE;
    uint32_t first = g_array_index(clusters, uint32_t, 0);
    uint8_t *bytes = g_malloc0(volume->cluster_bytes);
    fat_directory_make_dots(volume, bytes, first, place.parent->first_cluster);
    g_autoptr(GBytes) content = g_bytes_new_take(bytes, volume->cluster_bytes);
    return write_content(volume, clusters, content, error) &&
           fat_chain_link(volume, clusters, error) &&
           add_entry(volume, &place, FAT_ATTRIBUTE_DIRECTORY, first, 0, error);
}

static gboolean check_empty(FatVolume *volume, const FatEntry *entry, GError **error)
{
    g_autoptr(FatDirectory) directory = NULL;
    g_auto(FatEntry) child = {0};
    guint slot = 0;
    if (!load_child(volume, entry, &directory, error))
        return FALSE;
    if (!fat_directory_next(directory, &slot, &child))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the directory is not empty");
    return FALSE;
}

static gboolean fat_remove(Fs *fs, const char *path, GError **error)
{
    FatVolume *volume = fat_of(fs);
    g_auto(Place) place = {0};
    if (!find_place(volume, path, &place, error))
        return FALSE;
    if (!place.found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "it does not exist");
        return FALSE;
    }
    return (!is_directory(&place) || check_empty(volume, &place.entry, error)) &&
           fat_directory_remove(place.parent, &place.entry, error) &&
           fat_chain_free(volume, place.entry.first_cluster, error);
}

static gboolean fat_list_free_extents(Fs *fs, GArray *extents, G_GNUC_UNUSED GError **error)
{
    fat_free_extents(fat_of(fs), extents);
    return TRUE;
}

static gboolean fat_file_extents(Fs *fs, const char *path, GArray *extents, GError **error)
{
    const FatVolume *volume = fat_of(fs);
    g_auto(Place) place = {0};
    g_autoptr(GArray) clusters = NULL;
    if (!require_place(fat_of(fs), path, FALSE, &place, error) ||
        !read_content_chain(volume, &place.entry, &clusters, error))
        return FALSE;
    for (guint i = 0; i < clusters->len; i++)
        fs_extents_add(extents, fat_cluster_start(volume, g_array_index(clusters, uint32_t, i)),
                       volume->cluster_bytes);
    return TRUE;
}

static gboolean fat_sync(Fs *fs, GError **error)
{
    return fat_volume_sync(fat_of(fs), error);
}

static const char *const fat_types[] = {"vfat", "msdos", NULL};

const FsOps fs_fat_ops = {
    .name = "fat",
    .types = fat_types,
    .case_sensitive = FALSE,
    .open = fat_open,
    .close = fat_close,
    .get_state = fat_get_state,
    .stat = fat_stat,
    .list = fat_list,
    .file_open = fat_file_open,
    .file_read = fat_file_read,
    .file_close = fat_file_close,
    .write_file = fat_write_file,
    .make_directory = fat_make_directory,
    .remove = fat_remove,
    .free_extents = fat_list_free_extents,
    .file_extents = fat_file_extents,
    .sync = fat_sync,
};
