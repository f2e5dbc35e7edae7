/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user must know about a guest: one row per fact in finding-table.h, quoted by code. */
#ifndef BASE_FINDING_H
#define BASE_FINDING_H

#include <glib.h>

typedef enum {
    FINDING_SEVERITY_INFO,    /* worth knowing */
    FINDING_SEVERITY_WARNING, /* goes on, but the user may have to do something */
    FINDING_SEVERITY_BLOCKER, /* the guest's state forbids the migration; nothing is written */
} FindingSeverity;

typedef enum {
#define FINDING(symbol, code, severity, sentence, hint) FINDING_##symbol,
#include "base/finding-table.h"
#undef FINDING
    FINDING_CODE_LAST
} FindingCode;

typedef struct {
    FindingCode code;
    char *sentence; /* with the subject filled in; lower case, no full stop */
} Finding;

void finding_free(Finding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Finding, finding_free)

/* A new list of Finding; its elements are owned by the list. */
GPtrArray *findings_new(void);

/* Appends a row of the table; "{}" in its sentence becomes subject (NULL: empty). The same code and
   subject is listed once. */
void findings_add(GPtrArray *findings, FindingCode code, const char *subject);

/* Appends what more has and findings does not. */
void findings_merge(GPtrArray *findings, const GPtrArray *more);

const char *finding_code_name(FindingCode code); /* stable, for example "windows-hibernated" */
FindingSeverity finding_code_severity(FindingCode code);
const char *finding_severity_name(FindingSeverity severity); /* "info", "warning", "blocker" */
const char *finding_code_hint(FindingCode code);             /* NULL when there is nothing to do */

/* FALSE with DRYDOCK_ERROR_PRECONDITION for the first blocker of the list; its message carries the
   code in brackets, its hint is the row's. */
gboolean findings_check_blockers(const GPtrArray *findings,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the first one with this code, whatever its severity: what it says has turned out to
   be in the way. */
gboolean findings_check(const GPtrArray *findings, FindingCode code,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
