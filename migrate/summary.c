/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machine and guest for people. */
#include "migrate/summary.h"

#include "migrate/plan_text.h"

#define LABEL_COLUMN 14

static const char *firmware_label(Firmware firmware)
{
    static const char *const labels[] = {"unknown firmware", "BIOS", "UEFI"};
    return labels[firmware];
}

char *summary_line(const Guest *guest)
{
    return g_strdup_printf("%s, %s, %s", guest->product_name,
                           guest->architecture ? guest->architecture : "unknown architecture",
                           firmware_label(guest->firmware));
}

static void append(GString *text, const char *label, const char *value)
{
    if (value)
        g_string_append_printf(text, "%-*s%s\n", LABEL_COLUMN, label, value);
}

static void append_joined(GString *text, const char *label, const GPtrArray *parts)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; parts && i < parts->len; i++)
        g_string_append_printf(line, "%s%s", i > 0 ? " " : "",
                               (const char *)g_ptr_array_index(parts, i));
    append(text, label, line->len ? line->str : NULL);
}

static void append_adapter(GString *text, const GuestWindowsAdapter *adapter)
{
    g_autoptr(GString) line = g_string_new(adapter->name ? adapter->name : adapter->guid);
    g_string_append_printf(line, ", %s", adapter->mac ? adapter->mac : "no address known");
    if (adapter->dhcp)
        g_string_append(line, ", DHCP");
    for (guint i = 0; i < adapter->addresses->len; i++)
        g_string_append_printf(line, ", %s", (char *)g_ptr_array_index(adapter->addresses, i));
    append(text, "connection", line->str);
}

static void append_windows(GString *text, const GuestWindows *windows)
{
    g_autofree char *version = g_strdup_printf("%u.%u.%u.%u", windows->major, windows->minor,
                                               windows->build, windows->revision);
    append(text, "version", version);
    append(text, "service pack", windows->service_pack);
    append(text, "edition", windows->edition);
    append(text, "system root", windows->system_root);
    append(text, "installed", windows->install_date);
    append(text, "shut down", windows->last_shutdown);
    append(text, windows->is_domain_member ? "member of" : "domain", windows->domain);
    append(text, "workgroup", windows->workgroup);
    append_joined(text, "languages", windows->ui_languages);
    append(text, "time zone", windows->time_zone);
    append(text, "ran on", windows->hypervisor);
    append_joined(text, "boot drivers", windows->boot_drivers);
    for (guint i = 0; i < windows->adapters->len; i++)
        append_adapter(text, g_ptr_array_index(windows->adapters, i));
    for (guint i = 0; i < windows->persistent_routes->len; i++)
        append(text, "route", g_ptr_array_index(windows->persistent_routes, i));
}

static void append_linux(GString *text, const GuestLinux *facts)
{
    append(text, "boot loader", facts->boot_loader);
    append(text, "initramfs by", facts->initramfs_tool);
    for (guint i = 0; i < facts->kernels->len; i++) {
        const GuestKernel *kernel = g_ptr_array_index(facts->kernels, i);
        g_autofree char *line =
            g_strdup_printf("%s%s", kernel->version, kernel->is_default ? " (default)" : "");
        append(text, "kernel", line);
    }
    for (guint i = 0; i < facts->mounts->len; i++) {
        const GuestMount *mount = g_ptr_array_index(facts->mounts, i);
        g_autofree char *line =
            g_strdup_printf("%s on %s%s%s", mount->mount_point, mount->spec,
                            mount->volume ? " = " : "", mount->volume ? mount->volume->name : "");
        append(text, "mount", line);
    }
}

static void append_disk(GString *text, const MachineDisk *disk)
{
    g_autofree char *size = g_format_size_full(disk->size_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *line = g_strdup_printf(
        "%s%s%s (%s%s%s, %s)", disk->path ? disk->path : "new", disk->member ? " → " : "",
        disk->member ? disk->member : "", source_format_name(disk->format),
        disk->variant ? " " : "", disk->variant ? disk->variant : "", size);
    append(text, "disk", line);
    for (guint i = 0; i < disk->parents->len; i++)
        append(text, "  stands on", g_ptr_array_index(disk->parents, i));
}

static void append_volumes(GString *text, const VolumeSet *set)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        g_autofree char *size =
            g_format_size_full(disk_size(volume->disk), G_FORMAT_SIZE_IEC_UNITS);
        g_autofree char *line = g_strdup_printf(
            "%s %s%s%s, %s%s%s", volume->name,
            volume->probe->type ? volume->probe->type : "unknown", volume->encryption ? " in " : "",
            volume->encryption ? volume->encryption : "", size, volume->probe->label ? ", " : "",
            volume->probe->label ? volume->probe->label : "");
        append(text, "volume", line);
    }
}

char *summary_text(const Machine *machine, const Guest *guest, const VolumeSet *set,
                   const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);
    append(text, "name", machine->name);
    append(text, "system", guest->product_name);
    append(text, "architecture", guest->architecture);
    append(text, "firmware", firmware_label(guest->firmware));
    append(text, "host name", guest->hostname);
    append(text, "osinfo", guest->osinfo_id);
    if (guest->kind == GUEST_WINDOWS)
        append_windows(text, &guest->windows_facts);
    else
        append_linux(text, &guest->linux_facts);
    for (guint i = 0; i < machine->disks->len; i++)
        append_disk(text, g_ptr_array_index(machine->disks, i));
    append_volumes(text, set);
    plan_text_append_findings(text, findings);
    return g_string_free(text, FALSE);
}

static void append_hardware(GString *text, const Machine *machine)
{
    if (machine->cpus > 0) {
        g_autofree char *cpus = g_strdup_printf("%u", machine->cpus);
        append(text, "CPUs", cpus);
    }
    if (machine->memory_bytes > 0) {
        g_autofree char *memory =
            g_format_size_full(machine->memory_bytes, G_FORMAT_SIZE_IEC_UNITS);
        append(text, "memory", memory);
    }
    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = g_ptr_array_index(machine->nics, i);
        g_autofree char *line =
            g_strdup_printf("%s%s%s%s%s%s%s", nic->mac ? nic->mac : "no address",
                            nic->model ? ", " : "", nic->model ? nic->model : "",
                            nic->network ? ", " : "", nic->network ? nic->network : "",
                            nic->guest_name ? ", " : "", nic->guest_name ? nic->guest_name : "");
        append(text, "network card", line);
    }
    for (guint i = 0; i < machine->drives->len; i++) {
        const MachineDrive *drive = g_ptr_array_index(machine->drives, i);
        append(text, drive->kind == MACHINE_DRIVE_CDROM ? "CD drive" : "floppy drive",
               drive->medium ? drive->medium : "empty");
    }
}

char *summary_source(const Machine *machine, const GPtrArray *disk_errors,
                     const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);
    append(text, "name", machine->name);
    append(text, "read from", machine->config_path ? machine->config_path : "its disks");
    append(text, "system", machine->guest_os);
    append(text, "firmware", firmware_label(machine->firmware));
    append(text, "uuid", machine->uuid);
    append_hardware(text, machine);
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        const GError *error = g_ptr_array_index(disk_errors, i);
        if (error)
            append(text, "disk", error->message);
        else
            append_disk(text, disk);
    }
    plan_text_append_findings(text, findings);
    return g_string_free(text, FALSE);
}
