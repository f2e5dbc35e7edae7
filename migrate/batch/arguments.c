/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How convert is called for a machine. */
#include "migrate/batch/arguments.h"

#include <string.h>

#include "migrate/batch/settings.h"

static void text_drop(gpointer text)
{
    g_free(text);
}

static GPtrArray *collect(const BatchMachine *machine)
{
    GPtrArray *arguments = g_ptr_array_new_with_free_func(text_drop);
    g_ptr_array_add(arguments, g_strdup("convert"));
    batch_settings_to_options(&machine->settings, arguments);
    g_ptr_array_add(arguments, g_strdup("--"));
    for (char **source = machine->sources; *source; source++)
        g_ptr_array_add(arguments, g_strdup(*source));
    g_ptr_array_add(arguments, NULL);
    return arguments;
}

char **batch_arguments(const BatchMachine *machine)
{
    g_autoptr(GPtrArray) arguments = collect(machine);
    return (char **)g_ptr_array_steal(arguments, NULL);
}

char *batch_arguments_digest(const BatchMachine *machine)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GPtrArray) arguments = collect(machine);
    for (guint i = 0; i + 1 < arguments->len; i++) {
        const char *argument = g_ptr_array_index(arguments, i);
        g_checksum_update(checksum, (const guchar *)argument, (gssize)strlen(argument) + 1);
    }
    return g_strdup(g_checksum_get_string(checksum));
}

/* The NAME of "ID:env:NAME"; NULL: the secret is elsewhere. */
static const char *variable_of(const char *reference)
{
    const char *colon = strchr(reference, ':');
    return colon && g_str_has_prefix(colon, ":env:") ? colon + strlen(":env:") : NULL;
}

typedef void (*VariableFunc)(const char *variable, GHashTable *variables);

static void for_secrets(const BatchSettings *settings, VariableFunc func, GHashTable *variables)
{
    for (char **key = settings->keys; key && *key; key++)
        func(variable_of(*key), variables);
    for (char **edit = settings->edits; edit && *edit; edit++)
        if (g_str_has_prefix(*edit, "--password="))
            func(variable_of(*edit + strlen("--password=")), variables);
}

static void add_variable(const char *variable, GHashTable *variables)
{
    if (variable)
        g_hash_table_add(variables, (gpointer)(uintptr_t)variable);
}

static void remove_variable(const char *variable, GHashTable *variables)
{
    if (variable)
        g_hash_table_remove(variables, variable);
}

char **batch_environment(const BatchManifest *manifest, const BatchMachine *machine)
{
    g_autoptr(GHashTable) others = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < manifest->machines->len; i++) {
        const BatchMachine *other = g_ptr_array_index(manifest->machines, i);
        for_secrets(&other->settings, add_variable, others);
    }
    for_secrets(&machine->settings, remove_variable, others);
    char **environment = g_get_environ();
    GHashTableIter iter;
    gpointer variable;
    g_hash_table_iter_init(&iter, others);
    while (g_hash_table_iter_next(&iter, &variable, NULL))
        environment = g_environ_unsetenv(environment, variable);
    return environment;
}
