/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate batch --check. */
#include "migrate/batch/check.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "migrate/batch/probe.h"
#include "migrate/json.h"

#define NARROWEST 8
#define WIDEST 40

/* One line of the table. */
typedef struct {
    const BatchMachine *machine;
    BatchSight sight;
    GError *error; /* NULL: it can be opened */
} Row;

static void row_clear(Row *row)
{
    batch_sight_clear(&row->sight);
    g_clear_error(&row->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

typedef struct {
    const BatchManifest *manifest;
    gboolean json;
    int width;           /* of the column of ids */
    GHashTable *claimed; /* "FOLDER/NAME" → id */
    guint count, failed, skipped;
    uint64_t virtual_bytes, stored_bytes;
} Check;

static gboolean claim_place(const Check *check, const Row *row, GError **error)
{
    char *place = g_build_filename(row->machine->settings.output, row->sight.name, NULL);
    const char *owner = g_hash_table_lookup(check->claimed, place);
    if (owner) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give one of them another 'name' or 'output' in the manifest",
                          "the machine '%s' makes '%s' too", owner, place);
        g_free(place);
        return FALSE;
    }
    g_hash_table_insert(check->claimed, place, row->machine->id);
    return TRUE;
}

static void look(const Check *check, Row *row)
{
    BatchProbe probe = {check->manifest, row->machine, FALSE};
    g_autoptr(BatchTask) task = batch_probe_start(&probe, &row->error);
    if (task && batch_probe_finish(task, &row->sight, &row->error) &&
        !claim_place(check, row, &row->error))
        g_debug("'%s' has the name of another", row->machine->id);
}

/* The table */

static int column_width(const BatchManifest *manifest)
{
    size_t width = NARROWEST;
    for (guint i = 0; i < manifest->machines->len; i++) {
        const BatchMachine *machine = g_ptr_array_index(manifest->machines, i);
        width = MAX(width, strlen(machine->id));
    }
    return (int)MIN(width, WIDEST);
}

static void print_header(const Check *check)
{
    printf("%-*s  %-12s %5s %10s %10s  %s\n", check->width, "ID", "KIND", "DISKS", "SIZE", "STORED",
           "RESULT");
}

static void print_row(const Check *check, const Row *row)
{
    const BatchSight *sight = &row->sight;
    if (!row->machine->enabled) {
        printf("%-*s  not enabled\n", check->width, row->machine->id);
        return;
    }
    if (row->error) {
        const char *hint = drydock_error_get_hint(row->error);
        gboolean is_ours = row->error->domain == DRYDOCK_ERROR;
        printf("%-*s  error (%s): %s\n", check->width, row->machine->id,
               drydock_error_name(is_ours ? (DrydockError)row->error->code : DRYDOCK_ERROR_FAILED),
               row->error->message);
        if (hint)
            printf("%-*s    hint: %s\n", check->width, "", hint);
        return;
    }
    g_autofree char *size = g_format_size_full(sight->virtual_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *stored = g_format_size_full(sight->stored_bytes, G_FORMAT_SIZE_IEC_UNITS);
    printf("%-*s  %-12s %5u %10s %10s  %s/%s\n", check->width, row->machine->id, sight->kind,
           sight->disks, size, stored, row->machine->settings.output, sight->name);
}

static void print_total(const Check *check)
{
    g_autofree char *size = g_format_size_full(check->virtual_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *stored = g_format_size_full(check->stored_bytes, G_FORMAT_SIZE_IEC_UNITS);
    printf("%u machines, %s of disks, %s stored; %u cannot be migrated, %u not enabled\n",
           check->count, size, stored, check->failed, check->skipped);
}

/* JSON: written piece by piece, for manifests of any size */

static void print_object(const Row *row, gboolean is_first)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_member_add_text(builder, "id", row->machine->id);
    json_member_add_number(builder, "line", row->machine->place.line);
    json_member_add_number(builder, "priority", row->machine->priority);
    json_member_add_boolean(builder, "enabled", row->machine->enabled);
    json_member_add_text(builder, "output", row->machine->settings.output);
    if (row->sight.name) {
        json_member_add_text(builder, "name", row->sight.name);
        json_member_add_text(builder, "kind", row->sight.kind);
        json_member_add_number(builder, "disks", row->sight.disks);
        json_member_add_number(builder, "size_bytes", json_member_size(row->sight.virtual_bytes));
        json_member_add_number(builder, "stored_bytes", json_member_size(row->sight.stored_bytes));
    }
    if (row->error)
        json_add_error(builder, row->error);
    json_builder_end_object(builder);
    g_autofree char *text = json_finish(builder);
    printf("%s%s", is_first ? "" : ",\n", g_strchomp(text));
}

static void show(const Check *check, const Row *row)
{
    if (check->json)
        print_object(row, check->count == 1);
    else
        print_row(check, row);
}

static gboolean check_machines(Check *check, const BatchMachine *only, GError **error)
{
    for (guint i = 0; i < check->manifest->machines->len; i++) {
        g_auto(Row) row = {.machine = g_ptr_array_index(check->manifest->machines, i)};
        if (only && row.machine != only)
            continue;
        if (!interrupt_check(error))
            return FALSE;
        if (row.machine->enabled)
            look(check, &row);
        check->count++;
        check->failed += row.error != NULL;
        check->skipped += !row.machine->enabled;
        check->virtual_bytes += row.sight.virtual_bytes;
        check->stored_bytes += row.sight.stored_bytes;
        show(check, &row);
    }
    return TRUE;
}

gboolean batch_check(const BatchManifest *manifest, const BatchMachine *only, gboolean json,
                     GError **error)
{
    g_autoptr(GHashTable) claimed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Check check = {
        .manifest = manifest, .json = json, .width = column_width(manifest), .claimed = claimed};
    if (json)
        printf("{\"machines\": [\n");
    else
        print_header(&check);
    if (!check_machines(&check, only, error))
        return FALSE;
    if (json)
        printf("]}\n");
    else
        print_total(&check);
    if (check.failed == 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_BATCH, NULL, "%u of %u machines cannot be migrated",
                      check.failed, check.count);
    return FALSE;
}
