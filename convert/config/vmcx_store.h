/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The container of Hyper-V's binary files (.vmcx, .vmrs): two headers, a replay log, and tables of
   objects. Nobody published a specification; the layout is that of the file Server 2022 wrote which
   the tests read, on which every checksum below was verified, and agrees with the descriptions of
   others. All numbers are little endian, all checksums CRC-32 (as in zip) with their own field
   taken as zeros:

   0x0000, 0x1000  header, 46 bytes: u32 0x01282014, u32 checksum, u16 sequence (the higher one is
                   current), u32 format version, u32, u32, u32 alignment, u64 offset and u64 size of
                   the replay log, u32 size of its header
   log             34 bytes: u32 0x01110003, u32 checksum, u32 entries, u8, u32 entries at most, …;
                   then entries of 28 bytes: u64 target, u32 size, u64 where the data are (from the
                   log's beginning), u32 checksum, u32 checksum of the data. Entries that were
                   written to their targets stay behind with the count set to 0.
   0x2000          object table: u32 0x01110001, u32 entries; entries of 18 bytes: u8 type, u32
                   checksum, u64 offset, u32 size, u8 flags. A type 1 leads to a further table.
   key table       10 bytes: u16 2, u16 index, u16 sequence, u32 checksum; then keys, see vmcx.c.
                   The higher sequence of two tables with one index is current.

   Only for files of convert/. */
#ifndef CONVERT_CONFIG_VMCX_STORE_H
#define CONVERT_CONFIG_VMCX_STORE_H

#include <glib.h>
#include <stdint.h>

#define VMCX_KEY_TABLE_HEADER_BYTES 10

typedef struct {
    uint64_t offset;
    uint32_t size_bytes;
} VmcxObject;

typedef struct {
    VmcxObject object;
    uint16_t index, sequence;
} VmcxKeyTable;

typedef struct {
    uint8_t *bytes; /* of the whole file, replay log applied */
    size_t size_bytes;
    uint32_t version;   /* 0x0400: 4.0 */
    GArray *key_tables; /* of VmcxKeyTable, each index once; their sizes add up to no more than the
                           file's */
    GArray *file_objects; /* of VmcxObject: where long values lie */
} VmcxStore;

/* TRUE for the beginning of such a file. */
gboolean vmcx_store_is(const uint8_t *head, size_t length);

/* Checks everything that has a checksum. Changes that were logged but not written yet are applied
   when the log is whole, else it is DRYDOCK_ERROR_CORRUPT. A format version that is not known is
   DRYDOCK_ERROR_UNSUPPORTED. */
VmcxStore *vmcx_store_open(GBytes *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vmcx_store_free(VmcxStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmcxStore, vmcx_store_free)

/* CRC-32 of bytes with the four at zeroed_field taken as zeros; beyond the end: all as they are. */
uint32_t vmcx_checksum(const uint8_t *bytes, size_t length, size_t zeroed_field);

#endif
