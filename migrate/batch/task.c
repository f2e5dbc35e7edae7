/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A function of ours run in a process of its own. */
#include "migrate/batch/task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define ANSWER_LIMIT_BYTES ((size_t)1 << 20)

/* What begins the answer: it is one, or an error's code, hint and message. */
#define ANSWER 'A'
#define NO_ANSWER 'N'
#define ERROR 'E'

struct BatchTask {
    pid_t pid; /* 0: it has ended and was waited for */
    int fd;
    int status;
    GString *received;
};

/* In the child */

static void write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno != EINTR)
            return;
        text += MAX(written, 0);
        length -= (size_t)MAX(written, 0);
    }
}

/* "E", code, hint and message, each but the last with a NUL behind it. */
static void send_error(int fd, const GError *error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *hint = drydock_error_get_hint(error);
    int code = error->domain == DRYDOCK_ERROR ? error->code : (int)DRYDOCK_ERROR_FAILED;
    g_string_append_printf(text, "%c%d", ERROR, code);
    g_string_append_c(text, '\0');
    g_string_append(text, hint ? hint : "");
    g_string_append_c(text, '\0');
    g_string_append(text, error->message);
    write_all(fd, text->str, text->len);
}

static G_GNUC_NORETURN void run_in_child(BatchTaskFunc func, const void *data,
                                         const char *directory, int fd, pid_t parent)
{
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;
    /* A group of its own: Ctrl-C reaches the batch, which ends this in good order. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (chdir(directory) != 0)
        drydock_error_set_errno(&error, errno, "cannot look into '%s'", directory);
    if (error || !func(data, &answer, &error)) {
        send_error(fd, error);
    } else {
        const char kind = answer ? ANSWER : NO_ANSWER;
        write_all(fd, &kind, 1);
        write_all(fd, answer ? answer : "", answer ? strlen(answer) : 0);
    }
    _exit(0);
}

/* In the parent */

BatchTask *batch_task_start(BatchTaskFunc func, const void *data, const char *directory,
                            GError **error)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        drydock_error_set_errno(error, errno, "cannot create a pipe");
        return NULL;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_in_child(func, data, directory, fds[1], parent);
    int failure = errno;
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        drydock_error_set_errno(error, failure, "cannot start a process");
        return NULL;
    }
    BatchTask *task = g_new0(BatchTask, 1);
    task->pid = pid;
    task->fd = fds[0];
    task->received = g_string_new(NULL);
    if (fcntl(task->fd, F_SETFL, O_NONBLOCK) != 0)
        g_debug("cannot read without waiting: %s", g_strerror(errno));
    return task;
}

int batch_task_fd(const BatchTask *task)
{
    return task->fd;
}

gboolean batch_task_read(BatchTask *task)
{
    char buffer[4096];
    for (;;) {
        ssize_t got = read(task->fd, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return FALSE;
        if (got <= 0 || task->received->len > ANSWER_LIMIT_BYTES)
            return TRUE;
        g_string_append_len(task->received, buffer, got);
    }
}

static void reap(BatchTask *task)
{
    while (task->pid > 0 && waitpid(task->pid, &task->status, 0) < 0 && errno == EINTR)
        continue;
    task->pid = 0;
}

static void take_error(const char *text, size_t length, GError **error)
{
    /* A GString has a NUL behind it, so each of the three ends somewhere. */
    const char *end = text + length;
    const char *hint = text + strlen(text) + 1;
    const char *message = hint < end ? hint + strlen(hint) + 1 : end;
    int code = (int)g_ascii_strtoll(text, NULL, 10);
    drydock_error_set(
        error, code >= 0 && code < DRYDOCK_ERROR_LAST ? (DrydockError)code : DRYDOCK_ERROR_FAILED,
        hint < end && *hint ? hint : NULL, "%s", message < end ? message : "it failed");
}

gboolean batch_task_finish(BatchTask *task, char **ret_answer, GError **error)
{
    int flags = fcntl(task->fd, F_GETFL);
    if (flags >= 0 && fcntl(task->fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
        while (!batch_task_read(task))
            continue;
    reap(task);
    const GString *received = task->received;
    char kind = received->str[0];
    if (kind == ERROR) {
        take_error(received->str + 1, received->len - 1, error);
        return FALSE;
    }
    if (kind == ANSWER || kind == NO_ANSWER) {
        *ret_answer = kind == ANSWER ? g_strdup(received->str + 1) : NULL;
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "its process ended with %s %d",
                      WIFSIGNALED(task->status) ? "signal" : "exit status",
                      WIFSIGNALED(task->status) ? WTERMSIG(task->status)
                                                : WEXITSTATUS(task->status));
    return FALSE;
}

void batch_task_free(BatchTask *task)
{
    if (!task)
        return;
    if (task->pid > 0)
        kill(task->pid, SIGKILL);
    reap(task);
    close(task->fd);
    g_string_free(task->received, TRUE);
    g_free(task);
}
