/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BitLocker's encryption of sectors. */
#include "disk/bitlocker_cipher.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/bitlocker_diffuser.h"

#define AES_BLOCK_BYTES 16
#define SECTOR_KEY_BYTES 32
#define WORDS_LIMIT 1024 /* of a sector of 4096 bytes */
/* Where a volume key for the diffuser has the key of its second cipher. */
#define TWEAK_KEY_OFFSET 32

static const struct {
    gboolean diffuses, is_xts;
    size_t key_bytes; /* of one cipher */
} methods[] = {
    /* 0x8000 */ {TRUE, FALSE, 16},  {TRUE, FALSE, 32}, {FALSE, FALSE, 16},
    /* 0x8003 */ {FALSE, FALSE, 32}, {FALSE, TRUE, 32}, {FALSE, TRUE, 64},
};

struct BitlockerCipher {
    uint32_t sector_bytes;
    gboolean diffuses, is_xts;
    EVP_CIPHER_CTX *decrypt, *encrypt;
    EVP_CIPHER_CTX *vector;      /* of CBC: makes the sectors' initial vectors */
    EVP_CIPHER_CTX *tweak;       /* of the diffuser: makes the sectors' keys */
    uint32_t words[WORDS_LIMIT]; /* the diffuser's room */
};

static const EVP_CIPHER *choose_algorithm(gboolean is_xts, size_t key_bytes)
{
    if (is_xts)
        return key_bytes == 64 ? EVP_aes_256_xts() : EVP_aes_128_xts();
    return key_bytes == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
}

static EVP_CIPHER_CTX *new_context(const EVP_CIPHER *algorithm, const uint8_t *key,
                                   gboolean encrypts)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context && EVP_CipherInit_ex(context, algorithm, NULL, key, NULL, encrypts) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

BitlockerCipher *bitlocker_cipher_new(const BitlockerKey *key, uint32_t sector_bytes,
                                      GError **error)
{
    guint index = key->method - 0x8000;
    g_assert(index < G_N_ELEMENTS(methods));
    g_autoptr(BitlockerCipher) cipher = g_new0(BitlockerCipher, 1);
    size_t key_bytes = methods[index].key_bytes;
    cipher->sector_bytes = sector_bytes;
    cipher->diffuses = methods[index].diffuses;
    cipher->is_xts = methods[index].is_xts;
    const EVP_CIPHER *algorithm = choose_algorithm(cipher->is_xts, key_bytes);
    const EVP_CIPHER *block = key_bytes == 32 ? EVP_aes_256_ecb() : EVP_aes_128_ecb();
    cipher->decrypt = new_context(algorithm, key->bytes, FALSE);
    cipher->encrypt = new_context(algorithm, key->bytes, TRUE);
    gboolean ok = cipher->decrypt && cipher->encrypt;
    if (!cipher->is_xts) {
        cipher->vector = new_context(block, key->bytes, TRUE);
        ok = ok && cipher->vector;
    }
    if (cipher->diffuses) {
        cipher->tweak = new_context(block, key->bytes + TWEAK_KEY_OFFSET, TRUE);
        ok = ok && cipher->tweak;
    }
    if (ok)
        return g_steal_pointer(&cipher);
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto refuses a key of AES");
    return NULL;
}

void bitlocker_cipher_free(BitlockerCipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->decrypt);
    EVP_CIPHER_CTX_free(cipher->encrypt);
    EVP_CIPHER_CTX_free(cipher->vector);
    EVP_CIPHER_CTX_free(cipher->tweak);
    g_free(cipher);
}

/* length: whole blocks. */
static gboolean run(EVP_CIPHER_CTX *context, uint8_t *bytes, size_t length)
{
    int got = 0;
    return EVP_CipherUpdate(context, bytes, &got, bytes, (int)length) == 1 && got == (int)length;
}

/* XTS numbers sectors; CBC encrypts the place in bytes. */
static gboolean set_vector(BitlockerCipher *cipher, EVP_CIPHER_CTX *context, uint64_t offset)
{
    uint8_t vector[AES_BLOCK_BYTES] = {0};
    put_le64(vector, cipher->is_xts ? offset / cipher->sector_bytes : offset);
    return (cipher->is_xts || run(cipher->vector, vector, sizeof(vector))) &&
           EVP_CipherInit_ex(context, NULL, NULL, NULL, vector, -1) == 1;
}

static gboolean apply_sector_key(BitlockerCipher *cipher, uint64_t offset, uint8_t *sector)
{
    uint8_t key[SECTOR_KEY_BYTES] = {0};
    put_le64(key, offset);
    put_le64(key + AES_BLOCK_BYTES, offset);
    key[SECTOR_KEY_BYTES - 1] = 0x80;
    if (!run(cipher->tweak, key, sizeof(key)))
        return FALSE;
    for (size_t i = 0; i < cipher->sector_bytes; i += SECTOR_KEY_BYTES)
        for (size_t j = 0; j < SECTOR_KEY_BYTES; j++)
            sector[i + j] ^= key[j];
    return TRUE;
}

static gboolean decrypt_sector(BitlockerCipher *cipher, uint64_t offset, uint8_t *sector)
{
    if (!set_vector(cipher, cipher->decrypt, offset) ||
        !run(cipher->decrypt, sector, cipher->sector_bytes))
        return FALSE;
    if (!cipher->diffuses)
        return TRUE;
    diffuser_decrypt(sector, cipher->sector_bytes, cipher->words);
    return apply_sector_key(cipher, offset, sector);
}

static gboolean encrypt_sector(BitlockerCipher *cipher, uint64_t offset, uint8_t *sector)
{
    if (cipher->diffuses) {
        if (!apply_sector_key(cipher, offset, sector))
            return FALSE;
        diffuser_encrypt(sector, cipher->sector_bytes, cipher->words);
    }
    return set_vector(cipher, cipher->encrypt, offset) &&
           run(cipher->encrypt, sector, cipher->sector_bytes);
}

static gboolean for_each_sector(BitlockerCipher *cipher,
                                gboolean (*func)(BitlockerCipher *, uint64_t, uint8_t *),
                                uint64_t offset, uint8_t *bytes, size_t length, GError **error)
{
    for (size_t done = 0; done < length; done += cipher->sector_bytes)
        if (!func(cipher, offset + done, bytes + done)) {
            drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto has failed at AES");
            return FALSE;
        }
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
