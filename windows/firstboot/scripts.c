/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest agent's installer and the user's scripts. */
#include "windows/firstboot/files.h"
#include "windows/firstboot/process.h"

/* Nobody will press a key: a script that still runs then waits for one. */
#define SCRIPT_TIMEOUT_SECONDS (4u * 60 * 60)

StepResult step_agent(FirstBoot *boot)
{
    const char *name = settings_get(boot->settings, SETTINGS_AGENT);
    WCHAR path[MAX_PATH], arguments[MAX_PATH + 40];
    Text path_text = TEXT_ON(path), text = TEXT_ON(arguments);
    BOOL stopped;

    if (!name)
        return STEP_OK;
    text_format(&path_text, L"%s\\%a", boot->folder, name);
    if (path_text.is_cut || !file_exists(path)) {
        log_line(&boot->log, L"the guest agent's installer is not there: %a", name);
        return STEP_FAILED;
    }
    text_format(&text, L"/i \"%s\" /qn /norestart", path);
    if (process_run_installer(boot, arguments, &stopped))
        return STEP_OK;
    return stopped ? STEP_STOPPED : STEP_FAILED;
}

static BOOL is_powershell(const WCHAR *path, size_t length)
{
    return length > 4 && text_equals(path + length - 4, L".ps1");
}

static ProcessEnd run_script(FirstBoot *boot, const Text *path, DWORD *ret_code)
{
    WCHAR arguments[MAX_PATH + 100];
    Text text = TEXT_ON(arguments);

    if (is_powershell(path->buffer, path->length)) {
        text_format(&text, L"-NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"%s\"",
                    path->buffer);
        return process_run_system(boot, L"WindowsPowerShell\\v1.0\\powershell.exe", arguments,
                                  SCRIPT_TIMEOUT_SECONDS, ret_code);
    }
    /* cmd takes off the first and the last quote and leaves the others alone. */
    text_format(&text, L"/d /s /c \"\"%s\"\"", path->buffer);
    return process_run_system(boot, L"cmd.exe", arguments, SCRIPT_TIMEOUT_SECONDS, ret_code);
}

/* A script is moved away before it runs: whatever happens, it runs once. */
static StepResult take_script(FirstBoot *boot, const char *name)
{
    WCHAR waiting[MAX_PATH], done[MAX_PATH];
    Text waiting_text = TEXT_ON(waiting), done_text = TEXT_ON(done);
    DWORD code = 0;
    ProcessEnd end;

    text_format(&waiting_text, L"%s\\scripts\\%a", boot->folder, name);
    text_format(&done_text, L"%s\\done\\%a", boot->folder, name);
    if (waiting_text.is_cut || done_text.is_cut) {
        log_line(&boot->log, L"the name of the script is too long: %a", name);
        return STEP_FAILED;
    }
    if (!file_exists(waiting)) {
        if (file_exists(done))
            return STEP_OK;
        log_line(&boot->log, L"the script is not there: %a", name);
        return STEP_FAILED;
    }
    service_save_progress(boot);
    if (!MoveFileExW(waiting, done, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        log_line(&boot->log, L"%s cannot be moved to %s: error %u", waiting, done, GetLastError());
        return STEP_FAILED;
    }
    log_line(&boot->log, L"script %a", name);
    end = run_script(boot, &done_text, &code);
    if (end == PROCESS_STOPPED)
        return STEP_STOPPED;
    return end == PROCESS_EXITED && code == 0 ? STEP_OK : STEP_FAILED;
}

StepResult step_scripts(FirstBoot *boot)
{
    StepResult result = STEP_OK;
    WCHAR folder[MAX_PATH];
    Text text = TEXT_ON(folder);

    text_format(&text, L"%s\\done", boot->folder);
    if (!text.is_cut)
        (void)CreateDirectoryW(folder, NULL);
    for (unsigned i = 0; i < boot->settings->count; i++) {
        const SettingsItem *item = &boot->settings->items[i];
        StepResult script;

        if (item->key != SETTINGS_SCRIPT)
            continue;
        if (service_is_stopped(boot))
            return STEP_STOPPED;
        script = take_script(boot, item->value);
        if (script == STEP_STOPPED)
            return script;
        if (script == STEP_FAILED) {
            boot->progress.failed_steps |= 1u << boot->progress.step;
            result = STEP_FAILED;
        }
    }
    return result;
}
