/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel command lines, inittab and securetty. systemd starts a login on every console=. */
#include "linux/serial_console.h"

#include <string.h>

#include "linux/boot_files.h"
#include "linux/services.h"

#define CONSOLE "console=ttyS0"
#define SPEED ",115200n8"
#define SCREEN "console=tty0"
#define LINES_MAX 100000u
#define REASON "--serial-console asks for it"

/* NULL: nothing is missing. */
static char *missing_words(const char *line)
{
    if (strstr(line, CONSOLE) != NULL)
        return NULL;
    return g_strconcat(strstr(line, "console=tty") != NULL ? "" : " " SCREEN, " " CONSOLE SPEED,
                       NULL);
}

/* The word a line begins with, lower case. */
static char *first_word(const char *line)
{
    const char *start = line + strspn(line, " \t");
    g_autofree char *word = g_strndup(start, strcspn(start, " \t\r="));

    return g_ascii_strdown(word, -1);
}

/* The lines with kernel words: GRUB's "linux FILE WORDS"; in BLS entries, whose "linux" is a file
   alone, "options WORDS"; in extlinux' files "append WORDS". What a variable stands for is changed
   where that is set. */
static const struct {
    const char *in_path; /* NULL: any */
    const char *words[5];
} menu_lines[] = {
    {"/loader/entries/", {"options"}},
    {"extlinux", {"append"}},
    {"syslinux", {"append"}},
    {NULL, {"linux", "linux16", "linuxefi", "kernel"}},
};

static gboolean has_kernel_words(const char *path, const char *line)
{
    g_autofree char *word = first_word(line);
    guint row = 0;

    while (menu_lines[row].in_path != NULL && strstr(path, menu_lines[row].in_path) == NULL)
        row++;
    return g_strv_contains(menu_lines[row].words, word) && strstr(line, "$kernelopts") == NULL;
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

static char *rewrite_line(const char *path, BootFileKind kind, const char *line)
{
    static const char *const variables[] = {"grub_cmdline_linux", "default_kernel_opts",
                                            "default_append", NULL};
    g_autofree char *word = first_word(line);

    switch (kind) {
    case BOOT_FILE_MENU:
        return has_kernel_words(path, line) ? append_words(line) : g_strdup(line);
    case BOOT_FILE_ENVIRONMENT:
        return g_str_equal(word, "kernelopts") ? append_words(line) : g_strdup(line);
    case BOOT_FILE_DEFAULTS:
        if (g_str_equal(path, "/etc/kernel/cmdline"))
            return *g_strstrip(word) != '\0' ? append_words(line) : g_strdup(line);
        return g_strv_contains(variables, word) && strchr(line, '=') != NULL ? append_to_value(line)
                                                                             : g_strdup(line);
    }
    g_assert_not_reached();
}

static char *rewrite_lines(const char *path, BootFileKind kind, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = rewrite_line(path, kind, lines[i]);

        g_free(lines[i]);
        lines[i] = line;
    }
    return g_strjoinv("\n", lines);
}

static gboolean add_console(LinuxPlan *plan, const char *path, BootFileKind kind, const char *text,
                            G_GNUC_UNUSED void *data, GError **error)
{
    g_autofree char *rewritten = NULL;

    if (kind == BOOT_FILE_ENVIRONMENT) {
        g_autofree char *body = grub_environment_body(text);
        g_autofree char *edited = body != NULL ? rewrite_lines(path, kind, body) : NULL;

        rewritten = edited != NULL ? grub_environment_replace(text, edited) : NULL;
    } else {
        rewritten = rewrite_lines(path, kind, text);
    }
    return rewritten == NULL ||
           linux_plan_write_changed(plan, path, text, rewritten, REASON, error);
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
    FsTree *tree = plan->guest->tree;
    InitSystem init;

    if (!boot_files_visit(plan, add_console, NULL, error) ||
        !services_find_init(tree, &init, error) ||
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
