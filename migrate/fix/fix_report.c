/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a repair in place. */
#include "migrate/fix/fix_report.h"

#include "migrate/json.h"

static void add_disks(JsonBuilder *builder, const FixPlan *plan)
{
    json_builder_set_member_name(builder, "disks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->count; i++) {
        const FixDisk *disk = &plan->disks[i];
        json_builder_begin_object(builder);
        json_member_add_text(builder, "path", disk->path);
        json_member_add_text(builder, "format", disk->format);
        json_member_add_number(builder, "changed_bytes", json_member_size(disk->changes.bytes));
        json_member_add_number(builder, "changed_ranges", disk->changes.ranges->len);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

gboolean fix_report_format(const FixReport *report, char **ret_json, GError **error)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    if (!report_add_common(builder, report->common, error))
        return FALSE;
    json_builder_set_member_name(builder, "fix");
    json_builder_begin_object(builder);
    json_member_add_text(builder, "undo_file", report->undo_path);
    add_disks(builder, report->plan);
    json_builder_end_object(builder);
    report_add_stages(builder, report->common);
    json_builder_end_object(builder);
    *ret_json = json_finish(builder);
    return TRUE;
}
