/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry keys of boot drivers, value by value, in made hives and in real ones. */
#include <string.h>

#include "base/bytes.h"
#include "tests/unit/registry/registry-support.h"
#include "tests/unit/windows/support.h"
#include "windows/boot_device_ids.h"
#include "windows/boot_driver.h"
#include "windows/boot_fallback.h"

#define ROOT "/Windows"

/* In the manner of virtio-win's Windows 10 build, with interrupts and an event log. */
static const char viostor_inf[] =
    "[Version]\nSignature=\"$Windows NT$\"\nClass=SCSIAdapter\n"
    "ClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}\nProvider=%V%\n"
    "DriverVer=07/21/2023,100.94.104.24000\nCatalogFile=viostor.cat\n"
    "[Manufacturer]\n%V%=M,NTamd64.6.1,NTx86.6.1\n"
    "[M.NTamd64.6.1]\n"
    "%D%=scsi_inst,PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00,PCI\\VEN_1AF4&DEV_1001\n"
    "%D%=scsi_inst,PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01\n"
    "[M.NTx86.6.1]\n%D%=scsi_inst,PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4\n"
    "[scsi_inst]\nCopyFiles=@viostor.sys\n[scsi_inst.Services]\nAddService=viostor,2,svc,ev\n"
    "[svc]\nServiceType=1\nStartType=0\nErrorControl=1\nServiceBinary=%13%\\viostor.sys\n"
    "LoadOrderGroup=SCSI miniport\nAddReg=r\n"
    "[r]\nHKR,\"Parameters\\PnpInterface\",\"5\",0x10001,1\nHKR,Parameters,BusType,0x10001,1\n"
    "HKR,Parameters,DmaRemappingCompatible,0x10001,0\n"
    "[ev]\nAddReg=e\n[e]\nHKR,,EventMessageFile,0x20000,\"%%SystemRoot%%\\System32\\IoLogMsg."
    "dll\"\n"
    "HKR,,TypesSupported,0x10001,7\n"
    "[scsi_inst.HW]\nAddReg=hw\n[hw]\nHKR,\"Interrupt Management\",,0x10\n"
    "HKR,\"Interrupt Management\\MessageSignaledInterruptProperties\",MSISupported,0x10001,1\n"
    "[Strings]\nV=\"Vendor, Inc.\"\nD=\"Vendor's disk\"\n";

static const char vioscsi_inf[] =
    "[Version]\nClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}\n"
    "DriverVer=08/03/2018,61.76.104.16000\n[Manufacturer]\nx=M,NTamd64.6.1\n[M.NTamd64.6.1]\n"
    "d=scsi,PCI\\VEN_1AF4&DEV_1048&SUBSYS_11001AF4&REV_01\n[scsi]\n"
    "[scsi.Services]\nAddService=vioscsi,2,svc\n[svc]\nServiceBinary=%12%\\vioscsi.sys\n";

/* The caller's chosen->driver is the result's. */
static ChosenDriver make_chosen(const char *text, const char *name, DriverRole role,
                                InfArchitecture architecture)
{
    const InfTarget target = {architecture, 6, 3, 9600, 1};
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    g_autoptr(Inf) inf = inf_parse(bytes, name, &error);
    g_autofree char *reason = NULL;
    ChosenDriver chosen = {.role = role};

    g_assert_no_error(error);
    chosen.driver = inf_driver_new(inf, &target, &reason);
    g_assert_cmpstr(reason, ==, NULL);
    chosen.name = g_strdup(name);
    return chosen;
}

static void chosen_clear(ChosenDriver *chosen)
{
    inf_driver_free(chosen->driver);
    g_free(chosen->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ChosenDriver, chosen_clear)

static const char service_viostor[] = "\\Parameters\\PnpInterface|5|dword:00000001\n"
                                      "\\Parameters|BusType|dword:00000001\n"
                                      "\\Parameters|DmaRemappingCompatible|dword:00000000\n"
                                      "|ErrorControl|dword:00000001\n"
                                      "|Group|\"SCSI miniport\"\n"
                                      "|ImagePath|expand:\"system32\\\\drivers\\\\viostor.sys\"\n"
                                      "|Start|dword:00000000\n"
                                      "|Type|dword:00000001";

#define PACKAGE "\\DriverPackages\\drydock_viostor.inf_amd64_0000000000000000"

static const char database_viostor[] =
    "\\DeviceIds\\PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|drydock_viostor.inf|hex:01,ff,00,"
    "00\n"
    "\\DeviceIds\\PCI\\VEN_1AF4&DEV_1001|drydock_viostor.inf|hex:02,ff,00,00\n"
    "\\DeviceIds\\PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01|drydock_viostor.inf|hex:01,ff,00,"
    "00\n"
    "\\DeviceIds\\PCI\\VEN_1AF4&DEV_1042|drydock_viostor.inf|hex:02,ff,00,00\n"
    "\\DriverInfFiles\\drydock_viostor.inf|Active|\"drydock_viostor.inf_amd64_0000000000000000\"\n"
    "\\DriverInfFiles\\drydock_viostor.inf|Configurations|multi:\"scsi_inst\"\n"
    "\\DriverInfFiles\\drydock_viostor.inf||multi:\"drydock_viostor.inf_amd64_"
    "0000000000000000\"\n" PACKAGE "\\Configurations\\scsi_inst\\Device\\Interrupt "
    "Management\\MessageSignaledInterruptProperties|MSISupported|dword:00000001\n" PACKAGE
    "\\Configurations\\scsi_inst\\Services\\viostor\\Parameters\\PnpInterface|5|dword:"
    "00000001\n" PACKAGE
    "\\Configurations\\scsi_inst\\Services\\viostor\\Parameters|BusType|dword:00000001\n" PACKAGE
    "\\Configurations\\scsi_inst\\Services\\viostor\\Parameters|DmaRemappingCompatible|dword:"
    "00000000\n" PACKAGE "\\Configurations\\scsi_inst|ConfigFlags|dword:00000000\n" PACKAGE
    "\\Configurations\\scsi_inst|ConfigScope|dword:00000007\n" PACKAGE
    "\\Configurations\\scsi_inst|Service|\"viostor\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|Configuration|\"scsi_"
    "inst\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|Description|\"%d%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|Manufacturer|\"%v%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1001|Configuration|\"scsi_inst\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1001|Description|\"%d%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1001|Manufacturer|\"%v%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01|Configuration|\"scsi_"
    "inst\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01|Description|\"%d%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01|Manufacturer|\"%v%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1042|Configuration|\"scsi_inst\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1042|Description|\"%d%\"\n" PACKAGE
    "\\Descriptors\\PCI\\VEN_1AF4&DEV_1042|Manufacturer|\"%v%\"\n" PACKAGE
    "\\Strings|d|\"Vendor's disk\"\n" PACKAGE "\\Strings|v|\"Vendor, Inc.\"\n" PACKAGE
    "|Provider|\"Vendor, Inc.\"\n" PACKAGE
    "|Version|hex:00,ff,09,00,00,00,00,00,7b,e9,36,4d,25,e3,ce,11,bf,c1,08,00,2b,e1,03,18,00,c0,ca,"
    "4a,66,bb,d9,01,c0,5d,68,00,5e,00,64,00,00,00,00,00,00,00,00,00\n" PACKAGE
    "||\"drydock_viostor.inf\"";
#undef PACKAGE

#define SCSI_ADAPTER "\"{4D36E97B-E325-11CE-BFC1-08002BE10318}\""

static const char critical_viostor[] =
    "\\PCI#VEN_1AF4&DEV_1001&REV_00|ClassGUID|" SCSI_ADAPTER "\n"
    "\\PCI#VEN_1AF4&DEV_1001&REV_00|Service|\"viostor\"\n"
    "\\PCI#VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|ClassGUID|" SCSI_ADAPTER "\n"
    "\\PCI#VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|Service|\"viostor\"\n"
    "\\PCI#VEN_1AF4&DEV_1001&SUBSYS_00021AF4|ClassGUID|" SCSI_ADAPTER "\n"
    "\\PCI#VEN_1AF4&DEV_1001&SUBSYS_00021AF4|Service|\"viostor\"\n"
    "\\PCI#VEN_1AF4&DEV_1001|ClassGUID|" SCSI_ADAPTER "\n"
    "\\PCI#VEN_1AF4&DEV_1001|Service|\"viostor\"";

static void check_text(GBytes *hive, const char *key, const char *expected)
{
    g_autofree char *text = test_hive_text(hive, key);

    g_assert_cmpstr(text, ==, expected);
}

static void test_database(void)
{
    g_auto(ChosenDriver) chosen =
        make_chosen(viostor_inf, "viostor", DRIVER_ROLE_BLOCK, INF_ARCHITECTURE_AMD64);
    const BootTarget target = {10, INF_ARCHITECTURE_AMD64, {1, 2}, 2, TRUE, FALSE};
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) before = hive_edits_new();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GBytes) old = NULL;
    g_autoptr(GBytes) hive = NULL;

    hive_edits_set_dword(before, "ControlSet001\\Services\\viostor\\StartOverride", "0", 3, "test");
    old = test_edit_hive(empty, before);
    g_assert_true(boot_driver_add_edits(&chosen, &target, NULL, edits, NULL));
    hive = test_edit_hive(old, edits);
    check_text(hive, "DriverDatabase", database_viostor);
    check_text(hive, "ControlSet001\\Services\\viostor", service_viostor);
    check_text(hive, "ControlSet002\\Services\\viostor", service_viostor);
    check_text(hive, "ControlSet001\\Services\\EventLog\\System\\viostor",
               "|EventMessageFile|expand:\"%SystemRoot%\\\\System32\\\\IoLogMsg.dll\"\n"
               "|TypesSupported|dword:00000007");
    check_text(hive, "ControlSet001\\Control", "");
}

/* Both drivers in one hive: neither may take the other's place. */
static void test_both(void)
{
    g_auto(ChosenDriver) block =
        make_chosen(viostor_inf, "viostor", DRIVER_ROLE_BLOCK, INF_ARCHITECTURE_AMD64);
    g_auto(ChosenDriver) scsi =
        make_chosen(vioscsi_inf, "vioscsi", DRIVER_ROLE_SCSI, INF_ARCHITECTURE_AMD64);
    const BootTarget target = {10, INF_ARCHITECTURE_AMD64, {1}, 1, TRUE, FALSE};
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GBytes) hive = NULL;

    g_assert_true(boot_driver_add_edits(&block, &target, NULL, edits, NULL));
    g_assert_true(boot_driver_add_edits(&scsi, &target, NULL, edits, NULL));
    hive = test_edit_hive(empty, edits);
    check_text(hive, "ControlSet001\\Services\\viostor", service_viostor);
    /* What this INF leaves out has its usual value. */
    check_text(hive, "ControlSet001\\Services\\vioscsi",
               "\\Parameters\\PnpInterface|5|dword:00000001\n\\Parameters|BusType|dword:0000000a\n"
               "|ErrorControl|dword:00000001\n|Group|\"SCSI miniport\"\n"
               "|ImagePath|expand:\"system32\\\\drivers\\\\vioscsi.sys\"\n"
               "|Start|dword:00000000\n|Type|dword:00000001");
    check_text(hive, "DriverDatabase\\DriverInfFiles",
               "\\drydock_vioscsi.inf|Active|\"drydock_vioscsi.inf_amd64_0000000000000000\"\n"
               "\\drydock_vioscsi.inf|Configurations|multi:\"scsi\"\n"
               "\\drydock_vioscsi.inf||multi:\"drydock_vioscsi.inf_amd64_0000000000000000\"\n"
               "\\drydock_viostor.inf|Active|\"drydock_viostor.inf_amd64_0000000000000000\"\n"
               "\\drydock_viostor.inf|Configurations|multi:\"scsi_inst\"\n"
               "\\drydock_viostor.inf||multi:\"drydock_viostor.inf_amd64_0000000000000000\"");
    /* A device the INF does not know (1004) is not registered. */
    check_text(hive, "DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1004", "");
    check_text(hive, "DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1048",
               "|drydock_vioscsi.inf|hex:02,ff,00,00");
}

static void test_critical(void)
{
    g_auto(ChosenDriver) chosen =
        make_chosen(viostor_inf, "viostor", DRIVER_ROLE_BLOCK, INF_ARCHITECTURE_X86);
    const BootTarget target = {6, INF_ARCHITECTURE_X86, {1}, 1, FALSE, FALSE};
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GBytes) hive = NULL;

    g_assert_true(boot_driver_add_edits(&chosen, &target, NULL, edits, NULL));
    hive = test_edit_hive(empty, edits);
    check_text(hive, "ControlSet001\\Services\\viostor", service_viostor);
    check_text(hive, "DriverDatabase", "");
    check_text(hive, "ControlSet001\\Control\\CriticalDeviceDatabase", critical_viostor);
}

/* The value Windows 10 2004 wrote for VMware's vmci 9.8.16.0 of 2019-07-11. */
static void test_version(void)
{
    static const uint8_t expected[BOOT_DRIVER_VERSION_LENGTH] = {
        0x00, 0xff, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x7d, 0xe9, 0x36, 0x4d,
        0x25, 0xe3, 0xce, 0x11, 0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18,
        0x00, 0x80, 0x24, 0x95, 0x7b, 0x37, 0xd5, 0x01, 0x00, 0x00, 0x10, 0x00,
        0x08, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    static const struct {
        InfArchitecture architecture;
        uint8_t code;
    } rows[] = {
        {INF_ARCHITECTURE_X86, 0},
        {INF_ARCHITECTURE_AMD64, 9},
        {INF_ARCHITECTURE_ARM64, 12},
    };
    g_auto(ChosenDriver) chosen =
        make_chosen("[Version]\nClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}\n"
                    "DriverVer=07/11/"
                    "2019,9.8.16.0\n[Manufacturer]\nx=M,NTamd64\n[M.NTamd64]\nd=i,PCI\\X\n[i]\n",
                    "vmci", DRIVER_ROLE_OTHER, INF_ARCHITECTURE_AMD64);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t version[BOOT_DRIVER_VERSION_LENGTH];

        boot_driver_format_version(chosen.driver, rows[i].architecture, version);
        g_assert_cmpuint(version[2], ==, rows[i].code);
        version[2] = 9;
        g_assert_cmpint(memcmp(version, expected, sizeof expected), ==, 0);
    }
}

static Fs *make_system32(const char *const *drivers)
{
    Fs *fs = fs_new_memory(FALSE);
    g_autoptr(GBytes) content = g_bytes_new("driver", 6);
    const FsAttributes attributes = {.mode = -1};
    static const char *const folders[] = {"/Windows", "/Windows/System32",
                                          "/Windows/System32/drivers"};
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
        g_assert_true(fs_make_directory(fs, folders[i], &attributes, &error));
    for (guint i = 0; drivers[i]; i++) {
        g_autofree char *path = g_strdup_printf("/Windows/System32/drivers/%s.sys", drivers[i]);

        g_assert_true(fs_write_file(fs, path, content, &attributes, &error));
    }
    return fs;
}

/* drivers: files of System32\drivers. present: services, with Start 3 and a StartOverride; both
   NULL-terminated. The edited hive. */
static GBytes *add_fallbacks(const BootTarget *target, const char *const *drivers,
                             const char *const *present, BootFallbacks *ret_fallbacks)
{
    g_autoptr(Fs) fs = make_system32(drivers);
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) before = hive_edits_new();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GBytes) old = NULL;
    g_autoptr(Hive) opened = NULL;
    g_autoptr(GError) error = NULL;

    fs_tree_mount(tree, "/", fs);
    for (guint i = 0; present[i]; i++) {
        g_autofree char *key = g_strdup_printf("ControlSet001\\Services\\%s", present[i]);
        g_autofree char *override = g_strdup_printf("%s\\StartOverride", key);

        hive_edits_set_dword(before, key, "Start", 3, "test");
        hive_edits_set_dword(before, override, "0", 3, "test");
    }
    old = test_edit_hive(empty, before);
    opened = hive_open_bytes(old, "SYSTEM", &error);
    g_assert_true(
        boot_fallback_add_edits(target, opened, tree, ROOT, edits, ret_fallbacks, &error));
    g_assert_no_error(error);
    return test_edit_hive(old, edits);
}

static void check_missing(const BootFallbacks *fallbacks, const char *sata, const char *ide)
{
    g_assert_cmpstr(fallbacks->missing[BOOT_FALLBACK_SATA], ==, sata);
    g_assert_cmpstr(fallbacks->missing[BOOT_FALLBACK_IDE], ==, ide);
}

/* Services without their file, and files without a service, are left alone. */
static void test_fallbacks(void)
{
    static const char *const drivers[] = {"disk",     "atapi",    "intelide",
                                          "storahci", "stornvme", NULL};
    static const char *const present[] = {"disk", "atapi", "intelide", "storahci", "pciide", NULL};
    const BootTarget target = {10, INF_ARCHITECTURE_AMD64, {1}, 1, TRUE, FALSE};
    g_auto(BootFallbacks) fallbacks = {{NULL}};
    g_autoptr(GBytes) hive = add_fallbacks(&target, drivers, present, &fallbacks);

    check_missing(&fallbacks, NULL, NULL);
    check_text(hive, "ControlSet001\\Services",
               "\\atapi|Start|dword:00000000\n"
               "\\disk|Start|dword:00000000\n"
               "\\intelide|Start|dword:00000000\n"
               "\\pciide\\StartOverride|0|dword:00000003\n"
               "\\pciide|Start|dword:00000003\n"
               "\\storahci|Start|dword:00000000");
    check_text(hive, "ControlSet001\\Control", "");
}

#define IDE(id, service)                                                                           \
    "\\" id "|ClassGUID|\"{4D36E96A-E325-11CE-BFC1-08002BE10318}\"\n"                              \
    "\\" id "|Service|\"" service "\"\n"
#define DISK                                                                                       \
    "\\gendisk|ClassGUID|\"{4D36E967-E325-11CE-BFC1-08002BE10318}\"\n"                             \
    "\\gendisk|Service|\"disk\"\n"

/* 7 that was cleaned up after its installation: what is missing is registered again. */
static void test_fallbacks_7(void)
{
    static const char *const drivers[] = {"disk", "atapi", "intelide", "pciide", "msahci", NULL};
    static const char *const present[] = {"disk", "atapi", "intelide", "pciide", "msahci", NULL};
    const BootTarget target = {6, INF_ARCHITECTURE_X86, {1}, 1, FALSE, FALSE};
    g_auto(BootFallbacks) fallbacks = {{NULL}};
    g_autoptr(GBytes) hive = add_fallbacks(&target, drivers, present, &fallbacks);

    check_missing(&fallbacks, NULL, NULL);
    check_text(hive, "ControlSet001\\Services\\msahci", "|Start|dword:00000000");
    check_text(hive, "ControlSet001\\Control\\CriticalDeviceDatabase",
               IDE("*pnp0600", "atapi") DISK IDE("internal_ide_channel", "atapi")
                   IDE("pci#cc_0101", "pciide") IDE("pci#cc_010601", "msahci")
                       IDE("pci#ven_8086&dev_7010", "intelide")
                           IDE("primary_ide_channel",
                               "atapi") "\\secondary_ide_channel|ClassGUID|\"{4D36E96A-E325-11CE-"
                                        "BFC1-08002BE10318}\"\n"
                                        "\\secondary_ide_channel|Service|\"atapi\"");
}

/* XP that was installed on SCSI has the files of IDE at best, and no service for them. */
static void test_fallbacks_xp(void)
{
    static const char *const drivers[] = {"disk", "atapi", "intelide", "pciidex", NULL};
    static const char *const present[] = {"disk", NULL};
    const BootTarget target = {5, INF_ARCHITECTURE_X86, {1}, 1, FALSE, FALSE};
    g_auto(BootFallbacks) fallbacks = {{NULL}};
    g_autoptr(GBytes) hive = add_fallbacks(&target, drivers, present, &fallbacks);

    check_missing(&fallbacks, "msahci", NULL);
    check_text(hive, "ControlSet001\\Services",
               "\\atapi|ErrorControl|dword:00000001\n"
               "\\atapi|Group|\"SCSI miniport\"\n"
               "\\atapi|ImagePath|expand:\"system32\\\\DRIVERS\\\\atapi.sys\"\n"
               "\\atapi|Start|dword:00000000\n"
               "\\atapi|Tag|dword:00000019\n"
               "\\atapi|Type|dword:00000001\n"
               "\\disk|Start|dword:00000000\n"
               "\\intelide|ErrorControl|dword:00000001\n"
               "\\intelide|Group|\"System Bus Extender\"\n"
               "\\intelide|ImagePath|expand:\"system32\\\\DRIVERS\\\\intelide.sys\"\n"
               "\\intelide|Start|dword:00000000\n"
               "\\intelide|Tag|dword:00000004\n"
               "\\intelide|Type|dword:00000001");
    check_text(hive, "ControlSet001\\Control\\CriticalDeviceDatabase",
               IDE("*pnp0600", "atapi") DISK IDE("internal_ide_channel",
                                                 "atapi") IDE("pci#ven_8086&dev_7010", "intelide")
                   IDE("primary_ide_channel", "atapi") "\\secondary_ide_channel|ClassGUID|\"{"
                                                       "4D36E96A-E325-11CE-BFC1-08002BE10318}\"\n"
                                                       "\\secondary_ide_channel|Service|\"atapi\"");
}

/* What is missing is named, bus by bus. */
static void test_fallbacks_missing(void)
{
    static const struct {
        const char *label;
        BootTarget target;
        const char *drivers[6], *sata, *ide;
    } rows[] = {
        {"10 without AHCI",
         {10, INF_ARCHITECTURE_AMD64, {1}, 1, TRUE, FALSE},
         {"disk", "atapi", "pciide"},
         "storahci",
         NULL},
        {"10 without a disk driver",
         {10, INF_ARCHITECTURE_AMD64, {1}, 1, TRUE, FALSE},
         {"storahci"},
         "disk",
         "disk, atapi, intelide"},
        {"7 without channels",
         {6, INF_ARCHITECTURE_X86, {1}, 1, FALSE, FALSE},
         {"disk", "msahci", "intelide"},
         "atapi",
         "atapi"},
        {"XP whose controllers lack a library",
         {5, INF_ARCHITECTURE_X86, {1}, 1, FALSE, FALSE},
         {"disk", "atapi", "intelide", "pciide"},
         "msahci",
         "intelide"},
        {"a second control set without them",
         {10, INF_ARCHITECTURE_AMD64, {1, 2}, 2, TRUE, FALSE},
         {"disk", "atapi", "intelide", "storahci"},
         "disk, storahci",
         "disk, atapi, intelide"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(BootFallbacks) fallbacks = {{NULL}};
        g_autoptr(GBytes) hive =
            add_fallbacks(&rows[i].target, rows[i].drivers, rows[i].drivers, &fallbacks);

        g_test_message("%s", rows[i].label);
        g_assert_nonnull(hive);
        check_missing(&fallbacks, rows[i].sata, rows[i].ide);
    }
}

#undef IDE
#undef DISK

/* Every value of ours that a package Windows installed has too is of the same type and length. */
static void check_same_shape(Hive *hive, const char *ours, const char *theirs,
                             const char *const *names)
{
    HiveKey our_key, their_key;
    gboolean found;
    g_autoptr(GError) error = NULL;

    g_assert_true(hive_find_key(hive, hive_root(hive), ours, &found, &our_key, &error) && found);
    g_assert_true(hive_find_key(hive, hive_root(hive), theirs, &found, &their_key, &error) &&
                  found);
    for (guint i = 0; names[i]; i++) {
        g_autoptr(HiveValue) our_value = NULL;
        g_autoptr(HiveValue) their_value = NULL;

        g_assert_true(hive_get_value(hive, our_key, names[i], &our_value, &error));
        g_assert_true(hive_get_value(hive, their_key, names[i], &their_value, &error));
        g_assert_nonnull(our_value);
        g_assert_nonnull(their_value);
        g_assert_cmpuint(our_value->type, ==, their_value->type);
        if (our_value->type == HIVE_TYPE_BINARY)
            g_assert_cmpuint(g_bytes_get_size(our_value->data), ==,
                             g_bytes_get_size(their_value->data));
    }
}

static void test_real_windows_10(void)
{
    static const char *const drivers[] = {"disk",     "atapi",    "intelide", "pciide",
                                          "storahci", "stornvme", NULL};
    static const char *const inf_file[] = {"", "Active", "Configurations", NULL};
    static const char *const package[] = {"Version", NULL};
    static const char *const configuration[] = {"Service", "ConfigFlags", NULL};
    static const char *const descriptor[] = {"Configuration", NULL};
    static const char *const service[] = {"Type",  "Start",     "ErrorControl",
                                          "Group", "ImagePath", NULL};
    static const char *const parameters[] = {"BusType", NULL};
    static const char *const interface[] = {"5", NULL};
    g_autoptr(GBytes) bytes = testdata_load("win10-2004-x64-vmware/SYSTEM.gz");
    g_auto(ChosenDriver) chosen =
        make_chosen(viostor_inf, "viostor", DRIVER_ROLE_BLOCK, INF_ARCHITECTURE_AMD64);
    const BootTarget target = {10, INF_ARCHITECTURE_AMD64, {1}, 1, TRUE, FALSE};
    g_autoptr(Fs) fs = make_system32(drivers);
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_auto(BootFallbacks) fallbacks = {{NULL}};
    g_autoptr(GBytes) edited = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(Hive) before = NULL;
    g_autoptr(Hive) hive = NULL;
    g_autoptr(GError) error = NULL;

    if (!bytes)
        return;
    fs_tree_mount(tree, "/", fs);
    before = hive_open_bytes(bytes, "SYSTEM", &error);
    g_assert_true(boot_driver_add_edits(&chosen, &target, before, edits, NULL));
    g_assert_true(boot_fallback_add_edits(&target, before, tree, ROOT, edits, &fallbacks, &error));
    check_missing(&fallbacks, NULL, NULL);
    g_assert_true(hive_edits_apply(edits, bytes, 0, &edited, &changes, &error));
    g_assert_no_error(error);
    hive = hive_open_bytes(edited, "SYSTEM", &error);
    g_assert_no_error(error);

#define PACKAGES "DriverDatabase\\DriverPackages\\"
    check_same_shape(hive, "DriverDatabase\\DriverInfFiles\\drydock_viostor.inf",
                     "DriverDatabase\\DriverInfFiles\\oem2.inf", inf_file);
    check_same_shape(hive, PACKAGES "drydock_viostor.inf_amd64_0000000000000000",
                     PACKAGES "vmci.inf_amd64_5e38a278d114b813", package);
    check_same_shape(
        hive, PACKAGES "drydock_viostor.inf_amd64_0000000000000000\\Configurations\\scsi_inst",
        PACKAGES "vmci.inf_amd64_5e38a278d114b813\\Configurations\\vmci.install.x64.NT",
        configuration);
    check_same_shape(hive,
                     PACKAGES "drydock_viostor.inf_amd64_0000000000000000\\Descriptors\\PCI"
                              "\\VEN_1AF4&DEV_1042",
                     PACKAGES "vmci.inf_amd64_5e38a278d114b813\\Descriptors\\PCI"
                              "\\VEN_15AD&DEV_0740",
                     descriptor);
    check_same_shape(hive, "ControlSet001\\Services\\viostor", "ControlSet001\\Services\\LSI_SAS",
                     service);
    check_same_shape(hive, "ControlSet001\\Services\\viostor\\Parameters",
                     "ControlSet001\\Services\\LSI_SAS\\Parameters", parameters);
    check_same_shape(hive, "ControlSet001\\Services\\viostor\\Parameters\\PnpInterface",
                     "ControlSet001\\Services\\LSI_SAS\\Parameters\\PnpInterface", interface);
#undef PACKAGES
    check_text(edited, "ControlSet001\\Services\\viostor", service_viostor);
    /* This machine booted from SCSI: setup had overridden the start of the others. */
    for (guint i = 0; drivers[i]; i++) {
        g_autofree char *override =
            g_strdup_printf("ControlSet001\\Services\\%s\\StartOverride", drivers[i]);
        g_autofree char *key = g_strdup_printf("ControlSet001\\Services\\%s", drivers[i]);
        gboolean found;
        uint32_t start;

        check_text(edited, override, "");
        g_assert_true(hive_read_dword(hive, key, "Start", &found, &start, &error));
        g_assert_true(found);
        g_assert_cmpuint(start, ==, 0);
    }
}

static void test_real_windows_7(void)
{
    static const char *const drivers[] = {"disk", "atapi", "intelide", "pciide", "msahci", NULL};
    static const char *const critical[] = {"Service", "ClassGUID", NULL};
    g_autoptr(GBytes) bytes = testdata_load("win7sp1-x86-vmware/SYSTEM.xz");
    g_auto(ChosenDriver) chosen =
        make_chosen(viostor_inf, "viostor", DRIVER_ROLE_BLOCK, INF_ARCHITECTURE_X86);
    const BootTarget target = {6, INF_ARCHITECTURE_X86, {1}, 1, FALSE, FALSE};
    g_autoptr(Fs) fs = make_system32(drivers);
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_auto(BootFallbacks) fallbacks = {{NULL}};
    g_autoptr(GBytes) edited = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(Hive) before = NULL;
    g_autoptr(Hive) hive = NULL;
    g_autoptr(GError) error = NULL;
    gboolean found;
    uint32_t start;

    if (!bytes)
        return;
    fs_tree_mount(tree, "/", fs);
    before = hive_open_bytes(bytes, "SYSTEM", &error);
    g_assert_true(boot_driver_add_edits(&chosen, &target, before, edits, NULL));
    g_assert_true(boot_fallback_add_edits(&target, before, tree, ROOT, edits, &fallbacks, &error));
    check_missing(&fallbacks, NULL, NULL);
    g_assert_true(hive_edits_apply(edits, bytes, 0, &edited, &changes, &error));
    g_assert_no_error(error);
    hive = hive_open_bytes(edited, "SYSTEM", &error);
    check_same_shape(hive, "ControlSet001\\Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&DEV_1001",
                     "ControlSet001\\Control\\CriticalDeviceDatabase\\pci#ven_1000&dev_0054",
                     critical);
    g_assert_true(
        hive_read_dword(hive, "ControlSet001\\Services\\msahci", "Start", &found, &start, &error));
    g_assert_true(found && start == 0);
    /* Its own registrations are as good as ours. */
    for (guint i = 0; i < changes->len; i++) {
        const HiveChange *change = g_ptr_array_index(changes, i);

        g_assert_null(strstr(change->key, "ide_channel"));
        g_assert_null(strstr(change->key, "gendisk"));
    }
    /* The other control set is LastKnownGood: not ours. */
    check_text(edited, "ControlSet002\\Services\\viostor", "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/boot-driver/database", test_database);
    g_test_add_func("/windows/boot-driver/both", test_both);
    g_test_add_func("/windows/boot-driver/critical", test_critical);
    g_test_add_func("/windows/boot-driver/version", test_version);
    g_test_add_func("/windows/boot-driver/fallbacks", test_fallbacks);
    g_test_add_func("/windows/boot-driver/fallbacks-7", test_fallbacks_7);
    g_test_add_func("/windows/boot-driver/fallbacks-xp", test_fallbacks_xp);
    g_test_add_func("/windows/boot-driver/fallbacks-missing", test_fallbacks_missing);
    g_test_add_func("/windows/boot-driver/real-windows-10", test_real_windows_10);
    g_test_add_func("/windows/boot-driver/real-windows-7", test_real_windows_7);
    return g_test_run();
}
