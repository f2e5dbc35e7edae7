/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate fix: disks are repaired where they are, and brought back to what they were. */
#include <unistd.h>

#include "base/error.h"
#include "migrate/command.h"
#include "migrate/fix/fix.h"

static gboolean refuse(GError **error, const char *hint, const char *why)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "%s", why);
    return FALSE;
}

static gboolean check_undo(const Options *options, GError **error)
{
    if (options->undo_file || options->undo_in_memory || options->report || options->disk_bus)
        return refuse(error, "migrate fix --undo FILE [DISK…]",
                      "--undo goes with --force, --dry-run and the names of disks only");
    return TRUE;
}

static gboolean check_fix(const Options *options, GError **error)
{
    if (options->argument_count == 0)
        return refuse(error, "migrate fix DISK… --undo-file PATH; see migrate fix --help",
                      "no disk was named");
    if (options->force)
        return refuse(error, "leave it out", "--force goes with --undo only");
    if (options->undo_file && options->undo_in_memory)
        return refuse(error, "leave out one of the two",
                      "--undo-file and --undo-in-memory exclude each other");
    if (options->dry_run)
        return TRUE;
    if (!options->undo_file && !options->undo_in_memory)
        return refuse(error,
                      "--undo-file PATH on another disk, or --undo-in-memory, or --dry-run to look",
                      "where should what is about to be changed be stored?");
    if (!options->yes && !isatty(STDIN_FILENO))
        return refuse(error, "say --yes; --dry-run shows what would change",
                      "there is no terminal to ask whether the disks may be changed");
    return TRUE;
}

gboolean command_fix(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    if (!options_parse(&options, OPTIONS_EDITS | OPTIONS_SOURCE | OPTIONS_FIX, "DISK…",
                       "Repairs the disks of one machine in place, devices or images, so that it "
                       "boots on KVM; what they held is stored in an undo file first.",
                       argc, argv, error))
        return FALSE;
    *ret_progress = progress_new(options.progress);
    if (options.undo)
        return check_undo(&options, error) && fix_undo(&options, *ret_progress, error);
    return check_fix(&options, error) && fix_run(&options, *ret_progress, error);
}
