/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Applications and group policies of a Windows guest. */
#include "inspect/windows_lists.h"

#include <string.h>

#include "base/finding.h"
#include "inspect/windows_services.h"
#include "inspect/windows_values.h"

#define UNINSTALL "Microsoft\\Windows\\CurrentVersion\\Uninstall"
#define POLICY_HISTORY "Microsoft\\Windows\\CurrentVersion\\Group Policy\\History"

static void free_application(gpointer data)
{
    GuestWindowsApplication *application = data;
    g_free(application->key);
    g_free(application->name);
    g_free(application->version);
    g_free(application->publisher);
    g_free(application->uninstall);
    g_free(application);
}

static void free_user(gpointer user)
{
    windows_user_free(user);
}

void windows_lists_free(GuestWindowsLists *lists)
{
    if (!lists)
        return;
    g_ptr_array_unref(lists->services);
    g_ptr_array_unref(lists->applications);
    g_ptr_array_unref(lists->users);
    g_ptr_array_unref(lists->policies);
    g_free(lists);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestWindowsLists, windows_lists_free)

static GuestWindowsLists *lists_new(void)
{
    GuestWindowsLists *lists = g_new0(GuestWindowsLists, 1);
    lists->services = windows_services_new();
    lists->applications = g_ptr_array_new_with_free_func(free_application);
    lists->users = g_ptr_array_new_with_free_func(free_user);
    lists->policies = g_ptr_array_new_with_free_func(g_free);
    return lists;
}

/* One more of what; FALSE: there are enough, which is a finding. */
static gboolean has_room(const GPtrArray *list, const char *what, GPtrArray *findings)
{
    if (list->len < GUEST_LIST_LIMIT)
        return TRUE;
    g_autofree char *subject = g_strdup_printf("%s, of which %u are listed", what, list->len);
    findings_add(findings, FINDING_WINDOWS_LIST_CUT, subject);
    return FALSE;
}

static gint compare_names(const char *a, const char *b)
{
    g_autofree char *folded_a = g_utf8_casefold(a ? a : "", -1);
    g_autofree char *folded_b = g_utf8_casefold(b ? b : "", -1);
    return strcmp(folded_a, folded_b);
}

static gint compare_applications(gconstpointer a, gconstpointer b)
{
    const GuestWindowsApplication *first = *(const GuestWindowsApplication *const *)a;
    const GuestWindowsApplication *second = *(const GuestWindowsApplication *const *)b;
    gint order = compare_names(first->name, second->name);
    return order != 0 ? order : g_strcmp0(first->key, second->key);
}

static gboolean read_applications(Hive *software, const char *path, gboolean is_32bit,
                                  GPtrArray *applications, GPtrArray *findings, GError **error)
{
    g_autoptr(GArray) keys = NULL;
    if (!windows_list_keys(software, path, &keys, error))
        return FALSE;
    for (guint i = 0; i < keys->len; i++) {
        HiveKey key = g_array_index(keys, HiveKey, i);
        g_autoptr(GPtrArray) values = NULL;
        if (!has_room(applications, "applications", findings))
            break;
        if (!hive_list_values(software, key, &values, error))
            return FALSE;
        if (values->len == 0)
            continue;
        GuestWindowsApplication *application = g_new0(GuestWindowsApplication, 1);
        g_ptr_array_add(applications, application);
        application->is_32bit = is_32bit;
        application->name = windows_value_text(values, "DisplayName");
        application->version = windows_value_text(values, "DisplayVersion");
        application->publisher = windows_value_text(values, "Publisher");
        application->uninstall = windows_value_text(values, "UninstallString");
        application->is_hidden = windows_value_number(values, "SystemComponent", 0) != 0;
        if (!hive_get_key_name(software, key, &application->key, error))
            return FALSE;
    }
    return TRUE;
}

static void add_policy(GPtrArray *policies, char *name)
{
    for (guint i = 0; name && i < policies->len; i++)
        if (g_str_equal(g_ptr_array_index(policies, i), name))
            g_clear_pointer(&name, g_free);
    if (name)
        g_ptr_array_add(policies, name);
}

/* Group Policy\History\{extension}\NUMBER: a policy is there once per extension that applied it. */
static gboolean read_policies(Hive *software, GPtrArray *policies, GPtrArray *findings,
                              GError **error)
{
    g_autoptr(GArray) extensions = NULL;
    guint count = 0;
    if (!windows_list_keys(software, POLICY_HISTORY, &extensions, error))
        return FALSE;
    for (guint i = 0; i < extensions->len; i++) {
        g_autoptr(GArray) keys = NULL;
        if (!hive_list_keys(software, g_array_index(extensions, HiveKey, i), &keys, error))
            return FALSE;
        for (guint j = 0; j < keys->len && count < GUEST_LIST_LIMIT; j++, count++) {
            g_autoptr(GPtrArray) values = NULL;
            if (!has_room(policies, "group policies", findings))
                return TRUE;
            if (!hive_list_values(software, g_array_index(keys, HiveKey, j), &values, error))
                return FALSE;
            add_policy(policies, windows_value_text(values, "DisplayName"));
        }
    }
    return TRUE;
}

static gboolean read_from_software(Hive *software, Hive *sam, GuestWindowsLists *lists,
                                   GPtrArray *findings, GError **error)
{
    if (!read_applications(software, UNINSTALL, FALSE, lists->applications, findings, error) ||
        !read_applications(software, "WOW6432Node\\" UNINSTALL, TRUE, lists->applications, findings,
                           error) ||
        !read_policies(software, lists->policies, findings, error))
        return FALSE;
    g_ptr_array_sort(lists->applications, compare_applications);
    return windows_users_read(sam, software, lists->users, findings, error);
}

gboolean guest_read_lists(Guest *guest, GPtrArray *findings, GError **error)
{
    if (guest->kind != GUEST_WINDOWS || guest->windows_facts.lists)
        return TRUE;
    g_autoptr(GuestWindowsLists) lists = lists_new();
    GError *local = NULL;

    g_autoptr(GuestHive) system = windows_hive_open(guest, "SYSTEM", error);
    if (!system)
        return FALSE;
    g_autofree char *services = windows_control_key(guest, "Services");
    if (!windows_services_read(guest_hive_get(system), services, lists->services, findings,
                               &local) &&
        !windows_hive_skip_damage(g_steal_pointer(&local), "SYSTEM", findings, error))
        return FALSE;
    g_clear_pointer(&system, guest_hive_close);

    g_autoptr(GuestHive) sam = NULL;
    if (!windows_hive_open_optional(guest, "SAM", findings, &sam, error))
        return FALSE;
    g_autoptr(GuestHive) software = windows_hive_open(guest, "SOFTWARE", error);
    if (!software)
        return FALSE;
    if (!read_from_software(guest_hive_get(software), sam ? guest_hive_get(sam) : NULL, lists,
                            findings, &local) &&
        !windows_hive_skip_damage(g_steal_pointer(&local), "SOFTWARE", findings, error))
        return FALSE;
    guest->windows_facts.lists = g_steal_pointer(&lists);
    return TRUE;
}
