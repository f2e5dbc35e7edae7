/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An OVF descriptor, from its text to machines; the text alone as units, too. */
#include "base/finding.h"
#include "convert/config/ovf_units.h"
#include "convert/source_config.h"
#include "tests/fuzz/fuzz-target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func((GDestroyNotify)machine_free);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strndup((const char *)data, size);
    uint64_t bytes;
    (void)ovf_units_parse(text, &bytes);
    (void)config_ovf_ops.probe(data, MIN(size, 4096), "fuzz.xml");
    gboolean ok = config_ovf_ops.read(content, machines, findings, &error);
    if (ok ? machines->len == 0 : !error || machines->len > 0)
        g_error("a failure without a reason");
    return 0;
}
