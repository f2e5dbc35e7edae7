/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the files of a source may lie: names inside configurations and images come from the
   guest's owner and never lead out of the source's own folder, unless the user allowed another.
   Only for files of convert/. */
#ifndef CONVERT_SOURCE_FILES_H
#define CONVERT_SOURCE_FILES_H

#include <glib.h>
#include <stdint.h>

#include "convert/archive/archive.h"

/* Bytes of the host: a file, or a part of one. */
typedef struct {
    char *path;      /* absolute */
    char *member;    /* the bytes are this member of the archive at path, or were; else NULL */
    uint64_t offset; /* 0 for whole files */
    uint64_t length;
    gboolean is_device; /* path is a block device: raw, whatever its first bytes look like */
} SourcePlace;

SourcePlace *source_place_new(const char *path, const char *member, uint64_t offset,
                              uint64_t length);
/* All of a block device. Only the user may name one. */
SourcePlace *source_place_new_device(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
SourcePlace *source_place_copy(const SourcePlace *place);
void source_place_free(SourcePlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourcePlace, source_place_free)

/* The file itself, from its beginning to its end. */
gboolean source_place_is_whole(const SourcePlace *place);

typedef struct SourceFiles SourceFiles;

/* roots: the folders of what the user named and those that names may lead to; NULL-terminated,
   existing. */
SourceFiles *source_files_new(const char *const *roots, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The source is an archive: names are those of its members. Takes it over. */
SourceFiles *source_files_new_for_archive(Archive *archive);
void source_files_free(SourceFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourceFiles, source_files_free)

/* Where members that cannot be read in place are unpacked to, when they are found; before it is
   set, finding one is an error. */
void source_files_set_work_directory(SourceFiles *files, const char *directory);

/* NULL: the source is no archive. */
const Archive *source_files_archive(const SourceFiles *files);

typedef enum {
    /* Relative to the file that names it, or absolute; below one of the roots. Everything else is
       DRYDOCK_ERROR_PRECONDITION. */
    SOURCE_NAME_LOCAL,
    /* As above; and a path of another host ("C:\VMs\a.vhdx", "[datastore1] vm/a.vmdk",
       "/vmfs/volumes/…", "file:///…") stands for its last component, looked for beside the file
       that names it, then anywhere below the roots (one such name only). */
    SOURCE_NAME_FOREIGN,
} SourceNameKind;

/* The file that from (a configuration or image of this source; NULL: the root) calls name. Only
   regular files are found; what resolves, links followed, to a place outside is
   DRYDOCK_ERROR_PRECONDITION, what is not there DRYDOCK_ERROR_NOT_FOUND naming it. Names with a
   protocol ("json:", "nbd:") are refused. Case counts only where two names differ in nothing
   else. */
gboolean source_files_find(SourceFiles *files, const SourcePlace *from, const char *name,
                           SourceNameKind kind, SourcePlace **ret_place,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Every regular file below the roots (a few levels, a limited number), of
   SourcePlace, sorted by path; for finding a parent by its identity. Of an archive: the members
   that need not be unpacked. Borrowed; made at the first call. */
const GPtrArray *source_files_list(SourceFiles *files);

#endif
