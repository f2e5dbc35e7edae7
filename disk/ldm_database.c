/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the database of a dynamic disk and puts its records together. */
#include "disk/ldm_database.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/ldm_record.h"

#define SECTOR_BYTES ((uint64_t)512)
#define MBR_TYPE_LDM 0x42
#define GPT_TYPE_LDM_METADATA "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3"
#define GPT_TYPE_LDM_DATA "af9b60a0-1431-4f62-bc68-3311714a69ad"

/* Where the first private header is on a disk with an MBR. The others are in the database, which is
   the last MiB of most disks. */
#define HEADER_SECTOR 6
#define DATABASE_SECTORS 2048
#define SECOND_HEADER_SECTOR 1856
#define THIRD_HEADER_SECTOR 2047

/* Windows makes 1 MiB. */
#define DATABASE_LIMIT_BYTES ((uint64_t)16 << 20)
#define RECORD_HEADER_BYTES 16
#define RECORD_LIMIT_BYTES 4096
#define PIECES_LIMIT 64
#define GUID_TEXT_BYTES 64
#define GROUP_NAME_BYTES 32

typedef struct {
    uint64_t data_start, data_length, start, length; /* sectors */
    char *disk_guid, *group_guid, *group_name;
} Header;

static void header_clear(Header *header)
{
    g_free(header->disk_guid);
    g_free(header->group_guid);
    g_free(header->group_name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Header, header_clear)

gboolean ldm_is_member(const Partition *partition)
{
    return partition->mbr_type == MBR_TYPE_LDM ||
           g_strcmp0(partition->type_guid, GPT_TYPE_LDM_DATA) == 0;
}

static void disk_record_free(gpointer data)
{
    LdmDisk *disk = data;
    g_free(disk->name);
    g_free(disk->guid);
    g_free(disk);
}

static void volume_free(gpointer data)
{
    LdmVolume *volume = data;
    g_free(volume->name);
    g_free(volume->type);
    g_free(volume->guid);
    g_free(volume);
}

void ldm_database_free(LdmDatabase *database)
{
    if (!database)
        return;
    g_free(database->disk_guid);
    g_free(database->group_guid);
    g_free(database->group_name);
    g_ptr_array_unref(database->disks);
    g_ptr_array_unref(database->volumes);
    g_ptr_array_unref(database->components);
    g_ptr_array_unref(database->extents);
    g_free(database);
}

static LdmDatabase *database_new(const Header *header)
{
    LdmDatabase *database = g_new0(LdmDatabase, 1);
    database->disk_guid = g_strdup(header->disk_guid);
    database->group_guid = g_strdup(header->group_guid);
    database->group_name = g_strdup(header->group_name);
    database->data_start_bytes = header->data_start * SECTOR_BYTES;
    database->data_length_bytes = header->data_length * SECTOR_BYTES;
    database->disks = g_ptr_array_new_with_free_func(disk_record_free);
    database->volumes = g_ptr_array_new_with_free_func(volume_free);
    database->components = g_ptr_array_new_with_free_func(g_free);
    database->extents = g_ptr_array_new_with_free_func(g_free);
    return database;
}

static char *copy_text(const uint8_t *bytes, size_t limit)
{
    g_autofree char *text = g_strndup((const char *)bytes, limit);
    return g_utf8_make_valid(text, -1);
}

static char *copy_guid(const uint8_t *bytes)
{
    g_autofree char *text = copy_text(bytes, GUID_TEXT_BYTES);
    return g_ascii_strdown(text, -1);
}

/* FALSE: it is none, or describes what is not on a disk of that size. */
static gboolean decode_header(const uint8_t *sector, uint64_t disk_sectors, Header *ret_header)
{
    if (memcmp(sector, "PRIVHEAD", 8) != 0 || get_be16(sector + 12) != 2)
        return FALSE;
    Header header = {
        .data_start = get_be64(sector + 0x11b),
        .data_length = get_be64(sector + 0x123),
        .start = get_be64(sector + 0x12b),
        .length = get_be64(sector + 0x133),
    };
    if (!range_is_within(header.data_start, header.data_length, disk_sectors) ||
        !range_is_within(header.start, header.length, disk_sectors) ||
        header.length > DATABASE_LIMIT_BYTES / SECTOR_BYTES || header.length < THIRD_HEADER_SECTOR)
        return FALSE;
    header.disk_guid = copy_guid(sector + 0x30);
    header.group_guid = copy_guid(sector + 0xb0);
    header.group_name = copy_text(sector + 0xf0, GROUP_NAME_BYTES);
    *ret_header = header;
    return TRUE;
}

/* Sectors that may hold a private header, the best first; G_MAXUINT64: none. */
static void list_header_places(Disk *disk, const PartitionTable *table, uint64_t places[3])
{
    uint64_t sectors = disk_size(disk) / SECTOR_BYTES;
    uint64_t database = sectors >= DATABASE_SECTORS ? sectors - DATABASE_SECTORS : sectors;
    places[0] = HEADER_SECTOR;
    places[1] = database + SECOND_HEADER_SECTOR;
    places[2] = database + THIRD_HEADER_SECTOR;
    for (guint i = 0; i < table->partitions->len; i++) {
        const Partition *partition = g_ptr_array_index(table->partitions, i);
        if (g_strcmp0(partition->type_guid, GPT_TYPE_LDM_METADATA) != 0)
            continue;
        places[0] = (partition->start_bytes + partition->length_bytes) / SECTOR_BYTES - 1;
        places[1] = places[2] = G_MAXUINT64;
    }
}

static gboolean read_header(Disk *disk, const PartitionTable *table, Header *header, GError **error)
{
    uint64_t places[3];
    uint64_t sectors = disk_size(disk) / SECTOR_BYTES;
    list_header_places(disk, table, places);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        uint8_t sector[SECTOR_BYTES];
        if (places[i] >= sectors)
            continue;
        if (!disk_read(disk, places[i] * SECTOR_BYTES, sector, sizeof(sector), error))
            return FALSE;
        if (decode_header(sector, sectors, header))
            return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "%s has no private header of the logical disk manager", disk_name(disk));
    return FALSE;
}

/* The records are in the area that the newest table of contents calls "config". FALSE: no table is
   whole. */
static gboolean find_records(const uint8_t *bytes, uint64_t length, uint64_t *ret_start,
                             uint64_t *ret_length)
{
    static const uint64_t places[] = {1, 2, 2045, 2046}; /* sectors */
    static const uint64_t areas[] = {0x24, 0x46};
    uint64_t newest = 0;
    gboolean found = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        if (!range_is_within(places[i] * SECTOR_BYTES, SECTOR_BYTES, length))
            continue;
        const uint8_t *table = bytes + places[i] * SECTOR_BYTES;
        uint64_t sequence = get_be32(table + 8);
        if (memcmp(table, "TOCBLOCK", 8) != 0 || (found && sequence <= newest))
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(areas); j++) {
            uint64_t start, size;
            if (strncmp((const char *)table + areas[j], "config", 8) != 0 ||
                !g_uint64_checked_mul(&start, get_be64(table + areas[j] + 10), SECTOR_BYTES) ||
                !g_uint64_checked_mul(&size, get_be64(table + areas[j] + 18), SECTOR_BYTES) ||
                !range_is_within(start, size, length) || size < SECTOR_BYTES ||
                memcmp(bytes + start, "VMDB", 4) != 0)
                continue;
            *ret_start = start;
            *ret_length = size;
            newest = sequence;
            found = TRUE;
        }
    }
    return found;
}

/* Records that did not fit into one piece. */
typedef struct {
    guint count, found;
    GByteArray *bytes;
} Pieces;

static void pieces_free(gpointer data)
{
    Pieces *pieces = data;
    g_byte_array_unref(pieces->bytes);
    g_free(pieces);
}

static gboolean fail_damaged(GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the database of its dynamic disks contradicts itself");
    return FALSE;
}

/* One piece; what it completes is parsed. waiting: of Pieces, by record. */
static gboolean add_piece(GHashTable *waiting, const uint8_t *piece, uint32_t size,
                          LdmDatabase *database, GError **error)
{
    guint record = get_be32(piece + 8), number = get_be16(piece + 12), count = get_be16(piece + 14);
    size_t part = size - RECORD_HEADER_BYTES;
    if (count == 0) /* unused */
        return TRUE;
    if (number >= count || count > PIECES_LIMIT)
        return fail_damaged(error);
    if (count == 1)
        return ldm_record_parse(piece + RECORD_HEADER_BYTES, part, database, error);
    Pieces *pieces = g_hash_table_lookup(waiting, GUINT_TO_POINTER(record));
    if (!pieces) {
        pieces = g_new0(Pieces, 1);
        pieces->count = count;
        pieces->bytes = g_byte_array_new();
        g_byte_array_set_size(pieces->bytes, (guint)(part * count));
        memset(pieces->bytes->data, 0, pieces->bytes->len);
        g_hash_table_insert(waiting, GUINT_TO_POINTER(record), pieces);
    }
    if (pieces->count != count || pieces->found == count)
        return fail_damaged(error);
    memcpy(pieces->bytes->data + part * number, piece + RECORD_HEADER_BYTES, part);
    return ++pieces->found < count ||
           ldm_record_parse(pieces->bytes->data, pieces->bytes->len, database, error);
}

/* area: the records with the header (VMDB) before them. */
static gboolean read_records(const uint8_t *area, uint64_t length, LdmDatabase *database,
                             GError **error)
{
    uint32_t size = get_be32(area + 8), first = get_be32(area + 12);
    database->sequence = get_be64(area + 0x75);
    if (size <= RECORD_HEADER_BYTES || size > RECORD_LIMIT_BYTES || first < SECTOR_BYTES)
        return fail_damaged(error);
    g_autoptr(GHashTable) waiting = g_hash_table_new_full(NULL, NULL, NULL, pieces_free);
    for (uint64_t at = first; range_is_within(at, size, length); at += size) {
        if (memcmp(area + at, "VBLK", 4) != 0)
            break;
        if (!add_piece(waiting, area + at, size, database, error))
            return FALSE;
    }
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, waiting);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        if (((const Pieces *)value)->found < ((const Pieces *)value)->count)
            return fail_damaged(error);
    /* What it says of itself, of volumes, components, extents and disks. */
    return (get_be32(area + 0x85) == database->volumes->len &&
            get_be32(area + 0x89) == database->components->len &&
            get_be32(area + 0x8d) == database->extents->len &&
            get_be32(area + 0x91) == database->disks->len) ||
           fail_damaged(error);
}

LdmDatabase *ldm_database_read(Disk *disk, const PartitionTable *table, GError **error)
{
    g_auto(Header) header = {0};
    if (!read_header(disk, table, &header, error))
        return NULL;
    uint64_t length = header.length * SECTOR_BYTES, start = 0, size = 0;
    g_autofree uint8_t *bytes = g_try_malloc((gsize)length);
    if (!bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "not enough memory");
        return NULL;
    }
    if (!disk_read(disk, header.start * SECTOR_BYTES, bytes, (size_t)length, error))
        return NULL;
    g_autoptr(LdmDatabase) database = database_new(&header);
    if (!find_records(bytes, length, &start, &size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "%s has no table of contents of the logical disk manager",
                          disk_name(disk));
        return NULL;
    }
    return read_records(bytes + start, size, database, error) ? g_steal_pointer(&database) : NULL;
}
