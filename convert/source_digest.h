/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of a source's files. Only for files of convert/. */
#ifndef CONVERT_SOURCE_DIGEST_H
#define CONVERT_SOURCE_DIGEST_H

#include "convert/source_context.h"
#include "disk/disk.h"

/* The bytes of a place, to be read. */
Disk *source_place_open(const SourcePlace *place, GError **error);

/* Reads all of place. *done grows by what was read, of total, and the request hears of it.
 *ret_digest: hexadecimal, lower case, the caller's. */
gboolean source_digest(const SourceContext *context, const SourcePlace *place, GChecksumType type,
                       uint64_t *done, uint64_t total, char **ret_digest,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* DRYDOCK_ERROR_CORRUPT when digest is not wanted. name and type_name are for the message. */
gboolean source_digest_compare(const char *name, const char *type_name, const char *digest,
                               const char *wanted, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
