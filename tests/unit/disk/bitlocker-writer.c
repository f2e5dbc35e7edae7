/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a plain volume into a BitLocker one, for tests. */
#include "bitlocker-writer.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "disk/bitlocker_cipher.h"
#include "disk/bitlocker_secret.h"
#include "support.h"

#define KIB ((size_t)1024)

enum { SEED_MASTER = 1, SEED_VOLUME, SEED_CLEAR, SEED_STARTUP, SEED_SALT };

static void make_key(uint8_t *bytes, size_t length, guint seed)
{
    test_fill(bytes, length, seed * 7919);
}

static size_t volume_key_bytes(guint method)
{
    static const size_t lengths[] = {64, 64, 16, 32, 32, 64};
    return lengths[method - 0x8000];
}

static void append_le16(GByteArray *bytes, guint value)
{
    uint8_t field[2];
    put_le16(field, (uint16_t)value);
    g_byte_array_append(bytes, field, sizeof(field));
}

static void append_le32(GByteArray *bytes, guint32 value)
{
    append_le16(bytes, value & 0xffff);
    append_le16(bytes, value >> 16);
}

static void append_le64(GByteArray *bytes, uint64_t value)
{
    append_le32(bytes, (guint32)value);
    append_le32(bytes, (guint32)(value >> 32));
}

static void append_guid(GByteArray *bytes, const char *text)
{
    static const guint order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t plain[16], guid[16];
    for (guint i = 0; i < 16; text += 2, i++) {
        text += *text == '-';
        plain[i] = (uint8_t)(g_ascii_xdigit_value(text[0]) * 16 + g_ascii_xdigit_value(text[1]));
    }
    for (guint i = 0; i < 16; i++)
        guid[i] = plain[order[i]];
    g_byte_array_append(bytes, guid, sizeof(guid));
}

/* Returns where the entry begins, for entry_end(). */
static guint entry_begin(GByteArray *bytes, guint role, guint type)
{
    guint start = bytes->len;
    append_le16(bytes, 0);
    append_le16(bytes, role);
    append_le16(bytes, type);
    append_le16(bytes, 1);
    return start;
}

static void entry_end(GByteArray *bytes, guint start)
{
    put_le16(bytes->data + start, (uint16_t)(bytes->len - start));
}

static void append_key(GByteArray *bytes, guint role, guint method, const uint8_t *key,
                       size_t length)
{
    guint start = entry_begin(bytes, role, 1);
    append_le32(bytes, method);
    g_byte_array_append(bytes, key, (guint)length);
    entry_end(bytes, start);
}

/* AES-256-CCM of an entry with payload as its key. */
static void append_wrapped(GByteArray *bytes, guint role, const uint8_t wrapping[32], guint method,
                           const uint8_t *payload, size_t length)
{
    g_autoptr(GByteArray) plain = g_byte_array_new();
    append_key(plain, 0, method, payload, length);
    uint8_t nonce[12] = {1, 2, 3, 4}, tag[16];
    put_le32(nonce + 8, bytes->len);
    g_autofree uint8_t *secret = g_malloc(plain->len);
    int got = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    g_assert_true(EVP_EncryptInit_ex(context, EVP_aes_256_ccm(), NULL, NULL, NULL) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, NULL) == 1 &&
                  EVP_EncryptInit_ex(context, NULL, NULL, wrapping, nonce) == 1 &&
                  EVP_EncryptUpdate(context, NULL, &got, NULL, (int)plain->len) == 1 &&
                  EVP_EncryptUpdate(context, secret, &got, plain->data, (int)plain->len) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
    EVP_CIPHER_CTX_free(context);
    guint start = entry_begin(bytes, role, 5);
    g_byte_array_append(bytes, nonce, sizeof(nonce));
    g_byte_array_append(bytes, tag, sizeof(tag));
    g_byte_array_append(bytes, secret, plain->len);
    entry_end(bytes, start);
}

static guint protector_begin(GByteArray *bytes, const char *id, guint kind)
{
    guint start = entry_begin(bytes, 2, 8);
    append_guid(bytes, id);
    append_le64(bytes, 0);
    append_le16(bytes, 0);
    append_le16(bytes, kind);
    return start;
}

static void append_master(GByteArray *bytes, const uint8_t wrapping[32])
{
    uint8_t master[32];
    make_key(master, sizeof(master), SEED_MASTER);
    append_wrapped(bytes, 0, wrapping, 0x2003, master, sizeof(master));
}

static void append_text_protector(GByteArray *bytes, const char *id, guint kind, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_auto(Secret) secret = {0};
    uint8_t salt[16], key[32];
    guint start = protector_begin(bytes, id, kind);
    make_key(salt, sizeof(salt), SEED_SALT + kind);
    assert_ok(secret_decode((const uint8_t *)text, strlen(text), &secret, &error), error);
    assert_ok(bitlocker_stretch(secret.hash, salt, key, &error), error);
    guint stretch = entry_begin(bytes, 0, 3);
    append_le32(bytes, 0x1000);
    g_byte_array_append(bytes, salt, sizeof(salt));
    /* The stretched key under the master key, for Windows; readers pass over it. */
    append_wrapped(bytes, 0, key, 0x2005, key, sizeof(key));
    entry_end(bytes, stretch);
    append_master(bytes, key);
    entry_end(bytes, start);
}

static void append_protectors(GByteArray *bytes, const WriterRecipe *recipe)
{
    uint8_t key[32];
    if (recipe->tpm) {
        guint start = protector_begin(bytes, WRITER_TPM_ID, 0x0100);
        guint blob = entry_begin(bytes, 0, 6);
        append_le32(bytes, 0x0800);
        append_le64(bytes, 42);
        entry_end(bytes, blob);
        make_key(key, sizeof(key), 99);
        append_master(bytes, key);
        entry_end(bytes, start);
    }
    if (recipe->recovery_password)
        append_text_protector(bytes, WRITER_RECOVERY_ID, 0x0800, recipe->recovery_password);
    if (recipe->passphrase)
        append_text_protector(bytes, WRITER_PASSPHRASE_ID, 0x2000, recipe->passphrase);
    if (recipe->startup_key) {
        guint start = protector_begin(bytes, WRITER_STARTUP_ID, 0x0200);
        make_key(key, sizeof(key), SEED_STARTUP);
        append_master(bytes, key);
        entry_end(bytes, start);
    }
    if (recipe->clear_key) {
        guint start = protector_begin(bytes, WRITER_CLEAR_ID, 0);
        make_key(key, sizeof(key), SEED_CLEAR);
        append_key(bytes, 0, 0x2000, key, sizeof(key));
        append_master(bytes, key);
        entry_end(bytes, start);
    }
}

static void list_begin(GByteArray *bytes, const char *id, guint method)
{
    append_le32(bytes, 0); /* its size, set at the end */
    append_le32(bytes, 1);
    append_le32(bytes, 48);
    append_le32(bytes, 0);
    append_guid(bytes, id);
    append_le32(bytes, 1);
    append_le32(bytes, method | method << 16);
    append_le64(bytes, UINT64_C(0x01d5323314085930));
}

static void list_end(GByteArray *bytes, guint start)
{
    put_le32(bytes->data + start, bytes->len - start);
    put_le32(bytes->data + start + 12, bytes->len - start);
}

static void append_information(GByteArray *bytes, const WriterRecipe *recipe, uint64_t volume_bytes)
{
    gboolean is_converting =
        recipe->state != WRITER_STATE_ENCRYPTED && recipe->state != WRITER_STATE_DECRYPTED;
    g_byte_array_append(bytes, (const uint8_t *)"-FVE-FS-", 8);
    append_le16(bytes, 0);
    append_le16(bytes, recipe->vista ? 1 : 2);
    append_le16(bytes, recipe->state);
    append_le16(bytes, WRITER_STATE_ENCRYPTED);
    append_le64(bytes, recipe->state == WRITER_STATE_DECRYPTED ? 0
                       : is_converting                         ? recipe->encrypted_bytes
                                                               : volume_bytes);
    append_le32(bytes, recipe->log_bytes);
    append_le32(bytes, recipe->header_bytes / recipe->sector_bytes);
    for (guint i = 0; i < 3; i++)
        append_le64(bytes, recipe->copies[i]);
    append_le64(bytes, recipe->header_offset);
}

static void append_checks(GByteArray *bytes)
{
    uint8_t master[32], hash[32];
    uint32_t checksum = crc32_compute(bytes->data, bytes->len);
    make_key(master, sizeof(master), SEED_MASTER);
    EVP_Digest(bytes->data, bytes->len, hash, NULL, EVP_sha256(), NULL);
    append_le16(bytes, 88);
    append_le16(bytes, 2);
    append_le32(bytes, checksum);
    append_wrapped(bytes, 0, master, 0x2005, hash, sizeof(hash));
}

GByteArray *writer_make_metadata(const WriterRecipe *recipe, uint64_t volume_bytes)
{
    GByteArray *bytes = g_byte_array_new();
    append_information(bytes, recipe, volume_bytes);
    guint list = bytes->len;
    list_begin(bytes, WRITER_VOLUME_ID, recipe->method);
    append_protectors(bytes, recipe);
    if (recipe->state != WRITER_STATE_DECRYPTED) {
        uint8_t master[32], key[64];
        make_key(master, sizeof(master), SEED_MASTER);
        make_key(key, sizeof(key), SEED_VOLUME);
        append_wrapped(bytes, 3, master, recipe->method, key, volume_key_bytes(recipe->method));
    }
    guint moved = entry_begin(bytes, 15, 15);
    append_le64(bytes, recipe->header_offset);
    append_le64(bytes, recipe->header_bytes);
    entry_end(bytes, moved);
    list_end(bytes, list);
    while (bytes->len % 16 != 0)
        g_byte_array_append(bytes, (const uint8_t *)"", 1);
    put_le16(bytes->data + 8, (uint16_t)(bytes->len / 16));
    append_checks(bytes);
    return bytes;
}

void writer_update_checksum(uint8_t *metadata, size_t length)
{
    if (length < 10)
        return;
    size_t checked = (size_t)get_le16(metadata + 8) * 16;
    if (checked + 8 <= length)
        put_le32(metadata + checked + 4, crc32_compute(metadata, checked));
}

GByteArray *writer_make_startup_key(void)
{
    uint8_t key[32];
    GByteArray *bytes = g_byte_array_new();
    list_begin(bytes, WRITER_STARTUP_ID, 0);
    guint start = entry_begin(bytes, 6, 9);
    append_guid(bytes, WRITER_STARTUP_ID);
    append_le64(bytes, 0);
    make_key(key, sizeof(key), SEED_STARTUP);
    append_key(bytes, 0, 0x2002, key, sizeof(key));
    entry_end(bytes, start);
    list_end(bytes, 0);
    return bytes;
}

static void encrypt_range(const WriterRecipe *recipe, BitlockerCipher *cipher, Disk *volume,
                          uint64_t from, uint64_t to, uint64_t length)
{
    g_autoptr(GError) error = NULL;
    uint64_t end = recipe->state == WRITER_STATE_DECRYPTED   ? 0
                   : recipe->state == WRITER_STATE_ENCRYPTED ? G_MAXUINT64
                                                             : recipe->encrypted_bytes;
    g_autofree uint8_t *bytes = g_malloc(64 * KIB);
    while (length > 0) {
        size_t chunk = (size_t)MIN(length, 64 * KIB);
        size_t encrypted = (size_t)(to >= end ? 0 : MIN(chunk, end - to));
        assert_ok(disk_read(volume, from, bytes, chunk, &error), error);
        assert_ok(bitlocker_cipher_encrypt(cipher, to, bytes, encrypted, &error), error);
        assert_ok(disk_write(volume, to, bytes, chunk, &error), error);
        from += chunk;
        to += chunk;
        length -= chunk;
    }
}

static void write_boot_sector(const WriterRecipe *recipe, Disk *volume)
{
    static const uint8_t common[] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
                                     0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
    static const uint8_t on_write[] = {0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d,
                                       0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8};
    g_autoptr(GError) error = NULL;
    uint8_t sector[512] = {0xeb, 0x58, 0x90};
    memcpy(sector + 3, "-FVE-FS-", 8);
    put_le16(sector + 11, (uint16_t)recipe->sector_bytes);
    sector[13] = (uint8_t)(4096 / recipe->sector_bytes);
    if (recipe->vista)
        sector[1] = 0x52;
    else
        memcpy(sector + 160, recipe->on_write ? on_write : common, 16);
    for (size_t i = 0; i < 3 && !recipe->vista; i++)
        put_le64(sector + 176 + 8 * i, recipe->copies[i]);
    sector[510] = 0x55;
    sector[511] = 0xaa;
    assert_ok(disk_write(volume, 0, sector, sizeof(sector), &error), error);
}

void writer_encrypt(const WriterRecipe *recipe, Disk *volume)
{
    g_autoptr(GError) error = NULL;
    BitlockerKey key = {.method = recipe->method, .length = volume_key_bytes(recipe->method)};
    make_key(key.bytes, key.length, SEED_VOLUME);
    g_autoptr(BitlockerCipher) cipher = bitlocker_cipher_new(&key, recipe->sector_bytes, &error);
    g_assert_no_error(error);
    uint64_t size = disk_size(volume) / recipe->sector_bytes * recipe->sector_bytes;
    /* The places of header and metadata are used by nobody: what is encrypted there goes. */
    encrypt_range(recipe, cipher, volume, recipe->header_bytes, recipe->header_bytes,
                  size - recipe->header_bytes);
    encrypt_range(recipe, cipher, volume, 0, recipe->header_offset, recipe->header_bytes);
    g_autofree uint8_t *zeros = g_malloc0(recipe->header_bytes);
    assert_ok(disk_write(volume, 0, zeros, recipe->header_bytes, &error), error);
    g_autoptr(GByteArray) metadata = writer_make_metadata(recipe, size);
    g_autofree uint8_t *copy = g_malloc0(64 * KIB);
    memcpy(copy, metadata->data, metadata->len);
    write_boot_sector(recipe, volume);
    for (guint i = 0; i < 3; i++)
        assert_ok(disk_write(volume, recipe->copies[i], copy, 64 * KIB, &error), error);
}
