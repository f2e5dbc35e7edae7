/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration of initramfs tools. */
#include "linux-test-guest.h"
#include "linux/drop_in.h"

static void test_texts(void)
{
    static const struct {
        char *(*edit)(const char *text);
        const char *text;
        const char *expected; /* NULL: nothing to do */
    } rows[] = {
        {drop_in_module_lines, NULL, "virtio_pci\nvirtio_blk\nvirtio_scsi\nvirtio_net\n"},
        {drop_in_module_lines, "# virtio_blk\nahci",
         "# virtio_blk\nahci\nvirtio_pci\nvirtio_blk\nvirtio_scsi\nvirtio_net\n"},
        {drop_in_module_lines, "virtio_pci\nvirtio_net\n",
         "virtio_pci\nvirtio_net\nvirtio_blk\nvirtio_scsi\n"},
        {drop_in_module_lines, "virtio_pci\nvirtio_blk\nvirtio_scsi\nvirtio_net\n", NULL},
        {drop_in_dracut, "anything", NULL},
        {drop_in_mkinitcpio, "# MODULES=(x)\nMODULES=()\nHOOKS=(base udev)\n",
         "# MODULES=(x)\nMODULES=(virtio_pci virtio_blk virtio_scsi virtio_net)\n"
         "HOOKS=(base udev)\n"},
        {drop_in_mkinitcpio, "MODULES=\"ahci virtio_blk\"\n",
         "MODULES=\"ahci virtio_blk virtio_pci virtio_scsi virtio_net\"\n"},
        {drop_in_mkinitcpio, "HOOKS=(base udev)\n", NULL},
        {drop_in_mkinitcpio, "MODULES=(broken\n", NULL},
        {drop_in_mkinitcpio, NULL, NULL},
        {drop_in_suse, "INITRD_MODULES=\"mptspi ata_piix\"\nDOMU_INITRD_MODULES=\"xennet\"\n",
         "INITRD_MODULES=\"mptspi ata_piix virtio_pci virtio_blk virtio_scsi virtio_net\"\n"
         "DOMU_INITRD_MODULES=\"xennet\"\n"},
        {drop_in_nix, "  boot.initrd.availableKernelModules = [ \"ata_piix\" \"vmw_pvscsi\" ];\n",
         "  boot.initrd.availableKernelModules = [ \"ata_piix\" \"vmw_pvscsi\" \"virtio_pci\" "
         "\"virtio_blk\" \"virtio_scsi\" \"virtio_net\" ];\n"},
        {drop_in_nix, "boot.initrd.availableKernelModules = [\"virtio_blk\"];",
         "boot.initrd.availableKernelModules = [\"virtio_blk\" \"virtio_pci\" \"virtio_scsi\" "
         "\"virtio_net\" ];"},
        {drop_in_nix, "boot.initrd.availableKernelModules = x; y = [ ];", NULL},
        {drop_in_nix, "boot.initrd.availableKernelModules", NULL},
        {drop_in_nix, NULL, NULL},
        {drop_in_mkinitfs, "features=\"ata base ext4\"\n",
         "features=\"ata base ext4 virtio scsi\"\n"},
        {drop_in_mkinitfs, "features=\"base ext4 scsi virtio\"\n", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *result = rows[i].edit(rows[i].text);

        g_assert_cmpstr(result, ==, rows[i].expected);
    }
}

static void test_modprobe_conf(void)
{
    static const struct {
        const char *text, *disk, *nic, *expected;
    } rows[] = {
        {"alias eth0 vmxnet3\nalias scsi_hostadapter mptspi\n", "virtio_blk", "virtio_net",
         "alias eth0 virtio_net\nalias scsi_hostadapter virtio_blk\n"},
        {"alias scsi_hostadapter mptbase\nalias scsi_hostadapter1 mptsas\nalias scsi_hostadapter2 "
         "ata_piix\n",
         "virtio_blk", "virtio_net",
         "alias scsi_hostadapter virtio_blk\nalias scsi_hostadapter2 ata_piix\n"},
        {"alias scsi_hostadapter BusLogic\nalias eth0 pcnet32", NULL, "e1000",
         "alias scsi_hostadapter BusLogic\nalias eth0 e1000\n"},
        {"alias scsi_hostadapter ata_piix\n", "virtio_blk", NULL,
         "alias scsi_hostadapter ata_piix\nalias scsi_hostadapter1 virtio_blk\n"},
        {"options x y=1\n", "virtio_blk", "virtio_net",
         "options x y=1\nalias scsi_hostadapter virtio_blk\n"},
        {"alias scsi_hostadapter virtio_blk\n", "virtio_blk", "virtio_net",
         "alias scsi_hostadapter virtio_blk\n"},
        {"alias eth0 tg3\n# alias eth1 vmxnet\n", NULL, "e1000",
         "alias eth0 tg3\n# alias eth1 vmxnet\n"},
        {"", NULL, NULL, ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *result = drop_in_modprobe_conf(rows[i].text, rows[i].disk, rows[i].nic);

        g_assert_cmpstr(result, ==, rows[i].expected);
    }
}

static void test_plan(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *dracut = NULL;

    test_guest_add_text(guest, "/etc/initramfs-tools/initramfs.conf", "MODULES=most\n");
    test_guest_add_text(guest, "/etc/dracut.conf.d/x.conf", "\n");
    test_guest_add_text(guest, "/usr/lib/dracut/dracut-init.sh", "\n");
    g_assert_true(drop_in_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "write /etc/initramfs-tools/modules\n"
                    "write /etc/dracut.conf.d/drydock-virtio.conf\n");
    dracut = test_guest_edited(guest, "/etc/dracut.conf.d/drydock-virtio.conf");
    g_assert_true(g_str_has_suffix(
        dracut, "add_drivers+=\" virtio_pci virtio_blk virtio_scsi virtio_net \"\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/drop-in/texts", test_texts);
    g_test_add_func("/linux/drop-in/modprobe-conf", test_modprobe_conf);
    g_test_add_func("/linux/drop-in/plan", test_plan);
    return g_test_run();
}
