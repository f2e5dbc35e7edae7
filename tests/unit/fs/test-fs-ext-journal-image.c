/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debugfs writes journals, reads them for comparison, and knows where their blocks are. */
#include "test-fs-ext-journal-image.h"

#include <ext2fs/ext2fs.h>
#include <string.h>

#include "base/bytes.h"

enum {
    SUPERBLOCK = 1024,
    JOURNAL_MAGIC = (int)0xC03B3998,
};

guint journal_image_block_size(const ExtImage *image)
{
    g_autoptr(GBytes) bytes = ext_image_bytes(image);
    const uint8_t *content = g_bytes_get_data(bytes, NULL);

    return 1024U << get_le32(content + SUPERBLOCK + 0x18);
}

/* Blocks nobody uses, so that e2fsck does not mind what a journal writes there. */
static guint free_block(const ExtImage *image)
{
    g_autoptr(Fs) fs = ext_image_open(image, FALSE);
    g_autoptr(GArray) extents = NULL;
    g_autoptr(GError) error = NULL;
    uint64_t start = 0, length = 0;

    g_assert_true(fs_free_extents(fs, &extents, &error));
    for (guint i = 0; i < extents->len; i++) {
        const FsExtent *extent = &g_array_index(extents, FsExtent, i);

        if (extent->length_bytes > length) {
            start = extent->start_bytes;
            length = extent->length_bytes;
        }
    }
    g_assert_cmpuint(length, >, 64 * 4096);
    return (guint)(start / journal_image_block_size(image));
}

static char *put_blocks(const ExtImage *image, const char *name, guint count, guint seed,
                        gboolean escaped)
{
    gsize size = (gsize)count * journal_image_block_size(image);
    g_autoptr(GBytes) content = ext_content(size, seed);
    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(content, NULL), size);

    if (escaped) {
        put_be32(copy, (uint32_t)JOURNAL_MAGIC);
    }
    return ext_image_put(image, name, copy, size);
}

void journal_image_make_dirty(const ExtImage *image, const char *open)
{
    guint b = free_block(image);
    g_autofree char *one = put_blocks(image, "one", 4, 1, FALSE);
    g_autofree char *three = put_blocks(image, "three", 2, 2, TRUE);
    g_autofree char *four = put_blocks(image, "four", 1, 3, FALSE);
    g_autofree char *six = put_blocks(image, "six", 3, 4, TRUE);
    g_autofree char *script = g_strdup_printf(
        "%s\njw -b %u,%u,%u,%u %s\njw -r %u,%u\njw -b %u,%u %s\njw -b %u %s\njw -r %u\n"
        "jw -b %u,%u,%u %s\njw -b %u -c %s\njc\n",
        open, b, b + 1, b + 2, b + 3, one, b + 1, b + 2, b, b + 4, three, b + 2, four, b + 3, b + 5,
        b + 6, b + 7, six, b + 8, four);
    g_autofree char *output = ext_image_debugfs(image, script);
    g_autofree char *log = ext_image_debugfs(image, "logdump -a\n");

    g_assert_nonnull(strstr(log, "type 1 (descriptor block) at block 23"));
}

/* The primary superblock's times, counters of writes and its checksum are the program's own. */
static void mask_superblock(uint8_t *image)
{
    static const struct {
        gsize offset, length;
    } own[] = {{0x2C, 8}, {0x40, 4}, {0x178, 8}, {0x274, 4}, {0x3FC, 4}};

    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        memset(image + SUPERBLOCK + own[i].offset, 0, own[i].length);
    }
}

void journal_image_assert_same(const ExtImage *image, const ExtImage *reference)
{
    g_autoptr(GBytes) first = ext_image_bytes(image);
    g_autoptr(GBytes) second = ext_image_bytes(reference);
    gsize size = g_bytes_get_size(first);
    g_autofree uint8_t *a = g_memdup2(g_bytes_get_data(first, NULL), size);
    g_autofree uint8_t *b = g_memdup2(g_bytes_get_data(second, NULL), size);

    g_assert_cmpuint(size, ==, g_bytes_get_size(second));
    mask_superblock(a);
    mask_superblock(b);
    if (memcmp(a, b, size) == 0) {
        return;
    }
    for (gsize i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            g_test_message("byte 0x%zx: 0x%02x, reference 0x%02x", i, a[i], b[i]);
            g_test_fail();
            return;
        }
    }
}

void journal_image_assert_state(Fs *fs, gboolean dirty, gboolean replayed)
{
    g_autoptr(GError) error = NULL;
    FsState state;

    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_cmpint(state.dirty, ==, dirty);
    g_assert_cmpint(state.journal_replayed, ==, replayed);
}

void journal_image_replay(const ExtImage *image)
{
    g_autoptr(Fs) fs = ext_image_open(image, TRUE);

    journal_image_assert_state(fs, TRUE, TRUE);
    ext_fs_sync(fs);
}

void journal_image_check(const ExtImage *image)
{
    g_autoptr(ExtImage) reference = ext_image_copy(image);
    g_autofree char *output = ext_image_debugfs(reference, "jr\n");
    g_autoptr(Fs) fs = NULL;

    journal_image_replay(image);
    journal_image_assert_same(image, reference);
    ext_image_check(image);
    fs = ext_image_open(image, TRUE);
    journal_image_assert_state(fs, FALSE, FALSE);
    /* And it can be written. */
    ext_fs_put(fs, "/after", 100000, 9);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ext_image_check(image);
}

/* The number of the block of the image that holds each block of the journal. */
static GArray *journal_map(const ExtImage *image, guint count)
{
    GArray *map = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GString) script = g_string_new(NULL);
    g_autofree char *output = NULL;
    g_auto(GStrv) lines = NULL;

    for (guint i = 0; i < count; i++) {
        g_string_append_printf(script, "bmap <8> %u\n", i);
    }
    output = ext_image_debugfs(image, script->str);
    lines = g_strsplit(output, "\n", -1);
    for (gsize i = 0; lines[i] != NULL; i++) {
        if (g_ascii_isdigit(lines[i][0])) {
            guint block = (guint)g_ascii_strtoull(lines[i], NULL, 10);

            g_array_append_val(map, block);
        }
    }
    g_assert_cmpuint(map->len, ==, count);
    return map;
}

void journal_image_change(const ExtImage *image, JournalChange change, gboolean set_checksum,
                          gconstpointer data)
{
    g_autoptr(GArray) first = journal_map(image, 1);
    gsize size = journal_image_block_size(image);
    g_autoptr(GBytes) bytes = ext_image_bytes(image);
    gsize image_size = g_bytes_get_size(bytes);
    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(bytes, NULL), image_size);
    guint count = get_be32(copy + g_array_index(first, guint, 0) * size + 0x10);
    g_autofree uint8_t *journal = g_malloc(count * size);
    g_autoptr(GArray) map = journal_map(image, count);

    for (guint i = 0; i < count; i++) {
        memcpy(journal + i * size, copy + g_array_index(map, guint, i) * size, size);
    }
    g_assert_cmpuint(get_be32(journal), ==, (uint32_t)JOURNAL_MAGIC);
    change(journal, (guint)size, data);
    if (set_checksum && (get_be32(journal + 0x28) & 0x18) != 0) {
        put_be32(journal + 0xFC, 0);
        put_be32(journal + 0xFC, ext2fs_crc32c_le(G_MAXUINT32, journal, 1024));
    }
    for (guint i = 0; i < count; i++) {
        memcpy(copy + g_array_index(map, guint, i) * size, journal + i * size, size);
    }
    ext_image_set_bytes(image, copy, image_size);
}
