/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of boot menus share. Only for boot_loader.c and the readers. */
#ifndef INSPECT_BOOT_MENU_H
#define INSPECT_BOOT_MENU_H

#include "inspect/boot_loader.h"

/* One per boot loader. menu->loader stays NULL when it is not this one. Paths in entries are as
   written in the configuration; boot_loader.c finds them in the tree. */
typedef gboolean (*BootMenuReader)(FsTree *tree, const char *esp, BootMenu *menu, GError **error);

gboolean grub2_read_menu(FsTree *tree, const char *esp, BootMenu *menu, GError **error);
gboolean grub_legacy_read_menu(FsTree *tree, const char *esp, BootMenu *menu, GError **error);
gboolean extlinux_read_menu(FsTree *tree, const char *esp, BootMenu *menu, GError **error);
gboolean systemd_boot_read_menu(FsTree *tree, const char *esp, BootMenu *menu, GError **error);

BootEntry *boot_menu_add_entry(BootMenu *menu);
void boot_entry_free(BootEntry *entry);

/* Reads the BLS files (uapi-group.org, Boot Loader Specification type 1) of a directory and appends
   their entries, the newest first. */
gboolean bls_read_entries(FsTree *tree, const char *directory, BootMenu *menu,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* words: paths of one initrd line. The one to keep: the last that is no microcode. */
char *boot_choose_initramfs(const char *const *words);

/* Splits a line into words like a shell, without expanding anything; "{" and "}" are words where
   they stand alone. Never fails: a quote that is not closed ends with the line. */
char **boot_split_line(const char *line);

#endif
