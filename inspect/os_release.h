/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which distribution a Linux system says it is: os-release(5), or the files older ones have. */
#ifndef INSPECT_OS_RELEASE_H
#define INSPECT_OS_RELEASE_H

#include "fs/tree.h"

typedef struct {
    char *id;          /* "debian"; NULL: not said */
    char *id_like;     /* may be NULL */
    char *version_id;  /* "12"; may be NULL */
    char *pretty_name; /* may be NULL */
} OsRelease;

void os_release_clear(OsRelease *release);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OsRelease, os_release_clear)

/* Whether tree has any of the files below; links that lead nowhere (into a /usr that is not mounted
   yet) count. */
gboolean os_release_exists(FsTree *tree);

/* *ret_release is all NULL when nothing is said. */
gboolean os_release_read(FsTree *tree, OsRelease *ret_release,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The value of key in text as a shell would see it ("KEY=…" lines, quotes, comments); NULL: not
   there. Also right for /etc/sysconfig and /etc/default files. */
char *shell_file_get(const char *text, const char *key);

#endif
