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

#endif
