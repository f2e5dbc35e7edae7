/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a VMX file as a dictionary. */
#include "convert/config/vmx.h"

#include <string.h>

#include "base/error.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define BLANKS " \t\r\v\f"
#define ENCODING_KEY ".encoding"
#define DESCRIPTOR_HEAD "# Disk DescriptorFile"

struct Vmx {
    GHashTable *values; /* lower case key → value */
};

typedef enum {
    LINE_EMPTY, /* or a comment */
    LINE_VALUE,
    LINE_WRONG,
} LineKind;

/* One line in place: pointers into the text. */
typedef struct {
    const char *key, *value;
    size_t key_length, value_length;
} Line;

static gboolean is_blank(char c)
{
    return c && strchr(BLANKS, c);
}

static gboolean is_key_character(char c)
{
    return g_ascii_isalnum(c) || (c && strchr(".:_-/+", c));
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* A value that begins at at; the rest of the line is it, or it is in quotes. */
static LineKind split_value(const char *at, const char *end, Line *line)
{
    if (at < end && *at == '"') {
        line->value = at + 1;
        const char *quote = memchr(line->value, '"', (size_t)(end - line->value));
        if (!quote)
            return LINE_WRONG;
        line->value_length = (size_t)(quote - line->value);
        const char *rest = skip_blanks(quote + 1, end);
        return rest == end || *rest == '#' ? LINE_VALUE : LINE_WRONG;
    }
    while (end > at && is_blank(end[-1]))
        end--;
    line->value = at;
    line->value_length = (size_t)(end - at);
    return memchr(at, '"', line->value_length) ? LINE_WRONG : LINE_VALUE;
}

static LineKind split_line(const char *begin, const char *end, Line *line)
{
    const char *at = skip_blanks(begin, end);
    if (at == end || *at == '#')
        return LINE_EMPTY;
    line->key = at;
    while (at < end && is_key_character(*at))
        at++;
    line->key_length = (size_t)(at - line->key);
    at = skip_blanks(at, end);
    if (line->key_length == 0 || at == end || *at != '=')
        return LINE_WRONG;
    return split_value(skip_blanks(at + 1, end), end, line);
}

/* Lines of a text, one after the other. */
typedef struct {
    const char *at, *end;
    guint number; /* of the line read last, from 1 */
} Cursor;

static Cursor cursor_new(const char *text, size_t length)
{
    size_t mark = strlen(BYTE_ORDER_MARK);
    gboolean has_mark = length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0;
    return (Cursor){.at = has_mark ? text + mark : text, .end = text + length};
}

/* FALSE: there was none any more. */
static gboolean cursor_next(Cursor *cursor, LineKind *ret_kind, Line *ret_line)
{
    if (cursor->at == cursor->end)
        return FALSE;
    const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));
    *ret_kind = split_line(cursor->at, newline ? newline : cursor->end, ret_line);
    cursor->at = newline ? newline + 1 : cursor->end;
    cursor->number++;
    return TRUE;
}

static gboolean line_is(const Line *line, const char *key)
{
    return line->key_length == strlen(key) &&
           g_ascii_strncasecmp(line->key, key, line->key_length) == 0;
}

/* Keys that none of VMware's other text files has: neither disk descriptors, nor lists of snapshots
   or machines, nor preferences. */
static gboolean is_telling(const Line *line)
{
    static const char *const keys[] = {"config.version", "virtualHW.version", "encryption.keySafe"};
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (line_is(line, keys[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_disk_descriptor(const char *head, size_t length)
{
    return length >= strlen(DESCRIPTOR_HEAD) &&
           g_ascii_strncasecmp(head, DESCRIPTOR_HEAD, strlen(DESCRIPTOR_HEAD)) == 0;
}

gboolean vmx_is_text(const uint8_t *head, size_t length, gboolean is_named_so)
{
    const char *text = (const char *)head;
    if (length == 0 || memchr(head, 0, length) || is_disk_descriptor(text, length))
        return FALSE;
    Cursor cursor = cursor_new(text, length);
    LineKind kind;
    Line line;
    guint values = 0, wrong = 0;
    while (cursor_next(&cursor, &kind, &line)) {
        if (kind == LINE_VALUE && is_telling(&line))
            return wrong == 0 || is_named_so;
        values += kind == LINE_VALUE;
        wrong += kind == LINE_WRONG;
    }
    return is_named_so && values > 0;
}

/* The declared character set; NULL: none, or no name of one. */
static char *find_encoding(const char *text, size_t length)
{
    Cursor cursor = cursor_new(text, length);
    LineKind kind;
    Line line;
    while (cursor_next(&cursor, &kind, &line)) {
        if (kind != LINE_VALUE || !line_is(&line, ENCODING_KEY))
            continue;
        for (size_t i = 0; i < line.value_length; i++)
            if (!is_key_character(line.value[i]))
                return NULL;
        return g_strndup(line.value, line.value_length);
    }
    return NULL;
}

/* NULL: the text is not in that character set, or it is not known. */
static char *try_encoding(const char *text, size_t length, const char *encoding)
{
    size_t converted_length;
    char *converted =
        g_convert(text, (gssize)length, "UTF-8", encoding, NULL, &converted_length, NULL);
    /* Some character sets make a NUL of something that is none. */
    if (converted && strlen(converted) != converted_length)
        g_clear_pointer(&converted, g_free);
    return converted;
}

/* The text in UTF-8. */
static char *decode(const char *text, size_t length)
{
    g_autofree char *encoding = find_encoding(text, length);
    gboolean is_utf8 = !encoding || g_ascii_strcasecmp(encoding, "UTF-8") == 0;
    if (is_utf8 && g_utf8_validate(text, (gssize)length, NULL))
        return g_strndup(text, length);
    char *decoded = is_utf8 ? NULL : try_encoding(text, length, encoding);
    if (!decoded && encoding && g_ascii_strncasecmp(encoding, "windows-", 8) == 0) {
        /* iconv knows some of Windows' character sets by number only. */
        g_autofree char *number = g_strconcat("CP", encoding + 8, NULL);
        decoded = try_encoding(text, length, number);
    }
    if (!decoded)
        decoded = try_encoding(text, length, "WINDOWS-1252");
    /* Five bytes mean nothing in Windows-1252. */
    return decoded ? decoded : g_utf8_make_valid(text, (gssize)length);
}

/* '|XX' becomes the byte; two of them may be one character of UTF-8. */
static char *unescape(const char *value, size_t length)
{
    GString *plain = g_string_sized_new(length);
    for (size_t i = 0; i < length; i++) {
        gboolean is_escape = value[i] == '|' && length - i > 2 && g_ascii_isxdigit(value[i + 1]) &&
                             g_ascii_isxdigit(value[i + 2]);
        int code =
            is_escape ? g_ascii_xdigit_value(value[i + 1]) * 16 + g_ascii_xdigit_value(value[i + 2])
                      : 0;
        if (code > 0) {
            g_string_append_c(plain, (char)code);
            i += 2;
        } else {
            g_string_append_c(plain, value[i]);
        }
    }
    char *valid = g_utf8_make_valid(plain->str, (gssize)plain->len);
    g_string_free(plain, TRUE);
    return valid;
}

static gboolean read_lines(Vmx *vmx, const char *text, GError **error)
{
    Cursor cursor = cursor_new(text, strlen(text));
    LineKind kind;
    Line line;
    while (cursor_next(&cursor, &kind, &line)) {
        if (kind == LINE_WRONG) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                              "compare the file with the one in the datastore, or correct the line",
                              "line %u is not of the form: key = \"value\"", cursor.number);
            return FALSE;
        }
        if (kind == LINE_EMPTY)
            continue;
        g_autofree char *key = g_ascii_strdown(line.key, (gssize)line.key_length);
        if (g_hash_table_contains(vmx->values, key))
            continue;
        g_hash_table_insert(vmx->values, g_steal_pointer(&key),
                            unescape(line.value, line.value_length));
    }
    return TRUE;
}

Vmx *vmx_parse(const char *text, size_t length, GError **error)
{
    if (length > 0 && memchr(text, 0, length)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy the file from the datastore again",
                          "it has bytes of zero in it, which no text has");
        return NULL;
    }
    g_autofree char *decoded = decode(length ? text : "", length);
    g_autoptr(Vmx) vmx = g_new0(Vmx, 1);
    vmx->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return read_lines(vmx, decoded, error) ? g_steal_pointer(&vmx) : NULL;
}

void vmx_free(Vmx *vmx)
{
    if (!vmx)
        return;
    g_hash_table_unref(vmx->values);
    g_free(vmx);
}

const char *vmx_get(const Vmx *vmx, const char *device, const char *property)
{
    g_autofree char *key = device ? g_strconcat(device, ".", property, NULL) : g_strdup(property);
    g_autofree char *lower = g_ascii_strdown(key, -1);
    return g_hash_table_lookup(vmx->values, lower);
}

const char *vmx_get_filled(const Vmx *vmx, const char *device, const char *property)
{
    const char *value = vmx_get(vmx, device, property);
    return value && *value ? value : NULL;
}

gboolean vmx_get_boolean(const Vmx *vmx, const char *device, const char *property,
                         gboolean fallback)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}, {"f", "t"}, {"n", "y"},
    };
    const char *value = vmx_get(vmx, device, property);
    for (guint i = 0; value && i < G_N_ELEMENTS(words); i++)
        for (guint j = 0; j < 2; j++)
            if (g_ascii_strcasecmp(value, words[i][j]) == 0)
                return j == 1;
    return fallback;
}

gboolean vmx_get_number(const Vmx *vmx, const char *device, const char *property,
                        gint64 *ret_number)
{
    const char *value = vmx_get(vmx, device, property);
    return value && g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, ret_number, NULL);
}
