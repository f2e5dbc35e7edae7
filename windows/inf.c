/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF text into sections, lines and fields. */
#include "windows/inf.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf16.h"

/* virtio-win's largest INF has 14 KiB and 400 lines; other vendors' network INFs reach 1 MiB. */
#define INF_LIMIT_BYTES (4u * 1024 * 1024)
#define INF_LIMIT_LINES 50000u
#define INF_LIMIT_FIELDS 500000u
/* MAX_INF_STRING_LENGTH of setupapi is 4096 characters, after substitution. */
#define INF_LIMIT_FIELD_BYTES (4 * 4096u)
/* A network driver of Intel's includes five. */
#define INF_LIMIT_INCLUDES 16u

struct Inf {
    char *name;
    GHashTable *sections; /* lower-case name → GPtrArray of InfLine */
    GHashTable *strings;  /* lower-case token → value */
};

typedef struct {
    Inf *inf;
    const char *next; /* NUL-terminated text */
    guint lines, fields;
    GPtrArray *section; /* of InfLine; NULL before the first header */
} Parser;

static void line_free(void *data)
{
    InfLine *line = data;

    g_free(line->key);
    g_free(line->raw_key);
    g_ptr_array_unref(line->fields);
    g_free(line);
}

static void section_free(void *data)
{
    g_ptr_array_unref(data);
}

void inf_free(Inf *inf)
{
    if (!inf)
        return;
    g_free(inf->name);
    g_hash_table_unref(inf->sections);
    g_hash_table_unref(inf->strings);
    g_free(inf);
}

const char *inf_name(const Inf *inf)
{
    return inf->name;
}

/* Where Windows-1252 differs from Latin-1; 0: not assigned. */
static const uint16_t windows_1252[0x20] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static char *decode_ansi(const uint8_t *data, size_t length)
{
    GString *text = g_string_sized_new(length);

    for (size_t i = 0; i < length; i++) {
        gunichar character = data[i] ? data[i] : ' ';

        if (character >= 0x80 && character < 0xa0 && windows_1252[character - 0x80])
            character = windows_1252[character - 0x80];
        g_string_append_unichar(text, character);
    }
    return g_string_free(text, FALSE);
}

static char *decode_text(const uint8_t *data, size_t length)
{
    if (length >= 2 && data[0] == 0xff && data[1] == 0xfe)
        return utf16_to_utf8(data + 2, length - 2, UTF16_LITTLE_ENDIAN);
    if (length >= 2 && data[0] == 0xfe && data[1] == 0xff)
        return utf16_to_utf8(data + 2, length - 2, UTF16_BIG_ENDIAN);
    if (length >= 4 && data[0] && !data[1] && data[2] && !data[3])
        return utf16_to_utf8(data, length, UTF16_LITTLE_ENDIAN);
    if (length >= 3 && data[0] == 0xef && data[1] == 0xbb && data[2] == 0xbf) {
        data += 3;
        length -= 3;
    }
    if (g_utf8_validate((const char *)data, (gssize)length, NULL))
        return g_strndup((const char *)data, length);
    return decode_ansi(data, length);
}

static gboolean is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || c == 0x1a;
}

static void skip_line_rest(Parser *parser)
{
    parser->next += strcspn(parser->next, "\n");
    if (*parser->next == '\n')
        parser->next++;
}

/* A backslash with nothing but blanks or a comment behind it joins the next line. */
static gboolean skip_continuation(Parser *parser)
{
    const char *end = parser->next + 1;

    while (is_blank(*end))
        end++;
    if (*end == ';')
        end += strcspn(end, "\n");
    if (*end != '\n')
        return FALSE;
    parser->next = end + 1;
    while (is_blank(*parser->next))
        parser->next++;
    return TRUE;
}

/* Text between quotes; "" is one quote; the end of the line ends it too. */
static void read_quoted(Parser *parser, GString *field)
{
    parser->next++;
    while (*parser->next && *parser->next != '\n' && *parser->next != '\r') {
        if (*parser->next == '"') {
            parser->next++;
            if (*parser->next != '"')
                return;
        }
        g_string_append_c(field, *parser->next++);
    }
}

/* Reads up to, not including, one of ',', '\n', NUL, and '=' if it may end a key. */
static char *read_field(Parser *parser, gboolean key_may_follow)
{
    GString *field = g_string_new(NULL);
    gsize quoted_end = 0; /* blanks before this are part of the field */
    gboolean quoted = FALSE;

    for (;;) {
        char c = *parser->next;

        if (!c || c == '\n' || c == ',' || (c == '=' && key_may_follow))
            break;
        if (c == ';') {
            parser->next += strcspn(parser->next, "\n");
        } else if (c == '"') {
            read_quoted(parser, field);
            quoted = TRUE;
            quoted_end = field->len;
        } else if (c == '\\' && skip_continuation(parser)) {
            continue;
        } else {
            parser->next++;
            if (!is_blank(c) || field->len || quoted)
                g_string_append_c(field, c);
        }
    }
    while (field->len > quoted_end && is_blank(field->str[field->len - 1]))
        g_string_truncate(field, field->len - 1);
    return g_string_free(field, FALSE);
}

static gboolean limit_is_reached(const Parser *parser, GError **error)
{
    if (parser->lines <= INF_LIMIT_LINES && parser->fields <= INF_LIMIT_FIELDS)
        return FALSE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "'%s' has too many lines for a driver's INF", parser->inf->name);
    return TRUE;
}

static gboolean read_line(Parser *parser, GError **error)
{
    InfLine *line = g_new0(InfLine, 1);

    line->fields = g_ptr_array_new_with_free_func(g_free);
    for (;;) {
        g_autofree char *field = read_field(parser, !line->key && !line->fields->len);

        parser->fields++;
        if (*parser->next == '=' && !line->key && !line->fields->len) {
            line->key = g_steal_pointer(&field);
            parser->next++;
            continue;
        }
        if (*parser->next == ',' || *field || line->fields->len)
            g_ptr_array_add(line->fields, g_steal_pointer(&field));
        if (*parser->next != ',')
            break;
        parser->next++;
    }
    if (*parser->next == '\n')
        parser->next++;
    if (parser->section && (line->key || line->fields->len)) {
        parser->lines++;
        g_ptr_array_add(parser->section, line);
    } else {
        line_free(line);
    }
    return !limit_is_reached(parser, error);
}

/* folded: lower case. */
static GPtrArray *get_or_add_section(Inf *inf, const char *folded)
{
    GPtrArray *section = g_hash_table_lookup(inf->sections, folded);

    if (!section) {
        section = g_ptr_array_new_with_free_func(line_free);
        g_hash_table_insert(inf->sections, g_strdup(folded), section);
    }
    return section;
}

static void read_section_header(Parser *parser)
{
    const char *start = parser->next + 1;
    size_t length = strcspn(start, "]\n");
    g_autofree char *name = g_strndup(start, length);
    g_autofree char *folded = g_ascii_strdown(g_strstrip(name), -1);

    parser->section = get_or_add_section(parser->inf, folded);
    parser->lines++;
    parser->next = start + length;
    skip_line_rest(parser);
}

/* The language-neutral section wins over the American one, the first line over later ones. */
static void collect_strings(Inf *inf)
{
    static const char *const sections[] = {"Strings", "Strings.0409"};

    for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
        const GPtrArray *lines = inf_get_section(inf, sections[i]);

        for (guint j = 0; lines && j < lines->len; j++) {
            const InfLine *line = g_ptr_array_index(lines, j);
            g_autofree char *token = line->key ? g_ascii_strdown(line->key, -1) : NULL;

            if (token && !g_hash_table_contains(inf->strings, token))
                g_hash_table_insert(inf->strings, g_steal_pointer(&token),
                                    g_strdup(inf_line_field(line, 0)));
        }
    }
}

static const char *find_string(const Inf *inf, const char *token)
{
    g_autofree char *folded = g_ascii_strdown(token, -1);

    return g_hash_table_lookup(inf->strings, folded);
}

/* NULL: nothing to expand. */
static char *expand_tokens(const Inf *inf, const char *text)
{
    g_autoptr(GString) expanded = NULL;

    if (!strchr(text, '%'))
        return NULL;
    expanded = g_string_new(NULL);
    while (*text && expanded->len < INF_LIMIT_FIELD_BYTES) {
        const char *end = *text == '%' ? strchr(text + 1, '%') : NULL;
        g_autofree char *token = NULL;
        const char *value;

        if (!end) {
            g_string_append_c(expanded, *text++);
            continue;
        }
        token = g_strndup(text + 1, (gsize)(end - text - 1));
        value = *token ? find_string(inf, token) : "%";
        if (value)
            g_string_append(expanded, value);
        else
            g_string_append_len(expanded, text, end - text + 1);
        text = end + 1;
    }
    if (expanded->len > INF_LIMIT_FIELD_BYTES)
        g_string_truncate(expanded, INF_LIMIT_FIELD_BYTES);
    return g_string_free(g_steal_pointer(&expanded), FALSE);
}

static void expand_line(const Inf *inf, InfLine *line)
{
    char *expanded = line->key ? expand_tokens(inf, line->key) : NULL;

    if (expanded) {
        line->raw_key = line->key;
        line->key = expanded;
    }
    for (guint i = 0; i < line->fields->len; i++) {
        expanded = expand_tokens(inf, g_ptr_array_index(line->fields, i));
        if (expanded) {
            g_free(g_ptr_array_index(line->fields, i));
            g_ptr_array_index(line->fields, i) = expanded;
        }
    }
}

static gboolean is_strings_section(const char *folded)
{
    return g_str_equal(folded, "strings") || g_str_has_prefix(folded, "strings.");
}

static void expand_all(const Inf *inf)
{
    GHashTableIter iter;
    void *name, *lines;

    g_hash_table_iter_init(&iter, inf->sections);
    while (g_hash_table_iter_next(&iter, &name, &lines)) {
        GPtrArray *section = lines;

        if (is_strings_section(name))
            continue;
        for (guint i = 0; i < section->len; i++)
            expand_line(inf, g_ptr_array_index(section, i));
    }
}

Inf *inf_parse(GBytes *bytes, const char *name, GError **error)
{
    g_autoptr(Inf) inf = g_new0(Inf, 1);
    g_autofree char *text = NULL;
    size_t length;
    const uint8_t *data = g_bytes_get_data(bytes, &length);
    Parser parser = {.inf = inf};

    inf->name = g_strdup(name);
    inf->sections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, section_free);
    inf->strings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (length > INF_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "'%s' is too large for an INF: %zu bytes", name, length);
        return NULL;
    }
    text = length ? decode_text(data, length) : g_strdup("");
    if (!text) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "'%s' is not text", name);
        return NULL;
    }
    parser.next = text;
    while (*parser.next) {
        if (is_blank(*parser.next) || *parser.next == '\n') {
            parser.next++;
        } else if (*parser.next == '[') {
            read_section_header(&parser);
        } else if (!read_line(&parser, error)) {
            return NULL;
        }
    }
    collect_strings(inf);
    expand_all(inf);
    return g_steal_pointer(&inf);
}

static InfLine *copy_line(const InfLine *line)
{
    InfLine *copy = g_new0(InfLine, 1);

    copy->key = g_strdup(line->key);
    copy->raw_key = g_strdup(line->raw_key);
    copy->fields = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < line->fields->len; i++)
        g_ptr_array_add(copy->fields, g_strdup(g_ptr_array_index(line->fields, i)));
    return copy;
}

void inf_append(Inf *inf, const Inf *included)
{
    GHashTableIter iter;
    void *name, *lines;

    g_hash_table_iter_init(&iter, included->sections);
    while (g_hash_table_iter_next(&iter, &name, &lines)) {
        const GPtrArray *section = lines;
        GPtrArray *target;

        if (is_strings_section(name) || g_str_equal(name, "version") ||
            g_str_equal(name, "manufacturer"))
            continue;
        target = get_or_add_section(inf, name);
        for (guint i = 0; i < section->len; i++)
            g_ptr_array_add(target, copy_line(g_ptr_array_index(section, i)));
    }
}

static void append_includes(const GPtrArray *section, GPtrArray *names)
{
    for (guint i = 0; i < section->len; i++) {
        const InfLine *line = g_ptr_array_index(section, i);

        if (!line->key || g_ascii_strcasecmp(line->key, "Include") != 0)
            continue;
        for (guint j = 0; j < line->fields->len && names->len < INF_LIMIT_INCLUDES; j++) {
            g_autofree char *name = g_ascii_strdown(inf_line_field(line, j), -1);

            if (*name && !strpbrk(name, "\\/") &&
                !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, g_steal_pointer(&name));
        }
    }
}

GPtrArray *inf_list_includes(const Inf *inf)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    void *section;

    g_hash_table_iter_init(&iter, inf->sections);
    while (g_hash_table_iter_next(&iter, NULL, &section))
        append_includes(section, names);
    return names;
}

const GPtrArray *inf_get_section(const Inf *inf, const char *section)
{
    g_autofree char *folded = g_ascii_strdown(section, -1);

    return g_hash_table_lookup(inf->sections, folded);
}

const InfLine *inf_find_line(const Inf *inf, const char *section, const char *key)
{
    const GPtrArray *lines = inf_get_section(inf, section);

    for (guint i = 0; lines && i < lines->len; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);

        if (line->key && g_ascii_strcasecmp(line->key, key) == 0)
            return line;
    }
    return NULL;
}

const char *inf_line_field(const InfLine *line, guint index)
{
    return line && index < line->fields->len ? g_ptr_array_index(line->fields, index) : "";
}

const char *inf_get_field(const Inf *inf, const char *section, const char *key, guint index)
{
    const char *field = inf_line_field(inf_find_line(inf, section, key), index);

    return *field ? field : NULL;
}
