/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at a machine before its turn: its options are read and its source is opened, in a task. */
#ifndef MIGRATE_BATCH_PROBE_H
#define MIGRATE_BATCH_PROBE_H

#include "migrate/batch/manifest.h"
#include "migrate/batch/task.h"

/* What was seen. */
typedef struct {
    char *name; /* of the machine as it will be */
    char *kind; /* of the source: "vmx", "disks", … */
    guint disks;
    uint64_t virtual_bytes; /* of its disks as the guest sees them */
    uint64_t stored_bytes;  /* of its images on the host; 0: not known */
    uint64_t needed_bytes;  /* what the result takes at most */
} BatchSight;

void batch_sight_clear(BatchSight *sight);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BatchSight, batch_sight_clear)

typedef struct {
    const BatchManifest *manifest;
    const BatchMachine *machine;
    gboolean measure; /* needed_bytes is what qemu-img says, which takes a while; otherwise it is
                         what all of the disks would take */
} BatchProbe;

BatchTask *batch_probe_start(const BatchProbe *probe, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE: the source cannot be opened, or an option is wrong; *error is that of convert. */
gboolean batch_probe_finish(BatchTask *task, BatchSight *ret_sight,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
