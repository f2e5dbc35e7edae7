/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source machine with its disks being served: what inspect, plan, convert and registry start
 * from. */
#ifndef MIGRATE_SESSION_H
#define MIGRATE_SESSION_H

#include "convert/source.h"
#include "disk/key.h"
#include "fs/uml.h"
#include "migrate/worker.h"

typedef struct Session Session;

/* Passes source's disks through the gate and serves them: one qemu-nbd each. overlay_dir: NULL: the
   sources are served read-only; else an overlay is made there for every disk ("N.overlay") and
   served for writing, and what has to be unpacked goes there too. Takes source over, also on
   failure. */
Session *session_open(Source *source, const char *overlay_dir,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void session_close(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_close)

const Machine *session_machine(const Session *session);
/* See source_adopt_mac(). In the process that reads the guest, and in the one that reports. */
void session_adopt_mac(const Session *session, const char *mac);
const GPtrArray *session_findings(const Session *session); /* of Finding: about the source */
gboolean session_is_writable(const Session *session);

/* What opens the encrypted volumes: borrowed, NULL at first. For the process that reads the guest,
   which wipes its copy as soon as the volumes are open. */
void session_set_keys(Session *session, KeyRing *keys);
KeyRing *session_keys(const Session *session);
/* Of several systems that on this volume is meant, see volume_set_choose_root(): borrowed. NULL, as
   at first: the boot loader's default. */
void session_set_root(Session *session, const char *root);
const char *session_root(const Session *session);

/* What reads and writes XFS and Btrfs. */
typedef enum {
    FS_BACKEND_BEST, /* User-Mode Linux; where root has none, the host's kernel */
    FS_BACKEND_UML,
    FS_BACKEND_HOST,
    FS_BACKEND_NONE, /* do without */
} FsBackend;

/* FS_BACKEND_BEST at first. */
void session_set_backend(Session *session, FsBackend backend);

/* Where session_open() makes the overlay of disk number index. */
char *session_overlay_path(const char *overlay_dir, guint index);

/* A descriptor for fs_kernel_new(), of a kernel that is started or asked for it, up to
   FS_KERNEL_LEVELS times: for the process that may start programs; provider is a Session (see
   WorkerListener). -1: *error. */
int session_provide_kernel(void *provider, GError **error);
/* In the process that reads the guest: what asks for it when a volume needs one. channel is
   borrowed. NULL: it is to do without. */
FsKernel *session_new_kernel(const Session *session, WorkerChannel *channel);

/* Ends the servers and the kernels, so that the overlays can be read by somebody else. */
void session_stop_servers(Session *session);

/* How qemu reads disk number index: overlay and source, or the source alone. */
const char *session_image_options(const Session *session, guint index);

/* Connects to every disk; of Disk, in the machine's order. For the process that reads the guest. A
   read-only session gives disks that can be written in memory (see disk_new_scratch()). Also loads
   what reading LUKS volumes takes: from here on this process may be confined. */
GPtrArray *session_connect_disks(const Session *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
