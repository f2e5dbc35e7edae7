/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the known words somebody meant. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <glib.h>

/* The word of words (NULL-terminated) that takes the fewest letters to insert, delete, replace or
   swap with their neighbour; case and '-' against '_' do not count. NULL: none is near, which is a
   third of the letters, but one at least. Borrowed from words. */
const char *nearest_word(const char *word, const char *const *words);

#endif
