/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by controller and position, matched with the volumes inspect/ has found. */
#include "linux/device_names.h"

#include <string.h>

/* by-id names that belong to a volume and not to a disk. */
static const char *const stable_id_prefixes[] = {
    "/dev/disk/by-id/dm-",
    "/dev/disk/by-id/md-",
    "/dev/disk/by-id/lvm-",
};
static const char *const unstable_prefixes[] = {
    "/dev/disk/by-id/", "/dev/disk/by-path/", "/dev/cciss/c", "/dev/mapper/mpath", "/dev/mpath/",
};

static gboolean has_prefix_of(const char *name, const char *const *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (g_str_has_prefix(name, prefixes[i]))
            return TRUE;
    return FALSE;
}

/* Decimal digits up to the end of text; at most 4, no guest has more partitions. */
static gboolean parse_number(const char *text, guint *ret_number)
{
    guint number = 0;
    size_t len = strlen(text);

    if (len == 0 || len > 4 || strspn(text, "0123456789") != len)
        return FALSE;
    for (; *text != '\0'; text++)
        number = number * 10 + (guint)(*text - '0');
    *ret_number = number;
    return TRUE;
}

/* "c3", "aa1": letters count like digits of base 26 without a zero. */
static gboolean parse_letters(const char *text, guint *ret_disk, guint *ret_partition)
{
    size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    guint disk = 0, partition = 0;

    if (letters == 0 || letters > 2)
        return FALSE;
    for (size_t i = 0; i < letters; i++)
        disk = disk * 26 + (guint)(text[i] - 'a') + 1;
    if (text[letters] != '\0' && (!parse_number(text + letters, &partition) || partition == 0))
        return FALSE;
    *ret_disk = disk - 1;
    *ret_partition = partition;
    return TRUE;
}

/* "0n1p2" */
static gboolean parse_nvme(const char *text, guint *ret_disk, guint *ret_partition)
{
    const char *namespace = strchr(text, 'n');
    const char *p = namespace != NULL ? strchr(namespace, 'p') : NULL;
    g_autofree char *disk = NULL, *number = NULL;
    guint namespace_number = 0, partition = 0;

    if (namespace == NULL)
        return FALSE;
    disk = g_strndup(text, (gsize)(namespace - text));
    number =
        p != NULL ? g_strndup(namespace + 1, (gsize)(p - namespace - 1)) : g_strdup(namespace + 1);
    if (!parse_number(number, &namespace_number) || namespace_number == 0 ||
        (p != NULL && !parse_number(p + 1, &partition)) || !parse_number(disk, ret_disk))
        return FALSE;
    *ret_partition = partition;
    return TRUE;
}

gboolean device_name_parse(const char *name, guint *ret_disk, guint *ret_partition)
{
    static const struct {
        const char *prefix;
        gboolean (*parse)(const char *text, guint *ret_disk, guint *ret_partition);
    } rows[] = {
        {"/dev/sd", parse_letters},  {"/dev/hd", parse_letters}, {"/dev/vd", parse_letters},
        {"/dev/xvd", parse_letters}, {"/dev/nvme", parse_nvme},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_has_prefix(name, rows[i].prefix))
            return rows[i].parse(name + strlen(rows[i].prefix), ret_disk, ret_partition);
    return FALSE;
}

gboolean device_name_is_unstable(const char *name)
{
    guint disk = 0, partition = 0;

    if (device_name_parse(name, &disk, &partition))
        return TRUE;
    return has_prefix_of(name, unstable_prefixes, G_N_ELEMENTS(unstable_prefixes)) &&
           !has_prefix_of(name, stable_id_prefixes, G_N_ELEMENTS(stable_id_prefixes));
}

static gboolean is_at(const Volume *volume, guint disk, guint partition)
{
    return volume != NULL && volume_is_at(volume, disk, partition);
}

/* What inspect/ has found for a name, whichever line of fstab or crypttab uses it. */
static const Volume *find_spec(const GuestLinux *facts, const char *name)
{
    for (guint i = 0; facts->mounts != NULL && i < facts->mounts->len; i++) {
        const GuestMount *mount = facts->mounts->pdata[i];

        if (mount->spec != NULL && mount->volume != NULL && g_str_equal(mount->spec, name))
            return mount->volume;
    }
    for (guint i = 0; facts->mappings != NULL && i < facts->mappings->len; i++) {
        const GuestMapping *mapping = facts->mappings->pdata[i];

        if (mapping->volume != NULL && g_str_equal(mapping->spec, name))
            return mapping->volume;
    }
    return NULL;
}

/* The root volume is known even where fstab calls it otherwise. */
const Volume *device_name_find(const Guest *guest, const char *name)
{
    const GPtrArray *mounts = guest->linux_facts.mounts;
    const Volume *volume = find_spec(&guest->linux_facts, name);
    guint disk = 0, partition = 0;

    if (volume != NULL)
        return volume;
    if (device_name_parse(name, &disk, &partition)) {
        if (is_at(guest->root, disk, partition))
            return guest->root;
        for (guint i = 0; mounts != NULL && i < mounts->len; i++) {
            const GuestMount *mount = mounts->pdata[i];

            if (is_at(mount->volume, disk, partition))
                return mount->volume;
        }
    }
    return guest->volumes != NULL ? volume_set_find_linux(guest->volumes, guest->root, name) : NULL;
}

char *device_name_stable(const Guest *guest, const char *name, StableKind kind)
{
    const Volume *volume = device_name_find(guest, name);

    if (volume == NULL)
        return NULL;
    if (kind == STABLE_BY_PARTUUID)
        return volume->partition != NULL && volume->partition->uuid != NULL
                   ? g_strdup_printf("PARTUUID=%s", volume->partition->uuid)
                   : NULL;
    /* The name stands for what is stored, not for what is decrypted from it. */
    if (volume->encryption_uuid != NULL)
        return g_strdup_printf("UUID=%s", volume->encryption_uuid);
    return volume->probe != NULL && volume->probe->uuid != NULL
               ? g_strdup_printf("UUID=%s", volume->probe->uuid)
               : NULL;
}
