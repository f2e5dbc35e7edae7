/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks, network cards and the rest of the hardware. */
#include "domain/devices.h"

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

static void write_disk(XmlWriter *xml, const DomainPlan *plan, const Drive *drive)
{
    const MachineDisk *disk = g_ptr_array_index(plan->machine->disks, drive->disk);

    xml_write_start(xml, "disk");
    xml_write_attribute(xml, "type", "file");
    xml_write_attribute(xml, "device", "disk");
    if (plan->options->disk_transitional && drive->bus == DOMAIN_BUS_VIRTIO)
        xml_write_attribute(xml, "model", "virtio-transitional");
    xml_write_empty(xml, "driver", "name", "qemu", "type", "qcow2", "discard", "unmap", NULL);
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
            xml_write_end(xml);
        }
    }
    xml_write_empty(xml, "controller", "type", "virtio-serial", "index", "0", NULL);
}

static void write_interface(XmlWriter *xml, const DomainPlan *plan, const MachineNic *nic)
{
    /* Anything but a card's own address is left to libvirt, which would refuse it. */
    g_autofree char *mac = nic->mac == NULL ? NULL : machine_mac_normalise(nic->mac);

    xml_write_start(xml, "interface");
    xml_write_attribute(xml, "type", "network");
    if (mac != NULL)
        xml_write_empty(xml, "mac", "address", mac, NULL);
    xml_write_empty(xml, "source", "network", domain_plan_network(plan, nic), NULL);
    xml_write_empty(xml, "model", "type",
                    plan->options->nic_model == NULL ? "virtio" : plan->options->nic_model, NULL);
    if (nic->is_disconnected)
        xml_write_empty(xml, "link", "state", "down", NULL);
    xml_write_end(xml);
}

static void write_consoles(XmlWriter *xml)
{
    xml_write_start(xml, "serial");
    xml_write_attribute(xml, "type", "pty");
    xml_write_empty(xml, "target", "port", "0", NULL);
    xml_write_end(xml);
    xml_write_start(xml, "console");
    xml_write_attribute(xml, "type", "pty");
    xml_write_empty(xml, "target", "type", "serial", "port", "0", NULL);
    xml_write_end(xml);
    xml_write_start(xml, "channel");
    xml_write_attribute(xml, "type", "unix");
    xml_write_empty(xml, "target", "type", "virtio", "name", "org.qemu.guest_agent.0", NULL);
    xml_write_end(xml);
}

static void write_display(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_empty(xml, "input", "type", "tablet", "bus", "usb", NULL);
    if (!plan->is_x86) {
        xml_write_empty(xml, "input", "type", "keyboard", "bus", "usb", NULL);
    }
    xml_write_start(xml, "graphics");
    xml_write_attribute(xml, "type", "vnc");
    xml_write_attribute(xml, "port", "-1");
    xml_write_attribute(xml, "autoport", "yes");
    xml_write_attribute(xml, "listen", "127.0.0.1");
    xml_write_empty(xml, "listen", "type", "address", "address", "127.0.0.1", NULL);
    xml_write_end(xml);
    xml_write_start(xml, "video");
    xml_write_empty(xml, "model", "type", plan->video, NULL);
    xml_write_end(xml);
}

/* Nobody hears it on a server; without a backend named, QEMU would open the host's own card. */
static void write_sound(XmlWriter *xml, const DomainPlan *plan)
{
    if (plan->sound == NULL)
        return;
    xml_write_empty(xml, "sound", "model", plan->sound, NULL);
    xml_write_empty(xml, "audio", "id", "1", "type", "none", NULL);
}

static void write_rest(XmlWriter *xml, const DomainPlan *plan)
{
    if (plan->tpm_model != NULL) {
        xml_write_start(xml, "tpm");
        xml_write_attribute(xml, "model", plan->tpm_model);
        xml_write_empty(xml, "backend", "type", "emulator", "version", "2.0", NULL);
        xml_write_end(xml);
    }
    xml_write_empty(xml, "memballoon", "model", "virtio", NULL);
    xml_write_start(xml, "rng");
    xml_write_attribute(xml, "model", "virtio");
    xml_write_start(xml, "backend");
    xml_write_attribute(xml, "model", "random");
    xml_write_text(xml, "/dev/urandom");
    xml_write_end(xml);
    xml_write_end(xml);
    /* Windows has no driver of its own and would ask for one. */
    if (plan->is_q35 && !plan->is_windows) {
        xml_write_empty(xml, "panic", "model", "isa", NULL);
    }
}

void domain_write_devices(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_start(xml, "devices");
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
    write_consoles(xml);
    write_display(xml, plan);
    write_sound(xml, plan);
    write_rest(xml, plan);
    xml_write_end(xml);
}
