/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu's option strings, with names that contain their separators. */
#include "convert/image_options.h"

#include <glib/gstdio.h>

#include "convert/source_format.h"

static void test_place(void)
{
    static const struct {
        uint64_t offset, length;
        const char *options;
    } rows[] = {
        {512, 1024,
         "driver=vmdk,file.driver=raw,file.offset=512,file.size=1024,file.file.driver=file,"
         "file.file.filename=/a,,b/c,,,,d.ova"},
        /* qemu wants whole sectors; a tar pads its members to them. */
        {1536, 700,
         "driver=vmdk,file.driver=raw,file.offset=1536,file.size=1024,file.file.driver=file,"
         "file.file.filename=/a,,b/c,,,,d.ova"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(SourcePlace) place =
            source_place_new("/a,b/c,,d.ova", "disk.vmdk", rows[i].offset, rows[i].length);
        g_autofree char *options = image_options_for_place("vmdk", place);
        g_assert_cmpstr(options, ==, rows[i].options);
    }
}

static void test_whole_file(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-options-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a,b", NULL);
    g_assert_true(g_file_set_contents(path, "disk", 4, NULL));
    g_autoptr(SourcePlace) place = source_place_new(path, NULL, 0, 4);
    g_autofree char *options = image_options_for_place("raw", place);
    g_autofree char *expected =
        g_strdup_printf("driver=raw,file.driver=file,file.filename=%s/a,,b", folder);
    g_assert_cmpstr(options, ==, expected);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_nest(void)
{
    static const struct {
        const char *options, *nested;
    } rows[] = {
        {"driver=raw", "backing.driver=raw"},
        {"driver=raw,file.filename=x", "backing.driver=raw,backing.file.filename=x"},
        {"file.filename=a,,b,driver=raw", "backing.file.filename=a,,b,backing.driver=raw"},
        {"file.filename=a,,,,b", "backing.file.filename=a,,,,b"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *nested = image_options_nest("backing", rows[i].options);
        g_assert_cmpstr(nested, ==, rows[i].nested);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/image-options/place", test_place);
    g_test_add_func("/convert/image-options/whole-file", test_whole_file);
    g_test_add_func("/convert/image-options/nest", test_nest);
    return g_test_run();
}
