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
    char *raw_key;     /* the same before its %tokens% were resolved; NULL: it has none */
    GPtrArray *fields; /* of char *, trimmed; may be empty, elements may be "" */
} InfLine;

/* UTF-16 with a byte order mark, UTF-8, else Windows-1252. name: for messages. Larger or more
   complex than any driver's: DRYDOCK_ERROR_CORRUPT. */
Inf *inf_parse(GBytes *bytes, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void inf_free(Inf *inf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inf, inf_free)

const char *inf_name(const Inf *inf);

/* The files that Include directives name, without folder, each once; of char *. Names with a folder
   are left out. */
GPtrArray *inf_list_includes(const Inf *inf);
/* Makes included's sections known in inf, behind its own ones of the same name; [Version],
   [Manufacturer] and [Strings] stay apart. included's text was expanded with its own strings. */
void inf_append(Inf *inf, const Inf *included);

/* Lines of all sections of that name (any case) in order, of InfLine; NULL: no such section. */
const GPtrArray *inf_get_section(const Inf *inf, const char *section);
/* section and what its Needs directives name, theirs included, in the order Windows processes them:
   of char *, only sections that are there, each once. */
GPtrArray *inf_list_needed(const Inf *inf, const char *section);
/* The fields of all lines with that key (any case) of section and of those it needs: of char *,
   empty ones left out. */
GPtrArray *inf_list_directive(const Inf *inf, const char *section, const char *key);
/* First line with that key (any case); NULL: none. */
const InfLine *inf_find_line(const Inf *inf, const char *section, const char *key);
/* "" when the line is NULL or has fewer fields. */
const char *inf_line_field(const InfLine *line, guint index);
/* Field of the first line with that key; NULL: no such line or field, or it is empty. */
const char *inf_get_field(const Inf *inf, const char *section, const char *key, guint index);

#endif
