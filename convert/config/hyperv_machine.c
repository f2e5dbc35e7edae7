/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the keys of a Hyper-V configuration to a Machine: identity, size, firmware, clock. */
#include "convert/config/hyperv_machine.h"

#include "base/error.h"
#include "base/finding.h"
#include "convert/config/hyperv_devices.h"

/* Instances that are the same in every machine. */
#define FIRMWARE "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/"
#define CLOCK "_e51b7ef6-4a7f-4780-aaae-d4b291aacd2e_/"

#define MIB_PER_MACHINE_LIMIT ((gint64)1 << 30)
#define PROCESSORS_LIMIT 4096
#define CLOCK_TICKS_PER_SECOND INT64_C(10000000)

enum {
    SUBTYPE_GENERATION_1 = 0,
    SUBTYPE_GENERATION_2 = 1,
};

/* msvm_virtualsystemsettingdata, SecureBootTemplateId. */
static const struct {
    const char *id, *name;
} secure_boot_templates[] = {
    {"1734c6e8-3154-4dda-ba5f-a874cc483422", "MicrosoftWindows"},
    {"272e7447-90a4-4563-a4b9-8e4ab00526ce", "MicrosoftUEFICertificateAuthority"},
    {"4292ae2b-ee2c-42b5-a969-dd8f8689f6f3", "OpenSourceShieldedVM"},
};

static guint get_count(const HypervKey *key, const char *path)
{
    gint64 number;
    if (!hyperv_key_get_integer(key, path, &number) || number < 0 || number > PROCESSORS_LIMIT)
        return 0;
    return (guint)number;
}

static uint64_t get_mib(const HypervKey *key, const char *path)
{
    gint64 number;
    if (!hyperv_key_get_integer(key, path, &number) || number < 0 || number > MIB_PER_MACHINE_LIMIT)
        return 0;
    return (uint64_t)number << 20;
}

/* Its own GUID is not the machine's, or it says so. */
static gboolean is_checkpoint(const HypervKey *configuration)
{
    const char *type = hyperv_key_get_string(configuration, "properties/type_id");
    if (type && g_ascii_strcasecmp(type, "Snapshots") == 0)
        return TRUE;
    g_autofree char *own =
        machine_uuid_normalise(hyperv_key_get_string(configuration, "properties/global_id"));
    g_autofree char *machines =
        machine_uuid_normalise(hyperv_key_get_string(configuration, "settings/global/logical_id"));
    return own && machines && !g_str_equal(own, machines);
}

/* Else it is runtime state (.vmrs) or the host's index of machines (data.vmcx). */
static gboolean is_machine(const HypervKey *configuration)
{
    return hyperv_key_find(configuration, "manifest") ||
           hyperv_key_find(configuration, "settings/processors") ||
           hyperv_key_find(configuration, "properties/global_id") ||
           hyperv_key_find(configuration, "properties/name");
}

static void read_identity(const HypervKey *configuration, Machine *machine)
{
    const char *name = hyperv_key_get_string(configuration, "properties/name");
    machine->title = g_strdup(name);
    if (!name)
        name = hyperv_key_get_string(configuration, "properties/global_id");
    machine->name = g_strdup(name ? name : "hyperv");
    machine->annotation = g_strdup(hyperv_key_get_string(configuration, "properties/notes"));
    machine->uuid =
        machine_uuid_normalise(hyperv_key_get_string(configuration, FIRMWARE "bios_guid"));
    machine->serial = g_strdup(hyperv_key_get_string(configuration, FIRMWARE "bios_serial_number"));
    machine->genid = machine_uuid_normalise(
        hyperv_key_get_string(configuration, "global_settings/devices/generation_id"));
}

static void read_size(const HypervKey *configuration, Machine *machine)
{
    machine->cpus = get_count(configuration, "settings/processors/count");
    /* 0: as the host has them; Hyper-V 2016 and older know no such key. */
    machine->threads = get_count(configuration, "settings/processors/hwthreads");
    const HypervKey *bank = hyperv_key_find(configuration, "settings/memory/bank");
    machine->memory_bytes = get_mib(bank, "size");
    if (hyperv_key_get_boolean(bank, "dynamic_memory_enabled"))
        machine->memory_maximum_bytes = get_mib(bank, "limit");
}

static void read_secure_boot(const HypervKey *configuration, Machine *machine)
{
    machine->secure_boot = hyperv_key_get_boolean(configuration, FIRMWARE "secure_boot_enabled");
    g_autofree char *id = machine_uuid_normalise(
        hyperv_key_get_string(configuration, FIRMWARE "secure_boot_template_id"));
    for (guint i = 0; machine->secure_boot && id && i < G_N_ELEMENTS(secure_boot_templates); i++)
        if (g_str_equal(id, secure_boot_templates[i].id))
            machine->secure_boot_template = g_strdup(secure_boot_templates[i].name);
}

static gboolean read_firmware(const HypervKey *configuration, Machine *machine, GError **error)
{
    gint64 subtype = SUBTYPE_GENERATION_1; /* Hyper-V 2012 and older know no other */
    (void)hyperv_key_get_integer(configuration, "properties/subtype", &subtype);
    if (subtype != SUBTYPE_GENERATION_1 && subtype != SUBTYPE_GENERATION_2) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it describes a container or utility machine of Hyper-V");
        return FALSE;
    }
    machine->generation = subtype == SUBTYPE_GENERATION_2 ? 2 : 1;
    machine->firmware = machine->generation == 2 ? FIRMWARE_UEFI : FIRMWARE_BIOS;
    if (machine->generation == 2)
        read_secure_boot(configuration, machine);
    /* The device is in the manifest of every machine; this switches it on. */
    machine->tpm = hyperv_key_get_boolean(configuration, "security/settings/tpm_enabled");
    return TRUE;
}

static void read_clock(const HypervKey *configuration, Machine *machine)
{
    gint64 ticks;
    if (!hyperv_key_get_integer(configuration, CLOCK "RtcDevice/CmosUtcSkew", &ticks))
        return;
    gint64 half = CLOCK_TICKS_PER_SECOND / 2;
    gint64 seconds = ticks / CLOCK_TICKS_PER_SECOND, rest = ticks % CLOCK_TICKS_PER_SECOND;
    machine->has_clock_offset = TRUE;
    machine->clock_offset_seconds = seconds + (rest >= half) - (rest <= -half);
}

static void check_state(const HypervKey *configuration, const Machine *machine, GPtrArray *findings)
{
    const HypervKey *saved = hyperv_key_find(configuration, "savedstate");
    if (hyperv_key_get_string(saved, "type") || hyperv_key_get_string(saved, "vsvlocation") ||
        hyperv_key_get_string(saved, "memlocation") || hyperv_key_get_boolean(saved, "in_progress"))
        findings_add(findings, FINDING_SOURCE_SAVED_STATE, machine->name);
    if (hyperv_key_get_boolean(configuration, "global_settings/disk_merge_pending"))
        findings_add(findings, FINDING_SOURCE_MERGE_PENDING, machine->name);
}

gboolean hyperv_machine_read(const HypervKey *root, const char *kind, GPtrArray *machines,
                             GPtrArray *findings, GError **error)
{
    const HypervKey *configuration = hyperv_key_find(root, "configuration");
    if (!is_machine(configuration) || is_checkpoint(configuration))
        return TRUE;

    g_autoptr(Machine) machine = machine_new(kind);
    read_identity(configuration, machine);
    read_size(configuration, machine);
    if (!read_firmware(configuration, machine, error))
        return FALSE;
    read_clock(configuration, machine);
    if (!hyperv_devices_read(configuration, machine, findings, error))
        return FALSE;
    machine_sort_disks(machine);
    check_state(configuration, machine, findings);
    g_ptr_array_add(machines, g_steal_pointer(&machine));
    return TRUE;
}
