/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BitLocker's encryption of sectors. */
#include "disk/bitlocker_cipher.h"

#include "base/bytes.h"
#include "disk/bitlocker_diffuser.h"
#include "disk/sector_cipher.h"

#define AES_BLOCK_BYTES 16
#define SECTOR_KEY_BYTES 32
#define WORDS_LIMIT 1024 /* of a sector of 4096 bytes */
/* Where a volume key for the diffuser has the key of its second cipher. */
#define TWEAK_KEY_OFFSET 32

static const struct {
    gboolean diffuses;
    SectorMode mode;
    size_t key_bytes; /* of one cipher */
} methods[] = {
    /* 0x8000 */ {TRUE, SECTOR_MODE_CBC, 16},  {TRUE, SECTOR_MODE_CBC, 32},
    /* 0x8002 */ {FALSE, SECTOR_MODE_CBC, 16}, {FALSE, SECTOR_MODE_CBC, 32},
    /* 0x8004 */ {FALSE, SECTOR_MODE_XTS, 32}, {FALSE, SECTOR_MODE_XTS, 64},
};

struct BitlockerCipher {
    uint32_t sector_bytes;
    gboolean diffuses, is_xts;
    SectorCipher *sectors;
    SectorCipher *tweak;         /* of the diffuser: makes the sectors' keys */
    uint32_t words[WORDS_LIMIT]; /* the diffuser's room */
};

BitlockerCipher *bitlocker_cipher_new(const BitlockerKey *key, uint32_t sector_bytes,
                                      GError **error)
{
    guint index = key->method - 0x8000;
    g_assert(index < G_N_ELEMENTS(methods));
    g_autoptr(BitlockerCipher) cipher = g_new0(BitlockerCipher, 1);
    cipher->sector_bytes = sector_bytes;
    cipher->diffuses = methods[index].diffuses;
    cipher->is_xts = methods[index].mode == SECTOR_MODE_XTS;
    SectorCipherKey sectors = {
        .mode = methods[index].mode, .key = key->bytes, .key_bytes = methods[index].key_bytes};
    /* The sector's place, encrypted by the same key, is the initial vector of CBC. */
    if (!cipher->is_xts) {
        sectors.vector_key = sectors.key;
        sectors.vector_key_bytes = sectors.key_bytes;
    }
    cipher->sectors = sector_cipher_new(&sectors, error);
    if (!cipher->sectors)
        return NULL;
    if (cipher->diffuses) {
        const SectorCipherKey tweak = {.mode = SECTOR_MODE_ECB,
                                       .key = key->bytes + TWEAK_KEY_OFFSET,
                                       .key_bytes = sectors.key_bytes};
        cipher->tweak = sector_cipher_new(&tweak, error);
        if (!cipher->tweak)
            return NULL;
    }
    return g_steal_pointer(&cipher);
}

void bitlocker_cipher_free(BitlockerCipher *cipher)
{
    if (!cipher)
        return;
    sector_cipher_free(cipher->sectors);
    sector_cipher_free(cipher->tweak);
    g_free(cipher);
}

/* XTS numbers sectors; CBC goes by the place in bytes. */
static uint64_t number_of(const BitlockerCipher *cipher, uint64_t offset)
{
    return cipher->is_xts ? offset / cipher->sector_bytes : offset;
}

static gboolean apply_sector_key(BitlockerCipher *cipher, uint64_t offset, uint8_t *sector,
                                 GError **error)
{
    uint8_t key[SECTOR_KEY_BYTES] = {0};
    put_le64(key, offset);
    put_le64(key + AES_BLOCK_BYTES, offset);
    key[SECTOR_KEY_BYTES - 1] = 0x80;
    if (!sector_cipher_encrypt(cipher->tweak, 0, key, sizeof(key), error))
        return FALSE;
    for (size_t i = 0; i < cipher->sector_bytes; i += SECTOR_KEY_BYTES)
        for (size_t j = 0; j < SECTOR_KEY_BYTES; j++)
            sector[i + j] ^= key[j];
    return TRUE;
}

static gboolean decrypt_sector(BitlockerCipher *cipher, uint64_t offset, uint8_t *sector,
                               GError **error)
{
    if (!sector_cipher_decrypt(cipher->sectors, number_of(cipher, offset), sector,
                               cipher->sector_bytes, error))
        return FALSE;
    if (!cipher->diffuses)
        return TRUE;
    diffuser_decrypt(sector, cipher->sector_bytes, cipher->words);
    return apply_sector_key(cipher, offset, sector, error);
}

static gboolean encrypt_sector(BitlockerCipher *cipher, uint64_t offset, uint8_t *sector,
                               GError **error)
{
    if (cipher->diffuses) {
        if (!apply_sector_key(cipher, offset, sector, error))
            return FALSE;
        diffuser_encrypt(sector, cipher->sector_bytes, cipher->words);
    }
    return sector_cipher_encrypt(cipher->sectors, number_of(cipher, offset), sector,
                                 cipher->sector_bytes, error);
}

static gboolean for_each_sector(BitlockerCipher *cipher,
                                gboolean (*func)(BitlockerCipher *, uint64_t, uint8_t *, GError **),
                                uint64_t offset, uint8_t *bytes, size_t length, GError **error)
{
    for (size_t done = 0; done < length; done += cipher->sector_bytes)
        if (!func(cipher, offset + done, bytes + done, error))
            return FALSE;
    return TRUE;
}

gboolean bitlocker_cipher_decrypt(BitlockerCipher *cipher, uint64_t offset, uint8_t *bytes,
                                  size_t length, GError **error)
{
    return for_each_sector(cipher, decrypt_sector, offset, bytes, length, error);
}

gboolean bitlocker_cipher_encrypt(BitlockerCipher *cipher, uint64_t offset, uint8_t *bytes,
                                  size_t length, GError **error)
{
    return for_each_sector(cipher, encrypt_sector, offset, bytes, length, error);
}
