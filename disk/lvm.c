/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which physical volumes are a group, and where its logical volumes are on them. */
#include "disk/lvm.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/lvm_mapper.h"
#include "disk/lvm_metadata.h"
#include "disk/map.h"

#define NO_MEMBER G_MAXUINT

/* What is known of each member besides its label. */
typedef struct {
    uint64_t sequence; /* of the newest description it has itself */
    gboolean damaged, taken, duplicate;
} Standing;

static void volume_free(gpointer data)
{
    LvmVolume *volume = data;
    disk_unref(volume->disk);
    g_free(volume->name);
    g_free(volume->id);
    g_free(volume->type);
    g_free(volume->problem);
    g_free(volume);
}

static void group_free(gpointer data)
{
    LvmGroup *group = data;
    g_free(group->name);
    g_free(group->id);
    g_ptr_array_unref(group->members);
    g_ptr_array_unref(group->missing);
    g_ptr_array_unref(group->volumes);
    mapper_plan_unref(group->plan);
    g_free(group);
}

static void metadata_free(gpointer metadata)
{
    lvm_metadata_free(metadata);
}

void lvm_set_free(LvmSet *set)
{
    if (!set)
        return;
    g_ptr_array_unref(set->groups);
    g_ptr_array_unref(set->duplicate);
    g_ptr_array_unref(set->unknown);
    g_ptr_array_unref(set->damaged);
    g_free(set);
}

/* Keeps the newest description of each group. */
static void keep(GPtrArray *groups, LvmMetadata *metadata)
{
    for (guint i = 0; i < groups->len; i++) {
        const LvmMetadata *other = g_ptr_array_index(groups, i);
        if (!g_str_equal(other->id, metadata->id))
            continue;
        if (metadata->sequence > other->sequence) {
            lvm_metadata_free(groups->pdata[i]);
            groups->pdata[i] = metadata;
        } else {
            lvm_metadata_free(metadata);
        }
        return;
    }
    g_ptr_array_add(groups, metadata);
}

/* Most members of a group have the same text: it is parsed once. sequences: of GBytes, by its
   text; 0: no good. */
static uint64_t read_text(GPtrArray *groups, GHashTable *sequences, GBytes *text)
{
    uint64_t *known = g_hash_table_lookup(sequences, text);
    if (known)
        return *known;
    gsize length;
    const char *characters = g_bytes_get_data(text, &length);
    g_autoptr(GError) error = NULL;
    LvmMetadata *metadata = lvm_metadata_parse(characters, length, &error);
    known = g_new(uint64_t, 1);
    *known = metadata ? MAX(metadata->sequence, 1) : 0;
    g_hash_table_insert(sequences, text, known);
    if (metadata)
        keep(groups, metadata);
    else
        g_debug("%s", error->message);
    return *known;
}

static GPtrArray *read_groups(const LvmMember *members, guint count, Standing *standings)
{
    g_autoptr(GHashTable) sequences =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, NULL, g_free);
    GPtrArray *groups = g_ptr_array_new_with_free_func(metadata_free);
    for (guint i = 0; i < count; i++) {
        const GPtrArray *texts = members[i].label->texts;
        standings[i].damaged = members[i].label->damaged > 0;
        for (guint j = 0; j < texts->len; j++) {
            uint64_t sequence = read_text(groups, sequences, g_ptr_array_index(texts, j));
            standings[i].sequence = MAX(standings[i].sequence, sequence);
            standings[i].damaged |= sequence == 0;
        }
    }
    return groups;
}

/* Two volumes with one identifier are copies of each other; the one LVM wrote to last counts. */
static void mark_duplicates(const LvmMember *members, guint count, Standing *standings)
{
    for (guint i = 0; i < count; i++)
        for (guint j = 0; j < i; j++) {
            if (standings[i].duplicate || standings[j].duplicate ||
                !g_str_equal(members[i].label->id, members[j].label->id))
                continue;
            gboolean newer = standings[i].sequence > standings[j].sequence;
            standings[newer ? j : i].duplicate = TRUE;
        }
}

static guint find_member(const LvmPhysical *physical, const LvmMember *members, guint count,
                         const Standing *standings)
{
    for (guint i = 0; i < count && !physical->is_missing; i++)
        if (!standings[i].duplicate && g_str_equal(members[i].label->id, physical->id))
            return i;
    return NO_MEMBER;
}

static char *describe_physical(const LvmPhysical *physical)
{
    return physical->device
               ? g_strdup_printf("%s, %s in the source", physical->id, physical->device)
               : g_strdup(physical->id);
}

/* One segment's place; FALSE: volume->problem says why it has none. */
static gboolean locate(const LvmMetadata *metadata, const LvmSegment *source, const guint *found,
                       const LvmMember *members, LvmVolume *volume, MapSegment *segment,
                       MapTarget *targets)
{
    if (!g_uint64_checked_mul(&segment->length, source->extents, metadata->extent_bytes)) {
        volume->problem = g_strdup("it is larger than any disk");
        return FALSE;
    }
    segment->chunk_bytes = source->stripe_bytes;
    segment->target_count = source->areas->len;
    segment->targets = targets;
    for (guint i = 0; i < source->areas->len; i++) {
        const LvmArea *area = &g_array_index(source->areas, LvmArea, i);
        const LvmPhysical *physical = g_ptr_array_index(metadata->physical, area->physical);
        if (found[area->physical] == NO_MEMBER) {
            g_autofree char *text = describe_physical(physical);
            volume->problem = g_strdup_printf("it needs the physical volume %s", text);
            return FALSE;
        }
        targets[i].disk = members[found[area->physical]].disk;
        if (!g_uint64_checked_mul(&targets[i].start, area->extent, metadata->extent_bytes) ||
            !g_uint64_checked_add(&targets[i].start, targets[i].start, physical->start)) {
            volume->problem = g_strdup("a part of it lies beyond every disk");
            return FALSE;
        }
    }
    return TRUE;
}

static void map_volume(const LvmMetadata *metadata, const LvmLogical *logical, const guint *found,
                       const LvmMember *members, LvmVolume *volume)
{
    guint count = logical->segments->len, areas = 0;
    for (guint i = 0; i < count; i++)
        areas += ((const LvmSegment *)g_ptr_array_index(logical->segments, i))->areas->len;
    g_autofree MapSegment *segments = g_new0(MapSegment, count);
    g_autofree MapTarget *targets = g_new0(MapTarget, areas);
    areas = 0;
    for (guint i = 0; i < count; i++) {
        const LvmSegment *source = g_ptr_array_index(logical->segments, i);
        if (!locate(metadata, source, found, members, volume, &segments[i], targets + areas))
            return;
        areas += source->areas->len;
    }
    if (count > 0) {
        const LvmSegment *first = g_ptr_array_index(logical->segments, 0);
        volume->first_member = found[g_array_index(first->areas, LvmArea, 0).physical];
    }
    g_autofree char *name = g_strdup_printf("%s/%s", metadata->name, logical->name);
    g_autoptr(GError) error = NULL;
    volume->disk = disk_new_map(name, segments, count, &error);
    if (!volume->disk)
        volume->problem = g_strdup(error->message);
}

static LvmVolume *make_volume(const LvmMetadata *metadata, const LvmLogical *logical,
                              const guint *found, const LvmMember *members, guint first_member)
{
    LvmVolume *volume = g_new0(LvmVolume, 1);
    volume->name = g_strdup(logical->name);
    volume->id = g_strdup(logical->id);
    volume->type = g_strdup(logical->type);
    volume->has_snapshots = logical->has_snapshots;
    volume->first_member = first_member;
    volume->device = -1;
    if (!g_uint64_checked_mul(&volume->size_bytes, logical->extents, metadata->extent_bytes))
        volume->size_bytes = G_MAXUINT64;
    if (logical->segments)
        map_volume(metadata, logical, found, members, volume);
    return volume;
}

/* What is left over, or is better written by somebody who knows of snapshots. */
static void plan_volumes(const LvmMetadata *metadata, const LvmMember *members, const guint *found,
                         LvmGroup *group)
{
    g_autofree Disk **disks = g_new0(Disk *, metadata->physical->len);
    for (guint i = 0; i < metadata->physical->len; i++)
        disks[i] = found[i] != NO_MEMBER ? members[found[i]].disk : NULL;
    group->plan = mapper_plan_new();
    g_autoptr(LvmMapper) mapper = lvm_mapper_new(metadata, disks, group->plan);
    guint next = 0;
    for (guint i = 0; i < metadata->logical->len; i++) {
        const LvmLogical *logical = g_ptr_array_index(metadata->logical, i);
        if (!logical->is_visible)
            continue;
        LvmVolume *volume = g_ptr_array_index(group->volumes, next++);
        g_autofree char *problem = NULL;
        if (!logical->segments || logical->has_snapshots)
            volume->device = lvm_mapper_add(mapper, logical, &problem);
        if (!volume->disk && !volume->problem)
            volume->problem = g_steal_pointer(&problem);
    }
}

/* NULL: none of its physical volumes is there. */
static LvmGroup *make_group(const LvmMetadata *metadata, const LvmMember *members, guint count,
                            Standing *standings)
{
    g_autofree guint *found = g_new(guint, metadata->physical->len);
    guint first = NO_MEMBER;
    LvmGroup *group = g_new0(LvmGroup, 1);
    group->name = g_strdup(metadata->name);
    group->id = g_strdup(metadata->id);
    group->sequence = metadata->sequence;
    group->members = g_ptr_array_new();
    group->missing = g_ptr_array_new_with_free_func(g_free);
    group->volumes = g_ptr_array_new_with_free_func(volume_free);
    for (guint i = 0; i < metadata->physical->len; i++) {
        const LvmPhysical *physical = g_ptr_array_index(metadata->physical, i);
        found[i] = find_member(physical, members, count, standings);
        if (found[i] == NO_MEMBER) {
            g_ptr_array_add(group->missing, describe_physical(physical));
            continue;
        }
        standings[found[i]].taken = TRUE;
        first = MIN(first, found[i]);
        g_ptr_array_add(group->members, GUINT_TO_POINTER(found[i]));
    }
    if (first == NO_MEMBER) {
        group_free(group);
        return NULL;
    }
    for (guint i = 0; i < metadata->logical->len; i++) {
        const LvmLogical *logical = g_ptr_array_index(metadata->logical, i);
        if (logical->is_visible)
            g_ptr_array_add(group->volumes, make_volume(metadata, logical, found, members, first));
    }
    plan_volumes(metadata, members, found, group);
    return group;
}

LvmSet *lvm_assemble(const LvmMember *members, guint count)
{
    g_autofree Standing *standings = g_new0(Standing, count);
    g_autoptr(GPtrArray) groups = read_groups(members, count, standings);
    LvmSet *set = g_new0(LvmSet, 1);
    set->groups = g_ptr_array_new_with_free_func(group_free);
    set->duplicate = g_ptr_array_new();
    set->unknown = g_ptr_array_new();
    set->damaged = g_ptr_array_new();
    mark_duplicates(members, count, standings);
    for (guint i = 0; i < groups->len; i++) {
        LvmGroup *group = make_group(g_ptr_array_index(groups, i), members, count, standings);
        if (group)
            g_ptr_array_add(set->groups, group);
    }
    for (guint i = 0; i < count; i++) {
        gpointer index = GUINT_TO_POINTER(i);
        if (standings[i].duplicate)
            g_ptr_array_add(set->duplicate, index);
        else if (standings[i].damaged)
            g_ptr_array_add(standings[i].taken ? set->damaged : set->unknown, index);
    }
    return set;
}

/* As device-mapper's library names it (dm_build_dm_name). */
char *lvm_mapper_name(const char *group, const char *volume)
{
    const char *const names[] = {group, volume};
    GString *text = g_string_new("/dev/mapper/");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (i > 0)
            g_string_append_c(text, '-');
        for (const char *p = names[i]; *p; p++)
            g_string_append(text, *p == '-' ? "--" : (const char[]){*p, '\0'});
    }
    return g_string_free(text, FALSE);
}
