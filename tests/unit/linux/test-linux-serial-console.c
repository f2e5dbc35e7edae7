/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A serial console on every kernel command line that has none. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/serial_console.h"

#define BOTH " console=tty0 console=ttyS0,115200n8"
#define SERIAL " console=ttyS0,115200n8"

static void test_files(void)
{
    static const struct {
        const char *path, *text;
        const char *expected; /* NULL: no change */
    } rows[] = {
        {"/boot/grub/grub.cfg",
         "set default=0\nmenuentry \"a\" {\n\tlinux /vmlinuz root=UUID=1 quiet \n\tinitrd /i\n}\n",
         "set default=0\nmenuentry \"a\" {\n\tlinux /vmlinuz root=UUID=1 quiet" BOTH
         "\n\tinitrd /i\n}\n"},
        {"/boot/grub2/grub.cfg", "linuxefi /v root=x console=tty1\nlinux16 /v console=ttyS0,9600\n",
         "linuxefi /v root=x console=tty1" SERIAL "\nlinux16 /v console=ttyS0,9600\n"},
        {"/boot/grub/menu.lst", "title a\n\tkernel /v ro\n\tinitrd /i\n",
         "title a\n\tkernel /v ro" BOTH "\n\tinitrd /i\n"},
        {"/boot/loader/entries/a.conf", "title a\nlinux /v\noptions root=x\n",
         "title a\nlinux /v\noptions root=x" BOTH "\n"},
        {"/boot/loader/entries/b.conf", "options $kernelopts $tuned_params\n", NULL},
        {"/boot/extlinux.conf", "LABEL a\n  LINUX v\n  APPEND root=x\n",
         "LABEL a\n  LINUX v\n  APPEND root=x" BOTH "\n"},
        {"/etc/default/grub",
         "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"rhgb\"\n",
         "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"rhgb" BOTH
         "\"\n"},
        {"/etc/default/grub.d/50.cfg", "GRUB_CMDLINE_LINUX=\"\"\n",
         "GRUB_CMDLINE_LINUX=\"console=tty0" SERIAL "\"\n"},
        {"/etc/update-extlinux.conf", "default_kernel_opts=quiet\nroot=x\n",
         "default_kernel_opts=\"quiet" BOTH "\"\nroot=x\n"},
        {"/etc/kernel/cmdline", "root=x ro\n", "root=x ro" BOTH "\n"},
        {"/etc/default/grub.d/60.cfg", "GRUB_CMDLINE_LINUX=\"unfinished\n", NULL},
    };
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        test_guest_add_text(guest, rows[i].path, rows[i].text);
    g_assert_true(serial_console_plan(&guest->plan, &error));
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = test_guest_edited(guest, rows[i].path);

        g_test_message("%s", rows[i].path);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_environment(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GString) block = g_string_new("# GRUB Environment Block\nkernelopts=root=x ro\n");
    g_autoptr(GString) full = g_string_new("# GRUB Environment Block\nkernelopts=root=x ro\n##");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *unchanged = NULL;

    while (block->len < 1024)
        g_string_append_c(block, '#');
    test_guest_add_text(guest, "/boot/grub2/grubenv", block->str);
    test_guest_add_text(guest, "/boot/grub/grubenv", full->str);
    g_assert_true(serial_console_plan(&guest->plan, &error));
    text = test_guest_edited(guest, "/boot/grub2/grubenv");
    g_assert_cmpuint(strlen(text), ==, 1024);
    g_assert_true(
        g_str_has_prefix(text, "# GRUB Environment Block\nkernelopts=root=x ro" BOTH "\n#####"));
    unchanged = test_guest_edited(guest, "/boot/grub/grubenv"); /* it does not fit */
    g_assert_null(unchanged);
}

static void test_logins(void)
{
    static const struct {
        const char *mark, *inittab, *expected;
    } rows[] = {
        {"/sbin/openrc-run", "tty1::respawn:/sbin/getty 38400 tty1\n",
         "tty1::respawn:/sbin/getty 38400 tty1\n"
         "ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100\n"},
        {"/sbin/telinit", "1:2345:respawn:/sbin/mingetty tty1",
         "1:2345:respawn:/sbin/mingetty tty1\nS0:2345:respawn:/sbin/agetty -L 115200 ttyS0 "
         "vt100\n"},
        {"/sbin/telinit", "S0:12345:respawn:/sbin/agetty -L 9600 ttyS0 vt102\n", NULL},
        {"/usr/lib/systemd/systemd", "# not read\n", NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *inittab = NULL, *securetty = NULL;

        test_guest_add_text(guest, rows[i].mark, "elf");
        test_guest_add_text(guest, "/etc/inittab", rows[i].inittab);
        test_guest_add_text(guest, "/etc/securetty", "console\ntty1\n");
        g_assert_true(serial_console_plan(&guest->plan, &error));
        g_assert_no_error(error);
        inittab = test_guest_edited(guest, "/etc/inittab");
        g_assert_cmpstr(inittab, ==, rows[i].expected);
        securetty = test_guest_edited(guest, "/etc/securetty");
        g_assert_cmpstr(securetty, ==, "console\ntty1\nttyS0\n");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/serial-console/files", test_files);
    g_test_add_func("/linux/serial-console/environment", test_environment);
    g_test_add_func("/linux/serial-console/logins", test_logins);
    return g_test_run();
}
