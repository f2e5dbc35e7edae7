/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS volumes: opened in place of what is stored, or told why not. */
#include "base/error.h"
#include "base/finding.h"
#include "disk/luks.h"
#include "inspect/encrypted.h"
#include "inspect/text_file.h"

/* By the beginning of what luks_list_tokens() calls them; the rest may be missing on another
   machine. */
static const struct {
    const char *token;
    FindingCode finding; /* FINDING_CODE_LAST: a person has what opens it */
} tokens[] = {
    {"clevis (tang)", FINDING_LUKS_TANG},
    {"systemd-recovery", FINDING_CODE_LAST},
    {"luks2-keyring", FINDING_CODE_LAST},
    {"", FINDING_LUKS_TOKEN},
};

static void add_tokens(const Volume *volume, const Luks *luks, GPtrArray *findings)
{
    g_autoptr(GPtrArray) list = luks_list_tokens(luks);
    for (guint i = 0; i < list->len; i++) {
        const char *token = g_ptr_array_index(list, i);
        g_autofree char *subject = g_strdup_printf("%s (%s)", volume->name, token);
        guint row = 0;
        while (!g_str_has_prefix(token, tokens[row].token))
            row++;
        if (tokens[row].finding != FINDING_CODE_LAST)
            findings_add(findings, tokens[row].finding, subject);
    }
}

static gboolean is_named(const KeyRing *keys, const Luks *luks)
{
    for (guint i = 0; i < key_ring_count(keys); i++)
        if (key_ring_names(keys, i, luks_uuid(luks)))
            return TRUE;
    return FALSE;
}

/* A key that is for all volumes need not fit this one; a key for this very volume has to. */
static void add_locked(const Volume *volume, const Luks *luks, const KeyRing *keys,
                       const GError *reason, GPtrArray *findings)
{
    FindingCode code = FINDING_VOLUME_DAMAGED;
    if (g_error_matches(reason, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED))
        code = FINDING_LUKS_UNSUPPORTED;
    else if (luks && is_named(keys, luks))
        code = FINDING_LUKS_NOT_OPENED;
    else if (g_error_matches(reason, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION))
        code = FINDING_VOLUME_LUKS;
    g_autofree char *subject =
        luks ? g_strdup_printf("%s, UUID %s (%s)", volume->name, luks_uuid(luks), reason->message)
             : g_strdup_printf("%s (%s)", volume->name, reason->message);
    findings_add(findings, code, subject);
}

gboolean encrypted_open_luks(Volume *volume, const KeyRing *keys, GPtrArray *findings,
                             gboolean *ret_opened, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(Luks) luks = luks_read(volume->disk, &local);
    g_autoptr(Disk) open = luks ? luks_open(luks, volume->stored, keys, &local) : NULL;
    *ret_opened = open != NULL;
    if (!open && inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (luks)
        add_tokens(volume, luks, findings);
    if (!open) {
        g_debug("%s: %s", volume->name, local->message);
        add_locked(volume, luks, keys, local, findings);
        return TRUE;
    }
    volume->encryption_uuid = g_strdup(luks_uuid(luks));
    encrypted_replace(volume, open, luks_version(luks) == 1 ? "LUKS1" : "LUKS2");
    findings_add(findings, FINDING_LUKS_OPENED, volume->name);
    return TRUE;
}
