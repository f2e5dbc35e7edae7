/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a disk and the overlay with its edits differ. */
#include "migrate/fix/changes.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/run.h"
#include "convert/image_options.h"

#define COMPARE_BYTES ((size_t)1 << 20)
#define MAP_OUTPUT_LIMIT_BYTES ((size_t)256 << 20)

void changes_clear(Changes *changes)
{
    g_clear_pointer(&changes->before, disk_unref);
    g_clear_pointer(&changes->after, disk_unref);
    g_clear_pointer(&changes->ranges, g_array_unref);
}

static gboolean refuse_map(GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                      "cannot read what qemu-img says of the overlay");
    return FALSE;
}

/* "present": written, or zeroed, here; qemu 6.1 and later say it. */
static gboolean read_entry(JsonNode *node, uint64_t size, Range *ret_range, gboolean *ret_present,
                           GError **error)
{
    JsonObject *entry = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!entry || !json_object_has_member(entry, "present"))
        return refuse_map(error);
    gint64 start = json_object_get_int_member_with_default(entry, "start", -1);
    gint64 length = json_object_get_int_member_with_default(entry, "length", -1);
    *ret_present = json_object_get_boolean_member_with_default(entry, "present", FALSE);
    if (start < 0 || length <= 0 || (uint64_t)start >= size)
        return refuse_map(error);
    *ret_range = (Range){(uint64_t)start, MIN((uint64_t)length, size - (uint64_t)start)};
    return TRUE;
}

/* *ret_written: of Range. */
static gboolean map_overlay(const char *path, uint64_t size, GArray **ret_written, GError **error)
{
    g_autofree char *escaped = image_options_escape(path);
    g_autofree char *image =
        g_strdup_printf("driver=qcow2,file.driver=file,file.filename=%s", escaped);
    const char *const argv[] = {"qemu-img", "map", "--output=json", "--image-opts", image, NULL};
    const RunOptions options = {.output_limit_bytes = MAP_OUTPUT_LIMIT_BYTES};
    g_autofree char *output = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!run_program(argv, &options, &output, error))
        return FALSE;
    JsonNode *root =
        json_parser_load_from_data(parser, output, -1, NULL) ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_ARRAY(root))
        return refuse_map(error);
    g_autoptr(GArray) written = g_array_new(FALSE, FALSE, sizeof(Range));
    JsonArray *entries = json_node_get_array(root);
    for (guint i = 0; i < json_array_get_length(entries); i++) {
        Range range;
        gboolean present;
        if (!read_entry(json_array_get_element(entries, i), size, &range, &present, error))
            return FALSE;
        if (present)
            g_array_append_val(written, range);
    }
    *ret_written = g_steal_pointer(&written);
    return TRUE;
}

static void add_range(Changes *changes, uint64_t offset, size_t length)
{
    GArray *ranges = changes->ranges;
    Range *last = ranges->len > 0 ? &g_array_index(ranges, Range, ranges->len - 1) : NULL;
    changes->bytes += length;
    if (last && last->offset + last->length == offset) {
        last->length += length;
        return;
    }
    Range range = {offset, length};
    g_array_append_val(ranges, range);
}

static gboolean compare_piece(Changes *changes, uint64_t offset, size_t length, uint8_t *before,
                              uint8_t *after, GError **error)
{
    if (!interrupt_check(error) || !disk_read(changes->before, offset, before, length, error) ||
        !disk_read(changes->after, offset, after, length, error))
        return FALSE;
    for (size_t at = 0; at < length; at += UNDO_WITNESS_BYTES) {
        size_t block = MIN(length - at, UNDO_WITNESS_BYTES);
        if (memcmp(before + at, after + at, block) != 0)
            add_range(changes, offset + at, block);
    }
    return TRUE;
}

gboolean changes_find(const char *overlay_path, Disk *before, Disk *after, Changes *ret_changes,
                      GError **error)
{
    g_autoptr(GArray) written = NULL;
    g_autofree uint8_t *old = g_malloc(COMPARE_BYTES);
    g_autofree uint8_t *new = g_malloc(COMPARE_BYTES);
    if (!map_overlay(overlay_path, disk_size(before), &written, error))
        return FALSE;
    *ret_changes = (Changes){.before = disk_ref(before),
                             .after = disk_ref(after),
                             .ranges = g_array_new(FALSE, FALSE, sizeof(Range))};
    for (guint i = 0; i < written->len; i++) {
        const Range *range = &g_array_index(written, Range, i);
        for (uint64_t done = 0; done < range->length; done += COMPARE_BYTES) {
            size_t length = (size_t)MIN(range->length - done, COMPARE_BYTES);
            if (!compare_piece(ret_changes, range->offset + done, length, old, new, error))
                return FALSE;
        }
    }
    return TRUE;
}

gboolean changes_for_each(const Changes *changes, size_t limit, ChangesFunc func, void *data,
                          GError **error)
{
    for (guint i = 0; i < changes->ranges->len; i++) {
        const Range *range = &g_array_index(changes->ranges, Range, i);
        for (uint64_t done = 0; done < range->length; done += limit) {
            size_t length = (size_t)MIN(range->length - done, limit);
            if (!interrupt_check(error) || !func(data, range->offset + done, length, error))
                return FALSE;
        }
    }
    return TRUE;
}
