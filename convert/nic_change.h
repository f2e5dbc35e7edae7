/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New addresses for the network cards of a machine, as the user wants them. */
#ifndef CONVERT_NIC_CHANGE_H
#define CONVERT_NIC_CHANGE_H

#include "convert/machine.h"

/* Texts "ID=VALUE". ID is the card's number (0, 1, …), its MAC address in the source, its label
   ("Network adapter 1"), what the source's guest calls it ("ens192"), or the name of its network
   when no other card is on that. Arrays may be NULL. */
typedef struct {
    const char *const *macs; /* VALUE: a MAC address */
    const char *const *ips;  /* VALUE: see nic_address_parse() */
    gboolean regenerate; /* made from the machine's name, UUID and the card's number, unless macs
                            has one */
} NicChanges;

/* Whether every text can be understood, before there is a machine. DRYDOCK_ERROR_USAGE. */
gboolean nic_changes_check(const NicChanges *changes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets mac, source_mac and address of the machine's cards. DRYDOCK_ERROR_USAGE: no such card, two
   cards of one address, two values for one card. */
gboolean nic_changes_apply(const NicChanges *changes, Machine *machine,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
