/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subcommands that have actions of their own: migrate registry get, migrate files ls … */
#ifndef MIGRATE_ACTION_H
#define MIGRATE_ACTION_H

#include "migrate/options.h"

typedef struct {
    const char *name;       /* "get" */
    const char *parameters; /* "SOURCE KEY [VALUE]" */
    const char *summary;    /* one line, no full stop */
    OptionsKind options;
    guint arguments_minimum, arguments_maximum; /* 0: no maximum */
    int kind;                                   /* the caller's own number for it */
} Action;

/* Finds the action that argv[1] names, of count of them, and reads what follows it; prints the help
   of command (argv[0]) or of the action where it is asked for, and exits. *ret_progress: set as
   soon as it is known, also on failure. */
gboolean action_parse(const Action *actions, guint count, const char *summary, int argc,
                      char **argv, Options *options, const Action **ret_action,
                      Progress **ret_progress, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
