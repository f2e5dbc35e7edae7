/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hooks are told of a machine. The first nine words are hyper2kvm's. */
#include "migrate/batch/hook_words.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"

typedef enum {
    WORD_VM_NAME,
    WORD_SOURCE_PATH,
    WORD_OUTPUT_PATH,
    WORD_STAGE,
    WORD_TIMESTAMP,
    WORD_TIMESTAMP_ISO,
    WORD_USER,
    WORD_HOSTNAME,
    WORD_MANIFEST_PATH,
    WORD_ID,
    WORD_STATUS,
    WORD_DOMAIN_PATH,
    WORD_REPORT_PATH,
    WORD_ERROR,
    WORD_COUNT,
} Word;

static const char *const names[WORD_COUNT + 1] = {
    [WORD_VM_NAME] = "vm_name",
    [WORD_SOURCE_PATH] = "source_path",
    [WORD_OUTPUT_PATH] = "output_path",
    [WORD_STAGE] = "stage",
    [WORD_TIMESTAMP] = "timestamp",
    [WORD_TIMESTAMP_ISO] = "timestamp_iso",
    [WORD_USER] = "user",
    [WORD_HOSTNAME] = "hostname",
    [WORD_MANIFEST_PATH] = "manifest_path",
    [WORD_ID] = "id",
    [WORD_STATUS] = "status",
    [WORD_DOMAIN_PATH] = "domain_path",
    [WORD_REPORT_PATH] = "report_path",
    [WORD_ERROR] = "error",
};

struct HookWords {
    char *values[WORD_COUNT]; /* never NULL */
};

HookWords *hook_words_new(const BatchManifest *manifest, const BatchMachine *machine,
                          const BatchResult *result, const char *stage)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    const char *name = result && result->name ? result->name : machine->settings.name;
    const char *values[WORD_COUNT] = {
        [WORD_VM_NAME] = name ? name : machine->id,
        [WORD_SOURCE_PATH] = machine->sources ? machine->sources[0] : NULL,
        [WORD_OUTPUT_PATH] = machine->settings.output,
        [WORD_STAGE] = stage,
        [WORD_USER] = g_get_user_name(),
        [WORD_HOSTNAME] = g_get_host_name(),
        [WORD_MANIFEST_PATH] = manifest->path,
        [WORD_ID] = machine->id,
        [WORD_STATUS] = result ? batch_status_name(result->status) : NULL,
        [WORD_DOMAIN_PATH] = result ? result->domain_path : NULL,
        [WORD_REPORT_PATH] = result ? result->report_path : NULL,
        [WORD_ERROR] = result ? result->error_message : NULL,
    };
    HookWords *words = g_new0(HookWords, 1);
    for (Word word = 0; word < WORD_COUNT; word++)
        words->values[word] = g_strdup(values[word] ? values[word] : "");
    g_free(words->values[WORD_TIMESTAMP]);
    words->values[WORD_TIMESTAMP] = g_strdup_printf("%" G_GINT64_FORMAT, g_date_time_to_unix(now));
    g_free(words->values[WORD_TIMESTAMP_ISO]);
    words->values[WORD_TIMESTAMP_ISO] = g_date_time_format_iso8601(now);
    return words;
}

void hook_words_free(HookWords *words)
{
    if (!words)
        return;
    for (Word word = 0; word < WORD_COUNT; word++)
        g_free(words->values[word]);
    g_free(words);
}

static gboolean find_word(const char *name, Word *ret_word, GError **error)
{
    for (Word word = 0; word < WORD_COUNT; word++)
        if (g_str_equal(names[word], name)) {
            *ret_word = word;
            return TRUE;
        }
    const char *nearest = nearest_word(name, names);
    g_autofree char *hint = nearest ? g_strdup_printf("did you mean {{ %s }}?", nearest)
                                    : g_strdup("all words are in migrate-manifest(5)");
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "{{ %s }} is no word of hooks", name);
    return FALSE;
}

gboolean hook_words_expand(const HookWords *words, const char *text, HookWordStyle style,
                           char **ret_text, GError **error)
{
    g_autoptr(GString) result = g_string_new(NULL);
    for (const char *at = text, *open; *at; at = open) {
        open = strstr(at, "{{");
        g_string_append_len(result, at, open ? open - at : (gssize)strlen(at));
        if (!open)
            break;
        const char *close = strstr(open, "}}");
        if (!close) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "write {{ vm_name }}",
                              "'%s' has braces that are not closed", text);
            return FALSE;
        }
        g_autofree char *name = g_strndup(open + 2, (gsize)(close - open - 2));
        Word word;
        if (!find_word(g_strstrip(name), &word, error))
            return FALSE;
        if (style == HOOK_WORD_URL)
            g_string_append_uri_escaped(result, words->values[word], NULL, FALSE);
        else
            g_string_append(result, words->values[word]);
        open = close + 2;
    }
    *ret_text = g_string_free(g_steal_pointer(&result), FALSE);
    return TRUE;
}

static gboolean expand_node(const HookWords *words, JsonNode *node, GError **error);

static gboolean expand_object(const HookWords *words, JsonObject *object, GError **error)
{
    g_autoptr(GList) members = json_object_get_values(object);
    for (GList *member = members; member; member = member->next)
        if (!expand_node(words, member->data, error))
            return FALSE;
    return TRUE;
}

static gboolean expand_array(const HookWords *words, JsonArray *array, GError **error)
{
    for (guint i = 0; i < json_array_get_length(array); i++)
        if (!expand_node(words, json_array_get_element(array, i), error))
            return FALSE;
    return TRUE;
}

/* As deep as a Document may be. */
static gboolean expand_node(const HookWords *words, JsonNode *node, GError **error)
{
    if (JSON_NODE_HOLDS_OBJECT(node))
        return expand_object(words, json_node_get_object(node), error);
    if (JSON_NODE_HOLDS_ARRAY(node))
        return expand_array(words, json_node_get_array(node), error);
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return TRUE;
    g_autofree char *text = NULL;
    if (!hook_words_expand(words, json_node_get_string(node), HOOK_WORD_PLAIN, &text, error))
        return FALSE;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    json_node_set_string(node, valid);
    return TRUE;
}

gboolean hook_words_expand_json(const HookWords *words, const char *json, char **ret_json,
                                GError **error)
{
    g_autoptr(JsonNode) root = json_from_string(json, error);
    if (!root || !expand_node(words, root, error))
        return FALSE;
    *ret_json = json_to_string(root, FALSE);
    return TRUE;
}

char **hook_words_add_to_environment(const HookWords *words, char **environment)
{
    for (Word word = 0; word < WORD_COUNT; word++) {
        g_autofree char *upper = g_ascii_strup(names[word], -1);
        g_autofree char *name = g_strconcat("DRYDOCK_", upper, NULL);
        environment = g_environ_setenv(environment, name, words->values[word], TRUE);
    }
    return environment;
}
