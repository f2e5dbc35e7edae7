/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program's JSON has beyond plain members (inspect/json_members.h). */
#ifndef MIGRATE_JSON_H
#define MIGRATE_JSON_H

#include "inspect/json_members.h"

void json_add_count(JsonBuilder *builder, const char *name, uint64_t value); /* 0: null */
void json_add_findings(JsonBuilder *builder, const GPtrArray *findings);     /* of Finding */

/* Member "error"; NULL: null. */
void json_add_error(JsonBuilder *builder, const GError *error);

/* The finished text, with a line feed at its end. */
char *json_finish(JsonBuilder *builder);

#endif
