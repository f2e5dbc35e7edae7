/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract of every filesystem driver, on what mke2fs can make of ext2, ext3 and ext4. */
#include "contract.h"
#include "test-fs-ext-image.h"

static Fs *reopen(void *data, Fs *old)
{
    fs_close(old);
    return ext_image_open(data, TRUE);
}

static void test_contract(gconstpointer data)
{
    const ExtVariant *variant = data;
    g_autoptr(ExtImage) image = ext_image_new(variant->options, variant->size_mib, NULL);

    if (image == NULL) {
        return;
    }
    fs_contract_run(reopen, image);
    ext_image_check(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const ExtVariant *variant = ext_variants; variant->name != NULL; variant++) {
        g_autofree char *path = g_strdup_printf("/fs/ext/contract/%s", variant->name);

        if (variant->contract) {
            g_test_add_data_func(path, variant, test_contract);
        }
    }
    return g_test_run();
}
