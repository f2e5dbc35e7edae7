/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader of configurations makes of a text. */
#include "config-result.h"

#include <string.h>

#include "base/finding.h"

static void machine_drop(gpointer machine)
{
    machine_free(machine);
}

ConfigResult config_result_read(const SourceConfigOps *config, const char *text)
{
    ConfigResult result = {g_ptr_array_new_with_free_func(machine_drop), findings_new(), NULL};
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    gboolean ok = config->read(content, result.machines, result.findings, &result.error);
    g_assert_cmpint(ok, ==, result.error == NULL);
    g_assert_cmpuint(result.machines->len, ==, ok ? 1 : 0);
    return result;
}

void config_result_clear(ConfigResult *result)
{
    g_clear_pointer(&result->machines, g_ptr_array_unref);
    g_clear_pointer(&result->findings, g_ptr_array_unref);
    g_clear_error(&result->error);
}

const Machine *config_result_machine(const ConfigResult *result)
{
    g_assert_no_error(result->error);
    return result->machines->pdata[0];
}

char *config_result_describe_findings(const ConfigResult *result)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < result->findings->len; i++) {
        const Finding *finding = result->findings->pdata[i];
        g_string_append_printf(text, "%s%s", i ? ", " : "", finding_code_name(finding->code));
    }
    return g_string_free(text, FALSE);
}
