/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what LVM2 writes at the beginning, and perhaps the end, of a physical volume. */
#include "disk/lvm_label.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/lvm_text.h"
#include "disk/on_disk.h"

#define CRC_SEED UINT32_C(0xf597a6cf)
#define SECTOR_BYTES 512
#define LABEL_SECTORS 4u /* one of the first four has the label */

/* Of the label's sector. */
#define LABEL_SECTOR_OFFSET 8
#define LABEL_CRC_OFFSET 16
#define LABEL_CONTENT_OFFSET 20
#define LABEL_TYPE_OFFSET 24
#define LABEL_BYTES 32
/* Of the header that LABEL_CONTENT_OFFSET leads to: id, size, then two lists of areas. */
#define HEADER_AREAS_OFFSET 40
#define AREA_BYTES 16

/* Of a metadata area's header; the metadata goes round in a ring behind it. */
#define AREA_HEADER_BYTES 512
#define AREA_MAGIC_OFFSET 4
#define AREA_MAGIC " LVM2 x[5A%r0N*>"
#define AREA_VERSION_OFFSET 20
#define AREA_START_OFFSET 24
#define AREA_SIZE_OFFSET 32
#define AREA_LOCATION_OFFSET 40 /* offset, size, checksum, flags of the metadata in use */
#define LOCATION_IGNORED 1u
#define AREA_LIMIT 4u /* LVM makes two at most */

typedef struct {
    uint64_t offset, size;
} Area;

void lvm_label_free(LvmLabel *label)
{
    if (!label)
        return;
    g_clear_pointer(&label->texts, g_ptr_array_unref);
    g_free(label->damage);
    g_free(label);
}

static gboolean is_label(const uint8_t *sector, uint64_t number)
{
    return memcmp(sector, "LABELONE", 8) == 0 &&
           memcmp(sector + LABEL_TYPE_OFFSET, "LVM2 001", 8) == 0 &&
           get_le64(sector + LABEL_SECTOR_OFFSET) == number &&
           get_le32(sector + LABEL_CRC_OFFSET) == crc32_update(CRC_SEED,
                                                               sector + LABEL_CONTENT_OFFSET,
                                                               SECTOR_BYTES - LABEL_CONTENT_OFFSET);
}

static gboolean find_label(Disk *volume, uint8_t sector[SECTOR_BYTES], GError **error)
{
    for (uint64_t i = 0; i < LABEL_SECTORS; i++) {
        if (!range_is_within(i * SECTOR_BYTES, SECTOR_BYTES, disk_size(volume)))
            break;
        if (!disk_read(volume, i * SECTOR_BYTES, sector, SECTOR_BYTES, error))
            return FALSE;
        if (is_label(sector, i))
            return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "%s has no LVM label that is whole",
                      disk_name(volume));
    return FALSE;
}

/* The list that begins at *at, which is moved behind it; areas NULL: nobody wants it. */
static gboolean read_areas(const uint8_t *sector, size_t *at, GArray *areas)
{
    for (; *at + AREA_BYTES <= SECTOR_BYTES; *at += AREA_BYTES) {
        Area area = {get_le64(sector + *at), get_le64(sector + *at + 8)};
        if (area.offset == 0) {
            *at += AREA_BYTES;
            return TRUE;
        }
        if (areas)
            g_array_append_val(areas, area);
    }
    return FALSE;
}

/* The checksum at the start of a header covers the rest of it. */
static const char *check_area_header(const Area *area, const uint8_t *header)
{
    if (get_le32(header) != crc32_update(CRC_SEED, header + 4, AREA_HEADER_BYTES - 4))
        return "the header of a metadata area has a wrong checksum";
    if (memcmp(header + AREA_MAGIC_OFFSET, AREA_MAGIC, strlen(AREA_MAGIC)) != 0 ||
        get_le32(header + AREA_VERSION_OFFSET) != 1)
        return "a metadata area has a header of another kind";
    if (get_le64(header + AREA_START_OFFSET) != area->offset ||
        get_le64(header + AREA_SIZE_OFFSET) != area->size)
        return "a metadata area is not where its header says";
    return NULL;
}

/* Where the text reaches the end of the ring it goes on behind the header. */
static gboolean read_ring(Disk *volume, const Area *area, uint64_t offset, uint8_t *text,
                          size_t size, GError **error)
{
    size_t first = (size_t)MIN(size, area->size - offset);
    return disk_read(volume, area->offset + offset, text, first, error) &&
           disk_read(volume, area->offset + AREA_HEADER_BYTES, text + first, size - first, error);
}

/* *ret_problem NULL: *ret_text is what the area holds, or NULL where it holds nothing. */
static gboolean read_area(Disk *volume, const Area *area, GBytes **ret_text,
                          const char **ret_problem, GError **error)
{
    uint8_t header[AREA_HEADER_BYTES];
    if (area->size <= AREA_HEADER_BYTES ||
        !range_is_within(area->offset, area->size, disk_size(volume))) {
        *ret_problem = "a metadata area lies beyond the end";
        return TRUE;
    }
    if (!disk_read(volume, area->offset, header, sizeof(header), error))
        return FALSE;
    *ret_problem = check_area_header(area, header);
    const uint8_t *location = header + AREA_LOCATION_OFFSET;
    uint64_t offset = get_le64(location), size = get_le64(location + 8);
    if (*ret_problem || offset == 0 || size == 0 ||
        (get_le32(location + 20) & LOCATION_IGNORED) != 0)
        return TRUE;
    if (offset < AREA_HEADER_BYTES || offset >= area->size ||
        size > MIN(area->size - AREA_HEADER_BYTES, LVM_TEXT_LIMIT_BYTES)) {
        *ret_problem = "the metadata lies beyond its area";
        return TRUE;
    }
    g_autofree uint8_t *text = g_try_malloc((gsize)size);
    if (!text) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "no memory for LVM metadata");
        return FALSE;
    }
    if (!read_ring(volume, area, offset, text, (size_t)size, error))
        return FALSE;
    if (crc32_update(CRC_SEED, text, (size_t)size) != get_le32(location + 16))
        *ret_problem = "the metadata has a wrong checksum";
    else
        *ret_text = g_bytes_new_take(g_steal_pointer(&text), (gsize)size);
    return TRUE;
}

static gboolean read_texts(Disk *volume, const GArray *areas, LvmLabel *label, GError **error)
{
    for (guint i = 0; i < MIN(areas->len, AREA_LIMIT); i++) {
        GBytes *text = NULL;
        const char *problem = NULL;
        if (!read_area(volume, &g_array_index(areas, Area, i), &text, &problem, error))
            return FALSE;
        if (text)
            g_ptr_array_add(label->texts, text);
        if (problem) {
            label->damaged++;
            g_free(label->damage);
            label->damage = g_strdup(problem);
        }
    }
    return TRUE;
}

LvmLabel *lvm_label_read(Disk *volume, GError **error)
{
    uint8_t sector[SECTOR_BYTES];
    if (!find_label(volume, sector, error))
        return NULL;
    g_autoptr(LvmLabel) label = g_new0(LvmLabel, 1);
    g_autoptr(GArray) areas = g_array_new(FALSE, FALSE, sizeof(Area));
    label->texts = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    uint32_t header = get_le32(sector + 20);
    size_t at = (size_t)header + HEADER_AREAS_OFFSET;
    if (header < LABEL_BYTES || header > SECTOR_BYTES - HEADER_AREAS_OFFSET ||
        !read_areas(sector, &at, NULL) || !read_areas(sector, &at, areas)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the LVM label of %s contradicts itself", disk_name(volume));
        return NULL;
    }
    memcpy(label->id, sector + header, LVM_ID_BYTES);
    for (guint i = 0; i < LVM_ID_BYTES; i++)
        if (!g_ascii_isalnum(label->id[i]) && label->id[i] != '#' && label->id[i] != '!') {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "the LVM label of %s has no identifier", disk_name(volume));
            return NULL;
        }
    return read_texts(volume, areas, label, error) ? g_steal_pointer(&label) : NULL;
}
