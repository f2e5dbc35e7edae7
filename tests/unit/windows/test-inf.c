/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF grammar, TargetOS ranking, and every real INF there is. */
#include <string.h>

#include "registry/hive.h"
#include "windows/inf_driver.h"

static Inf *parse(const char *text, size_t length)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, length);
    g_autoptr(GError) error = NULL;
    Inf *inf = inf_parse(bytes, "test.inf", &error);

    g_assert_no_error(error);
    return inf;
}

/* "key|field|field" of the first line of [s]; "" for no line. */
static const struct {
    const char *text, *line;
} grammar_rows[] = {
    {"[s]\na = b\n", "a|b"},
    {"[s]\r\na=b\r\n", "a|b"},
    {"[s]\na = b, c ,d\n", "a|b|c|d"},
    {"[s]\na = b,,\n", "a|b||"},
    {"[s]\na =\n", "a"},
    {"[s]\nHKR,,Name,%dword%,7\n[Strings]\nDWORD=0x10001\n", "-|HKR||Name|0x10001|7"},
    {"[s]\na = b ; comment, more\n", "a|b"},
    {"[s]\n; a = c\n a = b\n", "a|b"},
    {"[s]\na = \"b;c, d\"\n", "a|b;c, d"},
    {"[s]\na = \"  b  \" \n", "a|  b  "},
    {"[s]\na = \"say \"\"yes\"\"\"\n", "a|say \"yes\""},
    {"[s]\na = \"unfinished\nb = c\n", "a|unfinished"},
    {"[s]\na = b, \\\n   c\n", "a|b|c"},
    {"[s]\na = b, \\ ; why\r\n c\r\n", "a|b|c"},
    {"[s]\na = b\\c\n", "a|b\\c"},
    {"[s]\n%name% = %name%\n[Strings]\nname = \"The Name\"\n", "The Name|The Name"},
    {"[S]\na = %12%\\x.sys\n", "a|%12%\\x.sys"},
    {"[s]\na = \"%%SystemRoot%%\\x\"\n", "a|%SystemRoot%\\x"},
    {"[s]\na = 100%\n", "a|100%"},
    {"[s]\na = %n%\n[Strings.0409]\nn = two\n[Strings]\nn = one\n", "a|one"},
    {"[s]\na = %n%\n[Strings.0409]\nn = two\n", "a|two"},
    {"[t]\nb=1\n[s]\n[t]\n[s]\na = b\n", "a|b"},
    {"a = early\n[s]\na = b\n", "a|b"},
    {"[ s ] ; comment\na = b", "a|b"},
    {"[s]\na = b = c\n", "a|b = c"},
    {"[s]\nx, y = z\n", "-|x|y = z"},
    {"[s", ""},
    {"", ""},
    {"[s]\n=b\n", "|b"},
    {"\xef\xbb\xbf[s]\na = \xc3\xa9\n", "a|\xc3\xa9"},
    {"[s]\na = \xe9\n", "a|\xc3\xa9"},
};

static char *first_line(const Inf *inf)
{
    const GPtrArray *section = inf_get_section(inf, "s");
    const InfLine *line = section && section->len ? g_ptr_array_index(section, 0) : NULL;
    GString *text = g_string_new(NULL);

    if (!line)
        return g_string_free(text, FALSE);
    g_string_append(text, line->key ? line->key : "-");
    for (guint i = 0; i < line->fields->len; i++)
        g_string_append_printf(text, "|%s", inf_line_field(line, i));
    return g_string_free(text, FALSE);
}

static void test_grammar(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(grammar_rows); i++) {
        g_autoptr(Inf) inf = parse(grammar_rows[i].text, strlen(grammar_rows[i].text));
        g_autofree char *line = first_line(inf);

        g_test_message("%s", grammar_rows[i].text);
        g_assert_cmpstr(line, ==, grammar_rows[i].line);
    }
}

static void test_utf16(void)
{
    static const char little[] = "\xff\xfe[\0s\0]\0\n\0a\0=\0\xe9\0\n\0";
    static const char big[] = "\xfe\xff\0[\0s\0]\0\n\0a\0=\0\xe9\0\n";
    static const char unmarked[] = "[\0s\0]\0\n\0a\0=\0\xe9\0\n\0";
    static const char lone[] = "\xff\xfe[\0s\0]\0\n\0a\0=\0\0\xd8\n\0";
    static const struct {
        const char *text;
        size_t length;
        const char *line;
    } rows[] = {
        {little, sizeof little - 1, "a|\xc3\xa9"},
        {big, sizeof big - 1, "a|\xc3\xa9"},
        {unmarked, sizeof unmarked - 1, "a|\xc3\xa9"},
        {lone, sizeof lone - 1, "a|\xef\xbf\xbd"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Inf) inf = parse(rows[i].text, rows[i].length);
        g_autofree char *line = first_line(inf);

        g_assert_cmpstr(line, ==, rows[i].line);
    }
}

static void test_limits(void)
{
    g_autoptr(GString) text = g_string_new("[s]\n");
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 60000; i++)
        g_string_append(text, "a=b\n");
    bytes = g_bytes_new(text->str, text->len);
    g_assert_null(inf_parse(bytes, "test.inf", &error));
    g_assert_nonnull(strstr(error->message, "too many lines"));
}

#define AMD64 INF_ARCHITECTURE_AMD64
#define X86 INF_ARCHITECTURE_X86

/* The first decoration of each row beats the second one on that Windows; NULL: does not apply. */
static const struct {
    InfTarget target;
    const char *better, *worse;
} rank_rows[] = {
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0", "NTamd64.6.3"},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0...16299", "NTamd64.10.0"},
    {{AMD64, 10, 0, 14393, 1}, "NTamd64.10.0", NULL},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0...16299", "NTamd64.10.0...14393"},
    {{AMD64, 6, 1, 7601, 1}, "NTamd64.6.1", "NTamd64.6.0"},
    {{AMD64, 6, 1, 7601, 1}, "NTamd64.6", "NTamd64"},
    {{AMD64, 6, 1, 7601, 3}, "NTamd64.6.1.3", "NTamd64.6.1"},
    {{X86, 6, 1, 7601, 1}, "NTx86.6.1", "NTx86"},
    {{X86, 6, 1, 7601, 1}, "NTx86", "NT"},
    {{X86, 5, 1, 2600, 1}, "NT", NULL},
    {{X86, 5, 1, 2600, 1}, "ntX86", NULL},
};

static const struct {
    InfTarget target;
    const char *decoration;
    gboolean applies;
} apply_rows[] = {
    {{AMD64, 10, 0, 14393, 1}, "NTamd64.10.0...16299", FALSE},
    {{AMD64, 10, 0, 16299, 1}, "NTamd64.10.0...16299", TRUE},
    {{AMD64, 6, 1, 7601, 1}, "NTamd64.6.2", FALSE},
    {{AMD64, 6, 3, 9600, 1}, "NTamd64.10.0", FALSE},
    {{AMD64, 6, 3, 9600, 1}, "NTamd64.6.1", TRUE},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0.3", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NTamd64.10.0.3", TRUE},
    {{AMD64, 10, 0, 20348, 3}, "NTamd64.10.0..0x200", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NTx86.10.0", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NTarm64.10.0", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NT.10.0", FALSE},
    {{AMD64, 10, 0, 20348, 3}, NULL, FALSE},
    {{X86, 5, 1, 2600, 1}, NULL, TRUE},
    {{X86, 5, 1, 2600, 1}, "NTx86.x", FALSE},
    {{X86, 5, 1, 2600, 1}, "WIN", FALSE},
    {{X86, 5, 1, 2600, 1}, "NTx86.5.1.1.0.1.1", FALSE},
    {{INF_ARCHITECTURE_ARM64, 10, 0, 22631, 1}, "NTARM64.10.0", TRUE},
};

static void test_target(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rank_rows); i++) {
        guint64 better = 0, worse = 0;

        g_test_message("%s over %s", rank_rows[i].better, rank_rows[i].worse);
        g_assert_true(inf_target_applies(rank_rows[i].better, &rank_rows[i].target, &better));
        if (rank_rows[i].worse)
            g_assert_true(inf_target_applies(rank_rows[i].worse, &rank_rows[i].target, &worse));
        g_assert_cmpuint(better, >, worse);
    }
    for (guint i = 0; i < G_N_ELEMENTS(apply_rows); i++) {
        guint64 rank;

        g_test_message("%s", apply_rows[i].decoration);
        g_assert_cmpint(inf_target_applies(apply_rows[i].decoration, &apply_rows[i].target, &rank),
                        ==, apply_rows[i].applies);
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
                               row->key_only ? "key" : value);
    }
    return g_string_free(text, FALSE);
}

static void test_driver(void)
{
    const InfTarget target = {AMD64, 6, 3, 9600, 1};
    g_autoptr(Inf) inf = parse(full_inf, sizeof full_inf - 1);
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
    version = inf_driver_version_text(driver);
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
        g_autoptr(Inf) inf = parse(rows[i].text, strlen(rows[i].text));
        g_autofree char *reason = NULL;

        g_assert_null(inf_driver_new(inf, &rows[i].target, &reason));
        g_assert_cmpstr(reason, ==, rows[i].reason);
    }
}

/* Sections and services naming each other must not multiply without end. */
static void test_hostile(void)
{
    const InfTarget target = {AMD64, 10, 0, 19045, 1};
    g_autoptr(GString) text = g_string_new("[Manufacturer]\na=M,NTamd64\n[i.Services]\n");
    g_autoptr(Inf) inf = NULL;
    g_autoptr(InfDriver) driver = NULL;
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
    inf = parse(text->str, text->len);
    driver = inf_driver_new(inf, &target, &reason);
    g_assert_cmpuint(driver->models->len, ==, 2048);
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

    return g_file_get_contents(full, &text, &length, NULL) ? parse(text, length) : NULL;
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
        version = inf_driver_version_text(driver);
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
    g_test_add_func("/windows/inf/grammar", test_grammar);
    g_test_add_func("/windows/inf/utf16", test_utf16);
    g_test_add_func("/windows/inf/limits", test_limits);
    g_test_add_func("/windows/inf/target", test_target);
    g_test_add_func("/windows/inf/driver", test_driver);
    g_test_add_func("/windows/inf/not-for-target", test_not_for_target);
    g_test_add_func("/windows/inf/hostile", test_hostile);
    g_test_add_func("/windows/inf/mutations", test_mutations);
    g_test_add_func("/windows/inf/real", test_real);
    g_test_add_func("/windows/inf/all-real", test_all_real);
    return g_test_run();
}
