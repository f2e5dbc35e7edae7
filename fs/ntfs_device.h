/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libntfs-3g takes for a block device: a Disk with a gate in front of its writes. */
#ifndef FS_NTFS_DEVICE_H
#define FS_NTFS_DEVICE_H

#include "disk/disk.h"
#include "fs/ntfs_library.h"

typedef enum {
    NTFS_GATE_CLOSED,  /* a write is refused: nobody asked for one */
    NTFS_GATE_OPEN,    /* a change is being made */
    NTFS_GATE_DISCARD, /* a write pretends to succeed: the volume is being given up */
} NtfsGate;

typedef struct {
    Disk *disk; /* reference */
    uint64_t position;
    NtfsGate gate;
    guint discarded; /* writes that came while the gate was at NTFS_GATE_DISCARD */
    GError *error;   /* the first failure of the disk not yet reported, or NULL */
} NtfsDevice;

NtfsDevice *ntfs_device_new(Disk *disk);
void ntfs_device_destroy(NtfsDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtfsDevice, ntfs_device_destroy)

/* Reads and writes go to disk from now on, which has the same content. */
void ntfs_device_use(NtfsDevice *device, Disk *disk);

/* A handle for ntfs_device_mount(), which takes it over when it succeeds. NULL: out of memory. */
struct ntfs_device *ntfs_device_handle(NtfsDevice *device);

/* Sets *error from the library's errno_value: the disk's own error where there was one. The message
   starts with what was being done. */
void ntfs_device_set_error(NtfsDevice *device, int errno_value, GError **error, const char *format,
                           ...) G_GNUC_PRINTF(4, 5);

/* The library's messages go to our debug log. */
void ntfs_library_init(void);

#endif
