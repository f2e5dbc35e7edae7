/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options that are texts of their own, on the command line and in manifests. */
#include "migrate/option_value.h"

#include <string.h>

#include "base/error.h"

#define CPUS_LIMIT 4096
#define MEMORY_MINIMUM_BYTES (UINT64_C(1) << 20)
#define MEMORY_LIMIT_BYTES (UINT64_C(64) << 40)

gboolean option_value_cpus(const char *value, guint *ret_cpus, GError **error)
{
    guint64 number;
    if (!value)
        return TRUE;
    if (!g_ascii_string_to_unsigned(value, 10, 1, CPUS_LIMIT, &number, NULL)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a number from 1 to 4096",
                          "'%s' is not a number of CPUs", value);
        return FALSE;
    }
    *ret_cpus = (guint)number;
    return TRUE;
}

/* "2048", "2G", "1.5G" is none. */
gboolean option_value_memory(const char *value, uint64_t *ret_bytes, GError **error)
{
    static const char units[] = "KMGT";
    if (!value)
        return TRUE;
    size_t digits = strspn(value, G_CSET_DIGITS);
    g_autofree char *number = g_strndup(value, digits);
    const char *rest = value + digits;
    const char *unit = *rest ? strchr(units, g_ascii_toupper(*rest)) : units + 1;
    gboolean is_complete = !*rest || !rest[1] || g_ascii_strcasecmp(rest + 1, "iB") == 0;
    uint64_t count = 0, bytes = 0;
    if (!unit || !is_complete ||
        !g_ascii_string_to_unsigned(number, 10, 1, G_MAXINT64, &count, NULL) ||
        !g_uint64_checked_mul(&bytes, count, UINT64_C(1024) << (10 * (unit - units))) ||
        bytes < MEMORY_MINIMUM_BYTES || bytes > MEMORY_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give a size as 4096 (MiB), 4096M or 4G, from 1M to 64T",
                          "'%s' is not a size of memory", value);
        return FALSE;
    }
    *ret_bytes = bytes;
    return TRUE;
}

gboolean option_value_firmware(const char *value, Firmware *ret_firmware, GError **error)
{
    if (!value)
        return TRUE;
    for (Firmware firmware = FIRMWARE_BIOS; firmware <= FIRMWARE_UEFI; firmware++)
        if (g_ascii_strcasecmp(value, firmware_name(firmware)) == 0) {
            *ret_firmware = firmware;
            return TRUE;
        }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use bios or uefi", "'%s' is not a firmware",
                      value);
    return FALSE;
}
