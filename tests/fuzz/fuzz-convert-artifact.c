/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An artifact manifest, from its text to a machine. */
#include "base/finding.h"
#include "convert/source_config.h"
#include "tests/fuzz/fuzz-target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func((GDestroyNotify)machine_free);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    (void)config_artifact_ops.probe(data, MIN(size, 4096), "fuzz.json");
    gboolean ok = config_artifact_ops.read(content, machines, findings, &error);
    if (ok ? machines->len != 1 : !error || machines->len > 0)
        g_error("a failure without a reason");
    return 0;
}
