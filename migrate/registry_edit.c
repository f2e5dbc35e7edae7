/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What migrate registry changes: set, delete and import. */
#include "migrate/registry_edit.h"

#include "base/error.h"
#include "base/finding.h"
#include "registry/reg_file.h"
#include "registry/value_type.h"
#include "windows/editable_hive.h"

#define REASON "asked for by hand"

/* One run over one or more hives. */
typedef struct {
    RegistryTree *tree;
    GPtrArray *findings;
    GHashTable *hives; /* path in the tree → EditableHive */
    GPtrArray *order;  /* of EditableHive, borrowed: as they were first touched */
} HandEdit;

static void hand_edit_clear(HandEdit *edit)
{
    g_clear_pointer(&edit->hives, g_hash_table_unref);
    g_clear_pointer(&edit->order, g_ptr_array_unref);
    g_clear_pointer(&edit->findings, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HandEdit, hand_edit_clear)

static void free_hive(gpointer hive)
{
    editable_hive_free(hive);
}

/* The hive of place, and place's key in it. */
static gboolean open_place(HandEdit *edit, const HivePlace *place, EditableHive **ret_hive,
                           char **ret_key, GError **error)
{
    g_autofree char *path = NULL;
    g_autofree char *mount = NULL;
    if (!registry_tree_find(edit->tree, place, &path, &mount, error))
        return FALSE;
    EditableHive *hive = g_hash_table_lookup(edit->hives, path);
    if (!hive) {
        hive = editable_hive_open_path(edit->tree->tree, path, mount, mount, edit->findings, error);
        if (!hive)
            return FALSE;
        g_hash_table_insert(edit->hives, g_strdup(path), hive);
        g_ptr_array_add(edit->order, hive);
    } else if (g_ascii_strcasecmp(hive->mount, mount) != 0 &&
               workpiece_hive_file(edit->tree->workpiece)) {
        /* Whose name says nothing: then all keys must at least agree. */
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "change them one after the other",
                          "one file cannot be both %s and %s", hive->mount, mount);
        return FALSE;
    }
    *ret_hive = hive;
    return hive_resolve_control_set(hive->hive, place->key, ret_key, error);
}

static gboolean open_key(HandEdit *edit, const char *text, EditableHive **ret_hive, char **ret_key,
                         GError **error)
{
    g_auto(HivePlace) place = {0};
    return hive_place_parse(text, &place, error) &&
           open_place(edit, &place, ret_hive, ret_key, error);
}

/* What is there now; *ret_value NULL: nothing. */
static gboolean find_old(const EditableHive *hive, const char *key, const char *name,
                         gboolean *ret_key_found, HiveValue **ret_value, GError **error)
{
    HiveKey found;
    *ret_value = NULL;
    return hive_find_key(hive->hive, hive_root(hive->hive), key, ret_key_found, &found, error) &&
           (!*ret_key_found || !name || hive_get_value(hive->hive, found, name, ret_value, error));
}

static gboolean set_value(HandEdit *edit, const RegistryJob *job, GError **error)
{
    EditableHive *hive;
    g_autofree char *key = NULL;
    g_autoptr(HiveValue) old = NULL;
    g_autoptr(GBytes) data = NULL;
    uint32_t type = HIVE_TYPE_SZ;
    gboolean found;
    if (!open_key(edit, job->key, &hive, &key, error) ||
        !find_old(hive, key, job->value, &found, &old, error))
        return FALSE;
    if (old)
        type = old->type;
    if ((job->options->type && !hive_type_parse(job->options->type, &type, error)) ||
        !hive_data_parse(type, job->data, &data, error)) {
        g_prefix_error(error, "cannot set the value '%s': ", job->value);
        return FALSE;
    }
    gsize length;
    const void *bytes = g_bytes_get_data(data, &length);
    hive_edits_set(hive->edits, key, job->value, type, bytes, length, REASON);
    return TRUE;
}

static gboolean check_subkeys(const RegistryJob *job, const EditableHive *hive, const char *key,
                              GError **error)
{
    HiveKey found_key;
    gboolean found;
    HiveKeyFacts facts;
    if (!hive_find_key(hive->hive, hive_root(hive->hive), key, &found, &found_key, error) ||
        (found && !hive_get_key_facts(hive->hive, found_key, &facts, error)))
        return FALSE;
    if (!found || facts.subkeys == 0 || job->options->recursive)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "delete them too with --recursive",
                      "the key '%s' has %u keys below it", job->key, facts.subkeys);
    return FALSE;
}

static gboolean delete_value(HandEdit *edit, const RegistryJob *job, GError **error)
{
    EditableHive *hive;
    g_autofree char *key = NULL;
    g_autoptr(HiveValue) old = NULL;
    gboolean found;
    if (!open_key(edit, job->key, &hive, &key, error) ||
        !find_old(hive, key, job->value, &found, &old, error))
        return FALSE;
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "there is no key '%s'", job->key);
        return FALSE;
    }
    if (job->value && !old) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "there is no value '%s' in '%s'",
                          job->value, job->key);
        return FALSE;
    }
    if (job->value) {
        hive_edits_delete_value(hive->edits, key, job->value, REASON);
        return TRUE;
    }
    if (!check_subkeys(job, hive, key, error))
        return FALSE;
    hive_edits_delete_key(hive->edits, key, REASON);
    return TRUE;
}

static void add_entry(HiveEdits *edits, const char *key, const RegEntry *entry, const char *reason)
{
    gsize length = 0;
    const void *bytes = entry->data ? g_bytes_get_data(entry->data, &length) : NULL;
    switch (entry->kind) {
    case REG_ENTRY_CREATE_KEY:
        hive_edits_create_key(edits, key, reason);
        break;
    case REG_ENTRY_DELETE_KEY:
        hive_edits_delete_key(edits, key, reason);
        break;
    case REG_ENTRY_SET:
        hive_edits_set(edits, key, entry->name, entry->type, bytes, length, reason);
        break;
    case REG_ENTRY_DELETE_VALUE:
        hive_edits_delete_value(edits, key, entry->name, reason);
        break;
    }
}

static gboolean import_file(HandEdit *edit, const RegistryJob *job, GError **error)
{
    /* Entries of one key follow each other. */
    EditableHive *hive = NULL;
    const char *last = "";
    g_autofree char *key = NULL;
    for (guint i = 0; i < job->entries->len; i++) {
        const RegEntry *entry = g_ptr_array_index(job->entries, i);
        if (!hive || !g_str_equal(entry->key, last)) {
            g_clear_pointer(&key, g_free);
            if (!open_key(edit, entry->key, &hive, &key, error)) {
                g_prefix_error(error, "%s:%u: ", job->file_name, entry->line);
                return FALSE;
            }
            last = entry->key;
        }
        g_autofree char *reason = g_strdup_printf("%s:%u", job->file_name, entry->line);
        add_entry(hive->edits, key, entry, reason);
    }
    return TRUE;
}

gboolean registry_edit_stage(const RegistryJob *job, RegistryTree *tree, Edits *edits,
                             GError **error)
{
    g_auto(HandEdit) edit = {
        .tree = tree,
        .findings = findings_new(),
        .hives = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_hive),
        .order = g_ptr_array_new(),
    };
    gboolean ok = job->action == REGISTRY_SET      ? set_value(&edit, job, error)
                  : job->action == REGISTRY_DELETE ? delete_value(&edit, job, error)
                                                   : import_file(&edit, job, error);
    if (!ok || !findings_check_blockers(edit.findings, error))
        return FALSE;
    for (guint i = 0; i < edit.order->len; i++)
        if (!editable_hive_stage(g_ptr_array_index(edit.order, i), edits, error))
            return FALSE;
    return TRUE;
}
