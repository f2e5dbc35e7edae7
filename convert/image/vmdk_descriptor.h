/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text part of a VMDK (VMware's Virtual Disk Format 5.0, "The Descriptor File"; kinds that came
   later as ESXi 6 and 7 and Workstation 16 write them). */
#ifndef CONVERT_IMAGE_VMDK_DESCRIPTOR_H
#define CONVERT_IMAGE_VMDK_DESCRIPTOR_H

#include <glib.h>
#include <stdint.h>

/* "Plain" is what qemu's own, coarse parser (QEMU 7.2 to 10.0) certainly reads as we do. */
typedef struct {
    char *access;            /* "RW", "RDONLY", "NOACCESS" */
    uint64_t sectors;        /* of 512 bytes; above 0 */
    char *type;              /* "FLAT", "SPARSE", "ZERO", "VMFS", … in upper case */
    char *file_name;         /* as written, in UTF-8; NULL when there is none */
    uint64_t offset_sectors; /* into the file, for FLAT */
    gboolean is_plain;
} VmdkExtent;

typedef struct {
    char *create_type;        /* "monolithicSparse", …; NULL: not said */
    uint32_t cid, parent_cid; /* parent_cid VMDK_NO_PARENT: no parent */
    gboolean has_cid;
    char *uuid;            /* ddb.uuid: 32 hexadecimal digits in lower case; NULL: none */
    char *parent_hint;     /* parentFileNameHint, in UTF-8; NULL: none */
    gboolean is_encrypted; /* by vSphere's virtual machine encryption */
    gboolean is_plain;     /* all but the extents */
    GPtrArray *extents;    /* of VmdkExtent */
} VmdkDescriptor;

#define VMDK_NO_PARENT UINT32_C(0xffffffff)
#define VMDK_DESCRIPTOR_LIMIT_BYTES ((size_t)1 << 20)

/* text need not end in NUL; what follows a NUL is padding. Unknown lines are passed over; extent
   lines that make no sense are DRYDOCK_ERROR_CORRUPT. */
VmdkDescriptor *vmdk_descriptor_parse(const char *text, size_t length,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vmdk_descriptor_free(VmdkDescriptor *descriptor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmdkDescriptor, vmdk_descriptor_free)

/* TRUE for the beginning of a file that is a descriptor. */
gboolean vmdk_descriptor_is_text(const uint8_t *head, size_t length);

#endif
