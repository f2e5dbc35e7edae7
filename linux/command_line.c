/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds KEY=/dev/… words in a line and replaces the device. */
#include "linux/command_line.h"

#include <string.h>

/* RESUME: initramfs-tools' conf.d/resume; cryptdevice: mkinitcpio's encrypt hook, crypt_root and
   real_root: genkernel. */
static const char *const keys[] = {
    "root=",        "resume=",     "RESUME=",         "real_root=", "real_resume=",
    "cryptdevice=", "crypt_root=", "rd.luks.device=", "swap=",
};

static gboolean starts_word(const char *line, const char *at)
{
    return at == line || strchr(" \t\"'=", at[-1]) != NULL;
}

/* The key at this place, or NULL. */
static const char *match_key(const char *line, const char *at)
{
    if (!starts_word(line, at))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_str_has_prefix(at, keys[i]))
            return keys[i];
    return NULL;
}

/* by-path names have colons inside, others end at one ("cryptdevice=/dev/sda2:root"). */
static size_t name_length(const char *name)
{
    return strcspn(name, g_str_has_prefix(name, "/dev/disk/") ? " \t\r\n\"'," : " \t\r\n\"',:");
}

/* What tells Ignition, Afterburn and the units of Flatcar which platform they are on
   (coreos.github.io/ignition/supported-platforms); oem_id is of the GRUB of Flatcar's. */
static const char *const platform_keys[] = {
    "ignition.platform.id=",
    "flatcar.oem.id=",
    "coreos.oem.id=",
    "oem_id=",
};
static const char *const source_platforms[] = {
    "vmware", "hyperv", "azure", "azurestack", "virtualbox", "nutanix", "xenserver", NULL,
};

/* The length of a key and the old platform behind it at this place; 0: there is none. */
static size_t match_platform(const char *line, const char *at, size_t *ret_key)
{
    if (!starts_word(line, at))
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(platform_keys); i++) {
        if (!g_str_has_prefix(at, platform_keys[i]))
            continue;

        const char *value = at + strlen(platform_keys[i]);

        if (*value == '"' || *value == '\'')
            value++;

        g_autofree char *name = g_strndup(value, strcspn(value, " \t\r\n\"'"));

        if (!g_strv_contains(source_platforms, name))
            continue;
        *ret_key = (size_t)(value - at);
        return *ret_key + strlen(name);
    }
    return 0;
}

static gboolean is_known(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (g_str_equal(names->pdata[i], name))
            return TRUE;
    return FALSE;
}

char *command_line_rewrite(const char *line, const Guest *guest, gboolean has_initramfs,
                           GPtrArray *unknown)
{
    GString *out = g_string_new(NULL);

    for (const char *at = line; *at != '\0';) {
        const char *key = match_key(line, at);
        size_t platform_key = 0, platform = match_platform(line, at, &platform_key);

        if (platform > 0) {
            g_string_append_len(out, at, (gssize)platform_key);
            g_string_append(out, "qemu");
            at += platform;
            continue;
        }
        if (key == NULL) {
            g_string_append_c(out, *at++);
            continue;
        }
        g_string_append(out, key);
        at += strlen(key);
        /* KEY="/dev/…" of a shell file */
        if (*at == '"' || *at == '\'')
            g_string_append_c(out, *at++);

        g_autofree char *name = g_strndup(at, name_length(at));
        g_autofree char *stable = NULL;

        if (!device_name_is_unstable(name))
            continue;
        stable =
            device_name_stable(guest, name, has_initramfs ? STABLE_BY_UUID : STABLE_BY_PARTUUID);
        g_string_append(out, stable != NULL ? stable : name);
        at += strlen(name);
        if (stable == NULL && !is_known(unknown, name))
            g_ptr_array_add(unknown, g_steal_pointer(&name));
    }
    return g_string_free(out, FALSE);
}
