/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text part of a VMDK (VMware's Virtual Disk Format 5.0, "The Descriptor File"). */
#ifndef CONVERT_VMDK_DESCRIPTOR_H
#define CONVERT_VMDK_DESCRIPTOR_H

#include <glib.h>
#include <stdint.h>

typedef struct {
    char *access;              /* "RW", "RDONLY", "NOACCESS" */
    uint64_t sectors;          /* of 512 bytes */
    char *type;                /* "FLAT", "SPARSE", "ZERO", "VMFS", … */
    char *file_name;           /* as written; NULL when there is none */
    uint64_t offset_sectors;   /* into the file, for FLAT */
    gboolean after_blank_line; /* qemu counts such an extent twice */
} VmdkExtent;

typedef struct {
    char *create_type;        /* "monolithicSparse", …; NULL: not said */
    uint32_t cid, parent_cid; /* parent_cid 0xffffffff: no parent */
    char *parent_hint;        /* parentFileNameHint; may be NULL */
    GPtrArray *extents;       /* of VmdkExtent */
} VmdkDescriptor;

#define VMDK_NO_PARENT UINT32_C(0xffffffff)

/* text need not end in NUL; what follows a NUL is padding. Unknown lines are passed over; extent
   lines that make no sense are DRYDOCK_ERROR_CORRUPT. */
VmdkDescriptor *vmdk_descriptor_parse(const char *text, size_t length,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vmdk_descriptor_free(VmdkDescriptor *descriptor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmdkDescriptor, vmdk_descriptor_free)

/* TRUE for the beginning of a file that is a descriptor. */
gboolean vmdk_descriptor_is_text(const uint8_t *head, size_t length);

#endif
