/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's scripts are read from the host before anything else is begun. */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "windows/first_boot.h"
#include "windows/firstboot/settings.h"

#define SCRIPT_LIMIT_BYTES (16u << 20)
/* With the service's folder before it, Windows takes 260 in all. */
#define NAME_LIMIT 150u

void first_boot_script_free(FirstBootScript *script)
{
    if (!script)
        return;
    g_free(script->name);
    g_bytes_unref(script->content);
    g_free(script);
}

static gboolean has_ending(const char *name, const char *const *endings)
{
    const char *dot = strrchr(name, '.');

    for (guint i = 0; dot && endings[i]; i++) {
        if (g_ascii_strcasecmp(dot, endings[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

/* cmd.exe loses its place at labels in files without carriage returns. */
static GBytes *end_lines(char *text, gsize length)
{
    g_autofree char *owned = text;
    g_autoptr(GString) lines = NULL;

    if (memchr(text, '\r', length) || memchr(text, '\0', length))
        return g_bytes_new_take(g_steal_pointer(&owned), length);
    lines = g_string_sized_new(length + length / 16);
    for (gsize i = 0; i < length; i++) {
        if (text[i] == '\n')
            g_string_append_c(lines, '\r');
        g_string_append_c(lines, text[i]);
    }
    return g_string_free_to_bytes(g_steal_pointer(&lines));
}

static gboolean check_name(const char *path, const char *name, GError **error)
{
    static const char *const endings[] = {".bat", ".cmd", ".ps1", NULL};

    if (!has_ending(name, endings)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a .bat, .cmd or .ps1 file",
                          "'%s' is not a script for Windows", path);
        return FALSE;
    }
    if (strlen(name) > NAME_LIMIT || !g_utf8_validate(name, -1, NULL) ||
        !settings_value_is_valid(SETTINGS_SCRIPT, name)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give it another name",
                          "Windows cannot have a file with the name of '%s'", path);
        return FALSE;
    }
    return TRUE;
}

FirstBootScript *first_boot_script_read(const char *path, GError **error)
{
    static const char *const batch[] = {".bat", ".cmd", NULL};
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *text = NULL;
    g_autoptr(GError) local_error = NULL;
    struct stat status;
    FirstBootScript *script;
    gsize length;

    if (!check_name(path, name, error))
        return NULL;
    if (stat(path, &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size < 0 ||
                                     (guint64)status.st_size > SCRIPT_LIMIT_BYTES)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not a file of at most %u MiB",
                          path, SCRIPT_LIMIT_BYTES >> 20);
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &length, &local_error)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "cannot read the script: %s",
                          local_error->message);
        return NULL;
    }
    script = g_new0(FirstBootScript, 1);
    script->content = has_ending(name, batch) ? end_lines(g_steal_pointer(&text), length)
                                              : g_bytes_new_take(g_steal_pointer(&text), length);
    script->name = g_steal_pointer(&name);
    return script;
}
