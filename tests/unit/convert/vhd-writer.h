/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes VHD images for tests: fixed, dynamic and differencing. */
#ifndef TESTS_VHD_WRITER_H
#define TESTS_VHD_WRITER_H

#include <glib.h>
#include <stdint.h>

typedef struct {
    uint32_t type; /* as in the footer: 2 fixed, 3 dynamic, 4 differencing */
    uint64_t disk_bytes;
    uint32_t block_bytes;      /* not of fixed ones */
    uint8_t uuid[16];          /* as stored */
    uint8_t parent_uuid[16];   /* likewise; differencing */
    const char *relative_name; /* differencing, and NULL: no locator of that kind */
    const char *absolute_name; /* likewise */
    const char *header_name;   /* likewise */
    gboolean has_short_footer; /* 511 bytes */
} VhdSpec;

typedef struct VhdWriter VhdWriter;

VhdWriter *vhd_writer_open(const char *path, const VhdSpec *spec);
/* Whole sectors. */
void vhd_writer_write(VhdWriter *writer, uint64_t offset, const uint8_t *data, size_t length);
void vhd_writer_close(VhdWriter *writer);

/* Sets the checksum of a footer or dynamic header, whose field is at field. */
void vhd_set_checksum(uint8_t *bytes, size_t length, size_t field);

#endif
