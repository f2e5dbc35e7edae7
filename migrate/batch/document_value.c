/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a document's values say: texts with variables, numbers, flags. */
#include <math.h>
#include <string.h>
#include <yaml.h>

#include "migrate/batch/document.h"

static const yaml_node_t *node_of(const DocumentValue *value)
{
    return (const yaml_node_t *)(const void *)value;
}

static gboolean is_plain(const DocumentValue *value)
{
    return node_of(value)->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

gboolean document_literal(const Document *document, const DocumentValue *value, const char *key,
                          const char **ret_text, GError **error)
{
    const yaml_node_t *node = node_of(value);
    if (document_kind(value) != DOCUMENT_TEXT) {
        document_set_error(document, value, NULL, error, "'%s' has to be a text", key);
        return FALSE;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        document_set_error(document, value, NULL, error, "'%s' has a NUL character in it", key);
        return FALSE;
    }
    *ret_text = text;
    return TRUE;
}

/* *text stands behind "${". */
static gboolean append_variable(const Document *document, const DocumentValue *value,
                                const char *key, const char **text, GString *expanded,
                                GError **error)
{
    size_t length = strspn(*text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
    g_autofree char *name = g_strndup(*text, length);
    if (length == 0 || (*text)[length] != '}') {
        document_set_error(document, value, "write ${NAME}, or $$ for a dollar sign", error,
                           "'%s' has a '${' that names no variable", key);
        return FALSE;
    }
    const char *variable = g_getenv(name);
    if (!variable || !g_utf8_validate(variable, -1, NULL)) {
        document_set_error(document, value, "export it first, or write $$ for a dollar sign", error,
                           variable ? "'%s': the variable '%s' is no text"
                                    : "'%s': there is no environment variable '%s'",
                           key, name);
        return FALSE;
    }
    g_string_append(expanded, variable);
    *text += length + 1;
    return TRUE;
}

gboolean document_text(const Document *document, const DocumentValue *value, const char *key,
                       char **ret_text, GError **error)
{
    const char *text;
    if (!document_literal(document, value, key, &text, error))
        return FALSE;
    g_autoptr(GString) expanded = g_string_new(NULL);
    while (*text) {
        size_t plain = strcspn(text, "$");
        g_string_append_len(expanded, text, (gssize)plain);
        text += plain;
        if (g_str_has_prefix(text, "${")) {
            text += 2;
            if (!append_variable(document, value, key, &text, expanded, error))
                return FALSE;
        } else if (*text) {
            text += g_str_has_prefix(text, "$$") ? 2 : 1;
            g_string_append_c(expanded, '$');
        }
    }
    *ret_text = g_string_free(g_steal_pointer(&expanded), FALSE);
    return TRUE;
}

static void text_drop(gpointer text)
{
    g_free(text);
}

static char **finish(GPtrArray *texts)
{
    g_ptr_array_add(texts, NULL);
    return (char **)g_ptr_array_steal(texts, NULL);
}

gboolean document_texts(const Document *document, const DocumentValue *value, const char *key,
                        char ***ret_texts, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(text_drop);
    gboolean is_list = document_kind(value) == DOCUMENT_LIST;
    for (guint i = 0; i < (is_list ? document_count(value) : 1); i++) {
        char *text;
        if (!document_text(document, is_list ? document_item(document, value, i) : value, key,
                           &text, error))
            return FALSE;
        g_ptr_array_add(texts, text);
    }
    *ret_texts = finish(texts);
    return TRUE;
}

gboolean document_pairs(const Document *document, const DocumentValue *value, const char *key,
                        char ***ret_pairs, GError **error)
{
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(text_drop);
    if (document_kind(value) != DOCUMENT_MAP) {
        document_set_error(document, value, "write each as KEY: VALUE", error,
                           "'%s' has to be a map", key);
        return FALSE;
    }
    for (guint i = 0; i < document_count(value); i++) {
        const DocumentValue *item;
        const char *name = document_key(document, value, i, NULL, &item);
        g_autofree char *text = NULL;
        if (!document_text(document, item, name, &text, error))
            return FALSE;
        g_ptr_array_add(pairs, g_strconcat(name, "=", text, NULL));
    }
    *ret_pairs = finish(pairs);
    return TRUE;
}

gboolean document_number(const Document *document, const DocumentValue *value, const char *key,
                         gint64 minimum, gint64 maximum, gint64 *ret_number, GError **error)
{
    g_autofree char *text = NULL;
    if (document_kind(value) == DOCUMENT_TEXT && !document_text(document, value, key, &text, error))
        return FALSE;
    if (text && g_ascii_string_to_signed(text, 10, minimum, maximum, ret_number, NULL))
        return TRUE;
    document_set_error(document, value, NULL, error,
                       "'%s' is not a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key,
                       minimum, maximum);
    return FALSE;
}

/* 1: true, 0: false, -1: neither. */
static int flag_of(const char *text)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return (int)(i % 2);
    return -1;
}

gboolean document_flag(const Document *document, const DocumentValue *value, const char *key,
                       gboolean *ret_flag, GError **error)
{
    g_autofree char *text = NULL;
    if (document_kind(value) == DOCUMENT_TEXT && !document_text(document, value, key, &text, error))
        return FALSE;
    int flag = text ? flag_of(text) : -1;
    if (flag < 0) {
        document_set_error(document, value, "write true or false", error,
                           "'%s' is neither true nor false", key);
        return FALSE;
    }
    *ret_flag = flag;
    return TRUE;
}

static JsonNode *json_of_plain(const char *text)
{
    char *end;
    gint64 number;
    double real = g_ascii_strtod(text, &end);
    if (g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL))
        return json_node_init_int(json_node_alloc(), number);
    if (*text && !*end && isfinite(real) && strspn(text, G_CSET_DIGITS "+-.eE") == strlen(text))
        return json_node_init_double(json_node_alloc(), real);
    if (g_str_equal(text, "true") || g_str_equal(text, "false"))
        return json_node_init_boolean(json_node_alloc(), *text == 't');
    return json_node_init_string(json_node_alloc(), text);
}

static gboolean json_of_text(const Document *document, const DocumentValue *value,
                             JsonNode **ret_json, GError **error)
{
    g_autofree char *text = NULL;
    if (document_is_null(value)) {
        *ret_json = json_node_init_null(json_node_alloc());
        return TRUE;
    }
    if (!document_text(document, value, "text", &text, error))
        return FALSE;
    *ret_json =
        is_plain(value) ? json_of_plain(text) : json_node_init_string(json_node_alloc(), text);
    return TRUE;
}

static gboolean json_of_list(const Document *document, const DocumentValue *value,
                             JsonNode **ret_json, GError **error)
{
    g_autoptr(JsonArray) array = json_array_new();
    for (guint i = 0; i < document_count(value); i++) {
        JsonNode *item;
        if (!document_to_json(document, document_item(document, value, i), &item, error))
            return FALSE;
        json_array_add_element(array, item);
    }
    *ret_json = json_node_init_array(json_node_alloc(), array);
    return TRUE;
}

static gboolean json_of_map(const Document *document, const DocumentValue *value,
                            JsonNode **ret_json, GError **error)
{
    g_autoptr(JsonObject) object = json_object_new();
    for (guint i = 0; i < document_count(value); i++) {
        const DocumentValue *member;
        JsonNode *node;
        const char *name = document_key(document, value, i, NULL, &member);
        if (!document_to_json(document, member, &node, error))
            return FALSE;
        json_object_set_member(object, name, node);
    }
    *ret_json = json_node_init_object(json_node_alloc(), object);
    return TRUE;
}

gboolean document_to_json(const Document *document, const DocumentValue *value, JsonNode **ret_json,
                          GError **error)
{
    switch (document_kind(value)) {
    case DOCUMENT_TEXT:
        break;
    case DOCUMENT_LIST:
        return json_of_list(document, value, ret_json, error);
    case DOCUMENT_MAP:
        return json_of_map(document, value, ret_json, error);
    }
    return json_of_text(document, value, ret_json, error);
}
