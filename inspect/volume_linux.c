/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the volume that a Linux guest names in its fstab or on its kernel's command line. */
#include <string.h>

#include "base/error.h"

#include "inspect/volume.h"

#define MULTIPATH_PREFIX "/dev/mapper/mpath" /* multipath.conf(5), user_friendly_names */

typedef const char *(*VolumeText)(const Volume *volume);

static const char *get_uuid(const Volume *volume)
{
    return volume->probe->uuid;
}

static const char *get_label(const Volume *volume)
{
    return volume->probe->label;
}

static const char *get_partition_uuid(const Volume *volume)
{
    return volume->partition ? volume->partition->uuid : NULL;
}

static const char *get_partition_label(const Volume *volume)
{
    return volume->partition ? volume->partition->name : NULL;
}

static const struct {
    const char *tag;    /* as in fstab */
    const char *folder; /* as udev makes links */
    gboolean any_case;
    VolumeText get;
} tags[] = {
    {"UUID=", "/dev/disk/by-uuid/", TRUE, get_uuid},
    {"LABEL=", "/dev/disk/by-label/", FALSE, get_label},
    {"PARTUUID=", "/dev/disk/by-partuuid/", TRUE, get_partition_uuid},
    {"PARTLABEL=", "/dev/disk/by-partlabel/", FALSE, get_partition_label},
};

static const Volume *find_text(const VolumeSet *set, VolumeText get, const char *wanted,
                               gboolean any_case)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        const char *text = get(volume);
        if (text && *wanted &&
            (any_case ? g_ascii_strcasecmp(text, wanted) == 0 : g_str_equal(text, wanted)))
            return volume;
    }
    return NULL;
}

gboolean volume_is_at(const Volume *volume, guint64 disk_index, guint64 number)
{
    return volume->layer == VOLUME_ON_DISK && volume->disk_index == disk_index &&
           (volume->partition ? volume->partition->number : 0) == number;
}

static const Volume *find_number(const VolumeSet *set, guint64 disk_index, guint64 number)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume_is_at(volume, disk_index, number))
            return volume;
    }
    return NULL;
}

/* Two groups may have the same name, where disks of two guests are looked at together. */
static const Volume *find_layer(const VolumeSet *set, const Volume *root, const char *device)
{
    const Volume *found = NULL;
    guint count = 0;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (!volume->devices || !g_strv_contains((const char *const *)volume->devices, device))
            continue;
        if (root && root->group_uuid && g_strcmp0(root->group_uuid, volume->group_uuid) == 0)
            return volume;
        found = volume;
        count++;
    }
    return count == 1 ? found : NULL;
}

/* Reads a number of at most six digits and moves *text behind it. */
static gboolean take_number(const char **text, guint64 *ret_number)
{
    guint64 number = 0;
    guint digits = 0;
    while (g_ascii_isdigit(**text)) {
        if (++digits > 6)
            return FALSE;
        number = number * 10 + (guint64)(*(*text)++ - '0');
    }
    *ret_number = number;
    return digits > 0;
}

/* "a" is 0, "z" 25, "aa" 26. */
static gboolean take_letters(const char **text, guint64 *ret_index)
{
    guint64 index = 0;
    guint letters = 0;
    while (g_ascii_islower(**text)) {
        if (++letters > 4)
            return FALSE;
        index = index * 26 + (guint64)(*(*text)++ - 'a') + 1;
    }
    *ret_index = index - 1;
    return letters > 0;
}

static const Volume *find_device(const VolumeSet *set, const char *name)
{
    static const char *const lettered[] = {"sd", "hd", "vd", "xvd"};
    static const char *const numbered[] = {"nvme", "mmcblk"};
    guint64 disk_index, number = 0;

    for (guint i = 0; i < G_N_ELEMENTS(lettered); i++) {
        if (!g_str_has_prefix(name, lettered[i]))
            continue;
        const char *rest = name + strlen(lettered[i]);
        if (!take_letters(&rest, &disk_index) || (*rest && !take_number(&rest, &number)) || *rest)
            return NULL;
        return find_number(set, disk_index, number);
    }
    for (guint i = 0; i < G_N_ELEMENTS(numbered); i++) {
        if (!g_str_has_prefix(name, numbered[i]))
            continue;
        const char *rest = name + strlen(numbered[i]);
        if (!take_number(&rest, &disk_index))
            return NULL;
        if (g_str_has_prefix(rest, "n1"))
            rest += 2;
        if (*rest && (*rest++ != 'p' || !take_number(&rest, &number) || *rest))
            return NULL;
        return find_number(set, disk_index, number);
    }
    return NULL;
}

/* udev writes bytes that are not safe in a name as \xNN. */
static char *unescape_udev(const char *name)
{
    GString *text = g_string_new(NULL);
    for (const char *p = name; *p; p++) {
        if (p[0] == '\\' && p[1] == 'x' && g_ascii_isxdigit(p[2]) && g_ascii_isxdigit(p[3])) {
            int byte = g_ascii_xdigit_value(p[2]) * 16 + g_ascii_xdigit_value(p[3]);
            if (byte != 0)
                g_string_append_c(text, (char)byte);
            p += 3;
        } else {
            g_string_append_c(text, *p);
        }
    }
    return g_string_free(text, FALSE);
}

/* by-id and by-path name the source's controller; which disk is meant is clear only when there is
   one. SUSE's installers used by-id for everything. */
static const Volume *find_on_only_disk(const VolumeSet *set, const char *name)
{
    const char *suffix = g_strrstr(name, "-part");
    guint64 number;
    if (set->disks->len != 1 || !suffix)
        return NULL;
    const char *rest = suffix + strlen("-part");
    if (!take_number(&rest, &number) || *rest)
        return NULL;
    return find_number(set, 0, number);
}

void volume_set_add_place(VolumeSet *set, const VolumePlace *place)
{
    if (!set->places)
        set->places = g_array_new(FALSE, FALSE, sizeof(VolumePlace));
    g_array_append_vals(set->places, place, 1);
}

/* How by-path goes on behind the controller (udev's path_id): the number is the unit on it. */
static const struct {
    const char *marker, *bus;
    guint first; /* what unit 0 is called */
} path_markers[] = {
    {"-scsi-0:0:", "scsi", 0},
    {"-sas-phy", "scsi", 0},
    {"-vmbus-", "scsi", 0},
    {"-ata-", "sata", 1},
};

static gboolean parse_path(const char *name, const char **ret_bus, guint64 *ret_unit)
{
    for (guint i = 0; i < G_N_ELEMENTS(path_markers); i++) {
        const char *found = strstr(name, path_markers[i].marker);
        if (!found)
            continue;
        const char *number = found + strlen(path_markers[i].marker);
        /* Hyper-V names its controllers by GUIDs; the disk follows. */
        if (g_str_equal(path_markers[i].marker, "-vmbus-")) {
            number = strstr(number, "-lun-");
            if (!number)
                return FALSE;
            number += strlen("-lun-");
        }
        if (!take_number(&number, ret_unit) || *ret_unit < path_markers[i].first)
            return FALSE;
        *ret_unit -= path_markers[i].first;
        *ret_bus = path_markers[i].bus;
        return TRUE;
    }
    return FALSE;
}

/* Only where one disk can be meant: which controller it was, the name says by a PCI address that
   nobody has written down. */
static const Volume *find_by_path(const VolumeSet *set, const char *name)
{
    const char *bus, *suffix = g_strrstr(name, "-part");
    guint64 unit, number = 0;
    guint count = 0, disk = 0;
    if (!set->places || set->places->len != set->disks->len || !parse_path(name, &bus, &unit))
        return NULL;
    for (guint i = 0; i < set->places->len; i++) {
        const VolumePlace *place = &g_array_index(set->places, VolumePlace, i);
        if (g_strcmp0(place->bus, bus) == 0 && place->unit == unit) {
            disk = i;
            count++;
        }
    }
    const char *rest = suffix ? suffix + strlen("-part") : "";
    if (count != 1 || (suffix && (!take_number(&rest, &number) || *rest)))
        return NULL;
    return find_number(set, disk, number);
}

/* "scsi-36000c29…-part2", "wwn-0x6000c29…", "scsi-SVMware_Virtual_disk_6000c29…": the identifier
   that the source gave the disk is in the name. */
static const Volume *find_by_id(const VolumeSet *set, const char *name)
{
    const char *suffix = g_strrstr(name, "-part");
    const char *rest = suffix ? suffix + strlen("-part") : "";
    g_autofree char *stem = suffix ? g_strndup(name, (gsize)(suffix - name)) : g_strdup(name);
    g_autofree char *lower = g_ascii_strdown(stem, -1);
    guint64 number = 0;
    guint count = 0, disk = 0;
    if (!set->places || set->places->len != set->disks->len)
        return NULL;
    for (guint i = 0; i < set->places->len; i++) {
        const VolumePlace *place = &g_array_index(set->places, VolumePlace, i);
        if (place->wwn && g_str_has_suffix(lower, place->wwn)) {
            disk = i;
            count++;
        }
    }
    if (count != 1 || (suffix && (!take_number(&rest, &number) || *rest)))
        return NULL;
    return find_number(set, disk, number);
}

/* "a2", "a-part2", "ap2", "a": how multipathd and kpartx go on behind "mpath". The paths stay with
   the old machine; which disk they led to is clear only when there is one. */
static const Volume *find_multipath(const VolumeSet *set, const char *rest)
{
    static const char *const separators[] = {"-part", "_part", "p", ""};
    guint64 number = 0;
    if (set->disks->len != 1)
        return NULL;
    size_t letters = strspn(rest, "abcdefghijklmno"); /* "p" separates */
    const char *behind = rest + letters;
    if (letters == 0)
        return NULL;
    for (guint i = 0; *behind && i < G_N_ELEMENTS(separators); i++) {
        const char *digits = behind + strlen(separators[i]);
        if (g_str_has_prefix(behind, separators[i]) && take_number(&digits, &number) && !*digits)
            return find_number(set, 0, number);
    }
    return *behind ? NULL : find_number(set, 0, 0);
}

const Volume *volume_set_find_linux(const VolumeSet *set, const Volume *root, const char *spec)
{
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (g_str_has_prefix(spec, tags[i].folder)) {
            g_autofree char *name = unescape_udev(spec + strlen(tags[i].folder));
            return find_text(set, tags[i].get, name, tags[i].any_case);
        }
        if (g_str_has_prefix(spec, tags[i].tag)) {
            g_autofree char *value = g_strdup(spec + strlen(tags[i].tag));
            size_t length = strlen(value);
            if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
                value[length - 1] = '\0';
                return find_text(set, tags[i].get, value + 1, tags[i].any_case);
            }
            return find_text(set, tags[i].get, value, tags[i].any_case);
        }
    }
    const Volume *layer = find_layer(set, root, spec);
    if (layer)
        return layer;
    if (g_str_has_prefix(spec, MULTIPATH_PREFIX))
        return find_multipath(set, spec + strlen(MULTIPATH_PREFIX));
    if (g_str_has_prefix(spec, "/dev/disk/by-path/") && set->disks->len > 1)
        return find_by_path(set, spec);
    if (g_str_has_prefix(spec, "/dev/disk/by-id/") && set->disks->len > 1)
        return find_by_id(set, spec);
    if (g_str_has_prefix(spec, "/dev/disk/by-id/") || g_str_has_prefix(spec, "/dev/disk/by-path/"))
        return find_on_only_disk(set, spec);
    return g_str_has_prefix(spec, "/dev/") ? find_device(set, spec + strlen("/dev/")) : NULL;
}

gboolean volume_set_choose_root(VolumeSet *set, const char *spec, GError **error)
{
    g_autoptr(GString) names = g_string_new("the volumes are");
    set->wanted_root = volume_set_find_linux(set, NULL, spec);
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (!set->wanted_root && g_str_equal(volume->name, spec))
            set->wanted_root = volume;
        g_string_append_printf(names, "%s %s", i > 0 ? "," : "", volume->name);
    }
    if (set->wanted_root)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, names->str, "there is no volume '%s'", spec);
    return FALSE;
}
