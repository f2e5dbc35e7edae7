/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of passwd and shadow are changed as text; no other byte of these files is touched. */
#include "linux/accounts.h"

#include <string.h>

#include "base/error.h"

#define PASSWD "/etc/passwd"
#define SHADOW "/etc/shadow"

enum { PASSWD_PASSWORD = 1, PASSWD_HOME = 5, PASSWD_FIELDS = 7 };
enum { SHADOW_PASSWORD = 1, SHADOW_DAY = 2, SHADOW_FIELDS = 9 };

#define SECONDS_OF_A_DAY (INT64_C(24) * 60 * 60)

/* The fields of user's line, or NULL; *ret_line: its number. */
static char **find_user(char **lines, const char *user, guint *ret_line)
{
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], ":", -1);
        if (fields[0] && g_str_equal(fields[0], user)) {
            *ret_line = i;
            return g_steal_pointer(&fields);
        }
    }
    return NULL;
}

static gboolean read_passwd(Edits *edits, const char *user, char ***ret_fields, GError **error)
{
    g_autofree char *text = NULL;
    guint line;
    if (!edits_read_text(edits, PASSWD, &text, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    g_auto(GStrv) fields = *user ? find_user(lines, user, &line) : NULL;
    if (!fields || g_strv_length(fields) < PASSWD_FIELDS) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "see " PASSWD " of the guest",
                          "the guest has no user '%s'", user);
        return FALSE;
    }
    *ret_fields = g_steal_pointer(&fields);
    return TRUE;
}

static void replace_field(char **fields, guint index, char *text)
{
    g_free(fields[index]);
    fields[index] = text;
}

gboolean accounts_set_password(Edits *edits, const char *user, const char *hash, GError **error)
{
    g_auto(GStrv) passwd = NULL;
    g_autofree char *text = NULL;
    guint line = 0;
    if (!read_passwd(edits, user, &passwd, error) || !edits_read_text(edits, SHADOW, &text, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    g_auto(GStrv) fields = find_user(lines, user, &line);
    if (!fields || g_strv_length(fields) < SHADOW_FIELDS ||
        !g_str_equal(passwd[PASSWD_PASSWORD], "x")) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "set it in the guest",
                          "the password of '%s' is not kept in " SHADOW, user);
        return FALSE;
    }
    gboolean is_lock = g_str_equal(hash, "!");
    const char *now = fields[SHADOW_PASSWORD];
    if (is_lock && *now == '!')
        return TRUE;
    replace_field(fields, SHADOW_PASSWORD, is_lock ? g_strconcat("!", now, NULL) : g_strdup(hash));
    replace_field(fields, SHADOW_DAY,
                  g_strdup_printf("%" G_GINT64_FORMAT,
                                  g_get_real_time() / G_USEC_PER_SEC / SECONDS_OF_A_DAY));
    g_free(lines[line]);
    lines[line] = g_strjoinv(":", fields);
    g_autofree char *changed = g_strjoinv("\n", lines);
    g_autofree char *reason = g_strdup_printf("--password asks for %s %s",
                                              is_lock ? "the lock of" : "another one of", user);
    return edits_write_secret(edits, SHADOW, changed, reason, error);
}

/* text with the lines of keys that it lacks behind it. */
static char *add_lines(const char *text, const char *keys)
{
    g_auto(GStrv) there = g_strsplit(text, "\n", -1);
    g_auto(GStrv) wanted = g_strsplit(keys, "\n", -1);
    GString *joined = g_string_new(text);
    if (joined->len > 0 && !g_str_has_suffix(text, "\n"))
        g_string_append_c(joined, '\n');
    for (guint i = 0; wanted[i]; i++) {
        const char *line = g_strstrip(wanted[i]);
        if (*line && !g_strv_contains((const char *const *)there, line))
            g_string_append_printf(joined, "%s\n", line);
    }
    return g_string_free(joined, FALSE);
}

/* sshd(8), StrictModes: nobody else may write to the folder and the file. */
gboolean accounts_add_ssh_keys(Edits *edits, const char *user, const char *keys, GError **error)
{
    g_auto(GStrv) passwd = NULL;
    g_autofree char *text = NULL;
    gboolean found = FALSE;
    if (!read_passwd(edits, user, &passwd, error))
        return FALSE;
    const char *home = passwd[PASSWD_HOME];
    if (!g_path_is_absolute(home) || !fs_tree_stat(edits_tree(edits), home, &found, NULL, error) ||
        !found) {
        if (error && *error)
            return FALSE;
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "give all disks of the machine",
                          "the home directory '%s' of '%s' is not there", home, user);
        return FALSE;
    }
    g_autofree char *folder = g_build_filename(home, ".ssh", NULL);
    g_autofree char *path = g_build_filename(folder, "authorized_keys", NULL);
    g_autofree char *reason = g_strdup_printf("--ssh-key lets its owner log in as %s", user);
    if (!edits_make_directory(edits, folder, home, 0700, reason, error) ||
        !edits_read_text(edits, path, &text, error))
        return FALSE;
    g_autofree char *changed = add_lines(text ? text : "", keys);
    return edits_write_text(edits, path, changed, home, 0600, reason, error);
}
