/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyper2kvm's artifact manifest (one machine) and batch manifest (many of these), version 1, as
   manifests of ours. What cannot be followed becomes findings of the machine: nothing is dropped
   without a word. Known from its public source and examples; migrate-manifest(5) says what each key
   becomes. */
#ifndef MIGRATE_BATCH_HYPER2KVM_H
#define MIGRATE_BATCH_HYPER2KVM_H

#include "migrate/batch/manifest.h"

/* Also its older lists of flat keys, which hyper2kvm_parse() refuses with what to do. */
gboolean hyper2kvm_is(const Document *document);

BatchManifest *hyper2kvm_parse(const char *path, const Document *document,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
