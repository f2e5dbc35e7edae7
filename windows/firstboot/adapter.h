/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network adapters as TCP/IP knows them. */
#ifndef WINDOWS_FIRSTBOOT_ADAPTER_H
#define WINDOWS_FIRSTBOOT_ADAPTER_H

#include "windows/firstboot/ip.h"
#include "windows/firstboot/platform.h"

#define ADAPTER_NAME_LENGTH 257

typedef struct {
    WCHAR name[ADAPTER_NAME_LENGTH]; /* of the connection */
    WCHAR guid[64];                  /* "{…}" */
    DWORD index;                     /* of the interface; changes with every start of Windows */
} Adapter;

/* mac: twelve hexadecimal digits. Of several (teams and bridges borrow the address of a member) the
   one that is a PCI device. FALSE: none, or none yet. */
BOOL adapter_find(const char *mac, Adapter *ret_adapter);
BOOL adapter_has_address(const Adapter *adapter, const Ip *ip);
/* Values of TCP/IP's key for the adapter, for what netsh cannot set everywhere; in force from the
   next start of Windows on. */
BOOL adapter_set_number(const Adapter *adapter, const WCHAR *name, DWORD number);
BOOL adapter_set_text(const Adapter *adapter, const WCHAR *name, const WCHAR *text);

#endif
