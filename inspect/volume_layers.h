/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes made of volumes. Only for the files that make them. */
#ifndef INSPECT_VOLUME_LAYERS_H
#define INSPECT_VOLUME_LAYERS_H

#include "base/finding.h"
#include "inspect/volume.h"

/* Probes stored, decrypts it, opens the filesystem on it, and fills stored, disk, probe, fs. FALSE:
   an error that ends everything. */
gboolean volume_look_into(Volume *volume, Disk *stored, const KeyRing *keys, GPtrArray *findings,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the set's kernel makes of the plan; NULL: there is no kernel, or nothing is to be made. */
FsStack *volume_new_stack(const VolumeSet *set, MapperPlan *plan);
/* The stack's device. *ret_disk NULL: it cannot be put together, and *ret_reason (owned) says why,
   for people. FALSE for fatal errors only, and when there should be a kernel and is none. */
gboolean volume_open_stack(FsStack *stack, guint device, Disk **ret_disk, char **ret_reason,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Opens the filesystems that only the set's kernel can read, whatever number of disks they are on:
   after all volumes are known. */
gboolean volume_set_open_in_kernel(VolumeSet *set, GPtrArray *findings,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* members: of Volume, with the type of the layer. Adds to set what they make, with findings of what
   they do not. FALSE: an error that ends everything. */
gboolean volume_lvm_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                         GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Members of a dynamic disk are partitions by their type, whatever their content looks like. */
#define VOLUME_TYPE_DYNAMIC "ldm_member"
gboolean volume_ldm_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                         GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean volume_raid_open(VolumeSet *set, GPtrArray *members, const KeyRing *keys,
                          GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* disk is a member of a RAID as a whole, and not only in its last partition: it has no partitions
   of its own, however its first sector looks. Damage counts as no; FALSE: fatal errors. */
gboolean volume_raid_has_disk(Disk *disk, gboolean *ret_whole,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a member says of itself; NULL with an error. */
typedef gpointer (*VolumeReadHeader)(Disk *volume, GError **error);
/* readable and headers get one element for each member that has a header; the others get a finding
   with the reason. FALSE for fatal errors only. */
gboolean volume_read_headers(const GPtrArray *members, VolumeReadHeader read, FindingCode code,
                             GPtrArray *findings, GPtrArray *readable, GPtrArray *headers,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One finding for each of members whose index (guint as pointer) is in indexes. */
void volume_add_member_findings(const GPtrArray *members, const GPtrArray *indexes,
                                GPtrArray *findings, FindingCode code);

/* A finding about name with what is wrong, or where, in brackets. */
void volume_add_finding(GPtrArray *findings, FindingCode code, const char *name,
                        const char *detail);

#endif
