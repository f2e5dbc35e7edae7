/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One image of a WIM archive. wimlib extracts into files of the host only, so content is read here
   from where wimlib says that it is. */
#include "windows/wim_image.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlerror.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wimlib.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_wof.h"

#define DIGEST_BYTES 20

/* wimlib reads lists of files as a whole. That of Windows 11's install.wim has 40 MiB. */
#define LIST_LIMIT_BYTES (UINT64_C(128) << 20)
#define HEADER_BYTES 208

struct WimImage {
    WIMStruct *wim;
    int number; /* of the image, from 1 */
    int fd;     /* of the archive, for reading */
    gboolean is_lzx;
    uint32_t chunk_bytes;
    GArray *sources; /* of int: memory files with what was added, until it is written */
};

struct WimFile {
    const WimImage *image;
    uint64_t size_bytes;
    uint64_t stored_bytes;
    uint64_t offset; /* in the archive */
    NtfsWof *chunks; /* NULL: not compressed */
    uint8_t digest[DIGEST_BYTES];
};

static gboolean check(int code, const char *what, GError **error)
{
    DrydockError kind = DRYDOCK_ERROR_CORRUPT;
    if (code == WIMLIB_ERR_SUCCESS)
        return TRUE;
    if (code == WIMLIB_ERR_NOMEM || code == WIMLIB_ERR_WRITE || code == WIMLIB_ERR_OPEN)
        kind = DRYDOCK_ERROR_SYSTEM;
    drydock_error_set(error, kind, NULL, "%s: %s", what,
                      wimlib_get_error_string((enum wimlib_error_code)code));
    return FALSE;
}

static void drop_message(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *format, ...)
{
}

/* Names are ASCII here, whatever the locale; case does not matter to Windows. wimlib reads an
   archive's description with libxml2, which would print what is wrong with it. */
static gboolean initialise(GError **error)
{
    xmlSetGenericErrorFunc(NULL, drop_message);
    return check(wimlib_global_init(WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE),
                 "cannot start wimlib", error) &&
           check(wimlib_set_print_errors(FALSE), "cannot silence wimlib", error);
}

gboolean wim_prepare(GError **error)
{
    WIMStruct *wim = NULL;
    if (!initialise(error))
        return FALSE;
    /* Names of an image are converted with iconv, whose modules are files. */
    int code = wimlib_create_new_wim(WIMLIB_COMPRESSION_TYPE_NONE, &wim);
    if (code == 0)
        code = wimlib_add_empty_image(wim, "name", NULL);
    char path[] = "\\none";
    const struct wimlib_update_command command = {
        .op = WIMLIB_UPDATE_OP_DELETE,
        .delete_ = {.wim_path = path, .delete_flags = WIMLIB_DELETE_FLAG_FORCE}};
    if (code == 0)
        code = wimlib_update_image(wim, 1, &command, 1, 0);
    wimlib_free(wim);
    return check(code, "cannot prepare wimlib", error);
}

static gboolean check_list(uint64_t size_bytes, GError **error)
{
    if (size_bytes <= LIST_LIMIT_BYTES)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "a list of %" G_GUINT64_FORMAT " bytes is too long", size_bytes);
    return FALSE;
}

/* Before wimlib sees them: the table of contents and the description say how large they are when
   they are decompressed. */
static gboolean check_header(int fd, GError **error)
{
    static const size_t places[] = {48, 72}; /* of their entries: length, place, full length */
    uint8_t header[HEADER_BYTES];
    ssize_t got = pread(fd, header, sizeof(header), 0);

    /* The second one is that of the pipable form. */
    if (got != (ssize_t)sizeof(header) ||
        (memcmp(header, "MSWIM\0\0", 8) != 0 && memcmp(header, "WLPWM\0\0", 8) != 0)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "cannot read the archive: no header");
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        uint64_t stored = get_le64(header + places[i]) & UINT64_C(0xffffffffffffff);
        if (!check_list(stored, error) || !check_list(get_le64(header + places[i] + 16), error))
            return FALSE;
    }
    return TRUE;
}

static int check_resource(const struct wimlib_resource_entry *resource, void *data)
{
    uint64_t *largest = data;
    if (resource->is_metadata)
        *largest = MAX(*largest, resource->uncompressed_size);
    return 0;
}

/* Before the first image is looked at: so large is the list of its files. */
static gboolean check_images(WIMStruct *wim, GError **error)
{
    uint64_t largest = 0;
    return check(wimlib_iterate_lookup_table(wim, 0, check_resource, &largest),
                 "cannot read the archive", error) &&
           check_list(largest, error);
}

static void close_source(gpointer source)
{
    close(*(int *)source);
}

void wim_image_free(WimImage *image)
{
    if (!image)
        return;
    wimlib_free(image->wim);
    g_clear_pointer(&image->sources, g_array_unref);
    if (image->fd >= 0)
        close(image->fd);
    g_free(image);
}

static gboolean check_kind(const struct wimlib_wim_info *info, GError **error)
{
    const struct {
        gboolean is_so;
        const char *text;
    } refusals[] = {
        {info->total_parts != 1 || info->part_number != 1 || info->spanned,
         "it is one part of a split archive"},
        {info->compression_type == WIMLIB_COMPRESSION_TYPE_LZMS,
         "it is compressed with LZMS, as ESD files are"},
        {info->pipable, "it is in wimlib's pipable form"},
        {info->write_in_progress, "writing it was never finished"},
        {info->metadata_only || info->resource_only, "it holds half of an archive"},
        {info->image_count == 0, "it has no image"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (!refusals[i].is_so)
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "%s", refusals[i].text);
        return FALSE;
    }
    return TRUE;
}

WimImage *wim_image_open(const char *path, GError **error)
{
    g_autoptr(WimImage) image = g_new0(WimImage, 1);
    struct wimlib_wim_info info;

    image->sources = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_set_clear_func(image->sources, close_source);
    image->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (image->fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    if (!check_header(image->fd, error) || !initialise(error) ||
        !check(wimlib_open_wim(path, WIMLIB_OPEN_FLAG_CHECK_INTEGRITY, &image->wim),
               "cannot read the archive", error) ||
        !check(wimlib_get_wim_info(image->wim, &info), "cannot read the archive", error) ||
        !check_kind(&info, error) || !check_images(image->wim, error))
        return NULL;
    image->number = info.boot_index ? (int)info.boot_index : 1;
    image->is_lzx = info.compression_type == WIMLIB_COMPRESSION_TYPE_LZX;
    image->chunk_bytes = info.chunk_size;
    return g_steal_pointer(&image);
}

typedef struct {
    gboolean is_file;
    struct wimlib_resource_entry resource;
} Entry;

static int take_entry(const struct wimlib_dir_entry *dentry, void *data)
{
    Entry *entry = data;
    entry->is_file = (dentry->attributes &
                      (WIMLIB_FILE_ATTRIBUTE_DIRECTORY | WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT)) == 0;
    entry->resource = dentry->streams[0].resource;
    return 0;
}

static gboolean make_file(WimImage *image, const struct wimlib_resource_entry *resource,
                          WimFile **ret_file, GError **error)
{
    g_autoptr(WimFile) file = g_new0(WimFile, 1);

    if (resource->packed || resource->is_missing || resource->is_spanned) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "its content is not in this archive alone");
        return FALSE;
    }
    file->image = image;
    file->size_bytes = resource->uncompressed_size;
    file->stored_bytes = resource->is_compressed ? resource->compressed_size : file->size_bytes;
    file->offset = resource->offset;
    memcpy(file->digest, resource->sha1_hash, DIGEST_BYTES);
    if (resource->is_compressed &&
        !ntfs_wof_new_resource(image->is_lzx, image->chunk_bytes, file->size_bytes,
                               file->stored_bytes, &file->chunks, error))
        return FALSE;
    *ret_file = g_steal_pointer(&file);
    return TRUE;
}

gboolean wim_image_open_file(WimImage *image, const char *path, gboolean *ret_found,
                             WimFile **ret_file, GError **error)
{
    Entry entry = {0};
    g_autofree char *copy = g_strdup(path);
    int code = wimlib_iterate_dir_tree(image->wim, image->number, copy, 0, take_entry, &entry);

    *ret_found = FALSE;
    if (code == WIMLIB_ERR_PATH_DOES_NOT_EXIST || (code == 0 && !entry.is_file))
        return TRUE;
    if (!check(code, "cannot read the image's folders", error))
        return FALSE;
    if (!make_file(image, &entry.resource, ret_file, error)) {
        g_prefix_error(error, "'%s': ", path);
        return FALSE;
    }
    *ret_found = TRUE;
    return TRUE;
}

uint64_t wim_file_size(const WimFile *file)
{
    return file->size_bytes;
}

void wim_file_free(WimFile *file)
{
    if (!file)
        return;
    ntfs_wof_free(file->chunks);
    g_free(file);
}

/* As stored. */
static gboolean read_stored(void *data, uint64_t offset, void *buffer, size_t length,
                            GError **error)
{
    const WimFile *file = data;
    uint8_t *bytes = buffer;
    uint64_t position;

    if (offset > file->stored_bytes || length > file->stored_bytes - offset ||
        !g_uint64_checked_add(&position, file->offset, offset) ||
        position > G_MAXINT64 - file->stored_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "content beyond the archive's end");
        return FALSE;
    }
    while (length > 0) {
        ssize_t got = pread(file->image->fd, bytes, length, (off_t)position);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "content beyond the archive's end");
            return FALSE;
        }
        bytes += got;
        position += (uint64_t)got;
        length -= (size_t)got;
    }
    return TRUE;
}

gboolean wim_file_read(void *data, uint64_t offset, void *buffer, size_t length, GError **error)
{
    WimFile *file = data;
    if (offset > file->size_bytes || length > file->size_bytes - offset) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "content beyond the file's end");
        return FALSE;
    }
    return file->chunks
               ? ntfs_wof_read(file->chunks, read_stored, file, offset, buffer, length, error)
               : read_stored(file, offset, buffer, length, error);
}

gboolean wim_file_read_all(WimFile *file, uint64_t limit_bytes, GBytes **ret_bytes, GError **error)
{
    if (file->size_bytes > limit_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "%" G_GUINT64_FORMAT " bytes are too many", file->size_bytes);
        return FALSE;
    }
    g_autofree uint8_t *bytes = g_try_malloc(MAX(file->size_bytes, 1));
    if (!bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "out of memory");
        return FALSE;
    }
    if (!wim_file_read(file, 0, bytes, file->size_bytes, error))
        return FALSE;
    uint8_t digest[DIGEST_BYTES];
    gsize length = sizeof(digest);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, bytes, (gssize)file->size_bytes);
    g_checksum_get_digest(checksum, digest, &length);
    static const uint8_t none[DIGEST_BYTES];
    /* Empty files have no content in the archive, and no digest. */
    if (memcmp(digest, file->digest, sizeof(digest)) != 0 &&
        (file->size_bytes > 0 || memcmp(file->digest, none, sizeof(none)) != 0)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "its digest is another one");
        return FALSE;
    }
    *ret_bytes = g_bytes_new_take(g_steal_pointer(&bytes), file->size_bytes);
    return TRUE;
}

static gboolean write_memory(int fd, GBytes *content, GError **error)
{
    gsize size, done = 0;
    const uint8_t *bytes = g_bytes_get_data(content, &size);
    while (done < size) {
        ssize_t put = write(fd, bytes + done, size - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            drydock_error_set_errno(error, errno, "cannot write to a memory file");
            return FALSE;
        }
        done += (gsize)put;
    }
    return TRUE;
}

gboolean wim_image_add_file(WimImage *image, const char *path, GBytes *content, GError **error)
{
    int fd = memfd_create("wim-source", MFD_CLOEXEC);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot create a memory file");
        return FALSE;
    }
    g_array_append_val(image->sources, fd);
    if (!write_memory(fd, content, error))
        return FALSE;
    g_autofree char *source = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *target = g_strdup(path);
    const struct wimlib_update_command command = {
        .op = WIMLIB_UPDATE_OP_ADD,
        .add = {.fs_source_path = source,
                .wim_target_path = target,
                /* Its name is a link. */
                .add_flags = WIMLIB_ADD_FLAG_DEREFERENCE}};
    return check(wimlib_update_image(image->wim, image->number, &command, 1, 0),
                 "cannot change the image", error);
}

gboolean wim_image_write(WimImage *image, int fd, GError **error)
{
    /* Content that was there is copied as it is; one thread compresses the rest in a moment. */
    return check(
        wimlib_write_to_fd(image->wim, fd, WIMLIB_ALL_IMAGES, WIMLIB_WRITE_FLAG_RETAIN_GUID, 1),
        "cannot write the archive", error);
}
