/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The little that we look at in a tar header ourselves (POSIX.1-2017, pax, "ustar Interchange
   Format"): whether a block is one. Only for convert/archive*.c. */
#ifndef CONVERT_ARCHIVE_ARCHIVE_TAR_H
#define CONVERT_ARCHIVE_ARCHIVE_TAR_H

#include <glib.h>
#include <stdint.h>

#define ARCHIVE_TAR_BLOCK_BYTES ((size_t)512)

/* block: ARCHIVE_TAR_BLOCK_BYTES. The checksum is right; of files from before ustar, too. */
gboolean archive_tar_is_header(const uint8_t *block);

/* The header stands directly before the content of a file. */
gboolean archive_tar_is_plain_file(const uint8_t *block);

#endif
