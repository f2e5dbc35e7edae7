/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which drivers of a collection a guest gets, decided by what their INF files say. */
#ifndef WINDOWS_DRIVER_CHOICE_H
#define WINDOWS_DRIVER_CHOICE_H

#include "windows/driver_policy.h"
#include "windows/driver_tree.h"
#include "windows/inf_driver.h"

typedef enum {
    DRIVER_ROLE_BLOCK, /* virtio-blk */
    DRIVER_ROLE_SCSI,  /* virtio-scsi */
    DRIVER_ROLE_NET,   /* virtio-net */
    DRIVER_ROLE_OTHER,
} DriverRole;

typedef struct {
    char *name; /* "viostor": the INF's name, lower case */
    DriverRole role;
    const DriverTree *tree; /* that has it; borrowed */
    char *inf_path;         /* in the tree */
    InfDriver *driver;
    GPtrArray *files;        /* of char *: paths in the tree of the whole package */
    gboolean is_legacy_only; /* knows virtio 0.9 devices only: BLOCK, SCSI, NET */
    gboolean is_named;       /* from a folder the user names for its sake */
    gboolean boots;          /* of a disk's controller, to be made bootable */
    char *boot_file;         /* boots: path in the tree of its driver file */
} ChosenDriver;

/* One INF that was looked at. */
typedef struct {
    const DriverTree *tree; /* borrowed */
    char *path;             /* of the INF in the tree */
    char *version;          /* "100.94.104.24000"; NULL: not read */
    char *date;             /* "2023-07-21"; NULL: not read, or none */
    gboolean is_foreign;    /* not read, as its folder is for another processor */
    gboolean is_taken;
    char *reason; /* why it is taken, or why not */
} DriverConsidered;

typedef struct {
    GPtrArray *drivers;    /* of ChosenDriver, by name */
    GPtrArray *considered; /* of DriverConsidered, by tree and path */
    GPtrArray *refused; /* of char *: "viostor/w8.1/amd64/viostor.inf: viostor.sys is …", disk and
                           network drivers, and named ones, that this Windows would not load */
} DriverChoice;

typedef struct {
    const DriverTree *collection; /* virtio-win; NULL: none */
    const GPtrArray *named;       /* of DriverTree: folders with other vendors' drivers, which win
                                     over the collection's for the same device; NULL: none */
} DriverSources;

/* folders: as in driver_directory_rank(). A file of a tree that cannot be read or parsed counts as
   not usable. The trees must outlive the choice. */
DriverChoice *driver_choice_new(const DriverSources *sources, const DriverTarget *target,
                                const char *const *folders);
void driver_choice_free(DriverChoice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DriverChoice, driver_choice_free)

/* Whether each named folder gave a driver; DRYDOCK_ERROR_USAGE with the reasons of what it has
   that did not fit. */
gboolean driver_choice_check_named(const DriverChoice *choice, const DriverSources *sources,
                                   const DriverTarget *target,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* NULL: none. */
const ChosenDriver *driver_choice_find(const DriverChoice *choice, DriverRole role);

/* The service that drives the device; NULL: none. */
const InfService *chosen_driver_service(const ChosenDriver *chosen);

#endif
