/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux system's tree, put together as its fstab says. */
#include "inspect/linux_mounts.h"

#include <string.h>

#include "base/finding.h"
#include "fs/path.h"
#include "fs/uml.h"
#include "inspect/crypttab.h"
#include "inspect/fstab.h"
#include "inspect/mdadm_conf.h"
#include "inspect/ostree.h"
#include "inspect/text_file.h"
#include "inspect/usr_image.h"

static gboolean is_below_root(const char *mount_point)
{
    return mount_point[0] == '/' && mount_point[1] != '\0';
}

static gboolean read_mappings(const VolumeSet *set, Guest *guest, GError **error)
{
    g_autofree char *text = NULL;
    if (!inspect_read_text(guest->tree, "/etc/crypttab", &text, error))
        return FALSE;
    guest->linux_facts.mappings = crypttab_parse(text ? text : "");
    crypttab_resolve(guest->linux_facts.mappings, set, guest->root);
    return TRUE;
}

gboolean linux_is_snapshot(const char *folder)
{
    return strstr(folder, "/.snapshots/") || strstr(folder, "/timeshift-btrfs/");
}

gboolean linux_subvolume_is_named(const char *options)
{
    g_auto(GStrv) words = g_strsplit(options, ",", -1);
    for (guint i = 0; words[i]; i++)
        if (g_str_has_prefix(words[i], "subvol=") || g_str_has_prefix(words[i], "subvolid="))
            return TRUE;
    return FALSE;
}

static const char *find_by_id(const Volume *volume, const char *text)
{
    char *end;
    guint64 id = g_ascii_strtoull(text, &end, 0); /* also hexadecimal, as the kernel reads it */
    if (*text == '\0' || *end != '\0')
        return NULL;
    for (guint i = 0; i < volume->subvolumes->len; i++) {
        const FsSubvolume *subvolume = g_ptr_array_index(volume->subvolumes, i);
        if (subvolume->id == (id == 0 ? FS_SUBVOLUME_TOP_LEVEL : id))
            return subvolume->path;
    }
    return NULL;
}

char *linux_find_subvolume(const Volume *volume, const char *options)
{
    if (!volume->subvolumes)
        return g_strdup("/");
    const FsSubvolume *first = g_ptr_array_index(volume->subvolumes, 0);
    const char *found = first->path, *name = NULL;
    g_auto(GStrv) words = g_strsplit(options, ",", -1);
    for (guint i = 0; words[i]; i++) {
        if (g_str_has_prefix(words[i], "subvol="))
            name = words[i] + strlen("subvol=");
        else if (g_str_has_prefix(words[i], "subvolid="))
            found = find_by_id(volume, words[i] + strlen("subvolid="));
    }
    return name ? fs_path_normalise(name, FALSE) : g_strdup(found);
}

/* A mount besides the root, of what the disks have. */
static void mount_filesystem(Guest *guest, const char *system_root, const GuestMount *mount)
{
    const Volume *volume = mount->volume;
    g_autofree char *folder = linux_find_subvolume(volume, mount->options);
    if (!folder)
        return;
    if (volume == guest->root && g_str_equal(folder, system_root))
        return;
    fs_tree_mount_folder(guest->tree, mount->mount_point, volume->fs, folder);
    if (volume_is_esp(volume) && !guest->linux_facts.esp_mount_point)
        guest->linux_facts.esp_mount_point = g_strdup(mount->mount_point);
}

/* What the guest's mdadm.conf calls so comes before what the array itself was called. */
static gboolean find_array(const VolumeSet *set, FsTree *tree, GuestMount *mount, GError **error)
{
    g_autofree char *uuid = NULL;
    if (!g_str_has_prefix(mount->spec, "/dev/md"))
        return TRUE;
    if (!mdadm_conf_read_uuid(tree, mount->spec, &uuid, error))
        return FALSE;
    for (guint i = 0; uuid && i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume->layer == VOLUME_RAID && !volume->partition &&
            mdadm_conf_same_uuid(volume->layer_uuid, uuid))
            mount->volume = volume;
    }
    return TRUE;
}

gboolean linux_mount_filesystems(const VolumeSet *set, const char *system_root, GPtrArray *findings,
                                 Guest *guest, GError **error)
{
    g_autofree char *text = NULL;
    if (!fs_tree_read_text(guest->tree, "/etc/fstab", &text, error)) {
        g_prefix_error(error, "cannot read the mount table: ");
        return FALSE;
    }
    GuestLinux *facts = &guest->linux_facts;
    facts->mounts = fstab_parse(text ? text : "");
    if (!read_mappings(set, guest, error))
        return FALSE;

    for (guint i = 0; i < facts->mounts->len; i++) {
        GuestMount *mount = g_ptr_array_index(facts->mounts, i);
        mount->volume = crypttab_find_linux(facts->mappings, set, guest->root, mount->spec);
        if (!find_array(set, guest->tree, mount, error))
            return FALSE;
        if (g_str_equal(mount->mount_point, "/")) {
            mount->volume = guest->root;
        } else if (mount->volume && mount->volume->fs && is_below_root(mount->mount_point)) {
            mount_filesystem(guest, system_root, mount);
        } else if (!mount->volume && g_str_has_prefix(mount->mount_point, "/boot")) {
            /* Kernels and boot files are then out of reach. */
            g_autofree char *subject = g_strdup_printf("%s (%s)", mount->mount_point, mount->spec);
            findings_add(findings, FINDING_LINUX_BOOT_NOT_FOUND, subject);
        }
    }

    if (ostree_is_deployment(system_root)) {
        facts->usr = USR_OSTREE;
        ostree_mount(set, system_root, guest);
    } else if (usr_image_is_root(guest->root) && usr_image_mount(set, guest)) {
        facts->usr = USR_PARTITION;
    } else if (linux_is_snapshot(system_root) &&
               fs_tree_is_file(guest->tree, "/usr/sbin/transactional-update")) {
        facts->usr = USR_SNAPSHOT;
    }
    const Volume *esp = volume_set_find_esp(set, guest->root->disk_index);
    if (esp && !facts->esp_mount_point) {
        fs_tree_mount(guest->tree, GUEST_ESP_MOUNT, esp->fs);
        facts->esp_mount_point = g_strdup(GUEST_ESP_MOUNT);
    }
    return TRUE;
}
