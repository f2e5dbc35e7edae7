/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key files of this folder, embedded by embed.cmake at build time. */
#ifndef PROFILES_BUILTIN_H
#define PROFILES_BUILTIN_H

#include <stddef.h>

typedef struct {
    const char *name; /* NULL ends the list */
    const unsigned char *text;
    size_t length;
} ProfileBuiltinFile;

extern const ProfileBuiltinFile profile_builtin_files[];

#endif
