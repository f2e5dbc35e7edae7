/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery environment of a Windows guest (WinRE) gets the virtio disk drivers: without them it
   starts and sees no disk to repair. */
#ifndef WINDOWS_WINRE_H
#define WINDOWS_WINRE_H

#include "fs/edits.h"
#include "inspect/guest.h"
#include "windows/driver_choice.h"

/* Room for two archives on the host, for a process that will not be able to open files. */
typedef struct WinreScratch WinreScratch;

/* Makes two files in directory, and loads what wimlib needs. */
WinreScratch *winre_scratch_open(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void winre_scratch_free(WinreScratch *scratch); /* closes the files */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WinreScratch, winre_scratch_free)
/* For the process that made directory: the files are gone. */
void winre_scratch_remove(const char *directory);
/* The one file that has to stay readable by its name. */
int winre_scratch_readable(const WinreScratch *scratch);

/* Stages the changed archive. What stands in the way is a finding and no error: the guest itself
   does not need it. The edit's content is scratch's file, mapped. */
void winre_plan(const Guest *guest, const VolumeSet *set, const DriverSources *sources,
                WinreScratch *scratch, Edits *edits, GPtrArray *findings);

#endif
