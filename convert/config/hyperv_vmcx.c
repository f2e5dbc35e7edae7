/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-V's binary configuration, 2016 and later (.vmcx). */
#include "convert/config/hyperv_machine.h"
#include "convert/source_config.h"
#include "convert/config/vmcx.h"
#include "convert/config/vmcx_store.h"

/* A file with a damaged first header is told by its name: it may have a good second one. */
static gboolean probe(const uint8_t *head, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    return vmcx_store_is(head, length) ||
           (name_length > 5 && g_ascii_strcasecmp(name + name_length - 5, ".vmcx") == 0);
}

static gboolean read_vmcx(GBytes *content, GPtrArray *machines, GPtrArray *findings, GError **error)
{
    g_autoptr(HypervKey) root = vmcx_read(content, error);
    return root && hyperv_machine_read(root, "hyperv-vmcx", machines, findings, error);
}

const SourceConfigOps config_hyperv_vmcx_ops = {"hyperv-vmcx", probe, read_vmcx};
