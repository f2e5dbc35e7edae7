/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names as a hive stores them: one-byte Latin-1 or UTF-16LE, compared in upper case. For this
   folder only. */
#ifndef REGISTRY_TEXT_H
#define REGISTRY_TEXT_H

#include <glib.h>
#include <stdint.h>

typedef struct {
    const uint8_t *bytes; /* borrowed */
    size_t length;        /* in bytes; an odd last byte of UTF-16 is not part of the name */
    gboolean is_latin1;
} HiveName;

size_t hive_name_units(const HiveName *name);

/* < 0, 0, > 0 by upper-cased UTF-16 code units, as Windows sorts subkeys. */
int hive_name_compare(const HiveName *a, const HiveName *b);

gboolean hive_name_is_ascii(const HiveName *name);

/* As lh lists have it. */
uint32_t hive_name_hash(const HiveName *name);

/* NUL and unpaired surrogates become U+FFFD; then *ret_is_exact (may be NULL) is FALSE. */
char *hive_name_to_utf8(const HiveName *name, gboolean *ret_is_exact);

/* text as UTF-16LE bytes; invalid UTF-8 becomes U+FFFD. with_nul: two zero bytes more. */
GByteArray *hive_text_to_utf16(const char *text, gboolean with_nul);

/* The strings of a MULTI_SZ. Empty ones in the middle are kept (PendingFileRenameOperations has
   them), those at the end are not. */
char **hive_multi_string_decode(const uint8_t *data, size_t length);
/* Up to the first NUL or the end; an odd last byte is ignored. */
char *hive_string_decode(const uint8_t *data, size_t length);

#endif
