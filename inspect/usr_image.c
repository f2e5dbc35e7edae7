/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts the partitions of such a system together, by their names, as its initramfs does. */
#include "inspect/usr_image.h"

static const char *const usr_names[] = {"USR-A", "USR-B", NULL};

static gboolean has_name(const Partition *partition, const char *const *names)
{
    return partition && partition->name && g_strv_contains(names, partition->name);
}

gboolean usr_image_is_root(const Volume *volume)
{
    static const char *const root_names[] = {"ROOT", NULL};
    gboolean has_usr = FALSE;
    for (guint i = 0; volume->table && i < volume->table->partitions->len; i++)
        has_usr = has_usr || has_name(volume->table->partitions->pdata[i], usr_names);
    if (!has_usr || !has_name(volume->partition, root_names))
        return FALSE;
    g_autoptr(FsTree) tree = fs_tree_new();
    fs_tree_mount(tree, "/", volume->fs);
    return fs_tree_is_directory(tree, "/etc") && fs_tree_is_directory(tree, "/var");
}

/* Which of the two starts (GRUB's gptprio.next): the highest priority among those that have worked
   or may still be tried. Attributes 48 to 51 are the priority, 52 to 55 the tries, 56 says that it
   has worked. */
static guint find_priority(const Partition *partition)
{
    guint64 attributes = partition->attributes;
    guint tries = (attributes >> 52) & 0xf;
    gboolean worked = (attributes >> 56) & 1;
    return tries > 0 || worked ? (guint)((attributes >> 48) & 0xf) + 1 : 0;
}

static const Volume *find_named(const VolumeSet *set, const Volume *root, const char *name)
{
    const char *names[] = {name, NULL};
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume->fs && volume->table == root->table && has_name(volume->partition, names))
            return volume;
    }
    return NULL;
}

static const Volume *find_usr(const VolumeSet *set, const Volume *root)
{
    const Volume *found = NULL;
    for (guint i = 0; usr_names[i]; i++) {
        const Volume *volume = find_named(set, root, usr_names[i]);
        if (volume &&
            (!found || find_priority(volume->partition) > find_priority(found->partition)))
            found = volume;
    }
    return found;
}

gboolean usr_image_mount(const VolumeSet *set, Guest *guest)
{
    const Volume *usr = find_usr(set, guest->root);
    const Volume *oem = find_named(set, guest->root, "OEM");
    const Volume *boot = find_named(set, guest->root, "EFI-SYSTEM");
    if (!usr)
        return FALSE;
    fs_tree_mount(guest->tree, "/usr", usr->fs);
    if (oem) {
        fs_tree_mount(guest->tree, "/oem", oem->fs);
        fs_tree_mount(guest->tree, "/usr/share/oem", oem->fs);
    }
    if (boot) {
        fs_tree_mount(guest->tree, "/boot", boot->fs);
        guest->linux_facts.esp_mount_point = g_strdup("/boot");
    }
    return TRUE;
}
