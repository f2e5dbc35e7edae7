/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of VMX files, line by line. */
#include "config-result.h"

#include <string.h>

#include "base/error.h"

#define HEAD "config.version = \"8\"\nvirtualHW.version = \"19\"\ndisplayName = \"test\"\n"
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

static char *describe_address(const MachineAddress *address)
{
    return g_strdup_printf("%s%u:%u", machine_bus_name(address->bus), address->controller,
                           address->unit);
}

/* "scsi0:0 a.vmdk, ide0:0 b.vmdk" */
static char *describe_disks(const Machine *machine)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < machine->disks->len; i++) {
        g_autofree char *address = describe_address(&disk_at(machine, i)->address);
        g_string_append_printf(text, "%s%s %s", i ? ", " : "", address,
                               disk_at(machine, i)->stored_name);
    }
    return g_string_free(text, FALSE);
}

static char *describe_drives(const Machine *machine)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < machine->drives->len; i++) {
        const MachineDrive *drive = drive_at(machine, i);
        g_autofree char *address = describe_address(&drive->address);
        g_string_append_printf(text, "%s%s %s %s", i ? ", " : "", address,
                               drive->kind == MACHINE_DRIVE_CDROM ? "cd" : "floppy",
                               drive->medium ? drive->medium : "-");
    }
    return g_string_free(text, FALSE);
}

/* Disks, drives and findings of a few lines. */
static void test_devices(void)
{
    static const struct {
        const char *lines, *disks, *drives, *findings;
    } rows[] = {
        {"scsi0.present = TRUE\nscsi0:0.present = TRUE\nscsi0:0.fileName = a.vmdk\n",
         "scsi0:0 a.vmdk", "", ""},
        {"scsi0:0.present = TRUE\nscsi0:0.fileName = a.vmdk\n", "scsi0:0 a.vmdk", "", ""},
        {"scsi0.present = FALSE\nscsi0:0.present = TRUE\nscsi0:0.fileName = a.vmdk\n", "", "", ""},
        {"scsi0:0.present = FALSE\nscsi0:0.fileName = a.vmdk\n", "", "", ""},
        {"scsi0:0.fileName = a.vmdk\n", "", "", ""},
        {"SCSI3:64.PRESENT = true\nSCSI3:64.FILENAME = a.vmdk\n", "scsi3:64 a.vmdk", "", ""},
        {"nvme1:0.present = TRUE\nnvme1:0.fileName = n.vmdk\nsata0:2.present = TRUE\n"
         "sata0:2.fileName = s.vmdk\nscsi0:0.present = TRUE\nscsi0:0.fileName = c.vmdk\n"
         "ide0:1.present = TRUE\nide0:1.fileName = i.vmdk\n",
         "ide0:1 i.vmdk, scsi0:0 c.vmdk, sata0:2 s.vmdk, nvme1:0 n.vmdk", "", ""},
        {"scsi0:0.present = TRUE\nscsi0:0.fileName = a.vmdk\nscsi0:1.present = TRUE\n"
         "scsi0:1.fileName = b.vmdk\nide0:0.present = TRUE\nide0:0.fileName = c.vmdk\n"
         "bios.bootOrder = \"hdd,cdrom\"\nbios.hddOrder = \"SCSI0:1, scsi0:0\"\n",
         "scsi0:1 b.vmdk, scsi0:0 a.vmdk, ide0:0 c.vmdk", "", ""},
        /* The type decides, and without one the name. */
        {"ide0:0.present = TRUE\nide0:0.fileName = A.VMDK\nide0:1.present = TRUE\n"
         "ide0:1.fileName = old.dsk\nide1:0.present = TRUE\nide1:0.fileName = \"auto detect\"\n"
         "ide1:1.present = TRUE\nide1:1.fileName = linux.iso\n",
         "ide0:0 A.VMDK, ide0:1 old.dsk", "ide1:0 cd -, ide1:1 cd linux.iso", ""},
        {"sata0:0.present = TRUE\nsata0:0.deviceType = cdrom-image\nsata0:0.fileName = a.vmdk\n"
         "sata0:1.present = TRUE\nsata0:1.deviceType = atapi-cdrom\nsata0:1.fileName = /dev/sr0\n"
         "sata0:2.present = TRUE\nsata0:2.fileName = b.ISO\n"
         "scsi0:0.present = TRUE\nscsi0:0.deviceType = cdrom-raw\nscsi0:0.clientDevice = TRUE\n"
         "scsi0:0.fileName = x\n",
         "", "scsi0:0 cd -, sata0:0 cd a.vmdk, sata0:1 cd /dev/sr0, sata0:2 cd b.ISO", ""},
        {"scsi0:0.present = TRUE\nscsi0:0.deviceType = rawDisk\nscsi0:0.fileName = raw.vmdk\n"
         "scsi0:1.present = TRUE\nscsi0:1.deviceType = scsi-passthru\n"
         "scsi0:1.fileName = /vmfs/devices/genscsi/x\n",
         "scsi0:0 raw.vmdk", "", "source-host-device"},
        {"scsi0:0.present = TRUE\nscsi0:0.deviceType = disk\n", "", "", "source-disk-without-file"},
        {"scsi0:0.present = TRUE\nscsi0:0.fileName = \"[ds 1] vm/a-000002.vmdk\"\n"
         "scsi0:0.mode = Independent-NonPersistent\n",
         "scsi0:0 [ds 1] vm/a-000002.vmdk", "", "source-disk-nonpersistent"},
        {"scsi0:0.present = TRUE\nscsi0:0.fileName = /vmfs/volumes/1/a.vmdk\n"
         "scsi0:0.mode = independent-persistent\nscsi0.sharedBus = none\n",
         "scsi0:0 /vmfs/volumes/1/a.vmdk", "", ""},
        {"scsi1.sharedBus = physical\nscsi1:0.present = TRUE\nscsi1:0.fileName = q.vmdk\n",
         "scsi1:0 q.vmdk", "", "source-disk-shared"},
        {"scsi0:0.sharing = multi-writer\nscsi0:0.present = TRUE\nscsi0:0.fileName = q.vmdk\n",
         "scsi0:0 q.vmdk", "", "source-disk-shared"},
        {"floppy0.present = TRUE\nfloppy0.fileType = file\nfloppy0.fileName = f.flp\n"
         "floppy1.present = TRUE\nfloppy1.autodetect = TRUE\nfloppy1.fileName = /dev/fd0\n",
         "", "floppy0:0 floppy f.flp, floppy0:1 floppy -", ""},
        {"floppy0.fileName = /dev/fd0\n", "", "", ""},
        {"pciPassthru0.present = TRUE\nserial0.present = TRUE\nserial0.fileType = thinprint\n", "",
         "", "source-host-device"},
        {"parallel0.present = TRUE\nparallel0.fileName = /dev/lp0\nserial1.present = TRUE\n"
         "serial1.fileType = file\nserial1.fileName = log\n",
         "", "", "source-host-device"},
        {"sharedFolder0.present = TRUE\nsharedFolder0.enabled = TRUE\n"
         "sharedFolder0.guestName = docs\nsharedFolder1.present = FALSE\n",
         "", "", "source-shared-folder"},
        {"checkpoint.vmState = \"a-1.vmss\"\ncleanShutdown = FALSE\n", "", "", "source-suspended"},
        {"cleanShutdown = FALSE\n", "", "", "source-not-shut-down"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ConfigResult) result = {0};
        g_autofree char *text = g_strconcat(HEAD, rows[i].lines, NULL);
        const Machine *machine = read_vmx(text, &result);
        g_autofree char *disks = describe_disks(machine);
        g_autofree char *drives = describe_drives(machine);
        g_autofree char *findings = config_result_describe_findings(&result);
        g_test_message("%s", rows[i].lines);
        g_assert_cmpstr(disks, ==, rows[i].disks);
        g_assert_cmpstr(drives, ==, rows[i].drives);
        g_assert_cmpstr(findings, ==, rows[i].findings);
    }
}

static void test_models(void)
{
    g_auto(ConfigResult) result = {0};
    const Machine *machine = read_vmx(
        HEAD "scsi0.virtualDev = LsiSAS1068\nscsi0:3.present = TRUE\n"
             "scsi0:3.fileName = a.vmdk\nsata0:0.present = TRUE\nsata0:0.fileName = b.vmdk\n"
             "sound.present = TRUE\nsound.virtualDev = hdaudio\n",
        &result);
    g_assert_cmpstr(disk_at(machine, 0)->address.model, ==, "lsisas1068");
    g_assert_null(disk_at(machine, 1)->address.model);
    g_assert_cmpstr(machine->sound, ==, "hdaudio");
}

typedef struct {
    const char *lines; /* of ethernet0, without present */
    const char *mac;
    gboolean is_static;
    const char *network, *model, *guest_name;
} NicRow;

static const NicRow nic_rows[] = {
    {"ethernet0.addressType = static\nethernet0.address = 00:50:56:AA:BB:CC\n"
     "ethernet0.generatedAddress = 00:0c:29:00:00:01\nethernet0.virtualDev = VmxNet3\n"
     "ethernet0.networkName = \"VM Network\"\nethernet0.pciSlotNumber = 192\n",
     "00:50:56:aa:bb:cc", TRUE, "VM Network", "vmxnet3", "ens192"},
    {"ethernet0.addressType = generated\nethernet0.address = 00:50:56:AA:BB:CC\n"
     "ethernet0.generatedAddress = 00:0c:29:00:00:01\nethernet0.pciSlotNumber = 1184\n",
     "00:0c:29:00:00:01", FALSE, NULL, "e1000", "ens161"},
    {"ethernet0.addressType = vpx\nethernet0.generatedAddress = 00:50:56:87:65:43\n"
     "ethernet0.dvs.portgroupId = dvportgroup-1285\nethernet0.pciSlotNumber = 2272\n",
     "00:50:56:87:65:43", FALSE, "dvportgroup-1285", "e1000", "ens226"},
    {"ethernet0.address = 00:50:56:00:00:01\nethernet0.pciSlotNumber = \"-1\"\n",
     "00:50:56:00:00:01", TRUE, NULL, "e1000", NULL},
    {"ethernet0.addressType = static\nethernet0.generatedAddress = 00:0c:29:00:00:01\n",
     "00:0c:29:00:00:01", FALSE, NULL, "e1000", NULL},
    {"ethernet0.addressType = generated\nethernet0.connectionType = nat\n"
     "ethernet0.pciSlotNumber = 33\n",
     NULL, FALSE, "nat", "e1000", "ens33"},
    {"ethernet0.address = \"01:00:5e:00:00:01\"\nethernet0.connectionType = custom\n"
     "ethernet0.vnet = /dev/vmnet3\nethernet0.pciSlotNumber = 99999\n",
     NULL, FALSE, "vmnet3", "e1000", NULL},
    {"ethernet0.connectionType = custom\nethernet0.vnet = VMnet2\nethernet0.pciSlotNumber = x\n",
     NULL, FALSE, "VMnet2", "e1000", NULL},
};

static void test_nics(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(nic_rows); i++) {
        const NicRow *row = &nic_rows[i];
        g_auto(ConfigResult) result = {0};
        g_autofree char *text =
            g_strconcat(HEAD "guestOS = ubuntu-64\nethernet0.present = TRUE\n", row->lines, NULL);
        const Machine *machine = read_vmx(text, &result);
        g_test_message("%s", row->lines);
        g_assert_cmpuint(machine->nics->len, ==, 1);
        const MachineNic *nic = nic_at(machine, 0);
        g_assert_cmpstr(nic->mac, ==, row->mac);
        g_assert_cmpint(nic->mac_is_static, ==, row->is_static);
        g_assert_cmpstr(nic->network, ==, row->network);
        g_assert_cmpstr(nic->model, ==, row->model);
        g_assert_cmpstr(nic->guest_name, ==, row->guest_name);
        g_assert_false(nic->is_disconnected);
    }
    g_auto(ConfigResult) result = {0};
    const Machine *machine = read_vmx(
        HEAD
        "ethernet0.present = FALSE\nethernet2.present = TRUE\nethernet2.startConnected = FALSE\n"
        "ethernet9.present = TRUE\n",
        &result);
    g_assert_cmpuint(machine->nics->len, ==, 2);
    g_assert_true(nic_at(machine, 0)->is_disconnected);
    g_assert_false(nic_at(machine, 1)->is_disconnected);
    g_assert_null(nic_at(machine, 0)->model);
}

/* The names that ten cards added one after the other had in RHEL on ESXi 7. */
static void test_guest_names(void)
{
    static const struct {
        guint slot;
        const char *name;
    } rows[] = {{160, "ens160"},  {192, "ens192"},  {224, "ens224"},  {256, "ens256"},
                {1184, "ens161"}, {1216, "ens193"}, {1248, "ens225"}, {1280, "ens257"},
                {2208, "ens162"}, {2240, "ens194"}, {2272, "ens226"}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ConfigResult) result = {0};
        g_autofree char *text = g_strdup_printf(
            HEAD "ethernet0.present = TRUE\nethernet0.pciSlotNumber = \"%u\"\n", rows[i].slot);
        g_assert_cmpstr(nic_at(read_vmx(text, &result), 0)->guest_name, ==, rows[i].name);
    }
}

#define BIOS_UUID "uuid.bios = \"56 4d 15 d4 d0 62 fe 9a-80 f5 eb 8e 1a 2c 3a fc\"\n"
#define AS_STORED "564d15d4-d062-fe9a-80f5-eb8e1a2c3afc"
#define TURNED "d4154d56-62d0-9afe-80f5-eb8e1a2c3afc"

static void test_uuid(void)
{
    static const struct {
        const char *text, *uuid;
    } rows[] = {
        {"virtualHW.version = 12\nguestOS = rhel6-64\n" BIOS_UUID, AS_STORED},
        {"virtualHW.version = 13\nguestOS = rhel6-64\n" BIOS_UUID, TURNED},
        {"virtualHW.version = 8\nguestOS = windows7-64\n" BIOS_UUID, TURNED},
        {"virtualHW.version = 4\nguestOS = winnetstandard\n" BIOS_UUID, TURNED},
        {"virtualHW.version = 7\nguestOS = longhorn-64\n" BIOS_UUID, TURNED},
        {"virtualHW.version = 19\nacpi.smbiosVersion2.7 = FALSE\n" BIOS_UUID, AS_STORED},
        {"virtualHW.version = 11\nacpi.smbiosVersion2.7 = TRUE\n" BIOS_UUID, TURNED},
        {"virtualHW.version = 12\nuuid.bios = \"564D15D4D062FE9A80F5EB8E1A2C3AFC\"\n", AS_STORED},
        {"virtualHW.version = 12\nuuid.bios = \"56 4d\"\n", NULL},
        {"virtualHW.version = 12\n", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ConfigResult) result = {0};
        const Machine *machine = read_vmx(rows[i].text, &result);
        g_assert_cmpstr(machine->uuid, ==, rows[i].uuid);
        g_assert_cmpstr(machine->serial, ==,
                        rows[i].uuid ? "VMware-56 4d 15 d4 d0 62 fe 9a-80 f5 eb 8e 1a 2c 3a fc"
                                     : NULL);
    }
    g_auto(ConfigResult) result = {0};
    g_assert_null(read_vmx(HEAD BIOS_UUID "SMBIOS.reflectHost = TRUE\n", &result)->serial);
}

static void test_identity(void)
{
    g_auto(ConfigResult) result = {0};
    const Machine *machine =
        read_vmx("virtualHW.version = \"21\"\ndisplayName = \"Web |7C Büro\"\nnumvcpus = \"8\"\n"
                 "cpuid.coresPerSocket = \"4\"\nmemSize = \"4096\"\nfirmware = \"EFI\"\n"
                 "uefi.secureBoot.enabled = \"TRUE\"\nvtpm.present = \"TRUE\"\n"
                 "annotation = \"first|0Asecond\"\nguestOS = \"ubuntu-64\"\n"
                 "rtc.diffFromUTC = \"-3600\"\nvm.genid = \"-802103094701856339\"\n"
                 "vm.genidX = \"-5104727847056752683\"\n",
                 &result);
    g_assert_cmpstr(machine->kind, ==, "vmx");
    g_assert_cmpstr(machine->name, ==, "Web | Büro");
    g_assert_cmpstr(machine->title, ==, "Web | Büro");
    g_assert_cmpstr(machine->annotation, ==, "first\nsecond");
    g_assert_cmpstr(machine->guest_os, ==, "ubuntu-64");
    g_assert_cmpstr(machine->genid, ==, "2f0de9ad-5b7c-f4de-d53f-23b1115d28b9");
    g_assert_cmpuint(machine->cpus, ==, 8);
    g_assert_cmpuint(machine->cores_per_socket, ==, 4);
    g_assert_cmpuint(machine->memory_bytes, ==, 4096 * MIB);
    g_assert_cmpuint(machine->memory_maximum_bytes, ==, 0);
    g_assert_cmpuint(machine->hardware_version, ==, 21);
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_UEFI);
    g_assert_true(machine->secure_boot);
    g_assert_true(machine->tpm);
    g_assert_true(machine->has_clock_offset);
    g_assert_cmpint(machine->clock_offset_seconds, ==, -3600);
    g_assert_null(machine->sound);
}

/* What a file does not say, or says wrongly. */
static void test_unknown(void)
{
    static const char *const texts[] = {
        "virtualHW.version = \"8\"\n",
        "virtualHW.version = \"8\"\ndisplayName = \"\"\nnumvcpus = \"1\"\nmemsize = \"-1\"\n"
        "cpuid.coresPerSocket = \"0\"\nuefi.secureBoot.enabled = \"TRUE\"\n"
        "rtc.diffFromUTC = \"999999999999\"\nsound.present = \"FALSE\"\nvm.genid = \"1\"\n",
        "virtualHW.version = \"8\"\nmemsize = \"99999999999999999\"\nnumvcpus = \"1\"\n"
        "cpuid.coresPerSocket = \"3\"\nvm.genid = \"0\"\nvm.genidx = \"0\"\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(ConfigResult) result = {0};
        const Machine *machine = read_vmx(texts[i], &result);
        g_assert_null(machine->name);
        g_assert_null(machine->uuid);
        g_assert_null(machine->genid);
        g_assert_cmpuint(machine->cpus, ==, 1);
        g_assert_cmpuint(machine->cores_per_socket, ==, 0);
        g_assert_cmpuint(machine->memory_bytes, ==, 0);
        g_assert_cmpint(machine->firmware, ==, FIRMWARE_BIOS);
        g_assert_false(machine->secure_boot);
        g_assert_false(machine->has_clock_offset);
        g_assert_null(machine->sound);
    }
}

static void test_encrypted(void)
{
    const char *full = ".encoding = \"UTF-8\"\ndisplayName = \"Secret\"\n"
                       "encryption.keySafe = \"vmware:key/list/(pair/(phrase/x))\"\n"
                       "encryption.data = \"abcd\"\n";
    g_auto(ConfigResult) result = config_result_read(&config_vmx_ops, full);
    g_assert_true(config_vmx_ops.probe((const uint8_t *)full, strlen(full), "a"));
    g_assert_error(result.error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_assert_nonnull(strstr(result.error->message, "'Secret' is encrypted"));
    g_assert_nonnull(strstr(drydock_error_get_hint(result.error), "remove the encryption"));

    /* Only secrets are encrypted; hardware is not. */
    g_auto(ConfigResult) partial = {0};
    const Machine *machine = read_vmx(
        HEAD "vmx.encryptionType = \"partial\"\nencryption.keySafe = \"x\"\n"
             "encryption.data = \"y\"\nvtpm.present = \"TRUE\"\nnvme0:0.present = \"TRUE\"\n"
             "nvme0:0.fileName = \"a.vmdk\"\n",
        &result);
    g_assert_cmpuint(machine->disks->len, ==, 1);
    g_assert_true(machine->tpm);
}

static void test_probe(void)
{
    const uint8_t *cut = (const uint8_t *)"annotation = \"x\"\nmemsize = \"1";
    size_t length = strlen((const char *)cut);
    g_assert_true(config_vmx_ops.probe(cut, length, "A.VMX"));
    g_assert_true(config_vmx_ops.probe(cut, length, "/x/a.vmtx"));
    g_assert_false(config_vmx_ops.probe(cut, length, "a.ini"));
    g_assert_false(config_vmx_ops.probe(cut, length, NULL));
    g_assert_false(config_vmx_ops.probe((const uint8_t *)"", 0, "a.vmx"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/config-vmx/devices", test_devices);
    g_test_add_func("/convert/config-vmx/models", test_models);
    g_test_add_func("/convert/config-vmx/nics", test_nics);
    g_test_add_func("/convert/config-vmx/guest-names", test_guest_names);
    g_test_add_func("/convert/config-vmx/uuid", test_uuid);
    g_test_add_func("/convert/config-vmx/identity", test_identity);
    g_test_add_func("/convert/config-vmx/unknown", test_unknown);
    g_test_add_func("/convert/config-vmx/encrypted", test_encrypted);
    g_test_add_func("/convert/config-vmx/probe", test_probe);
    return g_test_run();
}
