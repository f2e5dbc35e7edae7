/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The container of Hyper-V's binary files. */
#include "convert/config/vmcx_store.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_config.h"

#define HEADER_SIGNATURE UINT32_C(0x01282014)
#define LOG_SIGNATURE UINT32_C(0x01110003)
#define OBJECT_TABLE_SIGNATURE UINT32_C(0x01110001)
#define KEY_TABLE_SIGNATURE 2

enum {
    HEADER_BYTES = 46,
    SECOND_HEADER_OFFSET = 0x1000,
    OBJECT_TABLE_OFFSET = 0x2000,
    LOG_HEADER_BYTES = 34,
    LOG_ENTRY_BYTES = 28,
    OBJECT_TABLE_HEADER_BYTES = 8,
    OBJECT_BYTES = 18,

    OBJECT_TABLES_LIMIT = 64,
    OBJECTS_LIMIT = 8192,
    VERSION_MAJOR_MIN = 3,
    VERSION_MAJOR_MAX = 4,
    VERSION_WITH_OBJECT_CHECKSUMS = 0x0301, /* 3.0 summed something else */
};

enum {
    OBJECT_OBJECT_TABLE = 1,
    OBJECT_KEY_TABLE = 2,
    OBJECT_FILE = 3,
};

typedef struct {
    uint16_t sequence;
    uint32_t version;
    uint64_t log_offset, log_bytes;
    uint32_t log_header_bytes;
} Header;

#define HINT_EXPORT                                                                                \
    "export the machine again, or give its disks with --cpus, --memory and --firmware"

static gboolean corrupt(GError **error, const char *text)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, HINT_EXPORT, "%s", text);
    return FALSE;
}

uint32_t vmcx_checksum(const uint8_t *bytes, size_t length, size_t zeroed_field)
{
    static const uint32_t remainders[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < length; i++) {
        crc ^= i >= zeroed_field && i - zeroed_field < 4 ? 0 : bytes[i];
        crc = (crc >> 4) ^ remainders[crc & 15];
        crc = (crc >> 4) ^ remainders[crc & 15];
    }
    return ~crc;
}

static gboolean checksum_is_right(const uint8_t *bytes, size_t length, size_t field)
{
    return vmcx_checksum(bytes, length, field) == get_le32(bytes + field);
}

gboolean vmcx_store_is(const uint8_t *head, size_t length)
{
    return length >= HEADER_BYTES && get_le32(head) == HEADER_SIGNATURE;
}

static gboolean decode_header(const VmcxStore *store, size_t offset, Header *header)
{
    if (!range_is_within(offset, HEADER_BYTES, store->size_bytes))
        return FALSE;
    const uint8_t *bytes = store->bytes + offset;
    if (get_le32(bytes) != HEADER_SIGNATURE || !checksum_is_right(bytes, HEADER_BYTES, 4))
        return FALSE;
    header->sequence = get_le16(bytes + 8);
    header->version = get_le32(bytes + 10);
    header->log_offset = get_le64(bytes + 26);
    header->log_bytes = get_le64(bytes + 34);
    header->log_header_bytes = get_le32(bytes + 42);
    return TRUE;
}

static gboolean read_headers(VmcxStore *store, Header *header, GError **error)
{
    Header first, second;
    gboolean has_first = decode_header(store, 0, &first);
    gboolean has_second = decode_header(store, SECOND_HEADER_OFFSET, &second);
    if (!has_first && !has_second)
        return corrupt(error, "both of its headers are damaged");
    /* The sequence starts again at 0 after 65535. */
    gboolean is_second =
        has_second && (!has_first || (int16_t)(uint16_t)(second.sequence - first.sequence) > 0);
    *header = is_second ? second : first;
    store->version = header->version;
    guint major = header->version >> 8, minor = header->version & 0xff;
    if (major < VERSION_MAJOR_MIN || major > VERSION_MAJOR_MAX) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, HINT_EXPORT,
                          "its format version is %u.%u; %d.0 to %d.0 are known", major, minor,
                          VERSION_MAJOR_MIN, VERSION_MAJOR_MAX);
        return FALSE;
    }
    return TRUE;
}

static gboolean log_is_damaged(GError **error, uint32_t i)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "start the machine in Hyper-V and shut it down, then export it again",
                      "it was not closed cleanly, and entry %u of its replay log is damaged", i);
    return FALSE;
}

/* All of the log is checked before the first byte is changed: half a change is worse than none. */
static gboolean check_log_entries(const VmcxStore *store, const Header *header, uint32_t count,
                                  GError **error)
{
    const uint8_t *log = store->bytes + header->log_offset;
    uint64_t data_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = log + LOG_HEADER_BYTES + (size_t)i * LOG_ENTRY_BYTES;
        uint32_t length = get_le32(entry + 8);
        uint64_t data = get_le64(entry + 12);
        data_bytes += length; /* as many as an int can count, of 32 bits each */
        if (!checksum_is_right(entry, LOG_ENTRY_BYTES, 20) ||
            !range_is_within(get_le64(entry), length, store->size_bytes) ||
            !range_is_within(data, length, header->log_bytes) || data_bytes > header->log_bytes ||
            vmcx_checksum(log + data, length, length) != get_le32(entry + 24))
            return log_is_damaged(error, i);
    }
    return TRUE;
}

static gboolean replay_log(VmcxStore *store, const Header *header, GBytes *content, GError **error)
{
    if (!range_is_within(header->log_offset, header->log_bytes, store->size_bytes) ||
        header->log_bytes < LOG_HEADER_BYTES)
        return corrupt(error, "it is cut short: its replay log lies beyond the end");
    const uint8_t *log = (const uint8_t *)g_bytes_get_data(content, NULL) + header->log_offset;
    if (get_le32(log) != LOG_SIGNATURE || !checksum_is_right(log, LOG_HEADER_BYTES, 4))
        return corrupt(error, "its replay log is damaged");
    uint32_t count = get_le32(log + 8);
    uint64_t room = MIN(header->log_header_bytes, header->log_bytes);
    if (count > room / LOG_ENTRY_BYTES ||
        LOG_HEADER_BYTES + (uint64_t)count * LOG_ENTRY_BYTES > room)
        return corrupt(error, "its replay log has more entries than room for them");
    if (!check_log_entries(store, header, count, error))
        return FALSE;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = log + LOG_HEADER_BYTES + (size_t)i * LOG_ENTRY_BYTES;
        memcpy(store->bytes + get_le64(entry), log + get_le64(entry + 12), get_le32(entry + 8));
    }
    return TRUE;
}

/* What grows while the objects are read. */
typedef struct {
    VmcxStore *store;
    GHashTable *table_positions; /* index of a key table → its position in key_tables */
    GArray *object_tables;       /* of VmcxObject: found so far */
    guint objects;
    uint64_t key_table_bytes;
} ObjectReader;

static gboolean add_key_table(ObjectReader *reader, VmcxObject object, GError **error)
{
    VmcxStore *store = reader->store;
    const uint8_t *bytes = store->bytes + object.offset;
    reader->key_table_bytes += object.size_bytes;
    if (object.size_bytes < VMCX_KEY_TABLE_HEADER_BYTES || get_le16(bytes) != KEY_TABLE_SIGNATURE ||
        !checksum_is_right(bytes, VMCX_KEY_TABLE_HEADER_BYTES, 6))
        return corrupt(error, "one of its key tables is damaged");
    if (reader->key_table_bytes > store->size_bytes)
        return corrupt(error, "its key tables overlap");

    VmcxKeyTable table = {object, get_le16(bytes + 2), get_le16(bytes + 4)};
    gpointer position;
    if (table.index == 0) /* stands for the root */
        return corrupt(error, "one of its key tables has the number 0");
    if (!g_hash_table_lookup_extended(reader->table_positions, GUINT_TO_POINTER(table.index), NULL,
                                      &position)) {
        g_hash_table_insert(reader->table_positions, GUINT_TO_POINTER(table.index),
                            GUINT_TO_POINTER(store->key_tables->len));
        g_array_append_val(store->key_tables, table);
        return TRUE;
    }
    VmcxKeyTable *other =
        &g_array_index(store->key_tables, VmcxKeyTable, GPOINTER_TO_UINT(position));
    if ((int16_t)(uint16_t)(table.sequence - other->sequence) > 0)
        *other = table;
    return TRUE;
}

static gboolean add_object_table(ObjectReader *reader, VmcxObject object, GError **error)
{
    for (guint i = 0; i < reader->object_tables->len; i++)
        if (g_array_index(reader->object_tables, VmcxObject, i).offset == object.offset)
            return corrupt(error, "its object tables lead in a circle");
    if (reader->object_tables->len == OBJECT_TABLES_LIMIT)
        return corrupt(error, "it has more object tables than any machine needs");
    g_array_append_val(reader->object_tables, object);
    return TRUE;
}

static gboolean read_object(ObjectReader *reader, const uint8_t *entry, GError **error)
{
    VmcxStore *store = reader->store;
    uint8_t type = entry[0];
    VmcxObject object = {get_le64(entry + 5), get_le32(entry + 13)};
    /* Empty entries have their checksum, too. */
    if (store->version >= VERSION_WITH_OBJECT_CHECKSUMS &&
        !checksum_is_right(entry, OBJECT_BYTES, 1))
        return corrupt(error, "its object table is damaged");
    if (type != OBJECT_OBJECT_TABLE && type != OBJECT_KEY_TABLE && type != OBJECT_FILE)
        return TRUE; /* empty, free, or of no interest */
    if (!range_is_within(object.offset, object.size_bytes, store->size_bytes))
        return corrupt(error, "it is cut short: one of its objects lies beyond the end");
    if (type == OBJECT_OBJECT_TABLE)
        return add_object_table(reader, object, error);
    if (type == OBJECT_KEY_TABLE)
        return add_key_table(reader, object, error);
    g_array_append_val(store->file_objects, object);
    return TRUE;
}

static gboolean read_object_table(ObjectReader *reader, VmcxObject table, GError **error)
{
    const uint8_t *bytes = reader->store->bytes + table.offset;
    if (table.size_bytes < OBJECT_TABLE_HEADER_BYTES || get_le32(bytes) != OBJECT_TABLE_SIGNATURE)
        return corrupt(error, "its object table is damaged");
    uint32_t count = get_le32(bytes + 4);
    if (count > (table.size_bytes - OBJECT_TABLE_HEADER_BYTES) / OBJECT_BYTES)
        return corrupt(error, "its object table has more entries than room for them");
    reader->objects += count;
    if (count > OBJECTS_LIMIT || reader->objects > OBJECTS_LIMIT)
        return corrupt(error, "it has more objects than any machine needs");
    for (uint32_t i = 0; i < count; i++)
        if (!read_object(reader, bytes + OBJECT_TABLE_HEADER_BYTES + (size_t)i * OBJECT_BYTES,
                         error))
            return FALSE;
    return TRUE;
}

static gboolean read_objects(VmcxStore *store, GError **error)
{
    if (store->size_bytes <= OBJECT_TABLE_OFFSET)
        return corrupt(error, "it is cut short: its object table is missing");
    g_autoptr(GHashTable) positions = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GArray) object_tables = g_array_new(FALSE, FALSE, sizeof(VmcxObject));
    ObjectReader reader = {store, positions, object_tables, 0, 0};
    /* Nothing says how large the first one is. */
    VmcxObject first = {OBJECT_TABLE_OFFSET,
                        (uint32_t)MIN(store->size_bytes - OBJECT_TABLE_OFFSET, UINT32_MAX)};
    g_array_append_val(object_tables, first);
    for (guint i = 0; i < object_tables->len; i++)
        if (!read_object_table(&reader, g_array_index(object_tables, VmcxObject, i), error))
            return FALSE;
    return TRUE;
}

VmcxStore *vmcx_store_open(GBytes *content, GError **error)
{
    g_autoptr(VmcxStore) store = g_new0(VmcxStore, 1);
    store->key_tables = g_array_new(FALSE, FALSE, sizeof(VmcxKeyTable));
    store->file_objects = g_array_new(FALSE, FALSE, sizeof(VmcxObject));
    const uint8_t *bytes = g_bytes_get_data(content, &store->size_bytes);
    if (store->size_bytes > SOURCE_CONFIG_LIMIT_BYTES) {
        drydock_error_set(
            error, DRYDOCK_ERROR_UNSUPPORTED, "give the .vmcx file, not the .vmrs file beside it",
            "it is %zu bytes long, more than any configuration is", store->size_bytes);
        return NULL;
    }
    store->bytes = g_try_malloc0(MAX(store->size_bytes, 1));
    if (!store->bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "no memory for its %zu bytes",
                          store->size_bytes);
        return NULL;
    }
    if (store->size_bytes > 0)
        memcpy(store->bytes, bytes, store->size_bytes);

    Header header;
    if (!read_headers(store, &header, error) || !replay_log(store, &header, content, error) ||
        !read_objects(store, error))
        return NULL;
    return g_steal_pointer(&store);
}

void vmcx_store_free(VmcxStore *store)
{
    if (!store)
        return;
    g_free(store->bytes);
    g_array_unref(store->key_tables);
    g_array_unref(store->file_objects);
    g_free(store);
}
