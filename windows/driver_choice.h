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
    char *inf_path; /* in the tree */
    InfDriver *driver;
    GPtrArray *files;        /* of char *: paths in the tree of the whole package */
    gboolean is_legacy_only; /* knows virtio 0.9 devices only: BLOCK, SCSI, NET */
} ChosenDriver;

typedef struct {
    GPtrArray *drivers;    /* of ChosenDriver, by name */
    GPtrArray *considered; /* of char *: "viostor/w8.1/amd64/viostor.inf: viostor.sys is …" */
    GPtrArray *refused;    /* of char *: like considered, disk and network drivers of this Windows
                              that it would not load */
} DriverChoice;

/* folders: as in driver_directory_rank(). A file of the tree that cannot be read or parsed counts
   as not usable. */
DriverChoice *driver_choice_new(const DriverTree *tree, const DriverTarget *target,
                                const char *const *folders);
void driver_choice_free(DriverChoice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DriverChoice, driver_choice_free)

/* NULL: none. */
const ChosenDriver *driver_choice_find(const DriverChoice *choice, DriverRole role);

/* The service that drives the device, and its file's name without folder; NULL: none. */
const InfService *chosen_driver_service(const ChosenDriver *chosen);
char *inf_service_file_name(const InfService *service);

#endif
