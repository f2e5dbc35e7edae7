/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states that Windows leaves a volume in: each is reported, and decides whether we may write.
 */
#include "test-fs-ntfs-image.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_log.h"

enum { PAGE_BYTES = 4096, LOG_BYTES = 2 * PAGE_BYTES, CLEAN = 2, DIRTY = 0, NO_CLIENT = 0xffff };

/* A restart page as Windows writes it, its sectors protected by the update sequence. */
static void make_page(uint8_t *page, const char *magic, guint major, guint client, guint flags,
                      guint64 lsn)
{
    memset(page, 0, PAGE_BYTES);
    memcpy(page, magic, 4);
    put_le16(page + 4, 30);
    put_le16(page + 6, PAGE_BYTES / 512 + 1);
    put_le32(page + 16, PAGE_BYTES);
    put_le32(page + 20, PAGE_BYTES);
    put_le16(page + 24, 48);
    put_le16(page + 26, (uint16_t)(major == 1));
    put_le16(page + 28, (uint16_t)major);
    put_le64(page + 48, lsn);
    put_le16(page + 48 + 10, 0);
    put_le16(page + 48 + 12, (uint16_t)client);
    put_le16(page + 48 + 14, (uint16_t)flags);
    put_le16(page + 30, 0x1234);
    for (guint end = 512; end <= PAGE_BYTES; end += 512) {
        put_le16(page + end - 2, 0x1234);
    }
}

typedef struct {
    const char *name;
    const char *magic;
    guint major;
    guint client, flags;
    guint64 lsn[2]; /* of the first and second page */
    guint second_flags;
    guint damaged; /* 1: the first page is torn, 2: the second too */
    gboolean clean, version_2;
} LogRow;

static const LogRow log_rows[] = {
    {"1.1-clean", "RSTR", 1, 0, CLEAN, {2, 1}, CLEAN, 0, TRUE, FALSE},
    {"1.1-dirty", "RSTR", 1, 0, DIRTY, {2, 1}, DIRTY, 0, FALSE, FALSE},
    {"1.1-no-client", "RSTR", 1, NO_CLIENT, DIRTY, {2, 1}, DIRTY, 0, TRUE, FALSE},
    {"1.1-second-newer", "RSTR", 1, 0, CLEAN, {1, 2}, DIRTY, 0, FALSE, FALSE},
    {"1.1-second-older", "RSTR", 1, 0, CLEAN, {2, 1}, DIRTY, 0, TRUE, FALSE},
    {"1.1-first-torn", "RSTR", 1, 0, CLEAN, {2, 1}, DIRTY, 1, FALSE, FALSE},
    {"1.1-both-torn", "RSTR", 1, 0, CLEAN, {2, 1}, CLEAN, 2, FALSE, FALSE},
    {"chkdsk-clean", "CHKD", 1, 0, CLEAN, {2, 1}, CLEAN, 0, TRUE, FALSE},
    {"2.0-clean", "RSTR", 2, 0, CLEAN, {2, 1}, CLEAN, 0, TRUE, TRUE},
    {"2.0-dirty", "RSTR", 2, 0, DIRTY, {2, 1}, DIRTY, 0, FALSE, TRUE},
    {"0-clean", "RSTR", 0, 0, CLEAN, {2, 1}, CLEAN, 0, FALSE, FALSE},
    {"unknown", "WHAT", 1, 0, CLEAN, {2, 1}, CLEAN, 0, FALSE, FALSE},
};

static void make_log(const LogRow *row, uint8_t *bytes)
{
    make_page(bytes, row->magic, row->major, row->client, row->flags, row->lsn[0]);
    make_page(bytes + PAGE_BYTES, row->magic, row->major, row->client, row->second_flags,
              row->lsn[1]);
    for (guint i = 0; i < row->damaged; i++) {
        put_le16(bytes + i * PAGE_BYTES + 1022, 0xdead);
    }
}

static void test_log(gconstpointer data)
{
    const LogRow *row = data;
    g_autofree uint8_t *bytes = g_malloc(LOG_BYTES);
    NtfsLogState state;

    make_log(row, bytes);
    ntfs_log_parse(bytes, LOG_BYTES, &state);
    g_assert_cmpint(state.clean, ==, row->clean);
    g_assert_cmpint(state.is_version_2, ==, row->version_2);
}

/* No length and no byte makes the parser look outside. */
static void test_log_hostile(void)
{
    g_autofree uint8_t *page = g_malloc(LOG_BYTES);
    NtfsLogState state;

    for (gsize length = 0; length <= LOG_BYTES; length += length < 1100 ? 1 : 97) {
        g_autofree uint8_t *copy = NULL;

        make_log(&log_rows[0], page);
        copy = g_memdup2(page, MAX(length, 1));
        ntfs_log_parse(copy, length, &state);
    }
    for (gsize at = 0; at < 128; at++) {
        static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};

        for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
            make_log(&log_rows[0], page);
            page[at] = values[i];
            ntfs_log_parse(page, LOG_BYTES, &state);
        }
    }
    memset(page, 0xff, LOG_BYTES);
    ntfs_log_parse(page, LOG_BYTES, &state);
    g_assert_true(state.clean);
    memset(page, 0, LOG_BYTES);
    ntfs_log_parse(page, LOG_BYTES, &state);
    g_assert_false(state.clean);
    ntfs_log_parse(page, 0, &state);
    g_assert_false(state.clean);
}

static void test_windows_7_log(void)
{
    g_autoptr(NtfsImage) unpacked = ntfs_image_from_testdata("LogFile_7.bin.xz");
    g_autofree char *bytes = NULL;
    gsize length;
    NtfsLogState state;

    if (unpacked == NULL) {
        return;
    }
    g_assert_true(g_file_get_contents(unpacked->path, &bytes, &length, NULL));
    ntfs_log_parse((const uint8_t *)bytes, length, &state);
    g_assert_false(state.is_version_2);
}

static void test_hiberfile(void)
{
    static const struct {
        const char *magic;
        gsize length;
        gboolean active;
    } rows[] = {{"hibr", 4096, TRUE},    {"HIBR", 4096, TRUE},   {"rstr", 4096, TRUE},
                {"RSTR", 4096, TRUE},    {"wake", 4096, FALSE},  {"WAKE", 4096, FALSE},
                {"\0\0\0", 4096, FALSE}, {"\0\0\0", 4095, TRUE}, {"hibr", 0, TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree uint8_t *bytes = g_malloc0(PAGE_BYTES);

        memcpy(bytes, rows[i].magic, 4);
        g_assert_cmpint(ntfs_hiberfile_is_active(bytes, rows[i].length), ==, rows[i].active);
    }
}

typedef struct {
    const char *name;
    const LogRow *log;     /* NULL: as mkntfs leaves it */
    const char *hiberfile; /* its magic; NULL: none */
    gsize hiberfile_bytes;
    gboolean dirty_flag;
    FsState expected;
    gboolean may_write;
} StateRow;

static const StateRow state_rows[] = {
    {.name = "fresh", .may_write = TRUE},
    {.name = "log-1.1-clean", .log = &log_rows[0], .may_write = TRUE},
    {.name = "log-1.1-dirty", .log = &log_rows[1], .expected = {.dirty = TRUE, .log_dirty = TRUE}},
    {.name = "log-2.0-clean", .log = &log_rows[8], .expected = {.fast_started = TRUE}},
    {.name = "log-2.0-dirty",
     .log = &log_rows[9],
     .expected = {.dirty = TRUE, .log_dirty = TRUE, .fast_started = TRUE}},
    {.name = "log-unknown", .log = &log_rows[11], .expected = {.dirty = TRUE, .log_dirty = TRUE}},
    {.name = "hibernated",
     .hiberfile = "hibr",
     .hiberfile_bytes = 100000,
     .expected = {.hibernated = TRUE}},
    {.name = "resuming",
     .hiberfile = "RSTR",
     .hiberfile_bytes = 4096,
     .expected = {.hibernated = TRUE}},
    {.name = "resumed", .hiberfile = "wake", .hiberfile_bytes = 8192, .may_write = TRUE},
    {.name = "short-hiberfile",
     .hiberfile = "    ",
     .hiberfile_bytes = 64,
     .expected = {.hibernated = TRUE}},
    {.name = "dirty-flag",
     .dirty_flag = TRUE,
     .expected = {.dirty = TRUE, .dirty_flag = TRUE},
     .may_write = TRUE},
    {.name = "everything",
     .log = &log_rows[9],
     .hiberfile = "HIBR",
     .hiberfile_bytes = 5000,
     .dirty_flag = TRUE,
     .expected = {.dirty = TRUE,
                  .log_dirty = TRUE,
                  .hibernated = TRUE,
                  .fast_started = TRUE,
                  .dirty_flag = TRUE}},
};

static void craft_state(const NtfsImage *image, const StateRow *row)
{
    Fs *fs = ntfs_image_open(image, TRUE);
    ntfs_volume *volume;
    ntfs_inode *inode;

    ntfs_fs_put(fs, "/file.txt", 3000, 7);
    if (row->hiberfile != NULL) {
        ntfs_fs_put(fs, "/HIBERFIL.SYS", row->hiberfile_bytes, 0);
    }
    ntfs_fs_sync(fs);
    fs_close(fs);

    volume = ntfs_image_mount(image);
    if (row->log != NULL) {
        g_autofree uint8_t *bytes = g_malloc(LOG_BYTES);

        make_log(row->log, bytes);
        inode = ntfs_inode_open(volume, FILE_LogFile);
        ntfs_image_put(volume, inode, NULL, bytes, LOG_BYTES);
        g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
    }
    if (row->hiberfile != NULL) {
        inode = ntfs_image_inode(volume, "HIBERFIL.SYS");
        ntfs_image_put(volume, inode, NULL, row->hiberfile, 4);
        g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
    }
    if (row->dirty_flag) {
        g_assert_cmpint(ntfs_volume_write_flags(volume, VOLUME_IS_DIRTY), ==, 0);
    }
    ntfs_image_unmount(volume);
}

static void assert_state(Fs *fs, const FsState *expected)
{
    g_autoptr(GError) error = NULL;
    FsState state;

    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_no_error(error);
    g_assert_cmpint(state.dirty, ==, expected->dirty);
    g_assert_cmpint(state.hibernated, ==, expected->hibernated);
    g_assert_cmpint(state.fast_started, ==, expected->fast_started);
    g_assert_cmpint(state.dirty_flag, ==, expected->dirty_flag);
    g_assert_cmpint(state.log_dirty, ==, expected->log_dirty);
    g_assert_cmpint(state.journal_replayed, ==, expected->journal_replayed);
    g_assert_cmpint(state.hibernation_discarded, ==, expected->hibernation_discarded);
    /* A log that is neither clean nor replayed says why, unless nobody tried. */
    g_assert_cmpint(state.log_refusal != NULL, ==,
                    state.log_dirty && !state.journal_replayed && !state.hibernated);
}

/* Every way to change something, on a volume that must not be changed. */
static void assert_refuses(Fs *fs)
{
    g_autoptr(GBytes) content = g_bytes_new_static("new", 3);

    for (guint i = 0; i < 4; i++) {
        g_autoptr(GError) error = NULL;
        gboolean ok;

        ok = i == 0   ? fs_write_file(fs, "/file.txt", content, NULL, &error)
             : i == 1 ? fs_write_file(fs, "/other.txt", content, NULL, &error)
             : i == 2 ? fs_make_directory(fs, "/directory", NULL, &error)
                      : fs_remove(fs, "/file.txt", &error);
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
        g_assert_nonnull(drydock_error_get_hint(error));
    }
}

static void test_state(gconstpointer data)
{
    const StateRow *row = data;
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autofree char *before = NULL, *after = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    craft_state(image, row);
    before = ntfs_image_digest(image);

    for (guint writable = 0; writable < 2; writable++) {
        fs = ntfs_image_open(image, writable != 0);
        assert_state(fs, &row->expected);
        ntfs_fs_assert(fs, "/file.txt", 3000, 7);
        if (writable != 0 && !row->may_write) {
            assert_refuses(fs);
        }
        ntfs_fs_sync(fs);
        g_clear_pointer(&fs, fs_close);
    }
    after = ntfs_image_digest(image);
    g_assert_cmpstr(before, ==, after);
    if (!row->may_write) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/file.txt", 90000, 9);
    ntfs_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    fs = ntfs_image_open(image, FALSE);
    ntfs_fs_assert(fs, "/file.txt", 90000, 9);
    assert_state(fs, &row->expected); /* the dirty flag stays */
}

static Fs *open_discarding(const NtfsImage *image)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_open_file(image->path, TRUE, image->sector_bytes, &error);
    Fs *fs = NULL;

    g_assert_no_error(error);
    g_assert_true(fs_open_with_flags(disk, "ntfs", FS_OPEN_DISCARD_HIBERNATION, &fs, &error));
    g_assert_no_error(error);
    return fs;
}

/* What is left of the image in hiberfil.sys; of a file that was only a mark, nothing. */
static void assert_dropped(Fs *fs, const StateRow *row)
{
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    const guint8 *bytes;
    gboolean found;
    gsize length;

    g_assert_true(fs_stat(fs, "/hiberfil.sys", &found, NULL, &error));
    g_assert_cmpint(found, ==, row->hiberfile_bytes >= PAGE_BYTES);
    if (!found) {
        return;
    }
    g_assert_true(fs_read_file(fs, "/hiberfil.sys", row->hiberfile_bytes, &content, &error));
    bytes = g_bytes_get_data(content, &length);
    g_assert_cmpuint(length, ==, row->hiberfile_bytes);
    for (gsize i = 0; i < PAGE_BYTES; i++) {
        g_assert_cmpuint(bytes[i], ==, 0);
    }
}

/* With the flag, hibernation is given up by the first change, and not before. */
static void test_discard(gconstpointer data)
{
    const StateRow *row = data;
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    const FsState discarding = {.dirty = TRUE, .hibernation_discarded = TRUE, .dirty_flag = TRUE};
    const FsState settled = {.dirty = TRUE, .dirty_flag = TRUE};
    g_autofree char *before = NULL, *after = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    craft_state(image, row);
    before = ntfs_image_digest(image);
    fs = open_discarding(image);
    assert_state(fs, &discarding);
    g_clear_pointer(&fs, fs_close);
    after = ntfs_image_digest(image);
    g_assert_cmpstr(before, ==, after);

    fs = open_discarding(image);
    ntfs_fs_put(fs, "/file.txt", 90000, 9);
    ntfs_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ntfs_image_check(image);
    fs = ntfs_image_open(image, TRUE);
    assert_state(fs, &settled);
    ntfs_fs_assert(fs, "/file.txt", 90000, 9);
    assert_dropped(fs, row);
    ntfs_fs_put(fs, "/file.txt", 100, 10);
    ntfs_fs_sync(fs);
}

/* A log that cannot be replayed is no reason to give up the image that could still put it right. */
static void test_discard_refused(void)
{
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    const StateRow *row = &state_rows[G_N_ELEMENTS(state_rows) - 1];
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    craft_state(image, row);
    fs = open_discarding(image);
    assert_refuses(fs);
}

/* Volumes of real Windows, as the data set's manifest describes them. */
static void test_real_volumes(void)
{
    static const struct {
        const char *file;
        gboolean dirty; /* but with nothing to replay behind the last checkpoint */
    } rows[] = {{"windows-clean.dd.xz", FALSE},
                {"windows-dirty11.dd.xz", TRUE},
                {"windows-compressed-largedir.bin.gz", FALSE},
                {"ntfs3.raw.gz", FALSE},
                {"mkntfs-testfs1.xz", FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(NtfsImage) image = ntfs_image_from_testdata(rows[i].file);
        const FsState expected = {.dirty = rows[i].dirty,
                                  .log_dirty = rows[i].dirty,
                                  .journal_replayed = rows[i].dirty,
                                  .dirty_flag = rows[i].dirty};
        g_autoptr(Fs) fs = NULL;

        if (image == NULL) {
            return;
        }
        fs = ntfs_image_open(image, TRUE);
        assert_state(fs, &expected);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(log_rows); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ntfs/log/%s", log_rows[i].name);

        g_test_add_data_func(path, &log_rows[i], test_log);
    }
    g_test_add_func("/fs/ntfs/log-hostile", test_log_hostile);
    g_test_add_func("/fs/ntfs/log-windows-7", test_windows_7_log);
    g_test_add_func("/fs/ntfs/hiberfile", test_hiberfile);
    for (gsize i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ntfs/state/%s", state_rows[i].name);

        g_test_add_data_func(path, &state_rows[i], test_state);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        const FsState *state = &state_rows[i].expected;
        g_autofree char *path = g_strdup_printf("/fs/ntfs/discard/%s", state_rows[i].name);

        if (!state->log_dirty && (state->hibernated || state->fast_started)) {
            g_test_add_data_func(path, &state_rows[i], test_discard);
        }
    }
    g_test_add_func("/fs/ntfs/discard-refused", test_discard_refused);
    g_test_add_func("/fs/ntfs/real-volumes", test_real_volumes);
    return g_test_run();
}
