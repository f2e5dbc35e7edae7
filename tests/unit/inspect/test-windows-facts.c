/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identity and state of Windows guests: rows of values, real hives, hostile ones. */
#include <string.h>

#include "base/bytes.h"
#include "inspect/windows_state.h"
#include "tests/unit/inspect/windows-test-guest.h"

#define SET "ControlSet001\\"
#define VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define WINDOWS "Microsoft\\Windows\\CurrentVersion\\"
#define POLICY "Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions"
/* 22 June 2022, as a real machine has it. */
#define SHUTDOWN "hex:cb2389275586d801"

/* One line of what identity rows set. */
static char *describe(const GuestWindows *facts)
{
    g_autofree char *languages = test_guest_join(facts->ui_languages);
    return g_strdup_printf("%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s", facts->release, facts->service_pack,
                           facts->install_date, facts->last_shutdown,
                           facts->is_domain_member ? "member" : "alone", facts->domain,
                           facts->workgroup, facts->install_language, languages, facts->hal,
                           facts->hypervisor);
}

/* Compared with what hivexget says of the same keys. */
static void test_real(void)
{
    static const struct {
        const char *system, *software, *expected;
    } rows[] = {
        {"win7sp1-x86-vmware/SYSTEM.xz", NULL,
         "(null)|Service Pack "
         "1|(null)|2012-04-04T01:58:40Z|alone|shieldbase.local|(null)|0409|en-US|"
         "(null)|(null)"},
        {"win10-2004-x64-vmware/SYSTEM.gz", NULL,
         "(null)|(null)|(null)|2022-06-22T16:28:50Z|alone|(null)|(null)|0409|en-US|(null)|VMware, "
         "Inc. VMware7,1"},
        {"win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz", NULL,
         "(null)|(null)|(null)|2020-04-19T09:08:44Z|alone|(null)|(null)|0409|en-US|(null)|VMware, "
         "Inc. VMware Virtual Platform"},
        {"nt4sp3-server/SYSTEM", "nt4sp3-server/SOFTWARE",
         "(null)|Service Pack "
         "3|2023-02-08T04:47:30Z|2023-02-07T21:13:48Z|alone|(null)|(null)|(null)|"
         "|(null)|(null)"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GBytes *system = test_guest_read_packed(rows[i].system);
        if (!system) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        test_guest_add_hive(test, "SYSTEM", system);
        if (rows[i].software)
            test_guest_add_hive(test, "SOFTWARE", test_guest_read_packed(rows[i].software));
        test_guest_inspect(test);
        g_autofree char *text = describe(&test->guest->windows_facts);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

typedef struct {
    const char *label;
    HiveRow system[8], software[8], security[4];
    const char *expected;
} IdentityRow;

/* A policy's string: lengths, offset of the characters. */
#define STRING_CORP "hex:080008000800000043004f0052005000"
#define SID "hex:010400000000000515000000010000000200000003000000"

static const IdentityRow identity_rows[] = {
    {"nothing",
     {{NULL}},
     {{NULL}},
     {{NULL}},
     "(null)|(null)|(null)|(null)|alone|(null)|(null)|(null)||(null)|(null)"},
    {"everything",
     {{SET "Control\\Windows", "ShutdownTime", SHUTDOWN},
      {SET "Control\\Windows", "CSDVersion", "dword:200"},
      {SET "Control\\Nls\\Language", "InstallLanguage", "0407"},
      {SET "Control\\MUI\\UILanguages\\de-DE", NULL, NULL},
      {SET "Control\\MUI\\UILanguages\\en-US", NULL, NULL},
      {SET "Control\\SystemInformation", "SystemManufacturer", "Microsoft Corporation"},
      {SET "Control\\SystemInformation", "SystemProductName", "Virtual Machine"}},
     {{VERSION, "ReleaseId", "2009"},
      {VERSION, "DisplayVersion", "21H2"},
      {VERSION, "CSDVersion", "Service Pack 2 "},
      {VERSION, "InstallDate", "dword:660d8137"}},
     {{"Policy\\PolPrDmN", "", STRING_CORP}, {"Policy\\PolPrDmS", "", SID}},
     "21H2|Service Pack 2 "
     "|2024-04-03T16:17:59Z|2022-06-22T16:28:50Z|member|CORP|(null)|0407|de-DE, "
     "en-US|(null)|Microsoft Corporation Virtual Machine"},
    {"a workgroup",
     {{SET "Services\\Tcpip\\Parameters", "NV Domain", "corp.example"}},
     {{NULL}},
     {{"Policy\\PolPrDmN", "", STRING_CORP}, {"Policy\\PolPrDmS", "", "hex:00000000"}},
     "(null)|(null)|(null)|(null)|alone|(null)|CORP|(null)||(null)|(null)"},
    {"wrong types and lengths",
     {{SET "Control\\Windows", "ShutdownTime", "hex:cb2389"},
      {SET "Control\\Windows", "CSDVersion", "dword:ffffffff"},
      {SET "Control\\Nls\\Language", "InstallLanguage", "dword:409"},
      {SET "Control\\SystemInformation", "SystemManufacturer", "hex:00"}},
     {{VERSION, "ReleaseId", "dword:7d9"},
      {VERSION, "InstallDate", "yesterday"},
      {VERSION, "CSDVersion", "multi:a|b"}},
     {{"Policy\\PolPrDmN", "", "hex:ffff08000800000043004f0052005000"},
      {"Policy\\PolPrDmS", "", "hex:02040000000000051500000001000000"}},
     "(null)|(null)|(null)|(null)|alone|(null)|(null)|(null)||(null)|(null)"},
    {"times that cannot be",
     {{SET "Control\\Windows", "ShutdownTime", "hex:ffffffffffffffff"}},
     {{VERSION, "InstallDate", "dword:1"}},
     {{"Policy\\PolPrDmN", "", "hex:080008000900000043004f0052005000"}},
     "(null)|(null)|(null)|(null)|alone|(null)|(null)|(null)||(null)|(null)"},
};

static void test_identity(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(identity_rows); i++) {
        const IdentityRow *row = &identity_rows[i];
        g_autoptr(TestGuest) test = test_guest_new(row->system, row->software);
        g_test_message("%s", row->label);
        test_guest_add_hive(test, "SECURITY", support_hive(row->security));
        test_guest_inspect(test);
        g_autofree char *text = describe(&test->guest->windows_facts);
        g_assert_cmpstr(text, ==, row->expected);
    }
}

/* HALs are chosen at installation up to 2003. */
static void test_hal(void)
{
    static const struct {
        const char *key, *ids, *expected_hal;
        gboolean expected_one_cpu, expected_no_acpi;
    } rows[] = {
        {"ACPI_HAL", "multi:acpiapic_mp", "acpiapic_mp", FALSE, FALSE},
        {"ACPI_HAL", "multi:ACPIPIC_UP", "acpipic_up", TRUE, FALSE},
        {"PCI_HAL", "multi:mps_mp", "mps_mp", FALSE, TRUE},
        {"PCI_HAL", "multi:e_isa_up|x", "e_isa_up", TRUE, TRUE},
        {"PCI_HAL", "text", NULL, FALSE, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *key = g_strdup_printf(SET "Enum\\Root\\%s\\0000", rows[i].key);
        const HiveRow system[] = {
            {SET "Control\\ProductOptions", "ProductType", "WinNT"},
            {key, "HardwareID", rows[i].ids},
            {NULL, NULL, NULL},
        };
        static const HiveRow software[] = {
            {VERSION, "ProductName", "Microsoft Windows XP"},
            {VERSION, "CurrentMajorVersionNumber", "dword:5"},
            {VERSION, "CurrentMinorVersionNumber", "dword:1"},
            {VERSION, "CurrentBuildNumber", "2600"},
            {NULL, NULL, NULL},
        };
        g_autoptr(TestGuest) test = test_guest_new(system, software);
        test_guest_inspect(test);
        g_assert_cmpstr(test->guest->windows_facts.hal, ==, rows[i].expected_hal);
        g_assert_cmpint(support_has_finding(test->findings, "windows-hal-one-cpu"), ==,
                        rows[i].expected_one_cpu);
        g_assert_cmpint(support_has_finding(test->findings, "windows-hal-no-acpi"), ==,
                        rows[i].expected_no_acpi);
        g_assert_true(support_has_finding(test->findings, "windows-activation"));
    }
}

typedef struct {
    HiveRow system[3], software[3];
    FileRow files[3];
    const char *expected_code; /* NULL: nothing is found */
} StateRow;

static const StateRow state_rows[] = {
    {{{NULL}}, {{NULL}}, {{NULL}}, NULL},
    {{{SET "Control\\Session Manager", "SetupExecute",
       "multi:C:\\Windows\\System32\\PoqExec.exe /display_progress"}},
     {{NULL}},
     {{NULL}},
     "windows-update-pending"},
    {{{SET "Control\\Session Manager", "SetupExecute", "multi:"},
      {SET "Control\\Session Manager", "PendingFileRenameOperations", "multi:\\??\\C:\\a|"}},
     {{NULL}},
     {{NULL}},
     NULL},
    {{{NULL}},
     {{WINDOWS "Component Based Servicing\\RebootPending", NULL, NULL}},
     {{NULL}},
     "windows-update-pending"},
    {{{NULL}},
     {{WINDOWS "Component Based Servicing\\PackagesPending\\KB1", NULL, NULL}},
     {{NULL}},
     "windows-update-pending"},
    {{{NULL}},
     {{WINDOWS "WindowsUpdate\\Auto Update\\RebootRequired", NULL, NULL}},
     {{NULL}},
     "windows-update-pending"},
    {{{NULL}}, {{NULL}}, {{"/Windows/WinSxS/pending.xml", "<"}}, "windows-update-pending"},
    {{{NULL}}, {{NULL}}, {{"/Windows/WinSxS/pending.xml", NULL}}, NULL},
    {{{NULL}}, {{POLICY, "DenyUnspecified", "dword:1"}}, {{NULL}}, "windows-device-policy"},
    {{{NULL}}, {{POLICY, "DenyUnspecified", "dword:0"}}, {{NULL}}, NULL},
    {{{SET "Services\\ClusSvc", "Start", "dword:2"}}, {{NULL}}, {{NULL}}, "windows-cluster"},
    {{{SET "Services\\ClusSvc", "Start", "dword:4"}}, {{NULL}}, {{NULL}}, NULL},
    {{{SET "Control\\ProductOptions", "ProductType", "LanmanNT"}},
     {{NULL}},
     {{NULL}},
     "windows-domain-controller"},
    {{{"Setup", "SystemSetupInProgress", "dword:1"}}, {{NULL}}, {{NULL}}, "windows-setup"},
    {{{SET "Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}\\0003\\PersistentTargets\\1",
       NULL, NULL}},
     {{NULL}},
     {{NULL}},
     "windows-iscsi"},
    {{{SET "Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}\\0003\\PersistentTargets", NULL,
       NULL}},
     {{NULL}},
     {{NULL}},
     NULL},
    {{{NULL}},
     {{VERSION "\\NetworkList\\Profiles\\{1}", "Category", "dword:1"}},
     {{NULL}},
     "windows-network-category"},
    {{{NULL}}, {{VERSION "\\NetworkList\\Profiles\\{1}", "Category", "dword:0"}}, {{NULL}}, NULL},
    {{{NULL}},
     {{WINDOWS "Setup\\State", "ImageState", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"}},
     {{NULL}},
     "windows-generalised"},
    {{{NULL}},
     {{NULL}},
     {{"/System Volume Information/{3808876b-c176-4e48-b7ae-04046e6cc752}", ""}},
     NULL},
    {{{NULL}},
     {{NULL}},
     {{"/System Volume Information/{1}{3808876B-C176-4E48-B7AE-04046E6CC752}", ""}},
     "windows-shadow-copies"},
    {{{NULL}},
     {{NULL}},
     {{"/Windows/System32/CodeIntegrity/SiPolicy.p7b", "policy"}},
     "windows-code-integrity"},
    {{{NULL}},
     {{NULL}},
     {{"/Windows/System32/CodeIntegrity/CIPolicies/Active/{1}.CIP", "policy"},
      {"/Windows/System32/CodeIntegrity/CIPolicies/Active/{2}.cip", "policy"}},
     "windows-code-integrity"},
    {{{NULL}},
     {{NULL}},
     {{"/Windows/System32/CodeIntegrity/CIPolicies/Active/readme.txt", "none"},
      {"/Windows/System32/CodeIntegrity/driver.stl", "none"}},
     NULL},
    {{{SET "Control", "PEFirmwareType", "dword:2"}},
     {{VERSION, "CurrentMajorVersionNumber", "dword:6"},
      {VERSION, "CurrentMinorVersionNumber", "dword:1"}},
     {{NULL}},
     "windows-uefi-vga"},
};

static void test_state(void)
{
    static const char *const codes[] = {
        "windows-update-pending", "windows-device-policy",     "windows-cluster",
        "windows-setup",          "windows-domain-controller", "windows-iscsi",
        "windows-generalised",    "windows-network-category",  "windows-shadow-copies",
        "windows-uefi-vga",       "windows-event-log-open",    "windows-code-integrity"};
    for (guint i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        const StateRow *row = &state_rows[i];
        g_autoptr(TestGuest) test = test_guest_new(row->system, row->software);
        support_add_files(test->fs, row->files);
        test_guest_inspect(test);
        for (guint j = 0; j < G_N_ELEMENTS(codes); j++) {
            gboolean expected = g_strcmp0(codes[j], row->expected_code) == 0;
            if (support_has_finding(test->findings, codes[j]) != expected)
                g_error("row %u: %s %s", i, codes[j], expected ? "is missing" : "is not expected");
        }
    }
}

static void test_event_log(void)
{
    static const struct {
        const char *magic;
        size_t magic_offset, flags_offset, length;
        uint32_t flags;
        GuestEventLog expected;
    } rows[] = {
        {"ElfFile", 0, 120, 128, 0, GUEST_EVENT_LOG_CLOSED},
        {"ElfFile", 0, 120, 128, 1, GUEST_EVENT_LOG_OPEN},
        {"ElfFile", 0, 120, 128, 3, GUEST_EVENT_LOG_OPEN},
        {"ElfFile", 0, 120, 123, 1, GUEST_EVENT_LOG_UNKNOWN},
        {"LfLe", 4, 36, 48, 8, GUEST_EVENT_LOG_CLOSED},
        {"LfLe", 4, 36, 48, 9, GUEST_EVENT_LOG_OPEN},
        {"LfLe", 4, 36, 39, 9, GUEST_EVENT_LOG_UNKNOWN},
        {"ElfChnk", 0, 120, 128, 1, GUEST_EVENT_LOG_UNKNOWN},
        {"", 0, 120, 0, 0, GUEST_EVENT_LOG_UNKNOWN},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t header[128] = {0};
        memcpy(header + rows[i].magic_offset, rows[i].magic, strlen(rows[i].magic));
        put_le32(header + rows[i].flags_offset, rows[i].flags);
        g_assert_cmpint(windows_event_log_state(header, rows[i].length), ==, rows[i].expected);

        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        g_autoptr(GBytes) file = g_bytes_new(header, rows[i].length);
        support_add_bytes(test->fs,
                          rows[i].magic_offset == 0 ? "/Windows/System32/winevt/Logs/System.evtx"
                                                    : "/Windows/System32/config/SysEvent.Evt",
                          file);
        test_guest_inspect(test);
        g_assert_cmpint(test->guest->windows_facts.event_log, ==, rows[i].expected);
        g_assert_cmpint(support_has_finding(test->findings, "windows-event-log-open"), ==,
                        rows[i].expected == GUEST_EVENT_LOG_OPEN);
    }
}

/* What is not needed to migrate may be damaged. */
static void test_damaged_hives(void)
{
    static const char *const names[] = {"SECURITY", "SAM"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        test_guest_add_hive(test, names[i], g_bytes_new("no hive", 7));
        test_guest_inspect(test);
        g_assert_true(support_has_finding(test->findings, "windows-hive-unreadable"));
    }
}

/* A real hive cut off in its middle, and one with other bytes in it: an error or facts, and never
   more. */
static void test_mutated(void)
{
    g_autoptr(GBytes) whole = test_guest_read_packed("win7sp1-x86-vmware/SYSTEM.xz");
    if (!whole) {
        g_test_skip("no test data");
        return;
    }
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (guint i = 0; i < 40; i++) {
        gsize size;
        uint8_t *data = g_bytes_unref_to_data(
            g_bytes_new(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole)), &size);
        if (i < 10)
            size = size / 10 * i;
        for (guint j = 0; i >= 10 && j < 2000; j++)
            data[g_rand_int_range(random, 4096, (gint32)size)] = (uint8_t)g_rand_int(random);
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        g_autoptr(GError) error = NULL;
        test_guest_add_hive(test, "SYSTEM", g_bytes_new_take(data, size));
        if (guest_inspect(test->set, NULL, test->findings, &test->guest, &error))
            g_assert_true(guest_read_lists(test->guest, test->findings, &error));
        else
            g_assert_nonnull(error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/windows-facts/real", test_real);
    g_test_add_func("/inspect/windows-facts/identity", test_identity);
    g_test_add_func("/inspect/windows-facts/hal", test_hal);
    g_test_add_func("/inspect/windows-facts/state", test_state);
    g_test_add_func("/inspect/windows-facts/event-log", test_event_log);
    g_test_add_func("/inspect/windows-facts/damaged-hives", test_damaged_hives);
    g_test_add_func("/inspect/windows-facts/mutated", test_mutated);
    return g_test_run();
}
