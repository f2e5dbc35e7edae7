/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking DER elements. */
#include "windows/der.h"

#include <string.h>

void der_cursor_init(DerCursor *cursor, const uint8_t *data, size_t length)
{
    cursor->next = data;
    cursor->end = data + length;
}

void der_enter(const DerElement *element, DerCursor *ret_inside)
{
    der_cursor_init(ret_inside, element->content, element->length);
}

gboolean der_next(DerCursor *cursor, DerElement *ret_element)
{
    const uint8_t *next = cursor->next;
    size_t left = (size_t)(cursor->end - next), length, count;

    if (left < 2 || (next[0] & 0x1f) == 0x1f)
        return FALSE;
    length = next[1];
    count = 2;
    if (length & 0x80) {
        size_t bytes = length & 0x7f;

        /* 0 is BER's indefinite form, which DER forbids; 4 bytes are plenty for a file. */
        if (bytes == 0 || bytes > 4 || left < 2 + bytes)
            return FALSE;
        for (length = 0; bytes; bytes--)
            length = length << 8 | next[count++];
    }
    if (length > left - count)
        return FALSE;
    ret_element->tag = next[0];
    ret_element->start = next;
    ret_element->content = next + count;
    ret_element->length = length;
    cursor->next = next + count + length;
    return TRUE;
}

gboolean der_expect(DerCursor *cursor, uint8_t tag, DerElement *ret_element)
{
    DerCursor ahead = *cursor;

    if (!der_next(&ahead, ret_element) || ret_element->tag != tag)
        return FALSE;
    *cursor = ahead;
    return TRUE;
}

gboolean der_is_oid(const DerElement *element, const uint8_t *oid, size_t length)
{
    return element->tag == DER_OID && element->length == length &&
           memcmp(element->content, oid, length) == 0;
}

gboolean der_equal(const DerElement *a, const DerElement *b)
{
    size_t length = (size_t)(a->content - a->start) + a->length;

    return length == (size_t)(b->content - b->start) + b->length &&
           memcmp(a->start, b->start, length) == 0;
}
