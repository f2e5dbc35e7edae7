/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options that are texts of their own, on the command line and in manifests. value NULL:
   it was not given, and nothing is set. What is wrong is DRYDOCK_ERROR_USAGE. */
#ifndef MIGRATE_OPTION_VALUE_H
#define MIGRATE_OPTION_VALUE_H

#include <glib.h>
#include <stdint.h>

#include "base/firmware.h"

gboolean option_value_cpus(const char *value, guint *ret_cpus,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* "2048" (MiB), "2G", "512MiB". */
gboolean option_value_memory(const char *value, uint64_t *ret_bytes,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean option_value_firmware(const char *value, Firmware *ret_firmware,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean option_value_jobs(const char *value, guint *ret_jobs,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Counted from 0; -1 when it was not given. */
gboolean option_value_index(const char *value, gint *ret_index,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean option_value_format(const char *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* format may be NULL: qcow2. */
gboolean option_value_compress(const char *value, const char *format,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
