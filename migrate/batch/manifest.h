/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch consists of: migrate-manifest(5) as typed values. */
#ifndef MIGRATE_BATCH_MANIFEST_H
#define MIGRATE_BATCH_MANIFEST_H

#include "base/finding.h"
#include "base/firmware.h"
#include "migrate/batch/document.h"

#define BATCH_LIMIT_MACHINES 100000u
#define BATCH_LIMIT_JOBS 1024

/* What convert is told of one machine. NULL, 0 and FALSE: nothing, convert decides. Each is the
   option of the same name; lists are NULL-terminated, or NULL. Paths are absolute; those inside of
   another text (keys, edits) are relative to BatchManifest.directory. */
typedef struct {
    char *name;
    char *output; /* folder */
    char *profile;
    char *profile_dir;
    char *network;
    char **network_map; /* "SOURCE=NETWORK" */
    char **macs;        /* "CARD=ADDRESS" */
    char **addresses;   /* as --ip has them */
    gboolean regenerate_macs;
    Firmware firmware;
    guint cpus;
    uint64_t memory_bytes;
    char *disk_bus;
    char *root;
    char *fs_backend;
    char **allow_paths;
    gboolean skip_checksums;
    char **keys; /* "ID:file:PATH" or "ID:env:NAME"; never the secret */
    char *virtio_win;
    char **drivers; /* folders */
    gboolean no_firstboot_service;
    gboolean winre;
    gboolean discard_hibernation;
    char **firstboot; /* scripts */
    char **edits;     /* options with their values, in their order: "--write=/etc/motd:hello" */
    char *format;     /* "qcow2" or "raw" */
    char *compress;   /* "zstd" or "zlib" */
} BatchSettings;

void batch_settings_clear(BatchSettings *settings);
/* *ret_copy is zeroed, or cleared by the caller before. */
void batch_settings_copy(const BatchSettings *settings, BatchSettings *ret_copy);

typedef enum {
    BATCH_HOOK_BEFORE,  /* before a machine is converted; its failure is the machine's */
    BATCH_HOOK_AFTER,   /* when it is done */
    BATCH_HOOK_FAILURE, /* when it has failed */
    BATCH_HOOK_LAST
} BatchHookPoint;

typedef enum {
    BATCH_HOOK_SCRIPT,
    BATCH_HOOK_HTTP,
} BatchHookType;

typedef struct {
    BatchHookPoint point;
    BatchHookType type;
    char *stage;             /* what it is told of that; NULL: the point's name */
    char *path;              /* script: absolute */
    char **arguments;        /* script */
    char **environment;      /* script: "NAME=VALUE" */
    char *working_directory; /* script: absolute; NULL: the manifest's folder */
    char *url;               /* http */
    char *method;            /* http; NULL: POST */
    char **headers;          /* http: "NAME=VALUE" */
    char *body;              /* http: a JSON text; NULL: none */
    guint timeout_seconds;   /* 0: the default */
    gboolean continue_on_error;
    DocumentPlace place;
} BatchHook;

BatchHook *batch_hook_new(BatchHookType type);
void batch_hook_free(BatchHook *hook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchHook, batch_hook_free)
const char *batch_hook_point_name(BatchHookPoint point); /* "before", "after", "failure" */

typedef struct {
    char *id; /* unique; letters, digits, '.', '_' and '-': a file name */
    char *
        *sources; /* as convert takes them: one path, or the paths of disks, the boot disk first */
    BatchSettings settings; /* with what defaults say */
    GPtrArray *hooks;       /* of BatchHook; may be shared with other machines; never NULL */
    gint priority;          /* lower ones first; alike: in the manifest's order */
    gboolean enabled;
    DocumentPlace place;
    GPtrArray *findings; /* of Finding, about the entry; NULL: none */
} BatchMachine;

/* Enabled, without sources; place may be {0}. */
BatchMachine *batch_machine_new(const char *id, DocumentPlace place);
void batch_machine_free(BatchMachine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchMachine, batch_machine_free)

typedef struct {
    char *path;      /* absolute */
    char *directory; /* of the manifest: what its paths are relative to */
    char *kind;      /* "drydock", or whose manifest it is: "hyper2kvm-artifact", … */
    guint jobs;      /* 0: not said */
    gboolean stop_on_error;
    GPtrArray *machines; /* of BatchMachine, in the manifest's order: --index counts these from 0 */
    GHashTable *ids;     /* the same machines by id */
    GPtrArray *findings; /* of Finding, about the manifest as a whole */
} BatchManifest;

BatchManifest *batch_manifest_new(const char *path);
void batch_manifest_free(BatchManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchManifest, batch_manifest_free)

/* Reads and expands: a source that is a pattern or a folder of several machines becomes several
   machines. DRYDOCK_ERROR_USAGE with file, line and column for everything that is wrong. */
BatchManifest *batch_manifest_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of a document that is read already, from the file at path. */
BatchManifest *batch_manifest_parse(const char *path, const Document *document,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A path of the manifest, absolute. */
char *batch_manifest_resolve(const BatchManifest *manifest, const char *path);

/* Appends machine, which the manifest then owns, unless its id is no file name or another's. */
gboolean batch_manifest_add(BatchManifest *manifest, BatchMachine *machine,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* NULL: there is none. */
BatchMachine *batch_manifest_find(const BatchManifest *manifest, const char *id);

#endif
