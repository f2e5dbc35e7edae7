/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.report.json and the JSON of `migrate inspect`. */
#include "migrate/report.h"

#include "base/bytes.h"
#include "base/error.h"
#include "migrate/json.h"
#include "migrate/machine_json.h"

#define REPORT_SCHEMA 1

static void add_values(JsonBuilder *builder, const GPtrArray *values)
{
    json_builder_set_member_name(builder, "values");
    json_builder_begin_array(builder);
    for (guint i = 0; i < values->len; i++) {
        const EditValue *value = g_ptr_array_index(values, i);
        json_builder_begin_object(builder);
        json_member_add_text(builder, "key", value->key);
        json_member_add_text(builder, "name", value->name);
        json_member_add_text(builder, "old", value->old_text);
        json_member_add_text(builder, "new", value->new_text);
        json_member_add_text(builder, "reason", value->reason);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static const char *action_name(const Edit *edit)
{
    switch (edit->kind) {
    case EDIT_WRITE_FILE:
        return edit->existed ? "change" : "create";
    case EDIT_MAKE_DIRECTORY:
        return "create-directory";
    case EDIT_MAKE_SYMLINK:
        return "link";
    case EDIT_REMOVE:
        return "remove";
    case EDIT_WRITE_BYTES:
        return "change-bytes";
    }
    return NULL;
}

static void add_bytes(JsonBuilder *builder, const Edit *edit)
{
    g_autofree char *old = hex_format(edit->old_content);
    g_autofree char *new = hex_format(edit->content);
    json_member_add_number(builder, "offset", json_member_size(edit->offset));
    json_member_add_text(builder, "old", old);
    json_member_add_text(builder, "new", new);
}

static void add_changes(JsonBuilder *builder, const Edits *edits)
{
    json_builder_set_member_name(builder, "changes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);
        json_builder_begin_object(builder);
        json_member_add_text(builder, "path", edit->path);
        json_member_add_text(builder, "action", action_name(edit));
        json_member_add_text(builder, "reason", edit->reason);
        if (edit->content)
            json_member_add_number(builder, "size_bytes",
                                   json_member_size(g_bytes_get_size(edit->content)));
        if (edit->link_target)
            json_member_add_text(builder, "target", edit->link_target);
        if (edit->values)
            add_values(builder, edit->values);
        if (edit->kind == EDIT_WRITE_BYTES)
            add_bytes(builder, edit);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_driver(JsonBuilder *builder, const DriverConsidered *considered)
{
    g_autofree char *folder = g_path_get_dirname(considered->path);
    g_autofree char *inf = g_path_get_basename(considered->path);
    json_builder_begin_object(builder);
    json_member_add_text(builder, "collection", driver_tree_path(considered->tree));
    json_member_add_text(builder, "folder", folder);
    json_member_add_text(builder, "inf", inf);
    json_member_add_text(builder, "version", considered->version);
    json_member_add_text(builder, "date", considered->date);
    json_builder_set_member_name(builder, "taken");
    json_builder_add_boolean_value(builder, considered->is_taken);
    json_member_add_text(builder, "reason", considered->reason);
    json_builder_end_object(builder);
}

static void add_drivers(JsonBuilder *builder, const DriverChoice *choice)
{
    json_builder_set_member_name(builder, "drivers");
    json_builder_begin_array(builder);
    for (guint i = 0; choice && i < choice->considered->len; i++)
        add_driver(builder, g_ptr_array_index(choice->considered, i));
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "drivers_considered");
    json_builder_begin_array(builder);
    for (guint i = 0; choice && i < choice->considered->len; i++) {
        const DriverConsidered *considered = g_ptr_array_index(choice->considered, i);
        g_autofree char *line = g_strdup_printf("%s: %s", considered->path, considered->reason);
        if (!considered->is_taken && !considered->is_foreign)
            json_builder_add_string_value(builder, line);
    }
    json_builder_end_array(builder);
}

char *report_format_guest(const ReportGuest *report)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "guest");
    guest_to_json(report->guest, report->set, builder);
    json_add_findings(builder, report->findings);
    add_changes(builder, report->edits);
    add_drivers(builder, report->drivers);
    json_member_add_number(builder, "trimmed_bytes", json_member_size(report->trimmed_bytes));
    json_builder_end_object(builder);
    return json_finish(builder);
}

char *report_format_inspection(const Machine *machine, const Guest *guest, const VolumeSet *set,
                               const GPtrArray *findings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    machine_to_json(machine, NULL, builder);
    json_builder_set_member_name(builder, "guest");
    guest_to_json(guest, set, builder);
    json_add_findings(builder, findings);
    json_builder_end_object(builder);
    return json_finish(builder);
}

char *report_format_source(const Machine *machine, const GPtrArray *disk_errors,
                           const GPtrArray *findings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    machine_to_json(machine, disk_errors, builder);
    json_add_findings(builder, findings);
    json_builder_end_object(builder);
    return json_finish(builder);
}

static void add_outputs(JsonBuilder *builder, const Report *report)
{
    json_builder_set_member_name(builder, "outputs");
    json_builder_begin_object(builder);
    json_member_add_text(builder, "domain", report->domain_path);
    json_builder_set_member_name(builder, "disks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->machine->disks->len; i++) {
        json_builder_begin_object(builder);
        json_member_add_text(builder, "path", report->disk_paths[i]);
        json_member_add_text(builder, "format",
                             report->disk_format ? report->disk_format : "qcow2");
        json_member_add_number(builder, "size_bytes", json_member_size(report->disk_bytes[i]));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

void report_add_stages(JsonBuilder *builder, const Report *report)
{
    json_builder_set_member_name(builder, "stages");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->stage_count; i++) {
        json_builder_begin_object(builder);
        json_member_add_text(builder, "stage", report->stages[i].stage);
        json_builder_set_member_name(builder, "seconds");
        json_builder_add_double_value(builder, report->stages[i].seconds);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static gboolean add_guest_members(JsonBuilder *builder, const char *guest_json, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, guest_json, -1, error))
        return FALSE;
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "the guest's report is no object");
        return FALSE;
    }
    JsonObjectIter iter;
    const char *name;
    JsonNode *member;
    json_object_iter_init(&iter, json_node_get_object(root));
    while (json_object_iter_next(&iter, &name, &member)) {
        json_builder_set_member_name(builder, name);
        json_builder_add_value(builder, json_node_copy(member));
    }
    return TRUE;
}

gboolean report_add_common(JsonBuilder *builder, const Report *report, GError **error)
{
    json_member_add_number(builder, "schema", REPORT_SCHEMA);
    json_member_add_text(builder, "program", "drydock " DRYDOCK_VERSION);
    machine_to_json(report->machine, NULL, builder);
    if (add_guest_members(builder, report->guest_json, error))
        return TRUE;
    g_prefix_error(error, "cannot write the report: ");
    return FALSE;
}

gboolean report_format(const Report *report, char **ret_json, GError **error)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    if (!report_add_common(builder, report, error))
        return FALSE;
    add_outputs(builder, report);
    report_add_stages(builder, report);
    json_member_add_number(builder, "peak_memory_bytes",
                           json_member_size(report->peak_memory_bytes));
    json_builder_end_object(builder);
    *ret_json = json_finish(builder);
    return TRUE;
}
