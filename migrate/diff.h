/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs of small texts. */
#ifndef MIGRATE_DIFF_H
#define MIGRATE_DIFF_H

#include <glib.h>

/* The hunks between two texts (old_text NULL: the file is new) with "---" and "+++" lines for path
   before them; "" when they are equal; bytes that are no UTF-8 give one line that says so. */
char *diff_format(const char *path, GBytes *old_text, GBytes *new_text);

#endif
