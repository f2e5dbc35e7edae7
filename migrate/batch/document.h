/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A YAML or JSON file (JSON is YAML) that somebody wrote by hand: its values with their places, and
   errors that say "FILE:LINE:COLUMN: …". By libyaml's document API. */
#ifndef MIGRATE_BATCH_DOCUMENT_H
#define MIGRATE_BATCH_DOCUMENT_H

#include <json-glib/json-glib.h>
#include <stdint.h>

/* What a file may have at most: aliases count as often as they are used. */
#define DOCUMENT_LIMIT_BYTES (UINT64_C(64) << 20)
#define DOCUMENT_LIMIT_VALUES 4000000u
#define DOCUMENT_LIMIT_DEPTH 32u

typedef struct Document Document;
/* A text, a list or a map; borrowed from its document. */
typedef struct DocumentValue DocumentValue;

typedef enum {
    DOCUMENT_TEXT, /* numbers, flags and null as well */
    DOCUMENT_LIST,
    DOCUMENT_MAP,
} DocumentKind;

/* Both count from 1; columns are characters. */
typedef struct {
    guint line, column;
} DocumentPlace;

/* DRYDOCK_ERROR_USAGE for what is no YAML, has more than one document, a key that is no text or is
   there twice in one map, a value that holds itself, or more than the limits allow. */
Document *document_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for text (UTF-8 or, with a byte order mark, UTF-16); name is for messages. */
Document *document_parse(const char *name, const char *text, size_t length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void document_free(Document *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Document, document_free)

const char *document_name(const Document *document);
const DocumentValue *document_root(const Document *document);

DocumentKind document_kind(const DocumentValue *value);
DocumentPlace document_place(const DocumentValue *value);
gboolean document_is_null(const DocumentValue *value); /* null, ~ or nothing, without quotes */

guint document_count(const DocumentValue *value); /* of a list's items or a map's keys; else 0 */
const DocumentValue *document_item(const Document *document, const DocumentValue *list,
                                   guint index);
/* Key number index of a map as it is written; *ret_key (may be NULL) is where it stands. */
const char *document_key(const Document *document, const DocumentValue *map, guint index,
                         const DocumentValue **ret_key, const DocumentValue **ret_value);
/* NULL: map has no such key. */
const DocumentValue *document_find(const Document *document, const DocumentValue *map,
                                   const char *key);

/* Sets *error to DRYDOCK_ERROR_USAGE, with "FILE:LINE:COLUMN: " before the message. */
void document_set_error(const Document *document, const DocumentValue *value, const char *hint,
                        GError **error, const char *format, ...) G_GNUC_PRINTF(5, 6);
/* Sets *error for a key that is none of keys (NULL-terminated); the hint names the nearest. */
void document_set_unknown_key(const Document *document, const DocumentValue *key,
                              const char *const *keys, GError **error);

/* Typed values. key is for the message: "'cpus' is not a number from 1 to 4096". In texts ${NAME}
   is replaced by that variable of the environment, which must be there, and $$ by $;
   document_literal() leaves them alone. What they return in ret_ is the caller's. */
gboolean document_literal(const Document *document, const DocumentValue *value, const char *key,
                          const char **ret_text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean document_text(const Document *document, const DocumentValue *value, const char *key,
                       char **ret_text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A list of texts; a single text is a list of one. */
gboolean document_texts(const Document *document, const DocumentValue *value, const char *key,
                        char ***ret_texts, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A map of texts as "KEY=TEXT" strings, in their order. */
gboolean document_pairs(const Document *document, const DocumentValue *value, const char *key,
                        char ***ret_pairs, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean document_number(const Document *document, const DocumentValue *value, const char *key,
                         gint64 minimum, gint64 maximum, gint64 *ret_number,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* true and false, yes and no, on and off. */
gboolean document_flag(const Document *document, const DocumentValue *value, const char *key,
                       gboolean *ret_flag, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The value with all below it, texts as document_text() has them; what is not in quotes becomes
   number, flag or null as JSON has them. */
gboolean document_to_json(const Document *document, const DocumentValue *value, JsonNode **ret_json,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
