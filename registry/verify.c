/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict walk over everything reachable in a hive: header, bins, keys and values. One pass over
   the cells, one over the tree; two bits of memory for each eight bytes of the hive. */
#include "registry/verify_private.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

static gboolean bit_get(const uint64_t *words, uint32_t offset)
{
    return (words[offset / 512] >> (offset / 8 % 64) & 1) != 0;
}

static void bit_set(uint64_t *words, uint32_t offset)
{
    words[offset / 512] |= UINT64_C(1) << (offset / 8 % 64);
}

static const uint8_t *node_payload(const Verify *verify, HiveKey key)
{
    return verify->bins + key + HIVE_CELL_HEADER_SIZE;
}

static HiveName node_name(const uint8_t *node)
{
    return (HiveName){
        .bytes = node + NK_NAME,
        .length = get_le16(node + NK_NAME_LENGTH),
        .is_latin1 = (get_le16(node + NK_FLAGS) & NK_FLAG_LATIN1_NAME) != 0,
    };
}

/* The path of a key that was verified, so that its parents are keys too. */
static char *key_path(const Verify *verify, HiveKey key)
{
    g_autofree char *path = g_strdup("");
    for (int depth = 0; depth < HIVE_LIMIT_DEPTH && key != verify->header.root; depth++) {
        const uint8_t *node = node_payload(verify, key);
        HiveName stored = node_name(node);
        g_autofree char *name = hive_name_to_utf8(&stored, NULL);
        char *longer = g_strconcat(name, *path == '\0' ? "" : "\\", path, NULL);
        g_free(path);
        path = longer;
        key = get_le32(node + NK_PARENT);
    }
    return g_steal_pointer(&path);
}

gboolean verify_fail(const Verify *verify, HiveKey key, uint32_t offset, const char *what,
                     GError **error)
{
    if (key == HIVE_NO_CELL) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the registry hive '%s' is damaged: %s (at 0x%x)", verify->name, what,
                          offset);
    } else {
        g_autofree char *path = key_path(verify, key);
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the registry hive '%s' is damaged: key '%s': %s (at 0x%x)", verify->name,
                          path, what, offset);
    }
    return FALSE;
}

gboolean verify_cell(Verify *verify, HiveKey key, uint32_t offset, size_t minimum,
                     const char *signature, gboolean is_shared, VerifyCell *ret_cell,
                     GError **error)
{
    if (offset >= verify->bins_size || offset % 8 != 0 || !bit_get(verify->allocated, offset)) {
        return verify_fail(verify, key, offset, "no allocated cell starts there", error);
    }
    if (bit_get(verify->reached, offset) && !is_shared) {
        return verify_fail(verify, key, offset, "the cell is used twice", error);
    }
    bit_set(verify->reached, offset);
    ret_cell->bytes = verify->bins + offset + HIVE_CELL_HEADER_SIZE;
    ret_cell->length = 0 - get_le32(verify->bins + offset) - HIVE_CELL_HEADER_SIZE;
    if (ret_cell->length < minimum) {
        return verify_fail(verify, key, offset, "the cell is too short", error);
    }
    if (signature != NULL && memcmp(ret_cell->bytes, signature, 2) != 0) {
        g_autofree char *what = g_strdup_printf("the cell is no '%s'", signature);
        return verify_fail(verify, key, offset, what, error);
    }
    return TRUE;
}

static gboolean verify_base(Verify *verify, const uint8_t *bytes, size_t length, GError **error)
{
    const char *wrong = NULL;
    HiveHeader *header = &verify->header;

    if (length < HIVE_BASE_SIZE + HIVE_BIN_UNIT) {
        return verify_fail(verify, HIVE_NO_CELL, 0, "the file is too short", error);
    }
    hive_header_decode(bytes, header);
    if (!header->has_magic) {
        wrong = "this is no hive";
    } else if (!header->has_checksum) {
        wrong = "the header's checksum is wrong";
    } else if (header->primary != header->secondary) {
        wrong = "the header's sequence numbers differ";
    } else if (header->major != 1 || header->minor > HIVE_MINOR_MAX || header->format != 1 ||
               header->type != HIVE_FILE_PRIMARY) {
        wrong = "the header's version, type or format is wrong";
    } else if (header->bins_size == 0 || header->bins_size % HIVE_BIN_UNIT != 0 ||
               header->bins_size > HIVE_LIMIT_BINS_BYTES ||
               header->bins_size > length - HIVE_BASE_SIZE) {
        wrong = "the header's size of the bins is wrong";
    }
    if (wrong != NULL) {
        return verify_fail(verify, HIVE_NO_CELL, 0, wrong, error);
    }
    verify->bins = bytes + HIVE_BASE_SIZE;
    verify->bins_size = header->bins_size;
    return TRUE;
}

static gboolean verify_bin(Verify *verify, uint32_t bin, uint32_t *ret_end, GError **error)
{
    const uint8_t *header = verify->bins + bin;
    uint32_t size = get_le32(header + HIVE_BIN_SIZE);
    if (memcmp(header, "hbin", 4) != 0 || get_le32(header + HIVE_BIN_OFFSET) != bin) {
        return verify_fail(verify, HIVE_NO_CELL, bin, "no bin starts there", error);
    }
    if (size == 0 || size % HIVE_BIN_UNIT != 0 || size > verify->bins_size - bin) {
        return verify_fail(verify, HIVE_NO_CELL, bin, "the bin's size is wrong", error);
    }
    uint32_t end = bin + size;
    uint32_t offset = bin + HIVE_BIN_HEADER_SIZE;
    while (offset < end) {
        uint32_t cell_size = get_le32(verify->bins + offset);
        gboolean is_allocated = (cell_size & 0x80000000u) != 0;
        if (is_allocated) {
            cell_size = 0 - cell_size;
        }
        if (cell_size < 8 || cell_size % 8 != 0 || cell_size > end - offset) {
            return verify_fail(verify, HIVE_NO_CELL, offset, "the cell's size is wrong", error);
        }
        if (is_allocated) {
            bit_set(verify->allocated, offset);
        }
        offset += cell_size;
    }
    *ret_end = end;
    return TRUE;
}

static gboolean verify_big_data(Verify *verify, HiveKey key, const VerifyCell *db, uint32_t length,
                                uint32_t offset, GError **error)
{
    VerifyCell list;
    uint32_t count = get_le16(db->bytes + DB_SEGMENT_COUNT);
    if (count != (length + DB_SEGMENT_BYTES - 1) / DB_SEGMENT_BYTES) {
        return verify_fail(verify, key, offset, "the number of segments is wrong", error);
    }
    if (!verify_cell(verify, key, get_le32(db->bytes + DB_SEGMENT_LIST), (size_t)count * 4, NULL,
                     FALSE, &list, error)) {
        return FALSE;
    }
    for (uint32_t i = 0; i < count; i++) {
        VerifyCell segment;
        uint32_t size = MIN(length - i * DB_SEGMENT_BYTES, DB_SEGMENT_BYTES);
        if (!verify_cell(verify, key, get_le32(list.bytes + 4 * (size_t)i), size, NULL, FALSE,
                         &segment, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean verify_value(Verify *verify, HiveKey key, uint32_t offset, GError **error)
{
    VerifyCell cell, data;
    if (!verify_cell(verify, key, offset, VK_NAME, "vk", FALSE, &cell, error)) {
        return FALSE;
    }
    if (!range_is_within(VK_NAME, get_le16(cell.bytes + VK_NAME_LENGTH), cell.length)) {
        return verify_fail(verify, key, offset, "a value's name is longer than its cell", error);
    }
    uint32_t length = get_le32(cell.bytes + VK_DATA_LENGTH);
    gboolean is_inline = (length & VK_DATA_IS_INLINE) != 0;
    length &= ~VK_DATA_IS_INLINE;
    verify->statistics.values++;
    verify->statistics.data_bytes += length;
    if (is_inline && length > VK_INLINE_MAX) {
        return verify_fail(verify, key, offset, "a value's length is wrong", error);
    }
    if (is_inline || length == 0) {
        return TRUE;
    }
    uint32_t data_offset = get_le32(cell.bytes + VK_DATA);
    if (length <= DB_SEGMENT_BYTES || verify->header.minor < DB_MINOR_MIN) {
        return verify_cell(verify, key, data_offset, length, NULL, FALSE, &data, error);
    }
    return verify_cell(verify, key, data_offset, DB_SIZE, "db", FALSE, &data, error) &&
           verify_big_data(verify, key, &data, length, data_offset, error);
}

static gboolean verify_values(Verify *verify, HiveKey key, const uint8_t *node, GError **error)
{
    VerifyCell list;
    uint32_t count = get_le32(node + NK_VALUE_COUNT);
    if (count == 0) {
        return TRUE;
    }
    if (!verify_cell(verify, key, get_le32(node + NK_VALUE_LIST), (size_t)count * 4, NULL, FALSE,
                     &list, error)) {
        return FALSE;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!verify_value(verify, key, get_le32(list.bytes + 4 * (size_t)i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean verify_security(Verify *verify, HiveKey key, uint32_t offset, GError **error)
{
    VerifyCell cell;
    if (offset == HIVE_NO_CELL) {
        return TRUE;
    }
    if (!verify_cell(verify, key, offset, SK_DESCRIPTOR, "sk", TRUE, &cell, error)) {
        return FALSE;
    }
    if (!range_is_within(SK_DESCRIPTOR, get_le32(cell.bytes + SK_LENGTH), cell.length)) {
        return verify_fail(verify, key, offset, "a security descriptor is longer than its cell",
                           error);
    }
    static const size_t links[] = {SK_NEXT, SK_PREVIOUS};
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
        VerifyCell other;
        if (!verify_cell(verify, key, get_le32(cell.bytes + links[i]), SK_DESCRIPTOR, "sk", TRUE,
                         &other, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean verify_class(Verify *verify, HiveKey key, const uint8_t *node, GError **error)
{
    VerifyCell cell;
    size_t length = get_le16(node + NK_CLASS_LENGTH);
    return length == 0 ||
           verify_cell(verify, key, get_le32(node + NK_CLASS), length, NULL, FALSE, &cell, error);
}

gboolean verify_key(Verify *verify, HiveKey key, HiveKey parent, uint32_t depth, HiveName *ret_name,
                    GError **error)
{
    VerifyCell cell;
    if (!verify_cell(verify, parent, key, NK_NAME, "nk", FALSE, &cell, error)) {
        return FALSE;
    }
    const uint8_t *node = cell.bytes;
    HiveName name = node_name(node);
    if (!range_is_within(NK_NAME, name.length, cell.length) || name.length == 0 ||
        name.length > HIVE_LIMIT_KEY_NAME_BYTES || (!name.is_latin1 && name.length % 2 != 0)) {
        return verify_fail(verify, parent, key, "a subkey's name has a wrong length", error);
    }
    if (parent != HIVE_NO_CELL && get_le32(node + NK_PARENT) != parent) {
        return verify_fail(verify, parent, key, "a subkey names another key as its parent", error);
    }
    verify->statistics.keys++;
    if (!verify_values(verify, key, node, error) || !verify_class(verify, key, node, error) ||
        !verify_security(verify, key, get_le32(node + NK_SECURITY), error)) {
        return FALSE;
    }
    if (get_le32(node + NK_SUBKEY_COUNT) > 0) {
        VerifyKey entry = {.key = key, .depth = depth};
        if (depth >= HIVE_LIMIT_DEPTH) {
            return verify_fail(verify, key, key, "keys are nested too deeply", error);
        }
        g_array_append_val(verify->pending, entry);
    }
    if (ret_name != NULL) {
        *ret_name = name;
    }
    return TRUE;
}

static gboolean verify_tree(Verify *verify, GError **error)
{
    if (!verify_key(verify, verify->header.root, HIVE_NO_CELL, 0, NULL, error)) {
        return FALSE;
    }
    while (verify->pending->len > 0) {
        VerifyKey next = g_array_index(verify->pending, VerifyKey, verify->pending->len - 1);
        g_array_set_size(verify->pending, verify->pending->len - 1);
        if (!verify_subkeys(verify, next.key, next.depth, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean verify_bins(Verify *verify, GError **error)
{
    uint32_t bin = 0;
    while (bin < verify->bins_size) {
        if (!verify_bin(verify, bin, &bin, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hive_verify(GBytes *hive, const char *name, HiveStatistics *ret_statistics, GError **error)
{
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(hive, &length);
    Verify verify = {.name = name};
    if (!verify_base(&verify, bytes, length, error)) {
        return FALSE;
    }
    size_t words = verify.bins_size / 512;
    g_autofree uint64_t *allocated = g_new0(uint64_t, words);
    g_autofree uint64_t *reached = g_new0(uint64_t, words);
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(VerifyKey));
    verify.allocated = allocated;
    verify.reached = reached;
    verify.pending = pending;
    if (!verify_bins(&verify, error) || !verify_tree(&verify, error)) {
        return FALSE;
    }
    if (ret_statistics != NULL) {
        *ret_statistics = verify.statistics;
    }
    return TRUE;
}
