/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which lines of which files hold kernel words. */
#include "linux/boot_lines.h"

#include <string.h>

#include "linux/boot_files.h"

#define LINES_MAX 100000u

/* The word a line begins with, lower case. */
static char *first_word(const char *line)
{
    const char *start = line + strspn(line, " \t");
    g_autofree char *word = g_strndup(start, strcspn(start, " \t\r="));

    return g_ascii_strdown(word, -1);
}

/* The lines with kernel words: GRUB's "linux FILE WORDS"; in BLS entries, whose "linux" is a file
   alone, "options WORDS"; in extlinux' files "append WORDS". */
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

/* word: of the line, lower case. */
static gboolean is_variable(const BootLineEdit *edit, const char *word)
{
    static const char *const variables[] = {"grub_cmdline_linux", "default_kernel_opts",
                                            "default_append", NULL};

    return g_strv_contains(variables, word) ||
           (edit->every_variable && g_str_has_prefix(word, variables[0]));
}

static char *rewrite_line(const BootLineEdit *edit, const char *path, BootFileKind kind,
                          const char *line)
{
    g_autofree char *word = first_word(line);

    switch (kind) {
    case BOOT_FILE_MENU:
        return has_kernel_words(path, line) ? edit->edit_line(line) : g_strdup(line);
    case BOOT_FILE_ENVIRONMENT:
        return g_str_equal(word, "kernelopts") ? edit->edit_line(line) : g_strdup(line);
    case BOOT_FILE_DEFAULTS:
        if (g_str_equal(path, "/etc/kernel/cmdline"))
            return *g_strstrip(word) != '\0' ? edit->edit_line(line) : g_strdup(line);
        return is_variable(edit, word) && strchr(line, '=') != NULL ? edit->edit_value(line)
                                                                    : g_strdup(line);
    }
    g_assert_not_reached();
}

static char *rewrite_lines(const BootLineEdit *edit, const char *path, BootFileKind kind,
                           const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = rewrite_line(edit, path, kind, lines[i]);

        g_free(lines[i]);
        lines[i] = line;
    }
    return g_strjoinv("\n", lines);
}

typedef struct {
    const BootLineEdit *edit;
    const char *reason;
} Rewriting;

static gboolean rewrite_file(LinuxPlan *plan, const char *path, BootFileKind kind, const char *text,
                             void *data, GError **error)
{
    const Rewriting *rewriting = data;
    g_autofree char *rewritten = NULL;

    if (kind == BOOT_FILE_ENVIRONMENT) {
        g_autofree char *body = grub_environment_body(text);
        g_autofree char *edited =
            body != NULL ? rewrite_lines(rewriting->edit, path, kind, body) : NULL;

        rewritten = edited != NULL ? grub_environment_replace(text, edited) : NULL;
    } else {
        rewritten = rewrite_lines(rewriting->edit, path, kind, text);
    }
    return rewritten == NULL ||
           linux_plan_write_changed(plan, path, text, rewritten, rewriting->reason, error);
}

gboolean boot_lines_plan(LinuxPlan *plan, const BootLineEdit *edit, const char *reason,
                         GError **error)
{
    Rewriting rewriting = {edit, reason};

    return boot_files_visit(plan, rewrite_file, &rewriting, error);
}
