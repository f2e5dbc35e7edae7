/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists the volumes of a machine's disks and opens the filesystems on them. */
#include "inspect/volume.h"

#include "base/error.h"
#include "base/finding.h"
#include "base/interrupt.h"
#include "disk/ldm_database.h"
#include "inspect/encrypted.h"
#include "inspect/text_file.h"
#include "inspect/volume_findings.h"
#include "inspect/volume_layers.h"

/* Members of something larger, which is put together when all of them are known. */
static const struct {
    const char *type; /* blkid's */
    FindingCode left; /* when nothing was */
    gboolean (*open)(VolumeSet *set, GPtrArray *members, const KeyRing *keys, GPtrArray *findings,
                     GError **error);
} layers[] = {
    {"linux_raid_member", FINDING_VOLUME_RAID, volume_raid_open},
    {"LVM2_member", FINDING_VOLUME_LVM, volume_lvm_open},
    {VOLUME_TYPE_DYNAMIC, FINDING_VOLUME_DYNAMIC_DISK, volume_ldm_open},
};

/* LVM on RAID, LVM inside LVM: deeper stacks are made by nobody who wants to boot from them. */
#define LAYERS_LIMIT 4

#define GPT_TYPE_STORAGE_SPACES "e75caf8f-f680-4cee-afa3-b001e56efc2d"
#define MBR_TYPE_EFI 0xef

static void volume_free(gpointer data)
{
    Volume *volume = data;
    if (!volume)
        return;
    fs_close(volume->fs);
    g_clear_error(&volume->refusal);
    g_clear_pointer(&volume->subvolumes, g_ptr_array_unref);
    encrypted_free(volume->bitlocker);
    volume_probe_free(volume->probe);
    disk_unref(volume->disk);
    disk_unref(volume->stored);
    g_strfreev(volume->devices);
    g_free(volume->encryption_uuid);
    g_free(volume->layer_uuid);
    g_free(volume->group_uuid);
    g_free(volume->name);
    g_free(volume);
}

static void disk_free(gpointer disk)
{
    disk_unref(disk);
}

static void table_free(gpointer table)
{
    partition_table_free(table);
}

void volume_set_free(VolumeSet *set)
{
    if (!set)
        return;
    g_ptr_array_unref(set->volumes);
    g_clear_pointer(&set->places, g_array_unref);
    g_clear_pointer(&set->unmapped, g_ptr_array_unref);
    g_ptr_array_unref(set->tables);
    g_ptr_array_unref(set->disks);
    g_free(set);
}

gboolean volume_is_locked(const Volume *volume)
{
    return volume->bitlocker && volume->bitlocker->lock == VOLUME_LOCKED;
}

gboolean volume_is_esp(const Volume *volume)
{
    const Partition *partition = volume->partition;
    return volume->is_on_esp ||
           (partition && (partition->mbr_type == MBR_TYPE_EFI ||
                          g_strcmp0(partition->type_guid, PARTITION_TYPE_EFI_SYSTEM) == 0));
}

const Volume *volume_set_find_esp(const VolumeSet *set, guint disk_index)
{
    const Volume *found = NULL;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (!volume_is_esp(volume) || !volume->fs)
            continue;
        if (volume->disk_index == disk_index)
            return volume;
        if (!found)
            found = volume;
    }
    return found;
}

/* "sda" … "sdz", "sdaa" …, as Linux counts. */
static char *name_disk(guint index)
{
    GString *letters = g_string_new(NULL);
    for (guint rest = index + 1; rest > 0; rest = (rest - 1) / 26)
        g_string_prepend_c(letters, (char)('a' + (rest - 1) % 26));
    g_string_prepend(letters, "sd");
    return g_string_free(letters, FALSE);
}

static gboolean is_layer_type(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(layers); i++)
        if (g_str_equal(type, layers[i].type))
            return TRUE;
    return FALSE;
}

/* Partitions that never hold a filesystem; looking costs as much as for any other. */
static gboolean is_reserved(const Partition *partition)
{
    return partition && (g_strcmp0(partition->type_guid, PARTITION_TYPE_MICROSOFT_RESERVED) == 0 ||
                         g_strcmp0(partition->type_guid, PARTITION_TYPE_BIOS_BOOT) == 0);
}

/* What volume->disk holds. A volume without a readable beginning holds nothing, and has a finding.
 */
static gboolean probe(Volume *volume, GPtrArray *findings, GError **error)
{
    g_autoptr(GError) local = NULL;
    volume->probe = volume_probe(volume->disk, &local);
    if (volume->probe)
        return TRUE;
    if (inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    volume->probe = g_new0(VolumeProbe, 1);
    volume_add_damaged(volume, local, findings);
    return TRUE;
}

/* What Windows left behind and opening has put right. */
static gboolean add_state_findings(const Volume *volume, GPtrArray *findings, GError **error)
{
    FsState state;
    if (!fs_get_state(volume->fs, &state, error))
        return FALSE;
    if (state.log_dirty && state.journal_replayed)
        findings_add(findings, FINDING_WINDOWS_LOG_REPLAYED, volume->name);
    if (state.hibernation_discarded)
        findings_add(findings, FINDING_WINDOWS_HIBERNATION_DISCARDED, volume->name);
    return TRUE;
}

static gboolean open_filesystem(Volume *volume, GPtrArray *findings, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (!volume->probe->type || is_layer_type(volume->probe->type) ||
        fs_kernel_has_type(volume->probe->type))
        return TRUE;
    if (!fs_type_is_supported(volume->probe->type)) {
        volume_add_unreadable(volume, findings);
        return TRUE;
    }
    if (fs_open_with_flags(volume->disk, volume->probe->type, volume->open_flags, &volume->fs,
                           &local))
        return add_state_findings(volume, findings, error);
    if (inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (volume_error_is_of_journal(local) &&
        fs_kernel_can_replay(volume->disk, volume->probe->type))
        volume->refusal = g_steal_pointer(&local); /* volume_set_open_in_kernel() goes on */
    else
        volume_add_damaged(volume, local, findings);
    return TRUE;
}

gboolean volume_look_into(Volume *volume, Disk *stored, const KeyRing *keys, GPtrArray *findings,
                          GError **error)
{
    gboolean opened = TRUE;
    volume->stored = disk_ref(stored);
    volume->disk = disk_new_cache(stored, VOLUME_CACHE_BYTES);
    if (!probe(volume, findings, error))
        return FALSE;
    if (encrypted_is_type(volume->probe->type) &&
        (!encrypted_open(volume, keys, findings, &opened, error) ||
         (opened && !probe(volume, findings, error))))
        return FALSE;
    return !opened || open_filesystem(volume, findings, error);
}

/* partition NULL: the whole disk. */
static gboolean add_volume(VolumeSet *set, guint disk_index, const Partition *partition,
                           const KeyRing *keys, GPtrArray *findings, GError **error)
{
    Disk *disk = g_ptr_array_index(set->disks, disk_index);
    Volume *volume = g_new0(Volume, 1);
    g_ptr_array_add(set->volumes, volume);
    volume->disk_index = disk_index;
    volume->table = g_ptr_array_index(set->tables, disk_index);
    volume->partition = partition;
    volume->open_flags = set->open_flags;
    volume->name = name_disk(disk_index);

    g_autoptr(Disk) window = NULL;
    if (partition) {
        char *name = g_strdup_printf("%s%u", volume->name, partition->number);
        g_free(volume->name);
        volume->name = name;
        window = partition_open(disk, partition, error);
    } else {
        window = disk_ref(disk);
    }
    if (!window || !interrupt_check(error))
        return FALSE;
    if (partition && g_strcmp0(partition->type_guid, GPT_TYPE_STORAGE_SPACES) == 0)
        findings_add(findings, FINDING_VOLUME_STORAGE_SPACES, volume->name);
    gboolean is_dynamic = partition && ldm_is_member(partition);
    if (is_reserved(partition) || is_dynamic) {
        volume->probe = g_new0(VolumeProbe, 1);
        volume->probe->type = is_dynamic ? g_strdup(VOLUME_TYPE_DYNAMIC) : NULL;
        volume->stored = disk_ref(window);
        volume->disk = disk_new_cache(window, VOLUME_CACHE_BYTES);
        return TRUE;
    }
    return volume_look_into(volume, window, keys, findings, error);
}

static gboolean add_disk(VolumeSet *set, Disk *disk, const KeyRing *keys, GPtrArray *findings,
                         GError **error)
{
    guint index = set->disks->len;
    g_autofree char *name = name_disk(index);

    gboolean is_whole = FALSE;
    if (!volume_raid_has_disk(disk, &is_whole, error))
        return FALSE;
    g_autoptr(PartitionTable) table =
        is_whole ? partition_table_new(disk) : partition_table_read(disk, error);
    if (!table) {
        g_prefix_error(error, "cannot read the partition table of %s: ", disk_name(disk));
        return FALSE;
    }
    if (table->used_backup)
        findings_add(findings, FINDING_DISK_BACKUP_GPT, name);

    const PartitionTable *kept = table;
    g_ptr_array_add(set->disks, disk_ref(disk));
    g_ptr_array_add(set->tables, g_steal_pointer(&table));
    if (kept->kind == PARTITION_TABLE_NONE)
        return add_volume(set, index, NULL, keys, findings, error);
    for (guint i = 0; i < kept->partitions->len; i++) {
        const Partition *partition = g_ptr_array_index(kept->partitions, i);
        if (!partition_is_extended(partition) &&
            !add_volume(set, index, partition, keys, findings, error))
            return FALSE;
    }
    return TRUE;
}

/* Those of one type that no layer has had yet. */
static GPtrArray *take_members(const VolumeSet *set, const char *type)
{
    GPtrArray *members = g_ptr_array_new();
    for (guint i = 0; i < set->volumes->len; i++) {
        Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume->is_member || g_strcmp0(volume->probe->type, type) != 0)
            continue;
        volume->is_member = TRUE;
        disk_unref(volume->disk);
        volume->disk = disk_ref(volume->stored);
        g_ptr_array_add(members, volume);
    }
    return members;
}

static gboolean open_layer(VolumeSet *set, guint layer, gboolean too_deep, const KeyRing *keys,
                           GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) members = take_members(set, layers[layer].type);
    if (!too_deep)
        return members->len == 0 || layers[layer].open(set, members, keys, findings, error);
    for (guint i = 0; i < members->len; i++)
        findings_add(findings, layers[layer].left,
                     ((const Volume *)g_ptr_array_index(members, i))->name);
    return TRUE;
}

static gboolean open_layers(VolumeSet *set, const KeyRing *keys, GPtrArray *findings,
                            GError **error)
{
    for (guint depth = 0; depth <= LAYERS_LIMIT; depth++)
        for (guint i = 0; i < G_N_ELEMENTS(layers); i++)
            if (!open_layer(set, i, depth == LAYERS_LIMIT, keys, findings, error))
                return FALSE;
    return TRUE;
}

gboolean volume_set_open_with_kernel(GPtrArray *disks, const KeyRing *keys, FsOpenFlags flags,
                                     FsKernel *kernel, GPtrArray *findings, VolumeSet **ret_set,
                                     GError **error)
{
    g_autoptr(VolumeSet) set = g_new0(VolumeSet, 1);
    set->open_flags = flags;
    set->kernel = kernel;
    set->disks = g_ptr_array_new_with_free_func(disk_free);
    set->tables = g_ptr_array_new_with_free_func(table_free);
    set->volumes = g_ptr_array_new_with_free_func(volume_free);
    set->unmapped = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < disks->len; i++)
        if (!add_disk(set, g_ptr_array_index(disks, i), keys, findings, error))
            return FALSE;
    if (!open_layers(set, keys, findings, error) ||
        !volume_set_open_in_kernel(set, findings, error))
        return FALSE;
    *ret_set = g_steal_pointer(&set);
    return TRUE;
}

gboolean volume_set_open_with_keys(GPtrArray *disks, const KeyRing *keys, GPtrArray *findings,
                                   VolumeSet **ret_set, GError **error)
{
    return volume_set_open_with_kernel(disks, keys, FS_OPEN_DEFAULT, NULL, findings, ret_set,
                                       error);
}

gboolean volume_set_open(GPtrArray *disks, GPtrArray *findings, VolumeSet **ret_set, GError **error)
{
    return volume_set_open_with_keys(disks, NULL, findings, ret_set, error);
}

/* What has no filesystem that is written has a kernel's superblocks below it, perhaps. */
static gboolean settle_volume(const Volume *volume, GError **error)
{
    return volume->fs ? fs_sync(volume->fs, error) : disk_flush(volume->disk, error);
}

gboolean volume_set_settle(const VolumeSet *set, GError **error)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (!settle_volume(volume, error)) {
            g_prefix_error(error, "%s: ", volume->name);
            return FALSE;
        }
    }
    return TRUE;
}
