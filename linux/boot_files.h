/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names in the configuration of boot loaders, and of what makes it. */
#ifndef LINUX_BOOT_FILES_H
#define LINUX_BOOT_FILES_H

#include "linux/plan.h"

typedef enum {
    BOOT_FILE_MENU,        /* entries with kernel command lines */
    BOOT_FILE_ENVIRONMENT, /* of GRUB: a block of fixed size */
    BOOT_FILE_DEFAULTS,    /* what menus are made from: shell variables, /etc/kernel/cmdline */
} BootFileKind;

/* text: as it will be, staged content included. */
typedef gboolean (*BootFileFunc)(LinuxPlan *plan, const char *path, BootFileKind kind,
                                 const char *text, void *data, GError **error);

/* Calls func for each file of the guest that a boot loader or its tools read. */
gboolean boot_files_visit(LinuxPlan *plan, BootFileFunc func, void *data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean boot_files_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One file's text. Each has unknown (of char *): names that stay as they are. */
char *boot_menu_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
char *boot_defaults_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
/* "(hd0) /dev/sda" for GRUB legacy's tools, which know no other way; the disks are virtio's now. */
char *device_map_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
/* A GRUB environment block keeps its size: what does not fit is left as it was. */
char *grub_environment_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
/* What stands before a block's padding; NULL: text is no such block. */
char *grub_environment_body(const char *text);
/* The block with body there instead; NULL: that is too long for it. */
char *grub_environment_replace(const char *text, const char *body);

#endif
