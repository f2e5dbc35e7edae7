/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate registry search: texts in names and data, in any case. */
#include <string.h>

#include "migrate/json.h"
#include "migrate/printable.h"
#include "migrate/registry_show.h"
#include "registry/value_type.h"
#include "registry/walk.h"

typedef struct {
    RegistryView *view;
    JsonBuilder *builder; /* NULL: text */
    const char *wanted;
    char *folded; /* wanted in one case; NULL: it is ASCII, and needs no folding of what it is
                     compared with */
    gboolean in_keys, in_values, in_data;
    guint limit; /* 0: none */
    guint finds;
} Search;

static gboolean is_in(const Search *search, const char *text)
{
    if (!search->folded)
        return strcasestr(text, search->wanted) != NULL;
    g_autofree char *folded = g_utf8_casefold(text, -1);
    return strstr(folded, search->folded) != NULL;
}

static gboolean is_in_data(const Search *search, const HiveValue *value)
{
    g_autofree char *string = hive_value_get_string(value);
    g_auto(GStrv) strings = string ? NULL : hive_value_get_strings(value);
    if (string)
        return is_in(search, string);
    if (!strings) {
        gsize length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        g_autofree char *text = hive_value_to_text(value->type, data, length);
        return is_in(search, text);
    }
    for (char **at = strings; *at; at++)
        if (is_in(search, *at))
            return TRUE;
    return FALSE;
}

/* value NULL: the key itself. FALSE: there are enough. */
static gboolean add_find(Search *search, const char *path, const HiveValue *value)
{
    GString *text = search->view->text;
    if (search->limit > 0 && search->finds == search->limit) {
        g_autofree char *warning =
            g_strdup_printf("there is more than these %u; see --limit", search->limit);
        worker_send_output(search->view->channel, REGISTRY_OUTPUT_WARNING, warning,
                           strlen(warning));
        return FALSE;
    }
    search->finds++;
    if (search->builder) {
        json_builder_begin_object(search->builder);
        json_member_add_text(search->builder, "key", path);
        if (value)
            registry_json_value(search->builder, value);
        json_builder_end_object(search->builder);
        return TRUE;
    }
    printable_append(text, path);
    if (value) {
        gsize length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        g_autofree char *shown = hive_value_to_text(value->type, data, length);
        g_string_append(text, ": ");
        printable_append(text, *value->name ? value->name : "(default)");
        g_string_append_printf(text, " = %s", shown);
    }
    g_string_append_c(text, '\n');
    registry_view_flush(search->view, 64 << 10);
    return TRUE;
}

static gboolean search_key(Hive *hive, HiveKey key, const char *path, void *data, gboolean *stop,
                           GError **error)
{
    Search *search = data;
    g_autoptr(GPtrArray) values = NULL;
    const char *name = strrchr(path, '\\');
    if (search->in_keys && key != search->view->key && is_in(search, name ? name + 1 : path) &&
        !add_find(search, path, NULL)) {
        *stop = TRUE;
        return TRUE;
    }
    if (!search->in_values && !search->in_data)
        return TRUE;
    if (!hive_list_values(hive, key, &values, error))
        return FALSE;
    for (guint i = 0; i < values->len && !*stop; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        if ((search->in_values && is_in(search, value->name)) ||
            (search->in_data && is_in_data(search, value)))
            *stop = !add_find(search, path, value);
    }
    return TRUE;
}

gboolean registry_show_search(RegistryView *view, GError **error)
{
    const Options *options = view->job->options;
    gboolean everywhere = !options->search_keys && !options->search_values && !options->search_data;
    g_autoptr(JsonBuilder) builder = options->json ? json_builder_new() : NULL;
    g_autofree char *folded =
        g_str_is_ascii(view->job->search) ? NULL : g_utf8_casefold(view->job->search, -1);
    Search search = {
        .view = view,
        .builder = builder,
        .wanted = view->job->search,
        .folded = folded,
        .in_keys = everywhere || options->search_keys,
        .in_values = everywhere || options->search_values,
        .in_data = everywhere || options->search_data,
        .limit = (guint)options->limit,
    };
    if (builder)
        json_builder_begin_array(builder);
    if (!hive_walk(view->hive, view->key, view->path, search_key, &search, error))
        return FALSE;
    if (builder) {
        json_builder_end_array(builder);
        g_autofree char *json = json_finish(builder);
        g_string_append(view->text, json);
    }
    return TRUE;
}
