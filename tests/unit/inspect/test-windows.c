/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows guests in memory: hives made from rows, real SYSTEM hives, several installations. */
#include "inspect-support.h"

#include <gio/gio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/finding.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/log-builder.h"

#define VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define CONTROL "ControlSet001\\Control"
#define SERVICES "ControlSet001\\Services"

static const HiveRow system_rows[] = {
    {"Select", "Current", "dword:1"},
    {"Select", "Default", "dword:1"},
    {CONTROL, "PEFirmwareType", "dword:2"},
    {CONTROL "\\ComputerName\\ComputerName", "ComputerName", "SHORT"},
    {CONTROL "\\ProductOptions", "ProductType", "ServerNT"},
    {CONTROL "\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE", "AMD64"},
    {CONTROL "\\TimeZoneInformation", "RealTimeIsUniversal", "dword:1"},
    {CONTROL "\\TimeZoneInformation", "ActiveTimeBias", "dword:ffffff88"},
    {CONTROL "\\TimeZoneInformation", "TimeZoneKeyName", "W. Europe Standard Time"},
    {SERVICES "\\Tcpip\\Parameters", "NV Hostname", "srv-2022"},
    {SERVICES "\\storahci", "Type", "dword:1"},
    {SERVICES "\\storahci", "Start", "dword:0"},
    {SERVICES "\\LSI_SAS", "Type", "dword:1"},
    {SERVICES "\\LSI_SAS", "Start", "dword:0"},
    {SERVICES "\\atapi", "Type", "dword:1"},
    {SERVICES "\\atapi", "Start", "dword:3"},
    {SERVICES "\\Fs_Rec", "Type", "dword:8"},
    {SERVICES "\\Fs_Rec", "Start", "dword:0"},
    {SERVICES "\\Odd", "Start", "zero"},
    {"DriverDatabase\\DeviceIds", NULL, NULL},
    {"HardwareConfig", "LastConfig", "{4C4C4544-0042-3510-8056-B7C04F4A3532}"},
    {NULL, NULL, NULL},
};

static const HiveRow software_rows[] = {
    {VERSION, "ProductName", "Windows Server 2022 Standard"},
    {VERSION, "CurrentVersion", "6.3"},
    {VERSION, "CurrentMajorVersionNumber", "dword:a"},
    {VERSION, "CurrentMinorVersionNumber", "dword:0"},
    {VERSION, "CurrentBuildNumber", "20348"},
    {VERSION, "CurrentBuild", "junk"},
    {VERSION, "EditionID", "ServerStandard"},
    {VERSION, "InstallationType", "Server"},
    {VERSION, "UBR", "dword:647"},
    {NULL, NULL, NULL},
};

/* root: "/Windows" as it should be stored. */
static Fs *windows_fs(const char *root, const HiveRow *system, const HiveRow *software)
{
    Fs *fs = fs_new_memory(FALSE);
    g_autofree char *system_path = g_strconcat(root, "/System32/config/SYSTEM", NULL);
    g_autofree char *software_path = g_strconcat(root, "/System32/config/SOFTWARE", NULL);
    g_autoptr(GBytes) system_hive = support_hive(system);
    g_autoptr(GBytes) software_hive = support_hive(software);
    support_add_bytes(fs, system_path, system_hive);
    support_add_bytes(fs, software_path, software_hive);
    return fs;
}

static void test_server(void)
{
    static const FileRow esp_files[] = {{"/EFI/Microsoft/Boot/bootmgfw.efi", ""}, {NULL, NULL}};
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    support_make_esp(
        support_add_volume(set, 0, 1, support_fs(FALSE, esp_files), "vfat", NULL, NULL));
    support_add_volume(set, 0, 2, NULL, NULL, NULL, NULL);
    support_add_volume(set, 0, 3, windows_fs("/WINDOWS", system_rows, software_rows), "ntfs", NULL,
                       NULL);

    g_autoptr(Guest) guest = support_inspect(set, findings);
    const GuestWindows *facts = &guest->windows_facts;
    g_assert_cmpint(guest->kind, ==, GUEST_WINDOWS);
    g_assert_cmpstr(guest->root->name, ==, "sda3");
    g_assert_cmpstr(facts->system_root, ==, "/WINDOWS");
    g_assert_cmpstr(guest->product_name, ==, "Windows Server 2022 Standard");
    g_assert_cmpstr(guest->profile, ==, "windows-2022");
    g_assert_cmpstr(guest->osinfo_id, ==, "http://microsoft.com/win/2k22");
    g_assert_cmpstr(guest->architecture, ==, "x86_64");
    g_assert_cmpstr(guest->hostname, ==, "srv-2022");
    g_assert_cmpint(guest->firmware, ==, FIRMWARE_UEFI);
    g_assert_cmpuint(facts->major, ==, 10);
    g_assert_cmpuint(facts->minor, ==, 0);
    g_assert_cmpuint(facts->build, ==, 20348);
    g_assert_cmpuint(facts->revision, ==, 0x647);
    g_assert_cmpstr(facts->edition, ==, "ServerStandard");
    g_assert_cmpstr(facts->installation_type, ==, "Server");
    g_assert_cmpstr(facts->product_type, ==, "ServerNT");
    g_assert_cmpuint(facts->current_control_set, ==, 1);
    g_assert_true(facts->has_driver_database);
    g_assert_true(facts->rtc_is_utc);
    g_assert_cmpint(facts->active_bias_minutes, ==, -120);
    g_assert_cmpstr(facts->time_zone, ==, "W. Europe Standard Time");
    g_assert_cmpstr(facts->hardware_uuid, ==, "4c4c4544-0042-3510-8056-b7c04f4a3532");
    g_assert_cmpuint(facts->boot_drivers->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(facts->boot_drivers, 0), ==, "LSI_SAS");
    g_assert_cmpstr(g_ptr_array_index(facts->boot_drivers, 1), ==, "storahci");
    g_assert_true(fs_tree_is_file(guest->tree, GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/bootmgfw.efi"));
    g_assert_cmpuint(findings->len, ==, 0);
}

typedef struct {
    const char *version, *major, *build, *name, *installation_type, *product_type;
    const char *expected_name, *expected_profile, *expected_osinfo;
} VersionRow;

static const VersionRow version_rows[] = {
    {"4.0", NULL, "1381", NULL, NULL, "LanmanNT", "Windows NT 4.0", "windows-nt4",
     "http://microsoft.com/winnt/4.0"},
    {"5.1", NULL, "2600", "Microsoft Windows XP", NULL, "WinNT", "Microsoft Windows XP",
     "windows-xp", "http://microsoft.com/win/xp"},
    {"5.2", NULL, "3790", "Microsoft Windows Server 2003 R2", NULL, "ServerNT",
     "Microsoft Windows Server 2003 R2", "windows-2003-r2", "http://microsoft.com/win/2k3r2"},
    {"6.0", NULL, "6002", "Windows Server (R) 2008 Standard", "Server", "ServerNT",
     "Windows Server (R) 2008 Standard", "windows-2008", "http://microsoft.com/win/2k8"},
    {"6.1", NULL, "7601", "Windows 7 Professional", "Client", "WinNT", "Windows 7 Professional",
     "windows-7", "http://microsoft.com/win/7"},
    {"6.1", NULL, "7601", "Windows Server 2008 R2 Standard", "Server Core", NULL,
     "Windows Server 2008 R2 Standard", "windows-2008-r2", "http://microsoft.com/win/2k8r2"},
    {"6.3", "dword:a", "19045", "Windows 10 Pro", "Client", "WinNT", "Windows 10 Pro", "windows-10",
     "http://microsoft.com/win/10"},
    {"6.3", "dword:a", "22631", "Windows 10 Pro", "Client", "WinNT", "Windows 11 Pro", "windows-11",
     "http://microsoft.com/win/11"},
    {"6.3", "dword:a", "26100", "Windows Server 2025 Datacenter", "Server", "ServerNT",
     "Windows Server 2025 Datacenter", "windows-2025", "http://microsoft.com/win/2k25"},
    {"6.3", "dword:a", "99999", NULL, "Client", "WinNT", "Windows 11", "windows-11",
     "http://microsoft.com/win/11"},
    {"11.2", NULL, "1", NULL, NULL, "WinNT", "Windows 11.2", NULL, NULL},
    {"12.7", NULL, "x", "Windows Future", "Client", "WinNT", "Windows Future", NULL, NULL},
};

static void test_versions(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(version_rows); i++) {
        const VersionRow *row = &version_rows[i];
        const HiveRow system[] = {
            {"Select", "Current", "dword:1"},
            {CONTROL "\\ProductOptions", row->product_type ? "ProductType" : NULL,
             row->product_type},
            {NULL, NULL, NULL},
        };
        const HiveRow software[] = {
            {VERSION, "CurrentVersion", row->version},
            {VERSION, row->major ? "CurrentMajorVersionNumber" : NULL, row->major},
            {VERSION, "CurrentBuildNumber", row->build},
            {VERSION, row->name ? "ProductName" : NULL, row->name},
            {VERSION, row->installation_type ? "InstallationType" : NULL, row->installation_type},
            {NULL, NULL, NULL},
        };
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        support_add_volume(set, 0, 1, windows_fs("/Windows", system, software), "ntfs", NULL, NULL);
        g_autoptr(Guest) guest = support_inspect(set, findings);
        g_assert_cmpstr(guest->product_name, ==, row->expected_name);
        g_assert_cmpstr(guest->profile, ==, row->expected_profile);
        g_assert_cmpstr(guest->osinfo_id, ==, row->expected_osinfo);
        g_assert_cmpint(guest->firmware, ==, FIRMWARE_BIOS);
        g_autoptr(JsonBuilder) builder = json_builder_new();
        guest_to_json(guest, set, builder);
    }
}

typedef struct {
    const char *label;
    const HiveRow system[3];
    const HiveRow software[3];
    const char *expected_error;
} BrokenRow;

static const BrokenRow broken_rows[] = {
    {"control set that is not there",
     {{"Select", "Current", "dword:7"}, {"ControlSet001\\Control", NULL, NULL}},
     {{VERSION, "CurrentVersion", "6.1"}},
     "the SYSTEM hive has no key 'ControlSet007'"},
    {"number beyond any control set",
     {{"Select", "Current", "dword:ffffffff"}},
     {{VERSION, "CurrentVersion", "6.1"}},
     "ControlSet4294967295"},
    {"no version",
     {{"Select", "Current", "dword:1"}, {"ControlSet001\\Control", NULL, NULL}},
     {{"Microsoft", NULL, NULL}},
     "does not say which version"},
};

static void test_broken(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(broken_rows); i++) {
        const BrokenRow *row = &broken_rows[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        g_autoptr(Guest) guest = NULL;
        g_test_message("%s", row->label);
        support_add_volume(set, 0, 1, windows_fs("/Windows", row->system, row->software), "ntfs",
                           NULL, NULL);
        g_assert_false(guest_inspect(set, NULL, findings, &guest, &error));
        g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, row->expected_error));
    }
}

static void test_no_hive(void)
{
    static const FileRow files[] = {
        {"/Windows/System32/config/SYSTEM", "no hive"},
        {"/Windows/System32/config/SOFTWARE", ""},
        {NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    g_autoptr(Guest) guest = NULL;
    support_add_volume(set, 0, 1, support_fs(FALSE, files), "ntfs", NULL, NULL);
    g_assert_false(guest_inspect(set, NULL, findings, &guest, &error));
    g_assert_nonnull(strstr(error->message, "SYSTEM"));
}

/* boot.ini names a folder that is none of the usual ones. */
static void test_boot_ini(void)
{
    static const FileRow files[] = {
        {"/boot.ini", "[boot loader]\r\ntimeout=30\r\n"
                      "default=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS.0\r\n"},
        {NULL, NULL},
    };
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    Fs *fs = windows_fs("/Windows.0", system_rows, software_rows);
    support_add_files(fs, files);
    support_add_volume(set, 0, 1, fs, "ntfs", NULL, NULL);
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->windows_facts.system_root, ==, "/Windows.0");
}

/* Two installations on an MBR disk; the boot manager's default is the one on the second partition.
 */
static void test_two_systems(void)
{
    g_autoptr(GString) device = g_string_new("hex:");
    guint8 element[0x58] = {0};
    put_le32(element + 0x10, 6);
    put_le32(element + 0x14, 0x48);
    put_le64(element + 0x20, 2 << 20);
    put_le32(element + 0x34, 1);
    put_le32(element + 0x38, 0x12345678);
    for (guint i = 0; i < sizeof element; i++)
        g_string_append_printf(device, "%02x", element[i]);
    const HiveRow bcd[] = {
        {"Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003", "Element",
         "{0a0b0c0d-0000-0000-0000-000000000000}"},
        {"Objects\\{0a0b0c0d-0000-0000-0000-000000000000}\\Elements\\21000001", "Element",
         device->str},
        {NULL, NULL, NULL},
    };
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    PartitionTable *table = g_ptr_array_index(set->tables, 0);
    table->disk_id = g_strdup("12345678");
    Fs *first = windows_fs("/Windows", system_rows, software_rows);
    g_autoptr(GBytes) store = support_hive(bcd);
    support_add_bytes(first, "/Boot/BCD", store);
    support_add_volume(set, 0, 1, first, "ntfs", NULL, NULL);
    support_add_volume(set, 0, 2, windows_fs("/Windows", system_rows, software_rows), "ntfs", NULL,
                       NULL);

    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->root->name, ==, "sda2");
    g_assert_cmpuint(findings->len, ==, 1);
    const Finding *finding = g_ptr_array_index(findings, 0);
    g_assert_cmpstr(finding_code_name(finding->code), ==, "other-system");
    g_assert_nonnull(strstr(finding->sentence, "Windows on sda1"));
}

static void test_read_hive(void)
{
    static const FileRow logs[] = {
        {"/Windows/System32/config/SYSTEM.LOG1", ""},
        {"/Windows/System32/config/SYSTEM.LOG2", "garbage"},
        {NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    Fs *fs = windows_fs("/Windows", system_rows, software_rows);
    support_add_files(fs, logs);
    support_add_volume(set, 0, 1, fs, "ntfs", NULL, NULL);
    g_autoptr(Guest) guest = support_inspect(set, findings);

    g_autoptr(GBytes) hive = NULL;
    g_autoptr(GBytes) expected = support_hive(system_rows);
    g_autofree char *path = NULL;
    g_auto(GStrv) log_paths = NULL;
    HiveReplay replay;
    g_assert_true(guest_read_hive(guest, "SYSTEM", &hive, &replay, &path, &log_paths, &error));
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(hive, expected));
    g_assert_cmpint(replay.result, ==, HIVE_REPLAY_CLEAN);
    g_assert_cmpstr(path, ==, "/Windows/System32/config/SYSTEM");
    g_assert_cmpuint(g_strv_length(log_paths), ==, 2);
    g_assert_cmpstr(log_paths[1], ==, "/Windows/System32/config/SYSTEM.LOG2");

    g_autoptr(GBytes) none = NULL;
    g_assert_false(guest_read_hive(guest, "NOSUCH", &none, &replay, &path, &log_paths, &error));
    g_assert_nonnull(error);
}

enum { BINS_OFFSET = 4096, DIRTY_PRIMARY = 8, DIRTY_SECONDARY = 7 };

/* A hive with that host name; every name given must have the same length. */
static GBytes *named_system(const char *name)
{
    const HiveRow rows[] = {
        {"Select", "Current", "dword:1"},
        {SERVICES "\\Tcpip\\Parameters", "NV Hostname", name},
        {NULL, NULL, NULL},
    };
    return support_hive(rows);
}

/* Windows was not shut down: the hive says one thing, its log another. */
static void test_dirty_hive(void)
{
    static const struct {
        gboolean with_log;
        HiveReplayResult expected_result;
        const char *expected_hostname;
    } rows[] = {
        {TRUE, HIVE_REPLAY_APPLIED, "logged"},
        {FALSE, HIVE_REPLAY_UNUSABLE, "before"},
    };
    g_autoptr(GBytes) before = named_system("before");
    g_autoptr(GBytes) after = named_system("logged");
    gsize size;
    const uint8_t *after_data = g_bytes_get_data(after, &size);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t *dirty = g_memdup2(g_bytes_get_data(before, NULL), size);
        hive_header_set(dirty, DIRTY_PRIMARY, DIRTY_SECONDARY);
        g_autoptr(GBytes) hive = g_bytes_new_take(dirty, size);
        uint32_t bins_size = (uint32_t)size - BINS_OFFSET;
        GByteArray *log = log_new(dirty, DIRTY_SECONDARY);
        log_add_entry(log, DIRTY_SECONDARY, bins_size, 0, after_data + BINS_OFFSET, bins_size);
        g_autoptr(GBytes) log_bytes = g_byte_array_free_to_bytes(log);

        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        Fs *fs = windows_fs("/Windows", system_rows, software_rows);
        support_add_bytes(fs, "/Windows/System32/config/SYSTEM", hive);
        if (rows[i].with_log)
            support_add_bytes(fs, "/Windows/System32/config/SYSTEM.LOG1", log_bytes);
        support_add_volume(set, 0, 1, fs, "ntfs", NULL, NULL);
        g_autoptr(Guest) guest = support_inspect(set, findings);
        g_assert_cmpstr(guest->hostname, ==, rows[i].expected_hostname);

        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) read = NULL;
        g_autofree char *path = NULL;
        g_auto(GStrv) log_paths = NULL;
        HiveReplay replay;
        g_assert_true(guest_read_hive(guest, "SYSTEM", &read, &replay, &path, &log_paths, &error));
        g_assert_cmpint(replay.result, ==, rows[i].expected_result);
        g_assert_cmpuint(g_strv_length(log_paths), ==, rows[i].with_log ? 1 : 0);
    }
}

typedef struct {
    const char *file; /* below registry/ of the test data, packed */
    const char *expected_hostname;
    const char *expected_architecture;
    const char *expected_driver; /* one of the boot drivers */
    gboolean expected_database;
} RealRow;

static const RealRow real_rows[] = {
    {"win10-2004-x64-vmware/SYSTEM.gz", NULL, "x86_64", "disk", TRUE},
    {"win7sp1-x86-vmware/SYSTEM.xz", NULL, "i686", "LSI_SAS", FALSE},
    {"win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz", NULL, "x86_64", "disk", TRUE},
    {"nt4sp3-server/SYSTEM", NULL, "i686", NULL, FALSE},
};

/* Unpacked by the programs that made the files. */
static GBytes *read_packed(const char *name)
{
    g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "registry", name, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    const char *program = g_str_has_suffix(name, ".xz")   ? "xz"
                          : g_str_has_suffix(name, ".gz") ? "gzip"
                                                          : NULL;
    GBytes *bytes = NULL;
    g_autoptr(GError) error = NULL;
    if (!program) {
        char *text;
        gsize length;
        if (g_file_get_contents(path, &text, &length, NULL))
            bytes = g_bytes_new_take(text, length);
        return bytes;
    }
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "-dc", path, NULL);
    if (!process || !g_subprocess_communicate(process, NULL, NULL, &bytes, NULL, &error))
        return NULL;
    return bytes;
}

static void test_real(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(real_rows); i++) {
        const RealRow *row = &real_rows[i];
        g_autoptr(GBytes) hive = read_packed(row->file);
        if (!hive) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        Fs *fs = windows_fs("/Windows", system_rows, software_rows);
        support_add_bytes(fs, "/Windows/System32/config/SYSTEM", hive);
        support_add_volume(set, 0, 1, fs, "ntfs", NULL, NULL);
        g_autoptr(Guest) guest = support_inspect(set, findings);
        const GuestWindows *facts = &guest->windows_facts;
        g_test_message("%s: %s, %s, %s, %u boot drivers, %s", row->file, guest->hostname,
                       guest->architecture, facts->time_zone, facts->boot_drivers->len,
                       facts->hardware_uuid);
        g_assert_nonnull(guest->hostname);
        g_assert_cmpstr(guest->architecture, ==, row->expected_architecture);
        g_assert_cmpint(facts->has_driver_database, ==, row->expected_database);
        gboolean found = row->expected_driver == NULL;
        for (guint j = 0; j < facts->boot_drivers->len; j++)
            if (g_strcmp0(g_ptr_array_index(facts->boot_drivers, j), row->expected_driver) == 0)
                found = TRUE;
        g_assert_true(found);
    }
}

/* Stores of real UEFI machines; the GUID is the partition their default entry names. */
static void test_real_stores(void)
{
    static const struct {
        const char *file, *partition_uuid;
    } rows[] = {
        {"bcd/win10-regipy/BCD.xz", "8e0f2c38-e4ea-47ba-b7fc-9d8c74dccf0b"},
        {"bcd/win11-esp-a/BCD", "8608cf4b-9095-4282-8e13-fa1b4ad1f499"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) store = read_packed(rows[i].file);
        if (!store) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
        PartitionTable *table = g_ptr_array_index(set->tables, 0);
        table->disk_id = g_strdup("00000000-0000-0000-0000-000000000000");
        Fs *esp = fs_new_memory(FALSE);
        support_add_bytes(esp, "/EFI/Microsoft/Boot/BCD", store);
        support_make_esp(support_add_volume(set, 0, 1, esp, "vfat", NULL, NULL));
        for (guint number = 2; number <= 3; number++)
            support_add_volume(set, 0, number, windows_fs("/Windows", system_rows, software_rows),
                               "ntfs", NULL, NULL);
        Partition *partition = g_ptr_array_index(table->partitions, 2);
        partition->uuid = g_strdup(rows[i].partition_uuid);

        g_autoptr(Guest) guest = support_inspect(set, findings);
        g_assert_cmpstr(guest->root->name, ==, "sda3");
    }
}

static void check_documented(JsonObject *object, const char *page);

static void check_node(JsonNode *node, const char *page)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        check_documented(json_node_get_object(node), page);
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++)
            check_node(json_array_get_element(array, i), page);
    }
}

static void check_documented(JsonObject *object, const char *page)
{
    g_autoptr(GList) members = json_object_get_members(object);
    for (GList *item = members; item; item = item->next) {
        g_autofree char *pattern =
            g_strdup_printf("(?m)^\\.(It )?(Pq )?Cm .*\\b%s\\b", (const char *)item->data);
        if (!g_regex_match_simple(pattern, page, 0, 0))
            g_test_message("not in migrate-inspect(1): %s", (const char *)item->data);
        g_assert_true(g_regex_match_simple(pattern, page, 0, 0));
        check_node(json_object_get_member(object, item->data), page);
    }
}

/* Every member of the JSON is in the manual. */
static void test_manual(void)
{
    g_autofree char *path = g_build_filename(DRYDOCK_SOURCE_DIR, "man/migrate-inspect.1", NULL);
    g_autofree char *page = NULL;
    g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
    for (guint i = 0; i < 2; i++) {
        static const FileRow debian[] = {
            {"/etc/debian_version", "9\n"},
            {"/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n"},
            {"/boot/vmlinuz-4.9.0", "k"},
            {"/lib/modules/4.9.0", NULL},
            {NULL, NULL},
        };
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        support_add_volume(set, 0, 1,
                           i == 0 ? windows_fs("/Windows", system_rows, software_rows)
                                  : support_fs(TRUE, debian),
                           "x", NULL, NULL);
        g_autoptr(Guest) guest = support_inspect(set, findings);
        g_autoptr(JsonBuilder) builder = json_builder_new();
        guest_to_json(guest, set, builder);
        g_autoptr(JsonNode) node = json_builder_get_root(builder);
        check_node(node, page);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/windows/server", test_server);
    g_test_add_func("/inspect/windows/versions", test_versions);
    g_test_add_func("/inspect/windows/broken", test_broken);
    g_test_add_func("/inspect/windows/no-hive", test_no_hive);
    g_test_add_func("/inspect/windows/boot-ini", test_boot_ini);
    g_test_add_func("/inspect/windows/two-systems", test_two_systems);
    g_test_add_func("/inspect/windows/read-hive", test_read_hive);
    g_test_add_func("/inspect/windows/dirty-hive", test_dirty_hive);
    g_test_add_func("/inspect/windows/real", test_real);
    g_test_add_func("/inspect/windows/real-stores", test_real_stores);
    g_test_add_func("/inspect/windows/manual", test_manual);
    return g_test_run();
}
