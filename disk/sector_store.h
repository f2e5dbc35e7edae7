/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes any bytes of what is stored encrypted sector by sector. Only for the drivers of
   encrypted volumes. */
#ifndef DISK_SECTOR_STORE_H
#define DISK_SECTOR_STORE_H

#include "disk/disk.h"

#define SECTOR_STORE_LIMIT_BYTES 4096 /* of the largest sector */

/* Whole sectors in place. stored: where they are on the disk, in bytes. */
typedef gboolean (*SectorTransform)(void *cipher, uint64_t stored, uint8_t *bytes, size_t length,
                                    GError **error);

typedef struct {
    Disk *disk;            /* has the encrypted sectors; borrowed */
    uint32_t sector_bytes; /* 512 to 4096 */
    SectorTransform decrypt, encrypt;
    void *cipher;                             /* borrowed; what both get */
    uint8_t sector[SECTOR_STORE_LIMIT_BYTES]; /* room for one of which only a part is read */
} SectorStore;

/* [stored, stored + length) of the disk, decrypted. Sectors are counted from the disk's start. */
gboolean sector_store_read(SectorStore *store, uint64_t stored, uint8_t *bytes, size_t length,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Of sectors that are written in part the rest stays. */
gboolean sector_store_write(SectorStore *store, uint64_t stored, const uint8_t *bytes,
                            size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
