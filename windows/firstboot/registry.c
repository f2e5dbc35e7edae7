/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the registry of the running Windows. */
#include "windows/firstboot/service.h"

BOOL registry_open(const WCHAR *path, REGSAM access, HKEY *ret_key)
{
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access | KEY_WOW64_64KEY, ret_key) ==
           ERROR_SUCCESS;
}

BOOL registry_read_string(HKEY key, const WCHAR *name, WCHAR *ret_text, DWORD capacity)
{
    DWORD type, size = (capacity - 1) * (DWORD)sizeof *ret_text;

    if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)ret_text, &size) != ERROR_SUCCESS ||
        (type != REG_SZ && type != REG_EXPAND_SZ))
        return FALSE;
    ret_text[size / sizeof *ret_text] = L'\0'; /* the stored text may lack it */
    return TRUE;
}

BOOL registry_read_dword(HKEY key, const WCHAR *name, DWORD *ret_number)
{
    DWORD type, size = sizeof *ret_number;

    return RegQueryValueExW(key, name, NULL, &type, (BYTE *)ret_number, &size) == ERROR_SUCCESS &&
           type == REG_DWORD && size == sizeof *ret_number;
}
