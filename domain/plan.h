/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the domain will be: every choice that depends on the guest, made once, before XML is
 * written. */
#ifndef DOMAIN_PLAN_H
#define DOMAIN_PLAN_H

#include "domain/domain.h"
#include "domain/drives.h"

typedef enum {
    PLAN_USB_XHCI,
    PLAN_USB_EHCI, /* with its companions; Windows before 8 has no driver for USB 3 */
    PLAN_USB_UHCI, /* what the i440FX board comes with */
    PLAN_USB_NONE,
    PLAN_USB_LAST
} PlanUsb;

typedef struct {
    const Machine *machine;
    const DomainOptions *options;
    gboolean is_windows;
    gboolean is_x86;
    gboolean is_q35;
    gboolean is_uefi;
    gboolean secure_boot;
    gboolean hyperv;       /* enlightenments */
    const char *tpm_model; /* NULL: no TPM */
    const char *arch;      /* as libvirt says it */
    const char *board;     /* machine type */
    const char *cpu_mode;
    char *title;           /* owned; NULL: none, or the same as the name */
    char *description;     /* owned; NULL: none */
    const char *uuid;      /* NULL: libvirt makes one */
    const char *genid;     /* VM generation id; NULL: none */
    const char *serial;    /* of SMBIOS; NULL: QEMU's default */
    const char *osinfo_id; /* may be NULL */
    guint cpus;            /* sockets × cores × threads */
    guint sockets, cores, threads;
    guint64 memory_kib;
    guint64 memory_at_start_kib; /* what is above comes from the balloon */
    gboolean rtc_has_offset;
    gint64 rtc_offset_seconds; /* of the RTC against UTC, when rtc_has_offset */
    GPtrArray *drives;         /* of Drive; owned */
    gboolean rtc_is_local;     /* the host's local time */
    const char *ovmf_code;     /* NULL: the firmware libvirt finds */
    const char *video;
    const char *sound;    /* NULL: none */
    const char *panic;    /* NULL: none */
    const char *watchdog; /* NULL: none */
    PlanUsb usb;
} DomainPlan;

/* Borrows everything from its arguments but what is marked as owned. */
gboolean domain_plan_make(const Machine *machine, const Guest *guest, const DomainOptions *options,
                          DomainPlan *ret_plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void domain_plan_clear(DomainPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DomainPlan, domain_plan_clear)

/* What the target profile says, which is never NULL. */
const char *domain_wish(const DomainPlan *plan, TargetKey key);
gboolean domain_wishes(const DomainPlan *plan, TargetKey key, const char *value);

/* The libvirt network of a NIC of the plan's machine, or "bridge:NAME". */
const char *domain_plan_network(const DomainPlan *plan, const MachineNic *nic);

#endif
