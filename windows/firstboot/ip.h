/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses as text. Built into the service and into the host program: standard C without a
   library. */
#ifndef WINDOWS_FIRSTBOOT_IP_H
#define WINDOWS_FIRSTBOOT_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    bool is_v6;
    uint8_t bytes[16]; /* network order; IPv4 uses the first four */
    unsigned prefix;   /* 0…32 or 0…128; that of a whole address where none was given */
} Ip;

/* text is length bytes: dotted IPv4 (four plain decimal numbers), or IPv6 as in RFC 4291 without a
   zone. */
bool ip_parse(const char *text, size_t length, Ip *ret_ip);
/* The same with "/PREFIX" after it, which must be there. */
bool ip_parse_with_prefix(const char *text, size_t length, Ip *ret_ip);

/* "DESTINATION/PREFIX GATEWAY" or "DESTINATION/PREFIX GATEWAY METRIC", single blanks; both of one
   family. The gateway's text is returned as a part of text; *ret_metric is 0 where none was given
   (else 1…9999). */
bool ip_parse_route(const char *text, Ip *ret_destination, const char **ret_gateway,
                    size_t *ret_gateway_length, uint32_t *ret_metric);

/* Plain decimal digits, no sign, at most 32 bits. */
bool ip_parse_number(const char *text, size_t length, uint32_t *ret_number);

#endif
