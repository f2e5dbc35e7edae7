/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes of Windows' dynamic disks. */
#include "base/finding.h"
#include "base/interrupt.h"
#include "disk/ldm.h"
#include "inspect/text_file.h"
#include "inspect/volume_layers.h"

typedef struct {
    VolumeSet *set;
    const KeyRing *keys;
    GPtrArray *findings;
} Opening;

static void database_free(gpointer database)
{
    ldm_database_free(database);
}

/* FALSE: it is not mapped, and the user knows. */
static gboolean check_mapped(const Opening *opening, const char *name, const LdmMapped *mapped)
{
    if (mapped->disk) {
        if (mapped->present < mapped->copies)
            findings_add(opening->findings, FINDING_LDM_DEGRADED, name);
        return TRUE;
    }
    if (mapped->problem)
        volume_add_finding(opening->findings, FINDING_LDM_INCOMPLETE, name, mapped->problem);
    else
        volume_add_finding(opening->findings, FINDING_LDM_TYPE, name, mapped->type);
    g_ptr_array_add(
        opening->set->unmapped,
        g_strdup_printf("%s (%s)", name, mapped->problem ? "incomplete" : mapped->type));
    return FALSE;
}

static gboolean add_volume(const Opening *opening, const LdmMapped *mapped, guint disk_index,
                           GError **error)
{
    g_autofree char *name = g_strdup_printf("%s/%s", mapped->group, mapped->name);
    if (!interrupt_check(error))
        return FALSE;
    if (!check_mapped(opening, name, mapped))
        return TRUE;
    Volume *volume = g_new0(Volume, 1);
    g_ptr_array_add(opening->set->volumes, volume);
    volume->layer = VOLUME_DYNAMIC;
    volume->disk_index = disk_index;
    volume->table = g_ptr_array_index(opening->set->tables, disk_index);
    volume->open_flags = opening->set->open_flags;
    volume->name = g_steal_pointer(&name);
    volume->layer_uuid = g_strdup(mapped->guid);
    return volume_look_into(volume, mapped->disk, opening->keys, opening->findings, error);
}

/* Without a database a partition is what it looks like: Windows keeps the entry of the one that it
   starts from where the volume is. */
static gboolean open_as_partitions(const Opening *opening, const GPtrArray *members,
                                   guint disk_index, const GError *reason, GError **error)
{
    for (guint i = 0; i < members->len; i++) {
        Volume *volume = g_ptr_array_index(members, i);
        if (volume->disk_index != disk_index)
            continue;
        volume_add_finding(opening->findings, FINDING_VOLUME_DYNAMIC_DISK, volume->name,
                           reason->message);
        g_autoptr(Disk) stored = disk_ref(volume->stored);
        g_clear_pointer(&volume->probe, volume_probe_free);
        g_clear_pointer(&volume->disk, disk_unref);
        g_clear_pointer(&volume->stored, disk_unref);
        volume->is_member = FALSE;
        if (!volume_look_into(volume, stored, opening->keys, opening->findings, error))
            return FALSE;
    }
    return TRUE;
}

/* Each disk once: several partitions of it may be members. */
static gboolean read_databases(const Opening *opening, const GPtrArray *members, GArray *indexes,
                               GPtrArray *databases, GError **error)
{
    guint last = G_MAXUINT;
    for (guint i = 0; i < members->len; i++) {
        guint index = ((const Volume *)g_ptr_array_index(members, i))->disk_index;
        g_autoptr(GError) local = NULL;
        if (index == last)
            continue;
        last = index;
        LdmDatabase *database =
            ldm_database_read(g_ptr_array_index(opening->set->disks, index),
                              g_ptr_array_index(opening->set->tables, index), &local);
        if (database) {
            g_array_append_val(indexes, index);
            g_ptr_array_add(databases, database);
        } else if (inspect_error_is_fatal(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        } else if (!open_as_partitions(opening, members, index, local, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean volume_ldm_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                         GPtrArray *findings, GError **error)
{
    Opening opening = {set, keys, findings};
    g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GPtrArray) databases = g_ptr_array_new_with_free_func(database_free);
    if (!read_databases(&opening, members, indexes, databases, error))
        return FALSE;
    g_autofree LdmMember *ldm_members = g_new0(LdmMember, MAX(databases->len, 1));
    for (guint i = 0; i < databases->len; i++)
        ldm_members[i] =
            (LdmMember){g_ptr_array_index(databases, i),
                        g_ptr_array_index(set->disks, g_array_index(indexes, guint, i))};
    g_autoptr(GPtrArray) volumes = ldm_assemble(ldm_members, databases->len);
    for (guint i = 0; i < volumes->len; i++) {
        const LdmMapped *mapped = g_ptr_array_index(volumes, i);
        if (!add_volume(&opening, mapped, g_array_index(indexes, guint, mapped->first_member),
                        error))
            return FALSE;
    }
    return TRUE;
}
