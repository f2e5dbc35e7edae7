/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of quantities in an OVF. Only for convert/ovf*.c and convert/config_ovf.c. */
#ifndef CONVERT_CONFIG_OVF_UNITS_H
#define CONVERT_CONFIG_OVF_UNITS_H

#include <glib.h>
#include <stdint.h>

/* Bytes in one of text: programmatic units (DSP0004 annex D: "byte * 2^20", "byte * 10^9",
   "byte*1024") or the words of OVF 0.9 and VirtualBox ("MegaBytes", "GB"). NULL or empty: 1. FALSE:
   no unit of storage, or too large a one. */
gboolean ovf_units_parse(const char *text, uint64_t *ret_bytes);

#endif
