/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted volumes: opened in place of what is stored, or told why not. */
#include "inspect/encrypted.h"

#include "base/finding.h"
#include "disk/bitlocker.h"
#include "inspect/text_file.h"

static void add_locked(const Volume *volume, const Bitlocker *bitlocker, const GError *reason,
                       GPtrArray *findings)
{
    g_autofree char *protectors = bitlocker ? bitlocker_describe_protectors(bitlocker) : NULL;
    g_autofree char *subject =
        bitlocker ? g_strdup_printf("%s, volume %s (%s; it opens with: %s)", volume->name,
                                    bitlocker_id(bitlocker), reason->message, protectors)
                  : g_strdup_printf("%s (%s)", volume->name, reason->message);
    findings_add(findings, FINDING_BITLOCKER, subject);
}

static void add_opened(const Volume *volume, const Bitlocker *bitlocker, GPtrArray *findings)
{
    if (bitlocker_state(bitlocker) == BITLOCKER_DECRYPTED)
        return;
    findings_add(findings, FINDING_BITLOCKER_OPENED, volume->name);
    if (bitlocker_state(bitlocker) == BITLOCKER_CONVERTING)
        findings_add(findings, FINDING_BITLOCKER_CONVERTING, volume->name);
    if (bitlocker_is_suspended(bitlocker))
        findings_add(findings, FINDING_BITLOCKER_SUSPENDED, volume->name);
    else if (bitlocker_has_tpm(bitlocker))
        findings_add(findings, FINDING_BITLOCKER_TPM, volume->name);
}

void encrypted_replace(Volume *volume, Disk *open, const char *kind)
{
    disk_unref(volume->disk);
    volume->disk = disk_new_cache(open, VOLUME_CACHE_BYTES);
    disk_unref(volume->stored);
    volume->stored = disk_ref(open);
    volume->encryption = kind;
    g_clear_pointer(&volume->probe, volume_probe_free);
}

static gboolean open_bitlocker(Volume *volume, const KeyRing *keys, GPtrArray *findings,
                               gboolean *ret_opened, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(Bitlocker) bitlocker = bitlocker_read(volume->disk, &local);
    g_autoptr(Disk) open =
        bitlocker ? bitlocker_open(bitlocker, volume->stored, keys, &local) : NULL;
    *ret_opened = open != NULL;
    if (*ret_opened) {
        encrypted_replace(volume, open, "BitLocker");
        add_opened(volume, bitlocker, findings);
        return TRUE;
    }
    if (inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_debug("%s: %s", volume->name, local->message);
    add_locked(volume, bitlocker, local, findings);
    return TRUE;
}

static const struct {
    const char *type;
    gboolean (*open)(Volume *volume, const KeyRing *keys, GPtrArray *findings, gboolean *ret_opened,
                     GError **error);
} kinds[] = {
    {"BitLocker", open_bitlocker},
    {"crypto_LUKS", encrypted_open_luks},
};

gboolean encrypted_is_type(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_strcmp0(type, kinds[i].type) == 0)
            return TRUE;
    return FALSE;
}

gboolean encrypted_open(Volume *volume, const KeyRing *keys, GPtrArray *findings,
                        gboolean *ret_opened, GError **error)
{
    g_autoptr(KeyRing) mine = key_ring_for_device(keys, volume->name);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(volume->probe->type, kinds[i].type))
            return kinds[i].open(volume, mine, findings, ret_opened, error);
    g_assert_not_reached();
}
