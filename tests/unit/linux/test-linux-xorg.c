/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers of the old machine in the X server's configuration. */
#include "linux-test-guest.h"
#include "linux/xorg.h"

#define CONFIG "/etc/X11/xorg.conf"

static const struct {
    const char *modules[2];
    const char *text;
    const char *expected; /* NULL: no change */
} rows[] = {
    {{"/usr/lib/xorg/modules/drivers/modesetting_drv.so"},
     "Section \"Device\"\n\tDriver   \"vmware\" # x\n\tBoardName \"vmware\"\nEndSection\n",
     "Section \"Device\"\n\tDriver   \"modesetting\" # x\n\tBoardName \"vmware\"\nEndSection\n"},
    {{"/usr/lib64/xorg/modules/drivers/vesa_drv.so", "/usr/lib64/xorg/modules/input/evdev_drv.so"},
     "driver \"VMware\"\ndriver \"vmmouse\"\n",
     "driver \"vesa\"\ndriver \"evdev\"\n"},
    {{NULL}, "  Driver \"vmware\"\n", "#  Driver \"vmware\"\n"},
    {{NULL},
     "# Driver \"vmware\"\nDriver \"nvidia\"\nDriver vmware\nDriverX \"vmware\"\nDriver \"\n",
     NULL},
    {{NULL}, "Option \"Driver\" \"vmware\"\n", NULL},
    {{NULL}, "", NULL},
};

static void test_rows(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *folder = NULL;

        for (guint j = 0; j < 2 && rows[i].modules[j] != NULL; j++)
            test_guest_add_text(guest, rows[i].modules[j], "elf");
        test_guest_add_text(guest, CONFIG, rows[i].text);
        test_guest_add_text(guest, CONFIG ".d/10-vm.conf", rows[i].text);
        test_guest_add_text(guest, CONFIG ".d/README", rows[i].text);
        g_assert_true(xorg_plan(&guest->plan, &error));
        g_assert_no_error(error);
        text = test_guest_edited(guest, CONFIG);
        g_assert_cmpstr(text, ==, rows[i].expected);
        folder = test_guest_edited(guest, CONFIG ".d/10-vm.conf");
        g_assert_cmpstr(folder, ==, rows[i].expected);
        g_assert_cmpuint(edits_count(guest->edits), ==, rows[i].expected != NULL ? 2 : 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/xorg/rows", test_rows);
    return g_test_run();
}
