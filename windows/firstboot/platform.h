/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows as the service sees it: XP's API, no C library. What is newer is asked for at run time.
 */
#ifndef WINDOWS_FIRSTBOOT_PLATFORM_H
#define WINDOWS_FIRSTBOOT_PLATFORM_H

/* _WIN32_WINNT, WIN32_LEAN_AND_MEAN and UNICODE: see CMakeLists.txt. */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

/* What the compiler calls by itself; in runtime.c. */
void *memcpy(void *target, const void *source, size_t length);
void *memmove(void *target, const void *source, size_t length);
void *memset(void *target, int byte, size_t length);
int memcmp(const void *left, const void *right, size_t length);

/* Never returns NULL: without memory the process ends, and starts over at the next boot. */
void *memory_new(size_t size_bytes);
void memory_free(void *memory);

/* A function of a library in the system folder that this Windows may not have; NULL then. The
   library stays loaded. Cast the result to the function's type. */
typedef void (*AnyFunction)(void);
AnyFunction find_function(const WCHAR *library, const char *name);

/* TRUE for a 32-bit program on 64-bit Windows: System32 is then called Sysnative (Vista and later;
   only ARM64 guests get the 32-bit program). */
BOOL is_wow64(void);
/* 0x0501 XP, 0x0502 2003, 0x0600 Vista, 0x0601 7 …; 8.1 and later all say 0x0602. */
DWORD windows_version(void);

#endif
