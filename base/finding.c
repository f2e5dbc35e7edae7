/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user must know about a guest. */
#include "base/finding.h"

#include "base/error.h"

static const struct {
    const char *code;
    FindingSeverity severity;
    const char *sentence;
    const char *hint;
} table[FINDING_CODE_LAST] = {
#define FINDING(symbol, code, severity, sentence, hint)                                            \
    [FINDING_##symbol] = {code, FINDING_SEVERITY_##severity, sentence, hint},
#include "base/finding-table.h"
#undef FINDING
};

void finding_free(Finding *finding)
{
    if (!finding)
        return;
    g_free(finding->sentence);
    g_free(finding);
}

static void free_element(gpointer finding)
{
    finding_free(finding);
}

GPtrArray *findings_new(void)
{
    return g_ptr_array_new_with_free_func(free_element);
}

static void add_sentence(GPtrArray *findings, FindingCode code, const char *sentence)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *other = g_ptr_array_index(findings, i);
        if (other->code == code && g_str_equal(other->sentence, sentence))
            return;
    }
    Finding *finding = g_new0(Finding, 1);
    finding->code = code;
    finding->sentence = g_strdup(sentence);
    g_ptr_array_add(findings, finding);
}

void findings_add(GPtrArray *findings, FindingCode code, const char *subject)
{
    g_return_if_fail(code < FINDING_CODE_LAST);

    g_autoptr(GString) sentence = g_string_new(table[code].sentence);
    g_string_replace(sentence, "{}", subject ? subject : "", 0);
    add_sentence(findings, code, sentence->str);
}

void findings_merge(GPtrArray *findings, const GPtrArray *more)
{
    for (guint i = 0; i < more->len; i++) {
        const Finding *finding = g_ptr_array_index(more, i);
        add_sentence(findings, finding->code, finding->sentence);
    }
}

const char *finding_code_name(FindingCode code)
{
    return table[code].code;
}

FindingSeverity finding_code_severity(FindingCode code)
{
    return table[code].severity;
}

const char *finding_severity_name(FindingSeverity severity)
{
    static const char *const names[] = {"info", "warning", "blocker"};
    return names[severity];
}

const char *finding_code_hint(FindingCode code)
{
    return table[code].hint;
}

static void set_precondition(const Finding *finding, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, table[finding->code].hint, "%s [%s]",
                      finding->sentence, table[finding->code].code);
}

gboolean findings_check_blockers(const GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        if (table[finding->code].severity == FINDING_SEVERITY_BLOCKER) {
            set_precondition(finding, error);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean findings_check(const GPtrArray *findings, FindingCode code, GError **error)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        if (finding->code == code) {
            set_precondition(finding, error);
            return FALSE;
        }
    }
    return TRUE;
}
