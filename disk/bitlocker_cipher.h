/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BitLocker's encryption of sectors: AES-CBC with and without the Elephant diffuser, AES-XTS. Only
   for the files of bitlocker.h. */
#ifndef DISK_BITLOCKER_CIPHER_H
#define DISK_BITLOCKER_CIPHER_H

#include "disk/bitlocker_key.h"

typedef struct BitlockerCipher BitlockerCipher;

/* key: method and length fit each other, see bitlocker_unlock(). sector_bytes: 512 or 4096. */
BitlockerCipher *bitlocker_cipher_new(const BitlockerKey *key, uint32_t sector_bytes,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Overwrites the keys. NULL is fine. */
void bitlocker_cipher_free(BitlockerCipher *cipher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BitlockerCipher, bitlocker_cipher_free)

/* Whole sectors in place. offset: where they are stored on the volume, in bytes. */
gboolean bitlocker_cipher_decrypt(BitlockerCipher *cipher, uint64_t offset, uint8_t *bytes,
                                  size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean bitlocker_cipher_encrypt(BitlockerCipher *cipher, uint64_t offset, uint8_t *bytes,
                                  size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
