/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the steps of the service share, and what each of them does. */
#ifndef WINDOWS_FIRSTBOOT_SERVICE_H
#define WINDOWS_FIRSTBOOT_SERVICE_H

#include "windows/firstboot/log.h"
#include "windows/firstboot/settings.h"

typedef struct {
    WCHAR folder[MAX_PATH];  /* where the program and its files are */
    WCHAR windows[MAX_PATH]; /* %SystemRoot% */
    WCHAR system[MAX_PATH];  /* its native System32 */
    DWORD version;           /* see windows_version() */
    BOOL is_wow64;
    Settings *settings;
    Progress progress;
    Log log;
    HANDLE stop; /* event: the service has been told to end */
} FirstBoot;

typedef enum {
    STEP_OK,
    STEP_FAILED,  /* said in the log; the next step goes on all the same */
    STEP_STOPPED, /* told to end: to be begun again at the next start */
} StepResult;

/* Each can be begun again after it was interrupted anywhere. */
StepResult step_drivers(FirstBoot *boot);
StepResult step_network(FirstBoot *boot);
StepResult step_disks(FirstBoot *boot);
StepResult step_uninstall(FirstBoot *boot);
StepResult step_agent(FirstBoot *boot);
StepResult step_scripts(FirstBoot *boot);

/* Registry values that were for the first boot only, the service's files, the service itself. */
void finish_clean_up(FirstBoot *boot);
/* Restarts Windows; FALSE if it will not. */
BOOL finish_restart(void);

/* The step has come further, so that its next start is the first attempt again. */
void service_save_progress(FirstBoot *boot);
/* FALSE: told to end. */
BOOL service_wait(const FirstBoot *boot, DWORD milliseconds);
BOOL service_is_stopped(const FirstBoot *boot);

/* HKEY_LOCAL_MACHINE\path, never the 32-bit view of it; FALSE: not there. */
BOOL registry_open(const WCHAR *path, REGSAM access, HKEY *ret_key);
/* A string without its references expanded, always with NUL; FALSE: none, or too long for it. */
BOOL registry_read_string(HKEY key, const WCHAR *name, WCHAR *ret_text, DWORD capacity);
BOOL registry_read_dword(HKEY key, const WCHAR *name, DWORD *ret_number);

#endif
