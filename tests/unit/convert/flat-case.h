/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of VHD and VHDX sources share: layers made of image-case's contents, and images
   that are large and empty. */
#ifndef TESTS_UNIT_CONVERT_FLAT_CASE_H
#define TESTS_UNIT_CONVERT_FLAT_CASE_H

#include <glib.h>
#include <stdint.h>

typedef void (*FlatCaseWriteFunc)(gpointer writer, uint64_t offset, const uint8_t *data,
                                  size_t length);

/* Hands write what base.raw (layer 0), middle.raw or top.raw has that the layer below has not, in
   units of unit bytes. */
void flat_case_write(const char *folder, guint layer, gsize unit, FlatCaseWriteFunc write,
                     gpointer writer);

/* Of test data. Large disks are mostly zeros: qemu-img compare passes over them, a checksum would
   not. */
typedef struct {
    const char *name;
    const char *script; /* of sh: makes disk, and disk.other for qemu; $DATA is the test data */
    const char *driver; /* of disk.other */
    uint64_t size_bytes;
    const char *finding; /* the one there is; NULL: none */
} FlatCaseLarge;

/* For g_test_add_data_func(). */
void flat_case_run_large(gconstpointer large);

#endif
