/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single values of a Windows guest's hives. */
#include "inspect/windows_values.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/utf16.h"
#include "inspect/text_file.h"

/* FILETIME counts 100 ns from 1601. */
#define FILETIME_UNIX_EPOCH 116444736000000000u
#define FILETIME_PER_SECOND 10000000u
#define TIME_MINIMUM 315532800 /* 1980 */
#define TIME_LIMIT 7258118400  /* 2200 */
#define STRINGS_LIMIT 256u

GuestHive *windows_hive_open(const Guest *guest, const char *name, GError **error)
{
    g_autofree char *path =
        g_strconcat(guest->windows_facts.system_root, "/System32/config/", name, NULL);
    return guest_hive_open(guest->tree, path, name, error);
}

gboolean windows_hive_skip_damage(GError *error, const char *name, GPtrArray *findings,
                                  GError **ret_error)
{
    if (inspect_error_is_fatal(error)) {
        g_propagate_error(ret_error, error);
        return FALSE;
    }
    g_debug("%s: %s", name, error->message);
    findings_add(findings, FINDING_WINDOWS_HIVE_UNREADABLE, name);
    g_error_free(error);
    return TRUE;
}

gboolean windows_hive_open_optional(const Guest *guest, const char *name, GPtrArray *findings,
                                    GuestHive **ret_hive, GError **error)
{
    g_autofree char *path =
        g_strconcat(guest->windows_facts.system_root, "/System32/config/", name, NULL);
    GError *local = NULL;
    *ret_hive = NULL;
    if (!fs_tree_is_file(guest->tree, path))
        return TRUE;
    *ret_hive = guest_hive_open(guest->tree, path, name, &local);
    return *ret_hive || windows_hive_skip_damage(local, name, findings, error);
}

char *windows_control_key(const Guest *guest, const char *below)
{
    return g_strdup_printf("ControlSet%03u\\%s", guest->windows_facts.current_control_set, below);
}

gboolean windows_read_text(Hive *hive, const char *key, const char *name, char **text,
                           GError **error)
{
    gboolean found;
    char *value;
    if (!hive_read_string(hive, key, name, &found, &value, error))
        return FALSE;
    if (found && *value) {
        g_free(*text);
        *text = value;
    } else if (found) {
        g_free(value);
    }
    return TRUE;
}

gboolean windows_read_number(Hive *hive, const char *key, const char *name, guint *number,
                             GError **error)
{
    gboolean found;
    uint32_t value;
    if (!hive_read_dword(hive, key, name, &found, &value, error))
        return FALSE;
    if (found)
        *number = value;
    return TRUE;
}

char *windows_format_time(gint64 unix_seconds)
{
    if (unix_seconds < TIME_MINIMUM || unix_seconds >= TIME_LIMIT)
        return NULL;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_seconds);
    return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

gboolean windows_read_time(Hive *hive, const char *key, const char *name, char **text,
                           GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    gboolean found;
    HiveKey place;
    if (!hive_find_key(hive, hive_root(hive), key, &found, &place, error) ||
        (found && !hive_get_value(hive, place, name, &value, error)))
        return FALSE;
    if (!value || g_bytes_get_size(value->data) != sizeof(uint64_t))
        return TRUE;
    uint64_t filetime = get_le64(g_bytes_get_data(value->data, NULL));
    if (filetime > FILETIME_UNIX_EPOCH) {
        g_free(*text);
        *text =
            windows_format_time((gint64)((filetime - FILETIME_UNIX_EPOCH) / FILETIME_PER_SECOND));
    }
    return TRUE;
}

gboolean windows_has_key(Hive *hive, const char *key, gboolean *ret_has, GError **error)
{
    HiveKey place;
    return hive_find_key(hive, hive_root(hive), key, ret_has, &place, error);
}

gboolean windows_list_keys(Hive *hive, const char *path, GArray **ret_keys, GError **error)
{
    gboolean found;
    HiveKey key;
    if (!hive_find_key(hive, hive_root(hive), path, &found, &key, error))
        return FALSE;
    if (found)
        return hive_list_keys(hive, key, ret_keys, error);
    *ret_keys = g_array_new(FALSE, FALSE, sizeof(HiveKey));
    return TRUE;
}

const HiveValue *windows_find_value(const GPtrArray *values, const char *name)
{
    for (guint i = 0; i < values->len; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        if (g_ascii_strcasecmp(value->name, name) == 0)
            return value;
    }
    return NULL;
}

static gboolean is_text(const HiveValue *value)
{
    return value && (value->type == HIVE_TYPE_SZ || value->type == HIVE_TYPE_EXPAND_SZ);
}

static char *decode(const uint8_t *data, size_t length)
{
    return utf16_to_utf8(data, length, UTF16_LITTLE_ENDIAN);
}

/* Text of any length does nobody good in a list. */
static char *limit_text(char *text)
{
    size_t length = strlen(text);
    if (length > GUEST_TEXT_LIMIT_BYTES) {
        length = GUEST_TEXT_LIMIT_BYTES;
        while (length > 0 && ((guchar)text[length] & 0xc0) == 0x80)
            length--;
        text[length] = '\0';
    }
    return text;
}

char *windows_value_text(const GPtrArray *values, const char *name)
{
    const HiveValue *value = windows_find_value(values, name);
    gsize length;
    if (!is_text(value))
        return NULL;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    /* Four bytes of UTF-8 may be left of four of UTF-16. */
    g_autofree char *text = limit_text(decode(data, MIN(length, 2 * GUEST_TEXT_LIMIT_BYTES)));
    return *text ? g_steal_pointer(&text) : NULL;
}

guint windows_value_number(const GPtrArray *values, const char *name, guint otherwise)
{
    const HiveValue *value = windows_find_value(values, name);
    gsize length = 0;
    const uint8_t *data = value ? g_bytes_get_data(value->data, &length) : NULL;
    if (length == 4 && value->type == HIVE_TYPE_DWORD)
        return get_le32(data);
    if (length == 8 && value->type == HIVE_TYPE_QWORD && get_le64(data) <= G_MAXUINT32)
        return (guint)get_le64(data);
    return otherwise;
}

static void add_words(GPtrArray *texts, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, ",; ", -1);
    for (guint i = 0; words[i] && texts->len < STRINGS_LIMIT; i++)
        if (*words[i])
            g_ptr_array_add(texts, g_strdup(words[i]));
}

GPtrArray *windows_value_texts(const GPtrArray *values, const char *name)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    const HiveValue *value = windows_find_value(values, name);
    gsize length = 0;
    const uint8_t *data = value ? g_bytes_get_data(value->data, &length) : NULL;
    if (is_text(value)) {
        g_autofree char *text = decode(data, MIN(length, STRINGS_LIMIT * 64u));
        add_words(texts, text);
    }
    if (!value || value->type != HIVE_TYPE_MULTI_SZ)
        return texts;
    for (size_t at = 0; at + 1 < length && texts->len < STRINGS_LIMIT;) {
        size_t end = at;
        while (end + 1 < length && get_le16(data + end) != 0)
            end += 2;
        if (end > at)
            g_ptr_array_add(texts, limit_text(decode(data + at, end - at)));
        at = end + 2;
    }
    return texts;
}

char *windows_format_guid(const uint8_t *guid)
{
    return g_strdup_printf("%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", get_le32(guid),
                           get_le16(guid + 4), get_le16(guid + 6), guid[8], guid[9], guid[10],
                           guid[11], guid[12], guid[13], guid[14], guid[15]);
}
