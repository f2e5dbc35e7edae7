/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a Hyper-V configuration: what its XML and its binary files have in common. Only for
   files of convert/. */
#ifndef CONVERT_CONFIG_HYPERV_TREE_H
#define CONVERT_CONFIG_HYPERV_TREE_H

#include <glib.h>
#include <stdint.h>

/* A reader accepts no deeper tree: real ones have ten levels. */
#define HYPERV_TREE_DEPTH_LIMIT 32

typedef enum {
    HYPERV_KEY_NODE,
    HYPERV_KEY_INTEGER,
    HYPERV_KEY_DOUBLE,
    HYPERV_KEY_BOOLEAN,
    HYPERV_KEY_STRING,
    HYPERV_KEY_BYTES,
} HypervKeyType;

typedef struct {
    char *name; /* UTF-8; several children of a node may have the same one */
    HypervKeyType type;
    gint64 integer; /* of INTEGER; 0 or 1 of BOOLEAN */
    double real;
    char *string;        /* UTF-8; never NULL for STRING */
    GBytes *bytes;       /* never NULL for BYTES */
    GPtrArray *children; /* of HypervKey, owned; never NULL for NODE, else NULL */
} HypervKey;

/* name: length bytes of UTF-8. STRING and BYTES start out empty. */
HypervKey *hyperv_key_new(const char *name, size_t length, HypervKeyType type);
void hyperv_key_free(HypervKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HypervKey, hyperv_key_free)

/* Appends child, which node owns from now on. */
void hyperv_key_add(HypervKey *node, HypervKey *child);

/* The first key at "name/name/…" below node; case does not count, because the same GUID is written
   in both. NULL: there is none, or node is NULL. */
const HypervKey *hyperv_key_find(const HypervKey *node, const char *path);

/* The value at path: NULL and FALSE when there is none or it is of another type; an empty string is
   none, too. Strings are borrowed. */
const char *hyperv_key_get_string(const HypervKey *node, const char *path);
gboolean hyperv_key_get_integer(const HypervKey *node, const char *path, gint64 *ret_integer);
gboolean hyperv_key_get_boolean(const HypervKey *node, const char *path); /* FALSE: or it is none */

/* TRUE for "controller12" and prefix "controller": Hyper-V numbers its lists so. */
gboolean hyperv_key_get_number(const HypervKey *key, const char *prefix, guint *ret_number);

#endif
