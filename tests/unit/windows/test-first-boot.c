/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the first-boot service comes into guests: files, settings, registry, and when it does not. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "tests/unit/windows/support.h"
#include "windows/first_boot.h"
#include "windows/firstboot/programs.h"
#include "windows/firstboot/settings.h"

#define CONFIG "/Windows/System32/config/"
#define FOLDER "/Windows/Drydock/"
#define SET "ControlSet001\\"

typedef struct {
    Fs *fs;
    Guest guest;
    BootTarget target;
    char *tree_folder;
    DriverTree *tree;
    DriverChoice *choice;
    EditableHive *system, *software;
    Edits *edits;
    GPtrArray *findings;
} Fixture;

/* What differs from an ordinary Windows 10. */
typedef struct {
    guint major, minor;
    InfArchitecture architecture;
    guint san_policy; /* 0: no such value */
    gboolean is_clustered, has_powershell, asks_already;
} Variant;

static const Variant windows_10 = {10, 0, INF_ARCHITECTURE_AMD64, 1, FALSE, TRUE, FALSE};

static void write_file(Fs *fs, const char *path, GBytes *content)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_auto(GStrv) components = g_strsplit(folder, "/", 0);
    g_autoptr(GString) made = g_string_new(NULL);
    const FsAttributes attributes = {.mode = -1};
    g_autoptr(GError) error = NULL;

    for (guint i = 1; components[i] && *components[i]; i++) {
        g_string_append_printf(made, "/%s", components[i]);
        g_assert_true(fs_make_directory(fs, made->str, &attributes, &error));
    }
    g_assert_true(fs_write_file(fs, path, content, &attributes, &error));
    g_assert_no_error(error);
}

static GBytes *make_system(const Variant *variant)
{
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();

    hive_edits_set_dword(edits, SET "Services\\PlugPlay", "Start", 2, "t");
    hive_edits_set_dword(edits, SET "Services\\RpcSs", "Start", 4, "t");
    if (variant->san_policy)
        hive_edits_set_dword(edits, SET "Services\\partmgr\\Parameters", "SanPolicy",
                             variant->san_policy, "t");
    if (variant->is_clustered)
        hive_edits_set_dword(edits, SET "Services\\ClusSvc", "Start", 2, "t");
    if (variant->asks_already)
        hive_edits_set_dword(edits, SET "Services\\PlugPlay\\Parameters", "SuppressUI", 0, "t");
    return test_edit_hive(empty, edits);
}

static void make_tree(Fixture *fixture)
{
    static const char *const agents[] = {"qemu-ga-i386.msi", "qemu-ga-x86_64.msi"};
    const TestInf inf = {"netkvm", "NTamd64.10.0", "07/21/2023,100.94.104.24000",
                         0x1000,   0x1041,         FALSE};
    static const char *const folders[] = {"w10"};
    const DriverTarget target = {
        .inf = {.major = 10, .architecture = INF_ARCHITECTURE_AMD64, .build = 19045}};
    g_autofree char *text = test_inf(&inf);
    g_autoptr(GBytes) driver = test_driver(0x8664, PE_SIGNER_MICROSOFT, FALSE);
    g_autoptr(GBytes) catalog = test_signature(PE_SIGNER_MICROSOFT, FALSE, NULL);
    g_autoptr(GError) error = NULL;
    const char *const names[] = {folders[0], NULL};

    fixture->tree_folder = test_make_folder();
    test_write_text(fixture->tree_folder, "NetKVM/w10/amd64/NETKVM.inf", text);
    test_write(fixture->tree_folder, "NetKVM/w10/amd64/netkvm.sys", driver);
    test_write(fixture->tree_folder, "NetKVM/w10/amd64/netkvm.cat", catalog);
    for (guint i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autofree char *path = g_strdup_printf("guest-agent/%s", agents[i]);

        test_write_text(fixture->tree_folder, path, agents[i]);
    }
    test_write_text(fixture->tree_folder, "virtio-win-gt-x64.msi", "not wanted");
    fixture->tree = driver_tree_open(fixture->tree_folder, &error);
    g_assert_no_error(error);
    fixture->choice =
        driver_choice_new(&(const DriverSources){fixture->tree, NULL}, &target, names);
    g_assert_cmpuint(fixture->choice->drivers->len, ==, 1);
}

static void fixture_init(Fixture *fixture, const Variant *variant)
{
    static char root[] = "/Windows";
    g_autoptr(GBytes) system = make_system(variant);
    g_autoptr(GBytes) software = test_empty_hive();
    g_autoptr(GBytes) program = g_bytes_new_static("MZ", 2);
    g_autoptr(GError) error = NULL;

    *fixture = (Fixture){.fs = fs_new_memory(FALSE)};
    write_file(fixture->fs, CONFIG "SYSTEM", system);
    write_file(fixture->fs, CONFIG "SOFTWARE", software);
    if (variant->has_powershell)
        write_file(fixture->fs, "/Windows/System32/WindowsPowerShell/v1.0/powershell.exe", program);
    fixture->guest = (Guest){.kind = GUEST_WINDOWS,
                             .tree = fs_tree_new(),
                             .windows_facts = {.system_root = root,
                                               .major = variant->major,
                                               .minor = variant->minor,
                                               .current_control_set = 1,
                                               .default_control_set = 1}};
    fixture->guest.profiles = profiles_load(NULL, &error);
    g_assert_no_error(error);
    fixture->guest.profile_section = test_match_profile(
        fixture->guest.profiles, &(InfTarget){.major = variant->major, .minor = variant->minor});
    fs_tree_mount(fixture->guest.tree, "/", fixture->fs);
    fixture->target = (BootTarget){.major = variant->major,
                                   .architecture = variant->architecture,
                                   .control_sets = {1},
                                   .control_set_count = 1};
    fixture->findings = findings_new();
    fixture->edits = edits_new(fixture->guest.tree);
    fixture->system = editable_hive_open(&fixture->guest, "SYSTEM", fixture->findings, &error);
    fixture->software = editable_hive_open(&fixture->guest, "SOFTWARE", fixture->findings, &error);
    g_assert_no_error(error);
    make_tree(fixture);
}

static void fixture_clear(Fixture *fixture)
{
    editable_hive_free(fixture->system);
    editable_hive_free(fixture->software);
    edits_free(fixture->edits);
    profiles_free(fixture->guest.profiles);
    fs_tree_free(fixture->guest.tree);
    fs_close(fixture->fs);
    driver_choice_free(fixture->choice);
    driver_tree_free(fixture->tree);
    test_remove_folder(fixture->tree_folder);
    g_free(fixture->tree_folder);
    g_ptr_array_unref(fixture->findings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static FirstBootRequest request_of(const Fixture *fixture)
{
    return (FirstBootRequest){
        .is_wanted = TRUE,
        .guest = &fixture->guest,
        .target = &fixture->target,
        .drivers = fixture->tree,
        .choice = fixture->choice,
    };
}

static void plan(Fixture *fixture, const FirstBootRequest *request)
{
    g_autoptr(GError) error = NULL;
    gboolean staged;

    g_assert_true(first_boot_plan(request, fixture->system, fixture->software, fixture->edits,
                                  fixture->findings, &staged, &error));
    g_assert_no_error(error);
    g_assert_cmpint(staged, ==, request->is_wanted);
    g_assert_true(editable_hive_stage(fixture->system, fixture->edits, &error));
    g_assert_true(editable_hive_stage(fixture->software, fixture->edits, &error));
    g_assert_no_error(error);
}

static const Edit *find_edit(const Fixture *fixture, const char *path)
{
    for (guint i = 0; i < edits_count(fixture->edits); i++) {
        if (g_str_equal(edits_get(fixture->edits, i)->path, path))
            return edits_get(fixture->edits, i);
    }
    return NULL;
}

static char *staged_text(const Fixture *fixture, const char *path)
{
    const Edit *edit = find_edit(fixture, path);
    gsize length;
    const char *data;

    g_assert_nonnull(edit);
    g_assert_cmpint(edit->kind, ==, EDIT_WRITE_FILE);
    g_assert_nonnull(edit->reason);
    data = g_bytes_get_data(edit->content, &length);
    return g_strndup(data, length);
}

/* "KEY|NAME|text" of every value that changes in a hive. */
static char *changes(const Fixture *fixture, const char *path)
{
    const Edit *edit = find_edit(fixture, path);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; edit && i < edit->values->len; i++) {
        const EditValue *value = g_ptr_array_index(edit->values, i);

        if (value->name)
            g_string_append_printf(text, "%s|%s|%s\n", value->key, value->name, value->new_text);
        g_assert_nonnull(value->reason);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *codes(const Fixture *fixture)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < fixture->findings->len; i++)
        g_string_append_printf(
            text, "%s%s", i ? " " : "",
            finding_code_name(((const Finding *)g_ptr_array_index(fixture->findings, i))->code));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What the service itself makes of the settings: nothing may be left out. */
static void check_readable(const char *text)
{
    g_autofree char *copy = g_strdup(text);
    g_autofree Settings *settings = g_new(Settings, 1);

    g_assert_true(settings_parse(copy, strlen(text), settings));
    g_assert_cmpuint(settings->bad_lines, ==, 0);
}

#define KEY "HKLM\\SYSTEM\\" SET "Services\\DrydockFirstBoot|"
#define SAFE "HKLM\\SYSTEM\\" SET "Control\\SafeBoot\\"

static void test_windows_10(void)
{
    g_auto(Fixture) fixture = {0};
    g_autofree char *settings = NULL, *system = NULL, *software = NULL, *found = NULL,
                    *agent = NULL;
    FirstBootRequest request;
    const Edit *edit;

    fixture_init(&fixture, &windows_10);
    request = request_of(&fixture);
    plan(&fixture, &request);
    settings = staged_text(&fixture, FOLDER "firstboot.ini");
    g_assert_cmpstr(
        settings, ==,
        "drydock-first-boot 1\r\n"
        "delete-key=SYSTEM\\ControlSet001\\Services\\DrydockFirstBoot\r\n"
        "delete-key=SYSTEM\\ControlSet001\\Control\\SafeBoot\\Minimal\\DrydockFirstBoot\r\n"
        "delete-key=SYSTEM\\ControlSet001\\Control\\SafeBoot\\Network\\DrydockFirstBoot\r\n"
        "reboot=when-wanted\r\n"
        "uninstall=tools\r\n"
        "disks=online\r\n"
        "driver=Drivers\\VirtIO\\netkvm\\netkvm.inf\r\n"
        "device=PCI\\VEN_1AF4&DEV_1000&SUBSYS_00011AF4&REV_00\r\n"
        "device=PCI\\VEN_1AF4&DEV_1000\r\n"
        "device=PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01\r\n"
        "device=PCI\\VEN_1AF4&DEV_1041\r\n"
        "agent=agent\\qemu-ga-x86_64.msi\r\n");
    check_readable(settings);
    system = changes(&fixture, CONFIG "SYSTEM");
    /* RpcSs is switched off in this guest: to wait for it would be to wait for ever. */
    g_assert_cmpstr(
        system, ==,
        KEY
        "Type|dword:00000010\n" KEY "Start|dword:00000002\n" KEY "ErrorControl|dword:00000000\n" KEY
        "ImagePath|expand:\"%SystemRoot%\\\\Drydock\\\\firstboot.exe\"\n" KEY
        "DisplayName|\"Drydock first boot\"\n" KEY "Description|\"Finishes the "
        "migration of this machine, then removes itself.\"\n" KEY "ObjectName|\"LocalSystem\"\n" KEY
        "DependOnService|multi:\"PlugPlay\"\n" SAFE "Minimal\\DrydockFirstBoot||\"Service\"\n" SAFE
        "Network\\DrydockFirstBoot||\"Service\"\n");
    software = changes(&fixture, CONFIG "SOFTWARE");
    g_assert_cmpstr(software, ==, "");
    agent = staged_text(&fixture, FOLDER "agent/qemu-ga-x86_64.msi");
    g_assert_cmpstr(agent, ==, "qemu-ga-x86_64.msi");
    /* Protected like the registry's folder, which ordinary users cannot enter. */
    edit = find_edit(&fixture, "/Windows/Drydock");
    g_assert_nonnull(edit);
    g_assert_cmpint(edit->kind, ==, EDIT_MAKE_DIRECTORY);
    g_assert_cmpstr(edit->like, ==, "/Windows/System32/config");
    found = codes(&fixture);
    g_assert_cmpstr(found, ==, "windows-first-boot");
}

static void check_program(const Fixture *fixture, const char *architecture)
{
    const Edit *edit = find_edit(fixture, FOLDER "firstboot.exe");
    const FirstBootProgram *program = first_boot_programs;
    gsize length;
    const void *data;

    while (program->architecture && !g_str_equal(program->architecture, architecture))
        program++;
    g_assert_nonnull(program->architecture);
    g_assert_nonnull(edit);
    data = g_bytes_get_data(edit->content, &length);
    g_assert_cmpuint(length, ==, program->size_bytes);
    g_assert_true(memcmp(data, program->data, length) == 0);
}

/* Lines of the settings and values of the registry by Windows and its state. */
static void test_variants(void)
{
    static const struct {
        const char *name;
        Variant variant;
        const char *program, *settings, *not_settings, *system, *software, *codes;
    } rows[] = {
        {"2022, shared disks offline",
         {10, 0, INF_ARCHITECTURE_AMD64, 2, FALSE, TRUE, FALSE},
         "amd64",
         "set-dword=SYSTEM\\ControlSet001\\Services\\partmgr\\Parameters|SanPolicy|2\r\n",
         "SuppressUI",
         "Services\\partmgr\\Parameters|SanPolicy|dword:00000001\n",
         "",
         "windows-first-boot"},
        {"2022 in a cluster",
         {10, 0, INF_ARCHITECTURE_AMD64, 3, TRUE, TRUE, FALSE},
         "amd64",
         "uninstall=tools\r\n",
         "disks=",
         "Services\\DrydockFirstBoot|Start|dword:00000002\n",
         "",
         "windows-san-policy windows-first-boot"},
        {"11 on ARM64",
         {10, 0, INF_ARCHITECTURE_ARM64, 1, FALSE, TRUE, FALSE},
         "x86",
         "disks=online\r\n",
         "agent=",
         "Services\\DrydockFirstBoot|Start|dword:00000002\n",
         "",
         "windows-first-boot"},
        {"7 x86",
         {6, 1, INF_ARCHITECTURE_X86, 0, FALSE, TRUE, FALSE},
         "x86",
         "agent=agent\\qemu-ga-i386.msi\r\n",
         "SanPolicy",
         "Services\\DrydockFirstBoot|Start|dword:00000002\n",
         "",
         "windows-first-boot"},
        {"XP",
         {5, 1, INF_ARCHITECTURE_X86, 0, FALSE, FALSE, FALSE},
         "x86",
         "delete-value=SOFTWARE\\Policies\\Microsoft\\Windows\\DeviceInstall\\Settings|"
         "SuppressNewHWUI\r\n",
         "agent=",
         "Services\\PlugPlay\\Parameters|SuppressUI|dword:00000001\n",
         "Policies\\Microsoft\\Windows\\DeviceInstall\\Settings|SuppressNewHWUI|dword:00000001\n",
         "windows-first-boot"},
        {"2003, where it was said otherwise",
         {5, 2, INF_ARCHITECTURE_AMD64, 0, FALSE, FALSE, TRUE},
         "amd64",
         "set-dword=SYSTEM\\ControlSet001\\Services\\PlugPlay\\Parameters|SuppressUI|0\r\n",
         "disks=",
         "Services\\PlugPlay\\Parameters|SuppressUI|dword:00000001\n",
         "SuppressNewHWUI|dword:00000001\n",
         "windows-first-boot"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Fixture) fixture = {0};
        g_autofree char *settings = NULL, *system = NULL, *software = NULL, *found = NULL;
        FirstBootRequest request;

        g_test_message("%s", rows[i].name);
        fixture_init(&fixture, &rows[i].variant);
        request = request_of(&fixture);
        plan(&fixture, &request);
        check_program(&fixture, rows[i].program);
        settings = staged_text(&fixture, FOLDER "firstboot.ini");
        check_readable(settings);
        g_assert_nonnull(strstr(settings, rows[i].settings));
        g_assert_null(strstr(settings, rows[i].not_settings));
        system = changes(&fixture, CONFIG "SYSTEM");
        g_assert_nonnull(strstr(system, rows[i].system));
        software = changes(&fixture, CONFIG "SOFTWARE");
        g_assert_nonnull(strstr(software, rows[i].software));
        found = codes(&fixture);
        g_assert_cmpstr(found, ==, rows[i].codes);
    }
}

static FirstBootAddress *add_address(GPtrArray *addresses, const char *mac)
{
    FirstBootAddress *address = first_boot_address_new(mac);

    g_ptr_array_add(addresses, address);
    return address;
}

static void test_network(void)
{
    g_auto(Fixture) fixture = {0};
    g_autoptr(GPtrArray) addresses =
        g_ptr_array_new_with_free_func((GDestroyNotify)first_boot_address_free);
    FirstBootAddress *first = add_address(addresses, "00:0C:29:66:1a:A2");
    FirstBootAddress *wrong = add_address(addresses, "00:0c:29");
    FirstBootAddress *last = add_address(addresses, "00-0c-29-66-1a-a3");
    g_autofree char *settings = NULL, *found = NULL;
    FirstBootRequest request;

    first->connection_name = g_strdup("LAN\" & calc");
    g_ptr_array_add(first->addresses, g_strdup("192.0.2.5/24"));
    g_ptr_array_add(first->addresses, g_strdup("192.0.2.6"));
    g_ptr_array_add(first->addresses, g_strdup("2001:db8::5/64"));
    g_ptr_array_add(first->gateways, g_strdup("192.0.2.1"));
    g_ptr_array_add(first->dns, g_strdup("192.0.2.53"));
    g_ptr_array_add(first->dns, g_strdup("192.0.2.54\nscript=evil.cmd"));
    g_ptr_array_add(first->routes, g_strdup("198.51.100.0/24 192.0.2.254 5"));
    first->mtu = 1400;
    g_ptr_array_add(wrong->addresses, g_strdup("192.0.2.66/24"));
    last->connection_name = g_strdup("zwei\xff");
    g_ptr_array_add(last->dns, g_strdup("2001:db8::53"));
    last->mtu = 70000;

    fixture_init(&fixture, &windows_10);
    request = request_of(&fixture);
    request.addresses = addresses;
    plan(&fixture, &request);
    settings = staged_text(&fixture, FOLDER "firstboot.ini");
    check_readable(settings);
    g_assert_nonnull(strstr(settings, "adapter=000c29661aa2\r\n"
                                      "address=192.0.2.5/24\r\n"
                                      "address=2001:db8::5/64\r\n"
                                      "gateway=192.0.2.1\r\n"
                                      "dns=192.0.2.53\r\n"
                                      "mtu=1400\r\n"
                                      "route=198.51.100.0/24 192.0.2.254 5\r\n"
                                      "adapter=000c29661aa3\r\n"
                                      "dns=2001:db8::53\r\n"));
    g_assert_null(strstr(settings, "192.0.2.66"));
    g_assert_null(strstr(settings, "evil"));
    found = codes(&fixture);
    g_assert_cmpstr(found, ==,
                    "windows-first-boot-setting windows-first-boot-setting "
                    "windows-first-boot-setting windows-first-boot-setting "
                    "windows-first-boot-setting windows-first-boot-setting windows-first-boot");
}

static void test_scripts(void)
{
    static const char *const files[] = {"b.cmd", "a.PS1", "c.bat"};
    g_auto(Fixture) fixture = {0};
    g_autoptr(GPtrArray) scripts =
        g_ptr_array_new_with_free_func((GDestroyNotify)first_boot_script_free);
    g_autoptr(GError) error = NULL;
    g_autofree char *settings = NULL, *batch = NULL, *powershell = NULL, *mixed = NULL,
                    *found = NULL;
    FirstBootRequest request;
    Variant variant = windows_10;

    variant.has_powershell = FALSE;
    fixture_init(&fixture, &variant);
    test_write_text(fixture.tree_folder, "b.cmd", "one\ntwo\n");
    test_write_text(fixture.tree_folder, "a.PS1", "one\ntwo\n");
    test_write_text(fixture.tree_folder, "c.bat", "one\r\ntwo\n");
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(fixture.tree_folder, files[i], NULL);

        g_ptr_array_add(scripts, first_boot_script_read(path, &error));
        g_assert_no_error(error);
    }
    request = request_of(&fixture);
    request.scripts = scripts;
    plan(&fixture, &request);
    settings = staged_text(&fixture, FOLDER "firstboot.ini");
    check_readable(settings);
    g_assert_true(g_str_has_suffix(
        settings, "script=0001-b.cmd\r\nscript=0002-a.PS1\r\nscript=0003-c.bat\r\n"));
    batch = staged_text(&fixture, FOLDER "scripts/0001-b.cmd");
    g_assert_cmpstr(batch, ==, "one\r\ntwo\r\n");
    powershell = staged_text(&fixture, FOLDER "scripts/0002-a.PS1");
    g_assert_cmpstr(powershell, ==, "one\ntwo\n");
    mixed = staged_text(&fixture, FOLDER "scripts/0003-c.bat");
    g_assert_cmpstr(mixed, ==, "one\r\ntwo\n");
    found = codes(&fixture);
    g_assert_cmpstr(found, ==, "windows-no-powershell windows-first-boot");
}

static void test_bad_scripts(void)
{
    g_autofree char *root = test_make_folder();
    static const char *const names[] = {"no-ending", "a.sh",        "a.cmd.txt", "a:b.cmd",
                                        "a\xff.cmd", "missing.cmd", "folder.cmd"};
    g_autofree char *folder = g_build_filename(root, "folder.cmd", NULL);
    g_autofree char *long_name = g_strdup_printf("%0160d.cmd", 1);

    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    for (guint i = 0; i <= G_N_ELEMENTS(names); i++) {
        const char *name = i < G_N_ELEMENTS(names) ? names[i] : long_name;
        g_autofree char *path = g_build_filename(root, name, NULL);
        g_autoptr(GError) error = NULL;

        if (i < 5)
            test_write_text(root, name, "echo");
        g_assert_null(first_boot_script_read(path, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
    test_remove_folder(root);
}

/* Left out: nothing is changed, and what then stays undone is said. */
static void test_not_wanted(void)
{
    g_auto(Fixture) fixture = {0};
    g_autofree char *found = NULL;
    Variant variant = windows_10;
    FirstBootRequest request;

    variant.san_policy = 2;
    fixture_init(&fixture, &variant);
    request = request_of(&fixture);
    request.is_wanted = FALSE;
    plan(&fixture, &request);
    g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
    found = codes(&fixture);
    g_assert_cmpstr(found, ==, "windows-san-policy");
}

/* A program built without mingw-w64. */
static void test_no_program(void)
{
    g_auto(Fixture) fixture = {0};
    g_autoptr(GPtrArray) scripts = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;
    FirstBootScript script = {0};
    FirstBootRequest request;
    gboolean staged = TRUE;

    fixture_init(&fixture, &windows_10);
    request = request_of(&fixture);
    g_assert_true(first_boot_plan(&request, fixture.system, fixture.software, fixture.edits,
                                  fixture.findings, &staged, &error));
    g_assert_no_error(error);
    g_assert_false(staged);
    g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
    found = codes(&fixture);
    g_assert_cmpstr(found, ==, "windows-no-first-boot");
    g_ptr_array_add(scripts, &script);
    request.scripts = scripts;
    g_assert_false(first_boot_plan(&request, fixture.system, fixture.software, fixture.edits,
                                   fixture.findings, &staged, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/first-boot/bad-scripts", test_bad_scripts);
    g_test_add_func("/first-boot/not-wanted", test_not_wanted);
    if (!first_boot_programs[0].architecture) {
        g_test_add_func("/first-boot/no-program", test_no_program);
        return g_test_run();
    }
    g_test_add_func("/first-boot/windows-10", test_windows_10);
    g_test_add_func("/first-boot/variants", test_variants);
    g_test_add_func("/first-boot/network", test_network);
    g_test_add_func("/first-boot/scripts", test_scripts);
    return g_test_run();
}
