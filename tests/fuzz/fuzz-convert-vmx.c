/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VMX file, from its text to a machine. */
#include "base/finding.h"
#include "convert/source_config.h"
#include "tests/fuzz/fuzz-target.h"

static void check_text(const char *text)
{
    if (text && !g_utf8_validate(text, -1, NULL))
        g_error("text that is not UTF-8");
}

static void check_machine(const Machine *machine)
{
    check_text(machine->title);
    check_text(machine->annotation);
    check_text(machine->guest_os);
    check_text(machine->serial);
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = machine->disks->pdata[i];
        check_text(disk->stored_name);
        if (!disk->stored_name)
            g_error("a disk without a name");
    }
    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = machine->nics->pdata[i];
        check_text(nic->network);
        check_text(nic->model);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func((GDestroyNotify)machine_free);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    (void)config_vmx_ops.probe(data, MIN(size, 4096), "fuzz");
    (void)config_vmx_ops.probe(data, MIN(size, 4096), "fuzz.vmx");
    if (config_vmx_ops.read(content, machines, findings, &error))
        check_machine(machines->pdata[0]);
    else if (!error || machines->len > 0)
        g_error("a failure without a reason");
    return 0;
}
