/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD images: chains read as a plain model of the disk does, damaged ones are told apart. */
#include "convert/image/vhd_image.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/run.h"
#include "tests/unit/convert/flat-model.h"
#include "tests/unit/convert/vhd-writer.h"

#define CHAIN 3
#define WRITES 25

typedef struct {
    const char *name;
    uint32_t base_type;
    uint32_t block_bytes;
    uint64_t sizes[CHAIN]; /* of the disks, the base first */
    uint32_t unit;         /* writes begin and end at multiples of it; 0: a sector */
} ChainRow;

static const ChainRow chain_rows[] = {
    {"4k-blocks", 3, 4096, {100 * 512, 100 * 512, 100 * 512}, 0},
    {"64k-blocks", 3, 65536, {3 << 20, 3 << 20, 3 << 20}, 0},
    {"512k-blocks", 3, 512 << 10, {5 << 20, 5 << 20, 5 << 20}, 0},
    {"2m-blocks", 3, 2 << 20, {7 << 20, 7 << 20, 7 << 20}, 0},
    {"2m-blocks-whole-pages", 3, 2 << 20, {7 << 20, 7 << 20, 7 << 20}, 4096},
    {"fixed-base", 2, 2 << 20, {5 << 20, 5 << 20, 5 << 20}, 0},
    {"grown-twice", 3, 512 << 10, {(2 << 20) + 512, (3 << 20) + 1024, (6 << 20) - 512}, 0},
    {"grown-fixed-base", 2, 64 << 10, {1 << 20, (1 << 20) + 512, 2 << 20}, 0},
    {"shrunk", 3, 512 << 10, {6 << 20, 5 << 20, (4 << 20) + 512}, 0},
};

/* paths: CHAIN of them, the topmost first. The result is what the chain reads as. */
static uint8_t *make_chain(const ChainRow *row, const char *folder, char **paths, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    uint64_t largest = MAX(row->sizes[0], MAX(row->sizes[1], row->sizes[2]));
    g_autofree uint8_t *model = g_malloc0(largest);
    g_autofree uint8_t *buffer = g_malloc(largest);
    for (guint layer = 0; layer < CHAIN; layer++) {
        uint64_t size = row->sizes[layer];
        VhdSpec spec = {layer == 0 ? row->base_type : 4,
                        size,
                        row->block_bytes,
                        {0},
                        {0},
                        "x",
                        NULL,
                        NULL,
                        FALSE};
        memset(spec.uuid, (int)layer + 1, 16);
        memset(spec.parent_uuid, (int)layer, 16);
        g_autofree char *name = g_strdup_printf("%u.vhd", layer);
        char *path = g_build_filename(folder, name, NULL);
        paths[CHAIN - 1 - layer] = path;
        VhdWriter *writer = vhd_writer_open(path, &spec);
        for (guint i = 0; i < WRITES; i++) {
            uint64_t offset;
            size_t length;
            flat_model_choose(random, size, row->unit ? row->unit : 512, row->block_bytes, &offset,
                              &length);
            flat_model_fill(random, buffer, length);
            vhd_writer_write(writer, offset, buffer, length);
            memcpy(model + offset, buffer, length);
        }
        vhd_writer_close(writer);
        /* What lies beyond the end of a smaller layer is hidden from those above. */
        memset(model + size, 0, largest - size);
    }
    return g_steal_pointer(&model);
}

/* python3-libvhdi reads chains, too. FALSE: it is not there. */
static gboolean read_with_libvhdi(char **paths, uint64_t size, const uint8_t *expected)
{
    static const char script[] =
        "import sys, hashlib, pyvhdi\n"
        "files = []\n"
        "for path in sys.argv[2:]:\n"
        "    file = pyvhdi.file(); file.open(path); files.append(file)\n"
        "for child, parent in zip(files, files[1:]): child.set_parent(parent)\n"
        "data = files[0].read_buffer_at_offset(int(sys.argv[1]), 0)\n"
        "print(hashlib.sha256(data).hexdigest())\n";
    const char *const probe[] = {"/usr/bin/python3", "-c", "import pyvhdi", NULL};
    if (!run_program(probe, NULL, NULL, NULL))
        return FALSE;
    g_autofree char *length = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    const char *const argv[] = {"/usr/bin/python3", "-c",     script,   length,
                                paths[0],           paths[1], paths[2], NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    g_assert_true(run_program(argv, NULL, &output, &error));
    g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, expected, (gsize)size);
    g_assert_cmpstr(g_strstrip(output), ==, hash);
    return TRUE;
}

static void test_chain(gconstpointer data)
{
    const ChainRow *row = data;
    for (guint32 seed = 0; seed < 4; seed++) {
        g_autofree char *folder = g_dir_make_tmp("drydock-vhd-XXXXXX", NULL);
        char *paths[CHAIN + 1] = {NULL};
        g_autofree uint8_t *model = make_chain(row, folder, paths, seed);
        g_autoptr(FlatImage) image = flat_model_open(&vhd_layer_ops, paths, CHAIN);
        flat_model_check(image, model, row->sizes[CHAIN - 1]);
        /* libvhdi (20210425) loses sectors where a run of them ends with the byte in the bitmap
           and begins within it. */
        if (row->unit && !read_with_libvhdi(paths, row->sizes[CHAIN - 1], model))
            g_test_message("not compared with libvhdi, which is not installed");
        for (guint i = 0; i < CHAIN; i++)
            g_free(paths[i]);
        flat_model_remove_folder(folder);
    }
}

/* One image, changed at one place. */
typedef struct {
    const char *name;
    uint32_t type;
    gint64 offset; /* of the change; below 0: from the end of the file */
    const char *bytes;
    gsize length;
    gboolean fix_checksums;
    gint64 cut;          /* bytes taken off the end afterwards */
    const char *message; /* NULL: it opens, and all its blocks are there */
} DamageRow;

#define BYTES(text) text, sizeof(text) - 1

static const DamageRow damage_rows[] = {
    {"whole", 4, 0, BYTES(""), FALSE, 0, NULL},
    {"fixed", 2, 0, BYTES(""), FALSE, 0, NULL},
    {"footer-checksum-fixed", 2, -100, BYTES("x"), FALSE, 0, "checksum of its footer"},
    {"footer-checksum-dynamic", 3, -100, BYTES("x"), FALSE, 0, NULL}, /* there is a copy */
    {"footer-lost", 3, 0, BYTES(""), FALSE, 512, NULL},
    {"both-footers", 3, 100, BYTES("x"), FALSE, 512, "copy at its beginning is damaged"},
    {"block-cut", 3, 0, BYTES(""), FALSE, 1024, "cut short"},
    {"fixed-cut", 2, 0, BYTES(""), FALSE, 512, "cut short"},
    {"copy-differs", 3, 53, BYTES("\x20"), TRUE, 0, "do not agree"},
    {"header-cookie", 3, 512, BYTES("x"), FALSE, 0, "dynamic header is damaged"},
    {"header-checksum", 3, 512 + 100, BYTES("x"), FALSE, 0, "checksum of its dynamic header"},
    {"entries-too-few", 3, 512 + 28, BYTES("\0\0\0\1"), TRUE, 0, "does not fit"},
    {"entries-too-many", 3, 512 + 28, BYTES("\x7f\xff\xff\xff"), TRUE, 0, "does not fit"},
    {"block-size-odd", 3, 512 + 32, BYTES("\0\x20\x10\0"), TRUE, 0, "does not fit"},
    {"block-size-zero", 3, 512 + 32, BYTES("\0\0\0\0"), TRUE, 0, "does not fit"},
    {"table-nowhere", 3, 512 + 16, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), TRUE, 0, "cut short"},
    {"table-far", 3, 512 + 16, BYTES("\0\0\0\0\x7f\0\0\0"), TRUE, 0, "block allocation table"},
    {"block-far", 3, 1536, BYTES("\x7f\0\0\0"), FALSE, 0, "block 0 lies beyond"},
    {"locator-long", 4, 512 + 576 + 8, BYTES("\0\x10\0\0"), TRUE, 0, "impossibly long"},
    {"locator-nowhere", 4, 512 + 576 + 16, BYTES("\xff"), TRUE, 0, "parent locator"},
};

static void patch_file(const DamageRow *row, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    struct stat status;
    g_assert_cmpint(fstat(fd, &status), ==, 0);
    off_t offset = (off_t)(row->offset < 0 ? status.st_size + row->offset : row->offset);
    g_assert_cmpint(pwrite(fd, row->bytes, row->length, offset), ==, (ssize_t)row->length);
    if (row->fix_checksums) {
        uint8_t bytes[1536];
        g_assert_cmpint(pread(fd, bytes, sizeof(bytes), 0), ==, (ssize_t)sizeof(bytes));
        vhd_set_checksum(bytes, 512, 64);
        vhd_set_checksum(bytes + 512, 1024, 36);
        g_assert_cmpint(pwrite(fd, bytes, sizeof(bytes), 0), ==, (ssize_t)sizeof(bytes));
    }
    g_assert_cmpint(ftruncate(fd, status.st_size - row->cut), ==, 0);
    close(fd);
}

static void write_small(const char *path, uint32_t type, gboolean has_short_footer)
{
    VhdSpec spec = {
        type,         3 << 20,         2 << 20, {1}, {2}, ".\\parent.vhd", "C:\\VMs\\parent.vhd",
        "parent.vhd", has_short_footer};
    g_autofree uint8_t *data = g_malloc(4 << 20);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    flat_model_fill(random, data, 4 << 20);
    VhdWriter *writer = vhd_writer_open(path, &spec);
    vhd_writer_write(writer, 0, data, 3 << 20);
    vhd_writer_close(writer);
}

static VhdImage *open_whole(const char *path, GError **error)
{
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    return vhd_image_open(path, 0, (uint64_t)status.st_size, error);
}

static void test_damage(gconstpointer data)
{
    const DamageRow *row = data;
    g_autofree char *folder = g_dir_make_tmp("drydock-vhd-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhd", NULL);
    write_small(path, row->type, FALSE);
    patch_file(row, path);
    g_autoptr(GError) error = NULL;
    g_autoptr(VhdImage) image = open_whole(path, &error);
    gboolean ok = image && vhd_image_check_blocks(image, &error);
    if (row->message) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_assert_nonnull(drydock_error_get_hint(error));
        if (!strstr(error->message, row->message))
            g_error("'%s' does not have '%s'", error->message, row->message);
    } else {
        g_assert_no_error(error);
        g_assert_true(ok);
    }
    flat_model_remove_folder(folder);
}

static void test_footers(void)
{
    static const struct {
        uint32_t type;
        gboolean has_short_footer;
        off_t cut;
        VhdFooterPlace place;
    } rows[] = {{2, FALSE, 0, VHD_FOOTER_AT_END},
                {2, TRUE, 0, VHD_FOOTER_SHORT},
                {3, TRUE, 0, VHD_FOOTER_SHORT},
                {4, FALSE, 512, VHD_FOOTER_AT_HEAD}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder = g_dir_make_tmp("drydock-vhd-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "disk.vhd", NULL);
        write_small(path, rows[i].type, rows[i].has_short_footer);
        struct stat status;
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpint(truncate(path, status.st_size - rows[i].cut), ==, 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(VhdImage) image = open_whole(path, &error);
        g_assert_no_error(error);
        g_assert_cmpint(vhd_image_header(image)->footer_place, ==, rows[i].place);
        g_assert_cmpuint(vhd_image_header(image)->disk_bytes, ==, 3 << 20);
        g_assert_cmpstr(vhd_image_header(image)->uuid, ==, "01000000-0000-0000-0000-000000000000");
        g_assert_true(vhd_image_check_blocks(image, NULL));
        flat_model_remove_folder(folder);
    }
}

static void test_parent(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhd-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhd", NULL);
    write_small(path, 4, FALSE);
    g_autoptr(VhdImage) image = open_whole(path, NULL);
    const VhdHeader *header = vhd_image_header(image);
    g_assert_cmpint(header->kind, ==, VHD_DIFFERENCING);
    g_assert_cmpstr(header->parent_uuid, ==, "02000000-0000-0000-0000-000000000000");
    g_autofree char *names = g_strjoinv("|", header->parent_names);
    g_assert_cmpstr(names, ==, ".\\parent.vhd|C:\\VMs\\parent.vhd|parent.vhd");
    flat_model_remove_folder(folder);
}

/* Members of a plain tar are read where they lie. */
static void test_part_of_file(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhd-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhd", NULL);
    g_autofree char *around = g_build_filename(folder, "archive", NULL);
    write_small(path, 3, FALSE);
    char *content = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &content, &length, NULL));
    g_autoptr(GByteArray) archive = g_byte_array_new();
    g_byte_array_append(archive, (const guint8 *)"before", 6);
    g_byte_array_append(archive, (const guint8 *)content, (guint)length);
    g_byte_array_append(archive, (const guint8 *)"after", 5);
    g_assert_true(
        g_file_set_contents(around, (const char *)archive->data, (gssize)archive->len, NULL));
    g_free(content);

    g_autofree uint8_t *expected = g_malloc(3 << 20), *read = g_malloc(3 << 20);
    char *paths[] = {path};
    g_autoptr(FlatImage) alone = flat_model_open(&vhd_layer_ops, paths, 1);
    g_autoptr(FlatImage) part = flat_image_new(&vhd_layer_ops);
    g_assert_true(flat_image_add(part, around, 6, length, NULL));
    g_assert_true(flat_image_read(alone, 0, expected, 3 << 20, NULL));
    g_assert_true(flat_image_read(part, 0, read, 3 << 20, NULL));
    g_assert_true(memcmp(read, expected, 3 << 20) == 0);
    g_autoptr(GError) error = NULL;
    g_assert_false(flat_image_add(part, around, 12, length, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    flat_model_remove_folder(folder);
}

/* Cut anywhere, or with any byte of its structures changed: an error or content, no crash. */
static void test_hostile(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhd-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhd", NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    for (guint i = 0; i < 120; i++) {
        write_small(path, 2 + i % 3, i % 5 == 0);
        DamageRow row = {
            NULL, 0, g_rand_int_range(random, 0, 4096), "\xff", 1, g_rand_boolean(random), 0, NULL};
        if (i % 4 == 0)
            row.cut = g_rand_int_range(random, 0, 3 << 20);
        patch_file(&row, path);
        flat_model_check_hostile(&vhd_layer_ops, path);
    }
    flat_model_remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(chain_rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/vhd/chain/%s", chain_rows[i].name);
        g_test_add_data_func(path, &chain_rows[i], test_chain);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(damage_rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/vhd/damage/%s", damage_rows[i].name);
        g_test_add_data_func(path, &damage_rows[i], test_damage);
    }
    g_test_add_func("/convert/vhd/footers", test_footers);
    g_test_add_func("/convert/vhd/parent", test_parent);
    g_test_add_func("/convert/vhd/part-of-file", test_part_of_file);
    g_test_add_func("/convert/vhd/hostile", test_hostile);
    return g_test_run();
}
