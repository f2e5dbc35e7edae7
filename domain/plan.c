/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what is known of a machine and its guest to the choices in the domain XML. */
#include "domain/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "domain/network_map.h"
#include "domain/sound.h"
#include "domain/target.h"
#include "domain/text.h"
#include "domain/xml.h"

enum {
    DEFAULT_CPUS = 2,
    /* More need an IOMMU that remaps interrupts (libvirt: "extended interrupt mode"), which not
       every guest can. */
    X86_CPUS_MAX = 255,
    WINDOWS_11_BUILD = 22000,
    MINUTES_OF_BIAS_MAX = 24 * 60,
    CLOCK_OFFSET_SECONDS_MIN = 60, /* less is a clock that is not exact, not one meant so */
};

#define CLOCK_OFFSET_SECONDS_MAX ((gint64)100 * 366 * 24 * 60 * 60)
#define KIB_PER_GIB ((guint64)1024 * 1024)

/* What Hyper-V lets dynamic memory grow to unless told otherwise. */
#define HYPERV_NO_LIMIT_KIB (1024 * KIB_PER_GIB)

#define NIL_UUID "00000000-0000-0000-0000-000000000000"

static void report(const DomainPlan *plan, FindingCode code, const char *subject)
{
    if (plan->options->findings != NULL)
        findings_add(plan->options->findings, code, subject);
}

static const char *usable_uuid(const char *uuid)
{
    return uuid != NULL && g_uuid_string_is_valid(uuid) && strcmp(uuid, NIL_UUID) != 0 ? uuid
                                                                                       : NULL;
}

static gboolean is_arm(const Guest *guest)
{
    return guest != NULL && g_strcmp0(guest->architecture, "aarch64") == 0;
}

static void plan_board(DomainPlan *plan, const Guest *guest)
{
    const Firmware firmware = plan->machine->firmware != FIRMWARE_UNKNOWN || guest == NULL
                                  ? plan->machine->firmware
                                  : guest->firmware;

    plan->is_x86 = !is_arm(guest);
    plan->arch = plan->is_x86 ? "x86_64" : "aarch64";
    plan->is_uefi = firmware == FIRMWARE_UEFI || !plan->is_x86;
    plan->secure_boot = plan->is_uefi && plan->is_x86 && plan->machine->secure_boot;
    target_choose_board(plan, guest);
    /* libvirt has no host-model for Arm. */
    plan->cpu_mode = plan->is_x86 ? "host-model" : "host-passthrough";
    if (!plan->is_q35 && plan->is_x86) {
        plan->usb = PLAN_USB_UHCI;
    } else if (guest != NULL && guest_has_quirk(guest, QUIRK_NO_USB3)) {
        plan->usb = PLAN_USB_EHCI;
    } else {
        plan->usb = PLAN_USB_XHCI;
    }
    if (plan->machine->tpm)
        plan->tpm_model = plan->is_uefi && plan->is_x86 ? "tpm-crb" : "tpm-tis";
    plan->genid = plan->is_x86 ? usable_uuid(plan->machine->genid) : NULL;
    if (plan->is_x86 && text_is_smbios_string(plan->machine->serial))
        plan->serial = plan->machine->serial;
    plan->sound = sound_choose(plan->machine->sound, guest, plan->is_x86, plan->is_q35);
}

static void plan_windows(DomainPlan *plan, const Guest *guest)
{
    const GuestWindows *facts = &guest->windows_facts;

    plan->hyperv = plan->is_x86 && !guest_has_quirk(guest, QUIRK_NO_HYPERV);
    /* Windows 11 does not update itself without a TPM 2.0; servers of that age do not ask. */
    if (plan->is_uefi && facts->build >= WINDOWS_11_BUILD &&
        g_strcmp0(facts->product_type, "WinNT") == 0)
        plan->tpm_model = plan->is_x86 ? "tpm-crb" : "tpm-tis";
    if (plan->uuid == NULL) {
        plan->uuid = usable_uuid(facts->hardware_uuid);
    }
}

static gboolean check_disks(const Machine *machine, const DomainOptions *options, GError **error)
{
    for (guint i = 0; i < machine->disks->len; i++) {
        const char *path = options->disk_paths == NULL ? NULL : options->disk_paths[i];

        if (path == NULL || !g_path_is_absolute(path) || !xml_can_hold(path) ||
            strpbrk(path, "\n\r\t") != NULL) {
            g_autofree char *shown = g_strescape(path == NULL ? "" : path, NULL);

            drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                              "choose an output directory whose name is plain UTF-8 text",
                              "the path of disk %u, '%s', cannot be written into XML", i + 1,
                              shown);
            return FALSE;
        }
    }
    return TRUE;
}

/* How Windows reads the clock stands in its registry and counts most: what the source noted is the
   same, or a clock that was wrong. Otherwise the source's offset is kept, but for Linux on Hyper-V:
   there every machine begins with the host's local time, which Linux takes for UTC until Hyper-V's
   time service puts it right, and KVM has no such service. Without an offset the clock has UTC. */
static void plan_clock(DomainPlan *plan, const Guest *guest)
{
    const Machine *machine = plan->machine;
    const GuestWindows *facts = plan->is_windows ? &guest->windows_facts : NULL;
    const gboolean is_linux = guest != NULL && guest->kind == GUEST_LINUX;

    if ((facts != NULL && facts->rtc_is_utc) || (is_linux && machine->generation > 0))
        return;
    /* Also without an offset today: libvirt keeps what Windows makes of it in summer. */
    plan->rtc_has_offset = facts != NULL;
    if (facts != NULL && facts->active_bias_minutes >= -MINUTES_OF_BIAS_MAX &&
        facts->active_bias_minutes <= MINUTES_OF_BIAS_MAX) {
        /* UTC = local time + bias; the host's own zone does not matter. */
        plan->rtc_offset_seconds = -(gint64)facts->active_bias_minutes * 60;
    } else if (machine->has_clock_offset &&
               machine->clock_offset_seconds >= -CLOCK_OFFSET_SECONDS_MAX &&
               machine->clock_offset_seconds <= CLOCK_OFFSET_SECONDS_MAX &&
               ABS(machine->clock_offset_seconds) >= CLOCK_OFFSET_SECONDS_MIN) {
        plan->rtc_has_offset = TRUE;
        plan->rtc_offset_seconds = machine->clock_offset_seconds;
    }
}

/* The source's topology is what the guest's licences and schedulers were made for. Where none is
   said: one socket, because editions of Windows are licensed by sockets and leave the others
   idle. */
static void plan_cpus(DomainPlan *plan)
{
    const Machine *machine = plan->machine;
    const guint64 threads = MAX(machine->threads, 1);
    const guint64 per_socket = machine->cores_per_socket * threads;

    plan->cpus = machine->cpus > 0 ? machine->cpus : DEFAULT_CPUS;
    if (plan->is_x86 && plan->cpus > X86_CPUS_MAX) {
        g_autofree char *subject = g_strdup_printf("%u", plan->cpus);

        report(plan, FINDING_DOMAIN_CPUS_LIMITED, subject);
        plan->cpus = X86_CPUS_MAX;
    }
    plan->sockets = 1;
    plan->cores = plan->cpus;
    plan->threads = 1;
    if (per_socket > 0 && plan->cpus % per_socket == 0) {
        plan->sockets = (guint)(plan->cpus / per_socket);
        plan->cores = machine->cores_per_socket;
        plan->threads = (guint)threads;
    } else if (machine->cores_per_socket == 0 && plan->cpus % threads == 0) {
        plan->cores = (guint)(plan->cpus / threads);
        plan->threads = (guint)threads;
    }
}

static void plan_memory(DomainPlan *plan)
{
    const Machine *machine = plan->machine;
    const guint64 maximum_kib = machine->memory_maximum_bytes / 1024;

    plan->memory_at_start_kib = machine->memory_bytes / 1024;
    if (plan->memory_at_start_kib == 0)
        plan->memory_at_start_kib = (plan->is_windows ? 4 : 2) * KIB_PER_GIB;
    plan->memory_kib = plan->memory_at_start_kib;
    /* QEMU has to be given the maximum at once, and a kernel keeps tables for all of it. */
    if (maximum_kib >= HYPERV_NO_LIMIT_KIB)
        report(plan, FINDING_DOMAIN_MEMORY_NOT_DYNAMIC, NULL);
    else if (maximum_kib > plan->memory_at_start_kib)
        plan->memory_kib = maximum_kib;
}

static void plan_identity(DomainPlan *plan, const Guest *guest)
{
    const Machine *machine = plan->machine;

    plan->title = text_make_line(machine->title);
    if (g_strcmp0(plan->title, machine->name) == 0)
        g_clear_pointer(&plan->title, g_free);
    plan->description = text_make_lines(machine->annotation);
    plan->uuid = usable_uuid(machine->uuid);
    plan->osinfo_id = guest == NULL ? NULL : guest->osinfo_id;
}

/* A network of libvirt brings its VLAN itself (its own, or a port group's); libvirt refuses a tag
   on a card unless the network is Open vSwitch's, which is not known here. */
static void report_nics(const DomainPlan *plan)
{
    for (guint i = 0; i < plan->machine->nics->len; i++) {
        const MachineNic *nic = plan->machine->nics->pdata[i];
        g_autofree char *subject = NULL;

        if (nic->vlan == 0)
            continue;
        subject = g_strdup_printf("network card %u, VLAN %u", i + 1, nic->vlan);
        report(plan, FINDING_DOMAIN_VLAN_LEFT_OUT, subject);
    }
}

const char *domain_wish(const DomainPlan *plan, TargetKey key)
{
    return target_get(plan->options->target, key);
}

gboolean domain_wishes(const DomainPlan *plan, TargetKey key, const char *value)
{
    return target_is(plan->options->target, key, value);
}

const char *domain_plan_network(const DomainPlan *plan, const MachineNic *nic)
{
    const char *network = network_map_find(plan->options->network_map, nic);

    if (network == NULL)
        network = plan->options->network;
    return network == NULL ? domain_wish(plan, TARGET_NETWORK) : network;
}

/* i440FX is the only board with IDE; the others have SATA where IDE was asked for. */
static gboolean plan_drives(DomainPlan *plan, GError **error)
{
    const gboolean has_ide = plan->is_x86 && !plan->is_q35;
    DomainBus bus = plan->options->disk_bus;

    if (bus == DOMAIN_BUS_IDE && !has_ide)
        bus = DOMAIN_BUS_SATA;
    return drives_place(plan->machine, has_ide, plan->is_q35, bus, plan->options->findings,
                        &plan->drives, error);
}

gboolean domain_plan_make(const Machine *machine, const Guest *guest, const DomainOptions *options,
                          DomainPlan *ret_plan, GError **error)
{
    g_auto(DomainPlan) plan = {.machine = machine, .options = options};

    if (machine->name == NULL || machine->name[0] == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the machine has no name");
        return FALSE;
    }
    if (!check_disks(machine, options, error) ||
        !domain_network_map_check(options->network_map, error))
        return FALSE;
    plan.is_windows = guest != NULL && guest->kind == GUEST_WINDOWS;
    plan_identity(&plan, guest);
    plan_board(&plan, guest);
    plan_cpus(&plan);
    plan_memory(&plan);
    plan_clock(&plan, guest);
    /* A virtio card needs a driver to be more than VGA; Windows gets none before its first start.
     */
    plan.video = plan.is_windows && plan.is_x86 ? "vga" : "virtio";
    if (plan.is_windows)
        plan_windows(&plan, guest);
    target_refine_plan(&plan, guest);
    if (!plan_drives(&plan, error))
        return FALSE;
    if (machine->tpm)
        report(&plan, FINDING_DOMAIN_TPM_EMPTY, NULL);
    report_nics(&plan);
    *ret_plan = plan;
    plan = (DomainPlan){0};
    return TRUE;
}

void domain_plan_clear(DomainPlan *plan)
{
    g_clear_pointer(&plan->title, g_free);
    g_clear_pointer(&plan->description, g_free);
    g_clear_pointer(&plan->drives, g_ptr_array_unref);
}
