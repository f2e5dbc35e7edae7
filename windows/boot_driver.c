/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services, CriticalDeviceDatabase and DriverDatabase entries of a boot-start storage driver.
   Shapes as seen in hives of Windows 7 SP1, 10 1903 and 10 2004 for packages Windows itself had
   installed (lsi_sas, vmci). */
#include "windows/boot_driver.h"

#include <string.h>

#include "base/bytes.h"
#include "windows/boot_device_ids.h"

#define SERVICE_KERNEL_DRIVER 1u
#define SERVICE_BOOT_START 0u
#define SERVICE_ERROR_NORMAL 1u

#define SCSI_ADAPTER_CLASS "{4D36E97B-E325-11CE-BFC1-08002BE10318}"

/* Windows takes any 16 digits as the hash of a package that is only registered, not stored. */
#define PACKAGE_HASH "0000000000000000"

#define REASON_SERVICE "starts the virtio disk driver at boot"
#define REASON_OVERRIDE "would switch a boot driver off for this hardware profile"
#define REASON_BIND "binds the virtio disk to its driver before setup can"
#define REASON_EVENT_LOG "names the driver's messages for the event log"

/* What storport and the miniports need when an INF is silent: bus 5 is PCIBus. */
static const struct {
    DriverRole role;
    guint32 bus_type; /* STORAGE_BUS_TYPE: BusTypeScsi, BusTypeSas */
} bus_type_table[] = {
    {DRIVER_ROLE_BLOCK, 1},
    {DRIVER_ROLE_SCSI, 10},
};

static void add_rows(const GPtrArray *rows, const char *key, HiveEdits *edits, const char *reason)
{
    for (guint i = 0; i < rows->len; i++) {
        const InfRegistryRow *row = g_ptr_array_index(rows, i);
        g_autofree char *path =
            *row->subkey ? g_strdup_printf("%s\\%s", key, row->subkey) : g_strdup(key);
        size_t length;
        const void *data = g_bytes_get_data(row->data, &length);

        if (!g_str_equal(row->root, "HKR"))
            continue;
        if (row->key_only)
            hive_edits_create_key(edits, path, reason);
        else
            hive_edits_set(edits, path, row->name, row->type, data, length, reason);
    }
}

static void add_service(const ChosenDriver *chosen, const InfService *service, guint control_set,
                        HiveEdits *edits)
{
    g_autofree char *key =
        g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, service->name);
    g_autofree char *parameters = g_strdup_printf("%s\\Parameters", key);
    g_autofree char *interface = g_strdup_printf("%s\\PnpInterface", parameters);
    g_autofree char *override = g_strdup_printf("%s\\StartOverride", key);
    g_autofree char *events = g_strdup_printf("ControlSet%03u\\Services\\EventLog\\System\\%s",
                                              control_set, service->name);
    g_autofree char *file = inf_service_file_name(service);
    g_autofree char *image = g_strdup_printf("system32\\drivers\\%s", file);

    hive_edits_set_dword(edits, key, "Type", SERVICE_KERNEL_DRIVER, REASON_SERVICE);
    hive_edits_set_dword(edits, key, "Start", SERVICE_BOOT_START, REASON_SERVICE);
    hive_edits_set_dword(edits, key, "ErrorControl",
                         service->error_control ? service->error_control : SERVICE_ERROR_NORMAL,
                         REASON_SERVICE);
    hive_edits_set_string(edits, key, "Group", HIVE_TYPE_SZ,
                          *service->group ? service->group : "SCSI miniport", REASON_SERVICE);
    /* Boot drivers are named relative to the system root, whatever directory the INF has. */
    hive_edits_set_string(edits, key, "ImagePath", HIVE_TYPE_EXPAND_SZ, image, REASON_SERVICE);
    hive_edits_set_dword(edits, interface, "5", 1, REASON_SERVICE);
    for (guint i = 0; i < G_N_ELEMENTS(bus_type_table); i++) {
        if (bus_type_table[i].role == chosen->role)
            hive_edits_set_dword(edits, parameters, "BusType", bus_type_table[i].bus_type,
                                 REASON_SERVICE);
    }
    add_rows(service->registry, key, edits, REASON_SERVICE);
    add_rows(service->event_log, events, edits, REASON_EVENT_LOG);
    hive_edits_delete_key(edits, override, REASON_OVERRIDE);
}

static const char *class_guid(const ChosenDriver *chosen)
{
    return *chosen->driver->class_guid ? chosen->driver->class_guid : SCSI_ADAPTER_CLASS;
}

static void add_critical_devices(const ChosenDriver *chosen, const InfService *service,
                                 guint control_set, HiveEdits *edits)
{
    g_autoptr(GPtrArray) ids = boot_device_ids_new_critical(chosen->driver);
    g_autofree char *guid = g_ascii_strup(class_guid(chosen), -1);

    for (guint i = 0; i < ids->len; i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Control\\CriticalDeviceDatabase\\%s", control_set,
                            (const char *)g_ptr_array_index(ids, i));

        hive_edits_set_string(edits, key, "Service", HIVE_TYPE_SZ, service->name, REASON_BIND);
        hive_edits_set_string(edits, key, "ClassGUID", HIVE_TYPE_SZ, guid, REASON_BIND);
    }
}

/* "{4D36E97B-E325-11CE-BFC1-08002BE10318}": the first three fields are stored little-endian. */
static gboolean parse_guid(const char *text, uint8_t ret_guid[16])
{
    static const uint8_t positions[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    guint count = 0;

    for (const char *next = text; *next && count < 16; next++) {
        int high = g_ascii_xdigit_value(*next);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(next[1]);

        if (high >= 0 && low < 0)
            return FALSE;
        if (high < 0)
            continue;
        ret_guid[positions[count++]] = (uint8_t)(high << 4 | low);
        next++;
    }
    return count == 16;
}

/* Decoded from the packages of three hives:
     0  1  0x00 third party, 0xff inbox     1  1  0xff
     2  2  architecture: 0 x86, 9 amd64, 12 arm64 (PROCESSOR_ARCHITECTURE_*)
     4  4  0                                8 16  class GUID
    24  8  DriverVer's date, FILETIME      32  8  its version, least significant word first
    40  8  0 */
void boot_driver_format_version(const InfDriver *driver, InfArchitecture architecture,
                                uint8_t ret_version[BOOT_DRIVER_VERSION_LENGTH])
{
    static const uint16_t architectures[] = {
        [INF_ARCHITECTURE_X86] = 0,
        [INF_ARCHITECTURE_AMD64] = 9,
        [INF_ARCHITECTURE_ARM64] = 12,
    };

    memset(ret_version, 0, BOOT_DRIVER_VERSION_LENGTH);
    ret_version[1] = 0xff;
    put_le16(ret_version + 2, architectures[architecture]);
    if (!parse_guid(driver->class_guid, ret_version + 8))
        (void)parse_guid(SCSI_ADAPTER_CLASS, ret_version + 8);
    put_le64(ret_version + 24, driver->date);
    put_le64(ret_version + 32, inf_driver_version(driver));
}

static void add_inf_file(const ChosenDriver *chosen, const char *alias, const char *package,
                         HiveEdits *edits)
{
    const GPtrArray *installs = chosen->driver->installs;
    g_autofree char *key = g_strdup_printf("DriverDatabase\\DriverInfFiles\\%s", alias);
    const char *packages[] = {package, NULL};
    g_autoptr(GPtrArray) configurations = g_ptr_array_new();

    for (guint i = 0; i < installs->len; i++)
        g_ptr_array_add(configurations,
                        ((const InfInstall *)g_ptr_array_index(installs, i))->section);
    g_ptr_array_add(configurations, NULL);
    hive_edits_set_multi_string(edits, key, "", packages, REASON_BIND);
    hive_edits_set_string(edits, key, "Active", HIVE_TYPE_SZ, package, REASON_BIND);
    hive_edits_set_multi_string(edits, key, "Configurations",
                                (const char *const *)configurations->pdata, REASON_BIND);
}

static void add_package(const ChosenDriver *chosen, const InfService *service,
                        InfArchitecture architecture, const char *package, HiveEdits *edits)
{
    const GPtrArray *installs = chosen->driver->installs;
    g_autofree char *key = g_strdup_printf("DriverDatabase\\DriverPackages\\%s", package);
    uint8_t version[BOOT_DRIVER_VERSION_LENGTH];

    boot_driver_format_version(chosen->driver, architecture, version);
    hive_edits_set(edits, key, "Version", HIVE_TYPE_BINARY, version, sizeof version, REASON_BIND);
    for (guint i = 0; i < installs->len; i++) {
        const InfInstall *install = g_ptr_array_index(installs, i);
        g_autofree char *configuration =
            g_strdup_printf("%s\\Configurations\\%s", key, install->section);
        g_autofree char *device = g_strdup_printf("%s\\Device", configuration);

        hive_edits_set_dword(edits, configuration, "ConfigFlags", 0, REASON_BIND);
        hive_edits_set_string(edits, configuration, "Service", HIVE_TYPE_SZ, service->name,
                              REASON_BIND);
        /* Message-signalled interrupts from the first start on. */
        add_rows(install->hardware, device, edits, REASON_BIND);
    }
}

static void add_device_ids(const ChosenDriver *chosen, const char *alias, const char *package,
                           HiveEdits *edits)
{
    g_autoptr(GPtrArray) ids = boot_device_ids_new(chosen->driver);

    for (guint i = 0; i < ids->len; i++) {
        const BootDeviceId *id = g_ptr_array_index(ids, i);
        g_autofree char *device_key = g_strdup_printf("DriverDatabase\\DeviceIds\\%s", id->id);
        g_autofree char *descriptor_key =
            g_strdup_printf("DriverDatabase\\DriverPackages\\%s\\Descriptors\\%s", package, id->id);
        /* How good the match is, then the feature score (0xff: none given in the INF). */
        const uint8_t rank[4] = {(uint8_t)MIN(id->rank, 0xffu), 0xff, 0, 0};

        hive_edits_set(edits, device_key, alias, HIVE_TYPE_BINARY, rank, sizeof rank, REASON_BIND);
        hive_edits_set_string(edits, descriptor_key, "Configuration", HIVE_TYPE_SZ,
                              id->install->section, REASON_BIND);
    }
}

void boot_driver_add_edits(const ChosenDriver *chosen, const BootTarget *target, HiveEdits *edits)
{
    const InfService *service = chosen_driver_service(chosen);
    /* One alias per driver: with a shared one the second driver would replace the first. */
    g_autofree char *alias = g_strdup_printf("drydock_%s.inf", chosen->name);
    g_autofree char *package =
        g_strdup_printf("%s_%s_" PACKAGE_HASH, alias, inf_architecture_name(target->architecture));

    for (guint i = 0; i < target->control_set_count; i++) {
        add_service(chosen, service, target->control_sets[i], edits);
        if (!target->has_driver_database)
            add_critical_devices(chosen, service, target->control_sets[i], edits);
    }
    if (!target->has_driver_database)
        return;
    add_inf_file(chosen, alias, package, edits);
    add_package(chosen, service, target->architecture, package, edits);
    add_device_ids(chosen, alias, package, edits);
}
