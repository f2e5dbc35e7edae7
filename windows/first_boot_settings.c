/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the settings file of the first-boot service. */
#include "windows/first_boot_settings.h"

#include <string.h>

#include "base/finding.h"
#include "windows/driver_files.h"

void first_boot_settings_init(FirstBootSettings *settings, GPtrArray *findings)
{
    settings->text = g_string_new(SETTINGS_HEADER "\r\n");
    settings->findings = findings;
}

void first_boot_settings_clear(FirstBootSettings *settings)
{
    if (settings->text)
        g_string_free(settings->text, TRUE);
    settings->text = NULL;
}

gboolean first_boot_settings_add(FirstBootSettings *settings, SettingsKey key, const char *value)
{
    /* The service reads UTF-8 and nothing else. */
    if (!g_utf8_validate(value, -1, NULL) || !settings_value_is_valid(key, value)) {
        g_autofree char *shown = g_utf8_make_valid(value, -1);
        g_autofree char *escaped = g_strescape(shown, NULL);
        g_autofree char *subject = g_strdup_printf("%s '%s'", settings_key_name(key), escaped);

        findings_add(settings->findings, FINDING_WINDOWS_FIRST_BOOT_SETTING, subject);
        return FALSE;
    }
    g_string_append_printf(settings->text, "%s=%s\r\n", settings_key_name(key), value);
    return TRUE;
}

void first_boot_settings_add_drivers(FirstBootSettings *settings, const DriverChoice *choice)
{
    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, i);
        g_autofree char *inf = driver_files_inf_path(chosen);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        if (!first_boot_settings_add(settings, SETTINGS_DRIVER, inf))
            continue;
        for (guint j = 0; j < chosen->driver->models->len; j++) {
            const InfModel *model = g_ptr_array_index(chosen->driver->models, j);

            for (guint k = 0; k < model->ids->len; k++) {
                char *id = g_ptr_array_index(model->ids, k);

                if (g_hash_table_add(seen, id))
                    (void)first_boot_settings_add(settings, SETTINGS_DEVICE, id);
            }
        }
    }
}

static void add_all(FirstBootSettings *settings, SettingsKey key, const GPtrArray *values)
{
    for (guint i = 0; i < values->len; i++)
        (void)first_boot_settings_add(settings, key, g_ptr_array_index(values, i));
}

/* "00:0C:29:66:1a:a2" as "000c29661aa2". */
static char *plain_mac(const char *mac)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    for (; *mac; mac++) {
        if (*mac != ':' && *mac != '-')
            g_string_append_c(plain, g_ascii_tolower(*mac));
    }
    return g_string_free(g_steal_pointer(&plain), FALSE);
}

void first_boot_settings_add_network(FirstBootSettings *settings, const GPtrArray *addresses)
{
    for (guint i = 0; i < addresses->len; i++) {
        const FirstBootAddress *address = g_ptr_array_index(addresses, i);
        g_autofree char *mac = plain_mac(address->mac);
        g_autofree char *mtu = g_strdup_printf("%u", address->mtu);
        g_autofree char *metric = g_strdup_printf("%u", address->metric);

        /* What follows would belong to the adapter before it. */
        if (!first_boot_settings_add(settings, SETTINGS_ADAPTER, mac))
            continue;
        if (address->connection_name)
            (void)first_boot_settings_add(settings, SETTINGS_CONNECTION_NAME,
                                          address->connection_name);
        add_all(settings, SETTINGS_ADDRESS, address->addresses);
        add_all(settings, SETTINGS_GATEWAY, address->gateways);
        add_all(settings, SETTINGS_DNS, address->dns);
        add_all(settings, SETTINGS_WINS, address->wins);
        if (address->dns_suffix)
            (void)first_boot_settings_add(settings, SETTINGS_DNS_SUFFIX, address->dns_suffix);
        if (address->metric)
            (void)first_boot_settings_add(settings, SETTINGS_METRIC, metric);
        if (address->mtu)
            (void)first_boot_settings_add(settings, SETTINGS_MTU, mtu);
        add_all(settings, SETTINGS_ROUTE, address->routes);
    }
}

gboolean first_boot_settings_add_restore(FirstBootSettings *settings, Hive *hive, const char *key,
                                         const char *name, GError **error)
{
    g_autofree char *value = NULL;
    gboolean found;
    uint32_t number;

    if (!hive_read_dword(hive, key, name, &found, &number, error))
        return FALSE;
    value = found ? g_strdup_printf("%s\\%s|%s|%u", hive_name(hive), key, name, number)
                  : g_strdup_printf("%s\\%s|%s", hive_name(hive), key, name);
    (void)first_boot_settings_add(settings, found ? SETTINGS_SET_DWORD : SETTINGS_DELETE_VALUE,
                                  value);
    return TRUE;
}

FirstBootAddress *first_boot_address_new(const char *mac)
{
    FirstBootAddress *address = g_new0(FirstBootAddress, 1);

    address->mac = g_strdup(mac);
    address->addresses = g_ptr_array_new_with_free_func(g_free);
    address->gateways = g_ptr_array_new_with_free_func(g_free);
    address->dns = g_ptr_array_new_with_free_func(g_free);
    address->routes = g_ptr_array_new_with_free_func(g_free);
    address->wins = g_ptr_array_new_with_free_func(g_free);
    return address;
}

void first_boot_address_free(FirstBootAddress *address)
{
    if (!address)
        return;
    g_free(address->mac);
    g_free(address->connection_name);
    g_ptr_array_unref(address->addresses);
    g_ptr_array_unref(address->gateways);
    g_ptr_array_unref(address->dns);
    g_ptr_array_unref(address->routes);
    g_ptr_array_unref(address->wins);
    g_free(address->dns_suffix);
    g_free(address);
}
