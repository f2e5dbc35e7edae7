/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OVF descriptors that hypervisors wrote: what their machines are made of. */
#include "base/error.h"
#include "base/finding.h"
#include "convert/source_config.h"

#define MIB ((uint64_t)1 << 20)

/* Files of the test data: processors, MiB of memory, disks, network cards, drives and firmware of
   each machine, as a reader written apart from this one counted them; NULL: refused. */
static const struct {
    const char *file;
    const char *machines;
} files[] = {
    {"from-virtualbox.ovf", "2 923 1 1 1 bios"},
    {"govmomi/dmtf_gos_test.ovf", "0 0 1 1 0 unknown"},
    {"govmomi/external__2011OVFs__Win2k3ToolsHWv9__w2k3R2_32-toolsHWv9.ovf", "1 512 1 1 2 bios"},
    {"govmomi/external__2011OVFs__sunVHW-DiskTypes__sunVHW-DiskTypes-invalid.ovf",
     "1 1024 2 1 2 unknown; 1 1024 2 1 2 unknown"},
    {"govmomi/external__2011OVFs__sunVHW-DiskTypes__sunVHW-DiskTypes_invalidUTF.ovf",
     "1 1024 2 1 2 unknown; 1 1024 2 1 2 unknown"},
    {"govmomi/external__2013-lib__2013BackwardCompatible__file1__CentOS-With-Tools.ovf",
     "2 1512 1 1 2 bios"},
    {"govmomi/external__Alpha-demo__Windows-Server2003-SP2-64-R2__Windows-Server2003-SP2-64-R2.ovf",
     "4 2048 1 1 2 bios"},
    {"govmomi/external__Alpha-demo__vApp_with_2vms__vApp_with_2vms.ovf",
     "1 1024 1 1 2 bios; 1 256 1 1 2 bios"},
    {"govmomi/external__CentOS-With-Tools__CentOS-With-Tools.ovf", "2 1512 1 1 2 bios"},
    {"govmomi/external__DeleteHDTestdata__PvScsis__PvScsis.ovf", "1 256 2 1 2 bios"},
    {"govmomi/external__DeleteHDTestdata__SasPvScsi__SasPvScsi.ovf", "1 256 2 1 2 bios"},
    {"govmomi/external__DeleteHDTestdata__Sass_old__descriptor.ovf", NULL},
    {"govmomi/external__Final_XP_Template__Final_XP_Template.ovf", "2 512 1 1 2 bios"},
    {"govmomi/external__ImportOvf2014__MsDos-MaxMemoryUtilization.ovf", "1 4 1 0 2 bios"},
    {"govmomi/external__Mini-Ubuntu-32bit-HW8-Tools__Mini-Ubuntu-32bit-HW8-Tools.ovf",
     "1 256 1 1 2 unknown"},
    {"govmomi/external__OVFCerts__ExpiredCert__Nostalgia.ovf", "1 16 1 1 1 unknown"},
    {"govmomi/external__OVFCerts__ValidCert__Nostalgia.ovf", "1 16 1 1 1 unknown"},
    {"govmomi/"
     "external__OVFToolTemplates__OVF__xmltestfiles__DiskSection_1_0__Neg__invalid_createType_disk."
     "ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/external__OVFToolTemplates__OVF__xmltestfiles__Envelope_1_0__Neg__invalid_env.ovf",
     NULL},
    {"govmomi/"
     "external__OVFToolTemplates__OVF__xmltestfiles__Envelope_1_0__Pos__gzip_compression.ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/"
     "external__OVFToolTemplates__OVF__xmltestfiles__Envelope__Neg__identity_compression.ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/external__OVFToolTemplates__OVF__xmltestfiles__Envelope__Pos__gzip_compression.ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/"
     "external__OVFToolTemplates__OVF__xmltestfiles__LaxMode__Pos__vbox13_serial_port_host_device__"
     "vbox13.ovf",
     "1 192 1 1 2 unknown"},
    {"govmomi/"
     "external__OVFToolTemplates__OVF__xmltestfiles__VirtualHardware_1_0__Pos__empty_system.ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/external__OVFToolTemplates__OVF__xmltestfiles__VirtualHardware__Neg__empty_item.ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/"
     "external__OVFToolTemplates__OVF__xmltestfiles__VirtualHardware__Pos__normalexplicit_bound."
     "ovf",
     "0 512 1 0 0 unknown"},
    {"govmomi/external__OVFToolTemplates__ovftoolresources__identity_compression.ovf",
     "0 0 1 0 0 unknown"},
    {"govmomi/external__ReImportVappDefinitions__OrgVdcNWExport__OrgVdcNW.ovf",
     "1 256 1 3 2 bios; 1 256 1 1 2 bios"},
    {"govmomi/external__VM_with_nvram__newVM-with-nvram.ovf", "1 1024 1 1 1 uefi"},
    {"govmomi/external__WinXP-Tools-Working__WinXP-Mini.ovf", "2 512 1 1 2 unknown"},
    {"govmomi/external__WindowsServer2008__Windows_Server_2008_R2_x64.ovf", "2 2048 1 1 1 unknown"},
    {"govmomi/external__evdc__win2k8-64__win2k8-64.ovf", "2 2048 1 1 2 unknown"},
    {"govmomi/external__guestos__Windows8_ent_x32__WINDOWS8_ENT_X32.ovf", "4 4096 1 2 2 bios"},
    {"govmomi/external__large_files_git_migration__ubuntu-icpt__ubuntu-server-1204-icpt.ovf",
     "1 256 1 1 1 bios"},
    {"govmomi/external__new_vm_nvram_iso__new_vm_nvram_iso.ovf", "2 1024 1 1 1 bios"},
    {"govmomi/external__nostalgia-vapp-empty-name.ovf", "1 64 1 1 1 unknown"},
    {"govmomi/external__nostalgia-vmware-signed__ovf__sha1__Nostalgia.ovf", "1 64 1 1 1 unknown"},
    {"govmomi/external__nvram_iso__new_vm_nvram_iso.ovf", "2 1024 1 1 1 bios"},
    {"govmomi/external__oldOvfs__converter_winxp__converter_winxp.ovf", "2 256 1 1 2 unknown"},
    {"govmomi/external__oldOvfs__win2k3ent-64_snapshots__win2k3ent-64_snapshots.ovf",
     "2 512 1 1 2 unknown"},
    {"govmomi/external__oldOvfs__xp_deltaDisk__xp_deltaDisk.ovf", "2 512 3 2 2 unknown"},
    {"govmomi/external__ovf_negative_test__ovf_with_invalid_vmdk__xp-multinic.ovf",
     "2 512 2 2 2 unknown"},
    {"govmomi/external__ovftoolresources__empty_system.ovf", "0 0 1 0 0 unknown"},
    {"govmomi/external__s__OvfProperties__Nostalgia.ovf", "1 64 1 1 1 unknown"},
    {"govmomi/external__standard_ovas__mixed_sha1_sha2__Nostalgia.ovf", "1 64 1 1 1 bios"},
    {"govmomi/external__standard_ovas__ttylinux__ttylinux.ovf", "1 16 1 1 1 unknown"},
    {"govmomi/external__ttylinuxv1__ttylinux-v1.ovf", "1 16 1 1 1 unknown"},
    {"govmomi/external__unsupported-ovfs__unsupportedSection.ovf", "0 0 0 0 0 unknown"},
    {"govmomi/external__vbs__bios-nvram.ovf", "1 1024 1 1 2 bios"},
    {"govmomi/external__vbs__bios-with-uuid-nvram.ovf", "1 1024 1 1 2 bios"},
    {"govmomi/external__vbs__efi-missing-nvram-file-and-nvram-extra-config-value-empty.ovf",
     "1 1024 1 1 2 uefi"},
    {"govmomi/"
     "external__vbs__efi-nvram-with-vbs-and-dependent-config-enabled__efi-nvram-with-vbs-and-"
     "dependent-config-enabled.ovf",
     "1 96 1 1 0 uefi"},
    {"govmomi/external__vbs__efi-nvram__efi-nvram.ovf", "1 1024 1 1 2 uefi"},
    {"govmomi/external__vbs__vapp__efi-nvram-two-vms-vapp.ovf",
     "1 128 1 0 0 uefi; 1 128 1 0 0 uefi"},
    {"govmomi/external__vbs__vapp__secure-boot-enabled-two-vms-vapp.ovf",
     "1 128 1 0 0 uefi; 1 128 1 0 0 uefi"},
    {"govmomi/external__vm_with_videocard__vm_video_card.ovf", "2 4096 1 1 2 bios"},
    {"govmomi/external__w7-100gb-thick__w7-100-thick.ovf", "2 2048 2 1 2 unknown"},
    {"govmomi/external__win2k3ent-64_snapshots__win2k3ent-64_snapshots.ovf", "2 512 1 1 2 unknown"},
    {"govmomi/external__winxp_vCenterTemplate__winxp_vCenterTemplate.ovf", "2 256 1 1 2 unknown"},
    {"govmomi/invalid-property-key.ovf", "1 512 0 0 0 unknown"},
    {"govmomi/multiple_disks.ovf", "2 64 4 1 0 uefi"},
    {"virt-v2v/test-i-ova-checksums.ovf", "2 4096 1 0 1 unknown"},
    {"virt-v2v/test-i-ova-gz.ovf", "1 1024 1 1 1 bios"},
    {"virt-v2v/test-i-ova.ovf", "1 2048 1 1 2 bios"},
};

static void machine_destroy(void *machine)
{
    machine_free(machine);
}

static char *summarise(const GPtrArray *machines)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < machines->len; i++) {
        const Machine *machine = g_ptr_array_index(machines, i);
        g_string_append_printf(text, "%s%u %u %u %u %u %s", i ? "; " : "", machine->cpus,
                               (guint)(machine->memory_bytes / MIB), machine->disks->len,
                               machine->nics->len, machine->drives->len,
                               firmware_name(machine->firmware));
        g_assert_cmpstr(machine->kind, ==, "ovf");
        g_assert_nonnull(machine->name);
    }
    return g_string_free(text, FALSE);
}

static guint count_files(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    guint count = 0;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        count += g_file_test(path, G_FILE_TEST_IS_DIR) ? count_files(path) : 1;
    }
    return count;
}

static void test_data(void)
{
    static const char directory[] = DRYDOCK_TESTDATA "/vm-config/ovf";
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        g_test_skip("no test data");
        return;
    }
    g_assert_cmpuint(count_files(directory), ==, G_N_ELEMENTS(files));
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(directory, files[i].file, NULL);
        g_autofree char *text = NULL;
        gsize length;
        g_test_message("%s", files[i].file);
        g_assert_true(g_file_get_contents(path, &text, &length, NULL));
        g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_destroy);
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(GBytes) content = g_bytes_new(text, length);
        g_autoptr(GError) error = NULL;
        gboolean ok = config_ovf_ops.read(content, machines, findings, &error);
        g_assert_cmpint(ok, ==, files[i].machines != NULL);
        gboolean is_ovf = config_ovf_ops.probe((const uint8_t *)text, MIN(length, 4096), "x");
        g_assert_cmpint(is_ovf, ==, files[i].machines != NULL);
        if (files[i].machines) {
            g_autofree char *summary = summarise(machines);
            g_assert_no_error(error);
            g_assert_cmpstr(summary, ==, files[i].machines);
        } else {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/ovf-data/files", test_data);
    return g_test_run();
}
