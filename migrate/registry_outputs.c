/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the outputs of registry_job.h go, on the parent's side. */
#include "migrate/registry_outputs.h"

#include <stdio.h>

#include "base/error.h"
#include "migrate/command.h"
#include "migrate/registry_job.h"

/* A hive is not edited beyond the half of a GiB that is read of it. */
#define HIVE_LIMIT_BYTES ((gsize)1 << 30)

void registry_outputs_clear(RegistryOutputs *outputs)
{
    new_file_close(outputs->file);
    g_clear_pointer(&outputs->hive, g_byte_array_unref);
    *outputs = (RegistryOutputs){0};
}

static gboolean take_hive(RegistryOutputs *outputs, const uint8_t *bytes, size_t length,
                          GError **error)
{
    if (!outputs->hive)
        outputs->hive = g_byte_array_new();
    if (length > HIVE_LIMIT_BYTES - outputs->hive->len) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "the edited hive is too large");
        return FALSE;
    }
    g_byte_array_append(outputs->hive, bytes, (guint)length);
    return TRUE;
}

static gboolean take_output(void *data, const char *name, const uint8_t *bytes, size_t length,
                            GError **error)
{
    RegistryOutputs *outputs = data;
    if (g_str_equal(name, REGISTRY_OUTPUT_HIVE))
        return take_hive(outputs, bytes, length, error);
    if (g_str_equal(name, REGISTRY_OUTPUT_WARNING)) {
        fprintf(stderr, "migrate: %.*s\n", (int)MIN(length, 1000), (const char *)bytes);
        return TRUE;
    }
    if (outputs->file)
        return new_file_write(outputs->file, bytes, length, error);
    if (fwrite(bytes, 1, length, stdout) == length)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "cannot write the output");
    return FALSE;
}

WorkerListener registry_outputs_listener(RegistryOutputs *outputs, Progress *progress)
{
    WorkerListener listener = command_listener(progress);
    listener.output = take_output;
    listener.output_data = outputs;
    return listener;
}

GBytes *registry_outputs_steal_hive(RegistryOutputs *outputs)
{
    return outputs->hive ? g_byte_array_free_to_bytes(g_steal_pointer(&outputs->hive)) : NULL;
}
