/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs that were compiled for Windows are such that XP and 2003 can load them. */
#include <glib.h>
#include <string.h>

#include "base/bytes.h"
#include "windows/firstboot/programs.h"

#define SIZE_LIMIT_BYTES (64u * 1024)
#define SUBSYSTEM_WINDOWS 2u

/* What the service may import: functions that Windows XP without a service pack exports. What is
   not here is newer, or has not been looked up. */
static const char *const kernel32[] = {
    "CloseHandle",
    "CompareStringW",
    "CreateDirectoryW",
    "CreateEventW",
    "CreateFileW",
    "CreatePipe",
    "CreateProcessW",
    "DeleteFileW",
    "DeviceIoControl",
    "ExitProcess",
    "ExpandEnvironmentStringsW",
    "FindClose",
    "FindFirstFileW",
    "FindNextFileW",
    "FlushFileBuffers",
    "GetCommState",
    "GetCurrentProcess",
    "GetExitCodeProcess",
    "GetFileAttributesW",
    "GetFileSize",
    "GetLastError",
    "GetModuleFileNameW",
    "GetProcAddress",
    "GetProcessHeap",
    "GetSystemDirectoryW",
    "GetSystemTime",
    "GetSystemWindowsDirectoryW",
    "GetTickCount",
    "GetVersionExW",
    "HeapAlloc",
    "HeapFree",
    "LoadLibraryW",
    "LocalFree",
    "MoveFileExW",
    "MultiByteToWideChar",
    "PeekNamedPipe",
    "ReadFile",
    "RemoveDirectoryW",
    "SetCommState",
    "SetCommTimeouts",
    "SetEvent",
    "SetFileAttributesW",
    "SetHandleInformation",
    "TerminateProcess",
    "WaitForMultipleObjects",
    "WaitForSingleObject",
    "WideCharToMultiByte",
    "WriteFile",
    NULL,
};
static const char *const advapi32[] = {
    "AdjustTokenPrivileges",
    "CloseServiceHandle",
    "ConvertStringSecurityDescriptorToSecurityDescriptorW",
    "DeleteService",
    "GetSecurityDescriptorDacl",
    "LookupPrivilegeValueW",
    "OpenProcessToken",
    "OpenSCManagerW",
    "OpenServiceW",
    "RegCloseKey",
    "RegDeleteKeyW",
    "RegDeleteValueW",
    "RegEnumKeyExW",
    "RegOpenKeyExW",
    "RegQueryValueExW",
    "RegSetValueExW",
    "RegisterServiceCtrlHandlerExW",
    "SetNamedSecurityInfoW",
    "SetServiceStatus",
    "StartServiceCtrlDispatcherW",
    NULL,
};
static const struct {
    const char *name;
    const char *const *functions;
} libraries[] = {{"KERNEL32.dll", kernel32}, {"ADVAPI32.dll", advapi32}};

typedef struct {
    const uint8_t *data;
    size_t size;
    const uint8_t *header;   /* optional header */
    const uint8_t *sections; /* table */
    guint section_count;
    gboolean is_64;
} Pe;

static void pe_open(Pe *pe, const FirstBootProgram *program)
{
    size_t signature = get_le32(program->data + 0x3c);

    g_assert_true(range_is_within(signature, 24 + 240, program->size_bytes));
    g_assert_true(memcmp(program->data + signature, "PE\0\0", 4) == 0);
    pe->data = program->data;
    pe->size = program->size_bytes;
    pe->header = program->data + signature + 24;
    pe->section_count = get_le16(program->data + signature + 6);
    pe->sections = pe->header + get_le16(program->data + signature + 20);
    pe->is_64 = get_le16(pe->header) == 0x20b;
}

/* Where an address of the loaded program is in the file. */
static const uint8_t *at(const Pe *pe, uint32_t address)
{
    for (guint i = 0; i < pe->section_count; i++) {
        const uint8_t *section = pe->sections + 40 * i;
        uint32_t start = get_le32(section + 12), length = get_le32(section + 16);

        if (address >= start && address - start < length)
            return pe->data + get_le32(section + 20) + (address - start);
    }
    g_assert_not_reached();
}

static const uint8_t *directory(const Pe *pe, guint number)
{
    return pe->header + (pe->is_64 ? 112 : 96) + 8 * number;
}

static void check_imports(const Pe *pe, const char *library, const uint8_t *names)
{
    const char *const *known = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(libraries); i++) {
        if (g_ascii_strcasecmp(libraries[i].name, library) == 0)
            known = libraries[i].functions;
    }
    g_test_message("%s", library);
    g_assert_nonnull(known);
    for (;; names += pe->is_64 ? 8 : 4) {
        uint64_t name = pe->is_64 ? get_le64(names) : get_le32(names);

        if (!name)
            return;
        g_assert_cmpuint(name >> 31, ==, 0); /* by name, not by number */
        g_test_message("  %s", (const char *)at(pe, (uint32_t)name) + 2);
        g_assert_true(g_strv_contains(known, (const char *)at(pe, (uint32_t)name) + 2));
    }
}

static void check_program(const FirstBootProgram *program, uint16_t machine, guint minor)
{
    const uint8_t *descriptor;
    Pe pe;

    g_assert_cmpuint(program->size_bytes, <=, SIZE_LIMIT_BYTES);
    pe_open(&pe, program);
    g_assert_cmpuint(get_le16(pe.header - 20), ==, machine);
    g_assert_cmpint(pe.is_64, ==, machine == 0x8664);
    g_assert_cmpuint(get_le16(pe.header + 40), ==, 5); /* operating system */
    g_assert_cmpuint(get_le16(pe.header + 42), ==, minor);
    g_assert_cmpuint(get_le16(pe.header + 48), ==, 5); /* subsystem */
    g_assert_cmpuint(get_le16(pe.header + 50), ==, minor);
    g_assert_cmpuint(get_le16(pe.header + 68), ==, SUBSYSTEM_WINDOWS);
    g_assert_cmpuint(get_le32(directory(&pe, 9)), ==, 0);  /* no thread local storage */
    g_assert_cmpuint(get_le32(directory(&pe, 13)), ==, 0); /* no delayed imports */
    for (descriptor = at(&pe, get_le32(directory(&pe, 1))); get_le32(descriptor + 12);
         descriptor += 20)
        check_imports(&pe, (const char *)at(&pe, get_le32(descriptor + 12)),
                      at(&pe, get_le32(descriptor)));
}

static void test_programs(void)
{
    static const struct {
        const char *architecture;
        uint16_t machine;
        guint minor; /* of the oldest Windows: 5.1 XP, 5.2 2003 and XP x64 */
    } rows[] = {{"x86", 0x14c, 1}, {"amd64", 0x8664, 2}};
    guint found = 0;

    if (!first_boot_programs[0].architecture) {
        g_test_skip("built without mingw-w64");
        return;
    }
    for (const FirstBootProgram *program = first_boot_programs; program->architecture; program++) {
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            if (!g_str_equal(rows[i].architecture, program->architecture))
                continue;
            check_program(program, rows[i].machine, rows[i].minor);
            found++;
        }
    }
    g_assert_cmpuint(found, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/first-boot-program/xp", test_programs);
    return g_test_run();
}
