/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories of FAT: entries with their long names (sections "FAT Directory Structure" and "FAT
   Long Directory Entries"). */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/fat_volume.h"

enum {
    SLOT_FREE = 0xe5,
    SLOT_END = 0x00, /* no slot behind this one is in use */
    ATTRIBUTE_LONG_NAME = 0x0f,
    ATTRIBUTE_MASK = 0x3f,
    LONG_NAME_LAST = 0x40, /* in the order byte of the part that stands first */
    LONG_NAME_ORDER = 0x1f,
    UNITS_PER_SLOT = 13,
    LONG_NAME_SLOTS = 20,
};

static const uint8_t unit_places[UNITS_PER_SLOT] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

void fat_entry_clear(FatEntry *entry)
{
    g_free(entry->name);
    g_free(entry->alias);
    *entry = (FatEntry){0};
}

void fat_directory_free(FatDirectory *directory)
{
    if (!directory)
        return;
    if (directory->clusters)
        g_array_unref(directory->clusters);
    g_byte_array_unref(directory->bytes);
    g_free(directory);
}

gboolean fat_directory_load(FatVolume *volume, uint32_t first_cluster, FatDirectory **ret_directory,
                            GError **error)
{
    g_autoptr(FatDirectory) directory = g_new0(FatDirectory, 1);
    Disk *disk = volume->fs.volume;
    directory->volume = volume;
    directory->first_cluster = first_cluster;
    directory->bytes = g_byte_array_new();
    if (first_cluster == 0) {
        g_byte_array_set_size(directory->bytes, (guint)volume->root_bytes);
        if (!disk_read(disk, volume->root_start, directory->bytes->data, directory->bytes->len,
                       error))
            return FALSE;
        *ret_directory = g_steal_pointer(&directory);
        return TRUE;
    }

    uint32_t limit = MAX(FAT_SLOTS_MAX * FAT_SLOT_BYTES / volume->cluster_bytes, 1);
    if (!fat_chain_read(volume, first_cluster, UINT32_MAX, limit, &directory->clusters, error))
        return FALSE;
    g_byte_array_set_size(directory->bytes, directory->clusters->len * volume->cluster_bytes);
    for (guint i = 0; i < directory->clusters->len; i++) {
        uint32_t cluster = g_array_index(directory->clusters, uint32_t, i);
        if (!disk_read(disk, fat_cluster_start(volume, cluster),
                       directory->bytes->data + (size_t)i * volume->cluster_bytes,
                       volume->cluster_bytes, error))
            return FALSE;
    }
    *ret_directory = g_steal_pointer(&directory);
    return TRUE;
}

static guint slot_count(const FatDirectory *directory)
{
    return directory->bytes->len / FAT_SLOT_BYTES;
}

static uint8_t *slot_bytes(const FatDirectory *directory, guint slot)
{
    return directory->bytes->data + (size_t)slot * FAT_SLOT_BYTES;
}

static uint64_t slot_position(const FatDirectory *directory, guint slot)
{
    const FatVolume *volume = directory->volume;
    uint64_t offset = (uint64_t)slot * FAT_SLOT_BYTES;
    if (directory->first_cluster == 0)
        return volume->root_start + offset;
    uint32_t cluster = g_array_index(directory->clusters, uint32_t, offset / volume->cluster_bytes);
    return fat_cluster_start(volume, cluster) + offset % volume->cluster_bytes;
}

/* In ascending order, each slot by itself: a cluster boundary may lie between any two. */
static gboolean write_slots(const FatDirectory *directory, guint first, guint count, GError **error)
{
    for (guint slot = first; slot < first + count; slot++)
        if (!disk_write(directory->volume->fs.volume, slot_position(directory, slot),
                        slot_bytes(directory, slot), FAT_SLOT_BYTES, error))
            return FALSE;
    return TRUE;
}

/* The long name whose last part stands right before the entry in slot; NULL when there is none, or
   it belongs to an entry that a driver without long names has removed. */
static char *read_long_name(const FatDirectory *directory, guint slot, guint *ret_first_slot)
{
    uint8_t units[LONG_NAME_SLOTS * UNITS_PER_SLOT * 2];
    uint8_t checksum = fat_short_name_checksum(slot_bytes(directory, slot));
    size_t length = 0;
    for (guint order = 1; order <= LONG_NAME_SLOTS && order <= slot; order++) {
        const uint8_t *part = slot_bytes(directory, slot - order);
        if ((part[11] & ATTRIBUTE_MASK) != ATTRIBUTE_LONG_NAME || part[0] == SLOT_FREE ||
            (part[0] & LONG_NAME_ORDER) != order || part[13] != checksum)
            return NULL;
        for (guint i = 0; i < UNITS_PER_SLOT; i++, length += 2)
            memcpy(units + length, part + unit_places[i], 2);
        if (!(part[0] & LONG_NAME_LAST))
            continue;
        *ret_first_slot = slot - order;
        return fat_name_from_utf16(units, length);
    }
    return NULL;
}

static gboolean decode_entry(const FatDirectory *directory, guint slot, FatEntry *entry)
{
    const uint8_t *bytes = slot_bytes(directory, slot);
    g_autofree char *short_name = fat_short_name_decode(bytes, bytes[12]);
    entry->first_slot = entry->slot = slot;
    entry->name = read_long_name(directory, slot, &entry->first_slot);
    if (entry->name)
        entry->alias = g_steal_pointer(&short_name);
    else
        entry->name = g_steal_pointer(&short_name);
    entry->attributes = bytes[11];
    entry->first_cluster = get_le16(bytes + 26);
    if (directory->volume->bits == 32)
        entry->first_cluster |= (uint32_t)get_le16(bytes + 20) << 16;
    entry->size_bytes = get_le32(bytes + 28);
    entry->modified = (uint32_t)get_le16(bytes + 24) << 16 | get_le16(bytes + 22);
    entry->position = slot_position(directory, slot);
    return entry->name != NULL;
}

static gboolean slot_is_entry(const uint8_t *bytes)
{
    return bytes[0] != SLOT_FREE && !(bytes[11] & FAT_ATTRIBUTE_LABEL);
}

gboolean fat_directory_next(const FatDirectory *directory, guint *slot, FatEntry *entry)
{
    fat_entry_clear(entry);
    while (*slot < slot_count(directory) && *slot_bytes(directory, *slot) != SLOT_END) {
        guint current = (*slot)++;
        const uint8_t *bytes = slot_bytes(directory, current);
        /* decode_entry() has no name for "." and "..". */
        if (slot_is_entry(bytes) && decode_entry(directory, current, entry))
            return TRUE;
        fat_entry_clear(entry);
    }
    return FALSE;
}

gboolean fat_directory_find(const FatDirectory *directory, const char *name, FatEntry *entry)
{
    for (guint slot = 0; fat_directory_next(directory, &slot, entry);)
        if (fat_names_are_equal(entry->name, name) ||
            (entry->alias && fat_names_are_equal(entry->alias, name)))
            return TRUE;
    fat_entry_clear(entry);
    return FALSE;
}

/* The fixed root directory cannot grow; the others by one cluster at a time. */
static gboolean grow(FatDirectory *directory, GError **error)
{
    FatVolume *volume = directory->volume;
    if (directory->first_cluster == 0 ||
        directory->bytes->len + volume->cluster_bytes > FAT_SLOTS_MAX * FAT_SLOT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE,
                          "remove some files from this directory in the source machine",
                          "the directory is full");
        return FALSE;
    }
    g_autoptr(GArray) added = NULL;
    if (!fat_choose_free(volume, 1, &added, error))
        return FALSE;
    uint32_t cluster = g_array_index(added, uint32_t, 0);
    uint32_t last = g_array_index(directory->clusters, uint32_t, directory->clusters->len - 1);
    g_autofree uint8_t *zeros = g_malloc0(volume->cluster_bytes);
    if (!disk_write(volume->fs.volume, fat_cluster_start(volume, cluster), zeros,
                    volume->cluster_bytes, error) ||
        !fat_chain_link(volume, added, error) || !fat_chain_append(volume, last, cluster, error))
        return FALSE;
    g_array_append_val(directory->clusters, cluster);
    g_byte_array_append(directory->bytes, zeros, volume->cluster_bytes);
    return TRUE;
}

/* The first of count slots in a row that are free. Those behind the end mark are made to look free,
   with a new mark behind them. */
static gboolean find_room(FatDirectory *directory, guint count, guint *ret_slot, GError **error)
{
    guint run = 0;
    gboolean past_end = FALSE;
    for (guint slot = 0;; slot++) {
        if (slot == slot_count(directory) && !grow(directory, error))
            return FALSE;
        uint8_t *bytes = slot_bytes(directory, slot);
        past_end |= bytes[0] == SLOT_END;
        if (past_end)
            memset(bytes, 0, FAT_SLOT_BYTES); /* whatever was left there */
        run = past_end || bytes[0] == SLOT_FREE ? run + 1 : 0;
        if (run < count)
            continue;
        *ret_slot = slot + 1 - count;
        if (past_end && slot + 1 < slot_count(directory)) {
            memset(slot_bytes(directory, slot + 1), 0, FAT_SLOT_BYTES);
            return write_slots(directory, slot + 1, 1, error);
        }
        return TRUE;
    }
}

static GHashTable *collect_short_names(const FatDirectory *directory)
{
    GHashTable *names =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    for (guint slot = 0; slot < slot_count(directory); slot++) {
        const uint8_t *bytes = slot_bytes(directory, slot);
        if (bytes[0] == SLOT_END)
            break;
        if (slot_is_entry(bytes))
            g_hash_table_add(names, g_bytes_new(bytes, FAT_SHORT_NAME_BYTES));
    }
    return names;
}

static gboolean choose_short_name(const FatDirectory *directory, const char *name,
                                  uint8_t *short_name, GError **error)
{
    g_autoptr(GHashTable) taken = collect_short_names(directory);
    for (guint attempt = 0; attempt < FAT_SHORT_NAME_ATTEMPTS; attempt++) {
        fat_short_name_make(name, attempt, short_name);
        g_autoptr(GBytes) key = g_bytes_new(short_name, FAT_SHORT_NAME_BYTES);
        if (!g_hash_table_contains(taken, key))
            return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, NULL, "no short name is left for '%s'", name);
    return FALSE;
}

static void set_content(const FatVolume *volume, uint8_t *bytes, uint32_t first_cluster,
                        uint32_t size_bytes)
{
    uint32_t now = fat_timestamp_now();
    put_le16(bytes + 18, (uint16_t)(now >> 16)); /* last access, a date only */
    if (volume->bits == 32)                      /* else OS/2 keeps something there */
        put_le16(bytes + 20, (uint16_t)(first_cluster >> 16));
    put_le16(bytes + 22, (uint16_t)(now & 0xffff));
    put_le16(bytes + 24, (uint16_t)(now >> 16));
    put_le16(bytes + 26, (uint16_t)(first_cluster & 0xffff));
    put_le32(bytes + 28, size_bytes);
}

static void make_entry(const FatVolume *volume, uint8_t *bytes, const uint8_t *short_name,
                       uint8_t attributes, uint32_t first_cluster, uint32_t size_bytes)
{
    memset(bytes, 0, FAT_SLOT_BYTES);
    memcpy(bytes, short_name, FAT_SHORT_NAME_BYTES);
    bytes[11] = attributes;
    set_content(volume, bytes, first_cluster, size_bytes);
    memcpy(bytes + 14, bytes + 22, 4); /* created */
}

/* The parts of a long name, the last one first. */
static void make_long_name(const FatDirectory *directory, guint first_slot, guint parts,
                           const gunichar2 *units, size_t length, uint8_t checksum)
{
    for (guint i = 0; i < parts; i++) {
        guint order = parts - i;
        uint8_t *bytes = slot_bytes(directory, first_slot + i);
        memset(bytes, 0, FAT_SLOT_BYTES);
        bytes[0] = (uint8_t)(order | (i == 0 ? LONG_NAME_LAST : 0));
        bytes[11] = ATTRIBUTE_LONG_NAME;
        bytes[13] = checksum;
        for (guint j = 0; j < UNITS_PER_SLOT; j++) {
            size_t index = (size_t)(order - 1) * UNITS_PER_SLOT + j;
            /* A name that ends within a part is closed by 0 and padded. */
            uint16_t unit = index < length ? units[index] : index == length ? 0 : 0xffff;
            put_le16(bytes + unit_places[j], unit);
        }
    }
}

gboolean fat_directory_add(FatDirectory *directory, const char *name, uint8_t attributes,
                           uint32_t first_cluster, uint32_t size_bytes, GError **error)
{
    if (!fat_name_check(name, error))
        return FALSE;
    uint8_t short_name[FAT_SHORT_NAME_BYTES];
    glong length = 0;
    g_autofree gunichar2 *units = g_utf8_to_utf16(name, -1, NULL, &length, error);
    guint parts = (guint)(length + UNITS_PER_SLOT - 1) / UNITS_PER_SLOT;
    if (!units)
        return FALSE;
    if (fat_short_name_encode(name, short_name))
        parts = 0;
    else if (!choose_short_name(directory, name, short_name, error))
        return FALSE;

    guint slot;
    if (!find_room(directory, parts + 1, &slot, error))
        return FALSE;
    make_long_name(directory, slot, parts, units, (size_t)length,
                   fat_short_name_checksum(short_name));
    make_entry(directory->volume, slot_bytes(directory, slot + parts), short_name, attributes,
               first_cluster, size_bytes);
    return write_slots(directory, slot, parts + 1, error);
}

gboolean fat_directory_update(FatDirectory *directory, const FatEntry *entry,
                              uint32_t first_cluster, uint32_t size_bytes, GError **error)
{
    uint8_t *bytes = slot_bytes(directory, entry->slot);
    set_content(directory->volume, bytes, first_cluster, size_bytes);
    bytes[11] |= FAT_ATTRIBUTE_ARCHIVE;
    return write_slots(directory, entry->slot, 1, error);
}

gboolean fat_directory_remove(FatDirectory *directory, const FatEntry *entry, GError **error)
{
    for (guint slot = entry->first_slot; slot <= entry->slot; slot++)
        slot_bytes(directory, slot)[0] = SLOT_FREE;
    return write_slots(directory, entry->first_slot, entry->slot - entry->first_slot + 1, error);
}

void fat_directory_make_dots(const FatVolume *volume, uint8_t *bytes, uint32_t own_cluster,
                             uint32_t parent_cluster)
{
    static const uint8_t dot[] = ".          ", dot_dot[] = "..         ";
    make_entry(volume, bytes, dot, FAT_ATTRIBUTE_DIRECTORY, own_cluster, 0);
    /* The root directory is cluster 0 here even where it has another number. */
    make_entry(volume, bytes + FAT_SLOT_BYTES, dot_dot, FAT_ATTRIBUTE_DIRECTORY,
               parent_cluster == volume->root_cluster ? 0 : parent_cluster, 0);
}
