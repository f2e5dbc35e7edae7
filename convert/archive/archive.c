/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OVA and other archives: the list of members, and the ways to their content. */
#include "convert/archive/archive.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/archive/archive_reader.h"
#include "convert/archive/archive_stream.h"
#include "convert/archive/archive_tar.h"
#include "convert/archive/spool_file.h"

#define MAGIC_USTAR_OFFSET 257
/* Of what is met while a compressed archive is listed this much is remembered: configurations are
   small, and reading one again takes as long as the list did. */
#define REMEMBERED_MEMBER_LIMIT_BYTES ((size_t)1 << 20)
#define REMEMBERED_LIMIT_BYTES ((size_t)32 << 20)

/* What is known of the members; more after archive_complete(). */
typedef struct {
    GPtrArray *members; /* of ArchiveMember, in the archive's order */
    GPtrArray *names;   /* theirs, and NULL */
    GPtrArray *kept;    /* NULL, or for each member the file that archive_complete() made */
    gboolean is_complete;
    ProgressFunc progress; /* of making it complete */
    void *progress_data;
} Contents;

struct Archive {
    char *path;
    uint64_t file_bytes;
    gboolean is_stream;
    Contents *contents;
    GHashTable *remembered; /* member → GBytes */
};

gboolean archive_probe(const uint8_t *head, size_t length)
{
    static const struct {
        const char *bytes;
        size_t length;
    } magics[] = {{"PK\x03\x04", 4}, {"PK\x05\x06", 4}, {"PK\x07\x08", 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
        if (length >= magics[i].length && memcmp(head, magics[i].bytes, magics[i].length) == 0)
            return TRUE;
    return archive_stream_probe(head, length) ||
           (length >= ARCHIVE_TAR_BLOCK_BYTES &&
            (memcmp(head + MAGIC_USTAR_OFFSET, "ustar", 5) == 0 || archive_tar_is_header(head)));
}

static GPtrArray *members_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)archive_member_free);
}

static void take_members(Contents *contents, GPtrArray *members)
{
    g_clear_pointer(&contents->members, g_ptr_array_unref);
    contents->members = members;
    g_ptr_array_set_size(contents->names, 0);
    for (guint i = 0; i < members->len; i++)
        g_ptr_array_add(contents->names, ((ArchiveMember *)members->pdata[i])->name);
    g_ptr_array_add(contents->names, NULL);
}

static gboolean is_descriptor(const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    return g_str_has_suffix(lower, ".ovf");
}

static gboolean set_too_large(GError **error, const char *member, size_t limit_bytes)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "its member '%s' is larger than %zu bytes", member, limit_bytes);
    return FALSE;
}

static void grow(GByteArray *content, size_t length)
{
    guint before = content->len;
    g_byte_array_set_size(content, (guint)length);
    memset(content->data + before, 0, length - before);
}

/* limit_bytes: at most G_MAXINT32. */
static gboolean read_all(ArchiveReader *reader, const ArchiveMember *member, size_t limit_bytes,
                         GByteArray *content, GError **error)
{
    const void *bytes;
    size_t length;
    uint64_t offset;
    gboolean has_size = member->size_bytes != ARCHIVE_SIZE_UNKNOWN;
    if (has_size && member->size_bytes > limit_bytes)
        return set_too_large(error, member->name, limit_bytes);
    for (;;) {
        if (!archive_reader_read(reader, &bytes, &length, &offset, error))
            return FALSE;
        if (length == 0)
            break;
        if (!range_is_within(offset, length, limit_bytes))
            return set_too_large(error, member->name, limit_bytes);
        grow(content, (size_t)offset + length);
        memcpy(content->data + offset, bytes, length);
    }
    if (has_size && content->len < member->size_bytes) /* a sparse member may end with a hole */
        grow(content, (size_t)member->size_bytes);
    return TRUE;
}

static gboolean remember_member(Archive *archive, ArchiveReader *reader,
                                const ArchiveMember *member, size_t *left_bytes, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    if (member->size_bytes > MIN(*left_bytes, REMEMBERED_MEMBER_LIMIT_BYTES))
        return TRUE;
    if (!read_all(reader, member, (size_t)member->size_bytes, content, error))
        return FALSE;
    *left_bytes -= content->len;
    g_hash_table_insert(archive->remembered, g_strdup(member->name),
                        g_byte_array_free_to_bytes(g_steal_pointer(&content)));
    return TRUE;
}

static gboolean list_members(Archive *archive, GError **error)
{
    size_t left_bytes = REMEMBERED_LIMIT_BYTES;
    g_autoptr(ArchiveReader) reader = archive_reader_open(archive->path, error);
    g_autoptr(GPtrArray) members = members_new();
    while (reader) {
        ArchiveMember *member;
        if (!archive_reader_next(reader, &member, error))
            return FALSE;
        archive->is_stream = archive_reader_is_stream(reader);
        archive->contents->is_complete = !member;
        if (!member)
            break;
        g_ptr_array_add(members, member);
        if (!archive->is_stream)
            continue;
        if (!remember_member(archive, reader, member, &left_bytes, error))
            return FALSE;
        if (is_descriptor(member->name))
            break;
    }
    if (!reader)
        return FALSE;
    take_members(archive->contents, g_steal_pointer(&members));
    return TRUE;
}

Archive *archive_open(const char *path, GError **error)
{
    g_autoptr(Archive) archive = g_new0(Archive, 1);
    archive->path = g_strdup(path);
    archive->contents = g_new0(Contents, 1);
    archive->contents->names = g_ptr_array_new();
    archive->remembered =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    struct stat info;
    if (stat(path, &info) == 0 && info.st_size > 0)
        archive->file_bytes = (uint64_t)info.st_size;
    if (list_members(archive, error))
        return g_steal_pointer(&archive);
    g_prefix_error(error, "cannot read '%s': ", path);
    return NULL;
}

static void remove_file(void *path)
{
    if (path)
        unlink(path);
    g_free(path);
}

void archive_close(Archive *archive)
{
    if (!archive)
        return;
    g_clear_pointer(&archive->contents->kept, g_ptr_array_unref);
    g_clear_pointer(&archive->contents->members, g_ptr_array_unref);
    g_ptr_array_unref(archive->contents->names);
    g_free(archive->contents);
    g_hash_table_unref(archive->remembered);
    g_free(archive->path);
    g_free(archive);
}

const char *archive_path(const Archive *archive)
{
    return archive->path;
}

const char *const *archive_members(const Archive *archive)
{
    return (const char *const *)archive->contents->names->pdata;
}

gboolean archive_is_complete(const Archive *archive)
{
    return archive->contents->is_complete;
}

void archive_set_progress(const Archive *archive, ProgressFunc progress, void *data)
{
    archive->contents->progress = progress;
    archive->contents->progress_data = data;
}

static const ArchiveMember *find_member(const Archive *archive, const char *name, guint *ret_index)
{
    for (guint i = 0; i < archive->contents->members->len; i++) {
        const ArchiveMember *member = g_ptr_array_index(archive->contents->members, i);
        if (g_str_equal(member->name, name)) {
            *ret_index = i;
            return member;
        }
    }
    return NULL;
}

gboolean archive_locate(const Archive *archive, const char *member, uint64_t *ret_offset,
                        uint64_t *ret_length)
{
    guint index;
    const ArchiveMember *found = find_member(archive, member, &index);
    if (!found || !found->is_stored)
        return FALSE;
    *ret_offset = found->offset;
    *ret_length = found->size_bytes;
    return TRUE;
}

/* A reader that stands at the content of the member called name. */
static ArchiveReader *open_member(const Archive *archive, const char *name,
                                  ArchiveMember **ret_member, GError **error)
{
    g_autoptr(ArchiveReader) reader = archive_reader_open(archive->path, error);
    while (reader) {
        g_autoptr(ArchiveMember) member = NULL;
        if (!archive_reader_next(reader, &member, error))
            return NULL;
        if (!member)
            break;
        if (g_str_equal(member->name, name)) {
            *ret_member = g_steal_pointer(&member);
            return g_steal_pointer(&reader);
        }
    }
    if (reader)
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "it has no member '%s'", name);
    return NULL;
}

/* What archive_complete() has made of it; limit_bytes is G_MAXUINT at most. */
static GBytes *read_kept(const char *path, const char *member, size_t limit_bytes, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autofree char *content = NULL;
    gsize length;
    struct stat info;
    if (stat(path, &info) == 0 && (uint64_t)info.st_size > limit_bytes) {
        set_too_large(error, member, limit_bytes);
        return NULL;
    }
    if (g_file_get_contents(path, &content, &length, &cause))
        return g_bytes_new_take(g_steal_pointer(&content), length);
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "%s", cause->message);
    return NULL;
}

GBytes *archive_read(const Archive *archive, const char *member, size_t limit_bytes, GError **error)
{
    guint index;
    g_autoptr(GBytes) result = NULL;
    GBytes *remembered = g_hash_table_lookup(archive->remembered, member);
    limit_bytes = MIN(limit_bytes, (size_t)G_MAXINT32);
    if (remembered && g_bytes_get_size(remembered) <= limit_bytes) {
        result = g_bytes_ref(remembered);
    } else if (archive->contents->kept && find_member(archive, member, &index)) {
        result = read_kept(archive->contents->kept->pdata[index], member, limit_bytes, error);
    } else {
        g_autoptr(ArchiveMember) found = NULL;
        g_autoptr(ArchiveReader) reader = open_member(archive, member, &found, error);
        g_autoptr(GByteArray) content = g_byte_array_new();
        if (reader && read_all(reader, found, limit_bytes, content, error))
            result = g_byte_array_free_to_bytes(g_steal_pointer(&content));
    }
    if (!result)
        g_prefix_error(error, "cannot read '%s': ", archive->path);
    return g_steal_pointer(&result);
}

static gboolean write_member(const Archive *archive, ArchiveReader *reader,
                             const ArchiveMember *member, const char *target, GError **error)
{
    g_autoptr(SpoolFile) file = spool_file_create(target, error);
    const void *bytes;
    size_t length;
    uint64_t offset, end = 0;
    if (!file)
        return FALSE;
    for (;;) {
        if (!archive_reader_read(reader, &bytes, &length, &offset, error))
            return FALSE;
        if (length == 0)
            break;
        if (!spool_file_write(file, offset, bytes, length, error))
            return FALSE;
        end = offset + length;
        if (archive->contents->progress)
            archive->contents->progress(archive->contents->progress_data,
                                        archive_reader_position(reader), archive->file_bytes);
    }
    gboolean has_size = member->size_bytes != ARCHIVE_SIZE_UNKNOWN;
    if (has_size && end > member->size_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the archive is damaged: there is more of '%s' than it says",
                          member->name);
        return FALSE;
    }
    return spool_file_finish(file, has_size ? member->size_bytes : end, error);
}

static gboolean keep_members(const Archive *archive, const char *directory, GPtrArray *members,
                             GPtrArray *kept, GError **error)
{
    g_autoptr(ArchiveReader) reader = archive_reader_open(archive->path, error);
    while (reader) {
        ArchiveMember *member;
        if (!archive_reader_next(reader, &member, error))
            return FALSE;
        if (!member)
            return TRUE;
        g_ptr_array_add(members, member);
        /* Names from the archive never become names of the host. */
        g_autofree char *target = g_strdup_printf("%s/archive-member-%u", directory, members->len);
        if (!write_member(archive, reader, member, target, error)) {
            g_prefix_error(error, "cannot unpack '%s': ", member->name);
            return FALSE;
        }
        g_ptr_array_add(kept, g_steal_pointer(&target));
    }
    return FALSE;
}

gboolean archive_complete(const Archive *archive, const char *directory, GError **error)
{
    if (!archive->is_stream || archive->contents->kept)
        return TRUE;
    g_autoptr(GPtrArray) members = members_new();
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(remove_file);
    if (!keep_members(archive, directory, members, kept, error)) {
        g_prefix_error(error, "cannot read '%s': ", archive->path);
        return FALSE;
    }
    take_members(archive->contents, g_steal_pointer(&members));
    archive->contents->kept = g_steal_pointer(&kept);
    archive->contents->is_complete = TRUE;
    return TRUE;
}

/* Both are in one file system; those without hard links have to give the file away. */
static gboolean hand_out(const Archive *archive, guint index, const char *target, GError **error)
{
    const char *kept = archive->contents->kept->pdata[index];
    if (link(kept, target) == 0)
        return TRUE;
    int cause = errno;
    if (cause != EEXIST && access(target, F_OK) != 0 && g_rename(kept, target) == 0)
        return TRUE;
    drydock_error_set_errno(error, cause, "cannot make '%s'", target);
    return FALSE;
}

static gboolean unpack(const Archive *archive, const char *member, const char *target,
                       GError **error)
{
    guint index;
    if (archive->contents->kept && find_member(archive, member, &index))
        return hand_out(archive, index, target, error);
    g_autoptr(ArchiveMember) found = NULL;
    g_autoptr(ArchiveReader) reader = open_member(archive, member, &found, error);
    return reader && write_member(archive, reader, found, target, error);
}

gboolean archive_unpack(const Archive *archive, const char *member, const char *target,
                        GError **error)
{
    g_autofree char *directory = g_path_get_dirname(target);
    if (!archive_complete(archive, directory, error))
        return FALSE;
    if (unpack(archive, member, target, error))
        return TRUE;
    g_prefix_error(error, "cannot unpack '%s': ", archive->path);
    return FALSE;
}
