/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the source's configuration says of a machine, in one shape for VMX, OVF, Hyper-V and bare
   disks. What a source does not say stays at its "unknown" value; domain/ fills in defaults. */
#ifndef CONVERT_MACHINE_H
#define CONVERT_MACHINE_H

#include <glib.h>
#include <stdint.h>

#include "base/firmware.h"

typedef enum {
    SOURCE_FORMAT_RAW,
    SOURCE_FORMAT_QCOW2,
    SOURCE_FORMAT_VMDK,
    SOURCE_FORMAT_VHD,
    SOURCE_FORMAT_VHDX,
} SourceFormat;

typedef struct {
    char *path;          /* of the host; absolute */
    SourceFormat format; /* by content, never by name */
    char *variant; /* "monolithicSparse", "streamOptimized", "dynamic", "fixed", …; may be NULL */
    uint64_t size_bytes;  /* as the guest sees the disk */
    uint32_t sector_size; /* logical, bytes */
    char *image_options;  /* for nbd_server_start(): how qemu is told to read it, read-only */
} MachineDisk;

typedef struct {
    char *mac;     /* "00:0c:29:xx:xx:xx" lower case; NULL: not known */
    char *network; /* name of the port group or switch; NULL: not known */
    char *model;   /* "vmxnet3", "e1000", …; NULL: not known */
} MachineNic;

typedef struct {
    char *name; /* safe as a file name: letters, digits, '.', '_', '-' */
    char *uuid; /* SMBIOS UUID, lower case; NULL: not known */
    Firmware firmware;
    gboolean secure_boot;
    guint cpus;            /* 0: not known */
    uint64_t memory_bytes; /* 0: not known */
    GPtrArray *disks;      /* of MachineDisk, in boot order */
    GPtrArray *nics;       /* of MachineNic, in the source's order */
} Machine;

Machine *machine_new(void);
void machine_free(Machine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Machine, machine_free)

const char *source_format_name(SourceFormat format); /* "vmdk", … as qemu and our JSON say it */

#endif
