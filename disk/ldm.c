/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the volumes of dynamic disks are. */
#include "disk/ldm.h"

#include "base/bytes.h"
#include "base/error.h"
#include "disk/map.h"
#include "disk/mirror.h"

#define NO_MEMBER G_MAXUINT

/* One group's newest database, and the machine's disks of it. */
typedef struct {
    const LdmDatabase *database;
    const LdmMember *members;
    guint count;
} Group;

static void mapped_free(gpointer data)
{
    LdmMapped *mapped = data;
    disk_unref(mapped->disk);
    g_free(mapped->group);
    g_free(mapped->name);
    g_free(mapped->guid);
    g_free(mapped->problem);
    g_free(mapped);
}

/* The member that the database means by its number. Of copies of a disk the first one counts. */
static guint find_member(const Group *group, uint64_t id)
{
    for (guint i = 0; i < group->database->disks->len; i++) {
        const LdmDisk *disk = g_ptr_array_index(group->database->disks, i);
        for (guint j = 0; disk->id == id && j < group->count; j++) {
            const LdmDatabase *own = group->members[j].database;
            if (g_str_equal(own->group_guid, group->database->group_guid) &&
                g_str_equal(own->disk_guid, disk->guid))
                return j;
        }
    }
    return NO_MEMBER;
}

static const char *name_disk(const Group *group, uint64_t id)
{
    for (guint i = 0; i < group->database->disks->len; i++) {
        const LdmDisk *disk = g_ptr_array_index(group->database->disks, i);
        if (disk->id == id)
            return disk->name;
    }
    return "that is in no group";
}

/* FALSE: the reason is in *ret_problem. */
static gboolean locate(const Group *group, const LdmExtent *extent, MapTarget *target,
                       guint *ret_member, char **ret_problem)
{
    guint member = find_member(group, extent->disk);
    if (member == NO_MEMBER) {
        *ret_problem = g_strdup_printf("it needs the disk %s", name_disk(group, extent->disk));
        return FALSE;
    }
    const LdmDatabase *own = group->members[member].database;
    if (!range_is_within(extent->start_bytes, extent->length_bytes, own->data_length_bytes)) {
        *ret_problem = g_strdup("a part of it lies beyond the end of a disk");
        return FALSE;
    }
    *target = (MapTarget){group->members[member].disk, own->data_start_bytes + extent->start_bytes};
    *ret_member = member;
    return TRUE;
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const LdmExtent *first = *(const LdmExtent *const *)a, *second = *(const LdmExtent *const *)b;
    uint64_t left = first->column ? first->column : first->offset_bytes;
    uint64_t right = second->column ? second->column : second->offset_bytes;
    return left < right ? -1 : left > right;
}

static GPtrArray *list_extents(const Group *group, const LdmComponent *component)
{
    GPtrArray *extents = g_ptr_array_new();
    for (guint i = 0; i < group->database->extents->len; i++) {
        LdmExtent *extent = g_ptr_array_index(group->database->extents, i);
        if (extent->component == component->id)
            g_ptr_array_add(extents, extent);
    }
    g_ptr_array_sort(extents, compare_places);
    return extents;
}

/* One behind the other, without gaps. */
static gboolean fill_spanned(const GPtrArray *extents, const MapTarget *targets,
                             MapSegment *segments)
{
    uint64_t offset = 0;
    for (guint i = 0; i < extents->len; i++) {
        const LdmExtent *extent = g_ptr_array_index(extents, i);
        if (extent->offset_bytes != offset ||
            !g_uint64_checked_add(&offset, offset, extent->length_bytes))
            return FALSE;
        segments[i] = (MapSegment){extent->length_bytes, 0, 1, &targets[i]};
    }
    return TRUE;
}

/* Dealt out to columns of the same length. */
static gboolean fill_striped(const LdmComponent *component, const GPtrArray *extents,
                             const MapTarget *targets, MapSegment *segment)
{
    const LdmExtent *first = g_ptr_array_index(extents, 0);
    uint64_t each = first->length_bytes, length;
    if (component->chunk_bytes == 0 || component->columns != extents->len)
        return FALSE;
    for (guint i = 0; i < extents->len; i++) {
        const LdmExtent *extent = g_ptr_array_index(extents, i);
        if (extent->column != i || extent->offset_bytes != 0 || extent->length_bytes != each)
            return FALSE;
    }
    each -= each % component->chunk_bytes;
    if (!g_uint64_checked_mul(&length, each, extents->len))
        return FALSE;
    *segment =
        (MapSegment){length, extents->len > 1 ? component->chunk_bytes : 0, extents->len, targets};
    return TRUE;
}

/* A copy of a volume, as long as the volume. NULL: the reason is in *ret_problem. */
static Disk *map_component(const Group *group, const LdmVolume *volume,
                           const LdmComponent *component, const char *name, guint *ret_member,
                           char **ret_problem)
{
    g_autoptr(GPtrArray) extents = list_extents(group, component);
    g_autofree MapTarget *targets = g_new0(MapTarget, MAX(extents->len, 1));
    g_autofree MapSegment *segments = g_new0(MapSegment, MAX(extents->len, 1));
    g_autoptr(GError) error = NULL;
    guint count = component->layout == LDM_STRIPED ? 1 : extents->len;
    guint member = NO_MEMBER;

    for (guint i = 0; i < extents->len; i++) {
        guint found;
        if (!locate(group, g_ptr_array_index(extents, i), &targets[i], &found, ret_problem))
            return NULL;
        member = MIN(member, found);
    }
    gboolean ok =
        extents->len > 0 && extents->len == component->extents &&
        (component->layout == LDM_STRIPED ? fill_striped(component, extents, targets, segments)
                                          : fill_spanned(extents, targets, segments));
    if (!ok || !component->is_active) {
        *ret_problem = g_strdup(ok ? "it is not up to date" : "its description contradicts itself");
        return NULL;
    }
    g_autoptr(Disk) disk = disk_new_map(name, segments, count, &error);
    Disk *window = disk ? disk_new_window(disk, 0, volume->size_bytes, name, &error) : NULL;
    if (window)
        *ret_member = member;
    else
        *ret_problem = g_strdup(error->message);
    return window;
}

static void disk_free(gpointer disk)
{
    disk_unref(disk);
}

static void map_volume(const Group *group, const LdmVolume *volume, LdmMapped *mapped)
{
    g_autofree char *name = g_strdup_printf("%s/%s", mapped->group, mapped->name);
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(disk_free);
    for (guint i = 0; i < group->database->components->len; i++) {
        const LdmComponent *component = g_ptr_array_index(group->database->components, i);
        g_autofree char *problem = NULL;
        guint member;
        if (component->volume != volume->id)
            continue;
        mapped->copies++;
        if (component->layout != LDM_STRIPED && component->layout != LDM_SPANNED) {
            mapped->type = component->layout == LDM_RAID5 ? "raid5" : "unknown";
            return;
        }
        if (mapped->copies == 1)
            mapped->type = component->layout == LDM_STRIPED ? "striped"
                           : component->extents > 1         ? "spanned"
                                                            : "simple";
        else
            mapped->type = "mirrored";
        Disk *copy = map_component(group, volume, component, name, &member, &problem);
        if (copy && copies->len == 0)
            mapped->first_member = member;
        if (copy)
            g_ptr_array_add(copies, copy);
        else if (!mapped->problem)
            mapped->problem = g_steal_pointer(&problem);
    }
    mapped->present = copies->len;
    if (copies->len == 0) {
        if (!mapped->problem)
            mapped->problem = g_strdup("its description contradicts itself");
        return;
    }
    g_clear_pointer(&mapped->problem, g_free);
    mapped->disk = copies->len == 1
                       ? disk_ref(g_ptr_array_index(copies, 0))
                       : disk_new_mirror(name, (Disk *const *)copies->pdata, copies->len);
}

static void add_group(GPtrArray *volumes, const Group *group, guint first_member)
{
    for (guint i = 0; i < group->database->volumes->len; i++) {
        const LdmVolume *volume = g_ptr_array_index(group->database->volumes, i);
        LdmMapped *mapped = g_new0(LdmMapped, 1);
        mapped->group = g_strdup(group->database->group_name);
        mapped->name = g_strdup(volume->name);
        mapped->guid = g_strdup(volume->guid);
        mapped->type = "unknown";
        mapped->first_member = first_member;
        map_volume(group, volume, mapped);
        g_ptr_array_add(volumes, mapped);
    }
}

GPtrArray *ldm_assemble(const LdmMember *members, guint count)
{
    GPtrArray *volumes = g_ptr_array_new_with_free_func(mapped_free);
    for (guint i = 0; i < count; i++) {
        Group group = {members[i].database, members, count};
        gboolean is_first = TRUE;
        for (guint j = 0; j < count; j++) {
            const LdmDatabase *other = members[j].database;
            if (!g_str_equal(other->group_guid, members[i].database->group_guid))
                continue;
            is_first = is_first && j >= i;
            if (other->sequence > group.database->sequence)
                group.database = other;
        }
        if (is_first)
            add_group(volumes, &group, i);
    }
    return volumes;
}
