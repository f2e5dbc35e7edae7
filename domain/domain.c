/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libvirt domain XML but for its devices. */
#include "domain/domain.h"

#include "domain/devices.h"
#include "domain/plan.h"
#include "domain/xml.h"

static void write_identity(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_element(xml, "name", plan->machine->name);
    xml_write_element(xml, "uuid", plan->uuid);
    xml_write_element(xml, "genid", plan->genid);
    xml_write_element(xml, "title", plan->title);
    xml_write_element(xml, "description", plan->description);
    if (plan->osinfo_id == NULL) {
        return;
    }
    xml_write_start(xml, "metadata");
    xml_write_start(xml, "libosinfo:libosinfo");
    xml_write_attribute(xml, "xmlns:libosinfo", "http://libosinfo.org/xmlns/libvirt/domain/1.0");
    xml_write_empty(xml, "libosinfo:os", "id", plan->osinfo_id, NULL);
    xml_write_end(xml);
    xml_write_end(xml);
}

static void write_hugepages(XmlWriter *xml, const DomainPlan *plan)
{
    static const struct {
        const char *value, *unit;
    } sizes[] = {{"2M", "MiB"}, {"1G", "GiB"}};

    if (domain_wishes(plan, TARGET_HUGEPAGES, "no"))
        return;
    xml_write_start(xml, "hugepages");
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *size = g_strndup(sizes[i].value, 1);

        if (domain_wishes(plan, TARGET_HUGEPAGES, sizes[i].value))
            xml_write_empty(xml, "page", "size", size, "unit", sizes[i].unit, NULL);
    }
    xml_write_end(xml);
}

static void write_memory_backing(XmlWriter *xml, const DomainPlan *plan)
{
    static const struct {
        TargetKey key;
        const char *silent; /* the value that is QEMU's own way */
    } keys[] = {
        {TARGET_HUGEPAGES, "no"},          {TARGET_MEMORY_MERGE, "yes"},
        {TARGET_MEMORY_LOCKED, "no"},      {TARGET_MEMORY_SOURCE, "auto"},
        {TARGET_MEMORY_ACCESS, "private"},
    };
    gboolean is_silent = TRUE;

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        is_silent = is_silent && domain_wishes(plan, keys[i].key, keys[i].silent);
    if (is_silent)
        return;
    xml_write_start(xml, "memoryBacking");
    write_hugepages(xml, plan);
    if (domain_wishes(plan, TARGET_MEMORY_MERGE, "no"))
        xml_write_empty(xml, "nosharepages", NULL);
    if (domain_wishes(plan, TARGET_MEMORY_LOCKED, "yes"))
        xml_write_empty(xml, "locked", NULL);
    if (!domain_wishes(plan, TARGET_MEMORY_SOURCE, "auto"))
        xml_write_empty(xml, "source", "type", domain_wish(plan, TARGET_MEMORY_SOURCE), NULL);
    if (domain_wishes(plan, TARGET_MEMORY_ACCESS, "shared"))
        xml_write_empty(xml, "access", "mode", "shared", NULL);
    xml_write_end(xml);
}

static void write_memory(XmlWriter *xml, const DomainPlan *plan)
{
    const struct {
        const char *element;
        guint64 kib;
    } rows[] = {{"memory", plan->memory_kib}, {"currentMemory", plan->memory_at_start_kib}};
    g_autofree char *cpus = g_strdup_printf("%u", plan->cpus);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT, rows[i].kib);

        xml_write_start(xml, rows[i].element);
        xml_write_attribute(xml, "unit", "KiB");
        xml_write_text(xml, memory);
        xml_write_end(xml);
    }
    write_memory_backing(xml, plan);
    xml_write_element(xml, "vcpu", cpus);
    if (target_number(plan->options->target, TARGET_IOTHREADS) > 0)
        xml_write_element(xml, "iothreads", domain_wish(plan, TARGET_IOTHREADS));
    if (target_number(plan->options->target, TARGET_CPU_SHARES) > 0) {
        xml_write_start(xml, "cputune");
        xml_write_element(xml, "shares", domain_wish(plan, TARGET_CPU_SHARES));
        xml_write_end(xml);
    }
}

static void write_sysinfo_entry(XmlWriter *xml, const char *name, const char *value)
{
    if (value == NULL)
        return;
    xml_write_start(xml, "entry");
    xml_write_attribute(xml, "name", name);
    xml_write_text(xml, value);
    xml_write_end(xml);
}

/* What is not said here, QEMU fills in. libvirt refuses a UUID that differs from the domain's. */
static void write_sysinfo(XmlWriter *xml, const DomainPlan *plan)
{
    if (plan->serial == NULL)
        return;
    xml_write_start(xml, "sysinfo");
    xml_write_attribute(xml, "type", "smbios");
    xml_write_start(xml, "system");
    write_sysinfo_entry(xml, "serial", plan->serial);
    write_sysinfo_entry(xml, "uuid", plan->uuid);
    xml_write_end(xml);
    xml_write_end(xml);
}

/* Said in both cases: else libvirt may pick a firmware that refuses the guest's boot loader. */
static void write_firmware_features(XmlWriter *xml, const DomainPlan *plan)
{
    if (!plan->is_uefi || !plan->is_x86 || plan->ovmf_code != NULL)
        return;
    xml_write_start(xml, "firmware");
    xml_write_empty(xml, "feature", "enabled", plan->secure_boot ? "yes" : "no", "name",
                    "secure-boot", NULL);
    if (plan->secure_boot) {
        xml_write_empty(xml, "feature", "enabled", "yes", "name", "enrolled-keys", NULL);
    }
    xml_write_end(xml);
}

/* A firmware by name leaves libvirt nothing to find. */
static void write_firmware_files(XmlWriter *xml, const DomainPlan *plan)
{
    if (plan->ovmf_code == NULL)
        return;
    xml_write_start(xml, "loader");
    xml_write_attribute(xml, "readonly", "yes");
    xml_write_attribute(xml, "secure", plan->secure_boot ? "yes" : "no");
    xml_write_attribute(xml, "type", "pflash");
    xml_write_text(xml, plan->ovmf_code);
    xml_write_end(xml);
    xml_write_empty(xml, "nvram", "template", domain_wish(plan, TARGET_OVMF_VARS), NULL);
}

static void write_os(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_start(xml, "os");
    if (plan->is_uefi && plan->ovmf_code == NULL) {
        xml_write_attribute(xml, "firmware", "efi");
    }
    xml_write_start(xml, "type");
    xml_write_attribute(xml, "arch", plan->arch);
    xml_write_attribute(xml, "machine", plan->board);
    xml_write_text(xml, "hvm");
    xml_write_end(xml);
    write_firmware_features(xml, plan);
    write_firmware_files(xml, plan);
    if (domain_wishes(plan, TARGET_BOOT_MENU, "yes"))
        xml_write_empty(xml, "bootmenu", "enable", "yes", "timeout", "3000", NULL);
    if (plan->serial != NULL)
        xml_write_empty(xml, "smbios", "mode", "sysinfo", NULL);
    xml_write_end(xml);
}

/* What Windows knows to use under Hyper-V, and KVM offers too. */
static void write_hyperv(XmlWriter *xml)
{
    static const char *const before_spinlocks[] = {"relaxed", "vapic"};
    static const char *const after_spinlocks[] = {"vpindex",     "runtime",  "synic", "stimer",
                                                  "frequencies", "tlbflush", "ipi"};

    xml_write_start(xml, "hyperv");
    xml_write_attribute(xml, "mode", "custom");
    for (gsize i = 0; i < G_N_ELEMENTS(before_spinlocks); i++) {
        xml_write_empty(xml, before_spinlocks[i], "state", "on", NULL);
    }
    xml_write_empty(xml, "spinlocks", "state", "on", "retries", "8191", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(after_spinlocks); i++) {
        xml_write_empty(xml, after_spinlocks[i], "state", "on", NULL);
    }
    xml_write_end(xml);
}

static void write_features(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_start(xml, "features");
    xml_write_empty(xml, "acpi", NULL);
    if (plan->is_x86) {
        xml_write_empty(xml, "apic", NULL);
    }
    if (plan->hyperv) {
        write_hyperv(xml);
    }
    if (plan->is_x86) {
        /* QEMU answers on VMware's port by default; what is left of VMware's tools would believe
         * it. */
        xml_write_empty(xml, "vmport", "state", "off", NULL);
    }
    if (plan->secure_boot) {
        xml_write_empty(xml, "smm", "state", "on", NULL);
    }
    xml_write_end(xml);
}

static void write_cpu_features(XmlWriter *xml, const DomainPlan *plan)
{
    g_auto(GStrv) words = g_strsplit_set(domain_wish(plan, TARGET_CPU_FEATURES), " \t", -1);

    if (domain_wishes(plan, TARGET_CPU_FEATURES, "none"))
        return;
    for (guint i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0')
            xml_write_empty(xml, "feature", "policy", *words[i] == '+' ? "require" : "disable",
                            "name", words[i] + 1, NULL);
}

static void write_cpu(XmlWriter *xml, const DomainPlan *plan)
{
    static const char *const modes[] = {"host-model", "host-passthrough", "maximum", NULL};
    const gboolean is_mode = g_strv_contains(modes, plan->cpu_mode);

    xml_write_start(xml, "cpu");
    xml_write_attribute(xml, "mode", is_mode ? plan->cpu_mode : "custom");
    if (!is_mode) {
        xml_write_attribute(xml, "match", "exact");
        xml_write_start(xml, "model");
        xml_write_attribute(xml, "fallback", "forbid");
        xml_write_text(xml, plan->cpu_mode);
        xml_write_end(xml);
    }
    xml_write_start(xml, "topology");
    xml_write_attribute_number(xml, "sockets", plan->sockets);
    xml_write_attribute_number(xml, "cores", plan->cores);
    xml_write_attribute_number(xml, "threads", plan->threads);
    xml_write_end(xml);
    write_cpu_features(xml, plan);
    xml_write_end(xml);
}

static void write_clock(XmlWriter *xml, const DomainPlan *plan)
{
    xml_write_start(xml, "clock");
    if (plan->rtc_has_offset) {
        xml_write_attribute(xml, "offset", "variable");
        xml_write_attribute_number(xml, "adjustment", plan->rtc_offset_seconds);
        xml_write_attribute(xml, "basis", "utc");
    } else {
        xml_write_attribute(xml, "offset", plan->rtc_is_local ? "localtime" : "utc");
    }
    if (plan->is_x86) {
        xml_write_empty(xml, "timer", "name", "rtc", "tickpolicy", "catchup", NULL);
        xml_write_empty(xml, "timer", "name", "pit", "tickpolicy", "delay", NULL);
        xml_write_empty(xml, "timer", "name", "hpet", "present", domain_wish(plan, TARGET_HPET),
                        NULL);
    }
    if (plan->hyperv) {
        xml_write_empty(xml, "timer", "name", "hypervclock", "present", "yes", NULL);
    }
    xml_write_end(xml);
}

static void write_events(XmlWriter *xml, const DomainPlan *plan)
{
    const char *suspend = domain_wish(plan, TARGET_SUSPEND);

    xml_write_element(xml, "on_poweroff", domain_wish(plan, TARGET_ON_POWEROFF));
    xml_write_element(xml, "on_reboot", domain_wish(plan, TARGET_ON_REBOOT));
    xml_write_element(xml, "on_crash", domain_wish(plan, TARGET_ON_CRASH));
    xml_write_start(xml, "pm");
    xml_write_empty(xml, "suspend-to-mem", "enabled", suspend, NULL);
    xml_write_empty(xml, "suspend-to-disk", "enabled", suspend, NULL);
    xml_write_end(xml);
}

gboolean domain_format(const Machine *machine, const Guest *guest, const DomainOptions *options,
                       char **ret_xml, GError **error)
{
    g_autoptr(XmlWriter) xml = NULL;
    g_auto(DomainPlan) plan = {0};

    if (!domain_plan_make(machine, guest, options, &plan, error)) {
        return FALSE;
    }
    xml = xml_writer_new();
    xml_write_start(xml, "domain");
    xml_write_attribute(xml, "type", domain_wish(&plan, TARGET_HYPERVISOR));
    write_identity(xml, &plan);
    write_memory(xml, &plan);
    write_sysinfo(xml, &plan);
    write_os(xml, &plan);
    write_features(xml, &plan);
    write_cpu(xml, &plan);
    write_clock(xml, &plan);
    write_events(xml, &plan);
    domain_write_devices(xml, &plan);
    xml_write_end(xml);
    *ret_xml = xml_writer_finish(xml);
    return TRUE;
}
