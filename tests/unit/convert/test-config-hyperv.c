/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurations of Hyper-V, of either kind, as machines. */
#include "convert/source_config.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "tests/unit/convert/vmcx-writer.h"

#define SAMPLES DRYDOCK_TESTDATA "/vm-config/hyperv/"
#define SAMPLE_VMCX SAMPLES "993F7B33-6057-4D1E-A1FE-A1A1D77BE974.vmcx"
#define SAMPLE_XML SAMPLES "B90AC31B-C6F8-479F-9B91-07B894A6A3F6.xml"

typedef struct {
    GPtrArray *machines, *findings;
    GError *error;
    gboolean ok;
} Result;

static void machine_drop(gpointer machine)
{
    machine_free(machine);
}

static void result_clear(Result *result)
{
    g_ptr_array_unref(result->machines);
    g_ptr_array_unref(result->findings);
    g_clear_error(&result->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

static Result read_config(const SourceConfigOps *ops, const void *bytes, size_t length)
{
    Result result = {g_ptr_array_new_with_free_func(machine_drop), findings_new(), NULL, FALSE};
    g_autoptr(GBytes) content = g_bytes_new(bytes, length);
    result.ok = ops->read(content, result.machines, result.findings, &result.error);
    g_assert_true(result.ok == (result.error == NULL));
    return result;
}

static Result read_xml(const char *text)
{
    return read_config(&config_hyperv_xml_ops, text, strlen(text));
}

static const Machine *only_machine(const Result *result)
{
    g_assert_no_error(result->error);
    g_assert_cmpuint(result->machines->len, ==, 1);
    return g_ptr_array_index(result->machines, 0);
}

static gboolean has_finding(const Result *result, FindingCode code, const char *part)
{
    for (guint i = 0; i < result->findings->len; i++) {
        const Finding *finding = g_ptr_array_index(result->findings, i);
        if (finding->code == code && strstr(finding->sentence, part))
            return TRUE;
    }
    return FALSE;
}

/* The facts of the two real files below were read from them by other means: the strings of one with
   a script of 40 lines, the text of the other by eye. */
static void test_sample_vmcx(void)
{
    g_autofree char *bytes = NULL;
    size_t length;
    if (!g_file_get_contents(SAMPLE_VMCX, &bytes, &length, NULL)) {
        g_test_skip("no test data");
        return;
    }
    g_assert_true(config_hyperv_vmcx_ops.probe((const uint8_t *)bytes, 4096, "x"));
    g_assert_false(config_hyperv_xml_ops.probe((const uint8_t *)bytes, 4096, "x"));
    g_auto(Result) result = read_config(&config_hyperv_vmcx_ops, bytes, length);
    const Machine *machine = only_machine(&result);
    g_assert_cmpstr(machine->kind, ==, "hyperv-vmcx");
    g_assert_cmpstr(machine->title, ==, "Default Generation 2");
    g_assert_cmpstr(machine->uuid, ==, "d64a478e-2d03-4a47-b100-6df8e8df3aab");
    g_assert_cmpstr(machine->genid, ==, "069028fc-04cd-ad1d-39b4-e3e94c94ec1b");
    g_assert_cmpstr(machine->serial, ==, "8213-8263-2360-7686-0418-5333-12");
    g_assert_null(machine->annotation);
    g_assert_cmpuint(machine->generation, ==, 2);
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_UEFI);
    g_assert_true(machine->secure_boot);
    g_assert_cmpstr(machine->secure_boot_template, ==, "MicrosoftWindows");
    g_assert_false(machine->tpm);
    g_assert_cmpuint(machine->cpus, ==, 1);
    g_assert_cmpuint(machine->threads, ==, 0);
    g_assert_cmpuint(machine->memory_bytes, ==, UINT64_C(1024) << 20);
    g_assert_cmpuint(machine->memory_maximum_bytes, ==, 0);
    g_assert_false(machine->has_clock_offset);
    g_assert_cmpuint(machine->drives->len, ==, 0);

    g_assert_cmpuint(machine->disks->len, ==, 1);
    const MachineDisk *disk = g_ptr_array_index(machine->disks, 0);
    g_assert_cmpstr(disk->stored_name, ==, "C:\\Disks\\Default Generation 2.vhdx");
    g_assert_cmpint(disk->address.bus, ==, MACHINE_BUS_SCSI);
    g_assert_cmpuint(disk->address.controller, ==, 0);
    g_assert_cmpuint(disk->address.unit, ==, 0);

    g_assert_cmpuint(machine->nics->len, ==, 1);
    const MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    g_assert_cmpstr(nic->model, ==, "hyperv-synthetic");
    g_assert_null(nic->mac); /* not given yet: the machine was never started */
    g_assert_false(nic->mac_is_static);
    g_assert_null(nic->network);
    g_assert_cmpstr(nic->instance_id, ==, "8a8e508e-d6d5-447a-9148-7b5a87ca8d8e");
    g_assert_true(nic->is_disconnected);
    g_assert_cmpuint(result.findings->len, ==, 0);
}

static void test_sample_xml(void)
{
    g_autofree char *bytes = NULL;
    size_t length;
    if (!g_file_get_contents(SAMPLE_XML, &bytes, &length, NULL)) {
        g_test_skip("no test data");
        return;
    }
    g_assert_true(config_hyperv_xml_ops.probe((const uint8_t *)bytes, 4096, "x"));
    g_assert_false(config_hyperv_vmcx_ops.probe((const uint8_t *)bytes, 4096, "x.xml"));
    g_auto(Result) result = read_config(&config_hyperv_xml_ops, bytes, length);
    const Machine *machine = only_machine(&result);
    g_assert_cmpstr(machine->kind, ==, "hyperv-xml");
    g_assert_cmpstr(machine->title, ==, "Default Generation 1");
    g_assert_cmpstr(machine->uuid, ==, "5ab19138-bae3-417b-92cf-17eab4346c65");
    g_assert_cmpstr(machine->genid, ==, "0edcff9e-2d4a-44dc-ccac-76759d8e37bc");
    g_assert_cmpstr(machine->serial, ==, "4426-7762-7333-3842-1348-9329-56");
    g_assert_cmpuint(machine->generation, ==, 1);
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_BIOS);
    g_assert_false(machine->secure_boot);
    g_assert_cmpuint(machine->cpus, ==, 1);
    g_assert_cmpuint(machine->memory_bytes, ==, UINT64_C(512) << 20);
    g_assert_cmpuint(machine->memory_maximum_bytes, ==, 0);

    g_assert_cmpuint(machine->disks->len, ==, 1);
    const MachineDisk *disk = g_ptr_array_index(machine->disks, 0);
    g_assert_cmpstr(disk->stored_name, ==, "C:\\Disks\\Default Generation 1.vhdx");
    g_assert_cmpint(disk->address.bus, ==, MACHINE_BUS_IDE);
    g_assert_cmpuint(machine->drives->len, ==, 2);
    const MachineDrive *drive = g_ptr_array_index(machine->drives, 0);
    g_assert_cmpint(drive->kind, ==, MACHINE_DRIVE_CDROM);
    g_assert_cmpuint(drive->address.controller, ==, 1);
    g_assert_cmpuint(drive->address.unit, ==, 0);
    g_assert_null(drive->medium);
    drive = g_ptr_array_index(machine->drives, 1);
    g_assert_cmpint(drive->kind, ==, MACHINE_DRIVE_FLOPPY);
    g_assert_cmpint(drive->address.bus, ==, MACHINE_BUS_FLOPPY);
    const MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    g_assert_cmpuint(machine->nics->len, ==, 1);
    g_assert_cmpstr(nic->instance_id, ==, "df44437b-d207-4910-b1dd-70c993b52297");
    g_assert_null(nic->mac);
    g_assert_cmpuint(result.findings->len, ==, 0);
}

#define NIC_TYPE "2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778"
#define SCSI_TYPE "d422512d-2bf2-4752-809d-7b82b5fcb1b4"
#define NIC_1 "configuration/_aaaaaaaa-0000-0000-0000-000000000001_/"
#define NIC_2 "configuration/_aaaaaaaa-0000-0000-0000-000000000002_/"
#define SCSI_1 "configuration/_bbbbbbbb-0000-0000-0000-000000000001_/"
#define SCSI_2 "configuration/_bbbbbbbb-0000-0000-0000-000000000002_/"
#define BIOS "configuration/_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/"

static void add_device(VmcxWriter *writer, guint number, const char *type, const char *instance)
{
    g_autofree char *device = g_strdup_printf("configuration/manifest/vdev%03u/device", number);
    g_autofree char *path = g_strdup_printf("configuration/manifest/vdev%03u/instance", number);
    vmcx_add_string(writer, device, type);
    vmcx_add_string(writer, path, instance);
}

static void add_drive(VmcxWriter *writer, const char *where, const char *type, const char *path)
{
    g_autofree char *type_path = g_strconcat(where, "/type", NULL);
    g_autofree char *name_path = g_strconcat(where, "/pathname", NULL);
    vmcx_add_string(writer, type_path, type);
    vmcx_add_string(writer, name_path, path);
}

/* Generation 2 with everything that its kind of machine can have. */
static VmcxWriter *make_machine(void)
{
    VmcxWriter *writer = vmcx_writer_new();
    vmcx_add_string(writer, "configuration/properties/name", "B\xc3\xbcro 1");
    vmcx_add_string(writer, "configuration/properties/notes", "one\ntwo");
    vmcx_add_string(writer, "configuration/properties/type_id", "Virtual Machines");
    vmcx_add_integer(writer, "configuration/properties/subtype", 1);
    vmcx_add_string(writer, "configuration/properties/global_id",
                    "993F7B33-6057-4D1E-A1FE-A1A1D77BE974");
    vmcx_add_string(writer, "configuration/settings/global/logical_id",
                    "993f7b33-6057-4d1e-a1fe-a1a1d77be974");
    vmcx_add_integer(writer, "configuration/settings/processors/count", 8);
    vmcx_add_integer(writer, "configuration/settings/processors/hwthreads", 2);
    vmcx_add_integer(writer, "configuration/settings/memory/bank/size", 2048);
    vmcx_add_integer(writer, "configuration/settings/memory/bank/limit", 16384);
    vmcx_add_boolean(writer, "configuration/settings/memory/bank/dynamic_memory_enabled", TRUE);
    vmcx_add_boolean(writer, "configuration/security/settings/tpm_enabled", TRUE);
    vmcx_add_string(writer, BIOS "bios_guid", "{00112233-4455-6677-8899-AABBCCDDEEFF}");
    vmcx_add_boolean(writer, BIOS "secure_boot_enabled", TRUE);
    vmcx_add_string(writer, BIOS "secure_boot_template_id", "272E7447-90A4-4563-A4B9-8E4AB00526CE");
    vmcx_add_integer(writer,
                     "configuration/_e51b7ef6-4a7f-4780-aaae-d4b291aacd2e_/RtcDevice/CmosUtcSkew",
                     INT64_C(36000004000));

    /* In the manifest's order, which is not that of the keys. */
    add_drive(writer, SCSI_2 "controller0/drive0", "VHD", "D:\\data\\two.vhdx");
    add_drive(writer, SCSI_1 "controller0/drive5", "VHD", "\\\\?\\C:\\one five.avhdx");
    add_drive(writer, SCSI_1 "controller0/drive0", "VHD", "C:\\one.vhdx");
    add_drive(writer, SCSI_1 "controller0/drive1", "ISO", "C:\\iso\\setup.iso");
    add_drive(writer, SCSI_1 "controller0/drive2", "HDD", "\\\\.\\PHYSICALDRIVE2");
    add_drive(writer, SCSI_1 "controller0/drive3", "NONE", "");
    add_drive(writer, SCSI_1 "controller0/drive4", "VHD", "");
    vmcx_add_string(writer, NIC_1 "MacAddress", "00-15-5D-01-07-DC");
    vmcx_add_boolean(writer, NIC_1 "MacAddressIsStatic", TRUE);
    vmcx_add_boolean(writer, NIC_1 "IsConnected", TRUE);
    vmcx_add_string(writer, NIC_1 "FriendlyName", "Front");
    vmcx_add_string(writer, NIC_1 "SwitchName", "438B7B13-6180-4155-B7BF-08709CCF234D");
    vmcx_add_string(writer, NIC_1 "Connection/AltSwitchName", "Outside");
    static const uint8_t vlan[] = {1, 0, 0, 0, 42, 0, 0, 0};
    vmcx_add_bytes(writer,
                   NIC_1 "Connection/Feature_952C5004-4465-451C-8CB8-FA9AB382B773/"
                         "Setting_5A3E5E5E-0000-0000-0000-000000000000/Data",
                   vlan, sizeof(vlan));
    vmcx_add_string(writer, NIC_2 "MacAddress", "00155d0107dd");
    vmcx_add_string(writer, NIC_2 "SwitchName", "Inside");
    vmcx_add_string(writer, NIC_2 "ChannelInstanceGuid", "{DF44437B-D207-4910-B1DD-70C993B52297}");
    add_device(writer, 3, SCSI_TYPE, "bbbbbbbb-0000-0000-0000-000000000002");
    add_device(writer, 1, SCSI_TYPE, "BBBBBBBB-0000-0000-0000-000000000001");
    add_device(writer, 2, NIC_TYPE, "{aaaaaaaa-0000-0000-0000-000000000001}");
    add_device(writer, 10, NIC_TYPE, "aaaaaaaa-0000-0000-0000-000000000002");
    add_device(writer, 4, NIC_TYPE, "aaaaaaaa-0000-0000-0000-00000000dead");
    return writer;
}

static Result read_writer(VmcxWriter *writer)
{
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    return read_config(&config_hyperv_vmcx_ops, file->data, file->len);
}

static void test_machine(void)
{
    g_autoptr(VmcxWriter) writer = make_machine();
    g_auto(Result) result = read_writer(writer);
    const Machine *machine = only_machine(&result);
    g_assert_cmpstr(machine->title, ==, "B\xc3\xbcro 1");
    g_assert_cmpstr(machine->annotation, ==, "one\ntwo");
    g_assert_cmpstr(machine->uuid, ==, "00112233-4455-6677-8899-aabbccddeeff");
    g_assert_cmpuint(machine->cpus, ==, 8);
    g_assert_cmpuint(machine->threads, ==, 2);
    g_assert_cmpuint(machine->memory_bytes, ==, UINT64_C(2) << 30);
    g_assert_cmpuint(machine->memory_maximum_bytes, ==, UINT64_C(16) << 30);
    g_assert_true(machine->tpm);
    g_assert_true(machine->secure_boot);
    g_assert_cmpstr(machine->secure_boot_template, ==, "MicrosoftUEFICertificateAuthority");
    g_assert_true(machine->has_clock_offset);
    g_assert_cmpint(machine->clock_offset_seconds, ==, 3600);
}

static void test_disks(void)
{
    static const struct {
        const char *name;
        guint controller, unit;
    } rows[] = {
        {"C:\\one.vhdx", 0, 0}, {"\\\\?\\C:\\one five.avhdx", 0, 5}, {"D:\\data\\two.vhdx", 1, 0}};
    g_autoptr(VmcxWriter) writer = make_machine();
    g_auto(Result) result = read_writer(writer);
    const Machine *machine = only_machine(&result);
    g_assert_cmpuint(machine->disks->len, ==, G_N_ELEMENTS(rows));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        g_assert_cmpstr(disk->stored_name, ==, rows[i].name);
        g_assert_cmpint(disk->address.bus, ==, MACHINE_BUS_SCSI);
        g_assert_cmpuint(disk->address.controller, ==, rows[i].controller);
        g_assert_cmpuint(disk->address.unit, ==, rows[i].unit);
        g_assert_cmpstr(disk->address.model, ==, "hyperv-scsi");
    }
    g_assert_cmpuint(machine->drives->len, ==, 1);
    const MachineDrive *drive = g_ptr_array_index(machine->drives, 0);
    g_assert_cmpstr(drive->medium, ==, "C:\\iso\\setup.iso");
    g_assert_cmpint(drive->address.bus, ==, MACHINE_BUS_SCSI);
    g_assert_cmpuint(drive->address.unit, ==, 1);
    g_assert_true(
        has_finding(&result, FINDING_SOURCE_PHYSICAL_DISK, "scsi0:2 (\\\\.\\PHYSICALDRIVE2)"));
}

static void test_nics(void)
{
    g_autoptr(VmcxWriter) writer = make_machine();
    g_auto(Result) result = read_writer(writer);
    const Machine *machine = only_machine(&result);
    g_assert_cmpuint(machine->nics->len, ==, 2); /* the third has no keys */
    const MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    g_assert_cmpstr(nic->mac, ==, "00:15:5d:01:07:dc");
    g_assert_true(nic->mac_is_static);
    g_assert_cmpstr(nic->network, ==, "Outside");
    g_assert_cmpstr(nic->instance_id, ==, "aaaaaaaa-0000-0000-0000-000000000001");
    g_assert_false(nic->is_disconnected);
    g_assert_cmpuint(nic->vlan, ==, 42);
    g_assert_true(has_finding(&result, FINDING_SOURCE_VLAN, "'Front' (read as VLAN 42)"));
    nic = g_ptr_array_index(machine->nics, 1);
    g_assert_cmpstr(nic->mac, ==, "00:15:5d:01:07:dd");
    g_assert_false(nic->mac_is_static);
    g_assert_cmpstr(nic->network, ==, "Inside");
    g_assert_cmpstr(nic->instance_id, ==, "df44437b-d207-4910-b1dd-70c993b52297");
    g_assert_true(nic->is_disconnected);
    g_assert_cmpuint(nic->vlan, ==, 0);
    g_assert_cmpuint(result.findings->len, ==, 2);
}

static void test_states(void)
{
    g_autoptr(VmcxWriter) saved = make_machine();
    vmcx_add_string(saved, "configuration/savedstate/type", "Normal");
    vmcx_add_boolean(saved, "configuration/global_settings/disk_merge_pending", TRUE);
    g_auto(Result) result = read_writer(saved);
    (void)only_machine(&result);
    g_assert_true(has_finding(&result, FINDING_SOURCE_SAVED_STATE, "B\xc3\xbcro 1"));
    g_assert_true(has_finding(&result, FINDING_SOURCE_MERGE_PENDING, "B\xc3\xbcro 1"));

    /* A machine that was shut down keeps the keys, without values. */
    g_autoptr(VmcxWriter) off = make_machine();
    vmcx_add_string(off, "configuration/savedstate/type", "");
    vmcx_add_string(off, "configuration/savedstate/vsvlocation", "");
    vmcx_add_boolean(off, "configuration/savedstate/in_progress", FALSE);
    g_auto(Result) clean = read_writer(off);
    (void)only_machine(&clean);
    g_assert_false(has_finding(&clean, FINDING_SOURCE_SAVED_STATE, ""));
}

/* Beside every exported machine lies its runtime state, and the host has an index of machines. */
static void test_not_machines(void)
{
    g_autoptr(VmcxWriter) runtime = vmcx_writer_new();
    vmcx_add_integer(runtime, "savedstate/VmVersion", 0x0a00);
    vmcx_add_integer(runtime, "configuration/properties/version", 0x0a00);
    g_autoptr(VmcxWriter) index = vmcx_writer_new();
    vmcx_add_string(index, "VirtualMachines/1/path", "C:\\VMs\\1.vmcx");
    g_autoptr(VmcxWriter) empty = vmcx_writer_new();
    VmcxWriter *const writers[] = {runtime, index, empty};
    for (guint i = 0; i < G_N_ELEMENTS(writers); i++) {
        g_auto(Result) result = read_writer(writers[i]);
        g_assert_no_error(result.error);
        g_assert_cmpuint(result.machines->len, ==, 0);
        g_assert_cmpuint(result.findings->len, ==, 0);
    }
}

#define XML(body)                                                                                  \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- -->\n<configuration>" body                 \
    "</configuration>"
#define PROPERTIES                                                                                 \
    "<properties><name type=\"string\">one</name><subtype type=\"integer\">0</subtype>"            \
    "</properties>"
#define MANIFEST "<manifest><size type=\"integer\">0</size></manifest>"
#define SETTING                                                                                    \
    "<settings><global><logical_id type=\"string\">"                                               \
    "11111111-1111-1111-1111-111111111111</logical_id></global></settings>"

/* Generation 1, its keys as 2008 wrote them. */
static const char generation_1[] =
    "<configuration>"
    "<_7d80d3db-61ee-4879-8879-5609f1100ad0_>"
    "<ethernet_card0><is_attached type='bool'>True</is_attached>"
    "<mac_address type='bytes'>ABVdAAQJ\n</mac_address>"
    "<mac_address_is_static type='bool'>TRUE</mac_address_is_static>"
    "<virtual_switch_name type='string'>Switch</virtual_switch_name></ethernet_card0>"
    "<ethernet_card1><is_attached type='bool'>False</is_attached></ethernet_card1>"
    "</_7d80d3db-61ee-4879-8879-5609f1100ad0_>"
    "<_83f8638b-8dca-4152-9eda-2ca8b33039b4_>"
    "<controller1><drive0><pathname type='string'>D:\\b.vhd</pathname>"
    "<type type='string'>VHD</type></drive0></controller1>"
    "<controller0><drive1><pathname type='string'>\\\\server\\share\\c.vhd</pathname>"
    "<type type='string'>VHD</type></drive1>"
    "<drive0><pathname type='string'>C:\\VMs\\M&amp;M.vhd</pathname>"
    "<type type='string'>VHD</type></drive0>"
    "<drivex><pathname type='string'>no</pathname><type type='string'>VHD</type></drivex>"
    "</controller0></_83f8638b-8dca-4152-9eda-2ca8b33039b4_>"
    "<_bbbbbbbb-0000-0000-0000-000000000001_><controller0><drive63>"
    "<pathname type='string'>E:\\z.vhd</pathname><type type='string'>VHD</type>"
    "</drive63></controller0></_bbbbbbbb-0000-0000-0000-000000000001_>"
    "<_e51b7ef6-4a7f-4780-aaae-d4b291aacd2e_><RtcDevice>"
    "<CmosUtcSkew type='integer'>-288005458208</CmosUtcSkew>"
    "</RtcDevice></_e51b7ef6-4a7f-4780-aaae-d4b291aacd2e_>"
    "<_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_>"
    "<secure_boot_enabled type='bool'>True</secure_boot_enabled>"
    "</_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_>"
    "<manifest><vdev001><device type='string'>d422512d-2bf2-4752-809d-7b82b5fcb1b4</device>"
    "<instance type='string'>BBBBBBBB-0000-0000-0000-000000000001</instance></vdev001></manifest>"
    "<properties><name type='string'>one</name><subtype type='integer'>0</subtype></properties>"
    "</configuration>";

static void test_generation_1(void)
{
    g_auto(Result) result = read_xml(generation_1);
    const Machine *machine = only_machine(&result);
    static const char *const names[] = {"C:\\VMs\\M&M.vhd", "\\\\server\\share\\c.vhd", "D:\\b.vhd",
                                        "E:\\z.vhd"};
    g_assert_cmpuint(machine->disks->len, ==, G_N_ELEMENTS(names));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        g_assert_cmpstr(disk->stored_name, ==, names[i]);
    }
    const MachineDisk *last = g_ptr_array_index(machine->disks, 3);
    g_assert_cmpint(last->address.bus, ==, MACHINE_BUS_SCSI);
    g_assert_cmpuint(last->address.unit, ==, 63);
    g_assert_cmpint(machine->clock_offset_seconds, ==, -28801); /* -28800.5458208 */
    g_assert_false(machine->secure_boot);
    g_assert_cmpuint(machine->nics->len, ==, 1);
    const MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    g_assert_cmpstr(nic->model, ==, "hyperv-legacy");
    g_assert_cmpstr(nic->mac, ==, "00:15:5d:00:04:09");
    g_assert_true(nic->mac_is_static);
    g_assert_cmpstr(nic->network, ==, "Switch");
    g_assert_false(nic->is_disconnected);
}

static void test_xml_rows(void)
{
    static const struct {
        const char *text;
        int code; /* -1: read */
        guint machines;
        const char *message;
    } rows[] = {
        {XML(PROPERTIES MANIFEST), -1, 1, NULL},
        /* A checkpoint: it says so, or its GUID is not that of its machine. */
        {XML("<properties><type_id type=\"string\">Snapshots</type_id></properties>" MANIFEST), -1,
         0, NULL},
        {XML("<properties><global_id type=\"string\">22222222-2222-2222-2222-222222222222"
             "</global_id></properties>" SETTING MANIFEST),
         -1, 0, NULL},
        {XML("<properties><global_id type=\"string\">11111111-1111-1111-1111-111111111111"
             "</global_id></properties>" SETTING MANIFEST),
         -1, 1, NULL},
        /* Values that are none of their type, unknown types, numbers out of any range. */
        {XML("<properties><name type=\"string\">one</name><subtype type=\"integer\">x</subtype>"
             "<other type=\"float\">1</other></properties><settings><processors><count "
             "type=\"integer\">99999999999999999999</count></processors><memory><bank><size "
             "type=\"integer\">-5</size></bank></memory></settings>" MANIFEST),
         -1, 1, NULL},
        {XML(PROPERTIES "<manifest type=\"string\">x</manifest>"), DRYDOCK_ERROR_CORRUPT, 0,
         "list of devices"},
        {XML(PROPERTIES "<settings><processors/></settings>"), DRYDOCK_ERROR_CORRUPT, 0,
         "list of devices"},
        {XML("<properties><subtype type=\"integer\">2</subtype></properties>" MANIFEST),
         DRYDOCK_ERROR_UNSUPPORTED, 0, "container"},
        {XML("<properties><name type=\"string\">one</name></properties>"), DRYDOCK_ERROR_CORRUPT, 0,
         "list of devices"},
        {XML(""), -1, 0, NULL},
        {"<domain/>", DRYDOCK_ERROR_UNSUPPORTED, 0, "not a configuration of Hyper-V"},
        {"<configuration><a type=\"string\">", DRYDOCK_ERROR_CORRUPT, 0, "well-formed"},
        {"", DRYDOCK_ERROR_CORRUPT, 0, ""},
        {"<!DOCTYPE c [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><configuration>&e;"
         "</configuration>",
         DRYDOCK_ERROR_UNSUPPORTED, 0, "document type"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Result) result = read_xml(rows[i].text);
        g_assert_cmpuint(result.machines->len, ==, rows[i].machines);
        if (rows[i].code < 0) {
            g_assert_no_error(result.error);
            continue;
        }
        g_assert_error(result.error, DRYDOCK_ERROR, rows[i].code);
        g_assert_nonnull(strstr(result.error->message, rows[i].message));
    }
}

static void test_deep_xml(void)
{
    g_autoptr(GString) text = g_string_new("<configuration>");
    for (guint i = 0; i < 100; i++)
        g_string_append(text, "<a>");
    for (guint i = 0; i < 100; i++)
        g_string_append(text, "</a>");
    g_string_append(text, "</configuration>");
    g_auto(Result) result = read_xml(text->str);
    g_assert_error(result.error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

static void test_probes(void)
{
    static const struct {
        const char *head;
        gboolean is_xml;
    } rows[] = {
        {XML(PROPERTIES), TRUE},
        {"\xef\xbb\xbf<configuration><a type=\"bool\">True</a>", TRUE},
        {"<configuration><appSettings><add key=\"a\" value=\"b\"/></appSettings>", FALSE},
        {"<configuration><section type=\"System.Configuration\"/>", FALSE},
        {"<configurations><a type=\"bool\">", FALSE},
        {"<domain type=\"kvm\">", FALSE},
        {"<!-- never ends <configuration><a type=\"bool\">", FALSE},
        {"type=\"bool\"", FALSE},
        {"", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint8_t *head = (const uint8_t *)rows[i].head;
        g_assert_true(config_hyperv_xml_ops.probe(head, strlen(rows[i].head), "a.xml") ==
                      rows[i].is_xml);
        g_assert_false(config_hyperv_vmcx_ops.probe(head, strlen(rows[i].head), "a.xml"));
    }
    static const uint8_t big_endian[] = "\xfe\xff\0<\0c\0o\0n\0f\0i\0g\0u\0r\0a\0t\0i\0o\0n\0>"
                                        "\0<\0a\0 \0t\0y\0p\0e\0=\0\"\0b\0o\0o\0l\0\"";
    g_assert_true(config_hyperv_xml_ops.probe(big_endian, sizeof(big_endian) - 1, "a"));
    /* The first header may be damaged. */
    g_assert_true(config_hyperv_vmcx_ops.probe((const uint8_t *)"x", 1, "A.VMCX"));
    g_assert_false(config_hyperv_vmcx_ops.probe((const uint8_t *)"x", 1, ".vmcx.bak"));
}

static void test_sample_xml_damage(void)
{
    g_autofree char *bytes = NULL;
    size_t length;
    if (!g_file_get_contents(SAMPLE_XML, &bytes, &length, NULL)) {
        g_test_skip("no test data");
        return;
    }
    for (size_t cut = 0; cut + 97 < length; cut += 97) {
        g_auto(Result) result = read_config(&config_hyperv_xml_ops, bytes, cut);
        g_assert_error(result.error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    for (size_t i = 0; i < length; i += 61) {
        bytes[i] = (char)(bytes[i] ^ (1 << (i / 61 % 8)));
        g_auto(Result) result = read_config(&config_hyperv_xml_ops, bytes, length);
        bytes[i] = (char)(bytes[i] ^ (1 << (i / 61 % 8)));
        g_assert_cmpuint(result.machines->len, <=, 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/config-hyperv/sample-vmcx", test_sample_vmcx);
    g_test_add_func("/convert/config-hyperv/sample-xml", test_sample_xml);
    g_test_add_func("/convert/config-hyperv/machine", test_machine);
    g_test_add_func("/convert/config-hyperv/disks", test_disks);
    g_test_add_func("/convert/config-hyperv/nics", test_nics);
    g_test_add_func("/convert/config-hyperv/states", test_states);
    g_test_add_func("/convert/config-hyperv/not-machines", test_not_machines);
    g_test_add_func("/convert/config-hyperv/generation-1", test_generation_1);
    g_test_add_func("/convert/config-hyperv/xml-rows", test_xml_rows);
    g_test_add_func("/convert/config-hyperv/deep-xml", test_deep_xml);
    g_test_add_func("/convert/config-hyperv/probes", test_probes);
    g_test_add_func("/convert/config-hyperv/sample-xml-damage", test_sample_xml_damage);
    return g_test_run();
}
