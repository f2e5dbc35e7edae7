/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of two version texts is newer, as package managers and boot loaders see it. */
#ifndef INSPECT_VERSION_ORDER_H
#define INSPECT_VERSION_ORDER_H

/* Below, equal to or above 0. Runs of digits compare as numbers, runs of letters as text, a number
   is newer than letters, more parts are newer than fewer, '~' is older than nothing. */
int version_text_compare(const char *a, const char *b);

#endif
