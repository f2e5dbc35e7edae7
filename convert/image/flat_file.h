/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of one image file as its reader sees them: a part of a host's file, with what a log
   still had to write laid over it. Never written. Reads may come from several threads at once once
   the last patch is in. Only for files of convert/. */
#ifndef CONVERT_IMAGE_FLAT_FILE_H
#define CONVERT_IMAGE_FLAT_FILE_H

#include <glib.h>
#include <stdint.h>

#define FLAT_PATCH_BYTES 4096 /* patches begin and end at multiples of it */

typedef struct FlatFile FlatFile;

/* [offset, offset + length) of a regular file; what is not there when it is opened is
   DRYDOCK_ERROR_CORRUPT. */
FlatFile *flat_file_open(const char *path, uint64_t offset, uint64_t length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void flat_file_close(FlatFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlatFile, flat_file_close)

/* As patches and flat_file_grow() leave it; beyond the bytes of the host's file it has zeros. */
uint64_t flat_file_size(const FlatFile *file);
uint64_t flat_file_stored_size(const FlatFile *file); /* of the host's file alone */

/* Later patches hide earlier ones. offset and length are multiples of FLAT_PATCH_BYTES, and their
   sum does not overflow. data: FLAT_PATCH_BYTES of them, which the file takes over. */
void flat_file_patch(FlatFile *file, uint64_t offset, uint8_t *data);
void flat_file_patch_zeros(FlatFile *file, uint64_t offset, uint64_t length);
void flat_file_grow(FlatFile *file, uint64_t size);

/* All of the range or an error; beyond the end is DRYDOCK_ERROR_CORRUPT saying that the file is cut
   short. what: for the message, "header". */
gboolean flat_file_read(const FlatFile *file, uint64_t offset, void *buffer, size_t length,
                        const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
