/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What linux/first_boot/ has for guests, built in. */
#ifndef LINUX_EMBEDDED_H
#define LINUX_EMBEDDED_H

#include "base/embedded.h"

extern const EmbeddedFile linux_first_boot_files[];

#endif
