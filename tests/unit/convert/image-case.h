/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One disk image made on the spot, opened as a source, and read through qemu with its
   image_options, also as the migration does: from an overlay over them. */
#ifndef TESTS_UNIT_CONVERT_IMAGE_CASE_H
#define TESTS_UNIT_CONVERT_IMAGE_CASE_H

#include "convert/machine.h"

typedef enum {
    IMAGE_CASE_ANY,
    IMAGE_CASE_PLAIN,     /* qemu is given the file itself */
    IMAGE_CASE_REWRITTEN, /* qemu is given a descriptor of ours */
} ImageCaseOptions;

typedef struct {
    const char *name;
    /* Makes binary files that no program here can write; NULL: none. base.raw, middle.raw and
       top.raw (8 MiB each, the next a few changes away) are in the folder already. */
    void (*prepare)(const char *folder);
    const char *script; /* of sh, in the folder; $DATA is the test data */
    const char *file;   /* what is opened, below the folder; NULL: "disk.vmdk", else "disk.qcow2" */

    /* Refused: */
    const char *message; /* part of it; NULL: accepted */
    int code;

    /* Accepted: */
    const char *content; /* the raw file that it reads as, below the folder, or its SHA-256 */
    const char *variant; /* NULL: any */
    guint parents;
    ImageCaseOptions options;

    const char *allow; /* --allow-path, below the folder */
    gboolean needs_data;
} ImageCase;

/* For g_test_add_data_func(). */
void image_case_run(gconstpointer image_case);

/* Adds each of count cases under prefix. */
void image_case_add_all(const char *prefix, const ImageCase *cases, gsize count);

/* Writes base.raw, middle.raw and top.raw. */
void image_case_make_contents(const char *folder);

/* The whole file; asserts that it can be read. */
GByteArray *image_case_load(const char *folder, const char *name);
void image_case_save(const char *folder, const char *name, const void *data, gsize length);

#endif
