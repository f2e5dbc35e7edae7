/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drivers one installed kernel has for a virtio machine: built in, as module files, or not at
   all. */
#ifndef LINUX_MODULES_H
#define LINUX_MODULES_H

#include "inspect/guest.h"

typedef enum {
    DRIVER_MISSING,
    DRIVER_MODULE,
    DRIVER_BUILT_IN,
} DriverState;

typedef enum {
    DRIVER_VIRTIO_PCI,
    DRIVER_VIRTIO_BLK,
    DRIVER_VIRTIO_SCSI,
    DRIVER_SD_MOD,
    DRIVER_VIRTIO_NET,
    DRIVER_AHCI, /* only looked for where virtio disks are out of the question */
    DRIVER_COUNT,
} Driver;

typedef struct {
    char *name; /* "virtio_blk": '_' for every '-' */
    char *path; /* below the kernel's modules folder: "kernel/drivers/block/virtio_blk.ko.xz" */
    char *stem; /* path without the compression's suffix: "kernel/…/virtio_blk.ko" */
    GPtrArray *depends; /* of KernelModule, borrowed, in modules.dep's order: last first */
    gboolean wanted;    /* by name in this list; FALSE: only because another needs it */
} KernelModule;

typedef struct {
    DriverState state[DRIVER_COUNT];
    GPtrArray *boot;    /* of KernelModule: what the boot disk needs, in load order */
    GPtrArray *network; /* of KernelModule: what the network needs beyond that, in load order */
    char *folder;       /* "/lib/modules/6.1.0-28-amd64" in the guest's tree */
} KernelModules;

/* A kernel without a modules folder has what its configuration builds in. */
KernelModules *kernel_modules_read(FsTree *tree, const GuestKernel *kernel,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void kernel_modules_free(KernelModules *modules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelModules, kernel_modules_free)

gboolean kernel_modules_can_boot(const KernelModules *modules); /* virtio-blk, virtio-scsi */
gboolean kernel_modules_have_network(const KernelModules *modules);
const char *driver_name(Driver driver); /* "virtio_blk" */

/* The file itself, as it is in the guest. */
GBytes *kernel_module_read_file(FsTree *tree, const KernelModules *modules,
                                const KernelModule *module,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Adds "alias" lines of the guest's modules.alias that belong to one of modules (of KernelModule):
   of char *, alternating pattern and module name. */
gboolean kernel_modules_read_aliases(FsTree *tree, const KernelModules *modules,
                                     const GPtrArray *list, GPtrArray *ret_aliases,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Length of path without ".xz", ".zst" or ".gz". */
size_t module_stem_length(const char *path);

#endif
