/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One INF that could give a guest a driver, judged. For driver_choice.c only. */
#ifndef WINDOWS_DRIVER_CANDIDATE_H
#define WINDOWS_DRIVER_CANDIDATE_H

#include "windows/driver_choice.h"

/* A collection with what is asked of it often. */
typedef struct {
    const DriverTree *tree;
    gboolean is_named;     /* by the user, as the place of one driver */
    GHashTable *files;     /* lower-case path → path as stored */
    GHashTable *inf_count; /* folder → number of INFs in it */
} DriverIndex;

void driver_index_init(DriverIndex *index, const DriverTree *tree, gboolean is_named);
void driver_index_clear(DriverIndex *index);
gboolean driver_path_is_inf(const char *path);

typedef struct {
    const DriverIndex *index;
    char *name, *path, *directory;
    DriverConsidered *considered; /* borrowed from the choice */
    InfDriver *driver;
    GPtrArray *sources; /* files the INF names, paths in the tree */
    DriverRole role;
    gboolean is_legacy_only, boots;
    const char *boot_file; /* boots: the driver's file, set by is_loadable(); borrowed */
    guint directory_rank, infs_beside;
} DriverCandidate;

/* Reads the INF at path. NULL: *ret_reason says why it cannot be this target's. considered gets the
   version and date the INF has. */
DriverCandidate *driver_candidate_new(const DriverIndex *index, const char *path,
                                      const DriverTarget *target, guint directory_rank,
                                      DriverConsidered *considered, char **ret_reason);
void driver_candidate_free(DriverCandidate *candidate);

/* Of two pointers to candidates: by name, then the better one first. */
int driver_candidate_compare(const void *a, const void *b);
/* What is_loadable() reads; NULL: nothing. */
const char *driver_candidate_signed_file(const DriverCandidate *candidate);
/* Whether target would load it; *ret_reason says why, or why not. */
gboolean driver_candidate_is_loadable(DriverCandidate *candidate, const DriverTarget *target,
                                      char **ret_reason);
/* Paths in the tree of all that has to be copied. */
GPtrArray *driver_candidate_list_files(const DriverCandidate *candidate);

#endif
