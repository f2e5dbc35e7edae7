/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libvirt's domain XML (libvirt.org/formatdomain.html): what "virsh dumpxml" prints, what lies in
   /etc/libvirt/qemu and in /run/libvirt/qemu. */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "convert/config/libvirt_devices.h"
#include "convert/source_config.h"
#include "convert/config/xml_document.h"

#define CPUS_LIMIT 4096
#define CLOCK_LIMIT_SECONDS (2 * 86400)

/* Behind spaces, the XML declaration, comments and the like: the root element. */
static const char *find_root(const char *text)
{
    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        if (g_ascii_isalpha(at[1]))
            return at + 1;
        const char *end = g_str_has_prefix(at, "<!--") ? strstr(at, "-->") : at;
        if (!end)
            return NULL;
        at = end;
    }
    return NULL;
}

static gboolean libvirt_probe(const uint8_t *head, size_t length, const char *name)
{
    (void)name;
    g_autofree char *text = g_strndup((const char *)head, length);
    const char *root = find_root(text);
    if (!root)
        return FALSE;
    g_autofree char *tag = g_strndup(root, strcspn(root, ">"));
    size_t name_length = strspn(tag, "abcdefghijklmnopqrstuvwxyz");
    /* Application servers have "domain" elements, too. */
    return (name_length == strlen("domain") && g_str_has_prefix(tag, "domain") &&
            strstr(tag, "type=")) ||
           (name_length == strlen("domstatus") && g_str_has_prefix(tag, "domstatus"));
}

/* Sizes have a unit, KiB when there is none. 0: no size that makes sense. */
static uint64_t read_size(const xmlNode *element)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {
        {"b", 1},
        {"bytes", 1},
        {"KB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", 1000000000000},
        {"k", UINT64_C(1) << 10},
        {"KiB", UINT64_C(1) << 10},
        {"M", UINT64_C(1) << 20},
        {"MiB", UINT64_C(1) << 20},
        {"G", UINT64_C(1) << 30},
        {"GiB", UINT64_C(1) << 30},
        {"T", UINT64_C(1) << 40},
        {"TiB", UINT64_C(1) << 40},
    };
    g_autofree char *text = xml_text(element);
    g_autofree char *unit = xml_attribute(element, "unit");
    guint64 number, bytes;
    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
        return 0;
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_ascii_strcasecmp(unit ? unit : "KiB", units[i].unit) == 0)
            return g_uint64_checked_mul(&bytes, number, units[i].bytes) ? bytes : 0;
    return 0;
}

/* <memory> is what the guest could have, <currentMemory> what it was given. */
static void read_memory(const xmlNode *domain, Machine *machine)
{
    uint64_t maximum = read_size(xml_child(domain, "memory"));
    uint64_t current = read_size(xml_child(domain, "currentMemory"));
    gboolean is_dynamic = current > 0 && current < maximum;
    machine->memory_bytes = is_dynamic ? current : maximum;
    machine->memory_maximum_bytes = is_dynamic ? maximum : 0;
}

static guint read_count(const xmlNode *element, const char *attribute, guint missing)
{
    uint64_t number;
    if (!xml_attribute_number(element, attribute, &number))
        return missing;
    return number <= CPUS_LIMIT ? (guint)number : 0;
}

static void read_cpus(const xmlNode *domain, Machine *machine)
{
    const xmlNode *topology = xml_descendant(domain, "cpu", "topology", NULL);
    uint64_t maximum;
    if (!xml_child_number(domain, "vcpu", &maximum) || maximum > CPUS_LIMIT)
        return;
    machine->cpus = read_count(xml_child(domain, "vcpu"), "current", (guint)maximum);
    if (!topology)
        return;
    guint cores = read_count(topology, "cores", 1) * read_count(topology, "dies", 1);
    guint threads = read_count(topology, "threads", 1);
    /* Counts are at most 4096 each: no overflow. */
    guint64 per_socket = (guint64)cores * threads;
    if (per_socket == 0 || machine->cpus % per_socket != 0)
        return;
    machine->cores_per_socket = cores;
    machine->threads = threads;
}

static gboolean attribute_is(const xmlNode *element, const char *name, const char *value)
{
    g_autofree char *text = xml_attribute(element, name);
    return text && strcmp(text, value) == 0;
}

/* Old domains name a firmware image, new ones say what it is to be. */
static gboolean is_uefi_image(const xmlNode *loader)
{
    static const char *const parts[] = {"ovmf", "edk2", "aavmf", "uefi", "efi"};
    g_autofree char *path = xml_text(loader);
    g_autofree char *lower = path ? g_ascii_strdown(path, -1) : NULL;
    if (attribute_is(loader, "type", "pflash"))
        return TRUE;
    for (guint i = 0; lower && i < G_N_ELEMENTS(parts); i++)
        if (strstr(lower, parts[i]))
            return TRUE;
    return FALSE;
}

static void read_firmware(const xmlNode *os, Machine *machine)
{
    const xmlNode *loader = xml_child(os, "loader");
    gboolean is_efi = attribute_is(os, "firmware", "efi") || (loader && is_uefi_image(loader));
    g_autofree char *type = xml_child_text(os, "type");
    if (is_efi)
        machine->firmware = FIRMWARE_UEFI;
    else if (type && strcmp(type, "hvm") == 0 &&
             !attribute_is(xml_child(os, "type"), "arch", "aarch64"))
        machine->firmware = FIRMWARE_BIOS;
    machine->secure_boot = is_efi && attribute_is(loader, "secure", "yes");
    for (const xmlNode *feature = xml_descendant(os, "firmware", "feature", NULL); feature;
         feature = xml_next(feature, "feature"))
        if (is_efi && attribute_is(feature, "name", "secure-boot"))
            machine->secure_boot = attribute_is(feature, "enabled", "yes");
}

/* What the other kinds of offset mean depends on the source's host and is not known here. */
static void read_clock(const xmlNode *clock, Machine *machine)
{
    g_autofree char *adjustment = xml_attribute(clock, "adjustment");
    gint64 seconds = 0;
    gboolean is_variable =
        attribute_is(clock, "offset", "variable") && !attribute_is(clock, "basis", "localtime");
    if (!attribute_is(clock, "offset", "utc") && !is_variable)
        return;
    if (is_variable && adjustment &&
        !g_ascii_string_to_signed(adjustment, 10, -CLOCK_LIMIT_SECONDS, CLOCK_LIMIT_SECONDS,
                                  &seconds, NULL))
        return;
    machine->has_clock_offset = TRUE;
    machine->clock_offset_seconds = seconds;
}

static char *read_serial(const xmlNode *domain)
{
    for (const xmlNode *entry = xml_descendant(domain, "sysinfo", "system", "entry", NULL); entry;
         entry = xml_next(entry, "entry"))
        if (attribute_is(entry, "name", "serial"))
            return xml_text(entry);
    return NULL;
}

static void read_identity(const xmlNode *domain, Machine *machine)
{
    g_autofree char *uuid = xml_child_text(domain, "uuid");
    g_autofree char *genid = xml_child_text(domain, "genid");
    g_autofree char *title = xml_child_text(domain, "title");
    machine->name = xml_child_text(domain, "name");
    machine->title = title ? g_steal_pointer(&title) : g_strdup(machine->name);
    machine->uuid = machine_uuid_normalise(uuid);
    machine->genid = machine_uuid_normalise(genid);
    machine->serial = read_serial(domain);
    machine->annotation = xml_child_text(domain, "description");
    machine->guest_os =
        xml_attribute(xml_descendant(domain, "metadata", "libosinfo", "os", NULL), "id");
}

static gboolean libvirt_read(GBytes *content, GPtrArray *machines, GPtrArray *findings,
                             GError **error)
{
    g_autoptr(XmlDocument) document = xml_document_load(content, error);
    if (!document)
        return FALSE;
    const xmlNode *root = xml_document_root(document);
    const xmlNode *domain = xml_is(root, "domain") ? root : xml_child(root, "domain");
    if (!domain) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "print it with: virsh dumpxml NAME",
                          "it has no libvirt domain, but '%s'", xml_name(root));
        return FALSE;
    }
    Machine *machine = machine_new("libvirt");
    g_ptr_array_add(machines, machine);
    read_identity(domain, machine);
    read_memory(domain, machine);
    read_cpus(domain, machine);
    read_firmware(xml_child(domain, "os"), machine);
    read_clock(xml_child(domain, "clock"), machine);
    config_libvirt_read_devices(xml_child(domain, "devices"), machine, findings);
    if (attribute_is(root, "state", "running") || attribute_is(root, "state", "paused"))
        findings_add(findings, FINDING_SOURCE_NOT_SHUT_DOWN, machine->name);
    return TRUE;
}

const SourceConfigOps config_libvirt_ops = {"libvirt", libvirt_probe, libvirt_read};
