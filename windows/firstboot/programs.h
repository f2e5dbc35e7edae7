/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service, compiled for Windows and embedded at build time. */
#ifndef WINDOWS_FIRSTBOOT_PROGRAMS_H
#define WINDOWS_FIRSTBOOT_PROGRAMS_H

#include <stddef.h>

typedef struct {
    const char *architecture; /* "x86", "amd64", as in inf_architecture_name() */
    const unsigned char *data;
    size_t size_bytes;
} FirstBootProgram;

/* Ends with an entry whose architecture is NULL; has only those there was a compiler for. */
extern const FirstBootProgram first_boot_programs[];

#endif
