/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kind of machine configuration implements: from its text to Machines whose disks carry
   stored names. Nothing is opened here. Only for files of convert/. */
#ifndef CONVERT_SOURCE_CONFIG_H
#define CONVERT_SOURCE_CONFIG_H

#include "convert/machine.h"

#define SOURCE_CONFIG_LIMIT_BYTES ((size_t)16 << 20)

typedef struct {
    const char *kind; /* of Machine */
    /* head: the first length bytes (up to 4096) of a file called name, which a text format may
       have to look at. */
    gboolean (*probe)(const uint8_t *head, size_t length, const char *name);
    /* Appends a Machine for each one that content describes; what cannot be carried over becomes a
       finding. A machine's name may be anything yet: source.c makes it safe (title keeps it). A
       configuration that describes a machine but cannot be read any further is
       DRYDOCK_ERROR_CORRUPT or DRYDOCK_ERROR_UNSUPPORTED. */
    gboolean (*read)(GBytes *content, GPtrArray *machines, GPtrArray *findings, GError **error);
} SourceConfigOps;

extern const SourceConfigOps config_artifact_ops, config_hyperv_vmcx_ops, config_hyperv_xml_ops,
    config_libvirt_ops, config_ovf_ops, config_vmx_ops;

#endif
