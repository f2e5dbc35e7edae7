/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options that are texts of their own, on the command line and in manifests. */
#include "migrate/option_value.h"

#include <string.h>

#include "base/error.h"

#define CPUS_LIMIT 4096
#define JOBS_LIMIT 1024
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

gboolean option_value_jobs(const char *value, guint *ret_jobs, GError **error)
{
    guint64 number;
    if (!value)
        return TRUE;
    if (!g_ascii_string_to_unsigned(value, 10, 1, JOBS_LIMIT, &number, NULL)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a number from 1 to 1024",
                          "'%s' is not a number of jobs", value);
        return FALSE;
    }
    *ret_jobs = (guint)number;
    return TRUE;
}

gboolean option_value_index(const char *value, gint *ret_index, GError **error)
{
    guint64 number;
    *ret_index = -1;
    if (!value)
        return TRUE;
    if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT, &number, NULL)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a number, counted from 0",
                          "'%s' is not the number of a machine", value);
        return FALSE;
    }
    *ret_index = (gint)number;
    return TRUE;
}

gboolean option_value_format(const char *value, GError **error)
{
    if (!value || g_str_equal(value, "qcow2") || g_str_equal(value, "raw"))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use qcow2 or raw",
                      "'%s' is not a format for the images", value);
    return FALSE;
}

gboolean option_value_compress(const char *value, const char *format, GError **error)
{
    if (!value)
        return TRUE;
    if (!g_str_equal(value, "zstd") && !g_str_equal(value, "zlib")) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use zstd or zlib",
                          "'%s' is not a method to compress with", value);
        return FALSE;
    }
    if (g_strcmp0(format, "raw") != 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "leave out one of the two",
                      "raw images cannot be compressed");
    return FALSE;
}
