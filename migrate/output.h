/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output directory: everything is made in a hidden folder inside it and moved to its final name
   when all of it is complete. */
#ifndef MIGRATE_OUTPUT_H
#define MIGRATE_OUTPUT_H

#include <glib.h>

typedef struct Output Output;

/* directory is created when missing. Refused when files for a machine called name are there
   already. Folders that killed runs left behind are removed; one that is in use is not. */
Output *output_open(const char *directory, const char *name,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes the hidden folder, and directory if we made it and nothing was committed. */
void output_close(Output *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Output, output_close)

const char *output_work_directory(const Output *output);
const char *output_directory(const Output *output); /* absolute */

/* Registers a result called name ("web01-sda.qcow2"). *ret_work_path: where to make it;
 *ret_final_path: where it will be. Both borrowed. */
gboolean output_add(Output *output, const char *name, const char **ret_work_path,
                    const char **ret_final_path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As output_add(), and writes text there. */
gboolean output_add_text(Output *output, const char *name, const char *text,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean output_check_space(const Output *output, guint64 needed_bytes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Moves every result to its final name, in the order they were added; all or none. */
gboolean output_commit(Output *output, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "web01-sda.qcow2" of the disk number index of machine: a … z, aa, ab … as Linux counts. format:
   "qcow2" (NULL is the same) or "raw". */
char *output_disk_name(const char *machine, guint index, const char *format);

/* Removes hidden folders in directory that killed runs for a machine called name left behind. */
void output_remove_abandoned(const char *directory, const char *name);
/* What runs for a machine called name have written below directory and not moved to its place. */
guint64 output_written_bytes(const char *directory, const char *name);

#endif
