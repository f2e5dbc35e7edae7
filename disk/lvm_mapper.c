/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From LVM2's segments to device-mapper tables, as lvm2 makes them (lib/activate/dev_manager.c and
   device_mapper/libdm-deptree.c; the targets' arguments are in Linux,
   Documentation/admin-guide/device-mapper). */
#include "disk/lvm_mapper.h"

#include <string.h>

#include "base/bytes.h"

#define SECTOR_BYTES 512
#define DEPTH_LIMIT 8
#define AREAS_LIMIT 256u
/* Instead of a number: it has no device. */
enum { STATE_FAILED = -2 };

struct LvmMapper {
    const LvmMetadata *metadata;
    Disk *const *disks;
    MapperPlan *plan;
    GHashTable *devices;   /* from LvmLogical to the number of what its own segments make */
    GHashTable *problems;  /* from LvmLogical to why it has none */
    GHashTable *snapshots; /* from LvmLogical to the number + 1 of the snapshot that it keeps */
    guint depth;
    char *problem; /* the first one; NULL: none, or a kind that has no table */
};

/* The table of a device while it is made. */
typedef struct {
    GString *text;
    GArray *needs;
} Table;

/* One segment: its arguments behind "start length". */
typedef struct {
    const LvmLogical *logical;
    const LvmNode *node;
    uint64_t sectors;
} Segment;

typedef gboolean (*FormatFunc)(LvmMapper *mapper, const Segment *segment, Table *table);

static int add_device(LvmMapper *mapper, const LvmLogical *logical);

LvmMapper *lvm_mapper_new(const LvmMetadata *metadata, Disk *const *disks, MapperPlan *plan)
{
    LvmMapper *mapper = g_new0(LvmMapper, 1);
    mapper->metadata = metadata;
    mapper->disks = disks;
    mapper->plan = plan;
    mapper->devices = g_hash_table_new(NULL, NULL);
    mapper->problems = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    mapper->snapshots = g_hash_table_new(NULL, NULL);
    return mapper;
}

void lvm_mapper_free(LvmMapper *mapper)
{
    if (!mapper)
        return;
    g_hash_table_unref(mapper->devices);
    g_hash_table_unref(mapper->problems);
    g_hash_table_unref(mapper->snapshots);
    g_free(mapper->problem);
    g_free(mapper);
}

static gboolean G_GNUC_PRINTF(2, 3) fail(LvmMapper *mapper, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!mapper->problem)
        mapper->problem = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return FALSE;
}

/* Not worth a sentence for people: it counts as a kind that is not read. */
static gboolean fail_nonsense(const Segment *segment)
{
    g_debug("%s: the LVM metadata makes no sense", segment->logical->name);
    return FALSE;
}

static uint64_t number_or(const LvmNode *node, const char *name, uint64_t otherwise)
{
    uint64_t number;
    return lvm_node_number(node, name, G_MAXINT64, &number) ? number : otherwise;
}

static const char *text_or(const LvmNode *node, const char *name, const char *otherwise)
{
    const char *text = lvm_node_text(node, name);
    return text ? text : otherwise;
}

static void append_device(Table *table, guint device)
{
    g_string_append_printf(table->text, " @device:%u", device);
    g_array_append_val(table->needs, device);
}

static const LvmLogical *find_logical(LvmMapper *mapper, const Segment *segment, const char *name)
{
    const LvmLogical *logical =
        name ? g_hash_table_lookup(mapper->metadata->logical_by_name, name) : NULL;
    if (!logical)
        g_debug("%s: the LVM metadata names a volume that is not there", segment->logical->name);
    return logical;
}

/* " /dev/dm-N" of another logical volume. */
static gboolean append_logical(LvmMapper *mapper, const Segment *segment, const char *name,
                               Table *table)
{
    const LvmLogical *logical = find_logical(mapper, segment, name);
    int device = logical ? add_device(mapper, logical) : STATE_FAILED;
    if (device < 0)
        return FALSE;
    append_device(table, (guint)device);
    return TRUE;
}

/* Where a physical or another logical volume has the extent: " device sector". */
static gboolean append_area(LvmMapper *mapper, const Segment *segment, const char *name,
                            uint64_t extent, Table *table)
{
    uint64_t start;
    if (!name || !g_uint64_checked_mul(&start, extent, mapper->metadata->extent_bytes))
        return fail_nonsense(segment);
    const LvmPhysical *physical = g_hash_table_lookup(mapper->metadata->physical_by_name, name);
    if (physical) {
        Disk *disk = mapper->disks[physical->index];
        if (!disk)
            return fail(mapper, "it needs the physical volume %s%s%s", physical->id,
                        physical->device ? ", in the source " : "",
                        physical->device ? physical->device : "");
        if (!g_uint64_checked_add(&start, start, physical->start))
            return fail_nonsense(segment);
        g_string_append_printf(table->text, " @disk:%u", mapper_plan_add_disk(mapper->plan, disk));
    } else if (!append_logical(mapper, segment, name, table)) {
        return FALSE;
    }
    g_string_append_printf(table->text, " %" G_GUINT64_FORMAT, start / SECTOR_BYTES);
    return TRUE;
}

/* Pairs of a name and an extent. *ret_count: how many. */
static gboolean append_areas(LvmMapper *mapper, const Segment *segment, const char *list,
                             Table *table, guint *ret_count)
{
    const LvmNode *areas = lvm_node_values(segment->node, list);
    if (!areas || areas->values->len == 0 || areas->values->len % 2 != 0 ||
        areas->values->len / 2 > AREAS_LIMIT)
        return fail_nonsense(segment);
    for (guint i = 0; i < areas->values->len; i += 2) {
        const LvmValue *name = &g_array_index(areas->values, LvmValue, i), *extent = name + 1;
        if (extent->text || extent->number < 0 ||
            !append_area(mapper, segment, name->text, (uint64_t)extent->number, table))
            return FALSE;
    }
    *ret_count = areas->values->len / 2;
    return TRUE;
}

static gboolean format_striped(LvmMapper *mapper, const Segment *segment, Table *table)
{
    uint64_t count = number_or(segment->node, "stripe_count", 1);
    guint found;
    if (count == 1)
        g_string_append(table->text, " linear");
    else
        g_string_append_printf(table->text, " striped %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                               count, number_or(segment->node, "stripe_size", 0));
    return append_areas(mapper, segment, "stripes", table, &found) &&
           (found == count || fail_nonsense(segment));
}

/* What is full says so at once: nobody is there who could add room. */
static gboolean format_thin_pool(LvmMapper *mapper, const Segment *segment, Table *table)
{
    const char *discards = text_or(segment->node, "discards", "passdown");
    g_string_append(table->text, " thin-pool");
    if (!append_logical(mapper, segment, lvm_node_text(segment->node, "metadata"), table) ||
        !append_logical(mapper, segment, lvm_node_text(segment->node, "pool"), table))
        return FALSE;
    gboolean keep = g_str_equal(discards, "ignore"), zero = TRUE;
    zero = number_or(segment->node, "zero_new_blocks", 0) != 0;
    g_string_append_printf(table->text, " %" G_GUINT64_FORMAT " 0 %d error_if_no_space%s%s",
                           number_or(segment->node, "chunk_size", 0), 1 + !zero + keep,
                           zero ? "" : " skip_block_zeroing", keep ? " ignore_discard" : "");
    return TRUE;
}

static gboolean format_thin(LvmMapper *mapper, const Segment *segment, Table *table)
{
    const char *external = lvm_node_text(segment->node, "external_origin");
    g_string_append(table->text, " thin");
    if (!append_logical(mapper, segment, lvm_node_text(segment->node, "thin_pool"), table))
        return FALSE;
    g_string_append_printf(table->text, " %" G_GUINT64_FORMAT,
                           number_or(segment->node, "device_id", 0));
    return !external || append_logical(mapper, segment, external, table);
}

/* LVM's name, the target's, and whether the list has metadata volumes too. */
static const struct {
    const char *type, *target;
    gboolean has_metadata;
} raid_types[] = {
    {"raid0", "raid0", FALSE},          {"raid0_meta", "raid0", TRUE},
    {"raid1", "raid1", TRUE},           {"raid4", "raid4", TRUE},
    {"raid5", "raid5_ls", TRUE},        {"raid5_ls", "raid5_ls", TRUE},
    {"raid5_la", "raid5_la", TRUE},     {"raid5_ra", "raid5_ra", TRUE},
    {"raid5_rs", "raid5_rs", TRUE},     {"raid5_n", "raid5_n", TRUE},
    {"raid6", "raid6_zr", TRUE},        {"raid6_zr", "raid6_zr", TRUE},
    {"raid6_nr", "raid6_nr", TRUE},     {"raid6_nc", "raid6_nc", TRUE},
    {"raid6_n_6", "raid6_n_6", TRUE},   {"raid6_ls_6", "raid6_ls_6", TRUE},
    {"raid6_la_6", "raid6_la_6", TRUE}, {"raid6_rs_6", "raid6_rs_6", TRUE},
    {"raid6_ra_6", "raid6_ra_6", TRUE}, {"raid10", "raid10", TRUE},
    {"raid10_near", "raid10", TRUE},
};

/* " - -" where a physical volume below is missing: the array is degraded then. */
static void append_member(LvmMapper *mapper, const Segment *segment, const char *metadata,
                          const char *data, Table *table, guint *missing)
{
    g_autofree char *problem_before = g_strdup(mapper->problem);
    gsize length_before = table->text->len;
    guint needs_before = table->needs->len;
    if (!metadata)
        g_string_append(table->text, " -");
    if ((!metadata || append_logical(mapper, segment, metadata, table)) &&
        append_logical(mapper, segment, data, table))
        return;
    g_string_truncate(table->text, length_before);
    g_array_set_size(table->needs, needs_before);
    g_string_append(table->text, " - -");
    g_free(mapper->problem);
    mapper->problem = g_steal_pointer(&problem_before);
    (*missing)++;
}

static gboolean append_members(LvmMapper *mapper, const Segment *segment, gboolean has_metadata,
                               Table *table)
{
    const LvmNode *list = lvm_node_values(
        segment->node,
        has_metadata || !lvm_node_values(segment->node, "raid0_lvs") ? "raids" : "raid0_lvs");
    guint step = has_metadata ? 2 : 1, missing = 0;
    if (!list || list->values->len == 0 || list->values->len % step != 0 ||
        list->values->len / step > AREAS_LIMIT)
        return fail_nonsense(segment);
    g_string_append_printf(table->text, " %u", list->values->len / step);
    for (guint i = 0; i < list->values->len; i += step) {
        const LvmValue *value = &g_array_index(list->values, LvmValue, i);
        if (!value[0].text || !value[step - 1].text)
            return fail_nonsense(segment);
        append_member(mapper, segment, has_metadata ? value->text : NULL, value[step - 1].text,
                      table, &missing);
    }
    return missing < list->values->len / step ||
           fail(mapper, "it needs physical volumes that are not there");
}

static gboolean format_raid(LvmMapper *mapper, const Segment *segment, const char *type,
                            Table *table)
{
    guint row = 0;
    while (row < G_N_ELEMENTS(raid_types) && !g_str_equal(raid_types[row].type, type))
        row++;
    if (row == G_N_ELEMENTS(raid_types))
        return FALSE;
    uint64_t region = number_or(segment->node, "region_size", 0);
    uint64_t copies = number_or(segment->node, "data_copies", 0);
    gboolean has_copies = copies > 0 && g_str_equal(raid_types[row].target, "raid10");
    g_string_append_printf(table->text, " raid %s %d %" G_GUINT64_FORMAT, raid_types[row].target,
                           1 + (region ? 2 : 0) + (has_copies ? 2 : 0),
                           number_or(segment->node, "stripe_size", 0));
    if (region)
        g_string_append_printf(table->text, " region_size %" G_GUINT64_FORMAT, region);
    if (has_copies)
        g_string_append_printf(table->text, " raid10_copies %" G_GUINT64_FORMAT, copies);
    return append_members(mapper, segment, raid_types[row].has_metadata, table);
}

/* The copies are alike, or the first one counts: no log is needed, and none is written. */
static gboolean format_mirror(LvmMapper *mapper, const Segment *segment, Table *table)
{
    uint64_t count = number_or(segment->node, "mirror_count", 0);
    guint found;
    g_string_append_printf(table->text,
                           " mirror core 2 %" G_GUINT64_FORMAT " nosync %" G_GUINT64_FORMAT,
                           number_or(segment->node, "region_size", 1024), count);
    return append_areas(mapper, segment, "mirrors", table, &found) &&
           (found == count || fail_nonsense(segment));
}

/* A device of its own for a range of another: a cache volume has metadata and data in one. */
static gboolean append_range(LvmMapper *mapper, const Segment *segment, guint device,
                             const char *start, const char *length, Table *table)
{
    uint64_t sectors = number_or(segment->node, length, 0);
    if (sectors == 0 || sectors > G_MAXUINT64 / SECTOR_BYTES)
        return fail_nonsense(segment);
    MapperDevice *range = mapper_plan_add_device(
        mapper->plan, g_strdup_printf("%s/%s", mapper->metadata->name, segment->logical->name));
    range->table = g_strdup_printf("0 %" G_GUINT64_FORMAT " linear @device:%u %" G_GUINT64_FORMAT,
                                   sectors, device, number_or(segment->node, start, 0));
    range->size_bytes = sectors * SECTOR_BYTES;
    g_array_append_val(range->needs, device);
    append_device(table, mapper->plan->devices->len - 1);
    return TRUE;
}

/* The node that says how the cache works: the pool's segment, or the cache's own. */
static const LvmNode *append_cache_pool(LvmMapper *mapper, const Segment *segment, Table *table)
{
    const LvmLogical *pool =
        find_logical(mapper, segment, lvm_node_text(segment->node, "cache_pool"));
    const LvmNode *node = pool ? lvm_node_section(pool->node, "segment1") : NULL;
    if (!node)
        return NULL;
    if (g_str_has_prefix(text_or(node, "type", ""), "cache-pool")) {
        Segment pool_segment = {pool, node, 0};
        return append_logical(mapper, &pool_segment, lvm_node_text(node, "metadata"), table) &&
                       append_logical(mapper, &pool_segment, lvm_node_text(node, "data"), table)
                   ? node
                   : NULL;
    }
    int device = add_device(mapper, pool);
    return device >= 0 &&
                   append_range(mapper, segment, (guint)device, "metadata_start", "metadata_len",
                                table) &&
                   append_range(mapper, segment, (guint)device, "data_start", "data_len", table)
               ? segment->node
               : NULL;
}

static gboolean format_cache(LvmMapper *mapper, const Segment *segment, Table *table)
{
    static const char *const modes[] = {"writethrough", "writeback", "passthrough", NULL};
    g_string_append(table->text, " cache");
    const LvmNode *pool = append_cache_pool(mapper, segment, table);
    if (!pool || !append_logical(mapper, segment, lvm_node_text(segment->node, "origin"), table))
        return FALSE;
    const char *mode = text_or(pool, "cache_mode", "writethrough");
    if (!g_strv_contains(modes, mode))
        return fail_nonsense(segment);
    gboolean is_new = number_or(pool, "metadata_format", 1) == 2;
    /* A cache's policy decides what comes next, not what is there. */
    g_string_append_printf(table->text, " %" G_GUINT64_FORMAT " %d%s %s smq 0",
                           number_or(pool, "chunk_size", 0), 1 + is_new, is_new ? " metadata2" : "",
                           mode);
    return TRUE;
}

static gboolean format_error(LvmMapper *mapper G_GNUC_UNUSED, const Segment *segment G_GNUC_UNUSED,
                             Table *table)
{
    g_string_append(table->text, " error");
    return TRUE;
}

static const struct {
    const char *type;
    FormatFunc format;
} formats[] = {
    {"striped", format_striped},     {"linear", format_striped}, {"thin", format_thin},
    {"thin-pool", format_thin_pool}, {"mirror", format_mirror},  {"cache", format_cache},
    {"error", format_error},
};

/* FALSE without a problem: there is no table for such a one. */
static gboolean append_segment(LvmMapper *mapper, const LvmLogical *logical, const LvmNode *node,
                               uint64_t *start, Table *table)
{
    uint64_t extents, bytes;
    if (!lvm_node_number(node, "extent_count", G_MAXUINT32, &extents) ||
        !g_uint64_checked_mul(&bytes, extents, mapper->metadata->extent_bytes))
        return fail(mapper, "it is larger than any disk");
    Segment segment = {logical, node, bytes / SECTOR_BYTES};
    /* A type may carry flags for later versions: "cache+CACHE_USES_CACHEVOL". */
    const char *full_type = text_or(node, "type", "");
    g_autofree char *type = g_strndup(full_type, strcspn(full_type, "+"));
    g_string_append_printf(table->text, "%s%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                           *start > 0 ? "\n" : "", *start, segment.sectors);
    *start += segment.sectors;
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_str_equal(formats[i].type, type))
            return formats[i].format(mapper, &segment, table);
    return format_raid(mapper, &segment, type, table);
}

static gboolean append_segments(LvmMapper *mapper, const LvmLogical *logical, Table *table,
                                uint64_t *ret_sectors)
{
    uint64_t start = 0;
    for (guint i = 0; i < logical->node->children->len; i++) {
        const LvmNode *node = g_ptr_array_index(logical->node->children, i);
        if (node->children && g_str_has_prefix(node->name, "segment") &&
            !append_segment(mapper, logical, node, &start, table))
            return FALSE;
    }
    *ret_sectors = start;
    return start > 0;
}

static int finish_device(LvmMapper *mapper, const char *name, Table *table, uint64_t sectors)
{
    MapperDevice *device = mapper_plan_add_device(
        mapper->plan, g_strdup_printf("%s/%s", mapper->metadata->name, name));
    device->table = g_string_free(g_steal_pointer(&table->text), FALSE);
    g_array_append_vals(device->needs, table->needs->data, table->needs->len);
    device->size_bytes = sectors * SECTOR_BYTES;
    return (int)mapper->plan->devices->len - 1;
}

static void table_init(Table *table)
{
    *table = (Table){g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(guint))};
}

static void table_clear(Table *table)
{
    if (table->text)
        g_string_free(table->text, TRUE);
    g_array_unref(table->needs);
}

/* What the volume's own segments make, without snapshots. Once for each. */
static int add_device(LvmMapper *mapper, const LvmLogical *logical)
{
    gpointer known, key = (gpointer)(guintptr)logical;
    if (g_hash_table_lookup_extended(mapper->devices, logical, NULL, &known)) {
        const char *problem = g_hash_table_lookup(mapper->problems, logical);
        if (problem)
            (void)fail(mapper, "%s", problem);
        return GPOINTER_TO_INT(known);
    }
    if (mapper->depth >= DEPTH_LIMIT) {
        (void)fail(mapper, "volumes stand on volumes too often");
        return STATE_FAILED;
    }
    /* Who stands on itself finds this. */
    g_hash_table_insert(mapper->devices, key, GINT_TO_POINTER(STATE_FAILED));
    Table table;
    uint64_t sectors;
    int number = STATE_FAILED;
    table_init(&table);
    mapper->depth++;
    if (append_segments(mapper, logical, &table, &sectors))
        number = finish_device(mapper, logical->name, &table, sectors);
    mapper->depth--;
    table_clear(&table);
    g_hash_table_insert(mapper->devices, key, GINT_TO_POINTER(number));
    if (number < 0 && mapper->problem)
        g_hash_table_insert(mapper->problems, key, g_strdup(mapper->problem));
    return number;
}

/* One for each store: two would write it without knowing of each other. */
static int add_snapshot(LvmMapper *mapper, const LvmLogical *store)
{
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(mapper->snapshots, store));
    if (known > 0)
        return (int)known - 1;
    const LvmLogical *origin = g_hash_table_lookup(mapper->metadata->logical_by_name,
                                                   text_or(store->snapshot, "origin", ""));
    int origin_device = origin && !origin->is_merging ? add_device(mapper, origin) : STATE_FAILED;
    int store_device = origin_device >= 0 ? add_device(mapper, store) : STATE_FAILED;
    if (store_device < 0)
        return STATE_FAILED;
    const MapperDevice *below = g_ptr_array_index(mapper->plan->devices, (guint)origin_device);
    uint64_t sectors = below->size_bytes / SECTOR_BYTES;
    Table table;
    table_init(&table);
    g_string_append_printf(table.text, "0 %" G_GUINT64_FORMAT " snapshot", sectors);
    append_device(&table, (guint)origin_device);
    append_device(&table, (guint)store_device);
    g_string_append_printf(table.text, " P %" G_GUINT64_FORMAT,
                           number_or(store->snapshot, "chunk_size", 0));
    int number = finish_device(mapper, store->name, &table, sectors);
    g_hash_table_insert(mapper->snapshots, (gpointer)(guintptr)store, GINT_TO_POINTER(number + 1));
    table_clear(&table);
    return number;
}

/* What is written to an origin is kept for its snapshots when these are there. */
static int add_origin(LvmMapper *mapper, const LvmLogical *origin)
{
    int below = add_device(mapper, origin);
    if (below < 0)
        return STATE_FAILED;
    const MapperDevice *device = g_ptr_array_index(mapper->plan->devices, (guint)below);
    uint64_t sectors = device->size_bytes / SECTOR_BYTES;
    Table table;
    table_init(&table);
    g_string_append_printf(table.text, "0 %" G_GUINT64_FORMAT " snapshot-origin", sectors);
    append_device(&table, (guint)below);
    int number = 0;
    for (guint i = 0; i < mapper->metadata->logical->len && number >= 0; i++) {
        const LvmLogical *store = g_ptr_array_index(mapper->metadata->logical, i);
        if (!store->snapshot ||
            g_strcmp0(lvm_node_text(store->snapshot, "origin"), origin->name) != 0)
            continue;
        number = add_snapshot(mapper, store);
        g_array_append_val(table.needs, number);
    }
    if (number >= 0)
        number = finish_device(mapper, origin->name, &table, sectors);
    table_clear(&table);
    return number;
}

int lvm_mapper_add(LvmMapper *mapper, const LvmLogical *logical, char **ret_problem)
{
    int number = STATE_FAILED;
    g_clear_pointer(&mapper->problem, g_free);
    if (logical->snapshot)
        number = add_snapshot(mapper, logical);
    else if (logical->has_snapshots)
        number = add_origin(mapper, logical);
    else if (!logical->is_merging)
        number = add_device(mapper, logical);
    *ret_problem = g_steal_pointer(&mapper->problem);
    return number >= 0 ? number : -1;
}
