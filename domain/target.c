/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a profile wants against what a guest can. */
#include "domain/target.h"

#include <string.h>

#include "base/finding.h"
#include "domain/sound.h"
#include "domain/text.h"

/* why: "UEFI has no other board than q35". */
static void overrule(const DomainPlan *plan, TargetKey key, const char *why)
{
    g_autofree char *subject =
        g_strdup_printf("%s = %s: %s", target_key_name(key), domain_wish(plan, key), why);

    if (plan->options->findings != NULL)
        findings_add(plan->options->findings, FINDING_DOMAIN_PROFILE_OVERRULED, subject);
}

void target_choose_board(DomainPlan *plan, const Guest *guest)
{
    const char *machine = domain_wish(plan, TARGET_MACHINE);
    const gboolean is_open = g_str_equal(machine, "auto");
    const gboolean asks_pc = g_str_equal(machine, "pc") || g_str_has_prefix(machine, "pc-i440fx");
    /* Profiles of systems name the older board for those without a driver for AHCI or PCI Express;
       it is the only one with IDE, and it has no UEFI. */
    const gboolean guest_needs_pc =
        guest != NULL && g_strcmp0(guest_profile_get(guest, "machine"), "pc") == 0;
    const gboolean needs_pc = guest_needs_pc || plan->options->disk_bus == DOMAIN_BUS_IDE;

    if (!plan->is_x86) {
        plan->board = "virt";
        if (!is_open)
            overrule(plan, TARGET_MACHINE, "a guest for Arm runs on virt only");
        return;
    }
    plan->is_q35 = plan->is_uefi || (!needs_pc && !asks_pc);
    plan->board = plan->is_q35 ? "q35" : "pc";
    if (is_open)
        return;
    if (asks_pc != plan->is_q35)
        plan->board = machine;
    else if (asks_pc)
        overrule(plan, TARGET_MACHINE, "UEFI needs q35");
    else if (guest_needs_pc)
        overrule(plan, TARGET_MACHINE, "the guest has no drivers for that board, it gets pc");
    else
        overrule(plan, TARGET_MACHINE, "only pc has IDE disks");
}

static void refine_cpu(DomainPlan *plan)
{
    const char *cpu = domain_wish(plan, TARGET_CPU);

    if (domain_wishes(plan, TARGET_HYPERVISOR, "qemu"))
        plan->cpu_mode = "maximum";
    if (!plan->is_x86 && g_str_equal(cpu, "host-model"))
        overrule(plan, TARGET_CPU, "libvirt has no such mode for Arm");
    else if (!g_str_equal(cpu, "auto"))
        plan->cpu_mode = cpu;
    if (domain_wishes(plan, TARGET_CPU_TOPOLOGY, "source"))
        return;
    plan->threads = 1;
    plan->sockets = domain_wishes(plan, TARGET_CPU_TOPOLOGY, "sockets") ? plan->cpus : 1;
    plan->cores = plan->cpus / plan->sockets;
}

static void refine_identity(DomainPlan *plan)
{
    const char *title = domain_wish(plan, TARGET_TITLE);
    const char *osinfo = domain_wish(plan, TARGET_OSINFO);

    if (!g_str_equal(title, "source")) {
        g_autoptr(GString) text = g_string_new(g_str_equal(title, "none") ? NULL : title);

        g_string_replace(text, "{name}", plan->machine->name, 0);
        g_free(plan->title);
        plan->title = text_make_line(text->str);
    }
    if (domain_wishes(plan, TARGET_DESCRIPTION, "none"))
        g_clear_pointer(&plan->description, g_free);
    if (!g_str_equal(osinfo, "auto"))
        plan->osinfo_id = g_str_equal(osinfo, "none") ? NULL : osinfo;
    if (domain_wishes(plan, TARGET_SMBIOS, "none"))
        plan->serial = NULL;
    if (domain_wishes(plan, TARGET_GENID, "none"))
        plan->genid = NULL;
}

static void refine_firmware(DomainPlan *plan)
{
    if (domain_wishes(plan, TARGET_SECURE_BOOT, "no")) {
        plan->secure_boot = FALSE;
    } else if (domain_wishes(plan, TARGET_SECURE_BOOT, "yes") && !plan->secure_boot) {
        if (!plan->is_uefi || !plan->is_x86) {
            overrule(plan, TARGET_SECURE_BOOT, "only UEFI for x86 has that");
        } else {
            plan->secure_boot = TRUE;
            if (plan->options->findings != NULL)
                findings_add(plan->options->findings, FINDING_DOMAIN_SECURE_BOOT_ADDED, NULL);
        }
    }
    if (!domain_wishes(plan, TARGET_OVMF_CODE, "auto")) {
        if (plan->is_uefi)
            plan->ovmf_code = domain_wish(plan, TARGET_OVMF_CODE);
        else
            overrule(plan, TARGET_OVMF_CODE, "the guest starts from BIOS");
    }
}

/* QEMU has TPM 1.2 as TIS only, and for Arm nothing else. */
static void refine_tpm(DomainPlan *plan)
{
    if (domain_wishes(plan, TARGET_TPM, "none")) {
        plan->tpm_model = NULL;
    } else if (domain_wishes(plan, TARGET_TPM, "tis")) {
        plan->tpm_model = "tpm-tis";
    } else if (domain_wishes(plan, TARGET_TPM, "crb")) {
        if (!plan->is_x86)
            overrule(plan, TARGET_TPM, "Arm has tis only");
        plan->tpm_model = plan->is_x86 ? "tpm-crb" : "tpm-tis";
    }
    if (plan->tpm_model != NULL && domain_wishes(plan, TARGET_TPM_VERSION, "1.2"))
        plan->tpm_model = "tpm-tis";
}

static void refine_hyperv(DomainPlan *plan, const Guest *guest)
{
    const gboolean knows_none =
        plan->is_windows && guest != NULL && guest_has_quirk(guest, QUIRK_NO_HYPERV);

    if (domain_wishes(plan, TARGET_HYPERV, "no")) {
        plan->hyperv = FALSE;
    } else if (domain_wishes(plan, TARGET_HYPERV, "yes")) {
        if (!plan->is_x86 || knows_none)
            overrule(plan, TARGET_HYPERV, "the guest does not know them");
        else
            plan->hyperv = TRUE;
    }
    if (domain_wishes(plan, TARGET_HYPERVISOR, "qemu"))
        plan->hyperv = FALSE;
}

/* Windows shows nothing, or does not start, without VGA before its driver is there: on BIOS always,
   on UEFI when it is old. Boards for Arm have no place for VGA at all. */
static void refine_video(DomainPlan *plan, const Guest *guest)
{
    static const char *const without_vga[] = {"none", "bochs", "ramfb", NULL};
    static const char *const of_arm[] = {"virtio", "ramfb", "none", NULL};
    const char *video = domain_wish(plan, TARGET_VIDEO);
    const gboolean needs_vga =
        plan->is_windows && plan->is_x86 &&
        (!plan->is_uefi || (guest != NULL && guest_has_quirk(guest, QUIRK_UEFI_VGA)));

    if (g_str_equal(video, "auto"))
        return;
    if (needs_vga && g_strv_contains(without_vga, video))
        overrule(plan, TARGET_VIDEO, "this Windows needs VGA");
    else if (!plan->is_x86 && !g_strv_contains(of_arm, video))
        overrule(plan, TARGET_VIDEO, "Arm has no VGA");
    else
        plan->video = video;
}

static void refine_usb(DomainPlan *plan, const Guest *guest)
{
    static const struct {
        const char *name;
        PlanUsb usb;
    } rows[] = {{"xhci", PLAN_USB_XHCI},
                {"ehci", PLAN_USB_EHCI},
                {"uhci", PLAN_USB_UHCI},
                {"none", PLAN_USB_NONE}};
    const gboolean knows_no_xhci = guest != NULL && guest_has_quirk(guest, QUIRK_NO_USB3);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!domain_wishes(plan, TARGET_USB, rows[i].name))
            continue;
        if (rows[i].usb == PLAN_USB_XHCI && knows_no_xhci)
            overrule(plan, TARGET_USB, "the guest has no driver for USB 3");
        else
            plan->usb = rows[i].usb;
    }
}

static void refine_sound(DomainPlan *plan, const Guest *guest)
{
    const char *sound = domain_wish(plan, TARGET_SOUND);

    if (g_str_equal(sound, "source"))
        return;
    plan->sound =
        g_str_equal(sound, "none") ? NULL : sound_choose(sound, guest, plan->is_x86, plan->is_q35);
}

static void refine_clock(DomainPlan *plan)
{
    if (domain_wishes(plan, TARGET_CLOCK, "auto"))
        return;
    plan->rtc_has_offset = FALSE;
    plan->rtc_is_local = domain_wishes(plan, TARGET_CLOCK, "localtime");
}

static void refine_watch(DomainPlan *plan)
{
    /* Windows has no driver of its own for the panic device and would ask for one. */
    plan->panic = plan->is_q35 && !plan->is_windows ? "isa" : NULL;
    if (!domain_wishes(plan, TARGET_PANIC, "auto")) {
        plan->panic =
            domain_wishes(plan, TARGET_PANIC, "none") ? NULL : domain_wish(plan, TARGET_PANIC);
        if (plan->panic != NULL && !plan->is_x86) {
            overrule(plan, TARGET_PANIC, "Arm has none");
            plan->panic = NULL;
        }
    }
    if (domain_wishes(plan, TARGET_WATCHDOG, "none"))
        return;
    plan->watchdog = domain_wish(plan, TARGET_WATCHDOG);
    if (!plan->is_x86 && g_str_equal(plan->watchdog, "ib700")) {
        overrule(plan, TARGET_WATCHDOG, "Arm has no ISA bus, it gets i6300esb");
        plan->watchdog = "i6300esb";
    }
}

void target_refine_plan(DomainPlan *plan, const Guest *guest)
{
    refine_identity(plan);
    refine_cpu(plan);
    refine_firmware(plan);
    refine_tpm(plan);
    refine_hyperv(plan, guest);
    refine_video(plan, guest);
    refine_usb(plan, guest);
    refine_sound(plan, guest);
    refine_clock(plan);
    refine_watch(plan);
}
