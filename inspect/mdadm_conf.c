/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the ARRAY lines of mdadm.conf(5). */
#include "inspect/mdadm_conf.h"

#include <string.h>

#include "inspect/text_file.h"

#define DEVICE_FOLDER "/dev/"
#define ARRAY_FOLDER "/dev/md/"

/* mdadm compares keywords by their first three letters, whatever their case. */
static gboolean is_keyword(const char *word, const char *keyword)
{
    size_t length = strlen(word);
    return length >= 3 && length <= strlen(keyword) &&
           g_ascii_strncasecmp(word, keyword, length) == 0;
}

/* What the kernel and udev call "/dev/md/0", "/dev/md0" and "0" alike. */
static char *normalise(const char *device)
{
    const char *name = device;
    if (g_str_has_prefix(name, ARRAY_FOLDER))
        name += strlen(ARRAY_FOLDER);
    else if (g_str_has_prefix(name, DEVICE_FOLDER))
        name += strlen(DEVICE_FOLDER);
    if (g_str_has_prefix(name, "md") && name[2] &&
        strspn(name + 2, "0123456789") == strlen(name + 2))
        name += 2;
    return g_strdup(name);
}

/* Lines that begin with a blank go on with the one before. */
static char **list_lines(const char *text)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    for (const char *p = text; *p; p++) {
        if (*p == '\r' || (*p == '\n' && (p[1] == ' ' || p[1] == '\t')))
            g_string_append_c(joined, ' ');
        else
            g_string_append_c(joined, *p);
    }
    return g_strsplit(joined->str, "\n", -1);
}

/* NULL: the line is not about device. */
static char *find_in_line(const char *line, const char *device)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    const char *keyword = NULL, *uuid = NULL;
    gboolean matches = FALSE;
    for (guint i = 0; words[i] && words[i][0] != '#'; i++) {
        if (!words[i][0])
            continue;
        if (!keyword) {
            keyword = words[i];
            if (!is_keyword(keyword, "array"))
                return NULL;
        } else if (g_ascii_strncasecmp(words[i], "uuid=", 5) == 0) {
            uuid = words[i] + 5;
        } else if (!strchr(words[i], '=')) {
            g_autofree char *name = normalise(words[i]);
            matches = matches || g_str_equal(name, device);
        }
    }
    return matches ? g_strdup(uuid) : NULL;
}

char *mdadm_conf_find_uuid(const char *text, const char *device)
{
    g_auto(GStrv) lines = list_lines(text);
    g_autofree char *wanted = normalise(device);
    for (guint i = 0; lines[i]; i++) {
        char *uuid = find_in_line(lines[i], wanted);
        if (uuid)
            return uuid;
    }
    return NULL;
}

gboolean mdadm_conf_read_uuid(FsTree *tree, const char *device, char **ret_uuid, GError **error)
{
    static const char *const paths[] = {"/etc/mdadm.conf", "/etc/mdadm/mdadm.conf"};
    *ret_uuid = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(paths) && !*ret_uuid; i++) {
        g_autofree char *text = NULL;
        if (!inspect_read_text(tree, paths[i], &text, error))
            return FALSE;
        if (text)
            *ret_uuid = mdadm_conf_find_uuid(text, device);
    }
    return TRUE;
}

gboolean mdadm_conf_same_uuid(const char *first, const char *second)
{
    guint digits = 0;
    for (;;) {
        while (*first == ':' || *first == '-' || *first == '.')
            first++;
        while (*second == ':' || *second == '-' || *second == '.')
            second++;
        if (!g_ascii_isxdigit(*first) || !g_ascii_isxdigit(*second))
            return digits == 32 && *first == *second;
        if (g_ascii_tolower(*first++) != g_ascii_tolower(*second++))
            return FALSE;
        digits++;
    }
}
