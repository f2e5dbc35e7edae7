/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes and whole guests on real images: partition tables by sfdisk, filesystems by their mkfs.
 */
#include "inspect-support.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/finding.h"
#include "base/run.h"

#define MIB ((uint64_t)1 << 20)

typedef struct {
    char *directory;
    char *path; /* of the disk image */
} Image;

static void image_clear(Image *image)
{
    if (!image->directory)
        return;
    const char *argv[] = {"rm", "-r", image->directory, NULL};
    g_autoptr(GError) error = NULL;
    if (!run_program(argv, NULL, NULL, &error))
        g_test_message("%s", error->message);
    g_clear_pointer(&image->directory, g_free);
    g_clear_pointer(&image->path, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Image, image_clear)

static void run(const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

/* FALSE, and the test skipped, when one of the programs is missing. */
static gboolean requires(const char *const *programs)
{
    for (guint i = 0; programs[i]; i++) {
        g_autofree char *path = g_find_program_in_path(programs[i]);
        if (!path) {
            g_test_skip(programs[i]);
            return FALSE;
        }
    }
    return TRUE;
}

static void image_new(Image *image, uint64_t size)
{
    g_autoptr(GError) error = NULL;
    image->directory = g_dir_make_tmp("inspect-XXXXXX", &error);
    g_assert_no_error(error);
    image->path = g_build_filename(image->directory, "disk.img", NULL);
    g_assert_true(g_file_set_contents(image->path, "", 0, NULL));
    g_assert_cmpint(truncate(image->path, (off_t)size), ==, 0);
}

static void image_partition(const Image *image, const char *script)
{
    g_autofree char *path = g_build_filename(image->directory, "table", NULL);
    g_assert_true(g_file_set_contents(path, script, -1, NULL));
    g_autofree char *command =
        g_strdup_printf("sfdisk -q --no-reread --no-tell-kernel '%s' < '%s'", image->path, path);
    RUN("sh", "-c", command);
}

/* Copies a file into the image at offset. */
static void image_place(const Image *image, const char *file, uint64_t offset_mib)
{
    g_autofree char *from = g_strconcat("if=", file, NULL);
    g_autofree char *to = g_strconcat("of=", image->path, NULL);
    g_autofree char *seek = g_strdup_printf("seek=%" G_GUINT64_FORMAT, offset_mib);
    RUN("dd", from, to, seek, "bs=1M", "conv=notrunc,sparse", "status=none");
}

static void write_host_files(const char *root, const FileRow *rows)
{
    for (const FileRow *row = rows; row->path; row++) {
        g_autofree char *path = g_strconcat(root, row->path, NULL);
        g_autofree char *directory = g_path_get_dirname(path);
        g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
        if (!row->content)
            g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
        else if (g_str_has_prefix(row->content, "-> "))
            RUN("ln", "-s", row->content + 3, path);
        else
            g_assert_true(g_file_set_contents(path, row->content, -1, NULL));
    }
}

static VolumeSet *open_images(const Image *images, guint count, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new();
    for (guint i = 0; i < count; i++) {
        Disk *disk = disk_open_file(images[i].path, FALSE, 512, error);
        g_assert_nonnull(disk);
        g_ptr_array_add(disks, disk);
    }
    VolumeSet *set = NULL;
    gboolean ok = volume_set_open(disks, findings, &set, error);
    for (guint i = 0; i < disks->len; i++)
        disk_unref(g_ptr_array_index(disks, i));
    return ok ? set : NULL;
}

static const FileRow root_files[] = {
    {"/usr/lib/os-release",
     "ID=ubuntu\nVERSION_ID=\"22.04\"\nPRETTY_NAME=\"Ubuntu 22.04.4 LTS\"\n"},
    {"/etc/os-release", "-> ../usr/lib/os-release"},
    {"/etc/fstab", "LABEL=root / ext4 defaults 0 1\n"
                   "UUID=1234-ABCD /boot/efi vfat umask=0077 0 1\n"
                   "/dev/sdb /srv ext4 defaults 0 2\n/dev/sda3 none swap sw 0 0\n"},
    {"/etc/hostname", "jammy\n"},
    {"/lib", "-> usr/lib"},
    {"/usr/lib/modules/5.15.0-105-generic/modules.dep", ""},
    {"/boot/vmlinuz-5.15.0-105-generic", "kernel"},
    {"/boot/initrd.img-5.15.0-105-generic", "initramfs"},
    {"/boot/grub/grub.cfg", "set default=\"0\"\nmenuentry 'Ubuntu' {\n"
                            "linux /boot/vmlinuz-5.15.0-105-generic root=LABEL=root\n"
                            "initrd /boot/initrd.img-5.15.0-105-generic\n}\n"},
    {"/boot/efi", NULL},
    {NULL, NULL},
};

/* GPT with ESP, root and swap, and a second disk that is one filesystem. */
static void test_linux_guest(void)
{
    static const char *const programs[] = {"sfdisk", "mke2fs", "mkfs.vfat", "mkswap", NULL};
    static const FileRow data_files[] = {{"/data.txt", "data"}, {NULL, NULL}};
    if (!requires(programs))
        return;
    g_auto(Image) system = {0};
    g_auto(Image) data = {0};
    image_new(&system, 64 * MIB);
    image_new(&data, 16 * MIB);
    image_partition(&system,
                    "label: gpt\nstart=2048,size=32768,type=uefi\n"
                    "start=34816,size=65536,type=linux\nstart=100352,size=8192,type=swap\n");

    g_autofree char *tree = g_build_filename(system.directory, "root", NULL);
    g_autofree char *root_image = g_build_filename(system.directory, "root.img", NULL);
    g_autofree char *esp_image = g_build_filename(system.directory, "esp.img", NULL);
    g_autofree char *swap_image = g_build_filename(system.directory, "swap.img", NULL);
    g_autofree char *data_tree = g_build_filename(data.directory, "root", NULL);
    write_host_files(tree, root_files);
    write_host_files(data_tree, data_files);
    RUN("mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", tree, root_image, "32M");
    RUN("mke2fs", "-q", "-t", "ext4", "-F", "-d", data_tree, data.path);
    RUN("truncate", "-s", "16M", esp_image);
    RUN("mkfs.vfat", "-i", "1234abcd", esp_image);
    RUN("truncate", "-s", "4M", swap_image);
    RUN("mkswap", "-q", swap_image);
    image_place(&system, esp_image, 1);
    image_place(&system, root_image, 17);
    image_place(&system, swap_image, 49);

    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    const Image images[] = {system, data};
    g_autoptr(VolumeSet) set = open_images(images, 2, findings, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(set->volumes->len, ==, 4);
    const Volume *volume = g_ptr_array_index(set->volumes, 0);
    g_assert_cmpstr(volume->name, ==, "sda1");
    g_assert_true(volume_is_esp(volume));
    /* Without a FAT driver the guest is described all the same. */
    gboolean reads_fat = fs_type_is_supported("vfat");
    g_assert_cmpint(volume->fs != NULL, ==, reads_fat);
    g_assert_cmpuint(findings->len, ==, reads_fat ? 0 : 1);
    volume = g_ptr_array_index(set->volumes, 2);
    g_assert_cmpstr(volume->probe->type, ==, "swap");
    g_assert_null(volume->fs);
    volume = g_ptr_array_index(set->volumes, 3);
    g_assert_cmpstr(volume->name, ==, "sdb");
    g_assert_null(volume->partition);

    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->root->name, ==, "sda2");
    g_assert_cmpstr(guest->osinfo_id, ==, "http://ubuntu.com/ubuntu/22.04");
    g_assert_cmpint(guest->firmware, ==, FIRMWARE_UEFI);
    g_assert_cmpstr(guest->linux_facts.esp_mount_point, ==, reads_fat ? "/boot/efi" : NULL);
    const GuestKernel *kernel = g_ptr_array_index(guest->linux_facts.kernels, 0);
    g_assert_cmpstr(kernel->initramfs, ==, "/boot/initrd.img-5.15.0-105-generic");
    g_assert_true(fs_tree_is_file(guest->tree, "/srv/data.txt"));
    const GuestMount *swap = g_ptr_array_index(guest->linux_facts.mounts, 3);
    g_assert_cmpstr(swap->volume->name, ==, "sda3");
    g_assert_cmpuint(findings->len, ==, reads_fat ? 0 : 1);
}

static const HiveRow system_rows[] = {
    {"Select", "Current", "dword:1"},
    {"ControlSet001\\Control\\ProductOptions", "ProductType", "WinNT"},
    {"ControlSet001\\Control\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE", "x86"},
    {"ControlSet001\\Services\\Tcpip\\Parameters", "Hostname", "win7"},
    {"ControlSet001\\Services\\atapi", "Type", "dword:1"},
    {"ControlSet001\\Services\\atapi", "Start", "dword:0"},
    {NULL, NULL, NULL},
};
static const HiveRow software_rows[] = {
    {"Microsoft\\Windows NT\\CurrentVersion", "ProductName", "Windows 7 Professional"},
    {"Microsoft\\Windows NT\\CurrentVersion", "CurrentVersion", "6.1"},
    {"Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber", "7601"},
    {NULL, NULL, NULL},
};

/* An active NTFS partition, filled through our own driver; folders as XP wrote them. */
static void test_windows_guest(void)
{
    static const char *const programs[] = {"sfdisk", "mkntfs", NULL};
    if (!requires(programs))
        return;
    g_auto(Image) image = {0};
    image_new(&image, 32 * MIB);
    image_partition(&image,
                    "label: dos\nlabel-id: 0x12345678\nstart=2048,size=61440,type=7,bootable\n");
    g_autofree char *ntfs = g_build_filename(image.directory, "ntfs.img", NULL);
    RUN("truncate", "-s", "30M", ntfs);
    RUN("mkntfs", "-Q", "-F", "-q", "-p", "2048", "-s", "512", ntfs);

    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_open_file(ntfs, TRUE, 512, &error);
    g_autoptr(Fs) fs = NULL;
    gboolean ok = fs_open(disk, "ntfs", &fs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_autoptr(GBytes) system = support_hive(system_rows);
    g_autoptr(GBytes) software = support_hive(software_rows);
    support_add_bytes(fs, "/WINDOWS/system32/config/system", system);
    support_add_bytes(fs, "/WINDOWS/system32/config/software", software);
    ok = fs_sync(fs, &error) && disk_flush(disk, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_clear_pointer(&fs, fs_close);
    g_clear_pointer(&disk, disk_unref);
    image_place(&image, ntfs, 1);

    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = open_images(&image, 1, findings, &error);
    g_assert_no_error(error);
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->product_name, ==, "Windows 7 Professional");
    g_assert_cmpstr(guest->osinfo_id, ==, "http://microsoft.com/win/7");
    g_assert_cmpstr(guest->architecture, ==, "i686");
    g_assert_cmpstr(guest->hostname, ==, "win7");
    g_assert_cmpstr(guest->windows_facts.system_root, ==, "/WINDOWS");
    g_assert_cmpint(guest->firmware, ==, FIRMWARE_BIOS);
    g_assert_false(guest->windows_facts.log_dirty);
    g_assert_false(guest->windows_facts.hibernated);
    g_assert_cmpuint(findings->len, ==, 0);
}

/* MBR with a logical partition: the extended one is no volume. */
static void test_mbr(void)
{
    static const char *const programs[] = {"sfdisk", "mke2fs", NULL};
    if (!requires(programs))
        return;
    g_auto(Image) image = {0};
    image_new(&image, 64 * MIB);
    image_partition(&image, "label: dos\nlabel-id: 0x0badcafe\nstart=2048,size=16384,type=83\n"
                            "start=18432,size=65536,type=5\nstart=20480,size=32768,type=83\n");
    g_autofree char *root_image = g_build_filename(image.directory, "root.img", NULL);
    g_autofree char *tree = g_build_filename(image.directory, "root", NULL);
    write_host_files(tree, root_files);
    RUN("mke2fs", "-q", "-t", "ext3", "-L", "root", "-d", tree, root_image, "16M");
    image_place(&image, root_image, 10);

    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = open_images(&image, 1, findings, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(set->volumes->len, ==, 2);
    const Volume *volume = g_ptr_array_index(set->volumes, 1);
    g_assert_cmpstr(volume->name, ==, "sda5");
    g_assert_cmpstr(volume->partition->uuid, ==, "0badcafe-05");
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->root->name, ==, "sda5");
    g_assert_cmpint(guest->firmware, ==, FIRMWARE_BIOS);
}

typedef struct {
    const char *label;
    const char *testdata; /* below filesystems/; xz; NULL: zeros */
    const char *expected_finding;
    gboolean is_blocker; /* the finding, not the missing system, is the error */
} SignatureRow;

static const SignatureRow signature_rows[] = {
    {"empty disk", NULL, NULL, FALSE},
    {"LUKS", "blkid-suite/luks1.img.xz", "volume-damaged", FALSE},
    {"LVM without a volume group", "blkid-suite/lvm2.img.xz", NULL, FALSE},
    {"RAID of one member", "blkid-suite/mdraid-1.img.xz", NULL, FALSE},
    {"BitLocker", "blkid-suite/bitlocker-win7.img.xz", "bitlocker", TRUE},
    {"reiserfs", "blkid-suite/reiser3.img.xz", "volume-linux-filesystem", FALSE},
    {"APFS", "blkid-suite/apfs.img.xz", "volume-filesystem", FALSE},
    {"ZFS", "blkid-suite/zfs.img.xz", "volume-zfs", FALSE},
    {"VMFS", "blkid-suite/vmfs_volume.img.xz", "volume-vmfs", FALSE},
    {"VDO", "blkid-suite/vdo.img.xz", "volume-layer", FALSE},
    {"swap", "blkid-suite/swap1.img.xz", NULL, FALSE},
};

/* What stands on a disk without a partition table, and cannot be opened. */
static void test_signatures(void)
{
    static const char *const programs[] = {"xz", NULL};
    if (!requires(programs))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(signature_rows); i++) {
        const SignatureRow *row = &signature_rows[i];
        g_auto(Image) image = {0};
        image_new(&image, 8 * MIB);
        if (row->testdata) {
            g_autofree char *packed =
                g_build_filename(DRYDOCK_TESTDATA, "filesystems", row->testdata, NULL);
            if (!g_file_test(packed, G_FILE_TEST_EXISTS)) {
                g_test_skip("no test data");
                continue;
            }
            g_autofree char *command = g_strdup_printf("xz -dc '%s' > '%s'", packed, image.path);
            RUN("sh", "-c", command);
        }
        g_test_message("%s", row->label);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = open_images(&image, 1, findings, &error);
        g_assert_no_error(error);
        g_autoptr(Guest) guest = NULL;
        g_assert_false(guest_inspect(set, NULL, findings, &guest, &error));
        g_assert_cmpuint(findings->len, ==, row->expected_finding ? 1 : 0);
        if (row->expected_finding)
            g_assert_true(support_has_finding(findings, row->expected_finding));
        g_assert_true(g_error_matches(error, DRYDOCK_ERROR,
                                      row->is_blocker ? DRYDOCK_ERROR_PRECONDITION
                                                      : DRYDOCK_ERROR_UNSUPPORTED));
    }
}

/* Disks that Windows manages in its own ways. */
static void test_windows_disks(void)
{
    static const char *const programs[] = {"sfdisk", NULL};
    static const struct {
        const char *label, *script, *expected;
    } rows[] = {
        {"dynamic, MBR", "label: dos\nstart=2048,size=4096,type=42\n", "volume-dynamic-disk"},
        {"dynamic, GPT",
         "label: gpt\nstart=2048,size=4096,type=AF9B60A0-1431-4F62-BC68-3311714A69AD\n",
         "volume-dynamic-disk"},
        {"storage pool",
         "label: gpt\nstart=2048,size=4096,type=E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D\n",
         "volume-storage-spaces"},
        {"basic", "label: dos\nstart=2048,size=4096,type=7\n", NULL},
    };
    static const char *const codes[] = {"volume-dynamic-disk", "volume-storage-spaces"};
    if (!requires(programs))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Image) image = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) findings = findings_new();
        g_test_message("%s", rows[i].label);
        image_new(&image, 16 * MIB);
        image_partition(&image, rows[i].script);
        g_autoptr(VolumeSet) set = open_images(&image, 1, findings, &error);
        g_assert_no_error(error);
        g_assert_nonnull(set);
        for (guint j = 0; j < G_N_ELEMENTS(codes); j++)
            g_assert_cmpint(support_has_finding(findings, codes[j]), ==,
                            g_strcmp0(rows[i].expected, codes[j]) == 0);
    }
}

static void test_backup_gpt(void)
{
    static const char *const programs[] = {"sfdisk", NULL};
    if (!requires(programs))
        return;
    g_auto(Image) image = {0};
    image_new(&image, 16 * MIB);
    image_partition(&image, "label: gpt\nstart=2048,size=4096\n");
    g_autofree char *of = g_strconcat("of=", image.path, NULL);
    RUN("dd", "if=/dev/zero", of, "bs=512", "seek=1", "count=1", "conv=notrunc", "status=none");

    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = open_images(&image, 1, findings, &error);
    g_assert_no_error(error);
    g_assert_true(support_has_finding(findings, "disk-backup-gpt"));
    g_assert_cmpuint(set->volumes->len, ==, 1);
}

/* A superblock that promises more than there is: a finding, and the other volume still counts. */
static void test_damaged_volume(void)
{
    static const char *const programs[] = {"mke2fs", NULL};
    if (!requires(programs))
        return;
    g_auto(Image) image = {0};
    image_new(&image, 8 * MIB);
    RUN("mke2fs", "-q", "-F", "-t", "ext4", image.path);
    g_assert_cmpint(truncate(image.path, (off_t)(2 * MIB)), ==, 0);

    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = open_images(&image, 1, findings, &error);
    g_assert_no_error(error);
    const Volume *volume = g_ptr_array_index(set->volumes, 0);
    g_assert_null(volume->fs);
    g_assert_true(support_has_finding(findings, "volume-damaged"));
}

/* A disk that fails in the middle is an error, whichever call it hits, and nothing leaks. */
static void test_fault(void)
{
    static const char *const programs[] = {"mke2fs", NULL};
    if (!requires(programs))
        return;
    g_auto(Image) image = {0};
    image_new(&image, 8 * MIB);
    g_autofree char *tree = g_build_filename(image.directory, "root", NULL);
    write_host_files(tree, root_files);
    RUN("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, image.path);

    gboolean passed = FALSE;
    for (guint fail_at = 1; fail_at < 500 && !passed; fail_at++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) file = disk_open_file(image.path, FALSE, 512, &error);
        g_autoptr(Disk) fault = disk_new_fault(file, fail_at);
        g_autoptr(GPtrArray) disks = g_ptr_array_new();
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = NULL;
        g_autoptr(Guest) guest = NULL;
        g_ptr_array_add(disks, fault);
        passed = volume_set_open(disks, findings, &set, &error) &&
                 guest_inspect(set, NULL, findings, &guest, &error);
        if (!passed)
            g_assert_nonnull(error);
        g_clear_pointer(&guest, guest_free);
        g_clear_pointer(&set, volume_set_free);
    }
    g_assert_true(passed);
}

static void test_names(void)
{
    static const struct {
        guint index;
        const char *name;
    } rows[] = {{0, "sda"}, {25, "sdz"}, {26, "sdaa"}, {27, "sdab"}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) disks = g_ptr_array_new();
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = NULL;
    for (guint i = 0; i < 28; i++)
        g_ptr_array_add(disks, disk_new_memory(MIB, 512));
    g_assert_true(volume_set_open(disks, findings, &set, &error));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, rows[i].index);
        g_assert_cmpstr(volume->name, ==, rows[i].name);
    }
    for (guint i = 0; i < disks->len; i++)
        disk_unref(g_ptr_array_index(disks, i));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/volume/linux-guest", test_linux_guest);
    g_test_add_func("/inspect/volume/windows-guest", test_windows_guest);
    g_test_add_func("/inspect/volume/mbr", test_mbr);
    g_test_add_func("/inspect/volume/signatures", test_signatures);
    g_test_add_func("/inspect/volume/windows-disks", test_windows_disks);
    g_test_add_func("/inspect/volume/backup-gpt", test_backup_gpt);
    g_test_add_func("/inspect/volume/damaged-volume", test_damaged_volume);
    g_test_add_func("/inspect/volume/fault", test_fault);
    g_test_add_func("/inspect/volume/names", test_names);
    return g_test_run();
}
