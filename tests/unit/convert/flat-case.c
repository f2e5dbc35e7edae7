/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of VHD and VHDX sources share. */
#include "tests/unit/convert/flat-case.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "base/run.h"
#include "convert/source.h"
#include "tests/unit/convert/image-case.h"

static const char *const layers[] = {"base", "middle", "top"};

void flat_case_write(const char *folder, guint layer, gsize unit, FlatCaseWriteFunc write,
                     gpointer writer)
{
    g_autofree char *name = g_strconcat(layers[layer], ".raw", NULL);
    g_autofree char *below_name = layer ? g_strconcat(layers[layer - 1], ".raw", NULL) : NULL;
    g_autoptr(GByteArray) content = image_case_load(folder, name);
    g_autoptr(GByteArray) below =
        layer ? image_case_load(folder, below_name) : g_byte_array_sized_new(content->len);
    if (layer == 0) {
        g_byte_array_set_size(below, content->len);
        memset(below->data, 0, below->len);
    }
    for (gsize at = 0; at < content->len; at += unit)
        if (memcmp(content->data + at, below->data + at, unit) != 0)
            write(writer, at, content->data + at, unit);
}

static void check_large(const FlatCaseLarge *large, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, "disk", NULL);
    const SourceRequest request = {0};
    const char *paths = path;
    g_autoptr(Source) source = source_open(&paths, 1, &request, &error);
    gboolean ok = source && source_open_disks(source, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    const MachineDisk *disk = g_ptr_array_index(source_machine(source)->disks, 0);
    g_assert_cmpuint(disk->size_bytes, ==, large->size_bytes);
    g_assert_cmpuint(disk->sector_size, ==, 512);
    const GPtrArray *findings = source_findings(source);
    g_assert_cmpuint(findings->len, ==, large->finding ? 1 : 0);
    for (guint i = 0; i < findings->len; i++)
        g_assert_cmpstr(finding_code_name(((Finding *)g_ptr_array_index(findings, i))->code), ==,
                        large->finding);
    g_autofree char *other =
        g_strdup_printf("driver=%s,file.driver=file,file.filename=%s.other", large->driver, path);
    const char *const argv[] = {"qemu-img",          "compare", "--image-opts",
                                disk->image_options, other,     NULL};
    ok = run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

void flat_case_run_large(gconstpointer data)
{
    const FlatCaseLarge *large = data;
    g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
    if (!qemu_img || !g_file_test(DRYDOCK_TESTDATA, G_FILE_TEST_IS_DIR)) {
        g_test_skip("no qemu-img, or no test data");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-image-XXXXXX", NULL);
    g_autofree char *script =
        g_strdup_printf("set -e; cd '%s'; DATA=%s; %s", folder, DRYDOCK_TESTDATA, large->script);
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_autoptr(GError) error = NULL;
    gboolean ok = run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    check_large(large, folder);
    const char *const remove_argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(remove_argv, NULL, NULL, NULL));
}
