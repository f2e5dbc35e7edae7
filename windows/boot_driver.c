/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services, CriticalDeviceDatabase and DriverDatabase entries of a boot-start storage driver.
   Shapes as seen in hives of Windows 7 SP1, 10 1903 and 10 2004 for packages Windows itself had
   installed (lsi_sas, vmci). */
#include "windows/boot_driver.h"

#include <string.h>

#include "base/bytes.h"
#include "windows/boot_device_ids.h"
#include "windows/inf_rows.h"

#define SERVICE_KERNEL_DRIVER 1u
#define SERVICE_BOOT_START 0u
#define SERVICE_ERROR_NORMAL 1u

#define SCSI_ADAPTER_CLASS "{4D36E97B-E325-11CE-BFC1-08002BE10318}"

/* In all 1413 configurations of two Windows 10 hives. */
#define CONFIG_SCOPE_ALL 7u

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

/* What the edits of one driver are made from. */
typedef struct {
    const ChosenDriver *chosen;
    const InfService *service;
    const BootTarget *target;
    Hive *system; /* NULL: nothing is there yet */
    HiveEdits *edits;
    char *alias, *package; /* names in the DriverDatabase */
} Plan;

static void plan_clear(Plan *plan)
{
    g_free(plan->alias);
    g_free(plan->package);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static gboolean add_rows(const Plan *plan, const GPtrArray *rows, const char *key,
                         const char *reason, GError **error)
{
    return inf_rows_add_edits(rows, plan->system, key, plan->edits, reason, error);
}

static gboolean add_service(const Plan *plan, guint control_set, GError **error)
{
    const InfService *service = plan->service;
    HiveEdits *edits = plan->edits;
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
        if (bus_type_table[i].role == plan->chosen->role)
            hive_edits_set_dword(edits, parameters, "BusType", bus_type_table[i].bus_type,
                                 REASON_SERVICE);
    }
    hive_edits_delete_key(edits, override, REASON_OVERRIDE);
    return add_rows(plan, service->registry, key, REASON_SERVICE, error) &&
           add_rows(plan, service->event_log, events, REASON_EVENT_LOG, error);
}

static const char *class_guid(const ChosenDriver *chosen)
{
    return *chosen->driver->class_guid ? chosen->driver->class_guid : SCSI_ADAPTER_CLASS;
}

static void add_critical_devices(const Plan *plan, guint control_set)
{
    g_autoptr(GPtrArray) ids = boot_device_ids_new_critical(plan->chosen->driver);
    g_autofree char *guid = g_ascii_strup(class_guid(plan->chosen), -1);

    for (guint i = 0; i < ids->len; i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Control\\CriticalDeviceDatabase\\%s", control_set,
                            (const char *)g_ptr_array_index(ids, i));

        hive_edits_set_string(plan->edits, key, "Service", HIVE_TYPE_SZ, plan->service->name,
                              REASON_BIND);
        hive_edits_set_string(plan->edits, key, "ClassGUID", HIVE_TYPE_SZ, guid, REASON_BIND);
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

static void add_inf_file(const Plan *plan)
{
    const GPtrArray *installs = plan->chosen->driver->installs;
    g_autofree char *key = g_strdup_printf("DriverDatabase\\DriverInfFiles\\%s", plan->alias);
    const char *packages[] = {plan->package, NULL};
    g_autoptr(GPtrArray) configurations = g_ptr_array_new();

    for (guint i = 0; i < installs->len; i++)
        g_ptr_array_add(configurations,
                        ((const InfInstall *)g_ptr_array_index(installs, i))->section);
    g_ptr_array_add(configurations, NULL);
    hive_edits_set_multi_string(plan->edits, key, "", packages, REASON_BIND);
    hive_edits_set_string(plan->edits, key, "Active", HIVE_TYPE_SZ, plan->package, REASON_BIND);
    hive_edits_set_multi_string(plan->edits, key, "Configurations",
                                (const char *const *)configurations->pdata, REASON_BIND);
}

static gboolean add_configuration(const Plan *plan, const char *package_key,
                                  const InfInstall *install, GError **error)
{
    g_autofree char *key = g_strdup_printf("%s\\Configurations\\%s", package_key, install->section);
    g_autofree char *device = g_strdup_printf("%s\\Device", key);
    g_autofree char *service = g_strdup_printf("%s\\Services\\%s", key, plan->service->name);

    hive_edits_set_string(plan->edits, key, "Service", HIVE_TYPE_SZ, plan->service->name,
                          REASON_BIND);
    hive_edits_set_dword(plan->edits, key, "ConfigScope", CONFIG_SCOPE_ALL, REASON_BIND);
    hive_edits_set_dword(plan->edits, key, "ConfigFlags", 0, REASON_BIND);
    /* Message-signalled interrupts from the first start on. */
    return add_rows(plan, install->hardware, device, REASON_BIND, error) &&
           add_rows(plan, plan->service->registry, service, REASON_BIND, error);
}

/* Windows also writes a SignerScore, which orders the drivers of a device. Ours has none: the real
   package must rank above it when Plug and Play installs that. */
static gboolean add_package(const Plan *plan, const char *key, GError **error)
{
    const InfDriver *driver = plan->chosen->driver;
    uint8_t version[BOOT_DRIVER_VERSION_LENGTH];

    boot_driver_format_version(driver, plan->target->architecture, version);
    hive_edits_set(plan->edits, key, "Version", HIVE_TYPE_BINARY, version, sizeof version,
                   REASON_BIND);
    hive_edits_set_string(plan->edits, key, "Provider", HIVE_TYPE_SZ, driver->provider,
                          REASON_BIND);
    hive_edits_set_string(plan->edits, key, "", HIVE_TYPE_SZ, plan->alias, REASON_BIND);
    for (guint i = 0; i < driver->installs->len; i++) {
        if (!add_configuration(plan, key, g_ptr_array_index(driver->installs, i), error))
            return FALSE;
    }
    return TRUE;
}

/* A text as Windows stores it: the token, which Strings of the package resolves. */
static void add_text(const Plan *plan, const char *package_key, const char *key, const char *name,
                     const char *token, const char *text)
{
    g_autofree char *strings = g_strdup_printf("%s\\Strings", package_key);
    g_autofree char *reference = token ? g_strdup_printf("%%%s%%", token) : g_strdup(text);

    hive_edits_set_string(plan->edits, key, name, HIVE_TYPE_SZ, reference, REASON_BIND);
    if (token)
        hive_edits_set_string(plan->edits, strings, token, HIVE_TYPE_SZ, text, REASON_BIND);
}

static void add_device_ids(const Plan *plan, const char *package_key)
{
    g_autoptr(GPtrArray) ids = boot_device_ids_new(plan->chosen->driver);

    for (guint i = 0; i < ids->len; i++) {
        const BootDeviceId *id = g_ptr_array_index(ids, i);
        const InfModel *model = id->model;
        g_autofree char *device_key = g_strdup_printf("DriverDatabase\\DeviceIds\\%s", id->id);
        g_autofree char *key = g_strdup_printf("%s\\Descriptors\\%s", package_key, id->id);
        /* How good the match is, then the feature score (0xff: none given in the INF). */
        const uint8_t rank[4] = {(uint8_t)MIN(id->rank, 0xffu), 0xff, 0, 0};

        hive_edits_set(plan->edits, device_key, plan->alias, HIVE_TYPE_BINARY, rank, sizeof rank,
                       REASON_BIND);
        hive_edits_set_string(plan->edits, key, "Configuration", HIVE_TYPE_SZ,
                              model->install->section, REASON_BIND);
        add_text(plan, package_key, key, "Manufacturer", model->manufacturer_token,
                 model->manufacturer);
        add_text(plan, package_key, key, "Description", model->description_token,
                 model->description);
    }
}

gboolean boot_driver_add_edits(const ChosenDriver *chosen, const BootTarget *target, Hive *system,
                               HiveEdits *edits, GError **error)
{
    /* One alias per driver: with a shared one the second driver would replace the first. */
    g_auto(Plan) plan = {
        .chosen = chosen,
        .service = chosen_driver_service(chosen),
        .target = target,
        .system = system,
        .edits = edits,
        .alias = g_strdup_printf("drydock_%s.inf", chosen->name),
    };
    g_autofree char *key = NULL;

    plan.package = g_strdup_printf("%s_%s_" PACKAGE_HASH, plan.alias,
                                   inf_architecture_name(target->architecture));
    for (guint i = 0; i < target->control_set_count; i++) {
        if (!add_service(&plan, target->control_sets[i], error))
            return FALSE;
        if (!target->has_driver_database)
            add_critical_devices(&plan, target->control_sets[i]);
    }
    if (!target->has_driver_database)
        return TRUE;
    key = g_strdup_printf("DriverDatabase\\DriverPackages\\%s", plan.package);
    add_inf_file(&plan);
    if (!add_package(&plan, key, error))
        return FALSE;
    add_device_ids(&plan, key);
    return TRUE;
}
