/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process gives up before it touches guest data. */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

/* All rights of the first version of Landlock; what is not granted again is gone. */
#define RIGHTS_READ                                                                                \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_OF_FILES                                                                            \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define RIGHTS_MAKE                                                                                \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define RIGHTS_ALL                                                                                 \
    (RIGHTS_READ | RIGHTS_MAKE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO |     \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What no program of ours needs. Answered with EPERM: libraries then report a failed call instead
   of dying. */
static const int always_denied[] = {
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
};

struct Confinement {
    int ruleset_fd; /* -1: no Landlock */
    struct sock_filter *filter;
    unsigned short filter_length;
};

static gboolean add_rule(int ruleset, int fd, uint64_t rights)
{
    struct landlock_path_beneath_attr attributes = {.allowed_access = rights, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0) == 0;
}

static gboolean grant(int ruleset, const char *path, uint64_t rights, GError **error)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat status;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return TRUE;
    gboolean ok = fd >= 0 && fstat(fd, &status) == 0;
    if (ok)
        ok = add_rule(ruleset, fd, S_ISDIR(status.st_mode) ? rights : rights & RIGHTS_OF_FILES);
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot confine a process to '%s'", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

static gboolean grant_all(int ruleset, const char *const *paths, uint64_t rights, GError **error)
{
    for (guint i = 0; paths && paths[i]; i++)
        if (!grant(ruleset, paths[i], rights, error))
            return FALSE;
    return TRUE;
}

static gboolean prepare_files(Confinement *confinement, const ConfineOptions *options,
                              GError **error)
{
    struct landlock_ruleset_attr attributes = {.handled_access_fs = RIGHTS_ALL};
    confinement->ruleset_fd =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    if (confinement->ruleset_fd < 0)
        return TRUE;
    fcntl(confinement->ruleset_fd, F_SETFD, FD_CLOEXEC);
    if (options->readable_fd >= 0 &&
        !add_rule(confinement->ruleset_fd, options->readable_fd, LANDLOCK_ACCESS_FS_READ_FILE)) {
        drydock_error_set_errno(error, errno, "cannot confine a process");
        return FALSE;
    }
    return grant_all(confinement->ruleset_fd, options->readable, RIGHTS_READ, error) &&
           grant_all(confinement->ruleset_fd, options->writable, RIGHTS_READ | RIGHTS_MAKE, error);
}

/* libseccomp gives its program away to descriptors only. */
static int export_filter(scmp_filter_ctx context, Confinement *confinement)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);
    int result = fd < 0 ? -errno : seccomp_export_bpf(context, fd);
    off_t size = result == 0 ? lseek(fd, 0, SEEK_END) : 0;
    if (result == 0) {
        confinement->filter = g_malloc((gsize)MAX(size, 1));
        confinement->filter_length = (unsigned short)((size_t)size / sizeof(struct sock_filter));
        if (pread(fd, confinement->filter, (size_t)size, 0) != size)
            result = -EIO;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static int deny(scmp_filter_ctx context, const int *calls, size_t count)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++)
        result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
    return result;
}

static gboolean prepare_calls(Confinement *confinement, const ConfineOptions *options,
                              GError **error)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    int result = context ? 0 : -ENOMEM;
    if (result == 0)
        result = deny(context, always_denied, G_N_ELEMENTS(always_denied));
    if (result == 0)
        result = deny(context, options->denied_calls, options->denied_count);
    if (result == 0 && options->only_unix_sockets)
        result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
    if (result == 0)
        result = export_filter(context, confinement);
    if (context)
        seccomp_release(context);
    if (result != 0)
        drydock_error_set_errno(error, -result, "cannot confine a process");
    return result == 0;
}

Confinement *confine_prepare(const ConfineOptions *options, GError **error)
{
    g_autoptr(Confinement) confinement = g_new0(Confinement, 1);
    confinement->ruleset_fd = -1;
    if (!prepare_files(confinement, options, error) || !prepare_calls(confinement, options, error))
        return NULL;
    return g_steal_pointer(&confinement);
}

void confine_free(Confinement *confinement)
{
    if (!confinement)
        return;
    if (confinement->ruleset_fd >= 0)
        close(confinement->ruleset_fd);
    g_free(confinement->filter);
    g_free(confinement);
}

gboolean confine_apply(const Confinement *confinement, gboolean *ret_files)
{
    struct sock_fprog program = {confinement->filter_length, confinement->filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return FALSE;
    *ret_files = confinement->ruleset_fd >= 0 &&
                 syscall(SYS_landlock_restrict_self, confinement->ruleset_fd, 0) == 0;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
