/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of .reg files: header, keys and values, one statement after the other. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/reg_file.h"
#include "registry/reg_text.h"
#include "registry/text.h"

#define HEADER_5 "Windows Registry Editor Version 5.00"
#define HEADER_4 "REGEDIT4"

typedef struct {
    const char *file_name;
    const char *at; /* in the text, which ends with NUL */
    guint line;
    gboolean is_version_4; /* strings in hex data are Windows-1252 */
    char *key;             /* whose values follow; NULL: none yet, or a deleted one */
    gboolean key_is_deleted;
    GPtrArray *entries;
} RegReader;

void reg_entry_free(RegEntry *entry)
{
    if (entry == NULL) {
        return;
    }
    g_free(entry->key);
    g_free(entry->name);
    g_clear_pointer(&entry->data, g_bytes_unref);
    g_free(entry);
}

static gboolean reader_fail_at(const RegReader *reader, guint line, const char *hint,
                               const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "%s:%u: %s", reader->file_name, line, what);
    return FALSE;
}

static gboolean reader_fail(const RegReader *reader, const char *hint, const char *what,
                            GError **error)
{
    return reader_fail_at(reader, reader->line, hint, what, error);
}

static void skip_blanks(RegReader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r') {
        reader->at++;
    }
}

static void skip_line(RegReader *reader)
{
    reader->at += strcspn(reader->at, "\n");
}

/* Blanks, line ends and comments. */
static void skip_empty(RegReader *reader)
{
    for (;;) {
        skip_blanks(reader);
        if (*reader->at == ';') {
            skip_line(reader);
        }
        if (*reader->at != '\n') {
            return;
        }
        reader->at++;
        reader->line++;
    }
}

static gboolean expect_line_end(RegReader *reader, guint began, GError **error)
{
    skip_blanks(reader);
    if (*reader->at == '\0' || *reader->at == '\n' || *reader->at == ';') {
        return TRUE;
    }
    if (began == reader->line) {
        return reader_fail(reader, NULL, "there is something behind the end of the value", error);
    }
    g_autofree char *what =
        g_strdup_printf("there is something behind the text that began in line %u", began);
    return reader_fail(reader, "every text ends with a quotation mark", what, error);
}

static RegEntry *add_entry(RegReader *reader, RegEntryKind kind, guint line)
{
    RegEntry *entry = g_new0(RegEntry, 1);
    entry->kind = kind;
    entry->key = g_strdup(reader->key);
    entry->line = line;
    g_ptr_array_add(reader->entries, entry);
    return entry;
}

static gboolean read_header(RegReader *reader, GError **error)
{
    skip_empty(reader);
    g_autofree char *line = g_strndup(reader->at, strcspn(reader->at, "\n"));
    g_strchomp(line);
    reader->is_version_4 = g_str_equal(line, HEADER_4);
    if (!reader->is_version_4 && !g_str_equal(line, HEADER_5)) {
        return reader_fail(reader, "a .reg file begins with '" HEADER_5 "' or '" HEADER_4 "'",
                           "this is not the first line of a .reg file", error);
    }
    skip_line(reader);
    return TRUE;
}

static gboolean read_key(RegReader *reader, GError **error)
{
    const char *start = reader->at + 1;
    size_t length = strcspn(start, "\n");
    g_autofree char *line = g_strndup(start, length);
    char *close = strrchr(line, ']');
    if (close == NULL) {
        return reader_fail(reader, NULL, "the bracket of the key is not closed", error);
    }
    *close = '\0';
    reader->at = start + (close - line) + 1;
    reader->key_is_deleted = *line == '-';
    g_free(reader->key);
    reader->key = g_strdup(line + (reader->key_is_deleted ? 1 : 0));
    if (*reader->key == '\0') {
        return reader_fail(reader, "name it as [HKEY_LOCAL_MACHINE\\SOFTWARE\\…]",
                           "there is no key between the brackets", error);
    }
    add_entry(reader, reader->key_is_deleted ? REG_ENTRY_DELETE_KEY : REG_ENTRY_CREATE_KEY,
              reader->line);
    return expect_line_end(reader, reader->line, error);
}

/* From the quotation mark at reader->at. A line end inside is part of the text: regedit writes
   texts of several lines so. */
static gboolean read_quoted(RegReader *reader, char **ret_text, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint began = reader->line;
    for (reader->at++; *reader->at != '"'; reader->at++) {
        if (*reader->at == '\\') {
            reader->at++;
            if (*reader->at != '\\' && *reader->at != '"') {
                return reader_fail(reader,
                                   "write \\\\ for a backslash and \\\" for a quotation mark",
                                   "a backslash stands alone", error);
            }
        }
        if (*reader->at == '\0') {
            return reader_fail_at(reader, began, NULL, "the quotation mark is not closed", error);
        }
        reader->line += *reader->at == '\n';
        g_string_append_c(text, *reader->at);
    }
    reader->at++;
    *ret_text = g_string_free(g_steal_pointer(&text), FALSE);
    return TRUE;
}

/* A backslash that ends the line: the data go on in the next one. */
static gboolean skip_continuation(RegReader *reader)
{
    const char *at = reader->at + 1;
    at += strspn(at, " \t\r");
    if (*at != '\n') {
        return FALSE;
    }
    reader->at = at + 1;
    reader->line++;
    skip_blanks(reader);
    return TRUE;
}

static gboolean read_hex_byte(RegReader *reader, GByteArray *bytes, GError **error)
{
    size_t digits = strspn(reader->at, "0123456789abcdefABCDEF");
    if (digits < 1 || digits > 2) {
        return reader_fail(reader, "bytes are written as 0a,1b,ff",
                           digits == 0 ? "a byte is missing" : "a byte has too many digits", error);
    }
    uint8_t byte = (uint8_t)g_ascii_xdigit_value(*reader->at++);
    if (digits == 2) {
        byte = (uint8_t)(byte * 16 + g_ascii_xdigit_value(*reader->at++));
    }
    g_byte_array_append(bytes, &byte, 1);
    return TRUE;
}

static gboolean read_hex(RegReader *reader, GByteArray *bytes, GError **error)
{
    skip_blanks(reader);
    while (*reader->at == '\\' && skip_continuation(reader)) {
        continue;
    }
    if (*reader->at == '\0' || *reader->at == '\n' || *reader->at == ';') {
        return TRUE; /* no data at all */
    }
    for (;;) {
        if (!read_hex_byte(reader, bytes, error)) {
            return FALSE;
        }
        skip_blanks(reader);
        if (*reader->at != ',') {
            return TRUE;
        }
        reader->at++;
        skip_blanks(reader);
        while (*reader->at == '\\' && skip_continuation(reader)) {
            continue;
        }
    }
}

/* REGEDIT4 has strings in hex data in the code page of the machine. */
static GByteArray *widen(const GByteArray *bytes)
{
    GByteArray *wide = g_byte_array_new();
    for (guint i = 0; i < bytes->len; i++) {
        uint8_t unit[2];
        put_le16(unit, (uint16_t)reg_text_from_ansi(bytes->data[i]));
        g_byte_array_append(wide, unit, sizeof unit);
    }
    return wide;
}

static gboolean read_hex_data(RegReader *reader, RegEntry *entry, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!read_hex(reader, bytes, error)) {
        return FALSE;
    }
    if (reader->is_version_4 &&
        (entry->type == HIVE_TYPE_EXPAND_SZ || entry->type == HIVE_TYPE_MULTI_SZ)) {
        GByteArray *wide = widen(bytes);
        g_byte_array_unref(bytes);
        bytes = wide;
    }
    entry->data = g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
    return TRUE;
}

static gboolean read_number(RegReader *reader, RegEntry *entry, size_t size, GError **error)
{
    uint8_t bytes[8];
    skip_blanks(reader);
    size_t digits = strspn(reader->at, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 2 * size) {
        g_autofree char *hint =
            g_strdup_printf("write 1 to %" G_GSIZE_FORMAT " hexadecimal digits", 2 * size);
        return reader_fail(reader, hint, "this is not a number of that type", error);
    }
    put_le64(bytes, g_ascii_strtoull(reader->at, NULL, 16));
    reader->at += digits;
    entry->data = g_bytes_new(bytes, size);
    return TRUE;
}

static gboolean read_dword(RegReader *reader, RegEntry *entry, GError **error)
{
    return read_number(reader, entry, 4, error);
}

static gboolean read_qword(RegReader *reader, RegEntry *entry, GError **error)
{
    return read_number(reader, entry, 8, error);
}

/* qword: is what hive_value_to_text() shows; regedit itself writes hex(b). */
static const struct {
    const char *prefix; /* one that ends with '(' is followed by the type and "):" */
    uint32_t type;
    gboolean (*read)(RegReader *reader, RegEntry *entry, GError **error);
} data_forms[] = {
    {"dword:", HIVE_TYPE_DWORD, read_dword},
    {"qword:", HIVE_TYPE_QWORD, read_qword},
    {"hex:", HIVE_TYPE_BINARY, read_hex_data},
    {"hex(", 0, read_hex_data},
};

static gboolean read_type(RegReader *reader, uint32_t *ret_type, GError **error)
{
    size_t digits = strspn(reader->at, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 8 || strncmp(reader->at + digits, "):", 2) != 0) {
        return reader_fail(reader, "write it as hex(7):", "this is not the number of a type",
                           error);
    }
    *ret_type = (uint32_t)g_ascii_strtoull(reader->at, NULL, 16);
    reader->at += digits + 2;
    return TRUE;
}

static gboolean read_data(RegReader *reader, RegEntry *entry, GError **error)
{
    if (*reader->at == '"') {
        g_autofree char *text = NULL;
        if (!read_quoted(reader, &text, error)) {
            return FALSE;
        }
        entry->type = HIVE_TYPE_SZ;
        entry->data = g_byte_array_free_to_bytes(hive_text_to_utf16(text, TRUE));
        return TRUE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(data_forms); i++) {
        size_t length = strlen(data_forms[i].prefix);
        if (g_ascii_strncasecmp(reader->at, data_forms[i].prefix, length) != 0) {
            continue;
        }
        reader->at += length;
        entry->type = data_forms[i].type;
        if (data_forms[i].prefix[length - 1] == '(' && !read_type(reader, &entry->type, error)) {
            return FALSE;
        }
        return data_forms[i].read(reader, entry, error);
    }
    return reader_fail(reader, "use \"text\", dword:, hex:, hex(N): or -",
                       "this is not the data of a value", error);
}

static gboolean read_value(RegReader *reader, GError **error)
{
    guint line = reader->line;
    g_autofree char *name = NULL;
    if (reader->key == NULL || reader->key_is_deleted) {
        return reader_fail(reader, NULL,
                           reader->key == NULL ? "a value stands before the first key"
                                               : "a value stands below a key that is deleted",
                           error);
    }
    if (*reader->at == '@') {
        reader->at++;
        name = g_strdup("");
    } else if (!read_quoted(reader, &name, error)) {
        return FALSE;
    }
    skip_blanks(reader);
    if (*reader->at != '=') {
        return reader_fail(reader, NULL, "there is no '=' behind the name", error);
    }
    reader->at++;
    skip_blanks(reader);
    guint began = reader->line;
    gboolean is_deleted = *reader->at == '-';
    RegEntry *entry = add_entry(reader, is_deleted ? REG_ENTRY_DELETE_VALUE : REG_ENTRY_SET, line);
    entry->name = g_steal_pointer(&name);
    if (is_deleted) {
        reader->at++;
    } else if (!read_data(reader, entry, error)) {
        return FALSE;
    }
    return expect_line_end(reader, began, error);
}

static gboolean read_statement(RegReader *reader, GError **error)
{
    switch (*reader->at) {
    case '[':
        return read_key(reader, error);
    case '"':
    case '@':
        return read_value(reader, error);
    default:
        return reader_fail(reader, "lines are [keys], \"names\"=values, or comments behind ';'",
                           "this is no line of a .reg file", error);
    }
}

gboolean reg_file_read(GBytes *content, const char *file_name, GPtrArray **ret_entries,
                       GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)reg_entry_free);
    if (!reg_text_decode(content, file_name, &text, error)) {
        return FALSE;
    }
    RegReader reader = {.file_name = file_name, .at = text, .line = 1, .entries = entries};
    gboolean ok = read_header(&reader, error);
    if (ok) {
        skip_empty(&reader);
    }
    while (ok && *reader.at != '\0') {
        ok = read_statement(&reader, error);
        skip_empty(&reader);
    }
    g_free(reader.key);
    if (!ok) {
        return FALSE;
    }
    *ret_entries = g_steal_pointer(&entries);
    return TRUE;
}
