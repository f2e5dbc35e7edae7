/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers on an ISO image, read through libarchive from a descriptor that stays open. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "windows/driver_tree_source.h"

/* INF texts are read while listing, as choosing drivers looks at all of them; the rest when it is
   announced. */
#define INF_CACHE_LIMIT_BYTES (1024 * 1024)

typedef struct {
    DriverTreeSource source;
    int fd;
    off_t size;
    GHashTable *links;  /* path → path with the content: libarchive shows shared extents so */
    GHashTable *cached; /* path → GBytes */
} Iso;

/* One pass over the image. Places are absolute (pread): passes do not disturb each other. */
typedef struct {
    int fd;
    off_t size, position;
    uint8_t buffer[64 * 1024];
} Pass;

static ssize_t pass_read(struct archive *archive, void *data, const void **ret_buffer)
{
    Pass *pass = data;
    ssize_t count;

    do {
        count = pread(pass->fd, pass->buffer, sizeof pass->buffer, pass->position);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        archive_set_error(archive, errno, "read error");
        return ARCHIVE_FATAL;
    }
    pass->position += count;
    *ret_buffer = pass->buffer;
    return count;
}

static la_int64_t pass_skip(struct archive *archive, void *data, la_int64_t request)
{
    Pass *pass = data;
    la_int64_t step = MIN(request, (la_int64_t)(pass->size - pass->position));

    (void)archive;
    if (step <= 0)
        return 0;
    pass->position += step;
    return step;
}

static la_int64_t pass_seek(struct archive *archive, void *data, la_int64_t offset, int whence)
{
    Pass *pass = data;
    la_int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? pass->position : pass->size;

    if (offset < -base || offset > pass->size - base) {
        archive_set_error(archive, EINVAL, "seek outside of the image");
        return ARCHIVE_FATAL;
    }
    pass->position = base + offset;
    return pass->position;
}

/* The volume recognition sequence of ECMA-167: descriptors of 2 KiB from 32 KiB on, of which an
   image that is both has the ones of ISO 9660 first. */
static gboolean is_only_udf(int fd)
{
    enum { START = 32 * 1024, SIZE = 2048, LIMIT = 32 };
    gboolean is_udf = FALSE;

    for (off_t i = 0; i < LIMIT; i++) {
        char identifier[5];

        if (pread(fd, identifier, sizeof identifier, START + i * SIZE + 1) !=
                (ssize_t)sizeof identifier ||
            memcmp(identifier, "CD001", sizeof identifier) == 0)
            return FALSE;
        is_udf |= memcmp(identifier, "NSR0", 4) == 0;
        if (memcmp(identifier, "TEA01", sizeof identifier) == 0)
            break;
    }
    return is_udf;
}

static void set_archive_error(struct archive *archive, GError **error)
{
    const char *text = archive_error_string(archive);

    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "check the download against its checksum",
                      "not a readable ISO image: %s", text ? text : "unknown error");
}

/* A started pass; free with archive_read_free(), then g_free(pass). */
static struct archive *pass_start(const Iso *iso, Pass **ret_pass, GError **error)
{
    struct archive *archive = archive_read_new();
    Pass *pass = g_new0(Pass, 1);

    pass->fd = iso->fd;
    pass->size = iso->size;
    archive_read_support_format_iso9660(archive);
    archive_read_set_read_callback(archive, pass_read);
    archive_read_set_skip_callback(archive, pass_skip);
    archive_read_set_seek_callback(archive, pass_seek);
    archive_read_set_callback_data(archive, pass);
    if (archive_read_open1(archive) != ARCHIVE_OK) {
        if (is_only_udf(iso->fd))
            drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                              "copy its files into a folder and name that",
                              "a UDF image without ISO 9660");
        else
            set_archive_error(archive, error);
        archive_read_free(archive);
        g_free(pass);
        return NULL;
    }
    *ret_pass = pass;
    return archive;
}

static const char *entry_path(struct archive_entry *entry)
{
    const char *path = archive_entry_pathname_utf8(entry);

    return path ? path : archive_entry_pathname(entry);
}

static gboolean read_content(struct archive *archive, struct archive_entry *entry,
                             GBytes **ret_bytes, GError **error)
{
    la_int64_t size = archive_entry_size(entry);
    g_autofree uint8_t *data = NULL;
    size_t done = 0;

    if (size < 0 || size > DRIVER_TREE_FILE_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "too large: %" G_GINT64_FORMAT " bytes", (gint64)size);
        return FALSE;
    }
    data = g_try_malloc((size_t)size + 1);
    if (!data) {
        drydock_error_set_errno(error, ENOMEM, "cannot read %" G_GINT64_FORMAT " bytes",
                                (gint64)size);
        return FALSE;
    }
    while (done < (size_t)size) {
        la_ssize_t count = archive_read_data(archive, data + done, (size_t)size - done);

        if (count <= 0) {
            set_archive_error(archive, error);
            return FALSE;
        }
        done += (size_t)count;
    }
    *ret_bytes = g_bytes_new_take(g_steal_pointer(&data), done);
    return TRUE;
}

static gboolean iso_read(const DriverTreeSource *source, const char *path, GBytes **ret_bytes,
                         GError **error)
{
    const Iso *iso = (const Iso *)source;
    const char *target = g_hash_table_lookup(iso->links, path);
    GBytes *cached = g_hash_table_lookup(iso->cached, target ? target : path);
    struct archive *archive;
    struct archive_entry *entry;
    gboolean found = FALSE, ok = FALSE;
    Pass *pass;
    int status;

    if (cached) {
        *ret_bytes = g_bytes_ref(cached);
        return TRUE;
    }
    archive = pass_start(iso, &pass, error);
    if (!archive)
        return FALSE;
    while (!found && (status = archive_read_next_header(archive, &entry)) >= ARCHIVE_WARN &&
           status != ARCHIVE_EOF) {
        found = g_strcmp0(entry_path(entry), target ? target : path) == 0;
        if (found)
            ok = read_content(archive, entry, ret_bytes, error);
    }
    if (!found)
        set_archive_error(archive, error);
    archive_read_free(archive);
    g_free(pass);
    return ok;
}

static void iso_prefetch(const DriverTreeSource *source, const GPtrArray *paths)
{
    const Iso *iso = (const Iso *)source;
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    struct archive *archive;
    struct archive_entry *entry;
    Pass *pass;

    for (guint i = 0; i < paths->len; i++) {
        char *path = g_ptr_array_index(paths, i);
        char *target = g_hash_table_lookup(iso->links, path);

        if (!g_hash_table_contains(iso->cached, target ? target : path))
            g_hash_table_add(wanted, target ? target : path);
    }
    if (!g_hash_table_size(wanted) || !(archive = pass_start(iso, &pass, NULL)))
        return;
    while (g_hash_table_size(wanted) && archive_read_next_header(archive, &entry) >= ARCHIVE_WARN) {
        const char *path = entry_path(entry);
        GBytes *bytes;

        if (path && g_hash_table_remove(wanted, path) && read_content(archive, entry, &bytes, NULL))
            g_hash_table_insert(iso->cached, g_strdup(path), bytes);
    }
    archive_read_free(archive);
    g_free(pass);
}

static void iso_free(DriverTreeSource *source)
{
    Iso *iso = (Iso *)source;

    if (iso->fd >= 0)
        close(iso->fd);
    g_ptr_array_unref(source->paths);
    g_hash_table_unref(iso->links);
    g_hash_table_unref(iso->cached);
    g_free(iso);
}

static const DriverTreeSourceOps iso_ops = {
    .free = iso_free, .read = iso_read, .prefetch = iso_prefetch};

static gboolean list_entry(Iso *iso, struct archive *archive, struct archive_entry *entry,
                           GError **error)
{
    const char *path = entry_path(entry);
    const char *link = archive_entry_hardlink_utf8(entry);
    size_t length;

    if (!link)
        link = archive_entry_hardlink(entry);
    if (!path || archive_entry_filetype(entry) == AE_IFDIR || !driver_tree_path_is_wanted(path))
        return TRUE;
    if (iso->source.paths->len >= DRIVER_TREE_FILES_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL,
                          "more than %u files, this is no driver collection",
                          DRIVER_TREE_FILES_LIMIT);
        return FALSE;
    }
    g_ptr_array_add(iso->source.paths, g_strdup(path));
    if (link) {
        g_hash_table_insert(iso->links, g_strdup(path), g_strdup(link));
        return TRUE;
    }
    length = strlen(path);
    if (length > 4 && g_ascii_strcasecmp(path + length - 4, ".inf") == 0 &&
        archive_entry_size(entry) <= INF_CACHE_LIMIT_BYTES) {
        GBytes *bytes = NULL;

        if (!read_content(archive, entry, &bytes, error))
            return FALSE;
        g_hash_table_insert(iso->cached, g_strdup(path), bytes);
    }
    return TRUE;
}

static gboolean list_all(Iso *iso, GError **error)
{
    Pass *pass;
    struct archive *archive = pass_start(iso, &pass, error);
    struct archive_entry *entry;
    gboolean ok = archive != NULL;
    int status = ARCHIVE_EOF;

    if (!archive)
        return FALSE;
    while (ok && (status = archive_read_next_header(archive, &entry)) >= ARCHIVE_WARN &&
           status != ARCHIVE_EOF)
        ok = list_entry(iso, archive, entry, error);
    if (ok && status != ARCHIVE_EOF) {
        set_archive_error(archive, error);
        ok = FALSE;
    }
    archive_read_free(archive);
    g_free(pass);
    return ok;
}

DriverTreeSource *driver_tree_iso_open(const char *path, GError **error)
{
    Iso *iso = g_new0(Iso, 1);

    iso->source.ops = &iso_ops;
    iso->source.paths = g_ptr_array_new_with_free_func(g_free);
    iso->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    iso->cached =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    iso->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (iso->fd < 0)
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
    else if ((iso->size = lseek(iso->fd, 0, SEEK_END)) < 0)
        drydock_error_set_errno(error, errno, "cannot find the size of '%s'", path);
    else if (list_all(iso, error))
        return &iso->source;
    else
        g_prefix_error(error, "cannot read the drivers in '%s': ", path);
    iso_free(&iso->source);
    return NULL;
}
