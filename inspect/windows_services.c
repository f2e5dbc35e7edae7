/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services and drivers, as a SYSTEM hive lists them. */
#include "inspect/windows_services.h"

#include <string.h>

#include "base/finding.h"
#include "inspect/windows_values.h"

/* A service without these is a container of settings only. */
#define NO_NUMBER G_MAXUINT

static void free_service(gpointer data)
{
    GuestWindowsService *service = data;
    g_free(service->name);
    g_free(service->display_name);
    g_free(service->image_path);
    g_free(service->group);
    g_free(service->account);
    g_free(service);
}

GPtrArray *windows_services_new(void)
{
    return g_ptr_array_new_with_free_func(free_service);
}

static gint compare_services(gconstpointer a, gconstpointer b)
{
    const GuestWindowsService *first = *(const GuestWindowsService *const *)a;
    const GuestWindowsService *second = *(const GuestWindowsService *const *)b;
    g_autofree char *folded_first = g_utf8_casefold(first->name, -1);
    g_autofree char *folded_second = g_utf8_casefold(second->name, -1);
    return strcmp(folded_first, folded_second);
}

/* Windows 8 and later: a value per hardware profile, named by its number; the last one used is
   nearly always 0. */
static gboolean read_start_override(Hive *system, HiveKey service, guint profile, gint *ret_start,
                                    GError **error)
{
    g_autofree char *name = g_strdup_printf("%u", profile);
    g_autoptr(GPtrArray) values = NULL;
    gboolean found;
    HiveKey key;
    *ret_start = -1;
    if (!hive_find_key(system, service, "StartOverride", &found, &key, error) ||
        (found && !hive_list_values(system, key, &values, error)))
        return FALSE;
    guint start = values ? windows_value_number(values, name, NO_NUMBER) : NO_NUMBER;
    if (start <= G_MAXINT)
        *ret_start = (gint)start;
    return TRUE;
}

static gboolean read_service(Hive *system, HiveKey key, guint profile, GPtrArray *services,
                             GError **error)
{
    g_autoptr(GPtrArray) values = NULL;
    if (!hive_list_values(system, key, &values, error))
        return FALSE;
    guint type = windows_value_number(values, "Type", NO_NUMBER);
    guint start = windows_value_number(values, "Start", NO_NUMBER);
    if (type == NO_NUMBER || start == NO_NUMBER)
        return TRUE;
    GuestWindowsService *service = g_new0(GuestWindowsService, 1);
    g_ptr_array_add(services, service);
    service->type = type;
    service->start = start;
    service->display_name = windows_value_text(values, "DisplayName");
    service->image_path = windows_value_text(values, "ImagePath");
    service->group = windows_value_text(values, "Group");
    service->account = windows_value_text(values, "ObjectName");
    return hive_get_key_name(system, key, &service->name, error) &&
           read_start_override(system, key, profile, &service->start_override, error);
}

gboolean windows_services_read(Hive *system, const char *path, GPtrArray *services,
                               GPtrArray *findings, GError **error)
{
    g_autoptr(GArray) keys = NULL;
    guint profile = 0;
    if (!windows_read_number(system, "HardwareConfig", "LastId", &profile, error) ||
        !windows_list_keys(system, path, &keys, error))
        return FALSE;
    for (guint i = 0; i < keys->len; i++) {
        if (services->len >= GUEST_LIST_LIMIT) {
            g_autofree char *subject =
                g_strdup_printf("services, of which %u are listed", services->len);
            findings_add(findings, FINDING_WINDOWS_LIST_CUT, subject);
            break;
        }
        if (!read_service(system, g_array_index(keys, HiveKey, i), profile, services, error))
            return FALSE;
    }
    g_ptr_array_sort(services, compare_services);
    return TRUE;
}
