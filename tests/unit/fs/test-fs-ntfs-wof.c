/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that Windows keeps compressed: every algorithm, hostile tables and chunks, on a volume. */
#include <string.h>
#include <wimlib.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_wof.h"
#include "test-fs-ntfs-image.h"

enum { TAG_WOF = (int)0x80000017U, CHUNK_MAX = 32768 };

static const struct {
    const char *name;
    enum wimlib_compression_type type;
    gsize chunk_bytes;
} algorithms[] = {
    [NTFS_WOF_XPRESS4K] = {"xpress4k", WIMLIB_COMPRESSION_TYPE_XPRESS, 4096},
    [NTFS_WOF_LZX] = {"lzx", WIMLIB_COMPRESSION_TYPE_LZX, 32768},
    [NTFS_WOF_XPRESS8K] = {"xpress8k", WIMLIB_COMPRESSION_TYPE_XPRESS, 8192},
    [NTFS_WOF_XPRESS16K] = {"xpress16k", WIMLIB_COMPRESSION_TYPE_XPRESS, 16384},
};

/* Text, with a piece in the middle that does not get smaller. */
static GBytes *make_content(gsize size)
{
    uint8_t *bytes = g_malloc(size + 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(7);

    for (gsize i = 0; i < size; i++)
        bytes[i] = i / CHUNK_MAX % 3 == 1
                       ? (uint8_t)g_rand_int(random)
                       : (uint8_t)((gsize)(uint8_t) "compressed by Windows"[i * i % 21] + i / 999);
    return g_bytes_new_take(bytes, size);
}

/* The stream as Windows lays it out. */
static GByteArray *compress(NtfsWofAlgorithm algorithm, GBytes *content)
{
    const gsize chunk_bytes = algorithms[algorithm].chunk_bytes;
    struct wimlib_compressor *compressor = NULL;
    gsize size, count;
    const uint8_t *bytes = g_bytes_get_data(content, &size);
    GByteArray *stream = g_byte_array_new();
    g_autofree uint8_t *packed = g_malloc(chunk_bytes);

    count = (size + chunk_bytes - 1) / chunk_bytes;
    if (count > 0)
        g_byte_array_set_size(stream, (guint)((count - 1) * 4));
    g_assert_cmpint(
        wimlib_create_compressor(algorithms[algorithm].type, chunk_bytes, 0, &compressor), ==, 0);
    for (gsize i = 0; i < count; i++) {
        const uint8_t *chunk = bytes + i * chunk_bytes;
        const gsize length = MIN(chunk_bytes, size - i * chunk_bytes);
        const gsize got = wimlib_compress(chunk, length, packed, length - 1, compressor);

        if (i > 0)
            put_le32(stream->data + (i - 1) * 4, (uint32_t)(stream->len - (count - 1) * 4));
        g_byte_array_append(stream, got == 0 ? chunk : packed, (guint)(got == 0 ? length : got));
    }
    wimlib_free_compressor(compressor);
    return stream;
}

static gboolean read_array(void *user_data, uint64_t offset, void *buffer, size_t length,
                           GError **error)
{
    const GByteArray *stream = user_data;

    if (!range_is_within(offset, length, stream->len)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "beyond the end");
        return FALSE;
    }
    memcpy(buffer, stream->data + offset, length);
    return TRUE;
}

static void test_algorithms(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        const gsize chunk = algorithms[i].chunk_bytes;
        const gsize sizes[] = {0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk + 17, 7 * CHUNK_MAX};

        for (guint j = 0; j < G_N_ELEMENTS(sizes); j++) {
            g_autoptr(GBytes) content = make_content(sizes[j]);
            g_autoptr(GByteArray) stream = compress((NtfsWofAlgorithm)i, content);
            g_autoptr(NtfsWof) wof = NULL;
            g_autoptr(GError) error = NULL;
            const uint8_t *bytes = g_bytes_get_data(content, NULL);
            g_autofree uint8_t *got = g_malloc(sizes[j] + 1);

            g_test_message("%s, %" G_GSIZE_FORMAT " bytes", algorithms[i].name, sizes[j]);
            g_assert_true(ntfs_wof_new((NtfsWofAlgorithm)i, sizes[j], stream->len, &wof, &error));
            g_assert_true(ntfs_wof_read(wof, read_array, stream, 0, got, sizes[j], &error));
            g_assert_no_error(error);
            g_assert_true(memcmp(got, bytes, sizes[j]) == 0);
            for (gsize offset = 0; offset < sizes[j]; offset += 1 + sizes[j] / 50) {
                const gsize length = MIN(1 + offset % (2 * chunk), sizes[j] - offset);

                memset(got, 0, length);
                g_assert_true(ntfs_wof_read(wof, read_array, stream, offset, got, length, &error));
                g_assert_true(memcmp(got, bytes + offset, length) == 0);
            }
        }
    }
}

/* The example of Microsoft's [MS-XCA] for the variant with Huffman codes: "abc" a hundred times. */
static void test_published_vector(void)
{
    static const uint8_t repeated[] = {0xa8, 0xdc, 0x00, 0x00, 0xff, 0x26, 0x01};
    g_autoptr(GByteArray) stream = g_byte_array_new();
    g_autoptr(NtfsWof) wof = NULL;
    g_autoptr(GError) error = NULL;
    uint8_t got[300];

    g_byte_array_set_size(stream, 256);
    memset(stream->data, 0, 256);
    stream->data[0x30] = 0x30;
    stream->data[0x31] = 0x23;
    stream->data[0x80] = 0x02;
    stream->data[0x8f] = 0x20;
    g_byte_array_append(stream, repeated, sizeof repeated);
    g_assert_true(ntfs_wof_new(NTFS_WOF_XPRESS4K, 300, stream->len, &wof, &error));
    g_assert_true(ntfs_wof_read(wof, read_array, stream, 0, got, 300, &error));
    g_assert_no_error(error);
    for (guint i = 0; i < 300; i++)
        g_assert_cmpint(got[i], ==, "abc"[i % 3]);
}

/* More than 4 GiB have wider entries; every chunk of the content is the same. */
typedef struct {
    uint8_t chunk[CHUNK_MAX];
    gsize chunk_size;
    uint64_t table_bytes;
} LargeStream;

static gboolean read_large(void *user_data, uint64_t offset, void *buffer, size_t length,
                           G_GNUC_UNUSED GError **error)
{
    const LargeStream *stream = user_data;

    if (offset < stream->table_bytes) {
        g_assert_cmpuint(length, ==, 8);
        put_le64(buffer, (offset / 8 + 1) * stream->chunk_size);
        return TRUE;
    }
    g_assert_cmpuint((offset - stream->table_bytes) % stream->chunk_size, ==, 0);
    g_assert_cmpuint(length, ==, stream->chunk_size);
    memcpy(buffer, stream->chunk, length);
    return TRUE;
}

static void test_large(void)
{
    const uint64_t count = G_GUINT64_CONSTANT(150000), size = count * CHUNK_MAX;
    g_autofree LargeStream *stream = g_new0(LargeStream, 1);
    g_autofree uint8_t *plain = g_malloc(CHUNK_MAX);
    struct wimlib_compressor *compressor = NULL;
    g_autoptr(NtfsWof) wof = NULL;
    g_autoptr(GError) error = NULL;
    uint8_t got[100];

    memset(plain, 'x', CHUNK_MAX);
    g_assert_cmpint(
        wimlib_create_compressor(WIMLIB_COMPRESSION_TYPE_LZX, CHUNK_MAX, 0, &compressor), ==, 0);
    stream->chunk_size = wimlib_compress(plain, CHUNK_MAX, stream->chunk, CHUNK_MAX, compressor);
    wimlib_free_compressor(compressor);
    stream->table_bytes = (count - 1) * 8;
    g_assert_true(ntfs_wof_new(NTFS_WOF_LZX, size, stream->table_bytes + count * stream->chunk_size,
                               &wof, &error));
    g_assert_true(ntfs_wof_read(wof, read_large, stream, size - 100, got, 100, &error));
    g_assert_true(ntfs_wof_read(wof, read_large, stream, CHUNK_MAX - 50, got, 100, &error));
    g_assert_true(memcmp(got, plain, 100) == 0);
}

static void test_reparse(void)
{
    static const struct {
        uint32_t words[4];
        gsize size;
        int algorithm; /* -1: refused */
        const char *message;
    } rows[] = {
        {{1, 2, 1, 0}, 16, NTFS_WOF_XPRESS4K, NULL}, {{1, 2, 1, 1}, 16, NTFS_WOF_LZX, NULL},
        {{1, 2, 1, 2}, 16, NTFS_WOF_XPRESS8K, NULL}, {{1, 2, 1, 3}, 16, NTFS_WOF_XPRESS16K, NULL},
        {{1, 2, 1, 4}, 16, -1, "not known"},         {{1, 1, 0, 0}, 16, -1, "WIM image"},
        {{2, 2, 1, 0}, 16, -1, "not known"},         {{1, 3, 1, 0}, 16, -1, "not known"},
        {{1, 2, 2, 0}, 16, -1, "not known"},         {{1, 2, 1, 0}, 15, -1, "not known"},
        {{1, 2, 1, 0}, 0, -1, "not known"},          {{1, 2, 1, G_MAXUINT32}, 16, -1, "not known"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        NtfsWofAlgorithm algorithm;
        uint8_t bytes[16];

        for (guint j = 0; j < 4; j++)
            put_le32(bytes + j * 4, rows[i].words[j]);
        g_autoptr(GBytes) data = g_bytes_new(bytes, rows[i].size);
        const gboolean ok = ntfs_wof_parse(data, &algorithm, &error);

        g_assert_cmpint(ok, ==, rows[i].algorithm >= 0);
        if (ok) {
            g_assert_cmpint((int)algorithm, ==, rows[i].algorithm);
            continue;
        }
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, rows[i].message));
    }
}

/* Whatever the table or the chunks say: an error or some bytes, never more. */
static void test_hostile(void)
{
    static const uint32_t values[] = {0,          1,          4095,       4096,      4097,
                                      0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    g_autoptr(GBytes) content = make_content(5 * 4096 + 17);
    g_autoptr(GByteArray) stream = compress(NTFS_WOF_XPRESS4K, content);
    g_autofree uint8_t *got = g_malloc(g_bytes_get_size(content));
    guint refused = 0;

    for (guint entry = 0; entry < 5; entry++)
        for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
            g_autoptr(GByteArray) copy = g_byte_array_new();
            g_autoptr(NtfsWof) wof = NULL;
            g_autoptr(GError) error = NULL;

            g_byte_array_append(copy, stream->data, stream->len);
            put_le32(copy->data + entry * 4, values[i]);
            g_assert_true(ntfs_wof_new(NTFS_WOF_XPRESS4K, g_bytes_get_size(content), copy->len,
                                       &wof, &error));
            if (!ntfs_wof_read(wof, read_array, copy, 0, got, g_bytes_get_size(content), &error)) {
                g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
                refused++;
            }
        }
    g_assert_cmpuint(refused, >=, 40);
    for (guint length = 0; length < stream->len; length += 1 + length / 40) {
        g_autoptr(GByteArray) copy = g_byte_array_new();
        g_autoptr(NtfsWof) wof = NULL;
        g_autoptr(GError) error = NULL;

        g_byte_array_append(copy, stream->data, length);
        if (ntfs_wof_new(NTFS_WOF_XPRESS4K, g_bytes_get_size(content), length, &wof, &error))
            g_assert_false(
                ntfs_wof_read(wof, read_array, copy, 0, got, g_bytes_get_size(content), &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    for (guint i = 0; i < stream->len; i += 7) {
        g_autoptr(NtfsWof) wof = NULL;
        const uint8_t kept = stream->data[i];

        stream->data[i] ^= (uint8_t)(1U << (i % 8));
        g_assert_true(
            ntfs_wof_new(NTFS_WOF_XPRESS4K, g_bytes_get_size(content), stream->len, &wof, NULL));
        (void)!ntfs_wof_read(wof, read_array, stream, 0, got, g_bytes_get_size(content), NULL);
        stream->data[i] = kept;
    }
}

/* As CompactOS leaves it: a sparse placeholder, the compressed stream, a reparse point. */
static void make_wof_file(const NtfsImage *image, const char *path, NtfsWofAlgorithm algorithm,
                          GBytes *content)
{
    g_autoptr(GByteArray) stream = compress(algorithm, content);
    const uint8_t reparse[16] = {1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, (uint8_t)algorithm};
    ntfs_volume *volume = ntfs_image_mount(image);
    ntfs_inode *inode = ntfs_image_inode(volume, path);
    ntfs_attr *data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);

    g_assert_cmpint(ntfs_attr_truncate(data, (s64)g_bytes_get_size(content)), ==, 0);
    ntfs_attr_close(data);
    ntfs_image_put(volume, inode, NTFS_WOF_STREAM, stream->data, stream->len);
    ntfs_image_set_reparse(inode, (guint)TAG_WOF, reparse, sizeof reparse);
    g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
    ntfs_image_unmount(volume);
}

static void test_volume(gconstpointer data)
{
    const guint algorithm = GPOINTER_TO_UINT(data);
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GBytes) content = make_content(700001);
    g_autoptr(GBytes) got = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(FsFile) file = NULL;
    uint8_t piece[2500];
    Fs *fs;

    if (image == NULL)
        return;
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/disk.sys", 0, 1);
    ntfs_fs_sync(fs);
    fs_close(fs);
    make_wof_file(image, "/disk.sys", (NtfsWofAlgorithm)algorithm, content);

    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_read_file(fs, "/disk.sys", 1000000, &got, &error));
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(got, content));
    g_assert_true(fs_file_open(fs, "/Disk.SYS", &file, &error));
    g_assert_cmpuint(fs_file_size(file), ==, 700001);
    for (guint64 offset = 0; offset + sizeof piece <= 700001; offset += 33333) {
        g_assert_true(fs_file_read(file, offset, piece, sizeof piece, &error));
        g_assert_true(memcmp(piece, (const uint8_t *)g_bytes_get_data(content, NULL) + offset,
                             sizeof piece) == 0);
    }
    g_clear_pointer(&file, fs_file_close);
    ntfs_fs_put(fs, "/disk.sys", 90000, 3);
    ntfs_fs_assert(fs, "/disk.sys", 90000, 3);
    ntfs_fs_sync(fs);
    fs_close(fs);
    ntfs_image_check(image);

    fs = ntfs_image_open(image, FALSE);
    ntfs_fs_assert(fs, "/disk.sys", 90000, 3);
    fs_close(fs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fs/ntfs/wof/algorithms", test_algorithms);
    g_test_add_func("/fs/ntfs/wof/published-vector", test_published_vector);
    g_test_add_func("/fs/ntfs/wof/large", test_large);
    g_test_add_func("/fs/ntfs/wof/reparse", test_reparse);
    g_test_add_func("/fs/ntfs/wof/hostile", test_hostile);
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ntfs/wof/volume/%s", algorithms[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_volume);
    }
    return g_test_run();
}
