/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text files regedit exports and imports: "Windows Registry Editor Version 5.00" and the older
   REGEDIT4. Microsoft KB310516 has the grammar; what it leaves open is as regedit and Wine's
   regedit do it. */
#ifndef REGISTRY_REG_FILE_H
#define REGISTRY_REG_FILE_H

#include <glib.h>
#include <stdint.h>

#include "registry/hive.h"

/* More than the text of a whole SOFTWARE hive. */
#define REG_FILE_LIMIT_BYTES (1024u << 20)

typedef enum {
    REG_ENTRY_CREATE_KEY,   /* [KEY] */
    REG_ENTRY_DELETE_KEY,   /* [-KEY] */
    REG_ENTRY_SET,          /* "name"=… */
    REG_ENTRY_DELETE_VALUE, /* "name"=- */
} RegEntryKind;

typedef struct {
    RegEntryKind kind;
    char *key;  /* as written: "HKEY_LOCAL_MACHINE\\SYSTEM\\Select" */
    char *name; /* "" is the default value; NULL: the entry is about the key */
    uint32_t type;
    GBytes *data; /* of REG_ENTRY_SET: as a hive has it, strings in UTF-16 with their NUL */
    guint line;
} RegEntry;
void reg_entry_free(RegEntry *entry);

/* content: UTF-16 with a byte order mark (or plainly UTF-16LE), UTF-8, or else Windows-1252. In the
   order of the file, of RegEntry. DRYDOCK_ERROR_USAGE: "FILE:LINE: what is wrong", with a hint. */
gboolean reg_file_read(GBytes *content, const char *file_name, GPtrArray **ret_entries,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writing version 5, as UTF-8 with CR LF; reg_file_encode() makes the bytes of it that regedit
   writes. What would not come back as it is when written as text is written as hex. */
void reg_file_append_header(GString *text);
void reg_file_append_key(GString *text, const char *key);
void reg_file_append_value(GString *text, const HiveValue *value);
/* UTF-16LE; at the beginning of the file with a byte order mark. */
GBytes *reg_file_encode(const char *text, gboolean is_beginning);

#endif
