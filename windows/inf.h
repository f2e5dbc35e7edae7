/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows INF files as sections of lines of fields. Grammar: Microsoft's "General Syntax Rules for
   INF Files"; details that it leaves open follow what virtio-win's own files need. */
#ifndef WINDOWS_INF_H
#define WINDOWS_INF_H

#include <glib.h>

typedef struct Inf Inf;

/* Quotes, comments, continuation lines and %tokens% are resolved; a token that [Strings] does not
   know (a directory number such as %12%) stays as written. */
typedef struct {
    char *key;         /* left of '='; NULL: the line has none */
    GPtrArray *fields; /* of char *, trimmed; may be empty, elements may be "" */
} InfLine;

/* UTF-16 with a byte order mark, UTF-8, else Latin-1. name: for messages. Larger or more complex
   than any driver's: DRYDOCK_ERROR_CORRUPT. */
Inf *inf_parse(GBytes *bytes, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void inf_free(Inf *inf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inf, inf_free)

const char *inf_name(const Inf *inf);
/* Lines of all sections of that name (any case) in order, of InfLine; NULL: no such section. */
const GPtrArray *inf_get_section(const Inf *inf, const char *section);
/* First line with that key (any case); NULL: none. */
const InfLine *inf_find_line(const Inf *inf, const char *section, const char *key);
/* "" when the line is NULL or has fewer fields. */
const char *inf_line_field(const InfLine *line, guint index);
/* Field of the first line with that key; NULL: no such line or field, or it is empty. */
const char *inf_get_field(const Inf *inf, const char *section, const char *key, guint index);

#endif
