/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a repair in place; its shape is in migrate-report(5). */
#ifndef MIGRATE_FIX_FIX_REPORT_H
#define MIGRATE_FIX_FIX_REPORT_H

#include "migrate/fix/store.h"
#include "migrate/report.h"

typedef struct {
    const FixPlan *plan;
    const char *undo_path; /* NULL: there is none, as nothing was to be changed */
    const Report *common;  /* machine, guest_json and stages of it */
} FixReport;

gboolean fix_report_format(const FixReport *report, char **ret_json,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
