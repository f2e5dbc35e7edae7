/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMware's configuration: from the dictionary of a VMX to a Machine. */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "convert/config/vmx_devices.h"
#include "convert/source_config.h"
#include "convert/config/vmx.h"

#define MIB ((uint64_t)1 << 20)
#define CPUS_LIMIT 4096
#define MEMORY_LIMIT_MIB ((gint64)64 << 20)
#define CLOCK_LIMIT_SECONDS (2 * 86400)
#define FIRST_VERSION_WITH_SMBIOS_2_7 13

static gboolean vmx_probe(const uint8_t *head, size_t length, const char *name)
{
    g_autofree char *lower = name ? g_ascii_strdown(name, -1) : NULL;
    gboolean is_named_so =
        lower && (g_str_has_suffix(lower, ".vmx") || g_str_has_suffix(lower, ".vmtx"));
    return vmx_is_text(head, length, is_named_so);
}

static gboolean starts_with(const char *text, const char *start)
{
    return text && g_ascii_strncasecmp(text, start, strlen(start)) == 0;
}

/* "windows9-64", "winNetStandard", "longhorn", … */
static gboolean is_windows(const char *guest_os)
{
    return starts_with(guest_os, "win") || starts_with(guest_os, "longhorn");
}

/* Bytes of a UUID in the order of their text with the first three numbers turned round. */
static char *swap_uuid(const char *uuid)
{
    static const guint8 from[] = {6, 4, 2, 0, 11, 9, 16, 14};
    static const guint8 to[] = {0, 2, 4, 6, 9, 11, 14, 16};
    char *swapped = g_strdup(uuid);
    for (guint i = 0; i < G_N_ELEMENTS(from); i++)
        memcpy(swapped + to[i], uuid + from[i], 2);
    return swapped;
}

/* uuid.bios has the 16 bytes of the SMBIOS table in their order. Since SMBIOS 2.6 the first three
   numbers in them are little endian, and Windows has always read them so. VMware's firmware
   declares version 2.7 from virtual hardware 13 on, 2.4 before (its KB 53609), or what
   acpi.smbiosVersion2.7 says, which upgrades of the hardware leave behind; Linux then shows the
   bytes turned round or as they are. qemu's tables are 2.8: with this UUID the guest sees the one
   it saw before. Windows' own record of it, SYSTEM\HardwareConfig, was found turned round in two
   guests. */
static char *read_uuid(const Vmx *vmx, const Machine *machine)
{
    g_autofree char *stored = machine_uuid_normalise(vmx_get(vmx, NULL, "uuid.bios"));
    if (!stored)
        return NULL;
    gboolean is_turned =
        vmx_get_boolean(vmx, NULL, "acpi.smbiosVersion2.7",
                        machine->hardware_version >= FIRST_VERSION_WITH_SMBIOS_2_7);
    return is_turned || is_windows(machine->guest_os) ? swap_uuid(stored)
                                                      : g_steal_pointer(&stored);
}

/* "VMware-56 4d 15 d4 d0 62 fe 9a-80 f5 eb 8e 1a 2c 3a fc": the bytes as uuid.bios has them. */
static char *read_serial(const Vmx *vmx)
{
    const char *uuid = vmx_get(vmx, NULL, "uuid.bios");
    g_autofree char *normal = machine_uuid_normalise(uuid);
    if (!normal || vmx_get_boolean(vmx, NULL, "SMBIOS.reflectHost", FALSE))
        return NULL;
    GString *serial = g_string_new("VMware");
    guint digits = 0;
    for (const char *c = normal; *c; c++) {
        if (*c == '-')
            continue;
        if (digits % 2 == 0)
            g_string_append_c(serial, digits == 0 || digits == 16 ? '-' : ' ');
        g_string_append_c(serial, *c);
        digits++;
    }
    return g_string_free(serial, FALSE);
}

/* Two signed numbers of 64 bits that lie in memory as the GUID does. */
static char *read_genid(const Vmx *vmx)
{
    gint64 low, high;
    if (!vmx_get_number(vmx, NULL, "vm.genid", &low) ||
        !vmx_get_number(vmx, NULL, "vm.genidX", &high))
        return NULL;
    guint64 first = (guint64)low, second = GUINT64_SWAP_LE_BE((guint64)high);
    g_autofree char *text =
        g_strdup_printf("%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x", (guint)first,
                        (guint)(first >> 32 & 0xffff), (guint)(first >> 48), (guint)(second >> 48),
                        second & G_GUINT64_CONSTANT(0xffffffffffff));
    return machine_uuid_normalise(text);
}

static void read_cpus(const Vmx *vmx, Machine *machine)
{
    gint64 cpus, cores;
    if (!vmx_get_number(vmx, NULL, "numvcpus", &cpus))
        cpus = 1; /* VMware leaves it out then */
    machine->cpus = cpus > 0 && cpus <= CPUS_LIMIT ? (guint)cpus : 0;
    if (vmx_get_number(vmx, NULL, "cpuid.coresPerSocket", &cores) && cores > 0 && cores <= cpus &&
        cpus % cores == 0 && machine->cpus > 0)
        machine->cores_per_socket = (guint)cores;
}

static void read_memory(const Vmx *vmx, Machine *machine)
{
    gint64 mib;
    if (vmx_get_number(vmx, NULL, "memsize", &mib) && mib > 0 && mib <= MEMORY_LIMIT_MIB)
        machine->memory_bytes = (uint64_t)mib * MIB;
}

static void read_firmware(const Vmx *vmx, Machine *machine)
{
    const char *firmware = vmx_get(vmx, NULL, "firmware");
    gboolean is_uefi = firmware && g_ascii_strcasecmp(firmware, "efi") == 0;
    const char *automatic_tpm = vmx_get(vmx, NULL, "managedVM.autoAddVTPM");
    machine->firmware = is_uefi ? FIRMWARE_UEFI : FIRMWARE_BIOS;
    machine->secure_boot = is_uefi && vmx_get_boolean(vmx, NULL, "uefi.secureBoot.enabled", FALSE);
    machine->tpm = vmx_get_boolean(vmx, "vtpm", "present", FALSE) ||
                   (automatic_tpm && g_ascii_strcasecmp(automatic_tpm, "software") == 0);
}

static void read_sound(const Vmx *vmx, Machine *machine)
{
    if (!vmx_get_boolean(vmx, "sound", "present", FALSE))
        return;
    const char *model = vmx_get_filled(vmx, "sound", "virtualDev");
    machine->sound = model ? g_ascii_strdown(model, -1) : g_strdup("es1371");
}

static void read_clock(const Vmx *vmx, Machine *machine)
{
    gint64 seconds;
    machine->has_clock_offset = vmx_get_number(vmx, NULL, "rtc.diffFromUTC", &seconds) &&
                                ABS(seconds) <= CLOCK_LIMIT_SECONDS;
    machine->clock_offset_seconds = machine->has_clock_offset ? seconds : 0;
}

static void read_identity(const Vmx *vmx, Machine *machine)
{
    gint64 version;
    if (vmx_get_number(vmx, NULL, "virtualHW.version", &version) && version > 0 && version < 1000)
        machine->hardware_version = (guint)version;
    machine->guest_os = g_strdup(vmx_get_filled(vmx, NULL, "guestOS"));
    machine->title = g_strdup(vmx_get_filled(vmx, NULL, "displayName"));
    machine->name = g_strdup(machine->title);
    machine->annotation = g_strdup(vmx_get_filled(vmx, NULL, "annotation"));
    machine->uuid = read_uuid(vmx, machine);
    machine->serial = read_serial(vmx);
    machine->genid = read_genid(vmx);
}

static void note_state(const Vmx *vmx, const Machine *machine, GPtrArray *findings)
{
    const char *state = vmx_get_filled(vmx, NULL, "checkpoint.vmState");
    const char *name = machine->title ? machine->title : "(no name)";
    if (state)
        findings_add(findings, FINDING_SOURCE_SUSPENDED, state);
    else if (!vmx_get_boolean(vmx, NULL, "cleanShutdown", TRUE))
        findings_add(findings, FINDING_SOURCE_NOT_SHUT_DOWN, name);
}

/* A fully encrypted file has nothing but its name and the keys in the clear. Where only the TPM's
   contents and the like are encrypted ("partial", and ESXi's vTPM), the hardware can be read, and
   the disks may be in the clear. */
static gboolean check_encryption(const Vmx *vmx, GError **error)
{
    gboolean is_encrypted = vmx_get_filled(vmx, NULL, "encryption.keySafe") ||
                            vmx_get_filled(vmx, NULL, "encryption.data");
    if (!is_encrypted || vmx_get(vmx, NULL, "virtualHW.version"))
        return TRUE;
    const char *name = vmx_get_filled(vmx, NULL, "displayName");
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                      "remove the encryption in VMware (Workstation: VM Settings > Options > "
                      "Access Control; vCenter: VM Policies > Edit VM Storage Policies), then "
                      "export it again",
                      "the configuration of '%s' is encrypted", name ? name : "the machine");
    return FALSE;
}

static gboolean vmx_read(GBytes *content, GPtrArray *machines, GPtrArray *findings, GError **error)
{
    size_t length;
    const char *text = g_bytes_get_data(content, &length);
    g_autoptr(Vmx) vmx = vmx_parse(text, length, error);
    if (!vmx || !check_encryption(vmx, error))
        return FALSE;
    Machine *machine = machine_new("vmx");
    g_ptr_array_add(machines, machine);
    read_identity(vmx, machine);
    read_cpus(vmx, machine);
    read_memory(vmx, machine);
    read_firmware(vmx, machine);
    read_sound(vmx, machine);
    read_clock(vmx, machine);
    config_vmx_read_devices(vmx, machine, findings);
    note_state(vmx, machine, findings);
    return TRUE;
}

const SourceConfigOps config_vmx_ops = {"vmx", vmx_probe, vmx_read};
