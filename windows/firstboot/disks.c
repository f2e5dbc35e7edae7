/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that Windows keeps offline or read-only because it meets them on a new bus are put to use.
   From Windows Server 2008 on; diskpart would do the same, with output in the system's language. */
#include "windows/firstboot/service.h"

#include <winioctl.h>

#define DISK_LIMIT 128u

/* winioctl.h of Windows 7 and later; XP and 2003 answer ERROR_INVALID_FUNCTION. */
#define GET_DISK_ATTRIBUTES CTL_CODE(IOCTL_DISK_BASE, 0x3c, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define SET_DISK_ATTRIBUTES                                                                        \
    CTL_CODE(IOCTL_DISK_BASE, 0x3d, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define ATTRIBUTE_OFFLINE 1u
#define ATTRIBUTE_READ_ONLY 2u

typedef struct {
    DWORD version, reserved;
    ULONGLONG attributes;
} DiskAttributes;

typedef struct {
    DWORD version;
    BYTE persist, reserved[3];
    ULONGLONG attributes, mask;
    DWORD reserved_too[4];
} NewDiskAttributes;

static BOOL bring_online(FirstBoot *boot, DWORD number, HANDLE disk)
{
    DiskAttributes now;
    NewDiskAttributes wanted;
    DWORD length = 0;

    memset(&now, 0, sizeof now);
    if (!DeviceIoControl(disk, GET_DISK_ATTRIBUTES, NULL, 0, &now, sizeof now, &length, NULL) ||
        length < sizeof now || !(now.attributes & (ATTRIBUTE_OFFLINE | ATTRIBUTE_READ_ONLY)))
        return TRUE;
    memset(&wanted, 0, sizeof wanted);
    wanted.version = sizeof wanted;
    wanted.persist = TRUE;
    wanted.mask = ATTRIBUTE_OFFLINE | ATTRIBUTE_READ_ONLY;
    if (!DeviceIoControl(disk, SET_DISK_ATTRIBUTES, &wanted, sizeof wanted, NULL, 0, &length,
                         NULL)) {
        log_line(&boot->log, L"disk %u stays offline: error %u", number, GetLastError());
        return FALSE;
    }
    (void)DeviceIoControl(disk, IOCTL_DISK_UPDATE_PROPERTIES, NULL, 0, NULL, 0, &length, NULL);
    log_line(&boot->log, L"disk %u is online now", number);
    return TRUE;
}

StepResult step_disks(FirstBoot *boot)
{
    BOOL ok = TRUE;

    if (!settings_get(boot->settings, SETTINGS_DISKS))
        return STEP_OK;
    for (DWORD i = 0; i < DISK_LIMIT && !service_is_stopped(boot); i++) {
        WCHAR name[40];
        Text text = TEXT_ON(name);
        HANDLE disk;

        text_format(&text, L"\\\\.\\PhysicalDrive%u", i);
        disk = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                           NULL, OPEN_EXISTING, 0, NULL);
        if (disk == INVALID_HANDLE_VALUE)
            continue;
        ok = bring_online(boot, i, disk) && ok;
        CloseHandle(disk);
    }
    return service_is_stopped(boot) ? STEP_STOPPED : ok ? STEP_OK : STEP_FAILED;
}
