/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of selabel_file(5): an exact path beats every pattern, a later line an earlier one. */
#include "linux/selinux.h"

#include <string.h>

#define CONFIG "/etc/selinux/config"
#define CONTEXTS_LIMIT_BYTES ((uint64_t)8 << 20) /* Fedora's has half a megabyte */

typedef struct {
    char *pattern;
    gsize stem; /* bytes before the first character that means something in a pattern */
    char *label;
    GRegex *regex; /* made when it is first needed */
    FsFileType type;
    gboolean any_type, is_broken;
} Rule;

typedef struct {
    char *from, *to;
} Substitution;

struct SelinuxContexts {
    GPtrArray *patterns, *exact; /* of Rule, in the order of their lines */
    GPtrArray *substitutions;    /* of Substitution */
};

static void rule_free(gpointer data)
{
    Rule *rule = data;
    g_free(rule->pattern);
    g_free(rule->label);
    g_clear_pointer(&rule->regex, g_regex_unref);
    g_free(rule);
}

static void substitution_free(gpointer data)
{
    Substitution *substitution = data;
    g_free(substitution->from);
    g_free(substitution->to);
    g_free(substitution);
}

/* The words of a line, without empty ones; of a comment none. */
static char **split_line(const char *line)
{
    g_auto(GStrv) all = g_strsplit_set(line + strspn(line, " \t"), " \t\r", -1);
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    for (guint i = 0; all[i] && all[0][0] != '#'; i++)
        if (*all[i])
            g_strv_builder_add(words, all[i]);
    return g_strv_builder_end(words);
}

/* "--" and so on, as find(1) -type names them. What we never make counts as OTHER. */
static gboolean read_type(const char *word, Rule *rule)
{
    static const struct {
        const char *word;
        FsFileType type;
    } types[] = {
        {"--", FS_TYPE_FILE},  {"-d", FS_TYPE_DIRECTORY}, {"-l", FS_TYPE_SYMLINK},
        {"-b", FS_TYPE_OTHER}, {"-c", FS_TYPE_OTHER},     {"-p", FS_TYPE_OTHER},
        {"-s", FS_TYPE_OTHER},
    };
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_equal(word, types[i].word)) {
            rule->type = types[i].type;
            return TRUE;
        }
    return FALSE;
}

/* Also takes the backslashes out of a pattern that is an exact path. */
static gsize find_stem(Rule *rule, gboolean *ret_is_exact)
{
    static const char meaning[] = ".^$?*+|[](){}";
    g_autoptr(GString) literal = g_string_new(NULL);
    const char *next = rule->pattern;
    for (; *next && !strchr(meaning, *next); next++) {
        if (*next == '\\' && next[1]) {
            next++;
            if (g_ascii_isalnum(*next)) { /* a class such as \d */
                next--;
                break;
            }
        }
        g_string_append_c(literal, *next);
    }
    *ret_is_exact = !*next;
    /* "/usr/sbi?": the last character before a quantifier is not certain. */
    gsize stem = *next && literal->len > 0 ? literal->len - 1 : literal->len;
    if (*ret_is_exact) {
        g_free(rule->pattern);
        rule->pattern = g_strdup(literal->str);
        return stem;
    }
    return strncmp(rule->pattern, literal->str, stem) == 0 ? stem : 0;
}

static void add_rule(SelinuxContexts *contexts, const char *line)
{
    g_auto(GStrv) words = split_line(line);
    guint count = g_strv_length(words);
    if (count != 2 && count != 3)
        return;
    Rule *rule = g_new0(Rule, 1);
    rule->any_type = count == 2;
    rule->pattern = g_strdup(words[0]);
    rule->label = g_strdup(words[count - 1]);
    if (count == 3 && !read_type(words[1], rule)) {
        rule_free(rule);
        return;
    }
    gboolean is_exact;
    rule->stem = find_stem(rule, &is_exact);
    g_ptr_array_add(is_exact ? contexts->exact : contexts->patterns, rule);
}

static void add_substitution(SelinuxContexts *contexts, const char *line)
{
    g_auto(GStrv) words = split_line(line);
    if (g_strv_length(words) != 2)
        return;
    Substitution *substitution = g_new0(Substitution, 1);
    substitution->from = g_strdup(words[0]);
    substitution->to = g_strdup(words[1]);
    g_ptr_array_add(contexts->substitutions, substitution);
}

SelinuxContexts *selinux_contexts_new(const char *text, const char *substitutions)
{
    SelinuxContexts *contexts = g_new0(SelinuxContexts, 1);
    contexts->patterns = g_ptr_array_new_with_free_func(rule_free);
    contexts->exact = g_ptr_array_new_with_free_func(rule_free);
    contexts->substitutions = g_ptr_array_new_with_free_func(substitution_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++)
        add_rule(contexts, lines[i]);
    g_auto(GStrv) substitution_lines = g_strsplit(substitutions, "\n", -1);
    for (guint i = 0; substitution_lines[i]; i++)
        add_substitution(contexts, substitution_lines[i]);
    return contexts;
}

void selinux_contexts_free(SelinuxContexts *contexts)
{
    if (!contexts)
        return;
    g_ptr_array_unref(contexts->patterns);
    g_ptr_array_unref(contexts->exact);
    g_ptr_array_unref(contexts->substitutions);
    g_free(contexts);
}

/* The first that fits, once: selabel_file(5) does not repeat it. */
static char *substitute(const SelinuxContexts *contexts, const char *path)
{
    for (guint i = 0; i < contexts->substitutions->len; i++) {
        const Substitution *substitution = contexts->substitutions->pdata[i];
        gsize length = strlen(substitution->from);
        if (strncmp(path, substitution->from, length) == 0 &&
            (path[length] == '/' || path[length] == '\0'))
            return g_strconcat(substitution->to, path + length, NULL);
    }
    return g_strdup(path);
}

static gboolean pattern_matches(Rule *rule, const char *path)
{
    if (rule->is_broken || strncmp(rule->pattern, path, rule->stem) != 0)
        return FALSE;
    if (!rule->regex) {
        g_autofree char *whole = g_strdup_printf("^(?:%s)$", rule->pattern);
        rule->regex =
            g_regex_new(whole, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY | G_REGEX_DOTALL, 0, NULL);
        rule->is_broken = !rule->regex;
    }
    return rule->regex && g_regex_match(rule->regex, path, 0, NULL);
}

static gboolean rule_is_for(const Rule *rule, FsFileType type)
{
    return rule->any_type || rule->type == type;
}

const char *selinux_contexts_find(SelinuxContexts *contexts, const char *path, FsFileType type)
{
    g_autofree char *real = substitute(contexts, path);
    const Rule *found = NULL;
    for (guint i = contexts->exact->len; i > 0 && !found; i--) {
        Rule *rule = contexts->exact->pdata[i - 1];
        if (rule_is_for(rule, type) && g_str_equal(rule->pattern, real))
            found = rule;
    }
    for (guint i = contexts->patterns->len; i > 0 && !found; i--) {
        Rule *rule = contexts->patterns->pdata[i - 1];
        if (rule_is_for(rule, type) && pattern_matches(rule, real))
            found = rule;
    }
    return found && !g_str_equal(found->label, "<<none>>") ? found->label : NULL;
}

/* The last assignment counts; NULL: there is none. */
static char *read_setting(const char *text, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *start = g_strconcat(name, "=", NULL);
    char *value = NULL;
    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        if (!g_str_has_prefix(line, start))
            continue;
        g_free(value);
        value = g_strdup(line + strlen(start));
        value[strcspn(value, " \t#")] = '\0';
    }
    return value;
}

/* Appends the file to text where there is one. */
static gboolean append_file(FsTree *tree, const char *base, const char *ending, GString *text,
                            GError **error)
{
    g_autofree char *path = g_strconcat(base, ending, NULL);
    g_autoptr(GBytes) bytes = NULL;
    if (!fs_tree_is_file(tree, path))
        return TRUE;
    if (!fs_tree_read_file(tree, path, CONTEXTS_LIMIT_BYTES, &bytes, error))
        return FALSE;
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    g_string_append_len(text, data ? data : "", (gssize)length);
    g_string_append_c(text, '\n');
    return TRUE;
}

/* *ret_contexts NULL: there is no policy in use. */
static gboolean read_contexts(FsTree *tree, SelinuxContexts **ret_contexts, GError **error)
{
    g_autofree char *config = NULL;
    *ret_contexts = NULL;
    if (!fs_tree_read_text(tree, CONFIG, &config, error))
        return FALSE;
    g_autofree char *state = config ? read_setting(config, "SELINUX") : NULL;
    g_autofree char *type = config ? read_setting(config, "SELINUXTYPE") : NULL;
    if (!state || g_ascii_strcasecmp(state, "disabled") == 0 || !type || !*type ||
        strchr(type, '/'))
        return TRUE;
    g_autofree char *base = g_strdup_printf("/etc/selinux/%s/contexts/files/file_contexts", type);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) substitutions = g_string_new(NULL);
    if (!append_file(tree, base, "", text, error) ||
        !append_file(tree, base, ".homedirs", text, error) ||
        !append_file(tree, base, ".local", text, error) ||
        !append_file(tree, base, ".subs", substitutions, error) ||
        !append_file(tree, base, ".subs_dist", substitutions, error))
        return FALSE;
    if (text->len > 0)
        *ret_contexts = selinux_contexts_new(text->str, substitutions->str);
    return TRUE;
}

static gboolean type_of_edit(const Edit *edit, FsFileType *ret_type)
{
    switch (edit->kind) {
    case EDIT_WRITE_FILE:
        *ret_type = FS_TYPE_FILE;
        return !edit->existed;
    case EDIT_MAKE_DIRECTORY:
        *ret_type = FS_TYPE_DIRECTORY;
        return !edit->existed;
    case EDIT_MAKE_SYMLINK: /* what was at its place is removed */
        *ret_type = FS_TYPE_SYMLINK;
        return TRUE;
    case EDIT_REMOVE:
    case EDIT_WRITE_BYTES:
        break;
    }
    return FALSE;
}

gboolean selinux_label_edits(Edits *edits, GError **error)
{
    g_autoptr(SelinuxContexts) contexts = NULL;
    if (!read_contexts(edits_tree(edits), &contexts, error)) {
        g_prefix_error(error, "cannot read the SELinux policy: ");
        return FALSE;
    }
    for (guint i = 0; contexts && i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);
        FsFileType type;
        if (type_of_edit(edit, &type))
            edits_set_label(edits, i, selinux_contexts_find(contexts, edit->path, type));
    }
    return TRUE;
}
