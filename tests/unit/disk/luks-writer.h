/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes LUKS2 headers in ways that cryptsetup would not, for tests. */
#ifndef TESTS_UNIT_DISK_LUKS_WRITER_H
#define TESTS_UNIT_DISK_LUKS_WRITER_H

#include <glib.h>
#include <stdint.h>

/* Sets the checksum of the copy of the metadata at header (its binary part and JSON) again after
   bytes were changed; does nothing where its size is not that of one, or beyond length. */
void luks_update_checksum(uint8_t *header, size_t length);

/* In the file at path, replaces every old in the JSON of both copies by new. */
void luks_edit_json(const char *path, const char *old, const char *new);

#endif
