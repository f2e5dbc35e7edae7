/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pieces of the FAT driver: geometry and table, directories, names. Only for fs/fat*.c. Where
   this and the other files name sections, they mean Microsoft's "FAT32 File System Specification"
   1.03. */
#ifndef FS_FAT_VOLUME_H
#define FS_FAT_VOLUME_H

#include "fs/driver.h"

enum {
    FAT_SLOT_BYTES = 32,       /* one directory entry, or a part of a long name */
    FAT_SLOTS_MAX = 65536,     /* of a directory */
    FAT_SHORT_NAME_BYTES = 11, /* 8.3, padded with spaces, without the dot */

    FAT_ATTRIBUTE_LABEL = 0x08,
    FAT_ATTRIBUTE_DIRECTORY = 0x10,
    FAT_ATTRIBUTE_ARCHIVE = 0x20,
};

typedef struct {
    Fs fs;
    guint bits;                      /* 12, 16 or 32 */
    uint32_t cluster_bytes;          /* a power of two */
    uint32_t cluster_count;          /* they are numbered from 2 */
    uint64_t data_start;             /* of cluster 2, in bytes on the volume */
    uint64_t root_start, root_bytes; /* FAT12 and FAT16 */
    uint32_t root_cluster;           /* FAT32; else 0 */

    uint64_t table_start, table_bytes; /* of the first copy, and between copies */
    guint table_first, table_count;    /* the copies that are kept in step */
    uint8_t *table;                    /* table_used bytes, as on the volume */
    size_t table_used;
    uint32_t free_count;
    uint32_t next_free; /* where the search for free clusters begins */

    uint64_t info_start; /* of the FSInfo sector; 0: there is none */
    gboolean info_changed;
    gboolean dirty; /* as it was found */
} FatVolume;

/* fat_volume.c */
gboolean fat_volume_open(Disk *disk, FatVolume **ret_volume,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fat_volume_free(FatVolume *volume);
gboolean fat_volume_sync(FatVolume *volume, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Now, or SOURCE_DATE_EPOCH, as FAT writes it: date in the upper half, time in the lower. UTC: the
   guest's time zone is not known here. */
uint32_t fat_timestamp_now(void);
int64_t fat_timestamp_decode(uint32_t timestamp);

/* fat_table.c */
gboolean fat_cluster_is_valid(const FatVolume *volume, uint32_t cluster);
uint64_t fat_cluster_start(const FatVolume *volume, uint32_t cluster); /* bytes on the volume */
/* What the table says about a valid cluster: 0 free, else the next one or an end mark. */
uint32_t fat_table_get(const FatVolume *volume, uint32_t cluster);
/* The first count clusters of a chain, of uint32_t; a chain that ends before, or leaves the volume,
   is DRYDOCK_ERROR_CORRUPT. count UINT32_MAX: all to the end mark, at most limit (one more is
   corrupt too). first 0: an empty chain. */
gboolean fat_chain_read(const FatVolume *volume, uint32_t first, uint32_t count, uint32_t limit,
                        GArray **ret_clusters, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Chooses count free clusters, in one piece if there is one that large. Nothing is written. */
gboolean fat_choose_free(const FatVolume *volume, uint32_t count, GArray **ret_clusters,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Makes a chain of free clusters, its last one ending it. After an error they are free again as far
   as the volume can still be written. */
gboolean fat_chain_link(FatVolume *volume, const GArray *clusters,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Continues the chain that ends in last with cluster, which is an end of its own. */
gboolean fat_chain_append(FatVolume *volume, uint32_t last, uint32_t cluster,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Frees a chain up to its end mark, or to where it makes no sense any more. */
gboolean fat_chain_free(FatVolume *volume, uint32_t first,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fat_free_extents(const FatVolume *volume, GArray *extents);

/* fat_directory.c: a directory as it is on the volume, in memory. */
typedef struct {
    FatVolume *volume;
    uint32_t first_cluster; /* 0: the fixed root directory of FAT12 and FAT16 */
    GArray *clusters;       /* of uint32_t */
    GByteArray *bytes;
} FatDirectory;

typedef struct {
    guint first_slot, slot; /* of the long name (or slot), of the entry itself */
    char *name;             /* UTF-8; the long name where there is one */
    char *alias;            /* the short name, where name is a long one */
    uint8_t attributes;
    uint32_t first_cluster, size_bytes, modified;
    uint64_t position; /* of the entry, in bytes on the volume */
} FatEntry;

void fat_entry_clear(FatEntry *entry);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FatEntry, fat_entry_clear)

gboolean fat_directory_load(FatVolume *volume, uint32_t first_cluster, FatDirectory **ret_directory,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fat_directory_free(FatDirectory *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FatDirectory, fat_directory_free)

/* The next entry from *slot on, without labels, "." and "..". FALSE at the end. *entry is cleared
   first. */
gboolean fat_directory_next(const FatDirectory *directory, guint *slot, FatEntry *entry);
/* Finds by long or short name, in any case. */
gboolean fat_directory_find(const FatDirectory *directory, const char *name, FatEntry *entry);
/* Adds an entry of a name that is not there yet. */
gboolean fat_directory_add(FatDirectory *directory, const char *name, uint8_t attributes,
                           uint32_t first_cluster, uint32_t size_bytes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* New content of a file that is there. */
gboolean fat_directory_update(FatDirectory *directory, const FatEntry *entry,
                              uint32_t first_cluster, uint32_t size_bytes,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fat_directory_remove(FatDirectory *directory, const FatEntry *entry,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* "." and ".." of a new directory's first cluster, which is else zero. */
void fat_directory_make_dots(const FatVolume *volume, uint8_t *bytes, uint32_t own_cluster,
                             uint32_t parent_cluster);

/* fat_name.c */
enum { FAT_LONG_NAME_UNITS = 255 };
/* FALSE with an error for what Windows would not take as a long name. */
gboolean fat_name_check(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* In any case, character by character as fs_path_fold() has it. */
gboolean fat_names_are_equal(const char *a, const char *b);
/* A long name (length in bytes, up to the first NUL) as one that can stand in a path; NULL: it
   cannot ("", ".", ".."). */
char *fat_name_from_utf16(const uint8_t *bytes, size_t length);
/* case_flags: the byte of NT that stores lower case (12 of the entry). */
char *fat_short_name_decode(const uint8_t *short_name, uint8_t case_flags);
/* TRUE: name is a short name as it stands, and needs no long one. */
gboolean fat_short_name_encode(const char *name, uint8_t *short_name);
/* The attempt-th (from 0) short name for a long one, none of which need be free. */
void fat_short_name_make(const char *name, guint attempt, uint8_t *short_name);
enum { FAT_SHORT_NAME_ATTEMPTS = 65536 };
uint8_t fat_short_name_checksum(const uint8_t *short_name);

#endif
