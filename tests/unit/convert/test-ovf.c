/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OVF descriptors: what their machines are made of, and what is refused. */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "convert/source_config.h"

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

typedef struct {
    GPtrArray *machines;
    GPtrArray *findings;
    GError *error;
    gboolean ok;
} Result;

static void machine_destroy(void *machine)
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

static Result read_bytes(const void *text, gsize length)
{
    g_autoptr(GBytes) content = g_bytes_new(text, length);
    Result result = {g_ptr_array_new_with_free_func(machine_destroy), findings_new(), NULL, FALSE};
    result.ok = config_ovf_ops.read(content, result.machines, result.findings, &result.error);
    g_assert_true(result.ok == (result.error == NULL));
    return result;
}

static Result read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static gboolean has_finding(const Result *result, FindingCode code, const char *subject)
{
    for (guint i = 0; i < result->findings->len; i++) {
        const Finding *finding = g_ptr_array_index(result->findings, i);
        if (finding->code == code && strstr(finding->sentence, subject))
            return TRUE;
    }
    return FALSE;
}

#define ENVELOPE                                                                                   \
    "<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1' "                                    \
    "xmlns:ovf='http://schemas.dmtf.org/ovf/envelope/1' "                                          \
    "xmlns:vmw='http://www.vmware.com/schema/ovf' "                                                \
    "xmlns:r='http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"                                  \
    "CIM_ResourceAllocationSettingData' "                                                          \
    "xmlns:vssd='urn:vssd' xmlns:vbox='http://www.virtualbox.org/ovf/machine'>"
#define SYSTEM_BEGIN "<VirtualSystem ovf:id='id'><Info/><VirtualHardwareSection><System/>"
#define SYSTEM_END "</VirtualHardwareSection></VirtualSystem></Envelope>"
#define ITEM(id, type, rest)                                                                       \
    "<Item><r:InstanceID>" #id "</r:InstanceID><r:ResourceType>" #type "</r:ResourceType>" rest    \
    "</Item>"
#define DISK_ITEM ITEM(9, 17, "<r:HostResource>ovf:/disk/d</r:HostResource>")

static const char vmware[] = ENVELOPE
    "<References><File ovf:id='f1' ovf:href='web%20server-disk1.vmdk' ovf:size='123'/>"
    "<File ovf:id='f2' ovf:href='data.vmdk'/><File ovf:id='iso' ovf:href='tools.iso'/>"
    "<File ovf:id='nv' ovf:href='web.nvram'/></References>"
    "<DiskSection><Info/>"
    "<Disk ovf:diskId='d1' ovf:fileRef='f1' ovf:capacity='40' "
    "ovf:capacityAllocationUnits='byte * 2^30'/>"
    "<Disk ovf:diskId='d2' ovf:fileRef='f2' ovf:capacity='512'/>"
    "<Disk ovf:diskId='d3' ovf:capacity='7' ovf:capacityAllocationUnits='GigaBytes'/></DiskSection>"
    "<VirtualSystem ovf:id='web'><Info/><Name>Web Server</Name>"
    "<OperatingSystemSection ovf:id='94' vmw:osType='ubuntu64Guest'><Info/>"
    "<Description>Ubuntu Linux (64-bit)</Description></OperatingSystemSection>"
    "<AnnotationSection><Info/><Annotation>two\nlines</Annotation></AnnotationSection>"
    "<VirtualHardwareSection><Info/><System><vssd:VirtualSystemIdentifier>x"
    "</vssd:VirtualSystemIdentifier><vssd:VirtualSystemType>vmx-19</vssd:VirtualSystemType></"
    "System>" ITEM(1, 3,
                   "<r:AllocationUnits>hertz * 10^6</r:AllocationUnits>"
                   "<r:VirtualQuantity>8</r:VirtualQuantity><vmw:CoresPerSocket>4</"
                   "vmw:CoresPerSocket>") ITEM(2, 4,
                                               "<r:AllocationUnits>byte * 2^20</r:AllocationUnits>"
                                               "<r:VirtualQuantity>4096</r:VirtualQuantity>")
        ITEM(3, 6, "<r:Address>0</r:Address><r:ResourceSubType>VirtualSCSI</r:ResourceSubType>")
            ITEM(4, 6, "<r:Address>1</r:Address><r:ResourceSubType>lsilogicsas</r:ResourceSubType>")
                ITEM(5, 20,
                     "<r:Address>0</r:Address>"
                     "<r:ResourceSubType>vmware.nvme.controller</r:ResourceSubType>")
                    ITEM(6, 20,
                         "<r:Address>0</r:Address><r:ResourceSubType>vmware.sata.ahci</"
                         "r:ResourceSubType>") ITEM(7, 17,
                                                    "<r:HostResource>ovf:/disk/d1</"
                                                    "r:HostResource><r:Parent>3</r:Parent>"
                                                    "<r:AddressOnParent>0</r:AddressOnParent>")
                        ITEM(
                            8, 17,
                            "<r:HostResource>/disk/d2</r:HostResource><r:Parent>4</r:Parent>"
                            "<r:AddressOnParent>3</r:AddressOnParent>") ITEM(9, 17,
                                                                             "<r:HostResource>ovf:/"
                                                                             "disk/d3</"
                                                                             "r:HostResource><r:"
                                                                             "Parent>5</r:Parent>"
                                                                             "<r:AddressOnParent>0<"
                                                                             "/r:AddressOnParent>")
                            ITEM(10, 15,
                                 "<r:HostResource>ovf:/file/iso</r:HostResource><r:Parent>6</"
                                 "r:Parent>"
                                 "<r:AddressOnParent>2</r:AddressOnParent>")
                                ITEM(11, 10,
                                     "<r:AddressOnParent>8</r:AddressOnParent><r:Connection>Back</"
                                     "r:Connection>"
                                     "<r:AutomaticAllocation>false</r:AutomaticAllocation>"
                                     "<r:Address>00:50:56:01:02:03</r:Address>"
                                     "<r:ResourceSubType>VmxNet3</r:ResourceSubType>"
                                     "<vmw:Config ovf:required='false' "
                                     "vmw:key='slotInfo.pciSlotNumber' "
                                     "vmw:value='1184'/>") ITEM(12, 10,
                                                                "<r:AddressOnParent>7</"
                                                                "r:AddressOnParent><r:Connection>"
                                                                "Front</r:Connection>"
                                                                "<r:AutomaticAllocation>true</"
                                                                "r:AutomaticAllocation>"
                                                                "<r:ResourceSubType>E1000e</"
                                                                "r:ResourceSubType>")
                                    ITEM(13, 1,
                                         "<r:ResourceSubType>vmware.vtpm</r:ResourceSubType>")
                                        ITEM(14, 1,
                                             "<r:ResourceSubType>vmware.soundcard.hdaudio</"
                                             "r:ResourceSubType>") ITEM(15, 14,
                                                                        "<r:AddressOnParent>0</"
                                                                        "r:AddressOnParent>")
                                            ITEM(
                                                16, 1,
                                                "<r:ElementName>GPU</r:ElementName>"
                                                "<r:ResourceSubType>vmware.pci.passthrough</"
                                                "r:ResourceSubType>") "<vmw:Config "
                                                                      "vmw:key='firmware' "
                                                                      "vmw:value='efi'/>"
                                                                      "<vmw:Config "
                                                                      "vmw:key='bootOptions."
                                                                      "efiSecureBootEnabled' "
                                                                      "vmw:value='true'/>"
                                                                      "<vmw:Config vmw:key='uuid' "
                                                                      "vmw:value='421FC952-0f3a-"
                                                                      "712f-a740-1eb1568fe60a'/>"
                                                                      "<vmw:ExtraConfig "
                                                                      "vmw:key='nvram' "
                                                                      "vmw:value='ovf:/file/nv'/>"
                                                                      "<vmw:ExtraConfig "
                                                                      "vmw:key='ethernet0."
                                                                      "pciSlotNumber' "
                                                                      "vmw:value='192'/>"
                                                                      "</VirtualHardwareSection>"
                                                                      "<vmw:BootOrderSection "
                                                                      "vmw:instanceId='8 7' "
                                                                      "vmw:type='disk disk'><Info/>"
                                                                      "</vmw:BootOrderSection></"
                                                                      "VirtualSystem></Envelope>";

static void check_disk(const Machine *machine, guint index, const char *name, MachineBus bus,
                       guint controller, guint unit, const char *model, uint64_t capacity_bytes)
{
    const MachineDisk *disk = g_ptr_array_index(machine->disks, index);
    g_assert_cmpstr(disk->stored_name, ==, name);
    g_assert_cmpint(disk->address.bus, ==, bus);
    g_assert_cmpuint(disk->address.controller, ==, controller);
    g_assert_cmpuint(disk->address.unit, ==, unit);
    g_assert_cmpstr(disk->address.model, ==, model);
    g_assert_cmpuint(disk->capacity_bytes, ==, capacity_bytes);
}

static void test_vmware(void)
{
    g_auto(Result) result = read_text(vmware);
    g_assert_no_error(result.error);
    g_assert_cmpuint(result.machines->len, ==, 1);
    const Machine *machine = g_ptr_array_index(result.machines, 0);
    g_assert_cmpstr(machine->title, ==, "Web Server");
    g_assert_cmpstr(machine->guest_os, ==, "ubuntu64Guest");
    g_assert_cmpstr(machine->annotation, ==, "two\nlines");
    g_assert_cmpstr(machine->uuid, ==, "421fc952-0f3a-712f-a740-1eb1568fe60a");
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_UEFI);
    g_assert_true(machine->secure_boot);
    g_assert_true(machine->tpm);
    g_assert_cmpstr(machine->sound, ==, "hdaudio");
    g_assert_cmpuint(machine->cpus, ==, 8);
    g_assert_cmpuint(machine->cores_per_socket, ==, 4);
    g_assert_cmpuint(machine->memory_bytes, ==, 4 * GIB);
    g_assert_cmpuint(machine->hardware_version, ==, 19);

    /* The boot order comes first. */
    check_disk(machine, 0, "data.vmdk", MACHINE_BUS_SCSI, 1, 3, "lsisas1068", 512);
    check_disk(machine, 1, "web server-disk1.vmdk", MACHINE_BUS_SCSI, 0, 0, "pvscsi", 40 * GIB);
    check_disk(machine, 2, NULL, MACHINE_BUS_NVME, 0, 0, "nvme", 7 * GIB);

    const MachineNic *nic = g_ptr_array_index(machine->nics, 0);
    g_assert_cmpstr(nic->network, ==, "Front");
    g_assert_cmpstr(nic->model, ==, "e1000e");
    g_assert_cmpstr(nic->guest_name, ==, "ens192");
    g_assert_false(nic->is_disconnected);
    nic = g_ptr_array_index(machine->nics, 1);
    g_assert_cmpstr(nic->network, ==, "Back");
    g_assert_cmpstr(nic->model, ==, "vmxnet3");
    g_assert_cmpstr(nic->mac, ==, "00:50:56:01:02:03");
    g_assert_cmpstr(nic->guest_name, ==, "ens161");
    g_assert_true(nic->is_disconnected);

    const MachineDrive *drive = g_ptr_array_index(machine->drives, 0);
    g_assert_cmpstr(drive->medium, ==, "tools.iso");
    g_assert_cmpint(drive->address.bus, ==, MACHINE_BUS_SATA);
    g_assert_cmpuint(drive->address.unit, ==, 2);
    drive = g_ptr_array_index(machine->drives, 1);
    g_assert_cmpint(drive->kind, ==, MACHINE_DRIVE_FLOPPY);
    g_assert_cmpint(drive->address.bus, ==, MACHINE_BUS_FLOPPY);
    g_assert_true(has_finding(&result, FINDING_SOURCE_OVF_NVRAM, "web.nvram"));
    g_assert_true(has_finding(&result, FINDING_SOURCE_MEDIUM, "tools.iso"));
    g_assert_true(has_finding(&result, FINDING_SOURCE_HOST_DEVICE, "GPU"));
}

/* Hardware for several hypervisors, configurations, bounds, and properties. */
static void test_choices(void)
{
    g_auto(Result) result = read_text(
        ENVELOPE
        "<DiskSection><Disk ovf:diskId='d' ovf:capacity='${size}' "
        "ovf:capacityAllocationUnits='MegaBytes'/>"
        "<Disk ovf:diskId='e' ovf:capacity='${org.example.other.1}'/></DiskSection>"
        "<DeploymentOptionSection><Configuration ovf:id='small'/>"
        "<Configuration ovf:id='large' ovf:default='true'/></DeploymentOptionSection>"
        "<VirtualSystemCollection ovf:id='c'><ProductSection ovf:class='org.example' "
        "ovf:instance='1'><Property ovf:key='other' ovf:value='99'/></ProductSection>"
        "<VirtualSystemCollection ovf:id='in'><VirtualSystem ovf:id='s'><ProductSection>"
        "<Property ovf:key='size' ovf:configuration='small' ovf:value='1'/>"
        "<Property ovf:key='size' ovf:value='2'><Value ovf:configuration='small' ovf:value='3'/>"
        "<Value ovf:configuration='large' ovf:value='4'/></Property></ProductSection>"
        "<VirtualHardwareSection><System><vssd:VirtualSystemType>xen-3</vssd:VirtualSystemType>"
        "</System>" ITEM(
            1, 3,
            "<r:VirtualQuantity>99</r:VirtualQuantity>") "</"
                                                         "VirtualHardwareSection><"
                                                         "VirtualHardwareSection><System>"
                                                         "<vssd:VirtualSystemType>vmx-07 "
                                                         "vmx-08</vssd:VirtualSystemType></"
                                                         "System>" ITEM(
                                                             1, 3,
                                                             "<r:VirtualQuantity>1</"
                                                             "r:VirtualQuantity>") "<Item "
                                                                                   "ovf:"
                                                                                   "configuration='"
                                                                                   "small'><r:"
                                                                                   "InstanceID>1</"
                                                                                   "r:InstanceID><"
                                                                                   "r:ResourceType>"
                                                                                   "3"
                                                                                   "</"
                                                                                   "r:ResourceType>"
                                                                                   "<r:"
                                                                                   "VirtualQuantity"
                                                                                   ">2</"
                                                                                   "r:"
                                                                                   "VirtualQuantity"
                                                                                   "></Item>"
                                                                                   "<Item "
                                                                                   "ovf:"
                                                                                   "configuration='"
                                                                                   "medium "
                                                                                   "large'><r:"
                                                                                   "InstanceID>1</"
                                                                                   "r:InstanceID><"
                                                                                   "r:ResourceType>"
                                                                                   "3"
                                                                                   "</"
                                                                                   "r:ResourceType>"
                                                                                   "<r:"
                                                                                   "VirtualQuantity"
                                                                                   ">4</"
                                                                                   "r:"
                                                                                   "VirtualQuantity"
                                                                                   "></Item>"
                                                                                   "<Item "
                                                                                   "ovf:bound='min'"
                                                                                   "><r:InstanceID>"
                                                                                   "2</"
                                                                                   "r:InstanceID><"
                                                                                   "r:ResourceType>"
                                                                                   "4</"
                                                                                   "r:ResourceType>"
                                                                                   "<r:"
                                                                                   "AllocationUnits"
                                                                                   ">MegaBytes</"
                                                                                   "r:"
                                                                                   "AllocationUnits"
                                                                                   "><r:"
                                                                                   "VirtualQuantity"
                                                                                   ">1</"
                                                                                   "r:"
                                                                                   "VirtualQuantity"
                                                                                   ">"
                                                                                   "</Item><Item "
                                                                                   "ovf:bound='"
                                                                                   "normal'><r:"
                                                                                   "InstanceID>2</"
                                                                                   "r:InstanceID><"
                                                                                   "r:ResourceType>"
                                                                                   "4"
                                                                                   "</"
                                                                                   "r:ResourceType>"
                                                                                   "<r:"
                                                                                   "AllocationUnits"
                                                                                   ">MegaBytes</"
                                                                                   "r:"
                                                                                   "AllocationUnits"
                                                                                   ">"
                                                                                   "<r:"
                                                                                   "VirtualQuantity"
                                                                                   ">512</"
                                                                                   "r:"
                                                                                   "VirtualQuantity"
                                                                                   "></Item>"
                                                                                   "<Item "
                                                                                   "ovf:bound='max'"
                                                                                   "><r:InstanceID>"
                                                                                   "2</"
                                                                                   "r:InstanceID><"
                                                                                   "r:ResourceType>"
                                                                                   "4</"
                                                                                   "r:ResourceType>"
                                                                                   "<r:"
                                                                                   "AllocationUnits"
                                                                                   ">MegaBytes</"
                                                                                   "r:"
                                                                                   "AllocationUnits"
                                                                                   "><r:"
                                                                                   "VirtualQuantity"
                                                                                   ">9999"
                                                                                   "</"
                                                                                   "r:"
                                                                                   "VirtualQuantity"
                                                                                   "></Item>" ITEM(
                                                                                       3, 17,
                                                                                       "<r:"
                                                                                       "HostResourc"
                                                                                       "e>ovf:/"
                                                                                       "disk/d</"
                                                                                       "r:"
                                                                                       "HostResourc"
                                                                                       "e>") ITEM(4,
                                                                                                  17,
                                                                                                  "<r:HostResource>disk/e</r:HostResource>")
                                                                                       ITEM(
                                                                                           5, 17,
                                                                                           "<r:"
                                                                                           "Allocat"
                                                                                           "ionUnit"
                                                                                           "s>byte "
                                                                                           "* "
                                                                                           "2^20</"
                                                                                           "r:"
                                                                                           "Allocat"
                                                                                           "ionUnit"
                                                                                           "s>"
                                                                                           "<r:"
                                                                                           "Virtual"
                                                                                           "Quantit"
                                                                                           "y>64</"
                                                                                           "r:"
                                                                                           "Virtual"
                                                                                           "Quantit"
                                                                                           "y>")
                                                                                           ITEM(
                                                                                               6,
                                                                                               17,
                                                                                               "<r:"
                                                                                               "Ele"
                                                                                               "men"
                                                                                               "tNa"
                                                                                               "me>"
                                                                                               "Dis"
                                                                                               "k "
                                                                                               "wit"
                                                                                               "hou"
                                                                                               "t "
                                                                                               "all"
                                                                                               "</"
                                                                                               "r:"
                                                                                               "Ele"
                                                                                               "men"
                                                                                               "tNa"
                                                                                               "me"
                                                                                               ">") "</VirtualHardwareSection></VirtualSystem></VirtualSystemCollection>"
                                                                                                    "</VirtualSystemCollection></Envelope>");
    g_assert_no_error(result.error);
    const Machine *machine = g_ptr_array_index(result.machines, 0);
    g_assert_cmpstr(machine->title, ==, "s");
    g_assert_cmpuint(machine->cpus, ==, 4);
    g_assert_cmpuint(machine->memory_bytes, ==, 512 * MIB);
    g_assert_cmpuint(machine->hardware_version, ==, 7);
    g_assert_cmpuint(machine->disks->len, ==, 3);
    check_disk(machine, 0, NULL, MACHINE_BUS_UNKNOWN, 0, 0, NULL, 4 * MIB);
    check_disk(machine, 1, NULL, MACHINE_BUS_UNKNOWN, 0, 1, NULL, 99);
    check_disk(machine, 2, NULL, MACHINE_BUS_UNKNOWN, 0, 2, NULL, 64 * MIB);
    g_assert_true(has_finding(&result, FINDING_SOURCE_DISK_WITHOUT_FILE, "Disk without all"));
}

/* One file and one disk "d" of it. */
static void test_files(void)
{
    static const struct {
        const char *file; /* attributes */
        const char *disk; /* attributes */
        const char *name;
        uint64_t chunk_bytes;
        gboolean is_gzip;
        int code; /* -1: accepted */
        const char *message;
    } rows[] = {
        {"ovf:href='a.vmdk' ovf:size='77'", "", "a.vmdk", 0, FALSE, -1, NULL},
        {"ovf:href='G%C3%B6%20x.vmdk'", "", "G\xc3\xb6 x.vmdk", 0, FALSE, -1, NULL},
        {"ovf:href='100%.vmdk'", "", "100%.vmdk", 0, FALSE, -1, NULL},
        {"ovf:href='%ff.vmdk'", "", "%ff.vmdk", 0, FALSE, -1, NULL},
        {"ovf:href='../../etc/passwd'", "", "../../etc/passwd", 0, FALSE, -1, NULL},
        {"ovf:href='a.vmdk' ovf:compression='gzip'", "", "a.vmdk", 0, TRUE, -1, NULL},
        {"ovf:href='a.vmdk.gz'", "", "a.vmdk.gz", 0, TRUE, -1, NULL},
        {"ovf:href='a.vmdk' ovf:compression='identity'", "", "a.vmdk", 0, FALSE, -1, NULL},
        {"ovf:href='a.vmdk' ovf:chunkSize='2147483648'", "", "a.vmdk", 2 * GIB, FALSE, -1, NULL},
        {"ovf:href='a.vmdk' ovf:chunkSize='7'", "", NULL, 0, FALSE, DRYDOCK_ERROR_CORRUPT,
         "pieces of 7 bytes"},
        {"ovf:href='a.vmdk' ovf:compression='bzip2'", "", NULL, 0, FALSE, DRYDOCK_ERROR_UNSUPPORTED,
         "'bzip2'"},
        {"ovf:href='https://example.com/a.vmdk'", "", NULL, 0, FALSE, DRYDOCK_ERROR_UNSUPPORTED,
         "https://example.com/a.vmdk"},
        {"ovf:href='a.vmdk'", "ovf:parentRef='base'", NULL, 0, FALSE, DRYDOCK_ERROR_UNSUPPORTED,
         "against the disk 'base'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            ENVELOPE
            "<References><File ovf:id='f' %s/></References><DiskSection><Disk "
            "ovf:diskId='d' ovf:fileRef='f' %s/></DiskSection>" SYSTEM_BEGIN DISK_ITEM SYSTEM_END,
            rows[i].file, rows[i].disk);
        g_test_message("%s", text);
        g_auto(Result) result = read_text(text);
        if (rows[i].code >= 0) {
            g_assert_error(result.error, DRYDOCK_ERROR, rows[i].code);
            g_assert_nonnull(strstr(result.error->message, rows[i].message));
            g_assert_nonnull(drydock_error_get_hint(result.error));
            continue;
        }
        g_assert_no_error(result.error);
        const Machine *machine = g_ptr_array_index(result.machines, 0);
        const MachineDisk *disk = g_ptr_array_index(machine->disks, 0);
        g_assert_cmpstr(disk->stored_name, ==, rows[i].name);
        g_assert_cmpuint(disk->chunk_bytes, ==, rows[i].chunk_bytes);
        g_assert_cmpint(disk->is_gzip, ==, rows[i].is_gzip);
        g_assert_cmpuint(disk->stored_bytes, ==, i == 0 ? 77 : 0);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        int code;
        const char *message;
    } rows[] = {
        {"<Envelope>\n<a>\n</Envelope>", DRYDOCK_ERROR_CORRUPT, "line 3"},
        {"<Envelope>\n\n<Name>\xe4</Name></Envelope>", DRYDOCK_ERROR_CORRUPT, "line 3"},
        {"<!DOCTYPE Envelope [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Envelope>&a;</Envelope>",
         DRYDOCK_ERROR_UNSUPPORTED, "document type"},
        {"<domain/>", DRYDOCK_ERROR_CORRUPT, "'domain'"},
        {ENVELOPE "</Envelope>", DRYDOCK_ERROR_CORRUPT, "without a machine"},
        {ENVELOPE SYSTEM_BEGIN DISK_ITEM SYSTEM_END, DRYDOCK_ERROR_CORRUPT, "ovf:/disk/d"},
        {ENVELOPE
         "<DiskSection><Disk ovf:diskId='d' ovf:fileRef='f'/></DiskSection>" SYSTEM_BEGIN DISK_ITEM
             SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "file 'f', which is not listed"},
        {ENVELOPE
         "<DiskSection><Disk ovf:diskId='d' ovf:capacity='${no}'/></DiskSection>" SYSTEM_BEGIN
             DISK_ITEM SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "is no size"},
        {ENVELOPE "<DiskSection><Disk ovf:diskId='d' ovf:capacity='9' "
                  "ovf:capacityAllocationUnits='byte * 2^63'/></DiskSection>" SYSTEM_BEGIN DISK_ITEM
                      SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "is no size"},
        {ENVELOPE
         "<DiskSection><Disk ovf:diskId='d'/><Disk ovf:diskId='d'/></DiskSection>" SYSTEM_BEGIN
             SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "'d' twice"},
        {ENVELOPE "<References><File ovf:id='f' ovf:href='a'/><File ovf:id='f' ovf:href='b'/>"
                  "</References>" SYSTEM_BEGIN SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "'f' twice"},
        {ENVELOPE SYSTEM_BEGIN ITEM(1, 3, "<r:VirtualQuantity>100000</r:VirtualQuantity>")
             SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "100000 processors"},
        {ENVELOPE SYSTEM_BEGIN ITEM(1, 4,
                                    "<r:AllocationUnits>hertz</r:AllocationUnits>"
                                    "<r:VirtualQuantity>1</r:VirtualQuantity>") SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "machine 'id': the memory"},
        {ENVELOPE SYSTEM_BEGIN ITEM(1, 4,
                                    "<r:VirtualQuantity>99999999999999999999"
                                    "</r:VirtualQuantity>") SYSTEM_END,
         DRYDOCK_ERROR_CORRUPT, "is no size"},
        {ENVELOPE "<EncryptionSection><Info/></EncryptionSection>" SYSTEM_BEGIN SYSTEM_END,
         DRYDOCK_ERROR_UNSUPPORTED, "encrypted"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Result) result = read_text(rows[i].text);
        g_test_message("%s", rows[i].text);
        g_assert_error(result.error, DRYDOCK_ERROR, rows[i].code);
        g_assert_nonnull(strstr(result.error->message, rows[i].message));
    }

    g_autoptr(GString) many = g_string_new(ENVELOPE SYSTEM_BEGIN);
    for (guint i = 0; i < 5000; i++)
        g_string_append(many, "<Item/>");
    g_string_append(many, SYSTEM_END);
    g_auto(Result) result = read_text(many->str);
    g_assert_error(result.error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

static void test_sections(void)
{
    g_auto(Result) result =
        read_text(ENVELOPE "<vmw:StrangeSection/><vmw:OptionalSection ovf:required='false'/>"
                           "<EulaSection ovf:required='true'/><Section xmlns:x='urn:x' "
                           "x:type='y:Odd_Type'/>" SYSTEM_BEGIN SYSTEM_END);
    g_assert_no_error(result.error);
    g_assert_true(has_finding(&result, FINDING_SOURCE_OVF_SECTION, "'StrangeSection'"));
    g_assert_true(has_finding(&result, FINDING_SOURCE_OVF_SECTION, "'y:Odd_Type'"));
    g_assert_cmpuint(result.findings->len, ==, 2);
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        const char *name;
        gboolean is_ovf;
    } rows[] = {
        {"<?xml version='1.0'?><Envelope xmlns='x'>", "a.xml", TRUE},
        {"\xef\xbb\xbf<ovf:Envelope\n", "a.xml", TRUE},
        {" \n<?xml ?>\n<!-- <Other> --> <!-- --><ovf-namespace:Envelope>", "a", TRUE},
        {"<!DOCTYPE x><Envelope/>", "a", TRUE},
        {"<FakeEnvelope>", "a", FALSE},
        {"<Envelopes>", "a", FALSE},
        {"<a:b:Envelope>", "a", FALSE},
        {"<domain><Envelope/>", "a", FALSE},
        {"machine.ovf 0644 <Envelope>", "a.ova", FALSE}, /* inside an archive */
        {"<!-- a very long comment", "a.OVF", TRUE},
        {"<!-- a very long comment", "a.xml", FALSE},
        {"<HTML>", "a.ovf", TRUE},
        {"KDMV <Envelope>", "a.ovf", FALSE},
        {"", "a.ovf", FALSE},
        {"", "a", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(
            config_ovf_ops.probe((const uint8_t *)rows[i].text, strlen(rows[i].text), rows[i].name),
            ==, rows[i].is_ovf);
    static const uint8_t wide[] = "\xff\xfe<\0E\0n\0v\0e\0l\0o\0p\0e\0 \0";
    g_assert_true(config_ovf_ops.probe(wide, sizeof(wide), "a"));
}

/* Cut and changed descriptors end in a machine or an error, never worse. */
static void test_mutations(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(815);
    gsize length = strlen(vmware);
    for (guint round = 0; round < 2000; round++) {
        g_autofree char *text = g_strdup(vmware);
        gsize cut = length;
        if (round % 4 == 0)
            cut = (gsize)g_rand_int_range(random, 0, (gint32)length);
        for (guint i = 0; i < 3 && round % 4 != 0; i++)
            text[g_rand_int_range(random, 0, (gint32)length)] =
                (char)g_rand_int_range(random, 32, 127);
        g_auto(Result) result = read_bytes(text, cut);
        g_assert_true(round % 4 != 0 || !result.ok);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/ovf/vmware", test_vmware);
    g_test_add_func("/convert/ovf/choices", test_choices);
    g_test_add_func("/convert/ovf/files", test_files);
    g_test_add_func("/convert/ovf/refused", test_refused);
    g_test_add_func("/convert/ovf/sections", test_sections);
    g_test_add_func("/convert/ovf/probe", test_probe);
    g_test_add_func("/convert/ovf/mutations", test_mutations);
    return g_test_run();
}
