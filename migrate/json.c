/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program's JSON has beyond plain members. */
#include "migrate/json.h"

#include "base/error.h"
#include "base/finding.h"

void json_add_count(JsonBuilder *builder, const char *name, uint64_t value)
{
    if (value > 0)
        json_member_add_number(builder, name, json_member_size(value));
    else
        json_member_add_text(builder, name, NULL);
}

void json_add_findings(JsonBuilder *builder, const GPtrArray *findings)
{
    json_builder_set_member_name(builder, "findings");
    json_builder_begin_array(builder);
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        json_builder_begin_object(builder);
        json_member_add_text(builder, "code", finding_code_name(finding->code));
        json_member_add_text(builder, "severity",
                             finding_severity_name(finding_code_severity(finding->code)));
        json_member_add_text(builder, "sentence", finding->sentence);
        json_member_add_text(builder, "hint", finding_code_hint(finding->code));
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

void json_add_error(JsonBuilder *builder, const GError *error)
{
    json_builder_set_member_name(builder, "error");
    if (!error) {
        json_builder_add_null_value(builder);
        return;
    }
    gboolean is_ours = error->domain == DRYDOCK_ERROR;
    json_builder_begin_object(builder);
    json_member_add_text(
        builder, "code",
        drydock_error_name(is_ours ? (DrydockError)error->code : DRYDOCK_ERROR_FAILED));
    json_member_add_text(builder, "message", error->message);
    json_member_add_text(builder, "hint", drydock_error_get_hint(error));
    json_builder_end_object(builder);
}
