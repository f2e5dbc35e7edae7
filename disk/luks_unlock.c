/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a user's secret to the key that a LUKS volume's sectors are encrypted with. */
#include "disk/luks_unlock.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/error.h"
#include "base/interrupt.h"

typedef struct {
    guint given;      /* keys that were meant for the volume */
    guint tried;      /* slots that were tried with one */
    char *too_costly; /* what is wrong with a slot that was not; NULL: none */
} Attempts;

static uint64_t host_memory_kib(void)
{
    struct sysinfo info;
    return sysinfo(&info) == 0 ? info.totalram / 1024 * info.mem_unit : 0;
}

/* NULL: it can be tried. Else why not, for people. */
static char *explain_cost(const Luks *luks, int slot)
{
    struct crypt_pbkdf_type kdf = {0};
    if (luks->digest_rounds > luks->rounds_limit)
        return g_strdup_printf("the header wants %" G_GUINT64_FORMAT
                               " rounds of PBKDF2 to check a key",
                               luks->digest_rounds);
    static const char *const known[] = {CRYPT_KDF_PBKDF2, CRYPT_KDF_ARGON2I, CRYPT_KDF_ARGON2ID,
                                        NULL};
    if (crypt_keyslot_get_pbkdf(luks->device, slot, &kdf) != 0 || !kdf.type ||
        !g_strv_contains(known, kdf.type))
        return g_strdup_printf("key slot %d is opened in a way that is not known", slot);
    if (g_str_equal(kdf.type, CRYPT_KDF_PBKDF2))
        return kdf.iterations > luks->rounds_limit
                   ? g_strdup_printf("key slot %d wants %u rounds of PBKDF2", slot, kdf.iterations)
                   : NULL;
    if (kdf.max_memory_kb > luks->memory_limit_kib)
        return g_strdup_printf(
            "key slot %d wants %u MiB of memory, more than the %" G_GUINT64_FORMAT
            " MiB that are allowed",
            slot, kdf.max_memory_kb / 1024, luks->memory_limit_kib / 1024);
    if (kdf.max_memory_kb > host_memory_kib() / 4 * 3)
        return g_strdup_printf("key slot %d wants %u MiB of memory, more than this host can give",
                               slot, kdf.max_memory_kb / 1024);
    if (kdf.iterations > luks->work_limit_kib / MAX(kdf.max_memory_kb, 1))
        return g_strdup_printf("key slot %d wants %u passes over %u MiB of memory", slot,
                               kdf.iterations, kdf.max_memory_kb / 1024);
    return NULL;
}

/* Another cipher would have libcryptsetup ask the host's kernel for help. */
static gboolean is_ours(const Luks *luks, int slot)
{
    LuksEncryption ignored;
    size_t key_bytes = 0;
    const char *encryption = crypt_keyslot_get_encryption(luks->device, slot, &key_bytes);
    return encryption && luks_encryption_parse(encryption, &ignored);
}

static gboolean try_secret(const Luks *luks, int slot, const uint8_t *secret, size_t length,
                           uint8_t key[SECTOR_KEY_LIMIT_BYTES])
{
    size_t key_bytes = SECTOR_KEY_LIMIT_BYTES;
    int result = crypt_volume_key_get(luks->device, slot, (char *)key, &key_bytes,
                                      (const char *)secret, length);
    g_debug("key slot %d: %d", slot, result);
    if (result >= 0 && key_bytes == luks->key_bytes)
        return TRUE;
    explicit_bzero(key, SECTOR_KEY_LIMIT_BYTES);
    return FALSE;
}

/* *ret_open FALSE: it is no key of this slot. */
static gboolean try_key(const Luks *luks, int slot, const KeyRing *keys, guint index,
                        uint8_t key[SECTOR_KEY_LIMIT_BYTES], gboolean *ret_open, GError **error)
{
    size_t length, whole_length;
    const uint8_t *secret = key_ring_secret(keys, index, &length);
    const uint8_t *whole = key_ring_whole_secret(keys, index, &whole_length);
    *ret_open = FALSE;
    if (!interrupt_check(error))
        return FALSE;
    *ret_open = try_secret(luks, slot, secret, length, key);
    if (*ret_open || !whole)
        return TRUE;
    if (!interrupt_check(error))
        return FALSE;
    *ret_open = try_secret(luks, slot, whole, whole_length, key);
    return TRUE;
}

static gboolean try_slot(const Luks *luks, int slot, const KeyRing *keys, Attempts *attempts,
                         uint8_t key[SECTOR_KEY_LIMIT_BYTES], gboolean *ret_open, GError **error)
{
    crypt_keyslot_info status = crypt_keyslot_status(luks->device, slot);
    if ((status != CRYPT_SLOT_ACTIVE && status != CRYPT_SLOT_ACTIVE_LAST) || !is_ours(luks, slot))
        return TRUE;
    char *cost = explain_cost(luks, slot);
    if (cost) {
        g_free(attempts->too_costly);
        attempts->too_costly = cost;
        return TRUE;
    }
    attempts->tried++;
    for (guint i = 0; i < key_ring_count(keys) && !*ret_open; i++)
        if (key_ring_is_for(keys, i, luks->uuid) &&
            !try_key(luks, slot, keys, i, key, ret_open, error))
            return FALSE;
    return TRUE;
}

static void set_locked_error(const char *name, const Attempts *attempts, GError **error)
{
    if (attempts->given == 0)
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "give it with --key UUID:file:PATH",
                          "no key was given for %s", name);
    else if (attempts->too_costly)
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "make the slot cheaper in the source (cryptsetup luksConvertKey)",
                          "%s is not opened: %s", name, attempts->too_costly);
    else if (attempts->tried == 0)
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL,
                          "%s has no key slot that could be opened", name);
    else
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "a key file is used with all its bytes, as crypttab(5) does",
                          "no key that was given opens %s", name);
}

gboolean luks_unlock(Luks *luks, Disk *volume, const KeyRing *keys,
                     uint8_t ret_key[SECTOR_KEY_LIMIT_BYTES], GError **error)
{
    Attempts attempts = {0};
    gboolean open = FALSE, ok = TRUE;
    for (guint i = 0; i < key_ring_count(keys); i++)
        if (key_ring_is_for(keys, i, luks->uuid))
            attempts.given++;
    if (attempts.given > 0 && !luks_copy_header(luks, volume, luks->header_bytes, error))
        return FALSE;
    int slots = crypt_keyslot_max(crypt_get_type(luks->device));
    for (int slot = 0; attempts.given > 0 && slot < slots && ok && !open; slot++)
        ok = try_slot(luks, slot, keys, &attempts, ret_key, &open, error);
    if (ok && !open)
        set_locked_error(disk_name(volume), &attempts, error);
    g_free(attempts.too_costly);
    return open;
}
