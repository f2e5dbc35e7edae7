/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single values of a Windows guest's hives, whatever type somebody gave them. For the files of
   inspect/ that describe Windows. */
#ifndef INSPECT_WINDOWS_VALUES_H
#define INSPECT_WINDOWS_VALUES_H

#include "inspect/guest.h"
#include "inspect/guest_hive.h"

/* System32\config\NAME. */
GuestHive *windows_hive_open(const Guest *guest, const char *name,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One that is not needed for a migration: NULL and no error when it is not there; damage is the
   finding WINDOWS_HIVE_UNREADABLE, with *ret_hive NULL. */
gboolean windows_hive_open_optional(const Guest *guest, const char *name, GPtrArray *findings,
                                    GuestHive **ret_hive, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether error, of reading such a hive, may be stepped over: then it is the finding, and cleared.
   FALSE: it is moved to *ret_error. */
gboolean windows_hive_skip_damage(GError *error, const char *name, GPtrArray *findings,
                                  GError **ret_error) G_GNUC_WARN_UNUSED_RESULT;

/* "ControlSet001\" + below, of the control set in use. */
char *windows_control_key(const Guest *guest, const char *below);

/* What is missing, or of a type that makes no sense, leaves *text and *number as they are. An empty
   text counts as missing. */
gboolean windows_read_text(Hive *hive, const char *key, const char *name, char **text,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_read_number(Hive *hive, const char *key, const char *name, guint *number,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* 8 bytes, a FILETIME of this era, as "2024-04-03T16:18:31Z". */
gboolean windows_read_time(Hive *hive, const char *key, const char *name, char **text,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_has_key(Hive *hive, const char *key, gboolean *ret_has,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Keys below the one at path, in stored order; an empty array when it is not there. */
gboolean windows_list_keys(Hive *hive, const char *path, GArray **ret_keys,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for all values of one key, of HiveValue, as hive_list_values() gives them. */
const HiveValue *windows_find_value(const GPtrArray *values, const char *name);
/* Owned, at most GUEST_TEXT_LIMIT_BYTES; NULL: missing, empty or no text. */
char *windows_value_text(const GPtrArray *values, const char *name);
/* Of a DWORD or QWORD; otherwise is what a missing or larger one gives. */
guint windows_value_number(const GPtrArray *values, const char *name, guint otherwise);
/* Strings of a MULTI_SZ, or of a text that separates them with commas, semicolons or blanks; empty
   ones are left out. An array of char *. */
GPtrArray *windows_value_texts(const GPtrArray *values, const char *name);

/* "2024-04-03T16:18:31Z"; NULL: a time before 1980 or after 2200. */
char *windows_format_time(gint64 unix_seconds);
/* The 16 bytes of a GUID as Windows stores them, the first three fields little-endian: in lower
   case, without braces. */
char *windows_format_guid(const uint8_t *guid);

#endif
