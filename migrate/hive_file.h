/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A registry hive that lies by itself in a file of the host, with its transaction logs beside it:
   as somebody took it out of a machine. */
#ifndef MIGRATE_HIVE_FILE_H
#define MIGRATE_HIVE_FILE_H

#include "registry/place.h"

enum { HIVE_FILE_LOGS = 3 };

typedef struct {
    char *path;
    char *name;  /* of the file: "SYSTEM" */
    char *mount; /* as .reg files name the root of a hive with that file name,
                    "HKEY_LOCAL_MACHINE\\SYSTEM"; NULL: the name says nothing */
    GBytes *bytes;
    char *log_paths[HIVE_FILE_LOGS]; /* NULL: there is none */
    GBytes *logs[HIVE_FILE_LOGS];
} HiveFile;

/* A file whose first bytes are a hive's. FALSE for all that is not. */
gboolean hive_file_is_one(const char *path);
/* Reads all of it into memory. Logs: NAME.LOG, NAME.LOG1 and NAME.LOG2 in any case. */
gboolean hive_file_open(const char *path, HiveFile **ret_file,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void hive_file_free(HiveFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HiveFile, hive_file_free)

/* Whether place can be in this hive, and how its root is to be named. DRYDOCK_ERROR_USAGE: it names
   another hive than the file's. Free *ret_mount. */
gboolean hive_file_match(const HiveFile *file, const HivePlace *place, char **ret_mount,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
