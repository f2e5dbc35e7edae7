/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source machine as a JSON object; its members are in migrate-inspect(1). */
#ifndef MIGRATE_MACHINE_JSON_H
#define MIGRATE_MACHINE_JSON_H

#include <json-glib/json-glib.h>

#include "convert/machine.h"

/* The member "machine". disk_errors: why a disk cannot be used, one GError or NULL per disk; NULL:
   all can. */
void machine_to_json(const Machine *machine, const GPtrArray *disk_errors, JsonBuilder *builder);

#endif
