/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machine and guest for people: one line, or a page. */
#ifndef MIGRATE_SUMMARY_H
#define MIGRATE_SUMMARY_H

#include "convert/machine.h"
#include "inspect/guest.h"

/* "Debian GNU/Linux 12 (bookworm), x86_64, BIOS" */
char *summary_line(const Guest *guest);

/* What `migrate inspect` prints. */
char *summary_text(const Machine *machine, const Guest *guest, const VolumeSet *set,
                   const GPtrArray *findings);

/* What `migrate inspect --source-only` prints. disk_errors: one GError or NULL per disk. */
char *summary_source(const Machine *machine, const GPtrArray *disk_errors,
                     const GPtrArray *findings);

#endif
