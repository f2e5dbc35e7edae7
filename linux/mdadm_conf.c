/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mdadm.conf(5), word by word: spacing and comments stay. */
#include "linux/mdadm_conf.h"

#include <string.h>

#define BLANKS " \t\r"
#define DEVICES "devices="

/* mdadm knows a keyword by its first three letters or more. */
static gboolean is_keyword(const char *word, size_t length, const char *keyword)
{
    return length >= 3 && length <= strlen(keyword) &&
           g_ascii_strncasecmp(word, keyword, length) == 0;
}

/* A pattern of names counts by what it begins with: "/dev/sd*". */
static gboolean names_disks(const char *word)
{
    static const char *const prefixes[] = {"/dev/sd", "/dev/hd", "/dev/xvd", "/dev/nvme"};

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(word, prefixes[i]))
            return TRUE;
    return device_name_is_unstable(word);
}

static gboolean identifies(const char *word)
{
    static const char *const tags[] = {"uuid=", "name=", "super-minor=", "container="};

    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++)
        if (g_ascii_strncasecmp(word, tags[i], strlen(tags[i])) == 0)
            return TRUE;
    return FALSE;
}

/* An entry goes on in lines that begin with a blank. */
static gboolean continues(const char *line)
{
    return line[0] == ' ' || line[0] == '\t';
}

typedef struct {
    gboolean is_array, is_device;
    gboolean identified; /* of an array: something else than its devices says which it is */
    gboolean replaced;   /* of DEVICE: it says "partitions" */
} Entry;

static Entry read_entry(char **lines)
{
    Entry entry = {FALSE};
    const char *word = lines[0] + strspn(lines[0], BLANKS);
    size_t length = strcspn(word, BLANKS);

    entry.is_array = is_keyword(word, length, "array");
    entry.is_device = is_keyword(word, length, "device");
    for (guint i = 0; entry.is_array && lines[i] != NULL && (i == 0 || continues(lines[i])); i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], BLANKS, -1);

        for (guint j = 0; words[j] != NULL && words[j][0] != '#'; j++)
            entry.identified = entry.identified || identifies(words[j]);
    }
    return entry;
}

/* What becomes of one word; NULL: it goes, with the blanks before it. */
static const char *rewrite_word(const char *word, Entry *entry, StorageNames *names)
{
    if (entry->is_device && names_disks(word)) {
        if (entry->replaced)
            return NULL;
        entry->replaced = TRUE;
        return "partitions";
    }
    if (!entry->is_array || g_ascii_strncasecmp(word, DEVICES, strlen(DEVICES)) != 0)
        return word;
    if (entry->identified)
        return NULL;
    g_ptr_array_add(names->unknown, g_strdup(word + strlen(DEVICES)));
    return word;
}

static void rewrite_line(GString *out, const char *line, Entry *entry, StorageNames *names)
{
    while (*line != '\0') {
        size_t blanks = strspn(line, BLANKS), length = strcspn(line + blanks, BLANKS);
        g_autofree char *word = g_strndup(line + blanks, length);
        const char *rewritten = rewrite_word(word, entry, names);

        if (word[0] == '#') {
            g_string_append(out, line);
            return;
        }
        if (rewritten != NULL) {
            g_string_append_len(out, line, (gssize)blanks);
            g_string_append(out, rewritten);
        }
        line += blanks + length;
    }
}

char *mdadm_conf_rewrite(const char *text, const Guest *guest G_GNUC_UNUSED, StorageNames *names)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);
    Entry entry = {FALSE};

    for (guint i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(out, '\n');
        if (!continues(lines[i]))
            entry = read_entry(lines + i);
        rewrite_line(out, lines[i], &entry, names);
    }
    return g_string_free(out, FALSE);
}
