/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyper2kvm's artifact and batch manifests as manifests of ours. */
#include "migrate/batch/hyper2kvm.h"

#include <string.h>

#include "base/error.h"
#include "migrate/batch/hyper2kvm_layer.h"

#define PRIORITY_LIMIT 1000000
#define ID_MAX 128

static const DocumentValue *top(const Document *document, const char *key)
{
    const DocumentValue *root = document_root(document);
    return document_kind(root) == DOCUMENT_MAP ? document_find(document, root, key) : NULL;
}

gboolean hyper2kvm_is(const Document *document)
{
    return top(document, "manifest_version") || top(document, "batch_version") ||
           (top(document, "vms") && !top(document, "machines"));
}

static gboolean check_version(const Document *document, const char *key, GError **error)
{
    const DocumentValue *value = top(document, key);
    const char *text;
    if (!document_literal(document, value, key, &text, error))
        return FALSE;
    if (g_str_equal(text, "1") || g_str_has_prefix(text, "1."))
        return TRUE;
    document_set_error(document, value, "versions 1.x are read", error, "'%s' is %s", key, text);
    return FALSE;
}

/* A text below two keys; NULL: there is none. */
static const char *find_text(const Document *document, const DocumentValue *map, const char *name)
{
    const DocumentValue *value =
        map && document_kind(map) == DOCUMENT_MAP ? document_find(document, map, name) : NULL;
    const char *text;
    return value && !document_is_null(value) &&
                   document_literal(document, value, name, &text, NULL) && *text
               ? text
               : NULL;
}

/* What ids may have, in place of everything else. */
static char *make_id(const char *text)
{
    static const char letters[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-";
    char *id = g_strndup(text, ID_MAX);
    g_strcanon(id, letters, '-');
    while (*id == '.' || *id == '-')
        memmove(id, id + 1, strlen(id));
    return id;
}

static char *choose_id(const Document *document, const char *path)
{
    const DocumentValue *source = top(document, "source");
    const char *name = find_text(document, source, "vm_name");
    const char *id = name ? name : find_text(document, source, "vm_id");
    g_autofree char *file = g_path_get_basename(path);
    char *dot = strrchr(file, '.');
    if (dot && dot != file)
        *dot = '\0';
    g_autofree char *made = make_id(id ? id : file);
    return *made ? g_steal_pointer(&made) : g_strdup("machine");
}

/* The folders of its disks, which the source may use because the manifest names them. */
static char **list_folders(const Document *document, const char *directory)
{
    const DocumentValue *disks = top(document, "disks");
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *folders = g_ptr_array_new();
    for (guint i = 0; disks && document_kind(disks) == DOCUMENT_LIST && i < document_count(disks);
         i++) {
        const char *path = find_text(document, document_item(document, disks, i), "local_path");
        g_autofree char *absolute = path ? g_canonicalize_filename(path, directory) : NULL;
        char *folder = absolute ? g_path_get_dirname(absolute) : NULL;
        if (folder && g_hash_table_add(seen, folder))
            g_ptr_array_add(folders, folder);
        else
            g_free(folder);
    }
    g_ptr_array_add(folders, NULL);
    return (char **)g_ptr_array_free(folders, FALSE);
}

/* Layers above and below a machine's own manifest; values NULL: none. */
typedef struct {
    const Document *document;
    const DocumentValue *shared, *overrides;
} Layers;

static gboolean apply_layers(BatchManifest *manifest, const Document *document, const char *path,
                             const Layers *layers, BatchMachine *machine, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    const DocumentValue *nics = top(document, "nics");
    Hyper2kvmLayer own = {.manifest = manifest,
                          .document = document,
                          .machine = machine,
                          .directory = directory,
                          .nics = nics && document_kind(nics) == DOCUMENT_LIST ? nics : NULL,
                          .nics_document = document};
    Hyper2kvmLayer other = own;
    other.document = layers->document;
    other.directory = manifest->directory;
    other.name = "shared_config";
    if (layers->shared && !hyper2kvm_layer_apply(&other, layers->shared, error))
        return FALSE;
    if (!hyper2kvm_layer_apply(&own, document_root(document), error))
        return FALSE;
    other.name = "overrides";
    return !layers->overrides || hyper2kvm_layer_apply(&other, layers->overrides, error);
}

static BatchMachine *machine_of_artifact(BatchManifest *manifest, const Document *document,
                                         const char *path, const char *id, const Layers *layers,
                                         GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    if (!top(document, "manifest_version")) {
        document_set_error(document, document_root(document), NULL, error,
                           "this is no artifact manifest: it has no 'manifest_version'");
        return NULL;
    }
    if (!check_version(document, "manifest_version", error))
        return NULL;
    g_autofree char *own_id = id ? g_strdup(id) : choose_id(document, path);
    g_autoptr(BatchMachine) machine =
        batch_machine_new(own_id, document_place(document_root(document)));
    machine->findings = findings_new();
    machine->sources = g_new0(char *, 2);
    machine->sources[0] = g_strdup(path);
    machine->settings.allow_paths = list_folders(document, directory);
    if (!apply_layers(manifest, document, path, layers, machine, error))
        return NULL;
    if (machine->settings.compress && g_strcmp0(machine->settings.format, "raw") == 0) {
        findings_add(machine->findings, FINDING_MANIFEST_KEY_IGNORED,
                     "compression of raw images, which have none");
        g_clear_pointer(&machine->settings.compress, g_free);
    }
    return g_steal_pointer(&machine);
}

static gboolean read_artifact(BatchManifest *manifest, const Document *document, GError **error)
{
    const Layers none = {.document = document};
    BatchMachine *machine =
        machine_of_artifact(manifest, document, manifest->path, NULL, &none, error);
    return machine && batch_manifest_add(manifest, machine, error);
}

static gboolean read_vm_keys(const Document *document, const DocumentValue *vm,
                             BatchMachine *machine, GError **error)
{
    static const char *const known[] = {"manifest", "id", "priority", "enabled", "overrides", NULL};
    gboolean enabled = TRUE;
    for (guint i = 0; i < document_count(vm); i++) {
        const DocumentValue *value;
        const char *name = document_key(document, vm, i, NULL, &value);
        gint64 priority = 0;
        gboolean ok = TRUE;
        if (g_str_equal(name, "priority"))
            ok = document_number(document, value, name, -PRIORITY_LIMIT, PRIORITY_LIMIT, &priority,
                                 error);
        else if (g_str_equal(name, "enabled"))
            ok = document_flag(document, value, name, &enabled, error);
        else if (!g_strv_contains(known, name))
            findings_add(machine->findings, FINDING_MANIFEST_KEY_UNKNOWN, name);
        if (!ok)
            return FALSE;
        if (g_str_equal(name, "priority"))
            machine->priority = (gint)priority;
    }
    machine->enabled = machine->enabled && enabled;
    return TRUE;
}

static gboolean read_vm(BatchManifest *manifest, const Document *document, const DocumentValue *vm,
                        GError **error)
{
    const char *path = find_text(document, vm, "manifest");
    const char *id = find_text(document, vm, "id");
    if (!path) {
        document_set_error(document, vm, "name an artifact manifest", error,
                           "the machine has no 'manifest'");
        return FALSE;
    }
    g_autofree char *absolute = g_canonicalize_filename(path, manifest->directory);
    g_autofree char *own_id = id ? make_id(id) : NULL;
    g_autoptr(Document) artifact = document_read(absolute, error);
    const Layers layers = {.document = document,
                           .shared = top(document, "shared_config"),
                           .overrides = document_find(document, vm, "overrides")};
    if (!artifact)
        return FALSE;
    g_autoptr(BatchMachine) machine =
        machine_of_artifact(manifest, artifact, absolute, own_id, &layers, error);
    if (!machine || !read_vm_keys(document, vm, machine, error))
        return FALSE;
    machine->place = document_place(vm);
    g_autoptr(GError) reason = NULL;
    if (batch_manifest_add(manifest, machine, &reason)) {
        g_steal_pointer(&machine);
        return TRUE;
    }
    document_set_error(document, vm, drydock_error_get_hint(reason), error, "%s", reason->message);
    return FALSE;
}

static gboolean read_metadata(BatchManifest *manifest, const Document *document, GError **error)
{
    const DocumentValue *metadata = top(document, "batch_metadata");
    if (metadata && document_kind(metadata) != DOCUMENT_MAP) {
        document_set_error(document, metadata, NULL, error, "'batch_metadata' has to be a map");
        return FALSE;
    }
    for (guint i = 0; metadata && i < document_count(metadata); i++) {
        const DocumentValue *value;
        const char *name = document_key(document, metadata, i, NULL, &value);
        gboolean go_on = TRUE;
        gint64 jobs;
        g_autofree char *path = g_strconcat("batch_metadata.", name, NULL);
        if (g_str_equal(name, "parallel_limit")) {
            if (!document_number(document, value, name, 1, BATCH_LIMIT_JOBS, &jobs, error))
                return FALSE;
            manifest->jobs = (guint)jobs;
        } else if (g_str_equal(name, "continue_on_error")) {
            if (!document_flag(document, value, name, &go_on, error))
                return FALSE;
            manifest->stop_on_error = !go_on;
        } else {
            findings_add(manifest->findings,
                         g_str_equal(name, "batch_id") ? FINDING_MANIFEST_KEY_UNNEEDED
                                                       : FINDING_MANIFEST_KEY_UNKNOWN,
                         path);
        }
    }
    return TRUE;
}

static void note_top_keys(BatchManifest *manifest, const Document *document)
{
    static const char *const known[] = {"batch_version", "batch_metadata", "shared_config", "vms",
                                        NULL};
    const DocumentValue *root = document_root(document);
    for (guint i = 0; i < document_count(root); i++) {
        const DocumentValue *value;
        const char *name = document_key(document, root, i, NULL, &value);
        if (!g_strv_contains(known, name))
            findings_add(manifest->findings, FINDING_MANIFEST_KEY_UNKNOWN, name);
    }
}

static gboolean read_batch(BatchManifest *manifest, const Document *document, GError **error)
{
    const DocumentValue *vms = top(document, "vms");
    if (!top(document, "batch_version")) {
        document_set_error(document, vms,
                           "list them below 'machines:', each with 'source:' and 'output:'; see "
                           "migrate-manifest(5)",
                           error,
                           "this is a list of hyper2kvm's older, flat keys, which is not "
                           "read");
        return FALSE;
    }
    if (!check_version(document, "batch_version", error) ||
        !read_metadata(manifest, document, error))
        return FALSE;
    note_top_keys(manifest, document);
    if (!vms || document_kind(vms) != DOCUMENT_LIST) {
        document_set_error(document, vms ? vms : document_root(document), NULL, error,
                           "it has no list 'vms'");
        return FALSE;
    }
    for (guint i = 0; i < document_count(vms); i++)
        if (!read_vm(manifest, document, document_item(document, vms, i), error))
            return FALSE;
    return TRUE;
}

BatchManifest *hyper2kvm_parse(const char *path, const Document *document, GError **error)
{
    const gboolean is_artifact = top(document, "manifest_version") != NULL;
    g_autoptr(BatchManifest) manifest = batch_manifest_new(path);
    g_free(manifest->kind);
    manifest->kind = g_strdup(is_artifact ? "hyper2kvm-artifact" : "hyper2kvm-batch");
    return (is_artifact ? read_artifact(manifest, document, error)
                        : read_batch(manifest, document, error))
               ? g_steal_pointer(&manifest)
               : NULL;
}
