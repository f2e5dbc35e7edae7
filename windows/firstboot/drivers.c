/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The staged driver packages become installed ones.

   SetupCopyOEMInf makes a package known (Vista and later: puts it into the driver store), so that
   devices which come later find it; UpdateDriverForPlugAndPlayDevices gives it to the devices that
   are there. Both exist on every Windows since 2000, and neither works in a 32-bit program on
   64-bit Windows: there, on ARM64, it is pnputil. */
#include "windows/firstboot/files.h"
#include "windows/firstboot/process.h"

#include <setupapi.h>

#define NONINTERACTIVE 4u /* newdev.h: fail rather than ask */
#define SETTLE_MILLISECONDS 60000
#define PNPUTIL_TIMEOUT_SECONDS 300

typedef BOOL(WINAPI *SetupCopyOEMInfFunction)(PCWSTR inf, PCWSTR media, DWORD media_type,
                                              DWORD style, PWSTR target, DWORD target_size,
                                              PDWORD required, PWSTR *component);
typedef BOOL(WINAPI *UpdateDriverFunction)(HWND parent, LPCWSTR id, LPCWSTR inf, DWORD flags,
                                           PBOOL ret_reboot);
typedef DWORD(WINAPI *WaitFunction)(DWORD milliseconds);

typedef struct {
    FirstBoot *boot;
    SetupCopyOEMInfFunction copy;
    UpdateDriverFunction update;
    WCHAR inf[MAX_PATH];
} Installer;

/* Until Plug and Play has dealt with what it found itself. */
static void settle(const FirstBoot *boot)
{
    WaitFunction wait =
        (WaitFunction)find_function(L"cfgmgr32.dll", "CMP_WaitNoPendingInstallEvents");

    if (!wait)
        wait = (WaitFunction)find_function(L"setupapi.dll", "CMP_WaitNoPendingInstallEvents");
    if (wait && !service_is_stopped(boot))
        (void)wait(SETTLE_MILLISECONDS);
}

static BOOL install_by_pnputil(Installer *installer)
{
    WCHAR arguments[MAX_PATH + 40];
    Text text = TEXT_ON(arguments);
    DWORD code = 0;
    ProcessEnd end;

    text_format(&text, L"/add-driver \"%s\" /install", installer->inf);
    end = process_run_system(installer->boot, L"pnputil.exe", arguments, PNPUTIL_TIMEOUT_SECONDS,
                             &code);
    if (end == PROCESS_EXITED && code == ERROR_SUCCESS_REBOOT_REQUIRED)
        installer->boot->progress.reboot_wanted = 1;
    /* 259: no device wants it now, or has a better driver. */
    return end == PROCESS_EXITED && (code == ERROR_SUCCESS || code == ERROR_NO_MORE_ITEMS ||
                                     code == ERROR_SUCCESS_REBOOT_REQUIRED);
}

static BOOL stage(Installer *installer)
{
    FirstBoot *boot = installer->boot;

    if (!file_exists(installer->inf)) {
        log_line(&boot->log, L"driver %s is not there", installer->inf);
        return FALSE;
    }
    if (!installer->copy || !installer->update)
        return install_by_pnputil(installer);
    if (!installer->copy(installer->inf, NULL, SPOST_PATH, 0, NULL, 0, NULL, NULL)) {
        log_line(&boot->log, L"driver %s is not accepted: error 0x%x", installer->inf,
                 GetLastError());
        return FALSE;
    }
    log_line(&boot->log, L"driver %s is staged", installer->inf);
    return TRUE;
}

/* TRUE also when there is no such device, or it has a driver that is as good. */
static BOOL update(Installer *installer, const char *device)
{
    FirstBoot *boot = installer->boot;
    WCHAR id[SETTINGS_VALUE_LIMIT_BYTES + 1];
    Text text = TEXT_ON(id);
    BOOL reboot = FALSE;
    DWORD error;

    if (!installer->copy || !installer->update)
        return TRUE;
    text_format(&text, L"%a", device);
    if (installer->update(NULL, id, installer->inf, NONINTERACTIVE, &reboot)) {
        log_line(&boot->log, L"%s has its driver now%s", id, reboot ? L" (after a restart)" : L"");
        if (reboot)
            boot->progress.reboot_wanted = 1;
        return TRUE;
    }
    error = GetLastError();
    if (error == (DWORD)ERROR_NO_SUCH_DEVINST || error == ERROR_NO_MORE_ITEMS)
        return TRUE;
    log_line(&boot->log, L"%s gets no driver: error 0x%x", id, error);
    return FALSE;
}

StepResult step_drivers(FirstBoot *boot)
{
    Installer installer = {.boot = boot};
    BOOL ok = TRUE, is_staged = FALSE, has_drivers = FALSE;

    if (!boot->is_wow64) {
        installer.copy =
            (SetupCopyOEMInfFunction)find_function(L"setupapi.dll", "SetupCopyOEMInfW");
        installer.update = (UpdateDriverFunction)find_function(
            L"newdev.dll", "UpdateDriverForPlugAndPlayDevicesW");
    }
    for (unsigned i = 0; i < boot->settings->count; i++) {
        const SettingsItem *item = &boot->settings->items[i];

        if (item->key != SETTINGS_DRIVER && item->key != SETTINGS_DEVICE)
            continue;
        if (service_is_stopped(boot))
            return STEP_STOPPED;
        if (!has_drivers)
            settle(boot);
        has_drivers = TRUE;
        if (item->key == SETTINGS_DRIVER) {
            Text text = TEXT_ON(installer.inf);

            text_format(&text, L"%s\\%a", boot->windows, item->value);
            is_staged = !text.is_cut && stage(&installer);
            ok = ok && is_staged;
        } else if (is_staged && !update(&installer, item->value)) {
            ok = FALSE;
        }
    }
    if (has_drivers)
        settle(boot);
    return ok ? STEP_OK : STEP_FAILED;
}
