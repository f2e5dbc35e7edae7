/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes made of volumes. Only for the files that make them. */
#ifndef INSPECT_VOLUME_LAYERS_H
#define INSPECT_VOLUME_LAYERS_H

#include "inspect/volume.h"

/* Probes stored, decrypts it, opens the filesystem on it, and fills stored, disk, probe, fs. FALSE:
   an error that ends everything. */
gboolean volume_look_into(Volume *volume, Disk *stored, const KeyRing *keys, GPtrArray *findings,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* members: of Volume, with the type of the layer. Adds to set what they make, with findings of what
   they do not. FALSE: an error that ends everything. */
gboolean volume_lvm_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                         GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
