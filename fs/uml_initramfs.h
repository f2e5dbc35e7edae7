/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a User-Mode Linux kernel of ours starts with: the agent, and drivers where they are modules.
   Only for files of fs/uml*. */
#ifndef FS_UML_INITRAMFS_H
#define FS_UML_INITRAMFS_H

#include "base/embedded.h"

/* modules_dir: where the package keeps a folder of modules per release. A cpio archive. */
GByteArray *uml_initramfs_make(const char *modules_dir);

/* The agent, embedded at build time. */
extern const EmbeddedFile uml_agent_files[];

#endif
