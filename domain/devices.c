/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks, network cards and the rest of the hardware. */
#include "domain/devices.h"

#include <string.h>

/* Of the element started last; "auto" is left to libvirt. */
static void write_wish(XmlWriter *xml, const DomainPlan *plan, TargetKey key, const char *name)
{
    if (!domain_wishes(plan, key, "auto"))
        xml_write_attribute(xml, name, domain_wish(plan, key));
}

/* They take turns. */
static void write_iothread(XmlWriter *xml, const DomainPlan *plan, guint index)
{
    const guint count = target_number(plan->options->target, TARGET_IOTHREADS);

    if (count > 0)
        xml_write_attribute_number(xml, "iothread", index % count + 1);
}

static void write_drive_address(XmlWriter *xml, const Drive *drive)
{
    if (drive->bus == DOMAIN_BUS_VIRTIO)
        return;
    xml_write_start(xml, "address");
    xml_write_attribute(xml, "type", "drive");
    xml_write_attribute_number(xml, "controller", drive->controller);
    xml_write_attribute_number(xml, "bus", drive->channel);
    xml_write_attribute_number(xml, "target", drive->target);
    xml_write_attribute_number(xml, "unit", drive->unit);
    xml_write_end(xml);
}

static void write_disk_driver(XmlWriter *xml, const DomainPlan *plan, const Drive *drive)
{
    xml_write_start(xml, "driver");
    xml_write_attribute(xml, "name", "qemu");
    xml_write_attribute(xml, "type",
                        plan->options->disk_format ? plan->options->disk_format : "qcow2");
    write_wish(xml, plan, TARGET_DISK_CACHE, "cache");
    write_wish(xml, plan, TARGET_DISK_IO, "io");
    xml_write_attribute(xml, "discard", domain_wish(plan, TARGET_DISK_DISCARD));
    write_wish(xml, plan, TARGET_DISK_DETECT_ZEROES, "detect_zeroes");
    if (drive->bus == DOMAIN_BUS_VIRTIO) {
        write_iothread(xml, plan, drive->disk);
        write_wish(xml, plan, TARGET_DISK_QUEUES, "queues");
    }
    xml_write_end(xml);
}

static void write_disk(XmlWriter *xml, const DomainPlan *plan, const Drive *drive)
{
    const MachineDisk *disk = g_ptr_array_index(plan->machine->disks, drive->disk);

    xml_write_start(xml, "disk");
    xml_write_attribute(xml, "type", "file");
    xml_write_attribute(xml, "device", "disk");
    if (plan->options->disk_transitional && drive->bus == DOMAIN_BUS_VIRTIO)
        xml_write_attribute(xml, "model", "virtio-transitional");
    write_disk_driver(xml, plan, drive);
    xml_write_empty(xml, "source", "file", plan->options->disk_paths[drive->disk], NULL);
    /* Partition tables and boot loaders count in the sectors the disk had. */
    if (disk->sector_size == 4096) {
        xml_write_empty(xml, "blockio", "logical_block_size", "4096", "physical_block_size", "4096",
                        NULL);
    }
    xml_write_empty(xml, "target", "dev", drive->name, "bus", drives_bus_name(drive->bus), NULL);
    xml_write_start(xml, "boot");
    xml_write_attribute_number(xml, "order", (gint64)drive->disk + 1);
    xml_write_end(xml);
    write_drive_address(xml, drive);
    xml_write_end(xml);
}

/* Media are not migrated. */
static void write_empty_drive(XmlWriter *xml, const Drive *drive)
{
    xml_write_start(xml, "disk");
    xml_write_attribute(xml, "type", "file");
    xml_write_attribute(xml, "device", drive->kind == DRIVE_CDROM ? "cdrom" : "floppy");
    xml_write_empty(xml, "driver", "name", "qemu", "type", "raw", NULL);
    xml_write_empty(xml, "target", "dev", drive->name, "bus", drives_bus_name(drive->bus), NULL);
    if (drive->kind == DRIVE_CDROM)
        xml_write_empty(xml, "readonly", NULL);
    write_drive_address(xml, drive);
    xml_write_end(xml);
}

static void write_usb(XmlWriter *xml, PlanUsb usb)
{
    static const char *const companions[] = {"ich9-uhci1", "ich9-uhci2", "ich9-uhci3"};

    if (usb == PLAN_USB_NONE) {
        xml_write_empty(xml, "controller", "type", "usb", "index", "0", "model", "none", NULL);
        return;
    }
    if (usb == PLAN_USB_XHCI) {
        xml_write_empty(xml, "controller", "type", "usb", "index", "0", "model", "qemu-xhci",
                        "ports", "15", NULL);
        return;
    }
    if (usb == PLAN_USB_UHCI) {
        xml_write_empty(xml, "controller", "type", "usb", "index", "0", "model", "piix3-uhci",
                        NULL);
        return;
    }
    xml_write_empty(xml, "controller", "type", "usb", "index", "0", "model", "ich9-ehci1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(companions); i++) {
        xml_write_start(xml, "controller");
        xml_write_attribute(xml, "type", "usb");
        xml_write_attribute(xml, "index", "0");
        xml_write_attribute(xml, "model", companions[i]);
        xml_write_start(xml, "master");
        xml_write_attribute_number(xml, "startport", (gint64)i * 2);
        xml_write_end(xml);
        xml_write_end(xml);
    }
}

static void write_scsi_driver(XmlWriter *xml, const DomainPlan *plan, guint index)
{
    if (domain_wishes(plan, TARGET_DISK_QUEUES, "auto") &&
        domain_wishes(plan, TARGET_IOTHREADS, "none"))
        return;
    xml_write_start(xml, "driver");
    write_wish(xml, plan, TARGET_DISK_QUEUES, "queues");
    write_iothread(xml, plan, index);
    xml_write_end(xml);
}

static gboolean has_channels(const DomainPlan *plan)
{
    return domain_wishes(plan, TARGET_GUEST_AGENT, "yes") ||
           domain_wishes(plan, TARGET_GRAPHICS, "spice");
}

/* The boards have one IDE and one floppy controller each, of their own. */
static void write_controllers(XmlWriter *xml, const DomainPlan *plan)
{
    static const struct {
        DomainBus bus;
        const char *model;
    } rows[] = {{DOMAIN_BUS_SATA, NULL}, {DOMAIN_BUS_SCSI, "virtio-scsi"}};

    write_usb(xml, plan->usb);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const guint count = drives_count_controllers(plan->drives, rows[i].bus);

        for (guint index = 0; index < count; index++) {
            xml_write_start(xml, "controller");
            xml_write_attribute(xml, "type", drives_bus_name(rows[i].bus));
            xml_write_attribute_number(xml, "index", index);
            xml_write_attribute(xml, "model", rows[i].model);
            if (rows[i].bus == DOMAIN_BUS_SCSI)
                write_scsi_driver(xml, plan, index);
            xml_write_end(xml);
        }
    }
    if (has_channels(plan))
        xml_write_empty(xml, "controller", "type", "virtio-serial", "index", "0", NULL);
}

static void write_interface(XmlWriter *xml, const DomainPlan *plan, const MachineNic *nic)
{
    /* Anything but a card's own address is left to libvirt, which would refuse it. */
    g_autofree char *mac = nic->mac == NULL ? NULL : machine_mac_normalise(nic->mac);

    const char *network = domain_plan_network(plan, nic);
    const char *bridge = g_str_has_prefix(network, "bridge:") ? network + strlen("bridge:") : NULL;
    const char *model = plan->options->nic_model == NULL ? "virtio" : plan->options->nic_model;

    xml_write_start(xml, "interface");
    xml_write_attribute(xml, "type", bridge != NULL ? "bridge" : "network");
    if (mac != NULL)
        xml_write_empty(xml, "mac", "address", mac, NULL);
    if (bridge != NULL)
        xml_write_empty(xml, "source", "bridge", bridge, NULL);
    else
        xml_write_empty(xml, "source", "network", network, NULL);
    xml_write_empty(xml, "model", "type", model, NULL);
    if (g_str_has_prefix(model, "virtio") && !domain_wishes(plan, TARGET_NIC_QUEUES, "auto"))
        xml_write_empty(xml, "driver", "name", "vhost", "queues",
                        domain_wish(plan, TARGET_NIC_QUEUES), NULL);
    if (nic->is_disconnected)
        xml_write_empty(xml, "link", "state", "down", NULL);
    xml_write_end(xml);
}

static void write_channel(XmlWriter *xml, const char *type, const char *name)
{
    xml_write_start(xml, "channel");
    xml_write_attribute(xml, "type", type);
    xml_write_empty(xml, "target", "type", "virtio", "name", name, NULL);
    xml_write_end(xml);
}

static void write_consoles(XmlWriter *xml, const DomainPlan *plan)
{
    if (domain_wishes(plan, TARGET_SERIAL_CONSOLE, "yes")) {
        xml_write_start(xml, "serial");
        xml_write_attribute(xml, "type", "pty");
        xml_write_empty(xml, "target", "port", "0", NULL);
        xml_write_end(xml);
        xml_write_start(xml, "console");
        xml_write_attribute(xml, "type", "pty");
        xml_write_empty(xml, "target", "type", "serial", "port", "0", NULL);
        xml_write_end(xml);
    }
    if (domain_wishes(plan, TARGET_GUEST_AGENT, "yes"))
        write_channel(xml, "unix", "org.qemu.guest_agent.0");
    if (domain_wishes(plan, TARGET_GRAPHICS, "spice"))
        write_channel(xml, "spicevmc", "com.redhat.spice.0");
}

static void write_graphics(XmlWriter *xml, const DomainPlan *plan)
{
    const char *graphics = domain_wish(plan, TARGET_GRAPHICS);
    const char *listen = domain_wish(plan, TARGET_GRAPHICS_LISTEN);

    if (g_str_equal(graphics, "none"))
        return;
    xml_write_start(xml, "graphics");
    xml_write_attribute(xml, "type", graphics);
    xml_write_attribute(xml, "port", "-1");
    xml_write_attribute(xml, "autoport", "yes");
    xml_write_attribute(xml, "listen", listen);
    write_wish(xml, plan, TARGET_KEYMAP, "keymap");
    xml_write_empty(xml, "listen", "type", "address", "address", listen, NULL);
    xml_write_end(xml);
}

static void write_display(XmlWriter *xml, const DomainPlan *plan)
{
    const gboolean has_usb = plan->usb != PLAN_USB_NONE;

    if (has_usb && domain_wishes(plan, TARGET_TABLET, "yes"))
        xml_write_empty(xml, "input", "type", "tablet", "bus", "usb", NULL);
    if (!plan->is_x86) {
        xml_write_empty(xml, "input", "type", "keyboard", "bus", has_usb ? "usb" : "virtio", NULL);
    }
    write_graphics(xml, plan);
    xml_write_start(xml, "video");
    xml_write_empty(xml, "model", "type", plan->video, NULL);
    xml_write_end(xml);
}

/* Nobody hears it on a server; without a backend named, QEMU would open the host's own card. */
static void write_sound(XmlWriter *xml, const DomainPlan *plan)
{
    const char *backend = domain_wishes(plan, TARGET_GRAPHICS, "spice") ? "spice" : "none";

    if (plan->sound == NULL)
        return;
    xml_write_empty(xml, "sound", "model", plan->sound, NULL);
    xml_write_empty(xml, "audio", "id", "1", "type", backend, NULL);
}

static void write_tpm(XmlWriter *xml, const DomainPlan *plan)
{
    if (plan->tpm_model == NULL)
        return;
    xml_write_start(xml, "tpm");
    xml_write_attribute(xml, "model", plan->tpm_model);
    xml_write_empty(xml, "backend", "type", "emulator", "version",
                    domain_wish(plan, TARGET_TPM_VERSION), NULL);
    xml_write_end(xml);
}

static void write_balloon(XmlWriter *xml, const DomainPlan *plan)
{
    static const struct {
        TargetKey key;
        const char *name;
    } rows[] = {{TARGET_BALLOON_AUTODEFLATE, "autodeflate"},
                {TARGET_BALLOON_REPORTING, "freePageReporting"}};

    xml_write_start(xml, "memballoon");
    xml_write_attribute(xml, "model", domain_wish(plan, TARGET_BALLOON));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (domain_wishes(plan, TARGET_BALLOON, "virtio") &&
            domain_wishes(plan, rows[i].key, "yes"))
            xml_write_attribute(xml, rows[i].name, "on");
    xml_write_end(xml);
}

static void write_rng(XmlWriter *xml, const DomainPlan *plan)
{
    if (domain_wishes(plan, TARGET_RNG, "none"))
        return;
    xml_write_start(xml, "rng");
    xml_write_attribute(xml, "model", "virtio");
    xml_write_start(xml, "backend");
    xml_write_attribute(xml, "model", "random");
    xml_write_text(xml, domain_wishes(plan, TARGET_RNG, "random") ? "/dev/random" : "/dev/urandom");
    xml_write_end(xml);
    xml_write_end(xml);
}

static void write_rest(XmlWriter *xml, const DomainPlan *plan)
{
    write_tpm(xml, plan);
    if (plan->watchdog != NULL)
        xml_write_empty(xml, "watchdog", "model", plan->watchdog, "action",
                        domain_wish(plan, TARGET_WATCHDOG_ACTION), NULL);
    write_balloon(xml, plan);
    write_rng(xml, plan);
    if (plan->panic != NULL)
        xml_write_empty(xml, "panic", "model", plan->panic, NULL);
}

void domain_write_devices(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_start(xml, "devices");
    if (!domain_wishes(plan, TARGET_EMULATOR, "auto"))
        xml_write_element(xml, "emulator", domain_wish(plan, TARGET_EMULATOR));
    for (guint i = 0; i < plan->drives->len; i++) {
        const Drive *drive = g_ptr_array_index(plan->drives, i);

        if (drive->kind == DRIVE_DISK)
            write_disk(xml, plan, drive);
        else
            write_empty_drive(xml, drive);
    }
    write_controllers(xml, plan);
    for (guint i = 0; i < plan->machine->nics->len; i++) {
        write_interface(xml, plan, g_ptr_array_index(plan->machine->nics, i));
    }
    write_consoles(xml, plan);
    write_display(xml, plan);
    write_sound(xml, plan);
    write_rest(xml, plan);
    xml_write_end(xml);
}
