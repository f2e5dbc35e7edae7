/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.report.json and the JSON of `migrate inspect`. */
#include "migrate/report.h"

#include <json-glib/json-glib.h>

#include "base/error.h"
#include "base/finding.h"

#define REPORT_SCHEMA 1

static void add_string(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    if (value)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

static void add_number(JsonBuilder *builder, const char *name, uint64_t value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)value);
}

static char *finish(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *json = json_to_string(root, TRUE);
    return g_strconcat(json, "\n", NULL);
}

static void add_findings(JsonBuilder *builder, const GPtrArray *findings)
{
    json_builder_set_member_name(builder, "findings");
    json_builder_begin_array(builder);
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        json_builder_begin_object(builder);
        add_string(builder, "code", finding_code_name(finding->code));
        add_string(builder, "severity",
                   finding_severity_name(finding_code_severity(finding->code)));
        add_string(builder, "sentence", finding->sentence);
        add_string(builder, "hint", finding_code_hint(finding->code));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_values(JsonBuilder *builder, const GPtrArray *values)
{
    json_builder_set_member_name(builder, "values");
    json_builder_begin_array(builder);
    for (guint i = 0; i < values->len; i++) {
        const EditValue *value = g_ptr_array_index(values, i);
        json_builder_begin_object(builder);
        add_string(builder, "key", value->key);
        add_string(builder, "name", value->name);
        add_string(builder, "old", value->old_text);
        add_string(builder, "new", value->new_text);
        add_string(builder, "reason", value->reason);
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
    }
    return NULL;
}

static void add_changes(JsonBuilder *builder, const Edits *edits)
{
    json_builder_set_member_name(builder, "changes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);
        json_builder_begin_object(builder);
        add_string(builder, "path", edit->path);
        add_string(builder, "action", action_name(edit));
        add_string(builder, "reason", edit->reason);
        if (edit->content)
            add_number(builder, "size_bytes", g_bytes_get_size(edit->content));
        if (edit->link_target)
            add_string(builder, "target", edit->link_target);
        if (edit->values)
            add_values(builder, edit->values);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_machine(JsonBuilder *builder, const Machine *machine)
{
    json_builder_set_member_name(builder, "machine");
    json_builder_begin_object(builder);
    add_string(builder, "name", machine->name);
    add_string(builder, "uuid", machine->uuid);
    add_string(builder, "firmware", firmware_name(machine->firmware));
    json_builder_set_member_name(builder, "disks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        json_builder_begin_object(builder);
        add_string(builder, "path", disk->path);
        add_string(builder, "format", source_format_name(disk->format));
        add_string(builder, "variant", disk->variant);
        add_number(builder, "size_bytes", disk->size_bytes);
        add_number(builder, "sector_size", disk->sector_size);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

char *report_format_guest(const ReportGuest *report)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "guest");
    guest_to_json(report->guest, report->set, builder);
    add_findings(builder, report->findings);
    add_changes(builder, report->edits);
    json_builder_set_member_name(builder, "drivers_considered");
    json_builder_begin_array(builder);
    for (const char *const *line = report->considered; line && *line; line++)
        json_builder_add_string_value(builder, *line);
    json_builder_end_array(builder);
    add_number(builder, "trimmed_bytes", report->trimmed_bytes);
    json_builder_end_object(builder);
    return finish(builder);
}

char *report_format_inspection(const Machine *machine, const Guest *guest, const VolumeSet *set,
                               const GPtrArray *findings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_machine(builder, machine);
    json_builder_set_member_name(builder, "guest");
    guest_to_json(guest, set, builder);
    add_findings(builder, findings);
    json_builder_end_object(builder);
    return finish(builder);
}

static void add_outputs(JsonBuilder *builder, const Report *report)
{
    json_builder_set_member_name(builder, "outputs");
    json_builder_begin_object(builder);
    add_string(builder, "domain", report->domain_path);
    json_builder_set_member_name(builder, "disks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->machine->disks->len; i++) {
        json_builder_begin_object(builder);
        add_string(builder, "path", report->disk_paths[i]);
        add_string(builder, "format", "qcow2");
        add_number(builder, "size_bytes", report->disk_bytes[i]);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void add_stages(JsonBuilder *builder, const Report *report)
{
    json_builder_set_member_name(builder, "stages");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->stage_count; i++) {
        json_builder_begin_object(builder);
        add_string(builder, "stage", report->stages[i].stage);
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

gboolean report_format(const Report *report, char **ret_json, GError **error)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_number(builder, "schema", REPORT_SCHEMA);
    add_string(builder, "program", "drydock " DRYDOCK_VERSION);
    add_machine(builder, report->machine);
    if (!add_guest_members(builder, report->guest_json, error)) {
        g_prefix_error(error, "cannot write the report: ");
        return FALSE;
    }
    add_outputs(builder, report);
    add_stages(builder, report);
    add_number(builder, "peak_memory_bytes", report->peak_memory_bytes);
    json_builder_end_object(builder);
    *ret_json = finish(builder);
    return TRUE;
}
