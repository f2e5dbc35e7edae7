/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux guest's fstab(5). */
#ifndef INSPECT_FSTAB_H
#define INSPECT_FSTAB_H

#include "inspect/guest.h"

/* text: the file's. Of GuestMount in its order, volumes not looked up yet; lines that are none are
   left out. */
GPtrArray *fstab_parse(const char *text);

#endif
