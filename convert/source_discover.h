/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which machines a folder, an archive or a configuration holds. Only for files of convert/. */
#ifndef CONVERT_SOURCE_DISCOVER_H
#define CONVERT_SOURCE_DISCOVER_H

#include "convert/source_context.h"

typedef struct {
    Machine *machine;    /* disks by their stored names; or by path, when config is NULL */
    SourcePlace *config; /* what it was read from; NULL: a lone disk */
    GPtrArray *findings; /* of Finding: about it and the others of its configuration; may be NULL */
} SourceMachine;

void source_machine_free(SourceMachine *found);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourceMachine, source_machine_free)

/* Whether the file at path is a configuration that is known. */
gboolean source_discover_is_config(const char *path);

/* Appends a SourceMachine for every machine of the configuration at path. One that cannot be read
   becomes a finding, unless there is nothing else: see source_discover_lone_disks(). */
gboolean source_discover_config(SourceContext *context, const char *path, GPtrArray *machines,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for every configuration among the files of context, a folder or an archive; nothing
   found is no error. */
gboolean source_discover_all(SourceContext *context, GPtrArray *machines,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Appends one SourceMachine, of kind "disks", for every disk image among the files of a folder that
   is neither an extent nor the parent of another; of an archive: for every one that can be read in
   place. */
gboolean source_discover_lone_disks(SourceContext *context, GPtrArray *machines,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The only archive among the files of a folder that could be an OVA; NULL: none, or several. */
char *source_discover_archive(SourceContext *context);

#endif
