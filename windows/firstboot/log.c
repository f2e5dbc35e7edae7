/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log file and the serial port. */
#include "windows/firstboot/log.h"

/* A port that nobody reads may block; then it is given up. */
#define SERIAL_TIMEOUT_MILLISECONDS 2000

static HANDLE open_serial(void)
{
    HANDLE port =
        CreateFileW(L"\\\\.\\COM1", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    COMMTIMEOUTS timeouts;
    DCB settings;

    if (port == INVALID_HANDLE_VALUE)
        return port;
    memset(&settings, 0, sizeof settings);
    settings.DCBlength = sizeof settings;
    memset(&timeouts, 0, sizeof timeouts);
    timeouts.WriteTotalTimeoutConstant = SERIAL_TIMEOUT_MILLISECONDS;
    if (!GetCommState(port, &settings) || !SetCommTimeouts(port, &timeouts)) {
        CloseHandle(port);
        return INVALID_HANDLE_VALUE;
    }
    settings.BaudRate = CBR_115200;
    settings.ByteSize = 8;
    settings.Parity = NOPARITY;
    settings.StopBits = ONESTOPBIT;
    settings.fOutxCtsFlow = settings.fOutxDsrFlow = settings.fOutX = FALSE;
    (void)SetCommState(port, &settings); /* a virtual port does not care */
    return port;
}

void log_open(Log *log, const WCHAR *path)
{
    log->file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                            OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    log->serial = open_serial();
}

void log_close(Log *log)
{
    if (log->file != INVALID_HANDLE_VALUE)
        CloseHandle(log->file);
    if (log->serial != INVALID_HANDLE_VALUE)
        CloseHandle(log->serial);
    log->file = log->serial = INVALID_HANDLE_VALUE;
}

static void append_padded(Text *text, DWORD number, const WCHAR *after)
{
    text_format(text, number < 10 ? L"0%u%s" : L"%u%s", number, after);
}

static void append_time(Text *text)
{
    SYSTEMTIME now;

    GetSystemTime(&now);
    text_format(text, L"%u-", (DWORD)now.wYear);
    append_padded(text, now.wMonth, L"-");
    append_padded(text, now.wDay, L"T");
    append_padded(text, now.wHour, L":");
    append_padded(text, now.wMinute, L":");
    append_padded(text, now.wSecond, L"Z ");
}

void log_write(Log *log, const Text *line)
{
    WCHAR buffer[1100];
    Text text = TEXT_ON(buffer);
    char utf8[3 * ARRAYSIZE(buffer)];
    DWORD written;
    int length;

    append_time(&text);
    text_format(&text, L"%s\r\n", line->buffer);
    length =
        WideCharToMultiByte(CP_UTF8, 0, buffer, (int)text.length, utf8, sizeof utf8, NULL, NULL);
    if (length <= 0)
        return;
    if (log->file != INVALID_HANDLE_VALUE) {
        (void)WriteFile(log->file, utf8, (DWORD)length, &written, NULL);
        (void)FlushFileBuffers(log->file);
    }
    if (log->serial != INVALID_HANDLE_VALUE &&
        (!WriteFile(log->serial, utf8, (DWORD)length, &written, NULL) ||
         written != (DWORD)length)) {
        CloseHandle(log->serial);
        log->serial = INVALID_HANDLE_VALUE;
    }
}
