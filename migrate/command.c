/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the subcommands share. */
#include "migrate/command.h"

static void hear_stage(void *data, const char *stage)
{
    progress_begin_stage(data, stage);
}

static void hear_progress(void *data, uint64_t done, uint64_t total)
{
    progress_update(data, done, total, 0);
}

static void hear_note(void *data, const char *note)
{
    progress_note(data, note);
}

WorkerListener command_listener(Progress *progress)
{
    return (WorkerListener){
        .stage = hear_stage, .progress = hear_progress, .note = hear_note, .data = progress};
}
