/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of JSON objects in one line each. */
#ifndef MIGRATE_JSON_H
#define MIGRATE_JSON_H

#include <json-glib/json-glib.h>
#include <stdint.h>

void json_add_string(JsonBuilder *builder, const char *name, const char *value); /* NULL: null */
void json_add_number(JsonBuilder *builder, const char *name, uint64_t value);
void json_add_count(JsonBuilder *builder, const char *name, uint64_t value); /* 0: null */
void json_add_boolean(JsonBuilder *builder, const char *name, gboolean value);
void json_add_findings(JsonBuilder *builder, const GPtrArray *findings); /* of Finding */

/* The finished text, with a line feed at its end. */
char *json_finish(JsonBuilder *builder);

#endif
