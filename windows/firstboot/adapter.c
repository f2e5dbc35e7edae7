/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding a network adapter by its MAC address. iphlpapi is loaded when it is needed. */
/* clang-format off */
#include "windows/firstboot/platform.h"
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
/* clang-format on */
#include "windows/firstboot/adapter.h"
#include "windows/firstboot/service.h"

#define LIST_BYTES 16384u
#define LIST_LIMIT_BYTES (1u << 20)
#define NETWORK_CLASS                                                                              \
    L"SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"

typedef ULONG(WINAPI *GetAdaptersAddressesFunction)(ULONG family, ULONG flags, void *reserved,
                                                    IP_ADAPTER_ADDRESSES *list, ULONG *size);

/* Free with memory_free(); NULL: it could not be had. */
static IP_ADAPTER_ADDRESSES *list_adapters(void)
{
    GetAdaptersAddressesFunction function =
        (GetAdaptersAddressesFunction)find_function(L"iphlpapi.dll", "GetAdaptersAddresses");
    ULONG size = LIST_BYTES;

    while (function && size <= LIST_LIMIT_BYTES) {
        IP_ADAPTER_ADDRESSES *list = memory_new(size);
        ULONG error =
            function(AF_UNSPEC, GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST, NULL, list, &size);

        if (error == ERROR_SUCCESS)
            return list;
        memory_free(list);
        if (error != ERROR_BUFFER_OVERFLOW)
            break;
        size += LIST_BYTES; /* it may have grown meanwhile */
    }
    return NULL;
}

static BOOL has_mac(const IP_ADAPTER_ADDRESSES *adapter, const char *mac)
{
    if (adapter->IfType != IF_TYPE_ETHERNET_CSMACD || adapter->PhysicalAddressLength != 6)
        return FALSE;
    for (unsigned i = 0; i < 12; i++) {
        unsigned nibble = adapter->PhysicalAddress[i / 2] >> (i % 2 ? 0 : 4) & 0xf;
        char lower = (char)(mac[i] >= 'A' && mac[i] <= 'F' ? mac[i] - 'A' + 'a' : mac[i]);

        if ("0123456789abcdef"[nibble] != lower)
            return FALSE;
    }
    return TRUE;
}

static BOOL is_pci(const WCHAR *guid)
{
    WCHAR buffer[300];
    Text path = TEXT_ON(buffer);
    WCHAR instance[300];
    BOOL result = FALSE;
    HKEY key;

    text_format(&path, NETWORK_CLASS L"\\%s\\Connection", guid);
    if (path.is_cut || !registry_open(buffer, KEY_QUERY_VALUE, &key))
        return FALSE;
    if (registry_read_string(key, L"PnpInstanceID", instance, ARRAYSIZE(instance)))
        result = text_starts_with(instance, L"PCI\\");
    RegCloseKey(key);
    return result;
}

static BOOL copy(const IP_ADAPTER_ADDRESSES *adapter, Adapter *ret_adapter)
{
    Text name = TEXT_ON(ret_adapter->name);
    Text guid = TEXT_ON(ret_adapter->guid);

    text_format(&name, L"%s", adapter->FriendlyName ? adapter->FriendlyName : L"");
    text_format(&guid, L"%a", adapter->AdapterName);
    ret_adapter->index = adapter->IfIndex;
    return !name.is_cut && !guid.is_cut;
}

BOOL adapter_find(const char *mac, Adapter *ret_adapter)
{
    IP_ADAPTER_ADDRESSES *list = list_adapters();
    BOOL found = FALSE;

    for (const IP_ADAPTER_ADDRESSES *entry = list; entry; entry = entry->Next) {
        Adapter adapter;

        if (!has_mac(entry, mac) || !copy(entry, &adapter))
            continue;
        if (found && !is_pci(adapter.guid))
            continue;
        *ret_adapter = adapter;
        found = TRUE;
        if (is_pci(adapter.guid))
            break;
    }
    memory_free(list);
    return found;
}

static BOOL is_address(const SOCKET_ADDRESS *address, const Ip *ip)
{
    const BYTE *bytes = (const BYTE *)address->lpSockaddr;
    DWORD offset = ip->is_v6 ? 8 : 4,
          length = ip->is_v6 ? 16 : 4; /* in sockaddr_in6, sockaddr_in */

    return address->iSockaddrLength >= (int)(offset + length) &&
           address->lpSockaddr->sa_family == (ip->is_v6 ? AF_INET6 : AF_INET) &&
           memcmp(bytes + offset, ip->bytes, length) == 0;
}

BOOL adapter_has_address(const Adapter *adapter, const Ip *ip)
{
    IP_ADAPTER_ADDRESSES *list = list_adapters();
    BOOL found = FALSE;

    for (const IP_ADAPTER_ADDRESSES *entry = list; entry; entry = entry->Next) {
        WCHAR guid[64];
        Text text = TEXT_ON(guid);

        text_format(&text, L"%a", entry->AdapterName);
        if (!text_equals(guid, adapter->guid))
            continue;
        for (const IP_ADAPTER_UNICAST_ADDRESS *address = entry->FirstUnicastAddress; address;
             address = address->Next)
            found = found || is_address(&address->Address, ip);
    }
    memory_free(list);
    return found;
}

static BOOL set_value(const Adapter *adapter, const WCHAR *name, DWORD type, const void *data,
                      DWORD size)
{
    WCHAR buffer[300];
    Text path = TEXT_ON(buffer);
    BOOL ok;
    HKEY key;

    text_format(&path, L"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\%s",
                adapter->guid);
    if (path.is_cut || !registry_open(buffer, KEY_SET_VALUE, &key))
        return FALSE;
    ok = RegSetValueExW(key, name, 0, type, (const BYTE *)data, size) == ERROR_SUCCESS;
    RegCloseKey(key);
    return ok;
}

BOOL adapter_set_number(const Adapter *adapter, const WCHAR *name, DWORD number)
{
    return set_value(adapter, name, REG_DWORD, &number, sizeof number);
}

BOOL adapter_set_text(const Adapter *adapter, const WCHAR *name, const WCHAR *text)
{
    DWORD length = 0;

    while (text[length])
        length++;
    return set_value(adapter, name, REG_SZ, text, (length + 1) * (DWORD)sizeof *text);
}
