/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logical volumes of LVM2. */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "base/interrupt.h"
#include "disk/lvm.h"
#include "inspect/text_file.h"
#include "inspect/volume_layers.h"

/* More than any guest has; each that is looked into costs memory. */
#define VOLUMES_LIMIT 1000u

typedef struct {
    VolumeSet *set;
    const GPtrArray *members; /* of Volume; those with a label that can be read */
    const LvmSet *lvm;
    const KeyRing *keys;
    GPtrArray *findings;
} Opening;

static void label_free(gpointer label)
{
    lvm_label_free(label);
}

static gpointer read_label(Disk *volume, GError **error)
{
    return lvm_label_read(volume, error);
}

static gboolean has_namesake(const LvmSet *lvm, const LvmGroup *group)
{
    for (guint i = 0; i < lvm->groups->len; i++) {
        const LvmGroup *other = g_ptr_array_index(lvm->groups, i);
        if (other != group && g_str_equal(other->name, group->name))
            return TRUE;
    }
    return FALSE;
}

/* "group", or with its identifier where another has the same name. */
static char *name_group(const Opening *opening, const LvmGroup *group)
{
    if (!has_namesake(opening->lvm, group))
        return g_strdup(group->name);
    findings_add(opening->findings, FINDING_LVM_SAME_NAME, group->name);
    return g_strdup_printf("%s[%s]", group->name, group->id);
}

static char *remove_hyphens(const char *id)
{
    g_auto(GStrv) parts = g_strsplit(id, "-", -1);
    return g_strjoinv("", parts);
}

/* As lvm2 and its udev rules make them. */
static char **list_devices(const LvmGroup *group, const LvmVolume *lvm)
{
    g_autofree char *mapper = lvm_mapper_name(group->name, lvm->name);
    g_autofree char *group_id = remove_hyphens(group->id);
    g_autofree char *id = remove_hyphens(lvm->id);
    g_autoptr(GPtrArray) devices = g_ptr_array_new();
    g_ptr_array_add(devices, g_strdup_printf("/dev/%s/%s", group->name, lvm->name));
    g_ptr_array_add(devices,
                    g_strdup_printf("/dev/disk/by-id/dm-name-%s", mapper + strlen("/dev/mapper/")));
    g_ptr_array_add(devices, g_strdup_printf("/dev/disk/by-id/dm-uuid-LVM-%s%s", group_id, id));
    g_ptr_array_add(devices, g_steal_pointer(&mapper));
    g_ptr_array_add(devices, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&devices), FALSE);
}

/* Nothing is in a pool that is in no volume of it. */
static gboolean is_pool(const LvmVolume *lvm)
{
    static const char *const pools[] = {"thin-pool", "cache-pool", "vdo-pool", NULL};
    return g_strv_contains(pools, lvm->type);
}

/* The user knows of a volume that has no disk. reason: the kernel's; NULL: it was not asked. */
static void add_unmapped(const Opening *opening, const char *name, const LvmVolume *lvm,
                         const char *reason)
{
    if (reason)
        volume_add_finding(opening->findings, FINDING_VOLUME_ASSEMBLY, name, reason);
    else if (lvm->problem)
        volume_add_finding(opening->findings, FINDING_LVM_INCOMPLETE, name, lvm->problem);
    else
        volume_add_finding(opening->findings, FINDING_LVM_TYPE, name, lvm->type);
    g_ptr_array_add(opening->set->unmapped,
                    g_strdup_printf("%s (%s)", name, lvm->problem ? "incomplete" : lvm->type));
}

/* *ret_disk NULL: there is none, and the user knows. stack may be NULL. An origin of snapshots is
   our own to map, but a kernel keeps them. */
static gboolean open_disk(const Opening *opening, FsStack *stack, const char *name,
                          const LvmVolume *lvm, Disk **ret_disk, GError **error)
{
    g_autofree char *reason = NULL;
    g_autoptr(GError) local = NULL;
    *ret_disk = NULL;
    if (is_pool(lvm))
        return TRUE;
    if (stack && lvm->device >= 0 &&
        !volume_open_stack(stack, (guint)lvm->device, ret_disk, &reason, &local) &&
        !(lvm->disk && g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL))) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (*ret_disk)
        return TRUE;
    if (lvm->disk && lvm->has_snapshots)
        findings_add(opening->findings, FINDING_LVM_SNAPSHOTS, name);
    if (lvm->disk)
        *ret_disk = disk_ref(lvm->disk);
    else
        add_unmapped(opening, name, lvm, reason);
    return TRUE;
}

static gboolean add_volume(const Opening *opening, const LvmGroup *group, const char *group_name,
                           FsStack *stack, const LvmVolume *lvm, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s/%s", group_name, lvm->name);
    g_autoptr(Disk) disk = NULL;
    if (!open_disk(opening, stack, name, lvm, &disk, error))
        return FALSE;
    if (!disk)
        return TRUE;
    const Volume *member = g_ptr_array_index(opening->members, lvm->first_member);
    Volume *volume = g_new0(Volume, 1);
    g_ptr_array_add(opening->set->volumes, volume);
    volume->layer = VOLUME_LVM;
    volume->disk_index = member->disk_index;
    volume->table = member->table;
    volume->name = g_steal_pointer(&name);
    volume->devices = list_devices(group, lvm);
    volume->layer_uuid = g_strdup(lvm->id);
    volume->group_uuid = g_strdup(group->id);
    volume->has_snapshots = lvm->has_snapshots;
    return volume_look_into(volume, disk, opening->keys, opening->findings, error);
}

static gboolean add_group(const Opening *opening, const LvmGroup *group, GError **error)
{
    g_autofree char *name = name_group(opening, group);
    g_autoptr(FsStack) stack = volume_new_stack(opening->set, group->plan);
    for (guint i = 0; i < group->missing->len; i++)
        volume_add_finding(opening->findings, FINDING_LVM_MISSING, name,
                           g_ptr_array_index(group->missing, i));
    for (guint i = 0; i < group->volumes->len; i++) {
        if (opening->set->volumes->len >= VOLUMES_LIMIT) {
            volume_add_finding(opening->findings, FINDING_LVM_INCOMPLETE, name,
                               "it has too many logical volumes");
            break;
        }
        if (!interrupt_check(error) ||
            !add_volume(opening, group, name, stack, g_ptr_array_index(group->volumes, i), error))
            return FALSE;
    }
    return TRUE;
}

gboolean volume_lvm_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                         GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) readable = g_ptr_array_new();
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(label_free);
    if (!volume_read_headers(members, read_label, FINDING_VOLUME_LVM, findings, readable, labels,
                             error))
        return FALSE;

    g_autofree LvmMember *lvm_members = g_new(LvmMember, readable->len);
    for (guint i = 0; i < readable->len; i++)
        lvm_members[i] = (LvmMember){g_ptr_array_index(labels, i),
                                     ((Volume *)g_ptr_array_index(readable, i))->stored};
    g_autoptr(LvmSet) lvm = lvm_assemble(lvm_members, readable->len);
    Opening opening = {set, readable, lvm, keys, findings};
    volume_add_member_findings(readable, lvm->duplicate, findings, FINDING_LVM_DUPLICATE);
    volume_add_member_findings(readable, lvm->unknown, findings, FINDING_VOLUME_LVM);
    volume_add_member_findings(readable, lvm->damaged, findings, FINDING_LVM_DAMAGED);
    for (guint i = 0; i < lvm->groups->len; i++)
        if (!add_group(&opening, g_ptr_array_index(lvm->groups, i), error))
            return FALSE;
    return TRUE;
}
