/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings in buffers of fixed size. */
#include "windows/firstboot/text.h"

#include <stdarg.h>

size_t text_length(const WCHAR *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

void text_clear(Text *text)
{
    text->length = 0;
    text->is_cut = FALSE;
    text->buffer[0] = L'\0';
}

static void append(Text *text, const WCHAR *part, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text->length + 1 >= text->capacity) {
            text->is_cut = TRUE;
            break;
        }
        text->buffer[text->length++] = part[i];
    }
    text->buffer[text->length] = L'\0';
}

void text_append_utf8(Text *text, const char *utf8, size_t length)
{
    size_t room = text->capacity - text->length - 1;
    int count;

    if (length == 0)
        return;
    count = room == 0 || length > INT_MAX || room > INT_MAX
                ? 0
                : MultiByteToWideChar(CP_UTF8, 0, utf8, (int)length, text->buffer + text->length,
                                      (int)room);
    if (count <= 0)
        text->is_cut = TRUE;
    else
        text->length += (size_t)count;
    text->buffer[text->length] = L'\0';
}

static void append_narrow(Text *text, const char *utf8)
{
    size_t length = 0;

    while (utf8[length])
        length++;
    text_append_utf8(text, utf8, length);
}

static void append_number(Text *text, DWORD number, DWORD base)
{
    WCHAR digits[10];
    size_t start = ARRAYSIZE(digits);

    do {
        digits[--start] = L"0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    append(text, digits + start, ARRAYSIZE(digits) - start);
}

void text_format(Text *text, const WCHAR *format, ...)
{
    va_list arguments;
    const WCHAR *part;

    text->buffer[text->length] = L'\0';
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != L'%') {
            append(text, format, 1);
            continue;
        }
        format++;
        if (*format == L's') {
            part = va_arg(arguments, const WCHAR *);
            append(text, part, text_length(part));
        } else if (*format == L'a') {
            append_narrow(text, va_arg(arguments, const char *));
        } else if (*format == L'u' || *format == L'x') {
            append_number(text, va_arg(arguments, DWORD), *format == L'u' ? 10 : 16);
        } else {
            append(text, format, 1);
        }
    }
    va_end(arguments);
}

static BOOL equals(const WCHAR *left, int left_length, const WCHAR *right, int right_length)
{
    return CompareStringW(LOCALE_INVARIANT, NORM_IGNORECASE, left, left_length, right,
                          right_length) == CSTR_EQUAL;
}

BOOL text_equals(const WCHAR *left, const WCHAR *right)
{
    return equals(left, -1, right, -1);
}

BOOL text_starts_with(const WCHAR *text, const WCHAR *start)
{
    size_t length = text_length(start);

    return text_length(text) >= length && equals(text, (int)length, start, (int)length);
}
