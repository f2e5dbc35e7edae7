/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The findings of all machines in the HTML report of a batch, by their codes. */
#ifndef MIGRATE_BATCH_REPORT_GROUPS_H
#define MIGRATE_BATCH_REPORT_GROUPS_H

#include "domain/xml.h"
#include "migrate/batch/report.h"

/* Nothing where there are none. */
void report_groups_write(XmlWriter *xml, const BatchReport *report);

#endif
