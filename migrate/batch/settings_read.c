/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the values of a machine's keys. */
#include <string.h>

#include "base/error.h"
#include "migrate/batch/settings.h"
#include "migrate/option_value.h"

/* What is being read. */
typedef struct {
    const BatchManifest *manifest;
    const Document *document;
    const DocumentValue *value;
    const char *key;
} Reading;

/* Turns the error of a reader of options into one with a place. */
static gboolean place_error(const Reading *reading, GError *reason, GError **error)
{
    document_set_error(reading->document, reading->value, drydock_error_get_hint(reason), error,
                       "'%s': %s", reading->key, reason->message);
    g_error_free(reason);
    return FALSE;
}

static gboolean read_word(const Reading *reading, const char *const *words, char **ret_text,
                          GError **error)
{
    g_autofree char *text = NULL;
    if (!document_text(reading->document, reading->value, reading->key, &text, error))
        return FALSE;
    if (words && !g_strv_contains(words, text)) {
        g_autofree char *known = g_strjoinv(", ", (char **)(uintptr_t)words);
        g_autofree char *hint = g_strdup_printf("use one of %s", known);
        document_set_error(reading->document, reading->value, hint, error, "'%s' cannot be '%s'",
                           reading->key, text);
        return FALSE;
    }
    g_free(*ret_text);
    *ret_text = g_steal_pointer(&text);
    return TRUE;
}

static void resolve(const Reading *reading, char **path)
{
    char *absolute = batch_manifest_resolve(reading->manifest, *path);
    g_free(*path);
    *path = absolute;
}

static gboolean read_path(const Reading *reading, char **ret_path, GError **error)
{
    if (!read_word(reading, NULL, ret_path, error))
        return FALSE;
    if (**ret_path) {
        resolve(reading, ret_path);
        return TRUE;
    }
    document_set_error(reading->document, reading->value, NULL, error, "'%s' is empty",
                       reading->key);
    return FALSE;
}

static gboolean read_paths(const Reading *reading, char ***ret_paths, GError **error)
{
    char **paths;
    if (!document_texts(reading->document, reading->value, reading->key, &paths, error))
        return FALSE;
    g_strfreev(*ret_paths);
    *ret_paths = paths;
    for (char **path = paths; *path; path++)
        resolve(reading, path);
    return TRUE;
}

static gboolean read_pairs(const Reading *reading, char ***ret_pairs, GError **error)
{
    char **pairs;
    if (document_kind(reading->value) == DOCUMENT_MAP
            ? !document_pairs(reading->document, reading->value, reading->key, &pairs, error)
            : !document_texts(reading->document, reading->value, reading->key, &pairs, error))
        return FALSE;
    g_strfreev(*ret_pairs);
    *ret_pairs = pairs;
    for (char **pair = pairs; *pair; pair++)
        if (!strchr(*pair, '=')) {
            document_set_error(reading->document, reading->value, "write each as KEY: VALUE", error,
                               "'%s': there is no '=' in '%s'", reading->key, *pair);
            return FALSE;
        }
    return TRUE;
}

/* The text is not repeated: it may be the secret itself, given by mistake. */
static gboolean is_reference(const char *text, gboolean is_password)
{
    const char *colon = strchr(text, ':');
    if (!colon || colon == text)
        return FALSE;
    return g_str_has_prefix(colon, ":file:") || g_str_has_prefix(colon, ":env:") ||
           (is_password && g_str_equal(colon, ":locked"));
}

static gboolean check_reference(const Reading *reading, const char *text, gboolean is_password,
                                GError **error)
{
    if (is_reference(text, is_password))
        return TRUE;
    document_set_error(reading->document, reading->value,
                       is_password ? "give USER:file:PATH, USER:env:NAME or USER:locked"
                                   : "give ID:file:PATH or ID:env:NAME",
                       error, "'%s' does not say where the secret is", reading->key);
    return FALSE;
}

static gboolean read_texts(const Reading *reading, char ***ret_texts, gboolean are_secrets,
                           GError **error)
{
    char **texts;
    if (!document_texts(reading->document, reading->value, reading->key, &texts, error))
        return FALSE;
    g_strfreev(*ret_texts);
    *ret_texts = texts;
    for (char **text = texts; *text && are_secrets; text++)
        if (!check_reference(reading, *text, FALSE, error))
            return FALSE;
    return TRUE;
}

/* Values that options have too, read as they are. */
static gboolean read_value(const Reading *reading, const Setting *setting, BatchSettings *settings,
                           GError **error)
{
    GError *reason = NULL;
    g_autofree char *text = NULL;
    gpointer field = G_STRUCT_MEMBER_P(settings, setting->offset);
    gboolean ok;
    if (!document_text(reading->document, reading->value, reading->key, &text, error))
        return FALSE;
    if (setting->type == SETTING_CPUS)
        ok = option_value_cpus(text, field, &reason);
    else if (setting->type == SETTING_MEMORY)
        ok = option_value_memory(text, field, &reason);
    else
        ok = option_value_firmware(text, field, &reason);
    return ok || place_error(reading, reason, error);
}

typedef enum {
    EDIT_TEXTS,
    EDIT_PASSWORDS,
    EDIT_FLAG,
} EditType;

static const struct {
    const char *key;
    EditType type;
    const char *option;
} edits[] = {
    {"write", EDIT_TEXTS, "--write"},
    {"copy_in", EDIT_TEXTS, "--copy-in"},
    {"delete", EDIT_TEXTS, "--delete"},
    {"append_line", EDIT_TEXTS, "--append-line"},
    {"firstboot_command", EDIT_TEXTS, "--firstboot-command"},
    {"hostname", EDIT_TEXTS, "--hostname"},
    {"timezone", EDIT_TEXTS, "--timezone"},
    {"password", EDIT_PASSWORDS, "--password"},
    {"ssh_key", EDIT_TEXTS, "--ssh-key"},
    {"enable", EDIT_TEXTS, "--enable"},
    {"disable", EDIT_TEXTS, "--disable"},
    {"rebuild_initramfs", EDIT_TEXTS, "--rebuild-initramfs"},
    {"install_agent", EDIT_FLAG, "--install-agent"},
    {"remove_tools", EDIT_FLAG, "--remove-tools"},
    {"serial_console", EDIT_FLAG, "--serial-console"},
};

static gboolean read_edit_texts(const Reading *reading, const char *option, gboolean is_password,
                                GPtrArray *options, GError **error)
{
    g_auto(GStrv) texts = NULL;
    if (!document_texts(reading->document, reading->value, reading->key, &texts, error))
        return FALSE;
    for (char **text = texts; *text; text++) {
        if (is_password && !check_reference(reading, *text, TRUE, error))
            return FALSE;
        g_ptr_array_add(options, g_strconcat(option, "=", *text, NULL));
    }
    return TRUE;
}

static void set_unknown_edit(const Reading *reading, const DocumentValue *key, GError **error)
{
    const char *known[G_N_ELEMENTS(edits) + 1] = {NULL};
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        known[i] = edits[i].key;
    document_set_unknown_key(reading->document, key, known, error);
}

static gboolean read_edit(const Reading *reading, const DocumentValue *key, GPtrArray *options,
                          GError **error)
{
    gboolean flag;
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
        if (!g_str_equal(edits[i].key, reading->key))
            continue;
        if (edits[i].type != EDIT_FLAG)
            return read_edit_texts(reading, edits[i].option, edits[i].type == EDIT_PASSWORDS,
                                   options, error);
        if (!document_flag(reading->document, reading->value, reading->key, &flag, error))
            return FALSE;
        if (flag)
            g_ptr_array_add(options, g_strdup(edits[i].option));
        return TRUE;
    }
    set_unknown_edit(reading, key, error);
    return FALSE;
}

static gboolean read_edit_map(const Reading *reading, const DocumentValue *map, GPtrArray *options,
                              GError **error)
{
    if (document_kind(map) != DOCUMENT_MAP) {
        document_set_error(reading->document, map, "write each as EDIT: VALUE", error,
                           "'edits' has to be a map, or a list of maps");
        return FALSE;
    }
    for (guint i = 0; i < document_count(map); i++) {
        Reading inner = *reading;
        const DocumentValue *key;
        inner.key = document_key(reading->document, map, i, &key, &inner.value);
        if (!read_edit(&inner, key, options, error))
            return FALSE;
    }
    return TRUE;
}

static void text_drop(gpointer text)
{
    g_free(text);
}

static gboolean read_edits(const Reading *reading, char ***ret_options, GError **error)
{
    g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(text_drop);
    gboolean is_list = document_kind(reading->value) == DOCUMENT_LIST;
    for (guint i = 0; i < (is_list ? document_count(reading->value) : 1); i++) {
        const DocumentValue *map =
            is_list ? document_item(reading->document, reading->value, i) : reading->value;
        if (!read_edit_map(reading, map, options, error))
            return FALSE;
    }
    g_ptr_array_add(options, NULL);
    g_strfreev(*ret_options);
    *ret_options = (char **)g_ptr_array_steal(options, NULL);
    return TRUE;
}

static gboolean read_setting(const Reading *reading, const Setting *setting,
                             BatchSettings *settings, GError **error)
{
    gpointer field = G_STRUCT_MEMBER_P(settings, setting->offset);
    switch (setting->type) {
    case SETTING_TEXT:
        return read_word(reading, setting->words, field, error);
    case SETTING_PATH:
        return read_path(reading, field, error);
    case SETTING_FLAG:
        return document_flag(reading->document, reading->value, reading->key, field, error);
    case SETTING_CPUS:
    case SETTING_MEMORY:
    case SETTING_FIRMWARE:
        return read_value(reading, setting, settings, error);
    case SETTING_TEXTS:
        return read_texts(reading, field, FALSE, error);
    case SETTING_PATHS:
        return read_paths(reading, field, error);
    case SETTING_PAIRS:
        return read_pairs(reading, field, error);
    case SETTING_SECRETS:
        return read_texts(reading, field, TRUE, error);
    case SETTING_EDITS:
        return read_edits(reading, field, error);
    }
    return FALSE;
}

gboolean batch_setting_read(const Setting *setting, const BatchManifest *manifest,
                            const Document *document, const DocumentValue *value,
                            BatchSettings *settings, GError **error)
{
    Reading reading = {manifest, document, value, setting->key};
    if (!document_is_null(value))
        return read_setting(&reading, setting, settings, error);
    batch_setting_reset(setting, settings);
    return TRUE;
}
