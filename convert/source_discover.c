/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which machines a folder, an archive or a configuration holds. */
#include "convert/source_discover.h"

#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "convert/source_config.h"
#include "convert/source_format.h"

#define HEAD_BYTES 4096

static const SourceConfigOps *const configs[] = {
    &config_vmx_ops,        &config_ovf_ops,     &config_hyperv_vmcx_ops,
    &config_hyperv_xml_ops, &config_libvirt_ops, &config_artifact_ops,
};

void source_machine_free(SourceMachine *found)
{
    if (!found)
        return;
    machine_free(found->machine);
    source_place_free(found->config);
    if (found->findings)
        g_ptr_array_unref(found->findings);
    g_free(found);
}

static const SourceConfigOps *recognise(const uint8_t *head, size_t length, const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(configs); i++)
        if (configs[i]->probe(head, MIN(length, HEAD_BYTES), name))
            return configs[i];
    return NULL;
}

static Disk *open_small_file(const char *path, GError **error)
{
    g_autoptr(Disk) file = disk_open_file(path, FALSE, 512, error);
    if (!file)
        return NULL;
    if (disk_size(file) > SOURCE_CONFIG_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "'%s' is larger than any configuration", path);
        return NULL;
    }
    return g_steal_pointer(&file);
}

static const SourceConfigOps *recognise_file(const char *path)
{
    g_autoptr(Disk) file = open_small_file(path, NULL);
    g_autofree uint8_t *head = g_malloc(HEAD_BYTES);
    size_t length = file ? (size_t)MIN(disk_size(file), HEAD_BYTES) : 0;
    if (length == 0 || !disk_read(file, 0, head, length, NULL))
        return NULL;
    return recognise(head, length, path);
}

gboolean source_discover_is_config(const char *path)
{
    return recognise_file(path) != NULL;
}

static GBytes *read_file(const char *path, GError **error)
{
    g_autoptr(Disk) file = open_small_file(path, error);
    if (!file)
        return NULL;
    size_t length = (size_t)disk_size(file);
    g_autofree uint8_t *content = g_malloc(length);
    if (!disk_read(file, 0, content, length, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&content), length);
}

/* Everything but a state that forbids the migration is a finding: the disks still go. */
static gboolean read_config(SourceContext *context, const SourceConfigOps *config,
                            const SourcePlace *place, GBytes *content, GPtrArray *machines,
                            GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GPtrArray) read = g_ptr_array_new();
    g_autoptr(GPtrArray) findings = findings_new();
    const char *name = place->member ? place->member : place->path;
    gboolean ok = config->read(content, read, findings, &local);
    for (guint i = 0; i < read->len; i++) {
        SourceMachine *found = g_new0(SourceMachine, 1);
        found->machine = g_ptr_array_index(read, i);
        found->config = source_place_copy(place);
        found->findings = g_ptr_array_ref(findings);
        found->machine->config_path = g_strdup(place->path);
        g_ptr_array_add(machines, found);
    }
    if (ok)
        return TRUE;
    g_prefix_error(&local, "'%s': ", name);
    if (g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    findings_add(context->findings, FINDING_SOURCE_CONFIG_UNREADABLE, local->message);
    return TRUE;
}

gboolean source_discover_config(SourceContext *context, const char *path, GPtrArray *machines,
                                GError **error)
{
    const SourceConfigOps *config = recognise_file(path);
    g_autoptr(GBytes) content = read_file(path, error);
    if (!content)
        return FALSE;
    g_autoptr(SourcePlace) place = source_place_new(path, NULL, 0, g_bytes_get_size(content));
    return read_config(context, config, place, content, machines, error);
}

/* In a compressed archive content can only be seen by unpacking: names say what may be one. */
static gboolean may_be_config(const char *member)
{
    static const char *const endings[] = {".ovf", ".vmx", ".vmtx", ".vmcx", ".xml"};
    g_autofree char *lower = g_ascii_strdown(member, -1);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(lower, endings[i]))
            return TRUE;
    return FALSE;
}

static gboolean discover_in_archive(SourceContext *context, GPtrArray *machines, GError **error)
{
    const Archive *archive = source_files_archive(context->files);
    for (const char *const *member = archive_members(archive); *member; member++) {
        if (!may_be_config(*member))
            continue;
        g_autoptr(GBytes) content =
            archive_read(archive, *member, SOURCE_CONFIG_LIMIT_BYTES, error);
        if (!content)
            return FALSE;
        gsize length;
        const uint8_t *bytes = g_bytes_get_data(content, &length);
        const SourceConfigOps *config = length > 0 ? recognise(bytes, length, *member) : NULL;
        g_autoptr(SourcePlace) place =
            source_place_new(archive_path(archive), *member, 0, g_bytes_get_size(content));
        if (config && !read_config(context, config, place, content, machines, error))
            return FALSE;
    }
    return TRUE;
}

gboolean source_discover_all(SourceContext *context, GPtrArray *machines, GError **error)
{
    if (source_files_archive(context->files))
        return discover_in_archive(context, machines, error);
    const GPtrArray *list = source_files_list(context->files);
    for (guint i = 0; i < list->len; i++) {
        const SourcePlace *place = g_ptr_array_index(list, i);
        if (source_discover_is_config(place->path) &&
            !source_discover_config(context, place->path, machines, error))
            return FALSE;
    }
    return TRUE;
}

char *source_discover_archive(SourceContext *context)
{
    const GPtrArray *list = source_files_list(context->files);
    const char *found = NULL;
    for (guint i = 0; i < list->len; i++) {
        const SourcePlace *place = g_ptr_array_index(list, i);
        g_autofree char *lower = g_ascii_strdown(place->path, -1);
        if (!g_str_has_suffix(lower, ".ova"))
            continue;
        if (found)
            return NULL;
        found = place->path;
    }
    return g_strdup(found);
}

/* A raw image has no magic of its own; by name only, so that not every file with zeros is one. */
static gboolean may_be_lone_disk(const SourcePlace *place)
{
    g_autoptr(SourceFile) file = source_file_open(source_place_copy(place), NULL);
    const SourceFormatOps *format = file ? source_format_recognise(file) : NULL;
    if (!format)
        return FALSE;
    g_autofree char *lower = g_ascii_strdown(place->path, -1);
    return format->format != SOURCE_FORMAT_RAW ||
           (!g_str_has_suffix(lower, "-flat.vmdk") &&
            (g_str_has_suffix(lower, ".raw") || g_str_has_suffix(lower, ".img") ||
             g_str_has_suffix(lower, ".dd")));
}

/* What checking a candidate says about it and about the others. */
static gboolean is_part_of_another(SourceContext *context, const SourcePlace *place,
                                   GHashTable *parents)
{
    g_autoptr(Machine) scratch = machine_new("disks");
    MachineDisk *disk = machine_add_disk(scratch);
    g_autoptr(GError) error = NULL;
    g_autoptr(SourceFile) file = source_file_open(source_place_copy(place), &error);
    const SourceFormatOps *format = file ? source_format_recognise(file) : NULL;
    gboolean ok = format && format->check(context, file, disk, &error);
    for (guint i = 0; i < disk->parents->len; i++)
        g_hash_table_add(parents, g_strdup(g_ptr_array_index(disk->parents, i)));
    g_ptr_array_set_size(context->servers, 0);
    /* An extent without its descriptor is the gate's only refusal for usage. */
    return !ok && g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
}

static void add_lone_disk(GPtrArray *machines, const SourcePlace *place)
{
    SourceMachine *found = g_new0(SourceMachine, 1);
    found->machine = machine_new("disks");
    MachineDisk *disk = machine_add_disk(found->machine);
    if (place->member)
        disk->stored_name = g_strdup(place->member);
    else
        disk->path = g_strdup(place->path);
    g_ptr_array_add(machines, found);
}

gboolean source_discover_lone_disks(SourceContext *context, GPtrArray *machines, GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    const GPtrArray *list = source_files_list(context->files);
    for (guint i = 0; i < list->len; i++) {
        SourcePlace *place = g_ptr_array_index(list, i);
        if (may_be_lone_disk(place))
            g_ptr_array_add(candidates, place);
    }
    g_autoptr(GHashTable) parents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) own = g_ptr_array_new();
    for (guint i = 0; i < candidates->len; i++) {
        if (!interrupt_check(error))
            return FALSE;
        SourcePlace *place = g_ptr_array_index(candidates, i);
        if (candidates->len == 1 || !is_part_of_another(context, place, parents))
            g_ptr_array_add(own, place);
    }
    for (guint i = 0; i < own->len; i++) {
        const SourcePlace *place = g_ptr_array_index(own, i);
        if (place->member || !g_hash_table_contains(parents, place->path))
            add_lone_disk(machines, place);
    }
    return TRUE;
}
