/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks, drives and network adapters in the keys of a Hyper-V configuration. The manifest lists the
   devices (type and instance); what an instance consists of is below "_INSTANCE_". IDE and floppy
   controllers have the same instance in every machine and are not in the manifest of older ones. */
#include "convert/config/hyperv_devices.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/finding.h"

#define IDE "_83f8638b-8dca-4152-9eda-2ca8b33039b4_"
#define FLOPPY "_8f0d2762-0b00-4e04-af4f-19010527cb93_"
#define TYPE_SCSI "d422512d-2bf2-4752-809d-7b82b5fcb1b4"
#define TYPE_SYNTHETIC_NIC "2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778"
#define VLAN_FEATURE "Connection/Feature_952C5004-4465-451C-8CB8-FA9AB382B773"

enum {
    VLAN_MODE_ACCESS = 1, /* msvm_ethernetswitchportvlansettingdata, OperationMode */
    VLAN_MAX = 4094,
};

static void add_disk(const HypervKey *drive, MachineAddress address, Machine *machine)
{
    MachineDisk *disk = machine_add_disk(machine);
    disk->address = address;
    disk->address.model = g_strdup(address.model);
    disk->stored_name = g_strdup(hyperv_key_get_string(drive, "pathname"));
}

static void add_drive(const HypervKey *drive, MachineDriveKind kind, MachineAddress address,
                      Machine *machine)
{
    MachineDrive *added = machine_add_drive(machine, kind);
    added->address = address;
    added->address.model = g_strdup(address.model);
    added->medium = g_strdup(hyperv_key_get_string(drive, "pathname"));
}

static void read_drive(const HypervKey *drive, MachineAddress address, Machine *machine,
                       GPtrArray *findings)
{
    const char *type = hyperv_key_get_string(drive, "type");
    const char *path = hyperv_key_get_string(drive, "pathname");
    if (!type || g_ascii_strcasecmp(type, "NONE") == 0)
        return;
    if (g_ascii_strcasecmp(type, "ISO") == 0) {
        add_drive(drive, MACHINE_DRIVE_CDROM, address, machine);
    } else if (g_ascii_strcasecmp(type, "VFD") == 0) {
        add_drive(drive, MACHINE_DRIVE_FLOPPY, address, machine);
    } else if (g_ascii_strcasecmp(type, "VHD") == 0 &&
               (!path || !g_str_has_prefix(path, "\\\\.\\"))) {
        if (path) /* else a disk drive without a disk */
            add_disk(drive, address, machine);
    } else {
        const char *bus = machine_bus_name(address.bus);
        g_autofree char *subject = g_strdup_printf(
            "%s%u:%u (%s)", bus ? bus : "", address.controller, address.unit, path ? path : type);
        findings_add(findings, FINDING_SOURCE_PHYSICAL_DISK, subject);
    }
}

/* first: the number of the machine's controller that "controller0" of this device is. */
static void read_controllers(const HypervKey *device, MachineBus bus, guint first,
                             const char *model, Machine *machine, GPtrArray *findings)
{
    for (guint i = 0; device && device->children && i < device->children->len; i++) {
        const HypervKey *controller = g_ptr_array_index(device->children, i);
        MachineAddress address = {bus, 0, 0, (char *)(uintptr_t)model};
        guint number;
        if (!controller->children || !hyperv_key_get_number(controller, "controller", &number))
            continue;
        address.controller = first + number;
        for (guint j = 0; j < controller->children->len; j++) {
            const HypervKey *drive = g_ptr_array_index(controller->children, j);
            if (hyperv_key_get_number(drive, "drive", &address.unit))
                read_drive(drive, address, machine, findings);
        }
    }
}

/* The layout of the setting is not documented: this is how the properties of its class lie in
   order, as they do in the settings that were seen. So whatever was read, the user is told to
   compare. */
static guint read_vlan(const HypervKey *card, const char *card_name, GPtrArray *findings)
{
    const HypervKey *feature = hyperv_key_find(card, VLAN_FEATURE);
    guint vlan = 0;
    for (guint i = 0; feature && feature->children && i < feature->children->len; i++) {
        const HypervKey *setting = g_ptr_array_index(feature->children, i);
        const HypervKey *data = hyperv_key_find(setting, "Data");
        if (!g_str_has_prefix(setting->name, "Setting_") || !data || data->type != HYPERV_KEY_BYTES)
            continue;
        size_t length;
        const uint8_t *bytes = g_bytes_get_data(data->bytes, &length);
        if (length >= 6 && get_le32(bytes) == VLAN_MODE_ACCESS && get_le16(bytes + 4) >= 1 &&
            get_le16(bytes + 4) <= VLAN_MAX)
            vlan = get_le16(bytes + 4);
        g_autofree char *subject = vlan ? g_strdup_printf("'%s' (read as VLAN %u)", card_name, vlan)
                                        : g_strdup_printf("'%s'", card_name);
        findings_add(findings, FINDING_SOURCE_VLAN, subject);
    }
    return vlan;
}

static const char *either(const char *first, const char *second)
{
    return first ? first : second;
}

static void read_synthetic_nic(const HypervKey *card, const char *instance, Machine *machine,
                               GPtrArray *findings)
{
    MachineNic *nic = machine_add_nic(machine);
    const char *name = either(hyperv_key_get_string(card, "FriendlyName"), "Network Adapter");
    nic->model = g_strdup("hyperv-synthetic");
    nic->mac = machine_mac_normalise(hyperv_key_get_string(card, "MacAddress"));
    nic->mac_is_static = hyperv_key_get_boolean(card, "MacAddressIsStatic");
    nic->instance_id = machine_uuid_normalise(hyperv_key_get_string(card, "ChannelInstanceGuid"));
    if (!nic->instance_id)
        nic->instance_id = machine_uuid_normalise(instance);
    /* SwitchName is a GUID since 2012, the other one is what people call it. */
    nic->network = g_strdup(either(hyperv_key_get_string(card, "Connection/AltSwitchName"),
                                   hyperv_key_get_string(card, "SwitchName")));
    nic->is_disconnected = !hyperv_key_get_boolean(card, "IsConnected");
    nic->vlan = read_vlan(card, name, findings);
}

static void read_legacy_nic(const HypervKey *card, Machine *machine, GPtrArray *findings)
{
    if (!hyperv_key_get_boolean(card, "is_attached"))
        return;
    MachineNic *nic = machine_add_nic(machine);
    const char *name =
        either(hyperv_key_get_string(card, "friendly_name"), "Legacy Network Adapter");
    nic->model = g_strdup("hyperv-legacy");
    const HypervKey *mac = hyperv_key_find(card, "mac_address");
    size_t length = 0;
    const uint8_t *bytes =
        mac && mac->type == HYPERV_KEY_BYTES ? g_bytes_get_data(mac->bytes, &length) : NULL;
    if (length == 6) {
        g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                                                bytes[2], bytes[3], bytes[4], bytes[5]);
        nic->mac = machine_mac_normalise(text);
    } else {
        nic->mac = machine_mac_normalise(hyperv_key_get_string(card, "mac_address"));
    }
    nic->mac_is_static = hyperv_key_get_boolean(card, "mac_address_is_static");
    nic->network = g_strdup(either(hyperv_key_get_string(card, "Connection/AltSwitchName"),
                                   hyperv_key_get_string(card, "virtual_switch_name")));
    nic->is_disconnected = nic->network == NULL;
    nic->vlan = read_vlan(card, name, findings);
}

static const HypervKey *find_instance(const HypervKey *configuration, const char *instance)
{
    g_autofree char *guid = machine_uuid_normalise(instance);
    g_autofree char *name = guid ? g_strdup_printf("_%s_", guid) : NULL;
    return name ? hyperv_key_find(configuration, name) : NULL;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    const HypervKey *left = *(const HypervKey *const *)a, *right = *(const HypervKey *const *)b;
    return strcmp(left->name, right->name);
}

/* The entries of the manifest by their number. */
static GPtrArray *list_manifest(const HypervKey *manifest)
{
    GPtrArray *entries = g_ptr_array_new();
    for (guint i = 0; i < manifest->children->len; i++) {
        HypervKey *entry = g_ptr_array_index(manifest->children, i);
        guint number;
        if (hyperv_key_get_number(entry, "vdev", &number))
            g_ptr_array_add(entries, entry);
    }
    g_ptr_array_sort(entries, compare_names);
    return entries;
}

static void read_manifest(const HypervKey *configuration, const HypervKey *manifest,
                          Machine *machine, GPtrArray *findings)
{
    g_autoptr(GPtrArray) entries = list_manifest(manifest);
    guint scsi_controllers = 0;
    for (guint i = 0; i < entries->len; i++) {
        const HypervKey *entry = g_ptr_array_index(entries, i);
        const char *instance = hyperv_key_get_string(entry, "instance");
        g_autofree char *type = machine_uuid_normalise(hyperv_key_get_string(entry, "device"));
        const HypervKey *device = find_instance(configuration, instance);
        if (!type || !device)
            continue;
        if (g_str_equal(type, TYPE_SCSI))
            read_controllers(device, MACHINE_BUS_SCSI, scsi_controllers++, "hyperv-scsi", machine,
                             findings);
        else if (g_str_equal(type, TYPE_SYNTHETIC_NIC))
            read_synthetic_nic(device, instance, machine, findings);
    }
}

/* Cards of the emulated adapter are told by their key: its device is not always in the manifest. */
static void read_legacy_nics(const HypervKey *configuration, Machine *machine, GPtrArray *findings)
{
    for (guint i = 0; configuration->children && i < configuration->children->len; i++) {
        const HypervKey *device = g_ptr_array_index(configuration->children, i);
        for (guint j = 0; device->children && j < device->children->len; j++) {
            const HypervKey *card = g_ptr_array_index(device->children, j);
            guint number;
            if (device->name[0] == '_' && hyperv_key_get_number(card, "ethernet_card", &number))
                read_legacy_nic(card, machine, findings);
        }
    }
}

gboolean hyperv_devices_read(const HypervKey *configuration, Machine *machine, GPtrArray *findings,
                             GError **error)
{
    const HypervKey *manifest = hyperv_key_find(configuration, "manifest");
    if (!manifest || !manifest->children) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export the machine again",
                          "its list of devices is missing");
        return FALSE;
    }
    if (machine->generation == 1) {
        read_controllers(hyperv_key_find(configuration, IDE), MACHINE_BUS_IDE, 0, NULL, machine,
                         findings);
        read_controllers(hyperv_key_find(configuration, FLOPPY), MACHINE_BUS_FLOPPY, 0, NULL,
                         machine, findings);
    }
    read_manifest(configuration, manifest, machine, findings);
    if (machine->generation == 1)
        read_legacy_nics(configuration, machine, findings);
    return TRUE;
}
