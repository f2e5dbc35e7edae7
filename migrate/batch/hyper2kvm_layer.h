/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One map of hyper2kvm's keys, laid over what a machine has been told before: a shared
   configuration, the manifest itself, overrides. */
#ifndef MIGRATE_BATCH_HYPER2KVM_LAYER_H
#define MIGRATE_BATCH_HYPER2KVM_LAYER_H

#include "migrate/batch/manifest.h"

typedef struct {
    BatchManifest *manifest;  /* the batch: relative paths of hooks are its */
    const Document *document; /* that the layer is in */
    BatchMachine *machine;
    const char *name;          /* for findings: "shared_config"; NULL: the manifest itself */
    const char *directory;     /* of the document */
    const DocumentValue *nics; /* of the machine's own manifest; NULL: none */
    const Document *nics_document;
} Hyper2kvmLayer;

gboolean hyper2kvm_layer_apply(const Hyper2kvmLayer *layer, const DocumentValue *map,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds a finding of the machine: path, with the value where it is a text. */
void hyper2kvm_note(const Hyper2kvmLayer *layer, FindingCode code, const char *path,
                    const DocumentValue *value);

#endif
