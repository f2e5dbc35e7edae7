/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's state as it is stored. */
#include "migrate/batch/state_json.h"

#include "base/error.h"
#include "migrate/json.h"

#define SCHEMA 1

/* The members that are plain texts and numbers. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"name", G_STRUCT_OFFSET(BatchResult, name)},
    {"system", G_STRUCT_OFFSET(BatchResult, system)},
    {"error", G_STRUCT_OFFSET(BatchResult, error_code)},
    {"message", G_STRUCT_OFFSET(BatchResult, error_message)},
    {"hint", G_STRUCT_OFFSET(BatchResult, error_hint)},
    {"domain", G_STRUCT_OFFSET(BatchResult, domain_path)},
    {"report", G_STRUCT_OFFSET(BatchResult, report_path)},
};

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
    {"started_us", G_STRUCT_OFFSET(BatchResult, started_us)},
    {"finished_us", G_STRUCT_OFFSET(BatchResult, finished_us)},
    {"source_bytes", G_STRUCT_OFFSET(BatchResult, source_bytes)},
    {"output_bytes", G_STRUCT_OFFSET(BatchResult, output_bytes)},
};

G_STATIC_ASSERT(sizeof(uint64_t) == sizeof(gint64));

static void add_outputs(JsonBuilder *builder, const BatchResult *result)
{
    json_builder_set_member_name(builder, "outputs");
    json_builder_begin_array(builder);
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        json_builder_begin_object(builder);
        json_member_add_text(builder, "path", output->path);
        json_member_add_number(builder, "size_bytes", json_member_size(output->size_bytes));
        json_member_add_number(builder, "modified_us", output->modified_us);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

char *batch_result_to_json(const BatchResult *result, const char *digest)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_member_add_number(builder, "schema", SCHEMA);
    json_member_add_text(builder, "id", result->id);
    json_member_add_text(builder, "status", batch_status_name(result->status));
    json_member_add_text(builder, "digest", digest);
    json_member_add_number(builder, "attempts", result->attempts);
    json_member_add_number(builder, "exit_status", result->exit_status);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        json_member_add_text(builder, texts[i].name,
                             G_STRUCT_MEMBER(char *, result, texts[i].offset));
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        json_member_add_number(builder, numbers[i].name,
                               G_STRUCT_MEMBER(gint64, result, numbers[i].offset));
    add_outputs(builder, result);
    json_builder_end_object(builder);
    return json_finish(builder);
}

static JsonNode *value_member(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node
                                                                                         : NULL;
}

static char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = value_member(object, name, G_TYPE_STRING);
    return node ? json_node_dup_string(node) : NULL;
}

static gint64 number_member(JsonObject *object, const char *name)
{
    JsonNode *node = value_member(object, name, G_TYPE_INT64);
    return node ? json_node_get_int(node) : 0;
}

static BatchStatus status_of(const char *name)
{
    for (BatchStatus status = 0; name && status < BATCH_STATUS_LAST; status++)
        if (g_str_equal(batch_status_name(status), name))
            return status;
    return BATCH_PENDING;
}

static void read_outputs(JsonObject *object, BatchResult *result)
{
    JsonNode *node = json_object_get_member(object, "outputs");
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *item = json_array_get_element(array, i);
        char *path =
            JSON_NODE_HOLDS_OBJECT(item) ? text_member(json_node_get_object(item), "path") : NULL;
        if (!path)
            continue;
        batch_result_add_output(result, path,
                                (uint64_t)number_member(json_node_get_object(item), "size_bytes"),
                                number_member(json_node_get_object(item), "modified_us"));
        g_free(path);
    }
}

BatchResult *batch_result_from_json(const char *id, const char *text, char **ret_digest,
                                    GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, text, -1, error))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    g_autofree char *own_id = object ? text_member(object, "id") : NULL;
    if (g_strcmp0(own_id, id) != 0 || number_member(object, "schema") != SCHEMA) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it is not the state of '%s'", id);
        return NULL;
    }
    BatchResult *result = batch_result_new(id);
    g_autofree char *status = text_member(object, "status");
    result->status = status_of(status);
    result->attempts = (guint)number_member(object, "attempts");
    result->exit_status = (int)number_member(object, "exit_status");
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        G_STRUCT_MEMBER(char *, result, texts[i].offset) = text_member(object, texts[i].name);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        G_STRUCT_MEMBER(gint64, result, numbers[i].offset) = number_member(object, numbers[i].name);
    read_outputs(object, result);
    *ret_digest = text_member(object, "digest");
    return result;
}
