/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decrypted side of a LUKS volume. */
#include "disk/luks.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/driver.h"
#include "disk/luks_unlock.h"
#include "disk/sector_store.h"

/* dm-crypt numbers units of 512 bytes whatever the size of a sector is. */
#define NUMBER_BYTES 512

typedef struct {
    Disk base;
    SectorCipher *cipher;
    uint64_t first_number, number_mask;
    SectorStore store;
} LuksDisk;

static gboolean transform(LuksDisk *disk, gboolean encrypts, uint64_t stored, uint8_t *bytes,
                          size_t length, GError **error)
{
    uint32_t unit = disk->store.sector_bytes;
    uint64_t number = disk->first_number + stored / NUMBER_BYTES;
    for (size_t done = 0; done < length; done += unit, number += unit / NUMBER_BYTES) {
        uint64_t masked = number & disk->number_mask;
        if (!(encrypts ? sector_cipher_encrypt(disk->cipher, masked, bytes + done, unit, error)
                       : sector_cipher_decrypt(disk->cipher, masked, bytes + done, unit, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean decrypt_sectors(void *cipher, uint64_t stored, uint8_t *bytes, size_t length,
                                GError **error)
{
    return transform(cipher, FALSE, stored, bytes, length, error);
}

static gboolean encrypt_sectors(void *cipher, uint64_t stored, uint8_t *bytes, size_t length,
                                GError **error)
{
    return transform(cipher, TRUE, stored, bytes, length, error);
}

static gboolean luks_disk_read(Disk *base, uint64_t offset, void *buffer, size_t length,
                               GError **error)
{
    return sector_store_read(&((LuksDisk *)base)->store, offset, buffer, length, error);
}

static gboolean luks_disk_write(Disk *base, uint64_t offset, const void *buffer, size_t length,
                                GError **error)
{
    return sector_store_write(&((LuksDisk *)base)->store, offset, buffer, length, error);
}

/* Whole sectors. */
static gboolean luks_disk_discard(Disk *base, uint64_t offset, uint64_t length, GError **error)
{
    uint32_t unit = ((LuksDisk *)base)->store.sector_bytes;
    uint64_t end = (offset + length) / unit * unit;
    offset = (offset + unit - 1) / unit * unit;
    return offset >= end || disk_discard(base->parent, offset, end - offset, error);
}

static gboolean luks_disk_flush(Disk *disk, GError **error)
{
    return disk_flush(disk->parent, error);
}

static void luks_disk_free(Disk *disk)
{
    sector_cipher_free(((LuksDisk *)disk)->cipher);
    g_free(disk);
}

static const DiskOps luks_ops = {
    .read = luks_disk_read,
    .write = luks_disk_write,
    .discard = luks_disk_discard,
    .flush = luks_disk_flush,
    .free = luks_disk_free,
};

static SectorCipher *new_cipher(const Luks *luks, const uint8_t *key, GError **error)
{
    uint8_t hash[32] = {0};
    SectorCipherKey sectors = {
        .mode = luks->encryption.mode, .key = key, .key_bytes = luks->key_bytes};
    if (luks->encryption.vector == LUKS_VECTOR_ESSIV) {
        if (EVP_Digest(key, luks->key_bytes, hash, NULL, EVP_sha256(), NULL) != 1) {
            drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto has no SHA-256");
            return NULL;
        }
        sectors.vector_key = hash;
        sectors.vector_key_bytes = sizeof(hash);
    }
    SectorCipher *cipher = sector_cipher_new(&sectors, error);
    explicit_bzero(hash, sizeof(hash));
    return cipher;
}

/* Where the encrypted sectors are. */
static Disk *open_data(const Luks *luks, Disk *volume, GError **error)
{
    uint64_t size = disk_size(volume), bytes = luks->data_bytes;
    if (bytes == 0 && luks->data_offset < size)
        bytes = (size - luks->data_offset) / luks->sector_bytes * luks->sector_bytes;
    if (bytes == 0 || bytes % luks->sector_bytes != 0 ||
        !range_is_within(luks->data_offset, bytes, size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "check that the disk was exported from end to end",
                          "the encrypted data of %s lies beyond its end", disk_name(volume));
        return NULL;
    }
    return disk_new_window(volume, luks->data_offset, bytes, disk_name(volume), error);
}

Disk *luks_open(Luks *luks, Disk *volume, const KeyRing *keys, GError **error)
{
    if (luks->reason) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "%s is not opened: %s",
                          disk_name(volume), luks->reason);
        return NULL;
    }
    uint8_t key[SECTOR_KEY_LIMIT_BYTES] = {0};
    g_autoptr(Disk) data = open_data(luks, volume, error);
    g_autoptr(SectorCipher) cipher = NULL;
    if (data && luks_unlock(luks, volume, keys, key, error))
        cipher = new_cipher(luks, key, error);
    explicit_bzero(key, sizeof(key));
    if (!cipher)
        return NULL;
    LuksDisk *disk = g_new0(LuksDisk, 1);
    disk_init(&disk->base, &luks_ops, data, disk_name(volume), disk_size(data), luks->sector_bytes,
              disk_is_writable(volume));
    disk->base.keeps_no_zeros = TRUE;
    disk->cipher = g_steal_pointer(&cipher);
    disk->first_number = luks->first_number;
    disk->number_mask =
        luks->encryption.vector == LUKS_VECTOR_NUMBER_32 ? G_MAXUINT32 : G_MAXUINT64;
    disk->store = (SectorStore){.disk = disk->base.parent,
                                .sector_bytes = luks->sector_bytes,
                                .decrypt = decrypt_sectors,
                                .encrypt = encrypt_sectors,
                                .cipher = disk};
    return &disk->base;
}
