/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine in the HTML report of a batch. */
#ifndef MIGRATE_BATCH_REPORT_MACHINE_H
#define MIGRATE_BATCH_REPORT_MACHINE_H

#include "migrate/batch/report.h"
#include "migrate/batch/report_page.h"

/* A card that says why machines failed, all in the same way. indexes: of guint, of the machines in
   the report; one at least. */
void report_machine_failure(XmlWriter *xml, const BatchReport *report, const GArray *indexes);
/* A line that can be opened. */
void report_machine_line(XmlWriter *xml, const BatchReport *report, guint index);
/* The way to its line: "#machine-7". */
char *report_machine_anchor(guint index);

#endif
