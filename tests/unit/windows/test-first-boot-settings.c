/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the first-boot service makes of the files it reads: good ones, hostile ones, mutated ones.
 */
#include <glib.h>
#include <string.h>

#include "windows/firstboot/ip.h"
#include "windows/firstboot/settings.h"

static const char sample[] =
    "drydock-first-boot 1\r\n"
    "# a comment\r\n"
    "\r\n"
    "set-dword=SYSTEM\\ControlSet001\\Services\\partmgr\\Parameters|SanPolicy|2\r\n"
    "delete-value=SOFTWARE\\Policies\\Microsoft\\Windows\\DeviceInstall\\Settings|"
    "SuppressNewHWUI\r\n"
    "delete-key=SYSTEM\\ControlSet001\\Control\\SafeBoot\\Minimal\\DrydockFirstBoot\r\n"
    "reboot=when-wanted\r\n"
    "wait=60\r\n"
    "uninstall=tools\r\n"
    "disks=online\r\n"
    "driver=Drivers\\VirtIO\\netkvm\\netkvm.inf\r\n"
    "device=PCI\\VEN_1AF4&DEV_1000&SUBSYS_00011AF4&REV_00\r\n"
    "adapter=000c29661aa2\r\n"
    "connection-name=LAN-Verbindung f\xc3\xbcr alle\r\n"
    "address=192.0.2.5/24\r\n"
    "address=2001:db8::5/64\r\n"
    "gateway=192.0.2.1\r\n"
    "dns=192.0.2.53\r\n"
    "wins=192.0.2.60\r\n"
    "dns-suffix=corp.example\r\n"
    "metric=10\r\n"
    "mtu=1400\r\n"
    "route=198.51.100.0/24 192.0.2.254 5\r\n"
    "agent=agent\\qemu-ga-x86_64.msi\r\n"
    "script=0001-set up.cmd\r\n";

static Settings *parse(const char *text, gsize length, bool *ret_ok, char **ret_buffer)
{
    Settings *settings = g_new(Settings, 1);

    *ret_buffer = g_malloc(length + 1); /* so that the next byte is one too far */
    memcpy(*ret_buffer, text, length);
    *ret_ok = settings_parse(*ret_buffer, length, settings);
    return settings;
}

static void test_sample(void)
{
    g_autofree char *buffer = NULL;
    bool ok;
    g_autofree Settings *settings = parse(sample, strlen(sample), &ok, &buffer);

    g_assert_true(ok);
    g_assert_cmpuint(settings->bad_lines, ==, 0);
    g_assert_cmpuint(settings->count, ==, 22);
    g_assert_cmpstr(settings_get(settings, SETTINGS_WAIT), ==, "60");
    g_assert_cmpstr(settings_get(settings, SETTINGS_CONNECTION_NAME), ==,
                    "LAN-Verbindung f\xc3\xbcr alle");
    g_assert_cmpstr(settings_get(settings, SETTINGS_ADDRESS), ==, "192.0.2.5/24");
    g_assert_cmpstr(settings_get(settings, SETTINGS_SCRIPT), ==, "0001-set up.cmd");
    g_assert_cmpint(settings->items[settings->count - 1].key, ==, SETTINGS_SCRIPT);
}

#define HEADER "drydock-first-boot 1\n"

static void test_hostile(void)
{
    static const struct {
        const char *text;
        gsize length; /* 0: of the text */
        bool ok;
        unsigned count, bad_lines, first_bad_line;
    } rows[] = {
        {"", 0, false, 0, 0, 0},
        {"\n", 0, false, 0, 0, 0},
        {"drydock-first-boot 2\n", 0, false, 0, 0, 0},
        {"drydock-first-boot 1 \n", 0, false, 0, 0, 0},
        {"reboot=when-wanted\n" HEADER, 0, false, 0, 0, 0},
        {"drydock-first-boot 1", 0, true, 0, 0, 0},
        {HEADER "wait=1", 0, true, 1, 0, 0},
        {HEADER "wait=1\r", 0, true, 1, 0, 0},
        {HEADER "wait\nwait=\n=\nwait=1=2\nWAIT=1\n wait=1\nwait=1\n", 0, true, 1, 6, 2},
        {HEADER "wait=1\0\nwait=2\n", sizeof HEADER - 1 + 15, true, 1, 1, 2},
        {HEADER "nonsense=1\n\n#x=1\nscript=../evil.cmd\n", 0, true, 0, 2, 2},
        {"\xff\xfe" HEADER, 0, false, 0, 0, 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *buffer = NULL;
        bool ok;
        g_autofree Settings *settings = parse(
            rows[i].text, rows[i].length ? rows[i].length : strlen(rows[i].text), &ok, &buffer);

        g_test_message("row %u", i);
        g_assert_cmpint(ok, ==, rows[i].ok);
        g_assert_cmpuint(settings->count, ==, rows[i].count);
        g_assert_cmpuint(settings->bad_lines, ==, rows[i].bad_lines);
        g_assert_cmpuint(settings->first_bad_line, ==, rows[i].first_bad_line);
    }
}

static void test_limits(void)
{
    g_autoptr(GString) many = g_string_new(HEADER);
    g_autofree char *large = g_strnfill(SETTINGS_LIMIT_BYTES + 1, '#');
    g_autofree char *buffer = NULL, *large_buffer = NULL;
    g_autofree Settings *settings = NULL, *none = NULL;
    bool ok;

    for (guint i = 0; i < SETTINGS_ITEMS_LIMIT + 5; i++)
        g_string_append(many, "wait=1\n");
    settings = parse(many->str, many->len, &ok, &buffer);
    g_assert_true(ok);
    g_assert_cmpuint(settings->count, ==, SETTINGS_ITEMS_LIMIT);
    g_assert_cmpuint(settings->bad_lines, ==, 5);
    g_assert_cmpuint(settings->first_bad_line, ==, SETTINGS_ITEMS_LIMIT + 2);
    none = parse(large, SETTINGS_LIMIT_BYTES + 1, &ok, &large_buffer);
    g_assert_false(ok);
    g_assert_cmpuint(none->count, ==, 0);
}

/* Whatever comes out of a damaged file is as valid as if it had been written so. */
static void test_mutated(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20);

    for (guint round = 0; round < 4000; round++) {
        gsize length = (gsize)g_rand_int_range(random, 0, sizeof sample);
        g_autofree char *text = g_strndup(sample, length);
        g_autofree char *buffer = NULL;
        g_autofree Settings *settings = NULL;
        bool ok;

        for (guint i = 0; length > 0 && i < 1 + round % 8; i++)
            text[g_rand_int_range(random, round % 2 ? 22 : 0, MAX(23, (gint32)length)) %
                 (gint32)length] = (char)g_rand_int_range(random, 0, 256);
        settings = parse(text, length, &ok, &buffer);
        for (unsigned i = 0; ok && i < settings->count; i++)
            g_assert_true(
                settings_value_is_valid(settings->items[i].key, settings->items[i].value));
    }
}

static void test_values(void)
{
    g_autofree char *long_name = g_strnfill(256, 'a');
    g_autofree char *long_path = g_strnfill(SETTINGS_VALUE_LIMIT_BYTES + 1, 'a');
    g_autofree char *most_path = g_strdup_printf("%.200s\\%.199s", long_path, long_path);
    const struct {
        SettingsKey key;
        const char *value;
        bool ok;
    } rows[] = {
        {SETTINGS_DRIVER, "a.inf", true},
        {SETTINGS_DRIVER, "a\\b\\c.inf", true},
        {SETTINGS_DRIVER, "\\a.inf", false},
        {SETTINGS_DRIVER, "a\\\\b", false},
        {SETTINGS_DRIVER, "a\\", false},
        {SETTINGS_DRIVER, "a\\..\\b", false},
        {SETTINGS_DRIVER, ".", false},
        {SETTINGS_DRIVER, "c:\\a.inf", false},
        {SETTINGS_DRIVER, "a/b", false},
        {SETTINGS_DRIVER, "a\" /x \"b", false},
        {SETTINGS_DRIVER, "", false},
        {SETTINGS_DRIVER, most_path, true},
        {SETTINGS_DRIVER, long_path, false},
        {SETTINGS_SCRIPT, "a\\b.cmd", false},
        {SETTINGS_SCRIPT, "a.cmd ", false},
        {SETTINGS_SCRIPT, "a&b.cmd", true},
        {SETTINGS_SCRIPT, "%PATH%.cmd", false},
        {SETTINGS_CONNECTION_NAME, "Local Area Connection 2", true},
        {SETTINGS_CONNECTION_NAME, "Evil\" store=active", false},
        {SETTINGS_CONNECTION_NAME, "two\tlines", false},
        {SETTINGS_CONNECTION_NAME, long_name, false},
        {SETTINGS_DEVICE, "PCI\\VEN_1AF4&DEV_1000", true},
        {SETTINGS_DEVICE, "a b", false},
        {SETTINGS_DEVICE, "", false},
        {SETTINGS_ADAPTER, "000C29661Aa2", true},
        {SETTINGS_ADAPTER, "00:0c:29:66:1a:a2", false},
        {SETTINGS_ADAPTER, "000c29661aa", false},
        {SETTINGS_ADAPTER, "000c29661aa22", false},
        {SETTINGS_WINS, "192.0.2.60", true},
        {SETTINGS_WINS, "2001:db8::1", false},
        {SETTINGS_DNS_SUFFIX, "corp.example", true},
        {SETTINGS_DNS_SUFFIX, "_msdcs.corp-1.example", true},
        {SETTINGS_DNS_SUFFIX, "", false},
        {SETTINGS_DNS_SUFFIX, ".example", false},
        {SETTINGS_DNS_SUFFIX, "corp..example", false},
        {SETTINGS_DNS_SUFFIX, "corp.example.", false},
        {SETTINGS_DNS_SUFFIX, "corp example", false},
        {SETTINGS_DNS_SUFFIX, "a\"b", false},
        {SETTINGS_METRIC, "0", false},
        {SETTINGS_METRIC, "9999", true},
        {SETTINGS_METRIC, "10000", false},
        {SETTINGS_MTU, "575", false},
        {SETTINGS_MTU, "576", true},
        {SETTINGS_MTU, "65536", false},
        {SETTINGS_WAIT, "0", true},
        {SETTINGS_WAIT, "3601", false},
        {SETTINGS_WAIT, "-1", false},
        {SETTINGS_ROUTE, "0.0.0.0/0 192.0.2.1", true},
        {SETTINGS_ROUTE, "2001:db8::/32 fe80::1 9999", true},
        {SETTINGS_ROUTE, "2001:db8::/32 192.0.2.1", false},
        {SETTINGS_ROUTE, "192.0.2.0/24", false},
        {SETTINGS_ROUTE, "192.0.2.0/24 ", false},
        {SETTINGS_ROUTE, "192.0.2.0/24  192.0.2.1", false},
        {SETTINGS_ROUTE, "192.0.2.0/24 192.0.2.1 ", false},
        {SETTINGS_ROUTE, "192.0.2.0/24 192.0.2.1 0", false},
        {SETTINGS_ROUTE, "192.0.2.0/24 192.0.2.1 1 & calc", false},
        {SETTINGS_SET_DWORD, "A\\B|C|4294967295", true},
        {SETTINGS_SET_DWORD, "A\\B|C|4294967296", false},
        {SETTINGS_SET_DWORD, "A\\B|C", false},
        {SETTINGS_SET_DWORD, "|C|1", false},
        {SETTINGS_SET_DWORD, "A\\|C|1", false},
        {SETTINGS_DELETE_VALUE, "A\\B|C", true},
        {SETTINGS_DELETE_VALUE, "A\\B|", false},
        {SETTINGS_DELETE_VALUE, "A\\B|C|1", false},
        {SETTINGS_DELETE_KEY, "SYSTEM\\X\\DrydockFirstBoot", true},
        {SETTINGS_DELETE_KEY, "SYSTEM\\X\\Tcpip", false},
        {SETTINGS_DELETE_KEY, "\\DrydockFirstBoot", false},
        {SETTINGS_DELETE_KEY, "SYSTEM", false},
        {SETTINGS_REBOOT, "always", false},
        {SETTINGS_DISKS, "offline", false},
        {SETTINGS_UNINSTALL, "everything", false},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s=%.60s", settings_key_name(rows[i].key), rows[i].value);
        g_assert_cmpint(settings_value_is_valid(rows[i].key, rows[i].value), ==, rows[i].ok);
    }
}

static void test_addresses(void)
{
    static const struct {
        const char *text;
        const char *bytes; /* NULL: none */
        unsigned prefix;
    } rows[] = {
        {"192.0.2.5", "c0000205", 32},
        {"0.0.0.0", "00000000", 32},
        {"255.255.255.255", "ffffffff", 32},
        {"256.0.0.1", NULL, 0},
        {"1.2.3", NULL, 0},
        {"1.2.3.4.", NULL, 0},
        {"1.2.3.4.5", NULL, 0},
        {"1..3.4", NULL, 0},
        {"01.2.3.4", NULL, 0},
        {"1.2.3.4 ", NULL, 0},
        {"", NULL, 0},
        {"::", "00000000000000000000000000000000", 128},
        {"::1", "00000000000000000000000000000001", 128},
        {"1::", "00010000000000000000000000000000", 128},
        {"fe80::1:2", "fe800000000000000000000000010002", 128},
        {"1:2:3:4:5:6:7:8", "00010002000300040005000600070008", 128},
        {"1:2:3:4:5:6:7::", "00010002000300040005000600070000", 128},
        {"::ffff:192.0.2.5", "00000000000000000000ffffc0000205", 128},
        {"1:2:3:4:5:6:192.0.2.5", "000100020003000400050006c0000205", 128},
        {"ABCD:ef01::", "abcdef01000000000000000000000000", 128},
        {":", NULL, 0},
        {":::", NULL, 0},
        {"1:2", NULL, 0},
        {"1:2:3:4:5:6:7:8:9", NULL, 0},
        {"1:2:3:4:5:6:7::8", NULL, 0},
        {"1::2::3", NULL, 0},
        {":1::", NULL, 0},
        {"1:::2", NULL, 0},
        {"12345::", NULL, 0},
        {"g::", NULL, 0},
        {"::1%eth0", NULL, 0},
        {"::1:", NULL, 0},
        {"1:2:3:4:5:6:7:192.0.2.5", NULL, 0},
        {"::192.0.2", NULL, 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        /* A copy of the exact size, so that reading on is noticed. */
        gsize length = strlen(rows[i].text);
        g_autofree char *text = g_memdup2(rows[i].text, MAX(length, 1));
        g_autoptr(GString) bytes = g_string_new(NULL);
        Ip ip;
        bool ok = ip_parse(text, length, &ip);

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(ok, ==, rows[i].bytes != NULL);
        for (guint j = 0; ok && j < (ip.is_v6 ? 16u : 4u); j++)
            g_string_append_printf(bytes, "%02x", ip.bytes[j]);
        if (ok) {
            g_assert_cmpstr(bytes->str, ==, rows[i].bytes);
            g_assert_cmpuint(ip.prefix, ==, rows[i].prefix);
        }
    }
}

static void test_prefixes(void)
{
    static const struct {
        const char *text;
        int prefix; /* -1: none */
    } rows[] = {
        {"192.0.2.5/24", 24},   {"192.0.2.5/0", 0},    {"192.0.2.5/32", 32},
        {"192.0.2.5/33", -1},   {"192.0.2.5/", -1},    {"192.0.2.5", -1},
        {"::1/128", 128},       {"::1/129", -1},       {"/24", -1},
        {"192.0.2.5/2 4", -1},  {"::1/64/64", -1},     {"::1/+1", -1},
        {"::1/4294967297", -1}, {"192.0.2.5/024", 24},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Ip ip;
        bool ok = ip_parse_with_prefix(rows[i].text, strlen(rows[i].text), &ip);

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(ok ? (int)ip.prefix : -1, ==, rows[i].prefix);
    }
}

static void test_progress(void)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"0 0 0 0\n", true},
        {"31 4294967295 4294967295 1\n", true},
        {"32 0 0 0\n", false},
        {"0 0 0 2\n", false},
        {"0 0 0 0", false},
        {"0 0 0\n", false},
        {"", false},
        {"\n", false},
        {"0 0 0 0\n\n", false},
        {"0 0 0 0 0\n", false},
        {"a 0 0 0\n", false},
        {" 0 0 0 0\n", false},
        {"0 0 -1 0\n", false},
        {"0 0 4294967296 0\n", false},
        {"0  0 0 0\n", false},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Progress progress;
        char again[PROGRESS_TEXT_BYTES + 1];

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(progress_parse(rows[i].text, strlen(rows[i].text), &progress), ==,
                        rows[i].ok);
        if (rows[i].ok) {
            gsize length = progress_format(&progress, again);

            again[length] = '\0';
            g_assert_cmpstr(again, ==, rows[i].text);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/first-boot-settings/sample", test_sample);
    g_test_add_func("/first-boot-settings/hostile", test_hostile);
    g_test_add_func("/first-boot-settings/limits", test_limits);
    g_test_add_func("/first-boot-settings/mutated", test_mutated);
    g_test_add_func("/first-boot-settings/values", test_values);
    g_test_add_func("/first-boot-settings/addresses", test_addresses);
    g_test_add_func("/first-boot-settings/prefixes", test_prefixes);
    g_test_add_func("/first-boot-settings/progress", test_progress);
    return g_test_run();
}
