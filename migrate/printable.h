/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of a guest on somebody's terminal. */
#ifndef MIGRATE_PRINTABLE_H
#define MIGRATE_PRINTABLE_H

#include <glib.h>

/* Control characters become \uXXXX, what is no UTF-8 U+FFFD. */
void printable_append(GString *text, const char *name);

#endif
