/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process gives up before it touches guest data: files of the host (Landlock) and system
   calls (seccomp). Prepared in one process, it can be applied in a child of it. */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <glib.h>

typedef struct Confinement Confinement;

typedef struct {
    /* Files and folders with what is below them; NULL-terminated, or NULL for none. Those that do
       not exist are left out. */
    const char *const *readable; /* also to be executed */
    const char *const *writable; /* files and sockets can be made and removed there, too */
    int readable_fd;             /* one more file that can be opened for reading; -1: none */
    /* Numbers of system calls (SCMP_SYS()) that fail with EPERM, besides those of an administrator.
     */
    const int *denied_calls;
    size_t denied_count;
    /* Sockets other than AF_UNIX cannot be made either. */
    gboolean only_unix_sockets;
} ConfineOptions;

Confinement *confine_prepare(const ConfineOptions *options,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void confine_free(Confinement *confinement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Confinement, confine_free)

/* From here on, for this process and all it starts, for good. Makes system calls only, so that it
   may be called after fork(). *ret_files FALSE: the host's kernel has no Landlock (before 5.13), so
   that part is missing. FALSE and errno: not even seccomp is possible. */
gboolean confine_apply(const Confinement *confinement, gboolean *ret_files);

#endif
