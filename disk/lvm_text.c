/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads LVM2's metadata text. */
#include "disk/lvm_text.h"

#include <string.h>

#include "base/error.h"

/* Volume group, "logical_volumes", volume, segment; the rest is room. */
#define DEPTH_LIMIT 8
#define ELEMENT_LIMIT 200000u

typedef struct {
    const char *at, *end;
    guint elements, line;
} Parser;

static void value_clear(gpointer data)
{
    g_free(((LvmValue *)data)->text);
}

static void free_element(gpointer node)
{
    lvm_node_free(node);
}

static LvmNode *node_new(char *name)
{
    LvmNode *node = g_new0(LvmNode, 1);
    node->name = name;
    return node;
}

void lvm_node_free(LvmNode *node)
{
    if (!node)
        return;
    g_free(node->name);
    g_clear_pointer(&node->children, g_ptr_array_unref);
    g_clear_pointer(&node->values, g_array_unref);
    g_free(node);
}

static gboolean fail(const Parser *parser, const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "line %u of the LVM metadata: %s",
                      parser->line, what);
    return FALSE;
}

static gboolean count_element(Parser *parser, GError **error)
{
    return ++parser->elements <= ELEMENT_LIMIT || fail(parser, "too much of it", error);
}

/* The next character that means something; '\0' at the end. */
static char peek(Parser *parser)
{
    for (; parser->at < parser->end; parser->at++) {
        if (*parser->at == '#')
            while (parser->at + 1 < parser->end && parser->at[1] != '\n')
                parser->at++;
        else if (!g_ascii_isspace(*parser->at))
            return *parser->at;
        if (*parser->at == '\n')
            parser->line++;
    }
    return '\0';
}

static gboolean take(Parser *parser, char wanted)
{
    if (peek(parser) != wanted)
        return FALSE;
    parser->at++;
    return TRUE;
}

static gboolean ends_name(char c)
{
    return g_ascii_isspace(c) || strchr("={}[],\"#", c) != NULL;
}

static char *take_name(Parser *parser)
{
    const char *start = parser->at;
    while (parser->at < parser->end && !ends_name(*parser->at))
        parser->at++;
    return parser->at > start ? g_strndup(start, (gsize)(parser->at - start)) : NULL;
}

/* Behind the opening quote. */
static gboolean take_text(Parser *parser, char **ret_text, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (; parser->at < parser->end && *parser->at != '"'; parser->at++) {
        if (*parser->at == '\\' && parser->at + 1 < parser->end &&
            (parser->at[1] == '"' || parser->at[1] == '\\'))
            parser->at++;
        if (*parser->at == '\n')
            parser->line++;
        g_string_append_c(text, *parser->at);
    }
    if (parser->at == parser->end)
        return fail(parser, "a text does not end", error);
    parser->at++;
    *ret_text = g_string_free(g_steal_pointer(&text), FALSE);
    return TRUE;
}

/* Numbers with a fraction are read as far as they are whole: metadata has none that we need. */
static gboolean take_number(Parser *parser, int64_t *ret_number, GError **error)
{
    g_autofree char *word = take_name(parser);
    char *rest = NULL;
    if (!word)
        return fail(parser, "a value is missing", error);
    *ret_number = g_ascii_strtoll(word, &rest, 10);
    if (rest == word || (*rest && *rest != '.'))
        return fail(parser, "a value is neither number nor text", error);
    return TRUE;
}

static gboolean take_value(Parser *parser, GArray *values, GError **error)
{
    LvmValue value = {0};
    if (!count_element(parser, error))
        return FALSE;
    gboolean ok = take(parser, '"') ? take_text(parser, &value.text, error)
                                    : take_number(parser, &value.number, error);
    if (ok)
        g_array_append_val(values, value);
    return ok;
}

static gboolean take_values(Parser *parser, LvmNode *node, GError **error)
{
    node->values = g_array_new(FALSE, FALSE, sizeof(LvmValue));
    g_array_set_clear_func(node->values, value_clear);
    if (!take(parser, '['))
        return take_value(parser, node->values, error);
    while (!take(parser, ']')) {
        if (!take_value(parser, node->values, error))
            return FALSE;
        if (!take(parser, ',') && peek(parser) != ']')
            return fail(parser, "a list does not end", error);
    }
    return TRUE;
}

static gboolean take_children(Parser *parser, LvmNode *section, guint depth, GError **error);

static gboolean take_node(Parser *parser, LvmNode *section, guint depth, GError **error)
{
    char *name = take_name(parser);
    if (!name)
        return fail(parser, "a name is missing", error);
    LvmNode *node = node_new(name);
    g_ptr_array_add(section->children, node);
    if (!count_element(parser, error))
        return FALSE;
    if (take(parser, '='))
        return take_values(parser, node, error);
    if (!take(parser, '{'))
        return fail(parser, "a name without a value", error);
    if (depth >= DEPTH_LIMIT)
        return fail(parser, "too many sections inside each other", error);
    return take_children(parser, node, depth + 1, error) &&
           (take(parser, '}') || fail(parser, "a section does not end", error));
}

static gboolean take_children(Parser *parser, LvmNode *section, guint depth, GError **error)
{
    section->children = g_ptr_array_new_with_free_func(free_element);
    for (char next = peek(parser); next != '\0' && next != '}'; next = peek(parser))
        if (!take_node(parser, section, depth, error))
            return FALSE;
    return TRUE;
}

LvmNode *lvm_text_parse(const char *text, size_t length, GError **error)
{
    g_autoptr(LvmNode) root = node_new(g_strdup(""));
    const char *nul = memchr(text, '\0', length);
    Parser parser = {text, nul ? nul : text + length, 0, 1};
    if (length > LVM_TEXT_LIMIT_BYTES) {
        fail(&parser, "too much of it", error);
        return NULL;
    }
    if (!take_children(&parser, root, 1, error))
        return NULL;
    if (peek(&parser) != '\0') {
        fail(&parser, "a section ends that did not begin", error);
        return NULL;
    }
    return g_steal_pointer(&root);
}

static const LvmNode *find(const LvmNode *section, const char *name)
{
    for (guint i = 0; section->children && i < section->children->len; i++) {
        const LvmNode *node = g_ptr_array_index(section->children, i);
        if (g_str_equal(node->name, name))
            return node;
    }
    return NULL;
}

const LvmNode *lvm_node_section(const LvmNode *section, const char *name)
{
    const LvmNode *node = find(section, name);
    return node && node->children ? node : NULL;
}

const LvmNode *lvm_node_values(const LvmNode *section, const char *name)
{
    const LvmNode *node = find(section, name);
    return node && node->values ? node : NULL;
}

const char *lvm_node_text(const LvmNode *section, const char *name)
{
    const LvmNode *node = lvm_node_values(section, name);
    return node && node->values->len == 1 ? g_array_index(node->values, LvmValue, 0).text : NULL;
}

gboolean lvm_node_number(const LvmNode *section, const char *name, uint64_t maximum,
                         uint64_t *ret_number)
{
    const LvmNode *node = lvm_node_values(section, name);
    if (!node || node->values->len != 1)
        return FALSE;
    const LvmValue *value = &g_array_index(node->values, LvmValue, 0);
    if (value->text || value->number < 0 || (uint64_t)value->number > maximum)
        return FALSE;
    *ret_number = (uint64_t)value->number;
    return TRUE;
}

gboolean lvm_node_lists(const LvmNode *section, const char *name, const char *text)
{
    const LvmNode *node = lvm_node_values(section, name);
    for (guint i = 0; node && i < node->values->len; i++)
        if (g_strcmp0(g_array_index(node->values, LvmValue, i).text, text) == 0)
            return TRUE;
    return FALSE;
}
