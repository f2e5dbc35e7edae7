/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user's secret is: recovery password, passphrase or startup key. */
#include "disk/bitlocker_secret.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf16.h"

#define GROUPS 8
#define GROUP_DIGITS 6
#define GROUP_DIVISOR 11
#define EXTERNAL_KEY_FIXED_BYTES 24
#define KEY_FIXED_BYTES 4
/* Windows takes 256 characters; this is for what is no passphrase at all. */
#define PASSPHRASE_LIMIT_BYTES 4096
#define SAVED_TEXT_LIMIT_BYTES ((size_t)64 << 10)

void secret_clear(Secret *secret)
{
    g_free(secret->protector);
    explicit_bzero(secret, sizeof(*secret));
}

static gboolean sha256(const uint8_t *bytes, size_t length, uint8_t ret_hash[32], GError **error)
{
    if (EVP_Digest(bytes, length, ret_hash, NULL, EVP_sha256(), NULL) == 1)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "libcrypto has no SHA-256");
    return FALSE;
}

/* Where eight groups begin: six digits each, something else before, between and after them. */
static const char *find_groups(const char *text, size_t length)
{
    const size_t whole = GROUPS * GROUP_DIGITS + GROUPS - 1;
    for (size_t start = 0; start + whole <= length; start++) {
        if (start > 0 && g_ascii_isdigit(text[start - 1]))
            continue;
        if (start + whole < length && g_ascii_isdigit(text[start + whole]))
            continue;
        gboolean fits = TRUE;
        for (size_t i = 0; i < whole && fits; i++) {
            char c = text[start + i];
            fits =
                i % (GROUP_DIGITS + 1) == GROUP_DIGITS ? c == '-' || c == ' ' : g_ascii_isdigit(c);
        }
        if (fits)
            return text + start;
    }
    return NULL;
}

RecoveryPassword bitlocker_parse_recovery_password(const char *text, size_t length,
                                                   uint8_t ret_bytes[16], guint *ret_group)
{
    const char *groups = find_groups(text, length);
    if (!groups)
        return RECOVERY_PASSWORD_NONE;
    for (guint i = 0; i < GROUPS; i++) {
        guint value = 0;
        for (guint digit = 0; digit < GROUP_DIGITS; digit++)
            value = value * 10 + (guint)(groups[i * (GROUP_DIGITS + 1) + digit] - '0');
        if (value % GROUP_DIVISOR != 0 || value / GROUP_DIVISOR > G_MAXUINT16) {
            *ret_group = i + 1;
            return RECOVERY_PASSWORD_MISTYPED;
        }
        put_le16(ret_bytes + 2 * (size_t)i, (uint16_t)(value / GROUP_DIVISOR));
    }
    return RECOVERY_PASSWORD_GOOD;
}

static gboolean decode_startup_key(const uint8_t *bytes, size_t length, Secret *secret)
{
    EntryList list;
    Entry external, key;
    if (!entry_list_decode(bytes, length, &list) ||
        !entry_list_find(list, ENTRY_ROLE_STARTUP_KEY, ENTRY_TYPE_EXTERNAL_KEY, &external) ||
        external.length < EXTERNAL_KEY_FIXED_BYTES ||
        !entry_list_find(entry_properties(&external, EXTERNAL_KEY_FIXED_BYTES), -1, ENTRY_TYPE_KEY,
                         &key) ||
        key.length != KEY_FIXED_BYTES + sizeof(secret->key))
        return FALSE;
    secret->kind = SECRET_STARTUP_KEY;
    secret->protector = guid_to_text(external.bytes);
    memcpy(secret->key, key.bytes + KEY_FIXED_BYTES, sizeof(secret->key));
    return TRUE;
}

/* FALSE with *error set, or ret_found FALSE: the text holds no recovery password. */
static gboolean decode_recovery_password(const char *text, size_t length, Secret *secret,
                                         gboolean *ret_found, GError **error)
{
    uint8_t bytes[16];
    RecoveryPassword result =
        bitlocker_parse_recovery_password(text, length, bytes, &secret->wrong_group);
    *ret_found = result != RECOVERY_PASSWORD_NONE;
    gboolean ok = TRUE;
    if (*ret_found)
        secret->kind = SECRET_RECOVERY_PASSWORD;
    if (result == RECOVERY_PASSWORD_GOOD)
        ok = sha256(bytes, sizeof(bytes), secret->hash, error);
    explicit_bzero(bytes, sizeof(bytes));
    return ok;
}

/* The hash of the hash of the passphrase in UTF-16, without its end. */
static gboolean decode_passphrase(const char *text, size_t length, Secret *secret, GError **error)
{
    glong units = 0;
    gunichar2 *wide = length <= PASSPHRASE_LIMIT_BYTES
                          ? g_utf8_to_utf16(text, (glong)length, NULL, &units, NULL)
                          : NULL;
    if (!wide) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give a passphrase in UTF-8, a recovery password or a .BEK file",
                          "what was given as a key is none");
        return FALSE;
    }
    size_t bytes = (size_t)units * 2;
    for (glong i = 0; i < units; i++)
        wide[i] = GUINT16_TO_LE(wide[i]);
    uint8_t first[32];
    secret->kind = SECRET_PASSPHRASE;
    gboolean ok = sha256((const uint8_t *)wide, bytes, first, error) &&
                  sha256(first, sizeof(first), secret->hash, error);
    explicit_bzero(first, sizeof(first));
    explicit_bzero(wide, bytes);
    g_free(wide);
    return ok;
}

/* What Windows writes when it saves a recovery password. */
static char *decode_utf16(const uint8_t *bytes, size_t length)
{
    if (length < 2 || length > SAVED_TEXT_LIMIT_BYTES || bytes[0] != 0xff || bytes[1] != 0xfe)
        return NULL;
    return utf16_to_utf8(bytes + 2, length - 2, UTF16_LITTLE_ENDIAN);
}

gboolean secret_decode(const uint8_t *bytes, size_t length, Secret *ret_secret, GError **error)
{
    g_auto(Secret) secret = {0};
    gboolean found = FALSE, ok = TRUE;
    if (!decode_startup_key(bytes, length, &secret)) {
        char *converted = decode_utf16(bytes, length);
        const char *text = converted ? converted : (const char *)bytes;
        size_t text_length = converted ? strlen(converted) : length;
        ok = decode_recovery_password(text, MIN(text_length, SAVED_TEXT_LIMIT_BYTES), &secret,
                                      &found, error);
        if (ok && !found)
            ok = decode_passphrase(text, text_length, &secret, error);
        if (converted)
            explicit_bzero(converted, text_length);
        g_free(converted);
    }
    if (!ok)
        return FALSE;
    *ret_secret = secret;
    explicit_bzero(&secret, sizeof(secret));
    return TRUE;
}
