/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the hooks of a machine. */
#include "migrate/batch/hook_read.h"

#include "base/error.h"

#define TIMEOUT_LIMIT_SECONDS (24 * 60 * 60)

typedef enum {
    HOOK_TEXT,
    HOOK_PATH, /* made absolute */
    HOOK_TEXTS,
    HOOK_PAIRS,
    HOOK_SECONDS,
    HOOK_FLAG,
    HOOK_JSON,
} HookKeyType;

#define ANY_TYPE (-1)
#define HOOK_KEY(key, type, owner, field)                                                          \
    {                                                                                              \
        key, type, owner, G_STRUCT_OFFSET(BatchHook, field)                                        \
    }

static const struct {
    const char *key;
    HookKeyType type;
    int owner; /* the type of hook that has it */
    size_t offset;
} keys[] = {
    HOOK_KEY("path", HOOK_PATH, BATCH_HOOK_SCRIPT, path),
    HOOK_KEY("args", HOOK_TEXTS, BATCH_HOOK_SCRIPT, arguments),
    HOOK_KEY("env", HOOK_PAIRS, BATCH_HOOK_SCRIPT, environment),
    HOOK_KEY("working_directory", HOOK_PATH, BATCH_HOOK_SCRIPT, working_directory),
    HOOK_KEY("url", HOOK_TEXT, BATCH_HOOK_HTTP, url),
    HOOK_KEY("method", HOOK_TEXT, BATCH_HOOK_HTTP, method),
    HOOK_KEY("headers", HOOK_PAIRS, BATCH_HOOK_HTTP, headers),
    HOOK_KEY("body", HOOK_JSON, BATCH_HOOK_HTTP, body),
    HOOK_KEY("timeout", HOOK_SECONDS, ANY_TYPE, timeout_seconds),
    HOOK_KEY("continue_on_error", HOOK_FLAG, ANY_TYPE, continue_on_error),
};

static gboolean read_body(const Document *document, const DocumentValue *value, char **ret_text,
                          GError **error)
{
    g_autoptr(JsonNode) node = NULL;
    if (!document_to_json(document, value, &node, error))
        return FALSE;
    *ret_text = json_to_string(node, FALSE);
    return TRUE;
}

static gboolean read_path(const BatchManifest *manifest, const Document *document,
                          const DocumentValue *value, const char *key, char **ret_path,
                          GError **error)
{
    g_autofree char *path = NULL;
    if (!document_text(document, value, key, &path, error))
        return FALSE;
    *ret_path = batch_manifest_resolve(manifest, path);
    return TRUE;
}

static gboolean read_value(const BatchManifest *manifest, const Document *document,
                           const DocumentValue *value, guint row, BatchHook *hook, GError **error)
{
    const char *key = keys[row].key;
    gpointer field = G_STRUCT_MEMBER_P(hook, keys[row].offset);
    gint64 number = 0;
    switch (keys[row].type) {
    case HOOK_TEXT:
        return document_text(document, value, key, field, error);
    case HOOK_PATH:
        return read_path(manifest, document, value, key, field, error);
    case HOOK_TEXTS:
        return document_texts(document, value, key, field, error);
    case HOOK_PAIRS:
        return document_pairs(document, value, key, field, error);
    case HOOK_FLAG:
        return document_flag(document, value, key, field, error);
    case HOOK_JSON:
        return read_body(document, value, field, error);
    case HOOK_SECONDS:
        break;
    }
    if (!document_number(document, value, key, 1, TIMEOUT_LIMIT_SECONDS, &number, error))
        return FALSE;
    hook->timeout_seconds = (guint)number;
    return TRUE;
}

static void set_unknown(const Document *document, const DocumentValue *key, BatchHookType type,
                        GError **error)
{
    const char *known[G_N_ELEMENTS(keys) + 2] = {"type"};
    for (guint i = 0, count = 1; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].owner == ANY_TYPE || keys[i].owner == (int)type)
            known[count++] = keys[i].key;
    document_set_unknown_key(document, key, known, error);
}

static gboolean read_key(const BatchManifest *manifest, const Document *document,
                         const DocumentValue *map, guint index, BatchHook *hook, GError **error)
{
    const DocumentValue *key, *value;
    const char *text = document_key(document, map, index, &key, &value);
    if (g_str_equal(text, "type"))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_str_equal(keys[i].key, text) &&
            (keys[i].owner == ANY_TYPE || keys[i].owner == (int)hook->type))
            return read_value(manifest, document, value, i, hook, error);
    set_unknown(document, key, hook->type, error);
    return FALSE;
}

static gboolean read_type(const Document *document, const DocumentValue *map,
                          BatchHookType *ret_type, GError **error)
{
    const DocumentValue *type = document_find(document, map, "type");
    g_autofree char *text = NULL;
    *ret_type = document_find(document, map, "url") ? BATCH_HOOK_HTTP : BATCH_HOOK_SCRIPT;
    if (!type)
        return TRUE;
    if (!document_text(document, type, "type", &text, error))
        return FALSE;
    *ret_type = g_str_equal(text, "http") ? BATCH_HOOK_HTTP : BATCH_HOOK_SCRIPT;
    if (*ret_type == BATCH_HOOK_HTTP || g_str_equal(text, "script"))
        return TRUE;
    document_set_error(document, type,
                       g_str_equal(text, "python")
                           ? "make a script of it that begins with #!/usr/bin/env python3"
                           : "use script or http",
                       error, "there are no '%s' hooks", text);
    return FALSE;
}

static gboolean read_hook(const BatchManifest *manifest, const Document *document,
                          const DocumentValue *map, BatchHookPoint point, GPtrArray *hooks,
                          GError **error)
{
    BatchHookType type;
    if (document_kind(map) != DOCUMENT_MAP) {
        document_set_error(document, map, NULL, error, "a hook has to be a map");
        return FALSE;
    }
    if (!read_type(document, map, &type, error))
        return FALSE;
    g_autoptr(BatchHook) hook = batch_hook_new(type);
    hook->point = point;
    hook->place = document_place(map);
    for (guint i = 0; i < document_count(map); i++)
        if (!read_key(manifest, document, map, i, hook, error))
            return FALSE;
    if (type == BATCH_HOOK_HTTP ? !hook->url : !hook->path) {
        document_set_error(document, map, NULL, error, "a hook of this type needs a '%s'",
                           type == BATCH_HOOK_HTTP ? "url" : "path");
        return FALSE;
    }
    g_ptr_array_add(hooks, g_steal_pointer(&hook));
    return TRUE;
}

static gboolean find_point(const Document *document, const DocumentValue *key, const char *text,
                           BatchHookPoint *ret_point, GError **error)
{
    const char *known[BATCH_HOOK_LAST + 1] = {NULL};
    for (BatchHookPoint point = 0; point < BATCH_HOOK_LAST; point++) {
        known[point] = batch_hook_point_name(point);
        if (g_str_equal(known[point], text)) {
            *ret_point = point;
            return TRUE;
        }
    }
    document_set_unknown_key(document, key, known, error);
    return FALSE;
}

static void hook_drop(gpointer hook)
{
    batch_hook_free(hook);
}

GPtrArray *batch_hooks_new(void)
{
    return g_ptr_array_new_with_free_func(hook_drop);
}

gboolean batch_hooks_read_stage(const BatchManifest *manifest, const Document *document,
                                const DocumentValue *value, BatchHookPoint point, const char *stage,
                                GPtrArray *hooks, GError **error)
{
    const gboolean is_list = document_kind(value) == DOCUMENT_LIST;
    const guint before = hooks->len;
    for (guint i = 0; i < (is_list ? document_count(value) : 1); i++)
        if (!read_hook(manifest, document, is_list ? document_item(document, value, i) : value,
                       point, hooks, error))
            return FALSE;
    for (guint i = before; stage && i < hooks->len; i++)
        ((BatchHook *)g_ptr_array_index(hooks, i))->stage = g_strdup(stage);
    return TRUE;
}

gboolean batch_hooks_read(const BatchManifest *manifest, const Document *document,
                          const DocumentValue *value, GPtrArray **ret_hooks, GError **error)
{
    g_autoptr(GPtrArray) hooks = batch_hooks_new();
    if (document_kind(value) != DOCUMENT_MAP && !document_is_null(value)) {
        document_set_error(document, value, "name when they run: before, after or failure", error,
                           "'hooks' has to be a map");
        return FALSE;
    }
    for (guint i = 0; i < document_count(value); i++) {
        const DocumentValue *key, *list;
        const char *text = document_key(document, value, i, &key, &list);
        BatchHookPoint point;
        if (!find_point(document, key, text, &point, error) ||
            !batch_hooks_read_stage(manifest, document, list, point, NULL, hooks, error))
            return FALSE;
    }
    *ret_hooks = g_steal_pointer(&hooks);
    return TRUE;
}
