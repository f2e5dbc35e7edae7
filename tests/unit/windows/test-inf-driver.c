/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an INF installs, in made ones and in every real one there is. */
#include <string.h>

#include "registry/hive.h"
#include "tests/unit/windows/support.h"
#include "windows/inf_driver.h"

#define AMD64 INF_ARCHITECTURE_AMD64
#define X86 INF_ARCHITECTURE_X86

/* Which models section of "x=M,…" a Windows takes. */
static const struct {
    InfTarget target;
    const char *decorations, *device; /* NULL: none */
} manufacturer_rows[] = {
    {{AMD64, 10, 0, 19045, 1}, ",NTamd64.10.0,NTamd64.6.1,NTx86.10.0", "amd64.10.0"},
    {{AMD64, 6, 3, 9600, 1}, ",NTamd64.10.0,NTamd64.6.1,NTx86.10.0", "amd64.6.1"},
    {{AMD64, 6, 0, 6002, 1}, ",NTamd64.10.0,NTamd64.6.1,NTx86.10.0", NULL},
    {{X86, 10, 0, 19045, 1}, ",NTamd64.10.0,NTamd64.6.1,NTx86.10.0", "x86.10.0"},
    /* Decorations for other processors only: x86 has the plain section. */
    {{X86, 6, 1, 7601, 1}, ",NTamd64.6.1", "plain"},
    {{X86, 5, 1, 2600, 1}, ",NTia64,NTamd64", "plain"},
    {{X86, 5, 1, 2600, 1}, ",NTx86.6.1,NTamd64", NULL},
    {{X86, 5, 1, 2600, 1}, "", "plain"},
    {{AMD64, 6, 1, 7601, 1}, "", NULL},
    {{AMD64, 6, 1, 7601, 1}, ",,NTamd64", NULL}, /* there is no such section */
    {{AMD64, 6, 1, 7601, 1}, ",,NTamd64.6.1", "amd64.6.1"},
};

static void test_manufacturer(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(manufacturer_rows); i++) {
        g_autofree char *text = g_strdup_printf(
            "[Manufacturer]\nx=M%s\n[M]\nd=i,plain\n[M.NTamd64.10.0]\nd=i,amd64.10.0\n"
            "[M.NTamd64.6.1]\nd=i,amd64.6.1\n[M.NTx86.10.0]\nd=i,x86.10.0\n[i]\n",
            manufacturer_rows[i].decorations);
        g_autoptr(Inf) inf = test_parse_inf(text, strlen(text));
        g_autofree char *reason = NULL;
        g_autoptr(InfDriver) driver = inf_driver_new(inf, &manufacturer_rows[i].target, &reason);

        g_test_message("%s", manufacturer_rows[i].decorations);
        g_assert_cmpint(driver != NULL, ==, manufacturer_rows[i].device != NULL);
        if (driver)
            g_assert_true(inf_driver_has_id(driver, manufacturer_rows[i].device));
    }
}

static const char full_inf[] =
    "[Version]\nSignature=\"$Windows NT$\"\nClass=SCSIAdapter\n"
    "ClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}\nProvider=%V%\n"
    "DriverVer = 07/21/2023,63.93.104.24000\nCatalogFile=any.cat\nCatalogFile.NTamd64=this.cat\n"
    "[SourceDisksNames.amd64]\n1 = disk,,,\\amd64\n[SourceDisksFiles]\nd.sys = 1,sub\n"
    "[DestinationDirs]\nDefaultDestDir = 11\nDrivers = 12,below\n"
    "[Manufacturer]\n%V% = M,NTamd64,NTamd64.6.2\n%V2% = N\n"
    "[M.NTamd64]\nOld = inst, PCI\\OLD\n"
    "[M.NTamd64.6.2]\nNew = inst, pci\\new&a, PCI\\NEW\nOther = inst2, PCI\\OTHER\n"
    "Lost = nowhere, PCI\\LOST\n[N]\nUndecorated = inst, PCI\\UNDECORATED\n"
    "[inst.NT]\nCopyFiles = wrong\n[inst.NTamd64]\nCopyFiles = Drivers, @e.dll\n[inst2]\n"
    "[Drivers]\nd.sys,,,2\ntarget.sys,f.sys\n"
    "[inst.NTamd64.Services]\nAddService = dsvc, 0x2, svc, ev\nAddService = second, , svc2\n"
    "AddService = ,2\n"
    "[svc]\nServiceType = 1\nStartType = 0x0\nErrorControl = 3\nServiceBinary = %12%\\d.sys\n"
    "LoadOrderGroup = SCSI miniport\nAddReg = rows\n[svc2]\nServiceBinary = %11%\\e.dll\n"
    "[ev]\nAddReg = evrows\n[evrows]\nHKR,,File,0x20000,\"%%SystemRoot%%\\d.sys\"\n"
    "[inst.NTamd64.HW]\nAddReg = hw\n[hw]\nHKR,\"Interrupt Management\",,0x10\n"
    "[rows]\nHKR,Parameters\\PnpInterface,\"5\",0x10001,0x1\nHKR,,multi,0x10000,a,b\n"
    "HKR,,bin,1,01,ff\nHKR,,text,,hello\nHKLM,x,dw,0x10001,1,2,3,4\n"
    "[Strings]\nV=Vendor\nV2=Two\n";

static char *rows_text(const GPtrArray *rows)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < rows->len; i++) {
        const InfRegistryRow *row = g_ptr_array_index(rows, i);
        size_t length;
        const uint8_t *data = g_bytes_get_data(row->data, &length);
        g_autofree char *value = hive_value_to_text(row->type, data, length);

        g_string_append_printf(text, "%s|%s|%s|%s\n", row->root, row->subkey, row->name,
                               row->action == INF_REGISTRY_CREATE_KEY ? "key" : value);
    }
    return g_string_free(text, FALSE);
}

static void test_full(void)
{
    const InfTarget target = {AMD64, 6, 3, 9600, 1};
    g_autoptr(Inf) inf = test_parse_inf(full_inf, sizeof full_inf - 1);
    g_autofree char *reason = NULL;
    g_autoptr(InfDriver) driver = inf_driver_new(inf, &target, &reason);
    g_autofree char *version = NULL;
    g_autofree char *rows = NULL;
    g_autofree char *events = NULL;
    g_autofree char *hardware = NULL;
    const InfModel *model;
    const InfService *service;
    const InfFile *file;

    g_assert_nonnull(driver);
    version = inf_version_text(driver->version);
    g_assert_cmpstr(version, ==, "63.93.104.24000");
    g_assert_cmpuint(inf_driver_version(driver), ==, 0x003f005d00685dc0);
    /* 2023-07-21 is 19559 days after 1970-01-01, which is 134774 days after 1601-01-01. */
    g_assert_cmpuint(driver->date, ==, (134774u + 19559u) * G_GUINT64_CONSTANT(864000000000));
    g_assert_cmpstr(driver->provider, ==, "Vendor");
    g_assert_cmpstr(driver->catalog, ==, "this.cat");
    g_assert_cmpuint(driver->models->len, ==, 2);
    model = g_ptr_array_index(driver->models, 0);
    g_assert_cmpstr(model->description, ==, "New");
    g_assert_cmpuint(model->ids->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(model->ids, 0), ==, "PCI\\NEW&A");
    g_assert_cmpstr(model->install->section, ==, "inst.ntamd64");
    g_assert_true(inf_driver_has_id(driver, "pci\\other"));
    g_assert_false(inf_driver_has_id(driver, "PCI\\OLD"));

    g_assert_cmpuint(model->install->files->len, ==, 3);
    file = g_ptr_array_index(model->install->files, 0);
    g_assert_cmpstr(file->source, ==, "amd64/sub/d.sys");
    g_assert_cmpuint(file->dirid, ==, 12);
    g_assert_cmpstr(file->subdir, ==, "below");
    file = g_ptr_array_index(model->install->files, 1);
    g_assert_cmpstr(file->target, ==, "target.sys");
    g_assert_cmpstr(file->source, ==, "f.sys");
    file = g_ptr_array_index(model->install->files, 2);
    g_assert_cmpstr(file->source, ==, "e.dll");
    g_assert_cmpuint(file->dirid, ==, 11);

    g_assert_cmpuint(model->install->services->len, ==, 2);
    service = g_ptr_array_index(model->install->services, 0);
    g_assert_cmpstr(service->name, ==, "dsvc");
    g_assert_true(service->is_function_driver);
    g_assert_cmpuint(service->type, ==, 1);
    g_assert_cmpuint(service->start, ==, 0);
    g_assert_cmpuint(service->error_control, ==, 3);
    g_assert_cmpstr(service->binary, ==, "%12%\\d.sys");
    rows = rows_text(service->registry);
    g_assert_cmpstr(rows, ==,
                    "HKR|Parameters\\PnpInterface|5|dword:00000001\nHKR||multi|multi:\"a\",\"b\"\n"
                    "HKR||bin|hex:01,ff\nHKR||text|\"hello\"\nHKLM|x|dw|dword:04030201\n");
    events = rows_text(service->event_log);
    g_assert_cmpstr(events, ==, "HKR||File|expand:\"%SystemRoot%\\\\d.sys\"\n");
    hardware = rows_text(model->install->hardware);
    g_assert_cmpstr(hardware, ==, "HKR|Interrupt Management||key\n");
}

static void test_not_for_target(void)
{
    static const struct {
        InfTarget target;
        const char *text, *reason;
    } rows[] = {
        {{AMD64, 6, 0, 6002, 1},
         "[Manufacturer]\na=M,NTamd64.6.1\n[M.NTamd64.6.1]\na=i,X\n[i]\n",
         "it has no section for Windows 6.0 build 6002 on amd64"},
        {{AMD64, 6, 1, 7601, 1},
         "[Manufacturer]\na=M,NTamd64.6.1\n[M.NTamd64.6.1]\na=i,X\n",
         "it lists no device"},
        {{AMD64, 6, 1, 7601, 1},
         "[Manufacturer]\na=M\n[M]\na=i,X\n[i]\n",
         "it has no section for Windows 6.1 build 7601 on amd64"},
        {{X86, 6, 1, 7601, 1}, "", "it has no section for Windows 6.1 build 7601 on x86"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Inf) inf = test_parse_inf(rows[i].text, strlen(rows[i].text));
        g_autofree char *reason = NULL;

        g_assert_null(inf_driver_new(inf, &rows[i].target, &reason));
        g_assert_cmpstr(reason, ==, rows[i].reason);
    }
}

/* One AddReg or DelReg line and what becomes of it. */
static const struct {
    const char *line;
    gboolean is_deletion;
    const char *text; /* action root|subkey|name|value, "+" keeps, "?" needs what is there */
} row_rows[] = {
    {"HKR,,a,,x", FALSE, "set HKR|||\"x\""},
    {"HKR,,a,0,x", FALSE, "set HKR|||\"x\""},
    {"hkr,s,a,0x20000,%%x%%", FALSE, "set HKR|s||expand:\"%x%\""},
    {"HKR,,a,0x10000,x,y", FALSE, "set HKR|||multi:\"x\",\"y\""},
    {"HKR,,a,0x10008,x,y", FALSE, "append HKR|||multi:\"x\",\"y\""},
    {"HKR,,a,0x10001,-1", FALSE, "set HKR|||dword:ffffffff"},
    {"HKR,,a,0x10003,5", FALSE, "set+ HKR|||dword:00000005"},
    {"HKR,,a,0x10021,5", FALSE, "set? HKR|||dword:00000005"},
    {"HKR,,a,0x00011001,5", FALSE, "set HKR|||dword:00000005"},
    {"HKR,,a,1,de,ad", FALSE, "set HKR|||hex:de,ad"},
    {"HKR,,a,0x20001", FALSE, "set HKR|||hex(0):"},
    {"HKR,,a,0xb0001,1,0,0,0,0,0,0,0", FALSE, "set HKR|||qword:0000000000000001"},
    {"HKR,,a,0x70001,78,00,00,00,00,00", FALSE, "set HKR|||multi:\"x\""},
    {"HKR,k,,0x10", FALSE, "key HKR|k||"},
    {"HKR,k", FALSE, "key HKR|k||"},
    {"HKR,k,,0x2000", FALSE, "key HKR|k||"},
    {"HKR,,a,4", FALSE, "delete-value HKR|||"},
    {"HKLM,k,a", TRUE, "delete-value HKLM|k||"},
    {"HKR,k", TRUE, "delete-key HKR|k||"},
    {"HKR,k,a,0x2000", TRUE, "delete-key HKR|k||"},
    {"HKR,k,a,0x18002,x", TRUE, "remove HKR|k||multi:\"x\""},
};

static void test_rows(void)
{
    static const char *const actions[] = {
        [INF_REGISTRY_SET] = "set",
        [INF_REGISTRY_CREATE_KEY] = "key",
        [INF_REGISTRY_APPEND] = "append",
        [INF_REGISTRY_DELETE_KEY] = "delete-key",
        [INF_REGISTRY_DELETE_VALUE] = "delete-value",
        [INF_REGISTRY_REMOVE_STRING] = "remove",
    };
    const InfTarget target = {AMD64, 10, 0, 19045, 1};

    for (guint i = 0; i < G_N_ELEMENTS(row_rows); i++) {
        g_autofree char *text =
            g_strdup_printf("[Manufacturer]\nx=M,NTamd64\n[M.NTamd64]\nd=i,X\n[i]\n%s=r\n[r]\n%s\n",
                            row_rows[i].is_deletion ? "DelReg" : "AddReg", row_rows[i].line);
        g_autoptr(Inf) inf = test_parse_inf(text, strlen(text));
        g_autofree char *reason = NULL;
        g_autoptr(InfDriver) driver = inf_driver_new(inf, &target, &reason);
        const InfInstall *install = g_ptr_array_index(driver->installs, 0);
        const InfRegistryRow *row = g_ptr_array_index(install->registry, 0);
        size_t length;
        const uint8_t *data = g_bytes_get_data(row->data, &length);
        gboolean has_value = row->action == INF_REGISTRY_SET ||
                             row->action == INF_REGISTRY_APPEND ||
                             row->action == INF_REGISTRY_REMOVE_STRING;
        g_autofree char *value = has_value ? hive_value_to_text(row->type, data, length) : NULL;
        g_autofree char *found = g_strdup_printf(
            "%s%s%s %s|%s||%s", actions[row->action], row->keeps_existing ? "+" : "",
            row->needs_existing ? "?" : "", row->root, row->subkey, value ? value : "");

        g_test_message("%s", row_rows[i].line);
        g_assert_cmpuint(install->registry->len, ==, 1);
        g_assert_cmpstr(found, ==, row_rows[i].text);
    }
}

/* In the manner of a network driver of another vendor's. */
static const char vendor_inf[] =
    "[Version]\nClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}\nProvider=%V%\nPnpLockdown=1\n"
    "DriverVer=2-3-2024,1.2.3\nCatalogFile=plain.cat\nCatalogFile.NT=nt.cat\n"
    "[ControlFlags]\nExcludeFromSelect=PCI\\A\nExcludeFromSelect.NTamd64=PCI\\B\n"
    "[Manufacturer]\n%V%=M,NTamd64\n[M.NTamd64]\n%D%=i,PCI\\A,PCI\\A2\n%D% two=i,PCI\\B\n"
    "plain=i,,PCI\\C\n"
    "[i.ntamd64]\nInclude=base.inf, other.inf\nNeeds=base.sect, more\nCopyFiles=@n.sys\n"
    "AddReg=own\nDelReg=gone\n[more]\nAddReg=extra\nNeeds=i.ntamd64\n"
    "[own]\nHKR,,own,,1\n[extra]\nHKR,,extra,,1\n[gone]\nHKR,,gone\n"
    "[i.ntamd64.Services]\nInclude=base.inf\nNeeds=base.sect.Services\n"
    "AddService=n,2,svc\n[svc]\nDisplayName=%D%\nServiceBinary=%13%\\n.sys\n"
    "Dependencies=a,+NDIS\n"
    "[i.ntamd64.CoInstallers]\nAddReg=co\nCopyFiles=co.files\n[co]\n"
    "HKR,,CoInstallers32,0x10000,\"n.dll,Entry\"\n[co.files]\nn.dll\n"
    "[i.ntamd64.Wdf]\nKmdfService=n,wdf\n[wdf]\nKmdfLibraryVersion=1.15\n"
    "[i.ntamd64.Interfaces]\nAddInterface={AAAAAAAA-0000-0000-0000-000000000000},,if\n"
    "[i.ntamd64.Components]\nAddComponent=agent,,sw\nAddComponent=second,,sw\n"
    "[Strings]\nV=Vendor\nD=Card\n";
static const char base_inf[] =
    "[Version]\nDriverVer=1/1/2001,9.9.9.9\n[base.sect]\nAddReg=base\n[base]\nHKR,,base,,%V%\n"
    "[base.sect.Services]\nAddService=helper,0,helper.svc\n[helper.svc]\n"
    "ServiceBinary=%12%\\helper.sys\n[Strings]\nV=Base\n";

static void test_vendor(void)
{
    const InfTarget target = {AMD64, 10, 0, 19045, 1};
    g_autoptr(Inf) inf = test_parse_inf(vendor_inf, sizeof vendor_inf - 1);
    g_autoptr(Inf) base = test_parse_inf(base_inf, sizeof base_inf - 1);
    g_autoptr(GPtrArray) includes = inf_list_includes(inf);
    g_autoptr(InfDriver) driver = NULL;
    g_autofree char *reason = NULL;
    g_autofree char *rows = NULL;
    g_autofree char *co_installers = NULL;
    g_autofree char *date = NULL;
    const InfModel *models[3];
    const InfInstall *install;
    const InfService *service;

    g_assert_cmpuint(includes->len, ==, 2);
    g_assert_true(g_ptr_array_find_with_equal_func(includes, "base.inf", g_str_equal, NULL));
    inf_append(inf, base);
    driver = inf_driver_new(inf, &target, &reason);
    g_assert_cmpstr(reason, ==, NULL);
    g_assert_true(driver->pnp_lockdown);
    g_assert_cmpstr(driver->catalog, ==, "nt.cat");
    date = inf_date_text(driver->date);
    g_assert_cmpstr(date, ==, "2024-02-03");
    g_assert_cmpuint(inf_driver_version(driver), ==, 0x0001000200030000);
    for (guint i = 0; i < G_N_ELEMENTS(models); i++)
        models[i] = g_ptr_array_index(driver->models, i);
    g_assert_cmpstr(models[0]->description_token, ==, "d");
    g_assert_cmpstr(models[0]->manufacturer_token, ==, "v");
    g_assert_cmpstr(models[0]->manufacturer, ==, "Vendor");
    g_assert_cmpstr(models[1]->description, ==, "Card two");
    g_assert_cmpstr(models[1]->description_token, ==, NULL);
    g_assert_cmpstr(models[2]->description_token, ==, NULL);
    g_assert_true(models[0]->is_left_from_list && models[1]->is_left_from_list);
    g_assert_false(models[2]->is_left_from_list);
    g_assert_true(models[0]->has_hardware_id);
    g_assert_false(models[2]->has_hardware_id);
    g_assert_cmpuint(models[0]->ids->len, ==, 2);
    g_assert_cmpuint(models[2]->ids->len, ==, 1);

    install = models[0]->install;
    rows = rows_text(install->registry);
    g_assert_cmpstr(rows, ==,
                    "HKR||gone|\"\"\nHKR||own|\"1\"\nHKR||base|\"Base\"\nHKR||extra|\"1\"\n");
    co_installers = rows_text(install->co_installers);
    g_assert_cmpstr(co_installers, ==, "HKR||CoInstallers32|multi:\"n.dll,Entry\"\n");
    g_assert_cmpuint(install->files->len, ==, 2);
    g_assert_cmpstr(((const InfFile *)g_ptr_array_index(install->files, 1))->source, ==, "n.dll");
    g_assert_cmpuint(install->services->len, ==, 2);
    service = inf_driver_find_function_service(driver);
    g_assert_cmpstr(service->name, ==, "n");
    g_assert_cmpstr(service->display_name, ==, "Card");
    g_assert_cmpuint(service->dependencies->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(service->dependencies, 1), ==, "+NDIS");
    g_assert_cmpstr(((const InfService *)g_ptr_array_index(install->services, 1))->name, ==,
                    "helper");
    g_assert_cmpstr(install->framework, ==, "KMDF 1.15");
    g_assert_cmpuint(install->interfaces->len, ==, 1);
    g_assert_cmpuint(install->components->len, ==, 2);
}

/* Sections and services naming each other must not multiply without end. */
static void test_hostile(void)
{
    const InfTarget target = {AMD64, 10, 0, 19045, 1};
    g_autoptr(GString) text = g_string_new("[Manufacturer]\na=M,NTamd64\n[i.Services]\n");
    g_autoptr(Inf) inf = NULL;
    g_autoptr(InfDriver) driver = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autofree char *reason = NULL;
    const InfInstall *install;

    for (guint i = 0; i < 2000; i++)
        g_string_append_printf(text, "AddService=s%u,2,svc\n", i);
    g_string_append(text, "[svc]\nServiceBinary=x\n");
    for (guint i = 0; i < 2000; i++)
        g_string_append(text, "AddReg=rows,rows,rows,rows\n");
    g_string_append(text, "[rows]\n");
    for (guint i = 0; i < 2000; i++)
        g_string_append(text, "HKR,a,b,0,c\n");
    g_string_append(text, "[i]\nCopyFiles=f,f,f,f,f,f,f\n[f]\n");
    for (guint i = 0; i < 2000; i++)
        g_string_append_printf(text, "..\\..\\%u.sys\n", i);
    g_string_append(text, "[M.NTamd64]\n");
    for (guint i = 0; i < 5000; i++)
        g_string_append_printf(text, "d=i,PCI\\%u\n", i);
    g_string_append(text, "[SourceDisksFiles]\n");
    for (guint i = 0; i < 5000; i++)
        g_string_append_printf(text, "%u.sys=1\n", i);
    inf = test_parse_inf(text->str, text->len);
    driver = inf_driver_new(inf, &target, &reason);
    g_assert_cmpuint(driver->models->len, ==, 2048);
    files = inf_list_source_files(inf);
    g_assert_cmpuint(files->len, ==, 4 * 2048);
    install = g_ptr_array_index(driver->installs, 0);
    g_assert_cmpuint(install->services->len, ==, 16);
    g_assert_cmpuint(install->files->len, ==, 512);
    g_assert_cmpstr(((const InfFile *)g_ptr_array_index(install->files, 0))->source, ==, "0.sys");
}

/* Random damage gives an error or some driver, and nothing read outside (the sanitizers look). */
static void test_mutations(void)
{
    const InfTarget target = {AMD64, 10, 0, 19045, 1};
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    static const char alphabet[] = "[]=,%\"\\;\n\r \0aN1\xff";

    for (guint round = 0; round < 3000; round++) {
        g_autofree char *copy = g_memdup2(full_inf, sizeof full_inf);
        size_t length = (size_t)g_rand_int_range(random, 1, sizeof full_inf);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(Inf) inf = NULL;
        g_autoptr(InfDriver) driver = NULL;
        g_autofree char *reason = NULL;

        for (guint i = 0; i < 8; i++)
            copy[g_rand_int_range(random, 0, (gint32)length)] =
                alphabet[g_rand_int_range(random, 0, sizeof alphabet - 1)];
        bytes = g_bytes_new(copy, length); /* exact, for the sanitizer */
        inf = inf_parse(bytes, "test.inf", &error);
        g_assert_no_error(error);
        driver = inf_driver_new(inf, &target, &reason);
        g_assert_true(!driver == !!reason);
    }
}

/* What real packages say; the Windows is the one their folder is for. */
static const struct {
    const char *path;
    InfTarget target;
    const char *version, *catalog, *section;
    guint models;
    const char *first_id;
    const char *service, *binary;
    guint start;
    guint registry_rows, hardware_rows;
} real_rows[] = {
    {"old-drivers/Win8.1/amd64/viostor.inf",
     {AMD64, 6, 3, 9600, 1},
     "63.93.104.24000",
     "viostor.cat",
     "scsi_inst",
     2,
     "PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00",
     "viostor",
     "%12%\\viostor.sys",
     0,
     2,
     7},
    {"old-drivers/Win8.1/x86/vioscsi.inf",
     {X86, 6, 3, 9600, 1},
     "63.93.104.24000",
     "vioscsi.cat",
     "scsi_inst",
     2,
     "PCI\\VEN_1AF4&DEV_1004&SUBSYS_00081AF4&REV_00",
     "vioscsi",
     "%12%\\vioscsi.sys",
     0,
     2,
     8},
    {"old-drivers/Win7/amd64/vioscsi.inf",
     {AMD64, 6, 1, 7601, 3},
     "61.76.104.16000",
     "vioscsi.cat",
     "rhelscsi_inst",
     2,
     "PCI\\VEN_1AF4&DEV_1004&SUBSYS_00081AF4&REV_00",
     "vioscsi",
     "%12%\\vioscsi.sys",
     0,
     2,
     7},
    {"old-drivers/Win7/x86/netkvm.inf",
     {X86, 6, 1, 7601, 1},
     "61.77.104.17200",
     "netkvm.cat",
     "kvmnet6.ndi",
     2,
     "PCI\\VEN_1AF4&DEV_1000&SUBSYS_00011AF4&REV_00",
     "netkvm",
     "%12%\\netkvm.sys",
     3,
     3,
     4},
    {"old-drivers/Wnet/x86/viostor.inf",
     {X86, 5, 1, 2600, 1},
     "52.64.104.4800",
     "viostor.cat",
     "rhelscsi_inst",
     3,
     "PCI\\VEN_1AF4&DEV_1001&SUBSYS_00000000",
     "viostor",
     "%12%\\viostor.sys",
     0,
     2,
     0},
    {"old-drivers/Wnet/amd64/balloon.inf",
     {AMD64, 5, 2, 3790, 3},
     "52.65.104.7000",
     "Balloon.cat",
     "BALLOON_Device.nt",
     1,
     "PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00",
     "BALLOON",
     "%12%\\BALLOON.sys",
     3,
     0,
     0},
};

static Inf *load_real(const char *path)
{
    g_autofree char *full = g_build_filename(DRYDOCK_TESTDATA, "virtio-win", path, NULL);
    g_autofree char *text = NULL;
    gsize length;

    return g_file_get_contents(full, &text, &length, NULL) ? test_parse_inf(text, length) : NULL;
}

static void test_real(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(real_rows); i++) {
        g_autoptr(Inf) inf = load_real(real_rows[i].path);
        g_autofree char *reason = NULL;
        g_autofree char *version = NULL;
        g_autoptr(InfDriver) driver = NULL;
        const InfInstall *install;
        const InfModel *model;
        const InfService *service;

        if (!inf) {
            g_test_skip("no test data");
            return;
        }
        g_test_message("%s", real_rows[i].path);
        driver = inf_driver_new(inf, &real_rows[i].target, &reason);
        g_assert_cmpstr(reason, ==, NULL);
        version = inf_version_text(driver->version);
        g_assert_cmpstr(version, ==, real_rows[i].version);
        g_assert_cmpstr(driver->catalog, ==, real_rows[i].catalog);
        g_assert_cmpuint(driver->models->len, ==, real_rows[i].models);
        model = g_ptr_array_index(driver->models, 0);
        g_assert_cmpstr(g_ptr_array_index(model->ids, 0), ==, real_rows[i].first_id);
        install = model->install;
        g_assert_cmpstr(install->section, ==, real_rows[i].section);
        service = g_ptr_array_index(install->services, 0);
        g_assert_cmpstr(service->name, ==, real_rows[i].service);
        g_assert_cmpstr(service->binary, ==, real_rows[i].binary);
        g_assert_cmpuint(service->start, ==, real_rows[i].start);
        g_assert_cmpuint(service->registry->len, ==, real_rows[i].registry_rows);
        g_assert_cmpuint(install->hardware->len, ==, real_rows[i].hardware_rows);
    }
}

/* Every stamped INF has a driver for the Windows of its folder and none for an older one. */
static void check_folder(const char *folder, const InfTarget *target, const InfTarget *older)
{
    g_autofree char *full =
        g_build_filename(DRYDOCK_TESTDATA, "virtio-win/old-drivers", folder, NULL);
    g_autoptr(GDir) directory = g_dir_open(full, 0, NULL);
    const char *name;
    guint count = 0;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename("old-drivers", folder, name, NULL);
        g_autoptr(Inf) inf = NULL;
        g_autoptr(InfDriver) driver = NULL;
        g_autoptr(InfDriver) other = NULL;
        g_autofree char *reason = NULL;
        g_autofree char *other_reason = NULL;

        if (!g_str_has_suffix(name, ".inf"))
            continue;
        g_test_message("%s", path);
        inf = load_real(path);
        driver = inf_driver_new(inf, target, &reason);
        g_assert_nonnull(driver);
        g_assert_cmpuint(driver->date, !=, 0);
        g_assert_cmpuint(inf_driver_version(driver), !=, 0);
        g_assert_cmpstr(driver->class_guid, !=, "");
        /* vioprot says "NTx86,NTamd64" and nothing about a version. */
        if (older && !g_str_equal(name, "vioprot.inf")) {
            other = inf_driver_new(inf, older, &other_reason);
            g_assert_null(other);
        }
        count++;
    }
    if (directory)
        g_assert_cmpuint(count, >=, 4);
    else
        g_test_skip("no test data");
}

static void test_all_real(void)
{
    const InfTarget xp = {X86, 5, 1, 2600, 1}, server_2003 = {AMD64, 5, 2, 3790, 3};
    const InfTarget windows_7 = {AMD64, 6, 1, 7601, 1}, windows_7_x86 = {X86, 6, 1, 7601, 1};
    const InfTarget windows_81 = {AMD64, 6, 3, 9600, 1}, windows_81_x86 = {X86, 6, 3, 9600, 1};

    check_folder("Wnet/x86", &xp, NULL);
    check_folder("Wnet/amd64", &server_2003, NULL);
    check_folder("Win7/amd64", &windows_7, &server_2003);
    check_folder("Win7/x86", &windows_7_x86, &xp);
    check_folder("Win8.1/amd64", &windows_81, &windows_7);
    check_folder("Win8.1/x86", &windows_81_x86, &windows_7_x86);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/inf-driver/manufacturer", test_manufacturer);
    g_test_add_func("/windows/inf-driver/full", test_full);
    g_test_add_func("/windows/inf-driver/rows", test_rows);
    g_test_add_func("/windows/inf-driver/vendor", test_vendor);
    g_test_add_func("/windows/inf-driver/not-for-target", test_not_for_target);
    g_test_add_func("/windows/inf-driver/hostile", test_hostile);
    g_test_add_func("/windows/inf-driver/mutations", test_mutations);
    g_test_add_func("/windows/inf-driver/real", test_real);
    g_test_add_func("/windows/inf-driver/all-real", test_all_real);
    return g_test_run();
}
