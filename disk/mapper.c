/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans for a kernel that puts volumes together. */
#include "disk/mapper.h"

#include <string.h>

#define DISK_WORD "@disk:"
#define DEVICE_WORD "@device:"

static void device_free(gpointer data)
{
    MapperDevice *device = data;
    g_free(device->name);
    g_free(device->table);
    g_clear_pointer(&device->array.members, g_array_unref);
    g_array_unref(device->needs);
    g_free(device);
}

static void disk_drop(gpointer disk)
{
    disk_unref(disk);
}

MapperPlan *mapper_plan_new(void)
{
    MapperPlan *plan = g_new0(MapperPlan, 1);
    plan->ref_count = 1;
    plan->disks = g_ptr_array_new_with_free_func(disk_drop);
    plan->devices = g_ptr_array_new_with_free_func(device_free);
    return plan;
}

MapperPlan *mapper_plan_ref(MapperPlan *plan)
{
    g_atomic_int_inc(&plan->ref_count);
    return plan;
}

void mapper_plan_unref(MapperPlan *plan)
{
    if (!plan || !g_atomic_int_dec_and_test(&plan->ref_count))
        return;
    g_ptr_array_unref(plan->disks);
    g_ptr_array_unref(plan->devices);
    g_free(plan);
}

guint mapper_plan_add_disk(MapperPlan *plan, Disk *disk)
{
    guint index;
    if (!g_ptr_array_find(plan->disks, disk, &index)) {
        index = plan->disks->len;
        g_ptr_array_add(plan->disks, disk_ref(disk));
    }
    return index;
}

MapperDevice *mapper_plan_add_device(MapperPlan *plan, char *name)
{
    MapperDevice *device = g_new0(MapperDevice, 1);
    device->name = name;
    device->needs = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(plan->devices, device);
    return device;
}

char *mapper_table_fill(const char *table, MapperName name, gpointer data)
{
    GString *filled = g_string_new(NULL);
    while (*table) {
        gboolean is_disk = g_str_has_prefix(table, DISK_WORD);
        if (is_disk || g_str_has_prefix(table, DEVICE_WORD)) {
            char *end;
            table += is_disk ? strlen(DISK_WORD) : strlen(DEVICE_WORD);
            guint number = (guint)g_ascii_strtoull(table, &end, 10);
            g_autofree char *path = name(data, is_disk, number);
            g_string_append(filled, path);
            table = end;
        } else {
            g_string_append_c(filled, *table++);
        }
    }
    return g_string_free(filled, FALSE);
}
