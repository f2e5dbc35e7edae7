/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device-mapper tables for the logical volumes that we do not map ourselves. Only for files of
   disk/. */
#ifndef DISK_LVM_MAPPER_H
#define DISK_LVM_MAPPER_H

#include "disk/lvm_metadata.h"
#include "disk/mapper.h"

typedef struct LvmMapper LvmMapper;

/* disks: of Disk or NULL, one per physical volume of metadata. Everything is borrowed; what is
   added goes to plan. */
LvmMapper *lvm_mapper_new(const LvmMetadata *metadata, Disk *const *disks, MapperPlan *plan);
void lvm_mapper_free(LvmMapper *mapper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvmMapper, lvm_mapper_free)

/* The number in the plan of the device that users see as the logical volume; -1: there is none, and
 *ret_problem says why when it is of a kind that has one, and is NULL otherwise. */
int lvm_mapper_add(LvmMapper *mapper, const LvmLogical *logical, char **ret_problem);

#endif
