/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decrypted side of a BitLocker volume. */
#include "disk/bitlocker.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/bitlocker_cipher.h"
#include "disk/driver.h"

#define SECTOR_LIMIT_BYTES 4096
/* What is encrypted before it is written; reads need no copy. */
#define WRITE_BYTES ((size_t)256 << 10)
#define RESERVED_REGIONS (BITLOCKER_COPIES + 1)

typedef struct {
    uint64_t start, end;
} Region;

typedef struct {
    Disk base;
    BitlockerCipher *cipher; /* NULL: nothing is encrypted */
    uint64_t encrypted_bytes;
    uint64_t header_bytes, header_offset;
    Region reserved[RESERVED_REGIONS];  /* the metadata, and where the volume's header is kept */
    uint8_t sector[SECTOR_LIMIT_BYTES]; /* room for one of which only a part is read */
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

static gboolean read_sector(BitlockerDisk *disk, uint64_t stored, uint8_t *sector, GError **error)
{
    uint32_t unit = disk->base.sector_size;
    return disk_read(disk->base.parent, stored, sector, unit, error) &&
           bitlocker_cipher_decrypt(disk->cipher, stored, sector, unit, error);
}

static gboolean read_encrypted(BitlockerDisk *disk, uint64_t stored, uint8_t *bytes, size_t length,
                               GError **error)
{
    uint32_t unit = disk->base.sector_size;
    while (length > 0) {
        size_t in_sector = (size_t)(stored % unit), chunk;
        if (in_sector == 0 && length >= unit) {
            chunk = length - length % unit;
            if (!disk_read(disk->base.parent, stored, bytes, chunk, error) ||
                !bitlocker_cipher_decrypt(disk->cipher, stored, bytes, chunk, error))
                return FALSE;
        } else {
            chunk = MIN(length, unit - in_sector);
            if (!read_sector(disk, stored - in_sector, disk->sector, error))
                return FALSE;
            memcpy(bytes, disk->sector + in_sector, chunk);
        }
        bytes += chunk;
        stored += chunk;
        length -= chunk;
    }
    return TRUE;
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
        else if (run.kind == RUN_PLAIN ? !disk_read(base->parent, run.stored, bytes, chunk, error)
                                       : !read_encrypted(disk, run.stored, bytes, chunk, error))
            return FALSE;
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

/* [stored, stored + length), rounded outwards to sectors, fits into room. */
static gboolean write_piece(BitlockerDisk *disk, uint64_t stored, const uint8_t *bytes,
                            size_t length, uint8_t *room, GError **error)
{
    uint32_t unit = disk->base.sector_size;
    size_t head = (size_t)(stored % unit);
    size_t whole = (head + length + unit - 1) / unit * unit;
    uint64_t start = stored - head;
    if (head > 0 && !read_sector(disk, start, room, error))
        return FALSE;
    /* The same sector, if there is but one, has been read already. */
    if ((head + length) % unit > 0 && !(head > 0 && whole == unit) &&
        !read_sector(disk, start + whole - unit, room + whole - unit, error))
        return FALSE;
    memcpy(room + head, bytes, length);
    return bitlocker_cipher_encrypt(disk->cipher, start, room, whole, error) &&
           disk_write(disk->base.parent, start, room, whole, error);
}

static gboolean write_encrypted(BitlockerDisk *disk, uint64_t stored, const uint8_t *bytes,
                                size_t length, GError **error)
{
    uint32_t unit = disk->base.sector_size;
    size_t room_bytes = MIN(WRITE_BYTES, length + 2 * (size_t)unit);
    g_autofree uint8_t *room = g_malloc(room_bytes);
    while (length > 0) {
        size_t chunk = MIN(length, room_bytes / unit * unit - (size_t)(stored % unit));
        if (!write_piece(disk, stored, bytes, chunk, room, error))
            return FALSE;
        bytes += chunk;
        stored += chunk;
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
                          : write_encrypted(disk, run.stored, bytes, chunk, error);
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
