/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux guests in memory: found, mounted as fstab says, described; and what fstab may call a
 * volume. */
#include "inspect-support.h"

#include "base/error.h"
#include "base/finding.h"

#define ROOT_UUID "11111111-2222-3333-4444-555555555555"

/* Debian on one filesystem. */
static const FileRow debian_files[] = {
    {"/etc/os-release", "-> ../usr/lib/os-release"},
    {"/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"},
    {"/etc/fstab",
     "UUID=" ROOT_UUID " / ext4 errors=remount-ro 0 1\n"
     "UUID=aaaa none swap sw 0 0\n/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"},
    {"/etc/hostname", "# name\nweb-1\n"},
    {"/boot/grub/grub.cfg",
     "set default=0\nmenuentry 'Debian' {\nlinux /boot/vmlinuz-6.1.0-28-amd64 root=UUID=" ROOT_UUID
     "\ninitrd /boot/initrd.img-6.1.0-28-amd64\n}\n"},
    {"/boot/vmlinuz-6.1.0-28-amd64", "k"},
    {"/boot/initrd.img-6.1.0-28-amd64", "i"},
    {"/lib", "-> usr/lib"},
    {"/sbin", "-> usr/sbin"},
    {"/bin", "-> usr/bin"},
    {"/usr/bin/sh", "-> dash"},
    {"/usr/lib/modules/6.1.0-28-amd64/modules.dep", ""},
    {"/usr/sbin/update-initramfs", "#!/bin/sh\n"},
    {NULL, NULL},
};

static void test_debian(void)
{
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    Fs *fs = support_fs(TRUE, debian_files);
    g_autoptr(GBytes) elf = support_elf(62);
    support_add_bytes(fs, "/usr/bin/dash", elf);
    support_add_volume(set, 0, 1, fs, "ext4", ROOT_UUID, NULL);
    support_add_volume(set, 0, 5, NULL, "swap", "aaaa", NULL);

    g_autoptr(Guest) guest = support_inspect(set, findings);
    const GuestLinux *facts = &guest->linux_facts;
    g_assert_cmpint(guest->kind, ==, GUEST_LINUX);
    g_assert_cmpstr(guest->product_name, ==, "Debian GNU/Linux 12");
    g_assert_cmpstr(guest->architecture, ==, "x86_64");
    g_assert_cmpstr(guest->hostname, ==, "web-1");
    g_assert_cmpstr(guest->osinfo_id, ==, "http://debian.org/debian/12");
    g_assert_cmpstr(guest->profile, ==, "debian");
    g_assert_cmpstr(guest_profile_get(guest, "machine"), ==, "q35");
    g_assert_cmpint(guest->firmware, ==, FIRMWARE_BIOS);
    g_assert_cmpstr(guest->root->name, ==, "sda1");
    g_assert_cmpstr(facts->initramfs_tool, ==, "initramfs-tools");
    g_assert_cmpstr(facts->boot_loader, ==, "grub2");
    g_assert_cmpuint(facts->kernels->len, ==, 1);
    g_assert_cmpuint(facts->mounts->len, ==, 3);
    const GuestMount *mount = g_ptr_array_index(facts->mounts, 1);
    g_assert_cmpstr(mount->volume->name, ==, "sda5");
    mount = g_ptr_array_index(facts->mounts, 2);
    g_assert_null(mount->volume);
    g_assert_cmpuint(findings->len, ==, 0);
}

/* Red Hat: /boot, /usr and the EFI system partition are volumes of their own. */
static void test_separate_volumes(void)
{
    static const FileRow root_files[] = {
        {"/etc/os-release", "-> ../usr/lib/os-release"},
        {"/etc/fstab", "LABEL=root / ext4 defaults 0 0\n"
                       "/dev/disk/by-label/my\\x20boot /boot ext4 defaults 0 0\n"
                       "PARTUUID=\"ABCD-02\" /boot/efi vfat umask=0077 0 0\n"
                       "/dev/hdb1 /usr ext4 defaults 0 0\n"
                       "/dev/sdc7 /boot/missing ext4 defaults 0 0\n"},
        {"/etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=\"db.example\"\n"},
        {"/lib", "-> usr/lib"},
        {"/sbin", "-> usr/sbin"},
        {"/lib64", "-> usr/lib64"},
        {"/etc/inittab", ""},
        {NULL, NULL},
    };
    static const FileRow usr_files[] = {
        {"/lib/os-release", "ID=\"rhel\"\nVERSION_ID=\"8.6\"\nPRETTY_NAME=\"RHEL 8.6\"\n"},
        {"/lib/modules/4.18.0-372.el8.x86_64/modules.dep", ""},
        {"/bin/dracut", ""},
        {NULL, NULL},
    };
    static const FileRow boot_files[] = {
        {"/vmlinuz-4.18.0-372.el8.x86_64", "k"},
        {"/initramfs-4.18.0-372.el8.x86_64.img", "i"},
        {"/loader/entries/x-4.18.0-372.el8.x86_64.conf",
         "title RHEL\nversion 4.18.0-372.el8.x86_64\nlinux /vmlinuz-4.18.0-372.el8.x86_64\n"
         "initrd /initramfs-4.18.0-372.el8.x86_64.img\n"},
        {"/grub2/grubenv", "-> ../efi/EFI/redhat/grubenv"},
        {NULL, NULL},
    };
    static const FileRow esp_files[] = {
        {"/EFI/redhat/grub.cfg", "set default=\"${saved_entry}\"\nblscfg\n"},
        {"/EFI/redhat/grubenv", "saved_entry=x-4.18.0-372.el8.x86_64\n"},
        {NULL, NULL},
    };
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 2);
    Volume *esp =
        support_add_volume(set, 0, 1, support_fs(FALSE, esp_files), "vfat", "AB12-34CD", NULL);
    support_make_esp(esp);
    Partition *partition = g_ptr_array_index(esp->table->partitions, 0);
    partition->uuid = g_strdup("abcd-02");
    support_add_volume(set, 0, 2, support_fs(TRUE, boot_files), "ext4", NULL, "my boot");
    support_add_volume(set, 0, 3, support_fs(TRUE, root_files), "ext4", NULL, "root");
    support_add_volume(set, 1, 1, support_fs(TRUE, usr_files), "ext4", NULL, NULL);

    g_autoptr(Guest) guest = support_inspect(set, findings);
    const GuestLinux *facts = &guest->linux_facts;
    g_assert_cmpstr(guest->root->name, ==, "sda3");
    g_assert_cmpstr(guest->osinfo_id, ==, "http://redhat.com/rhel/8.6");
    g_assert_cmpstr(guest->hostname, ==, "db.example");
    g_assert_cmpstr(guest->architecture, ==, "x86_64");
    g_assert_cmpint(guest->firmware, ==, FIRMWARE_UEFI);
    g_assert_cmpstr(facts->esp_mount_point, ==, "/boot/efi");
    g_assert_cmpstr(facts->boot_loader_config, ==, "/boot/efi/EFI/redhat/grub.cfg");
    g_assert_cmpstr(facts->initramfs_tool, ==, "dracut");
    const GuestKernel *kernel = g_ptr_array_index(facts->kernels, 0);
    g_assert_cmpstr(kernel->image, ==, "/boot/vmlinuz-4.18.0-372.el8.x86_64");
    g_assert_cmpstr(kernel->modules_dir, ==, "/lib/modules/4.18.0-372.el8.x86_64");
    g_assert_true(fs_tree_is_file(guest->tree, "/boot/efi/EFI/redhat/grub.cfg"));
    g_assert_false(fs_tree_is_directory(guest->tree, GUEST_ESP_MOUNT));
    g_assert_true(support_has_finding(findings, "linux-boot-not-found"));
    g_assert_cmpuint(findings->len, ==, 1);
}

static void test_esp_not_in_fstab(void)
{
    static const FileRow esp_files[] = {{"/EFI/BOOT/BOOTX64.EFI", ""}, {NULL, NULL}};
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    support_make_esp(
        support_add_volume(set, 0, 1, support_fs(FALSE, esp_files), "vfat", NULL, NULL));
    support_add_volume(set, 0, 2, support_fs(TRUE, debian_files), "ext4", ROOT_UUID, NULL);
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->linux_facts.esp_mount_point, ==, GUEST_ESP_MOUNT);
    g_assert_true(fs_tree_is_file(guest->tree, GUEST_ESP_MOUNT "/efi/boot/bootx64.efi"));
}

/* The first system's boot loader starts the second. */
static void test_two_systems(void)
{
    static const FileRow first[] = {
        {"/etc/debian_version", "10.1\n"},
        {"/sbin/init", ""},
        {"/boot/grub/grub.cfg", "menuentry 'a' {\nlinux /boot/vmlinuz-1 root=/dev/sda2\n}\n"},
        {NULL, NULL},
    };
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    support_add_volume(set, 0, 1, support_fs(TRUE, first), "ext4", NULL, NULL);
    support_add_volume(set, 0, 2, support_fs(TRUE, debian_files), "ext4", ROOT_UUID, NULL);
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->root->name, ==, "sda2");
    g_assert_cmpuint(findings->len, ==, 1);
    const Finding *finding = g_ptr_array_index(findings, 0);
    g_assert_nonnull(strstr(finding->sentence, "Linux on sda1"));
}

typedef struct {
    const char *label;
    FileRow files[6];
    const char *type;
    const char *expected_error; /* NULL: inspected */
} OddRow;

static const OddRow odd_rows[] = {
    {"data only", {{"/home/me/os-release", ""}}, "ext4", "found no operating system"},
    {"os-release without a system",
     {{"/etc/os-release", "ID=x\n"}},
     "ext4",
     "found no operating system"},
    {"links that loop",
     {{"/etc/debian_version", "9\n"},
      {"/etc/hostname", "-> hostname"},
      {"/sbin/init", ""},
      {"/boot/vmlinuz", "-> /boot/vmlinuz"}},
     "ext4",
     NULL},
    {"links out of the guest",
     {{"/etc/debian_version", "9\n"},
      {"/etc/hostname", "-> ../../../../../../etc/passwd"},
      {"/sbin/init", ""}},
     "ext4",
     NULL},
    {"an os-release that is a directory",
     {{"/etc/os-release/x", ""}, {"/etc/debian_version", "9\n"}, {"/sbin/init", ""}},
     "ext4",
     NULL},
    {"no text at all",
     {{"/etc/os-release", "\xff\xfe\x01=\x80"},
      {"/sbin/init", ""},
      {"/etc/fstab", "\x80 \x80 \x80\n\n a\n"}},
     "ext4",
     NULL},
};

static void test_odd(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(odd_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        g_autoptr(Guest) guest = NULL;
        support_add_volume(set, 0, 1, support_fs(TRUE, odd_rows[i].files), odd_rows[i].type, NULL,
                           NULL);
        g_test_message("%s", odd_rows[i].label);
        gboolean ok = guest_inspect(set, NULL, findings, &guest, &error);
        if (odd_rows[i].expected_error) {
            g_assert_false(ok);
            g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED));
            g_assert_nonnull(strstr(error->message, odd_rows[i].expected_error));
        } else {
            g_assert_no_error(error);
            g_assert_true(ok);
            g_autoptr(JsonBuilder) builder = json_builder_new();
            guest_to_json(guest, set, builder);
        }
    }
}

static void test_unreadable_only(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    g_autoptr(Guest) guest = NULL;
    support_add_volume(set, 0, 2, NULL, "LVM2_member", NULL, NULL);
    g_assert_false(guest_inspect(set, NULL, findings, &guest, &error));
    g_assert_nonnull(strstr(error->message, "sda2 (LVM2_member)"));
    g_assert_nonnull(drydock_error_get_hint(error));
}

/* Where the only volume with a system is encrypted, that is the news, and not that none was found.
 */
static void test_bitlocker_only(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    g_autoptr(Guest) guest = NULL;
    Volume *volume = support_add_volume(set, 0, 3, NULL, "BitLocker", NULL, NULL);
    volume->bitlocker = g_new0(VolumeBitlocker, 1);
    volume->bitlocker->reason = g_strdup("no key");
    g_assert_false(guest_inspect(set, NULL, findings, &guest, &error));
    g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION));
    g_assert_nonnull(strstr(error->message, "[bitlocker]"));
    g_assert_nonnull(drydock_error_get_hint(error));
}

static const struct {
    const char *spec;
    const char *expected; /* NULL: none */
} spec_rows[] = {
    {"UUID=" ROOT_UUID, "sda1"},
    {"UUID=\"" ROOT_UUID "\"", "sda1"},
    {"UUID=ab12-34cd", "sdb2"},
    {"UUID=", NULL},
    {"LABEL=data", "sdb2"},
    {"LABEL=DATA", NULL},
    {"PARTUUID=0BADCAFE-01", "sda1"},
    {"PARTLABEL=EFI System", "sdb2"},
    {"/dev/disk/by-uuid/" ROOT_UUID, "sda1"},
    {"/dev/disk/by-partlabel/EFI\\x20System", "sdb2"},
    {"/dev/sda1", "sda1"},
    {"/dev/hdb2", "sdb2"},
    {"/dev/vdb2", "sdb2"},
    {"/dev/xvda1", "sda1"},
    {"/dev/nvme1n1p2", "sdb2"},
    {"/dev/nvme1n2p2", NULL},
    {"/dev/mmcblk0p1", "sda1"},
    {"/dev/sda", NULL},
    {"/dev/sda2", NULL},
    {"/dev/sda1x", NULL},
    {"/dev/sdzzzzzzzz1", NULL},
    {"/dev/sda99999999999999999999", NULL},
    {"/dev/mapper/vg-root", NULL},
    {"/dev/disk/by-id/ata-x-part1", NULL}, /* two disks: it could be either */
    {"tmpfs", NULL},
    {"", NULL},
};

static void test_specs(void)
{
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 2);
    Volume *first = support_add_volume(set, 0, 1, NULL, "ext4", ROOT_UUID, NULL);
    Volume *second = support_add_volume(set, 1, 2, NULL, "vfat", "AB12-34CD", "data");
    Partition *partition = g_ptr_array_index(first->table->partitions, 0);
    partition->uuid = g_strdup("0badcafe-01");
    partition = g_ptr_array_index(second->table->partitions, 0);
    partition->name = g_strdup("EFI System");

    for (guint i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const Volume *volume = volume_set_find_linux(set, NULL, spec_rows[i].spec);
        g_test_message("%s", spec_rows[i].spec);
        g_assert_cmpstr(volume ? volume->name : NULL, ==, spec_rows[i].expected);
    }
}

/* Names by the old machine's controllers, where its configuration says where each disk was. */
static void test_spec_by_path(void)
{
    static const VolumePlace places[] = {{.bus = "scsi", .unit = 0},
                                         {.bus = "scsi", .unit = 1},
                                         {.bus = "sata", .unit = 1},
                                         {.bus = "scsi", .unit = 5},
                                         {.bus = NULL}};
    static const struct {
        const char *name;
        const char *expected;
    } rows[] = {
        {"pci-0000:03:00.0-scsi-0:0:0:0-part1", "sda1"},
        {"pci-0000:03:00.0-scsi-0:0:1:0-part1", "sdb1"},
        {"pci-0000:03:00.0-sas-phy1-lun-0-part1", "sdb1"},
        {"pci-0000:02:01.0-ata-2-part1", "sdc1"},
        {"pci-0000:02:01.0-ata-2.0-part1", "sdc1"},
        {"acpi-VMBUS:00-vmbus-f8b3781a1e824818a1c363d806ec15bb-lun-5-part1", "sdd1"},
        {"pci-0000:03:00.0-scsi-0:0:2:0-part1", NULL},
        {"pci-0000:03:00.0-scsi-0:0:1:0-part2", NULL},
        {"pci-0000:03:00.0-scsi-0:0:1:0", NULL},
        {"pci-0000:02:01.0-ata-0-part1", NULL},
        {"pci-0000:03:00.0-scsi-0:0:x:0-part1", NULL},
        {"acpi-VMBUS:00-vmbus-f8b3781a-part1", NULL},
        {"pci-0000:03:00.0-part1", NULL},
    };
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, G_N_ELEMENTS(places));
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        support_add_volume(set, i, 1, NULL, "ext4", NULL, NULL);
    for (guint round = 0; round < 2; round++) {
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_autofree char *spec = g_strconcat("/dev/disk/by-path/", rows[i].name, NULL);
            const Volume *volume = volume_set_find_linux(set, NULL, spec);
            g_test_message("%s", spec);
            g_assert_cmpstr(volume ? volume->name : NULL, ==, round ? rows[i].expected : NULL);
        }
        for (guint i = 0; i < G_N_ELEMENTS(places) && round == 0; i++)
            volume_set_add_place(set, &places[i]);
    }
    /* A second disk of that number: it could be either. */
    g_array_index(set->places, VolumePlace, 4) = (VolumePlace){.bus = "scsi", .unit = 1};
    g_assert_null(
        volume_set_find_linux(set, NULL, "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0-part1"));
}

/* Names by the identifiers of the old machine's disks, where their images say them. */
static void test_spec_by_id(void)
{
    static const VolumePlace places[] = {
        {.bus = "scsi", .unit = 0, .wwn = "6000c29a1b2c3d4e5f60718293a4b5c6"},
        {.bus = "scsi", .unit = 1, .wwn = "6000c2900000000000000000000000ff"},
        {.bus = "scsi", .unit = 2},
    };
    static const struct {
        const char *name;
        const char *expected;
    } rows[] = {
        {"scsi-36000c29a1b2c3d4e5f60718293a4b5c6-part1", "sda1"},
        {"scsi-36000c2900000000000000000000000ff-part1", "sdb1"},
        {"wwn-0x6000c2900000000000000000000000ff-part1", "sdb1"},
        {"wwn-0x6000C2900000000000000000000000FF-part1", "sdb1"},
        {"scsi-SVMware_Virtual_disk_6000c2900000000000000000000000ff-part1", "sdb1"},
        {"scsi-36000c2900000000000000000000000ff-part2", NULL},
        {"scsi-36000c2900000000000000000000000ff-partx", NULL},
        {"scsi-36000c2900000000000000000000000ff", NULL},
        {"scsi-36000c2900000000000000000000000fe-part1", NULL},
        {"ata-VMware_Virtual_SATA_1-part1", NULL},
        {"-part1", NULL},
    };
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, G_N_ELEMENTS(places));
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        support_add_volume(set, i, 1, NULL, "ext4", NULL, NULL);
    for (guint round = 0; round < 2; round++) {
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_autofree char *spec = g_strconcat("/dev/disk/by-id/", rows[i].name, NULL);
            const Volume *volume = volume_set_find_linux(set, NULL, spec);
            g_test_message("%s", spec);
            g_assert_cmpstr(volume ? volume->name : NULL, ==, round ? rows[i].expected : NULL);
        }
        for (guint i = 0; i < G_N_ELEMENTS(places) && round == 0; i++)
            volume_set_add_place(set, &places[i]);
    }
    /* A copy of the image has the same one: it could be either. */
    g_array_index(set->places, VolumePlace, 2).wwn = places[1].wwn;
    g_assert_null(volume_set_find_linux(
        set, NULL, "/dev/disk/by-id/scsi-36000c2900000000000000000000000ff-part1"));
}

static void test_spec_on_only_disk(void)
{
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    support_add_volume(set, 0, 2, NULL, "ext4", NULL, NULL);
    const Volume *volume =
        volume_set_find_linux(set, NULL, "/dev/disk/by-id/ata-VMware_Virtual_SATA_1-part2");
    g_assert_nonnull(volume);
    g_assert_cmpstr(volume->name, ==, "sda2");
    g_assert_null(volume_set_find_linux(set, NULL, "/dev/disk/by-path/pci-0000:00:10.0-part3"));
    static const struct {
        const char *spec;
        gboolean found;
    } paths[] = {
        {"/dev/mapper/mpatha2", TRUE},      {"/dev/mapper/mpathap2", TRUE},
        {"/dev/mapper/mpatha-part2", TRUE}, {"/dev/mapper/mpathb_part2", TRUE},
        {"/dev/mapper/mpatha3", FALSE},     {"/dev/mapper/mpatha-x2", FALSE},
        {"/dev/mapper/mpath2", FALSE},      {"/dev/mapper/mpatha2x", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_test_message("%s", paths[i].spec);
        g_assert_cmpint(volume_set_find_linux(set, NULL, paths[i].spec) != NULL, ==,
                        paths[i].found);
    }
}

static const struct {
    guint16 machine;
    const char *expected;
} elf_rows[] = {{62, "x86_64"}, {3, "i686"}, {183, "aarch64"}, {243, "riscv64"}, {9999, NULL}};

static void test_architecture(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(elf_rows); i++) {
        static const FileRow files[] = {
            {"/etc/debian_version", "9\n"}, {"/bin/sh", "-> busybox"}, {NULL, NULL}};
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
        g_autoptr(GBytes) elf = support_elf(elf_rows[i].machine);
        Fs *fs = support_fs(TRUE, files);
        support_add_bytes(fs, "/bin/busybox", elf);
        support_add_volume(set, 0, 1, fs, "ext4", NULL, NULL);
        g_autoptr(Guest) guest = support_inspect(set, findings);
        g_assert_cmpstr(guest->architecture, ==, elf_rows[i].expected);
    }
}

static void test_json(void)
{
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    support_add_volume(set, 0, 1, support_fs(TRUE, debian_files), "ext4", ROOT_UUID, "a\xff\"b");
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_free(guest->hostname);
    guest->hostname = g_strdup("bad\xff\x01name");

    g_autoptr(JsonBuilder) builder = json_builder_new();
    guest_to_json(guest, set, builder);
    g_autoptr(JsonNode) node = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(node, FALSE);
    g_assert_true(g_utf8_validate(text, -1, NULL));

    /* Written, parsed again and looked at. */
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_data(parser, text, -1, NULL));
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    g_assert_cmpstr(json_object_get_string_member(object, "kind"), ==, "linux");
    g_assert_cmpstr(json_object_get_string_member(object, "version"), ==, "12");
    g_assert_cmpstr(json_object_get_string_member(object, "firmware"), ==, "bios");
    g_assert_cmpstr(json_object_get_string_member(object, "root"), ==, "sda1");
    g_assert_cmpstr(json_object_get_string_member(object, "architecture"), ==, "x86_64");
    g_assert_true(g_str_has_prefix(json_object_get_string_member(object, "hostname"), "bad"));
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(object, "volumes")), ==, 1);
    JsonObject *linux_object = json_object_get_object_member(object, "linux");
    g_assert_true(json_object_get_null_member(linux_object, "id_like"));
    JsonArray *kernels = json_object_get_array_member(linux_object, "kernels");
    JsonObject *kernel = json_array_get_object_element(kernels, 0);
    g_assert_true(json_object_get_boolean_member(kernel, "default"));
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(linux_object, "mounts")),
                     ==, 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/linux/debian", test_debian);
    g_test_add_func("/inspect/linux/separate-volumes", test_separate_volumes);
    g_test_add_func("/inspect/linux/esp-not-in-fstab", test_esp_not_in_fstab);
    g_test_add_func("/inspect/linux/two-systems", test_two_systems);
    g_test_add_func("/inspect/linux/odd", test_odd);
    g_test_add_func("/inspect/linux/unreadable-only", test_unreadable_only);
    g_test_add_func("/inspect/linux/bitlocker-only", test_bitlocker_only);
    g_test_add_func("/inspect/linux/specs", test_specs);
    g_test_add_func("/inspect/linux/spec-on-only-disk", test_spec_on_only_disk);
    g_test_add_func("/inspect/linux/spec-by-path", test_spec_by_path);
    g_test_add_func("/inspect/linux/spec-by-id", test_spec_by_id);
    g_test_add_func("/inspect/linux/architecture", test_architecture);
    g_test_add_func("/inspect/linux/json", test_json);
    return g_test_run();
}
