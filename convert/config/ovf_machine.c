/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of OVF descriptors (DSP0243: 0.9 to 2.1) as VMware, VirtualBox and others write them. */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "convert/config/ovf_items.h"
#include "convert/config/ovf_package.h"
#include "convert/config/ovf_virtualbox.h"
#include "convert/source_config.h"
#include "convert/config/xml_document.h"

#define MACHINES_LIMIT 1024

typedef struct {
    const OvfPackage *package;
    GPtrArray *machines;
    GPtrArray *findings;
} Reader;

/* The name of the first element of XML, "" when head ends before it; NULL: no XML. UTF-16 becomes
   readable enough by leaving out its zeros. */
static char *first_element(const uint8_t *head, size_t length)
{
    static const char *const marks[] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};
    static const char *const skipped[][2] = {{"<?", "?>"}, {"<!--", "-->"}, {"<!", ">"}};
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < length; i++)
        if (head[i] != '\0')
            g_string_append_c(text, (char)head[i]);
    const char *at = text->str;
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        if (g_str_has_prefix(at, marks[i]))
            at += strlen(marks[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(skipped);) {
        while (g_ascii_isspace(*at))
            at++;
        if (!g_str_has_prefix(at, skipped[i][0])) {
            i++;
            continue;
        }
        at = strstr(at + strlen(skipped[i][0]), skipped[i][1]);
        if (!at)
            return g_strdup("");
        at += strlen(skipped[i][1]);
        i = 0;
    }
    return *at == '<' ? g_strndup(at + 1, strcspn(at + 1, " \t\r\n/>")) : NULL;
}

static gboolean ovf_probe(const uint8_t *head, size_t length, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    g_autofree char *element = first_element(head, length);
    const char *colon = element ? strchr(element, ':') : NULL;
    return element && (g_str_equal(colon ? colon + 1 : element, "Envelope") ||
                       g_str_has_suffix(lower, ".ovf"));
}

/* Sections that say nothing which a migration has to do, or that are read elsewhere. Of VMware,
   vCloud and VirtualBox are those which their exports were seen to have. */
static gboolean is_known_section(const xmlNode *element)
{
    static const char *const names[] = {
        "AnnotationSection",
        "BootDeviceSection",
        "BootOrderSection",
        "CpuCompatibilitySection",
        "CustomizationSection",
        "DefaultStorageProfileSection",
        "DeploymentOptionSection",
        "DiskSection",
        "EnvironmentFilesSection",
        "EulaSection",
        "GuestCustomizationSection",
        "InstallSection",
        "IpAssignmentSection",
        "LeaseSettingsSection",
        "NetworkConfigSection",
        "NetworkConnectionSection",
        "NetworkSection",
        "OperatingSystemSection",
        "PlacementGroupSection",
        "PlacementSection",
        "ProductSection",
        "ResourceAllocationSection",
        "ScaleOutSection",
        "SharedDiskSection",
        "SnapshotSection",
        "StartupSection",
        "StorageGroupSection",
        "StorageSection",
        "VirtualHardwareSection",
        "VirtualSystem",
        "VirtualSystemCollection",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (ovf_is_section(element, names[i]))
            return TRUE;
    return FALSE;
}

/* A section is required unless it says otherwise (DSP0243, section 7.2). */
static gboolean check_sections(const xmlNode *parent, GPtrArray *findings, GError **error)
{
    for (const xmlNode *element = xml_child(parent, NULL); element;
         element = xml_next(element, NULL)) {
        gboolean is_section = xml_is(element, "Section") || xml_is(element, "Content") ||
                              g_str_has_suffix(xml_name(element), "Section");
        if (ovf_is_section(element, "EncryptionSection")) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "export it without encryption",
                              "the files of the OVF are encrypted");
            return FALSE;
        }
        if (!is_section || is_known_section(element))
            continue;
        g_autofree char *required = xml_attribute(element, "required");
        g_autofree char *type = xml_attribute(element, "type");
        if (g_strcmp0(required, "false") != 0 && g_strcmp0(required, "0") != 0)
            findings_add(findings, FINDING_SOURCE_OVF_SECTION, type ? type : xml_name(element));
    }
    return TRUE;
}

/* VirtualSystemType: "vmx-13", "vmx-07 vmx-08", "virtualbox-2.2", "xen-3, foobar". */
static gboolean is_understood(const char *type)
{
    static const char *const families[] = {"vmx-", "virtualbox-", "microsoft:", "hyper-v"};
    g_auto(GStrv) words = g_strsplit_set(type ? type : "", ", \t\r\n", -1);
    for (guint i = 0; words[i]; i++)
        for (gsize k = 0; k < G_N_ELEMENTS(families); k++)
            if (g_ascii_strncasecmp(words[i], families[k], strlen(families[k])) == 0)
                return TRUE;
    return FALSE;
}

/* Alternatives for several hypervisors: the first for one that we know, else the first. */
static const xmlNode *choose_hardware(const xmlNode *system)
{
    const xmlNode *first = NULL;
    for (const xmlNode *section = xml_child(system, NULL); section;
         section = xml_next(section, NULL)) {
        if (!ovf_is_section(section, "VirtualHardwareSection"))
            continue;
        g_autofree char *type = xml_child_text(xml_child(section, "System"), "VirtualSystemType");
        if (is_understood(type))
            return section;
        if (!first)
            first = section;
    }
    return first;
}

static void read_system_type(const xmlNode *hardware, Machine *machine)
{
    g_autofree char *text = xml_child_text(xml_child(hardware, "System"), "VirtualSystemType");
    const char *version = text ? strstr(text, "vmx-") : NULL;
    if (version)
        machine->hardware_version =
            (guint)MIN(g_ascii_strtoull(version + strlen("vmx-"), NULL, 10), 999);
}

/* Names from the most to the least chosen by a person. */
static char *read_title(const xmlNode *system, const xmlNode *hardware)
{
    const xmlNode *virtualbox = xml_child(system, "Machine");
    const xmlNode *described = xml_child(hardware, "System");
    char *names[] = {xml_child_text(system, "Name"), xml_attribute(virtualbox, "name"),
                     xml_child_text(described, "VirtualSystemIdentifier"),
                     xml_attribute(system, "id")};
    /* Hand-written OVFs have the example's words there. */
    if (g_strcmp0(names[2], "system id") == 0)
        g_clear_pointer(&names[2], g_free);
    char *title = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!title)
            title = names[i];
        else
            g_free(names[i]);
    }
    return title;
}

static void read_system(const xmlNode *system, Machine *machine)
{
    const xmlNode *os = ovf_child_section(system, "OperatingSystemSection");
    machine->guest_os = xml_attribute(os, "osType"); /* VMware's */
    if (!machine->guest_os)
        machine->guest_os = xml_child_text(os, "OSType"); /* VirtualBox's */
    if (!machine->guest_os)
        machine->guest_os = xml_child_text(os, "Description");
    machine->annotation =
        xml_child_text(ovf_child_section(system, "AnnotationSection"), "Annotation");
}

static gboolean is_true(const char *value)
{
    return value && (g_ascii_strcasecmp(value, "true") == 0 || g_str_equal(value, "1"));
}

static void set_firmware(Machine *machine, const char *value)
{
    if (g_ascii_strcasecmp(value, "efi") == 0)
        machine->firmware = FIRMWARE_UEFI;
    else if (g_ascii_strcasecmp(value, "bios") == 0)
        machine->firmware = FIRMWARE_BIOS;
}

static void set_uuid(Machine *machine, const char *value)
{
    g_free(machine->uuid);
    machine->uuid = machine_uuid_normalise(value);
}

/* VMware's vmw:Config (of the API) and vmw:ExtraConfig (of the VMX file). */
static void read_vmware(const OvfPackage *package, const xmlNode *hardware, Machine *machine,
                        GPtrArray *findings)
{
    for (const xmlNode *element = xml_child(hardware, NULL); element;
         element = xml_next(element, NULL)) {
        g_autofree char *key = xml_attribute(element, "key");
        g_autofree char *value = xml_attribute(element, "value");
        if (!key || !value || (!xml_is(element, "Config") && !xml_is(element, "ExtraConfig")))
            continue;
        if (g_ascii_strcasecmp(key, "firmware") == 0)
            set_firmware(machine, value);
        else if (g_ascii_strcasecmp(key, "bootOptions.efiSecureBootEnabled") == 0 ||
                 g_ascii_strcasecmp(key, "uefi.secureBoot.enabled") == 0)
            machine->secure_boot = is_true(value);
        else if (g_ascii_strcasecmp(key, "vtpm.present") == 0)
            machine->tpm = machine->tpm || is_true(value);
        else if (g_ascii_strcasecmp(key, "uuid") == 0 || g_ascii_strcasecmp(key, "uuid.bios") == 0)
            set_uuid(machine, value);
        else if (g_ascii_strcasecmp(key, "nvram") == 0) {
            const char *file = ovf_package_file_name(package, value);
            if (machine->firmware != FIRMWARE_BIOS)
                findings_add(findings, FINDING_SOURCE_OVF_NVRAM, file ? file : value);
        }
    }
}

static gboolean read_machine(const Reader *reader, const xmlNode *system, GError **error)
{
    const xmlNode *hardware = choose_hardware(system);
    g_autoptr(Machine) machine = machine_new(config_ovf_ops.kind);
    if (reader->machines->len == MACHINES_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it describes more than %d machines", MACHINES_LIMIT);
        return FALSE;
    }
    machine->title = read_title(system, hardware);
    machine->name = g_strdup(machine->title ? machine->title : "machine");
    if (!check_sections(system, reader->findings, error))
        return FALSE;
    read_system_type(hardware, machine);
    read_system(system, machine);
    read_vmware(reader->package, hardware, machine, reader->findings);
    if (!ovf_items_read(reader->package, system, hardware, machine, reader->findings, error)) {
        g_prefix_error(error, "machine '%s': ", machine->name);
        return FALSE;
    }
    ovf_virtualbox_read(xml_child(system, "Machine"), machine);
    machine->secure_boot = machine->secure_boot && machine->firmware != FIRMWARE_BIOS;
    machine_sort_disks(machine);
    g_ptr_array_add(reader->machines, g_steal_pointer(&machine));
    return TRUE;
}

/* Collections may lie in one another as deep as XML may. */
static gboolean read_systems(const Reader *reader, const xmlNode *parent, GError **error)
{
    if (!check_sections(parent, reader->findings, error))
        return FALSE;
    for (const xmlNode *element = xml_child(parent, NULL); element;
         element = xml_next(element, NULL)) {
        if (ovf_is_section(element, "VirtualSystem") && !read_machine(reader, element, error))
            return FALSE;
        if (ovf_is_section(element, "VirtualSystemCollection") &&
            !read_systems(reader, element, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean ovf_read(GBytes *content, GPtrArray *machines, GPtrArray *findings, GError **error)
{
    g_autoptr(XmlDocument) document = xml_document_load(content, error);
    if (!document)
        return FALSE;
    const xmlNode *envelope = xml_document_root(document);
    if (!xml_is(envelope, "Envelope")) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "download or export it again",
                          "it is no OVF: its outermost element is '%s', not 'Envelope'",
                          xml_name(envelope));
        return FALSE;
    }
    g_autoptr(OvfPackage) package = ovf_package_read(envelope, error);
    Reader reader = {package, machines, findings};
    guint before = machines->len;
    if (!package)
        return FALSE;
    if (!read_systems(&reader, envelope, error)) {
        g_ptr_array_set_size(machines, (gint)before);
        return FALSE;
    }
    if (machines->len == before) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export the machine again",
                          "it is an OVF without a machine (VirtualSystem) in it");
        return FALSE;
    }
    return TRUE;
}

const SourceConfigOps config_ovf_ops = {"ovf", ovf_probe, ovf_read};
