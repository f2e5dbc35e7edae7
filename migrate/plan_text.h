/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits as people read them: unified diffs for text, old → new for registry values. */
#ifndef MIGRATE_PLAN_TEXT_H
#define MIGRATE_PLAN_TEXT_H

#include "fs/edits.h"
#include "windows/driver_choice.h"

/* Everything that would be changed and why, the drivers that were taken and those that were not,
   then the findings. choice may be NULL. */
char *plan_text_format(const Edits *edits, const DriverChoice *choice, const GPtrArray *findings);

/* Findings as lines "warning: sentence [code]" with their hints, appended to text. */
void plan_text_append_findings(GString *text, const GPtrArray *findings);

#endif
