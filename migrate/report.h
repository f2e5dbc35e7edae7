/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.report.json and the JSON of `migrate inspect`; their shapes are in migrate-report(5) and
   migrate-inspect(1). */
#ifndef MIGRATE_REPORT_H
#define MIGRATE_REPORT_H

#include <json-glib/json-glib.h>

#include "convert/machine.h"
#include "fs/edits.h"
#include "inspect/guest.h"
#include "migrate/progress.h"
#include "windows/driver_choice.h"

/* What the confined process knows. */
typedef struct {
    const Guest *guest;
    const VolumeSet *set;
    const GPtrArray *findings;
    const Edits *edits;
    const DriverChoice *drivers; /* NULL: none were looked at */
    uint64_t trimmed_bytes;
} ReportGuest;

/* {"guest":…, "findings":…, "changes":…, "drivers":…, "drivers_considered":…, "trimmed_bytes":…} */
char *report_format_guest(const ReportGuest *report);

/* {"machine":…, "guest":…, "findings":…} */
char *report_format_inspection(const Machine *machine, const Guest *guest, const VolumeSet *set,
                               const GPtrArray *findings);

/* {"machine":…, "findings":…}; disk_errors as in machine_to_json(). */
char *report_format_source(const Machine *machine, const GPtrArray *disk_errors,
                           const GPtrArray *findings);

/* What the program around it knows. */
typedef struct {
    const Machine *machine;
    const char
        *guest_json; /* from report_format_guest(), through the confined process: not trusted */
    const char *const *disk_paths; /* outputs, one per machine disk */
    const char *disk_format;       /* NULL: qcow2 */
    const uint64_t *disk_bytes;    /* their sizes on the host */
    const char *domain_path;
    const ProgressStage *stages;
    guint stage_count;
    uint64_t peak_memory_bytes; /* the larger of this process and the confined one */
} Report;

/* Members of an object, for reports of other kinds. */
gboolean report_add_common(JsonBuilder *builder, const Report *report,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT; /* schema … drivers */
void report_add_stages(JsonBuilder *builder, const Report *report);

/* The whole file. */
gboolean report_format(const Report *report, char **ret_json,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
