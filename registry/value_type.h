/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types of values by their names, and data of a type as people type it on a command line. */
#ifndef REGISTRY_VALUE_TYPE_H
#define REGISTRY_VALUE_TYPE_H

#include <glib.h>
#include <stdint.h>

#include "registry/hive.h"

/* "REG_SZ"; of a number without a name "hex(1f4)", as .reg files write it. */
char *hive_type_name(uint32_t type);

/* "REG_SZ", "sz", "SZ"; short ones "expand", "multi"; "hex(7)". DRYDOCK_ERROR_USAGE otherwise. */
gboolean hive_type_parse(const char *text, uint32_t *ret_type,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* words: NULL-terminated. A number is decimal or 0x…, binary data are hexadecimal digits (blanks
   and commas between them are fine); a MULTI_SZ takes any count of words, others exactly one. Data
   of other types are given as binary data are. DRYDOCK_ERROR_USAGE. */
gboolean hive_data_parse(uint32_t type, const char *const *words, GBytes **ret_data,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a value says in the terms of its type; NULL or FALSE when its type is another, or its bytes
   would not be the same again. Strings: SZ and EXPAND_SZ; free with g_free() or g_strfreev(). */
char *hive_value_get_string(const HiveValue *value);
char **hive_value_get_strings(const HiveValue *value);
/* DWORD (either order) and QWORD. */
gboolean hive_value_get_number(const HiveValue *value, uint64_t *ret_number);

#endif
