/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the lazy reader: cells, key nodes and raw values. For this folder only. */
#ifndef REGISTRY_HIVE_PRIVATE_H
#define REGISTRY_HIVE_PRIVATE_H

#include "registry/format.h"
#include "registry/header.h"
#include "registry/hive.h"
#include "registry/text.h"

enum {
    HIVE_PAGE_SIZE = 4096,
    HIVE_PAGE_COUNT = 16,
};

typedef struct {
    uint64_t number;
    uint32_t used; /* 0: empty; else the clock's value when it was last used */
    uint8_t bytes[HIVE_PAGE_SIZE];
} HivePage;

struct Hive {
    HiveReadFunc read;
    void *data;
    uint64_t size_bytes; /* of the file */
    GBytes *bytes;       /* hive_open_bytes(): then memory is its contents and there are no pages */
    const uint8_t *memory;
    char *name;
    HiveHeader header;
    gboolean is_dirty;
    HivePage *pages;
    uint32_t clock;
};

/* The payload of a cell: without its size field. */
typedef struct {
    const uint8_t *bytes;
    size_t length;
    uint8_t *owned; /* NULL: bytes belong to the hive */
} HiveCell;
void hive_cell_clear(HiveCell *cell);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HiveCell, hive_cell_clear)

/* At most limit bytes of an allocated cell; at least minimum or DRYDOCK_ERROR_CORRUPT, which calls
   the cell what. *ret_cell is cleared first. */
gboolean hive_cell_read(Hive *hive, uint32_t offset, size_t minimum, size_t limit, const char *what,
                        HiveCell *ret_cell, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes after the base block in the file: no offset reaches further. */
uint64_t hive_bins_end(const Hive *hive);

typedef struct {
    HiveCell cell; /* name points into it */
    HiveName name;
    uint32_t parent;
    uint32_t subkey_count, subkey_list;
    uint32_t value_count, value_list;
} HiveNode;
void hive_node_clear(HiveNode *node);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HiveNode, hive_node_clear)

gboolean hive_node_read(Hive *hive, HiveKey key, HiveNode *ret_node,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    HiveCell cell;
    HiveName name;
    uint32_t type;
    uint32_t length; /* of the data, without the inline flag */
    gboolean is_inline;
    uint32_t data; /* cell of the data; meaningless when inline */
} HiveRawValue;
void hive_raw_value_clear(HiveRawValue *value);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HiveRawValue, hive_raw_value_clear)

gboolean hive_raw_value_read(Hive *hive, uint32_t offset, HiveRawValue *ret_value,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Cells of all values of node, as stored; *ret_offsets of uint32_t. */
gboolean hive_list_value_cells(Hive *hive, const HiveNode *node, GArray **ret_offsets,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean hive_raw_value_read_data(Hive *hive, const HiveRawValue *value, GBytes **ret_data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a key's subkey list is made of. */
typedef enum {
    HIVE_LIST_NONE,  /* no subkeys */
    HIVE_LIST_PLAIN, /* li */
    HIVE_LIST_HINTS, /* lf */
    HIVE_LIST_HASHES /* lh */
} HiveListKind;

typedef struct {
    HiveListKind kind;
    HiveCell cell;
    size_t count; /* all elements lie within the cell */
} HiveLeaf;

/* Called for each leaf of a key's subkey list in stored order. *stop TRUE ends the walk. */
typedef gboolean (*HiveLeafFunc)(Hive *hive, const HiveLeaf *leaf, void *data, gboolean *stop,
                                 GError **error);
gboolean hive_visit_leaves(Hive *hive, const HiveNode *node, HiveLeafFunc visit, void *data,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
uint32_t hive_leaf_key(const HiveLeaf *leaf, size_t index);

#endif
