/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing the disk bus of a Windows guest. */
#include "windows/boot_bus.h"

#include "base/error.h"
#include "base/finding.h"

typedef enum {
    BUS_VIRTIO,
    BUS_SCSI,
    BUS_SATA,
    BUS_IDE,
    BUS_COUNT,
} Bus;

static const char *const bus_names[BUS_COUNT] = {
    [BUS_VIRTIO] = "virtio",
    [BUS_SCSI] = "scsi",
    [BUS_SATA] = "sata",
    [BUS_IDE] = "ide",
};

/* Only the older board has IDE, and only BIOS starts it. */
static gboolean board_has(const Guest *guest, Bus bus)
{
    return bus != BUS_IDE ||
           (guest->firmware != FIRMWARE_UEFI && g_strcmp0(guest->architecture, "aarch64") != 0);
}

/* What Windows lacks to boot from a disk on bus, owned; NULL: nothing. */
static char *find_missing(const BootBusRequest *request, Bus bus)
{
    const char *const *missing = (const char *const *)request->fallbacks->missing;

    switch (bus) {
    case BUS_VIRTIO:
        return request->has_block ? NULL : g_strdup("viostor");
    case BUS_SCSI:
        return request->has_scsi ? NULL : g_strdup("vioscsi");
    case BUS_SATA:
        return g_strdup(missing[BOOT_FALLBACK_SATA]);
    case BUS_IDE:
        return g_strdup(missing[BOOT_FALLBACK_IDE]);
    case BUS_COUNT:
        break;
    }
    g_assert_not_reached();
}

static Bus parse_bus(const char *name, Bus otherwise)
{
    for (guint i = 0; name && i < BUS_COUNT; i++) {
        if (g_str_equal(bus_names[i], name))
            return (Bus)i;
    }
    return otherwise;
}

static gboolean try_bus(const BootBusRequest *request, Bus bus, const char **ret_bus)
{
    g_autofree char *missing = find_missing(request, bus);

    if (missing || !board_has(request->guest, bus))
        return FALSE;
    *ret_bus = bus_names[bus];
    return TRUE;
}

gboolean boot_bus_choose(const BootBusRequest *request, GPtrArray *findings, const char **ret_bus,
                         GError **error)
{
    const Bus usual = parse_bus(guest_profile_get(request->guest, "disk-bus"), BUS_SATA);
    const Bus order[] = {BUS_VIRTIO, BUS_SCSI, usual, BUS_SATA, BUS_IDE};
    g_autofree char *missing = NULL;

    if (request->wanted) {
        Bus bus = parse_bus(request->wanted, BUS_VIRTIO);

        if (!board_has(request->guest, bus))
            bus = BUS_SATA;
        missing = find_missing(request, bus);
        if (missing) {
            g_autofree char *subject = g_strdup_printf("%s (%s)", bus_names[bus], missing);

            findings_add(findings, FINDING_WINDOWS_BUS_NOT_BOOTABLE, subject);
        }
        *ret_bus = bus_names[bus];
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        if (try_bus(request, order[i], ret_bus))
            return TRUE;
    }
    missing = find_missing(request, usual);
    drydock_error_set(
        error, DRYDOCK_ERROR_MISSING_TOOL,
        "use a virtio-win collection that supports it (--virtio-win PATH), or install "
        "the missing drivers in the source",
        "there is no virtio disk driver for '%s' (%s), and it cannot boot from %s disks "
        "either: it lacks %s",
        request->guest->product_name, request->guest->architecture, bus_names[usual],
        missing ? missing : "a board for them");
    return FALSE;
}
