/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the source's configuration says of a machine. */
#include "convert/machine.h"

static void machine_disk_free(gpointer data)
{
    MachineDisk *disk = data;
    g_free(disk->path);
    g_free(disk->variant);
    g_free(disk->image_options);
    g_free(disk);
}

static void machine_nic_free(gpointer data)
{
    MachineNic *nic = data;
    g_free(nic->mac);
    g_free(nic->network);
    g_free(nic->model);
    g_free(nic);
}

Machine *machine_new(void)
{
    Machine *machine = g_new0(Machine, 1);
    machine->disks = g_ptr_array_new_with_free_func(machine_disk_free);
    machine->nics = g_ptr_array_new_with_free_func(machine_nic_free);
    return machine;
}

void machine_free(Machine *machine)
{
    if (!machine)
        return;
    g_free(machine->name);
    g_free(machine->uuid);
    g_ptr_array_unref(machine->disks);
    g_ptr_array_unref(machine->nics);
    g_free(machine);
}

const char *source_format_name(SourceFormat format)
{
    static const char *const names[] = {"raw", "qcow2", "vmdk", "vhd", "vhdx"};
    return names[format];
}
