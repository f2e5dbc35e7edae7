/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the domain will be: every choice that depends on the guest, made once, before XML is
 * written. */
#ifndef DOMAIN_PLAN_H
#define DOMAIN_PLAN_H

#include "domain/domain.h"

typedef enum {
    PLAN_USB_XHCI,
    PLAN_USB_EHCI, /* with its companions; Windows before 8 has no driver for USB 3 */
    PLAN_USB_UHCI, /* what the i440FX board comes with */
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
    gboolean hyperv; /* enlightenments */
    gboolean tpm;
    const char *arch;  /* as libvirt says it */
    const char *board; /* machine type */
    const char *cpu_mode;
    const char *uuid;      /* NULL: libvirt makes one */
    const char *osinfo_id; /* may be NULL */
    guint cpus;
    guint64 memory_kib;
    gboolean rtc_is_local;
    gint64 rtc_adjustment_seconds; /* of the RTC against UTC, when rtc_is_local */
    DomainBus disk_bus;            /* that the board has */
    const char *network;
    const char *video;
    PlanUsb usb;
} DomainPlan;

/* Borrows everything from its arguments. */
gboolean domain_plan_make(const Machine *machine, const Guest *guest, const DomainOptions *options,
                          DomainPlan *ret_plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
