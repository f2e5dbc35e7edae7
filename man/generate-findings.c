/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes migrate-findings(7) from base/finding-table.h, so that the page cannot differ from it. */
#include <stdio.h>

#include "base/finding.h"

static const struct {
    const char *code;
    FindingSeverity severity;
    const char *sentence;
    const char *hint;
} table[] = {
#define FINDING(symbol, code, severity, sentence, hint)                                            \
    {code, FINDING_SEVERITY_##severity, sentence, hint},
#include "base/finding-table.h"
#undef FINDING
};

/* Escapes what mdoc(7) would take for its own; "{}" becomes an argument's name. */
static void print_text(const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\\')
            fputs("\\e", stdout);
        else if (p[0] == '{' && p[1] == '}')
            fputs("\\fI\xe2\x80\xa6\\fP", stdout), p++;
        else
            putchar(*p);
    }
}

static void print_severity(FindingSeverity severity, const char *introduction)
{
    printf(".Ss %s\n%s\n.Bl -tag -width Ds\n",
           severity == FINDING_SEVERITY_BLOCKER   ? "Blockers"
           : severity == FINDING_SEVERITY_WARNING ? "Warnings"
                                                  : "Information",
           introduction);
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (table[i].severity != severity)
            continue;
        printf(".It Cm %s\n\\&", table[i].code);
        print_text(table[i].sentence);
        if (table[i].hint) {
            fputs("\n.br\n\\&Hint: ", stdout);
            print_text(table[i].hint);
        }
        putchar('\n');
    }
    puts(".El");
}

int main(void)
{
    puts(".\\\" SPDX-License-Identifier: GPL-3.0-or-later\n"
         ".Dd November 24, 2026\n"
         ".Dt MIGRATE-FINDINGS 7\n"
         ".Os\n"
         ".Sh NAME\n"
         ".Nm migrate-findings\n"
         ".Nd what migrate says about a guest\n"
         ".Sh DESCRIPTION\n"
         "What the user must know about a guest is a finding with a code that does not change.\n"
         "Codes stand in brackets behind messages, and in the JSON of\n"
         ".Xr migrate-inspect 1\n"
         "and of the report.");
    print_severity(
        FINDING_SEVERITY_BLOCKER,
        "The guest's state forbids the migration, and nothing is written: exit status 3.");
    print_severity(FINDING_SEVERITY_WARNING, "The migration goes on; something may be left to do.");
    print_severity(FINDING_SEVERITY_INFO, "Worth knowing.");
    puts(".Sh SEE ALSO\n"
         ".Xr migrate 1 ,\n"
         ".Xr migrate-inspect 1 ,\n"
         ".Xr migrate-plan 1");
    return fflush(stdout) == 0 ? 0 : 1;
}
