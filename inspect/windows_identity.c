/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a Windows guest is. */
#include "inspect/windows_identity.h"

#include "base/bytes.h"
#include "base/finding.h"
#include "base/utf16.h"
#include "inspect/windows_values.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define LANGUAGES_LIMIT 64u

enum {
    /* A string of the security policy: length, size, offset of its characters from 0. */
    POLICY_STRING_OFFSET = 4,
    POLICY_STRING_BYTES = 8,
    SID_MINIMUM_BYTES = 12,
    SID_REVISION = 1,
};

/* HALs of XP and 2003 (hal.inf). Later ones have a single HAL that fits every machine. */
static const struct {
    const char *name;
    gboolean has_acpi, is_one_cpu;
} hals[] = {
    {"acpiapic_mp", TRUE, FALSE}, {"acpiapic_up", TRUE, TRUE}, {"acpipic_up", TRUE, TRUE},
    {"mps_mp", FALSE, FALSE},     {"mps_up", FALSE, TRUE},     {"e_isa_up", FALSE, TRUE},
};

static gboolean read_service_pack(GuestWindows *facts, Hive *system, const char *key,
                                  GError **error)
{
    guint number = 0;
    if (!windows_read_number(system, key, "CSDVersion", &number, error))
        return FALSE;
    if (number >> 8 != 0 && number >> 16 == 0)
        facts->service_pack =
            (number & 0xff) != 0 ? g_strdup_printf("Service Pack %u.%u", number >> 8, number & 0xff)
                                 : g_strdup_printf("Service Pack %u", number >> 8);
    return TRUE;
}

/* The names of the keys are the languages: "en-US". Vista and later. */
static gboolean read_ui_languages(GuestWindows *facts, Hive *system, const char *path,
                                  GError **error)
{
    g_autoptr(GArray) keys = NULL;
    if (!windows_list_keys(system, path, &keys, error))
        return FALSE;
    for (guint i = 0; i < MIN(keys->len, LANGUAGES_LIMIT); i++) {
        char *name;
        if (!hive_get_key_name(system, g_array_index(keys, HiveKey, i), &name, error))
            return FALSE;
        g_ptr_array_add(facts->ui_languages, name);
    }
    return TRUE;
}

/* Under HardwareConfig since Windows 8; XP to 7 keep it beside the control set's other facts. */
static gboolean read_hypervisor(Guest *guest, Hive *system, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *control = windows_control_key(guest, "Control\\SystemInformation");
    g_autofree char *hardware =
        facts->hardware_uuid ? g_strdup_printf("HardwareConfig\\{%s}", facts->hardware_uuid) : NULL;
    const char *const keys[] = {control, hardware};
    g_autofree char *maker = NULL;
    g_autofree char *product = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i] && (!windows_read_text(system, keys[i], "SystemManufacturer", &maker, error) ||
                        !windows_read_text(system, keys[i], "SystemProductName", &product, error)))
            return FALSE;
    if (maker || product)
        facts->hypervisor = g_strdup_printf("%s%s%s", maker ? maker : "",
                                            maker && product ? " " : "", product ? product : "");
    return TRUE;
}

static gboolean read_hal(Guest *guest, Hive *system, GPtrArray *findings, GError **error)
{
    static const char *const devices[] = {"ACPI_HAL", "PCI_HAL", "MPS_HAL"};
    GuestWindows *facts = &guest->windows_facts;
    if (!guest_has_quirk(guest, QUIRK_FIXED_HAL))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(devices) && !facts->hal; i++) {
        g_autofree char *below = g_strdup_printf("Enum\\Root\\%s\\0000", devices[i]);
        g_autofree char *path = windows_control_key(guest, below);
        g_auto(GStrv) ids = NULL;
        gboolean found;
        if (!hive_read_multi_string(system, path, "HardwareID", &found, &ids, error))
            return FALSE;
        if (found && ids[0])
            facts->hal = g_ascii_strdown(ids[0], -1);
    }
    for (guint i = 0; i < G_N_ELEMENTS(hals); i++) {
        if (g_strcmp0(facts->hal, hals[i].name) != 0)
            continue;
        if (hals[i].is_one_cpu)
            findings_add(findings, FINDING_WINDOWS_HAL_ONE_CPU, facts->hal);
        if (!hals[i].has_acpi)
            findings_add(findings, FINDING_WINDOWS_HAL_NO_ACPI, facts->hal);
    }
    return TRUE;
}

gboolean windows_identity_read_system(Guest *guest, Hive *system, GPtrArray *findings,
                                      GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *windows = windows_control_key(guest, "Control\\Windows");
    g_autofree char *language = windows_control_key(guest, "Control\\Nls\\Language");
    g_autofree char *mui = windows_control_key(guest, "Control\\MUI\\UILanguages");
    facts->ui_languages = g_ptr_array_new_with_free_func(g_free);
    return windows_read_time(system, windows, "ShutdownTime", &facts->last_shutdown, error) &&
           read_service_pack(facts, system, windows, error) &&
           windows_read_text(system, language, "InstallLanguage", &facts->install_language,
                             error) &&
           windows_read_text(system, language, "Default", &facts->default_language, error) &&
           read_ui_languages(facts, system, mui, error) && read_hypervisor(guest, system, error) &&
           read_hal(guest, system, findings, error);
}

gboolean windows_identity_read_software(Guest *guest, Hive *software, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    guint installed = 0;
    /* ReleaseId stands still at "2009"; DisplayVersion is what it is called since. */
    if (!windows_read_text(software, CURRENT_VERSION, "ReleaseId", &facts->release, error) ||
        !windows_read_text(software, CURRENT_VERSION, "DisplayVersion", &facts->release, error) ||
        !windows_read_text(software, CURRENT_VERSION, "BuildLab", &facts->build_lab, error) ||
        !windows_read_text(software, CURRENT_VERSION, "BuildLabEx", &facts->build_lab, error) ||
        !windows_read_text(software, CURRENT_VERSION, "CSDVersion", &facts->service_pack, error) ||
        !windows_read_number(software, CURRENT_VERSION, "InstallDate", &installed, error))
        return FALSE;
    facts->install_date = windows_format_time(installed);
    return TRUE;
}

/* The default value of Policy\NAME; NULL: none. */
static gboolean read_policy(Hive *security, const char *name, GBytes **ret_data, GError **error)
{
    g_autofree char *path = g_strdup_printf("Policy\\%s", name);
    g_autoptr(HiveValue) value = NULL;
    gboolean found;
    HiveKey key;
    *ret_data = NULL;
    if (!hive_find_key(security, hive_root(security), path, &found, &key, error) ||
        (found && !hive_get_value(security, key, "", &value, error)))
        return FALSE;
    if (value)
        *ret_data = g_bytes_ref(value->data);
    return TRUE;
}

static gboolean read_policy_text(Hive *security, const char *name, char **text, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    gsize length = 0;
    if (!read_policy(security, name, &bytes, error))
        return FALSE;
    const uint8_t *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    if (length < POLICY_STRING_BYTES)
        return TRUE;
    uint16_t text_length = get_le16(data);
    uint32_t offset = get_le32(data + POLICY_STRING_OFFSET);
    if (text_length == 0 || !range_is_within(offset, text_length, length))
        return TRUE;
    g_free(*text);
    *text = utf16_to_utf8(data + offset, text_length, UTF16_LITTLE_ENDIAN);
    return TRUE;
}

/* A member knows the SID of its domain; what stands there otherwise is too short for one. */
static gboolean read_membership(GuestWindows *facts, Hive *security, GError **error)
{
    g_autoptr(GBytes) sid = NULL;
    g_autofree char *name = NULL;
    gsize length = 0;
    if (!read_policy(security, "PolPrDmS", &sid, error) ||
        !read_policy_text(security, "PolPrDmN", &name, error))
        return FALSE;
    const uint8_t *data = sid ? g_bytes_get_data(sid, &length) : NULL;
    facts->is_domain_member = length >= SID_MINIMUM_BYTES && data[0] == SID_REVISION;
    if (!facts->is_domain_member) {
        facts->workgroup = g_steal_pointer(&name);
        return TRUE;
    }
    facts->domain = g_steal_pointer(&name);
    return read_policy_text(security, "PolDnDDN", &facts->domain, error);
}

gboolean windows_identity_read_membership(Guest *guest, GPtrArray *findings, GError **error)
{
    g_autoptr(GuestHive) security = NULL;
    GError *local = NULL;
    if (!windows_hive_open_optional(guest, "SECURITY", findings, &security, error))
        return FALSE;
    return !security || read_membership(&guest->windows_facts, guest_hive_get(security), &local) ||
           windows_hive_skip_damage(local, "SECURITY", findings, error);
}
