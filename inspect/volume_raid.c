/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays of Linux software RAID, and the partitions on them. */
#include <string.h>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "disk/md.h"
#include "inspect/text_file.h"
#include "inspect/volume_layers.h"

typedef struct {
    VolumeSet *set;
    const GPtrArray *members; /* of Volume; those with a superblock that can be read */
    const KeyRing *keys;
    GPtrArray *findings;
} Opening;

static void super_free(gpointer super)
{
    md_super_free(super);
}

static gpointer read_super(Disk *volume, GError **error)
{
    return md_super_read(volume, error);
}

static gboolean is_number(const char *text)
{
    return *text && strlen(text) <= 6 && strspn(text, "0123456789") == strlen(text);
}

/* "md0", or "md/home" where the array has a name; characters that cannot be in a file's name are
   replaced, as udev does. */
static char *name_array(const VolumeSet *set, const MdArray *array)
{
    g_autofree char *raw = md_short_name(array);
    g_autofree char *valid = g_utf8_make_valid(raw, -1);
    for (char *p = valid; *p; p++)
        if (g_ascii_iscntrl(*p) || *p == '/' || *p == ' ')
            *p = '_';
    char *name = g_strconcat(is_number(valid) ? "md" : "md/", valid, NULL);
    for (guint i = 0; i < set->volumes->len; i++)
        if (g_str_equal(((const Volume *)g_ptr_array_index(set->volumes, i))->name, name)) {
            char *longer = g_strdup_printf("%s[%s]", name, array->uuid);
            g_free(name);
            return longer;
        }
    return name;
}

/* As the kernel and mdadm's udev rules make them. number: of a partition on the array, or 0. */
static char **list_devices(const MdArray *array, guint number)
{
    g_autofree char *short_name = md_short_name(array);
    g_autofree char *partition = number ? g_strdup_printf("p%u", number) : g_strdup("");
    g_autofree char *link_end = number ? g_strdup_printf("-part%u", number) : g_strdup("");
    g_autoptr(GPtrArray) devices = g_ptr_array_new();
    if (is_number(short_name))
        g_ptr_array_add(devices, g_strconcat("/dev/md", short_name, partition, NULL));
    g_ptr_array_add(devices, g_strconcat("/dev/md/", short_name, partition, NULL));
    g_ptr_array_add(devices, g_strconcat("/dev/disk/by-id/md-uuid-", array->uuid, link_end, NULL));
    if (array->name)
        g_ptr_array_add(devices,
                        g_strconcat("/dev/disk/by-id/md-name-", array->name, link_end, NULL));
    g_ptr_array_add(devices, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&devices), FALSE);
}

/* *ret_disk NULL: there is none, and the user knows. */
static gboolean open_disk(const Opening *opening, const char *name, const MdArray *array,
                          Disk **ret_disk, GError **error)
{
    g_autofree char *reason = NULL;
    g_autofree char *count =
        g_strdup_printf("%s, %u of %u", array->type, array->present, array->slots);
    g_autoptr(FsStack) stack = volume_new_stack(opening->set, array->plan);
    volume_add_member_findings(opening->members, array->stale, opening->findings,
                               FINDING_RAID_STALE);
    volume_add_member_findings(opening->members, array->duplicate, opening->findings,
                               FINDING_RAID_DUPLICATE);
    *ret_disk = array->disk ? disk_ref(array->disk) : NULL;
    if (stack && !volume_open_stack(stack, 0, ret_disk, &reason, error))
        return FALSE;
    if (*ret_disk) {
        if (array->present < array->slots)
            volume_add_finding(opening->findings, FINDING_RAID_DEGRADED, name, count);
        return TRUE;
    }
    const char *problem = reason ? reason : array->problem;
    if (problem) {
        g_autofree char *detail = g_strdup_printf("%s: %s", count, problem);
        volume_add_finding(opening->findings, FINDING_RAID_INCOMPLETE, name, detail);
    } else {
        volume_add_finding(opening->findings, FINDING_RAID_TYPE, name, array->type);
    }
    g_ptr_array_add(opening->set->unmapped,
                    g_strdup_printf("%s (%s)", name, problem ? "incomplete" : array->type));
    return TRUE;
}

/* partition NULL: the whole array. Takes name. */
static gboolean add_volume(const Opening *opening, const MdArray *array, Disk *whole, char *name,
                           const PartitionTable *table, const Partition *partition, GError **error)
{
    const Volume *member = g_ptr_array_index(opening->members, array->first_member);
    Volume *volume = g_new0(Volume, 1);
    g_ptr_array_add(opening->set->volumes, volume);
    volume->layer = VOLUME_RAID;
    volume->disk_index = member->disk_index;
    volume->table = table;
    volume->partition = partition;
    volume->name = name;
    volume->devices = list_devices(array, partition ? partition->number : 0);
    volume->layer_uuid = g_strdup(array->uuid);
    /* Firmware reads one of the copies, and does not know of the other. */
    volume->is_on_esp = !partition && volume_is_esp(member);
    g_autoptr(Disk) disk = partition ? partition_open(whole, partition, error) : disk_ref(whole);
    return disk && interrupt_check(error) &&
           volume_look_into(volume, disk, opening->keys, opening->findings, error);
}

/* An array of whole disks has the machine's partitions inside. */
static gboolean add_partitions(const Opening *opening, const MdArray *array, Disk *whole,
                               const char *name, const PartitionTable *table, GError **error)
{
    for (guint i = 0; i < table->partitions->len; i++) {
        const Partition *partition = g_ptr_array_index(table->partitions, i);
        if (!partition_is_extended(partition) &&
            !add_volume(opening, array, whole, g_strdup_printf("%sp%u", name, partition->number),
                        table, partition, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean add_array(const Opening *opening, const MdArray *array, GError **error)
{
    g_autofree char *name = name_array(opening->set, array);
    g_autoptr(GError) local = NULL;
    g_autoptr(Disk) whole = NULL;
    if (!open_disk(opening, name, array, &whole, error))
        return FALSE;
    if (!whole)
        return TRUE;
    PartitionTable *table = partition_table_read(whole, &local);
    if (!table && inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!table) {
        volume_add_finding(opening->findings, FINDING_VOLUME_DAMAGED, name, local->message);
        return TRUE;
    }
    g_ptr_array_add(opening->set->tables, table);
    return table->partitions->len > 0
               ? add_partitions(opening, array, whole, name, table, error)
               : add_volume(opening, array, whole, g_steal_pointer(&name), table, NULL, error);
}

gboolean volume_raid_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                          GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) readable = g_ptr_array_new();
    g_autoptr(GPtrArray) supers = g_ptr_array_new_with_free_func(super_free);
    if (!volume_read_headers(members, read_super, FINDING_VOLUME_RAID, findings, readable, supers,
                             error))
        return FALSE;
    g_autofree MdMember *md_members = g_new(MdMember, readable->len);
    for (guint i = 0; i < readable->len; i++)
        md_members[i] = (MdMember){g_ptr_array_index(supers, i),
                                   ((Volume *)g_ptr_array_index(readable, i))->stored};
    g_autoptr(GPtrArray) arrays = md_assemble(md_members, readable->len);
    Opening opening = {set, readable, keys, findings};
    for (guint i = 0; i < arrays->len; i++)
        if (!add_array(&opening, g_ptr_array_index(arrays, i), error))
            return FALSE;
    return TRUE;
}

/* What stands in the last partition has its superblock there: mdadm(8) cannot tell either, and
   versions 1.1 and 1.2 were made for it. What an earlier use of a disk left at its beginning is not
   believed against its partition table. */
gboolean volume_raid_has_disk(Disk *disk, gboolean *ret_whole, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(MdSuper) super = md_super_read(disk, &local);
    g_autoptr(PartitionTable) table = super ? partition_table_read(disk, &local) : NULL;
    *ret_whole = super != NULL;
    if (local && inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    for (guint i = 0; table && i < table->partitions->len; i++) {
        const Partition *partition = g_ptr_array_index(table->partitions, i);
        if (super->data_start > 0 ||
            (super->offset >= partition->start_bytes &&
             super->offset - partition->start_bytes < partition->length_bytes))
            *ret_whole = FALSE;
    }
    return TRUE;
}
