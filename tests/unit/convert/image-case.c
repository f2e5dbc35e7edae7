/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One disk image made on the spot, opened as a source, and read through qemu. */
#include "tests/unit/convert/image-case.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/run.h"
#include "convert/overlay.h"
#include "convert/source.h"

#define SIZE_BYTES ((gsize)8 << 20)
#define OVERLAY_LIMIT_BYTES ((uint64_t)64 << 20)
#define PIECE_BYTES 3000 /* no multiple of anything */

GByteArray *image_case_load(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *data;
    gsize length;
    g_assert_true(g_file_get_contents(path, &data, &length, NULL));
    return g_byte_array_new_take((guint8 *)data, length);
}

void image_case_save(const char *folder, const char *name, const void *data, gsize length)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    /* Thousands of them: none is worth waiting for the storage. */
    g_assert_true(
        g_file_set_contents_full(path, data, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void scatter(uint8_t *content, GRand *random, guint pieces)
{
    for (guint i = 0; i < pieces; i++) {
        gsize start = (gsize)g_rand_int_range(random, 0, (gint32)(SIZE_BYTES - PIECE_BYTES));
        for (gsize j = 0; j < PIECE_BYTES; j++)
            content[start + j] = (uint8_t)g_rand_int_range(random, 1, 256);
    }
}

/* A partition entry makes them disks; the last sector is not zero, so that a cut is seen. */
void image_case_make_contents(const char *folder)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autofree uint8_t *content = g_malloc0(SIZE_BYTES);
    static const uint8_t entry[16] = {0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0x3f, 0, 0};
    scatter(content, random, 60);
    memset(content + SIZE_BYTES - 512, 0x5a, 512);
    memset(content, 0, 512);
    memcpy(content + 446, entry, sizeof(entry));
    content[510] = 0x55;
    content[511] = 0xaa;
    image_case_save(folder, "base.raw", content, SIZE_BYTES);
    scatter(content + 512, random, 5);
    memset(content + SIZE_BYTES - 512, 0x5b, 512);
    image_case_save(folder, "middle.raw", content, SIZE_BYTES);
    scatter(content + 512, random, 5);
    memset(content + SIZE_BYTES - 512, 0x5c, 512);
    image_case_save(folder, "top.raw", content, SIZE_BYTES);
}

static char *sha256_of(const char *path)
{
    const char *const argv[] = {"sha256sum", path, NULL};
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    gboolean ok = run_program(argv, NULL, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    output[64] = '\0';
    return output;
}

/* What qemu reads with these options, as SHA-256; all of it is size bytes long. */
static char *read_with(const char *folder, const char *options, uint64_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *target = g_build_filename(folder, "read.raw", NULL);
    const char *const argv[] = {"qemu-img", "convert",      "-t",    "unsafe", "-O",
                                "raw",      "--image-opts", options, target,   NULL};
    gboolean ok = run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    GStatBuf status;
    g_assert_cmpint(g_stat(target, &status), ==, 0);
    g_assert_cmpuint((uint64_t)status.st_size, ==, size);
    return sha256_of(target);
}

static gboolean is_rewritten(const MachineDisk *disk)
{
    return strstr(disk->image_options, "descriptor.vmdk") != NULL;
}

static void check_content(const ImageCase *image_case, const char *folder, const MachineDisk *disk)
{
    g_autofree char *expected_path = g_build_filename(folder, image_case->content, NULL);
    g_autofree char *expected = strlen(image_case->content) == 64 ? g_strdup(image_case->content)
                                                                  : sha256_of(expected_path);
    g_autofree char *read = read_with(folder, disk->image_options, disk->size_bytes);
    g_assert_cmpstr(read, ==, expected);

    /* As the migration reads it; that takes as long again, and teaches something only where there
       is more than one file. */
    gboolean is_simple = image_case->parents == 0 && !is_rewritten(disk);
    if (is_simple || disk->size_bytes > OVERLAY_LIMIT_BYTES)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *overlay = g_build_filename(folder, "overlay.qcow2", NULL);
    g_autofree char *options = NULL;
    gboolean ok = overlay_create(disk, overlay, &options, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_autofree char *below = read_with(folder, options, disk->size_bytes);
    g_assert_cmpstr(below, ==, expected);
}

static void check_options(const ImageCase *image_case, const MachineDisk *disk)
{
    if (image_case->options != IMAGE_CASE_ANY)
        g_assert_cmpint(is_rewritten(disk), ==, image_case->options == IMAGE_CASE_REWRITTEN);
    g_assert_cmpuint(disk->parents ? disk->parents->len : 0, ==, image_case->parents);
    if (image_case->variant)
        g_assert_cmpstr(disk->variant, ==, image_case->variant);
}

static void check_case(const ImageCase *image_case, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *vmdk = g_build_filename(folder, "disk.vmdk", NULL);
    const char *name = image_case->file                        ? image_case->file
                       : g_file_test(vmdk, G_FILE_TEST_EXISTS) ? "disk.vmdk"
                                                               : "disk.qcow2";
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *allow =
        image_case->allow ? g_build_filename(folder, image_case->allow, NULL) : NULL;
    const char *const allowed[] = {allow, NULL};
    const SourceRequest request = {.allow_paths = allowed};
    const char *paths = path;
    g_autoptr(Source) source = source_open(&paths, 1, &request, &error);
    gboolean ok = source && source_open_disks(source, NULL, &error);
    if (error)
        g_test_message("%s (%s)", error->message, drydock_error_get_hint(error));
    if (image_case->message) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, image_case->code);
        g_assert_nonnull(strstr(error->message, image_case->message));
        g_assert_nonnull(drydock_error_get_hint(error));
        return;
    }
    g_assert_no_error(error);
    g_assert_true(ok);
    const MachineDisk *disk = g_ptr_array_index(source_machine(source)->disks, 0);
    g_test_message("%s", disk->image_options);
    check_options(image_case, disk);
    check_content(image_case, folder, disk);
}

/* FALSE: a program is missing. */
static gboolean run_script(const ImageCase *image_case, const char *folder)
{
    g_autofree char *script =
        g_strdup_printf("set -e; cd '%s'; DATA=%s; %s", folder, DRYDOCK_TESTDATA,
                        image_case->script ? image_case->script : ":");
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_autoptr(GError) error = NULL;
    if (run_program(argv, NULL, NULL, &error))
        return TRUE;
    g_test_message("%s", error->message);
    return FALSE;
}

void image_case_run(gconstpointer data)
{
    const ImageCase *image_case = data;
    g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
    if (!qemu_img) {
        g_test_skip("no qemu-img");
        return;
    }
    if (image_case->needs_data && !g_file_test(DRYDOCK_TESTDATA, G_FILE_TEST_IS_DIR)) {
        g_test_skip("no test data");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-image-XXXXXX", NULL);
    image_case_make_contents(folder);
    if (image_case->prepare)
        image_case->prepare(folder);
    if (run_script(image_case, folder))
        check_case(image_case, folder);
    else
        g_test_fail();
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
}

void image_case_add_all(const char *prefix, const ImageCase *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", prefix, cases[i].name);
        g_test_add_data_func(path, &cases[i], image_case_run);
    }
}
