/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted volumes: opened in place of what is stored, or told why not. */
#include "inspect/encrypted.h"

#include "base/finding.h"
#include "disk/bitlocker.h"
#include "inspect/text_file.h"

void encrypted_free(VolumeBitlocker *facts)
{
    if (!facts)
        return;
    g_free(facts->id);
    g_free(facts->reason);
    g_strfreev(facts->protector_ids);
    g_strfreev(facts->protector_kinds);
    g_free(facts);
}

static void describe_protectors(const Bitlocker *bitlocker, VolumeBitlocker *facts)
{
    guint count = bitlocker_protector_count(bitlocker);
    facts->protector_ids = g_new0(char *, count + 1);
    facts->protector_kinds = g_new0(char *, count + 1);
    for (guint i = 0; i < count; i++) {
        facts->protector_ids[i] = g_strdup(bitlocker_protector_id(bitlocker, i));
        facts->protector_kinds[i] = bitlocker_protector_kind(bitlocker, i);
    }
}

/* bitlocker NULL: its metadata could not be read. reason NULL: it was opened. */
static VolumeBitlocker *describe(const Bitlocker *bitlocker, const GError *reason)
{
    VolumeBitlocker *facts = g_new0(VolumeBitlocker, 1);
    if (!bitlocker) {
        facts->reason = g_strdup(reason->message);
        return facts;
    }
    if (reason) {
        g_autofree char *protectors = bitlocker_describe_protectors(bitlocker);
        facts->reason = g_strdup_printf("%s; it opens with: %s", reason->message, protectors);
    }
    facts->id = g_strdup(bitlocker_id(bitlocker));
    facts->method = bitlocker_method(bitlocker);
    describe_protectors(bitlocker, facts);
    if (reason)
        facts->lock = VOLUME_LOCKED;
    else if (bitlocker_state(bitlocker) == BITLOCKER_DECRYPTED)
        facts->lock = VOLUME_PLAIN;
    else
        facts->lock = bitlocker_is_suspended(bitlocker) ? VOLUME_SUSPENDED : VOLUME_UNLOCKED;
    return facts;
}

void encrypted_add_locked(const VolumeSet *set, FindingCode code, GPtrArray *findings)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        const VolumeBitlocker *facts = volume->bitlocker;
        if (!volume_is_locked(volume))
            continue;
        g_autofree char *subject =
            facts->id
                ? g_strdup_printf("%s, volume %s (%s)", volume->name, facts->id, facts->reason)
                : g_strdup_printf("%s (%s)", volume->name, facts->reason);
        findings_add(findings, code, subject);
    }
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
        volume->bitlocker = describe(bitlocker, NULL);
        add_opened(volume, bitlocker, findings);
        return TRUE;
    }
    if (inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_debug("%s: %s", volume->name, local->message);
    volume->bitlocker = describe(bitlocker, local);
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
