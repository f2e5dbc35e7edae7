/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading an NTFS volume: directories, content, and which clusters hold what. */
#include "fs/ntfs_volume.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "fs/ntfs_wof.h"

enum {
    DIRECTORY_MAX_ENTRIES = 4 * 1000 * 1000,
    NAMES_MAX = 1024, /* hard links counted per file; Windows allows 1024 */
    BITMAP_CHUNK_BYTES = 1024 * 1024,
};

/* FILETIME counts 100 ns from 1601. */
#define FILETIME_EPOCH_SECONDS G_GINT64_CONSTANT(11644473600)

typedef struct {
    FsFile base;
    MFT_REF reference;
    NtfsWof *wof; /* of a file compressed by CompactOS; else NULL */
} NtfsFile;

/* For reading one stream. */
typedef struct {
    NtfsFs *fs;
    ntfs_attr *stream;
} NtfsStream;

typedef struct {
    GArray *references; /* of MFT_REF, one per entry: what the type has to be asked of; 0: known */
    GPtrArray *entries;
    gboolean too_many;
} Listing;

static gboolean open_existing(NtfsFs *fs, const char *path, ntfs_inode **ret_inode, GError **error)
{
    if (!ntfs_open_path(fs, path, ret_inode, error)) {
        return FALSE;
    }
    if (*ret_inode == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "not found");
        return FALSE;
    }
    return TRUE;
}

/* The record's own counter counts a short name as one more link. */
static uint32_t count_links(ntfs_inode *inode)
{
    ntfs_attr_search_ctx *context = ntfs_attr_get_search_ctx(inode, NULL);
    uint32_t links = 0;

    for (guint i = 0; context != NULL && i < 2 * NAMES_MAX; i++) {
        const ATTR_RECORD *record;
        const FILE_NAME_ATTR *name;

        if (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, context) !=
            0) {
            break;
        }
        record = context->attr;
        if (record->non_resident || le32_to_cpu(record->value_length) < sizeof(FILE_NAME_ATTR)) {
            continue;
        }
        name =
            (const FILE_NAME_ATTR *)((const uint8_t *)record + le16_to_cpu(record->value_offset));
        links += name->file_name_type != FILE_NAME_DOS;
    }
    if (context != NULL) {
        ntfs_attr_put_search_ctx(context);
    }
    return MAX(links, 1);
}

gboolean ntfs_driver_stat(Fs *base, const char *path, gboolean *ret_found, FsStat *ret_stat,
                          GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autoptr(ntfs_inode) inode = NULL;
    FsStat result = {0};

    if (!ntfs_open_path(fs, path, &inode, error)) {
        return FALSE;
    }
    if (inode == NULL) {
        *ret_found = FALSE;
        return TRUE;
    }
    if (!ntfs_get_type(fs, inode, &result.type, error)) {
        return FALSE;
    }
    if (result.type == FS_TYPE_FILE && inode->data_size > 0) {
        result.size_bytes = (uint64_t)inode->data_size;
    }
    result.inode = inode->mft_no;
    result.links = count_links(inode);
    result.mtime =
        (int64_t)(sle64_to_cpu(inode->last_data_change_time) / 10000000) - FILETIME_EPOCH_SECONDS;
    /* The upper flags are the driver's own, of what the record holds. */
    result.attributes = le32_to_cpu(inode->flags) & 0x00ffffffU;
    if (ntfs_inode_is_directory(inode)) {
        result.attributes |= le32_to_cpu(FILE_ATTR_DIRECTORY);
    }
    *ret_stat = result;
    *ret_found = TRUE;
    return TRUE;
}

static int add_entry(void *user_data, const ntfschar *name, const int name_length,
                     const int name_type, const s64 position, const MFT_REF reference,
                     const unsigned type)
{
    Listing *listing = user_data;
    const gboolean ask = type != NTFS_DT_DIR && type != NTFS_DT_REG;
    const MFT_REF asked = ask ? reference : 0;
    g_autofree char *text = NULL;

    (void)position;
    if (name_type == FILE_NAME_DOS || name_length <= 0 || MREF(reference) < FILE_first_user) {
        return 0;
    }
    if (listing->entries->len >= DIRECTORY_MAX_ENTRIES) {
        listing->too_many = TRUE;
        return -1;
    }
    text = ntfs_name_to_utf8(name, (size_t)name_length);
    /* Nothing below Windows makes such names; as part of a path they would mean something else. */
    if (text[0] == '\0' || strchr(text, '/') != NULL || strcmp(text, ".") == 0 ||
        strcmp(text, "..") == 0) {
        return 0;
    }
    fs_entries_add(listing->entries, text, type == NTFS_DT_DIR ? FS_TYPE_DIRECTORY : FS_TYPE_FILE);
    g_array_append_val(listing->references, asked);
    return 0;
}

/* Links, compressed files and those with the system attribute, which the library may take for what
   Interix made of such files. */
static gboolean ask_types(NtfsFs *fs, const Listing *listing, guint first, GError **error)
{
    for (guint i = 0; i < listing->references->len; i++) {
        const MFT_REF reference = g_array_index(listing->references, MFT_REF, i);
        FsEntry *entry = g_ptr_array_index(listing->entries, first + i);
        g_autoptr(ntfs_inode) inode = NULL;
        g_autoptr(GError) local = NULL;

        if (reference == 0) {
            continue;
        }
        /* One damaged record does not hide the directory it is in. */
        if (!ntfs_open_reference(fs, reference, &inode, &local) ||
            !ntfs_get_type(fs, inode, &entry->type, &local)) {
            if (!g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT)) {
                g_propagate_error(error, g_steal_pointer(&local));
                return FALSE;
            }
            g_debug("'%s': %s, taken as no file", entry->name, local->message);
            entry->type = FS_TYPE_OTHER;
        }
    }
    return TRUE;
}

gboolean ntfs_driver_list(Fs *base, const char *path, GPtrArray *entries, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autoptr(ntfs_inode) inode = NULL;
    g_autoptr(GArray) references = g_array_new(FALSE, FALSE, sizeof(MFT_REF));
    Listing listing = {references, entries, FALSE};
    const guint first = entries->len;
    s64 position = 2; /* after the "." and ".." that the library makes up */
    int result;

    if (!open_existing(fs, path, &inode, error)) {
        return FALSE;
    }
    if (!ntfs_inode_is_directory(inode)) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "not a directory");
        return FALSE;
    }
    /* While lookups ignore case, the library would hand out the names in lower case. */
    NVolSetCaseSensitive(fs->volume);
    errno = 0;
    result = ntfs_readdir(inode, &position, &listing, add_entry);
    ntfs_state_clear(&fs->volume->state, NV_CaseSensitive);
    if (listing.too_many) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "more than %d entries",
                          DIRECTORY_MAX_ENTRIES);
        return FALSE;
    }
    if (result != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot read the directory");
        return FALSE;
    }
    ntfs_close_inode(g_steal_pointer(&inode));
    return ask_types(fs, &listing, first, error);
}

/* Content that is not simply there. */
static gboolean check_readable(NtfsFs *fs, ntfs_inode *inode, GError **error)
{
    FsFileType type;
    uint32_t tag;

    if (!ntfs_get_type(fs, inode, &type, error) ||
        !ntfs_read_reparse_point(fs, inode, &tag, NULL, error)) {
        return FALSE;
    }
    if (type == FS_TYPE_DIRECTORY) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "is a directory");
    } else if (type != FS_TYPE_FILE) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "not a file");
    } else if (tag != 0 && tag != (uint32_t)NTFS_TAG_WOF) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "its content is kept elsewhere (reparse tag 0x%08x)", tag);
    } else if ((inode->flags & FILE_ATTR_ENCRYPTED) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "encrypted by Windows (EFS), its key is not on the volume");
    } else {
        return TRUE;
    }
    return FALSE;
}

static ntfs_attr *open_stream(ntfs_inode *inode, gboolean is_wof)
{
    guint8 length;
    g_autofree ntfschar *name = NULL;

    if (!is_wof)
        return ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    name = ntfs_name_to_utf16(NTFS_WOF_STREAM, &length);
    return ntfs_attr_open(inode, AT_DATA, name, length);
}

static gboolean open_wof(NtfsFs *fs, ntfs_inode *inode, NtfsWof **ret_wof, GError **error)
{
    g_autoptr(GBytes) reparse = NULL;
    g_autoptr(ntfs_attr) stream = NULL;
    NtfsWofAlgorithm algorithm;
    uint32_t tag;

    *ret_wof = NULL;
    if (!ntfs_read_reparse_point(fs, inode, &tag, &reparse, error))
        return FALSE;
    if (tag != (uint32_t)NTFS_TAG_WOF)
        return TRUE;
    if (!ntfs_wof_parse(reparse, &algorithm, error))
        return FALSE;
    stream = open_stream(inode, TRUE);
    if (stream == NULL || stream->data_size < 0 || inode->data_size < 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open its compressed content");
        return FALSE;
    }
    return ntfs_wof_new(algorithm, (uint64_t)inode->data_size, (uint64_t)stream->data_size, ret_wof,
                        error);
}

gboolean ntfs_driver_file_open(Fs *base, const char *path, FsFile **ret_file, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autoptr(ntfs_inode) inode = NULL;
    NtfsFile *file;
    NtfsWof *wof;

    if (!open_existing(fs, path, &inode, error) || !check_readable(fs, inode, error) ||
        !open_wof(fs, inode, &wof, error)) {
        return FALSE;
    }
    file = g_new0(NtfsFile, 1);
    file->base.fs = base;
    file->base.size_bytes = inode->data_size > 0 ? (uint64_t)inode->data_size : 0;
    file->reference = MK_MREF(inode->mft_no, le16_to_cpu(inode->mrec->sequence_number));
    file->wof = wof;
    *ret_file = &file->base;
    return TRUE;
}

static gboolean read_stream(void *user_data, uint64_t offset, void *buffer, size_t length,
                            GError **error)
{
    const NtfsStream *from = user_data;
    size_t done = 0;

    while (done < length) {
        const s64 got = ntfs_attr_pread(from->stream, (s64)(offset + done), (s64)(length - done),
                                        (uint8_t *)buffer + done);

        if (got <= 0) {
            ntfs_device_set_error(from->fs->device, got < 0 ? errno : 0, error,
                                  "cannot read at offset %" G_GUINT64_FORMAT, offset + done);
            return FALSE;
        }
        done += (size_t)got;
    }
    return TRUE;
}

gboolean ntfs_driver_file_read(FsFile *base, uint64_t offset, void *buffer, size_t length,
                               GError **error)
{
    NtfsFile *file = (NtfsFile *)base;
    NtfsFs *fs = (NtfsFs *)base->fs;
    g_autoptr(ntfs_inode) inode = NULL;
    g_autoptr(ntfs_attr) data = NULL;
    NtfsStream stream = {.fs = fs};

    if (!ntfs_open_reference(fs, file->reference, &inode, error)) {
        return FALSE;
    }
    data = open_stream(inode, file->wof != NULL);
    if (data == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open its content");
        return FALSE;
    }
    stream.stream = data;
    return file->wof != NULL
               ? ntfs_wof_read(file->wof, read_stream, &stream, offset, buffer, length, error)
               : read_stream(&stream, offset, buffer, length, error);
}

void ntfs_driver_file_close(FsFile *base)
{
    NtfsFile *file = (NtfsFile *)base;

    ntfs_wof_free(file->wof);
    g_free(file);
}

/* Clusters [first, first + count) hold no data; what the volume claims beyond the disk's end is
   left out. */
static void add_clusters(const NtfsFs *fs, GArray *extents, uint64_t first, uint64_t count)
{
    const uint64_t cluster_bytes = fs->volume->cluster_size;
    const uint64_t limit = disk_size(fs->device->disk) / cluster_bytes;

    if (first < limit && count > 0) {
        fs_extents_add(extents, first * cluster_bytes, MIN(count, limit - first) * cluster_bytes);
    }
}

gboolean ntfs_driver_free_extents(Fs *base, GArray *extents, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    ntfs_attr *bitmap = fs->volume->lcnbmp_na;
    const uint64_t clusters = fs->volume->nr_clusters > 0 ? (uint64_t)fs->volume->nr_clusters : 0;
    g_autofree uint8_t *chunk = g_malloc(BITMAP_CHUNK_BYTES);
    uint64_t cluster = 0;

    while (cluster < clusters) {
        const uint64_t left = (clusters - cluster + 7) / 8;
        const s64 wanted = (s64)MIN(left, BITMAP_CHUNK_BYTES);
        uint64_t bits = MIN((uint64_t)wanted * 8, clusters - cluster);

        if (ntfs_attr_pread(bitmap, (s64)(cluster / 8), wanted, chunk) != wanted) {
            ntfs_device_set_error(fs->device, errno, error, "cannot read $Bitmap");
            return FALSE;
        }
        for (uint64_t bit = 0; bit < bits;) {
            uint64_t run = 0;

            if (bit % 8 == 0 && chunk[bit / 8] == 0xff) {
                bit += 8;
                continue;
            }
            while (bit + run < bits && (chunk[(bit + run) / 8] & (1U << ((bit + run) % 8))) == 0) {
                run += (bit + run) % 8 == 0 && bit + run + 8 <= bits && chunk[(bit + run) / 8] == 0
                           ? 8
                           : 1;
            }
            add_clusters(fs, extents, cluster + bit, run);
            bit += run + 1;
        }
        cluster += bits;
    }
    return TRUE;
}

gboolean ntfs_driver_file_extents(Fs *base, const char *path, GArray *extents, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autoptr(ntfs_inode) inode = NULL;
    g_autoptr(ntfs_attr) data = NULL;

    if (!open_existing(fs, path, &inode, error)) {
        return FALSE;
    }
    data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    if (data == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open its content");
        return FALSE;
    }
    if (!NAttrNonResident(data)) {
        return TRUE;
    }
    if (ntfs_attr_map_whole_runlist(data) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot read where its content is");
        return FALSE;
    }
    for (const runlist_element *run = data->rl; run != NULL && run->length > 0; run++) {
        if (run->lcn >= 0) {
            add_clusters(fs, extents, (uint64_t)run->lcn, (uint64_t)run->length);
        }
    }
    return TRUE;
}
