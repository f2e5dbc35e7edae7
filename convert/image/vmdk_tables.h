/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every sparse extent of VMware has a directory of tables of grains. All three kinds are walked
   here, to find what lies beyond the end of the file. Only for files of convert/. */
#ifndef CONVERT_IMAGE_VMDK_TABLES_H
#define CONVERT_IMAGE_VMDK_TABLES_H

#include "convert/source_format.h"

typedef struct VmdkTables VmdkTables;

struct VmdkTables {
    const SourceFile *file;
    uint64_t directory_offset;  /* bytes */
    uint64_t directory_entries; /* those that the extent's size needs */
    guint entry_bytes;          /* 4 or 8, in directory and tables */
    guint table_entries;
    uint64_t grain_bytes;   /* at least this much is stored of a grain */
    uint64_t tables_offset; /* seSparse: where tables and grains begin, bytes */
    uint64_t grains_offset;
    gboolean are_scattered; /* tables lie between the grains */

    /* Where the table or grain of an entry lies; *ret_offset 0: nowhere, it is not allocated.
       FALSE: the entry makes no sense. */
    gboolean (*locate_table)(const VmdkTables *tables, uint64_t entry, uint64_t *ret_offset);
    gboolean (*locate_grain)(const VmdkTables *tables, uint64_t entry, uint64_t *ret_offset);
};

/* Reads the whole directory and the tables; of very many tables only some, evenly spread, and the
   last one: a truncated file shows there too. */
gboolean vmdk_tables_check(const VmdkTables *tables, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
