/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened, for people and for the host: one UTF-8 file, and the same lines on the first
   serial port where that can be opened. */
#ifndef WINDOWS_FIRSTBOOT_LOG_H
#define WINDOWS_FIRSTBOOT_LOG_H

#include "windows/firstboot/text.h"

typedef struct {
    HANDLE file, serial; /* INVALID_HANDLE_VALUE: not open */
} Log;

/* Appends to path. Nothing in here can fail in a way that stops the service. */
void log_open(Log *log, const WCHAR *path);
void log_close(Log *log);
/* A line with the time (UTC) in front; formats like text_format(). */
#define log_line(log, ...)                                                                         \
    do {                                                                                           \
        WCHAR log_line_buffer[1024];                                                               \
        Text log_line_text = TEXT_ON(log_line_buffer);                                             \
        text_format(&log_line_text, __VA_ARGS__);                                                  \
        log_write(log, &log_line_text);                                                            \
    } while (0)
void log_write(Log *log, const Text *line);

#endif
