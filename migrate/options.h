/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of every subcommand, read by GOption from one table. */
#ifndef MIGRATE_OPTIONS_H
#define MIGRATE_OPTIONS_H

#include "convert/source.h"
#include "disk/key.h"
#include "migrate/customise.h"
#include "migrate/progress.h"
#include "migrate/session.h"
#include "profiles/target.h"
#include "windows/windows_guest.h"

/* Which options a subcommand takes besides the common ones. */
typedef enum {
    OPTIONS_COMMON = 0,
    OPTIONS_OUTPUT = 1 << 0, /* -o, --disk-bus, --network, --network-map, --sync */
    OPTIONS_EDITS =
        1 << 1, /* --target-profile, --virtio-win, --driver, --no-firstboot-service, --winre, … */
    OPTIONS_INSPECT = 1 << 2, /* --json, --source-only */
    OPTIONS_SOURCE = 1 << 3,  /* --name, --allow-path, --skip-checksums, --key */
    OPTIONS_MACHINE = 1 << 4, /* --cpus, --memory, --firmware */
    /* Values and files by hand: */
    OPTIONS_TARGET = 1 << 8,     /* -o, --in-place, --dry-run */
    OPTIONS_JSON = 1 << 9,       /* --json */
    OPTIONS_RECURSIVE = 1 << 10, /* --recursive */
    OPTIONS_USER = 1 << 11,      /* --user */
    OPTIONS_TYPE = 1 << 12,      /* --type */
    OPTIONS_SEARCH = 1 << 13,    /* --keys, --values, --data, --limit */
    OPTIONS_UTF8 = 1 << 14,      /* --utf8 */
    OPTIONS_LONG = 1 << 15,      /* --long */
    OPTIONS_DRIVERS = 1 << 16,   /* --virtio-win, --driver; OPTIONS_EDITS has them too */
    OPTIONS_FIX = 1 << 17,       /* --undo-file, --undo-in-memory, --undo, --yes, … */
    OPTIONS_BATCH = 1 << 18,     /* -o, --jobs, --only, --index, … */
    OPTIONS_NICS = 1 << 19,      /* --mac, --ip, --regenerate-macs */
} OptionsKind;

typedef struct {
    char **arguments; /* what is left: sources and so on; never NULL */
    guint argument_count;
    ProgressMode progress;
    char *profile_dir;
    Profiles *profiles;   /* of operating systems; never NULL after options_parse() */
    char *target_profile; /* NULL: not said */
    TargetProfiles *targets;
    const TargetProfile *target; /* of OPTIONS_EDITS: never NULL after options_parse() */
    FsBackend fs_backend;
    char *virtio_win;
    char **drivers; /* folders; NULL: none */
    WindowsOptions windows;
    gboolean winre;
    Customisation *customisation; /* never NULL after options_parse() */
    char *output_directory;
    char *disk_bus;
    char *network;
    char **network_map;
    char **macs, **ips; /* see NicChanges */
    gboolean regenerate_macs;
    gboolean discard_hibernation;
    gboolean json;
    gboolean source_only;
    gboolean sync;
    gboolean in_place;
    gboolean dry_run;
    char *undo_file, *undo, *report;
    gboolean undo_in_memory, yes, force;
    gboolean recursive;
    gboolean long_form;
    gboolean utf8;
    gboolean search_keys, search_values, search_data;
    gint limit; /* never negative; 0: no limit */
    char *user;
    char *type;
    char *name;
    char **allow_paths;
    char *root;
    gboolean skip_checksums;
    KeyRing *keys; /* never NULL after options_parse() */
    guint cpus;
    uint64_t memory_bytes;
    Firmware firmware;
    char *format;   /* NULL: qcow2 */
    char *compress; /* NULL: not; "zstd" or "zlib" */
    /* Of a batch: */
    guint jobs; /* 0: not said */
    char *only; /* NULL: all */
    gint index; /* -1: all */
    gboolean check, retry_failed, stop_on_error;
} Options;

void options_clear(Options *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* argv[0] is the subcommand's name. parameters and summary are for --help ("SOURCE…"), which prints
   and exits. */
gboolean options_parse(Options *options, OptionsKind kind, const char *parameters,
                       const char *summary, int argc, char **argv,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The options of a source; borrowed from options. Checksums and unpacking are shown by progress. */
SourceRequest options_source_request(const Options *options, Progress *progress);

#endif
