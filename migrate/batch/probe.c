/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at a machine before its turn. */
#include "migrate/batch/probe.h"

#include <string.h>
#include <sys/stat.h>

#include "convert/copy.h"
#include "convert/source.h"
#include "migrate/batch/arguments.h"
#include "migrate/command.h"
#include "migrate/json.h"
#include "migrate/options.h"

void batch_sight_clear(BatchSight *sight)
{
    g_free(sight->name);
    g_free(sight->kind);
    memset(sight, 0, sizeof(*sight));
}

static uint64_t stored_bytes(const Machine *machine)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    uint64_t sum = 0;
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        struct stat status;
        /* Several disks of an archive are one file. */
        if (disk->path && g_hash_table_add(seen, disk->path) && stat(disk->path, &status) == 0)
            sum += (uint64_t)status.st_blocks * 512;
    }
    return sum;
}

static gboolean measure_disks(const Machine *machine, uint64_t *ret_bytes, GError **error)
{
    *ret_bytes = 0;
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        uint64_t bytes;
        if (!copy_measure(disk->image_options, &bytes, error))
            return FALSE;
        *ret_bytes += bytes;
    }
    return TRUE;
}

static gboolean look(const Options *options, gboolean measure, BatchSight *sight, GError **error)
{
    SourceRequest request = options_source_request(options, NULL);
    /* Reading all of an OVF is for the migration itself. */
    request.skip_checksums = TRUE;
    request.progress = NULL;
    g_autoptr(Source) source = source_open((const char *const *)options->arguments,
                                           options->argument_count, &request, error);
    if (!source || !source_open_disks(source, NULL, error))
        return FALSE;
    const Machine *machine = source_machine(source);
    sight->name = g_strdup(machine->name);
    sight->kind = g_strdup(machine->kind);
    sight->disks = machine->disks->len;
    sight->stored_bytes = stored_bytes(machine);
    for (guint i = 0; i < machine->disks->len; i++)
        sight->virtual_bytes +=
            ((const MachineDisk *)g_ptr_array_index(machine->disks, i))->size_bytes;
    sight->needed_bytes = sight->virtual_bytes + sight->virtual_bytes / 64;
    return !measure || measure_disks(machine, &sight->needed_bytes, error);
}

static gboolean look_with_arguments(const BatchMachine *machine, gboolean measure,
                                    BatchSight *sight, GError **error)
{
    g_auto(Options) options = {0};
    g_auto(GStrv) arguments = batch_arguments(machine);
    return command_convert_options(&options, (int)g_strv_length(arguments), arguments, error) &&
           look(&options, measure, sight, error);
}

static char *format_sight(const BatchSight *sight)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_member_add_text(builder, "name", sight->name);
    json_member_add_text(builder, "kind", sight->kind);
    json_member_add_number(builder, "disks", sight->disks);
    json_member_add_number(builder, "virtual_bytes", json_member_size(sight->virtual_bytes));
    json_member_add_number(builder, "stored_bytes", json_member_size(sight->stored_bytes));
    json_member_add_number(builder, "needed_bytes", json_member_size(sight->needed_bytes));
    json_builder_end_object(builder);
    return json_finish(builder);
}

static gboolean run_probe(const void *data, char **ret_answer, GError **error)
{
    const BatchProbe *probe = data;
    g_auto(BatchSight) sight = {0};
    if (!look_with_arguments(probe->machine, probe->measure, &sight, error))
        return FALSE;
    *ret_answer = format_sight(&sight);
    return TRUE;
}

BatchTask *batch_probe_start(const BatchProbe *probe, GError **error)
{
    return batch_task_start(run_probe, probe, probe->manifest->directory, error);
}

static uint64_t bytes_of(JsonObject *answer, const char *name)
{
    return (uint64_t)json_object_get_int_member(answer, name);
}

gboolean batch_probe_finish(BatchTask *task, BatchSight *ret_sight, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!batch_task_finish(task, &text, error) ||
        !json_parser_load_from_data(parser, text ? text : "{}", -1, error))
        return FALSE;
    JsonObject *answer = json_node_get_object(json_parser_get_root(parser));
    ret_sight->name = g_strdup(json_object_get_string_member(answer, "name"));
    ret_sight->kind = g_strdup(json_object_get_string_member(answer, "kind"));
    ret_sight->disks = (guint)json_object_get_int_member(answer, "disks");
    ret_sight->virtual_bytes = bytes_of(answer, "virtual_bytes");
    ret_sight->stored_bytes = bytes_of(answer, "stored_bytes");
    ret_sight->needed_bytes = bytes_of(answer, "needed_bytes");
    return TRUE;
}
