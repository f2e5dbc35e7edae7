/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes from this process what parsing guest data never needs. */
#ifndef MIGRATE_CONFINE_H
#define MIGRATE_CONFINE_H

#include <glib.h>

/* From here on this process, for good: opens no file of the host (Landlock; files already open stay
   usable), makes no socket, starts no program, traces nobody (seccomp). *ret_files FALSE: the
   host's kernel has no Landlock, so the first part is missing. Fails only when even seccomp is
   refused. */
gboolean confine_process(gboolean *ret_files, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, but the file that the descriptor readable is of can still be opened for reading: for
   libraries that insist on a name. */
gboolean confine_process_but(int readable, gboolean *ret_files,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
