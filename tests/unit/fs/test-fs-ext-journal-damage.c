/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journals that are damaged, or of a kind the driver does not replay. */
#include <ext2fs/ext2fs.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "test-fs-ext-journal-image.h"

enum { FAST_COMMIT_IMAGE_MIB = 24 };

/* In which block of the journal, and where in it, a bit falls over; see journal_image_make_dirty()
 */
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
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", JOURNAL_IMAGE_MIB, NULL);
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
    journal_image_make_dirty(image, "jo -c");
    journal_image_change(image, flip_bit, TRUE, damage);
    if (damage->ends) {
        journal_image_check(image);
        return;
    }
    before = ext_image_bytes(image);
    fs = ext_image_open(image, TRUE);
    journal_image_assert_state(fs, TRUE, FALSE);
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
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", JOURNAL_IMAGE_MIB, NULL);

    if (image == NULL) {
        return;
    }
    journal_image_make_dirty(image, "jo -c");
    journal_image_change(image, spoil_superblock, strcmp(bad->name, "checksum") != 0, bad);
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
    } rows[] = {{JOURNAL_UNCOMMITTED, TRUE},
                {JOURNAL_UNCOMMITTED - 1, FALSE},
                {1, FALSE},
                {JOURNAL_UNCOMMITTED + 1, FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ExtImage) image =
            ext_image_new("-t ext4 -b 1024 -J size=8 -O fast_commit", FAST_COMMIT_IMAGE_MIB, NULL);

        if (image == NULL) {
            return;
        }
        journal_image_make_dirty(image, "jo -c");
        journal_image_change(image, put_fast_commit, TRUE, GUINT_TO_POINTER(rows[i].transaction));
        if (rows[i].pending) {
            assert_open_fails(image, DRYDOCK_ERROR_UNSUPPORTED);
        } else {
            journal_image_replay(image);
            ext_image_check(image);
        }
    }
}

static void test_external(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", JOURNAL_IMAGE_MIB, NULL);
    g_autofree char *output = NULL;

    if (image != NULL) {
        output = ext_image_debugfs(image, "ssv journal_inum 0\nssv journal_dev 0x811\n"
                                          "feature needs_recovery\n");
        assert_open_fails(image, DRYDOCK_ERROR_UNSUPPORTED);
    }
}

/* What the superblock had recorded about errors survives, and forbids writing. */
static void test_recorded_errors(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4", JOURNAL_IMAGE_MIB, NULL);
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    g_autofree char *after = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    journal_image_make_dirty(image, "jo -c");
    output = ext_image_debugfs(image, "ssv state 3\nssv error_count 7\nssv first_error_line 42\n");
    fs = ext_image_open(image, TRUE);
    journal_image_assert_state(fs, TRUE, TRUE);
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
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 4096", JOURNAL_IMAGE_MIB, NULL);
    g_autoptr(ExtImage) damaged = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    journal_image_make_dirty(image, "jo");
    journal_image_change(image, add_old_checksums, FALSE, NULL);
    damaged = ext_image_copy(image);
    journal_image_check(image);
    journal_image_change(damaged, flip_bit, FALSE, &wrong);
    fs = ext_image_open(damaged, TRUE);
    journal_image_assert_state(fs, TRUE, FALSE);
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
    journal_image_assert_state(fs, TRUE, FALSE);
    g_assert_true(fs_list(fs, "/", &entries, &error));
}

static void add_rows(void)
{
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
    g_test_add_func("/fs/ext/journal-old-checksums", test_old_checksums);
    g_test_add_func("/fs/ext/journal-fast-commit", test_fast_commit);
    g_test_add_func("/fs/ext/journal-external", test_external);
    g_test_add_func("/fs/ext/journal-errors", test_recorded_errors);
    g_test_add_func("/fs/ext/journal-testdata/corrupt", test_testdata_corrupt);
    return g_test_run();
}
