/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journals that need recovery, made by debugfs and replayed by it, by e2fsck and by the driver. */
#include <string.h>

#include "base/bytes.h"
#include "test-fs-ext-journal-image.h"

enum {
    FAST_COMMIT_IMAGE_MIB = 24,
    SUPERBLOCK = 1024,
};

typedef struct {
    const char *name;
    const char *options;
    const char *open; /* debugfs command that opens the journal */
    guint size_mib;   /* 0: JOURNAL_IMAGE_MIB */
} JournalVariant;

static const JournalVariant variants[] = {
    {"ext3", "-t ext3 -b 4096", "jo", 0},
    {"ext3-1k", "-t ext3 -b 1024", "jo", 0},
    {"ext4-none", "-t ext4 -b 4096", "jo", 0},
    {"ext4-v3", "-t ext4 -b 4096", "jo -c", 0},
    {"ext4-v2", "-t ext4 -b 4096", "jo -c -v 2", 0},
    {"ext4-v3-1k", "-t ext4 -b 1024", "jo -c", 0},
    {"ext4-v2-1k", "-t ext4 -b 1024", "jo -c -v 2", 0},
    {"ext4-32-bit", "-t ext4 -b 4096 -O ^64bit", "jo", 0},
    {"ext4-32-bit-v3", "-t ext4 -b 4096 -O ^64bit", "jo -c", 0},
    {"ext4-32-bit-v2", "-t ext4 -b 4096 -O ^64bit", "jo -c -v 2", 0},
    {"orphan-file", "-t ext4 -b 4096 -O orphan_file", "jo -c", 0},
    {"checksum-seed", "-t ext4 -b 4096 -O metadata_csum_seed", "jo -c", 0},
    {"inline-data", "-t ext4 -b 4096 -O inline_data", "jo -c", 0},
    {"bigalloc", "-t ext4 -b 4096 -O bigalloc -C 16384", "jo -c", 0},
    {"fast-commit", "-t ext4 -b 1024 -J size=8 -O fast_commit", "jo -c", FAST_COMMIT_IMAGE_MIB},
};

static ExtImage *new_image(const JournalVariant *variant)
{
    return ext_image_new(variant->options,
                         variant->size_mib > 0 ? variant->size_mib : JOURNAL_IMAGE_MIB, NULL);
}

static void test_replay(gconstpointer data)
{
    const JournalVariant *variant = data;
    g_autoptr(ExtImage) image = new_image(variant);

    if (image != NULL) {
        journal_image_make_dirty(image, variant->open);
        journal_image_check(image);
    }
}

/* The very changes a program made, once more as a transaction. */
static void test_real_change(gconstpointer data)
{
    const JournalVariant *variant = data;
    g_autoptr(ExtImage) image = new_image(variant);
    g_autoptr(GString) blocks = g_string_new("jw -b ");
    g_autoptr(GByteArray) changed = g_byte_array_new();
    g_autoptr(ExtImage) after = NULL;
    g_autoptr(GBytes) old_bytes = NULL;
    g_autoptr(GBytes) new_bytes = NULL;
    g_autofree char *output = NULL;
    guint size, count;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    after = ext_image_copy(image);
    fs = ext_image_open(after, TRUE);
    ext_fs_put(fs, "/made of journal", 50000, 7);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);

    size = journal_image_block_size(image);
    old_bytes = ext_image_bytes(image);
    new_bytes = ext_image_bytes(after);
    count = (guint)(g_bytes_get_size(old_bytes) / size);
    for (guint i = SUPERBLOCK / size + 1; i < count; i++) {
        const uint8_t *before = (const uint8_t *)g_bytes_get_data(old_bytes, NULL) + i * size;
        const uint8_t *now = (const uint8_t *)g_bytes_get_data(new_bytes, NULL) + i * size;

        if (memcmp(before, now, size) != 0) {
            g_string_append_printf(blocks, "%s%u", changed->len > 0 ? "," : "", i);
            g_byte_array_append(changed, now, size);
        }
    }
    g_autofree char *path = ext_image_put(image, "changed", changed->data, changed->len);
    g_autofree char *script = g_strdup_printf("%s\n%s %s\njc\n", variant->open, blocks->str, path);
    output = ext_image_debugfs(image, script);

    /* First without being allowed to write. */
    old_bytes = (g_bytes_unref(old_bytes), ext_image_bytes(image));
    fs = ext_image_open(image, FALSE);
    journal_image_assert_state(fs, TRUE, TRUE);
    ext_fs_assert(fs, "/made of journal", 50000, 7);
    g_clear_pointer(&fs, fs_close);
    new_bytes = (g_bytes_unref(new_bytes), ext_image_bytes(image));
    g_assert_true(g_bytes_equal(old_bytes, new_bytes));

    journal_image_replay(image);
    ext_image_check(image);
    fs = ext_image_open(image, FALSE);
    ext_fs_assert(fs, "/made of journal", 50000, 7);
}

/* Nothing of the replay reaches an image whose cache is dropped. */
static void test_discard(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", JOURNAL_IMAGE_MIB, NULL);
    g_autoptr(GBytes) before = NULL;
    g_autoptr(GBytes) after = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = NULL;
    g_autoptr(Disk) cache = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    journal_image_make_dirty(image, "jo -c");
    before = ext_image_bytes(image);
    disk = ext_image_disk(image, TRUE);
    cache = disk_new_cache(disk, 64 * 1024 * 1024);
    g_assert_true(fs_open(cache, "ext4", &fs, &error));
    journal_image_assert_state(fs, TRUE, TRUE);
    g_clear_pointer(&fs, fs_close);
    g_clear_pointer(&cache, disk_unref);
    after = ext_image_bytes(image);
    g_assert_true(g_bytes_equal(before, after));
}

/* Turns the ring so that the log begins near its end and goes on at its beginning. */
static void turn_ring(uint8_t *journal, guint block_size, gconstpointer data)
{
    gsize blocks = get_be32(journal + 0x10) - 1;
    gsize shift = blocks - GPOINTER_TO_UINT(data);
    uint8_t *ring = journal + block_size;
    g_autofree uint8_t *copy = g_memdup2(ring, blocks * block_size);

    g_assert_cmpuint(get_be32(journal + 0x14), ==, 1);
    g_assert_cmpuint(get_be32(journal + 0x1C), ==, 1);
    for (gsize i = 0; i < blocks; i++) {
        memcpy(ring + (i + shift) % blocks * block_size, copy + i * block_size, block_size);
    }
    put_be32(journal + 0x1C, (uint32_t)(1 + shift));
}

static void test_ring(void)
{
    for (guint before_end = 1; before_end < 25; before_end += 5) {
        g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", JOURNAL_IMAGE_MIB, NULL);

        if (image == NULL) {
            return;
        }
        journal_image_make_dirty(image, "jo -c");
        journal_image_change(image, turn_ring, TRUE, GUINT_TO_POINTER(before_end));
        journal_image_check(image);
    }
}

static void set_sequence(uint8_t *journal, guint block_size, gconstpointer data)
{
    (void)block_size;
    put_be32(journal + 0x18, GPOINTER_TO_UINT(data));
}

/* Transaction numbers wrap as well. */
static void test_sequence(void)
{
    static const guint32 sequences[] = {0xFFFFFFFC, 0xFFFFFFFF, 0x7FFFFFFE, 0};

    for (gsize i = 0; i < G_N_ELEMENTS(sequences); i++) {
        g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 1024", JOURNAL_IMAGE_MIB, NULL);

        if (image == NULL) {
            return;
        }
        journal_image_change(image, set_sequence, TRUE, GUINT_TO_POINTER(sequences[i]));
        journal_image_make_dirty(image, "jo -c");
        journal_image_check(image);
    }
}

/* The flag without a log, as a machine leaves it that was stopped while idle. */
static void test_empty_log(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", JOURNAL_IMAGE_MIB, NULL);
    g_autofree char *output = NULL;

    if (image != NULL) {
        output = ext_image_debugfs(image, "feature needs_recovery\n");
        journal_image_replay(image);
        ext_image_check(image);
    }
}

/* e2fsprogs' own images of its tests. */
static void test_testdata(gconstpointer data)
{
    const char *name = data;
    g_autoptr(ExtImage) image = ext_image_from_testdata(name);
    g_autoptr(ExtImage) reference = NULL;
    g_autofree char *output = NULL;

    if (image == NULL) {
        return;
    }
    reference = ext_image_copy(image);
    output = ext_image_debugfs(reference, "jr\n");
    journal_image_replay(image);
    journal_image_assert_same(image, reference);
}

static void add_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *replay = g_strdup_printf("/fs/ext/journal/%s", variants[i].name);
        g_autofree char *real = g_strdup_printf("/fs/ext/journal-real/%s", variants[i].name);

        g_test_add_data_func(replay, &variants[i], test_replay);
        g_test_add_data_func(real, &variants[i], test_real_change);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_rows();
    g_test_add_func("/fs/ext/journal-discard", test_discard);
    g_test_add_func("/fs/ext/journal-ring", test_ring);
    g_test_add_func("/fs/ext/journal-sequence", test_sequence);
    g_test_add_func("/fs/ext/journal-empty", test_empty_log);
    g_test_add_data_func("/fs/ext/journal-testdata/32-bit",
                         "e2fsprogs-j_recover_csum2_32bit-image.bz2", test_testdata);
    g_test_add_data_func("/fs/ext/journal-testdata/64-bit",
                         "e2fsprogs-j_recover_csum2_64bit-image.bz2", test_testdata);
    return g_test_run();
}
