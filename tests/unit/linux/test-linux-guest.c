/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole plans of guests as distributions leave them. */
#include <string.h>

#include "base/bytes.h"
#include "linux-test-guest.h"
#include "linux/cpio.h"

#define UUID "0a5215ef-1fb4-4b1b-8860-be4baa9e624c"
#define MAC "00:50:56:00:00:0a"

static void add_initramfs(TestGuest *guest, const char *path)
{
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) content = g_bytes_new_static("", 0);
    g_autoptr(GBytes) image = NULL;

    cpio_writer_init(&writer);
    cpio_writer_add_file(&writer, "init", content, 0755);
    image = cpio_writer_finish(&writer);
    test_guest_add_file(guest, path, image);
}

static void add_modules(TestGuest *guest, const char *version, gboolean virtio)
{
    g_autofree char *folder = g_strdup_printf("/lib/modules/%s", version);
    g_autofree char *dep = g_build_filename(folder, "modules.dep", NULL);

    if (!virtio) {
        test_guest_add_text(guest, dep, "kernel/fs/ext4.ko:\n");
        return;
    }
    test_guest_add_text(guest, dep,
                        "kernel/virtio_pci.ko:\nkernel/virtio_blk.ko:\nkernel/virtio_scsi.ko:\n"
                        "kernel/sd_mod.ko:\nkernel/virtio_net.ko:\n");

    const char *names[] = {"virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "virtio_net"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strdup_printf("%s/kernel/%s.ko", folder, names[i]);

        test_guest_add_text(guest, path, "elf");
    }
}

/* Debian 12 as a VMware template has it. */
static void make_debian(TestGuest *guest)
{
    const Volume *root = test_guest_add_volume(guest, 0, 1, UUID, "cafe-01");

    test_guest_add_mount(guest, "/dev/sda1", "/", root);
    test_guest_add_text(guest, "/etc/fstab", "/dev/sda1 / ext4 errors=remount-ro 0 1\n");
    test_guest_add_text(guest, "/etc/initramfs-tools/modules", "# list\n");
    test_guest_add_text(guest, "/usr/lib/systemd/network/99-default.link", "[Match]\n");
    test_guest_add_text(guest, "/etc/network/interfaces", "auto ens192\niface ens192 inet dhcp\n");
    test_guest_add_text(guest, "/lib/systemd/system/open-vm-tools.service", "[Unit]\n");
    test_guest_add_text(guest, "/boot/grub/grub.cfg", "linux /vmlinuz root=/dev/sda1\ninitrd /i\n");
    for (guint i = 0; i < 2; i++) {
        GuestKernel *kernel = test_guest_add_kernel(guest, i == 0 ? "6.1.0-28" : "6.1.0-27");

        add_initramfs(guest, kernel->initramfs);
        add_modules(guest, kernel->version, TRUE);
    }
}

/* Images for crash kernels: one that can be added to, one with a squashfs that is made again, and
   one that is not. */
static void make_crash(TestGuest *guest)
{
    const char *const names[] = {"/var/lib/kdump/initrd.img-5.1.0",
                                 "/boot/initramfs-5.1.0kdump.img",
                                 "/var/lib/kdump/initrd.img-5.2.0"};
    g_autoptr(GBytes) content = g_bytes_new_static("hsqs", 4);

    for (guint i = 0; i < 2; i++) {
        GuestKernel *kernel = test_guest_add_kernel(guest, i == 0 ? "5.1.0" : "5.2.0");

        add_initramfs(guest, kernel->initramfs);
        add_modules(guest, kernel->version, TRUE);
    }
    add_initramfs(guest, names[0]);
    for (guint i = 1; i < 3; i++) {
        g_auto(CpioWriter) writer = {0};
        g_autoptr(GBytes) image = NULL;

        cpio_writer_init(&writer);
        cpio_writer_add_file(&writer, "squash-root.img", content, 0644);
        image = cpio_writer_finish(&writer);
        test_guest_add_file(guest, names[i], image);
    }
}

static void make_without_virtio(TestGuest *guest)
{
    GuestKernel *kernel = test_guest_add_kernel(guest, "2.6.18");

    add_initramfs(guest, kernel->initramfs);
    add_modules(guest, kernel->version, FALSE);
}

static void make_for_xen(TestGuest *guest)
{
    const char *const versions[] = {"2.6.18-8.el5xen", "2.6.18-8.el5"};

    for (guint i = 0; i < 2; i++) {
        GuestKernel *kernel = test_guest_add_kernel(guest, versions[i]);

        add_initramfs(guest, kernel->initramfs);
        add_modules(guest, kernel->version, TRUE);
    }
}

static void make_without_initramfs(TestGuest *guest)
{
    GuestKernel *kernel = test_guest_add_kernel(guest, "6.6.1");

    g_clear_pointer(&kernel->initramfs, g_free);
    add_modules(guest, kernel->version, TRUE);
}

/* A kernel of its own making: all built in, no initramfs. */
static void make_built_in(TestGuest *guest)
{
    GuestKernel *kernel = test_guest_add_kernel(guest, "6.6.2");

    g_clear_pointer(&kernel->initramfs, g_free);
    test_guest_add_text(guest, "/lib/modules/6.6.2/modules.builtin",
                        "kernel/virtio_pci.ko\nkernel/virtio_blk.ko\nkernel/virtio_scsi.ko\n"
                        "kernel/sd_mod.ko\nkernel/virtio_net.ko\n");
}

static void make_snapshot(TestGuest *guest)
{
    GuestMount *mount;

    make_built_in(guest);
    test_guest_add_mount(guest, "overlay", "/etc", NULL);
    mount = guest->guest.linux_facts.mounts->pdata[0];
    g_free(mount->type);
    mount->type = g_strdup("overlay");
    guest->guest.linux_facts.usr = USR_SNAPSHOT;
}

static void make_flatcar(TestGuest *guest)
{
    make_without_initramfs(guest);
    guest->guest.linux_facts.usr = USR_PARTITION;
}

static void make_without_modules(TestGuest *guest)
{
    GuestKernel *kernel = test_guest_add_kernel(guest, "4.4.0");

    add_initramfs(guest, kernel->initramfs);
    g_clear_pointer(&kernel->modules_dir, g_free);
}

static void make_broken_initramfs(TestGuest *guest)
{
    GuestKernel *kernel = test_guest_add_kernel(guest, "5.0.0");

    test_guest_add_text(guest, kernel->initramfs, "not an initramfs");
    add_modules(guest, kernel->version, TRUE);
}

/* A unified image whose initramfs has virtio's modules, or lacks them. */
static void make_unified(TestGuest *guest, gboolean complete)
{
    static const char *const modules[] = {"virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod"};
    GuestKernel *kernel = test_guest_add_kernel(guest, "6.8.1");
    g_autoptr(GBytes) content = g_bytes_new_static("elf", 3);
    g_autoptr(GBytes) archive = NULL;
    g_autoptr(GByteArray) image = g_byte_array_new();
    g_auto(CpioWriter) writer = {0};
    gsize size;

    cpio_writer_init(&writer);
    for (guint i = 0; complete && i < G_N_ELEMENTS(modules); i++) {
        g_autofree char *path = g_strdup_printf("lib/modules/6.8.1/kernel/%s.ko", modules[i]);

        cpio_writer_add_file(&writer, path, content, 0644);
    }
    cpio_writer_add_file(&writer, "init", content, 0755);
    archive = cpio_writer_finish(&writer);
    g_bytes_get_data(archive, &size);
    g_byte_array_set_size(image, 0x200);
    memset(image->data, 0, image->len);
    memcpy(image->data, "MZ", 2);
    put_le32(image->data + 0x3c, 0x80);
    memcpy(image->data + 0x80, "PE\0\0\0\0\1", 7);
    memcpy(image->data + 0x98, ".initrd", 7);
    put_le32(image->data + 0x98 + 8, (uint32_t)size);
    put_le32(image->data + 0x98 + 16, (uint32_t)size);
    put_le32(image->data + 0x98 + 20, image->len);
    g_byte_array_append(image, g_bytes_get_data(archive, NULL), (guint)size);
    g_free(kernel->image);
    kernel->image = g_strdup("/efi/EFI/Linux/arch.efi");
    g_clear_pointer(&kernel->initramfs, g_free);
    add_modules(guest, kernel->version, TRUE);

    g_autoptr(GBytes) bytes = g_bytes_new(image->data, image->len);

    test_guest_add_file(guest, kernel->image, bytes);
}

static void make_unified_complete(TestGuest *guest)
{
    make_unified(guest, TRUE);
}

static void make_unified_without_virtio(TestGuest *guest)
{
    make_unified(guest, FALSE);
}

static void make_nothing(TestGuest *guest)
{
    guest->guest.product_name = g_strdup("Some Linux");
}

static void test_plans(void)
{
    static const struct {
        void (*make)(TestGuest *guest);
        gboolean block, net;
        const char *edits;
        const char *findings; /* their codes, in order */
    } rows[] = {
        {make_debian, TRUE, TRUE,
         "mkdir /etc/systemd\n"
         "mkdir /etc/systemd/network\n"
         "write /etc/systemd/network/10-drydock-ens192.link\n"
         "write /boot/initrd.img-6.1.0-28\n"
         "write /boot/initrd.img-6.1.0-27\n"
         "write /etc/initramfs-tools/modules\n"
         "write /etc/fstab\n"
         "write /boot/grub/grub.cfg\n"
         "mkdir /etc/systemd/system\n"
         "link /etc/systemd/system/open-vm-tools.service -> /dev/null\n",
         "linux-tools-disabled linux-guest-agent-missing"},
        {make_crash, TRUE, TRUE,
         "remove /boot/initramfs-5.1.0kdump.img\n"
         "write /var/lib/kdump/initrd.img-5.1.0\n"
         "write /boot/initrd.img-5.1.0\n"
         "write /boot/initrd.img-5.2.0\n",
         "linux-crash-image linux-guest-agent-missing"},
        {make_without_virtio, FALSE, FALSE, "",
         "linux-kernel-without-virtio linux-guest-agent-missing"},
        {make_for_xen, FALSE, FALSE, "write /boot/initrd.img-2.6.18-8.el5\n",
         "linux-kernel-for-xen linux-guest-agent-missing"},
        {make_without_initramfs, FALSE, TRUE, "", "linux-no-initramfs linux-guest-agent-missing"},
        {make_built_in, TRUE, TRUE, "", "linux-guest-agent-missing"},
        {make_snapshot, TRUE, TRUE, "",
         "linux-snapshot-system linux-etc-overlay linux-guest-agent-missing"},
        {make_flatcar, TRUE, TRUE, "", "linux-image-system linux-guest-agent-missing"},
        {make_without_modules, FALSE, FALSE, "",
         "linux-kernel-without-modules linux-guest-agent-missing"},
        {make_broken_initramfs, FALSE, TRUE, "",
         "linux-initramfs-unreadable linux-guest-agent-missing"},
        {make_unified_complete, TRUE, TRUE, "", "linux-guest-agent-missing"},
        {make_unified_without_virtio, FALSE, TRUE, "",
         "linux-unified-image linux-guest-agent-missing"},
        {make_nothing, FALSE, FALSE, "", "linux-no-kernel linux-guest-agent-missing"},
    };
    static const LinuxNic nic = {.mac = MAC};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *edits = NULL;
        g_autoptr(GString) codes = g_string_new(NULL);
        LinuxResult result = {0};

        rows[i].make(guest);
        g_assert_true(linux_guest_plan(&guest->guest, &nic, 1, guest->edits, guest->findings,
                                       &result, &error));
        g_assert_no_error(error);
        edits = test_guest_list_edits(guest);
        g_assert_cmpstr(edits, ==, rows[i].edits);
        for (guint j = 0; j < guest->findings->len; j++)
            g_string_append_printf(codes, "%s%s", j > 0 ? " " : "",
                                   finding_code_name(((Finding *)guest->findings->pdata[j])->code));
        g_assert_cmpstr(codes->str, ==, rows[i].findings);
        g_assert_cmpint(result.virtio_block, ==, rows[i].block);
        g_assert_cmpint(result.virtio_net, ==, rows[i].net);
        g_free(guest->guest.product_name);
    }
}

/* Planned, applied and planned again: nothing is left. */
static void test_again(void)
{
    static const LinuxNic nic = {.mac = MAC};
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(Edits) again = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GError) error = NULL;
    LinuxResult result = {0};

    make_debian(guest);
    g_assert_true(
        linux_guest_plan(&guest->guest, &nic, 1, guest->edits, guest->findings, &result, &error));
    g_assert_no_error(error);
    g_assert_true(edits_apply(guest->edits, &error));
    g_assert_no_error(error);
    again = edits_new(guest->guest.tree);
    g_assert_true(linux_guest_plan(&guest->guest, &nic, 1, again, findings, &result, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(edits_count(again), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/guest/plans", test_plans);
    g_test_add_func("/linux/guest/again", test_again);
    return g_test_run();
}
