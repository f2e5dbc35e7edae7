/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings of the service: UTF-16 in a buffer of fixed size that is never overrun. */
#ifndef WINDOWS_FIRSTBOOT_TEXT_H
#define WINDOWS_FIRSTBOOT_TEXT_H

#include "windows/firstboot/platform.h"

typedef struct {
    WCHAR *buffer; /* always ends with NUL once something was put in */
    size_t capacity, length;
    BOOL is_cut; /* something did not fit: not to be used as a path or a command */
} Text;

#define TEXT_ON(array)                                                                             \
    {                                                                                              \
        (array), ARRAYSIZE(array), 0, FALSE                                                        \
    }

void text_clear(Text *text);
/* Appends. Knows %s (const WCHAR *), %a (const char *, UTF-8), %u and %x (DWORD), %% and nothing
   else. */
void text_format(Text *text, const WCHAR *format, ...);
void text_append_utf8(Text *text, const char *utf8, size_t length);

/* Any case, by the rules of the system. */
BOOL text_equals(const WCHAR *left, const WCHAR *right);
BOOL text_starts_with(const WCHAR *text, const WCHAR *start);
size_t text_length(const WCHAR *text);

#endif
