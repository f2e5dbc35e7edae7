/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16 in bytes to UTF-8, without iconv: its converters are files, which the process that reads a
   guest cannot open. */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    UTF16_LITTLE_ENDIAN,
    UTF16_BIG_ENDIAN,
} Utf16Order;

/* length in bytes; an odd last byte is passed over. Ends at the first NUL. What is no valid UTF-16
   becomes U+FFFD. */
char *utf16_to_utf8(const uint8_t *bytes, size_t length, Utf16Order order);

#endif
