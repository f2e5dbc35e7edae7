/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The "match" line of a profile: parsed into keys with alternatives, asked and compared. */
#include "profiles/match.h"

#include <string.h>

#include "base/error.h"

enum { VERSION_PARTS = 4 };

/* Dotted numbers; those after the fourth are ignored. */
typedef struct {
    guint count;
    guint64 parts[VERSION_PARTS];
} Version;

/* A word as it is, or a range of versions; a single version is the range from itself to itself. */
typedef struct {
    char *literal; /* NULL: a range */
    gboolean has_low, has_high;
    Version low, high;
} Alternative;

typedef struct {
    char *name;
    GPtrArray *alternatives; /* of Alternative */
} MatchKey;

struct Match {
    GPtrArray *keys; /* of MatchKey */
};

static void alternative_free(gpointer data)
{
    Alternative *alternative = data;
    g_free(alternative->literal);
    g_free(alternative);
}

static void match_key_free(gpointer data)
{
    MatchKey *key = data;
    g_free(key->name);
    g_ptr_array_unref(key->alternatives);
    g_free(key);
}

void match_free(Match *match)
{
    if (!match)
        return;
    g_ptr_array_unref(match->keys);
    g_free(match);
}

static gboolean version_parse(const char *text, size_t length, Version *ret_version)
{
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) words = g_strsplit(copy, ".", -1);
    Version version = {0};

    for (guint i = 0; words[i]; i++) {
        guint64 number;
        if (!g_ascii_string_to_unsigned(words[i], 10, 0, G_MAXUINT32, &number, NULL))
            return FALSE;
        if (version.count < VERSION_PARTS)
            version.parts[version.count++] = number;
    }
    if (version.count == 0)
        return FALSE;
    *ret_version = version;
    return TRUE;
}

/* Compares as many parts as both have, so that 12 equals 12.4. */
static int version_compare(const Version *a, const Version *b)
{
    for (guint i = 0; i < MIN(a->count, b->count); i++)
        if (a->parts[i] != b->parts[i])
            return a->parts[i] < b->parts[i] ? -1 : 1;
    return 0;
}

/* "12", "15.3-15.5", "22000-", "-21999"; anything else is a literal. */
static gboolean parse_range(const char *value, Alternative *range)
{
    const char *dash = strchr(value, '-');
    if (!dash) {
        range->has_low = range->has_high = version_parse(value, strlen(value), &range->low);
        range->high = range->low;
        return range->has_low;
    }
    size_t low_length = (size_t)(dash - value);
    range->has_low = low_length > 0;
    range->has_high = dash[1] != '\0';
    if (range->has_low && !version_parse(value, low_length, &range->low))
        return FALSE;
    if (range->has_high && !version_parse(dash + 1, strlen(dash + 1), &range->high))
        return FALSE;
    return range->has_low || range->has_high;
}

static MatchKey *find_key(const Match *match, const char *name)
{
    for (guint i = 0; i < match->keys->len; i++) {
        MatchKey *key = g_ptr_array_index(match->keys, i);
        if (g_str_equal(key->name, name))
            return key;
    }
    return NULL;
}

static gboolean add_word(Match *match, const char *word, GError **error)
{
    const char *colon = strchr(word, ':');
    if (!colon || colon == word || colon[1] == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is no key:value", word);
        return FALSE;
    }

    Alternative *alternative = g_new0(Alternative, 1);
    if (!parse_range(colon + 1, alternative)) {
        *alternative = (Alternative){.literal = g_strdup(colon + 1)};
    } else if (alternative->has_low && alternative->has_high &&
               version_compare(&alternative->low, &alternative->high) > 0) {
        alternative_free(alternative);
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "range '%s' is empty", word);
        return FALSE;
    }

    g_autofree char *name = g_strndup(word, (size_t)(colon - word));
    MatchKey *key = find_key(match, name);
    if (!key) {
        key = g_new0(MatchKey, 1);
        key->name = g_steal_pointer(&name);
        key->alternatives = g_ptr_array_new_with_free_func(alternative_free);
        g_ptr_array_add(match->keys, key);
    }
    g_ptr_array_add(key->alternatives, alternative);
    return TRUE;
}

Match *match_parse(const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    g_autoptr(Match) match = g_new0(Match, 1);
    match->keys = g_ptr_array_new_with_free_func(match_key_free);

    for (guint i = 0; words[i]; i++)
        if (words[i][0] && !add_word(match, words[i], error))
            return NULL;
    if (match->keys->len == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the match line is empty");
        return NULL;
    }
    return g_steal_pointer(&match);
}

guint match_key_count(const Match *match)
{
    return match->keys->len;
}

static gboolean alternative_is_met(const Alternative *alternative, const char *value)
{
    if (alternative->literal)
        return g_str_equal(alternative->literal, value);

    Version version;
    if (!version_parse(value, strlen(value), &version))
        return FALSE;
    /* "version:12.4" must not be met by plain 12. */
    if (alternative->has_low && (version_compare(&version, &alternative->low) < 0 ||
                                 (version.count < alternative->low.count &&
                                  version_compare(&version, &alternative->low) == 0)))
        return FALSE;
    return !alternative->has_high || version_compare(&version, &alternative->high) <= 0;
}

static gboolean key_is_met(const MatchKey *key, const char *const *facts)
{
    size_t length = strlen(key->name);
    for (guint i = 0; facts[i]; i++) {
        if (strncmp(facts[i], key->name, length) != 0 || facts[i][length] != ':')
            continue;
        for (guint j = 0; j < key->alternatives->len; j++)
            if (alternative_is_met(g_ptr_array_index(key->alternatives, j), facts[i] + length + 1))
                return TRUE;
    }
    return FALSE;
}

gboolean match_is_met(const Match *match, const char *const *facts)
{
    for (guint i = 0; i < match->keys->len; i++)
        if (!key_is_met(g_ptr_array_index(match->keys, i), facts))
            return FALSE;
    return TRUE;
}

static gboolean alternatives_overlap(const Alternative *a, const Alternative *b)
{
    if (a->literal || b->literal)
        return a->literal && b->literal && g_str_equal(a->literal, b->literal);
    if (a->has_high && b->has_low && version_compare(&a->high, &b->low) < 0)
        return FALSE;
    return !(b->has_high && a->has_low && version_compare(&b->high, &a->low) < 0);
}

static gboolean keys_overlap(const MatchKey *a, const MatchKey *b)
{
    for (guint i = 0; i < a->alternatives->len; i++)
        for (guint j = 0; j < b->alternatives->len; j++)
            if (alternatives_overlap(g_ptr_array_index(a->alternatives, i),
                                     g_ptr_array_index(b->alternatives, j)))
                return TRUE;
    return FALSE;
}

gboolean match_can_tie(const Match *a, const Match *b)
{
    if (a->keys->len != b->keys->len)
        return FALSE;
    guint common = 0;
    for (guint i = 0; i < a->keys->len; i++) {
        const MatchKey *key = g_ptr_array_index(a->keys, i);
        const MatchKey *other = find_key(b, key->name);
        if (!other)
            continue;
        if (!keys_overlap(key, other))
            return FALSE;
        common++;
    }
    return common > 0;
}
