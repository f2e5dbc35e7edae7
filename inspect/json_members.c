/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of a JSON object. */
#include "inspect/json_members.h"

void json_member_add_text(JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name(builder, name);
    if (text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        json_builder_add_string_value(builder, valid);
    } else {
        json_builder_add_null_value(builder);
    }
}

void json_member_add_number(JsonBuilder *builder, const char *name, gint64 number)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, number);
}

void json_member_add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

gint64 json_member_size(uint64_t size_bytes)
{
    return size_bytes > G_MAXINT64 ? G_MAXINT64 : (gint64)size_bytes;
}

static void add_one_text(JsonBuilder *builder, const void *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    json_builder_add_string_value(builder, valid);
}

void json_member_add_texts(JsonBuilder *builder, const char *name, const GPtrArray *texts)
{
    json_member_add_array(builder, name, texts, add_one_text);
}

void json_member_add_array(JsonBuilder *builder, const char *name, const GPtrArray *items,
                           JsonMemberAddFunc add)
{
    json_builder_set_member_name(builder, name);
    if (!items) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_array(builder);
    for (guint i = 0; i < items->len; i++)
        add(builder, g_ptr_array_index(items, i));
    json_builder_end_array(builder);
}
