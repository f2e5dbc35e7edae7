/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which drivers a kernel has, and in what order its modules are loaded. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/modules.h"

#define V "5.10.0"
#define FOLDER "/lib/modules/" V "/"

static char *describe(const KernelModules *modules)
{
    GString *text = g_string_new(NULL);

    for (guint driver = 0; driver <= DRIVER_VIRTIO_NET; driver++)
        g_string_append_c(text, "-mb"[modules->state[driver]]);
    for (guint i = 0; i < modules->boot->len; i++)
        g_string_append_printf(text, " %s", ((const KernelModule *)modules->boot->pdata[i])->name);
    for (guint i = 0; i < modules->network->len; i++)
        g_string_append_printf(text, " +%s",
                               ((const KernelModule *)modules->network->pdata[i])->name);
    return g_string_free(text, FALSE);
}

static void test_drivers(void)
{
    static const struct {
        const char *dep, *builtin, *config;
        /* one letter each for virtio_pci, virtio_blk, virtio_scsi, sd_mod, virtio_net: missing,
           module, built in; then the modules in load order */
        const char *expected;
    } rows[] = {
        {"kernel/b/virtio_blk.ko: kernel/v/virtio_ring.ko kernel/v/virtio.ko\n"
         "kernel/v/virtio_ring.ko: kernel/v/virtio.ko\nkernel/v/virtio.ko:\n"
         "kernel/v/virtio_pci.ko: kernel/v/virtio_ring.ko kernel/v/virtio.ko\n",
         NULL, NULL, "mm--- virtio virtio_ring virtio_pci virtio_blk"},
        {"kernel/b/virtio_blk.ko.xz:\nkernel/n/virtio_net.ko.zst: kernel/n/net-failover.ko.zst\n"
         "kernel/n/net-failover.ko.zst:\n",
         "kernel/v/virtio_pci.ko\nkernel/s/sd_mod.ko\n", NULL,
         "bm-bm virtio_blk +net_failover +virtio_net"},
        {"", "kernel/v/virtio_pci.ko\nkernel/b/virtio_blk.ko\n", NULL, "bb---"},
        {NULL, NULL, "# x\nCONFIG_VIRTIO_PCI=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_SCSI_VIRTIO=m\n",
         "bb---"},
        /* module-init-tools wrote absolute paths */
        {"/lib/modules/" V "/kernel/b/virtio_blk.ko: /lib/modules/" V "/kernel/v/virtio.ko\n"
         "/lib/modules/" V "/kernel/v/virtio.ko:\n",
         NULL, NULL, "-m--- virtio virtio_blk"},
        /* a loop, dependencies that are not there, lines that are none */
        {"kernel/b/virtio_blk.ko: kernel/v/virtio.ko kernel/gone.ko\n"
         "kernel/v/virtio.ko: kernel/b/virtio_blk.ko\nnonsense\n:\nx:\n\n",
         NULL, NULL, "-m--- virtio virtio_blk"},
        {NULL, NULL, NULL, "-----"},
        /* SATA, where virtio is not to be had */
        {"kernel/ahci.ko: kernel/libata.ko\nkernel/libata.ko:\nkernel/sd_mod.ko:\n", NULL, NULL,
         "---m- sd_mod libata ahci"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        GuestKernel *kernel = test_guest_add_kernel(guest, V);
        g_autoptr(KernelModules) modules = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (rows[i].dep != NULL)
            test_guest_add_text(guest, FOLDER "modules.dep", rows[i].dep);
        if (rows[i].builtin != NULL)
            test_guest_add_text(guest, FOLDER "modules.builtin", rows[i].builtin);
        if (rows[i].config != NULL) {
            kernel->config = g_strdup("/boot/config-" V);
            test_guest_add_text(guest, kernel->config, rows[i].config);
        }
        modules = kernel_modules_read(guest->guest.tree, kernel, &error);
        g_assert_no_error(error);
        text = describe(modules);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_aliases(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    GuestKernel *kernel = test_guest_add_kernel(guest, V);
    g_autoptr(KernelModules) modules = NULL;
    g_autoptr(GPtrArray) aliases = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    test_guest_add_text(guest, FOLDER "modules.dep", "kernel/b/virtio_blk.ko:\n");
    test_guest_add_text(guest, FOLDER "modules.alias",
                        "# comment\nalias virtio:d2v* virtio_blk\nalias x y\nalias broken\n"
                        "alias  virtio_blk\nalias a b virtio_blk\n");
    modules = kernel_modules_read(guest->guest.tree, kernel, &error);
    g_assert_no_error(error);
    g_assert_true(
        kernel_modules_read_aliases(guest->guest.tree, modules, modules->boot, aliases, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(aliases->len, ==, 4);
    g_assert_cmpstr(aliases->pdata[0], ==, "virtio:d2v*");
    g_assert_cmpstr(aliases->pdata[1], ==, "virtio_blk");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/modules/drivers", test_drivers);
    g_test_add_func("/linux/modules/aliases", test_aliases);
    return g_test_run();
}
