/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs of the host: argv arrays, no shell, killed with their scope. */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

/* Called with each line the program writes to stdout ('\n' and '\r' both end one), without its end.
   FALSE stops the program; *error must then be set. */
typedef gboolean (*RunLineFunc)(void *data, const char *line, GError **error);

typedef struct {
    guint timeout_seconds;     /* 0: no limit */
    size_t output_limit_bytes; /* of stdout kept for ret_output; 0: 1 MiB */
    RunLineFunc line_func;     /* NULL: stdout is collected instead */
    void *line_data;
    const char *working_directory; /* NULL: ours */
} RunOptions;

/* Runs argv (NULL-terminated, argv[0] looked up in PATH) to its end, with stdin from /dev/null and
   LC_ALL=C. On exit status 0 *ret_output (may be NULL) gets its stdout. A program that is missing
   (DRYDOCK_ERROR_MISSING_TOOL), a non-zero exit, a signal and a timeout are four different
   messages; the last lines of stderr are part of them, and "No space left" there makes it
   DRYDOCK_ERROR_NO_SPACE. */
gboolean run_program(const char *const *argv, const RunOptions *options, char **ret_output,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A program that runs beside us until it is closed. It dies with this process, whatever ends it. */
typedef struct RunChild RunChild;

/* Starts argv; inherit_fds (count of them) stay open in it under the same numbers. */
RunChild *run_child_start(const char *const *argv, const int *inherit_fds, size_t inherit_count,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What else a program beside us may be given. Zero is not what is meant by "nothing": begin with
   RUN_CHILD_OPTIONS. */
typedef struct {
    int stdout_fd;                  /* -1: /dev/null */
    int stderr_fd;                  /* -1: kept, for messages */
    const char *working_directory;  /* NULL: ours */
    const char *const *environment; /* NULL: ours, with LC_ALL=C */
    const int *inherit_fds;         /* as of run_child_start() */
    size_t inherit_count;
} RunChildOptions;
#define RUN_CHILD_OPTIONS ((RunChildOptions){.stdout_fd = -1, .stderr_fd = -1})

RunChild *run_child_start_with(const char *const *argv, const RunChildOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when the program has ended; *ret_status then is that of waitpid(). Does not wait. */
gboolean run_child_has_ended(RunChild *child, int *ret_status);

/* Asks it to end, and does not wait for that. */
void run_child_terminate(RunChild *child);

/* FALSE as soon as the program has ended; *error then says how, with the last lines of its stderr.
 */
gboolean run_child_check_alive(RunChild *child, GError **error) G_GNUC_WARN_UNUSED_RESULT;

pid_t run_child_pid(const RunChild *child);

/* Sends SIGTERM, after two seconds SIGKILL, and reaps. NULL is fine. */
void run_child_close(RunChild *child);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunChild, run_child_close)

/* The command quoted so that it can be pasted into a shell. */
char *run_quote_argv(const char *const *argv);

#endif
