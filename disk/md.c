/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which members are an array, and where its bytes are on them. */
#include "disk/md.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/map.h"
#include "disk/mirror.h"

#define NO_MEMBER G_MAXUINT
/* The kernel's names for how RAID 0 goes round where only some members have room left. */
enum {
    RAID0_ORIGINAL_LAYOUT = 1,  /* the turn goes on from the array's start */
    RAID0_ALTERNATE_LAYOUT = 2, /* and begins anew */
};

/* The members of one array. */
typedef struct {
    const MdMember *members;
    const MdSuper *super; /* the one that was written last */
    guint *slots;         /* per slot: which member, or NO_MEMBER */
    MdArray *array;
} Assembly;

static void array_free(gpointer data)
{
    MdArray *array = data;
    disk_unref(array->disk);
    g_free(array->uuid);
    g_free(array->name);
    g_free(array->type);
    g_free(array->problem);
    g_ptr_array_unref(array->stale);
    g_ptr_array_unref(array->duplicate);
    mapper_plan_unref(array->plan);
    g_free(array);
}

static const MdSuper *super_of(const Assembly *assembly, guint member)
{
    return assembly->members[member].super;
}

static gboolean has_copies(const MdSuper *super)
{
    return super->level != 0 && super->level != MD_LEVEL_LINEAR;
}

/* What the array knows of the member's slot, in the superblock written last; -1: none. A member is
   written at the same time as the others, except for the last event before a crash. */
static int current_slot(const Assembly *assembly, guint member)
{
    const MdSuper *super = super_of(assembly, member), *last = assembly->super;
    if (super->slot < 0 || (guint)super->slot >= last->slots)
        return -1;
    if (!has_copies(last))
        return super->slot;
    gboolean current = super->events + 1 >= last->events;
    gboolean listed = super->number < last->roles->len &&
                      g_array_index(last->roles, int, super->number) == super->slot;
    return current && listed ? super->slot : -1;
}

static void place_members(Assembly *assembly, const GArray *indexes)
{
    MdArray *array = assembly->array;
    for (guint i = 0; i < array->slots; i++)
        assembly->slots[i] = NO_MEMBER;
    for (guint i = 0; i < indexes->len; i++) {
        guint member = g_array_index(indexes, guint, i);
        int slot = current_slot(assembly, member);
        gpointer index = GUINT_TO_POINTER(member);
        if (slot < 0) {
            if (super_of(assembly, member)->slot >= 0)
                g_ptr_array_add(array->stale, index);
        } else if (assembly->slots[slot] != NO_MEMBER) {
            g_ptr_array_add(array->duplicate, index);
        } else {
            assembly->slots[slot] = member;
            array->present += super_of(assembly, member)->is_behind ? 0 : 1;
            array->first_member = MIN(array->first_member, member);
        }
    }
}

static void set_problem(Assembly *assembly, const char *text)
{
    if (!assembly->array->problem)
        assembly->array->problem = g_strdup(text);
}

/* A window onto the data of a slot's member; length 0: all of it. NULL: it is not there. */
static Disk *open_data(Assembly *assembly, guint slot, uint64_t length)
{
    if (assembly->slots[slot] == NO_MEMBER)
        return NULL;
    const MdMember *member = &assembly->members[assembly->slots[slot]];
    uint64_t data_bytes = member->super->data_bytes;
    if (length > data_bytes) {
        set_problem(assembly, "a member is smaller than the array needs");
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    Disk *disk = disk_new_window(member->disk, member->super->data_start,
                                 length ? length : data_bytes, disk_name(member->disk), &error);
    if (!disk)
        set_problem(assembly, error->message);
    return disk;
}

/* Slots [first, first + count) have the same content. Where the kernel had not finished comparing
   them, it is the first that counts; one with bad blocks only if there is no other. */
static Disk *open_copies(Assembly *assembly, guint first, guint count)
{
    if (assembly->super->used_bytes == 0) {
        set_problem(assembly, "it has no size");
        return NULL;
    }
    g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func((GDestroyNotify)disk_unref);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func((GDestroyNotify)disk_unref);
    guint whole = 0;
    for (guint slot = first; slot < first + count; slot++) {
        Disk *disk = open_data(assembly, slot, assembly->super->used_bytes);
        if (!disk)
            continue;
        const MdSuper *super = super_of(assembly, assembly->slots[slot]);
        if (super->is_behind)
            g_ptr_array_add(others, disk);
        else if (super->has_bad_blocks)
            g_ptr_array_insert(read, -1, disk);
        else
            g_ptr_array_insert(read, (int)whole++, disk);
    }
    if (read->len == 0) {
        set_problem(assembly, "no member that is up to date is there");
        return NULL;
    }
    g_ptr_array_extend_and_steal(read, g_steal_pointer(&others));
    return disk_new_mirror(assembly->array->type, (Disk *const *)read->pdata, read->len);
}

static Disk *open_raid1(Assembly *assembly)
{
    return open_copies(assembly, 0, assembly->array->slots);
}

/* All of what the members of disks have, one behind the other or in turn. */
static Disk *map_disks(Assembly *assembly, const MapSegment *segments, guint count)
{
    g_autoptr(GError) error = NULL;
    Disk *map = disk_new_map(assembly->array->type, segments, count, &error);
    if (!map)
        set_problem(assembly, error->message);
    return map;
}

/* Whole chunks of it, as the kernel counts. */
static uint64_t usable(const Disk *disk, uint64_t chunk_bytes)
{
    uint64_t size = disk_size(disk);
    return chunk_bytes ? size / chunk_bytes * chunk_bytes : size;
}

/* Every slot's member, or NULL with a problem: these levels need all of them. */
static GPtrArray *open_all(Assembly *assembly)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func((GDestroyNotify)disk_unref);
    for (guint slot = 0; slot < assembly->array->slots; slot++) {
        Disk *disk = open_data(assembly, slot, 0);
        if (!disk) {
            set_problem(assembly, "a member is not there");
            return NULL;
        }
        g_ptr_array_add(disks, disk);
    }
    return g_steal_pointer(&disks);
}

static Disk *open_linear(Assembly *assembly)
{
    g_autoptr(GPtrArray) disks = open_all(assembly);
    if (!disks)
        return NULL;
    g_autofree MapSegment *segments = g_new0(MapSegment, disks->len);
    g_autofree MapTarget *targets = g_new0(MapTarget, disks->len);
    for (guint i = 0; i < disks->len; i++) {
        targets[i].disk = g_ptr_array_index(disks, i);
        segments[i] =
            (MapSegment){usable(targets[i].disk, assembly->super->chunk_bytes), 0, 1, &targets[i]};
    }
    return map_disks(assembly, segments, disks->len);
}

/* The next zone of a RAID 0: stripes over all members that have more than start bytes, as far as
   the smallest of them goes. targets: room for one per member. */
static MapSegment find_zone(const GPtrArray *disks, uint64_t chunk_bytes, uint64_t start,
                            MapTarget *targets)
{
    MapSegment zone = {.chunk_bytes = chunk_bytes, .targets = targets};
    uint64_t smallest = G_MAXUINT64;
    for (guint i = 0; i < disks->len; i++) {
        Disk *disk = g_ptr_array_index(disks, i);
        uint64_t size = usable(disk, chunk_bytes);
        if (size <= start)
            continue;
        targets[zone.target_count++] = (MapTarget){disk, start};
        smallest = MIN(smallest, size);
    }
    zone.length = zone.target_count > 0 ? (smallest - start) * zone.target_count : 0;
    return zone;
}

/* The zone's first chunk is not on its first member, but on the one whose turn it would be if the
   array had always had as many. */
static void rotate(MapTarget *targets, guint count, uint64_t chunks_before)
{
    g_autofree MapTarget *copy = g_memdup2(targets, count * sizeof(MapTarget));
    for (guint i = 0; i < count; i++)
        targets[i] = copy[(i + chunks_before) % count];
}

static Disk *open_raid0(Assembly *assembly)
{
    uint64_t chunk = assembly->super->chunk_bytes, start = 0, mapped = 0;
    g_autoptr(GPtrArray) disks = open_all(assembly);
    if (!disks)
        return NULL;
    if (chunk == 0) {
        set_problem(assembly, "its chunks have no size");
        return NULL;
    }
    g_autofree MapSegment *zones = g_new0(MapSegment, disks->len);
    g_autofree MapTarget *targets = g_new0(MapTarget, (gsize)disks->len * disks->len);
    guint count = 0;
    for (; count < disks->len; count++) {
        MapTarget *room = targets + (gsize)count * disks->len;
        zones[count] = find_zone(disks, chunk, start, room);
        if (zones[count].length == 0)
            break;
        if (count > 0 && zones[count].target_count > 1 &&
            assembly->super->layout != RAID0_ALTERNATE_LAYOUT) {
            if (assembly->super->layout != RAID0_ORIGINAL_LAYOUT) {
                set_problem(assembly, "it does not say how members of different sizes are used");
                return NULL;
            }
            rotate(room, zones[count].target_count, mapped / chunk);
        }
        mapped += zones[count].length;
        start += zones[count].length / zones[count].target_count;
    }
    return map_disks(assembly, zones, count);
}

/* Near copies, their number a divisor of the members': stripes over mirrors. */
static Disk *open_raid10(Assembly *assembly)
{
    const MdSuper *super = assembly->super;
    guint copies = super->layout & 0xff, mirrors = super->slots / copies;
    uint64_t chunk = super->chunk_bytes;
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func((GDestroyNotify)disk_unref);
    g_autofree MapTarget *targets = g_new0(MapTarget, mirrors);
    if (chunk == 0 || super->used_bytes < chunk) {
        set_problem(assembly, "its chunks have no size");
        return NULL;
    }
    for (guint i = 0; i < mirrors; i++) {
        targets[i].disk = open_copies(assembly, i * copies, copies);
        if (!targets[i].disk)
            return NULL;
        g_ptr_array_add(disks, targets[i].disk);
    }
    MapSegment segment = {super->used_bytes / chunk * chunk * mirrors, chunk, mirrors, targets};
    return map_disks(assembly, &segment, 1);
}

static const struct {
    int level;
    const char *name;
    Disk *(*open)(Assembly *assembly); /* NULL: not mapped */
} levels[] = {
    {MD_LEVEL_LINEAR, "linear", open_linear},
    {0, "raid0", open_raid0},
    {1, "raid1", open_raid1},
    {4, "raid4", NULL},
    {5, "raid5", NULL},
    {6, "raid6", NULL},
    {10, "raid10", open_raid10},
};

/* Far and offset copies put a chunk's copies at other places of each member; so do near copies
   whose number does not divide the members'. */
static gboolean is_simple_raid10(const MdSuper *super)
{
    guint copies = super->layout & 0xff;
    return super->layout >> 8 == 1 && copies >= 1 && super->slots % copies == 0;
}

static void set_type(MdArray *array, char *type)
{
    g_free(array->type);
    array->type = type;
}

/* Spares too are written when the array is. */
static gboolean is_wanted(const MdArray *array, guint member)
{
    gpointer index = GUINT_TO_POINTER(member);
    return !g_ptr_array_find(array->stale, index, NULL) &&
           !g_ptr_array_find(array->duplicate, index, NULL);
}

static void plan_array(Assembly *assembly, const char *level, const GArray *indexes)
{
    MdArray *array = assembly->array;
    const char *version = assembly->super->version;
    array->plan = mapper_plan_new();
    g_autofree char *name = md_short_name(array);
    MapperDevice *device = mapper_plan_add_device(array->plan, g_strdup_printf("md %s", name));
    device->array = (MapperArray){level, (guint)g_ascii_digit_value(version[0]),
                                  (guint)g_ascii_strtoull(version + 2, NULL, 10),
                                  array->name ? MAPPER_ANY_NUMBER : array->md_minor,
                                  g_array_new(FALSE, FALSE, sizeof(guint))};
    for (guint i = 0; i < indexes->len; i++) {
        guint member = g_array_index(indexes, guint, i);
        if (!is_wanted(array, member))
            continue;
        guint disk = mapper_plan_add_disk(array->plan, assembly->members[member].disk);
        g_array_append_val(device->array.members, disk);
    }
}

static void map_array(Assembly *assembly, const GArray *indexes)
{
    const MdSuper *super = assembly->super;
    MdArray *array = assembly->array;
    Disk *(*open)(Assembly *) = NULL;
    const char *level = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(levels); i++)
        if (levels[i].level == super->level) {
            level = levels[i].name;
            set_type(array, g_strdup(level));
            open = levels[i].open;
        }
    if (!array->type)
        set_type(array, g_strdup_printf("level %d", super->level));
    if (super->level == 10 && !is_simple_raid10(super)) {
        set_type(array, g_strdup_printf("raid10, layout 0x%x", super->layout));
        open = NULL;
    }
    if (super->is_reshaping) {
        set_type(array, g_strdup("being reshaped"));
        open = NULL;
    }
    if (open)
        array->disk = open(assembly);
    if (array->disk)
        g_clear_pointer(&array->problem, g_free);
    if (!open && level)
        plan_array(assembly, level, indexes);
}

static char *uuid_to_text(const uint8_t uuid[MD_UUID_BYTES])
{
    return g_strdup_printf("%08x:%08x:%08x:%08x", get_be32(uuid), get_be32(uuid + 4),
                           get_be32(uuid + 8), get_be32(uuid + 12));
}

/* indexes: those of one array. NULL: only spares. */
static MdArray *make_array(const MdMember *members, const GArray *indexes)
{
    Assembly assembly = {.members = members};
    for (guint i = 0; i < indexes->len; i++) {
        const MdSuper *super = members[g_array_index(indexes, guint, i)].super;
        if (super->slot >= 0 && (!assembly.super || super->events > assembly.super->events))
            assembly.super = super;
    }
    if (!assembly.super)
        return NULL;
    MdArray *array = g_new0(MdArray, 1);
    assembly.array = array;
    array->uuid = uuid_to_text(assembly.super->uuid);
    array->name =
        assembly.super->name && *assembly.super->name ? g_strdup(assembly.super->name) : NULL;
    array->md_minor = assembly.super->md_minor;
    array->slots = assembly.super->slots;
    array->first_member = G_MAXUINT;
    array->stale = g_ptr_array_new();
    array->duplicate = g_ptr_array_new();
    g_autofree guint *slots = g_new(guint, array->slots);
    assembly.slots = slots;
    place_members(&assembly, indexes);
    if (array->first_member == G_MAXUINT)
        array->first_member = g_array_index(indexes, guint, 0);
    map_array(&assembly, indexes);
    return array;
}

GPtrArray *md_assemble(const MdMember *members, guint count)
{
    GPtrArray *arrays = g_ptr_array_new_with_free_func(array_free);
    g_autofree gboolean *done = g_new0(gboolean, count);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));
        for (guint j = i; j < count && !done[i]; j++)
            if (memcmp(members[i].super->uuid, members[j].super->uuid, MD_UUID_BYTES) == 0)
                g_array_append_val(indexes, j);
        for (guint j = 0; j < indexes->len; j++)
            done[g_array_index(indexes, guint, j)] = TRUE;
        MdArray *array = indexes->len > 0 ? make_array(members, indexes) : NULL;
        if (array)
            g_ptr_array_add(arrays, array);
    }
    return arrays;
}

char *md_short_name(const MdArray *array)
{
    if (!array->name)
        return g_strdup_printf("%u", array->md_minor);
    const char *colon = strchr(array->name, ':');
    return g_strdup(colon && colon[1] ? colon + 1 : array->name);
}
