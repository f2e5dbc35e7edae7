/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs the service runs. */
#ifndef WINDOWS_FIRSTBOOT_PROCESS_H
#define WINDOWS_FIRSTBOOT_PROCESS_H

#include "windows/firstboot/service.h"

typedef enum {
    PROCESS_EXITED,
    PROCESS_NOT_STARTED, /* said in the log */
    PROCESS_TIMED_OUT,   /* likewise; it was ended */
    PROCESS_STOPPED,     /* the service was told to end; it was ended */
} ProcessEnd;

/* program: full path. arguments: what follows it on the command line. Its output goes into the log
   line by line; it gets no input and no window, and boot->folder as its current folder. */
ProcessEnd process_run(FirstBoot *boot, const WCHAR *program, const WCHAR *arguments,
                       DWORD timeout_seconds, DWORD *ret_exit_code);
/* The same for a program of the native System32, "netsh.exe". */
ProcessEnd process_run_system(FirstBoot *boot, const WCHAR *name, const WCHAR *arguments,
                              DWORD timeout_seconds, DWORD *ret_exit_code);

/* msiexec; waits while another installation is going on. What it says besides success is in the
   log; a wanted restart is noted. TRUE: it is done, or was not needed; *ret_stopped: told to end.
 */
BOOL process_run_installer(FirstBoot *boot, const WCHAR *arguments, BOOL *ret_stopped);

#endif
