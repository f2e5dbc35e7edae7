/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service leaves: what was changed for the first boot only is put back, and nothing but the log
   stays. */
#include "windows/firstboot/files.h"
#include "windows/firstboot/service.h"

#define SERVICE_NAME L"" SETTINGS_SERVICE_NAME

/* "KEY|NAME|REST": opens KEY for writing, points at NAME and REST in buffer. */
static BOOL open_named_value(const char *value, WCHAR *buffer, size_t capacity, HKEY *ret_key,
                             WCHAR **ret_name, WCHAR **ret_rest)
{
    Text text = {buffer, capacity, 0, FALSE};
    WCHAR *part = buffer;

    text_format(&text, L"%a", value);
    while (*part && *part != L'|')
        part++;
    if (text.is_cut || !*part)
        return FALSE;
    *part++ = L'\0';
    *ret_name = part;
    while (*part && *part != L'|')
        part++;
    *ret_rest = part;
    if (*part)
        *(*ret_rest)++ = L'\0';
    return registry_open(buffer, KEY_SET_VALUE, ret_key);
}

static void set_dword(FirstBoot *boot, const char *value)
{
    WCHAR buffer[SETTINGS_VALUE_LIMIT_BYTES + 1], *name, *rest;
    DWORD number = 0;
    HKEY key;

    if (!open_named_value(value, buffer, ARRAYSIZE(buffer), &key, &name, &rest))
        return;
    for (; *rest; rest++)
        number = number * 10 + (DWORD)(*rest - L'0');
    if (RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *)&number, sizeof number) !=
        ERROR_SUCCESS)
        log_line(&boot->log, L"cannot put back %a", value);
    RegCloseKey(key);
}

static void delete_value(FirstBoot *boot, const char *value)
{
    WCHAR buffer[SETTINGS_VALUE_LIMIT_BYTES + 1], *name, *rest;
    LONG error;
    HKEY key;

    if (!open_named_value(value, buffer, ARRAYSIZE(buffer), &key, &name, &rest))
        return;
    error = RegDeleteValueW(key, name);
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND)
        log_line(&boot->log, L"cannot remove %a: error %u", value, (DWORD)error);
    RegCloseKey(key);
}

/* The key of the running service itself is the service manager's to remove. */
static BOOL is_own_key(const WCHAR *path)
{
    WCHAR buffer[120];
    Text text = TEXT_ON(buffer);
    DWORD current = 0;
    HKEY select;

    if (registry_open(L"SYSTEM\\Select", KEY_QUERY_VALUE, &select)) {
        (void)registry_read_dword(select, L"Current", &current);
        RegCloseKey(select);
    }
    text_format(&text, L"SYSTEM\\ControlSet%s%u\\Services\\" SERVICE_NAME,
                current < 10 ? L"00" : L"0", current);
    return text_equals(path, buffer);
}

static void delete_key(const char *value)
{
    WCHAR buffer[SETTINGS_VALUE_LIMIT_BYTES + 1];
    Text text = TEXT_ON(buffer);

    text_format(&text, L"%a", value);
    if (!text.is_cut && !is_own_key(buffer))
        (void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, buffer);
}

static void restore_registry(FirstBoot *boot)
{
    for (unsigned i = 0; i < boot->settings->count; i++) {
        const SettingsItem *item = &boot->settings->items[i];

        if (item->key == SETTINGS_SET_DWORD)
            set_dword(boot, item->value);
        else if (item->key == SETTINGS_DELETE_VALUE)
            delete_value(boot, item->value);
        else if (item->key == SETTINGS_DELETE_KEY)
            delete_key(item->value);
    }
}

static void delete_service(FirstBoot *boot)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, SERVICE_NAME, DELETE) : NULL;

    if (!service || (!DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE))
        log_line(&boot->log, L"cannot delete the service: error %u", GetLastError());
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
}

/* A program that runs can be renamed, not deleted. Under its own name it would be deleted at the
   next start of Windows even if another migration had put a new one there by then. */
static void delete_program(FirstBoot *boot)
{
    WCHAR program[MAX_PATH], renamed[MAX_PATH];
    Text text = TEXT_ON(renamed);
    DWORD length = GetModuleFileNameW(NULL, program, ARRAYSIZE(program));

    if (length == 0 || length >= ARRAYSIZE(program))
        return;
    text_format(&text, L"%s\\delete-%x.tmp", boot->folder, GetTickCount());
    if (text.is_cut || !MoveFileExW(program, renamed, 0) ||
        !MoveFileExW(renamed, NULL, MOVEFILE_DELAY_UNTIL_REBOOT))
        log_line(&boot->log, L"%s stays: error %u", program, GetLastError());
}

void finish_clean_up(FirstBoot *boot)
{
    static const WCHAR *const folders[] = {L"scripts", L"done", L"agent"};
    WCHAR path[MAX_PATH];
    Text text = TEXT_ON(path);

    restore_registry(boot);
    for (unsigned i = 0; i < ARRAYSIZE(folders); i++) {
        text_clear(&text);
        text_format(&text, L"%s\\%s", boot->folder, folders[i]);
        if (!text.is_cut)
            folder_delete(path);
    }
    delete_program(boot);
    delete_service(boot);
}

BOOL finish_restart(void)
{
    typedef BOOL(WINAPI * ShutdownFunction)(LPWSTR machine, LPWSTR message, DWORD timeout,
                                            BOOL force, BOOL reboot, DWORD reason);
    ShutdownFunction shutdown =
        (ShutdownFunction)find_function(L"advapi32.dll", "InitiateSystemShutdownExW");
    TOKEN_PRIVILEGES privileges = {.PrivilegeCount = 1};
    HANDLE token;

    if (!shutdown || !OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
        return FALSE;
    privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (LookupPrivilegeValueW(NULL, SE_SHUTDOWN_NAME, &privileges.Privileges[0].Luid))
        (void)AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL);
    CloseHandle(token);
    return shutdown(NULL, NULL, 0, TRUE, TRUE,
                    SHTDN_REASON_MAJOR_OPERATINGSYSTEM | SHTDN_REASON_MINOR_RECONFIG |
                        SHTDN_REASON_FLAG_PLANNED);
}
