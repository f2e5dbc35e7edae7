/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The subcommands. Each reads its own command line, prints its results and returns FALSE with
 *error set when it failed. */
#ifndef MIGRATE_COMMAND_H
#define MIGRATE_COMMAND_H

#include "migrate/options.h"
#include "migrate/progress.h"
#include "migrate/worker.h"

/* argv[0] is the subcommand's name. *ret_progress: how errors are to be shown; set as soon as it is
   known, owned by the caller. */
typedef gboolean (*CommandFunc)(int argc, char **argv, Progress **ret_progress, GError **error);

gboolean command_batch(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_convert(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_drivers(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_fix(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_files(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_inspect(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_plan(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_registry(int argc, char **argv, Progress **ret_progress, GError **error);
gboolean command_services(int argc, char **argv, Progress **ret_progress, GError **error);

/* Reads and checks the command line of convert; secrets that it names are read. */
gboolean command_convert_options(Options *options, int argc, char **argv,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Shows a confined process's stages and notes through progress. */
WorkerListener command_listener(Progress *progress);

#endif
