/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the source's configuration says of a machine. */
#include "convert/machine.h"

#include <string.h>

#define MAC_DIGITS 12
#define UUID_DIGITS 32

static void machine_disk_free(gpointer data)
{
    MachineDisk *disk = data;
    g_free(disk->address.model);
    g_free(disk->stored_name);
    g_free(disk->sha256);
    g_free(disk->path);
    g_free(disk->member);
    g_free(disk->variant);
    g_free(disk->wwn);
    g_ptr_array_unref(disk->parents);
    g_free(disk->image_options);
    g_free(disk);
}

static void machine_drive_free(gpointer data)
{
    MachineDrive *drive = data;
    g_free(drive->address.model);
    g_free(drive->medium);
    g_free(drive);
}

static void machine_nic_free(gpointer data)
{
    MachineNic *nic = data;
    g_free(nic->mac);
    g_free(nic->source_mac);
    nic_address_free(nic->address);
    g_free(nic->network);
    g_free(nic->model);
    g_free(nic->guest_name);
    g_free(nic->instance_id);
    g_free(nic);
}

Machine *machine_new(const char *kind)
{
    Machine *machine = g_new0(Machine, 1);
    machine->kind = kind;
    machine->disks = g_ptr_array_new_with_free_func(machine_disk_free);
    machine->drives = g_ptr_array_new_with_free_func(machine_drive_free);
    machine->nics = g_ptr_array_new_with_free_func(machine_nic_free);
    return machine;
}

void machine_free(Machine *machine)
{
    if (!machine)
        return;
    char *const strings[] = {machine->config_path, machine->name,
                             machine->title,       machine->uuid,
                             machine->genid,       machine->serial,
                             machine->guest_os,    machine->annotation,
                             machine->sound,       machine->secure_boot_template};
    for (guint i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    g_ptr_array_unref(machine->disks);
    g_ptr_array_unref(machine->drives);
    g_ptr_array_unref(machine->nics);
    g_free(machine);
}

MachineDisk *machine_add_disk(Machine *machine)
{
    MachineDisk *disk = g_new0(MachineDisk, 1);
    disk->parents = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(machine->disks, disk);
    return disk;
}

MachineDrive *machine_add_drive(Machine *machine, MachineDriveKind kind)
{
    MachineDrive *drive = g_new0(MachineDrive, 1);
    drive->kind = kind;
    g_ptr_array_add(machine->drives, drive);
    return drive;
}

MachineNic *machine_add_nic(Machine *machine)
{
    MachineNic *nic = g_new0(MachineNic, 1);
    g_ptr_array_add(machine->nics, nic);
    return nic;
}

/* VMware's default: new machines get their system disk on IDE or SCSI, and one added on SATA or
   NVMe later does not come before it. Undocumented; inferred from exported machines. */
static guint bus_rank(MachineBus bus)
{
    static const MachineBus order[] = {
        MACHINE_BUS_FLOPPY, MACHINE_BUS_IDE,    MACHINE_BUS_SCSI, MACHINE_BUS_SATA,
        MACHINE_BUS_NVME,   MACHINE_BUS_VIRTIO, MACHINE_BUS_USB,
    };
    for (guint i = 0; i < G_N_ELEMENTS(order); i++)
        if (order[i] == bus)
            return i;
    return G_N_ELEMENTS(order);
}

static gint compare_guint(guint a, guint b)
{
    return (a > b) - (a < b);
}

static gint compare_disks(gconstpointer a, gconstpointer b)
{
    const MachineDisk *left = *(const MachineDisk *const *)a;
    const MachineDisk *right = *(const MachineDisk *const *)b;
    /* 0, not said, comes after every number that is. */
    gint order = compare_guint(left->boot_order - 1, right->boot_order - 1);
    if (order == 0)
        order = compare_guint(bus_rank(left->address.bus), bus_rank(right->address.bus));
    if (order == 0)
        order = compare_guint(left->address.controller, right->address.controller);
    return order != 0 ? order : compare_guint(left->address.unit, right->address.unit);
}

void machine_sort_disks(Machine *machine)
{
    g_ptr_array_sort(machine->disks, compare_disks);
}

const char *source_format_name(SourceFormat format)
{
    static const char *const names[] = {"raw",  "qcow2", "vmdk",      "vhd",
                                        "vhdx", "vdi",   "parallels", "nbd"};
    return names[format];
}

const char *machine_bus_name(MachineBus bus)
{
    static const char *const names[] = {NULL,   "ide", "scsi",   "sata",
                                        "nvme", "usb", "virtio", "floppy"};
    return names[bus];
}

/* The hexadecimal digits of text, lower case; NULL when there are not count of them, or something
   other than digits and ignored stands between. */
static char *hex_digits(const char *text, size_t count, const char *ignored)
{
    GString *digits = g_string_sized_new(count);
    for (const char *c = text; *c && digits->len <= count; c++) {
        if (g_ascii_isxdigit(*c))
            g_string_append_c(digits, g_ascii_tolower(*c));
        else if (!strchr(ignored, *c))
            return g_string_free(digits, TRUE);
    }
    gboolean is_nil = strspn(digits->str, "0") == digits->len;
    return g_string_free(digits, digits->len != count || is_nil);
}

char *machine_mac_normalise(const char *text)
{
    g_autofree char *digits = text ? hex_digits(text, MAC_DIGITS, ":-. ") : NULL;
    if (!digits || g_ascii_xdigit_value(digits[1]) % 2 != 0)
        return NULL;
    return g_strdup_printf("%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", digits, digits + 2, digits + 4,
                           digits + 6, digits + 8, digits + 10);
}

char *machine_uuid_normalise(const char *text)
{
    g_autofree char *digits = text ? hex_digits(text, UUID_DIGITS, "-{} ") : NULL;
    if (!digits)
        return NULL;
    return g_strdup_printf("%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
                           digits + 16, digits + 20);
}
