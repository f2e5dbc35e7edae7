/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key files of this folder, embedded at build time. */
#ifndef PROFILES_BUILTIN_H
#define PROFILES_BUILTIN_H

#include "base/embedded.h"

extern const EmbeddedFile profile_builtin_files[];
extern const EmbeddedFile target_builtin_files[]; /* those in target/ */

#endif
