/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk gate: what it lets through, with which facts, and what it refuses and how. */
#include "convert/source.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"

typedef struct {
    const char *name;
    const char *script; /* of sh, makes ./disk* in an empty folder; $DATA is the test data */
    const char *file;   /* what is opened */
    gboolean needs_data;
    SourceFormat format;
    const char *variant;
    uint64_t size_bytes;
    int code;            /* -1: accepted */
    const char *message; /* part of it */
} Row;

#define MIB ((uint64_t)1 << 20)
#define RAW "head -c 3M /dev/zero > disk.raw; printf '\\x80' >> disk.raw; truncate -s 8M disk.raw; "

static const Row rows[] = {
    {"vhdx", RAW "qemu-img convert -O vhdx -o subformat=dynamic disk.raw disk.vhdx", "disk.vhdx",
     FALSE, SOURCE_FORMAT_VHDX, NULL, 8 * MIB, -1, NULL},
    {"vhd-dynamic", RAW "qemu-img convert -O vpc -o subformat=dynamic,force_size disk.raw disk.vhd",
     "disk.vhd", FALSE, SOURCE_FORMAT_VHD, "dynamic", 8 * MIB, -1, NULL},
    {"vhd-fixed", RAW "qemu-img convert -O vpc -o subformat=fixed,force_size disk.raw disk.vhd",
     "disk.vhd", FALSE, SOURCE_FORMAT_VHD, "fixed", 8 * MIB, -1, NULL},
    {"vhd-footer-damaged",
     RAW "qemu-img convert -O vpc -o subformat=fixed,force_size disk.raw disk.vhd; "
         "printf x | dd of=disk.vhd bs=1 seek=$((8 * 1048576 + 100)) conv=notrunc 2>/dev/null",
     "disk.vhd", FALSE, SOURCE_FORMAT_VHD, NULL, 0, DRYDOCK_ERROR_CORRUPT, "checksum"},
    {"device", "ln -s /dev/null disk.raw", "disk.raw", FALSE, SOURCE_FORMAT_RAW, NULL, 0,
     DRYDOCK_ERROR_USAGE, "neither a regular file nor a disk"},

    {"data-vhd", "gzip -dc $DATA/vhd/dynamic.vhd.gz > disk", "disk", TRUE, SOURCE_FORMAT_VHD,
     "dynamic", 10 * MIB, -1, NULL},
    {"data-vhd-hyperv", "bzip2 -dc $DATA/qemu-samples/hyperv2012r2-dynamic.vhd.bz2 > disk", "disk",
     TRUE, SOURCE_FORMAT_VHD, "dynamic", 127 * 1024 * MIB, -1, NULL},
    {"data-vhdx", "gzip -dc $DATA/vhdx/dynamic.vhdx.gz > disk", "disk", TRUE, SOURCE_FORMAT_VHDX,
     NULL, 10 * MIB, -1, NULL},
    {"data-vhdx-log", "bzip2 -dc $DATA/qemu-samples/iotest-dirtylog-10G-4M.vhdx.bz2 > disk", "disk",
     TRUE, SOURCE_FORMAT_VHDX, "dynamic", 10 * 1024 * MIB, -1, NULL},
    {"data-vhdx-differencing", "gzip -dc $DATA/vhdx/differencing-missing-parent.avhdx.gz > disk",
     "disk", TRUE, SOURCE_FORMAT_VHDX, NULL, 0, DRYDOCK_ERROR_NOT_FOUND, "is missing"},
};

static gboolean make_image(const Row *row, const char *folder)
{
    g_autofree char *script = g_strdup_printf("set -e; cd '%s'; DATA=%s/disk-images; %s", folder,
                                              DRYDOCK_TESTDATA, row->script);
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_autoptr(GError) error = NULL;
    if (run_program(argv, NULL, NULL, &error))
        return TRUE;
    g_test_message("%s", error->message);
    return FALSE;
}

static void remove_folder(const char *folder)
{
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
}

static void check_row(const Row *row, const char *path)
{
    g_autoptr(GError) error = NULL;
    const SourceRequest request = {.name = NULL};
    g_autoptr(Source) source = source_open(&path, 1, &request, &error);
    gboolean ok = source && source_open_disks(source, NULL, &error);
    if (row->code >= 0) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        g_assert_nonnull(strstr(error->message, row->message));
        g_assert_nonnull(drydock_error_get_hint(error));
        return;
    }
    g_assert_no_error(error);
    const MachineDisk *disk = g_ptr_array_index(source_machine(source)->disks, 0);
    g_assert_cmpint(disk->format, ==, row->format);
    g_assert_cmpuint(disk->size_bytes, ==, row->size_bytes);
    if (row->variant)
        g_assert_cmpstr(disk->variant, ==, row->variant);

    /* qemu sees the size that we say: nothing was cut off. */
    const char *const argv[] = {"qemu-img",          "info", "--output=json", "--image-opts",
                                disk->image_options, NULL};
    g_autofree char *info = NULL;
    g_autofree char *size =
        g_strdup_printf("\"virtual-size\": %" G_GUINT64_FORMAT, row->size_bytes);
    g_assert_true(run_program(argv, NULL, &info, &error));
    g_assert_nonnull(strstr(info, size));
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
    if (!qemu_img) {
        g_test_skip("no qemu-img");
        return;
    }
    if (row->needs_data && !g_file_test(DRYDOCK_TESTDATA, G_FILE_TEST_IS_DIR)) {
        g_test_skip("no test data");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-source-XXXXXX", NULL);
    if (make_image(row, folder)) {
        g_autofree char *path = g_build_filename(folder, row->file, NULL);
        check_row(row, path);
    } else {
        g_test_fail();
    }
    remove_folder(folder);
}

static void test_name(void)
{
    static const struct {
        const char *name;
        gboolean accepted;
    } names[] = {{"web01", TRUE}, {"a.b_c-d", TRUE}, {"", FALSE},   {"../x", FALSE},
                 {"a/b", FALSE},  {".x", FALSE},     {"-x", FALSE}, {"a b", FALSE}};
    g_autofree char *folder = g_dir_make_tmp("drydock-source-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "Web Server (1).v2.img", NULL);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_cmpint(truncate(path, 8 << 20), ==, 0);
    const char *paths = path;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        const SourceRequest request = {.name = names[i].name};
        g_autoptr(Source) source = source_open(&paths, 1, &request, &error);
        g_assert_cmpint(source != NULL, ==, names[i].accepted);
        if (!names[i].accepted)
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
    const SourceRequest request = {.name = NULL};
    g_autoptr(Source) source = source_open(&paths, 1, &request, NULL);
    g_assert_nonnull(source);
    g_assert_cmpstr(source_machine(source)->name, ==, "Web_Server__1_.v2");
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/source/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/convert/source/name", test_name);
    return g_test_run();
}
