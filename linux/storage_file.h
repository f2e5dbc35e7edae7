/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of a guest that name disks: rewritten on its filesystems, and where an initramfs has a copy
   of its own, there too. */
#ifndef LINUX_STORAGE_FILE_H
#define LINUX_STORAGE_FILE_H

#include "linux/plan.h"

/* What a rewriting has to tell, of char *. */
typedef struct {
    GPtrArray *unknown; /* names that stay because their volume is not known */
    GPtrArray *gone;    /* what is not there any more and may fail from now on */
} StorageNames;

void storage_names_init(StorageNames *names);
void storage_names_clear(StorageNames *names);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StorageNames, storage_names_clear)

typedef struct {
    const char *path;
    /* The text that guest is to have; the same one when there is nothing to do. Lines, comments and
       their order stay. */
    char *(*rewrite)(const char *text, const Guest *guest, StorageNames *names);
    const char *reason;
    FindingCode unknown; /* what to tell of names->unknown: of each of them, or of the file */
} StorageFile;

/* Stages what file's rewrite makes of the guest's text, with findings. No such file: nothing. */
gboolean storage_file_plan(LinuxPlan *plan, const StorageFile *file,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The files of an initramfs that name disks, without a leading "/"; NULL behind the last. */
const char *storage_file_copy_path(guint index);
/* What becomes of the text of that one. NULL: it stays as it is. */
char *storage_file_rewrite_copy(guint index, const char *text, const Guest *guest);

#endif
