/* SPDX-License-Identifier: GPL-3.0-or-later */
/* newc archives: a streaming reader that follows the kernel's rules, and a writer. */
#include "linux/cpio.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

#define HEADER_SIZE 110u
#define TRAILER "TRAILER!!!"
#define MAGIC_NEWC "070701"
#define MAGIC_CRC "070702"

/* Fields of the header, each 8 hex digits after the 6 of the magic. */
enum {
    FIELD_INODE,
    FIELD_MODE,
    FIELD_UID,
    FIELD_GID,
    FIELD_LINKS,
    FIELD_MTIME,
    FIELD_SIZE,
    FIELD_DEV_MAJOR,
    FIELD_DEV_MINOR,
    FIELD_RDEV_MAJOR,
    FIELD_RDEV_MINOR,
    FIELD_NAME_SIZE,
    FIELD_CHECK,
    FIELD_COUNT,
};

static gboolean parse_header(const uint8_t *bytes, uint32_t fields[FIELD_COUNT])
{
    if (memcmp(bytes, MAGIC_NEWC, 6) != 0 && memcmp(bytes, MAGIC_CRC, 6) != 0)
        return FALSE;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        fields[i] = 0;
        for (size_t j = 0; j < 8; j++) {
            int digit = g_ascii_xdigit_value((char)bytes[6 + i * 8 + j]);

            if (digit < 0)
                return FALSE;
            fields[i] = fields[i] << 4 | (uint32_t)digit;
        }
    }
    return fields[FIELD_NAME_SIZE] > 0 && fields[FIELD_NAME_SIZE] <= CPIO_NAME_MAX;
}

gboolean cpio_is_header(const uint8_t *bytes, size_t length)
{
    uint32_t fields[FIELD_COUNT];

    return length >= HEADER_SIZE && parse_header(bytes, fields);
}

typedef struct {
    const CpioInput *input;
    uint64_t offset;
} Reader;

static gboolean read_exactly(Reader *reader, uint8_t *buffer, size_t length, GError **error)
{
    size_t got = 0;

    if (!reader->input->read(reader->input->source, buffer, length, &got, error))
        return FALSE;
    reader->offset += got;
    if (got == length)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the archive ends in the middle of a member at offset %" G_GUINT64_FORMAT,
                      reader->offset);
    return FALSE;
}

static gboolean skip(Reader *reader, uint64_t length, GError **error)
{
    uint8_t buffer[2048];

    while (length > 0) {
        size_t step = (size_t)MIN(length, sizeof(buffer));

        if (!read_exactly(reader, buffer, step, error))
            return FALSE;
        length -= step;
    }
    return TRUE;
}

static gboolean skip_to_boundary(Reader *reader, GError **error)
{
    return skip(reader, (4 - reader->offset % 4) % 4, error);
}

static char *normalise_path(const char *name)
{
    while (*name == '/' || (name[0] == '.' && name[1] == '/'))
        name++;

    char *path = g_strdup(name);

    for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
    return path;
}

static gboolean read_content(Reader *reader, const CpioVisitor *visitor, CpioMember *member,
                             uint64_t size, GError **error)
{
    gboolean is_link = S_ISLNK(member->mode) && size <= CPIO_NAME_MAX;

    if (!is_link && !(size > 0 && visitor->wants(member->path, size, visitor->data)))
        return skip(reader, size, error);

    g_autofree uint8_t *content = g_try_malloc(size + 1);

    if (content == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "no memory for '%s' (%" G_GUINT64_FORMAT " bytes)", member->path, size);
        return FALSE;
    }
    if (!read_exactly(reader, content, (size_t)size, error))
        return FALSE;
    member->content = g_bytes_new_take(g_steal_pointer(&content), (gsize)size);
    return TRUE;
}

/* One member behind its header. *ret_trailer: it was the end of the archive. */
static gboolean read_member(Reader *reader, const uint32_t *fields, const CpioVisitor *visitor,
                            gboolean *ret_trailer, GError **error)
{
    g_autofree char *name = g_malloc((gsize)fields[FIELD_NAME_SIZE] + 1);
    CpioMember member = {.mode = fields[FIELD_MODE]};

    if (!read_exactly(reader, (uint8_t *)name, fields[FIELD_NAME_SIZE], error))
        return FALSE;
    name[fields[FIELD_NAME_SIZE]] = '\0';
    if (!skip_to_boundary(reader, error))
        return FALSE;
    *ret_trailer = strcmp(name, TRAILER) == 0;
    if (*ret_trailer)
        return TRUE;

    g_autofree char *path = member.path = normalise_path(name);
    gboolean ok = read_content(reader, visitor, &member, fields[FIELD_SIZE], error) &&
                  skip_to_boundary(reader, error) && visitor->found(&member, visitor->data, error);

    if (member.path == NULL)
        path = NULL; /* taken */
    g_clear_pointer(&member.content, g_bytes_unref);
    return ok;
}

/* Zeros up to the next archive. *ret_header is filled; *ret_end TRUE: nothing more comes. */
static gboolean next_header(Reader *reader, uint8_t header[HEADER_SIZE], gboolean *ret_end,
                            GError **error)
{
    size_t got = 0;

    *ret_end = FALSE;
    do {
        if (!reader->input->read(reader->input->source, header, 4, &got, error))
            return FALSE;
        reader->offset += got;
    } while (got == 4 && memcmp(header, "\0\0\0", 4) == 0);
    if (got < 4) {
        *ret_end = TRUE;
        return TRUE;
    }
    return read_exactly(reader, header + 4, HEADER_SIZE - 4, error);
}

gboolean cpio_read(const CpioInput *input, const CpioVisitor *visitor, uint64_t *ret_end,
                   GError **error)
{
    Reader reader = {.input = input};
    uint8_t header[HEADER_SIZE];
    uint32_t fields[FIELD_COUNT];
    uint64_t end = 0;
    gboolean in_archive = FALSE;

    for (;;) {
        g_autoptr(GError) local_error = NULL;
        gboolean at_end = FALSE, trailer = FALSE;
        uint64_t start = reader.offset;
        gboolean ok = in_archive ? read_exactly(&reader, header, HEADER_SIZE, &local_error)
                                 : next_header(&reader, header, &at_end, &local_error);

        if (ok && at_end && end > 0)
            break;
        if (ok && (at_end || !parse_header(header, fields))) {
            drydock_error_set(&local_error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "no archive member at offset %" G_GUINT64_FORMAT, start);
            ok = FALSE;
        }
        if (!ok && end > 0 && !in_archive)
            break; /* what follows a complete archive is not ours to read */
        if (!ok || !read_member(&reader, fields, visitor, &trailer, &local_error)) {
            g_propagate_error(error, g_steal_pointer(&local_error));
            return FALSE;
        }
        in_archive = !trailer;
        if (trailer)
            end = reader.offset;
    }
    *ret_end = end;
    return TRUE;
}

void cpio_writer_init(CpioWriter *writer)
{
    *writer = (CpioWriter){.bytes = g_byte_array_new(), .next_inode = 1};
}

void cpio_writer_clear(CpioWriter *writer)
{
    g_clear_pointer(&writer->bytes, g_byte_array_unref);
}

static void pad(GByteArray *bytes)
{
    static const uint8_t zeros[4] = {0};

    g_byte_array_append(bytes, zeros, (4 - bytes->len % 4) % 4);
}

static void add_member(CpioWriter *writer, const char *path, const uint8_t *content, size_t size,
                       uint32_t mode)
{
    const uint32_t fields[FIELD_COUNT] = {
        [FIELD_INODE] = mode == 0 ? 0 : writer->next_inode++,
        [FIELD_MODE] = mode,
        [FIELD_LINKS] = S_ISDIR(mode) ? 2 : 1,
        [FIELD_SIZE] = (uint32_t)size,
        [FIELD_NAME_SIZE] = (uint32_t)strlen(path) + 1,
    };

    g_byte_array_append(writer->bytes, (const uint8_t *)MAGIC_NEWC, 6);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char text[9];

        g_snprintf(text, sizeof(text), "%08x", fields[i]);
        g_byte_array_append(writer->bytes, (const uint8_t *)text, 8);
    }
    g_byte_array_append(writer->bytes, (const uint8_t *)path, fields[FIELD_NAME_SIZE]);
    pad(writer->bytes);
    if (size > 0)
        g_byte_array_append(writer->bytes, content, (guint)size);
    pad(writer->bytes);
}

void cpio_writer_add_file(CpioWriter *writer, const char *path, GBytes *content, uint32_t mode)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(content, &size);

    add_member(writer, path, data, size, S_IFREG | mode);
}

void cpio_writer_add_directory(CpioWriter *writer, const char *path)
{
    add_member(writer, path, NULL, 0, S_IFDIR | 0755);
}

void cpio_writer_add_symlink(CpioWriter *writer, const char *path, const char *target)
{
    add_member(writer, path, (const uint8_t *)target, strlen(target), S_IFLNK | 0777);
}

GBytes *cpio_writer_finish(CpioWriter *writer)
{
    add_member(writer, TRAILER, NULL, 0, 0);
    return g_byte_array_free_to_bytes(g_steal_pointer(&writer->bytes));
}
