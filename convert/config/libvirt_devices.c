/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of a libvirt domain (libvirt.org/formatdomain.html, "Devices"). */
#include "convert/config/libvirt_devices.h"

#include <string.h>

#include "base/finding.h"
#include "convert/config/xml_document.h"

#define UNITS_LIMIT 4096
#define ORDER_LIMIT 4096
#define VLAN_LIMIT 4095

static gboolean attribute_is(const xmlNode *element, const char *name, const char *value)
{
    g_autofree char *text = xml_attribute(element, name);
    return text && strcmp(text, value) == 0;
}

/* A number up to limit; 0 when there is none. */
static guint attribute_guint(const xmlNode *element, const char *name, guint limit)
{
    uint64_t number;
    return xml_attribute_number(element, name, &number) && number <= limit ? (guint)number : 0;
}

static MachineBus read_bus(const xmlNode *target)
{
    static const struct {
        const char *name;
        MachineBus bus;
    } buses[] = {{"ide", MACHINE_BUS_IDE},       {"scsi", MACHINE_BUS_SCSI},
                 {"sata", MACHINE_BUS_SATA},     {"nvme", MACHINE_BUS_NVME},
                 {"virtio", MACHINE_BUS_VIRTIO}, {"usb", MACHINE_BUS_USB},
                 {"fdc", MACHINE_BUS_FLOPPY}};
    /* Without a bus the name tells, as it does for libvirt. */
    static const struct {
        const char *start;
        MachineBus bus;
    } names[] = {{"hd", MACHINE_BUS_IDE},
                 {"sd", MACHINE_BUS_SCSI},
                 {"vd", MACHINE_BUS_VIRTIO},
                 {"fd", MACHINE_BUS_FLOPPY}};
    g_autofree char *bus = xml_attribute(target, "bus");
    g_autofree char *name = xml_attribute(target, "dev");
    for (guint i = 0; bus && i < G_N_ELEMENTS(buses); i++)
        if (strcmp(bus, buses[i].name) == 0)
            return buses[i].bus;
    for (guint i = 0; !bus && name && i < G_N_ELEMENTS(names); i++)
        if (g_str_has_prefix(name, names[i].start))
            return names[i].bus;
    return MACHINE_BUS_UNKNOWN;
}

/* "sda" is 0, "xvdb" 1, "sdaa" 26, … */
static guint name_index(const xmlNode *target)
{
    g_autofree char *name = xml_attribute(target, "dev");
    const char *d = name ? strchr(name, 'd') : NULL;
    guint index = 0;
    for (const char *c = d ? d + 1 : ""; g_ascii_islower(*c); c++) {
        index = index * 26 + (guint)(*c - 'a') + 1;
        if (index > UNITS_LIMIT)
            return 0;
    }
    return index > 0 ? index - 1 : 0;
}

static char *controller_model(const xmlNode *devices, const char *type, guint index)
{
    for (const xmlNode *controller = xml_child(devices, "controller"); controller;
         controller = xml_next(controller, "controller"))
        if (attribute_is(controller, "type", type) &&
            attribute_guint(controller, "index", UNITS_LIMIT) == index)
            return xml_attribute(controller, "model");
    return NULL;
}

static void read_address(const xmlNode *devices, const xmlNode *disk, MachineAddress *address)
{
    const xmlNode *target = xml_child(disk, "target");
    const xmlNode *drive = xml_child(disk, "address");
    if (drive && !attribute_is(drive, "type", "drive"))
        drive = NULL;
    address->bus = read_bus(target);
    guint index = name_index(target);
    guint controller = attribute_guint(drive, "controller", UNITS_LIMIT);
    guint unit = attribute_guint(drive, "unit", UNITS_LIMIT);
    switch (address->bus) {
    case MACHINE_BUS_IDE: /* each controller has two channels, which others call controllers */
        address->controller = drive ? controller * 2 + attribute_guint(drive, "bus", 1) : index / 2;
        address->unit = drive ? unit : index % 2;
        break;
    case MACHINE_BUS_SCSI:
    case MACHINE_BUS_SATA:
        /* Old SCSI controllers count targets, new ones units. */
        address->controller = controller;
        address->unit = drive ? MAX(unit, attribute_guint(drive, "target", UNITS_LIMIT)) : index;
        address->model = controller_model(
            devices, address->bus == MACHINE_BUS_SCSI ? "scsi" : "sata", controller);
        break;
    case MACHINE_BUS_UNKNOWN:
    case MACHINE_BUS_NVME:
    case MACHINE_BUS_USB:
    case MACHINE_BUS_VIRTIO:
    case MACHINE_BUS_FLOPPY:
        address->unit = index;
        break;
    }
}

/* protocol://HOST[:PORT]/NAME, or protocol+unix:///NAME?socket=PATH. Only NBD can be opened; of the
   others this is what the refusal says. */
static char *network_uri(const xmlNode *source)
{
    const xmlNode *host = xml_child(source, "host");
    g_autofree char *protocol = xml_attribute(source, "protocol");
    g_autofree char *name = xml_attribute(source, "name");
    g_autofree char *host_name = xml_attribute(host, "name");
    g_autofree char *port = xml_attribute(host, "port");
    g_autofree char *socket_path = xml_attribute(host, "socket");
    g_autofree char *escaped = g_uri_escape_string(name ? name : "", "/", FALSE);
    const char *secure = attribute_is(source, "tls", "yes") ? "s" : "";
    if (!protocol)
        return NULL;
    if (attribute_is(host, "transport", "unix")) {
        g_autofree char *path = g_uri_escape_string(socket_path ? socket_path : "", "/", FALSE);
        return g_strdup_printf("%s%s+unix:///%s?socket=%s", protocol, secure, escaped, path);
    }
    gboolean is_ipv6 = host_name && strchr(host_name, ':') && host_name[0] != '[';
    return g_strdup_printf("%s%s://%s%s%s%s%s/%s", protocol, secure, is_ipv6 ? "[" : "",
                           host_name ? host_name : "", is_ipv6 ? "]" : "", port ? ":" : "",
                           port ? port : "", escaped);
}

/* NULL: nothing is in it. */
static char *read_source(const xmlNode *disk)
{
    static const char *const attributes[] = {"file", "dev", "volume", "dir"};
    const xmlNode *source = xml_child(disk, "source");
    if (attribute_is(disk, "type", "network"))
        return source ? network_uri(source) : NULL;
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
        char *name = xml_attribute(source, attributes[i]);
        if (name)
            return name;
    }
    return NULL;
}

static void read_fixed_disk(const xmlNode *devices, const xmlNode *element, Machine *machine,
                            GPtrArray *findings)
{
    g_autofree char *source = read_source(element);
    g_autofree char *name = xml_attribute(xml_child(element, "target"), "dev");
    if (!source) {
        findings_add(findings, FINDING_SOURCE_DISK_WITHOUT_FILE, name);
        return;
    }
    if (xml_child(element, "transient"))
        findings_add(findings, FINDING_SOURCE_DISK_NONPERSISTENT, source);
    if (xml_child(element, "shareable"))
        findings_add(findings, FINDING_SOURCE_DISK_SHARED, source);
    MachineDisk *disk = machine_add_disk(machine);
    read_address(devices, element, &disk->address);
    disk->stored_name = g_steal_pointer(&source);
    disk->boot_order = attribute_guint(xml_child(element, "boot"), "order", ORDER_LIMIT);
}

/* A drive of the host that is handed through is a "lun", as a disk would be. */
static gboolean is_cdrom(const xmlNode *element)
{
    static const char *const parts[] = {"/dev/sr", "/dev/scd", "/dev/cdrom", "/cdrom/"};
    if (attribute_is(element, "device", "cdrom"))
        return TRUE;
    g_autofree char *source = read_source(element);
    for (guint i = 0; source && i < G_N_ELEMENTS(parts); i++)
        if (attribute_is(element, "device", "lun") && strstr(source, parts[i]))
            return TRUE;
    return FALSE;
}

static void read_disk(const xmlNode *devices, const xmlNode *element, Machine *machine,
                      GPtrArray *findings)
{
    gboolean is_cd = is_cdrom(element);
    if (!is_cd && !attribute_is(element, "device", "floppy")) {
        read_fixed_disk(devices, element, machine, findings);
        return;
    }
    MachineDrive *drive =
        machine_add_drive(machine, is_cd ? MACHINE_DRIVE_CDROM : MACHINE_DRIVE_FLOPPY);
    read_address(devices, element, &drive->address);
    drive->medium = read_source(element);
}

static char *read_network(const xmlNode *source)
{
    static const char *const attributes[] = {"network", "bridge", "portgroupid", "dev"};
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++) {
        char *name = xml_attribute(source, attributes[i]);
        if (name)
            return name;
    }
    return NULL;
}

static void read_interface(const xmlNode *element, Machine *machine)
{
    const xmlNode *mac = xml_child(element, "mac");
    const xmlNode *tag = xml_descendant(element, "vlan", "tag", NULL);
    g_autofree char *address = xml_attribute(mac, "address");
    MachineNic *nic = machine_add_nic(machine);
    nic->mac = machine_mac_normalise(address);
    nic->mac_is_static = nic->mac && attribute_is(mac, "type", "static");
    nic->network = read_network(xml_child(element, "source"));
    nic->model = xml_attribute(xml_child(element, "model"), "type");
    nic->is_disconnected = attribute_is(xml_child(element, "link"), "state", "down");
    /* Several tags are a trunk, which the guest takes apart itself. */
    if (tag && !xml_next(tag, "tag"))
        nic->vlan = attribute_guint(tag, "id", VLAN_LIMIT);
}

static void note_filesystem(const xmlNode *element, GPtrArray *findings)
{
    g_autofree char *name = xml_attribute(xml_child(element, "target"), "dir");
    findings_add(findings, FINDING_SOURCE_SHARED_FOLDER, name);
}

static void note_host_device(const xmlNode *element, GPtrArray *findings)
{
    const xmlNode *address = xml_descendant(element, "source", "address", NULL);
    g_autofree char *type = xml_attribute(element, "type");
    g_autofree char *bus = xml_attribute(address, "bus");
    g_autofree char *slot = xml_attribute(address, "slot");
    g_autofree char *subject =
        bus && slot ? g_strdup_printf("%s device %s:%s", type ? type : "a", bus, slot)
                    : g_strdup_printf("%s device", type ? type : "a");
    findings_add(findings, FINDING_SOURCE_HOST_DEVICE, subject);
}

void config_libvirt_read_devices(const xmlNode *devices, Machine *machine, GPtrArray *findings)
{
    for (const xmlNode *element = xml_child(devices, NULL); element;
         element = xml_next(element, NULL)) {
        if (xml_is(element, "disk"))
            read_disk(devices, element, machine, findings);
        else if (xml_is(element, "interface"))
            read_interface(element, machine);
        else if (xml_is(element, "filesystem"))
            note_filesystem(element, findings);
        else if (xml_is(element, "hostdev"))
            note_host_device(element, findings);
        else if (xml_is(element, "tpm"))
            machine->tpm = TRUE;
        else if (xml_is(element, "sound") && !machine->sound)
            machine->sound = xml_attribute(element, "model");
    }
    machine_sort_disks(machine);
}
