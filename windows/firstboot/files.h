/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and folders of the service. */
#ifndef WINDOWS_FIRSTBOOT_FILES_H
#define WINDOWS_FIRSTBOOT_FILES_H

#include "windows/firstboot/platform.h"

/* The whole file with room for one byte more; free with memory_free(). FALSE: not there, not
   readable, larger than limit_bytes. */
BOOL file_read(const WCHAR *path, DWORD limit_bytes, char **ret_bytes, DWORD *ret_length);
/* All or nothing, also when the power fails. */
BOOL file_replace(const WCHAR *path, const char *bytes, DWORD length);
BOOL file_exists(const WCHAR *path);
/* Also one that is read-only; TRUE if it is not there afterwards. */
BOOL file_delete(const WCHAR *path);
/* With the files in it; folders below it stay, and then it stays too. */
void folder_delete(const WCHAR *path);
/* Nobody but administrators and the system gets in, to this folder and what is in it. */
BOOL folder_protect(WCHAR *path);

#endif
