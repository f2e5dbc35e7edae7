/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and remarks of a source, made fit for the domain XML. */
#ifndef DOMAIN_TEXT_H
#define DOMAIN_TEXT_H

#include <glib.h>

/* For <title>, which libvirt refuses with a line break: one line, white space in runs of one. */
char *text_make_line(const char *text);

/* For <description>: lines end in '\n'. */
char *text_make_lines(const char *text);

/* Both: bytes that are no UTF-8 become U+FFFD, control characters are dropped, so is white space at
   the ends, and more than 64 Ki characters. NULL: text is NULL or nothing is left. */

/* TRUE: fit for a string of SMBIOS, which has ASCII and is read by BIOSes: up to 255 printable
   characters, not all of them spaces. text may be NULL. */
gboolean text_is_smbios_string(const char *text);

#endif
