/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a VMX file as a dictionary.

   VMware documents no grammar. What is read here is what ESXi, Workstation, Fusion and GSX Server
   write: one `key = "value"` a line, blanks around '=' optional, '#' begins a comment line, keys
   in any case, '|XX' in a value stands for the character with that hexadecimal code, and
   ".encoding" names the character set of the whole file. Values without quotes, CRLF and a byte
   order mark come from editors. VMware refuses files that define a key twice; of other readers both
   libvirt (first match in virConfGetValue()) and virt-v2v (later ones are ignored) take the first,
   and so does this one. Only for files of convert/. */
#ifndef CONVERT_CONFIG_VMX_H
#define CONVERT_CONFIG_VMX_H

#include <glib.h>
#include <stdint.h>

typedef struct Vmx Vmx;

/* Whether a file that begins with length bytes at head (a part of it, or all) is a VMX: lines as
   above and nothing else, among them one that only a machine's configuration has. is_named_so: the
   file's name ends as VMX files' do; one such key then need not be among the first lines. */
gboolean vmx_is_text(const uint8_t *head, size_t length, gboolean is_named_so);

/* Bytes that are no text in the declared character set are read as Windows-1252, the most frequent
   one. A line of no known form is DRYDOCK_ERROR_CORRUPT with its number. */
Vmx *vmx_parse(const char *text, size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vmx_free(Vmx *vmx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vmx, vmx_free)

/* The value of "device.property" (device NULL: "property"), in any case, valid UTF-8; NULL: not
   there. Borrowed. */
const char *vmx_get(const Vmx *vmx, const char *device, const char *property);

/* As vmx_get(), but an empty value is none. */
const char *vmx_get_filled(const Vmx *vmx, const char *device, const char *property);

/* "TRUE", "true", "yes", "1", … and their opposites; anything else is fallback. */
gboolean vmx_get_boolean(const Vmx *vmx, const char *device, const char *property,
                         gboolean fallback);

/* A whole decimal number and nothing else; FALSE: there is none. */
gboolean vmx_get_number(const Vmx *vmx, const char *device, const char *property,
                        gint64 *ret_number);

#endif
