/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens the volumes that only a Linux kernel can read, or can replay the journal of. */
#include "base/error.h"
#include "base/finding.h"
#include "base/interrupt.h"
#include "inspect/text_file.h"
#include "inspect/volume_findings.h"
#include "inspect/volume_layers.h"

static gboolean is_btrfs(const Volume *volume)
{
    return g_strcmp0(volume->probe->type, "btrfs") == 0;
}

/* Of the same Btrfs filesystem: its devices share its identifier. */
static gboolean are_one(const Volume *a, const Volume *b)
{
    return is_btrfs(a) && is_btrfs(b) && a->probe->uuid &&
           g_strcmp0(a->probe->uuid, b->probe->uuid) == 0;
}

/* An earlier volume is the one that the filesystem is opened by. */
static gboolean is_further_device(const VolumeSet *set, guint index)
{
    for (guint i = 0; i < index; i++)
        if (are_one(set->volumes->pdata[i], set->volumes->pdata[index]))
            return TRUE;
    return FALSE;
}

static GPtrArray *list_further_devices(const VolumeSet *set, guint index)
{
    GPtrArray *disks = g_ptr_array_new();
    for (guint i = index + 1; i < set->volumes->len; i++) {
        const Volume *other = g_ptr_array_index(set->volumes, i);
        if (are_one(set->volumes->pdata[index], other))
            g_ptr_array_add(disks, other->disk);
    }
    return disks;
}

/* Then the driver in this process has it, as any other of its type. */
static gboolean replay_and_open(const VolumeSet *set, Volume *volume, GError **error)
{
    const char *type = volume->probe->type;
    if (fs_kernel_replay(set->kernel, volume->disk, type, error) &&
        fs_open_with_flags(volume->disk, type, volume->open_flags, &volume->fs, error))
        return TRUE;
    g_prefix_error(error, "%s; then: ", volume->refusal->message);
    return FALSE;
}

static gboolean open_volume(const VolumeSet *set, guint index, GError **error)
{
    Volume *volume = g_ptr_array_index(set->volumes, index);
    if (volume->refusal)
        return replay_and_open(set, volume, error);
    g_autoptr(GPtrArray) others = list_further_devices(set, index);
    if (!fs_kernel_open(set->kernel, volume->disk, others, volume->probe->type, &volume->fs, error))
        return FALSE;
    return !is_btrfs(volume) || fs_list_subvolumes(volume->fs, &volume->subvolumes, error);
}

static gboolean is_for_kernel(const Volume *volume)
{
    return !volume->fs && (volume->refusal || fs_kernel_has_type(volume->probe->type));
}

static void add_without_kernel(const Volume *volume, GPtrArray *findings)
{
    if (volume->refusal)
        volume_add_damaged(volume, volume->refusal, findings);
    else
        volume_add_unreadable(volume, findings);
}

/* Other errors end everything. */
static gboolean is_of_content(const Volume *volume, const GError *error)
{
    return g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT) ||
           (volume->refusal && g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED));
}

gboolean volume_set_open_in_kernel(VolumeSet *set, GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        g_autoptr(GError) local = NULL;
        if (!is_for_kernel(volume) || is_further_device(set, i))
            continue;
        if (!set->kernel) {
            add_without_kernel(volume, findings);
            continue;
        }
        if (!interrupt_check(error))
            return FALSE;
        if (open_volume(set, i, &local))
            continue;
        if (!is_of_content(volume, local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        volume_add_damaged(volume, local, findings);
    }
    return TRUE;
}
