/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and folders of the service. */
#include "windows/firstboot/files.h"

#include <aclapi.h>
#include <sddl.h>

#include "windows/firstboot/text.h"

BOOL file_read(const WCHAR *path, DWORD limit_bytes, char **ret_bytes, DWORD *ret_length)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD size, high = 0, length = 0;
    char *bytes;
    BOOL ok;

    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    size = GetFileSize(file, &high);
    if (high > 0 || size > limit_bytes) { /* an error is 0xffffffff */
        CloseHandle(file);
        return FALSE;
    }
    bytes = memory_new((size_t)size + 1);
    ok = ReadFile(file, bytes, size, &length, NULL) && length == size;
    CloseHandle(file);
    if (!ok) {
        memory_free(bytes);
        return FALSE;
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return TRUE;
}

BOOL file_replace(const WCHAR *path, const char *bytes, DWORD length)
{
    WCHAR buffer[MAX_PATH];
    Text other = TEXT_ON(buffer);
    DWORD written = 0;
    HANDLE file;
    BOOL ok;

    text_format(&other, L"%s.new", path);
    file = other.is_cut ? INVALID_HANDLE_VALUE
                        : CreateFileW(buffer, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                                      FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    ok = WriteFile(file, bytes, length, &written, NULL) && written == length &&
         FlushFileBuffers(file);
    CloseHandle(file);
    return ok && MoveFileExW(buffer, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

BOOL file_exists(const WCHAR *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

BOOL file_delete(const WCHAR *path)
{
    (void)SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
    return DeleteFileW(path) || GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES;
}

void folder_delete(const WCHAR *path)
{
    WCHAR buffer[MAX_PATH];
    Text text = TEXT_ON(buffer);
    WIN32_FIND_DATAW found;
    HANDLE search;

    text_format(&text, L"%s\\*", path);
    search = text.is_cut ? INVALID_HANDLE_VALUE : FindFirstFileW(buffer, &found);
    if (search != INVALID_HANDLE_VALUE) {
        do {
            text_clear(&text);
            text_format(&text, L"%s\\%s", path, found.cFileName);
            if (!text.is_cut && !(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
                (void)file_delete(buffer);
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    (void)RemoveDirectoryW(path);
}

/* Protected from what the Windows folder would hand down: full access for the system and the
   administrators, for what is in the folder too. */
BOOL folder_protect(WCHAR *path)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    BOOL is_present = FALSE, is_default = FALSE, ok = FALSE;
    PACL acl = NULL;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", SDDL_REVISION_1, &descriptor, NULL))
        return FALSE;
    if (GetSecurityDescriptorDacl(descriptor, &is_present, &acl, &is_default) && is_present)
        ok = SetNamedSecurityInfoW(path, SE_FILE_OBJECT,
                                   DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                                   NULL, NULL, acl, NULL) == ERROR_SUCCESS;
    LocalFree(descriptor);
    return ok;
}
