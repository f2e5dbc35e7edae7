/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent as a process of the host. */
#include "fs/host_process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/run.h"
#include "fs/agent/protocol.h"
#include "fs/uml_initramfs.h"

#define FUSE_DEVICE "/dev/fuse"
#define LOOP_CONTROL "/dev/loop-control"

#define START_LIMIT_SECONDS 20
#define RETRY_USEC 2000

struct HostProcess {
    RunChild *agent;
    char *directory; /* where its mounts are, which nobody else sees */
};

gboolean host_process_is_possible(void)
{
    return geteuid() == 0 && g_access(FUSE_DEVICE, R_OK | W_OK) == 0 &&
           g_access(LOOP_CONTROL, R_OK | W_OK) == 0;
}

static gboolean check_possible(GError **error)
{
    if (geteuid() != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "become root, or install user-mode-linux (Debian, Ubuntu)",
                          "only root may have the host's kernel read this filesystem");
        return FALSE;
    }
    if (host_process_is_possible())
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_MISSING_TOOL,
                      "load the kernel's modules: modprobe -a fuse loop",
                      "there is no " FUSE_DEVICE " or no " LOOP_CONTROL " here");
    return FALSE;
}

/* A memory file; -1: *error. */
static int open_program(GError **error)
{
    int fd = memfd_create("drydock-agent", MFD_CLOEXEC);
    gsize done = 0;
    while (fd >= 0 && done < uml_agent_files[0].length) {
        ssize_t written =
            write(fd, uml_agent_files[0].content + done, uml_agent_files[0].length - done);
        if (written <= 0)
            break;
        done += (gsize)written;
    }
    if (fd >= 0 && done == uml_agent_files[0].length)
        return fd;
    drydock_error_set_errno(error, errno, "cannot create a memory file");
    if (fd >= 0)
        close(fd);
    return -1;
}

static gboolean start(HostProcess *process, int program_fd, int fuse_fd, GError **error)
{
    g_autofree char *program = g_strdup_printf("/proc/self/fd/%d", program_fd);
    g_autofree char *fuse = g_strdup_printf("%d", fuse_fd);
    const char *const argv[] = {program, AGENT_HOST_WORD, process->directory, fuse, NULL};
    const int inherited[] = {program_fd, fuse_fd};
    process->agent = run_child_start(argv, inherited, G_N_ELEMENTS(inherited), error);
    return process->agent != NULL;
}

/* Until its file is there: before that, reading from the descriptor is an error. */
static gboolean wait_for_mount(const HostProcess *process, int fuse_fd, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + START_LIMIT_SECONDS * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < deadline) {
        struct pollfd waiting = {.fd = fuse_fd, .events = POLLOUT};
        if (poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLERR) == 0)
            return TRUE;
        if (!interrupt_check(error) || !run_child_check_alive(process->agent, error))
            return FALSE;
        g_usleep(RETRY_USEC);
    }
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                      "the helper that mounts filesystems did not start within %d seconds",
                      START_LIMIT_SECONDS);
    return FALSE;
}

HostProcess *host_process_start(int *ret_fd, GError **error)
{
    g_autoptr(HostProcess) process = g_new0(HostProcess, 1);
    if (!check_possible(error))
        return NULL;
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "drydock-host-XXXXXX", NULL);
    if (!g_mkdtemp_full(template, 0700)) {
        drydock_error_set_errno(error, errno, "cannot create a temporary folder in '%s'",
                                g_get_tmp_dir());
        return NULL;
    }
    process->directory = g_steal_pointer(&template);
    int program = open_program(error);
    if (program < 0)
        return NULL;
    int fuse = open(FUSE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fuse < 0)
        drydock_error_set_errno(error, errno, "cannot open '" FUSE_DEVICE "'");
    gboolean ok =
        fuse >= 0 && start(process, program, fuse, error) && wait_for_mount(process, fuse, error);
    close(program);
    if (ok) {
        *ret_fd = fuse;
        return g_steal_pointer(&process);
    }
    if (fuse >= 0)
        close(fuse);
    return NULL;
}

void host_process_stop(HostProcess *process)
{
    if (!process)
        return;
    run_child_close(process->agent);
    if (process->directory)
        g_rmdir(process->directory);
    g_free(process->directory);
    g_free(process);
}
