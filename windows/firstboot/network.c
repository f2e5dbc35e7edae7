/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Static addresses go to the adapter with the same MAC address as before.

   netsh, because one way serves XP to 11 and all editions: Plug and Play, TCP/IP and what else
   listens learn of the change at once, and it is still there after a restart. Writing the registry
   would need a restart, AddIPAddress does not persist, and the API that does both starts with Vista
   for IPv6 and is missing for DNS. Vista and later take the interface's index where XP wants the
   connection's name. */
#include "windows/firstboot/adapter.h"
#include "windows/firstboot/ip.h"
#include "windows/firstboot/process.h"

#define NETSH_TIMEOUT_SECONDS 120
#define DEFAULT_WAIT_SECONDS 180
#define POLL_MILLISECONDS 2000
#define COMMAND_LENGTH 1000

#define VISTA 0x0600u
#define WINDOWS_7 0x0601u

typedef struct {
    FirstBoot *boot;
    unsigned first, end; /* of its items */
    Adapter adapter;
    WCHAR name[ADAPTER_NAME_LENGTH + 2]; /* as netsh takes it */
    BOOL is_vista, is_stopped, ok;
    unsigned addresses_v4, dns_v4, dns_v6, wins; /* set so far */
} Connection;

static BOOL run(Connection *connection, const WCHAR *program, const Text *arguments)
{
    DWORD code = 0;
    ProcessEnd end;

    if (connection->is_stopped || arguments->is_cut)
        return FALSE;
    end = process_run_system(connection->boot, program, arguments->buffer, NETSH_TIMEOUT_SECONDS,
                             &code);
    if (end == PROCESS_STOPPED)
        connection->is_stopped = TRUE;
    return end == PROCESS_EXITED && code == 0;
}

static size_t narrow_length(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

static void append_mask(Text *text, unsigned prefix)
{
    DWORD mask = prefix == 0 ? 0 : 0xffffffffu << (32 - prefix);

    text_format(text, L"%u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff, mask & 0xff);
}

/* "192.0.2.5/24" without what follows the slash. */
static void append_host(Text *text, const char *value)
{
    size_t length = 0;

    while (value[length] && value[length] != '/')
        length++;
    text_append_utf8(text, value, length);
}

/* What netsh calls the family, and the tag of an address in it. */
static const WCHAR *family(const Connection *connection, const Ip *ip)
{
    return ip->is_v6 ? L"ipv6" : connection->is_vista ? L"ipv4" : L"ip";
}

static const WCHAR *address_tag(const Connection *connection)
{
    return connection->is_vista ? L"address" : L"addr";
}

static void add_address(Connection *connection, const char *value, const Ip *ip)
{
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);

    if (ip->is_v6) {
        text_format(&text, L"interface ipv6 add address interface=%s address=%a", connection->name,
                    value);
    } else {
        BOOL is_first = connection->addresses_v4++ == 0;

        text_format(&text, L"interface %s %s address name=%s%s %s=", family(connection, ip),
                    is_first ? L"set" : L"add", connection->name,
                    is_first ? L" source=static" : L"", address_tag(connection));
        append_host(&text, value);
        text_format(&text, L" mask=");
        append_mask(&text, ip->prefix);
    }
    (void)run(connection, L"netsh.exe", &text);
}

static void add_gateway(Connection *connection, const char *value, const Ip *ip)
{
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);

    if (ip->is_v6)
        text_format(&text, L"interface ipv6 add route prefix=::/0 interface=%s nexthop=%a",
                    connection->name, value);
    else
        text_format(&text, L"interface %s add address name=%s gateway=%a gwmetric=1",
                    family(connection, ip), connection->name, value);
    (void)run(connection, L"netsh.exe", &text);
}

/* Before 7 there was no check whether the server answers, and no word to do without it. XP sets no
   IPv6 server, it only adds. */
static void add_dns(Connection *connection, const char *value, const Ip *ip)
{
    unsigned *count = ip->is_v6 ? &connection->dns_v6 : &connection->dns_v4;
    const WCHAR *noun = connection->is_vista ? L"dnsservers" : L"dns";
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);

    if (++*count == 1 && (!ip->is_v6 || connection->is_vista))
        text_format(&text, L"interface %s set %s name=%s source=static %s=%a",
                    family(connection, ip), noun, connection->name, address_tag(connection), value);
    else if (ip->is_v6 && !connection->is_vista)
        text_format(&text, L"interface ipv6 add dns interface=%s address=%a index=%u",
                    connection->name, value, (DWORD)*count);
    else
        text_format(&text, L"interface %s add %s name=%s %s=%a index=%u", family(connection, ip),
                    noun, connection->name, address_tag(connection), value, (DWORD)*count);
    if (connection->boot->version >= WINDOWS_7)
        text_format(&text, L" validate=no");
    if (!run(connection, L"netsh.exe", &text))
        connection->ok = FALSE;
}

static void add_route(Connection *connection, const char *value)
{
    size_t gateway_length, destination_length = 0;
    const char *gateway;
    uint32_t metric;
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);
    Ip ip;

    if (!ip_parse_route(value, &ip, &gateway, &gateway_length, &metric))
        return;
    while (value[destination_length] != ' ')
        destination_length++;
    if (connection->is_vista || ip.is_v6) {
        text_format(&text, L"interface %s add route prefix=", ip.is_v6 ? L"ipv6" : L"ipv4");
        text_append_utf8(&text, value, destination_length);
        text_format(&text, L" interface=%s nexthop=", connection->name);
        text_append_utf8(&text, gateway, gateway_length);
        if (metric > 0)
            text_format(&text, L" metric=%u", metric);
        (void)run(connection, L"netsh.exe", &text);
        return;
    }
    text_format(&text, L"-p add ");
    append_host(&text, value);
    text_format(&text, L" mask ");
    append_mask(&text, ip.prefix);
    text_format(&text, L" ");
    text_append_utf8(&text, gateway, gateway_length);
    if (metric > 0)
        text_format(&text, L" metric %u", metric);
    (void)run(connection, L"route.exe", &text);
}

/* NetBIOS name servers. */
static void add_wins(Connection *connection, const char *value)
{
    const WCHAR *noun = connection->is_vista ? L"winsservers" : L"wins";
    const WCHAR *ip_family = connection->is_vista ? L"ipv4" : L"ip";
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);

    if (++connection->wins == 1)
        text_format(&text, L"interface %s set %s name=%s source=static %s=%a", ip_family, noun,
                    connection->name, address_tag(connection), value);
    else
        text_format(&text, L"interface %s add %s name=%s %s=%a index=%u", ip_family, noun,
                    connection->name, address_tag(connection), value, (DWORD)connection->wins);
    if (!run(connection, L"netsh.exe", &text))
        connection->ok = FALSE;
}

/* netsh of XP and 2003 knows neither; of the suffix none does. */
static void set_number(Connection *connection, SettingsKey key, const char *value)
{
    BOOL is_mtu = key == SETTINGS_MTU;
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);
    uint32_t number = 0;

    if (!ip_parse_number(value, narrow_length(value), &number))
        return;
    if (connection->is_vista) {
        text_format(&text,
                    is_mtu
                        ? L"interface ipv4 set subinterface interface=%s mtu=%u store=persistent"
                        : L"interface ipv4 set interface interface=%s metric=%u store=persistent",
                    connection->name, number);
        if (!run(connection, L"netsh.exe", &text))
            connection->ok = FALSE;
    } else if (!adapter_set_number(&connection->adapter, is_mtu ? L"MTU" : L"InterfaceMetric",
                                   number)) {
        log_line(&connection->boot->log, L"the %s could not be set", is_mtu ? L"MTU" : L"metric");
        connection->ok = FALSE;
    }
}

static void set_suffix(Connection *connection, const char *value)
{
    WCHAR buffer[ADAPTER_NAME_LENGTH];
    Text text = TEXT_ON(buffer);

    text_format(&text, L"%a", value);
    if (text.is_cut || !adapter_set_text(&connection->adapter, L"Domain", buffer)) {
        log_line(&connection->boot->log, L"the DNS suffix could not be set");
        connection->ok = FALSE;
    }
}

static void rename(Connection *connection, const char *value)
{
    WCHAR buffer[COMMAND_LENGTH];
    Text text = TEXT_ON(buffer);
    WCHAR wanted[ADAPTER_NAME_LENGTH];
    Text name = TEXT_ON(wanted);

    text_format(&name, L"%a", value);
    if (name.is_cut || text_equals(wanted, connection->adapter.name))
        return;
    text_format(&text, L"interface set interface name=\"%s\" newname=\"%s\"",
                connection->adapter.name, wanted);
    /* An adapter that is no longer there may still own the name: no reason to call it a failure. */
    (void)run(connection, L"netsh.exe", &text);
}

static void apply(Connection *connection, SettingsKey wanted)
{
    const Settings *settings = connection->boot->settings;

    for (unsigned i = connection->first; i < connection->end; i++) {
        const char *value = settings->items[i].value;
        Ip ip = {0};

        if (settings->items[i].key != wanted)
            continue;
        if (wanted == SETTINGS_ADDRESS) {
            if (ip_parse_with_prefix(value, narrow_length(value), &ip))
                add_address(connection, value, &ip);
        } else if (wanted == SETTINGS_ROUTE) {
            add_route(connection, value);
        } else if (wanted == SETTINGS_MTU || wanted == SETTINGS_METRIC) {
            set_number(connection, wanted, value);
        } else if (wanted == SETTINGS_WINS) {
            add_wins(connection, value);
        } else if (wanted == SETTINGS_DNS_SUFFIX) {
            set_suffix(connection, value);
        } else if (wanted == SETTINGS_CONNECTION_NAME) {
            rename(connection, value);
        } else if (ip_parse(value, narrow_length(value), &ip)) {
            if (wanted == SETTINGS_GATEWAY)
                add_gateway(connection, value, &ip);
            else
                add_dns(connection, value, &ip);
        }
    }
}

/* What counts is what the adapter has afterwards: an address that was there already makes netsh
   complain, and is fine. */
static void check_addresses(Connection *connection)
{
    const Settings *settings = connection->boot->settings;

    for (unsigned i = connection->first; i < connection->end; i++) {
        const char *value = settings->items[i].value;
        Ip ip;

        if (settings->items[i].key != SETTINGS_ADDRESS ||
            !ip_parse_with_prefix(value, narrow_length(value), &ip) ||
            adapter_has_address(&connection->adapter, &ip))
            continue;
        log_line(&connection->boot->log, L"%s does not have the address %a",
                 connection->adapter.name, value);
        connection->ok = FALSE;
    }
}

static BOOL configure(Connection *connection)
{
    static const SettingsKey order[] = {
        SETTINGS_ADDRESS, SETTINGS_GATEWAY,    SETTINGS_DNS,
        SETTINGS_WINS,    SETTINGS_DNS_SUFFIX, SETTINGS_ROUTE,
        SETTINGS_METRIC,  SETTINGS_MTU,        SETTINGS_CONNECTION_NAME};
    Text name = TEXT_ON(connection->name);

    if (connection->is_vista)
        text_format(&name, L"%u", connection->adapter.index);
    else
        text_format(&name, L"\"%s\"", connection->adapter.name);
    connection->ok = TRUE;
    for (unsigned i = 0; i < ARRAYSIZE(order); i++)
        apply(connection, order[i]);
    if (!connection->is_stopped)
        check_addresses(connection);
    return connection->ok;
}

/* The driver may just have been installed. */
static BOOL wait_for_adapter(FirstBoot *boot, const char *mac, Adapter *ret_adapter)
{
    const char *wait = settings_get(boot->settings, SETTINGS_WAIT);
    uint32_t seconds = DEFAULT_WAIT_SECONDS;
    DWORD start = GetTickCount();

    if (wait)
        (void)ip_parse_number(wait, narrow_length(wait), &seconds);
    while (!adapter_find(mac, ret_adapter)) {
        if ((GetTickCount() - start) / 1000 >= seconds || !service_wait(boot, POLL_MILLISECONDS))
            return FALSE;
    }
    return TRUE;
}

StepResult step_network(FirstBoot *boot)
{
    const Settings *settings = boot->settings;
    StepResult result = STEP_OK;

    for (unsigned i = 0, end; i < settings->count; i = end) {
        Connection *connection;

        end = i + 1;
        if (settings->items[i].key != SETTINGS_ADAPTER)
            continue;
        while (end < settings->count && settings->items[end].key >= SETTINGS_CONNECTION_NAME &&
               settings->items[end].key <= SETTINGS_ROUTE)
            end++;
        connection = memory_new(sizeof *connection);
        connection->boot = boot;
        connection->first = i + 1;
        connection->end = end;
        connection->is_vista = boot->version >= VISTA;
        if (!wait_for_adapter(boot, settings->items[i].value, &connection->adapter)) {
            log_line(&boot->log, L"no network adapter has the address %a",
                     settings->items[i].value);
            result = STEP_FAILED;
        } else {
            log_line(&boot->log, L"network adapter %a is %s", settings->items[i].value,
                     connection->adapter.name);
            if (!configure(connection))
                result = STEP_FAILED;
        }
        memory_free(connection);
        if (service_is_stopped(boot))
            return STEP_STOPPED;
    }
    return result;
}
