/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The allocation table: chains of clusters, and the free ones. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/fat_volume.h"

#define END_MARK UINT32_C(0x0fffffff) /* cut to 12 or 16 bits where those are used */

gboolean fat_cluster_is_valid(const FatVolume *volume, uint32_t cluster)
{
    return cluster >= 2 && cluster - 2 < volume->cluster_count;
}

uint64_t fat_cluster_start(const FatVolume *volume, uint32_t cluster)
{
    return volume->data_start + (uint64_t)(cluster - 2) * volume->cluster_bytes;
}

uint32_t fat_table_get(const FatVolume *volume, uint32_t cluster)
{
    const uint8_t *table = volume->table;
    if (volume->bits == 32)
        return get_le32(table + (size_t)cluster * 4) & UINT32_C(0x0fffffff);
    if (volume->bits == 16)
        return get_le16(table + (size_t)cluster * 2);
    uint16_t pair = get_le16(table + (size_t)cluster * 3 / 2);
    return cluster % 2 ? pair >> 4 : pair & 0xfff;
}

/* In memory and in every copy. */
static gboolean table_set(FatVolume *volume, uint32_t cluster, uint32_t value, GError **error)
{
    size_t offset = (size_t)cluster * volume->bits / 8;
    size_t length = volume->bits == 32 ? 4 : 2;
    uint8_t *bytes = volume->table + offset;
    gboolean was_free = fat_table_get(volume, cluster) == 0;
    if (volume->bits == 32)
        put_le32(bytes, (get_le32(bytes) & UINT32_C(0xf0000000)) | (value & END_MARK));
    else if (volume->bits == 16)
        put_le16(bytes, (uint16_t)(value & 0xffff));
    else if (cluster % 2)
        put_le16(bytes, (uint16_t)((get_le16(bytes) & 0x000f) | (value & 0xfff) << 4));
    else
        put_le16(bytes, (uint16_t)((get_le16(bytes) & 0xf000) | (value & 0xfff)));

    volume->info_changed = TRUE;
    volume->free_count += (uint32_t)((value == 0) - was_free);
    for (guint i = 0; i < volume->table_count; i++) {
        uint64_t copy = volume->table_start + (volume->table_first + i) * volume->table_bytes;
        if (!disk_write(volume->fs.volume, copy + offset, bytes, length, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_end_mark(const FatVolume *volume, uint32_t value)
{
    return value >= ((END_MARK & ~UINT32_C(7)) & (UINT32_MAX >> (32 - volume->bits)));
}

gboolean fat_chain_read(const FatVolume *volume, uint32_t first, uint32_t count, uint32_t limit,
                        GArray **ret_clusters, GError **error)
{
    g_autoptr(GArray) clusters = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    gboolean to_end = count == UINT32_MAX;
    for (uint32_t cluster = first; clusters->len < count;) {
        if (to_end && (is_end_mark(volume, cluster) || first == 0))
            break;
        if (!fat_cluster_is_valid(volume, cluster) ||
            clusters->len >= MIN(limit, volume->cluster_count)) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                              "check the filesystem in the source machine",
                              "the cluster chain that begins at %u is damaged after %u clusters",
                              first, clusters->len);
            return FALSE;
        }
        g_array_append_val(clusters, cluster);
        cluster = fat_table_get(volume, cluster);
    }
    *ret_clusters = g_steal_pointer(&clusters);
    return TRUE;
}

/* The first cluster of count free ones in a row, from next_free on and round the end; 0: none. */
static uint32_t find_free_run(const FatVolume *volume, uint32_t count)
{
    uint32_t run = 0, index = volume->next_free - 2;
    for (uint64_t seen = 0; seen < (uint64_t)volume->cluster_count + count; seen++) {
        run = fat_table_get(volume, 2 + index) == 0 ? run + 1 : 0;
        if (run == count)
            return 2 + index + 1 - count;
        if (++index == volume->cluster_count)
            index = run = 0;
    }
    return 0;
}

gboolean fat_choose_free(const FatVolume *volume, uint32_t count, GArray **ret_clusters,
                         GError **error)
{
    if (count > volume->free_count) {
        drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE,
                          "free some space on this volume in the source machine",
                          "%u clusters of %u bytes are needed, %u are free", count,
                          volume->cluster_bytes, volume->free_count);
        return FALSE;
    }
    GArray *clusters = g_array_sized_new(FALSE, FALSE, sizeof(uint32_t), count);
    uint32_t run = count > 0 ? find_free_run(volume, count) : 0;
    for (uint32_t i = 0; i < volume->cluster_count && clusters->len < count; i++) {
        uint32_t cluster = run ? run + i : 2 + i;
        if (run || fat_table_get(volume, cluster) == 0)
            g_array_append_val(clusters, cluster);
    }
    *ret_clusters = clusters;
    return TRUE;
}

gboolean fat_chain_link(FatVolume *volume, const GArray *clusters, GError **error)
{
    for (guint i = 0; i < clusters->len; i++) {
        uint32_t cluster = g_array_index(clusters, uint32_t, i);
        uint32_t next = i + 1 < clusters->len ? g_array_index(clusters, uint32_t, i + 1) : END_MARK;
        if (table_set(volume, cluster, next, error)) {
            volume->next_free =
                fat_cluster_is_valid(volume, cluster + 1) ? cluster + 1 : volume->next_free;
            continue;
        }
        for (guint j = 0; j <= i; j++)
            if (!table_set(volume, g_array_index(clusters, uint32_t, j), 0, NULL))
                g_debug("a cluster stays allocated and unused");
        return FALSE;
    }
    return TRUE;
}

gboolean fat_chain_append(FatVolume *volume, uint32_t last, uint32_t cluster, GError **error)
{
    return table_set(volume, last, cluster, error);
}

gboolean fat_chain_free(FatVolume *volume, uint32_t first, GError **error)
{
    /* Every step frees a cluster, so a loop ends where it began. */
    for (uint32_t cluster = first; fat_cluster_is_valid(volume, cluster);) {
        uint32_t next = fat_table_get(volume, cluster);
        if (next == 0)
            break;
        if (!table_set(volume, cluster, 0, error))
            return FALSE;
        cluster = next;
    }
    return TRUE;
}

void fat_free_extents(const FatVolume *volume, GArray *extents)
{
    for (uint32_t i = 0; i < volume->cluster_count; i++)
        if (fat_table_get(volume, 2 + i) == 0)
            fs_extents_add(extents, fat_cluster_start(volume, 2 + i), volume->cluster_bytes);
}
