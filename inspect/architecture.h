/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For which processor a program of the guest was built. */
#ifndef INSPECT_ARCHITECTURE_H
#define INSPECT_ARCHITECTURE_H

#include "fs/tree.h"

/* From the ELF or PE header, as uname(1) and QEMU call it: "x86_64", "i686", "aarch64", …; NULL:
   not there, not readable, or none of these. */
char *architecture_of_program(FsTree *tree, const char *path);

#endif
