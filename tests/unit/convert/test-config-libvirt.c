/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of libvirt's domain XML. */
#include "config-result.h"

#include <string.h>

#include "base/error.h"

#define MIB ((uint64_t)1 << 20)
#define DOMAIN(content) "<domain type='kvm'><name>d</name>" content "</domain>"

static ConfigResult read_text(const char *text)
{
    return config_result_read(&config_libvirt_ops, text);
}

static void test_probe(void)
{
    static const struct {
        const char *head;
        gboolean is;
    } rows[] = {
        {"<domain type='kvm'>\n  <name>x", TRUE},
        {"<domain\n  type=\"kvm\" id='3'>", TRUE},
        {"<?xml version='1.0'?>\n<!--\nWARNING: <network> edits\n-->\n\n<domain type='qemu'>",
         TRUE},
        {"\xef\xbb\xbf<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' type='kvm'>",
         TRUE},
        {"<!DOCTYPE domain [<!ENTITY x 'y'>]>\n<domain type='kvm'>", TRUE},
        {"<domstatus state='running' reason='booted' pid='7'>\n  <domain", TRUE},
        {"<domain xmlns=\"urn:jboss:domain:4.0\">", FALSE},
        {"<domainsnapshot type='x'>", FALSE},
        {"<network><domain type='kvm'/></network>", FALSE},
        {"<!-- <domain type='kvm'>", FALSE},
        {"<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'>", FALSE},
        {"config.version = \"8\"\n", FALSE},
        {"", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].head);
        g_assert_cmpint(
            config_libvirt_ops.probe((const uint8_t *)rows[i].head, strlen(rows[i].head), "x.xml"),
            ==, rows[i].is);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        DrydockError code;
        const char *message;
    } rows[] = {
        {"<!DOCTYPE domain [<!ENTITY x 'y'>]><domain type='kvm'><name>&x;</name></domain>",
         DRYDOCK_ERROR_UNSUPPORTED, "document type"},
        {"<domain type='kvm'><name>x</name>", DRYDOCK_ERROR_CORRUPT, "well-formed"},
        {"<domain type='kvm'><name>&y;</name></domain>", DRYDOCK_ERROR_CORRUPT, "well-formed"},
        {"<domstatus state='running'/>", DRYDOCK_ERROR_UNSUPPORTED, "domstatus"},
        {"", DRYDOCK_ERROR_CORRUPT, "well-formed"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ConfigResult) result = read_text(rows[i].text);
        g_assert_error(result.error, DRYDOCK_ERROR, (int)rows[i].code);
        g_assert_nonnull(strstr(result.error->message, rows[i].message));
    }
}

static void test_memory(void)
{
    static const struct {
        const char *text;
        uint64_t bytes, maximum_bytes;
    } rows[] = {
        {"<memory>1024</memory>", MIB, 0},
        {"<memory unit='KiB'>1024</memory><currentMemory>1024</currentMemory>", MIB, 0},
        {"<memory unit='k'>1024</memory>", MIB, 0},
        {"<memory unit='MiB'>512</memory>", 512 * MIB, 0},
        {"<memory unit='GiB'>2</memory><currentMemory unit='MiB'>512</currentMemory>", 512 * MIB,
         2048 * MIB},
        {"<memory unit='GB'>1</memory>", 1000000000, 0},
        {"<memory unit='bytes'>1048576</memory>", MIB, 0},
        {"<memory unit='T'>1</memory>", UINT64_C(1) << 40, 0},
        {"<memory unit='parsec'>1</memory>", 0, 0},
        {"<memory unit='TiB'>18446744073709551615</memory>", 0, 0},
        {"<memory>-1</memory>", 0, 0},
        {"<memory/>", 0, 0},
        {"", 0, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat("<domain type='kvm'>", rows[i].text, "</domain>", NULL);
        g_auto(ConfigResult) result = read_text(text);
        g_test_message("%s", rows[i].text);
        g_assert_cmpuint(config_result_machine(&result)->memory_bytes, ==, rows[i].bytes);
        g_assert_cmpuint(config_result_machine(&result)->memory_maximum_bytes, ==,
                         rows[i].maximum_bytes);
    }
}

static void test_cpus(void)
{
    static const struct {
        const char *text;
        guint cpus, cores, threads;
    } rows[] = {
        {"<vcpu>4</vcpu>", 4, 0, 0},
        {"<vcpu placement='static' current='2'>8</vcpu>", 2, 0, 0},
        {"<vcpu>8</vcpu><cpu><topology sockets='2' cores='2' threads='2'/></cpu>", 8, 2, 2},
        {"<vcpu>8</vcpu><cpu><topology sockets='1' dies='2' cores='4' threads='1'/></cpu>", 8, 8,
         1},
        {"<vcpu current='3'>8</vcpu><cpu><topology sockets='4' cores='2' threads='1'/></cpu>", 3, 0,
         0},
        {"<vcpu>4</vcpu><cpu><topology sockets='1' cores='0' threads='4096'/></cpu>", 4, 0, 0},
        {"<vcpu>4</vcpu><cpu><topology cores='4096' threads='4096' dies='4096'/></cpu>", 4, 0, 0},
        {"<vcpu>99999999999</vcpu>", 0, 0, 0},
        {"<vcpu>many</vcpu>", 0, 0, 0},
        {"", 0, 0, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat("<domain type='kvm'>", rows[i].text, "</domain>", NULL);
        g_auto(ConfigResult) result = read_text(text);
        g_test_message("%s", rows[i].text);
        g_assert_cmpuint(config_result_machine(&result)->cpus, ==, rows[i].cpus);
        g_assert_cmpuint(config_result_machine(&result)->cores_per_socket, ==, rows[i].cores);
        g_assert_cmpuint(config_result_machine(&result)->threads, ==, rows[i].threads);
    }
}

static void test_firmware(void)
{
    static const struct {
        const char *os;
        Firmware firmware;
        gboolean secure_boot;
    } rows[] = {
        {"<os><type arch='x86_64'>hvm</type></os>", FIRMWARE_BIOS, FALSE},
        {"<os firmware='bios'><type>hvm</type></os>", FIRMWARE_BIOS, FALSE},
        {"<os firmware='efi'><type>hvm</type></os>", FIRMWARE_UEFI, FALSE},
        {"<os firmware='efi'><type>hvm</type><loader secure='yes'/></os>", FIRMWARE_UEFI, TRUE},
        {"<os firmware='efi'><type>hvm</type><firmware><feature enabled='yes' "
         "name='enrolled-keys'/><feature enabled='yes' name='secure-boot'/></firmware></os>",
         FIRMWARE_UEFI, TRUE},
        {"<os firmware='efi'><type>hvm</type><firmware><feature enabled='no' "
         "name='secure-boot'/></firmware></os>",
         FIRMWARE_UEFI, FALSE},
        {"<os><type>hvm</type><loader readonly='yes' type='pflash'>/x/CODE.fd</loader></os>",
         FIRMWARE_UEFI, FALSE},
        {"<os><type>hvm</type><loader>/usr/share/OVMF/OVMF.fd</loader></os>", FIRMWARE_UEFI, FALSE},
        {"<os><type>hvm</type><loader type='rom'>/usr/share/seabios/bios.bin</loader></os>",
         FIRMWARE_BIOS, FALSE},
        {"<os><type>hvm</type><loader>/usr/lib/xen/boot/hvmloader</loader></os>", FIRMWARE_BIOS,
         FALSE},
        {"<os><type arch='aarch64'>hvm</type></os>", FIRMWARE_UNKNOWN, FALSE},
        {"<os><type>linux</type></os>", FIRMWARE_UNKNOWN, FALSE},
        {"", FIRMWARE_UNKNOWN, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat("<domain type='kvm'>", rows[i].os, "</domain>", NULL);
        g_auto(ConfigResult) result = read_text(text);
        g_test_message("%s", rows[i].os);
        g_assert_cmpint(config_result_machine(&result)->firmware, ==, rows[i].firmware);
        g_assert_cmpint(config_result_machine(&result)->secure_boot, ==, rows[i].secure_boot);
    }
}

static void test_clock(void)
{
    static const struct {
        const char *clock;
        gboolean has_offset;
        gint64 seconds;
    } rows[] = {
        {"<clock offset='utc'/>", TRUE, 0},
        {"<clock offset='variable' adjustment='-3600'/>", TRUE, -3600},
        {"<clock offset='variable' adjustment='7200' basis='utc'/>", TRUE, 7200},
        {"<clock offset='variable' adjustment='7200' basis='localtime'/>", FALSE, 0},
        {"<clock offset='variable' adjustment='99999999'/>", FALSE, 0},
        {"<clock offset='localtime'/>", FALSE, 0},
        {"<clock offset='timezone' timezone='Europe/Paris'/>", FALSE, 0},
        {"", FALSE, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strconcat("<domain type='kvm'>", rows[i].clock, "</domain>", NULL);
        g_auto(ConfigResult) result = read_text(text);
        g_test_message("%s", rows[i].clock);
        g_assert_cmpint(config_result_machine(&result)->has_clock_offset, ==, rows[i].has_offset);
        g_assert_cmpint(config_result_machine(&result)->clock_offset_seconds, ==, rows[i].seconds);
    }
}

typedef struct {
    const char *disk;
    const char *expected; /* "bus controller:unit model order name"; NULL: no disk */
    const char *finding;  /* NULL: none */
} DiskRow;

static const DiskRow disk_rows[] = {
    {"<disk type='file' device='disk'><source file='/v/a.qcow2'/><target dev='vda' bus='virtio'/>"
     "</disk>",
     "virtio 0:0 - 0 /v/a.qcow2", NULL},
    {"<disk type='file'><source file='/v/a.img'/><target dev='vdc'/><boot order='2'/></disk>",
     "virtio 0:2 - 2 /v/a.img", NULL},
    {"<disk type='block' device='disk'><source dev='/dev/vg/a'/><target dev='hdd' bus='ide'/>"
     "</disk>",
     "ide 1:1 - 0 /dev/vg/a", NULL},
    {"<disk type='file'><source file='a'/><target dev='hdc' bus='ide'/>"
     "<address type='drive' controller='0' bus='1' target='0' unit='0'/></disk>",
     "ide 1:0 - 0 a", NULL},
    {"<disk type='file'><source file='a'/><target dev='sdb' bus='scsi'/>"
     "<address type='drive' controller='1' bus='0' target='0' unit='3'/></disk>"
     "<controller type='scsi' index='0' model='lsilogic'/>"
     "<controller type='scsi' index='1' model='virtio-scsi'/>",
     "scsi 1:3 virtio-scsi 0 a", NULL},
    {"<disk type='file'><source file='a'/><target dev='sdaa' bus='sata'/></disk>",
     "sata 0:26 - 0 a", NULL},
    {"<disk type='file'><source file='a'/><target dev='sda' bus='usb'/></disk>", "usb 0:0 - 0 a",
     NULL},
    {"<disk type='file'><source file='a'/><target dev='xvda' bus='xen'/></disk>", "? 0:0 - 0 a",
     NULL},
    {"<disk type='file'><source file='a'/></disk>", "? 0:0 - 0 a", NULL},
    {"<disk type='volume'><source pool='p' volume='a.qcow2'/><target dev='vda'/></disk>",
     "virtio 0:0 - 0 a.qcow2", NULL},
    {"<disk type='network'><source protocol='nbd' name='a b,c'><host name='h' port='10810'/>"
     "</source><target dev='vda'/></disk>",
     "virtio 0:0 - 0 nbd://h:10810/a%20b%2Cc", NULL},
    {"<disk type='network'><source protocol='nbd'><host name='::1'/></source>"
     "<target dev='vda'/></disk>",
     "virtio 0:0 - 0 nbd://[::1]/", NULL},
    {"<disk type='network'><source protocol='nbd' name='x' tls='yes'><host name='h'/></source>"
     "<target dev='vda'/></disk>",
     "virtio 0:0 - 0 nbds://h/x", NULL},
    {"<disk type='network'><source protocol='nbd' name='x'><host transport='unix' "
     "socket='/run/a b'/></source><target dev='vda'/></disk>",
     "virtio 0:0 - 0 nbd+unix:///x?socket=/run/a%20b", NULL},
    {"<disk type='network'><source protocol='rbd' name='pool/x'><host name='mon' port='6789'/>"
     "<host name='mon2'/></source><target dev='vda'/></disk>",
     "virtio 0:0 - 0 rbd://mon:6789/pool/x", NULL},
    {"<disk type='network'><source/><target dev='vda'/></disk>", NULL, "source-disk-without-file"},
    {"<disk type='file' device='disk'><target dev='vda'/></disk>", NULL,
     "source-disk-without-file"},
    {"<disk type='file'><source file='a'/><target dev='vda'/><shareable/></disk>",
     "virtio 0:0 - 0 a", "source-disk-shared"},
    {"<disk type='file'><source file='a'/><target dev='vda'/><transient/></disk>",
     "virtio 0:0 - 0 a", "source-disk-nonpersistent"},
    {"<disk type='block' device='lun'><source dev='/dev/sdx'/><target dev='sda' "
     "bus='scsi'/></disk>",
     "scsi 0:0 - 0 /dev/sdx", NULL},
    {"<hostdev type='pci'><source><address bus='0x06' slot='0x12'/></source></hostdev>", NULL,
     "source-host-device"},
    {"<hostdev type='usb'/>", NULL, "source-host-device"},
    {"<filesystem type='mount'><source dir='/x'/><target dir='tag'/></filesystem>", NULL,
     "source-shared-folder"},
};

static char *describe_disk(const MachineDisk *disk)
{
    const char *bus = machine_bus_name(disk->address.bus);
    return g_strdup_printf("%s %u:%u %s %u %s", bus ? bus : "?", disk->address.controller,
                           disk->address.unit, disk->address.model ? disk->address.model : "-",
                           disk->boot_order, disk->stored_name);
}

static void test_disks(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(disk_rows); i++) {
        const DiskRow *row = &disk_rows[i];
        g_autofree char *text =
            g_strconcat("<domain type='kvm'><devices>", row->disk, "</devices></domain>", NULL);
        g_auto(ConfigResult) result = read_text(text);
        const Machine *machine = config_result_machine(&result);
        g_test_message("%s", row->disk);
        g_assert_cmpuint(machine->disks->len, ==, row->expected ? 1 : 0);
        if (row->expected) {
            g_autofree char *disk = describe_disk(machine->disks->pdata[0]);
            g_assert_cmpstr(disk, ==, row->expected);
        }
        g_autofree char *findings = config_result_describe_findings(&result);
        g_assert_cmpstr(findings, ==, row->finding ? row->finding : "");
    }
}

static void test_drives(void)
{
    g_auto(ConfigResult) result = read_text(
        DOMAIN("<devices><disk type='file' device='cdrom'><target dev='sdc' bus='sata'/></disk>"
               "<disk type='file' device='floppy'><source file='f.img'/><target dev='fdb'/></disk>"
               "<disk type='block' device='lun'><source dev='/dev/sr0'/><target dev='sdb' "
               "bus='scsi'/></disk></devices>"));
    const Machine *machine = config_result_machine(&result);
    g_assert_cmpuint(machine->disks->len, ==, 0);
    g_assert_cmpuint(machine->drives->len, ==, 3);
    const MachineDrive *cd = machine->drives->pdata[0], *floppy = machine->drives->pdata[1],
                       *lun = machine->drives->pdata[2];
    g_assert_cmpint(cd->kind, ==, MACHINE_DRIVE_CDROM);
    g_assert_cmpint(cd->address.bus, ==, MACHINE_BUS_SATA);
    g_assert_cmpuint(cd->address.unit, ==, 2);
    g_assert_null(cd->medium);
    g_assert_cmpint(floppy->kind, ==, MACHINE_DRIVE_FLOPPY);
    g_assert_cmpint(floppy->address.bus, ==, MACHINE_BUS_FLOPPY);
    g_assert_cmpuint(floppy->address.unit, ==, 1);
    g_assert_cmpstr(floppy->medium, ==, "f.img");
    g_assert_cmpint(lun->kind, ==, MACHINE_DRIVE_CDROM);
    g_assert_cmpstr(lun->medium, ==, "/dev/sr0");
}

static void test_nics(void)
{
    g_auto(ConfigResult) result = read_text(DOMAIN(
        "<devices><interface type='network'><mac address='52:54:00:AA:BB:CC'/><source "
        "network='lan'/><model type='virtio'/><link state='down'/></interface>"
        "<interface type='bridge'><mac address='52:54:00:aa:bb:cd' type='static'/><source "
        "bridge='br0'/><vlan><tag id='42'/></vlan></interface>"
        "<interface type='direct'><source dev='eth0' mode='vepa'/><vlan trunk='yes'><tag id='1'/>"
        "<tag id='2'/></vlan></interface>"
        "<interface type='user'><mac address='nonsense'/><vlan><tag id='9999'/></vlan></interface>"
        "</devices>"));
    const Machine *machine = config_result_machine(&result);
    g_assert_cmpuint(machine->nics->len, ==, 4);
    const MachineNic *first = machine->nics->pdata[0], *second = machine->nics->pdata[1],
                     *third = machine->nics->pdata[2], *fourth = machine->nics->pdata[3];
    g_assert_cmpstr(first->mac, ==, "52:54:00:aa:bb:cc");
    g_assert_false(first->mac_is_static);
    g_assert_cmpstr(first->network, ==, "lan");
    g_assert_cmpstr(first->model, ==, "virtio");
    g_assert_true(first->is_disconnected);
    g_assert_true(second->mac_is_static);
    g_assert_cmpstr(second->network, ==, "br0");
    g_assert_cmpuint(second->vlan, ==, 42);
    g_assert_false(second->is_disconnected);
    g_assert_null(third->mac);
    g_assert_cmpstr(third->network, ==, "eth0");
    g_assert_cmpuint(third->vlan, ==, 0);
    g_assert_null(fourth->mac);
    g_assert_null(fourth->network);
    g_assert_cmpuint(fourth->vlan, ==, 0);
}

static void test_identity(void)
{
    g_auto(ConfigResult) result = read_text(
        "<?xml version='1.0'?>\n<!-- virsh edit -->\n<domstatus state='running'>"
        "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<name>web</name><title>Web &amp; mail</title><description>a\nb</description>"
        "<uuid>C7A5FDBD-EDAF-9455-926A-D65C16DB1809</uuid>"
        "<genid>43dc0cf8-809b-4adb-9bea-a9abb5f3d90e</genid>"
        "<metadata><libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/"
        "domain/1.0'><libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo>"
        "</metadata><sysinfo type='smbios'><system><entry name='product'>P</entry>"
        "<entry name='serial'>S-1</entry></system></sysinfo>"
        "<devices><sound model='ich9'/><sound model='ac97'/><tpm model='tpm-crb'/></devices>"
        "</domain></domstatus>");
    const Machine *machine = config_result_machine(&result);
    g_assert_cmpstr(machine->kind, ==, "libvirt");
    g_assert_cmpstr(machine->name, ==, "web");
    g_assert_cmpstr(machine->title, ==, "Web & mail");
    g_assert_cmpstr(machine->annotation, ==, "a\nb");
    g_assert_cmpstr(machine->uuid, ==, "c7a5fdbd-edaf-9455-926a-d65c16db1809");
    g_assert_cmpstr(machine->genid, ==, "43dc0cf8-809b-4adb-9bea-a9abb5f3d90e");
    g_assert_cmpstr(machine->guest_os, ==, "http://debian.org/debian/12");
    g_assert_cmpstr(machine->serial, ==, "S-1");
    g_assert_cmpstr(machine->sound, ==, "ich9");
    g_assert_true(machine->tpm);
    g_autofree char *findings = config_result_describe_findings(&result);
    g_assert_cmpstr(findings, ==, "source-not-shut-down");

    g_auto(ConfigResult) minimal = read_text("<domain type='kvm'/>");
    g_assert_null(config_result_machine(&minimal)->name);
    g_assert_null(config_result_machine(&minimal)->title);
    g_assert_false(config_result_machine(&minimal)->tpm);
}

/* Real domains; what is in them was counted by hand. */
static void test_real(void)
{
    static const struct {
        const char *name, *title;
        uint64_t memory_kib, maximum_kib;
        guint cpus, disks, nics;
        Firmware firmware;
        gboolean secure_boot, tpm, has_clock;
    } rows[] = {
        {"clock-catchup.xml", "QEMUGuest1", 219100, 0, 1, 1, 0, FIRMWARE_BIOS, FALSE, FALSE, TRUE},
        {"disk-cache.xml", "QEMUGuest1", 219136, 0, 1, 5, 0, FIRMWARE_BIOS, FALSE, FALSE, TRUE},
        {"firmware-auto-efi-secboot.xml", "fedora", 8192, 0, 1, 0, 0, FIRMWARE_UEFI, TRUE, FALSE,
         FALSE},
        {"hyperv.xml", "QEMUGuest1", 219100, 0, 6, 0, 0, FIRMWARE_BIOS, FALSE, FALSE, TRUE},
        {"net-virtio.xml", "QEMUGuest1", 219136, 0, 1, 1, 1, FIRMWARE_BIOS, FALSE, FALSE, TRUE},
        {"tpm-emulator-tpm2.xml", "TPM-VM", 512288, 2097152, 1, 0, 0, FIRMWARE_BIOS, FALSE, TRUE,
         TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path =
            g_build_filename(DRYDOCK_TESTDATA, "vm-config/libvirt-domain-xml", rows[i].name, NULL);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL)) {
            g_test_skip("no test data");
            return;
        }
        g_test_message("%s", rows[i].name);
        g_assert_true(config_libvirt_ops.probe((const uint8_t *)text, MIN(strlen(text), 4096), ""));
        g_auto(ConfigResult) result = read_text(text);
        const Machine *machine = config_result_machine(&result);
        g_assert_cmpstr(machine->title, ==, rows[i].title);
        g_assert_cmpuint(machine->cpus, ==, rows[i].cpus);
        g_assert_cmpuint(machine->memory_bytes, ==, rows[i].memory_kib * 1024);
        g_assert_cmpuint(machine->memory_maximum_bytes, ==, rows[i].maximum_kib * 1024);
        g_assert_cmpuint(machine->disks->len, ==, rows[i].disks);
        g_assert_cmpuint(machine->nics->len, ==, rows[i].nics);
        g_assert_cmpint(machine->firmware, ==, rows[i].firmware);
        g_assert_cmpint(machine->secure_boot, ==, rows[i].secure_boot);
        g_assert_cmpint(machine->tpm, ==, rows[i].tpm);
        g_assert_cmpint(machine->has_clock_offset, ==, rows[i].has_clock);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/config-libvirt/probe", test_probe);
    g_test_add_func("/convert/config-libvirt/refused", test_refused);
    g_test_add_func("/convert/config-libvirt/memory", test_memory);
    g_test_add_func("/convert/config-libvirt/cpus", test_cpus);
    g_test_add_func("/convert/config-libvirt/firmware", test_firmware);
    g_test_add_func("/convert/config-libvirt/clock", test_clock);
    g_test_add_func("/convert/config-libvirt/disks", test_disks);
    g_test_add_func("/convert/config-libvirt/drives", test_drives);
    g_test_add_func("/convert/config-libvirt/nics", test_nics);
    g_test_add_func("/convert/config-libvirt/identity", test_identity);
    g_test_add_func("/convert/config-libvirt/real", test_real);
    return g_test_run();
}
