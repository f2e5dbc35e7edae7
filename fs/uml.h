/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XFS and Btrfs, which nothing writes inside a process of ours, journals of ext4 that we do not
   replay, and volumes that we do not map ourselves: a Linux kernel that is an ordinary process
   (User-Mode Linux) mounts them, and puts them together. It needs no rights, no KVM and no FUSE.
   Where root has none the host's kernel mounts (fs/host_process.h), but puts nothing together.

   A UmlProcess is the kernel, started by the process that may start programs. An FsKernel is the
   other end of its one connection, in the process that reads the guest: it is the kernel's disk, so
   that whatever a Disk stands on can be mounted, and it asks the agent inside for files. */
#ifndef FS_UML_H
#define FS_UML_H

#include "disk/mapper.h"
#include "fs/fs.h"

typedef struct UmlProcess UmlProcess;

/* Starts the kernel: confined to its own folder, without network; it ends with this process,
   whatever ends that. DRYDOCK_ERROR_MISSING_TOOL: it is not installed. Takes the kernel a second or
   two, this call some milliseconds. */
UmlProcess *uml_process_start(GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean uml_process_is_installed(void);
/* Waits until the kernel connects. Returns the descriptor, for fs_kernel_new(); -1: error. */
int uml_process_connect(UmlProcess *process, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void uml_process_stop(UmlProcess *process); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UmlProcess, uml_process_stop)

/* How a kernel is had when one is needed: a descriptor of uml_process_connect() or
   host_process_start(), or -1 with *error.
   Called once for each that stands on volumes of another: the first one stands on disks. */
typedef int (*FsKernelConnect)(void *data, GError **error);

typedef struct FsKernel FsKernel;

/* So many kernels may stand on each other: a filesystem on a volume that another kernel makes of
   volumes of a third one. */
#define FS_KERNEL_LEVELS 4

/* Nothing happens yet. Outlives all filesystems opened through it. */
FsKernel *fs_kernel_new(FsKernelConnect connect, void *data);
void fs_kernel_free(FsKernel *kernel); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FsKernel, fs_kernel_free)

/* TRUE for "xfs" and "btrfs". */
gboolean fs_kernel_has_type(const char *type);

/* As fs_open(). others: of Disk, the further devices of a Btrfs filesystem; may be NULL. The top
   level of Btrfs is opened: its subvolumes are directories. */
gboolean fs_kernel_open(FsKernel *kernel, Disk *volume, const GPtrArray *others, const char *type,
                        Fs **ret_fs, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The volume is an ext4 that can be written, with a journal of its own which is not empty: where
   fs_open() cannot replay that, a kernel may. */
gboolean fs_kernel_can_replay(Disk *volume, const char *type);
/* Has the kernel replay the journal and empty it: then fs_open() opens the volume. What that
   changes stays with the first flush. DRYDOCK_ERROR_CORRUPT: the kernel does not want to. */
gboolean fs_kernel_replay(FsKernel *kernel, Disk *volume, const char *type,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Devices that the kernel is to put together, each when it is first wanted. */
typedef struct FsStack FsStack;

/* Nothing happens yet. kernel outlives the stack and its disks. */
FsStack *fs_stack_new(FsKernel *kernel, MapperPlan *plan);
void fs_stack_unref(FsStack *stack); /* its disks hold references; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FsStack, fs_stack_unref)

/* The plan's device as a disk. When a disk of the stack is flushed the kernel takes the stack
   apart, so that what is below is as after an orderly end; the next access puts it together again.
   A disk below that cannot be written gets its writes kept in memory, and the disk cannot be
   written either. DRYDOCK_ERROR_CORRUPT: the kernel does not want to, the message says why. */
Disk *fs_stack_open(FsStack *stack, guint device, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define FS_SUBVOLUME_TOP_LEVEL 5 /* the identifier of what all others are in */

typedef struct {
    char *path; /* its folder from the top level; "/": that itself */
    uint64_t id;
} FsSubvolume;

/* Of Btrfs: of FsSubvolume, the one that is mounted by default first. Others have none of them: the
   top level alone. */
gboolean fs_list_subvolumes(Fs *fs, GPtrArray **ret_subvolumes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
