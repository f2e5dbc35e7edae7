/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and changing YAML documents. */
#include "linux/yaml_edit.h"

#include <string.h>

gboolean yaml_edit_load(const char *text, yaml_document_t *document)
{
    g_auto(yaml_parser_t) parser = {0};

    if (!yaml_parser_initialize(&parser))
        return FALSE;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    if (yaml_parser_load(&parser, document))
        return TRUE;
    g_debug("a network configuration is no YAML: %s, skipping", parser.problem);
    return FALSE;
}

static int append_output(void *data, unsigned char *buffer, size_t size)
{
    g_string_append_len(data, (const char *)buffer, (gssize)size);
    return 1;
}

/* Lines up to the first that is no comment. cloud-init's "#cloud-config" and the notes of whoever
   made the file are such. */
static GString *leading_comments(const char *text)
{
    GString *comments = g_string_new(NULL);

    while (*text == '#' || *text == '\n') {
        size_t length = strcspn(text, "\n");

        g_string_append_len(comments, text, (gssize)length);
        g_string_append_c(comments, '\n');
        text += length + (text[length] == '\n');
    }
    return comments;
}

char *yaml_edit_save(yaml_document_t *document, const char *text)
{
    g_autoptr(GString) out = leading_comments(text);
    g_auto(yaml_emitter_t) emitter = {0};

    document->start_implicit = document->end_implicit = 1;
    if (!yaml_emitter_initialize(&emitter)) {
        yaml_document_delete(document);
        return NULL;
    }
    yaml_emitter_set_output(&emitter, append_output, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    if (!yaml_emitter_dump(&emitter, document) || !yaml_emitter_close(&emitter))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static yaml_node_t *node_at(yaml_document_t *document, int node, yaml_node_type_t type)
{
    yaml_node_t *found = node > 0 ? yaml_document_get_node(document, node) : NULL;

    return found != NULL && found->type == type ? found : NULL;
}

const char *yaml_edit_scalar(yaml_document_t *document, int node)
{
    const yaml_node_t *found = node_at(document, node, YAML_SCALAR_NODE);

    return found != NULL ? (const char *)found->data.scalar.value : NULL;
}

gboolean yaml_edit_is_mapping(yaml_document_t *document, int node)
{
    return node_at(document, node, YAML_MAPPING_NODE) != NULL;
}

gboolean yaml_edit_is_sequence(yaml_document_t *document, int node)
{
    return node_at(document, node, YAML_SEQUENCE_NODE) != NULL;
}

gboolean yaml_edit_pair(yaml_document_t *document, int mapping, guint index, int *ret_key,
                        int *ret_value)
{
    const yaml_node_t *node = node_at(document, mapping, YAML_MAPPING_NODE);
    const yaml_node_pair_t *pair = NULL;

    if (node == NULL ||
        index >= (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start))
        return FALSE;
    pair = node->data.mapping.pairs.start + index;
    *ret_key = pair->key;
    *ret_value = pair->value;
    return TRUE;
}

int yaml_edit_get(yaml_document_t *document, int mapping, const char *key)
{
    int pair_key = 0, value = 0;

    for (guint i = 0; yaml_edit_pair(document, mapping, i, &pair_key, &value); i++)
        if (g_strcmp0(yaml_edit_scalar(document, pair_key), key) == 0)
            return value;
    return 0;
}

int yaml_edit_item(yaml_document_t *document, int sequence, guint index)
{
    const yaml_node_t *node = node_at(document, sequence, YAML_SEQUENCE_NODE);

    if (node == NULL ||
        index >= (size_t)(node->data.sequence.items.top - node->data.sequence.items.start))
        return 0;
    return node->data.sequence.items.start[index];
}

void yaml_edit_remove(yaml_document_t *document, int mapping, const char *key)
{
    yaml_node_t *node = node_at(document, mapping, YAML_MAPPING_NODE);
    int pair_key = 0, value = 0;

    for (guint i = 0; yaml_edit_pair(document, mapping, i, &pair_key, &value);) {
        yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;

        if (g_strcmp0(yaml_edit_scalar(document, pair_key), key) != 0) {
            i++;
            continue;
        }
        memmove(pair, pair + 1, (size_t)(node->data.mapping.pairs.top - pair - 1) * sizeof(*pair));
        node->data.mapping.pairs.top--;
    }
}

void yaml_edit_remove_item(yaml_document_t *document, int sequence, guint index)
{
    yaml_node_t *node = node_at(document, sequence, YAML_SEQUENCE_NODE);
    yaml_node_item_t *item = NULL;

    if (yaml_edit_item(document, sequence, index) == 0)
        return;
    item = node->data.sequence.items.start + index;
    memmove(item, item + 1, (size_t)(node->data.sequence.items.top - item - 1) * sizeof(*item));
    node->data.sequence.items.top--;
}

/* An empty "{}" becomes a block when something is put into it. */
static void open_mapping(yaml_document_t *document, int mapping)
{
    yaml_node_t *node = node_at(document, mapping, YAML_MAPPING_NODE);

    if (node->data.mapping.pairs.top == node->data.mapping.pairs.start)
        node->data.mapping.style = YAML_ANY_MAPPING_STYLE;
}

void yaml_edit_set(yaml_document_t *document, int mapping, const char *key, int value)
{
    int key_node = 0;

    yaml_edit_remove(document, mapping, key);
    key_node = yaml_edit_new_scalar(document, key);
    if (key_node == 0 || value == 0 || !yaml_edit_is_mapping(document, mapping))
        return;
    open_mapping(document, mapping);
    if (!yaml_document_append_mapping_pair(document, mapping, key_node, value))
        g_debug("out of memory for YAML");
}

void yaml_edit_append(yaml_document_t *document, int sequence, int item)
{
    if (item != 0 && node_at(document, sequence, YAML_SEQUENCE_NODE) != NULL &&
        !yaml_document_append_sequence_item(document, sequence, item))
        g_debug("out of memory for YAML");
}

int yaml_edit_new_scalar(yaml_document_t *document, const char *text)
{
    /* "2001:db8::5/64" could be taken for a mapping by other readers, and "52:54:00:…" for a number
       to the base of 60. */
    gboolean quoted = strchr(text, ':') != NULL;

    return yaml_document_add_scalar(document, NULL, (const yaml_char_t *)text, (int)strlen(text),
                                    quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                           : YAML_PLAIN_SCALAR_STYLE);
}

int yaml_edit_new_mapping(yaml_document_t *document)
{
    return yaml_document_add_mapping(document, NULL, YAML_BLOCK_MAPPING_STYLE);
}

int yaml_edit_new_sequence(yaml_document_t *document)
{
    return yaml_document_add_sequence(document, NULL, YAML_BLOCK_SEQUENCE_STYLE);
}
