/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OVA and other archives: tar, plain or compressed (gzip, xz, zstd, bzip2), and zip. Members of a
   plain tar are used in place. Only for files of convert/. */
#ifndef CONVERT_ARCHIVE_ARCHIVE_H
#define CONVERT_ARCHIVE_ARCHIVE_H

#include <glib.h>
#include <stdint.h>

#include "base/progress.h"

typedef struct Archive Archive;

/* By content; TRUE also for a damaged one. */
gboolean archive_probe(const uint8_t *head, size_t length);

/* Reads the list of members. Absolute names, "..", names twice, links and devices are
   DRYDOCK_ERROR_PRECONDITION; an archive that ends early is DRYDOCK_ERROR_CORRUPT. A compressed
   archive is listed only as far as its descriptor (OVF puts it first) when that is enough. */
Archive *archive_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void archive_close(Archive *archive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_close)

const char *archive_path(const Archive *archive);

/* Names of the members in their order, NULL-terminated; borrowed until archive_complete(). Of a
   compressed archive those that are known so far. */
const char *const *archive_members(const Archive *archive);

/* FALSE: there may be members that archive_members() does not name, see archive_complete(). */
gboolean archive_is_complete(const Archive *archive);

/* Makes everything in a compressed archive available in one pass: its members are unpacked into
   directory (private, as large as they are together), archive_members() names them all, and
   archive_unpack() hands them out without reading the archive again. Nothing to do for others, and
   the second time. */
gboolean archive_complete(const Archive *archive, const char *directory,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Who hears how far archive_complete() is, in bytes of the archive. */
void archive_set_progress(const Archive *archive, ProgressFunc progress, void *data);

/* Where the content of a member lies in the file itself; FALSE: it has to be unpacked (or is not
   there). */
gboolean archive_locate(const Archive *archive, const char *member, uint64_t *ret_offset,
                        uint64_t *ret_length);

/* The whole content of a small member; above limit_bytes is DRYDOCK_ERROR_UNSUPPORTED. */
GBytes *archive_read(const Archive *archive, const char *member, size_t limit_bytes,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the content of a member to target, which must not exist; zeros become holes. A compressed
   archive is first completed in target's folder, so that several members cost one pass. */
gboolean archive_unpack(const Archive *archive, const char *member, const char *target,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
