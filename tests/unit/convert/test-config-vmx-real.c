/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of real VMX files, against what libvirt and virt-v2v make of the same files. */
#include "config-result.h"

#include <string.h>

#define MIB ((uint64_t)1 << 20)

/* Reads what the probe has to recognise. */
static const Machine *read_vmx(const char *text, ConfigResult *result)
{
    g_assert_true(config_vmx_ops.probe((const uint8_t *)text, MIN(strlen(text), 4096), "x"));
    *result = config_result_read(&config_vmx_ops, text);
    return config_result_machine(result);
}

static MachineDisk *disk_at(const Machine *machine, guint index)
{
    return machine->disks->pdata[index];
}

static MachineDrive *drive_at(const Machine *machine, guint index)
{
    return machine->drives->pdata[index];
}

static MachineNic *nic_at(const Machine *machine, guint index)
{
    return machine->nics->pdata[index];
}

/* The last component of "[datastore] directory/x.vmdk" and of other paths. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static gboolean is_same_disk(const MachineDisk *disk, const MachineDisk *expected)
{
    return disk->address.bus == expected->address.bus &&
           disk->address.controller == expected->address.controller &&
           disk->address.unit == expected->address.unit &&
           strcmp(base_name(disk->stored_name), base_name(expected->stored_name)) == 0;
}

static void compare_disks(const Machine *machine, const Machine *expected)
{
    g_assert_cmpuint(machine->disks->len, ==, expected->disks->len);
    for (guint i = 0; i < expected->disks->len; i++) {
        gboolean found = FALSE;
        const char *model = disk_at(expected, i)->address.model;
        if (model && g_str_has_prefix(model, "vm")) /* libvirt's vmpvscsi */
            model += strlen("vm");
        for (guint j = 0; j < machine->disks->len && !found; j++) {
            found = is_same_disk(disk_at(machine, j), disk_at(expected, i));
            if (found && model)
                g_assert_cmpstr(disk_at(machine, j)->address.model, ==, model);
        }
        g_assert_true(found);
    }
}

/* libvirt leaves out drives of the client. */
static void compare_drives(const Machine *machine, const Machine *expected)
{
    guint with_medium = 0, expected_with_medium = 0;
    for (guint i = 0; i < expected->drives->len; i++) {
        const MachineDrive *other = drive_at(expected, i);
        gboolean found = FALSE;
        for (guint j = 0; j < machine->drives->len && !found; j++) {
            const MachineDrive *drive = drive_at(machine, j);
            found = drive->kind == other->kind && drive->address.bus == other->address.bus &&
                    drive->address.controller == other->address.controller &&
                    drive->address.unit == other->address.unit;
        }
        g_assert_true(found);
        expected_with_medium += other->medium != NULL;
    }
    for (guint i = 0; i < machine->drives->len; i++)
        with_medium += drive_at(machine, i)->medium != NULL;
    g_assert_cmpuint(with_medium, >=, expected_with_medium);
}

static void compare_nics(const Machine *machine, const Machine *expected)
{
    g_assert_cmpuint(machine->nics->len, ==, expected->nics->len);
    for (guint i = 0; i < expected->nics->len; i++) {
        const MachineNic *nic = nic_at(machine, i), *other = nic_at(expected, i);
        g_assert_cmpstr(nic->mac, ==, other->mac);
        if (other->model)
            g_assert_cmpstr(nic->model, ==, other->model);
        if (other->network)
            g_assert_cmpstr(base_name(nic->network), ==, base_name(other->network));
    }
}

static char *swap_back(const char *uuid)
{
    return g_strdup_printf("%.2s%.2s%.2s%.2s-%.2s%.2s-%.2s%.2s%s", uuid + 6, uuid + 4, uuid + 2,
                           uuid, uuid + 11, uuid + 9, uuid + 16, uuid + 14, uuid + 18);
}

static void compare_machines(const Machine *machine, const Machine *expected)
{
    g_assert_cmpstr(machine->title, ==, expected->title);
    g_assert_cmpstr(machine->annotation, ==, expected->annotation);
    g_assert_cmpuint(machine->cpus, ==, expected->cpus);
    /* libvirt takes the limit of a resource pool for what the guest has now, and has a default of
       its own. */
    uint64_t expected_bytes =
        expected->memory_maximum_bytes ? expected->memory_maximum_bytes : expected->memory_bytes;
    g_assert_cmpuint(machine->memory_bytes ? machine->memory_bytes : 32 * MIB, ==, expected_bytes);
    /* libvirt does not turn it round. */
    if (machine->uuid && g_strcmp0(machine->uuid, expected->uuid) != 0) {
        g_autofree char *uuid = swap_back(machine->uuid);
        g_assert_cmpstr(uuid, ==, expected->uuid);
        g_assert_cmpuint(machine->hardware_version, >=, 13);
    }
    g_assert_cmpint(machine->firmware, ==, expected->firmware);
    g_assert_cmpint(machine->secure_boot, ==, expected->secure_boot);
    compare_disks(machine, expected);
    compare_drives(machine, expected);
    compare_nics(machine, expected);
}

static guint count_of(const char *text, const char *part)
{
    guint count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static char *read_text(const char *path)
{
    char *text;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, &error));
    return text;
}

/* Every VMX of libvirt's tests against the domain libvirt makes of it. */
static void check_libvirt_file(const char *folder, const char *name)
{
    g_auto(ConfigResult) result = {0};
    g_auto(ConfigResult) expected_result = {0};
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".vmx"));
    g_autofree char *expected_path = g_strconcat(stem, ".expected.xml", NULL);
    g_autofree char *text = read_text(path);
    g_test_message("%s", name);
    const Machine *machine = read_vmx(text, &result);
    if (!g_file_test(expected_path, G_FILE_TEST_EXISTS)) {
        g_assert_cmpuint(machine->disks->len, ==, 1);
        return;
    }
    g_autofree char *expected_text = read_text(expected_path);
    expected_result = config_result_read(&config_libvirt_ops, expected_text);
    const Machine *expected = config_result_machine(&expected_result);
    g_assert_cmpuint(expected->disks->len + expected->drives->len, ==,
                     count_of(expected_text, "<disk "));
    g_assert_cmpuint(expected->nics->len, ==, count_of(expected_text, "<interface "));
    compare_machines(machine, expected);
}

static void test_libvirt(void)
{
    g_autofree char *folder = g_build_filename(DRYDOCK_TESTDATA, "vm-config/vmx/libvirt", NULL);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    guint count = 0;
    if (!directory) {
        g_test_skip("no test data");
        return;
    }
    for (const char *name; (name = g_dir_read_name(directory)) != NULL;) {
        if (!g_str_has_suffix(name, ".vmx"))
            continue;
        check_libvirt_file(folder, name);
        count++;
    }
    g_assert_cmpuint(count, >=, 30);
}

/* The same facts as virt-v2v prints of four real files. */
static void test_virt_v2v(void)
{
    static const struct {
        const char *name, *title, *first_disk, *genid, *mac, *model, *network, *guest_name;
        uint64_t memory_mib;
        guint cpus, disks, drives;
        Firmware firmware;
        gboolean secure_boot;
    } rows[] = {
        {"test-i-vmx-1.vmx", "BZ1308535_21disks", "BZ1308535_21disks.vmdk", NULL,
         "00:0c:29:36:ef:31", "vmxnet3", "VM Network", "ens224", 2048, 1, 21, 1, FIRMWARE_BIOS,
         FALSE},
        {"test-i-vmx-3.vmx", "RHEL 7.1 UEFI", "RHEL-7.1-UEFI.vmdk", NULL, "00:0c:29:4b:2b:8c",
         "vmxnet3", "VM Network", "ens192", 2048, 1, 1, 1, FIRMWARE_UEFI, FALSE},
        {"test-i-vmx-5.vmx", "MSEdge - Win10_preview", "MSEdge-Win10_preview.vmdk",
         "8312995e-57b8-f814-4013-c1ba795f05ba", "00:0c:29:bf:e4:5d", "e1000e", "bridged", NULL,
         2048, 1, 1, 0, FIRMWARE_BIOS, FALSE},
        {"test-i-vmx-7.vmx", "win2019", "win2019.vmdk", "2f0de9ad-5b7c-f4de-d53f-23b1115d28b9",
         "00:0c:29:46:9b:0b", "vmxnet3", "VM Network", "ens192", 4096, 2, 2, 1, FIRMWARE_UEFI,
         TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ConfigResult) result = {0};
        g_autofree char *path =
            g_build_filename(DRYDOCK_TESTDATA, "vm-config/vmx/virt-v2v", rows[i].name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            g_test_skip("no test data");
            return;
        }
        g_autofree char *text = read_text(path);
        const Machine *machine = read_vmx(text, &result);
        g_test_message("%s", rows[i].name);
        g_assert_cmpstr(machine->title, ==, rows[i].title);
        g_assert_cmpstr(machine->genid, ==, rows[i].genid);
        g_assert_cmpuint(machine->memory_bytes, ==, rows[i].memory_mib * MIB);
        g_assert_cmpuint(machine->cpus, ==, rows[i].cpus);
        g_assert_cmpuint(machine->disks->len, ==, rows[i].disks);
        g_assert_cmpstr(disk_at(machine, 0)->stored_name, ==, rows[i].first_disk);
        g_assert_cmpuint(machine->drives->len, ==, rows[i].drives);
        g_assert_cmpint(machine->firmware, ==, rows[i].firmware);
        g_assert_cmpint(machine->secure_boot, ==, rows[i].secure_boot);
        g_assert_cmpuint(machine->nics->len, ==, 1);
        g_assert_cmpstr(nic_at(machine, 0)->mac, ==, rows[i].mac);
        g_assert_cmpstr(nic_at(machine, 0)->model, ==, rows[i].model);
        g_assert_cmpstr(nic_at(machine, 0)->network, ==, rows[i].network);
        if (rows[i].guest_name)
            g_assert_cmpstr(nic_at(machine, 0)->guest_name, ==, rows[i].guest_name);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/config-vmx-real/libvirt", test_libvirt);
    g_test_add_func("/convert/config-vmx-real/virt-v2v", test_virt_v2v);
    return g_test_run();
}
