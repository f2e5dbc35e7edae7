/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XFS and Btrfs through the host's own kernel, for root where there is no User-Mode Linux: the
   agent runs as a process beside us, in a mount namespace of its own. The kernel reads bytes of the
   guest then, and it is the host's. */
#ifndef FS_HOST_PROCESS_H
#define FS_HOST_PROCESS_H

#include <glib.h>

typedef struct HostProcess HostProcess;

/* Whether this process is root, and FUSE and loop devices are there. */
gboolean host_process_is_possible(void);

/* *ret_fd: for fs_kernel_new(). Nothing is mounted for good: all of it ends with the descriptor,
   with this process or host_process_stop(). */
HostProcess *host_process_start(int *ret_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void host_process_stop(HostProcess *process); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostProcess, host_process_stop)

#endif
