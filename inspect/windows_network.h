/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of a Windows guest as its SYSTEM hive has it. */
#ifndef INSPECT_WINDOWS_NETWORK_H
#define INSPECT_WINDOWS_NETWORK_H

#include "inspect/guest.h"
#include "registry/hive.h"

/* Fills adapters and persistent_routes of windows_facts. */
gboolean windows_network_read(Guest *guest, Hive *system, GPtrArray *findings,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void windows_adapter_free(GuestWindowsAdapter *adapter);

/* IPv6 addresses and gateways that were set by hand are kept by Vista and later where only their
   own programs look, below Control\Nsi. luid: the adapter's, see windows_network.c. Adds to
   adapter; what is not understood is left out. */
gboolean windows_nsi_read(Hive *system, const char *control_set, uint64_t luid,
                          GuestWindowsAdapter *adapter, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
