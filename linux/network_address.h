/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses that the user wants interfaces to have, in the guest's own kind of configuration.
 */
#ifndef LINUX_NETWORK_ADDRESS_H
#define LINUX_NETWORK_ADDRESS_H

#include "linux/plan.h"

/* An address that the guest had, and what the same card has now. */
typedef struct {
    char *old_host;            /* "192.0.2.10" */
    const NicAddress *address; /* borrowed */
    char *name;                /* of the interface */
} NetworkMove;

void network_move_free(gpointer move);

/* Stages them for the interface called name of the card nic, whose address is not NULL: where it is
   configured, else in a new file of the kind the guest has. An interface that belongs to a bridge,
   bond or team stands for that. Notes what it had in moves (of NetworkMove). Where the kind is not
   known, the finding LINUX_NETWORK_STYLE_UNKNOWN. */
gboolean network_address_plan(LinuxPlan *plan, const LinuxNic *nic, const char *name,
                              GPtrArray *moves, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bridge, bond or team that has name; NULL: none. Free with g_free(). */
char *network_master_find(LinuxPlan *plan, const char *name);

/* What names an address elsewhere: /etc/hosts, "ip=" for kernels and initramfs tools. text itself
   comes back as NULL if nothing of moves is in it. Free with g_free(). */
char *network_hosts_rewrite(const char *text, const GPtrArray *moves);
char *network_arguments_rewrite(const char *text, const GPtrArray *moves);

/* Both MAC addresses and "ip=" arguments, of a boot loader's file or a copy in an initramfs. NULL:
   nothing of them is in text. */
char *network_copy_rewrite(const LinuxNic *nics, guint nic_count, const GPtrArray *moves,
                           const char *text);

#endif
