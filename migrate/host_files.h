/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and folders of the host: what goes into a guest, and what comes out of one. */
#ifndef MIGRATE_HOST_FILES_H
#define MIGRATE_HOST_FILES_H

#include <glib.h>
#include <stdint.h>

typedef struct {
    char *path;      /* below what was named, with '/'; "" for itself */
    GBytes *content; /* mapped; NULL: a folder */
    int mode;        /* permission bits */
} HostEntry;

/* What is at path: a file, or with recursive a folder and everything in it, parents first, of
   HostEntry. DRYDOCK_ERROR_USAGE: a folder without recursive; DRYDOCK_ERROR_UNSUPPORTED: something
   in it that is neither file nor folder, or far too much. */
gboolean host_files_read(const char *path, gboolean recursive, GPtrArray **ret_entries,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A folder that appears when it is complete. */
typedef struct HostFolder HostFolder;

/* DRYDOCK_ERROR_USAGE: there is something at path. */
HostFolder *host_folder_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* name: below the folder, with '/', from the guest; nothing that leads elsewhere is taken
   (DRYDOCK_ERROR_CORRUPT), nor what is there already. A file's bytes come in as many calls as it
   takes, one file after the other; parents come before. */
gboolean host_folder_add(HostFolder *folder, const char *name,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean host_folder_write(HostFolder *folder, const char *name, const uint8_t *bytes,
                           size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean host_folder_commit(HostFolder *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Removes what was not committed; NULL is fine. */
void host_folder_close(HostFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostFolder, host_folder_close)

#endif
