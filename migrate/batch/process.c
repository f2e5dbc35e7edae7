/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The convert command of one machine, run as a process of its own. */
#include "migrate/batch/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"
#include "migrate/batch/arguments.h"

#define PROGRAM "/proc/self/exe"
#define LINE_LIMIT_BYTES (1u << 20)
#define OUTPUT_LIMIT_BYTES 8192
#define STRAY_LIMIT_BYTES 2000

struct BatchProcess {
    RunChild *child;
    int event_fd;    /* its stderr */
    int output_fd;   /* memory file: its stdout */
    gboolean at_end; /* of event_fd */
    int status;
    GString *line;
    GString *stray; /* the end of what was no event: messages of libraries, sanitizers */
    GError *error;  /* as its last "error" event says */
};

static gboolean spawn(BatchProcess *process, const BatchManifest *manifest,
                      const BatchMachine *machine, int stderr_fd, int lock_fd, GError **error)
{
    g_auto(GStrv) environment = batch_environment(manifest, machine);
    g_auto(GStrv) arguments = batch_arguments(machine);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (gpointer)(uintptr_t)PROGRAM);
    g_ptr_array_add(argv, arguments[0]);
    g_ptr_array_add(argv, (gpointer)(uintptr_t) "--progress=json");
    /* What is marked as done has to survive a power cut. */
    g_ptr_array_add(argv, (gpointer)(uintptr_t) "--sync");
    for (char **argument = arguments + 1; *argument; argument++)
        g_ptr_array_add(argv, *argument);
    g_ptr_array_add(argv, NULL);
    RunChildOptions options = RUN_CHILD_OPTIONS;
    options.stdout_fd = process->output_fd;
    options.stderr_fd = stderr_fd;
    options.working_directory = manifest->directory;
    options.environment = (const char *const *)environment;
    options.inherit_fds = &lock_fd;
    options.inherit_count = lock_fd >= 0;
    process->child = run_child_start_with((const char *const *)argv->pdata, &options, error);
    return process->child != NULL;
}

BatchProcess *batch_process_start(const BatchManifest *manifest, const BatchMachine *machine,
                                  int lock_fd, GError **error)
{
    g_autoptr(BatchProcess) process = g_new0(BatchProcess, 1);
    process->line = g_string_new(NULL);
    process->stray = g_string_new(NULL);
    process->event_fd = -1;
    process->output_fd = memfd_create("stdout", MFD_CLOEXEC);
    int fds[2];
    if (process->output_fd < 0 || pipe2(fds, O_CLOEXEC) != 0) {
        drydock_error_set_errno(error, errno, "cannot create a pipe");
        return NULL;
    }
    process->event_fd = fds[0];
    gboolean ok = fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot read without waiting");
    ok = ok && spawn(process, manifest, machine, fds[1], lock_fd, error);
    close(fds[1]);
    return ok ? g_steal_pointer(&process) : NULL;
}

int batch_process_fd(const BatchProcess *process)
{
    return process->event_fd;
}

static DrydockError code_of(const char *name)
{
    for (DrydockError code = 0; name && code < DRYDOCK_ERROR_LAST; code++)
        if (g_str_equal(drydock_error_name(code), name))
            return code;
    return DRYDOCK_ERROR_FAILED;
}

static void take_error(BatchProcess *process, JsonObject *event)
{
    g_clear_error(&process->error);
    drydock_error_set(&process->error,
                      code_of(json_object_get_string_member_with_default(event, "code", NULL)),
                      json_object_get_string_member_with_default(event, "hint", NULL), "%s",
                      json_object_get_string_member_with_default(event, "message", "it failed"));
}

static void take_stray(BatchProcess *process, const char *line)
{
    g_debug("%s", line);
    g_string_append_printf(process->stray, "%s%s", process->stray->len > 0 ? "; " : "", line);
    if (process->stray->len > STRAY_LIMIT_BYTES)
        g_string_erase(process->stray, 0, (gssize)(process->stray->len - STRAY_LIMIT_BYTES));
}

static void take_line(BatchProcess *process, BatchEventFunc func, void *data)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    const GString *line = process->line;
    JsonNode *root = line->len > 0 && line->str[0] == '{' &&
                             json_parser_load_from_data(parser, line->str, (gssize)line->len, NULL)
                         ? json_parser_get_root(parser)
                         : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        if (line->len > 0)
            take_stray(process, line->str);
        return;
    }
    JsonObject *event = json_node_get_object(root);
    const char *kind = json_object_get_string_member_with_default(event, "event", NULL);
    if (g_strcmp0(kind, "error") == 0)
        take_error(process, event);
    func(data, event);
}

void batch_process_read(BatchProcess *process, BatchEventFunc func, void *data)
{
    char buffer[8192];
    while (!process->at_end) {
        ssize_t got = read(process->event_fd, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        process->at_end = got <= 0;
        for (ssize_t i = 0; i < got; i++) {
            if (buffer[i] != '\n' && process->line->len < LINE_LIMIT_BYTES) {
                g_string_append_c(process->line, buffer[i]);
                continue;
            }
            take_line(process, func, data);
            g_string_truncate(process->line, 0);
        }
    }
}

gboolean batch_process_has_ended(BatchProcess *process)
{
    if (!process->at_end)
        return FALSE;
    if (run_child_has_ended(process->child, &process->status))
        return TRUE;
    /* It will in a moment, and until then its pipe says at once that it is at its end. */
    g_usleep(1000);
    return FALSE;
}

static char *read_output(const BatchProcess *process)
{
    g_autofree char *buffer = g_malloc0(OUTPUT_LIMIT_BYTES + 1);
    ssize_t got = pread(process->output_fd, buffer, OUTPUT_LIMIT_BYTES, 0);
    buffer[MAX(got, 0)] = '\0';
    return g_strdup(g_strchomp(buffer));
}

gboolean batch_process_finish(BatchProcess *process, char **ret_domain, GError **error)
{
    if (WIFEXITED(process->status) && WEXITSTATUS(process->status) == 0) {
        *ret_domain = read_output(process);
        return TRUE;
    }
    if (process->error) {
        g_propagate_error(error, g_steal_pointer(&process->error));
        return FALSE;
    }
    g_autofree char *stray = g_utf8_make_valid(process->stray->str, (gssize)process->stray->len);
    if (WIFSIGNALED(process->status))
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "its process was killed by signal %d (%s)%s%s", WTERMSIG(process->status),
                          strsignal(WTERMSIG(process->status)), *stray ? ": " : "", stray);
    else
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "its process ended with status %d%s%s",
                          WEXITSTATUS(process->status), *stray ? ": " : "", stray);
    return FALSE;
}

void batch_process_terminate(BatchProcess *process)
{
    run_child_terminate(process->child);
}

void batch_process_free(BatchProcess *process)
{
    if (!process)
        return;
    run_child_close(process->child);
    if (process->event_fd >= 0)
        close(process->event_fd);
    if (process->output_fd >= 0)
        close(process->output_fd);
    g_string_free(process->line, TRUE);
    g_string_free(process->stray, TRUE);
    g_clear_error(&process->error);
    g_free(process);
}
