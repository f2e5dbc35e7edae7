/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting programs, and putting what they say into the log. */
#include "windows/firstboot/process.h"

#define POLL_MILLISECONDS 100
/* Of one program; what comes after it is read and forgotten. */
#define OUTPUT_LIMIT_BYTES (1u << 20)
#define LINE_LIMIT_BYTES 900
#define COMMAND_LIMIT 2000

#define INSTALLER_TIMEOUT_SECONDS 900
#define INSTALLER_ATTEMPTS 20
#define INSTALLER_PAUSE_MILLISECONDS 30000

typedef struct {
    FirstBoot *boot;
    char line[LINE_LIMIT_BYTES];
    DWORD length, total;
} Output;

static void output_flush(Output *output)
{
    WCHAR wide[LINE_LIMIT_BYTES + 1];
    int length;

    if (output->length == 0)
        return;
    /* Console programs write in the OEM code page, newer ones sometimes in UTF-8. */
    length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, output->line, (int)output->length,
                                 wide, LINE_LIMIT_BYTES);
    if (length <= 0)
        length = MultiByteToWideChar(CP_OEMCP, 0, output->line, (int)output->length, wide,
                                     LINE_LIMIT_BYTES);
    output->length = 0;
    if (length <= 0)
        return;
    wide[length] = L'\0';
    for (int i = 0; i < length; i++) {
        if (wide[i] < 0x20 && wide[i] != L'\t')
            wide[i] = L'?';
    }
    log_line(&output->boot->log, L"  | %s", wide);
}

static void output_add(Output *output, const char *bytes, DWORD length)
{
    for (DWORD i = 0; i < length; i++) {
        if (output->total == OUTPUT_LIMIT_BYTES) {
            output_flush(output);
            log_line(&output->boot->log, L"  | (more output is left out)");
        }
        if (output->total <= OUTPUT_LIMIT_BYTES)
            output->total++;
        if (output->total > OUTPUT_LIMIT_BYTES)
            continue;
        if (bytes[i] == '\n' || bytes[i] == '\r' || output->length == LINE_LIMIT_BYTES)
            output_flush(output);
        if (bytes[i] != '\n' && bytes[i] != '\r')
            output->line[output->length++] = bytes[i];
    }
}

/* Looks before it reads: a program that was left running keeps the other end open. */
static BOOL output_read(Output *output, HANDLE pipe)
{
    char buffer[512];
    DWORD available = 0, length = 0;

    if (!PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL) || available == 0)
        return FALSE;
    if (!ReadFile(pipe, buffer, available < sizeof buffer ? available : sizeof buffer, &length,
                  NULL) ||
        length == 0)
        return FALSE;
    output_add(output, buffer, length);
    return TRUE;
}

static ProcessEnd wait_for(FirstBoot *boot, HANDLE process, HANDLE pipe, DWORD timeout_seconds)
{
    Output *output = memory_new(sizeof *output);
    DWORD start = GetTickCount();
    ProcessEnd end = PROCESS_EXITED;
    const HANDLE handles[] = {process, boot->stop};

    output->boot = boot;
    for (;;) {
        BOOL was_busy = output_read(output, pipe);
        DWORD woken = WaitForMultipleObjects(ARRAYSIZE(handles), handles, FALSE,
                                             was_busy ? 0 : POLL_MILLISECONDS);

        if (woken == WAIT_OBJECT_0)
            break;
        if (woken == WAIT_OBJECT_0 + 1)
            end = PROCESS_STOPPED;
        else if ((GetTickCount() - start) / 1000 >= timeout_seconds)
            end = PROCESS_TIMED_OUT;
        else
            continue;
        TerminateProcess(process, ERROR_PROCESS_ABORTED);
        WaitForSingleObject(process, 5000);
        break;
    }
    while (output->total < OUTPUT_LIMIT_BYTES && output_read(output, pipe))
        ;
    output_flush(output);
    memory_free(output);
    return end;
}

/* The ends that the child inherits: an empty input, and the writing end of *ret_pipe. */
static BOOL open_ends(HANDLE *ret_input, HANDLE *ret_output, HANDLE *ret_pipe)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};

    *ret_input = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                             OPEN_EXISTING, 0, NULL);
    if (*ret_input == INVALID_HANDLE_VALUE)
        return FALSE;
    if (!CreatePipe(ret_pipe, ret_output, &inheritable, 0)) {
        CloseHandle(*ret_input);
        return FALSE;
    }
    (void)SetHandleInformation(*ret_pipe, HANDLE_FLAG_INHERIT, 0);
    return TRUE;
}

static BOOL start(const FirstBoot *boot, const WCHAR *program, WCHAR *command, HANDLE *ret_process,
                  HANDLE *ret_pipe)
{
    PROCESS_INFORMATION process;
    STARTUPINFOW startup;
    BOOL ok;

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW;
    startup.wShowWindow = SW_HIDE;
    if (!open_ends(&startup.hStdInput, &startup.hStdOutput, ret_pipe))
        return FALSE;
    startup.hStdError = startup.hStdOutput;
    ok = CreateProcessW(program, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, boot->folder,
                        &startup, &process);
    CloseHandle(startup.hStdInput);
    CloseHandle(startup.hStdOutput);
    if (!ok) {
        CloseHandle(*ret_pipe);
        return FALSE;
    }
    CloseHandle(process.hThread);
    *ret_process = process.hProcess;
    return TRUE;
}

ProcessEnd process_run(FirstBoot *boot, const WCHAR *program, const WCHAR *arguments,
                       DWORD timeout_seconds, DWORD *ret_exit_code)
{
    WCHAR *command = memory_new(COMMAND_LIMIT * sizeof *command);
    Text text = {command, COMMAND_LIMIT, 0, FALSE};
    HANDLE process, pipe;
    ProcessEnd end = PROCESS_NOT_STARTED;

    text_format(&text, L"\"%s\" %s", program, arguments);
    log_line(&boot->log, L"running %s", command);
    if (text.is_cut) {
        log_line(&boot->log, L"not started: the command is too long");
    } else if (!start(boot, program, command, &process, &pipe)) {
        log_line(&boot->log, L"not started: error %u", GetLastError());
    } else {
        end = wait_for(boot, process, pipe, timeout_seconds);
        if (!GetExitCodeProcess(process, ret_exit_code))
            *ret_exit_code = ERROR_INVALID_HANDLE;
        CloseHandle(process);
        CloseHandle(pipe);
        if (end == PROCESS_EXITED)
            log_line(&boot->log, L"exit code %u", *ret_exit_code);
        else if (end == PROCESS_TIMED_OUT)
            log_line(&boot->log, L"ended after %u seconds", timeout_seconds);
        else
            log_line(&boot->log, L"ended, because the service has to stop");
    }
    memory_free(command);
    return end;
}

ProcessEnd process_run_system(FirstBoot *boot, const WCHAR *name, const WCHAR *arguments,
                              DWORD timeout_seconds, DWORD *ret_exit_code)
{
    WCHAR program[MAX_PATH];
    Text text = TEXT_ON(program);

    text_format(&text, L"%s\\%s", boot->system, name);
    return process_run(boot, program, arguments, timeout_seconds, ret_exit_code);
}

BOOL process_run_installer(FirstBoot *boot, const WCHAR *arguments, BOOL *ret_stopped)
{
    DWORD code = 0;

    *ret_stopped = FALSE;
    for (DWORD i = 0; i < INSTALLER_ATTEMPTS; i++) {
        ProcessEnd end =
            process_run_system(boot, L"msiexec.exe", arguments, INSTALLER_TIMEOUT_SECONDS, &code);

        if (end == PROCESS_STOPPED)
            *ret_stopped = TRUE;
        if (end != PROCESS_EXITED)
            return FALSE;
        if (code != ERROR_INSTALL_ALREADY_RUNNING && code != ERROR_INSTALL_SERVICE_FAILURE)
            break;
        if (!service_wait(boot, INSTALLER_PAUSE_MILLISECONDS)) {
            *ret_stopped = TRUE;
            return FALSE;
        }
    }
    if (code == ERROR_SUCCESS_REBOOT_REQUIRED || code == ERROR_SUCCESS_REBOOT_INITIATED)
        boot->progress.reboot_wanted = 1;
    return code == ERROR_SUCCESS || code == ERROR_SUCCESS_REBOOT_REQUIRED ||
           code == ERROR_SUCCESS_REBOOT_INITIATED || code == ERROR_UNKNOWN_PRODUCT ||
           code == ERROR_PRODUCT_VERSION;
}
