/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Systems whose /usr is an image: deployments of ostree, and Flatcar's partitions. */
#include "inspect-support.h"

#include "base/finding.h"
#include "inspect/ostree.h"
#include "inspect/usr_image.h"

#define DEPLOY "/ostree/deploy/os/deploy/"
#define ENTRY(number, sum, kernel)                                                                 \
    "title " number "\nversion " number "\noptions root=UUID=x rw ostree=/ostree/boot.0/os/" sum   \
    "/0\nlinux " kernel "/vmlinuz-" sum "\ninitrd " kernel "/initramfs-" sum ".img\n"

static const FileRow sysroot_files[] = {
    {DEPLOY "aa.0/etc/os-release", "ID=fedora\nPRETTY_NAME=\"The first\"\n"},
    {DEPLOY "aa.0/usr/lib/modules/aa/modules.dep", ""},
    {DEPLOY "aa.0/lib", "-> usr/lib"},
    {DEPLOY "aa.0/etc/hostname", "first\n"},
    {DEPLOY "bb.1/etc/os-release", "ID=fedora\nPRETTY_NAME=\"The second\"\n"},
    {DEPLOY "bb.1/usr/lib/modules/bb/modules.dep", ""},
    {DEPLOY "bb.1/lib", "-> usr/lib"},
    {DEPLOY "bb.1/etc/hostname", "second\n"},
    {DEPLOY "bb.1.origin", "[origin]\n"},
    {"/ostree/deploy/os/var/lib/mark", "var"},
    {"/ostree/boot.0", "-> boot.0.1"},
    {"/ostree/boot.0.1/os/aa/0", "-> ../../../deploy/os/deploy/aa.0"},
    {"/ostree/boot.0.1/os/bb/0", "-> ../../../deploy/os/deploy/bb.1"},
    {NULL, NULL},
};

static const FileRow boot_files[] = {
    {"/loader", "-> loader.0"},
    {"/loader.0/entries/ostree-1.conf", ENTRY("1", "aa", "/ostree/os-aa")},
    {"/loader.0/entries/ostree-2.conf", ENTRY("2", "bb", "/ostree/os-bb")},
    {"/ostree/os-aa/vmlinuz-aa", "k"},
    {"/ostree/os-aa/initramfs-aa.img", "i"},
    {"/ostree/os-bb/vmlinuz-bb", "k"},
    {"/ostree/os-bb/initramfs-bb.img", "i"},
    {"/grub2/grub.cfg", "set default=\"${saved_entry}\"\nblscfg\n"},
    {NULL, NULL},
};

/* rows: of /boot besides boot_files, on its own volume. */
static Guest *inspect_with_boot(VolumeSet *set, const FileRow *rows)
{
    g_autoptr(GPtrArray) findings = findings_new();
    Fs *boot = support_fs(TRUE, boot_files);
    if (rows)
        support_add_files(boot, rows);
    support_add_volume(set, 0, 3, boot, "ext4", NULL, "boot");
    support_add_volume(set, 0, 4, support_fs(TRUE, sysroot_files), "ext4", NULL, "root");
    Guest *guest = support_inspect(set, findings);
    g_assert_cmpint(guest->linux_facts.usr, ==, USR_OSTREE);
    g_assert_cmpuint(findings->len, ==, 0);
    return guest;
}

static void test_newest(void)
{
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    g_autoptr(Guest) guest = inspect_with_boot(set, NULL);
    const GPtrArray *kernels = guest->linux_facts.kernels;
    g_assert_cmpstr(guest->product_name, ==, "The second");
    g_assert_cmpstr(guest->hostname, ==, "second");
    g_assert_cmpstr(guest->root->name, ==, "sda4");
    g_assert_true(fs_tree_is_file(guest->tree, "/var/lib/mark"));
    g_assert_true(fs_tree_is_directory(guest->tree, "/sysroot" DEPLOY "aa.0"));

    g_assert_cmpuint(kernels->len, ==, 2);
    const GuestKernel *kernel = kernels->pdata[0];
    g_assert_true(kernel->is_default);
    g_assert_cmpstr(kernel->image, ==, "/boot/ostree/os-bb/vmlinuz-bb");
    g_assert_cmpstr(kernel->initramfs, ==, "/boot/ostree/os-bb/initramfs-bb.img");
    g_assert_cmpstr(kernel->modules_dir, ==, "/lib/modules/bb");
    kernel = kernels->pdata[1];
    g_assert_cmpstr(kernel->modules_dir, ==, "/sysroot/ostree/boot.0/os/aa/0/usr/lib/modules/aa");
}

static void test_saved(void)
{
    static const FileRow saved[] = {{"/grub2/grubenv", "saved_entry=ostree-1\n"}, {NULL, NULL}};
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    g_autoptr(Guest) guest = inspect_with_boot(set, saved);
    g_assert_cmpstr(guest->product_name, ==, "The first");
}

/* /boot on the same volume, in one of several subvolumes; ostree= names nothing that is there. */
static void test_one_volume(void)
{
    static const FileRow files[] = {
        {"/home/user/x", ""},
        {"/root" DEPLOY "aa.0/etc/os-release", "ID=fedora\nPRETTY_NAME=\"The only\"\n"},
        {"/root" DEPLOY "aa.0/usr/bin/sh", ""},
        {"/root/boot/loader/entries/ostree-1.conf", ENTRY("1", "cc", "/boot/ostree/os-cc")},
        {"/root/boot/ostree/os-cc/vmlinuz-cc", "k"},
        {NULL, NULL},
    };
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    Volume *volume = support_add_volume(set, 0, 1, support_fs(TRUE, files), "btrfs", NULL, NULL);
    support_add_subvolume(volume, "/");
    support_add_subvolume(volume, "/home");
    support_add_subvolume(volume, "/root");
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->product_name, ==, "The only");
    g_assert_true(fs_tree_is_file(guest->tree, "/boot/loader/entries/ostree-1.conf"));
    g_assert_cmpint(guest->linux_facts.usr, ==, USR_OSTREE);
}

static void test_names(void)
{
    static const struct {
        const char *folder;
        gboolean expected;
    } rows[] = {
        {DEPLOY "aa.0", TRUE},
        {"/root" DEPLOY "aa.0", TRUE},
        {"/", FALSE},
        {"/ostree/deploy/os", FALSE},
        {"/ostree/deploy/", FALSE},
        {"/ostree/deploy/os/var", FALSE},
    };
    g_autofree char *root = ostree_find_root("ro ostree=/ostree/boot.1/os/aa/0 quiet");
    g_autofree char *relative = ostree_find_root("ostree=x");
    g_autofree char *none = ostree_find_root(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].folder);
        g_assert_cmpint(ostree_is_deployment(rows[i].folder), ==, rows[i].expected);
    }
    g_assert_cmpstr(root, ==, "/sysroot/ostree/boot.1/os/aa/0");
    g_assert_null(relative);
    g_assert_null(none);
}

static Volume *add_named(VolumeSet *set, guint number, Fs *fs, const char *name, guint64 attributes)
{
    Volume *volume = support_add_volume(set, 0, number, fs, "ext4", NULL, NULL);
    const GPtrArray *partitions = volume->table->partitions;
    Partition *partition = g_ptr_array_index(partitions, partitions->len - 1);
    g_free(partition->name);
    partition->name = g_strdup(name);
    partition->attributes = attributes;
    return volume;
}

static void test_usr_partitions(void)
{
    static const struct {
        guint64 a, b; /* attributes */
        const char *expected;
    } rows[] = {
        {0x0101000000000000, 0x0102000000000000, "b"}, /* both have worked */
        {0x0102000000000000, 0x0101000000000000, "a"},
        {0x0101000000000000, 0x0002000000000000, "a"}, /* b never has, and is not tried again */
        {0x0101000000000000, 0x0012000000000000, "b"}, /* one try is left */
        {0, 0, "a"},
    };
    static const FileRow root_files[] = {
        {"/etc/hostname", "core\n"}, {"/var/lib/x", ""}, {NULL, NULL}};
    static const FileRow a_files[] = {{"/lib/os-release", "ID=flatcar\nPRETTY_NAME=\"a\"\n"},
                                      {NULL, NULL}};
    static const FileRow b_files[] = {{"/lib/os-release", "ID=flatcar\nPRETTY_NAME=\"b\"\n"},
                                      {NULL, NULL}};
    static const FileRow oem_files[] = {{"/grub.cfg", "set oem_id=\"vmware\"\n"}, {NULL, NULL}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) findings = findings_new();
        g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
        add_named(set, 3, support_fs(TRUE, a_files), "USR-A", rows[i].a);
        add_named(set, 4, support_fs(TRUE, b_files), "USR-B", rows[i].b);
        add_named(set, 6, support_fs(TRUE, oem_files), "OEM", 0);
        add_named(set, 9, support_fs(TRUE, root_files), "ROOT", 0);
        g_autoptr(Guest) guest = support_inspect(set, findings);
        g_test_message("row %u", i);
        g_assert_cmpstr(guest->product_name, ==, rows[i].expected);
        g_assert_cmpint(guest->linux_facts.usr, ==, USR_PARTITION);
        g_assert_cmpstr(guest->profile, ==, "flatcar");
        g_assert_true(fs_tree_is_file(guest->tree, "/oem/grub.cfg"));
    }
}

/* openSUSE MicroOS: the default subvolume is a snapshot, /etc and /var are others. */
static void test_snapshot(void)
{
    static const FileRow files[] = {
        {"/@/.snapshots/1/snapshot/etc/os-release", "ID=opensuse-microos\nPRETTY_NAME=\"First\"\n"},
        {"/@/.snapshots/1/snapshot/usr/bin/sh", ""},
        {"/@/.snapshots/2/snapshot/etc/os-release",
         "ID=opensuse-microos\nID_LIKE=\"suse opensuse\"\nPRETTY_NAME=\"Second\"\n"},
        {"/@/.snapshots/2/snapshot/etc/fstab",
         "LABEL=x / btrfs ro 0 0\nLABEL=x /var btrfs subvol=/@/var 0 0\n"},
        {"/@/.snapshots/2/snapshot/usr/bin/sh", ""},
        {"/@/.snapshots/2/snapshot/usr/sbin/transactional-update", ""},
        {"/@/var/lib/mark", ""},
        {NULL, NULL},
    };
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    Volume *volume = support_add_volume(set, 0, 1, support_fs(TRUE, files), "btrfs", NULL, "x");
    support_add_subvolume(volume, "/@/.snapshots/2/snapshot");
    support_add_subvolume(volume, "/@/.snapshots/1/snapshot");
    support_add_subvolume(volume, "/@/var");
    g_autoptr(Guest) guest = support_inspect(set, findings);
    g_assert_cmpstr(guest->product_name, ==, "Second");
    g_assert_cmpint(guest->linux_facts.usr, ==, USR_SNAPSHOT);
    g_assert_true(fs_tree_is_file(guest->tree, "/var/lib/mark"));
    g_assert_cmpstr(guest->profile, ==, "suse-family");
}

/* A partition may be called so without any /usr beside it. */
static void test_other_root(void)
{
    static const FileRow files[] = {{"/etc/x", ""}, {"/var/y", ""}, {NULL, NULL}};
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    const Volume *volume = add_named(set, 1, support_fs(TRUE, files), "ROOT", 0);
    g_assert_false(usr_image_is_root(volume));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/ostree/newest", test_newest);
    g_test_add_func("/inspect/ostree/saved", test_saved);
    g_test_add_func("/inspect/ostree/one-volume", test_one_volume);
    g_test_add_func("/inspect/ostree/names", test_names);
    g_test_add_func("/inspect/snapshot/default", test_snapshot);
    g_test_add_func("/inspect/usr-image/partitions", test_usr_partitions);
    g_test_add_func("/inspect/usr-image/other-root", test_other_root);
    return g_test_run();
}
