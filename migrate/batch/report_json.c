/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch.report.json; its shape is in migrate-batch(1). */
#include "migrate/batch/report.h"
#include "migrate/batch/report_parts.h"
#include "migrate/json.h"

#define SCHEMA 1

static void add_time(JsonBuilder *builder, const char *name, gint64 time_us)
{
    g_autofree char *text = batch_time_format(time_us);
    json_member_add_text(builder, name, text);
}

static void add_seconds(JsonBuilder *builder, const char *name, double seconds)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_double_value(builder, seconds);
}

static void add_totals(JsonBuilder *builder, const BatchReport *report)
{
    BatchTotals totals;
    batch_report_total(report, &totals);
    json_builder_set_member_name(builder, "totals");
    json_builder_begin_object(builder);
    json_member_add_number(builder, "machines", totals.machines);
    for (BatchStatus status = 0; status < BATCH_STATUS_LAST; status++)
        json_member_add_number(builder, batch_status_name(status), totals.count[status]);
    json_member_add_number(builder, "source_bytes", json_member_size(totals.source_bytes));
    json_member_add_number(builder, "output_bytes", json_member_size(totals.output_bytes));
    add_seconds(builder, "machine_seconds", totals.machine_seconds);
    json_builder_end_object(builder);
}

static void add_error(JsonBuilder *builder, const BatchResult *result)
{
    json_builder_set_member_name(builder, "error");
    if (!result->error_message) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_object(builder);
    json_member_add_text(builder, "code", result->error_code);
    json_member_add_text(builder, "message", result->error_message);
    json_member_add_text(builder, "hint", result->error_hint);
    json_member_add_number(builder, "exit_status", result->exit_status);
    json_builder_end_object(builder);
}

static void add_outputs(JsonBuilder *builder, const BatchResult *result)
{
    json_builder_set_member_name(builder, "outputs");
    json_builder_begin_array(builder);
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        json_builder_begin_object(builder);
        json_member_add_text(builder, "path", output->path);
        json_member_add_number(builder, "size_bytes", json_member_size(output->size_bytes));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_batch_findings(JsonBuilder *builder, const GPtrArray *findings)
{
    json_builder_set_member_name(builder, "findings");
    json_builder_begin_array(builder);
    for (guint i = 0; i < findings->len; i++) {
        const BatchFinding *finding = g_ptr_array_index(findings, i);
        json_builder_begin_object(builder);
        json_member_add_text(builder, "code", finding->code);
        json_member_add_text(builder, "severity", finding->severity);
        json_member_add_text(builder, "sentence", finding->sentence);
        json_member_add_text(builder, "hint", finding->hint);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_machine(JsonBuilder *builder, const BatchReport *report, const BatchResult *result)
{
    g_autoptr(BatchResult) read = NULL;
    const BatchResult *filled = batch_result_filled(result, &read);
    g_autoptr(GPtrArray) findings = batch_report_findings(report, filled);
    json_builder_begin_object(builder);
    json_member_add_text(builder, "id", result->id);
    json_member_add_text(builder, "name", result->name);
    json_member_add_text(builder, "status", batch_status_name(result->status));
    json_builder_set_member_name(builder, "done_before");
    json_builder_add_boolean_value(builder, result->was_done_before);
    json_member_add_number(builder, "attempts", result->attempts);
    add_time(builder, "started", result->started_us);
    add_time(builder, "finished", result->finished_us);
    add_seconds(builder, "seconds", batch_result_seconds(result));
    json_member_add_text(builder, "system", filled->system ? filled->system : result->system);
    json_add_count(builder, "source_bytes", result->source_bytes);
    json_add_count(builder, "output_bytes", result->output_bytes);
    add_error(builder, result);
    json_member_add_text(builder, "domain", result->domain_path);
    json_member_add_text(builder, "report", result->report_path);
    add_outputs(builder, result);
    add_batch_findings(builder, findings);
    json_member_add_number(builder, "changes", filled->changes->len);
    json_builder_end_object(builder);
}

char *batch_report_to_json(const BatchReport *report)
{
    const gint64 end_us = report->finished_us > 0 ? report->finished_us : g_get_real_time();
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_member_add_number(builder, "schema", SCHEMA);
    json_member_add_text(builder, "program", "drydock " DRYDOCK_VERSION);
    json_member_add_text(builder, "manifest", report->manifest->path);
    json_member_add_text(builder, "manifest_kind", report->manifest->kind);
    json_builder_set_member_name(builder, "finished_run");
    json_builder_add_boolean_value(builder, report->finished_us > 0);
    add_time(builder, "started", report->started_us);
    add_time(builder, "finished", report->finished_us);
    add_seconds(builder, "seconds", (double)MAX(end_us - report->started_us, 0) / G_USEC_PER_SEC);
    add_totals(builder, report);
    json_add_findings(builder, report->manifest->findings);
    json_builder_set_member_name(builder, "machines");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->results->len; i++)
        add_machine(builder, report, g_ptr_array_index(report->results, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return json_finish(builder);
}
