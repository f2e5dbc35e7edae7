/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX images: chains read as a plain model of the disk does, damaged ones are told apart. */
#include "convert/image/vhdx_image.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/run.h"
#include "convert/image/crc32c.h"
#include "tests/unit/convert/flat-model.h"
#include "tests/unit/convert/vhdx-writer.h"

#define CHAIN 3
#define WRITES 25
#define MIB ((uint64_t)1 << 20)
#define LINKAGE "{01020304-0506-0708-090a-0b0c0d0e0f10}"

typedef struct {
    const char *name;
    uint32_t block_bytes, sector_bytes;
    uint64_t sizes[CHAIN]; /* of the disks, the base first */
    guint logs;            /* bit n: layer n has its table in the log */
} ChainRow;

static const ChainRow chain_rows[] = {
    {"1m-blocks", 1 << 20, 512, {5 * MIB, 5 * MIB, 5 * MIB}, 0},
    {"2m-blocks", 2 << 20, 512, {7 * MIB, 7 * MIB, 7 * MIB}, 0},
    {"32m-blocks", 32 << 20, 512, {3 * MIB, 3 * MIB, 3 * MIB}, 0},
    {"1m-blocks-4k-sectors", 1 << 20, 4096, {5 * MIB, 5 * MIB, 5 * MIB}, 0},
    {"2m-blocks-4k-sectors", 2 << 20, 4096, {7 * MIB, 7 * MIB, 7 * MIB}, 0},
    {"grown-twice", 1 << 20, 512, {2 * MIB + 512, 3 * MIB + 1024, 6 * MIB - 512}, 0},
    {"shrunk", 1 << 20, 512, {6 * MIB, 5 * MIB, 3 * MIB + 512}, 0},
    {"log-of-child", 1 << 20, 512, {5 * MIB, 5 * MIB, 5 * MIB}, 4},
    {"logs-of-all", 1 << 20, 4096, {5 * MIB, 5 * MIB, 5 * MIB}, 7},
};

static VhdxWriter *open_layer(const ChainRow *row, guint layer, const char *path)
{
    VhdxSpec spec = {.disk_bytes = row->sizes[layer],
                     .block_bytes = row->block_bytes,
                     .sector_bytes = row->sector_bytes,
                     .has_parent = layer > 0,
                     .parent_linkage = LINKAGE,
                     .relative_path = ".\\parent.vhdx",
                     .has_log = (row->logs >> layer) & 1};
    return vhdx_writer_open(path, &spec);
}

/* Trimmed blocks hide what is below them. Before the writes, so that some are written to again. */
static void trim_blocks(VhdxWriter *writer, const ChainRow *row, uint64_t size, GRand *random,
                        uint8_t *model)
{
    for (uint64_t block = 0; (block + 1) * row->block_bytes <= size; block++) {
        if (g_rand_int_range(random, 0, 5) != 0)
            continue;
        vhdx_writer_set_state(writer, block, (uint8_t)g_rand_int_range(random, 1, 4));
        memset(model + block * row->block_bytes, 0, row->block_bytes);
        break;
    }
}

/* paths: CHAIN of them, the topmost first. The result is what the chain reads as. */
static uint8_t *make_chain(const ChainRow *row, const char *folder, char **paths, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    uint64_t largest = MAX(row->sizes[0], MAX(row->sizes[1], row->sizes[2]));
    g_autofree uint8_t *model = g_malloc0(largest);
    g_autofree uint8_t *buffer = g_malloc(largest);
    for (guint layer = 0; layer < CHAIN; layer++) {
        uint64_t size = row->sizes[layer];
        g_autofree char *name = g_strdup_printf("%u.vhdx", layer);
        paths[CHAIN - 1 - layer] = g_build_filename(folder, name, NULL);
        VhdxWriter *writer = open_layer(row, layer, paths[CHAIN - 1 - layer]);
        for (guint i = 0; i < WRITES; i++) {
            uint64_t offset;
            size_t length;
            flat_model_choose(random, size, row->sector_bytes, row->block_bytes, &offset, &length);
            flat_model_fill(random, buffer, length);
            vhdx_writer_write(writer, offset, buffer, length);
            memcpy(model + offset, buffer, length);
        }
        trim_blocks(writer, row, size, random, model);
        vhdx_writer_close(writer);
        /* What lies beyond the end of a smaller layer is hidden from those above. */
        memset(model + size, 0, largest - size);
    }
    return g_steal_pointer(&model);
}

/* The base of a chain is a plain image, which qemu reads, too; when it has a log then after it was
   told to play that back. */
static void compare_with_qemu(const char *folder, const char *base, const ChainRow *row,
                              const uint8_t *expected)
{
    g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
    if (!qemu_img || row->sector_bytes != 512)
        return;
    g_autofree char *raw = g_build_filename(folder, "base.raw", NULL);
    g_autofree char *copy = g_build_filename(folder, "base.vhdx", NULL);
    g_autoptr(GError) error = NULL;
    const char *const copy_argv[] = {"cp", base, copy, NULL};
    const char *const check_argv[] = {"qemu-img", "check", "-q", "-r", "all", copy, NULL};
    const char *const argv[] = {"qemu-img", "convert", "-f", "vhdx", "-O", "raw", copy, raw, NULL};
    gboolean ok = run_program(copy_argv, NULL, NULL, &error) &&
                  (!(row->logs & 1) || run_program(check_argv, NULL, NULL, &error)) &&
                  run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    char *content = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(raw, &content, &length, NULL));
    g_autofree char *owned = content;
    g_assert_cmpuint(length, ==, row->sizes[0]);
    g_assert_true(memcmp(content, expected, length) == 0);
}

static void test_chain(gconstpointer data)
{
    const ChainRow *row = data;
    for (guint32 seed = 0; seed < 4; seed++) {
        g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
        char *paths[CHAIN + 1] = {NULL};
        g_autofree uint8_t *model = make_chain(row, folder, paths, seed);
        g_autoptr(FlatImage) image = flat_model_open(&vhdx_layer_ops, paths, CHAIN);
        g_assert_cmpuint(flat_image_sector_size(image), ==, row->sector_bytes);
        flat_model_check(image, model, row->sizes[CHAIN - 1]);
        if (seed == 0) {
            g_autoptr(FlatImage) base = flat_model_open(&vhdx_layer_ops, &paths[CHAIN - 1], 1);
            g_autofree uint8_t *content = g_malloc(row->sizes[0]);
            g_assert_true(flat_image_read(base, 0, content, row->sizes[0], NULL));
            compare_with_qemu(folder, paths[CHAIN - 1], row, content);
        }
        for (guint i = 0; i < CHAIN; i++)
            g_free(paths[i]);
        flat_model_remove_folder(folder);
    }
}

/* Blocks behind the first chunk: entries of sector bitmaps lie between those of blocks. */
static void test_second_chunk(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
    char *paths[] = {g_build_filename(folder, "child.vhdx", NULL),
                     g_build_filename(folder, "base.vhdx", NULL)};
    ChainRow row = {"", 32 << 20, 512, {9 << 10, 0, 0}, 0};
    uint64_t size = 9 * MIB * 1024, offset = 4 * MIB * 1024 + 7 * MIB;
    uint8_t below[1024], above[512], read[2048] = {1};
    memset(below, 0x11, sizeof(below));
    memset(above, 0x22, sizeof(above));
    row.sizes[0] = row.sizes[1] = size;
    for (guint layer = 0; layer < 2; layer++) {
        VhdxWriter *writer = open_layer(&row, layer, paths[1 - layer]);
        for (guint chunk = 0; chunk < 2; chunk++)
            vhdx_writer_write(writer, offset * chunk + 512 * layer, layer ? above : below,
                              layer ? sizeof(above) : sizeof(below));
        vhdx_writer_close(writer);
    }
    g_autoptr(FlatImage) image = flat_model_open(&vhdx_layer_ops, paths, 2);
    for (guint chunk = 0; chunk < 2; chunk++) {
        g_assert_true(flat_image_read(image, offset * chunk, read, sizeof(read), NULL));
        for (guint i = 0; i < sizeof(read); i++)
            g_assert_cmpuint(read[i], ==, i < 512 ? 0x11 : i < 1024 ? 0x22 : 0);
    }
    g_free(paths[0]);
    g_free(paths[1]);
    flat_model_remove_folder(folder);
}

static VhdxImage *open_whole(const char *path, GError **error)
{
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    return vhdx_image_open(path, 0, (uint64_t)status.st_size, error);
}

/* One differencing image, changed at one place; a child of 3 MiB with two partial blocks. */
typedef struct {
    const char *name;
    uint64_t offset;
    const char *bytes;
    gsize length;
    uint64_t size; /* the file is cut to it; 0: not */
    int code;      /* -1: it opens, and all its blocks are there */
    const char *message;
} DamageRow;

#define BYTES(text) text, sizeof(text) - 1
#define METADATA (2 * MIB)
#define ITEMS (METADATA + 65536)
#define BAT (3 * MIB)
#define LOCATOR (ITEMS + 4096)
#define CORRUPT DRYDOCK_ERROR_CORRUPT
#define UNSUPPORTED DRYDOCK_ERROR_UNSUPPORTED

static const DamageRow damage_rows[] = {
    {"whole", 0, BYTES(""), 0, -1, NULL},
    {"header-1", 65536 + 32, BYTES("x"), 0, -1, NULL},
    {"header-2", 131072 + 32, BYTES("x"), 0, -1, NULL},
    {"region-1", 196608 + 16, BYTES("x"), 0, -1, NULL},
    {"cut-in-headers", 0, BYTES(""), 70000, CORRUPT, "header"},
    {"cut-in-metadata", 0, BYTES(""), 2 * MIB + 65536, CORRUPT, "metadata item"},
    {"cut-in-table", 0, BYTES(""), 3 * MIB, CORRUPT, "block allocation table"},
    {"cut-in-block", 0, BYTES(""), 5 * MIB, CORRUPT, "cut short"},
    {"metadata-signature", METADATA, BYTES("x"), 0, CORRUPT, "no such table"},
    {"metadata-count", METADATA + 10, BYTES("\xff\xff"), 0, CORRUPT, "no such table"},
    {"metadata-unknown", METADATA + 32 + 3 * 32, BYTES("x"), 0, UNSUPPORTED, "not known"},
    {"metadata-item-far", METADATA + 32 + 16, BYTES("\xff\xff\xff\xff"), 0, CORRUPT, "cut short"},
    {"metadata-item-long", METADATA + 32 + 20, BYTES("\xff\xff\xff\xff"), 0, CORRUPT, "too long"},
    {"metadata-item-short", METADATA + 32 + 20, BYTES("\x01"), 0, CORRUPT, "too short"},
    {"block-size-odd", ITEMS, BYTES("\x00\x00\x18\x00"), 0, CORRUPT, "size of a block"},
    {"block-size-large", ITEMS, BYTES("\x00\x00\x00\x20"), 0, CORRUPT, "size of a block"},
    {"disk-size-zero", ITEMS + 8, BYTES("\0\0\0\0\0\0\0\0"), 0, CORRUPT, "size of the disk"},
    {"disk-size-huge", ITEMS + 8, BYTES("\0\0\0\0\0\0\0\x7f"), 0, CORRUPT, "size of the disk"},
    {"disk-size-odd", ITEMS + 8, BYTES("\x01"), 0, CORRUPT, "size of the disk"},
    {"disk-larger-than-table", ITEMS + 8, BYTES("\0\0\0\0\0\x20\0\0"), 0, CORRUPT, "too small"},
    {"sector-size", ITEMS + 16, BYTES("\0\x04"), 0, CORRUPT, "neither 512 nor 4096"},
    {"locator-type", LOCATOR, BYTES("x"), 0, UNSUPPORTED, "whose parent is no VHDX"},
    {"locator-count", LOCATOR + 18, BYTES("\xff\xff"), 0, CORRUPT, "too many entries"},
    {"state-undefined", BAT, BYTES("\x04"), 0, CORRUPT, "not defined"},
    {"block-far", BAT + 6, BYTES("\x7f"), 0, CORRUPT, "cut short"},
    {"bitmap-missing", BAT + 8 * 4096, BYTES("\0\0\0\0\0\0\0\0"), 0, CORRUPT, "sector bitmap"},
    {"bitmap-far", BAT + 8 * 4096 + 6, BYTES("\x7f"), 0, CORRUPT, "sector bitmap"},
    {"no-parent", ITEMS + 4, BYTES("\0"), 0, CORRUPT, "it has none"},
};

static void write_small(const char *path)
{
    g_autofree uint8_t *data = g_malloc(MIB);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    ChainRow row = {"", 1 << 20, 512, {0, 3 * MIB, 0}, 0};
    flat_model_fill(random, data, MIB);
    VhdxWriter *writer = open_layer(&row, 1, path);
    vhdx_writer_write(writer, 512, data, 4096);
    vhdx_writer_write(writer, MIB, data, MIB);
    vhdx_writer_write(writer, 2 * MIB, data, 512);
    vhdx_writer_close(writer);
}

static void patch_file(const DamageRow *row, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(pwrite(fd, row->bytes, row->length, (off_t)row->offset), ==,
                    (ssize_t)row->length);
    if (row->size)
        g_assert_cmpint(ftruncate(fd, (off_t)row->size), ==, 0);
    close(fd);
}

static void test_damage(gconstpointer data)
{
    const DamageRow *row = data;
    g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhdx", NULL);
    write_small(path);
    patch_file(row, path);
    g_autoptr(GError) error = NULL;
    g_autoptr(VhdxImage) image = open_whole(path, &error);
    gboolean ok = image && vhdx_image_check_blocks(image, &error);
    if (row->code >= 0) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        g_assert_nonnull(drydock_error_get_hint(error));
        if (!strstr(error->message, row->message))
            g_error("'%s' does not have '%s'", error->message, row->message);
    } else {
        g_assert_no_error(error);
        g_assert_true(ok);
    }
    flat_model_remove_folder(folder);
}

/* Both copies of a structure with a checksum, with a sum that is right. */
static void test_structures(void)
{
    static const struct {
        uint64_t offset; /* of the first copy; the second is 64 KiB behind */
        gsize length, field;
        const char *bytes;
        gsize count;
        int code;
        const char *message;
    } rows[] = {
        {65536, 4096, 0, BYTES("x"), CORRUPT, "headers are damaged"},
        {65536, 4096, 66, BYTES("\2"), UNSUPPORTED, "version 2"},
        {196608, 65536, 0, BYTES("x"), CORRUPT, "region tables are damaged"},
        {196608, 65536, 8, BYTES("\xff\xff"), CORRUPT, "region tables are damaged"},
        {196608, 65536, 8, BYTES("\1"), CORRUPT, "region tables are damaged"},
        {196608, 65536, 16, BYTES("x"), UNSUPPORTED, "region that is not known"},
        {196608, 65536, 32, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), CORRUPT,
         "block allocation table"},
        {196608, 65536, 64, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), CORRUPT, "metadata table"},
        {196608, 65536, 40, BYTES("\0\0\0\0"), CORRUPT, "too small"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "disk.vhdx", NULL);
        g_autofree uint8_t *bytes = g_malloc(rows[i].length);
        write_small(path);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        for (off_t copy = 0; copy < 2; copy++) {
            off_t offset = (off_t)rows[i].offset + copy * 65536;
            g_assert_cmpint(pread(fd, bytes, rows[i].length, offset), ==, (ssize_t)rows[i].length);
            memcpy(bytes + rows[i].field, rows[i].bytes, rows[i].count);
            put_le32(bytes + 4, crc32c_without_field(bytes, rows[i].length, 4));
            g_assert_cmpint(pwrite(fd, bytes, rows[i].length, offset), ==, (ssize_t)rows[i].length);
        }
        close(fd);
        g_autoptr(GError) error = NULL;
        g_autoptr(VhdxImage) image = open_whole(path, &error);
        g_assert_false(image && vhdx_image_check_blocks(image, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        if (!strstr(error->message, rows[i].message))
            g_error("'%s' does not have '%s'", error->message, rows[i].message);
        flat_model_remove_folder(folder);
    }
}

static void test_parent(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.avhdx", NULL);
    VhdxSpec spec = {.disk_bytes = MIB,
                     .block_bytes = 1 << 20,
                     .sector_bytes = 512,
                     .has_parent = TRUE,
                     .parent_linkage = "{FF34003B-11ed-4cf8-a166-b2be05e20b80}",
                     .parent_linkage2 = "{00000000-0000-0000-0000-000000000000}",
                     .relative_path = "..\\Größe.vhdx",
                     .absolute_path = "C:\\a.vhdx",
                     .volume_path = "\\\\?\\Volume{x}\\a.vhdx"};
    vhdx_writer_close(vhdx_writer_open(path, &spec));
    g_autoptr(VhdxImage) image = open_whole(path, NULL);
    const VhdxMetadata *metadata = vhdx_image_metadata(image);
    g_autofree char *names = g_strjoinv("|", metadata->parent_names);
    g_autofree char *identities = g_strjoinv("|", metadata->parent_identities);
    g_assert_cmpstr(names, ==, "..\\Größe.vhdx|C:\\a.vhdx|\\\\?\\Volume{x}\\a.vhdx");
    g_assert_cmpstr(identities, ==, "ff34003b-11ed-4cf8-a166-b2be05e20b80");
    flat_model_remove_folder(folder);
}

/* A table of 512 MiB is not taken into memory, and its end is found. */
static void test_largest(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhdx", NULL);
    uint8_t data[512], read[512];
    char *paths[] = {path};
    uint64_t size = (uint64_t)64 << 40;
    VhdxSpec spec = {.disk_bytes = size, .block_bytes = 1 << 20, .sector_bytes = 512};
    memset(data, 0x77, sizeof(data));
    VhdxWriter *writer = vhdx_writer_open(path, &spec);
    vhdx_writer_write(writer, size - sizeof(data), data, sizeof(data));
    vhdx_writer_close(writer);
    g_autoptr(FlatImage) image = flat_model_open(&vhdx_layer_ops, paths, 1);
    g_assert_true(flat_image_read(image, size - sizeof(data), read, sizeof(read), NULL));
    g_assert_true(memcmp(read, data, sizeof(data)) == 0);
    gboolean is_zeros;
    uint64_t length;
    g_assert_true(flat_image_query(image, size - 4096 * MIB, 4096 * MIB, &is_zeros, &length, NULL));
    g_assert_true(is_zeros);
    g_assert_cmpuint(length, ==, 4095 * MIB);
    flat_model_remove_folder(folder);
}

/* With any byte of its structures changed: an error or content, no crash. */
static void test_hostile(void)
{
    g_autofree char *folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "disk.vhdx", NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    static const uint64_t starts[] = {65536, 131072, METADATA, ITEMS, LOCATOR, BAT, BAT + 8 * 4096};
    for (guint i = 0; i < 150; i++) {
        char byte = (char)g_rand_int_range(random, 0, 256);
        uint64_t start = starts[i % G_N_ELEMENTS(starts)];
        DamageRow row = {NULL, start + (uint64_t)g_rand_int_range(random, 0, 300), &byte, 1, 0, 0,
                         NULL};
        write_small(path);
        patch_file(&row, path);
        flat_model_check_hostile(&vhdx_layer_ops, path);
    }
    flat_model_remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(chain_rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/vhdx/chain/%s", chain_rows[i].name);
        g_test_add_data_func(path, &chain_rows[i], test_chain);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(damage_rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/vhdx/damage/%s", damage_rows[i].name);
        g_test_add_data_func(path, &damage_rows[i], test_damage);
    }
    g_test_add_func("/convert/vhdx/second-chunk", test_second_chunk);
    g_test_add_func("/convert/vhdx/structures", test_structures);
    g_test_add_func("/convert/vhdx/parent", test_parent);
    g_test_add_func("/convert/vhdx/largest", test_largest);
    g_test_add_func("/convert/vhdx/hostile", test_hostile);
    return g_test_run();
}
