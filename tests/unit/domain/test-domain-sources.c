/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real configurations of every hypervisor become domains that libvirt's schema takes. */
#include <string.h>

#include "base/finding.h"
#include "convert/source_config.h"
#include "domain-schema.h"
#include "domain/domain.h"

static const SourceConfigOps *const kinds[] = {&config_vmx_ops, &config_ovf_ops,
                                               &config_hyperv_xml_ops, &config_hyperv_vmcx_ops,
                                               &config_libvirt_ops};

static const Guest guests[] = {
    {.kind = GUEST_LINUX, .architecture = (char *)(guintptr) "x86_64"},
    {.kind = GUEST_WINDOWS,
     .architecture = (char *)(guintptr) "x86_64",
     .windows_facts = {.major = 10, .build = 22631, .product_type = (char *)(guintptr) "WinNT"}},
};

static void check_machine(Machine *machine)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    /* source.c makes names safe, and the disk gate knows sectors; neither has run. */
    g_free(machine->name);
    machine->name = g_strdup("machine");
    for (guint i = 0; i < machine->disks->len; i++) {
        ((MachineDisk *)machine->disks->pdata[i])->sector_size = 512;
        g_ptr_array_add(paths, g_strdup_printf("/images/disk-%u.qcow2", i + 1));
    }
    g_ptr_array_add(paths, NULL);
    for (DomainBus bus = DOMAIN_BUS_VIRTIO; bus <= DOMAIN_BUS_IDE; bus++)
        for (guint i = 0; i <= G_N_ELEMENTS(guests); i++) {
            g_autoptr(GPtrArray) findings = findings_new();
            const DomainOptions options = {.disk_bus = bus,
                                           .disk_paths = (const char *const *)paths->pdata,
                                           .findings = findings};
            const Guest *guest = i < G_N_ELEMENTS(guests) ? &guests[i] : NULL;
            g_autofree char *xml = NULL;
            g_autoptr(GError) error = NULL;
            gboolean ok = domain_format(machine, guest, &options, &xml, &error);

            g_assert_no_error(error);
            g_assert_true(ok);
            domain_schema_check(xml);
        }
}

static guint check_file(const char *path)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func((GDestroyNotify)machine_free);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GBytes) content = NULL;
    const uint8_t *bytes = NULL;
    char *text = NULL;
    gsize size = 0;

    if (!g_file_get_contents(path, &text, &size, NULL))
        return 0;
    content = g_bytes_new_take(text, size);
    bytes = g_bytes_get_data(content, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *name = g_path_get_basename(path);
        g_autoptr(GError) error = NULL;

        if (size > 0 && kinds[i]->probe(bytes, MIN(size, 4096), name) &&
            !kinds[i]->read(content, machines, findings, &error))
            g_test_message("%s: %s", path, error->message);
    }
    for (guint i = 0; i < machines->len; i++)
        check_machine(machines->pdata[i]);
    return machines->len;
}

static guint check_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = NULL;
    guint count = 0;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        count += g_file_test(path, G_FILE_TEST_IS_DIR) ? check_folder(path) : check_file(path);
    }
    return count;
}

static void test_testdata(void)
{
    guint count = 0;

    if (!g_file_test(DRYDOCK_TESTDATA "/vm-config", G_FILE_TEST_IS_DIR)) {
        g_test_skip("no test data");
        return;
    }
    count = check_folder(DRYDOCK_TESTDATA "/vm-config");
    g_test_message("%u machines", count);
    g_assert_cmpuint(count, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/sources/testdata", test_testdata);
    return g_test_run();
}
