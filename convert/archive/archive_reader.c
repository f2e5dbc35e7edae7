/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the members of an archive, through libarchive. */
#include "convert/archive/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "convert/archive/archive_tar.h"
#include "convert/archive/archive_stream.h"

#define MEMBERS_LIMIT 4096
#define NAME_LIMIT_BYTES 1024
#define READ_BYTES ((size_t)1 << 20)
#define MEMBER_LIMIT_BYTES ((uint64_t)64 << 40) /* no format of ours has larger disks */
#define TRAILING_LIMIT_BYTES ((uint64_t)1 << 30)
#define DAMAGED_HINT "copy or export it again and compare the sizes"

struct ArchiveReader {
    struct archive *archive;
    int fd;
    uint64_t file_bytes;
    locale_t utf8; /* libarchive converts names to the locale's character set; 0: there is none */
    GHashTable *names;
    guint count; /* of members of all kinds */
    uint64_t member_end;
    ArchiveStream *stream; /* what it is read from; NULL: the file itself */
    GError *stream_error;
};

void archive_member_free(ArchiveMember *member)
{
    if (!member)
        return;
    g_free(member->name);
    g_free(member);
}

static gboolean set_error(ArchiveReader *reader, GError **error)
{
    if (reader->stream_error) {
        g_propagate_error(error, g_steal_pointer(&reader->stream_error));
        return FALSE;
    }
    int cause = archive_errno(reader->archive);
    if (cause == EIO || cause == ENOMEM || cause == EACCES || cause == ENOENT) {
        drydock_error_set_errno(error, cause, "cannot read the archive");
        return FALSE;
    }
    const char *text = archive_error_string(reader->archive);
    g_autofree char *message = g_utf8_make_valid(text ? text : "unknown problem", -1);
    gboolean is_unknown = archive_format(reader->archive) == 0 &&
                          archive_reader_is_stream(reader) && strstr(message, "Unrecognized");
    if (is_unknown)
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "a compressed disk image or file has to be uncompressed first",
                          "what is compressed in it is no tar archive");
    else
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, DAMAGED_HINT,
                          "the archive is damaged or ends early: %s", message);
    return FALSE;
}

static ArchiveReader *reader_new(void)
{
    ArchiveReader *reader = g_new0(ArchiveReader, 1);
    reader->fd = -1;
    reader->archive = archive_read_new();
    if (!reader->archive)
        g_error("out of memory");
    reader->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    reader->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return reader;
}

static la_ssize_t read_stream(struct archive *archive, void *data, const void **ret_bytes)
{
    ArchiveReader *reader = data;
    size_t length;
    if (!reader->stream_error &&
        archive_stream_read(reader->stream, ret_bytes, &length, &reader->stream_error))
        return (la_ssize_t)length;
    archive_set_error(archive, EIO, "cannot uncompress");
    return ARCHIVE_FATAL;
}

static gboolean open_archive(ArchiveReader *reader, const char *path, GError **error)
{
    uint8_t head[ARCHIVE_STREAM_HEAD_BYTES];
    ssize_t count = pread(reader->fd, head, sizeof(head), 0);
    if (count <= 0 || !archive_stream_probe(head, (size_t)count))
        return archive_read_open_filename(reader->archive, path, READ_BYTES) == ARCHIVE_OK ||
               set_error(reader, error);
    reader->stream = archive_stream_open(path, error);
    return reader->stream &&
           (archive_read_open(reader->archive, reader, NULL, read_stream, NULL) == ARCHIVE_OK ||
            set_error(reader, error));
}

ArchiveReader *archive_reader_open(const char *path, GError **error)
{
    g_autoptr(ArchiveReader) reader = reader_new();
    struct stat info;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0 || fstat(reader->fd, &info) != 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    if (!S_ISREG(info.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not a regular file", path);
        return NULL;
    }
    reader->file_bytes = (uint64_t)info.st_size;

    archive_read_support_format_tar(reader->archive);
    archive_read_support_format_zip_seekable(reader->archive);
    if (!open_archive(reader, path, error))
        return NULL;
    return g_steal_pointer(&reader);
}

void archive_reader_close(ArchiveReader *reader)
{
    if (!reader)
        return;
    archive_read_free(reader->archive);
    if (reader->fd >= 0)
        close(reader->fd);
    if (reader->utf8)
        freelocale(reader->utf8);
    g_hash_table_unref(reader->names);
    archive_stream_close(reader->stream);
    g_clear_error(&reader->stream_error);
    g_free(reader);
}

gboolean archive_reader_is_stream(const ArchiveReader *reader)
{
    return reader->stream != NULL;
}

uint64_t archive_reader_position(const ArchiveReader *reader)
{
    if (reader->stream)
        return archive_stream_position(reader->stream);
    la_int64_t bytes = archive_filter_bytes(reader->archive, -1);
    return bytes < 0 ? 0 : (uint64_t)bytes;
}

static gboolean refuse(GError **error, const char *name, const char *what)
{
    g_autofree char *shown = g_utf8_make_valid(name, -1);
    for (char *character = shown; *character; character++)
        if (g_ascii_iscntrl(*character))
            *character = '?';
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                      "no hypervisor writes such an archive; unpack it by hand if you trust it",
                      "its member '%.200s' %s", shown, what);
    return FALSE;
}

static gboolean has_parent_component(const char *name)
{
    g_auto(GStrv) components = g_strsplit_set(name, "/\\", -1);
    return g_strv_contains((const char *const *)components, "..");
}

/* Windows reads "\x" and "C:x" as absolute, too. */
static gboolean is_absolute(const char *name)
{
    return *name == '/' || *name == '\\' || (g_ascii_isalpha(*name) && name[1] == ':');
}

static gboolean check_name(ArchiveReader *reader, const char *raw, char **ret_name, GError **error)
{
    const char *name = raw;
    while (g_str_has_prefix(name, "./"))
        name += strspn(name + 1, "/") + 1;
    if (is_absolute(name))
        return refuse(error, raw, "has an absolute name");
    if (has_parent_component(name))
        return refuse(error, raw, "leads out of the archive");
    for (const char *character = name; *character; character++)
        if (g_ascii_iscntrl(*character))
            return refuse(error, raw, "has control characters in its name");
    if (!*name || strlen(name) > NAME_LIMIT_BYTES)
        return refuse(error, raw, "has no usable name");
    *ret_name = g_utf8_make_valid(name, -1);
    if (g_hash_table_add(reader->names, g_strdup(*ret_name)))
        return TRUE;
    g_clear_pointer(ret_name, g_free);
    return refuse(error, raw, "is there twice");
}

/* libarchive says where it stands; the block before must then be a header. (Not so for sparse
   members with a map of their own.) */
static gboolean find_content(const ArchiveReader *reader, struct archive_entry *entry,
                             uint64_t size_bytes, uint64_t *ret_offset)
{
    uint8_t block[ARCHIVE_TAR_BLOCK_BYTES];
    int format = archive_format(reader->archive) & ARCHIVE_FORMAT_BASE_MASK;
    if (format != ARCHIVE_FORMAT_TAR || archive_reader_is_stream(reader) ||
        size_bytes == ARCHIVE_SIZE_UNKNOWN || archive_entry_sparse_count(entry) > 0)
        return FALSE;
    uint64_t offset = archive_reader_position(reader);
    if (offset < sizeof(block) || offset > G_MAXINT64 ||
        pread(reader->fd, block, sizeof(block), (off_t)(offset - sizeof(block))) !=
            (ssize_t)sizeof(block) ||
        !archive_tar_is_header(block) || !archive_tar_is_plain_file(block))
        return FALSE;
    *ret_offset = offset;
    return TRUE;
}

static gboolean describe(ArchiveReader *reader, struct archive_entry *entry,
                         ArchiveMember **ret_member, GError **error)
{
    const char *raw = archive_entry_pathname(entry);
    if (!raw)
        raw = archive_entry_pathname_utf8(entry);
    if (!raw)
        return refuse(error, "", "has no usable name");
    /* The type is asked first: a hard link has the type of what it links to. */
    if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) != AE_IFREG)
        return refuse(error, raw, "is a link or a device");
    if (archive_entry_is_data_encrypted(entry) || archive_entry_is_metadata_encrypted(entry))
        return refuse(error, raw, "is encrypted");

    g_autoptr(ArchiveMember) member = g_new0(ArchiveMember, 1);
    if (!check_name(reader, raw, &member->name, error))
        return FALSE;
    member->size_bytes = ARCHIVE_SIZE_UNKNOWN;
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0)
        member->size_bytes = (uint64_t)archive_entry_size(entry);
    if (member->size_bytes != ARCHIVE_SIZE_UNKNOWN && member->size_bytes > MEMBER_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "its member '%s' is larger than any disk", member->name);
        return FALSE;
    }
    member->is_stored = find_content(reader, entry, member->size_bytes, &member->offset);
    if (member->is_stored &&
        !range_is_within(member->offset, member->size_bytes, reader->file_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, DAMAGED_HINT,
                          "the archive ends early: its member '%s' is cut short", member->name);
        return FALSE;
    }
    *ret_member = g_steal_pointer(&member);
    return TRUE;
}

/* libarchive would pass a compressed member without ever looking up. */
static gboolean skip_rest(ArchiveReader *reader, GError **error)
{
    const void *bytes;
    size_t length;
    uint64_t offset;
    if (reader->count == 0 || !archive_reader_is_stream(reader))
        return TRUE;
    do {
        if (!archive_reader_read(reader, &bytes, &length, &offset, error))
            return FALSE;
    } while (length > 0);
    return TRUE;
}

/* The last checksum comes behind the padding that tar ends with. */
static gboolean drain_stream(ArchiveReader *reader, GError **error)
{
    const void *bytes;
    size_t length;
    uint64_t drained = 0;
    if (!reader->stream)
        return TRUE;
    do {
        if (!archive_stream_read(reader->stream, &bytes, &length, error))
            return FALSE;
        drained += length;
    } while (length > 0 && drained < TRAILING_LIMIT_BYTES);
    if (length == 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "there are more than %" G_GUINT64_FORMAT " bytes behind the archive's end",
                      TRAILING_LIMIT_BYTES);
    return FALSE;
}

static gboolean next_member(ArchiveReader *reader, ArchiveMember **ret_member, GError **error)
{
    struct archive_entry *entry;
    for (;;) {
        if (!interrupt_check(error) || !skip_rest(reader, error))
            return FALSE;
        int result = archive_read_next_header(reader->archive, &entry);
        if (result == ARCHIVE_EOF) {
            *ret_member = NULL;
            return drain_stream(reader, error);
        }
        /* Warnings are about times, owners and attributes, none of which are of interest. */
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
            return set_error(reader, error);
        reader->member_end = 0;
        if (++reader->count > MEMBERS_LIMIT) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "the archive has more than %d members", MEMBERS_LIMIT);
            return FALSE;
        }
        if (archive_entry_filetype(entry) != AE_IFDIR)
            return describe(reader, entry, ret_member, error);
    }
}

gboolean archive_reader_next(ArchiveReader *reader, ArchiveMember **ret_member, GError **error)
{
    locale_t before = reader->utf8 ? uselocale(reader->utf8) : (locale_t)0;
    gboolean ok = next_member(reader, ret_member, error);
    if (before)
        uselocale(before);
    return ok;
}

gboolean archive_reader_read(ArchiveReader *reader, const void **ret_bytes, size_t *ret_length,
                             uint64_t *ret_offset, GError **error)
{
    la_int64_t offset;
    int result;
    do {
        if (!interrupt_check(error))
            return FALSE;
        result = archive_read_data_block(reader->archive, ret_bytes, ret_length, &offset);
    } while (result == ARCHIVE_OK && *ret_length == 0);
    if (result == ARCHIVE_EOF) {
        *ret_length = 0;
        return TRUE;
    }
    /* Among the warnings here are wrong checksums. */
    if (result != ARCHIVE_OK)
        return set_error(reader, error);
    if (offset < 0 || (uint64_t)offset < reader->member_end ||
        !g_uint64_checked_add(&reader->member_end, (uint64_t)offset, *ret_length)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, DAMAGED_HINT,
                          "the archive is damaged: a sparse member is out of order");
        return FALSE;
    }
    *ret_offset = (uint64_t)offset;
    return TRUE;
}
