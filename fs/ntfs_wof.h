/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content of files that Windows 10 and later keep compressed ("CompactOS"): chunks of the stream
   WofCompressedData, found through the table it begins with. What the reparse point and the table
   hold is known from Microsoft's [MS-FSCC] (FILE_PROVIDER_EXTERNAL_INFO) and from files that
   Windows and wimlib wrote; wimlib decompresses the chunks. */
#ifndef FS_NTFS_WOF_H
#define FS_NTFS_WOF_H

#include <glib.h>
#include <stdint.h>

/* The stream's name. */
#define NTFS_WOF_STREAM "WofCompressedData"

typedef enum {
    NTFS_WOF_XPRESS4K,
    NTFS_WOF_LZX,
    NTFS_WOF_XPRESS8K,
    NTFS_WOF_XPRESS16K,
} NtfsWofAlgorithm; /* numbers of the format */

typedef struct NtfsWof NtfsWof;

/* Where the stream's bytes come from: exactly length bytes or an error. */
typedef gboolean (*NtfsWofRead)(void *user_data, uint64_t offset, void *buffer, size_t length,
                                GError **error);

/* bytes: what follows the header of a reparse point with the tag WOF. DRYDOCK_ERROR_UNSUPPORTED:
   the content is in a WIM file elsewhere, or the algorithm is not known. */
gboolean ntfs_wof_parse(GBytes *bytes, NtfsWofAlgorithm *ret_algorithm,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* content_bytes: the file's size; stream_bytes: that of its stream. */
gboolean ntfs_wof_new(NtfsWofAlgorithm algorithm, uint64_t content_bytes, uint64_t stream_bytes,
                      NtfsWof **ret_wof, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Resources of WIM archives have the same form, there with chunks of any size wimlib knows.
   DRYDOCK_ERROR_UNSUPPORTED: not this one. */
gboolean ntfs_wof_new_resource(gboolean is_lzx, uint32_t chunk_bytes, uint64_t content_bytes,
                               uint64_t stream_bytes, NtfsWof **ret_wof,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ntfs_wof_free(NtfsWof *wof); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtfsWof, ntfs_wof_free)

/* length bytes of the content from offset, which lie within it. Never needs more memory than two
   chunks, whatever the table says; a table or chunk that cannot be is DRYDOCK_ERROR_CORRUPT. The
   chunk read last is kept, so small reads in order decompress each chunk once. */
gboolean ntfs_wof_read(NtfsWof *wof, NtfsWofRead read, void *user_data, uint64_t offset,
                       void *buffer, size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
