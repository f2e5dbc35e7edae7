/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filters of lvm.conf(5): arrays of "a|REGEX|" and "r|REGEX|", the first that matches decides.
 */
#include "linux/lvm_conf.h"

#include <string.h>

typedef struct {
    const char *start, *end; /* with the quotes */
    char *text;              /* without */
} Pattern;

static void pattern_clear(gpointer data)
{
    g_free(((Pattern *)data)->text);
}

/* Behind blanks, line breaks and comments. */
static const char *skip_blanks(const char *text)
{
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (*text != '#')
            return text;
        text += strcspn(text, "\n");
    }
}

/* Reads an array of strings that begins at text, up to its closing bracket. FALSE: it is none. */
static gboolean read_array(const char *text, GArray *patterns, const char **ret_end)
{
    if (*text++ != '[')
        return FALSE;
    for (text = skip_blanks(text); *text == '"'; text = skip_blanks(text)) {
        Pattern pattern = {.start = text};

        for (text++; *text != '"'; text++)
            if (*text == '\0' || *text == '\n' || *text == '\\')
                return FALSE;
        pattern.end = ++text;
        pattern.text = g_strndup(pattern.start + 1, (gsize)(text - pattern.start - 2));
        g_array_append_val(patterns, pattern);
        text = skip_blanks(text);
        if (*text == ',')
            text++;
    }
    *ret_end = text;
    return *text == ']';
}

/* "/dev/sda" → "/dev/vda", "sd.*" → "vd.*". NULL: regex names no disk by its place alone. */
static char *translate_regex(const char *regex)
{
    static const char *const prefixes[] = {"sd", "hd", "xvd"};
    static const char *const by_device[] = {"/by-path/", "/by-id/", "nvme", "cciss"};
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean changed = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(by_device); i++)
        if (strstr(regex, by_device[i]) != NULL && strstr(regex, "/by-id/lvm-") == NULL &&
            strstr(regex, "/by-id/dm-") == NULL && strstr(regex, "/by-id/md-") == NULL)
            return g_strdup("^/dev/vd");
    for (const char *p = regex; *p != '\0';) {
        size_t matched = 0;

        if (p == regex || strchr("/(^|", p[-1]) != NULL)
            for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
                if (g_str_has_prefix(p, prefixes[i]))
                    matched = strlen(prefixes[i]);
        if (matched == 0) {
            g_string_append_c(out, *p++);
            continue;
        }
        g_string_append(out, "vd");
        p += matched;
        changed = TRUE;
    }
    return changed ? g_strdup(out->str) : NULL;
}

/* The same pattern for virtio, with its quotes; NULL: there is none. */
static char *translate(const Pattern *pattern)
{
    size_t length = strlen(pattern->text);

    if (length < 4 || pattern->text[0] != 'a' || pattern->text[1] != pattern->text[length - 1])
        return NULL;

    g_autofree char *regex = g_strndup(pattern->text + 2, length - 3);
    g_autofree char *translated = translate_regex(regex);
    char delimiter = pattern->text[1];

    /* What takes the place of another name has slashes in it. */
    if (translated != NULL && strchr(translated, delimiter) != NULL &&
        strchr(regex, delimiter) == NULL)
        delimiter = '|';
    return translated != NULL ? g_strdup_printf("\"a%c%s%c\"", delimiter, translated, delimiter)
                              : NULL;
}

/* "vda", and not "xvda". */
static gboolean names_virtio(const char *regex)
{
    for (const char *found = strstr(regex, "vd"); found != NULL; found = strstr(found + 1, "vd"))
        if (found == regex || !g_ascii_isalpha(found[-1]))
            return TRUE;
    return FALSE;
}

static gboolean needs_virtio(const GArray *patterns)
{
    gboolean rejects = FALSE;

    for (guint i = 0; i < patterns->len; i++) {
        const Pattern *pattern = &g_array_index(patterns, Pattern, i);

        if (pattern->text[0] == 'a' && names_virtio(pattern->text + 1))
            return FALSE;
        rejects = rejects || pattern->text[0] == 'r';
    }
    return rejects;
}

/* Copies the array between start and end with the patterns that it lacks. */
static void rewrite_array(GString *out, const char *start, const char *end, const GArray *patterns)
{
    gboolean needed = needs_virtio(patterns);

    for (guint i = 0; needed && i < patterns->len; i++) {
        const Pattern *pattern = &g_array_index(patterns, Pattern, i);
        g_autofree char *translated = translate(pattern);

        if (translated == NULL)
            continue;
        g_string_append_len(out, start, (gssize)(pattern->end - start));
        g_string_append_printf(out, ", %s", translated);
        start = pattern->end;
    }
    g_string_append_len(out, start, (gssize)(end - start));
}

/* The value of a filter when line begins with one; NULL otherwise. */
static const char *find_value(const char *line)
{
    static const char *const keys[] = {"filter", "global_filter", "devices/filter",
                                       "devices/global_filter"};

    line += strspn(line, " \t");
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *rest = line + strlen(keys[i]);

        if (!g_str_has_prefix(line, keys[i]))
            continue;
        rest += strspn(rest, " \t");
        if (*rest == '=')
            return skip_blanks(rest + 1);
    }
    return NULL;
}

char *lvm_conf_rewrite(const char *text, const Guest *guest G_GNUC_UNUSED, StorageNames *names)
{
    GString *out = g_string_new(NULL);

    while (*text != '\0') {
        const char *value = find_value(text), *end = NULL;
        size_t line = strcspn(text, "\n");
        g_autoptr(GArray) patterns = g_array_new(FALSE, FALSE, sizeof(Pattern));

        g_array_set_clear_func(patterns, pattern_clear);
        if (value != NULL && read_array(value, patterns, &end)) {
            g_string_append_len(out, text, (gssize)(value - text));
            rewrite_array(out, value, end, patterns);
            text = end;
            continue;
        }
        if (value != NULL && *value == '[')
            g_ptr_array_add(names->unknown, g_strdup("a filter"));
        line += text[line] == '\n' ? 1 : 0;
        g_string_append_len(out, text, (gssize)line);
        text += line;
    }
    return g_string_free(out, FALSE);
}
