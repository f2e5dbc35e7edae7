/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes VHDX images for tests: with a parent, with sectors of either size, with changes that are
   in the log only. */
#ifndef TESTS_VHDX_WRITER_H
#define TESTS_VHDX_WRITER_H

#include <glib.h>
#include <stdint.h>

#define VHDX_LOG_OFFSET (UINT64_C(1) << 20)
#define VHDX_LOG_BYTES (UINT32_C(1) << 20)

typedef struct {
    uint64_t disk_bytes;
    uint32_t block_bytes, sector_bytes;
    uint8_t data_write_guid[16]; /* as stored */
    gboolean is_fixed;           /* only the flag */
    gboolean has_parent;
    /* Values of the parent locator; NULL: there is no such key. */
    const char *parent_linkage, *parent_linkage2;
    const char *relative_path, *absolute_path, *volume_path;
    gboolean has_log; /* the block allocation table is not written but logged, see below */
} VhdxSpec;

typedef struct VhdxWriter VhdxWriter;

VhdxWriter *vhdx_writer_open(const char *path, const VhdxSpec *spec);
/* Whole sectors. Blocks of differencing images become partially present, unless all of a block is
   written at once. */
void vhdx_writer_write(VhdxWriter *writer, uint64_t offset, const uint8_t *data, size_t length);
/* A whole block: state as in the format, without data. */
void vhdx_writer_set_state(VhdxWriter *writer, uint64_t block, uint8_t state);
/* With has_log: the block allocation table on disk stays zeros, one entry of the log for each 4 KiB
   of it has what belongs there, and the sequence runs over the end of the log's ring. */
void vhdx_writer_close(VhdxWriter *writer);

/* An entry of a log, built piece by piece. */
typedef struct {
    GByteArray *descriptors, *data;
    uint64_t number;
} VhdxLogEntry;

void vhdx_log_entry_init(VhdxLogEntry *entry, uint64_t number);
void vhdx_log_entry_clear(VhdxLogEntry *entry);
void vhdx_log_entry_add_data(VhdxLogEntry *entry, uint64_t offset, const uint8_t *sector);
void vhdx_log_entry_add_zeros(VhdxLogEntry *entry, uint64_t offset, uint64_t length);
/* The finished entry, whose log is that of vhdx_writer_close(). */
GByteArray *vhdx_log_entry_finish(const VhdxLogEntry *entry, uint32_t tail,
                                  uint64_t flushed_file_offset, uint64_t last_file_offset);
/* Sums an entry up again after it was changed. */
void vhdx_log_entry_set_checksum(uint8_t *bytes, size_t length);

/* Puts an entry where it belongs in the ring of the log, over its end if need be, and returns the
   offset behind it. */
uint32_t vhdx_log_put(int fd, uint32_t offset, const GByteArray *entry);

/* Both headers, with our log or without. */
void vhdx_put_headers(int fd, const uint8_t data_write_guid[16], gboolean has_log);

#endif
