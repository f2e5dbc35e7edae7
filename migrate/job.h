/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is done with a guest's data, in the confined process: inspect, plan, apply, trim,
   describe. */
#ifndef MIGRATE_JOB_H
#define MIGRATE_JOB_H

#include "domain/domain.h"
#include "migrate/customise.h"
#include "migrate/session.h"
#include "migrate/worker.h"
#include "profiles/target.h"
#include "windows/windows_guest.h"

/* How far to go; each includes the ones above it. */
typedef enum {
    JOB_INSPECT,
    JOB_PLAN,
    JOB_FIX, /* nothing is trimmed */
    JOB_CONVERT,
} JobGoal;

/* Names of results, see worker_run(). */
#define JOB_RESULT_SUMMARY                                                                         \
    "summary"                  /* one line: "Debian GNU/Linux 12 (bookworm), x86_64, BIOS"         \
                                */
#define JOB_RESULT_TEXT "text" /* inspect, plan and fix: for people */
#define JOB_RESULT_JSON                                                                            \
    "json"                   /* inspect: the documented object; fix, convert: part of the report */
#define JOB_RESULT_MAC "mac" /* convert: for session_adopt_mac(); may be missing */
#define JOB_RESULT_DOMAIN "domain" /* convert: the XML */

typedef struct {
    JobGoal goal;
    const Session *session;
    const char *virtio_win;        /* path, or NULL: the default places */
    const char *const *drivers;    /* folders with other vendors' drivers; may be NULL */
    const WindowsOptions *windows; /* what the user wants of a Windows guest */
    gboolean winre;                /* and of its recovery environment; needs scratch_directory */
    const Customisation *customisation;
    gboolean discard_hibernation; /* give up the memory image of a hibernated Windows */
    Profiles *profiles;           /* of operating systems; NULL: the built-in ones */
    const char *disk_bus;         /* "virtio", "scsi", "sata", "ide"; NULL: the best that will boot,
                                     the target profile's if that is among them */
    const TargetProfile *target;  /* NULL: the default one */
    gboolean target_is_named;     /* plan: say what of it the guest does not go with */
    const char *network;          /* see DomainOptions; may be NULL, */

    const char *const *network_map; /* and so may this */
    const char *const *disk_paths;  /* convert: what the XML names, one per disk */
    const char *disk_format;        /* convert: of these; NULL: qcow2 */
    const char *scratch_directory;  /* of the host, for what is too large for memory; NULL: none */
} Job;

/* A WorkerFunc; data is a const Job. */
gboolean job_run(void *data, WorkerChannel *channel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
