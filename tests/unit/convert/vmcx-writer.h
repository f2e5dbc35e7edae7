/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes Hyper-V's binary files for tests (their layout: convert/vmcx_store.h, convert/vmcx.c), and
   makes changed ones consistent again. */
#ifndef TESTS_VMCX_WRITER_H
#define TESTS_VMCX_WRITER_H

#include <glib.h>
#include <stdint.h>

enum {
    VMCX_SECOND_HEADER = 0x1000,
    VMCX_OBJECT_TABLE = 0x2000,
    VMCX_LOG = 0x3000,
    VMCX_LOG_BYTES = 0x3000, /* the first 0x1000 of them for its entries */
    VMCX_OBJECTS = 0x6000,   /* key tables of 0x1000 bytes, then the long values */
};

typedef struct VmcxWriter VmcxWriter;

VmcxWriter *vmcx_writer_new(void);
void vmcx_writer_free(VmcxWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmcxWriter, vmcx_writer_free)

/* path: "a/b/name"; nodes that are missing are made. The same path again makes a second key. */
void vmcx_add_node(VmcxWriter *writer, const char *path);
void vmcx_add_integer(VmcxWriter *writer, const char *path, gint64 value);
void vmcx_add_unsigned(VmcxWriter *writer, const char *path, guint64 value);
void vmcx_add_double(VmcxWriter *writer, const char *path, double value);
void vmcx_add_boolean(VmcxWriter *writer, const char *path, gboolean value);
void vmcx_add_string(VmcxWriter *writer, const char *path, const char *value); /* UTF-8 */
void vmcx_add_bytes(VmcxWriter *writer, const char *path, const void *bytes, size_t length);

/* The file so far; more may be added and another one made. */
GByteArray *vmcx_writer_make(VmcxWriter *writer);

/* Where the key called name is in a file; it must be there. */
size_t vmcx_find_key(const GByteArray *file, const char *name);

/* Appends the next object of the file, size a multiple of 0x1000, and gives its offset. */
size_t vmcx_append_object(GByteArray *file, uint8_t type, uint32_t size_bytes);

/* Logs that length bytes are to be written at target. */
void vmcx_log_change(GByteArray *file, uint64_t target, const void *bytes, uint32_t length);

/* Every checksum that there is made right again. Safe on any bytes. */
void vmcx_sign(uint8_t *file, size_t length);

#endif
