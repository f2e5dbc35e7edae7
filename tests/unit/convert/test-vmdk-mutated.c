/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disk images cut off anywhere and with bytes changed: the gate says yes or no, with a hint, and
   does nothing worse. */
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/run.h"
#include "convert/source_format.h"
#include "tests/unit/convert/image-case.h"
#include "tests/unit/convert/vmdk-writer.h"

#define MUTATIONS 600
#define CUTS 100

typedef struct {
    const char *name;
    const SourceFormatOps *ops;
    const char *script; /* makes "image" from "small.raw" (256 KiB); NULL: the writer did */
    void (*write)(const char *folder, const char *name, const GByteArray *content);
    const char *extent; /* a descriptor names the image so; NULL: it is one itself */
} Row;

static void write_cowd(const char *folder, const char *name, const GByteArray *content)
{
    vmdk_write_cowd(folder, name, content, NULL);
}

static void write_se_sparse(const char *folder, const char *name, const GByteArray *content)
{
    vmdk_write_se_sparse(folder, name, content, NULL, 0);
}

#define CONVERT(format) "qemu-img convert -t unsafe -f raw -O " format " small.raw image"

static const Row rows[] = {
    {"sparse", &source_vmdk_ops, CONVERT("vmdk"), NULL, NULL},
    {"stream", &source_vmdk_ops, CONVERT("vmdk -o subformat=streamOptimized"), NULL, NULL},
    {"cowd", &source_vmdk_ops, NULL, write_cowd, "VMFSSPARSE"},
    {"se-sparse", &source_vmdk_ops, NULL, write_se_sparse, "SESPARSE"},
    {"vdi", &source_vdi_ops, CONVERT("vdi"), NULL, NULL},
    {"parallels", &source_parallels_ops, CONVERT("parallels"), NULL, NULL},
    {"qcow2", &source_qcow2_ops, CONVERT("qcow2 -o cluster_size=4k"), NULL, NULL},
    {"qcow2-backing", &source_qcow2_ops,
     "qemu-img create -q -f qcow2 -b small.raw -F raw -o cluster_size=4k image", NULL, NULL},
};

static gboolean make_image(const Row *row, const char *folder)
{
    g_autofree char *script = g_strdup_printf("cd '%s'; head -c 256K base.raw > small.raw; %s",
                                              folder, row->script ? row->script : ":");
    const char *const argv[] = {"sh", "-c", script, NULL};
    if (!run_program(argv, NULL, NULL, NULL))
        return FALSE;
    if (row->write) {
        g_autoptr(GByteArray) small = image_case_load(folder, "small.raw");
        row->write(folder, "image", small);
    }
    if (row->extent) {
        g_autofree char *text = g_strdup_printf("# Disk DescriptorFile\nversion=1\nCID=1\n"
                                                "parentCID=ffffffff\ncreateType=\"custom\"\n"
                                                "RW 512 %s \"changed\"\n",
                                                row->extent);
        image_case_save(folder, "descriptor", text, strlen(text));
    }
    return TRUE;
}

static gboolean try_image(const Row *row, const char *folder)
{
    const char *const roots[] = {folder, NULL};
    const SourceRequest request = {.name = NULL};
    g_autofree char *work = g_build_filename(folder, "work", NULL);
    g_assert_cmpint(g_mkdir_with_parents(work, 0700), ==, 0);
    g_autoptr(SourceFiles) files = source_files_new(roots, NULL);
    g_assert_nonnull(files);
    g_autoptr(GPtrArray) findings = findings_new();
    SourceContext context = {
        .request = &request, .files = files, .work_directory = work, .findings = findings};

    g_autoptr(GError) error = NULL;
    g_autoptr(SourcePlace) place = NULL;
    gboolean found = source_files_find(files, NULL, row->extent ? "descriptor" : "changed",
                                       SOURCE_NAME_LOCAL, &place, &error);
    g_assert_true(found);
    g_autoptr(SourceFile) file = source_file_open(g_steal_pointer(&place), &error);
    g_assert_no_error(error);
    MachineDisk disk = {.sector_size = 512};
    disk.path = file->place->path;
    disk.parents = g_ptr_array_new_with_free_func(g_free);
    gboolean ok = row->ops->probe(file) && row->ops->check(&context, file, &disk, &error);
    if (ok)
        g_assert_nonnull(disk.image_options);
    if (error)
        g_assert_nonnull(drydock_error_get_hint(error));
    if (row->ops->identify) {
        g_autofree char *identity = row->ops->identify(file);
        g_assert_true(!identity || *identity);
    }
    g_free(disk.image_options);
    g_free(disk.variant);
    g_ptr_array_unref(disk.parents);
    folder_remove(work);
    return ok;
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
    if (!qemu_img) {
        g_test_skip("no qemu-img");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-mutated-XXXXXX", NULL);
    image_case_make_contents(folder);
    g_assert_true(make_image(row, folder));
    g_autoptr(GByteArray) image = image_case_load(folder, "image");
    g_autoptr(GRand) random = g_rand_new_with_seed(3);

    image_case_save(folder, "changed", image->data, image->len);
    g_assert_true(try_image(row, folder));
    for (guint i = 1; i <= CUTS; i++) {
        guint length = image->len - (guint)g_rand_int_range(random, 1, (gint32)image->len);
        image_case_save(folder, "changed", image->data, length);
        (void)!try_image(row, folder);
    }
    /* Mostly in the headers. */
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    for (guint i = 0; i < MUTATIONS; i++) {
        guint end = i % 4 == 0 ? image->len : MIN(image->len, 2048);
        guint at = (guint)g_rand_int_range(random, 0, (gint32)end);
        uint8_t before = image->data[at];
        image->data[at] = i % 2 ? values[i / 2 % sizeof(values)] : (uint8_t)g_rand_int(random);
        image_case_save(folder, "changed", image->data, image->len);
        (void)!try_image(row, folder);
        image->data[at] = before;
    }
    folder_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/mutated/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    return g_test_run();
}
