/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD images as sources: what the gate says of them, how their parents are found, and that qemu
   reads the right content through our server. */
#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "tests/unit/convert/flat-case.h"
#include "tests/unit/convert/image-case.h"
#include "tests/unit/convert/vhd-writer.h"

#define MIB (UINT64_C(1) << 20)
#define SECTOR 512

static void write_vhd(gpointer writer, uint64_t offset, const uint8_t *data, size_t length)
{
    vhd_writer_write(writer, offset, data, length);
}

/* Layer n is "n.vhd", its UUID n + 1 in every byte; change may alter what it says of itself. */
typedef void (*VhdChange)(guint layer, VhdSpec *spec);

static void make_vhds(const char *folder, guint count, VhdChange change)
{
    for (guint layer = 0; layer < count; layer++) {
        g_autofree char *name = g_strdup_printf("%u.vhd", layer);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *relative = g_strdup_printf(".\\%u.vhd", layer - 1);
        g_autofree char *absolute = g_strdup_printf("D:\\VMs\\%u.vhd", layer - 1);
        VhdSpec spec = {.type = layer ? 4 : 3,
                        .disk_bytes = 8 * MIB,
                        .block_bytes = 2 << 20,
                        .relative_name = relative,
                        .absolute_name = absolute};
        memset(spec.uuid, (int)layer + 1, 16);
        memset(spec.parent_uuid, (int)layer, 16);
        if (change)
            change(layer, &spec);
        VhdWriter *writer = vhd_writer_open(path, &spec);
        flat_case_write(folder, layer, SECTOR, write_vhd, writer);
        vhd_writer_close(writer);
    }
}

static void vhd_one(const char *folder)
{
    make_vhds(folder, 1, NULL);
}

static void vhd_two(const char *folder)
{
    make_vhds(folder, 2, NULL);
}

static void vhd_three(const char *folder)
{
    make_vhds(folder, 3, NULL);
}

static void use_fixed_base(guint layer, VhdSpec *spec)
{
    if (layer == 0)
        spec->type = 2;
}

static void vhd_fixed_base(const char *folder)
{
    make_vhds(folder, 2, use_fixed_base);
}

static void use_short_footer(guint layer, VhdSpec *spec)
{
    use_fixed_base(layer, spec);
    spec->has_short_footer = TRUE;
}

static void vhd_short_footer(const char *folder)
{
    make_vhds(folder, 1, use_short_footer);
}

static void use_short_footers(guint layer, VhdSpec *spec)
{
    (void)layer;
    spec->has_short_footer = TRUE;
}

static void vhd_short_footers(const char *folder)
{
    make_vhds(folder, 2, use_short_footers);
}

static void use_header_name(guint layer, VhdSpec *spec)
{
    (void)layer;
    spec->relative_name = NULL;
    spec->absolute_name = NULL;
    spec->header_name = "0.vhd";
}

static void vhd_header_name(const char *folder)
{
    make_vhds(folder, 2, use_header_name);
}

static void use_foreign_names(guint layer, VhdSpec *spec)
{
    (void)layer;
    spec->relative_name = "..\\Base Disks\\0.vhd";
    spec->absolute_name = "\\\\server\\share$\\VMs\\0.vhd";
}

static void vhd_foreign_names(const char *folder)
{
    make_vhds(folder, 2, use_foreign_names);
}

static void use_hostile_name(guint layer, VhdSpec *spec)
{
    (void)layer;
    spec->relative_name = "../../../../etc/passwd";
    spec->absolute_name = "/etc/shadow";
}

static void vhd_hostile_name(const char *folder)
{
    make_vhds(folder, 2, use_hostile_name);
    g_autofree char *base = g_build_filename(folder, "0.vhd", NULL);
    g_assert_cmpint(g_unlink(base), ==, 0);
}

static void use_other_uuid(guint layer, VhdSpec *spec)
{
    if (layer == 0)
        spec->uuid[0] = 0x77;
}

static void vhd_other_uuid(const char *folder)
{
    make_vhds(folder, 2, use_other_uuid);
}

static void use_no_uuid(guint layer, VhdSpec *spec)
{
    (void)layer;
    memset(spec->parent_uuid, 0, sizeof(spec->parent_uuid));
}

static void vhd_no_uuid(const char *folder)
{
    make_vhds(folder, 2, use_no_uuid);
}

static void use_own_uuid(guint layer, VhdSpec *spec)
{
    if (layer == 1) {
        memcpy(spec->parent_uuid, spec->uuid, sizeof(spec->uuid));
        spec->relative_name = "1.vhd";
    }
}

static void vhd_own_parent(const char *folder)
{
    make_vhds(folder, 2, use_own_uuid);
}

static const ImageCase cases[] = {
    {.name = "dynamic",
     .prepare = vhd_one,
     .file = "0.vhd",
     .content = "base.raw",
     .variant = "dynamic"},
    {.name = "two",
     .prepare = vhd_two,
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "three",
     .prepare = vhd_three,
     .file = "2.vhd",
     .content = "top.raw",
     .variant = "differencing",
     .parents = 2},
    {.name = "fixed-base",
     .prepare = vhd_fixed_base,
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "fixed",
     .prepare = vhd_fixed_base,
     .file = "0.vhd",
     .content = "base.raw",
     .variant = "fixed"},
    {.name = "short-footer",
     .prepare = vhd_short_footer,
     .file = "0.vhd",
     .content = "base.raw",
     .variant = "fixed"},
    {.name = "short-footers",
     .prepare = vhd_short_footers,
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "footer-lost",
     .prepare = vhd_one,
     .script = "truncate -s -512 0.vhd",
     .file = "0.vhd",
     .content = "base.raw",
     .variant = "dynamic"},
    {.name = "footer-of-parent-lost",
     .prepare = vhd_two,
     .script = "truncate -s -512 0.vhd",
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "parent-renamed",
     .prepare = vhd_two,
     .script = "mv 0.vhd 'other name'",
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "header-name",
     .prepare = vhd_header_name,
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "foreign-names",
     .prepare = vhd_foreign_names,
     .file = "1.vhd",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "parent-missing",
     .prepare = vhd_two,
     .script = "rm 0.vhd",
     .file = "1.vhd",
     .message = "parent '.\\0.vhd' is missing",
     .code = DRYDOCK_ERROR_NOT_FOUND},
    {.name = "grandparent-missing",
     .prepare = vhd_three,
     .script = "rm 0.vhd",
     .file = "2.vhd",
     .message = "'.\\0.vhd' is missing",
     .code = DRYDOCK_ERROR_NOT_FOUND},
    {.name = "parent-changed",
     .prepare = vhd_other_uuid,
     .file = "1.vhd",
     .message = "was changed after the snapshot",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "parent-cut",
     .prepare = vhd_two,
     .script = "truncate -s -4096 0.vhd",
     .file = "1.vhd",
     .message = "its parent",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "parent-no-image",
     .prepare = vhd_two,
     .script = "cp base.raw 0.vhd",
     .file = "1.vhd",
     .message = "'.\\0.vhd' is missing",
     .code = DRYDOCK_ERROR_NOT_FOUND},
    {.name = "parent-not-named",
     .prepare = vhd_no_uuid,
     .file = "1.vhd",
     .message = "does not say which is its parent",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "own-parent",
     .prepare = vhd_own_parent,
     .file = "1.vhd",
     .message = "leads back to itself",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "hostile-name",
     .prepare = vhd_hostile_name,
     .file = "1.vhd",
     .message = "is missing",
     .code = DRYDOCK_ERROR_NOT_FOUND},
    {.name = "parent-link-out",
     .prepare = vhd_two,
     .script = "d=$(mktemp -d); mv 0.vhd $d; ln -s $d/0.vhd 0.vhd",
     .file = "1.vhd",
     .message = "0.vhd",
     .code = DRYDOCK_ERROR_NOT_FOUND},
    {.name = "data-dynamic",
     .script = "gzip -dc $DATA/disk-images/vhd/dynamic.vhd.gz > disk",
     .file = "disk",
     .needs_data = TRUE,
     .variant = "dynamic",
     .content = "ecff2ef6615a3cddc6a6885f1c6d9cf13a232697e1dc6575f2c2f01f57247784"},
    {.name = "data-ext2",
     .script = "xz -dc $DATA/disk-images/vhd/ext2.vhd.xz > disk",
     .file = "disk",
     .needs_data = TRUE,
     .variant = "dynamic",
     .content = "870be7ae16c1fa8faab05c6eb9205dc9a7ae35c5f552c5cf8a267c0bc6a5cb99"},
    {.name = "data-bad-checksum",
     .script = "for f in image image-differential; do "
               "xz -dc $DATA/disk-images/vhd/chain-badchecksum/$f.vhd.xz > $f.vhd; done",
     .file = "image-differential.vhd",
     .needs_data = TRUE,
     .message = "the checksum of its footer is wrong",
     .code = DRYDOCK_ERROR_CORRUPT},
};

static const FlatCaseLarge large_cases[] = {
    {"hyperv",
     "bzip2 -dc $DATA/disk-images/qemu-samples/hyperv2012r2-dynamic.vhd.bz2 > disk; "
     "cp disk disk.other",
     "vpc", 127 * 1024 * MIB, NULL},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    image_case_add_all("/convert/vhd-source", cases, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(large_cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/convert/vhd-source/large/%s", large_cases[i].name);
        g_test_add_data_func(path, &large_cases[i], flat_case_run_large);
    }
    return g_test_run();
}
