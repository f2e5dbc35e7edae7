/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract of every filesystem driver, on XFS and Btrfs through a User-Mode Linux kernel. */
#include "contract.h"
#include "test-fs-uml-image.h"

typedef struct {
    const char *name;
    const char *type, *options;
    guint size_mib;
} Variant;

static const Variant variants[] = {
    {"xfs", "xfs", "", 320},
    {"xfs-4", "xfs", "-m crc=0,finobt=0,reflink=0", 320},
    {"xfs-bigtime", "xfs", "-m bigtime=1,inobtcount=1", 320},
    {"xfs-1k", "xfs", "-b size=1024", 320},
    {"xfs-4k-sectors", "xfs", "-s size=4096", 320},
    {"btrfs", "btrfs", "", 160},
    {"btrfs-v1", "btrfs", "-R ^free-space-tree", 160},
    {"btrfs-mixed", "btrfs", "--mixed", 120},
};

static Fs *reopen(void *data, Fs *old)
{
    fs_close(old);
    return uml_image_open(data, TRUE);
}

static void test_contract(gconstpointer data)
{
    const Variant *variant = data;
    /* Linux 6.18 was seen to refuse it; User-Mode Linux of Debian 12 has 6.1. */
    if (uml_kernel_is_host() && g_str_equal(variant->name, "xfs-4")) {
        g_test_skip("new kernels do without XFS 4");
        return;
    }
    g_autoptr(UmlImage) image = uml_image_new(variant->type, variant->options, variant->size_mib);
    if (!image)
        return;
    fs_contract_run(reopen, image);
    uml_image_check(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *path = g_strdup_printf("/fs/uml/contract/%s", variants[i].name);
        g_test_add_data_func(path, &variants[i], test_contract);
    }
    int result = g_test_run();
    uml_kernel_end();
    return result;
}
