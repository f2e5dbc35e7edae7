/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs of the host: argv arrays, no shell, killed with their scope. */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"

#define DEFAULT_OUTPUT_LIMIT ((size_t)1 << 20)
#define STDERR_TAIL 1024
#define TERMINATE_WAIT_MS 2000

struct RunChild {
    pid_t pid;     /* 0: reaped */
    int status;    /* of waitpid(), once reaped */
    int stderr_fd; /* memory file that the child writes its stderr to */
    char *program;
};

/* What a new process needs, settled before fork() so that the child only makes system calls. */
typedef struct {
    const char *const *argv;
    int stdout_fd; /* -1: /dev/null */
    int stderr_fd;
    const int *inherit_fds;
    size_t inherit_count;
    const char *working_directory;
    char **environment;
} Spawn;

char *run_quote_argv(const char *const *argv)
{
    GString *line = g_string_new(NULL);
    for (const char *const *argument = argv; *argument; argument++) {
        g_autofree char *quoted = g_shell_quote(*argument);
        gboolean plain = **argument && !strpbrk(*argument, " \t\n'\"\\$`*?[]#~=%!{}()<>|;&");
        g_string_append_printf(line, "%s%s", line->len ? " " : "", plain ? *argument : quoted);
    }
    return g_string_free(line, FALSE);
}

static G_GNUC_NORETURN void run_in_child(const Spawn *spawn, int failure_fd, pid_t parent)
{
    /* A group of its own: Ctrl-C reaches us only, and we end the child in good order. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);

    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int stdout_fd = spawn->stdout_fd >= 0 ? spawn->stdout_fd : null_fd;
    if (null_fd >= 0 && dup2(null_fd, STDIN_FILENO) >= 0 && dup2(stdout_fd, STDOUT_FILENO) >= 0 &&
        dup2(spawn->stderr_fd, STDERR_FILENO) >= 0 &&
        (!spawn->working_directory || chdir(spawn->working_directory) == 0)) {
        for (size_t i = 0; i < spawn->inherit_count; i++)
            fcntl(spawn->inherit_fds[i], F_SETFD, 0);
        /* execvpe() takes char *const * for history's sake and changes nothing. */
        execvpe(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv, spawn->environment);
    }
    int failure = errno;
    if (write(failure_fd, &failure, sizeof(failure)) < 0)
        _exit(126);
    _exit(127);
}

static gboolean report_exec_failure(int failure_fd, const char *program, GError **error)
{
    int failure = 0;
    ssize_t got;
    do {
        got = read(failure_fd, &failure, sizeof(failure));
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(failure))
        return TRUE;
    /* One folder of PATH that may not be read makes EACCES of "not found anywhere". */
    g_autofree char *found = g_find_program_in_path(program);
    if (failure == ENOENT || (failure == EACCES && !found && !strchr(program, '/')))
        drydock_error_set(error, DRYDOCK_ERROR_MISSING_TOOL,
                          "install the package that brings it, or put it in PATH",
                          "the program '%s' is not installed", program);
    else
        drydock_error_set_errno(error, failure, "cannot start '%s'", program);
    return FALSE;
}

static gboolean spawn_process(const Spawn *spawn, pid_t *ret_pid, GError **error)
{
    int failure_pipe[2];
    if (pipe2(failure_pipe, O_CLOEXEC) < 0) {
        drydock_error_set_errno(error, errno, "cannot create a pipe");
        return FALSE;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_in_child(spawn, failure_pipe[1], parent);
    int fork_errno = errno;
    close(failure_pipe[1]);

    gboolean ok = pid > 0;
    if (!ok) {
        drydock_error_set_errno(error, fork_errno, "cannot start '%s'", spawn->argv[0]);
    } else if (!report_exec_failure(failure_pipe[0], spawn->argv[0], error)) {
        waitpid(pid, NULL, 0);
        ok = FALSE;
    }
    close(failure_pipe[0]);
    if (ok)
        *ret_pid = pid;
    return ok;
}

RunChild *run_child_start_with(const char *const *argv, const RunChildOptions *options,
                               GError **error)
{
    g_autofree char *quoted = run_quote_argv(argv);
    g_debug("run: %s", quoted);

    int stderr_fd = memfd_create("stderr", MFD_CLOEXEC);
    if (stderr_fd < 0) {
        drydock_error_set_errno(error, errno, "cannot create a memory file");
        return NULL;
    }
    g_auto(GStrv) environment = options->environment
                                    ? g_strdupv((char **)(uintptr_t)options->environment)
                                    : g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    Spawn spawn = {argv,
                   options->stdout_fd,
                   options->stderr_fd >= 0 ? options->stderr_fd : stderr_fd,
                   options->inherit_fds,
                   options->inherit_count,
                   options->working_directory,
                   environment};
    pid_t pid;
    if (!spawn_process(&spawn, &pid, error)) {
        close(stderr_fd);
        return NULL;
    }
    RunChild *child = g_new0(RunChild, 1);
    child->pid = pid;
    child->stderr_fd = stderr_fd;
    child->program = g_path_get_basename(argv[0]);
    return child;
}

RunChild *run_child_start(const char *const *argv, const int *inherit_fds, size_t inherit_count,
                          GError **error)
{
    RunChildOptions options = RUN_CHILD_OPTIONS;
    options.inherit_fds = inherit_fds;
    options.inherit_count = inherit_count;
    return run_child_start_with(argv, &options, error);
}

/* The last lines the program wrote to stderr, on one line; "" when there are none. */
static char *read_stderr_tail(const RunChild *child)
{
    char buffer[STDERR_TAIL + 1];
    off_t end = lseek(child->stderr_fd, 0, SEEK_END);
    off_t start = end > STDERR_TAIL ? end - STDERR_TAIL : 0;
    ssize_t got = end > 0 ? pread(child->stderr_fd, buffer, STDERR_TAIL, start) : 0;
    buffer[MAX(got, 0)] = '\0';

    g_autofree char *valid = g_utf8_make_valid(g_strstrip(buffer), -1);
    g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
    return g_strjoinv("; ", lines);
}

static void set_exit_error(const RunChild *child, GError **error)
{
    g_autofree char *tail = read_stderr_tail(child);
    DrydockError code =
        strstr(tail, "No space left on device") ? DRYDOCK_ERROR_NO_SPACE : DRYDOCK_ERROR_FAILED;
    const char *separator = *tail ? ": " : "";
    if (WIFSIGNALED(child->status))
        drydock_error_set(error, code, NULL, "'%s' was killed by signal %d (%s)%s%s",
                          child->program, WTERMSIG(child->status),
                          strsignal(WTERMSIG(child->status)), separator, tail);
    else
        drydock_error_set(error, code, NULL, "'%s' failed with exit status %d%s%s", child->program,
                          WEXITSTATUS(child->status), separator, tail);
}

/* TRUE when the program has ended. wait_ms -1: until it does. */
static gboolean child_reap(RunChild *child, int wait_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    while (child->pid > 0) {
        pid_t reaped = waitpid(child->pid, &child->status, wait_ms < 0 ? 0 : WNOHANG);
        if (reaped == child->pid || (reaped < 0 && errno != EINTR)) {
            child->pid = 0;
            break;
        }
        if (wait_ms >= 0) {
            if (g_get_monotonic_time() >= deadline)
                return FALSE;
            g_usleep(1000);
        }
    }
    return TRUE;
}

gboolean run_child_check_alive(RunChild *child, GError **error)
{
    if (!child_reap(child, 0))
        return TRUE;
    set_exit_error(child, error);
    return FALSE;
}

gboolean run_child_has_ended(RunChild *child, int *ret_status)
{
    if (!child_reap(child, 0))
        return FALSE;
    *ret_status = child->status;
    return TRUE;
}

void run_child_terminate(RunChild *child)
{
    if (!child_reap(child, 0))
        kill(child->pid, SIGTERM);
}

pid_t run_child_pid(const RunChild *child)
{
    return child->pid;
}

void run_child_close(RunChild *child)
{
    if (!child)
        return;
    if (!child_reap(child, 0)) {
        /* With what it has started: see setpgid() above. */
        kill(-child->pid, SIGTERM);
        if (!child_reap(child, TERMINATE_WAIT_MS)) {
            kill(-child->pid, SIGKILL);
            child_reap(child, -1);
        }
    }
    close(child->stderr_fd);
    g_free(child->program);
    g_free(child);
}

/* What has been read of a program's stdout and not yet been handed on. */
typedef struct {
    const RunOptions *options;
    GString *text;
    size_t limit;
} Output;

static gboolean output_add(Output *output, const char *bytes, size_t length, GError **error)
{
    for (size_t i = 0; i < length; i++) {
        gboolean line_end = bytes[i] == '\n' || bytes[i] == '\r';
        if (output->options->line_func && line_end) {
            if (output->text->len > 0 &&
                !output->options->line_func(output->options->line_data, output->text->str, error))
                return FALSE;
            g_string_truncate(output->text, 0);
            continue;
        }
        if (output->text->len >= output->limit) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                              "the program wrote more than %zu bytes", output->limit);
            return FALSE;
        }
        g_string_append_c(output->text, bytes[i]);
    }
    return TRUE;
}

static gboolean read_output(RunChild *child, int fd, Output *output, GError **error)
{
    gint64 deadline =
        g_get_monotonic_time() + (gint64)output->options->timeout_seconds * G_USEC_PER_SEC;
    for (;;) {
        int wait_ms = -1;
        if (output->options->timeout_seconds > 0)
            wait_ms = (int)MAX((deadline - g_get_monotonic_time()) / 1000, 0);
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        int ready = poll(&poll_fd, 1, wait_ms);
        if (!interrupt_check(error))
            return FALSE;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                              "'%s' did not finish within %u seconds", child->program,
                              output->options->timeout_seconds);
            return FALSE;
        }
        char buffer[2048];
        ssize_t got = read(fd, buffer, sizeof(buffer));
        if (got == 0)
            return TRUE;
        if (got < 0 && errno != EINTR) {
            drydock_error_set_errno(error, errno, "cannot read from '%s'", child->program);
            return FALSE;
        }
        if (got > 0 && !output_add(output, buffer, (size_t)got, error))
            return FALSE;
    }
}

gboolean run_program(const char *const *argv, const RunOptions *options, char **ret_output,
                     GError **error)
{
    static const RunOptions no_options;
    if (!options)
        options = &no_options;

    int stdout_pipe[2];
    if (pipe2(stdout_pipe, O_CLOEXEC) < 0) {
        drydock_error_set_errno(error, errno, "cannot create a pipe");
        return FALSE;
    }
    RunChildOptions child_options = RUN_CHILD_OPTIONS;
    child_options.stdout_fd = stdout_pipe[1];
    child_options.working_directory = options->working_directory;
    g_autoptr(RunChild) child = run_child_start_with(argv, &child_options, error);
    close(stdout_pipe[1]);
    if (!child) {
        close(stdout_pipe[0]);
        return FALSE;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    Output output = {options, text,
                     options->output_limit_bytes ? options->output_limit_bytes
                                                 : DEFAULT_OUTPUT_LIMIT};
    gboolean ok = read_output(child, stdout_pipe[0], &output, error);
    close(stdout_pipe[0]);
    if (!ok)
        return FALSE;

    child_reap(child, -1);
    if (!WIFEXITED(child->status) || WEXITSTATUS(child->status) != 0) {
        set_exit_error(child, error);
        return FALSE;
    }
    if (options->line_func && text->len > 0 &&
        !options->line_func(options->line_data, text->str, error))
        return FALSE;
    if (ret_output)
        *ret_output = g_strdup(text->str);
    return TRUE;
}
