/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives an action can be about, all of them files in one tree: a guest's, or a tree in memory
   that holds nothing but a lone hive and its logs. For the confined process. */
#ifndef MIGRATE_REGISTRY_TREE_H
#define MIGRATE_REGISTRY_TREE_H

#include "migrate/opened_guest.h"
#include "migrate/workpiece.h"

typedef struct {
    const Workpiece *workpiece;
    const char *user;   /* whose HKCU; may be NULL */
    OpenedGuest opened; /* empty when it is a lone hive */
    Fs *memory;         /* of a lone hive */
    FsTree *own_tree;
    FsTree *tree; /* own_tree or the guest's */
} RegistryTree;

/* Confines the process. DRYDOCK_ERROR_USAGE: the machine is no Windows. */
gboolean registry_tree_open(RegistryTree *tree, const Workpiece *workpiece, const char *user,
                            Profiles *profiles, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void registry_tree_clear(RegistryTree *tree);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RegistryTree, registry_tree_clear)

/* Where place is: *ret_path of the hive's file in the tree; *ret_mount as messages and .reg files
   name its root. */
gboolean registry_tree_find(RegistryTree *tree, const HivePlace *place, char **ret_path,
                            char **ret_mount, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of a lone hive: its bytes as they are now. */
gboolean registry_tree_read_lone(RegistryTree *tree, GBytes **ret_hive,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
