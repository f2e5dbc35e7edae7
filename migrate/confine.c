/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes from this process what parsing guest data never needs. */
#include "migrate/confine.h"

#include <errno.h>
#include <seccomp.h>

#include "base/confine.h"
#include "base/error.h"

/* Besides what confine_prepare() always denies. */
static const int denied_calls[] = {
    SCMP_SYS(execve),   SCMP_SYS(execveat),   SCMP_SYS(fork),       SCMP_SYS(vfork),
    SCMP_SYS(socket),   SCMP_SYS(socketpair), SCMP_SYS(connect),    SCMP_SYS(bind),
    SCMP_SYS(listen),   SCMP_SYS(accept),     SCMP_SYS(accept4),    SCMP_SYS(ptrace),
    SCMP_SYS(kill),     SCMP_SYS(tkill),      SCMP_SYS(pidfd_open), SCMP_SYS(chmod),
    SCMP_SYS(fchmodat), SCMP_SYS(chown),      SCMP_SYS(fchownat),   SCMP_SYS(utimensat),
    SCMP_SYS(setxattr), SCMP_SYS(chdir),
};

gboolean confine_process(gboolean *ret_files, GError **error)
{
    return confine_process_but(-1, ret_files, error);
}

gboolean confine_process_but(int readable, gboolean *ret_files, GError **error)
{
    /* Memory files stay reachable through /proc/self/fd, which hivex needs. */
    const ConfineOptions options = {.readable_fd = readable,
                                    .denied_calls = denied_calls,
                                    .denied_count = G_N_ELEMENTS(denied_calls)};
    g_autoptr(Confinement) confinement = confine_prepare(&options, error);
    if (!confinement)
        return FALSE;
    if (!confine_apply(confinement, ret_files)) {
        drydock_error_set_errno(error, errno, "cannot confine the process that reads the guest");
        return FALSE;
    }
    return TRUE;
}
