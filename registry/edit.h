/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes to a hive as data, and the one function that applies them: through hivex on a copy, then
   verified by a walk of our own and stamped as a clean hive. */
#ifndef REGISTRY_EDIT_H
#define REGISTRY_EDIT_H

#include <glib.h>
#include <stdint.h>

typedef struct HiveEdits HiveEdits;

HiveEdits *hive_edits_new(void);
void hive_edits_free(HiveEdits *edits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HiveEdits, hive_edits_free)
guint hive_edits_count(const HiveEdits *edits);

/* key: path from the root, '\\' between components; missing keys are created. name: "" is the
   default value. reason: one sentence. A later change of the same value wins. */
void hive_edits_set(HiveEdits *edits, const char *key, const char *name, uint32_t type,
                    const void *data, size_t length, const char *reason);
void hive_edits_set_dword(HiveEdits *edits, const char *key, const char *name, uint32_t value,
                          const char *reason);
/* type: HIVE_TYPE_SZ or HIVE_TYPE_EXPAND_SZ. */
void hive_edits_set_string(HiveEdits *edits, const char *key, const char *name, uint32_t type,
                           const char *text, const char *reason);
void hive_edits_set_multi_string(HiveEdits *edits, const char *key, const char *name,
                                 const char *const *strings, const char *reason);
void hive_edits_create_key(HiveEdits *edits, const char *key, const char *reason);
/* Deleting what is not there changes nothing. */
void hive_edits_delete_value(HiveEdits *edits, const char *key, const char *name,
                             const char *reason);
void hive_edits_delete_key(HiveEdits *edits, const char *key, const char *reason);

/* What really changed. */
typedef struct {
    char *key;      /* path from the root, in the hive's own case where it existed */
    char *name;     /* "" for the default value, NULL: the key itself was created or deleted */
    char *old_text; /* hive_value_to_text(); NULL: was not there */
    char *new_text; /* NULL: deleted */
    char *reason;
} HiveChange;
void hive_change_free(HiveChange *change);

/* Loads what hive_edits_apply() needs from the host: hivex converts names with iconv, whose modules
   are files. To be called before a process gives up its file system; else it is not needed. */
gboolean hive_edits_prepare(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* hive: a clean or replayed one. min_sequence: HiveReplay.max_sequence; the new hive's sequence
   numbers are above it. *ret_changes: of HiveChange, empty when every value was already so; then
   *ret_hive is a reference on hive. Refused with DRYDOCK_ERROR_UNSUPPORTED: a key that holds a
   value above 16344 bytes would have to be rewritten (hivex writes those as one cell, which Windows
   does not read), or a parent with a subkey list that hivex cannot change. The result has passed
   hive_verify(). */
gboolean hive_edits_apply(const HiveEdits *edits, GBytes *hive, uint32_t min_sequence,
                          GBytes **ret_hive, GPtrArray **ret_changes,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
