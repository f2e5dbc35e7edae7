/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the kernel's process under one that ends it in all its parts. Only for files of fs/uml*. */
#ifndef FS_UML_SUPERVISE_H
#define FS_UML_SUPERVISE_H

#include <sys/types.h>

#include "base/confine.h"

typedef struct {
    const char *program; /* path */
    const char *const *argv, *const *environment;
    const Confinement *confinement;
} UmlCommand;

typedef struct {
    pid_t pid;       /* 0: none */
    int lifeline_fd; /* the kernel ends when this is closed, or with us */
    int output_fd;   /* memory file with what it writes to stdout and stderr */
} UmlSupervisor;

/* Returns when the program has been started. */
gboolean uml_supervise_start(const UmlCommand *command, UmlSupervisor *ret_supervisor,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE and *error with its last words: it has ended. */
gboolean uml_supervise_check(UmlSupervisor *supervisor, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void uml_supervise_stop(UmlSupervisor *supervisor);

#endif
