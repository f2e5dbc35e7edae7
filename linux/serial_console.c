/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel command lines, inittab and securetty. systemd starts a login on every console=. */
#include "linux/serial_console.h"

#include <string.h>

#include "linux/boot_lines.h"
#include "linux/services.h"

#define CONSOLE "console=ttyS0"
#define SPEED ",115200n8"
#define SCREEN "console=tty0"
#define REASON "--serial-console asks for it"

/* NULL: nothing is missing. */
static char *missing_words(const char *line)
{
    if (strstr(line, CONSOLE) != NULL)
        return NULL;
    return g_strconcat(strstr(line, "console=tty") != NULL ? "" : " " SCREEN, " " CONSOLE SPEED,
                       NULL);
}

static char *append_words(const char *line)
{
    g_autofree char *words = missing_words(line);
    g_autofree char *bare = g_strchomp(g_strdup(line));

    return words != NULL ? g_strconcat(bare, words, NULL) : g_strdup(line);
}

/* KEY="words", KEY='words', KEY=words */
static char *append_to_value(const char *line)
{
    g_autofree char *words = missing_words(line);
    g_autofree char *bare = g_strchomp(g_strdup(line));
    const char *value = strchr(bare, '=') + 1;
    size_t length = strlen(bare);
    char quote = *value == '"' || *value == '\'' ? *value : '\0';

    if (words == NULL || (quote != '\0' && (bare[length - 1] != quote || length == 1)))
        return g_strdup(line);
    if (quote != '\0') {
        g_autofree char *head = g_strndup(bare, length - 1);

        return g_strdup_printf("%s%s%c", head, value[1] == quote ? words + 1 : words, quote);
    }
    return g_strdup_printf("%.*s\"%s%s\"", (int)(value - bare), bare, value,
                           *value != '\0' ? words : words + 1);
}

/* A line more in a file that is there and does not speak of ttyS0. */
static gboolean append_line(LinuxPlan *plan, const char *path, const char *line, GError **error)
{
    g_autofree char *text = NULL, *longer = NULL;

    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    if (text == NULL || strstr(text, "\nttyS0") != NULL || strstr(text, " ttyS0") != NULL ||
        g_str_has_prefix(text, "ttyS0"))
        return TRUE;
    longer = g_strconcat(text, *text == '\0' || g_str_has_suffix(text, "\n") ? "" : "\n", line,
                         "\n", NULL);
    return edits_write_text(plan->edits, path, longer, NULL, -1, REASON, error);
}

gboolean serial_console_plan(LinuxPlan *plan, GError **error)
{
    static const BootLineEdit edit = {append_words, append_to_value, FALSE};
    FsTree *tree = plan->guest->tree;
    InitSystem init;

    if (!boot_lines_plan(plan, &edit, REASON, error) || !services_find_init(tree, &init, error) ||
        !append_line(plan, "/etc/securetty", "ttyS0", error))
        return FALSE;
    if (init == INIT_SYSTEM_OPENRC)
        return append_line(plan, "/etc/inittab", "ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100",
                           error);
    if (init == INIT_SYSTEM_SYSV)
        return append_line(plan, "/etc/inittab",
                           "S0:2345:respawn:/sbin/agetty -L 115200 ttyS0 vt100", error);
    return TRUE;
}
