/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses that a user wants a network card to have. */
#ifndef BASE_NIC_ADDRESS_H
#define BASE_NIC_ADDRESS_H

#include <glib.h>

/* Texts are in the form that inet_ntop(3) gives. What is not named stays as the guest has it: with
   IPv4 addresses only, its IPv6. */
typedef struct {
    gboolean dhcp;        /* no static address any more: DHCP, and router advertisements for IPv6 */
    GPtrArray *addresses; /* of char *: "192.0.2.5/24", "2001:db8::5/64" */
    GPtrArray *gateways;  /* of char *: at most one of each family */
    GPtrArray *dns;       /* of char *, in order of preference */
} NicAddress;

typedef enum { NIC_FAMILY_IPV4, NIC_FAMILY_IPV6, NIC_FAMILY_LAST } NicFamily;

/* "dhcp", or "ADDRESS/PREFIX,…" with "gateway=ADDRESS;…" and "dns=ADDRESS;…" between the commas.
   NULL: DRYDOCK_ERROR_USAGE, with what is wrong. */
NicAddress *nic_address_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void nic_address_free(NicAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NicAddress, nic_address_free)

/* Of "192.0.2.5/24" or "192.0.2.5", as this project writes them. */
NicFamily nic_text_family(const char *text);
/* The first of texts (addresses, gateways) that is of this family; NULL: none. Borrowed. */
const char *nic_texts_first(const GPtrArray *texts, NicFamily family);
/* "192.0.2.5" and 24 of "192.0.2.5/24". Free with g_free(). */
char *nic_text_host(const char *text);
guint nic_text_prefix(const char *text);
/* Whether gateway (a host's address) is in one of the networks of address; an IPv6 link-local one
   is next to every IPv6 address. FALSE for what is no address. */
gboolean nic_address_reaches(const NicAddress *address, const char *gateway);
/* "255.255.255.0" of 24. Free with g_free(). */
char *nic_netmask(guint prefix);

/* Lower case with colons; NULL: no MAC address ("00:50:56:aa:bb:cc", with '-', or 12 digits). */
char *nic_mac_normalise(const char *text);

#endif
