/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An XML configuration of Hyper-V. */
#include <glib.h>

#include "base/finding.h"
#include "convert/source_config.h"
#include "tests/fuzz/fuzz-target.h"

static void machine_drop(gpointer machine)
{
    machine_free(machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_drop);
    g_autoptr(GPtrArray) findings = findings_new();
    (void)config_hyperv_xml_ops.probe(data, MIN(size, 4096), "fuzz");
    (void)!config_hyperv_xml_ops.read(content, machines, findings, NULL);
    return 0;
}
