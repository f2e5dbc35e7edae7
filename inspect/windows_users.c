/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts of a Windows guest. SAM: a value without data, whose type is the account's number, below
   Users\Names\NAME; the account's flags are in F below Users\NUMBER, and the machine's SID ends V
   of the domain. As seen in hives of Windows 7, 8, Server 2008 and 2019. */
#include <string.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "inspect/windows_lists.h"
#include "inspect/windows_values.h"

#define ACCOUNT "SAM\\Domains\\Account"
#define PROFILES "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"

enum {
    MACHINE_SID_NUMBERS_BYTES = 12, /* S-1-5-21-a-b-c */
    MACHINE_SID_BYTES = 24,
    FLAGS_OFFSET = 0x38, /* of F */
    FLAGS_BYTES = 2,
    FLAG_DISABLED = 1,
};

void windows_user_free(GuestWindowsUser *user)
{
    if (!user)
        return;
    g_free(user->name);
    g_free(user->sid);
    g_free(user->profile);
    g_free(user);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestWindowsUser, windows_user_free)

static gboolean has_room(const GPtrArray *users, GPtrArray *findings)
{
    if (users->len < GUEST_LIST_LIMIT)
        return TRUE;
    g_autofree char *subject = g_strdup_printf("users, of which %u are listed", users->len);
    findings_add(findings, FINDING_WINDOWS_LIST_CUT, subject);
    return FALSE;
}

/* "S-1-5-21-1-2-3", NULL: not to be had. */
static gboolean read_machine_sid(Hive *sam, char **ret_sid, GError **error)
{
    static const uint8_t prefix[] = {1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0};
    g_autoptr(HiveValue) value = NULL;
    gboolean found;
    HiveKey key;
    *ret_sid = NULL;
    if (!hive_find_key(sam, hive_root(sam), ACCOUNT, &found, &key, error) ||
        (found && !hive_get_value(sam, key, "V", &value, error)))
        return FALSE;
    gsize length = 0;
    const uint8_t *data = value ? g_bytes_get_data(value->data, &length) : NULL;
    if (length < MACHINE_SID_BYTES ||
        memcmp(data + length - MACHINE_SID_BYTES, prefix, sizeof prefix) != 0)
        return TRUE;
    data += length - MACHINE_SID_NUMBERS_BYTES;
    *ret_sid = g_strdup_printf("S-1-5-21-%u-%u-%u", get_le32(data), get_le32(data + 4),
                               get_le32(data + 8));
    return TRUE;
}

static gboolean read_flags(Hive *sam, uint32_t number, gboolean *ret_disabled, GError **error)
{
    g_autofree char *path = g_strdup_printf(ACCOUNT "\\Users\\%08X", number);
    g_autoptr(HiveValue) value = NULL;
    gboolean found;
    HiveKey key;
    if (!hive_find_key(sam, hive_root(sam), path, &found, &key, error) ||
        (found && !hive_get_value(sam, key, "F", &value, error)))
        return FALSE;
    gsize length = 0;
    const uint8_t *data = value ? g_bytes_get_data(value->data, &length) : NULL;
    *ret_disabled = length >= FLAGS_OFFSET + FLAGS_BYTES &&
                    (get_le16(data + FLAGS_OFFSET) & FLAG_DISABLED) != 0;
    return TRUE;
}

static gboolean read_account(Hive *sam, HiveKey key, const char *machine_sid, GPtrArray *users,
                             GError **error)
{
    g_autoptr(GuestWindowsUser) user = g_new0(GuestWindowsUser, 1);
    g_autoptr(HiveValue) number = NULL;
    if (!hive_get_key_name(sam, key, &user->name, error) ||
        !hive_get_value(sam, key, "", &number, error) ||
        (number && !read_flags(sam, number->type, &user->is_disabled, error)))
        return FALSE;
    if (machine_sid && number)
        user->sid = g_strdup_printf("%s-%u", machine_sid, number->type);
    g_ptr_array_add(users, g_steal_pointer(&user));
    return TRUE;
}

static gboolean read_accounts(Hive *sam, GPtrArray *users, GPtrArray *findings, GError **error)
{
    g_autoptr(GArray) keys = NULL;
    g_autofree char *machine_sid = NULL;
    if (!read_machine_sid(sam, &machine_sid, error) ||
        !windows_list_keys(sam, ACCOUNT "\\Users\\Names", &keys, error))
        return FALSE;
    for (guint i = 0; i < keys->len && has_room(users, findings); i++)
        if (!read_account(sam, g_array_index(keys, HiveKey, i), machine_sid, users, error))
            return FALSE;
    return TRUE;
}

/* Profiles of services (S-1-5-18 to 20 and 80) are nobody's. */
static gboolean is_person(const char *sid)
{
    return g_str_has_prefix(sid, "S-1-5-21-") || g_str_has_prefix(sid, "S-1-12-1-");
}

static gboolean read_profiles(Hive *software, GPtrArray *users, GPtrArray *findings, GError **error)
{
    g_autoptr(GHashTable) by_sid = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) keys = NULL;
    if (!windows_list_keys(software, PROFILES, &keys, error))
        return FALSE;
    for (guint i = 0; i < users->len; i++) {
        GuestWindowsUser *user = g_ptr_array_index(users, i);
        if (user->sid)
            g_hash_table_insert(by_sid, user->sid, user);
    }
    for (guint i = 0; i < keys->len; i++) {
        HiveKey key = g_array_index(keys, HiveKey, i);
        g_autoptr(GPtrArray) values = NULL;
        g_autofree char *sid = NULL;
        if (!hive_get_key_name(software, key, &sid, error))
            return FALSE;
        if (!is_person(sid))
            continue;
        if (!hive_list_values(software, key, &values, error))
            return FALSE;
        GuestWindowsUser *user = g_hash_table_lookup(by_sid, sid);
        if (!user) {
            if (!has_room(users, findings))
                break;
            user = g_new0(GuestWindowsUser, 1);
            user->sid = g_steal_pointer(&sid);
            g_ptr_array_add(users, user);
        }
        g_free(user->profile);
        user->profile = windows_value_text(values, "ProfileImagePath");
    }
    return TRUE;
}

gboolean windows_users_read(Hive *sam, Hive *software, GPtrArray *users, GPtrArray *findings,
                            GError **error)
{
    GError *local = NULL;
    if (sam && !read_accounts(sam, users, findings, &local) &&
        !windows_hive_skip_damage(local, "SAM", findings, error))
        return FALSE;
    return read_profiles(software, users, findings, error);
}
