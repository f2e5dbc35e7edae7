/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What VirtualBox adds to an OVF. */
#include "convert/config/ovf_virtualbox.h"

#include <string.h>

static gboolean attribute_is(const xmlNode *element, const char *name, const char *value)
{
    g_autofree char *text = xml_attribute(element, name);
    return text && g_ascii_strcasecmp(text, value) == 0;
}

/* The OVF lists the adapters that are switched on in the order of their slots. */
static void read_adapters(const xmlNode *network, Machine *machine)
{
    guint number = 0;
    for (const xmlNode *adapter = xml_child(network, "Adapter");
         adapter && number < machine->nics->len; adapter = xml_next(adapter, "Adapter")) {
        if (!attribute_is(adapter, "enabled", "true"))
            continue;
        MachineNic *nic = g_ptr_array_index(machine->nics, number++);
        g_autofree char *address = xml_attribute(adapter, "MACAddress");
        if (!nic->mac && address)
            nic->mac = machine_mac_normalise(address);
        if (attribute_is(adapter, "cable", "false"))
            nic->is_disconnected = TRUE;
    }
}

void ovf_virtualbox_read(const xmlNode *element, Machine *machine)
{
    const xmlNode *hardware = xml_child(element, "Hardware");
    if (!element)
        return;
    g_autofree char *uuid = xml_attribute(hardware, "uuid"); /* differs where it was changed */
    g_autofree char *own_uuid = xml_attribute(element, "uuid");
    if (!machine->uuid)
        machine->uuid = machine_uuid_normalise(uuid ? uuid : own_uuid ? own_uuid : "");

    g_autofree char *firmware = xml_attribute(xml_child(hardware, "Firmware"), "type");
    if (machine->firmware == FIRMWARE_UNKNOWN)
        machine->firmware = firmware && g_ascii_strncasecmp(firmware, "EFI", 3) == 0
                                ? FIRMWARE_UEFI
                                : FIRMWARE_BIOS; /* what it has when it does not say */
    g_autofree char *tpm = xml_attribute(xml_child(hardware, "TrustedPlatformModule"), "type");
    if (tpm && g_ascii_strcasecmp(tpm, "None") != 0)
        machine->tpm = TRUE;
    read_adapters(xml_child(hardware, "Network"), machine);
}
