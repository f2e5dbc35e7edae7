/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distance of words as Damerau has it, neighbours swapped once (optimal string alignment). */
#include "base/nearest.h"

#include <string.h>

enum { WORD_MAX = 64 }; /* longer ones are nobody's typing errors */

static char fold(char letter)
{
    return letter == '_' ? '-' : g_ascii_tolower(letter);
}

static guint min3(guint a, guint b, guint c)
{
    return MIN(MIN(a, b), c);
}

static guint distance(const char *a, gsize a_length, const char *b, gsize b_length)
{
    /* Three rows of the table: this one and the two before. */
    guint rows[3][WORD_MAX + 1];
    guint *before = rows[0], *last = rows[1], *now = rows[2];

    for (gsize j = 0; j <= b_length; j++)
        last[j] = (guint)j;
    for (gsize i = 1; i <= a_length; i++) {
        now[0] = (guint)i;
        for (gsize j = 1; j <= b_length; j++) {
            const char letter = fold(a[i - 1]), other = fold(b[j - 1]);

            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (letter != other));
            if (i > 1 && j > 1 && letter == fold(b[j - 2]) && fold(a[i - 2]) == other)
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        guint *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_length];
}

const char *nearest_word(const char *word, const char *const *words)
{
    const gsize length = strlen(word);
    const char *nearest = NULL;
    guint smallest = length <= WORD_MAX ? (guint)MAX(length / 3, 1) + 1 : 0;

    for (guint i = 0; smallest > 0 && words[i]; i++) {
        const gsize other_length = strlen(words[i]);
        if (other_length > WORD_MAX)
            continue;
        const guint changes = distance(word, length, words[i], other_length);
        if (changes < smallest) {
            smallest = changes;
            nearest = words[i];
        }
    }
    return nearest;
}
