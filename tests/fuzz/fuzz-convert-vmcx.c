/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A binary configuration of Hyper-V, as it is and with its checksums made right: random input would
   hardly ever get past them. */
#include <glib.h>

#include "base/finding.h"
#include "convert/source_config.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/convert/vmcx-writer.h"

static void machine_drop(gpointer machine)
{
    machine_free(machine);
}

static void read_config(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_drop);
    g_autoptr(GPtrArray) findings = findings_new();
    (void)!config_hyperv_vmcx_ops.read(content, machines, findings, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree uint8_t *copy = g_memdup2(data, size);
    (void)config_hyperv_vmcx_ops.probe(data, MIN(size, 4096), "fuzz");
    read_config(data, size);
    vmcx_sign(copy, size);
    read_config(copy, size);
    return 0;
}
