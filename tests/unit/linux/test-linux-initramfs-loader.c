/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each kind of initramfs reads to load modules. */
#include <string.h>

#include "base/error.h"
#include "linux-test-modules.h"
#include "linux-test-unpack.h"
#include "linux/initramfs_extend.h"

/* The kind-specific files, beside what every image gets. */
static void test_loaders(void)
{
    static const struct {
        const char *path, *content; /* in the old image */
        const char *changed, *expected;
    } rows[] = {
        {"config", "EARLYHOOKS=\"udev\"\nMODULES=\"ahci\"\n", "config",
         "EARLYHOOKS=\"udev\"\nMODULES=\"ahci\"\n"
         "MODULES=\"$MODULES virtio_pci virtio_blk virtio_scsi sd_mod\"\n"},
        {"systemd-modules-load", "elf", "etc/modules-load.d/drydock-virtio.conf",
         "virtio_pci\nvirtio_blk\nvirtio_scsi\nsd_mod\n"},
    };
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(CpioWriter) writer = {0};
        g_autoptr(GBytes) archive = NULL, extended = NULL;
        g_autofree char *summary = NULL, *text = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) root = test_unpack_new();

        cpio_writer_init(&writer);
        cpio_writer_add_directory(&writer, "usr");
        cpio_writer_add_directory(&writer, "usr/lib");
        cpio_writer_add_directory(&writer, "usr/lib/systemd");
        test_modules_add_text(&writer,
                              i == 0 ? rows[i].path : "usr/lib/systemd/systemd-modules-load",
                              rows[i].content);
        archive = cpio_writer_finish(&writer);
        g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, NULL, &extended,
                                       &summary, &error));
        g_assert_no_error(error);
        test_modules_unpack(root, extended);
        text = test_unpack_text(root, rows[i].changed);
        g_assert_cmpstr(text, ==, rows[i].expected);
        /* No index in the image: it gets all of them. */
        g_assert_nonnull(
            test_unpack_content(root, "usr/lib/modules/" VERSION "/modules.dep.bin") != NULL
                ? test_unpack_content(root, "usr/lib/modules/" VERSION "/modules.alias")
                : test_unpack_content(root, "lib/modules/" VERSION "/modules.alias"));
    }
}

/* Red Hat's mkinitrd before dracut: flat /lib, insmod lines in a nash script. */
static void test_nash(void)
{
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) archive = NULL, extended = NULL;
    g_autofree char *summary = NULL, *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) root = test_unpack_new();

    cpio_writer_init(&writer);
    cpio_writer_add_directory(&writer, "lib");
    test_modules_add_text(&writer, "lib/scsi_mod.ko", "scsi_mod");
    test_modules_add_text(&writer, "lib/sd_mod.ko", "sd_mod");
    test_modules_add_text(&writer, "init",
                          "#!/bin/nash\necho \"Loading sd_mod.ko module\"\ninsmod /lib/sd_mod.ko \n"
                          "mkblkdevs\nmkrootdev -t ext3 -o defaults,ro sda1\n");
    archive = cpio_writer_finish(&writer);
    g_assert_true(initramfs_extend(archive, &guest->guest, VERSION, modules, NULL, &extended,
                                   &summary, &error));
    g_assert_no_error(error);
    test_modules_unpack(root, extended);
    text = test_unpack_text(root, "init");
    g_assert_nonnull(strstr(text, "insmod /lib/sd_mod.ko \n"
                                  "echo \"Loading virtio.ko module\"\ninsmod /lib/virtio.ko\n"));
    g_assert_nonnull(strstr(text, "insmod /lib/virtio_scsi.ko\nmkblkdevs\n"));
    g_assert_nonnull(test_unpack_content(root, "lib/virtio_blk.ko"));
    g_assert_null(test_unpack_content(root, "lib/modules/" VERSION "/modules.dep.bin"));
}

/* booster loads what its own lists say; an image of it that has virtio is fine. */
static void test_booster(void)
{
    static const char *const present[] = {BLK, RING, CORE, PCI, SCSI, SCSI_MOD, SD, NET};
    g_autoptr(TestGuest) guest = test_modules_guest("");
    g_autoptr(KernelModules) modules = test_modules_read(guest);

    for (guint i = 0; i < 2; i++) {
        g_auto(CpioWriter) writer = {0};
        g_autoptr(GBytes) archive = NULL, extended = NULL;
        g_autofree char *summary = NULL;
        g_autoptr(GError) error = NULL;

        cpio_writer_init(&writer);
        test_modules_add_text(&writer, "etc/booster.init.yaml", "network: null\n");
        for (guint j = 0; i == 1 && j < G_N_ELEMENTS(present); j++) {
            g_autofree char *path = g_strconcat(MODULES + 1, present[j], NULL);

            test_modules_add_text(&writer, path, "module");
        }
        archive = cpio_writer_finish(&writer);
        gboolean ok = initramfs_extend(archive, &guest->guest, VERSION, modules, NULL, &extended,
                                       &summary, &error);

        g_assert_cmpint(ok, ==, i == 1);
        g_assert_null(extended);
        if (i == 0)
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/initramfs-loader/loaders", test_loaders);
    g_test_add_func("/linux/initramfs-loader/nash", test_nash);
    g_test_add_func("/linux/initramfs-loader/booster", test_booster);
    return g_test_run();
}
