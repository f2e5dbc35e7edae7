/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot loader configurations with device names, and real ones that must not change at all. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/boot_files.h"
#include "linux/command_line.h"

#define ROOT "UUID=0a5215ef-1fb4-4b1b-8860-be4baa9e624c"
#define SWAP "UUID=acf9f525-3691-429f-96d7-3f8530227062"

static TestGuest *make_guest(void)
{
    TestGuest *guest = test_guest_new();

    test_guest_add_mount(guest, "UUID=0a5215ef-1fb4-4b1b-8860-be4baa9e624c", "/",
                         test_guest_add_volume(guest, 0, 2, ROOT + 5, "cafe-02"));
    test_guest_add_mount(guest, "/dev/sda3", "none",
                         test_guest_add_volume(guest, 0, 3, SWAP + 5, "cafe-03"));
    test_guest_add_mount(guest, "/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0-part3", "none",
                         guest->volumes->pdata[1]);
    return guest;
}

static void test_command_line(void)
{
    static const struct {
        const char *line;
        const char *expected;
        gboolean no_initramfs;
        guint unknown;
    } rows[] = {
        {"ro root=/dev/sda2 quiet", "ro root=" ROOT " quiet", FALSE, 0},
        {"root=/dev/sda2", "root=" ROOT, FALSE, 0},
        {"root=/dev/sda2", "root=PARTUUID=cafe-02", TRUE, 0},
        {"\"root=/dev/hda2 resume=/dev/hda3\"", "\"root=" ROOT " resume=" SWAP "\"", FALSE, 0},
        {"resume=/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0-part3 x", "resume=" SWAP " x",
         FALSE, 0},
        {"cryptdevice=/dev/sda2:root", "cryptdevice=" ROOT ":root", FALSE, 0},
        {"RESUME=/dev/sda3", "RESUME=" SWAP, FALSE, 0},
        {"kernelopts=root=/dev/sda2 ro", "kernelopts=root=" ROOT " ro", FALSE, 0},
        {"root=/dev/sdb1 root=/dev/sdb1", "root=/dev/sdb1 root=/dev/sdb1", FALSE, 1},
        {"root=/dev/mapper/vg-root rd.lvm.lv=vg/root", "root=/dev/mapper/vg-root rd.lvm.lv=vg/root",
         FALSE, 0},
        {"root=UUID=abc", "root=UUID=abc", FALSE, 0},
        {"root=LABEL=/", "root=LABEL=/", FALSE, 0},
        {"root=/dev/md0", "root=/dev/md0", FALSE, 0},
        {"set root='hd0,msdos1'", "set root='hd0,msdos1'", FALSE, 0},
        {"search --set=root --hint-bios=hd0,msdos1 abc",
         "search --set=root --hint-bios=hd0,msdos1 abc", FALSE, 0},
        {"chroot=/dev/sda2", "chroot=/dev/sda2", FALSE, 0},
        {"rw ignition.platform.id=vmware quiet", "rw ignition.platform.id=qemu quiet", FALSE, 0},
        {"ignition.platform.id=metal", "ignition.platform.id=metal", FALSE, 0},
        {"ignition.platform.id=vmwarex", "ignition.platform.id=vmwarex", FALSE, 0},
        {"coreos.oem.id=hyperv", "coreos.oem.id=qemu", FALSE, 0},
        {"set oem_id=\"vmware\"", "set oem_id=\"qemu\"", FALSE, 0},
        {"my_oem_id=vmware", "my_oem_id=vmware", FALSE, 0},
        {"root=", "root=", FALSE, 0},
        {"", "", FALSE, 0},
    };
    g_autoptr(TestGuest) guest = make_guest();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *result =
            command_line_rewrite(rows[i].line, &guest->guest, !rows[i].no_initramfs, unknown);

        g_assert_cmpstr(result, ==, rows[i].expected);
        g_assert_cmpuint(unknown->len, ==, rows[i].unknown);
    }
}

static void test_texts(void)
{
    static const struct {
        char *(*rewrite)(const char *text, const Guest *guest, GPtrArray *unknown);
        const char *text;
        const char *expected;
    } rows[] = {
        /* GRUB 2: an entry with and one without an initramfs */
        {boot_menu_rewrite,
         "menuentry 'a' {\n\tlinux /vmlinuz root=/dev/sda2 ro\n\tinitrd /initrd\n}\n"
         "menuentry 'b' {\n\tlinux /vmlinuz root=/dev/sda2 ro\n}\n",
         "menuentry 'a' {\n\tlinux /vmlinuz root=" ROOT " ro\n\tinitrd /initrd\n}\n"
         "menuentry 'b' {\n\tlinux /vmlinuz root=PARTUUID=cafe-02 ro\n}\n"},
        /* GRUB legacy, with what update-grub keeps in comments */
        {boot_menu_rewrite,
         "# kopt=root=/dev/hda2 ro\ntitle A\nroot (hd0,0)\nkernel /vmlinuz root=/dev/hda2 ro\n"
         "initrd /initrd\ntitle B\nkernel /vmlinuz root=/dev/hda2",
         "# kopt=root=" ROOT " ro\ntitle A\nroot (hd0,0)\nkernel /vmlinuz root=" ROOT " ro\n"
         "initrd /initrd\ntitle B\nkernel /vmlinuz root=PARTUUID=cafe-02"},
        /* extlinux */
        {boot_menu_rewrite,
         "label linux\n\tkernel vmlinuz\n\tinitrd initrd\n\tappend ro root=/dev/sda2\n"
         "label b\n\tkernel vmlinuz\n\tappend initrd=initrd root=/dev/sda2\n",
         "label linux\n\tkernel vmlinuz\n\tinitrd initrd\n\tappend ro root=" ROOT "\n"
         "label b\n\tkernel vmlinuz\n\tappend initrd=initrd root=" ROOT "\n"},
        /* Boot Loader Specification */
        {boot_menu_rewrite, "title x\nlinux /vmlinuz\ninitrd /initrd\noptions root=/dev/sda2 ro\n",
         "title x\nlinux /vmlinuz\ninitrd /initrd\noptions root=" ROOT " ro\n"},
        {boot_defaults_rewrite,
         "GRUB_CMDLINE_LINUX=\"resume=/dev/sda3 quiet\"\nGRUB_DISABLE_LINUX_UUID=\"true\"\n"
         "#GRUB_DISABLE_LINUX_UUID=true\n",
         "GRUB_CMDLINE_LINUX=\"resume=" SWAP " quiet\"\nGRUB_DISABLE_LINUX_UUID=false\n"
         "#GRUB_DISABLE_LINUX_UUID=true\n"},
        {device_map_rewrite, "# map\n(fd0) /dev/fd0\n(hd0)\t/dev/sda\n(hd1) /dev/disk/by-id/x\n",
         "# map\n(fd0) /dev/fd0\n(hd0)\t/dev/vda\n(hd1)\t/dev/vdb\n"},
    };
    g_autoptr(TestGuest) guest = make_guest();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *result = rows[i].rewrite(rows[i].text, &guest->guest, unknown);
        g_autofree char *again = rows[i].rewrite(result, &guest->guest, unknown);

        g_assert_cmpstr(result, ==, rows[i].expected);
        g_assert_cmpstr(again, ==, result);
        g_assert_cmpuint(unknown->len, ==, 0);
    }
}

/* 1024 bytes before and after; what does not fit stays. */
static void test_grub_environment(void)
{
    g_autoptr(TestGuest) guest = make_guest();

    for (guint room = 0; room < 2; room++) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) text = g_string_new("# GRUB Environment Block\n");
        g_autofree char *result = NULL;

        g_string_append(text, "kernelopts=root=/dev/sda2 ro\n");
        while (text->len < (room ? 1024 : 60))
            g_string_append_c(text, '#');
        result = grub_environment_rewrite(text->str, &guest->guest, unknown);
        g_assert_cmpuint(strlen(result), ==, text->len);
        if (room)
            g_assert_true(g_str_has_prefix(result, "# GRUB Environment Block\nkernelopts=root=" ROOT
                                                   " ro\n##"));
        else
            g_assert_cmpstr(result, ==, text->str);
    }
}

static void test_plan(void)
{
    g_autoptr(TestGuest) guest = make_guest();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *findings = NULL;

    guest->guest.linux_facts.boot_loader = g_strdup("grub2");
    test_guest_add_text(guest, "/boot/grub/grub.cfg",
                        "linux /vmlinuz root=/dev/sda2\ninitrd /i\nlinux /x root=/dev/sdq1\n");
    test_guest_add_text(guest, "/boot/grub/device.map", "(hd0) /dev/sda\n");
    test_guest_add_text(guest, "/boot/efi/EFI/debian/grub.cfg", "search.fs_uuid abc root\n");
    test_guest_add_text(guest, "/boot/loader/entries/a.conf",
                        "options root=/dev/sda2\ninitrd /i\n");
    test_guest_add_text(guest, "/boot/loader/entries/a.conf.bak", "options root=/dev/sda2\n");
    test_guest_add_text(guest, "/etc/default/grub", "GRUB_CMDLINE_LINUX=\"resume=/dev/sda3\"\n");
    test_guest_add_text(guest, "/etc/initramfs-tools/conf.d/resume", "RESUME=/dev/sda3\n");
    g_assert_true(boot_files_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "write /boot/grub/grub.cfg\nwrite /boot/loader/entries/a.conf\n"
                    "write /etc/default/grub\nwrite /etc/initramfs-tools/conf.d/resume\n"
                    "remove /boot/grub/device.map\n");
    findings = test_guest_list_findings(guest);
    g_assert_nonnull(strstr(findings, "/dev/sdq1 in /boot/grub/grub.cfg"));
    g_free(guest->guest.linux_facts.boot_loader);
}

/* Menus of real systems: nothing but lines that name a device may change. */
static void test_real_menus(void)
{
    static const char *const folders[] = {"grubby", "grub", "leapp"};
    g_autoptr(TestGuest) guest = make_guest();
    guint count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder =
            g_build_filename(DRYDOCK_TESTDATA, "linux-guest", folders[i], NULL);
        GDir *dir = g_dir_open(folder, 0, NULL);
        const char *name = NULL;

        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            g_autofree char *path = g_build_filename(folder, name, NULL);
            g_autofree char *text = NULL, *result = NULL;
            g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);

            if (!g_file_get_contents(path, &text, NULL, NULL))
                continue;
            result = boot_menu_rewrite(text, &guest->guest, unknown);

            g_auto(GStrv) before = g_strsplit(text, "\n", -1);
            g_auto(GStrv) after = g_strsplit(result, "\n", -1);

            g_assert_cmpuint(g_strv_length(before), ==, g_strv_length(after));
            for (guint line = 0; before[line] != NULL; line++)
                if (!g_str_equal(before[line], after[line]))
                    g_assert_nonnull(strstr(before[line], "=/dev/"));
            count++;
        }
        g_clear_pointer(&dir, g_dir_close);
    }
    if (count == 0)
        g_test_skip("no test data");
}

/* What has to be installed from inside is told, unless it is a leftover beside another loader. */
static void test_other_loaders(void)
{
    static const char *const paths[] = {"/etc/lilo.conf", "/etc/zipl.conf", "/boot/boot.scr",
                                        "/boot/uEnv.txt"};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        for (guint has_grub = 0; has_grub < 2; has_grub++) {
            g_autoptr(TestGuest) guest = make_guest();
            g_autoptr(GError) error = NULL;
            g_autofree char *findings = NULL;

            guest->guest.linux_facts.boot_loader = has_grub ? (char *)(uintptr_t) "grub2" : NULL;
            test_guest_add_text(guest, paths[i], "x");
            g_assert_true(boot_files_plan(&guest->plan, &error));
            g_assert_no_error(error);
            guest->guest.linux_facts.boot_loader = NULL;
            findings = test_guest_list_findings(guest);
            g_assert_cmpint(strstr(findings, paths[i]) != NULL, ==, !has_grub);
        }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/boot-files/command-line", test_command_line);
    g_test_add_func("/linux/boot-files/texts", test_texts);
    g_test_add_func("/linux/boot-files/grub-environment", test_grub_environment);
    g_test_add_func("/linux/boot-files/plan", test_plan);
    g_test_add_func("/linux/boot-files/real-menus", test_real_menus);
    g_test_add_func("/linux/boot-files/other-loaders", test_other_loaders);
    return g_test_run();
}
