/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks, network cards and the rest of the hardware. */
#include "domain/devices.h"

#include <string.h>

static const char *bus_name(DomainBus bus)
{
    switch (bus) {
    case DOMAIN_BUS_VIRTIO:
        return "virtio";
    case DOMAIN_BUS_SCSI:
        return "scsi";
    case DOMAIN_BUS_SATA:
        return "sata";
    case DOMAIN_BUS_IDE:
        return "ide";
    default:
        return "virtio";
    }
}

/* sda … sdz, sdaa …, as Linux counts. */
static char *target_name(DomainBus bus, guint index)
{
    GString *name = g_string_new(NULL);

    for (guint left = index + 1; left > 0; left = (left - 1) / 26) {
        g_string_prepend_c(name, (char)('a' + (left - 1) % 26));
    }
    g_string_prepend(name, bus == DOMAIN_BUS_VIRTIO ? "vd" : bus == DOMAIN_BUS_IDE ? "hd" : "sd");
    return g_string_free(name, FALSE);
}

static void write_disk(XmlWriter *xml, const DomainPlan *plan, guint index)
{
    const MachineDisk *disk = g_ptr_array_index(plan->machine->disks, index);
    g_autofree char *target = target_name(plan->disk_bus, index);

    xml_start(xml, "disk");
    xml_attribute(xml, "type", "file");
    xml_attribute(xml, "device", "disk");
    if (plan->options->disk_transitional && plan->disk_bus == DOMAIN_BUS_VIRTIO)
        xml_attribute(xml, "model", "virtio-transitional");
    xml_empty(xml, "driver", "name", "qemu", "type", "qcow2", "discard", "unmap", NULL);
    xml_empty(xml, "source", "file", plan->options->disk_paths[index], NULL);
    /* Partition tables and boot loaders count in the sectors the disk had. */
    if (disk->sector_size == 4096) {
        xml_empty(xml, "blockio", "logical_block_size", "4096", "physical_block_size", "4096",
                  NULL);
    }
    xml_empty(xml, "target", "dev", target, "bus", bus_name(plan->disk_bus), NULL);
    xml_start(xml, "boot");
    xml_attribute_number(xml, "order", (gint64)index + 1);
    xml_end(xml);
    xml_end(xml);
}

static void write_usb(XmlWriter *xml, PlanUsb usb)
{
    static const char *const companions[] = {"ich9-uhci1", "ich9-uhci2", "ich9-uhci3"};

    if (usb == PLAN_USB_XHCI) {
        xml_empty(xml, "controller", "type", "usb", "index", "0", "model", "qemu-xhci", "ports",
                  "15", NULL);
        return;
    }
    if (usb == PLAN_USB_UHCI) {
        xml_empty(xml, "controller", "type", "usb", "index", "0", "model", "piix3-uhci", NULL);
        return;
    }
    xml_empty(xml, "controller", "type", "usb", "index", "0", "model", "ich9-ehci1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(companions); i++) {
        xml_start(xml, "controller");
        xml_attribute(xml, "type", "usb");
        xml_attribute(xml, "index", "0");
        xml_attribute(xml, "model", companions[i]);
        xml_start(xml, "master");
        xml_attribute_number(xml, "startport", (gint64)i * 2);
        xml_end(xml);
        xml_end(xml);
    }
}

static void write_controllers(XmlWriter *xml, const DomainPlan *plan)
{
    write_usb(xml, plan->usb);
    if (plan->disk_bus == DOMAIN_BUS_SCSI) {
        xml_empty(xml, "controller", "type", "scsi", "index", "0", "model", "virtio-scsi", NULL);
    }
    xml_empty(xml, "controller", "type", "virtio-serial", "index", "0", NULL);
}

/* What libvirt takes: six bytes, not a group address. Anything else is left to libvirt. */
static gboolean mac_is_usable(const char *mac)
{
    if (mac == NULL || strlen(mac) != 17) {
        return FALSE;
    }
    for (guint i = 0; i < 17; i++) {
        if (i % 3 == 2 ? mac[i] != ':' : !g_ascii_isxdigit(mac[i])) {
            return FALSE;
        }
    }
    return g_ascii_xdigit_value(mac[1]) % 2 == 0 && strcmp(mac, "00:00:00:00:00:00") != 0;
}

static void write_interface(XmlWriter *xml, const DomainPlan *plan, const MachineNic *nic)
{
    xml_start(xml, "interface");
    xml_attribute(xml, "type", "network");
    if (mac_is_usable(nic->mac)) {
        xml_empty(xml, "mac", "address", nic->mac, NULL);
    }
    xml_empty(xml, "source", "network", plan->network, NULL);
    xml_empty(xml, "model", "type",
              plan->options->nic_model == NULL ? "virtio" : plan->options->nic_model, NULL);
    xml_end(xml);
}

static void write_consoles(XmlWriter *xml)
{
    xml_start(xml, "serial");
    xml_attribute(xml, "type", "pty");
    xml_empty(xml, "target", "port", "0", NULL);
    xml_end(xml);
    xml_start(xml, "console");
    xml_attribute(xml, "type", "pty");
    xml_empty(xml, "target", "type", "serial", "port", "0", NULL);
    xml_end(xml);
    xml_start(xml, "channel");
    xml_attribute(xml, "type", "unix");
    xml_empty(xml, "target", "type", "virtio", "name", "org.qemu.guest_agent.0", NULL);
    xml_end(xml);
}

static void write_display(XmlWriter *xml, const DomainPlan *plan)
{
    xml_empty(xml, "input", "type", "tablet", "bus", "usb", NULL);
    if (!plan->is_x86) {
        xml_empty(xml, "input", "type", "keyboard", "bus", "usb", NULL);
    }
    xml_start(xml, "graphics");
    xml_attribute(xml, "type", "vnc");
    xml_attribute(xml, "port", "-1");
    xml_attribute(xml, "autoport", "yes");
    xml_attribute(xml, "listen", "127.0.0.1");
    xml_empty(xml, "listen", "type", "address", "address", "127.0.0.1", NULL);
    xml_end(xml);
    xml_start(xml, "video");
    xml_empty(xml, "model", "type", plan->video, NULL);
    xml_end(xml);
}

static void write_rest(XmlWriter *xml, const DomainPlan *plan)
{
    if (plan->tpm) {
        xml_start(xml, "tpm");
        xml_attribute(xml, "model", "tpm-crb");
        xml_empty(xml, "backend", "type", "emulator", "version", "2.0", NULL);
        xml_end(xml);
    }
    xml_empty(xml, "memballoon", "model", "virtio", NULL);
    xml_start(xml, "rng");
    xml_attribute(xml, "model", "virtio");
    xml_start(xml, "backend");
    xml_attribute(xml, "model", "random");
    xml_text(xml, "/dev/urandom");
    xml_end(xml);
    xml_end(xml);
    /* Windows has no driver of its own and would ask for one. */
    if (plan->is_q35 && !plan->is_windows) {
        xml_empty(xml, "panic", "model", "isa", NULL);
    }
}

void domain_write_devices(XmlWriter *xml, const DomainPlan *plan)
{
    xml_start(xml, "devices");
    for (guint i = 0; i < plan->machine->disks->len; i++) {
        write_disk(xml, plan, i);
    }
    write_controllers(xml, plan);
    for (guint i = 0; i < plan->machine->nics->len; i++) {
        write_interface(xml, plan, g_ptr_array_index(plan->machine->nics, i));
    }
    write_consoles(xml);
    write_display(xml, plan);
    write_rest(xml, plan);
    xml_end(xml);
}
