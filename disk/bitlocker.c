/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decrypted side of a BitLocker volume. */
#include "disk/bitlocker.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/bitlocker_cipher.h"
#include "disk/driver.h"
#include "disk/sector_store.h"

#define RESERVED_REGIONS (BITLOCKER_COPIES + 1)

typedef struct {
    uint64_t start, end;
} Region;

typedef struct {
    Disk base;
    BitlockerCipher *cipher; /* NULL: nothing is encrypted */
    uint64_t encrypted_bytes;
    uint64_t header_bytes, header_offset;
    Region reserved[RESERVED_REGIONS]; /* the metadata, and where the volume's header is kept */
    SectorStore store;
} BitlockerDisk;

typedef enum {
    RUN_RESERVED,
    RUN_PLAIN,
    RUN_ENCRYPTED,
} RunKind;

/* Neighbouring bytes that are stored in the same manner. */
typedef struct {
    RunKind kind;
    uint64_t stored; /* where its first byte is on the volume */
    uint64_t length;
} Run;

/* The run at offset, at most limit bytes of it. Boundaries are those of sectors. */
static Run run_at(const BitlockerDisk *disk, uint64_t offset, uint64_t limit)
{
    Run run = {.kind = RUN_PLAIN, .stored = offset};
    uint64_t end = offset + limit;
    if (offset < disk->header_bytes) {
        run.stored = disk->header_offset + offset;
        end = MIN(end, disk->header_bytes);
    } else {
        for (guint i = 0; i < RESERVED_REGIONS; i++) {
            const Region *region = &disk->reserved[i];
            if (offset >= region->start && offset < region->end) {
                run.kind = RUN_RESERVED;
                run.length = MIN(end, region->end) - offset;
                return run;
            }
            if (region->start > offset)
                end = MIN(end, region->start);
        }
    }
    run.length = end - offset;
    if (disk->cipher && run.stored < disk->encrypted_bytes) {
        run.kind = RUN_ENCRYPTED;
        run.length = MIN(run.length, disk->encrypted_bytes - run.stored);
    }
    return run;
}

static gboolean bitlocker_disk_read(Disk *base, uint64_t offset, void *buffer, size_t length,
                                    GError **error)
{
    BitlockerDisk *disk = (BitlockerDisk *)base;
    uint8_t *bytes = buffer;
    while (length > 0) {
        Run run = run_at(disk, offset, length);
        size_t chunk = (size_t)run.length;
        if (run.kind == RUN_RESERVED)
            memset(bytes, 0, chunk);
        else if (run.kind == RUN_PLAIN
                     ? !disk_read(base->parent, run.stored, bytes, chunk, error)
                     : !sector_store_read(&disk->store, run.stored, bytes, chunk, error))
            return FALSE;
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

/* A cache in front of this writes whole blocks back: what reads as zeros may be written so. */
static gboolean check_reserved(const Disk *disk, uint64_t offset, const uint8_t *bytes,
                               size_t length, GError **error)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 0) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                              "check the volume in the source, then export it again",
                              "%s: byte %" G_GUINT64_FORMAT
                              " belongs to BitLocker and is not written",
                              disk->name, offset + i);
            return FALSE;
        }
    return TRUE;
}

static gboolean bitlocker_disk_write(Disk *base, uint64_t offset, const void *buffer, size_t length,
                                     GError **error)
{
    BitlockerDisk *disk = (BitlockerDisk *)base;
    const uint8_t *bytes = buffer;
    while (length > 0) {
        Run run = run_at(disk, offset, length);
        size_t chunk = (size_t)run.length;
        gboolean ok = run.kind == RUN_RESERVED ? check_reserved(base, offset, bytes, chunk, error)
                      : run.kind == RUN_PLAIN
                          ? disk_write(base->parent, run.stored, bytes, chunk, error)
                          : sector_store_write(&disk->store, run.stored, bytes, chunk, error);
        if (!ok)
            return FALSE;
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

/* Whole sectors of what is not reserved. */
static gboolean bitlocker_disk_discard(Disk *base, uint64_t offset, uint64_t length, GError **error)
{
    uint32_t unit = base->sector_size;
    uint64_t end = (offset + length) / unit * unit;
    offset = (offset + unit - 1) / unit * unit;
    while (offset < end) {
        Run run = run_at((BitlockerDisk *)base, offset, end - offset);
        if (run.kind != RUN_RESERVED && !disk_discard(base->parent, run.stored, run.length, error))
            return FALSE;
        offset += run.length;
    }
    return TRUE;
}

static gboolean bitlocker_disk_flush(Disk *disk, GError **error)
{
    return disk_flush(disk->parent, error);
}

static void bitlocker_disk_free(Disk *disk)
{
    bitlocker_cipher_free(((BitlockerDisk *)disk)->cipher);
    g_free(disk);
}

static const DiskOps bitlocker_ops = {
    .read = bitlocker_disk_read,
    .write = bitlocker_disk_write,
    .discard = bitlocker_disk_discard,
    .flush = bitlocker_disk_flush,
    .free = bitlocker_disk_free,
};

static gboolean decrypt_sectors(void *cipher, uint64_t stored, uint8_t *bytes, size_t length,
                                GError **error)
{
    return bitlocker_cipher_decrypt(cipher, stored, bytes, length, error);
}

static gboolean encrypt_sectors(void *cipher, uint64_t stored, uint8_t *bytes, size_t length,
                                GError **error)
{
    return bitlocker_cipher_encrypt(cipher, stored, bytes, length, error);
}

Disk *bitlocker_open(const Bitlocker *bitlocker, Disk *volume, const KeyRing *keys, GError **error)
{
    g_autoptr(BitlockerCipher) cipher = NULL;
    if (bitlocker->state != BITLOCKER_DECRYPTED) {
        BitlockerKey key = {0};
        if (bitlocker_unlock(bitlocker, disk_name(volume), keys, &key, error))
            cipher = bitlocker_cipher_new(&key, bitlocker->sector_bytes, error);
        explicit_bzero(&key, sizeof(key));
        if (!cipher)
            return NULL;
    }
    BitlockerDisk *disk = g_new0(BitlockerDisk, 1);
    uint64_t size = disk_size(volume);
    disk_init(&disk->base, &bitlocker_ops, volume, disk_name(volume),
              size - size % bitlocker->sector_bytes, bitlocker->sector_bytes,
              disk_is_writable(volume));
    disk->base.keeps_no_zeros = TRUE;
    disk->cipher = g_steal_pointer(&cipher);
    disk->store = (SectorStore){.disk = volume,
                                .sector_bytes = bitlocker->sector_bytes,
                                .decrypt = decrypt_sectors,
                                .encrypt = encrypt_sectors,
                                .cipher = disk->cipher};
    disk->encrypted_bytes = bitlocker->encrypted_bytes;
    disk->header_bytes = bitlocker->header_bytes;
    disk->header_offset = bitlocker->header_offset;
    for (guint i = 0; i < BITLOCKER_COPIES; i++)
        disk->reserved[i] = (Region){bitlocker->copy_offsets[i],
                                     bitlocker->copy_offsets[i] + BITLOCKER_METADATA_BYTES};
    disk->reserved[BITLOCKER_COPIES] =
        (Region){bitlocker->header_offset, bitlocker->header_offset + bitlocker->header_bytes};
    return &disk->base;
}
