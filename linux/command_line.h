/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names on kernel command lines. */
#ifndef LINUX_COMMAND_LINE_H
#define LINUX_COMMAND_LINE_H

#include "linux/device_names.h"

/* line with root=, resume= and the like given by UUID instead of by device name (by PARTUUID when
   there is no initramfs to look a UUID up). The line may be one of a boot loader's configuration
   with quotes around; all else stays. unknown: of char *, names that stay. */
char *command_line_rewrite(const char *line, const Guest *guest, gboolean has_initramfs,
                           GPtrArray *unknown);

#endif
