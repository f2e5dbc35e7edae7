/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what is known of a machine and its guest to the choices in the domain XML. */
#include "domain/plan.h"

#include <string.h>

#include "base/error.h"
#include "domain/xml.h"

enum {
    DEFAULT_CPUS = 2,
    WINDOWS_11_BUILD = 22000,
    MINUTES_OF_BIAS_MAX = 24 * 60,
};

#define NIL_UUID "00000000-0000-0000-0000-000000000000"

static gboolean windows_is_before(const Guest *guest, guint major, guint minor)
{
    const GuestWindows *facts = &guest->windows_facts;

    return facts->major < major || (facts->major == major && facts->minor < minor);
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
    /* Profiles name the older board for systems without a driver for AHCI or PCI Express; it has no
       UEFI. */
    const char *machine = guest ? guest_profile_get(guest, "machine") : NULL;
    plan->is_q35 = plan->is_x86 && (plan->is_uefi || g_strcmp0(machine, "pc") != 0);
    if (!plan->is_x86) {
        plan->board = "virt";
    } else {
        plan->board = plan->is_q35 ? "q35" : "pc";
    }
    /* libvirt has no host-model for Arm. */
    plan->cpu_mode = plan->is_x86 ? "host-model" : "host-passthrough";
    if (!plan->is_q35 && plan->is_x86) {
        plan->usb = PLAN_USB_UHCI;
    } else if (plan->is_windows && windows_is_before(guest, 6, 2)) {
        plan->usb = PLAN_USB_EHCI;
    } else {
        plan->usb = PLAN_USB_XHCI;
    }
    /* i440FX is the only board with IDE; the others have SATA where IDE was asked for. */
    plan->disk_bus = plan->options->disk_bus;
    if (plan->disk_bus == DOMAIN_BUS_IDE && (plan->is_q35 || !plan->is_x86)) {
        plan->disk_bus = DOMAIN_BUS_SATA;
    }
}

static void plan_windows(DomainPlan *plan, const Guest *guest)
{
    const GuestWindows *facts = &guest->windows_facts;

    plan->hyperv = plan->is_x86 && !windows_is_before(guest, 6, 0);
    /* Windows 11 does not update itself without a TPM 2.0; servers of that age do not ask. */
    plan->tpm = plan->is_uefi && facts->build >= WINDOWS_11_BUILD &&
                g_strcmp0(facts->product_type, "WinNT") == 0;
    /* UTC = local time + bias; the host's own zone does not matter. */
    plan->rtc_is_local = !facts->rtc_is_utc;
    if (facts->active_bias_minutes >= -MINUTES_OF_BIAS_MAX &&
        facts->active_bias_minutes <= MINUTES_OF_BIAS_MAX) {
        plan->rtc_adjustment_seconds = -(gint64)facts->active_bias_minutes * 60;
    }
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

gboolean domain_plan_make(const Machine *machine, const Guest *guest, const DomainOptions *options,
                          DomainPlan *ret_plan, GError **error)
{
    DomainPlan plan = {.machine = machine, .options = options};

    if (machine->name == NULL || machine->name[0] == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the machine has no name");
        return FALSE;
    }
    if (!check_disks(machine, options, error)) {
        return FALSE;
    }
    plan.is_windows = guest != NULL && guest->kind == GUEST_WINDOWS;
    plan.uuid = usable_uuid(machine->uuid);
    plan.osinfo_id = guest == NULL ? NULL : guest->osinfo_id;
    plan.cpus = machine->cpus > 0 ? machine->cpus : DEFAULT_CPUS;
    plan.memory_kib = machine->memory_bytes / 1024;
    if (plan.memory_kib == 0) {
        plan.memory_kib = (plan.is_windows ? 4ULL : 2ULL) * 1024 * 1024;
    }
    plan.network = options->network == NULL ? "default" : options->network;
    plan_board(&plan, guest);
    /* A virtio card needs a driver to be more than VGA; Windows gets none before its first start.
     */
    plan.video = plan.is_windows ? "vga" : "virtio";
    if (!plan.is_x86) {
        plan.video = "virtio";
    }
    if (plan.is_windows) {
        plan_windows(&plan, guest);
    }
    *ret_plan = plan;
    return TRUE;
}
