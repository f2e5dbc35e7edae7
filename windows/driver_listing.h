/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a collection holds, whatever guest it is for. */
#ifndef WINDOWS_DRIVER_LISTING_H
#define WINDOWS_DRIVER_LISTING_H

#include "windows/driver_tree.h"

typedef struct {
    char *path;    /* of the INF in the tree */
    char *problem; /* why it could not be read; then nothing below is set */
    char *provider, *class_name, *version;
    char *date;         /* NULL: none */
    GPtrArray *targets; /* of char *, as written: "NTamd64.10.0"; "" for a plain section */
    GPtrArray *ids;     /* of char *, upper case, each once */
} DriverListing;

/* Of DriverListing, by path. */
GPtrArray *driver_listing_new(const DriverTree *tree);

#endif
