/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services, applications, users and policies of Windows guests. */
#include <string.h>

#include "tests/unit/inspect/windows-test-guest.h"
#include "tests/unit/registry/hive-builder.h"

#define SERVICES "ControlSet001\\Services\\"
#define UNINSTALL "Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define PROFILES "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"
#define HISTORY "Microsoft\\Windows\\CurrentVersion\\Group Policy\\History\\"

static const char *shown(const char *text)
{
    return text ? text : "-";
}

static char *describe_services(const GPtrArray *services)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < services->len; i++) {
        const GuestWindowsService *service = g_ptr_array_index(services, i);
        g_string_append_printf(text, "%s|%s|%u|%u|%d|%s|%s|%s\n", service->name,
                               shown(service->display_name), service->type, service->start,
                               service->start_override, shown(service->image_path),
                               shown(service->group), shown(service->account));
    }
    return g_string_free(text, FALSE);
}

static char *describe_applications(const GPtrArray *applications)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < applications->len; i++) {
        const GuestWindowsApplication *application = g_ptr_array_index(applications, i);
        g_string_append_printf(text, "%s|%s|%s|%s|%s%s%s\n", application->key,
                               shown(application->name), shown(application->version),
                               shown(application->publisher), shown(application->uninstall),
                               application->is_32bit ? "|32" : "",
                               application->is_hidden ? "|hidden" : "");
    }
    return g_string_free(text, FALSE);
}

static char *describe_users(const GPtrArray *users)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < users->len; i++) {
        const GuestWindowsUser *user = g_ptr_array_index(users, i);
        g_string_append_printf(text, "%s|%s|%s%s\n", shown(user->name), shown(user->sid),
                               shown(user->profile), user->is_disabled ? "|disabled" : "");
    }
    return g_string_free(text, FALSE);
}

static void test_services(void)
{
    static const HiveRow system[] = {
        {SERVICES "vioscsi", "Type", "dword:1"},
        {SERVICES "vioscsi", "Start", "dword:3"},
        {SERVICES "vioscsi", "Group", "SCSI miniport"},
        {SERVICES "vioscsi", "ImagePath", "system32\\drivers\\vioscsi.sys"},
        {SERVICES "storahci", "Type", "dword:1"},
        {SERVICES "storahci", "Start", "dword:0"},
        {SERVICES "storahci\\StartOverride", "0", "dword:3"},
        {SERVICES "storahci\\StartOverride", "2", "dword:0"},
        {SERVICES "atapi", "Type", "dword:1"},
        {SERVICES "atapi", "Start", "dword:0"},
        {SERVICES "atapi\\StartOverride", "0", "never"},
        {SERVICES "Spooler", "Type", "dword:110"},
        {SERVICES "Spooler", "Start", "dword:2"},
        {SERVICES "Spooler", "DisplayName", "Print Spooler"},
        {SERVICES "Spooler", "ObjectName", "LocalSystem"},
        {SERVICES "Odd", "Type", "dword:10"},
        {SERVICES "Odd", "Start", "automatic"},
        {SERVICES "Settings\\Parameters", NULL, NULL},
        {NULL, NULL, NULL},
    };
    g_autoptr(TestGuest) test = test_guest_new(system, NULL);
    test_guest_inspect(test);
    g_autofree char *text = describe_services(test->guest->windows_facts.lists->services);
    g_assert_cmpstr(text, ==,
                    "atapi|-|1|0|-1|-|-|-\n"
                    "Spooler|Print Spooler|272|2|-1|-|-|LocalSystem\n"
                    "storahci|-|1|0|3|-|-|-\n"
                    "vioscsi|-|1|3|-1|system32\\drivers\\vioscsi.sys|SCSI miniport|-\n");
}

static void test_applications(void)
{
    static const HiveRow software[] = {
        {UNINSTALL "{AA}", "DisplayName", "VMware Tools"},
        {UNINSTALL "{AA}", "DisplayVersion", "12.3.5.22544099"},
        {UNINSTALL "{AA}", "Publisher", "VMware, Inc."},
        {UNINSTALL "{AA}", "UninstallString", "MsiExec.exe /I{AA}"},
        {UNINSTALL "AddressBook", NULL, NULL},
        {"WOW6432Node\\" UNINSTALL "7-Zip", "DisplayName", "7-Zip 22.01"},
        {"WOW6432Node\\" UNINSTALL "7-Zip", "SystemComponent", "dword:1"},
        {UNINSTALL "Odd", "DisplayName", "dword:1"},
        {NULL, NULL, NULL},
    };
    g_autoptr(TestGuest) test = test_guest_new(NULL, software);
    test_guest_inspect(test);
    g_autofree char *text = describe_applications(test->guest->windows_facts.lists->applications);
    g_assert_cmpstr(text, ==,
                    "Odd|-|-|-|-\n"
                    "7-Zip|7-Zip 22.01|-|-|-|32|hidden\n"
                    "{AA}|VMware Tools|12.3.5.22544099|VMware, Inc.|MsiExec.exe /I{AA}\n");
}

static void test_policies(void)
{
    static const HiveRow software[] = {
        {HISTORY "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}\\0", "DisplayName", "Local Group Policy"},
        {HISTORY "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}\\1", "DisplayName", "Servers"},
        {HISTORY "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}\\0", "DisplayName", "Servers"},
        {HISTORY "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}\\1", NULL, NULL},
        {NULL, NULL, NULL},
    };
    g_autoptr(TestGuest) test = test_guest_new(NULL, software);
    test_guest_inspect(test);
    g_autofree char *text = test_guest_join(test->guest->windows_facts.lists->policies);
    g_assert_cmpstr(text, ==, "Local Group Policy, Servers");
}

/* Names and numbers as hivexregedit shows them; the last twelve bytes of V and the word at 0x38 of F
   read by hand. */
static void test_real_users(void)
{
    static const struct {
        const char *file, *expected;
    } rows[] = {
        {"misc/SAM-win7.xz",
         "Administrator|S-1-5-21-1760460187-1592185332-161725925-500|-|disabled\n"
         "Guest|S-1-5-21-1760460187-1592185332-161725925-501|-|disabled\n"
         "Preston|S-1-5-21-1760460187-1592185332-161725925-1000|-\n"},
        {"misc/SAM-win8-2013",
         "Administrator|S-1-5-21-4070822719-3404542230-2541167049-500|-|disabled\n"
         "gold_administrator|S-1-5-21-4070822719-3404542230-2541167049-1001|-\n"
         "Guest|S-1-5-21-4070822719-3404542230-2541167049-501|-|disabled\n"},
        {"sam-server/win2008_32.SAM",
         "Administrator|S-1-5-21-589621100-4099512711-419229089-500|-\n"
         "Guest|S-1-5-21-589621100-4099512711-419229089-501|-|disabled\n"},
        {"sam-server/win2019_64.SAM",
         "Administrator|S-1-5-21-2466873999-1711635343-3190441946-500|-\n"
         "DefaultAccount|S-1-5-21-2466873999-1711635343-3190441946-503|-|disabled\n"
         "Guest|S-1-5-21-2466873999-1711635343-3190441946-501|-|disabled\n"
         "WDAGUtilityAccount|S-1-5-21-2466873999-1711635343-3190441946-504|-|disabled\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GBytes *sam = test_guest_read_packed(rows[i].file);
        if (!sam) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        test_guest_add_hive(test, "SAM", sam);
        test_guest_inspect(test);
        g_autofree char *text = describe_users(test->guest->windows_facts.lists->users);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

/* F is too short for its flags, V for a SID; profiles of a user, of somebody else, of a service. */
static void test_users(void)
{
    static const HiveRow sam[] = {
        {"SAM\\Domains\\Account", "V",
         "hex:00000000010400000000000515000000010000000200000003000000"},
        {"SAM\\Domains\\Account\\Users\\Names\\anna", "", "type:3e9"},
        {"SAM\\Domains\\Account\\Users\\Names\\bert", "", "type:3ea"},
        {"SAM\\Domains\\Account\\Users\\Names\\nobody", NULL, NULL},
        {"SAM\\Domains\\Account\\Users\\000003E9", "F", "hex:0100"},
        {NULL, NULL, NULL},
    };
    static const HiveRow software[] = {
        {PROFILES "S-1-5-18", "ProfileImagePath", "C:\\Windows\\system32\\config\\systemprofile"},
        {PROFILES "S-1-5-21-1-2-3-1001", "ProfileImagePath", "C:\\Users\\anna"},
        {PROFILES "S-1-5-21-7-8-9-1105", "ProfileImagePath", "C:\\Users\\carl.CORP"},
        {PROFILES "S-1-5-21-7-8-9-1106", "ProfileImagePath", "dword:1"},
        {NULL, NULL, NULL},
    };
    g_autoptr(TestGuest) test = test_guest_new(NULL, software);
    test_guest_add_hive(test, "SAM", support_hive(sam));
    test_guest_inspect(test);
    g_autofree char *text = describe_users(test->guest->windows_facts.lists->users);
    g_assert_cmpstr(text, ==,
                    "anna|S-1-5-21-1-2-3-1001|C:\\Users\\anna\n"
                    "bert|S-1-5-21-1-2-3-1002|-\n"
                    "nobody|-|-\n"
                    "-|S-1-5-21-7-8-9-1105|C:\\Users\\carl.CORP\n"
                    "-|S-1-5-21-7-8-9-1106|-\n");
}

/* Compared with what hivexget says of the same keys. */
static void test_real_services(void)
{
    static const struct {
        const char *file, *service;
        guint start;
        gint start_override;
    } rows[] = {
        {"win7sp1-x86-vmware/SYSTEM.xz", "LSI_SAS", 0, -1},
        {"win10-2004-x64-vmware/SYSTEM.gz", "storahci", 0, -1},
        {"win10-2004-x64-vmware/SYSTEM.gz", "atapi", 0, -1},
        {"win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz", "stornvme", 0, 3},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GBytes *hive = test_guest_read_packed(rows[i].file);
        if (!hive) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        test_guest_add_hive(test, "SYSTEM", hive);
        test_guest_inspect(test);
        const GPtrArray *services = test->guest->windows_facts.lists->services;
        gboolean found = FALSE;
        g_assert_cmpuint(services->len, >, 400);
        for (guint j = 0; j < services->len; j++) {
            const GuestWindowsService *service = g_ptr_array_index(services, j);
            if (!g_str_equal(service->name, rows[i].service))
                continue;
            found = TRUE;
            g_test_message("%s: %u, %d", service->name, service->start, service->start_override);
            g_assert_cmpuint(service->start, ==, rows[i].start);
            g_assert_cmpint(service->start_override, ==, rows[i].start_override);
        }
        g_assert_true(found);
    }
}

enum { MANY = 10000, LONG_TEXT = 300000 };

/* More services than are listed, each with a text as long as it gets. */
static void test_limits(void)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) rows = g_array_new(TRUE, TRUE, sizeof(HiveRow));
    g_autofree char *text = g_strnfill(LONG_TEXT, 'x');
    for (guint i = 0; i < MANY; i++) {
        char *key = g_strdup_printf(SERVICES "s%05u", i);
        g_ptr_array_add(names, key);
        const HiveRow own[] = {{key, "Type", "dword:10"}, {key, "Start", "dword:3"}};
        g_array_append_vals(rows, own, G_N_ELEMENTS(own));
    }
    const HiveRow with_text = {g_ptr_array_index(names, 0), "ImagePath", text};
    g_array_append_val(rows, with_text);
    const HiveRow software[] = {{UNINSTALL "a", "DisplayName", text}, {NULL, NULL, NULL}};
    g_autoptr(TestGuest) test = test_guest_new((const HiveRow *)(const void *)rows->data, software);
    test_guest_inspect(test);
    const GuestWindowsLists *lists = test->guest->windows_facts.lists;
    g_assert_cmpuint(lists->services->len, ==, GUEST_LIST_LIMIT);
    g_assert_true(support_has_finding(test->findings, "windows-list-cut"));
    const GuestWindowsService *service = g_ptr_array_index(lists->services, 0);
    g_assert_cmpuint(strlen(service->image_path), ==, GUEST_TEXT_LIMIT_BYTES);
    const GuestWindowsApplication *application = g_ptr_array_index(lists->applications, 0);
    g_assert_cmpuint(strlen(application->name), ==, GUEST_TEXT_LIMIT_BYTES);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    guest_to_json(test->guest, test->set, builder);
    g_autoptr(JsonNode) node = json_builder_get_root(builder);
    g_assert_nonnull(node);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/windows-lists/services", test_services);
    g_test_add_func("/inspect/windows-lists/applications", test_applications);
    g_test_add_func("/inspect/windows-lists/policies", test_policies);
    g_test_add_func("/inspect/windows-lists/real-users", test_real_users);
    g_test_add_func("/inspect/windows-lists/users", test_users);
    g_test_add_func("/inspect/windows-lists/real-services", test_real_services);
    g_test_add_func("/inspect/windows-lists/limits", test_limits);
    return g_test_run();
}
