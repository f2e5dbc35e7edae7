/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What VirtualBox adds to an OVF. */
#include "convert/config/ovf_virtualbox.h"

#include <string.h>

static const char full[] =
    "<vbox:Machine xmlns:vbox='urn:v' name='Box' uuid='{DC77C962-ad6e-4801-9278-ce87f0754e46}'>"
    "<Hardware><Firmware type='EFI'/><TrustedPlatformModule type='v2_0' location=''/><Network>"
    "<Adapter slot='0' enabled='true' MACAddress='080027701AA4'/>"
    "<Adapter slot='1' enabled='false' MACAddress='080027701AA5'/>"
    "<Adapter slot='2' enabled='true' MACAddress='080027701AA6' cable='false'/>"
    "<Adapter slot='3' enabled='true' MACAddress='080027701AA7'/>"
    "</Network></Hardware></vbox:Machine>";

static XmlDocument *load(const char *text)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    XmlDocument *document = xml_document_load(bytes, &error);
    g_assert_no_error(error);
    return document;
}

static void test_full(void)
{
    g_autoptr(XmlDocument) document = load(full);
    g_autoptr(Machine) machine = machine_new("ovf");
    machine_add_nic(machine);
    machine_add_nic(machine);
    ovf_virtualbox_read(xml_document_root(document), machine);
    g_assert_cmpstr(machine->uuid, ==, "dc77c962-ad6e-4801-9278-ce87f0754e46");
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_UEFI);
    g_assert_true(machine->tpm);
    g_assert_cmpuint(machine->nics->len, ==, 2);
    const MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    g_assert_cmpstr(nic->mac, ==, "08:00:27:70:1a:a4");
    g_assert_false(nic->is_disconnected);
    nic = g_ptr_array_index(machine->nics, 1);
    g_assert_cmpstr(nic->mac, ==, "08:00:27:70:1a:a6");
    g_assert_true(nic->is_disconnected);
}

/* What the OVF itself says counts. */
static void test_said_before(void)
{
    g_autoptr(XmlDocument) document = load(full);
    g_autoptr(Machine) machine = machine_new("ovf");
    MachineNic *nic = machine_add_nic(machine);
    nic->mac = g_strdup("00:50:56:01:02:03");
    machine->firmware = FIRMWARE_BIOS;
    machine->uuid = g_strdup("421fc952-0f3a-712f-a740-1eb1568fe60a");
    ovf_virtualbox_read(xml_document_root(document), machine);
    g_assert_cmpstr(nic->mac, ==, "00:50:56:01:02:03");
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_BIOS);
    g_assert_cmpstr(machine->uuid, ==, "421fc952-0f3a-712f-a740-1eb1568fe60a");
}

static void test_little(void)
{
    g_autoptr(XmlDocument) document = load(
        "<Machine uuid='no'><Hardware><TrustedPlatformModule type='None'/></Hardware></Machine>");
    g_autoptr(Machine) machine = machine_new("ovf");
    ovf_virtualbox_read(NULL, machine);
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_UNKNOWN);
    ovf_virtualbox_read(xml_document_root(document), machine);
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_BIOS);
    g_assert_null(machine->uuid);
    g_assert_false(machine->tpm);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/ovf-virtualbox/full", test_full);
    g_test_add_func("/convert/ovf-virtualbox/said-before", test_said_before);
    g_test_add_func("/convert/ovf-virtualbox/little", test_little);
    return g_test_run();
}
