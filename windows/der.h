/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ITU-T X.690 DER, as far as looking into a signature needs it: a cursor over definite-length
   elements that never leaves its bytes. */
#ifndef WINDOWS_DER_H
#define WINDOWS_DER_H

#include <glib.h>
#include <stdint.h>

enum {
    DER_INTEGER = 0x02,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0xa0, /* constructed */
    DER_CONTEXT_1 = 0xa1,
};

typedef struct {
    const uint8_t *next, *end;
} DerCursor;

typedef struct {
    uint8_t tag;
    const uint8_t *start; /* of the tag: start … content + length is the whole element */
    const uint8_t *content;
    size_t length;
} DerElement;

void der_cursor_init(DerCursor *cursor, const uint8_t *data, size_t length);
/* A cursor over the content of an element. */
void der_enter(const DerElement *element, DerCursor *ret_inside);
/* FALSE at the end, and where the bytes are no element. */
gboolean der_next(DerCursor *cursor, DerElement *ret_element);
/* As der_next(), and the tag must be this one; else nothing is consumed. */
gboolean der_expect(DerCursor *cursor, uint8_t tag, DerElement *ret_element);
/* oid: content bytes of the identifier. */
gboolean der_is_oid(const DerElement *element, const uint8_t *oid, size_t length);
/* The whole elements are the same bytes. */
gboolean der_equal(const DerElement *a, const DerElement *b);

#endif
