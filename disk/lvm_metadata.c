/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From LVM2's metadata text to volumes and where their extents are. */
#include "disk/lvm_metadata.h"

#include <string.h>

#include "base/error.h"
#include "disk/lvm_text.h"

#define SECTOR_BYTES 512
#define NAME_LIMIT 128u
#define SECTORS_LIMIT (UINT64_C(1) << 54)
/* An extent count is 32 bits wide in LVM. */
#define EXTENTS_LIMIT UINT64_C(0xffffffff)

static void physical_free(gpointer data)
{
    LvmPhysical *physical = data;
    g_free(physical->name);
    g_free(physical->id);
    g_free(physical->device);
    g_free(physical);
}

static void segment_free(gpointer data)
{
    LvmSegment *segment = data;
    g_array_unref(segment->areas);
    g_free(segment);
}

static void logical_free(gpointer data)
{
    LvmLogical *logical = data;
    g_free(logical->name);
    g_free(logical->id);
    g_free(logical->type);
    g_clear_pointer(&logical->segments, g_ptr_array_unref);
    g_free(logical);
}

void lvm_metadata_free(LvmMetadata *metadata)
{
    if (!metadata)
        return;
    g_free(metadata->name);
    g_free(metadata->id);
    g_clear_pointer(&metadata->physical, g_ptr_array_unref);
    g_clear_pointer(&metadata->logical, g_ptr_array_unref);
    g_clear_pointer(&metadata->physical_by_name, g_hash_table_unref);
    g_clear_pointer(&metadata->logical_by_name, g_hash_table_unref);
    lvm_node_free(metadata->root);
    g_free(metadata);
}

static gboolean fail(GError **error, const char *name, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "LVM metadata: '%s' %s", name, what);
    return FALSE;
}

/* What lvm(8) allows: such a name is also safe as part of a path. */
static gboolean is_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= NAME_LIMIT || *name == '-' || g_str_equal(name, ".") ||
        g_str_equal(name, ".."))
        return FALSE;
    for (; *name; name++)
        if (!g_ascii_isalnum(*name) && !strchr("+_.-", *name))
            return FALSE;
    return TRUE;
}

/* 32 characters in groups between hyphens. */
static gboolean is_id(const char *id)
{
    guint characters = 0;
    for (; id && *id; id++) {
        if (g_ascii_isalnum(*id) || *id == '#' || *id == '!')
            characters++;
        else if (*id != '-')
            return FALSE;
    }
    return characters == 32;
}

static char *remove_hyphens(const char *id)
{
    g_auto(GStrv) parts = g_strsplit(id, "-", -1);
    return g_strjoinv("", parts);
}

static gboolean add_physical(LvmMetadata *metadata, const LvmNode *node, GError **error)
{
    const char *id = lvm_node_text(node, "id");
    uint64_t start, extents;
    if (!is_id(id) || !lvm_node_number(node, "pe_start", SECTORS_LIMIT, &start) ||
        !lvm_node_number(node, "pe_count", EXTENTS_LIMIT, &extents))
        return fail(error, node->name, "is no physical volume");
    LvmPhysical *physical = g_new0(LvmPhysical, 1);
    g_ptr_array_add(metadata->physical, physical);
    physical->name = g_strdup(node->name);
    physical->index = metadata->physical->len - 1;
    if (!g_hash_table_contains(metadata->physical_by_name, physical->name))
        g_hash_table_insert(metadata->physical_by_name, physical->name, physical);
    physical->id = remove_hyphens(id);
    physical->device = g_strdup(lvm_node_text(node, "device"));
    physical->start = start * SECTOR_BYTES;
    physical->extents = extents;
    physical->is_missing =
        lvm_node_lists(node, "flags", "MISSING") || lvm_node_lists(node, "status", "MISSING");
    return TRUE;
}

/* Pairs of a volume's name and the first extent there. *ret_known FALSE: a name is not that of a
   physical volume, but of a logical one (while pvmove runs, or inside a stack). */
static gboolean read_areas(const LvmMetadata *metadata, const LvmNode *stripes, uint64_t each,
                           GArray *areas, gboolean *ret_known, GError **error)
{
    *ret_known = TRUE;
    for (guint i = 0; i + 1 < stripes->values->len; i += 2) {
        const LvmValue *name = &g_array_index(stripes->values, LvmValue, i);
        const LvmValue *extent = &g_array_index(stripes->values, LvmValue, i + 1);
        LvmArea area;
        if (!name->text || extent->text || extent->number < 0)
            return fail(error, stripes->name, "is no list of stripes");
        const LvmPhysical *physical = g_hash_table_lookup(metadata->physical_by_name, name->text);
        if (!physical) {
            *ret_known = FALSE;
            return TRUE;
        }
        area = (LvmArea){physical->index, (uint64_t)extent->number};
        if (area.extent > physical->extents || each > physical->extents - area.extent)
            return fail(error, name->text, "has fewer extents than are used");
        g_array_append_val(areas, area);
    }
    return TRUE;
}

static void set_type(LvmLogical *logical, const char *type)
{
    g_free(logical->type);
    /* A type may carry flags for later versions: "cache+METADATA_FORMAT". */
    logical->type = g_strndup(type, strcspn(type, "+"));
}

static void set_unmapped(LvmLogical *logical, const char *type)
{
    set_type(logical, type);
    g_clear_pointer(&logical->segments, g_ptr_array_unref);
}

static gboolean read_striped(const LvmMetadata *metadata, LvmLogical *logical, const LvmNode *node,
                             uint64_t extents, GError **error)
{
    const LvmNode *stripes = lvm_node_values(node, "stripes");
    uint64_t count = 1, stripe_sectors = 0;
    gboolean known = FALSE;
    (void)lvm_node_number(node, "stripe_count", G_MAXUINT, &count);
    (void)lvm_node_number(node, "stripe_size", G_MAXUINT, &stripe_sectors);
    if (!stripes || count == 0 || stripes->values->len % 2 != 0 ||
        stripes->values->len / 2 != count || extents % count != 0 ||
        (count > 1 &&
         (stripe_sectors == 0 ||
          extents / count * metadata->extent_bytes % (stripe_sectors * SECTOR_BYTES) != 0)))
        return fail(error, logical->name, "has a segment whose stripes do not fit it");
    LvmSegment *segment = g_new0(LvmSegment, 1);
    segment->areas = g_array_new(FALSE, FALSE, sizeof(LvmArea));
    g_ptr_array_add(logical->segments, segment);
    segment->extents = extents;
    segment->stripe_bytes = count > 1 ? stripe_sectors * SECTOR_BYTES : 0;
    if (!read_areas(metadata, stripes, extents / count, segment->areas, &known, error))
        return FALSE;
    if (!known)
        set_unmapped(logical, "stacked");
    else if (count > 1)
        set_type(logical, "striped");
    return TRUE;
}

static gboolean read_segment(const LvmMetadata *metadata, LvmLogical *logical, const LvmNode *node,
                             GError **error)
{
    uint64_t start, extents;
    const char *type = lvm_node_text(node, "type");
    if (!lvm_node_number(node, "start_extent", EXTENTS_LIMIT, &start) ||
        !lvm_node_number(node, "extent_count", EXTENTS_LIMIT, &extents) || extents == 0 || !type ||
        start != logical->extents || extents > EXTENTS_LIMIT - start)
        return fail(error, logical->name, "has segments that do not follow each other");
    logical->extents += extents;
    if (!g_str_equal(type, "striped") && !g_str_equal(type, "linear")) {
        if (logical->segments)
            set_unmapped(logical, type);
        return TRUE;
    }
    return !logical->segments || read_striped(metadata, logical, node, extents, error);
}

static gboolean add_logical(LvmMetadata *metadata, const LvmNode *node, GError **error)
{
    const char *id = lvm_node_text(node, "id");
    uint64_t count;
    if (!is_name(node->name) || !is_id(id) ||
        !lvm_node_number(node, "segment_count", G_MAXUINT, &count))
        return fail(error, node->name, "is no logical volume");
    LvmLogical *logical = g_new0(LvmLogical, 1);
    g_ptr_array_add(metadata->logical, logical);
    logical->name = g_strdup(node->name);
    if (!g_hash_table_contains(metadata->logical_by_name, logical->name))
        g_hash_table_insert(metadata->logical_by_name, logical->name, logical);
    logical->id = g_strdup(id);
    logical->node = node;
    logical->type = g_strdup("linear");
    logical->is_visible = lvm_node_lists(node, "status", "VISIBLE");
    logical->segments = g_ptr_array_new_with_free_func(segment_free);
    guint found = 0;
    for (guint i = 0; i < node->children->len; i++) {
        const LvmNode *child = g_ptr_array_index(node->children, i);
        if (!child->children || !g_str_has_prefix(child->name, "segment"))
            continue;
        if (!read_segment(metadata, logical, child, error))
            return FALSE;
        found++;
    }
    return found == count || fail(error, node->name, "has other segments than it counts");
}

static LvmLogical *find_logical(const LvmMetadata *metadata, const char *name)
{
    return name ? g_hash_table_lookup(metadata->logical_by_name, name) : NULL;
}

/* A snapshot of the old kind is a volume of its own, "snapshot0", that names its origin and where
   it keeps what the origin has changed since. Users see the snapshot by the name of the latter,
   which looks like an ordinary linear volume, and may be hidden in the text. */
static void mark_snapshots(const LvmMetadata *metadata, const LvmNode *node)
{
    LvmLogical *itself = find_logical(metadata, node->name);
    for (guint i = 0; i < node->children->len; i++) {
        const LvmNode *segment = g_ptr_array_index(node->children, i);
        const char *type = segment->children ? lvm_node_text(segment, "type") : NULL;
        if (g_strcmp0(type, "snapshot") != 0)
            continue;
        const char *merging = lvm_node_text(segment, "merging_store");
        LvmLogical *origin = find_logical(metadata, lvm_node_text(segment, "origin"));
        LvmLogical *store =
            find_logical(metadata, merging ? merging : lvm_node_text(segment, "cow_store"));
        if (store) {
            set_unmapped(store, "snapshot");
            store->is_visible = store->is_visible || itself->is_visible;
            store->snapshot = segment;
        }
        itself->is_visible = FALSE;
        if (origin && merging) {
            set_unmapped(origin, "snapshot-merge");
            origin->is_merging = TRUE;
        } else if (origin) {
            origin->has_snapshots = TRUE;
        }
    }
}

typedef struct {
    guint physical;
    uint64_t start, end;
} Used;

static gint compare_used(gconstpointer a, gconstpointer b)
{
    const Used *first = a, *second = b;
    if (first->physical != second->physical)
        return first->physical < second->physical ? -1 : 1;
    return first->start < second->start ? -1 : first->start > second->start;
}

/* Two volumes on the same extents would be written over each other. */
static gboolean check_overlaps(const LvmMetadata *metadata, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Used));
    for (guint i = 0; i < metadata->logical->len; i++) {
        const LvmLogical *logical = g_ptr_array_index(metadata->logical, i);
        for (guint j = 0; logical->segments && j < logical->segments->len; j++) {
            const LvmSegment *segment = g_ptr_array_index(logical->segments, j);
            for (guint k = 0; k < segment->areas->len; k++) {
                const LvmArea *area = &g_array_index(segment->areas, LvmArea, k);
                Used used = {area->physical, area->extent,
                             area->extent + segment->extents / segment->areas->len};
                g_array_append_val(all, used);
            }
        }
    }
    g_array_sort(all, compare_used);
    for (guint i = 1; i < all->len; i++) {
        const Used *before = &g_array_index(all, Used, i - 1), *used = &g_array_index(all, Used, i);
        if (before->physical == used->physical && used->start < before->end)
            return fail(error, metadata->name, "has extents that belong to two volumes");
    }
    return TRUE;
}

static gboolean each_child(LvmMetadata *metadata, const LvmNode *section,
                           gboolean (*add)(LvmMetadata *, const LvmNode *, GError **),
                           GError **error)
{
    for (guint i = 0; section && i < section->children->len; i++) {
        const LvmNode *node = g_ptr_array_index(section->children, i);
        if (node->children && !add(metadata, node, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_group(LvmMetadata *metadata, const LvmNode *group, GError **error)
{
    const char *id = lvm_node_text(group, "id");
    uint64_t extent_sectors;
    if (!is_name(group->name) || !is_id(id) ||
        !lvm_node_number(group, "seqno", G_MAXINT64, &metadata->sequence) ||
        !lvm_node_number(group, "extent_size", G_MAXUINT32, &extent_sectors) || extent_sectors == 0)
        return fail(error, group->name, "is no volume group");
    metadata->name = g_strdup(group->name);
    metadata->id = g_strdup(id);
    metadata->extent_bytes = extent_sectors * SECTOR_BYTES;

    const LvmNode *logical = lvm_node_section(group, "logical_volumes");
    if (!each_child(metadata, lvm_node_section(group, "physical_volumes"), add_physical, error) ||
        !each_child(metadata, logical, add_logical, error))
        return FALSE;
    for (guint i = 0; logical && i < logical->children->len; i++) {
        const LvmNode *node = g_ptr_array_index(logical->children, i);
        if (node->children)
            mark_snapshots(metadata, node);
    }
    return check_overlaps(metadata, error);
}

LvmMetadata *lvm_metadata_parse(const char *text, size_t length, GError **error)
{
    LvmNode *root = lvm_text_parse(text, length, error);
    if (!root)
        return NULL;
    g_autoptr(LvmMetadata) metadata = g_new0(LvmMetadata, 1);
    metadata->root = root;
    metadata->physical = g_ptr_array_new_with_free_func(physical_free);
    metadata->logical = g_ptr_array_new_with_free_func(logical_free);
    metadata->physical_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    metadata->logical_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < root->children->len; i++) {
        const LvmNode *group = g_ptr_array_index(root->children, i);
        if (group->children)
            return read_group(metadata, group, error) ? g_steal_pointer(&metadata) : NULL;
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "LVM metadata without a volume group");
    return NULL;
}
