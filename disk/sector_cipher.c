/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AES over the sectors of an encrypted volume. */
#include "disk/sector_cipher.h"

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"

#define AES_BLOCK_BYTES 16

static const struct {
    SectorMode mode;
    size_t key_bytes;
    const EVP_CIPHER *(*algorithm)(void);
} algorithms[] = {
    {SECTOR_MODE_XTS, 32, EVP_aes_128_xts}, {SECTOR_MODE_XTS, 64, EVP_aes_256_xts},
    {SECTOR_MODE_CBC, 16, EVP_aes_128_cbc}, {SECTOR_MODE_CBC, 24, EVP_aes_192_cbc},
    {SECTOR_MODE_CBC, 32, EVP_aes_256_cbc}, {SECTOR_MODE_ECB, 16, EVP_aes_128_ecb},
    {SECTOR_MODE_ECB, 24, EVP_aes_192_ecb}, {SECTOR_MODE_ECB, 32, EVP_aes_256_ecb},
};

struct SectorCipher {
    SectorMode mode;
    EVP_CIPHER_CTX *decrypt, *encrypt;
    EVP_CIPHER_CTX *vector; /* NULL: the number is the initial vector */
};

static const EVP_CIPHER *find_algorithm(SectorMode mode, size_t key_bytes)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++)
        if (algorithms[i].mode == mode && algorithms[i].key_bytes == key_bytes)
            return algorithms[i].algorithm();
    return NULL;
}

gboolean sector_cipher_takes(SectorMode mode, size_t key_bytes)
{
    return find_algorithm(mode, key_bytes) != NULL;
}

static EVP_CIPHER_CTX *new_context(SectorMode mode, const uint8_t *key, size_t key_bytes,
                                   gboolean encrypts, GError **error)
{
    const EVP_CIPHER *algorithm = find_algorithm(mode, key_bytes);
    if (!algorithm) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "this way to use AES has no keys of %zu bytes", key_bytes);
        return NULL;
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context && EVP_CipherInit_ex(context, algorithm, NULL, key, NULL, encrypts) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto refuses a key of AES");
    return NULL;
}

SectorCipher *sector_cipher_new(const SectorCipherKey *key, GError **error)
{
    g_autoptr(SectorCipher) cipher = g_new0(SectorCipher, 1);
    cipher->mode = key->mode;
    cipher->decrypt = new_context(key->mode, key->key, key->key_bytes, FALSE, error);
    if (!cipher->decrypt)
        return NULL;
    cipher->encrypt = new_context(key->mode, key->key, key->key_bytes, TRUE, error);
    if (!cipher->encrypt)
        return NULL;
    if (key->vector_key) {
        cipher->vector =
            new_context(SECTOR_MODE_ECB, key->vector_key, key->vector_key_bytes, TRUE, error);
        if (!cipher->vector)
            return NULL;
    }
    return g_steal_pointer(&cipher);
}

void sector_cipher_free(SectorCipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->decrypt);
    EVP_CIPHER_CTX_free(cipher->encrypt);
    EVP_CIPHER_CTX_free(cipher->vector);
    g_free(cipher);
}

static gboolean update(EVP_CIPHER_CTX *context, uint8_t *bytes, size_t length)
{
    int got = 0;
    return EVP_CipherUpdate(context, bytes, &got, bytes, (int)length) == 1 && got == (int)length;
}

static gboolean run(SectorCipher *cipher, EVP_CIPHER_CTX *context, uint64_t number, uint8_t *bytes,
                    size_t length, GError **error)
{
    gboolean ok = TRUE;
    if (cipher->mode != SECTOR_MODE_ECB) {
        uint8_t vector[AES_BLOCK_BYTES] = {0};
        put_le64(vector, number);
        ok = (!cipher->vector || update(cipher->vector, vector, sizeof(vector))) &&
             EVP_CipherInit_ex(context, NULL, NULL, NULL, vector, -1) == 1;
    }
    if (ok && update(context, bytes, length))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto has failed at AES");
    return FALSE;
}

gboolean sector_cipher_decrypt(SectorCipher *cipher, uint64_t number, uint8_t *bytes, size_t length,
                               GError **error)
{
    return run(cipher, cipher->decrypt, number, bytes, length, error);
}

gboolean sector_cipher_encrypt(SectorCipher *cipher, uint64_t number, uint8_t *bytes, size_t length,
                               GError **error)
{
    return run(cipher, cipher->encrypt, number, bytes, length, error);
}
