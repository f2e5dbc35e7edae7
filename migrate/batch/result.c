/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has become of one machine of a batch. */
#include "migrate/batch/result.h"

#include <json-glib/json-glib.h>

#include "base/error.h"

static const char *const statuses[BATCH_STATUS_LAST] = {
    [BATCH_PENDING] = "pending", [BATCH_RUNNING] = "running", [BATCH_DONE] = "done",
    [BATCH_FAILED] = "failed",   [BATCH_SKIPPED] = "skipped",
};

const char *batch_status_name(BatchStatus status)
{
    g_return_val_if_fail(status < BATCH_STATUS_LAST, NULL);
    return statuses[status];
}

void batch_finding_free(gpointer data)
{
    BatchFinding *finding = data;
    g_free(finding->code);
    g_free(finding->severity);
    g_free(finding->sentence);
    g_free(finding->hint);
    g_free(finding);
}

static void change_drop(gpointer data)
{
    BatchChange *change = data;
    g_free(change->path);
    g_free(change->action);
    g_free(change->reason);
    g_free(change);
}

static void output_drop(gpointer data)
{
    BatchOutput *output = data;
    g_free(output->path);
    g_free(output);
}

BatchResult *batch_result_new(const char *id)
{
    BatchResult *result = g_new0(BatchResult, 1);
    result->id = g_strdup(id);
    result->outputs = g_ptr_array_new_with_free_func(output_drop);
    result->findings = g_ptr_array_new_with_free_func(batch_finding_free);
    result->changes = g_ptr_array_new_with_free_func(change_drop);
    return result;
}

void batch_result_free(BatchResult *result)
{
    if (!result)
        return;
    g_free(result->id);
    g_free(result->name);
    g_free(result->system);
    g_free(result->error_code);
    g_free(result->error_message);
    g_free(result->error_hint);
    g_free(result->domain_path);
    g_free(result->report_path);
    g_ptr_array_unref(result->outputs);
    g_ptr_array_unref(result->findings);
    g_ptr_array_unref(result->changes);
    g_free(result);
}

void batch_result_add_output(BatchResult *result, const char *path, uint64_t size_bytes,
                             gint64 modified_us)
{
    BatchOutput *output = g_new0(BatchOutput, 1);
    *output = (BatchOutput){g_strdup(path), size_bytes, modified_us};
    g_ptr_array_add(result->outputs, output);
}

void batch_result_set_error(BatchResult *result, const GError *error)
{
    DrydockError code =
        error->domain == DRYDOCK_ERROR ? (DrydockError)error->code : DRYDOCK_ERROR_FAILED;
    g_free(result->error_code);
    g_free(result->error_message);
    g_free(result->error_hint);
    result->error_code = g_strdup(drydock_error_name(code));
    result->error_message = g_strdup(error->message);
    result->error_hint = g_strdup(drydock_error_get_hint(error));
    result->exit_status = drydock_error_exit_status(error);
}

/* NULL: no such member, or it is something else. */
static JsonNode *member(JsonObject *object, const char *name, JsonNodeType type)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && json_node_get_node_type(node) == type ? node : NULL;
}

static char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, JSON_NODE_VALUE);
    return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_dup_string(node)
                                                                   : NULL;
}

typedef gpointer (*ReadFunc)(JsonObject *object);

static gpointer read_finding(JsonObject *object)
{
    BatchFinding *finding = g_new0(BatchFinding, 1);
    finding->code = text_member(object, "code");
    finding->severity = text_member(object, "severity");
    finding->sentence = text_member(object, "sentence");
    finding->hint = text_member(object, "hint");
    return finding;
}

static gpointer read_change(JsonObject *object)
{
    BatchChange *change = g_new0(BatchChange, 1);
    change->path = text_member(object, "path");
    change->action = text_member(object, "action");
    change->reason = text_member(object, "reason");
    return change;
}

static void read_list(JsonObject *report, const char *name, ReadFunc read_item, GPtrArray *items)
{
    JsonNode *node = member(report, name, JSON_NODE_ARRAY);
    JsonArray *array = node ? json_node_get_array(node) : NULL;
    g_ptr_array_set_size(items, 0);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *item = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(item))
            g_ptr_array_add(items, read_item(json_node_get_object(item)));
    }
}

gboolean batch_result_read_report(BatchResult *result, GError **error)
{
    if (!result->report_path)
        return TRUE;
    g_autoptr(GError) reason = NULL;
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    gboolean ok = json_parser_load_from_file(parser, result->report_path, &reason);
    JsonNode *root = ok ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "'%s' is no report: %s",
                          result->report_path, reason ? reason->message : "it is no object");
        return FALSE;
    }
    JsonObject *report = json_node_get_object(root);
    JsonNode *guest = member(report, "guest", JSON_NODE_OBJECT);
    g_free(result->system);
    result->system = guest ? text_member(json_node_get_object(guest), "product_name") : NULL;
    read_list(report, "findings", read_finding, result->findings);
    read_list(report, "changes", read_change, result->changes);
    return TRUE;
}
