/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and changing YAML documents: what libyaml leaves to its users. */
#ifndef LINUX_YAML_EDIT_H
#define LINUX_YAML_EDIT_H

#include <glib.h>
#include <yaml.h>

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_parser_t, yaml_parser_delete)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_document_t, yaml_document_delete)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_emitter_t, yaml_emitter_delete)

/* FALSE: text is no YAML; said at debug. document is all zeros before. */
gboolean yaml_edit_load(const char *text, yaml_document_t *document);
/* The document as text, in the styles its nodes have; consumes document. NULL: it cannot be. The
   comments that text begins with stand before it. Free with g_free(). */
char *yaml_edit_save(yaml_document_t *document, const char *text);

/* Nodes are numbered from 1, as libyaml does; 0: there is none. They are numbers, not pointers:
   those move when nodes are added. */
const char *yaml_edit_scalar(yaml_document_t *document, int node); /* NULL: it is no scalar */
gboolean yaml_edit_is_mapping(yaml_document_t *document, int node);
gboolean yaml_edit_is_sequence(yaml_document_t *document, int node);
int yaml_edit_get(yaml_document_t *document, int mapping, const char *key);
/* Pair number index of a mapping: FALSE behind the last. */
gboolean yaml_edit_pair(yaml_document_t *document, int mapping, guint index, int *ret_key,
                        int *ret_value);
/* Item number index of a sequence; 0: behind the last. */
int yaml_edit_item(yaml_document_t *document, int sequence, guint index);

void yaml_edit_remove(yaml_document_t *document, int mapping, const char *key);
void yaml_edit_remove_item(yaml_document_t *document, int sequence, guint index);
void yaml_edit_set(yaml_document_t *document, int mapping, const char *key, int value);
void yaml_edit_append(yaml_document_t *document, int sequence, int item);
int yaml_edit_new_scalar(yaml_document_t *document, const char *text); /* plain if it can be */
int yaml_edit_new_mapping(yaml_document_t *document);
int yaml_edit_new_sequence(yaml_document_t *document);

#endif
