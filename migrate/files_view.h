/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the actions of migrate files share while they look at a guest. */
#ifndef MIGRATE_FILES_VIEW_H
#define MIGRATE_FILES_VIEW_H

#include <json-glib/json-glib.h>

#include "fs/edits.h"
#include "inspect/drives.h"
#include "migrate/files_job.h"

typedef struct {
    const FilesJob *job;
    WorkerChannel *channel;
    FsTree *tree;
    const Drives *drives;
    char *path;           /* the job's, in the tree */
    GString *text;        /* not sent yet */
    JsonBuilder *builder; /* with --json; else NULL */
    GPtrArray *collected; /* of char *: paths in the tree */
    guint unread;         /* folders that could not be read */
} FilesView;

/* One thing in the tree; links are not followed. */
typedef struct {
    const char *path;  /* in the tree */
    const char *below; /* behind the one that was asked for, "" for itself */
    FsStat stat;
} FilesItem;

typedef gboolean (*FilesFunc)(FilesView *view, const FilesItem *item, GError **error);

/* DRYDOCK_ERROR_NOT_FOUND: nothing is there. follow: what a link leads to. */
gboolean files_view_stat(FilesView *view, const char *path, gboolean follow, FsStat *ret_stat,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Calls visit for everything below view->path, parents first, by name; without recursive for what
   is directly below. A folder that cannot be read is a warning and counted. */
gboolean files_view_walk(FilesView *view, gboolean recursive, FilesFunc visit,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

void files_view_flush(FilesView *view, gsize at_least);
void files_view_warn(FilesView *view, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The actions that change nothing. */
gboolean files_show_list(FilesView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean files_show_stat(FilesView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean files_show_find(FilesView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean files_copy_out(FilesView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Stages put, rm and mkdir. */
gboolean files_edit_stage(FilesView *view, Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
