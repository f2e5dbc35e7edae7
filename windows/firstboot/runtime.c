/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few things a C library would have given. */
#include "windows/firstboot/platform.h"
#include "windows/firstboot/text.h"

void *memcpy(void *target, const void *source, size_t length)
{
    uint8_t *to = target;
    const uint8_t *from = source;

    while (length-- > 0)
        *to++ = *from++;
    return target;
}

void *memmove(void *target, const void *source, size_t length)
{
    uint8_t *to = target;
    const uint8_t *from = source;

    if (to <= from)
        return memcpy(target, source, length);
    while (length-- > 0)
        to[length] = from[length];
    return target;
}

void *memset(void *target, int byte, size_t length)
{
    uint8_t *to = target;

    while (length-- > 0)
        *to++ = (uint8_t)byte;
    return target;
}

int memcmp(const void *left, const void *right, size_t length)
{
    const uint8_t *a = left, *b = right;

    for (size_t i = 0; i < length; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

void *memory_new(size_t size_bytes)
{
    void *memory = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size_bytes);

    if (!memory)
        ExitProcess(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

void memory_free(void *memory)
{
    if (memory)
        HeapFree(GetProcessHeap(), 0, memory);
}

AnyFunction find_function(const WCHAR *library, const char *name)
{
    WCHAR path[MAX_PATH];
    Text text = TEXT_ON(path);
    WCHAR folder[MAX_PATH];
    UINT length = GetSystemDirectoryW(folder, ARRAYSIZE(folder));
    HMODULE module;
    FARPROC function;
    AnyFunction result = NULL;

    if (length == 0 || length >= ARRAYSIZE(folder))
        return NULL;
    /* By full path: the service's own folder is no place to find libraries in. */
    text_format(&text, L"%s\\%s", folder, library);
    module = text.is_cut ? NULL : LoadLibraryW(path);
    function = module ? GetProcAddress(module, name) : NULL;
    memcpy(&result, &function, sizeof result);
    return result;
}

BOOL is_wow64(void)
{
    typedef BOOL(WINAPI * IsWow64Process)(HANDLE process, BOOL * ret_wow64);
    IsWow64Process function = (IsWow64Process)find_function(L"kernel32.dll", "IsWow64Process");
    BOOL wow64 = FALSE;

    return function && function(GetCurrentProcess(), &wow64) && wow64;
}

DWORD windows_version(void)
{
    OSVERSIONINFOW version;

    memset(&version, 0, sizeof version);
    version.dwOSVersionInfoSize = sizeof version;
    if (!GetVersionExW(&version))
        return 0;
    return version.dwMajorVersion << 8 | (version.dwMinorVersion & 0xff);
}
