/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AES over the sectors of an encrypted volume: BitLocker's and LUKS's, by libcrypto. Only for files
   of disk/. */
#ifndef DISK_SECTOR_CIPHER_H
#define DISK_SECTOR_CIPHER_H

#include <glib.h>
#include <stdint.h>

/* The longest key: AES-256-XTS, which takes two. */
#define SECTOR_KEY_LIMIT_BYTES 64

typedef struct SectorCipher SectorCipher;

typedef enum {
    SECTOR_MODE_XTS, /* keys of 32 and 64 bytes */
    SECTOR_MODE_CBC, /* 16, 24 and 32 bytes, as for ECB */
    SECTOR_MODE_ECB,
} SectorMode;

typedef struct {
    SectorMode mode;
    const uint8_t *key; /* borrowed, as is vector_key */
    size_t key_bytes;
    /* By which a sector's number is encrypted before it is the initial vector: ESSIV. NULL: the
       number itself is, little-endian. */
    const uint8_t *vector_key;
    size_t vector_key_bytes;
} SectorCipherKey;

gboolean sector_cipher_takes(SectorMode mode, size_t key_bytes);

/* DRYDOCK_ERROR_UNSUPPORTED: no such length of a key. */
SectorCipher *sector_cipher_new(const SectorCipherKey *key,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Overwrites the keys. NULL is fine. */
void sector_cipher_free(SectorCipher *cipher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SectorCipher, sector_cipher_free)

/* One sector in place. number: what its initial vector is made of. length: whole blocks of 16. */
gboolean sector_cipher_decrypt(SectorCipher *cipher, uint64_t number, uint8_t *bytes, size_t length,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean sector_cipher_encrypt(SectorCipher *cipher, uint64_t number, uint8_t *bytes, size_t length,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
