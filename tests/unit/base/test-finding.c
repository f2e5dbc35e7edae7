/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings: the table is sound, a blocker becomes an error. */
#include "base/finding.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"

static void test_table(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (FindingCode code = 0; code < FINDING_CODE_LAST; code++) {
        const char *name = finding_code_name(code);
        g_assert_cmpuint(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"), ==, strlen(name));
        g_assert_true(g_hash_table_add(seen, (gpointer)(uintptr_t)name));
        /* Who is stopped must be told what to do. */
        if (finding_code_severity(code) == FINDING_SEVERITY_BLOCKER)
            g_assert_nonnull(finding_code_hint(code));
    }
}

static void test_blocker(void)
{
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GError) error = NULL;
    findings_add(findings, FINDING_DISK_BACKUP_GPT, "disk 1");
    findings_add(findings, FINDING_DISK_BACKUP_GPT, "disk 1");
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_true(findings_check_blockers(findings, &error));

    findings_add(findings, FINDING_WINDOWS_HIBERNATED, "sda2");
    g_assert_false(findings_check_blockers(findings, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_assert_nonnull(strstr(error->message, "[windows-hibernated]"));
    g_assert_nonnull(strstr(error->message, "sda2"));
    g_assert_cmpstr(drydock_error_get_hint(error), ==,
                    finding_code_hint(FINDING_WINDOWS_HIBERNATED));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/finding/table", test_table);
    g_test_add_func("/base/finding/blocker", test_blocker);
    return g_test_run();
}
