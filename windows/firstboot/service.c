/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first-boot service: does its steps in order, once each, across restarts, then leaves. */
#include "windows/firstboot/service.h"

#include "windows/firstboot/files.h"

#define SERVICE_NAME L"" SETTINGS_SERVICE_NAME
#define SETTINGS_FILE L"firstboot.ini"
#define STATE_FILE L"firstboot.state"
#define LOG_FILE L"firstboot.log"
/* A step that ends in a crash or in a restart this often is left out. */
#define ATTEMPTS_LIMIT 3u
#define STOP_HINT_MILLISECONDS 30000
/* In failed_steps, beside those of the table. */
#define SETTINGS_FAILED (1u << 31)

static const struct {
    const char *name;
    StepResult (*run)(FirstBoot *boot);
    BOOL in_safe_mode; /* what it takes to get out of there again */
} steps[] = {
    {"drivers", step_drivers, TRUE}, {"network", step_network, FALSE},
    {"disks", step_disks, TRUE},     {"uninstall", step_uninstall, FALSE},
    {"agent", step_agent, FALSE},    {"scripts", step_scripts, FALSE},
};

/* The service manager gives its callbacks nothing else to find this by. */
static struct {
    SERVICE_STATUS_HANDLE handle;
    FirstBoot boot;
    Settings settings;
} service;

BOOL service_wait(const FirstBoot *boot, DWORD milliseconds)
{
    return WaitForSingleObject(boot->stop, milliseconds) != WAIT_OBJECT_0;
}

BOOL service_is_stopped(const FirstBoot *boot)
{
    return !service_wait(boot, 0);
}

static BOOL path_in_folder(const FirstBoot *boot, const WCHAR *name, Text *path)
{
    text_format(path, L"%s\\%s", boot->folder, name);
    return !path->is_cut;
}

static void write_progress(const FirstBoot *boot)
{
    char text[PROGRESS_TEXT_BYTES];
    WCHAR path[MAX_PATH];
    Text path_text = TEXT_ON(path);
    size_t length = progress_format(&boot->progress, text);

    if (path_in_folder(boot, STATE_FILE, &path_text))
        (void)file_replace(path, text, (DWORD)length);
}

void service_save_progress(FirstBoot *boot)
{
    boot->progress.attempts = 0;
    write_progress(boot);
}

static void read_progress(FirstBoot *boot)
{
    WCHAR path[MAX_PATH];
    Text text = TEXT_ON(path);
    char *bytes;
    DWORD length;

    memset(&boot->progress, 0, sizeof boot->progress);
    if (!path_in_folder(boot, STATE_FILE, &text) ||
        !file_read(path, PROGRESS_TEXT_BYTES, &bytes, &length))
        return;
    if (!progress_parse(bytes, length, &boot->progress))
        log_line(&boot->log, L"the state file is damaged; all steps begin again");
    memory_free(bytes);
}

/* FALSE: there are none. The text stays allocated, the items point into it. */
static BOOL read_settings(FirstBoot *boot)
{
    WCHAR path[MAX_PATH];
    Text text = TEXT_ON(path);
    char *bytes;
    DWORD length;

    if (!path_in_folder(boot, SETTINGS_FILE, &text) ||
        !file_read(path, SETTINGS_LIMIT_BYTES, &bytes, &length))
        return FALSE;
    if (!settings_parse(bytes, length, boot->settings)) {
        log_line(&boot->log, L"%s is not a settings file", path);
        memory_free(bytes);
        return FALSE;
    }
    if (boot->settings->bad_lines > 0)
        log_line(&boot->log, L"%u lines of %s are left out, the first is line %u",
                 (DWORD)boot->settings->bad_lines, path, (DWORD)boot->settings->first_bad_line);
    return TRUE;
}

static BOOL find_folders(FirstBoot *boot)
{
    DWORD length = GetModuleFileNameW(NULL, boot->folder, ARRAYSIZE(boot->folder));
    Text system = TEXT_ON(boot->system);
    UINT windows = GetSystemWindowsDirectoryW(boot->windows, ARRAYSIZE(boot->windows));

    if (length == 0 || length >= ARRAYSIZE(boot->folder) || windows == 0 ||
        windows >= ARRAYSIZE(boot->windows))
        return FALSE;
    while (length > 0 && boot->folder[length] != L'\\')
        length--;
    boot->folder[length] = L'\0';
    boot->is_wow64 = is_wow64();
    boot->version = windows_version();
    text_format(&system, L"%s\\%s", boot->windows, boot->is_wow64 ? L"Sysnative" : L"System32");
    return !system.is_cut;
}

static BOOL is_safe_mode(void)
{
    HKEY key;

    if (!registry_open(L"SYSTEM\\CurrentControlSet\\Control\\SafeBoot\\Option", KEY_QUERY_VALUE,
                       &key))
        return FALSE;
    RegCloseKey(key);
    return TRUE;
}

/* Nothing is noted: the next normal start does all of it. */
static void run_safe_mode_steps(FirstBoot *boot)
{
    log_line(&boot->log, L"safe mode: only drivers and disks");
    for (unsigned i = 0; i < ARRAYSIZE(steps); i++) {
        if (steps[i].in_safe_mode && !service_is_stopped(boot))
            (void)steps[i].run(boot);
    }
}

/* FALSE: told to end. */
static BOOL run_steps(FirstBoot *boot)
{
    Progress *progress = &boot->progress;

    while (progress->step < ARRAYSIZE(steps)) {
        const char *name = steps[progress->step].name;
        StepResult result = STEP_FAILED;

        if (progress->attempts >= ATTEMPTS_LIMIT) {
            log_line(&boot->log, L"step %a did not come to an end %u times; it is left out", name,
                     progress->attempts);
        } else {
            progress->attempts++;
            write_progress(boot);
            log_line(&boot->log, L"step %a", name);
            result = steps[progress->step].run(boot);
        }
        if (result == STEP_STOPPED) {
            write_progress(boot);
            return FALSE;
        }
        if (result == STEP_FAILED)
            progress->failed_steps |= 1u << progress->step;
        progress->step++;
        progress->attempts = 0;
        write_progress(boot);
    }
    return TRUE;
}

/* The one line a host can wait for. */
static void log_end(FirstBoot *boot, BOOL restarts)
{
    WCHAR buffer[200];
    Text text = TEXT_ON(buffer);
    BOOL is_first = !(boot->progress.failed_steps & SETTINGS_FAILED);

    text_format(&text, L"drydock-firstboot-done status=%s",
                boot->progress.failed_steps ? L"failed" : L"ok");
    if (boot->progress.failed_steps & SETTINGS_FAILED)
        text_format(&text, L" steps=settings");
    for (unsigned i = 0; i < ARRAYSIZE(steps); i++) {
        if (!(boot->progress.failed_steps & 1u << i))
            continue;
        text_format(&text, L"%s%a", is_first ? L" steps=" : L",", steps[i].name);
        is_first = FALSE;
    }
    if (restarts)
        text_format(&text, L" restart=1");
    log_write(&boot->log, &text);
}

static void finish(FirstBoot *boot)
{
    BOOL restarts =
        boot->progress.reboot_wanted && settings_get(boot->settings, SETTINGS_REBOOT) != NULL;
    WCHAR path[MAX_PATH];
    Text text = TEXT_ON(path);

    finish_clean_up(boot);
    if (path_in_folder(boot, SETTINGS_FILE, &text))
        (void)file_delete(path);
    text_clear(&text);
    log_end(boot, restarts);
    if (path_in_folder(boot, STATE_FILE, &text))
        (void)file_delete(path);
    if (restarts && !finish_restart())
        log_line(&boot->log, L"cannot restart Windows: error %u", GetLastError());
}

static void run(FirstBoot *boot)
{
    WCHAR path[MAX_PATH];
    Text text = TEXT_ON(path);
    BOOL is_protected;

    if (!find_folders(boot) || !path_in_folder(boot, LOG_FILE, &text))
        return;
    is_protected = folder_protect(boot->folder);
    log_open(&boot->log, path);
    log_line(&boot->log, L"drydock-firstboot-start windows=%u.%u", boot->version >> 8,
             boot->version & 0xff);
    if (!is_protected)
        log_line(&boot->log, L"%s could not be protected", boot->folder);
    read_progress(boot);
    if (!read_settings(boot)) {
        log_line(&boot->log, L"there is nothing to do");
        /* Settings go when everything is done; the state goes last. */
        if (boot->progress.step < ARRAYSIZE(steps))
            boot->progress.failed_steps |= SETTINGS_FAILED;
    } else if (is_safe_mode()) {
        run_safe_mode_steps(boot);
        log_close(&boot->log);
        return;
    } else if (!run_steps(boot)) {
        log_line(&boot->log, L"stopped; goes on at the next start");
        log_close(&boot->log);
        return;
    }
    finish(boot);
    log_close(&boot->log);
}

static void report_state(DWORD state)
{
    SERVICE_STATUS status;

    memset(&status, 0, sizeof status);
    status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status.dwCurrentState = state;
    if (state == SERVICE_RUNNING)
        status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
    if (state == SERVICE_STOP_PENDING)
        status.dwWaitHint = STOP_HINT_MILLISECONDS;
    (void)SetServiceStatus(service.handle, &status);
}

static DWORD WINAPI handle_control(DWORD control, DWORD event, void *data, void *context)
{
    (void)event;
    (void)data;
    (void)context;
    if (control == SERVICE_CONTROL_INTERROGATE)
        return NO_ERROR;
    if (control != SERVICE_CONTROL_STOP && control != SERVICE_CONTROL_SHUTDOWN)
        return ERROR_CALL_NOT_IMPLEMENTED;
    report_state(SERVICE_STOP_PENDING);
    SetEvent(service.boot.stop);
    return NO_ERROR;
}

/* Reports itself running before it does anything: the service manager waits half a minute for that,
   and some steps take longer. */
static void WINAPI service_main(DWORD argument_count, LPWSTR *arguments)
{
    (void)argument_count;
    (void)arguments;
    service.boot.settings = &service.settings;
    service.boot.log.file = service.boot.log.serial = INVALID_HANDLE_VALUE;
    service.boot.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    service.handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME, handle_control, NULL);
    if (!service.handle)
        return;
    report_state(SERVICE_RUNNING);
    if (service.boot.stop)
        run(&service.boot);
    report_state(SERVICE_STOPPED);
}

/* Where the program begins; there is no C library to call main(). */
void first_boot_start(void);

void first_boot_start(void)
{
    WCHAR name[] = SERVICE_NAME;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};

    ExitProcess(StartServiceCtrlDispatcherW(table) ? NO_ERROR : GetLastError());
}
