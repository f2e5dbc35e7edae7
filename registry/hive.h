/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows registry hives (regf), read lazily: only the cells that are asked for are fetched.
   Format: msuhanov's regf specification; checked against hives of NT 4 to Windows 11. */
#ifndef REGISTRY_HIVE_H
#define REGISTRY_HIVE_H

#include <glib.h>
#include <stdint.h>

/* Registry value types (winnt.h). */
enum {
    HIVE_TYPE_NONE = 0,
    HIVE_TYPE_SZ = 1,
    HIVE_TYPE_EXPAND_SZ = 2,
    HIVE_TYPE_BINARY = 3,
    HIVE_TYPE_DWORD = 4,
    HIVE_TYPE_DWORD_BE = 5,
    HIVE_TYPE_LINK = 6,
    HIVE_TYPE_MULTI_SZ = 7,
    HIVE_TYPE_QWORD = 11,
};

/* Fetches exactly length bytes at offset of the hive file. */
typedef gboolean (*HiveReadFunc)(void *data, uint64_t offset, void *buffer, size_t length,
                                 GError **error);

typedef struct Hive Hive;
typedef uint32_t HiveKey; /* cell offset; valid as long as its hive */

/* name: for messages ("SYSTEM"). data is borrowed and must outlive the hive. No log is looked at:
   see hive_is_dirty() and registry/replay.h. */
Hive *hive_open(HiveReadFunc read, void *data, uint64_t size_bytes, const char *name,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;
Hive *hive_open_bytes(GBytes *bytes, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void hive_close(Hive *hive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hive, hive_close)

/* Base block checksum wrong, or its two sequence numbers differ: logs must be replayed first. */
gboolean hive_is_dirty(const Hive *hive);
const char *hive_name(const Hive *hive);
HiveKey hive_root(const Hive *hive);

/* path: components separated by '\\', any case, "" for the root; start is where it begins. */
gboolean hive_find_key(Hive *hive, HiveKey start, const char *path, gboolean *ret_found,
                       HiveKey *ret_key, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean hive_get_key_name(Hive *hive, HiveKey key, char **ret_name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
typedef struct {
    uint32_t subkeys, values;
    int64_t written; /* seconds since 1970, when it was last changed */
} HiveKeyFacts;
gboolean hive_get_key_facts(Hive *hive, HiveKey key, HiveKeyFacts *ret_facts,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Keys below key in stored order; a GArray of HiveKey. */
gboolean hive_list_keys(Hive *hive, HiveKey key, GArray **ret_keys,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    char *name; /* UTF-8; "" for the default value */
    uint32_t type;
    GBytes *data;
} HiveValue;
void hive_value_free(HiveValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HiveValue, hive_value_free)

/* All values of key, of HiveValue; free with g_ptr_array_unref(). */
gboolean hive_list_values(Hive *hive, HiveKey key, GPtrArray **ret_values,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* *ret_value NULL and no error when there is none of that name (any case). */
gboolean hive_get_value(Hive *hive, HiveKey key, const char *name, HiveValue **ret_value,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Typed reads by path from the root. Key or value not there, or of another type: *ret_found FALSE
   and no error. Strings: SZ and EXPAND_SZ; UTF-16 may lack its NUL or have an odd byte: both
   tolerated. */
gboolean hive_read_string(Hive *hive, const char *key_path, const char *name, gboolean *ret_found,
                          char **ret_text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean hive_read_dword(Hive *hive, const char *key_path, const char *name, gboolean *ret_found,
                         uint32_t *ret_value, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A NULL-terminated array; free with g_strfreev(). */
gboolean hive_read_multi_string(Hive *hive, const char *key_path, const char *name,
                                gboolean *ret_found, char ***ret_strings,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Values as people see them, in the manner of .reg files: dword:00000003, "text", expand:"…",
   multi:"a","b", hex:01,ff (long data is cut after 64 bytes with its length). */
char *hive_value_to_text(uint32_t type, const uint8_t *data, size_t length);

#endif
