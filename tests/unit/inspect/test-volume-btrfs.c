/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which subvolume of a Btrfs filesystem is the system, and what fstab mounts of the others; the
   filesystems are made by btrfs-progs and a kernel of their own. */
#include <string.h>
#include <sys/stat.h>

#include "base/finding.h"
#include "inspect-support.h"
#include "tests/unit/fs/test-fs-uml-image.h"

#define SNAPSHOT "/@/.snapshots/1/snapshot"

typedef struct {
    UmlImage *image;
    GPtrArray *findings;
    VolumeSet *set;
} Test;

static void close_set(Test *test)
{
    g_clear_pointer(&test->set, volume_set_free);
    g_clear_pointer(&test->findings, g_ptr_array_unref);
}

/* second: a further device; NULL: none. */
static void open_set(Test *test, Disk *second)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new();
    g_autoptr(Disk) disk = uml_image_disk(test->image, TRUE);
    g_autoptr(GError) error = NULL;
    close_set(test);
    test->findings = findings_new();
    g_ptr_array_add(disks, disk);
    if (second)
        g_ptr_array_add(disks, second);
    gboolean ok = volume_set_open_with_kernel(disks, NULL, FS_OPEN_DEFAULT, uml_kernel(),
                                              test->findings, &test->set, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

/* FALSE: skipped. */
static gboolean test_open(Test *test, const char *commands)
{
    *test = (Test){.image = uml_image_new("btrfs", "", 160)};
    if (!test->image)
        return FALSE;
    g_autofree char *filled = uml_image_populate(test->image, commands);
    if (!filled)
        return FALSE;
    g_assert_nonnull(strstr(filled, "drydock: done"));
    open_set(test, NULL);
    return TRUE;
}

static void test_close(Test *test)
{
    close_set(test);
    if (test->image)
        uml_image_check(test->image);
    uml_image_free(test->image);
}

static const Volume *volume_of(const Test *test)
{
    return g_ptr_array_index(test->set->volumes, 0);
}

static void put(const Test *test, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_write_file(volume_of(test)->fs, path, content, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static Guest *inspect(const Test *test)
{
    g_autoptr(GError) error = NULL;
    Guest *guest = NULL;
    gboolean ok = guest_inspect(test->set, NULL, test->findings, &guest, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return guest;
}

static gboolean has_file(const Guest *guest, const char *path)
{
    return fs_tree_is_file(guest->tree, path);
}

/* "@old" is what a rollback by hand leaves: the first subvolume, and a whole system. */
static const char several[] =
    "cd /mnt; for s in @old @ @home; do btrfs -q subvolume create $s; done\n"
    "for s in @old @; do mkdir -p $s/etc $s/sbin $s/boot/grub $s/home $s/.snapshots/1\n"
    "echo 'ID=debian' > $s/etc/os-release; echo x > $s/sbin/init; echo kernel > "
    "$s/boot/vmlinuz-6.1\n"
    "done\n"
    "echo mine > @home/mark\n"
    "btrfs -q subvolume snapshot @ @/.snapshots/1/snapshot; cd /\n";

typedef struct {
    const char *label;
    const char *root_flags;                  /* on the kernel's command line */
    const char *root_options, *home_options; /* in fstab */
    const char *expected_root;
    gboolean has_home;
} RootRow;

static const RootRow root_rows[] = {
    {"name", " rootflags=subvol=@", "defaults", "subvol=@home", "/@", TRUE},
    {"name with a slash", " rootflags=subvol=/@", "defaults", "subvol=/@home", "/@", TRUE},
    {"identifier", " rootflags=subvolid=257", "defaults", "subvolid=258", "/@", TRUE},
    {"other options", " rootflags=noatime,compress=zstd,subvol=@old quiet", "subvol=@", "nofail",
     "/@old", FALSE},
    {"both", " rootflags=subvolid=257,subvol=/@", "defaults", "subvol=@home,subvolid=258", "/@",
     TRUE},
    {"a snapshot that is started", " rootflags=subvol=@/.snapshots/1/snapshot", "subvol=@",
     "subvol=@home", SNAPSHOT, TRUE},
    {"fstab alone", "", "rw,subvol=@", "subvol=@home", "/@", TRUE},
    {"fstab, by identifier", "", "subvolid=257", "subvolid=0x102", "/@", TRUE},
    {"nothing says it", "", "defaults", "subvolid=999", "/@old", FALSE},
    {"no number", "", "subvol=@", "subvolid=@home", "/@", FALSE},
    {"one that is not there", " rootflags=subvolid=999", "defaults", "subvol=@home", "/@old", TRUE},
};

static void write_configuration(const Test *test, const RootRow *row)
{
    static const char *const folders[] = {"/@old", "/@", SNAPSHOT};
    const char *uuid = volume_of(test)->probe->uuid;
    g_autofree char *fstab = g_strdup_printf("UUID=%s / btrfs %s 0 0\nUUID=%s /home btrfs %s 0 0\n",
                                             uuid, row->root_options, uuid, row->home_options);
    g_autofree char *menu = g_strdup_printf("set default=0\nmenuentry 'Debian' {\n"
                                            "  linux /@/boot/vmlinuz-6.1 root=UUID=%s ro%s\n}\n",
                                            uuid, row->root_flags);
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *fstab_path = g_strconcat(folders[i], "/etc/fstab", NULL);
        g_autofree char *menu_path = g_strconcat(folders[i], "/boot/grub/grub.cfg", NULL);
        put(test, fstab_path, fstab);
        put(test, menu_path, menu);
    }
}

static void test_root(void)
{
    Test test;
    if (test_open(&test, several)) {
        g_assert_cmpuint(volume_of(&test)->subvolumes->len, ==, 5);
        for (guint i = 0; i < G_N_ELEMENTS(root_rows); i++) {
            const RootRow *row = &root_rows[i];
            g_test_message("%s", row->label);
            write_configuration(&test, row);
            g_autoptr(Guest) guest = inspect(&test);
            g_assert_cmpstr(fs_tree_root_folder(guest->tree), ==, row->expected_root);
            g_assert_cmpint(has_file(guest, "/home/mark"), ==, row->has_home);
            /* The loader counts paths from the top level. */
            if (g_str_equal(row->expected_root, "/@")) {
                const GuestKernel *kernel = g_ptr_array_index(guest->linux_facts.kernels, 0);
                g_assert_cmpstr(kernel->image, ==, "/boot/vmlinuz-6.1");
            }
        }
        /* The other one is named. */
        g_assert_true(support_has_finding(test.findings, "other-system"));
    }
    test_close(&test);
}

/* As openSUSE's installer lays it out: the default subvolume is a snapshot, what is not to be
   rolled back has subvolumes beside it. */
static const char snapper[] =
    "cd /mnt; for s in @ @/home @/.snapshots; do btrfs -q subvolume create $s; done\n"
    "mkdir @/.snapshots/1; s=@/.snapshots/1/snapshot; btrfs -q subvolume create $s\n"
    "mkdir -p $s/etc $s/sbin $s/boot/grub2 $s/home $s/.snapshots $s/usr/lib\n"
    "echo 'ID=opensuse-leap' > $s/etc/os-release; echo x > $s/sbin/init; echo k > "
    "$s/boot/vmlinuz-6.4-default\n"
    "u=$(btrfs filesystem show /mnt | sed -n 's/.*uuid: //p')\n"
    "printf \"UUID=$u / btrfs defaults 0 0\\nUUID=$u /home btrfs subvol=/@/home 0 0\\n\" > "
    "$s/etc/fstab\n"
    "printf \"UUID=$u /.snapshots btrfs subvol=/@/.snapshots 0 0\\n\" >> $s/etc/fstab\n"
    "printf \"set default=0\\nmenuentry 'openSUSE' {\\n  linux /boot/vmlinuz-6.4-default "
    "root=UUID=$u\\n}\\n\" > "
    "$s/boot/grub2/grub.cfg\n"
    "echo mine > @/home/mark; echo old > @/.snapshots/1/info.xml\n"
    "btrfs -q subvolume snapshot -r $s @/.snapshots/1/../2; cd /mnt\n"
    "btrfs subvolume set-default $(btrfs inspect-internal rootid $s) /mnt; cd /\n";

static void test_snapper(void)
{
    Test test;
    if (test_open(&test, snapper)) {
        g_autoptr(Guest) guest = inspect(&test);
        g_autoptr(GBytes) content = g_bytes_new_static("new", 3);
        g_autoptr(GError) error = NULL;
        FsStat stat;
        gboolean found = FALSE;
        g_assert_cmpstr(fs_tree_root_folder(guest->tree), ==, SNAPSHOT);
        g_assert_true(has_file(guest, "/home/mark"));
        g_assert_true(has_file(guest, "/.snapshots/1/info.xml"));
        const GuestKernel *kernel = g_ptr_array_index(guest->linux_facts.kernels, 0);
        g_assert_cmpstr(kernel->image, ==, "/boot/vmlinuz-6.4-default");
        /* Earlier states are no other systems. */
        g_assert_false(support_has_finding(test.findings, "other-system"));
        g_assert_true(fs_tree_write_file(guest->tree, "/etc/new", content, NULL, &error));
        g_assert_true(fs_stat(volume_of(&test)->fs, SNAPSHOT "/etc/new", &found, &stat, &error));
        g_assert_true(found);
        g_assert_true(
            fs_stat(volume_of(&test)->fs, "/@/.snapshots/2/etc/new", &found, &stat, &error));
        g_assert_false(found);
        g_assert_true(volume_set_settle(test.set, &error));
    }
    test_close(&test);
}

/* Data on either disk, metadata on both. */
static void test_devices(void)
{
    Test test = {.image = uml_image_new("btrfs", "", 160)};
    if (test.image) {
        g_autofree char *path = g_strconcat(test.image->path, ".second", NULL);
        g_autofree char *truncate = g_strdup_printf("truncate -s 160M %s", path);
        g_autofree char *mkfs = g_strdup_printf("mkfs.btrfs -q -f -d raid0 -m raid1 %s", path);
        g_autofree char *truncated = uml_image_run(test.image, truncate);
        g_autofree char *made = uml_image_run(test.image, mkfs);
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) second = disk_open_file(path, TRUE, 512, &error);
        g_assert_no_error(error);
        open_set(&test, second);
        g_assert_true(fs_make_directory(volume_of(&test)->fs, "/etc", NULL, &error));
        g_assert_true(fs_make_directory(volume_of(&test)->fs, "/sbin", NULL, &error));
        put(&test, "/etc/os-release", "ID=debian\n");
        put(&test, "/etc/fstab", "/dev/sda / btrfs defaults 0 0\n");
        put(&test, "/sbin/init", "x");
        g_assert_true(volume_set_settle(test.set, &error));
        open_set(&test, second);
        {
            g_autoptr(Guest) guest = inspect(&test);
            g_assert_true(guest->root == volume_of(&test));
            g_assert_cmpuint(test.findings->len, ==, 0);
            g_assert_null(((const Volume *)g_ptr_array_index(test.set->volumes, 1))->fs);
        }
        /* One disk alone is not enough. */
        open_set(&test, NULL);
        g_assert_null(volume_of(&test)->fs);
        g_assert_true(support_has_finding(test.findings, "volume-damaged"));
    }
    test_close(&test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/volume-btrfs/root", test_root);
    g_test_add_func("/inspect/volume-btrfs/snapper", test_snapper);
    g_test_add_func("/inspect/volume-btrfs/devices", test_devices);
    int status = g_test_run();
    uml_kernel_end();
    return status;
}
