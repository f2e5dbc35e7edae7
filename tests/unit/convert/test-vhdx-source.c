/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX images as sources: what the gate says of them, how their parents are found, and that qemu
   reads the right content through our server. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/run.h"
#include "convert/source.h"
#include "tests/unit/convert/flat-case.h"
#include "tests/unit/convert/image-case.h"
#include "tests/unit/convert/vhdx-writer.h"

#define MIB (UINT64_C(1) << 20)
#define SECTOR 512

static void write_vhdx(gpointer writer, uint64_t offset, const uint8_t *data, size_t length)
{
    vhdx_writer_write(writer, offset, data, length);
}

/* Layer n is "n.vhdx", its data write GUID begins with four bytes n + 1; change may alter what it
   says of itself. */
typedef void (*VhdxChange)(guint layer, VhdxSpec *spec);

static void make_vhdxs(const char *folder, guint count, VhdxChange change)
{
    for (guint layer = 0; layer < count; layer++) {
        g_autofree char *name = g_strdup_printf("%u.vhdx", layer);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *relative = g_strdup_printf(".\\%u.vhdx", layer - 1);
        g_autofree char *linkage = g_strdup_printf("{%02x%02x%02x%02x-0000-0000-0000-000000000000}",
                                                   layer, layer, layer, layer);
        VhdxSpec spec = {.disk_bytes = 8 * MIB,
                         .block_bytes = 1 << 20,
                         .sector_bytes = SECTOR,
                         .has_parent = layer > 0,
                         .parent_linkage = linkage,
                         .parent_linkage2 = "{00000000-0000-0000-0000-000000000000}",
                         .relative_path = relative};
        memset(spec.data_write_guid, (int)layer + 1, 4);
        if (change)
            change(layer, &spec);
        VhdxWriter *writer = vhdx_writer_open(path, &spec);
        flat_case_write(folder, layer, spec.sector_bytes, write_vhdx, writer);
        vhdx_writer_close(writer);
    }
}

static void vhdx_one(const char *folder)
{
    make_vhdxs(folder, 1, NULL);
}

static void vhdx_three(const char *folder)
{
    make_vhdxs(folder, 3, NULL);
}

static void vhdx_two(const char *folder)
{
    make_vhdxs(folder, 2, NULL);
}

static void use_large_sectors(guint layer, VhdxSpec *spec)
{
    (void)layer;
    spec->sector_bytes = 4096;
}

static void vhdx_large_sectors(const char *folder)
{
    make_vhdxs(folder, 3, use_large_sectors);
}

static void use_large_sectors_above(guint layer, VhdxSpec *spec)
{
    if (layer == 1)
        spec->sector_bytes = 4096;
}

static void vhdx_mixed_sectors(const char *folder)
{
    make_vhdxs(folder, 2, use_large_sectors_above);
}

static void use_log(guint layer, VhdxSpec *spec)
{
    (void)layer;
    spec->has_log = TRUE;
}

static void vhdx_log(const char *folder)
{
    make_vhdxs(folder, 1, use_log);
}

static void vhdx_logs(const char *folder)
{
    make_vhdxs(folder, 3, use_log);
}

static void vhdx_log_damaged(const char *folder)
{
    static const uint8_t zeros[65536];
    make_vhdxs(folder, 1, use_log);
    g_autofree char *path = g_build_filename(folder, "0.vhdx", NULL);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    for (uint32_t at = 0; at < VHDX_LOG_BYTES; at += sizeof(zeros))
        g_assert_cmpint(pwrite(fd, zeros, sizeof(zeros), (off_t)(VHDX_LOG_OFFSET + at)), ==,
                        (ssize_t)sizeof(zeros));
    close(fd);
}

static void use_fixed_flag(guint layer, VhdxSpec *spec)
{
    (void)layer;
    spec->is_fixed = TRUE;
}

static void vhdx_fixed(const char *folder)
{
    make_vhdxs(folder, 1, use_fixed_flag);
}

static void use_second_linkage(guint layer, VhdxSpec *spec)
{
    (void)layer;
    spec->parent_linkage2 = spec->parent_linkage;
    spec->parent_linkage = "{99999999-0000-0000-0000-000000000000}";
}

static void vhdx_second_linkage(const char *folder)
{
    make_vhdxs(folder, 2, use_second_linkage);
}

static void use_other_guid(guint layer, VhdxSpec *spec)
{
    if (layer == 0)
        memset(spec->data_write_guid, 0x77, 16);
}

static void vhdx_other_guid(const char *folder)
{
    make_vhdxs(folder, 2, use_other_guid);
}

static void use_no_linkage(guint layer, VhdxSpec *spec)
{
    (void)layer;
    spec->parent_linkage = NULL;
}

static void vhdx_no_linkage(const char *folder)
{
    make_vhdxs(folder, 2, use_no_linkage);
}

static const ImageCase cases[] = {
    {.name = "dynamic",
     .prepare = vhdx_one,
     .file = "0.vhdx",
     .content = "base.raw",
     .variant = "dynamic"},
    {.name = "fixed",
     .prepare = vhdx_fixed,
     .file = "0.vhdx",
     .content = "base.raw",
     .variant = "fixed"},
    {.name = "three",
     .prepare = vhdx_three,
     .file = "2.vhdx",
     .content = "top.raw",
     .variant = "differencing",
     .parents = 2},
    {.name = "large-sectors",
     .prepare = vhdx_large_sectors,
     .file = "0.vhdx",
     .content = "base.raw",
     .variant = "dynamic"},
    {.name = "large-sectors-three",
     .prepare = vhdx_large_sectors,
     .file = "2.vhdx",
     .content = "top.raw",
     .variant = "differencing",
     .parents = 2},
    {.name = "log",
     .prepare = vhdx_log,
     .file = "0.vhdx",
     .content = "base.raw",
     .variant = "dynamic"},
    {.name = "logs",
     .prepare = vhdx_logs,
     .file = "2.vhdx",
     .content = "top.raw",
     .variant = "differencing",
     .parents = 2},
    {.name = "second-linkage",
     .prepare = vhdx_second_linkage,
     .file = "1.vhdx",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "parent-renamed",
     .prepare = vhdx_two,
     .script = "mv 0.vhdx a.img",
     .file = "1.vhdx",
     .content = "middle.raw",
     .variant = "differencing",
     .parents = 1},
    {.name = "log-damaged",
     .prepare = vhdx_log_damaged,
     .file = "0.vhdx",
     .message = "its log is damaged",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "parent-missing",
     .prepare = vhdx_three,
     .script = "rm 0.vhdx",
     .file = "2.vhdx",
     .message = "'.\\0.vhdx' is missing",
     .code = DRYDOCK_ERROR_NOT_FOUND},
    {.name = "parent-changed",
     .prepare = vhdx_other_guid,
     .file = "1.vhdx",
     .message = "was changed after the snapshot",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "parent-not-named",
     .prepare = vhdx_no_linkage,
     .file = "1.vhdx",
     .message = "does not say which is its parent",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "mixed-sectors",
     .prepare = vhdx_mixed_sectors,
     .file = "1.vhdx",
     .message = "has sectors of 512 bytes",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "cut",
     .prepare = vhdx_one,
     .script = "truncate -s -1M 0.vhdx",
     .file = "0.vhdx",
     .message = "cut short",
     .code = DRYDOCK_ERROR_CORRUPT},
    {.name = "data-dynamic",
     .script = "gzip -dc $DATA/disk-images/vhdx/dynamic.vhdx.gz > disk",
     .file = "disk",
     .needs_data = TRUE,
     .variant = "dynamic",
     .content = "8e2b5e9265d694b42b81819e3bff29770eff4ed0f4f9f311693ff3dbdc93efac"},
    {.name = "data-parent-missing",
     .script = "gzip -dc $DATA/disk-images/vhdx/differencing-missing-parent.avhdx.gz > disk.avhdx",
     .file = "disk.avhdx",
     .needs_data = TRUE,
     .message = "'.\\Generation 1_49C4BAF3-4B25-4406-8C4B-D39E65C32385.avhdx' is missing",
     .code = DRYDOCK_ERROR_NOT_FOUND},
};

static const FlatCaseLarge large_cases[] = {
    {"log",
     "bzip2 -dc $DATA/disk-images/qemu-samples/iotest-dirtylog-10G-4M.vhdx.bz2 > disk; "
     "cp disk disk.other; qemu-img check -q -r all disk.other",
     "vhdx", 10 * 1024 * MIB, "source-vhdx-log"},
    {"1g",
     "bzip2 -dc $DATA/disk-images/qemu-samples/iotest-dynamic-1G.vhdx.bz2 > disk; "
     "cp disk disk.other",
     "vhdx", 1024 * MIB, NULL},
    {"swap", "gzip -dc $DATA/disk-images/vhdx/swap.vhdx.gz > disk; cp disk disk.other", "vhdx",
     10 * 1024 * MIB, NULL},
    {"xfs", "gzip -dc $DATA/filesystems/xfs/xfs5.vhdx.gz > disk; cp disk disk.other", "vhdx",
     10 * 1024 * MIB, NULL},
};

static Source *open_source(const char *path, const char *work_directory)
{
    g_autoptr(GError) error = NULL;
    const SourceRequest request = {0};
    g_autoptr(Source) source = source_open(&path, 1, &request, &error);
    gboolean ok = source && source_open_disks(source, work_directory, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return g_steal_pointer(&source);
}

/* A disk with sectors of 4 KiB says so, and its server ends with the source. A work directory that
   is too deep for a socket does not matter. */
static void test_server(void)
{
    g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
    if (!qemu_img) {
        g_test_skip("no qemu-img");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-image-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "0.vhdx", NULL);
    g_autofree char *deep = g_build_filename(
        folder, "a-folder-with-a-name-that-alone-is-nearly-as-long-as-the-path-of-a-unix-socket",
        "may-be-altogether", NULL);
    g_autofree uint8_t *content = g_malloc0(8 * MIB);
    memset(content + 4096, 0x5a, 4096);
    image_case_save(folder, "base.raw", content, 8 * MIB);
    make_vhdxs(folder, 1, use_large_sectors);
    g_assert_cmpint(g_mkdir_with_parents(deep, 0700), ==, 0);
    const char *const directories[] = {NULL, deep};
    for (guint i = 0; i < G_N_ELEMENTS(directories); i++) {
        Source *source = open_source(path, directories[i]);
        const MachineDisk *disk = g_ptr_array_index(source_machine(source)->disks, 0);
        g_autofree char *options = g_strdup(disk->image_options);
        const char *const argv[] = {"qemu-img",      "map",   "--image-opts",
                                    "--output=json", options, NULL};
        g_assert_cmpuint(disk->sector_size, ==, 4096);
        g_autoptr(GError) error = NULL;
        g_autofree char *map = NULL;
        gboolean ok = run_program(argv, NULL, &map, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        /* One block has data; all others are holes that nobody copies. */
        g_assert_nonnull(strstr(map, "\"start\": 0, \"length\": 1048576, \"depth\": 0, "
                                     "\"present\": true, \"zero\": false, \"data\": true"));
        g_assert_nonnull(strstr(map, "\"start\": 1048576, \"length\": 7340032, \"depth\": 0, "
                                     "\"present\": true, \"zero\": true, \"data\": false"));
        source_close(source);
        g_assert_false(run_program(argv, NULL, NULL, NULL));
    }
    const char *const remove_argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(remove_argv, NULL, NULL, NULL));
}

static void test_missing_program(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-image-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "0.vhdx", NULL);
    g_autofree uint8_t *content = g_malloc0(8 * MIB);
    image_case_save(folder, "base.raw", content, 8 * MIB);
    make_vhdxs(folder, 1, use_large_sectors);
    g_autofree char *search_path = g_strdup(g_getenv("PATH"));
    const SourceRequest request = {0};
    const char *paths = path;
    g_autoptr(GError) error = NULL;
    g_setenv("PATH", folder, TRUE);
    g_autoptr(Source) source = source_open(&paths, 1, &request, &error);
    g_assert_no_error(error);
    g_assert_false(source_open_disks(source, NULL, &error));
    g_setenv("PATH", search_path, TRUE);
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL);
    g_assert_nonnull(strstr(error->message, "nbdkit"));
    g_assert_nonnull(strstr(drydock_error_get_hint(error), "install nbdkit"));
    const char *const remove_argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(remove_argv, NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    image_case_add_all("/convert/vhdx-source", cases, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(large_cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/convert/vhdx-source/large/%s", large_cases[i].name);
        g_test_add_data_func(path, &large_cases[i], flat_case_run_large);
    }
    g_test_add_func("/convert/vhdx-source/server", test_server);
    g_test_add_func("/convert/vhdx-source/missing-program", test_missing_program);
    return g_test_run();
}
