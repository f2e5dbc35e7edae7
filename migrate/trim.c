/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives back what is worth nothing before the copy. */
#include "migrate/trim.h"

#include "base/bytes.h"
#include "base/interrupt.h"

/* qcow2's cluster size: a smaller discard would make qemu write zeros into a whole new cluster. */
#define CLUSTER_BYTES (UINT64_C(64) << 10)
/* The header page of a swap area holds its UUID and label; pages are at most 64 KiB. */
#define SWAP_HEADER_BYTES (UINT64_C(64) << 10)

/* Windows rewrites both at every boot; a hiberfil.sys with an image in it never gets this far. */
static const char *const worthless_files[] = {"/pagefile.sys", "/swapfile.sys", "/hiberfil.sys"};

/* Discards [start, start + length) of volume, rounded inwards to clusters of its disk. */
static gboolean discard(const Volume *volume, uint64_t start, uint64_t length, uint64_t *bytes,
                        GError **error)
{
    uint64_t on_disk = volume->partition ? volume->partition->start_bytes : 0;
    uint64_t first, end = on_disk + start + length;
    if (!round_up_checked(on_disk + start, CLUSTER_BYTES, &first))
        return TRUE;
    uint64_t last = end / CLUSTER_BYTES * CLUSTER_BYTES;
    if (first >= last)
        return TRUE;
    if (!interrupt_check(error) ||
        !disk_discard(volume->disk, first - on_disk, last - first, error))
        return FALSE;
    *bytes += last - first;
    return TRUE;
}

static gboolean discard_extents(const Volume *volume, const GArray *extents, uint64_t *bytes,
                                GError **error)
{
    for (guint i = 0; i < extents->len; i++) {
        const FsExtent *extent = &g_array_index(extents, FsExtent, i);
        if (!discard(volume, extent->start_bytes, extent->length_bytes, bytes, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean trim_filesystem(const Volume *volume, uint64_t *bytes, GError **error)
{
    FsState state;
    g_autoptr(GArray) extents = NULL;
    if (!fs_get_state(volume->fs, &state, error))
        return FALSE;
    /* What such a volume calls free may be in use for the system that still has it open. */
    if (state.hibernated || state.fast_started || (state.dirty && !state.journal_replayed))
        return TRUE;
    if (!fs_free_extents(volume->fs, &extents, error))
        return FALSE;
    return discard_extents(volume, extents, bytes, error);
}

static gboolean trim_windows_files(const Volume *volume, uint64_t *bytes, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(worthless_files); i++) {
        gboolean found = FALSE;
        FsStat status;
        g_autoptr(GArray) extents = NULL;
        if (!fs_stat(volume->fs, worthless_files[i], &found, &status, error))
            return FALSE;
        if (!found || status.type != FS_TYPE_FILE)
            continue;
        if (!fs_file_extents(volume->fs, worthless_files[i], &extents, error) ||
            !discard_extents(volume, extents, bytes, error))
            return FALSE;
    }
    return TRUE;
}

/* What is free in it is part of what the kernel checks. */
static gboolean is_checksummed(const Volume *volume)
{
    return volume->partition &&
           g_strcmp0(volume->partition->type_guid, PARTITION_TYPE_COREOS_USR) == 0;
}

gboolean trim_volumes(const VolumeSet *set, const Guest *guest, uint64_t *ret_bytes, GError **error)
{
    uint64_t bytes = 0;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        gboolean ok = TRUE;
        /* What is free now was in use when they were made. */
        if (volume->has_snapshots || is_checksummed(volume))
            continue;
        if (volume->fs)
            ok = trim_filesystem(volume, &bytes, error) &&
                 (!guest || guest->kind != GUEST_WINDOWS ||
                  !g_str_equal(volume->probe->type, "ntfs") ||
                  trim_windows_files(volume, &bytes, error));
        else if (g_strcmp0(volume->probe->type, "swap") == 0 &&
                 disk_size(volume->disk) > SWAP_HEADER_BYTES)
            ok = discard(volume, SWAP_HEADER_BYTES, disk_size(volume->disk) - SWAP_HEADER_BYTES,
                         &bytes, error);
        if (!ok || !disk_flush(volume->disk, error)) {
            g_prefix_error(error, "cannot trim %s: ", volume->name);
            return FALSE;
        }
    }
    *ret_bytes = bytes;
    return TRUE;
}
