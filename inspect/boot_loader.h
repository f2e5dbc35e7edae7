/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux guest's boot menu: which loader, which configuration, which entry starts by itself. */
#ifndef INSPECT_BOOT_LOADER_H
#define INSPECT_BOOT_LOADER_H

#include "fs/tree.h"

/* Texts may be NULL where the loader does not have them. */
typedef struct {
    char *id; /* GRUB's --id, the name of a BLS file without .conf */
    char *title;
    char *version;   /* BLS only */
    char *linux;     /* in the guest's tree; NULL: no Linux entry, or a file that is not there */
    char *initramfs; /* likewise; the last one, microcode aside */
    char *options;   /* the kernel's command line */
} BootEntry;

typedef struct {
    const char *loader;             /* as GuestLinux.boot_loader; NULL: none found */
    char *config;                   /* path of its configuration in the tree */
    GPtrArray *entries;             /* of BootEntry */
    const BootEntry *default_entry; /* one of entries; NULL: no entry */
} BootMenu;

void boot_menu_clear(BootMenu *menu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BootMenu, boot_menu_clear)

/* esp: where the EFI system partition is in the tree, or NULL. */
gboolean boot_menu_read(FsTree *tree, const char *esp, BootMenu *ret_menu,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
