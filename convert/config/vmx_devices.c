/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of a VMX: disks, drives, NICs, and what of them stays behind. */
#include "convert/config/vmx_devices.h"

#include <string.h>

#include "base/finding.h"
#include "convert/config/vmware_slot.h"

#define NICS_LIMIT 10
#define PORTS_LIMIT 32

/* Where disks and drives hang ("Configuration Maximums" of vSphere 8), in the order in which a disk
   to boot from is looked for. VMware does not document the order of its firmware; new machines get
   their first disk on IDE or SCSI, and SATA for CDs ("SCSI, SATA, and NVMe Storage Controller
   Conditions"), so that disks on SATA and NVMe beside others were added later. SCSI has no unit 7:
   that is the controller. */
typedef struct {
    const char *name;
    MachineBus bus;
    guint controllers, units;
} Bus;

static const Bus buses[] = {
    {"ide", MACHINE_BUS_IDE, 2, 2},
    {"scsi", MACHINE_BUS_SCSI, 4, 65},
    {"sata", MACHINE_BUS_SATA, 4, 30},
    {"nvme", MACHINE_BUS_NVME, 4, 64},
};

typedef enum {
    KIND_DISK,
    KIND_CDROM,
    KIND_HOST_DEVICE, /* handed through as it is: tapes, changers, … */
} UnitKind;

static gboolean has_suffix(const char *text, const char *suffix)
{
    size_t length = strlen(text), suffix_length = strlen(suffix);
    return length >= suffix_length &&
           g_ascii_strcasecmp(text + length - suffix_length, suffix) == 0;
}

static gboolean contains(const char *text, const char *part)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);
    return strstr(lower, part) != NULL;
}

static gboolean is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (g_ascii_strcasecmp(text, *words) == 0)
            return TRUE;
    return FALSE;
}

/* Old products leave deviceType out for IDE; a disk is what is called like one. */
static UnitKind guess_kind(MachineBus bus, const char *file_name)
{
    if (has_suffix(file_name, ".vmdk") || has_suffix(file_name, ".dsk"))
        return KIND_DISK;
    if (bus == MACHINE_BUS_IDE || has_suffix(file_name, ".iso"))
        return KIND_CDROM;
    return KIND_DISK;
}

static UnitKind unit_kind(MachineBus bus, const char *type, const char *file_name)
{
    static const char *const disks[] = {"disk",          "scsi-hardDisk", "ata-hardDisk",
                                        "sata-hardDisk", "nvme-hardDisk", "hardDisk",
                                        "plainDisk",     "rawDisk",       NULL};
    if (contains(type, "cdrom"))
        return KIND_CDROM;
    if (is_one_of(type, disks))
        return KIND_DISK;
    if (contains(type, "passthru"))
        return contains(file_name, "/cdrom/") ? KIND_CDROM : KIND_HOST_DEVICE;
    return guess_kind(bus, file_name);
}

/* What is in a drive: nothing that could be named when the file name is one of VMware's
   placeholders, or the medium is in a drive of the client or of the host. */
static char *read_medium(const Vmx *vmx, const char *device)
{
    static const char *const placeholders[] = {"auto detect", "emptyBackingString",
                                               "vmware-null-remote-floppy", NULL};
    const char *file_name = vmx_get_filled(vmx, device, "fileName");
    if (!file_name || is_one_of(file_name, placeholders) ||
        vmx_get_boolean(vmx, device, "clientDevice", FALSE) ||
        vmx_get_boolean(vmx, device, "autodetect", FALSE))
        return NULL;
    return g_strdup(file_name);
}

/* "scsi0:1,sata0:0": the disks in the order in which the BIOS tries them (VMware's KB 2011654). */
static guint boot_order(const Vmx *vmx, const char *device)
{
    const char *order = vmx_get(vmx, NULL, "bios.hddOrder");
    g_auto(GStrv) names = g_strsplit(order ? order : "", ",", 64);
    for (guint i = 0; names[i]; i++)
        if (g_ascii_strcasecmp(g_strstrip(names[i]), device) == 0)
            return i + 1;
    return 0;
}

static void set_address(const Vmx *vmx, const Bus *bus, guint controller, guint unit,
                        MachineAddress *address)
{
    g_autofree char *name = g_strdup_printf("%s%u", bus->name, controller);
    const char *model = vmx_get_filled(vmx, name, "virtualDev");
    address->bus = bus->bus;
    address->controller = controller;
    address->unit = unit;
    address->model = model ? g_ascii_strdown(model, -1) : NULL;
}

static void note_disk(const Vmx *vmx, const char *controller, const char *device,
                      const char *file_name, GPtrArray *findings)
{
    const char *mode = vmx_get(vmx, device, "mode");
    const char *bus_sharing = vmx_get_filled(vmx, controller, "sharedBus");
    const char *sharing = vmx_get_filled(vmx, device, "sharing");
    g_autofree char *subject = g_strdup_printf("%s (%s)", device, file_name);
    if (mode && g_ascii_strcasecmp(mode, "independent-nonpersistent") == 0)
        findings_add(findings, FINDING_SOURCE_DISK_NONPERSISTENT, subject);
    if ((bus_sharing && g_ascii_strcasecmp(bus_sharing, "none") != 0) ||
        (sharing && contains(sharing, "writer")))
        findings_add(findings, FINDING_SOURCE_DISK_SHARED, subject);
}

static void read_unit(const Vmx *vmx, const Bus *bus, guint controller, guint unit,
                      Machine *machine, GPtrArray *findings)
{
    g_autofree char *parent = g_strdup_printf("%s%u", bus->name, controller);
    g_autofree char *device = g_strdup_printf("%s:%u", parent, unit);
    if (!vmx_get_boolean(vmx, device, "present", FALSE))
        return;
    const char *type = vmx_get(vmx, device, "deviceType");
    const char *file_name = vmx_get(vmx, device, "fileName");
    switch (unit_kind(bus->bus, type ? type : "", file_name ? file_name : "")) {
    case KIND_CDROM: {
        MachineDrive *drive = machine_add_drive(machine, MACHINE_DRIVE_CDROM);
        set_address(vmx, bus, controller, unit, &drive->address);
        drive->medium = read_medium(vmx, device);
        return;
    }
    case KIND_HOST_DEVICE:
        findings_add(findings, FINDING_SOURCE_HOST_DEVICE, device);
        return;
    case KIND_DISK:
        break;
    }
    if (!file_name || !*file_name) {
        findings_add(findings, FINDING_SOURCE_DISK_WITHOUT_FILE, device);
        return;
    }
    MachineDisk *disk = machine_add_disk(machine);
    set_address(vmx, bus, controller, unit, &disk->address);
    disk->stored_name = g_strdup(file_name);
    disk->boot_order = boot_order(vmx, device);
    note_disk(vmx, parent, device, file_name, findings);
}

static void read_bus(const Vmx *vmx, const Bus *bus, Machine *machine, GPtrArray *findings)
{
    for (guint controller = 0; controller < bus->controllers; controller++) {
        /* IDE's are part of the chipset and have no such line. */
        g_autofree char *name = g_strdup_printf("%s%u", bus->name, controller);
        if (!vmx_get_boolean(vmx, name, "present", TRUE))
            continue;
        for (guint unit = 0; unit < bus->units; unit++)
            read_unit(vmx, bus, controller, unit, machine, findings);
    }
}

static void read_floppy(const Vmx *vmx, guint unit, Machine *machine)
{
    g_autofree char *device = g_strdup_printf("floppy%u", unit);
    if (!vmx_get_boolean(vmx, device, "present", FALSE))
        return;
    MachineDrive *drive = machine_add_drive(machine, MACHINE_DRIVE_FLOPPY);
    drive->address = (MachineAddress){.bus = MACHINE_BUS_FLOPPY, .unit = unit};
    drive->medium = read_medium(vmx, device);
}

static void read_mac(const Vmx *vmx, const char *device, MachineNic *nic)
{
    const char *type = vmx_get(vmx, device, "addressType");
    const char *chosen = vmx_get_filled(vmx, device, "address");
    const char *generated = vmx_get_filled(vmx, device, "generatedAddress");
    gboolean is_static = type ? g_ascii_strcasecmp(type, "static") == 0 : !generated;
    char *mac = machine_mac_normalise(is_static ? chosen : generated);
    nic->mac_is_static = is_static && mac;
    nic->mac = mac ? mac : machine_mac_normalise(is_static ? generated : chosen);
}

/* Without virtualDev it is the default of the guest: 64-bit systems never had the "flexible" one,
   which begins as a vlance. */
static char *read_model(const Vmx *vmx, const char *device, const char *guest_os)
{
    const char *model = vmx_get_filled(vmx, device, "virtualDev");
    if (model)
        return g_ascii_strdown(model, -1);
    if (!guest_os)
        return NULL;
    return g_strdup(has_suffix(guest_os, "-64") ? "e1000" : "vlance");
}

/* ESXi names port groups, vCenter's distributed switches only have an id here; Workstation and
   Fusion have kinds of connection and numbered networks. */
static char *read_network(const Vmx *vmx, const char *device)
{
    static const char *const keys[] = {"networkName", "dvs.portgroupId", "vnet", "connectionType"};
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *value = vmx_get_filled(vmx, device, keys[i]);
        /* On Linux hosts networks are devices: "/dev/vmnet1". */
        if (value)
            return g_strdup(g_str_has_prefix(value, "/dev/") ? value + strlen("/dev/") : value);
    }
    return NULL;
}

static char *read_guest_name(const Vmx *vmx, const char *device)
{
    gint64 slot;
    return vmx_get_number(vmx, device, "pciSlotNumber", &slot) && slot > 0
               ? vmware_slot_guest_name((uint64_t)slot)
               : NULL;
}

static void read_nic(const Vmx *vmx, guint number, Machine *machine)
{
    g_autofree char *device = g_strdup_printf("ethernet%u", number);
    if (!vmx_get_boolean(vmx, device, "present", FALSE))
        return;
    MachineNic *nic = machine_add_nic(machine);
    read_mac(vmx, device, nic);
    nic->model = read_model(vmx, device, machine->guest_os);
    nic->network = read_network(vmx, device);
    nic->guest_name = read_guest_name(vmx, device);
    nic->is_disconnected = !vmx_get_boolean(vmx, device, "startConnected", TRUE);
}

/* Devices of the source's host that the guest uses. */
static void note_host_devices(const Vmx *vmx, GPtrArray *findings)
{
    static const char *const names[] = {"pciPassthru", "serial", "parallel"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        for (guint number = 0; number < PORTS_LIMIT; number++) {
            g_autofree char *device = g_strdup_printf("%s%u", names[i], number);
            if (!vmx_get_boolean(vmx, device, "present", FALSE))
                continue;
            const char *type = vmx_get_filled(vmx, device, "fileType");
            /* Ports are devices of the host unless they lead to a file, a pipe or the network. */
            if (!type || g_ascii_strcasecmp(type, "device") == 0)
                findings_add(findings, FINDING_SOURCE_HOST_DEVICE, device);
        }
    }
}

static void note_shared_folders(const Vmx *vmx, GPtrArray *findings)
{
    for (guint number = 0; number < PORTS_LIMIT; number++) {
        g_autofree char *device = g_strdup_printf("sharedFolder%u", number);
        const char *name = vmx_get_filled(vmx, device, "guestName");
        if (vmx_get_boolean(vmx, device, "present", FALSE) &&
            vmx_get_boolean(vmx, device, "enabled", TRUE))
            findings_add(findings, FINDING_SOURCE_SHARED_FOLDER, name ? name : device);
    }
}

void config_vmx_read_devices(const Vmx *vmx, Machine *machine, GPtrArray *findings)
{
    for (guint i = 0; i < G_N_ELEMENTS(buses); i++)
        read_bus(vmx, &buses[i], machine, findings);
    machine_sort_disks(machine);
    for (guint unit = 0; unit < 2; unit++)
        read_floppy(vmx, unit, machine);
    for (guint number = 0; number < NICS_LIMIT; number++)
        read_nic(vmx, number, machine);
    note_host_devices(vmx, findings);
    note_shared_folders(vmx, findings);
}
