/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The "match" line of a profile: which facts it asks for. Only for profile.c. */
#ifndef PROFILES_MATCH_H
#define PROFILES_MATCH_H

#include <glib.h>

typedef struct Match Match;

/* line: words "key:value" as profile.h describes them. */
Match *match_parse(const char *line, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void match_free(Match *match);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Match, match_free)

guint match_key_count(const Match *match);
/* facts: NULL-terminated words "key:value". */
gboolean match_is_met(const Match *match, const char *const *facts);

/* TRUE if some facts could meet both and neither asks for more keys than the other. Lines without a
   common key answer different questions and never tie. */
gboolean match_can_tie(const Match *a, const Match *b);

#endif
