/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text that LVM2 keeps its metadata in: named values, lists of values and sections of both, as
   lvm.conf(5) describes them. */
#ifndef DISK_LVM_TEXT_H
#define DISK_LVM_TEXT_H

#include <glib.h>
#include <stdint.h>

/* A volume group of 4000 logical volumes has 2 MiB. */
#define LVM_TEXT_LIMIT_BYTES ((size_t)4 << 20)

typedef struct {
    char *text; /* NULL: a number */
    int64_t number;
} LvmValue;

/* Either a section (children) or a value (values; one of them where it is no list). */
typedef struct {
    char *name;
    GPtrArray *children; /* of LvmNode */
    GArray *values;      /* of LvmValue */
} LvmNode;

/* The sections and values at the top are the children of the node returned. text need not end in a
   NUL; one in it ends it. Nonsense, more than LVM_TEXT_LIMIT_BYTES, and sections or numbers of
   values that no metadata has: DRYDOCK_ERROR_CORRUPT. */
LvmNode *lvm_text_parse(const char *text, size_t length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void lvm_node_free(LvmNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvmNode, lvm_node_free)

/* The first section or value of that name in section, or NULL, also when it is of another kind. */
const LvmNode *lvm_node_section(const LvmNode *section, const char *name);
const LvmNode *lvm_node_values(const LvmNode *section, const char *name);
/* NULL: there is none, or it is a number. */
const char *lvm_node_text(const LvmNode *section, const char *name);
/* FALSE: there is none, or it is a text, negative, or larger than maximum. */
gboolean lvm_node_number(const LvmNode *section, const char *name, uint64_t maximum,
                         uint64_t *ret_number);
/* TRUE if the list has that text. */
gboolean lvm_node_lists(const LvmNode *section, const char *name, const char *text);

#endif
