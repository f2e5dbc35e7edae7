/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a hive, and its cells through a few cached pages. */
#include "registry/hive.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/hive_private.h"

static gboolean hive_decode_base(Hive *hive, GError **error);

static gboolean hive_read(Hive *hive, uint64_t offset, uint8_t *buffer, size_t length,
                          GError **error)
{
    if (!hive->read(hive->data, offset, buffer, length, error)) {
        g_prefix_error(error, "cannot read the registry hive '%s' at %" G_GUINT64_FORMAT ": ",
                       hive->name, offset);
        return FALSE;
    }
    return TRUE;
}

static Hive *hive_new(const char *name, uint64_t size_bytes)
{
    Hive *hive = g_new0(Hive, 1);
    hive->name = g_strdup(name);
    hive->size_bytes = size_bytes;
    return hive;
}

Hive *hive_open(HiveReadFunc read, void *data, uint64_t size_bytes, const char *name,
                GError **error)
{
    g_autoptr(Hive) hive = hive_new(name, size_bytes);
    hive->read = read;
    hive->data = data;
    hive->pages = g_new0(HivePage, HIVE_PAGE_COUNT);
    if (!hive_decode_base(hive, error)) {
        return NULL;
    }
    return g_steal_pointer(&hive);
}

Hive *hive_open_bytes(GBytes *bytes, const char *name, GError **error)
{
    g_autoptr(Hive) hive = hive_new(name, g_bytes_get_size(bytes));
    hive->bytes = g_bytes_ref(bytes);
    hive->memory = g_bytes_get_data(bytes, NULL);
    if (!hive_decode_base(hive, error)) {
        return NULL;
    }
    return g_steal_pointer(&hive);
}

static gboolean hive_decode_base(Hive *hive, GError **error)
{
    uint8_t own[HIVE_HEADER_SIZE];
    const uint8_t *header = hive->memory;
    if (hive->size_bytes < HIVE_BASE_SIZE + HIVE_BIN_HEADER_SIZE) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the registry hive '%s' has only %" G_GUINT64_FORMAT " bytes", hive->name,
                          hive->size_bytes);
        return FALSE;
    }
    if (header == NULL) {
        if (!hive_read(hive, 0, own, sizeof own, error)) {
            return FALSE;
        }
        header = own;
    }
    hive_header_decode(header, &hive->header);
    if (!hive->header.has_magic || hive->header.major != 1) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "'%s' is not a registry hive",
                          hive->name);
        return FALSE;
    }
    hive->is_dirty = !hive->header.has_checksum || hive->header.primary != hive->header.secondary;

    g_auto(HiveNode) root = {0};
    if (!hive_node_read(hive, hive->header.root, &root, error)) {
        g_prefix_error(error, "the registry hive '%s' has no root key: ", hive->name);
        return FALSE;
    }
    return TRUE;
}

void hive_close(Hive *hive)
{
    if (hive == NULL) {
        return;
    }
    g_clear_pointer(&hive->bytes, g_bytes_unref);
    g_free(hive->pages);
    g_free(hive->name);
    g_free(hive);
}

gboolean hive_is_dirty(const Hive *hive)
{
    return hive->is_dirty;
}

const char *hive_name(const Hive *hive)
{
    return hive->name;
}

HiveKey hive_root(const Hive *hive)
{
    return hive->header.root;
}

/* The header's size of the bins is not used: in a dirty hive it may lag behind the file. */
uint64_t hive_bins_end(const Hive *hive)
{
    return hive->size_bytes - HIVE_BASE_SIZE;
}

/* The cached page of that number, read if need be in place of the least recently used one. */
static const HivePage *hive_get_page(Hive *hive, uint64_t number, GError **error)
{
    HivePage *oldest = &hive->pages[0];
    hive->clock++;
    for (size_t i = 0; i < HIVE_PAGE_COUNT; i++) {
        HivePage *page = &hive->pages[i];
        if (page->used != 0 && page->number == number) {
            page->used = hive->clock;
            return page;
        }
        if (page->used < oldest->used) {
            oldest = page;
        }
    }
    uint64_t start = number * HIVE_PAGE_SIZE;
    size_t length = (size_t)MIN(hive->size_bytes - start, HIVE_PAGE_SIZE);
    oldest->used = 0;
    if (!hive_read(hive, start, oldest->bytes, length, error)) {
        return NULL;
    }
    oldest->number = number;
    oldest->used = hive->clock;
    return oldest;
}

/* offset: in the file; the range was checked. Long reads go past the pages. */
static gboolean hive_copy(Hive *hive, uint64_t offset, uint8_t *buffer, size_t length,
                          GError **error)
{
    if (hive->memory != NULL) {
        memcpy(buffer, hive->memory + offset, length);
        return TRUE;
    }
    if (length > HIVE_PAGE_SIZE * HIVE_PAGE_COUNT / 2) {
        return hive_read(hive, offset, buffer, length, error);
    }
    while (length > 0) {
        const HivePage *page = hive_get_page(hive, offset / HIVE_PAGE_SIZE, error);
        if (page == NULL) {
            return FALSE;
        }
        size_t start = offset % HIVE_PAGE_SIZE;
        size_t count = MIN(length, HIVE_PAGE_SIZE - start);
        memcpy(buffer, page->bytes + start, count);
        buffer += count;
        offset += count;
        length -= count;
    }
    return TRUE;
}

void hive_cell_clear(HiveCell *cell)
{
    g_free(cell->owned);
    *cell = (HiveCell){0};
}

static gboolean cell_is_bad(const Hive *hive, uint32_t offset, const char *what,
                            const char *problem, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the registry hive '%s' is damaged: %s at 0x%x %s", hive->name, what, offset,
                      problem);
    return FALSE;
}

gboolean hive_cell_read(Hive *hive, uint32_t offset, size_t minimum, size_t limit, const char *what,
                        HiveCell *ret_cell, GError **error)
{
    uint8_t size_field[HIVE_CELL_HEADER_SIZE];
    uint64_t end = hive_bins_end(hive);

    hive_cell_clear(ret_cell);
    if (offset == HIVE_NO_CELL || offset % 8 != 0 ||
        !range_is_within(offset, HIVE_CELL_HEADER_SIZE, end)) {
        return cell_is_bad(hive, offset, what, "lies outside of the hive", error);
    }
    uint64_t start = HIVE_BASE_SIZE + (uint64_t)offset;
    if (!hive_copy(hive, start, size_field, sizeof size_field, error)) {
        return FALSE;
    }
    uint32_t size = get_le32(size_field);
    if ((size & 0x80000000u) == 0) {
        return cell_is_bad(hive, offset, what, "is not allocated", error);
    }
    size = 0 - size;
    if (size < HIVE_CELL_HEADER_SIZE || !range_is_within(offset, size, end)) {
        return cell_is_bad(hive, offset, what, "has a wrong size", error);
    }
    size_t length = size - HIVE_CELL_HEADER_SIZE;
    if (length < minimum) {
        return cell_is_bad(hive, offset, what, "is too short", error);
    }
    ret_cell->length = MIN(length, limit);
    start += HIVE_CELL_HEADER_SIZE;
    if (hive->memory != NULL) {
        ret_cell->bytes = hive->memory + start;
        return TRUE;
    }
    ret_cell->owned = g_try_malloc(MAX(ret_cell->length, 1));
    if (ret_cell->owned == NULL) {
        hive_cell_clear(ret_cell);
        return cell_is_bad(hive, offset, what, "is too large", error);
    }
    ret_cell->bytes = ret_cell->owned;
    if (!hive_copy(hive, start, ret_cell->owned, ret_cell->length, error)) {
        hive_cell_clear(ret_cell);
        return FALSE;
    }
    return TRUE;
}
