/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every key of hyper2kvm's artifact manifest, and what becomes of it. */
#include "migrate/batch/hyper2kvm_layer.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "migrate/batch/hook_read.h"

#define CPUS_LIMIT 4096
#define MEMORY_LIMIT_GIB (64.0 * 1024)

typedef gboolean (*ApplyFunc)(const Hyper2kvmLayer *layer, const DocumentValue *value,
                              const char *path, GError **error);

typedef enum {
    KEY_APPLIED,  /* by func; without one it is read elsewhere, or what it asks is always done */
    KEY_UNNEEDED, /* a remark, or found out from the disks */
    KEY_IGNORED,  /* asks for what is not done, unless it is false, null or empty */
    KEY_TRUE,     /* is always done; false cannot be had */
    KEY_EACH,     /* a list of maps, whose keys follow as "KEY[]." */
    KEY_MACHINE,  /* of the machine's own manifest; in other layers as KEY_IGNORED */
} KeyTreatment;

typedef struct {
    const char *path;
    KeyTreatment treatment;
    ApplyFunc func;
} Key;

/* Texts of other people's manifests have no variables in them. */
static gboolean read_text(const Hyper2kvmLayer *layer, const DocumentValue *value, const char *path,
                          const char **ret_text, GError **error)
{
    return document_literal(layer->document, value, path, ret_text, error);
}

static gboolean expect(const Hyper2kvmLayer *layer, const DocumentValue *value, DocumentKind kind,
                       const char *path, GError **error)
{
    if (document_kind(value) == kind)
        return TRUE;
    document_set_error(layer->document, value, NULL, error, "'%s' has to be a %s", path,
                       kind == DOCUMENT_MAP ? "map" : "list");
    return FALSE;
}

static gboolean is_empty(const Hyper2kvmLayer *layer, const DocumentValue *value)
{
    gboolean flag;
    if (document_is_null(value))
        return TRUE;
    if (document_kind(value) != DOCUMENT_TEXT)
        return document_count(value) == 0;
    return document_flag(layer->document, value, "", &flag, NULL) && !flag;
}

void hyper2kvm_note(const Hyper2kvmLayer *layer, FindingCode code, const char *path,
                    const DocumentValue *value)
{
    const char *text = NULL;
    if (!value || document_kind(value) != DOCUMENT_TEXT ||
        !document_literal(layer->document, value, path, &text, NULL))
        text = NULL;
    g_autofree char *subject =
        g_strdup_printf("%s%s%s%s%s", layer->name ? layer->name : "", layer->name ? "." : "", path,
                        text ? " = " : "", text ? text : "");
    findings_add(layer->machine->findings, code, subject);
}

/* Numbers with a fraction are found in memory sizes. */
static gboolean read_number(const Hyper2kvmLayer *layer, const DocumentValue *value,
                            const char *path, double limit, double *ret_number, GError **error)
{
    const char *text;
    char *end;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    double number = g_ascii_strtod(text, &end);
    if (*text && !*end && isfinite(number) && number > 0 && number <= limit) {
        *ret_number = number;
        return TRUE;
    }
    document_set_error(layer->document, value, NULL, error,
                       "'%s' is not a number above 0, up to %.0f", path, limit);
    return FALSE;
}

static gboolean apply_cpus(const Hyper2kvmLayer *layer, const DocumentValue *value,
                           const char *path, GError **error)
{
    double number;
    if (!read_number(layer, value, path, CPUS_LIMIT, &number, error))
        return FALSE;
    layer->machine->settings.cpus = (guint)MAX(number, 1);
    return TRUE;
}

static gboolean apply_memory(const Hyper2kvmLayer *layer, const DocumentValue *value,
                             const char *path, GError **error)
{
    double number;
    if (!read_number(layer, value, path, MEMORY_LIMIT_GIB, &number, error))
        return FALSE;
    layer->machine->settings.memory_bytes = (uint64_t)(number * 1024) << 20;
    return TRUE;
}

static gboolean refuse_value(const Hyper2kvmLayer *layer, const DocumentValue *value,
                             const char *path, const char *hint, GError **error)
{
    document_set_error(layer->document, value, hint, error, "'%s' has a value that is not known",
                       path);
    return FALSE;
}

static gboolean apply_firmware(const Hyper2kvmLayer *layer, const DocumentValue *value,
                               const char *path, GError **error)
{
    const char *text;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    for (Firmware kind = FIRMWARE_BIOS; kind <= FIRMWARE_UEFI; kind++)
        if (g_ascii_strcasecmp(text, firmware_name(kind)) == 0) {
            layer->machine->settings.firmware = kind;
            return TRUE;
        }
    return g_ascii_strcasecmp(text, "unknown") == 0 ||
           refuse_value(layer, value, path, "use bios, uefi or unknown", error);
}

static gboolean apply_directory(const Hyper2kvmLayer *layer, const DocumentValue *value,
                                const char *path, GError **error)
{
    const char *text;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    g_free(layer->machine->settings.output);
    layer->machine->settings.output = g_canonicalize_filename(text, layer->directory);
    return TRUE;
}

/* output.directory says the same more plainly. */
static gboolean apply_pool(const Hyper2kvmLayer *layer, const DocumentValue *value,
                           const char *path, GError **error)
{
    if (!layer->machine->settings.output)
        return apply_directory(layer, value, path, error);
    hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, path, value);
    return TRUE;
}

static gboolean apply_format(const Hyper2kvmLayer *layer, const DocumentValue *value,
                             const char *path, GError **error)
{
    static const char *const known[] = {"qcow2", "raw", NULL};
    const char *text;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    if (!g_strv_contains(known, text)) {
        hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, path, value);
        return TRUE;
    }
    g_free(layer->machine->settings.format);
    layer->machine->settings.format = g_strdup(text);
    return TRUE;
}

static gboolean apply_compress(const Hyper2kvmLayer *layer, const DocumentValue *value,
                               const char *path, GError **error)
{
    gboolean flag;
    if (!document_flag(layer->document, value, path, &flag, error))
        return FALSE;
    g_free(layer->machine->settings.compress);
    layer->machine->settings.compress = flag ? g_strdup("zstd") : NULL;
    return TRUE;
}

/* "br0" and the like are bridges; libvirt's networks have names of all kinds. */
static gboolean is_bridge_name(const char *name)
{
    static const char *const starts[] = {"br", "vmbr", "virbr", "ovsbr", "xenbr"};
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
        const char *rest =
            g_str_has_prefix(name, starts[i]) ? name + strlen(starts[i]) : "no digits";
        rest += *rest == '-' || *rest == '.';
        if (*rest && !rest[strspn(rest, G_CSET_DIGITS)])
            return TRUE;
    }
    return FALSE;
}

static gboolean apply_networks(const Hyper2kvmLayer *layer, const DocumentValue *value,
                               const char *path, GError **error)
{
    g_autoptr(GStrvBuilder) pairs = g_strv_builder_new();
    if (!expect(layer, value, DOCUMENT_MAP, path, error))
        return FALSE;
    for (guint i = 0; i < document_count(value); i++) {
        const DocumentValue *network;
        const char *target;
        const char *name = document_key(layer->document, value, i, NULL, &network);
        if (!read_text(layer, network, path, &target, error))
            return FALSE;
        const gboolean is_bridge = is_bridge_name(target);
        g_autofree char *pair =
            g_strdup_printf("%s=%s%s", name, is_bridge ? "bridge:" : "", target);
        if (is_bridge)
            findings_add(layer->machine->findings, FINDING_MANIFEST_BRIDGE, target);
        g_strv_builder_add(pairs, pair);
    }
    g_strfreev(layer->machine->settings.network_map);
    layer->machine->settings.network_map = g_strv_builder_end(pairs);
    return TRUE;
}

static gboolean apply_mac_policy(const Hyper2kvmLayer *layer, const DocumentValue *value,
                                 const char *path, GError **error)
{
    static const char *const policies[] = {"preserve", "custom", "regenerate", NULL};
    const char *text;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    layer->machine->settings.regenerate_macs = g_str_equal(text, "regenerate");
    return g_strv_contains(policies, text) ||
           refuse_value(layer, value, path, "use preserve, regenerate or custom", error);
}

/* The number of the card in the machine's own manifest, which is what --mac takes; -1: none. */
static int find_nic(const Hyper2kvmLayer *layer, const char *id)
{
    for (guint i = 0; layer->nics && i < document_count(layer->nics); i++) {
        const DocumentValue *nic = document_item(layer->nics_document, layer->nics, i);
        const DocumentValue *value = document_kind(nic) == DOCUMENT_MAP
                                         ? document_find(layer->nics_document, nic, "id")
                                         : NULL;
        const char *text;
        if (value && document_literal(layer->nics_document, value, "id", &text, NULL) &&
            g_str_equal(text, id))
            return (int)i;
    }
    return -1;
}

static gboolean apply_macs(const Hyper2kvmLayer *layer, const DocumentValue *value,
                           const char *path, GError **error)
{
    g_autoptr(GStrvBuilder) pairs = g_strv_builder_new();
    if (!expect(layer, value, DOCUMENT_MAP, path, error))
        return FALSE;
    for (guint i = 0; i < document_count(value); i++) {
        const DocumentValue *mac;
        const char *text;
        const char *id = document_key(layer->document, value, i, NULL, &mac);
        const int number = find_nic(layer, id);
        if (!read_text(layer, mac, path, &text, error))
            return FALSE;
        g_autofree char *own = g_strdup_printf("%s.%s", path, id);
        g_autofree char *pair = g_strdup_printf("%d=%s", number, text);
        if (number < 0)
            hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, own, mac);
        else
            g_strv_builder_add(pairs, pair);
    }
    g_strfreev(layer->machine->settings.macs);
    layer->machine->settings.macs = g_strv_builder_end(pairs);
    return TRUE;
}

static gboolean apply_fstab_mode(const Hyper2kvmLayer *layer, const DocumentValue *value,
                                 const char *path, GError **error)
{
    const char *text;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    if (!g_str_equal(text, "stabilize-all"))
        hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, path, value);
    return TRUE;
}

/* Their services are switched off in any case, in Windows they are uninstalled. Removing packages
   is for Linux, and an error elsewhere: it is asked for only where the manifest says what it is. */
static gboolean apply_remove_tools(const Hyper2kvmLayer *layer, const DocumentValue *value,
                                   const char *path, GError **error)
{
    static const char option[] = "--remove-tools";
    BatchSettings *settings = &layer->machine->settings;
    gboolean flag;
    if (!document_flag(layer->document, value, path, &flag, error))
        return FALSE;
    const DocumentValue *vm = document_find(layer->document, document_root(layer->document), "vm");
    const DocumentValue *hint = vm && document_kind(vm) == DOCUMENT_MAP
                                    ? document_find(layer->document, vm, "os_hint")
                                    : NULL;
    const char *system = NULL;
    if (hint && !read_text(layer, hint, "os_hint", &system, error))
        return FALSE;
    if (flag && g_strcmp0(system, "linux") == 0) {
        g_strfreev(settings->edits);
        settings->edits = g_strsplit(option, ",", -1);
    } else if (flag && g_strcmp0(system, "windows") != 0) {
        hyper2kvm_note(layer, FINDING_MANIFEST_KEY_UNNEEDED, path, value);
    }
    return TRUE;
}

static gboolean apply_dry_run(const Hyper2kvmLayer *layer, const DocumentValue *value,
                              const char *path, GError **error)
{
    gboolean flag;
    if (!document_flag(layer->document, value, path, &flag, error))
        return FALSE;
    if (flag) {
        layer->machine->enabled = FALSE;
        findings_add(layer->machine->findings, FINDING_MANIFEST_DRY_RUN, layer->machine->id);
    }
    return TRUE;
}

static gboolean apply_export_warnings(const Hyper2kvmLayer *layer, const DocumentValue *value,
                                      const char *path, GError **error)
{
    if (!expect(layer, value, DOCUMENT_LIST, path, error))
        return FALSE;
    for (guint i = 0; i < document_count(value); i++) {
        const DocumentValue *item = document_item(layer->document, value, i);
        const DocumentValue *message = item && document_kind(item) == DOCUMENT_MAP
                                           ? document_find(layer->document, item, "message")
                                           : item;
        const char *text = "";
        if (message && !read_text(layer, message, path, &text, error))
            return FALSE;
        findings_add(layer->machine->findings, FINDING_MANIFEST_EXPORT_WARNING, text);
    }
    return TRUE;
}

/* Its profiles are sets of the keys here; of two that is known what they are for. */
static gboolean apply_profile(const Hyper2kvmLayer *layer, const DocumentValue *value,
                              const char *path, GError **error)
{
    const char *text;
    if (!read_text(layer, value, path, &text, error))
        return FALSE;
    if (g_str_equal(text, "archive") || g_str_equal(text, "fast")) {
        g_free(layer->machine->settings.compress);
        layer->machine->settings.compress = g_str_equal(text, "archive") ? g_strdup("zstd") : NULL;
    }
    findings_add(layer->machine->findings, FINDING_MANIFEST_PROFILE, text);
    return TRUE;
}

static gboolean apply_hooks(const Hyper2kvmLayer *layer, const DocumentValue *value,
                            const char *path, GError **error)
{
    static const struct {
        const char *stage;
        BatchHookPoint point;
        gboolean is_moved;
    } stages[] = {
        {"pre_extraction", BATCH_HOOK_BEFORE, FALSE}, {"post_extraction", BATCH_HOOK_BEFORE, TRUE},
        {"pre_fix", BATCH_HOOK_BEFORE, TRUE},         {"pre_convert", BATCH_HOOK_BEFORE, TRUE},
        {"post_fix", BATCH_HOOK_AFTER, TRUE},         {"post_convert", BATCH_HOOK_AFTER, FALSE},
        {"post_validate", BATCH_HOOK_AFTER, FALSE},
    };
    guint known = 0;
    if (!expect(layer, value, DOCUMENT_MAP, path, error))
        return FALSE;
    g_ptr_array_unref(layer->machine->hooks);
    layer->machine->hooks = batch_hooks_new();
    for (gsize i = 0; i < G_N_ELEMENTS(stages); i++) {
        const DocumentValue *list = document_find(layer->document, value, stages[i].stage);
        if (!list)
            continue;
        known++;
        if (stages[i].is_moved && document_count(list) > 0)
            findings_add(layer->machine->findings, FINDING_MANIFEST_HOOK_MOVED, stages[i].stage);
        if (!batch_hooks_read_stage(layer->manifest, layer->document, list, stages[i].point,
                                    stages[i].stage, layer->machine->hooks, error))
            return FALSE;
    }
    if (known < document_count(value))
        hyper2kvm_note(layer, FINDING_MANIFEST_KEY_UNKNOWN, path, NULL);
    return TRUE;
}

static gboolean apply_profile_overrides(const Hyper2kvmLayer *layer, const DocumentValue *value,
                                        const char *path, GError **error)
{
    Hyper2kvmLayer below = *layer;
    below.name = path;
    return hyper2kvm_layer_apply(&below, value, error);
}

/* The order counts: what stands above is applied first, whatever the manifest's order. */
static const Key keys[] = {
    {"profile", KEY_APPLIED, apply_profile},
    {"profile_overrides", KEY_APPLIED, apply_profile_overrides},
    {"custom_profile_path", KEY_IGNORED, NULL},
    {"manifest_version", KEY_APPLIED, NULL},
    {"source.provider", KEY_UNNEEDED, NULL},
    {"source.vm_id", KEY_APPLIED, NULL},
    {"source.vm_name", KEY_APPLIED, NULL},
    {"source.datacenter", KEY_UNNEEDED, NULL},
    {"source.export_timestamp", KEY_UNNEEDED, NULL},
    {"source.export_method", KEY_UNNEEDED, NULL},
    {"vm.cpu", KEY_APPLIED, apply_cpus},
    {"vm.mem_gb", KEY_APPLIED, apply_memory},
    {"vm.firmware", KEY_APPLIED, apply_firmware},
    {"vm.secureboot", KEY_MACHINE, NULL},
    {"vm.os_hint", KEY_UNNEEDED, NULL},
    {"vm.os_version", KEY_UNNEEDED, NULL},
    {"disks", KEY_EACH, NULL},
    {"disks[].id", KEY_MACHINE, NULL},
    {"disks[].source_format", KEY_MACHINE, NULL}, /* images are known by their content */
    {"disks[].bytes", KEY_MACHINE, NULL},
    {"disks[].local_path", KEY_MACHINE, NULL},
    {"disks[].checksum", KEY_MACHINE, NULL},
    {"disks[].boot_order_hint", KEY_MACHINE, NULL},
    {"disks[].disk_type", KEY_MACHINE, NULL},
    {"disks[].label", KEY_UNNEEDED, NULL},
    {"nics", KEY_EACH, NULL},
    {"nics[].id", KEY_MACHINE, NULL},
    {"nics[].mac", KEY_MACHINE, NULL},
    {"nics[].network", KEY_MACHINE, NULL},
    {"notes", KEY_UNNEEDED, NULL},
    {"warnings", KEY_APPLIED, apply_export_warnings},
    {"metadata", KEY_UNNEEDED, NULL},
    {"pipeline.inspect.enabled", KEY_TRUE, NULL},
    {"pipeline.inspect.collect_guest_info", KEY_APPLIED, NULL},
    {"pipeline.fix.enabled", KEY_TRUE, NULL},
    {"pipeline.fix.backup", KEY_APPLIED, NULL}, /* the source is never written */
    {"pipeline.fix.update_grub", KEY_TRUE, NULL},
    {"pipeline.fix.regen_initramfs", KEY_TRUE, NULL},
    {"pipeline.fix.fstab_mode", KEY_APPLIED, apply_fstab_mode},
    {"pipeline.fix.remove_vmware_tools", KEY_APPLIED, apply_remove_tools},
    {"pipeline.fix.print_fstab", KEY_IGNORED, NULL},
    {"pipeline.convert.enabled", KEY_TRUE, NULL},
    {"pipeline.convert.compress", KEY_APPLIED, apply_compress},
    {"pipeline.convert.compress_level", KEY_IGNORED, NULL},
    {"pipeline.validate.enabled", KEY_APPLIED, NULL}, /* the next one is what it would do */
    {"pipeline.validate.check_image_integrity", KEY_IGNORED, NULL},
    {"configuration.users", KEY_IGNORED, NULL},
    {"configuration.services", KEY_IGNORED, NULL},
    {"configuration.hostname", KEY_IGNORED, NULL},
    {"configuration.network", KEY_IGNORED, NULL},
    {"output.directory", KEY_APPLIED, apply_directory},
    {"output.format", KEY_APPLIED, apply_format},
    {"output_directory", KEY_APPLIED, apply_directory}, /* of shared_config */
    {"options.dry_run", KEY_APPLIED, apply_dry_run},
    {"options.verbose", KEY_UNNEEDED, NULL},
    {"options.report", KEY_TRUE, NULL},
    {"network_mapping.source_networks", KEY_APPLIED, apply_networks},
    {"network_mapping.mac_address_policy", KEY_APPLIED, apply_mac_policy},
    {"network_mapping.mac_address_overrides", KEY_APPLIED, apply_macs},
    {"storage_mapping.default_pool", KEY_APPLIED, apply_pool},
    {"storage_mapping.disk_mappings", KEY_IGNORED, NULL},
    {"storage_mapping.format_override", KEY_APPLIED, apply_format},
    {"hooks", KEY_APPLIED, apply_hooks},
};

static const Key *find_key(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_str_equal(keys[i].path, path))
            return &keys[i];
    return NULL;
}

static gboolean has_keys_below(const char *path)
{
    g_autofree char *start = g_strconcat(path, ".", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_str_has_prefix(keys[i].path, start))
            return TRUE;
    return FALSE;
}

static void note_key(const Hyper2kvmLayer *layer, const Key *key, const DocumentValue *value)
{
    const gboolean is_empty_value = is_empty(layer, value);
    switch (key->treatment) {
    case KEY_UNNEEDED:
        if (!is_empty_value)
            hyper2kvm_note(layer, FINDING_MANIFEST_KEY_UNNEEDED, key->path, value);
        break;
    case KEY_IGNORED:
        if (!is_empty_value)
            hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, key->path, value);
        break;
    case KEY_MACHINE:
        if (layer->name)
            hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, key->path, value);
        break;
    case KEY_TRUE:
        if (is_empty_value)
            hyper2kvm_note(layer, FINDING_MANIFEST_KEY_IGNORED, key->path, value);
        break;
    case KEY_APPLIED:
    case KEY_EACH:
        break;
    }
}

static void note_unknown(const Hyper2kvmLayer *layer, const char *path, const DocumentValue *value)
{
    const char *paths[G_N_ELEMENTS(keys) + 1] = {NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        paths[i] = keys[i].path;
    const char *nearest = nearest_word(path, paths);
    g_autofree char *shown =
        nearest ? g_strdup_printf("%s (perhaps %s)", path, nearest) : g_strdup(path);
    hyper2kvm_note(layer, FINDING_MANIFEST_KEY_UNKNOWN, shown, value);
}

/* Looks at every key there is; what is applied comes later. */
static void note_map(const Hyper2kvmLayer *layer, const DocumentValue *map, const char *prefix)
{
    for (guint i = 0; i < document_count(map); i++) {
        const DocumentValue *value;
        const char *name = document_key(layer->document, map, i, NULL, &value);
        g_autofree char *path = g_strconcat(prefix, name, NULL);
        g_autofree char *below = g_strconcat(path, ".", NULL);
        g_autofree char *each = g_strconcat(path, "[].", NULL);
        const Key *key = find_key(path);
        if (key && key->treatment == KEY_EACH && document_kind(value) == DOCUMENT_LIST) {
            for (guint j = 0; j < document_count(value); j++)
                if (document_kind(document_item(layer->document, value, j)) == DOCUMENT_MAP)
                    note_map(layer, document_item(layer->document, value, j), each);
        } else if (key) {
            note_key(layer, key, value);
        } else if (has_keys_below(path) && document_kind(value) == DOCUMENT_MAP) {
            note_map(layer, value, below);
        } else if (!has_keys_below(path) || !document_is_null(value)) {
            note_unknown(layer, path, value);
        }
    }
}

/* NULL: it is not there. Of a path with dots each part names a map. */
static const DocumentValue *find_value(const Hyper2kvmLayer *layer, const DocumentValue *map,
                                       const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, ".", -1);
    const DocumentValue *value = map;
    for (guint i = 0; parts[i] && value; i++)
        value = document_kind(value) == DOCUMENT_MAP
                    ? document_find(layer->document, value, parts[i])
                    : NULL;
    return value && !document_is_null(value) ? value : NULL;
}

gboolean hyper2kvm_layer_apply(const Hyper2kvmLayer *layer, const DocumentValue *map,
                               GError **error)
{
    if (document_is_null(map))
        return TRUE;
    if (!expect(layer, map, DOCUMENT_MAP, layer->name ? layer->name : "the manifest", error))
        return FALSE;
    note_map(layer, map, "");
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        const DocumentValue *value = keys[i].func ? find_value(layer, map, keys[i].path) : NULL;
        if (value && !keys[i].func(layer, value, keys[i].path, error))
            return FALSE;
    }
    return TRUE;
}
