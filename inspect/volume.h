/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every volume on a machine's disks: partitions, whole disks without a table, what LVM and
   encryption make of them; with the filesystem on each. */
#ifndef INSPECT_VOLUME_H
#define INSPECT_VOLUME_H

#include "disk/key.h"
#include "disk/partition.h"
#include "disk/probe.h"
#include "fs/fs.h"
#include "fs/uml.h"

/* Memory of the block cache in front of each volume: what keeps a whole inspection below 20 MB.
   Staged edits are written through it too; what does not fit goes to the disk earlier, not never.
 */
#define VOLUME_CACHE_BYTES (4u << 20)

typedef enum {
    VOLUME_ON_DISK, /* a partition, or a whole disk */
    VOLUME_LVM,     /* a logical volume */
    VOLUME_RAID,    /* an array of Linux software RAID, or a partition of one */
    VOLUME_DYNAMIC, /* a volume of Windows' dynamic disks */
} VolumeLayer;

typedef enum {
    VOLUME_LOCKED,    /* no key fitted; the volume is as it is stored */
    VOLUME_UNLOCKED,  /* with a key that was given */
    VOLUME_SUSPENDED, /* its key is on the disk */
    VOLUME_PLAIN,     /* has the layout, and nothing is encrypted */
} VolumeLock;

typedef struct {
    VolumeLock lock;
    const char *method; /* of the sectors, "AES-XTS-128"; NULL: not known */
    char *id;           /* of the volume in its metadata; NULL: that could not be read */
    GStrv protector_ids, protector_kinds; /* what opens it, both as long; NULL likewise */
    char *reason;                         /* VOLUME_LOCKED: why, for people */
} VolumeBitlocker;

typedef struct {
    VolumeLayer layer;
    guint disk_index;            /* 0…, in the machine's order; of a layer: where it begins */
    const PartitionTable *table; /* of that disk, borrowed from the set */
    const Partition *partition;  /* NULL: the whole disk, or a layer */
    char *name; /* as Linux would call it on virtio or SCSI: "sda2", "sdb", "md0", "group/root" */
    char **devices;         /* of a layer: every name below /dev that Linux gives it; else NULL */
    char *layer_uuid;       /* of the logical or dynamic volume or the array; NULL on a disk */
    char *group_uuid;       /* of its volume group; NULL: in none */
    gboolean has_snapshots; /* what is free on it may still be in use by them */
    gboolean is_on_esp;     /* RAID: its members are EFI system partitions */
    gboolean is_member;     /* handed on to a layer, which alone reads and writes it */
    Disk *stored;           /* what disk is a cache in front of */
    Disk *disk;             /* with a write-back cache in front unless is_member; decrypted */
    const char *encryption; /* what it is decrypted from: "BitLocker", "LUKS1"; NULL: nothing */
    char *encryption_uuid;  /* of the LUKS volume; NULL: not decrypted from one */
    VolumeBitlocker *bitlocker; /* what its metadata says, opened or not; NULL: has none */
    VolumeProbe *probe;
    FsOpenFlags open_flags; /* for fs */
    GError *refusal;        /* of fs_open(), where a kernel may help; else NULL */
    Fs *fs;                 /* NULL: no filesystem we open */
    GPtrArray *subvolumes;  /* Btrfs: of FsSubvolume, the default one first; else NULL */
} Volume;

/* Where a disk was in the machine it comes from. */
typedef struct {
    const char *bus; /* "scsi", "sata", "ide", "nvme", …; static; NULL: not known */
    guint unit;      /* "scsi0:1" is unit 1 */
    const char *wwn; /* its SCSI identifier in hexadecimal digits, lower case; NULL: not known;
                        borrowed from the machine, which outlives the set */
} VolumePlace;

typedef struct {
    GPtrArray *disks;          /* of Disk, borrowed elements hold references */
    GPtrArray *tables;         /* of PartitionTable, one per disk, then those inside arrays */
    FsOpenFlags open_flags;    /* for every filesystem on a partition or a whole disk */
    GPtrArray *volumes;        /* of Volume */
    GArray *places;            /* of VolumePlace, one per disk; NULL: not known */
    const Volume *wanted_root; /* the user wants the system on it; NULL: the boot loader's choice */
    GPtrArray *unmapped; /* of char: volumes known by name only, "group/root (thin)"; NULL: none */
    FsKernel *kernel;    /* borrowed; NULL: there is none */
} VolumeSet;

/* disks: of Disk, in the machine's order; the set takes references. A volume that cannot be opened
   is listed without fs and adds a finding. findings: see base/finding.h. keys: for encrypted
   volumes, not needed afterwards; may be NULL. kernel: for volumes and filesystems that only a
   Linux kernel can read: outlives the set; NULL: there is none, and each such volume adds a
   finding. */
gboolean volume_set_open_with_kernel(GPtrArray *disks, const KeyRing *keys, FsOpenFlags flags,
                                     FsKernel *kernel, GPtrArray *findings, VolumeSet **ret_set,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same without a kernel. */
gboolean volume_set_open_with_keys(GPtrArray *disks, const KeyRing *keys, GPtrArray *findings,
                                   VolumeSet **ret_set, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean volume_set_open(GPtrArray *disks, GPtrArray *findings, VolumeSet **ret_set,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Keeps what opening has changed: replayed logs, hibernation that was given up; and leaves volumes
   that a kernel has put together as after an orderly end. For a set that can be written. */
gboolean volume_set_settle(const VolumeSet *set, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void volume_set_free(VolumeSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VolumeSet, volume_set_free)

/* Where the next disk was, in the machine's order: it makes names below /dev/disk/by-path speak. */
void volume_set_add_place(VolumeSet *set, const VolumePlace *place);

/* It is the partition with that number of that disk; number 0: the whole disk. */
gboolean volume_is_at(const Volume *volume, guint64 disk_index, guint64 number);

/* Encrypted, and no key fitted. */
gboolean volume_is_locked(const Volume *volume);
/* The partition UEFI firmware looks for boot loaders in: by type, whatever it holds. */
gboolean volume_is_esp(const Volume *volume);
/* The EFI system partition with a filesystem, that of disk_index before others; NULL: none. */
const Volume *volume_set_find_esp(const VolumeSet *set, guint disk_index);

/* The volume a Linux guest calls spec: UUID=, LABEL=, PARTUUID=, PARTLABEL=, /dev/disk/by-…, or a
   device name of any driver (/dev/sda1, hda1, vda1, xvda1, nvme0n1p1, mmcblk0p1), counted in disk
   order, or a logical volume's. root: of the system that uses the name; its volume group comes
   before others of the same name; may be NULL. NULL: none, or nothing that says which. */
const Volume *volume_set_find_linux(const VolumeSet *set, const Volume *root, const char *spec);

/* The system on the volume of that name, or of that spec as above, is the guest that
   guest_inspect() finds. DRYDOCK_ERROR_USAGE: there is no such volume; the hint names all. */
gboolean volume_set_choose_root(VolumeSet *set, const char *spec,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
