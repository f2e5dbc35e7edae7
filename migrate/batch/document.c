/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML and JSON files as values with places. */
#include "migrate/batch/document.h"

#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "base/error.h"
#include "base/nearest.h"

struct Document {
    char *name;
    yaml_document_t yaml;
    gboolean is_loaded;
};

static const yaml_node_t *node_of(const DocumentValue *value)
{
    return (const yaml_node_t *)(const void *)value;
}

static const DocumentValue *value_of(const yaml_node_t *node)
{
    return (const DocumentValue *)(const void *)node;
}

/* The library's functions take what they only read as if they would change it. */
static const yaml_node_t *node_at(const Document *document, int index)
{
    return yaml_document_get_node((yaml_document_t *)(uintptr_t)&document->yaml, index);
}

void document_free(Document *document)
{
    if (!document)
        return;
    if (document->is_loaded)
        yaml_document_delete(&document->yaml);
    g_free(document->name);
    g_free(document);
}

const char *document_name(const Document *document)
{
    return document->name;
}

const DocumentValue *document_root(const Document *document)
{
    return value_of(node_at(document, 1));
}

/* Errors */

static void set_error_at(const char *name, DocumentPlace place, const char *hint, GError **error,
                         const char *message)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "%s:%u:%u: %s", name, place.line,
                      place.column, message);
}

static DocumentPlace place_of_mark(yaml_mark_t mark)
{
    return (DocumentPlace){(guint)MIN(mark.line, G_MAXUINT - 1) + 1,
                           (guint)MIN(mark.column, G_MAXUINT - 1) + 1};
}

void document_set_error(const Document *document, const DocumentValue *value, const char *hint,
                        GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    set_error_at(document->name, document_place(value), hint, error, message);
}

void document_set_unknown_key(const Document *document, const DocumentValue *key,
                              const char *const *keys, GError **error)
{
    const char *text = (const char *)node_of(key)->data.scalar.value;
    const char *nearest = nearest_word(text, keys);
    g_autofree char *known = g_strjoinv(", ", (char **)(uintptr_t)keys);
    g_autofree char *hint = nearest ? g_strdup_printf("did you mean '%s'?", nearest)
                                    : g_strdup_printf("known here are %s", known);
    document_set_error(document, key, hint, error, "there is no key '%s'", text);
}

/* Reading */

static DocumentPlace place_of_offset(const char *text, size_t length, size_t offset)
{
    DocumentPlace place = {1, 1};
    for (size_t i = 0; i < MIN(offset, length); i++) {
        if (text[i] == '\n')
            place = (DocumentPlace){place.line + 1, 1};
        else if (((unsigned char)text[i] & 0xc0) != 0x80)
            place.column++;
    }
    return place;
}

static void set_parser_error(const char *name, const yaml_parser_t *parser, const char *text,
                             size_t length, GError **error)
{
    DocumentPlace place = parser->error == YAML_READER_ERROR
                              ? place_of_offset(text, length, parser->problem_offset)
                              : place_of_mark(parser->problem_mark);
    g_autofree char *message = g_strdup_printf(
        "%s%s%s", parser->context ? parser->context : "", parser->context ? ": " : "",
        parser->problem ? parser->problem : "it cannot be read");
    set_error_at(name, place, "it has to be YAML or JSON", error, message);
}

/* Before there are values: how deep, how many, and that there is one document only. */
static gboolean check_events(const char *name, yaml_parser_t *parser, const char *text,
                             size_t length, GError **error)
{
    guint depth = 0, values = 0, documents = 0;
    for (gboolean at_end = FALSE; !at_end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            set_parser_error(name, parser, text, length, error);
            return FALSE;
        }
        yaml_event_type_t type = event.type;
        DocumentPlace place = place_of_mark(event.start_mark);
        yaml_event_delete(&event);
        at_end = type == YAML_STREAM_END_EVENT;
        if (type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
            set_error_at(name, place, "make a file of each", error, "a second document begins");
            return FALSE;
        }
        if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
            depth++;
        else if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT)
            depth--;
        if (depth > DOCUMENT_LIMIT_DEPTH || ++values > 3 * DOCUMENT_LIMIT_VALUES) {
            set_error_at(name, place, NULL, error,
                         depth > DOCUMENT_LIMIT_DEPTH ? "this is nested too deeply"
                                                      : "there are too many values");
            return FALSE;
        }
    }
    if (documents > 0)
        return TRUE;
    set_error_at(name, (DocumentPlace){1, 1}, "see migrate-manifest(5)", error,
                 "there is nothing in it");
    return FALSE;
}

static int half_of_pair(const char *text)
{
    int half = 0;
    if (text[0] != '\\' || text[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = g_ascii_xdigit_value(text[i]);
        if (digit < 0)
            return -1;
        half = half << 4 | digit;
    }
    return half;
}

/* JSON writes characters beyond U+FFFF as two halves, which libyaml takes for wrong ones: here they
   become YAML's own eight digits. */
static GString *join_surrogates(const char *text, size_t length)
{
    GString *joined = g_string_sized_new(length);
    gboolean in_quotes = FALSE;
    for (size_t i = 0; i < length; i++) {
        int high = in_quotes && length - i >= 12 ? half_of_pair(text + i) : -1;
        int low = high >= 0xd800 && high < 0xdc00 ? half_of_pair(text + i + 6) : -1;
        if (low >= 0xdc00 && low < 0xe000) {
            g_string_append_printf(joined, "\\U%08X",
                                   0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            i += 11;
            continue;
        }
        g_string_append_c(joined, text[i]);
        if (text[i] == '"')
            in_quotes = !in_quotes;
        else if (in_quotes && text[i] == '\\' && i + 1 < length)
            g_string_append_c(joined, text[++i]);
    }
    return joined;
}

/* What one value holds, with all below it. */
typedef struct {
    guint values; /* 0: not known; G_MAXUINT: being counted */
    guint height;
} Extent;

typedef struct {
    const Document *document;
    Extent *extents; /* of nodes by index */
} Count;

static gboolean add_extent(Count *count, int index, guint depth, Extent *extent, GError **error);

static gboolean add_children(Count *count, const yaml_node_t *node, guint depth, Extent *extent,
                             GError **error)
{
    if (node->type == YAML_SEQUENCE_NODE)
        for (yaml_node_item_t *item = node->data.sequence.items.start;
             item < node->data.sequence.items.top; item++)
            if (!add_extent(count, *item, depth, extent, error))
                return FALSE;
    if (node->type != YAML_MAPPING_NODE)
        return TRUE;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (!add_extent(count, pair->key, depth, extent, error) ||
            !add_extent(count, pair->value, depth, extent, error))
            return FALSE;
    return TRUE;
}

/* Adds the value at depth to what it is in. */
static gboolean add_extent(Count *count, int index, guint depth, Extent *extent, GError **error)
{
    const yaml_node_t *node = node_at(count->document, index);
    Extent *own = &count->extents[index];
    const char *problem = NULL;
    if (own->values == G_MAXUINT)
        problem = "this value holds itself";
    else if (depth + own->height > DOCUMENT_LIMIT_DEPTH)
        problem = "this is nested too deeply";
    if (!problem && own->values == 0) {
        Extent sum = {1, 0};
        own->values = G_MAXUINT;
        if (!add_children(count, node, depth + 1, &sum, error))
            return FALSE;
        *own = sum;
    }
    extent->height = MAX(extent->height, own->height + 1);
    if (!problem && (extent->values += own->values) > DOCUMENT_LIMIT_VALUES)
        problem = "with its aliases this makes too many values";
    if (!problem)
        return TRUE;
    document_set_error(count->document, value_of(node), NULL, error, "%s", problem);
    return FALSE;
}

/* Aliases can make a tree of any size and depth of a few lines, and rings. */
static gboolean check_aliases(const Document *document, GError **error)
{
    size_t nodes = (size_t)(document->yaml.nodes.top - document->yaml.nodes.start);
    g_autofree Extent *extents = g_new0(Extent, nodes + 1);
    Count count = {document, extents};
    Extent whole = {0};
    return add_extent(&count, 1, 0, &whole, error);
}

static gboolean check_keys(const Document *document, const yaml_node_t *map, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = node_at(document, pair->key);
        if (key->type != YAML_SCALAR_NODE ||
            strlen((const char *)key->data.scalar.value) != key->data.scalar.length) {
            document_set_error(document, value_of(key), NULL, error, "a key has to be a text");
            return FALSE;
        }
        if (!g_hash_table_add(seen, key->data.scalar.value)) {
            document_set_error(document, value_of(key), "leave one out", error,
                               "the key '%s' is there twice", key->data.scalar.value);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_values(const Document *document, GError **error)
{
    if (!check_aliases(document, error))
        return FALSE;
    for (const yaml_node_t *node = document->yaml.nodes.start; node < document->yaml.nodes.top;
         node++)
        if (node->type == YAML_MAPPING_NODE && !check_keys(document, node, error))
            return FALSE;
    return TRUE;
}

typedef gboolean (*ParseFunc)(Document *document, yaml_parser_t *parser, const char *text,
                              size_t length, GError **error);

static gboolean look_at_events(Document *document, yaml_parser_t *parser, const char *text,
                               size_t length, GError **error)
{
    return check_events(document->name, parser, text, length, error);
}

static gboolean load(Document *document, yaml_parser_t *parser, const char *text, size_t length,
                     GError **error)
{
    document->is_loaded = yaml_parser_load(parser, &document->yaml) != 0;
    if (!document->is_loaded)
        set_parser_error(document->name, parser, text, length, error);
    return document->is_loaded;
}

static gboolean run_parser(ParseFunc func, Document *document, const GString *text, GError **error)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        g_error("out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->str, text->len);
    gboolean ok = func(document, &parser, text->str, text->len, error);
    yaml_parser_delete(&parser);
    return ok;
}

/* JSON allows tabs before its first bracket, YAML does not. */
static void replace_leading_tabs(GString *text)
{
    size_t blank = strspn(text->str, " \t\r\n");
    for (size_t i = 0; i < blank && strchr("{[", text->str[blank]); i++)
        if (text->str[i] == '\t')
            text->str[i] = ' ';
}

Document *document_parse(const char *name, const char *text, size_t length, GError **error)
{
    g_autoptr(Document) document = g_new0(Document, 1);
    document->name = g_strdup(name);
    if (length > DOCUMENT_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is larger than %u MiB", name,
                          (guint)(DOCUMENT_LIMIT_BYTES >> 20));
        return NULL;
    }
    g_autoptr(GString) prepared = join_surrogates(text, length);
    replace_leading_tabs(prepared);
    if (!run_parser(look_at_events, document, prepared, error) ||
        !run_parser(load, document, prepared, error) || !check_values(document, error))
        return NULL;
    return g_steal_pointer(&document);
}

Document *document_read(const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *text = NULL;
    gsize length;
    struct stat status;
    if (stat(path, &status) == 0 &&
        (!S_ISREG(status.st_mode) || status.st_size > (off_t)DOCUMENT_LIMIT_BYTES)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not a file of at most %u MiB",
                          path, (guint)(DOCUMENT_LIMIT_BYTES >> 20));
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &length, &reason)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "check the path", "cannot read it: %s",
                          reason->message);
        return NULL;
    }
    return document_parse(path, text, length, error);
}

/* Looking */

DocumentKind document_kind(const DocumentValue *value)
{
    switch (node_of(value)->type) {
    case YAML_SEQUENCE_NODE:
        return DOCUMENT_LIST;
    case YAML_MAPPING_NODE:
        return DOCUMENT_MAP;
    case YAML_NO_NODE:
    case YAML_SCALAR_NODE:
        break;
    }
    return DOCUMENT_TEXT;
}

DocumentPlace document_place(const DocumentValue *value)
{
    return place_of_mark(node_of(value)->start_mark);
}

static gboolean is_plain(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

gboolean document_is_null(const DocumentValue *value)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
    const yaml_node_t *node = node_of(value);
    return is_plain(node) && g_strv_contains(words, (const char *)node->data.scalar.value);
}

guint document_count(const DocumentValue *value)
{
    const yaml_node_t *node = node_of(value);
    if (node->type == YAML_SEQUENCE_NODE)
        return (guint)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (node->type == YAML_MAPPING_NODE)
        return (guint)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return 0;
}

const DocumentValue *document_item(const Document *document, const DocumentValue *list, guint index)
{
    g_return_val_if_fail(document_kind(list) == DOCUMENT_LIST, NULL);
    g_return_val_if_fail(index < document_count(list), NULL);
    return value_of(node_at(document, node_of(list)->data.sequence.items.start[index]));
}

const char *document_key(const Document *document, const DocumentValue *map, guint index,
                         const DocumentValue **ret_key, const DocumentValue **ret_value)
{
    g_return_val_if_fail(document_kind(map) == DOCUMENT_MAP, NULL);
    g_return_val_if_fail(index < document_count(map), NULL);
    yaml_node_pair_t pair = node_of(map)->data.mapping.pairs.start[index];
    const yaml_node_t *key = node_at(document, pair.key);
    if (ret_key)
        *ret_key = value_of(key);
    *ret_value = value_of(node_at(document, pair.value));
    return (const char *)key->data.scalar.value;
}

const DocumentValue *document_find(const Document *document, const DocumentValue *map,
                                   const char *key)
{
    for (guint i = 0; document_kind(map) == DOCUMENT_MAP && i < document_count(map); i++) {
        const DocumentValue *value;
        if (g_str_equal(document_key(document, map, i, NULL, &value), key))
            return value;
    }
    return NULL;
}
