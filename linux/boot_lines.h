/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel command lines, wherever a guest has them: in boot menus, GRUB's environment, and what
   menus are made from. */
#ifndef LINUX_BOOT_LINES_H
#define LINUX_BOOT_LINES_H

#include "linux/plan.h"

/* Each returns the line that takes the place of its own; owned. */
typedef struct {
    char *(*edit_line)(const char *line);  /* with kernel words up to its end */
    char *(*edit_value)(const char *line); /* KEY=words, KEY="words" */
    gboolean every_variable; /* also what only some kernels get: GRUB_CMDLINE_LINUX_DEFAULT */
} BootLineEdit;

/* Stages the changed files. What a variable stands for is changed where that is set. */
gboolean boot_lines_plan(LinuxPlan *plan, const BootLineEdit *edit, const char *reason,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
