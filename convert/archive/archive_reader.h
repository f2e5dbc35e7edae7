/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the members of an archive, through libarchive, with what no OVA may hold refused on
   the way. Only for convert/archive.c. */
#ifndef CONVERT_ARCHIVE_ARCHIVE_READER_H
#define CONVERT_ARCHIVE_ARCHIVE_READER_H

#include <glib.h>
#include <stdint.h>

#define ARCHIVE_SIZE_UNKNOWN G_MAXUINT64

typedef struct ArchiveReader ArchiveReader;

typedef struct {
    char *name;          /* UTF-8, relative, without "./" before it */
    uint64_t size_bytes; /* or ARCHIVE_SIZE_UNKNOWN */
    gboolean is_stored;  /* its content lies in the file as it is, at offset */
    uint64_t offset;
} ArchiveMember;

void archive_member_free(ArchiveMember *member);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveMember, archive_member_free)

ArchiveReader *archive_reader_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void archive_reader_close(ArchiveReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveReader, archive_reader_close)

/* The next regular file; *ret_member is NULL at the end. What is no file or directory, has an
   unsafe name or a name that was there before is DRYDOCK_ERROR_PRECONDITION, damage and an early
   end DRYDOCK_ERROR_CORRUPT. */
gboolean archive_reader_next(ArchiveReader *reader, ArchiveMember **ret_member,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The next bytes of the current member and where they belong (what lies between is zeros); borrowed
   until the next call. *ret_length is 0 at the end. */
gboolean archive_reader_read(ArchiveReader *reader, const void **ret_bytes, size_t *ret_length,
                             uint64_t *ret_offset, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Members can only be had in their order: the archive is compressed as a whole. Known after the
   first archive_reader_next(). */
gboolean archive_reader_is_stream(const ArchiveReader *reader);

/* Bytes of the file that were read so far. */
uint64_t archive_reader_position(const ArchiveReader *reader);

#endif
