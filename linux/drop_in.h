/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration of the guest's initramfs tools, so that the next kernel's image has virtio too. */
#ifndef LINUX_DROP_IN_H
#define LINUX_DROP_IN_H

#include "linux/plan.h"

gboolean drop_in_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One tool's file: old text (NULL: there is none) to new text. Returns NULL for "nothing to do". */
char *drop_in_module_lines(const char *text); /* /etc/initramfs-tools/modules */
char *drop_in_dracut(const char *text);       /* a file of our own below dracut.conf.d */
char *drop_in_mkinitcpio(const char *text);   /* MODULES=(…) or MODULES="…" */
char *drop_in_suse(const char *text);         /* INITRD_MODULES="…" */
char *drop_in_nix(const char *text);          /* boot.initrd.availableKernelModules = […] */
char *drop_in_mkinitfs(const char *text);     /* features="…" */
/* /etc/modprobe.conf: alias scsi_hostadapter…, alias eth0 …; the drivers of disks and network
   cards, NULL: those there are. Text without a change when there is nothing to do. */
char *drop_in_modprobe_conf(const char *text, const char *disk, const char *nic);

#endif
