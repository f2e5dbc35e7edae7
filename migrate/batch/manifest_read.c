/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads migrate-manifest(5). */
#include <string.h>

#include "base/error.h"
#include "migrate/batch/expand.h"
#include "migrate/batch/hook_read.h"
#include "migrate/batch/hyper2kvm.h"
#include "migrate/batch/manifest.h"
#include "migrate/batch/settings.h"

#define VERSION 1
#define PRIORITY_LIMIT 1000000

typedef struct {
    BatchManifest *manifest;
    const Document *document;
    BatchMachine *defaults;
    GHashTable *outputs; /* of "FOLDER/NAME": whose it is, by id */
} Reader;

static void reader_clear(Reader *reader)
{
    batch_machine_free(reader->defaults);
    g_hash_table_unref(reader->outputs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

/* Keys of machines and of defaults that are no settings. */
static const char *const machine_keys[] = {"id", "source", "priority", "enabled", "hooks", NULL};
#define DEFAULTS_KEYS (machine_keys + 2)

static void set_unknown_key(const Reader *reader, const DocumentValue *key,
                            const char *const *others, GError **error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (; *others; others++)
        g_ptr_array_add(known, (gpointer)(uintptr_t)*others);
    for (const Setting *setting = batch_settings_table(); setting->key; setting++)
        g_ptr_array_add(known, (gpointer)(uintptr_t)setting->key);
    g_ptr_array_add(known, NULL);
    document_set_unknown_key(reader->document, key, (const char *const *)known->pdata, error);
}

static gboolean read_hooks(const Reader *reader, const DocumentValue *value, BatchMachine *machine,
                           GError **error)
{
    GPtrArray *hooks;
    if (!batch_hooks_read(reader->manifest, reader->document, value, &hooks, error))
        return FALSE;
    g_ptr_array_unref(machine->hooks);
    machine->hooks = hooks;
    return TRUE;
}

static gboolean read_own_key(const Reader *reader, const char *key, const DocumentValue *value,
                             BatchMachine *machine, GError **error)
{
    gint64 number;
    if (g_str_equal(key, "hooks"))
        return read_hooks(reader, value, machine, error);
    if (g_str_equal(key, "enabled"))
        return document_flag(reader->document, value, key, &machine->enabled, error);
    if (!g_str_equal(key, "priority"))
        return TRUE; /* read by others */
    if (!document_number(reader->document, value, key, -PRIORITY_LIMIT, PRIORITY_LIMIT, &number,
                         error))
        return FALSE;
    machine->priority = (gint)number;
    return TRUE;
}

static const Setting *find_setting(const char *key)
{
    for (const Setting *setting = batch_settings_table(); setting->key; setting++)
        if (g_str_equal(setting->key, key))
            return setting;
    return NULL;
}

/* others: what may be there besides settings. */
static gboolean read_map(const Reader *reader, const DocumentValue *map, const char *const *others,
                         BatchMachine *machine, GError **error)
{
    for (guint i = 0; i < document_count(map); i++) {
        const DocumentValue *key, *value;
        const char *text = document_key(reader->document, map, i, &key, &value);
        const Setting *setting = find_setting(text);
        if (setting) {
            if (!batch_setting_read(setting, reader->manifest, reader->document, value,
                                    &machine->settings, error))
                return FALSE;
        } else if (!g_strv_contains(others, text)) {
            set_unknown_key(reader, key, others, error);
            return FALSE;
        } else if (!read_own_key(reader, text, value, machine, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean expect_map(const Reader *reader, const DocumentValue *value, const char *what,
                           GError **error)
{
    if (document_kind(value) == DOCUMENT_MAP)
        return TRUE;
    document_set_error(reader->document, value, "see migrate-manifest(5)", error,
                       "%s has to be a map", what);
    return FALSE;
}

static BatchMachine *machine_like(const BatchMachine *other, const char *id, DocumentPlace place)
{
    BatchMachine *machine = batch_machine_new(id, place);
    batch_settings_copy(&other->settings, &machine->settings);
    g_ptr_array_unref(machine->hooks);
    machine->hooks = g_ptr_array_ref(other->hooks);
    machine->priority = other->priority;
    machine->enabled = other->enabled;
    return machine;
}

/* The id that was given, or one made of the file's name. */
static char *choose_id(const Reader *reader, const char *given, const BatchMachine *machine,
                       const BatchSource *source, gboolean is_one)
{
    if (given && is_one)
        return g_strdup(given);
    if (given)
        return g_strdup_printf("%s-%s", given, source->label);
    if (machine->settings.name && is_one)
        return g_strdup(machine->settings.name);
    return g_strdup(batch_manifest_find(reader->manifest, source->label) ? source->longer
                                                                         : source->label);
}

static gboolean claim_output(const Reader *reader, const DocumentValue *value,
                             const BatchMachine *machine, GError **error)
{
    const BatchSettings *settings = &machine->settings;
    if (!settings->name || !settings->output)
        return TRUE;
    char *output = g_build_filename(settings->output, settings->name, NULL);
    const char *owner = g_hash_table_lookup(reader->outputs, output);
    if (owner) {
        document_set_error(reader->document, value,
                           "give one of them another name or output folder", error,
                           "the machine '%s' has the name '%s' in '%s' too", owner, settings->name,
                           settings->output);
        g_free(output);
        return FALSE;
    }
    g_hash_table_insert(reader->outputs, output, g_strdup(machine->id));
    return TRUE;
}

/* Turns the error of adding into one with a place. */
static gboolean add_machine(const Reader *reader, const DocumentValue *value, BatchMachine *machine,
                            GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(BatchMachine) owned = machine;
    if (!claim_output(reader, value, machine, error))
        return FALSE;
    if (batch_manifest_add(reader->manifest, machine, &reason)) {
        g_steal_pointer(&owned);
        return TRUE;
    }
    document_set_error(reader->document, value, drydock_error_get_hint(reason), error, "%s",
                       reason->message);
    return FALSE;
}

static gboolean add_sources(const Reader *reader, const DocumentValue *value, const char *id,
                            GPtrArray *sources, BatchMachine *entry, GError **error)
{
    const DocumentValue *named = document_find(reader->document, value, "name");
    if (named && sources->len > 1) {
        document_set_error(reader->document, named, "give each its own entry", error,
                           "'name' is for one machine, 'source' has %u", sources->len);
        return FALSE;
    }
    for (guint i = 0; i < sources->len; i++) {
        const BatchSource *source = g_ptr_array_index(sources, i);
        g_autofree char *machine_id = choose_id(reader, id, entry, source, sources->len == 1);
        BatchMachine *machine = machine_like(entry, machine_id, entry->place);
        machine->sources = g_strdupv(source->paths);
        if (source->name) {
            g_free(machine->settings.name);
            machine->settings.name = g_strdup(source->name);
        }
        if (!add_machine(reader, value, machine, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_machine(const Reader *reader, const DocumentValue *value, GError **error)
{
    g_autofree char *id = NULL;
    g_autoptr(GPtrArray) sources = NULL;
    if (!expect_map(reader, value, "a machine", error))
        return FALSE;
    const DocumentValue *given = document_find(reader->document, value, "id");
    const DocumentValue *source = document_find(reader->document, value, "source");
    if (given && !document_text(reader->document, given, "id", &id, error))
        return FALSE;
    g_autoptr(BatchMachine) entry =
        machine_like(reader->defaults, id ? id : "", document_place(value));
    if (!read_map(reader, value, machine_keys, entry, error))
        return FALSE;
    if (!source) {
        document_set_error(reader->document, value, "name a file, a folder or a pattern", error,
                           "the machine has no 'source'");
        return FALSE;
    }
    return batch_source_expand(reader->manifest, reader->document, source,
                               entry->settings.name != NULL, &sources, error) &&
           add_sources(reader, value, id, sources, entry, error);
}

static gboolean read_machines(const Reader *reader, const DocumentValue *list, GError **error)
{
    if (document_kind(list) != DOCUMENT_LIST) {
        document_set_error(reader->document, list, "see migrate-manifest(5)", error,
                           "'machines' has to be a list");
        return FALSE;
    }
    for (guint i = 0; i < document_count(list); i++)
        if (!read_machine(reader, document_item(reader->document, list, i), error))
            return FALSE;
    return TRUE;
}

static gboolean read_defaults(const Reader *reader, const DocumentValue *value, GError **error)
{
    if (document_is_null(value))
        return TRUE;
    const DocumentValue *name = document_find(reader->document, value, "name");
    if (name) {
        document_set_error(reader->document, name, "give it to a machine", error,
                           "'name' is for one machine, not for all");
        return FALSE;
    }
    return expect_map(reader, value, "'defaults'", error) &&
           read_map(reader, value, DEFAULTS_KEYS, reader->defaults, error);
}

static gboolean read_top(const Reader *reader, const DocumentValue *root, GError **error)
{
    static const char *const keys[] = {"version",  "jobs",     "stop_on_error",
                                       "defaults", "machines", NULL};
    BatchManifest *manifest = reader->manifest;
    gint64 jobs = 0, version = VERSION;
    for (guint i = 0; i < document_count(root); i++) {
        const DocumentValue *key, *value;
        const char *text = document_key(reader->document, root, i, &key, &value);
        gboolean ok = TRUE;
        if (!g_strv_contains(keys, text)) {
            document_set_unknown_key(reader->document, key, keys, error);
            ok = FALSE;
        } else if (g_str_equal(text, "version")) {
            ok = document_number(reader->document, value, text, VERSION, VERSION, &version, error);
        } else if (g_str_equal(text, "jobs")) {
            ok = document_number(reader->document, value, text, 1, BATCH_LIMIT_JOBS, &jobs, error);
        } else if (g_str_equal(text, "stop_on_error")) {
            ok = document_flag(reader->document, value, text, &manifest->stop_on_error, error);
        }
        if (!ok)
            return FALSE;
    }
    manifest->jobs = (guint)jobs;
    return TRUE;
}

static gboolean read_manifest(const Reader *reader, GError **error)
{
    const DocumentValue *root = document_root(reader->document);
    if (!expect_map(reader, root, "a manifest", error) || !read_top(reader, root, error))
        return FALSE;
    const DocumentValue *defaults = document_find(reader->document, root, "defaults");
    const DocumentValue *machines = document_find(reader->document, root, "machines");
    if (defaults && !read_defaults(reader, defaults, error))
        return FALSE;
    if (!machines) {
        document_set_error(reader->document, root, "list them below 'machines:'", error,
                           "there are no machines in it");
        return FALSE;
    }
    return read_machines(reader, machines, error);
}

BatchManifest *batch_manifest_parse(const char *path, const Document *document, GError **error)
{
    g_autoptr(BatchManifest) manifest = batch_manifest_new(path);
    g_auto(Reader) reader = {
        .manifest = manifest,
        .document = document,
        .defaults = batch_machine_new("", document_place(document_root(document))),
        .outputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
    };
    return read_manifest(&reader, error) ? g_steal_pointer(&manifest) : NULL;
}

BatchManifest *batch_manifest_read(const char *path, GError **error)
{
    g_autoptr(Document) document = document_read(path, error);
    if (!document)
        return NULL;
    return hyper2kvm_is(document) ? hyper2kvm_parse(path, document, error)
                                  : batch_manifest_parse(path, document, error);
}
