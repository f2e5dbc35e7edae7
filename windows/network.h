/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest's connections keep their settings: what the old adapters had is given to the new ones by
   the first-boot service, which finds them by their MAC address. */
#ifndef WINDOWS_NETWORK_H
#define WINDOWS_NETWORK_H

#include "base/nic_address.h"
#include "inspect/guest.h"
#include "registry/edit.h"
#include "windows/boot_driver.h"

/* A network card of the machine, as its source describes it. */
typedef struct {
    const char *mac;           /* lower case with colons; NULL: not known */
    const char *model;         /* "vmxnet3", "e1000"; NULL: not known */
    const char *guest_name;    /* "ens192": its slot, as firmware numbers it; NULL: not known */
    const char *instance_id;   /* Hyper-V: GUID of the adapter, lower case, no braces; else NULL */
    const char *new_mac;       /* what it will be; NULL: the same */
    const NicAddress *address; /* what it is to get; NULL: as it is */
    gboolean mac_is_new;       /* made up for a source that says nothing of its cards */
} WindowsNic;

/* Which of adapters (of GuestWindowsAdapter) is which card: ret_nics[i] is an index of nics, or -1
   for an adapter that is none of them. By its MAC address, by Hyper-V's GUID, by its slot; what is
   left of both by order, where the kind of the device does not speak against it. An adapter with a
   MAC that no card has is no longer there. *ret_by_order: more than one was left to choose from. */
void network_match(const GPtrArray *adapters, const WindowsNic *nics, guint nic_count,
                   gint *ret_nics, gboolean *ret_by_order);

typedef struct {
    const GuestWindows *facts; /* borrowed */
    gint *nics;                /* per adapter, see network_match() */
    gboolean by_order;
    GPtrArray *addresses; /* of FirstBootAddress */
    GPtrArray *sources;   /* of const GuestWindowsAdapter: where each of addresses is from; those
                             behind are of no adapter */
} NetworkPlan;

/* What the service is to be told; of cards without a known MAC it cannot be told anything. */
void network_plan_make(const GuestWindows *facts, const WindowsNic *nics, guint nic_count,
                       NetworkPlan *ret_plan);
void network_plan_clear(NetworkPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NetworkPlan, network_plan_clear)

/* Whether the addresses that the user wants can be set. DRYDOCK_ERROR_USAGE. */
gboolean network_plan_check(const WindowsNic *nics, guint nic_count, gboolean is_carried,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What was only guessed, and what stays behind. is_carried: the service is in place. */
void network_plan_report(const NetworkPlan *plan, gboolean is_carried, GPtrArray *findings);

/* The old adapters lose the addresses and the names that the new ones get: Windows would otherwise
   complain that an adapter that is not there has them. */
gboolean network_plan_add_edits(const NetworkPlan *plan, const BootTarget *target, Hive *system,
                                HiveEdits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
