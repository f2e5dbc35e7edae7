/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens a BitLocker volume's protectors: secret → key → master key → volume key. */
#include "disk/bitlocker_key.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "disk/bitlocker_secret.h"

#define STRETCH_ROUNDS (UINT64_C(1) << 20)
#define PROTECTOR_FIXED_BYTES 28
#define STRETCH_SALT_OFFSET 4
#define STRETCH_FIXED_BYTES 20
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define WRAPPED_FIXED_BYTES (NONCE_BYTES + TAG_BYTES)
/* What is wrapped: an entry's header, then type and flags of the key, then the key. */
#define PLAIN_FIXED_BYTES 12
#define PLAIN_LIMIT_BYTES (PLAIN_FIXED_BYTES + BITLOCKER_KEY_LIMIT)
#define KEY_FIXED_BYTES 4

/* Bytes of a volume key by method, from 0x8000. */
static const size_t volume_key_bytes[] = {64, 64, 16, 32, 32, 64};

gboolean bitlocker_stretch(const uint8_t initial[32], const uint8_t salt[16],
                           uint8_t ret_key[BITLOCKER_KEY_BYTES], GError **error)
{
    uint8_t state[32 + 32 + 16 + 8] = {0}; /* last hash, initial hash, salt, round */
    memcpy(state + 32, initial, 32);
    memcpy(state + 64, salt, 16);
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    gboolean ok = md && context && EVP_DigestInit_ex(context, md, NULL) == 1;
    for (uint64_t round = 0; ok && round < STRETCH_ROUNDS; round++) {
        put_le64(state + 80, round);
        ok = EVP_DigestInit_ex(context, NULL, NULL) == 1 &&
             EVP_DigestUpdate(context, state, sizeof(state)) == 1 &&
             EVP_DigestFinal_ex(context, state, NULL) == 1;
    }
    EVP_MD_CTX_free(context);
    EVP_MD_free(md);
    memcpy(ret_key, state, BITLOCKER_KEY_BYTES);
    explicit_bzero(state, sizeof(state));
    if (!ok)
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto has no SHA-256");
    return ok;
}

/* AES-256-CCM without further data. FALSE: another key has wrapped it. */
static gboolean unwrap(const uint8_t key[BITLOCKER_KEY_BYTES], const Entry *wrapped,
                       uint8_t plain[PLAIN_LIMIT_BYTES], size_t *ret_length)
{
    if (wrapped->length < WRAPPED_FIXED_BYTES + PLAIN_FIXED_BYTES ||
        wrapped->length > WRAPPED_FIXED_BYTES + PLAIN_LIMIT_BYTES)
        return FALSE;
    int length = (int)(wrapped->length - WRAPPED_FIXED_BYTES), got = 0;
    uint8_t tag[TAG_BYTES];
    memcpy(tag, wrapped->bytes + NONCE_BYTES, TAG_BYTES);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    gboolean ok =
        context && EVP_DecryptInit_ex(context, EVP_aes_256_ccm(), NULL, NULL, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, NONCE_BYTES, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
        EVP_DecryptInit_ex(context, NULL, NULL, key, wrapped->bytes) == 1 &&
        EVP_DecryptUpdate(context, NULL, &got, NULL, length) == 1 &&
        EVP_DecryptUpdate(context, plain, &got, wrapped->bytes + WRAPPED_FIXED_BYTES, length) ==
            1 &&
        got == length;
    EVP_CIPHER_CTX_free(context);
    *ret_length = (size_t)length;
    return ok;
}

/* What was wrapped is an entry with a key in it. */
static gboolean unwrap_key(const uint8_t key[BITLOCKER_KEY_BYTES], const Entry *wrapped,
                           BitlockerKey *ret_key)
{
    uint8_t plain[PLAIN_LIMIT_BYTES];
    size_t length;
    gboolean ok = unwrap(key, wrapped, plain, &length) && get_le16(plain) == length &&
                  get_le16(plain + 4) == ENTRY_TYPE_KEY;
    if (ok) {
        ret_key->method = get_le16(plain + 8);
        ret_key->length = length - PLAIN_FIXED_BYTES;
        memcpy(ret_key->bytes, plain + PLAIN_FIXED_BYTES, ret_key->length);
    }
    explicit_bzero(plain, sizeof(plain));
    return ok;
}

static gboolean open_protector(const BitlockerProtector *protector,
                               const uint8_t key[BITLOCKER_KEY_BYTES], BitlockerKey *ret_master)
{
    Entry wrapped;
    return entry_list_find(entry_properties(&protector->entry, PROTECTOR_FIXED_BYTES),
                           ENTRY_ROLE_PROPERTY, ENTRY_TYPE_WRAPPED_KEY, &wrapped) &&
           unwrap_key(key, &wrapped, ret_master) && ret_master->length == BITLOCKER_KEY_BYTES;
}

static gboolean open_with_clear_key(const Bitlocker *bitlocker, BitlockerKey *ret_master)
{
    for (guint i = 0; i < bitlocker->protectors->len; i++) {
        const BitlockerProtector *protector = g_ptr_array_index(bitlocker->protectors, i);
        Entry clear;
        if (protector->kind == 0 &&
            entry_list_find(entry_properties(&protector->entry, PROTECTOR_FIXED_BYTES), -1,
                            ENTRY_TYPE_KEY, &clear) &&
            clear.length == KEY_FIXED_BYTES + BITLOCKER_KEY_BYTES &&
            open_protector(protector, clear.bytes + KEY_FIXED_BYTES, ret_master))
            return TRUE;
    }
    return FALSE;
}

static gboolean secret_fits(const Secret *secret, const BitlockerProtector *protector)
{
    switch (secret->kind) {
    case SECRET_STARTUP_KEY:
        return protector->kind == BITLOCKER_STARTUP_KEY &&
               g_str_equal(secret->protector, protector->id);
    case SECRET_RECOVERY_PASSWORD:
        return protector->kind == BITLOCKER_RECOVERY_PASSWORD;
    case SECRET_PASSPHRASE:
    default:
        return protector->kind == BITLOCKER_PASSPHRASE;
    }
}

/* *ret_open FALSE: it is not the secret of this protector. */
static gboolean try_secret(const Secret *secret, const BitlockerProtector *protector,
                           BitlockerKey *ret_master, gboolean *ret_open, GError **error)
{
    Entry salted;
    uint8_t key[BITLOCKER_KEY_BYTES];
    *ret_open = FALSE;
    if (secret->kind == SECRET_STARTUP_KEY) {
        *ret_open = open_protector(protector, secret->key, ret_master);
        return TRUE;
    }
    if (!entry_list_find(entry_properties(&protector->entry, PROTECTOR_FIXED_BYTES), -1,
                         ENTRY_TYPE_STRETCH_KEY, &salted) ||
        salted.length < STRETCH_FIXED_BYTES)
        return TRUE;
    if (!interrupt_check(error) ||
        !bitlocker_stretch(secret->hash, salted.bytes + STRETCH_SALT_OFFSET, key, error))
        return FALSE;
    *ret_open = open_protector(protector, key, ret_master);
    explicit_bzero(key, sizeof(key));
    return TRUE;
}

typedef struct {
    guint tried;       /* secrets that could have been of a protector */
    guint unfit;       /* meant for this volume, but of a kind that none of its protectors takes */
    guint wrong_group; /* of a recovery password, see Secret */
} Attempts;

static gboolean try_key(const Bitlocker *bitlocker, const KeyRing *keys, guint index,
                        Attempts *attempts, BitlockerKey *ret_master, gboolean *ret_open,
                        GError **error)
{
    size_t length;
    const uint8_t *bytes = key_ring_secret(keys, index, &length);
    gboolean is_for_volume = key_ring_is_for(keys, index, bitlocker->id), is_meant = is_for_volume;
    for (guint i = 0; i < bitlocker->protectors->len && !is_meant; i++)
        is_meant = key_ring_is_for(
            keys, index,
            ((const BitlockerProtector *)g_ptr_array_index(bitlocker->protectors, i))->id);
    g_auto(Secret) secret = {0};
    if (!is_meant)
        return TRUE;
    if (!secret_decode(bytes, length, &secret, error))
        return FALSE;
    if (secret.wrong_group > 0) {
        attempts->wrong_group = secret.wrong_group;
        return TRUE;
    }
    gboolean fits = FALSE;
    for (guint i = 0; i < bitlocker->protectors->len && !*ret_open; i++) {
        const BitlockerProtector *protector = g_ptr_array_index(bitlocker->protectors, i);
        if (!secret_fits(&secret, protector) ||
            !(is_for_volume || key_ring_is_for(keys, index, protector->id)))
            continue;
        fits = TRUE;
        if (!try_secret(&secret, protector, ret_master, ret_open, error))
            return FALSE;
    }
    if (fits)
        attempts->tried++;
    else
        attempts->unfit++;
    return TRUE;
}

static void set_locked_error(const char *name, const Attempts *attempts, GError **error)
{
    const char *hint =
        "give --key ID:file:PATH with a recovery password; in the source, manage-bde "
        "-protectors -get X: shows it";
    if (attempts->wrong_group > 0)
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, hint,
                          "group %u of the recovery password for %s is mistyped",
                          attempts->wrong_group, name);
    else if (attempts->tried > 0)
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, hint, "no key that was given opens %s",
                          name);
    else if (attempts->unfit > 0)
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, hint,
                          "the key that was given for %s is of another kind than its protectors",
                          name);
    else
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, hint, "no key was given for %s", name);
}

static gboolean find_master_key(const Bitlocker *bitlocker, const char *name, const KeyRing *keys,
                                BitlockerKey *ret_master, GError **error)
{
    Attempts attempts = {0};
    gboolean open = open_with_clear_key(bitlocker, ret_master);
    for (guint i = 0; i < key_ring_count(keys) && !open; i++)
        if (!try_key(bitlocker, keys, i, &attempts, ret_master, &open, error))
            return FALSE;
    if (!open)
        set_locked_error(name, &attempts, error);
    return open;
}

/* The hash of the metadata, wrapped by the master key: whoever changed it did not have that. */
static gboolean is_authentic(const Bitlocker *bitlocker, const uint8_t master[BITLOCKER_KEY_BYTES])
{
    Entry wrapped;
    BitlockerKey expected = {0};
    uint8_t hash[32];
    return entry_list_find(bitlocker->checks, ENTRY_ROLE_PROPERTY, ENTRY_TYPE_WRAPPED_KEY,
                           &wrapped) &&
           unwrap_key(master, &wrapped, &expected) && expected.length == sizeof(hash) &&
           EVP_Digest(bitlocker->bytes, bitlocker->information_length, hash, NULL, EVP_sha256(),
                      NULL) == 1 &&
           memcmp(hash, expected.bytes, sizeof(hash)) == 0;
}

static gboolean unwrap_volume_key(const Bitlocker *bitlocker, const char *name,
                                  const uint8_t master[BITLOCKER_KEY_BYTES], BitlockerKey *ret_key,
                                  GError **error)
{
    Entry wrapped;
    if (!is_authentic(bitlocker, master) ||
        !entry_list_find(bitlocker->entries, ENTRY_ROLE_VOLUME_KEY, ENTRY_TYPE_WRAPPED_KEY,
                         &wrapped) ||
        !unwrap_key(master, &wrapped, ret_key)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "check the volume in the source, then export it again",
                          "the BitLocker metadata of %s does not stand its own check", name);
        return FALSE;
    }
    guint index = ret_key->method - 0x8000;
    if (index < G_N_ELEMENTS(volume_key_bytes) && ret_key->length == volume_key_bytes[index])
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "%s is encrypted by a method that is not known (0x%04x, a key of %zu bytes)",
                      name, ret_key->method, ret_key->length);
    return FALSE;
}

gboolean bitlocker_unlock(const Bitlocker *bitlocker, const char *name, const KeyRing *keys,
                          BitlockerKey *ret_key, GError **error)
{
    /* The process may be confined: libcrypto is to open no configuration file. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    BitlockerKey master = {0};
    gboolean ok = find_master_key(bitlocker, name, keys, &master, error) &&
                  unwrap_volume_key(bitlocker, name, master.bytes, ret_key, error);
    explicit_bzero(&master, sizeof(master));
    return ok;
}
