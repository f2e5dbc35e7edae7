/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of a JSON object: what is not known is null, and texts are UTF-8 whatever they were. */
#ifndef INSPECT_JSON_MEMBERS_H
#define INSPECT_JSON_MEMBERS_H

#include <json-glib/json-glib.h>
#include <stdint.h>

/* text becomes valid UTF-8; NULL: null. */
void json_member_add_text(JsonBuilder *builder, const char *name, const char *text);
void json_member_add_number(JsonBuilder *builder, const char *name, gint64 number);
void json_member_add_boolean(JsonBuilder *builder, const char *name, gboolean value);
/* texts: of char *; NULL: null. */
void json_member_add_texts(JsonBuilder *builder, const char *name, const GPtrArray *texts);
/* An array of what add makes of each of items; NULL: null. */
typedef void (*JsonMemberAddFunc)(JsonBuilder *builder, const void *item);
void json_member_add_array(JsonBuilder *builder, const char *name, const GPtrArray *items,
                           JsonMemberAddFunc add);

/* JSON numbers of json-glib are signed. */
gint64 json_member_size(uint64_t size_bytes);

#endif
