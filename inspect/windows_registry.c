/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a Windows guest's facts from its registry; value names as found in hives of NT 4 to 11. */
#include "inspect/windows_registry.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "inspect/system.h"
#include "inspect/windows_identity.h"
#include "inspect/windows_network.h"
#include "inspect/windows_state.h"
#include "inspect/windows_values.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

/* SERVICE_KERNEL_DRIVER and SERVICE_BOOT_START (winnt.h). */
enum { SERVICE_TYPE_DRIVER = 1, SERVICE_START_BOOT = 0 };

static guint parse_number(const char *text)
{
    guint64 number;
    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &number, NULL)
               ? (guint)number
               : 0;
}

gboolean windows_registry_read_version(Hive *software, guint *ret_major, guint *ret_minor,
                                       guint *ret_build, GError **error)
{
    g_autofree char *version = NULL;
    g_autofree char *build = NULL;
    guint major = 0, minor = 0;

    /* CurrentBuild is junk on XP. */
    if (!windows_read_text(software, CURRENT_VERSION, "CurrentVersion", &version, error) ||
        !windows_read_text(software, CURRENT_VERSION, "CurrentBuildNumber", &build, error) ||
        !windows_read_number(software, CURRENT_VERSION, "CurrentMajorVersionNumber", &major,
                             error) ||
        !windows_read_number(software, CURRENT_VERSION, "CurrentMinorVersionNumber", &minor, error))
        return FALSE;
    /* CurrentVersion stays "6.3" on Windows 10 and later, which have numbers instead. */
    g_auto(GStrv) parts = g_strsplit(version ? version : "", ".", -1);
    if (major == 0 && parts[0]) {
        major = parse_number(parts[0]);
        minor = parse_number(parts[1]);
    }
    if (major == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the SOFTWARE hive does not say which version of Windows this is");
        return FALSE;
    }
    *ret_major = major;
    *ret_minor = minor;
    *ret_build = parse_number(build);
    return TRUE;
}

static gboolean read_software(Guest *guest, Hive *hive, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;

    return windows_read_text(hive, CURRENT_VERSION, "ProductName", &guest->product_name, error) &&
           windows_read_text(hive, CURRENT_VERSION, "EditionID", &facts->edition, error) &&
           windows_read_text(hive, CURRENT_VERSION, "InstallationType", &facts->installation_type,
                             error) &&
           windows_read_number(hive, CURRENT_VERSION, "UBR", &facts->revision, error) &&
           windows_registry_read_version(hive, &facts->major, &facts->minor, &facts->build, error);
}

static gboolean read_control_sets(GuestWindows *facts, Hive *hive, char **ret_control_set,
                                  GError **error)
{
    facts->current_control_set = 1;
    if (!windows_read_number(hive, "Select", "Current", &facts->current_control_set, error))
        return FALSE;
    facts->default_control_set = facts->current_control_set;
    if (!windows_read_number(hive, "Select", "Default", &facts->default_control_set, error))
        return FALSE;

    g_autofree char *name = g_strdup_printf("ControlSet%03u", facts->current_control_set);
    gboolean found;
    HiveKey key;
    if (!hive_find_key(hive, hive_root(hive), name, &found, &key, error))
        return FALSE;
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the SYSTEM hive has no key '%s'",
                          name);
        return FALSE;
    }
    *ret_control_set = g_steal_pointer(&name);
    return TRUE;
}

/* *is_one: whether the value is a DWORD or QWORD with that number. */
static gboolean read_is_number(Hive *hive, HiveKey key, const char *name, uint64_t number,
                               gboolean *ret_is, GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    if (!hive_get_value(hive, key, name, &value, error))
        return FALSE;
    gsize length = 0;
    const uint8_t *data = value ? g_bytes_get_data(value->data, &length) : NULL;
    *ret_is =
        (length == 4 && get_le32(data) == number) || (length == 8 && get_le64(data) == number);
    return TRUE;
}

static gboolean read_clock(GuestWindows *facts, Hive *hive, const char *control_set, GError **error)
{
    g_autofree char *path = g_strconcat(control_set, "\\Control\\TimeZoneInformation", NULL);
    gboolean found;
    HiveKey key;
    guint bias = 0;
    if (!hive_find_key(hive, hive_root(hive), path, &found, &key, error))
        return FALSE;
    if (!found)
        return TRUE;
    if (!read_is_number(hive, key, "RealTimeIsUniversal", 1, &facts->rtc_is_utc, error) ||
        !windows_read_number(hive, path, "ActiveTimeBias", &bias, error) ||
        !windows_read_text(hive, path, "TimeZoneKeyName", &facts->time_zone, error))
        return FALSE;
    facts->active_bias_minutes = (gint32)bias;
    return TRUE;
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    return g_ascii_strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean read_boot_drivers(GuestWindows *facts, Hive *hive, const char *control_set,
                                  GError **error)
{
    g_autofree char *path = g_strconcat(control_set, "\\Services", NULL);
    g_autoptr(GArray) keys = NULL;
    gboolean found;
    HiveKey services;
    facts->boot_drivers = g_ptr_array_new_with_free_func(g_free);
    if (!hive_find_key(hive, hive_root(hive), path, &found, &services, error))
        return FALSE;
    if (!found)
        return TRUE;
    if (!hive_list_keys(hive, services, &keys, error))
        return FALSE;

    for (guint i = 0; i < keys->len; i++) {
        HiveKey key = g_array_index(keys, HiveKey, i);
        gboolean at_boot, is_driver = FALSE;
        char *name;
        if (!read_is_number(hive, key, "Start", SERVICE_START_BOOT, &at_boot, error) ||
            (at_boot && !read_is_number(hive, key, "Type", SERVICE_TYPE_DRIVER, &is_driver, error)))
            return FALSE;
        if (!is_driver)
            continue;
        if (!hive_get_key_name(hive, key, &name, error))
            return FALSE;
        g_ptr_array_add(facts->boot_drivers, name);
    }
    g_ptr_array_sort(facts->boot_drivers, compare_texts);
    return TRUE;
}

/* HardwareConfig\LastConfig is the SMBIOS UUID as Windows prints it: "{4c4c4544-…}". */
static gboolean read_hardware_uuid(GuestWindows *facts, Hive *hive, GError **error)
{
    g_autofree char *text = NULL;
    if (!windows_read_text(hive, "HardwareConfig", "LastConfig", &text, error))
        return FALSE;
    size_t length = text ? strlen(text) : 0;
    if (length > 2 && text[0] == '{' && text[length - 1] == '}') {
        g_autofree char *inner = g_strndup(text + 1, length - 2);
        if (g_uuid_string_is_valid(inner))
            facts->hardware_uuid = g_ascii_strdown(inner, -1);
    }
    return TRUE;
}

static gboolean read_identity(Guest *guest, Hive *hive, const char *control_set, GError **error)
{
    static const struct {
        const char *windows, *name;
    } architectures[] = {
        {"x86", "i686"}, {"AMD64", "x86_64"}, {"ARM64", "aarch64"}, {"IA64", "ia64"}};
    g_autofree char *tcpip = g_strconcat(control_set, "\\Services\\Tcpip\\Parameters", NULL);
    g_autofree char *computer =
        g_strconcat(control_set, "\\Control\\ComputerName\\ComputerName", NULL);
    g_autofree char *environment =
        g_strconcat(control_set, "\\Control\\Session Manager\\Environment", NULL);
    g_autofree char *options = g_strconcat(control_set, "\\Control\\ProductOptions", NULL);
    g_autofree char *control = g_strconcat(control_set, "\\Control", NULL);
    g_autofree char *processor = NULL;
    guint firmware = 0;

    /* "NV Hostname" is what stays over a reboot. */
    if (!windows_read_text(hive, computer, "ComputerName", &guest->hostname, error) ||
        !windows_read_text(hive, tcpip, "Hostname", &guest->hostname, error) ||
        !windows_read_text(hive, tcpip, "NV Hostname", &guest->hostname, error) ||
        !windows_read_text(hive, environment, "PROCESSOR_ARCHITECTURE", &processor, error) ||
        !windows_read_text(hive, options, "ProductType", &guest->windows_facts.product_type,
                           error) ||
        !windows_read_number(hive, control, "PEFirmwareType", &firmware, error))
        return FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(architectures) && processor; i++)
        if (g_ascii_strcasecmp(processor, architectures[i].windows) == 0)
            guest->architecture = g_strdup(architectures[i].name);
    if (firmware == 1)
        guest->firmware = FIRMWARE_BIOS;
    else if (firmware == 2)
        guest->firmware = FIRMWARE_UEFI;
    return TRUE;
}

static gboolean read_system(Guest *guest, Hive *hive, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *control_set = NULL;
    HiveKey key;
    return read_control_sets(facts, hive, &control_set, error) &&
           hive_find_key(hive, hive_root(hive), "DriverDatabase", &facts->has_driver_database, &key,
                         error) &&
           read_identity(guest, hive, control_set, error) &&
           read_clock(facts, hive, control_set, error) && read_hardware_uuid(facts, hive, error) &&
           read_boot_drivers(facts, hive, control_set, error);
}

/* The domain that DNS names end with counts where the SECURITY hive says nothing. */
static gboolean read_dns_domain(Guest *guest, Hive *hive, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *tcpip = windows_control_key(guest, "Services\\Tcpip\\Parameters");
    if (facts->domain || facts->workgroup)
        return TRUE;
    return windows_read_text(hive, tcpip, "Domain", &facts->domain, error) &&
           windows_read_text(hive, tcpip, "NV Domain", &facts->domain, error);
}

/* What depends on the version. */
static gboolean read_rest_of_system(Guest *guest, Hive *hive, GPtrArray *findings, GError **error)
{
    return read_dns_domain(guest, hive, error) &&
           windows_identity_read_system(guest, hive, findings, error) &&
           windows_network_read(guest, hive, findings, error) &&
           windows_state_read_system(guest, hive, findings, error);
}

gboolean windows_registry_read(Guest *guest, GPtrArray *findings, GError **error)
{
    g_autoptr(GuestHive) system = windows_hive_open(guest, "SYSTEM", error);
    if (!system || !read_system(guest, guest_hive_get(system), error) ||
        !windows_identity_read_membership(guest, findings, error))
        return FALSE;
    g_autoptr(GuestHive) software = windows_hive_open(guest, "SOFTWARE", error);
    if (!software || !read_software(guest, guest_hive_get(software), error))
        return FALSE;
    windows_match_profile(guest);
    return read_rest_of_system(guest, guest_hive_get(system), findings, error) &&
           windows_identity_read_software(guest, guest_hive_get(software), error) &&
           windows_state_read_software(guest, guest_hive_get(software), findings, error);
}
