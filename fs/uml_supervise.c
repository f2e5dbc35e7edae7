/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A User-Mode Linux kernel is a process with helpers, and one more per program that runs in it.
   When it is killed they stay behind. So a process of ours stands between: it waits for the
   kernel's end or for ours, and then ends the whole group. */
#include "fs/uml_supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define OUTPUT_TAIL 1024
#define OUTPUT_LIMIT ((size_t)256 << 10)
#define POLL_MS 50
/* Descriptors of the supervisor; the child of fork() makes only system calls. */
enum { FD_NULL = 3, FD_LIFELINE, FD_FAILURE, FD_OUTPUT, FD_END };

static G_GNUC_NORETURN void fail_start(void)
{
    int failure = errno;
    if (write(FD_FAILURE, &failure, sizeof(failure)) < 0)
        _exit(126);
    _exit(127);
}

static G_GNUC_NORETURN void run_kernel(const UmlCommand *command, int console)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Where the heap begins at random, the gap before it counts as memory of the kernel. */
    personality(ADDR_NO_RANDOMIZE);
    if (dup2(FD_NULL, STDIN_FILENO) >= 0 && dup2(console, STDOUT_FILENO) >= 0 &&
        dup2(console, STDERR_FILENO) >= 0)
        execve(command->program, (char *const *)(uintptr_t)command->argv,
               (char *const *)(uintptr_t)command->environment);
    fail_start();
}

/* Its console wants a pipe or a terminal. What is beyond the limit is read, and forgotten. */
static void keep_output(int fd, size_t *kept)
{
    char buffer[1024];
    ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got > 0 && *kept < OUTPUT_LIMIT && write(FD_OUTPUT, buffer, (size_t)got) == got)
        *kept += (size_t)got;
}

/* Until the kernel ends, or we are to end it. */
static void wait_for_end(pid_t kernel, int console, int *ret_status)
{
    size_t kept = 0;
    struct pollfd fds[] = {{.fd = FD_LIFELINE, .events = POLLIN},
                           {.fd = console, .events = POLLIN}};
    while (waitpid(kernel, ret_status, WNOHANG) == 0) {
        if (poll(fds, G_N_ELEMENTS(fds), POLL_MS) <= 0)
            continue;
        if ((fds[1].revents & POLLIN) != 0)
            keep_output(console, &kept);
        else if (fds[1].revents != 0)
            fds[1].fd = -1;
        if (fds[0].revents != 0)
            break;
    }
    while (poll(&fds[1], 1, 0) > 0 && (fds[1].revents & POLLIN) != 0)
        keep_output(console, &kept);
}

/* The kernel's helpers are in its group, which it leads. */
static G_GNUC_NORETURN void supervise(const UmlCommand *command)
{
    int console[2], status = 0;
    if (pipe2(console, O_CLOEXEC) != 0)
        fail_start();
    pid_t kernel = fork();
    if (kernel == 0)
        run_kernel(command, console[1]);
    if (kernel < 0)
        fail_start();
    close(FD_FAILURE);
    close(console[1]);
    wait_for_end(kernel, console[0], &status);
    kill(-kernel, SIGKILL);
    waitpid(kernel, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Everything else that is open here belongs to the process that opened it: another's end of a pipe
   held here would keep that pipe open. */
static gboolean arrange_fds(const int *wanted)
{
    int moved[FD_END - FD_NULL];
    for (guint i = 0; i < G_N_ELEMENTS(moved); i++) {
        moved[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, FD_END);
        if (moved[i] < 0)
            return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(moved); i++)
        if (dup3(moved[i], FD_NULL + (int)i, O_CLOEXEC) < 0)
            return FALSE;
    /* Linux 5.9; without it they stay open, and only tidiness is lost. */
    syscall(SYS_close_range, (unsigned int)FD_END, ~0U, 0U);
    return TRUE;
}

static G_GNUC_NORETURN void begin(const UmlCommand *command, int lifeline, int failure, int output)
{
    gboolean files = FALSE;
    const int wanted[] = {open("/dev/null", O_RDWR | O_CLOEXEC), lifeline, failure, output};
    setpgid(0, 0);
    gboolean confined = confine_apply(command->confinement, &files);
    int problem = errno;
    if (!arrange_fds(wanted))
        _exit(127);
    errno = problem;
    if (!confined)
        fail_start();
    supervise(command);
}

static void read_start_failure(int fd, int *ret_failure)
{
    ssize_t got;
    do {
        got = read(fd, ret_failure, sizeof(*ret_failure));
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(*ret_failure))
        *ret_failure = 0;
}

static gboolean open_fds(int lifeline[2], int failure[2], int *output, GError **error)
{
    *output = memfd_create("kernel-output", MFD_CLOEXEC);
    if (*output >= 0 && pipe2(lifeline, O_CLOEXEC) == 0 && pipe2(failure, O_CLOEXEC) == 0)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot create a pipe");
    return FALSE;
}

gboolean uml_supervise_start(const UmlCommand *command, UmlSupervisor *ret_supervisor,
                             GError **error)
{
    int lifeline[2], failure[2], output;
    if (!open_fds(lifeline, failure, &output, error))
        return FALSE;
    pid_t pid = fork();
    if (pid == 0)
        begin(command, lifeline[0], failure[1], output);
    int start_failure = pid < 0 ? errno : 0;
    close(lifeline[0]);
    close(failure[1]);
    if (pid > 0)
        read_start_failure(failure[0], &start_failure);
    close(failure[0]);
    *ret_supervisor = (UmlSupervisor){MAX(pid, 0), lifeline[1], output};
    if (start_failure == 0)
        return TRUE;
    uml_supervise_stop(ret_supervisor);
    drydock_error_set_errno(error, start_failure, "cannot start '%s'", command->program);
    return FALSE;
}

/* The last lines of output, on one line. */
static char *read_output_tail(const UmlSupervisor *supervisor)
{
    char buffer[OUTPUT_TAIL + 1];
    off_t end = lseek(supervisor->output_fd, 0, SEEK_END);
    off_t start = MAX(end - OUTPUT_TAIL, 0);
    ssize_t got = end > 0 ? pread(supervisor->output_fd, buffer, OUTPUT_TAIL, start) : 0;
    buffer[MAX(got, 0)] = '\0';
    g_autofree char *valid = g_utf8_make_valid(g_strstrip(buffer), -1);
    g_auto(GStrv) lines = g_strsplit_set(valid, "\r\n", -1);
    return g_strjoinv("; ", lines);
}

gboolean uml_supervise_check(UmlSupervisor *supervisor, GError **error)
{
    int status = 0;
    if (supervisor->pid > 0 && waitpid(supervisor->pid, &status, WNOHANG) == 0)
        return TRUE;
    supervisor->pid = 0;
    g_autofree char *tail = read_output_tail(supervisor);
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                      "the User-Mode Linux kernel ended with exit status %d%s%s",
                      WIFEXITED(status) ? WEXITSTATUS(status) : -1, *tail ? ": " : "", tail);
    return FALSE;
}

void uml_supervise_stop(UmlSupervisor *supervisor)
{
    close(supervisor->lifeline_fd);
    while (supervisor->pid > 0 && waitpid(supervisor->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    g_autofree char *tail = read_output_tail(supervisor);
    g_debug("the kernel's last words: %s", tail);
    close(supervisor->output_fd);
    *supervisor = (UmlSupervisor){0, -1, -1};
}
