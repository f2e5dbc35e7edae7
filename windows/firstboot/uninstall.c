/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guest tools of other hypervisors are uninstalled in their own way, without a question asked. */
#include "windows/firstboot/process.h"

#define UNINSTALL_KEY L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
#define UNINSTALLER_TIMEOUT_SECONDS 900
#define NAME_LENGTH 260
#define COMMAND_LENGTH 1000
#define PRODUCTS_LIMIT 10000u

/* Starts of display names in the list of installed programs. Each product has its uninstaller made
   by Windows Installer or by NSIS. */
static const WCHAR *const tools[] = {
    L"VMware Tools",
    L"Oracle VM VirtualBox Guest Additions",
    L"Oracle VirtualBox Guest Additions",
    L"VirtualBox Guest Additions",
    L"Sun VirtualBox Guest Additions",
    L"Parallels Tools",
    L"Parallels Guest Tools",
    L"XenServer Tools",
    L"XenServer VM Tools",
    L"Citrix XenServer Tools",
    L"Citrix XenServer VM Tools",
    L"Citrix XenServer Windows Guest Agent",
    L"Citrix Hypervisor VM Tools",
    L"Citrix Hypervisor PV Tools",
    L"Citrix VM Tools",
    L"Citrix Tools for Virtual Machines",
    L"XCP-ng Windows Guest Tools",
    L"XCP-ng Windows PV Tools",
    L"XCP-ng Management Agent",
    L"Red Hat Paravirtualized Xen Drivers",
};

typedef struct {
    WCHAR key[NAME_LENGTH], name[NAME_LENGTH], command[COMMAND_LENGTH];
    BOOL is_msi;
} Product;

static BOOL is_tool(const WCHAR *name)
{
    for (unsigned i = 0; i < ARRAYSIZE(tools); i++) {
        if (text_starts_with(name, tools[i]))
            return TRUE;
    }
    return FALSE;
}

/* "{01234567-89AB-CDEF-0123-456789ABCDEF}" */
static BOOL is_guid(const WCHAR *text)
{
    for (unsigned i = 0; i < 38; i++) {
        WCHAR c = text[i];
        BOOL is_hex =
            (c >= L'0' && c <= L'9') || (c >= L'A' && c <= L'F') || (c >= L'a' && c <= L'f');
        BOOL is_dash = i == 9 || i == 14 || i == 19 || i == 24;

        if (i == 0 ? c != L'{' : i == 37 ? c != L'}' : is_dash ? c != L'-' : !is_hex)
            return FALSE;
    }
    return text[38] == L'\0';
}

static BOOL read_product(HKEY list, REGSAM view, Product *product)
{
    DWORD number = 0;
    BOOL ok;
    HKEY key;

    if (RegOpenKeyExW(list, product->key, 0, KEY_QUERY_VALUE | view, &key) != ERROR_SUCCESS)
        return FALSE;
    ok = registry_read_string(key, L"DisplayName", product->name, ARRAYSIZE(product->name)) &&
         is_tool(product->name);
    if (ok) {
        product->is_msi = is_guid(product->key) &&
                          registry_read_dword(key, L"WindowsInstaller", &number) && number == 1;
        if (!registry_read_string(key, L"UninstallString", product->command,
                                  ARRAYSIZE(product->command)))
            product->command[0] = L'\0';
    }
    RegCloseKey(key);
    return ok;
}

/* The program of a command line, quoted or not, that exists and ends with ".exe". */
static BOOL find_program(const WCHAR *command, Text *program)
{
    WCHAR expanded[COMMAND_LENGTH];
    DWORD length = ExpandEnvironmentStringsW(command, expanded, ARRAYSIZE(expanded));
    const WCHAR *start = expanded;
    size_t end = 0;

    if (length == 0 || length > ARRAYSIZE(expanded))
        return FALSE;
    if (*start == L'"') {
        start++;
        while (start[end] && start[end] != L'"')
            end++;
    } else {
        while (start[end] && !(end >= 4 && text_starts_with(start + end - 4, L".exe")))
            end++;
    }
    expanded[(size_t)(start - expanded) + end] = L'\0';
    text_format(program, L"%s", start);
    return !program->is_cut && end > 4 && text_equals(start + end - 4, L".exe") &&
           GetFileAttributesW(start) != INVALID_FILE_ATTRIBUTES;
}

/* NSIS: /S asks nothing; with _?= (the last argument, never quoted) the uninstaller does not go on
   in a copy of itself, which could not be waited for. */
static BOOL run_uninstaller(FirstBoot *boot, const Product *product, BOOL *ret_stopped)
{
    WCHAR program[MAX_PATH], arguments[MAX_PATH + 10];
    Text program_text = TEXT_ON(program), arguments_text = TEXT_ON(arguments);
    DWORD code = 0;
    size_t folder;
    ProcessEnd end;

    *ret_stopped = FALSE;
    if (!find_program(product->command, &program_text)) {
        log_line(&boot->log, L"the uninstaller is not there: %s", product->command);
        return FALSE;
    }
    for (folder = program_text.length; folder > 0 && program[folder] != L'\\'; folder--)
        ;
    program[folder] = L'\0';
    text_format(&arguments_text, L"/S _?=%s", program);
    program[folder] = L'\\';
    end = process_run(boot, program, arguments, UNINSTALLER_TIMEOUT_SECONDS, &code);
    *ret_stopped = end == PROCESS_STOPPED;
    if (end == PROCESS_EXITED && code == 0)
        boot->progress.reboot_wanted = 1; /* drivers go with a restart */
    return end == PROCESS_EXITED && code == 0;
}

static BOOL uninstall(FirstBoot *boot, const Product *product, BOOL *ret_stopped)
{
    WCHAR arguments[120];
    Text text = TEXT_ON(arguments);

    log_line(&boot->log, L"uninstalling %s", product->name);
    if (!product->is_msi)
        return run_uninstaller(boot, product, ret_stopped);
    text_format(&text, L"/x %s /qn /norestart REBOOT=ReallySuppress", product->key);
    return process_run_installer(boot, arguments, ret_stopped);
}

/* The list changes while its products go: it is read to its end first. */
static Product *list_products(REGSAM view, DWORD *ret_count)
{
    Product *products = memory_new(ARRAYSIZE(tools) * sizeof *products);
    HKEY list;

    *ret_count = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, UNINSTALL_KEY, 0,
                      KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE | view, &list) != ERROR_SUCCESS)
        return products;
    for (DWORD i = 0; i < PRODUCTS_LIMIT && *ret_count < ARRAYSIZE(tools); i++) {
        Product *product = &products[*ret_count];
        DWORD length = ARRAYSIZE(product->key);
        LONG error = RegEnumKeyExW(list, i, product->key, &length, NULL, NULL, NULL, NULL);

        if (error == ERROR_NO_MORE_ITEMS)
            break;
        if (error == ERROR_SUCCESS && read_product(list, view, product))
            (*ret_count)++;
    }
    RegCloseKey(list);
    return products;
}

static StepResult uninstall_view(FirstBoot *boot, REGSAM view)
{
    StepResult result = STEP_OK;
    DWORD count;
    Product *products = list_products(view, &count);

    for (DWORD i = 0; i < count && result != STEP_STOPPED; i++) {
        BOOL stopped = FALSE;

        if (!uninstall(boot, &products[i], &stopped))
            result = stopped ? STEP_STOPPED : STEP_FAILED;
    }
    memory_free(products);
    return result;
}

StepResult step_uninstall(FirstBoot *boot)
{
    StepResult native, other = STEP_OK;

    if (!settings_get(boot->settings, SETTINGS_UNINSTALL))
        return STEP_OK;
    native = uninstall_view(boot, KEY_WOW64_64KEY);
    if (native != STEP_STOPPED && (sizeof(void *) == 8 || boot->is_wow64))
        other = uninstall_view(boot, KEY_WOW64_32KEY);
    return native != STEP_OK ? native : other;
}
