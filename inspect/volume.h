/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every volume on a machine's disks: partitions, whole disks without a table, later what LVM, RAID
   and encryption make of them; with the filesystem on each. */
#ifndef INSPECT_VOLUME_H
#define INSPECT_VOLUME_H

#include "disk/key.h"
#include "disk/partition.h"
#include "disk/probe.h"
#include "fs/fs.h"

/* Memory of the block cache in front of each volume: what keeps a whole inspection below 20 MB.
   Staged edits are written through it too; what does not fit goes to the disk earlier, not never.
 */
#define VOLUME_CACHE_BYTES (4u << 20)

typedef struct {
    guint disk_index;            /* 0…, in the machine's order */
    const PartitionTable *table; /* of that disk, borrowed from the set */
    const Partition *partition;  /* NULL: the whole disk */
    char *name;                  /* as Linux would call it on virtio or SCSI: "sda2", "sdb" */
    Disk *disk;                  /* window with a write-back cache in front; decrypted */
    const char *encryption;      /* what it is decrypted from, "BitLocker"; NULL: nothing */
    VolumeProbe *probe;
    Fs *fs; /* NULL: no filesystem we open */
} Volume;

typedef struct {
    GPtrArray *disks;   /* of Disk, borrowed elements hold references */
    GPtrArray *tables;  /* of PartitionTable, one per disk */
    GPtrArray *volumes; /* of Volume */
} VolumeSet;

/* disks: of Disk, in the machine's order; the set takes references. A volume that cannot be opened
   is listed without fs and adds a finding. findings: see base/finding.h. keys: for encrypted
   volumes, not needed afterwards; may be NULL. */
gboolean volume_set_open_with_keys(GPtrArray *disks, const KeyRing *keys, GPtrArray *findings,
                                   VolumeSet **ret_set, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean volume_set_open(GPtrArray *disks, GPtrArray *findings, VolumeSet **ret_set,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void volume_set_free(VolumeSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VolumeSet, volume_set_free)

/* The partition UEFI firmware looks for boot loaders in: by type, whatever it holds. */
gboolean volume_is_esp(const Volume *volume);
/* The EFI system partition with a filesystem, that of disk_index before others; NULL: none. */
const Volume *volume_set_find_esp(const VolumeSet *set, guint disk_index);

/* The volume a Linux guest calls spec: UUID=, LABEL=, PARTUUID=, PARTLABEL=, /dev/disk/by-…, or a
   device name of any driver (/dev/sda1, hda1, vda1, xvda1, nvme0n1p1, mmcblk0p1), counted in disk
   order. NULL: none, or nothing that says which. */
const Volume *volume_set_find_linux(const VolumeSet *set, const char *spec);

#endif
