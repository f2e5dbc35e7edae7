/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What migrate registry shows of one key. */
#include "migrate/registry_show.h"

#include <string.h>

#include "base/error.h"
#include "inspect/windows_values.h"
#include "migrate/json.h"
#include "migrate/printable.h"
#include "registry/reg_file.h"
#include "registry/value_type.h"
#include "registry/walk.h"

#define FLUSH_BYTES ((gsize)256 << 10)
/* What hive_name_to_utf8() has for NUL and half characters. */
#define REPLACEMENT "\xEF\xBF\xBD"

void registry_view_flush(RegistryView *view, gsize at_least)
{
    if (view->text->len == 0 || view->text->len < at_least)
        return;
    worker_send_output(view->channel, REGISTRY_OUTPUT_TEXT, view->text->str, view->text->len);
    g_string_truncate(view->text, 0);
}

static char *value_text(const HiveValue *value)
{
    gsize length;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    return hive_value_to_text(value->type, data, length);
}

static void json_add_hex(JsonBuilder *builder, GBytes *bytes)
{
    gsize length;
    const uint8_t *data = g_bytes_get_data(bytes, &length);
    g_autoptr(GString) text = g_string_sized_new(2 * length);
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(text, "%02x", data[i]);
    json_member_add_text(builder, "hex", text->str);
}

void registry_json_value(JsonBuilder *builder, const HiveValue *value)
{
    g_autofree char *type = hive_type_name(value->type);
    g_autofree char *string = hive_value_get_string(value);
    g_auto(GStrv) strings = hive_value_get_strings(value);
    uint64_t number;
    json_member_add_text(builder, "name", value->name);
    json_member_add_text(builder, "type", type);
    if (string) {
        json_member_add_text(builder, "data", string);
    } else if (strings) {
        json_builder_set_member_name(builder, "data");
        json_builder_begin_array(builder);
        for (char **at = strings; *at; at++)
            json_builder_add_string_value(builder, *at);
        json_builder_end_array(builder);
    } else if (hive_value_get_number(value, &number) && number <= G_MAXINT64) {
        json_member_add_number(builder, "data", (gint64)number);
    } else {
        json_add_hex(builder, value->data);
    }
}

static void append_json(RegistryView *view, JsonBuilder *builder)
{
    g_autofree char *json = json_finish(builder);
    g_string_append(view->text, json);
}

static gboolean get_one(RegistryView *view, GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    if (!hive_get_value(view->hive, view->key, view->job->value, &value, error))
        return FALSE;
    if (!value) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND,
                          "name only the key to see all of its values",
                          "there is no value '%s' in '%s'", view->job->value, view->path);
        return FALSE;
    }
    if (view->job->options->json) {
        g_autoptr(JsonBuilder) builder = json_builder_new();
        json_builder_begin_object(builder);
        json_member_add_text(builder, "key", view->path);
        registry_json_value(builder, value);
        json_builder_end_object(builder);
        append_json(view, builder);
        return TRUE;
    }
    /* A string as its text alone, anything else as people write it in .reg files. */
    g_autofree char *string = hive_value_get_string(value);
    g_autofree char *text = string ? NULL : value_text(value);
    g_string_append_printf(view->text, "%s\n", string ? string : text);
    return TRUE;
}

static gboolean get_all(RegistryView *view, GError **error)
{
    g_autoptr(GPtrArray) values = NULL;
    if (!hive_list_values(view->hive, view->key, &values, error))
        return FALSE;
    for (guint i = 0; i < values->len && !view->job->options->json; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        g_autofree char *text = value_text(value);
        printable_append(view->text, *value->name ? value->name : "(default)");
        g_string_append_printf(view->text, " = %s\n", text);
    }
    if (!view->job->options->json)
        return TRUE;
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_member_add_text(builder, "key", view->path);
    json_builder_set_member_name(builder, "values");
    json_builder_begin_array(builder);
    for (guint i = 0; i < values->len; i++) {
        json_builder_begin_object(builder);
        registry_json_value(builder, g_ptr_array_index(values, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    append_json(view, builder);
    return TRUE;
}

gboolean registry_show_get(RegistryView *view, GError **error)
{
    return view->job->value ? get_one(view, error) : get_all(view, error);
}

typedef struct {
    RegistryView *view;
    JsonBuilder *builder; /* NULL: text */
    HiveKey skip;         /* the key whose subkeys are listed */
} Listing;

static gboolean list_key(Hive *hive, HiveKey key, const char *path, void *data,
                         G_GNUC_UNUSED gboolean *stop, GError **error)
{
    const Listing *listing = data;
    RegistryView *view = listing->view;
    HiveKeyFacts facts;
    gboolean is_long = view->job->options->long_form || listing->builder;
    if (key == listing->skip)
        return TRUE;
    if (is_long && !hive_get_key_facts(hive, key, &facts, error))
        return FALSE;
    g_autofree char *written = is_long ? windows_format_time(facts.written) : NULL;
    if (listing->builder) {
        json_builder_begin_object(listing->builder);
        json_member_add_text(listing->builder, "key", path);
        json_member_add_number(listing->builder, "subkeys", facts.subkeys);
        json_member_add_number(listing->builder, "values", facts.values);
        json_member_add_text(listing->builder, "written", written);
        json_builder_end_object(listing->builder);
        return TRUE;
    }
    if (is_long)
        g_string_append_printf(view->text, "%-20s %6u %6u ", written ? written : "-", facts.subkeys,
                               facts.values);
    printable_append(view->text, path);
    g_string_append_c(view->text, '\n');
    registry_view_flush(view, FLUSH_BYTES);
    return TRUE;
}

static gboolean list_subkeys(RegistryView *view, Listing *listing, GError **error)
{
    g_autoptr(GArray) keys = NULL;
    gboolean stop = FALSE;
    if (!hive_list_keys(view->hive, view->key, &keys, error))
        return FALSE;
    for (guint i = 0; i < keys->len; i++) {
        HiveKey key = g_array_index(keys, HiveKey, i);
        g_autofree char *name = NULL;
        if (!hive_get_key_name(view->hive, key, &name, error))
            return FALSE;
        g_autofree char *path = g_strconcat(view->path, "\\", name, NULL);
        if (!list_key(view->hive, key, path, listing, &stop, error))
            return FALSE;
    }
    return TRUE;
}

gboolean registry_show_list(RegistryView *view, GError **error)
{
    gboolean is_json = view->job->options->json;
    g_autoptr(JsonBuilder) builder = is_json ? json_builder_new() : NULL;
    Listing listing = {view, builder, view->key};
    if (is_json)
        json_builder_begin_array(builder);
    gboolean ok = view->job->options->recursive
                      ? hive_walk(view->hive, view->key, view->path, list_key, &listing, error)
                      : list_subkeys(view, &listing, error);
    if (ok && is_json) {
        json_builder_end_array(builder);
        append_json(view, builder);
    }
    return ok;
}

typedef struct {
    RegistryView *view;
    gboolean is_beginning;
    gboolean is_lossy; /* a name was no text */
} Export;

static void send_export(Export *export, gsize at_least)
{
    RegistryView *view = export->view;
    if (view->job->options->utf8) {
        registry_view_flush(view, at_least);
        return;
    }
    if (view->text->len == 0 || view->text->len < at_least)
        return;
    g_autoptr(GBytes) bytes = reg_file_encode(view->text->str, export->is_beginning);
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    worker_send_output(view->channel, REGISTRY_OUTPUT_TEXT, data, length);
    g_string_truncate(view->text, 0);
    export->is_beginning = FALSE;
}

static gboolean export_key(Hive *hive, HiveKey key, const char *path, void *data,
                           G_GNUC_UNUSED gboolean *stop, GError **error)
{
    Export *export = data;
    g_autoptr(GPtrArray) values = NULL;
    if (!hive_list_values(hive, key, &values, error))
        return FALSE;
    reg_file_append_key(export->view->text, path);
    for (guint i = 0; i < values->len; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        export->is_lossy |= strstr(value->name, REPLACEMENT) != NULL;
        reg_file_append_value(export->view->text, value);
    }
    export->is_lossy |= strstr(path, REPLACEMENT) != NULL;
    send_export(export, FLUSH_BYTES);
    return TRUE;
}

gboolean registry_show_export(RegistryView *view, GError **error)
{
    static const char lossy[] =
        "some names are no text: where U+FFFD stands they will not come back";
    Export export = {view, TRUE, FALSE};
    reg_file_append_header(view->text);
    if (!hive_walk(view->hive, view->key, view->path, export_key, &export, error))
        return FALSE;
    g_string_append(view->text, "\r\n");
    send_export(&export, 0);
    if (export.is_lossy)
        worker_send_output(view->channel, REGISTRY_OUTPUT_WARNING, lossy, strlen(lossy));
    return TRUE;
}
