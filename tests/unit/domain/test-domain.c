/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Domain XML against golden files and libvirt's schema. UPDATE_GOLDEN=1 rewrites the files. */
#include "domain/domain.h"

#include <libxml/parser.h>
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "domain-schema.h"

typedef struct {
    const char *name;    /* of the golden file */
    const char *windows; /* what its profile is found by: "windows:5.1"; NULL: it has none */
    GuestKind kind;
    gboolean no_guest;
    Machine machine; /* without disks, drives and NICs */
    guint disks;
    guint sector_size;
    const MachineNic *nics;
    guint nic_count;
    const MachineDrive *drives;
    guint drive_count;
    Guest guest;
    DomainOptions options;
    const char *findings; /* their codes, in order; NULL: none */
} Row;

#define GIB ((uint64_t)1024 * 1024 * 1024)
#define TEXT(text) ((char *)(guintptr)(text))

static const MachineNic one_nic[] = {
    {.mac = TEXT("00:0c:29:12:34:56"), .network = TEXT("VM Network")}};
static const MachineNic odd_nics[] = {
    {.mac = NULL},
    {.mac = TEXT("01:0c:29:12:34:56")}, /* group address */
    {.mac = TEXT("<mac>")},
    {.mac = TEXT("00:50:56:aa:bb:cc"), .network = TEXT("a\"b"), .model = TEXT("e1000")}};
static const MachineNic many_nics[] = {
    {.mac = TEXT("00:50:56:00:00:0a"), .mac_is_static = TRUE, .network = TEXT("VM Network")},
    {.mac = TEXT("00:50:56:00:00:0b"), .network = TEXT("DMZ = outside"), .vlan = 42},
    {.mac = TEXT("00:50:56:00:00:0c"), .network = TEXT("VM Network"), .is_disconnected = TRUE},
    {.mac = TEXT("00:50:56:00:00:0d"), .network = TEXT("not mapped")},
    {.mac = NULL}};
static const MachineNic two_nics[] = {
    {.mac = TEXT("00:0c:29:00:00:01"), .network = TEXT("LAN"), .model = TEXT("e1000")},
    {.mac = TEXT("00:0c:29:00:00:02"), .network = TEXT("DMZ"), .model = TEXT("vmxnet3")}};

static const MachineDrive all_drives[] = {
    {.kind = MACHINE_DRIVE_CDROM,
     .address = {.bus = MACHINE_BUS_IDE, .controller = 1},
     .medium = TEXT("/vmfs/volumes/iso/debian.iso")},
    {.kind = MACHINE_DRIVE_FLOPPY, .address = {.bus = MACHINE_BUS_FLOPPY}},
    {.kind = MACHINE_DRIVE_CDROM, .address = {.bus = MACHINE_BUS_SATA}},
    {.kind = MACHINE_DRIVE_FLOPPY, .address = {.bus = MACHINE_BUS_FLOPPY, .unit = 1}},
    {.kind = MACHINE_DRIVE_FLOPPY, .address = {.bus = MACHINE_BUS_FLOPPY, .unit = 2}}};

static const Row rows[] = {
    {.name = "linux-bios",
     .machine = {.name = TEXT("web-1"),
                 .uuid = TEXT("564d1234-5678-9abc-def0-123456789abc"),
                 .firmware = FIRMWARE_BIOS,
                 .cpus = 4,
                 .memory_bytes = 8 * GIB},
     .disks = 2,
     .nics = one_nic,
     .nic_count = 1,
     .guest = {.kind = GUEST_LINUX,
               .architecture = TEXT("x86_64"),
               .osinfo_id = TEXT("http://debian.org/debian/12")},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO, .nic_model = "virtio"}},
    {.name = "linux-uefi-scsi-4096",
     .machine = {.name = TEXT("db"), .firmware = FIRMWARE_UNKNOWN, .secure_boot = TRUE},
     .disks = 30,
     .sector_size = 4096,
     .guest = {.kind = GUEST_LINUX, .architecture = TEXT("x86_64"), .firmware = FIRMWARE_UEFI},
     .options = {.disk_bus = DOMAIN_BUS_SCSI, .nic_model = "virtio", .network = "bridged"}},
    {.name = "linux-aarch64",
     .machine = {.name = TEXT("arm"), .cpus = 1, .memory_bytes = GIB},
     .disks = 1,
     .guest = {.kind = GUEST_LINUX, .architecture = TEXT("aarch64")},
     .options = {.disk_bus = DOMAIN_BUS_IDE, .nic_model = "virtio"}},
    {.name = "windows-2022-uefi",
     .machine = {.name = TEXT("dc01"), .firmware = FIRMWARE_UEFI, .cpus = 2},
     .disks = 1,
     .nics = one_nic,
     .nic_count = 1,
     .guest = {.kind = GUEST_WINDOWS,
               .architecture = TEXT("x86_64"),
               .osinfo_id = TEXT("http://microsoft.com/win/2k22"),
               .windows_facts = {.major = 10,
                                 .build = 20348,
                                 .product_type = TEXT("ServerNT"),
                                 .active_bias_minutes = -120,
                                 .hardware_uuid = TEXT("11112222-3333-4444-5555-666677778888")}},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO, .nic_model = "virtio"}},
    {.name = "windows-11-secure-boot",
     .machine = {.name = TEXT("desk"),
                 .uuid = TEXT("not-a-uuid"),
                 .firmware = FIRMWARE_UEFI,
                 .secure_boot = TRUE,
                 .cpus = 8,
                 .memory_bytes = 16 * GIB},
     .disks = 1,
     .guest = {.kind = GUEST_WINDOWS,
               .architecture = TEXT("x86_64"),
               .osinfo_id = TEXT("http://microsoft.com/win/11"),
               .windows_facts = {.major = 10,
                                 .build = 22631,
                                 .product_type = TEXT("WinNT"),
                                 .rtc_is_utc = TRUE}},
     .options = {.disk_bus = DOMAIN_BUS_SATA, .nic_model = "e1000e"}},
    {.name = "windows-7-bios",
     .windows = "windows:6.1",
     .machine = {.name = TEXT("old"), .firmware = FIRMWARE_BIOS},
     .disks = 2,
     .guest = {.kind = GUEST_WINDOWS,
               .architecture = TEXT("i686"),
               .windows_facts = {.major = 6,
                                 .minor = 1,
                                 .build = 7601,
                                 .active_bias_minutes = 480,
                                 .hardware_uuid = TEXT("00000000-0000-0000-0000-000000000000")}},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO,
                 .nic_model = "virtio-transitional",
                 .disk_transitional = TRUE}},
    {.name = "windows-xp",
     .windows = "windows:5.1",
     .machine = {.name = TEXT("older"), .memory_bytes = GIB / 2, .cpus = 1},
     .disks = 2,
     .guest = {.kind = GUEST_WINDOWS,
               .architecture = TEXT("i686"),
               .osinfo_id = TEXT("http://microsoft.com/win/xp"),
               .windows_facts =
                   {.major = 5, .minor = 1, .build = 2600, .active_bias_minutes = 2000000000}},
     .options = {.disk_bus = DOMAIN_BUS_IDE, .nic_model = "rtl8139"}},
    {.name = "no-guest",
     .no_guest = TRUE,
     .machine = {.name = TEXT("data")},
     .disks = 1,
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO}},
    {.name = "hostile",
     .machine = {.name = TEXT("a&b<c>'d'\"e\"")},
     .disks = 1,
     .nics = odd_nics,
     .nic_count = G_N_ELEMENTS(odd_nics),
     .guest = {.kind = GUEST_LINUX, .osinfo_id = TEXT("http://evil/]]><!-- \x01\xff &amp; '\">")},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO, .nic_model = "virtio", .network = "br&<\x02>"}},
    {.name = "vmware-uefi",
     .machine = {.name = TEXT("everything"),
                 .title = TEXT("Everything (all of it) & more"),
                 .uuid = TEXT("564d1234-5678-9abc-def0-123456789abc"),
                 .genid = TEXT("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
                 .serial = TEXT("VMware-56 4d 12 34 56 78 9a bc-de f0 12 34 56 78 9a bc"),
                 .annotation = TEXT("bought in 2019\r\nowner: \"Zoë\"\n\n  <none>  \n"),
                 .firmware = FIRMWARE_UEFI,
                 .secure_boot = TRUE,
                 .tpm = TRUE,
                 .cpus = 8,
                 .cores_per_socket = 4,
                 .memory_bytes = 16 * GIB,
                 .sound = TEXT("hdaudio"),
                 .has_clock_offset = TRUE},
     .disks = 3,
     .nics = many_nics,
     .nic_count = G_N_ELEMENTS(many_nics),
     .drives = all_drives,
     .drive_count = G_N_ELEMENTS(all_drives),
     .guest = {.kind = GUEST_LINUX,
               .architecture = TEXT("x86_64"),
               .osinfo_id = TEXT("http://debian.org/debian/12")},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO,
                 .nic_model = "virtio",
                 .network = "lan",
                 .network_map =
                     (const char *const[]){"VM Network=servers", "DMZ = outside=dmz",
                                           "00-50-56-00-00-0C=backup", "VM Network=never", NULL}},
     .findings = "domain-floppy-left-out domain-tpm-empty domain-vlan-left-out"},
    {.name = "hyperv-generation-1",
     .machine = {.name = TEXT("files"),
                 .title = TEXT("files"),
                 .uuid = TEXT("a1b2c3d4-0000-1111-2222-333344445555"),
                 .serial = TEXT("1234-5678-9012-3456-7890-1234-56"),
                 .firmware = FIRMWARE_BIOS,
                 .generation = 1,
                 .cpus = 4,
                 .cores_per_socket = 2,
                 .threads = 2,
                 .memory_bytes = 4 * GIB,
                 .memory_maximum_bytes = 16 * GIB,
                 .has_clock_offset = TRUE,
                 .clock_offset_seconds = -28800},
     .disks = 2,
     .nics = one_nic,
     .nic_count = 1,
     .drives = all_drives,
     .drive_count = 2,
     .guest = {.kind = GUEST_WINDOWS,
               .architecture = TEXT("x86_64"),
               .windows_facts = {.major = 10,
                                 .build = 14393,
                                 .product_type = TEXT("ServerNT"),
                                 .active_bias_minutes = -60}},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO, .nic_model = "virtio"},
     .findings = "domain-floppy-left-out"},
    {.name = "hyperv-generation-2",
     .machine = {.name = TEXT("shielded"),
                 .uuid = TEXT("a1b2c3d4-0000-1111-2222-333344446666"),
                 .firmware = FIRMWARE_UEFI,
                 .secure_boot = TRUE,
                 .secure_boot_template = TEXT("MicrosoftUEFICertificateAuthority"),
                 .tpm = TRUE,
                 .generation = 2,
                 .cpus = 320,
                 .memory_bytes = 2 * GIB,
                 .memory_maximum_bytes = 1024 * GIB,
                 .has_clock_offset = TRUE,
                 .clock_offset_seconds = -28800},
     .disks = 2,
     .sector_size = 4096,
     .drives = all_drives,
     .drive_count = 1,
     .guest = {.kind = GUEST_LINUX, .architecture = TEXT("x86_64")},
     .options = {.disk_bus = DOMAIN_BUS_SCSI, .nic_model = "virtio"},
     .findings = "domain-cpus-limited domain-memory-not-dynamic domain-tpm-empty"},
    {.name = "linux-bios-two-networks",
     .machine = {.name = TEXT("router"),
                 .firmware = FIRMWARE_BIOS,
                 .tpm = TRUE,
                 .sound = TEXT("es1371"),
                 .cpus = 6,
                 .cores_per_socket = 4, /* does not go into 6 */
                 .memory_bytes = GIB},
     .disks = 8,
     .nics = two_nics,
     .nic_count = 2,
     .drives = all_drives,
     .drive_count = 1,
     .guest = {.kind = GUEST_LINUX, .architecture = TEXT("x86_64")},
     .options = {.disk_bus = DOMAIN_BUS_SATA,
                 .nic_model = "e1000",
                 .network_map = (const char *const[]){"LAN=inside", "DMZ=outside", NULL}},
     .findings = "domain-tpm-empty"},
    {.name = "windows-xp-many-drives",
     .windows = "windows:5.1",
     .machine = {.name = TEXT("oldest"), .cpus = 2, .sound = TEXT("sb16")},
     .disks = 5,
     .drives = all_drives,
     .drive_count = G_N_ELEMENTS(all_drives),
     .guest = {.kind = GUEST_WINDOWS,
               .architecture = TEXT("i686"),
               .windows_facts = {.major = 5, .minor = 1, .build = 2600}},
     .options = {.disk_bus = DOMAIN_BUS_IDE, .nic_model = "rtl8139"},
     .findings = "domain-ide-full domain-floppy-left-out"},
    {.name = "hostile-texts",
     .machine = {.name = TEXT("a&b"),
                 .title = TEXT(" \n\x01]]> <title>\t\xff\x7f\xc2\x85 \xef\xbf\xbf'\"&amp; "),
                 .genid = TEXT("<genid>"),
                 .serial = TEXT("line\nbreak"),
                 .annotation = TEXT("\x1b[31m</description><disk/>\r]]>\x02\n\xed\xa0\x80<!--"),
                 .secure_boot_template = TEXT("<x>"),
                 .sound = TEXT("</sound>"),
                 .has_clock_offset = TRUE,
                 .clock_offset_seconds = G_MININT64,
                 .cores_per_socket = G_MAXUINT,
                 .threads = G_MAXUINT,
                 .memory_bytes = 1,
                 .memory_maximum_bytes = G_MAXUINT64},
     .disks = 1,
     .nics = odd_nics,
     .nic_count = G_N_ELEMENTS(odd_nics),
     .guest = {.kind = GUEST_LINUX},
     .options = {.disk_bus = DOMAIN_BUS_VIRTIO,
                 .network_map = (const char *const[]){"a\"b=<net> & 'more'", "<mac>=no", NULL}},
     .findings = "domain-memory-not-dynamic"},
};

static const xmlChar *to_xml(const char *text)
{
    return (const xmlChar *)text;
}

static void fill_machine(const Row *row, Machine *ret_machine)
{
    *ret_machine = row->machine;
    ret_machine->disks = g_ptr_array_new_with_free_func(g_free);
    ret_machine->drives = g_ptr_array_new_with_free_func(g_free);
    ret_machine->nics = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < row->disks; i++) {
        MachineDisk *disk = g_new0(MachineDisk, 1);

        disk->sector_size = row->sector_size == 0 ? 512 : row->sector_size;
        g_ptr_array_add(ret_machine->disks, disk);
    }
    for (guint i = 0; i < row->drive_count; i++)
        g_ptr_array_add(ret_machine->drives, g_memdup2(&row->drives[i], sizeof(MachineDrive)));
    for (guint i = 0; i < row->nic_count; i++) {
        g_ptr_array_add(ret_machine->nics, g_memdup2(&row->nics[i], sizeof(MachineNic)));
    }
}

/* findings: may be NULL. */
static char *format(const Row *row, const char *folder, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *const facts[] = {row->windows, "type:client", NULL};
    g_autoptr(Profiles) profiles = profiles_load(NULL, NULL);
    DomainOptions options = row->options;
    Guest guest = row->guest;
    Machine machine;
    char *xml = NULL;

    g_assert_nonnull(profiles);
    if (row->windows)
        guest.profile_section = profiles_match(profiles, facts);
    fill_machine(row, &machine);
    for (guint i = 0; i < row->disks; i++) {
        g_ptr_array_add(paths, g_strdup_printf("%s/disk-%u.qcow2", folder, i + 1));
    }
    g_ptr_array_add(paths, NULL);
    options.findings = findings;
    options.disk_paths = (const char *const *)paths->pdata;
    if (!domain_format(&machine, row->no_guest ? NULL : &guest, &options, &xml, error)) {
        g_assert_null(xml);
    }
    g_ptr_array_unref(machine.disks);
    g_ptr_array_unref(machine.drives);
    g_ptr_array_unref(machine.nics);
    return xml;
}

static char *list_codes(const GPtrArray *findings)
{
    GString *codes = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++)
        g_string_append_printf(codes, "%s%s", i > 0 ? " " : "",
                               finding_code_name(((const Finding *)findings->pdata[i])->code));
    return g_string_free(codes, FALSE);
}

static void test_golden(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *file = g_strdup_printf("%s.xml", row->name);
    g_autofree char *path = g_build_filename(DRYDOCK_SOURCE_DIR, "tests/golden/domain", file, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autofree char *xml = format(row, "/var/lib/libvirt/images", findings, &error);
    g_autofree char *codes = list_codes(findings);
    g_autofree char *golden = NULL;
    gboolean ok;

    g_assert_no_error(error);
    g_assert_cmpstr(codes, ==, row->findings == NULL ? "" : row->findings);
    if (g_strcmp0(g_getenv("UPDATE_GOLDEN"), "1") == 0) {
        ok = g_file_set_contents(path, xml, -1, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
    }
    ok = g_file_get_contents(path, &golden, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpstr(xml, ==, golden);
    domain_schema_check(xml);
}

/* Text comes out of the parser as it went in. */
static void test_escaping(void)
{
    const Row row = {.name = "escaping",
                     .machine = {.name = TEXT("ünïcode & <tags>")},
                     .disks = 1,
                     .guest = {.kind = GUEST_LINUX}};
    const char *folder = "/images/a&b <c> \"d\" 'e' ü %s ]]>";
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = format(&row, folder, NULL, &error);
    g_autofree char *expected = g_strdup_printf("%s/disk-1.qcow2", folder);
    xmlDoc *document;
    xmlChar *name = NULL, *source = NULL;

    g_assert_no_error(error);
    domain_schema_check(xml);
    document = xmlReadMemory(xml, (int)strlen(xml), "domain.xml", NULL, XML_PARSE_NONET);
    g_assert_nonnull(document);
    for (xmlNode *node = xmlDocGetRootElement(document)->children; node != NULL;
         node = node->next) {
        if (xmlStrcmp(node->name, to_xml("name")) == 0) {
            name = xmlNodeGetContent(node);
        }
        if (xmlStrcmp(node->name, to_xml("devices")) == 0) {
            xmlNode *disk = xmlFirstElementChild(node);
            xmlNode *driver = xmlFirstElementChild(disk);

            source = xmlGetProp(xmlNextElementSibling(driver), to_xml("file"));
        }
    }
    g_assert_cmpstr((const char *)name, ==, row.machine.name);
    g_assert_cmpstr((const char *)source, ==, expected);
    xmlFree(name);
    xmlFree(source);
    xmlFreeDoc(document);
}

static void test_refused(void)
{
    static const char *const folders[] = {"relative", "", "/new\nline", "/not\xffutf8", "/bell\a"};
    Row row = {.name = "refused",
               .machine = {.name = TEXT("name")},
               .disks = 1,
               .guest = {.kind = GUEST_LINUX}};

    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autoptr(GError) error = NULL;

        if (folders[i][0] == '\0') {
            row.machine.name = NULL;
        }
        g_assert_null(format(&row, folders[i][0] == '\0' ? "/" : folders[i], NULL, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        row.machine.name = TEXT("name");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/domain/golden/%s", rows[i].name);

        g_test_add_data_func(path, &rows[i], test_golden);
    }
    g_test_add_func("/domain/escaping", test_escaping);
    g_test_add_func("/domain/refused", test_refused);
    return g_test_run();
}
