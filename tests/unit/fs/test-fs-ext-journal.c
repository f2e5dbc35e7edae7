/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journals that need recovery, made by debugfs and replayed by it, by e2fsck and by the driver. */
#include <ext2fs/ext2fs.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "test-fs-ext-image.h"

enum {
    IMAGE_MIB = 12,
    FAST_COMMIT_IMAGE_MIB = 24,
    SUPERBLOCK = 1024,
    JOURNAL_MAGIC = (int)0xC03B3998
};

typedef struct {
    const char *name;
    const char *options;
    const char *open; /* debugfs command that opens the journal */
    guint size_mib;   /* 0: IMAGE_MIB */
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
    return ext_image_new(variant->options, variant->size_mib > 0 ? variant->size_mib : IMAGE_MIB,
                         NULL);
}

static guint block_size_of(const ExtImage *image)
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
    return (guint)(start / block_size_of(image));
}

static char *put_blocks(const ExtImage *image, const char *name, guint count, guint seed,
                        gboolean escaped)
{
    gsize size = (gsize)count * block_size_of(image);
    g_autoptr(GBytes) content = ext_content(size, seed);
    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(content, NULL), size);

    if (escaped) {
        put_be32(copy, (uint32_t)JOURNAL_MAGIC);
    }
    return ext_image_put(image, name, copy, size);
}

/* Transactions: blocks written twice, revoked, revoked and written again, blocks that look like the
   journal's own, and a last one that was never committed. In the journal lie 1: descriptor, 2-5:
   data, 6: commit, 7: revokes, 8: commit, 9: descriptor, 10-11: data, 12: commit, 13: descriptor,
   14: data, 15: commit, 16: revokes, 17: commit, 18: descriptor, 19-21: data, 22: commit, 23:
   descriptor, 24: data. */
enum { UNCOMMITTED = 7 };

static void make_dirty(const ExtImage *image, const char *open)
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

static void assert_same(const ExtImage *image, const ExtImage *reference)
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

static void assert_state(Fs *fs, gboolean dirty, gboolean replayed)
{
    g_autoptr(GError) error = NULL;
    FsState state;

    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_cmpint(state.dirty, ==, dirty);
    g_assert_cmpint(state.journal_replayed, ==, replayed);
}

static void replay_by_driver(const ExtImage *image)
{
    g_autoptr(Fs) fs = ext_image_open(image, TRUE);

    assert_state(fs, TRUE, TRUE);
    ext_fs_sync(fs);
}

static void check_against_references(const ExtImage *image)
{
    g_autoptr(ExtImage) reference = ext_image_copy(image);
    g_autofree char *output = ext_image_debugfs(reference, "jr\n");
    g_autoptr(Fs) fs = NULL;

    replay_by_driver(image);
    assert_same(image, reference);
    ext_image_check(image);
    fs = ext_image_open(image, TRUE);
    assert_state(fs, FALSE, FALSE);
    /* And it can be written. */
    ext_fs_put(fs, "/after", 100000, 9);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ext_image_check(image);
}

static void test_replay(gconstpointer data)
{
    const JournalVariant *variant = data;
    g_autoptr(ExtImage) image = new_image(variant);

    if (image != NULL) {
        make_dirty(image, variant->open);
        check_against_references(image);
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

    size = block_size_of(image);
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
    assert_state(fs, TRUE, TRUE);
    ext_fs_assert(fs, "/made of journal", 50000, 7);
    g_clear_pointer(&fs, fs_close);
    new_bytes = (g_bytes_unref(new_bytes), ext_image_bytes(image));
    g_assert_true(g_bytes_equal(old_bytes, new_bytes));

    replay_by_driver(image);
    ext_image_check(image);
    fs = ext_image_open(image, FALSE);
    ext_fs_assert(fs, "/made of journal", 50000, 7);
}

/* Nothing of the replay reaches an image whose cache is dropped. */
static void test_discard(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", IMAGE_MIB, NULL);
    g_autoptr(GBytes) before = NULL;
    g_autoptr(GBytes) after = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = NULL;
    g_autoptr(Disk) cache = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    make_dirty(image, "jo -c");
    before = ext_image_bytes(image);
    disk = ext_image_disk(image, TRUE);
    cache = disk_new_cache(disk, 64 * 1024 * 1024);
    g_assert_true(fs_open(cache, "ext4", &fs, &error));
    assert_state(fs, TRUE, TRUE);
    g_clear_pointer(&fs, fs_close);
    g_clear_pointer(&cache, disk_unref);
    after = ext_image_bytes(image);
    g_assert_true(g_bytes_equal(before, after));
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

typedef void (*ChangeJournal)(uint8_t *journal, guint block_size, gconstpointer data);

/* Takes the journal out of the image, has it changed, and puts it back with a right checksum. */
static void change_journal(const ExtImage *image, ChangeJournal change, gboolean set_checksum,
                           gconstpointer data)
{
    g_autoptr(GArray) first = journal_map(image, 1);
    gsize size = block_size_of(image);
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
        g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", IMAGE_MIB, NULL);

        if (image == NULL) {
            return;
        }
        make_dirty(image, "jo -c");
        change_journal(image, turn_ring, TRUE, GUINT_TO_POINTER(before_end));
        check_against_references(image);
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
        g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 1024", IMAGE_MIB, NULL);

        if (image == NULL) {
            return;
        }
        change_journal(image, set_sequence, TRUE, GUINT_TO_POINTER(sequences[i]));
        make_dirty(image, "jo -c");
        check_against_references(image);
    }
}

/* In which block of the journal, and where in it, a bit falls over; see make_dirty(). */
typedef struct {
    const char *name;
    guint block, offset;
    gboolean ends; /* the log is taken to end there */
} Damage;

static const Damage damages[] = {
    {"data", 2, 17, FALSE},          {"commit", 6, 40, FALSE},     {"descriptor", 1, 2000, FALSE},
    {"later-commit", 12, 20, FALSE}, {"revokes", 7, 18, FALSE},    {"uncommitted", 24, 20, TRUE},
    {"magic", 1, 0, TRUE},           {"later-magic", 12, 0, TRUE},
};

static void flip_bit(uint8_t *journal, guint block_size, gconstpointer data)
{
    const Damage *damage = data;

    journal[damage->block * block_size + damage->offset] ^= 1;
}

/* A damaged log is read as far as it goes, and nothing is written. */
static void test_damage(gconstpointer data)
{
    const Damage *damage = data;
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", IMAGE_MIB, NULL);
    g_autoptr(GBytes) before = NULL;
    g_autoptr(GBytes) after = NULL;
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    g_autoptr(GArray) extents = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;
    gboolean found;

    if (image == NULL) {
        return;
    }
    make_dirty(image, "jo -c");
    change_journal(image, flip_bit, TRUE, damage);
    if (damage->ends) {
        check_against_references(image);
        return;
    }
    before = ext_image_bytes(image);
    fs = ext_image_open(image, TRUE);
    assert_state(fs, TRUE, FALSE);
    g_assert_true(fs_stat(fs, "/lost+found", &found, NULL, &error) && found);
    g_assert_false(fs_write_file(fs, "/new", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_clear_error(&error);
    g_assert_false(fs_free_extents(fs, &extents, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_clear_error(&error);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    after = ext_image_bytes(image);
    g_assert_true(g_bytes_equal(before, after));
}

typedef struct {
    const char *name;
    guint offset; /* in the journal's superblock */
    guint32 value;
    DrydockError code;
} BadSuperblock;

static const BadSuperblock bad_superblocks[] = {
    {"magic", 0x00, 0x12345678, DRYDOCK_ERROR_CORRUPT},
    {"type", 0x04, 1, DRYDOCK_ERROR_CORRUPT},
    {"block-size", 0x0C, 512, DRYDOCK_ERROR_CORRUPT},
    {"too-long", 0x10, 0x7FFFFFFF, DRYDOCK_ERROR_CORRUPT},
    {"first", 0x14, 0, DRYDOCK_ERROR_CORRUPT},
    {"start", 0x1C, 0x7FFFFFFF, DRYDOCK_ERROR_CORRUPT},
    {"feature", 0x28, 0x1000, DRYDOCK_ERROR_UNSUPPORTED},
    {"two-checksums", 0x28, 0x1A, DRYDOCK_ERROR_CORRUPT},
    {"checksum", 0x60, 1, DRYDOCK_ERROR_CORRUPT},
};

static void spoil_superblock(uint8_t *journal, guint block_size, gconstpointer data)
{
    const BadSuperblock *bad = data;

    (void)block_size;
    put_be32(journal + bad->offset, bad->value);
}

static void assert_open_fails(const ExtImage *image, DrydockError code)
{
    g_autoptr(Disk) disk = ext_image_disk(image, TRUE);
    g_autoptr(GError) error = NULL;
    Fs *fs = NULL;

    g_assert_false(fs_open(disk, "ext4", &fs, &error));
    g_assert_error(error, DRYDOCK_ERROR, (int)code);
    g_test_message("%s", error->message);
    g_assert_cmpint(code == DRYDOCK_ERROR_UNSUPPORTED, ==, drydock_error_get_hint(error) != NULL);
}

static void test_bad_superblock(gconstpointer data)
{
    const BadSuperblock *bad = data;
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", IMAGE_MIB, NULL);

    if (image == NULL) {
        return;
    }
    make_dirty(image, "jo -c");
    change_journal(image, spoil_superblock, strcmp(bad->name, "checksum") != 0, bad);
    assert_open_fails(image, bad->code);
}

/* The first block of the fast commit area: a head (tag 9) with the number of the transaction it
   belongs to. */
static void put_fast_commit(uint8_t *journal, guint block_size, gconstpointer data)
{
    guint length = get_be32(journal + 0x10);
    guint area = get_be32(journal + 0x54);
    uint8_t *block;

    g_assert_cmpuint(area, >, 0);
    put_be32(journal + 0x28, get_be32(journal + 0x28) | 0x20);
    block = journal + (gsize)(length - area + 1) * block_size;
    put_le16(block, 9);
    put_le16(block + 2, 8);
    put_le32(block + 4, 0);
    put_le32(block + 8, GPOINTER_TO_UINT(data));
}

static void test_fast_commit(void)
{
    static const struct {
        guint transaction;
        gboolean pending;
    } rows[] = {
        {UNCOMMITTED, TRUE}, {UNCOMMITTED - 1, FALSE}, {1, FALSE}, {UNCOMMITTED + 1, FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ExtImage) image =
            ext_image_new("-t ext4 -b 1024 -J size=8 -O fast_commit", FAST_COMMIT_IMAGE_MIB, NULL);

        if (image == NULL) {
            return;
        }
        make_dirty(image, "jo -c");
        change_journal(image, put_fast_commit, TRUE, GUINT_TO_POINTER(rows[i].transaction));
        if (rows[i].pending) {
            assert_open_fails(image, DRYDOCK_ERROR_UNSUPPORTED);
        } else {
            replay_by_driver(image);
            ext_image_check(image);
        }
    }
}

static void test_external(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", IMAGE_MIB, NULL);
    g_autofree char *output = NULL;

    if (image != NULL) {
        output = ext_image_debugfs(image, "ssv journal_inum 0\nssv journal_dev 0x811\n"
                                          "feature needs_recovery\n");
        assert_open_fails(image, DRYDOCK_ERROR_UNSUPPORTED);
    }
}

/* The flag without a log, as a machine leaves it that was stopped while idle. */
static void test_empty_log(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", IMAGE_MIB, NULL);
    g_autofree char *output = NULL;

    if (image != NULL) {
        output = ext_image_debugfs(image, "feature needs_recovery\n");
        replay_by_driver(image);
        ext_image_check(image);
    }
}

/* What the superblock had recorded about errors survives, and forbids writing. */
static void test_recorded_errors(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", IMAGE_MIB, NULL);
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    g_autofree char *after = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    make_dirty(image, "jo -c");
    output = ext_image_debugfs(image, "ssv state 3\nssv error_count 7\nssv first_error_line 42\n");
    fs = ext_image_open(image, TRUE);
    assert_state(fs, TRUE, TRUE);
    g_assert_false(fs_write_file(fs, "/new", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    after = ext_image_debugfs(image, "stats\n");
    g_assert_nonnull(strstr(after, "FS Error count:           7"));
    g_assert_nonnull(strstr(after, "clean with errors"));
    g_assert_null(strstr(after, "needs_recovery"));
}

/* The checksums of the first ext4 volumes: one CRC-32 in each commit block, over the descriptors
   and the data of its transaction. Nothing makes them today. */
static void add_old_checksums(uint8_t *journal, guint block_size, gconstpointer data)
{
    static const struct {
        guint first, commit;
        gboolean has_data;
    } transactions[] = {{1, 6, TRUE},   {7, 8, FALSE},   {9, 12, TRUE},
                        {13, 15, TRUE}, {16, 17, FALSE}, {18, 22, TRUE}};

    (void)data;
    for (gsize i = 0; i < G_N_ELEMENTS(transactions); i++) {
        uint8_t *commit = journal + transactions[i].commit * block_size;
        guint32 crc = G_MAXUINT32;

        for (guint j = transactions[i].first;
             transactions[i].has_data && j < transactions[i].commit; j++) {
            crc = ext2fs_crc32_be(crc, journal + j * block_size, block_size);
        }
        commit[12] = 1;
        commit[13] = 4;
        put_be32(commit + 16, crc);
    }
    put_be32(journal + 0x24, get_be32(journal + 0x24) | 1);
}

static void test_old_checksums(void)
{
    static const Damage wrong = {"data", 10, 100, FALSE};
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", IMAGE_MIB, NULL);
    g_autoptr(ExtImage) damaged = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    make_dirty(image, "jo");
    change_journal(image, add_old_checksums, FALSE, NULL);
    damaged = ext_image_copy(image);
    check_against_references(image);
    change_journal(damaged, flip_bit, FALSE, &wrong);
    fs = ext_image_open(damaged, TRUE);
    assert_state(fs, TRUE, FALSE);
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
    replay_by_driver(image);
    assert_same(image, reference);
}

static void test_testdata_corrupt(void)
{
    g_autoptr(ExtImage) image =
        ext_image_from_testdata("e2fsprogs-j_corrupt_journal_block-image.gz");
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    fs = ext_image_open(image, TRUE);
    assert_state(fs, TRUE, FALSE);
    g_assert_true(fs_list(fs, "/", &entries, &error));
}

static void add_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *replay = g_strdup_printf("/fs/ext/journal/%s", variants[i].name);
        g_autofree char *real = g_strdup_printf("/fs/ext/journal-real/%s", variants[i].name);

        g_test_add_data_func(replay, &variants[i], test_replay);
        g_test_add_data_func(real, &variants[i], test_real_change);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ext/journal-damage/%s", damages[i].name);

        g_test_add_data_func(path, &damages[i], test_damage);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_superblocks); i++) {
        g_autofree char *path =
            g_strdup_printf("/fs/ext/journal-superblock/%s", bad_superblocks[i].name);

        g_test_add_data_func(path, &bad_superblocks[i], test_bad_superblock);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_rows();
    g_test_add_func("/fs/ext/journal-discard", test_discard);
    g_test_add_func("/fs/ext/journal-ring", test_ring);
    g_test_add_func("/fs/ext/journal-sequence", test_sequence);
    g_test_add_func("/fs/ext/journal-old-checksums", test_old_checksums);
    g_test_add_func("/fs/ext/journal-fast-commit", test_fast_commit);
    g_test_add_func("/fs/ext/journal-external", test_external);
    g_test_add_func("/fs/ext/journal-empty", test_empty_log);
    g_test_add_func("/fs/ext/journal-errors", test_recorded_errors);
    g_test_add_data_func("/fs/ext/journal-testdata/32-bit",
                         "e2fsprogs-j_recover_csum2_32bit-image.bz2", test_testdata);
    g_test_add_data_func("/fs/ext/journal-testdata/64-bit",
                         "e2fsprogs-j_recover_csum2_64bit-image.bz2", test_testdata);
    g_test_add_func("/fs/ext/journal-testdata/corrupt", test_testdata_corrupt);
    return g_test_run();
}
