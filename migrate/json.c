/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of JSON objects in one line each. */
#include "migrate/json.h"

#include "base/finding.h"

void json_add_string(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    if (value)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

void json_add_number(JsonBuilder *builder, const char *name, uint64_t value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)value);
}

void json_add_count(JsonBuilder *builder, const char *name, uint64_t value)
{
    if (value > 0)
        json_add_number(builder, name, value);
    else
        json_add_string(builder, name, NULL);
}

void json_add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

void json_add_findings(JsonBuilder *builder, const GPtrArray *findings)
{
    json_builder_set_member_name(builder, "findings");
    json_builder_begin_array(builder);
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        json_builder_begin_object(builder);
        json_add_string(builder, "code", finding_code_name(finding->code));
        json_add_string(builder, "severity",
                        finding_severity_name(finding_code_severity(finding->code)));
        json_add_string(builder, "sentence", finding->sentence);
        json_add_string(builder, "hint", finding_code_hint(finding->code));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

char *json_finish(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *json = json_to_string(root, TRUE);
    return g_strconcat(json, "\n", NULL);
}
