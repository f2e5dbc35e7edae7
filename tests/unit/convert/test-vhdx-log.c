/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of VHDX images: which entries count, what they change, and which logs are refused. */
#include "convert/image/vhdx_log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "tests/unit/convert/flat-model.h"
#include "tests/unit/convert/vhdx-writer.h"

#define MIB (UINT64_C(1) << 20)
#define PAGE UINT64_C(4096)
#define FILE_BYTES (4 * MIB) /* headers, the log, then what the log changes */
#define TARGET (2 * MIB)
#define OLD 0x11 /* what is in the file from TARGET on */

typedef struct {
    char *folder, *path;
    int fd;
} Fixture;

static void fixture_init(Fixture *fixture)
{
    static const uint8_t guid[16] = {9};
    g_autofree uint8_t *old = g_malloc(FILE_BYTES - TARGET);
    memset(old, OLD, FILE_BYTES - TARGET);
    fixture->folder = g_dir_make_tmp("drydock-vhdx-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "disk.vhdx", NULL);
    fixture->fd = open(fixture->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    g_assert_cmpint(ftruncate(fixture->fd, (off_t)FILE_BYTES), ==, 0);
    g_assert_cmpint(pwrite(fixture->fd, old, FILE_BYTES - TARGET, (off_t)TARGET), ==,
                    (ssize_t)(FILE_BYTES - TARGET));
    vhdx_put_headers(fixture->fd, guid, TRUE);
}

static void fixture_clear(Fixture *fixture)
{
    close(fixture->fd);
    flat_model_remove_folder(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
}

static FlatFile *replay(const Fixture *fixture, GError **error)
{
    VhdxHeader header;
    g_autoptr(FlatFile) file = flat_file_open(fixture->path, 0, FILE_BYTES, NULL);
    g_assert_nonnull(file);
    g_assert_true(vhdx_header_read(file, &header, NULL));
    return vhdx_log_replay(file, &header, error) ? g_steal_pointer(&file) : NULL;
}

/* One entry that fills a page of the target (0xff: with none), somewhere in the ring. */
typedef struct {
    uint32_t at, tail; /* in pages */
    uint64_t number;
    uint8_t page, value;
    enum { SOUND, BAD_CHECKSUM, BAD_GUID, TORN_SECTOR, BAD_DESCRIPTOR, ODD_LENGTH, ZEROS } kind;
} EntrySpec;

#define NO_PAGE 0xff
#define LAST_PAGES (VHDX_LOG_BYTES / PAGE)

typedef struct {
    const char *name;
    EntrySpec entries[4];
    guint count;
    uint8_t expected[3]; /* in the first pages of the target */
    const char *message; /* NULL: it is played back; else DRYDOCK_ERROR_CORRUPT */
} LogRow;

static const LogRow log_rows[] = {
    {"one", {{0, 0, 5, 0, 1, SOUND}}, 1, {1, OLD, OLD}, NULL},
    {"one-in-the-middle", {{9, 9, 5, 1, 1, SOUND}}, 1, {OLD, 1, OLD}, NULL},
    {"two", {{0, 0, 5, 0, 1, SOUND}, {2, 0, 6, 1, 2, SOUND}}, 2, {1, 2, OLD}, NULL},
    {"later-hides", {{0, 0, 5, 0, 1, SOUND}, {2, 0, 6, 0, 2, SOUND}}, 2, {2, OLD, OLD}, NULL},
    {"zeros-hide", {{0, 0, 5, 1, 1, SOUND}, {2, 0, 6, 0, 0, ZEROS}}, 2, {0, 0, 0}, NULL},
    {"zeros-are-hidden", {{0, 0, 5, 0, 0, ZEROS}, {1, 0, 6, 1, 1, SOUND}}, 2, {0, 1, 0}, NULL},
    {"before-the-tail", {{0, 0, 5, 0, 1, SOUND}, {2, 2, 6, 1, 2, SOUND}}, 2, {OLD, 2, OLD}, NULL},
    {"nothing-to-do", {{0, 0, 5, NO_PAGE, 0, SOUND}}, 1, {OLD, OLD, OLD}, NULL},
    {"torn-end", {{0, 0, 5, 0, 1, SOUND}, {2, 0, 6, 1, 2, BAD_CHECKSUM}}, 2, {1, OLD, OLD}, NULL},
    {"torn-sector", {{0, 0, 5, 0, 1, SOUND}, {2, 0, 6, 1, 2, TORN_SECTOR}}, 2, {1, OLD, OLD}, NULL},
    {"number-missing", {{0, 0, 5, 0, 1, SOUND}, {2, 0, 7, 1, 2, SOUND}}, 2, {1, OLD, OLD}, NULL},
    {"newest-sequence",
     {{0, 0, 5, 0, 1, SOUND},
      {4, 4, 50, 1, 2, SOUND},
      {6, 4, 51, 2, 3, SOUND},
      {9, 9, 8, 0, 4, SOUND}},
     4,
     {OLD, 2, 3},
     NULL},
    {"newest-lost-its-tail",
     {{0, 0, 5, 0, 1, SOUND}, {4, 2, 50, 1, 2, SOUND}},
     2,
     {1, OLD, OLD},
     NULL},
    {"over-the-end",
     {{LAST_PAGES - 2, LAST_PAGES - 2, 5, 0, 1, SOUND}, {0, LAST_PAGES - 2, 6, 1, 2, SOUND}},
     2,
     {1, 2, OLD},
     NULL},
    {"entry-over-the-end",
     {{LAST_PAGES - 1, LAST_PAGES - 1, 5, 0, 1, SOUND}, {1, LAST_PAGES - 1, 6, 1, 2, SOUND}},
     2,
     {1, 2, OLD},
     NULL},
    {"large-number", {{0, 0, 0xfedcba9876543210, 0, 1, SOUND}}, 1, {1, OLD, OLD}, NULL},
    {"empty", {{0, 0, 0, 0, 0, SOUND}}, 0, {0, 0, 0}, "its log is damaged"},
    {"number-zero", {{0, 0, 0, 0, 1, SOUND}}, 1, {0, 0, 0}, "its log is damaged"},
    {"bad-checksum", {{0, 0, 5, 0, 1, BAD_CHECKSUM}}, 1, {0, 0, 0}, "its log is damaged"},
    {"other-log", {{0, 0, 5, 0, 1, BAD_GUID}}, 1, {0, 0, 0}, "its log is damaged"},
    {"sector-torn", {{0, 0, 5, 0, 1, TORN_SECTOR}}, 1, {0, 0, 0}, "its log is damaged"},
    {"descriptor", {{0, 0, 5, 0, 1, BAD_DESCRIPTOR}}, 1, {0, 0, 0}, "its log is damaged"},
    {"odd-length", {{0, 0, 5, 0, 1, ODD_LENGTH}}, 1, {0, 0, 0}, "its log is damaged"},
    {"tail-elsewhere", {{0, 7, 5, 0, 1, SOUND}}, 1, {0, 0, 0}, "its log is damaged"},
    {"tail-outside", {{0, 1 << 10, 5, 0, 1, SOUND}}, 1, {0, 0, 0}, "its log is damaged"},
};

static void damage_entry(GByteArray *bytes, const EntrySpec *spec)
{
    switch (spec->kind) {
    case BAD_CHECKSUM:
        bytes->data[bytes->len - 100] ^= 1;
        return;
    case BAD_GUID:
        bytes->data[32] ^= 1;
        break;
    case TORN_SECTOR:
        bytes->data[bytes->len - 1] ^= 1;
        break;
    case BAD_DESCRIPTOR:
        bytes->data[64] ^= 1;
        break;
    case ODD_LENGTH:
        put_le32(bytes->data + 8, bytes->len - 512);
        break;
    case SOUND:
    case ZEROS:
    default:
        return;
    }
    vhdx_log_entry_set_checksum(bytes->data, bytes->len);
}

static void put_entry(int fd, const EntrySpec *spec)
{
    VhdxLogEntry entry;
    g_autofree uint8_t *sector = g_malloc(PAGE);
    memset(sector, spec->value, PAGE);
    vhdx_log_entry_init(&entry, spec->number);
    if (spec->kind == ZEROS)
        vhdx_log_entry_add_zeros(&entry, TARGET, 3 * PAGE);
    else if (spec->page != NO_PAGE)
        vhdx_log_entry_add_data(&entry, TARGET + spec->page * PAGE, sector);
    g_autoptr(GByteArray) bytes =
        vhdx_log_entry_finish(&entry, (uint32_t)(spec->tail * PAGE), FILE_BYTES, FILE_BYTES);
    damage_entry(bytes, spec);
    vhdx_log_put(fd, (uint32_t)(spec->at * PAGE), bytes);
    vhdx_log_entry_clear(&entry);
}

static void test_log(gconstpointer data)
{
    const LogRow *row = data;
    Fixture fixture;
    fixture_init(&fixture);
    for (guint i = 0; i < row->count; i++)
        put_entry(fixture.fd, &row->entries[i]);
    g_autoptr(GError) error = NULL;
    g_autoptr(FlatFile) file = replay(&fixture, &error);
    if (row->message) {
        g_assert_null(file);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, row->message));
        g_assert_nonnull(drydock_error_get_hint(error));
    } else {
        g_assert_no_error(error);
        g_autofree uint8_t *page = g_malloc(PAGE);
        for (guint i = 0; i < 3; i++) {
            g_assert_true(flat_file_read(file, TARGET + i * PAGE, page, PAGE, "", NULL));
            for (guint k = 0; k < PAGE; k++)
                g_assert_cmpuint(page[k], ==, row->expected[i]);
        }
    }
    fixture_clear(&fixture);
}

static GByteArray *simple_entry(uint64_t offset, uint64_t zeros, uint64_t flushed, uint64_t last)
{
    VhdxLogEntry entry;
    g_autofree uint8_t *sector = g_malloc(PAGE);
    memset(sector, 7, PAGE);
    vhdx_log_entry_init(&entry, 1);
    if (zeros)
        vhdx_log_entry_add_zeros(&entry, offset, zeros);
    else
        vhdx_log_entry_add_data(&entry, offset, sector);
    GByteArray *bytes = vhdx_log_entry_finish(&entry, 0, flushed, last);
    vhdx_log_entry_clear(&entry);
    return bytes;
}

static void test_sizes(void)
{
    static const struct {
        uint64_t offset, zeros, flushed, last;
        uint64_t size; /* of the file afterwards; 0: refused */
        const char *message;
    } rows[] = {
        {TARGET, 0, FILE_BYTES, FILE_BYTES, FILE_BYTES, NULL},
        {TARGET, 0, FILE_BYTES, FILE_BYTES + 3 * MIB, FILE_BYTES + 3 * MIB, NULL},
        {FILE_BYTES + MIB, 0, FILE_BYTES, FILE_BYTES, FILE_BYTES + MIB + PAGE, NULL},
        {FILE_BYTES, MIB, FILE_BYTES, FILE_BYTES, FILE_BYTES + MIB, NULL},
        {TARGET, 0, FILE_BYTES + 1, FILE_BYTES + 1, 0, "cut short"},
        {TARGET + 512, 0, FILE_BYTES, FILE_BYTES, 0, "its log is damaged"},
        {TARGET, 512, FILE_BYTES, FILE_BYTES, 0, "its log is damaged"},
        {G_MAXUINT64 - 4095, 8192, FILE_BYTES, FILE_BYTES, 0, "its log is damaged"},
        {G_MAXUINT64 - 4095, 0, FILE_BYTES, FILE_BYTES, 0, "its log is damaged"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture fixture;
        fixture_init(&fixture);
        g_autoptr(GByteArray) bytes =
            simple_entry(rows[i].offset, rows[i].zeros, rows[i].flushed, rows[i].last);
        vhdx_log_put(fixture.fd, 0, bytes);
        g_autoptr(GError) error = NULL;
        g_autoptr(FlatFile) file = replay(&fixture, &error);
        if (rows[i].size) {
            g_autofree uint8_t *page = g_malloc(PAGE);
            g_assert_no_error(error);
            g_assert_cmpuint(flat_file_size(file), ==, rows[i].size);
            g_assert_true(flat_file_read(file, rows[i].size - PAGE, page, PAGE, "", NULL));
            g_assert_cmpuint(page[0], ==,
                             rows[i].size == FILE_BYTES                ? OLD
                             : rows[i].size == FILE_BYTES + MIB + PAGE ? 7
                                                                       : 0);
            g_assert_false(flat_file_read(file, rows[i].size, page, 1, "page", &error));
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        } else {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            g_assert_nonnull(strstr(error->message, rows[i].message));
        }
        fixture_clear(&fixture);
    }
}

static void test_header(void)
{
    static const struct {
        uint16_t version;
        uint32_t length;
        uint64_t offset;
        int code;
        const char *message;
    } rows[] = {
        {1, VHDX_LOG_BYTES, VHDX_LOG_OFFSET, DRYDOCK_ERROR_UNSUPPORTED, "version 1"},
        {0, 0, VHDX_LOG_OFFSET, DRYDOCK_ERROR_CORRUPT, "impossible size"},
        {0, 4096, VHDX_LOG_OFFSET, DRYDOCK_ERROR_CORRUPT, "impossible size"},
        {0, 0xfff00000, VHDX_LOG_OFFSET, DRYDOCK_ERROR_CORRUPT, "impossible size"},
        {0, VHDX_LOG_BYTES, FILE_BYTES, DRYDOCK_ERROR_CORRUPT, "cut short"},
        {0, VHDX_LOG_BYTES, G_MAXUINT64, DRYDOCK_ERROR_CORRUPT, "cut short"},
    };
    Fixture fixture;
    fixture_init(&fixture);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        VhdxHeader header = {.has_log = TRUE,
                             .log_version = rows[i].version,
                             .log_length = rows[i].length,
                             .log_offset = rows[i].offset};
        g_autoptr(FlatFile) file = flat_file_open(fixture.path, 0, FILE_BYTES, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_false(vhdx_log_replay(file, &header, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].message));
    }
    fixture_clear(&fixture);
}

/* Entries of several descriptors at any place of the ring, played back in memory as well. */
static void test_random(void)
{
    for (guint32 seed = 0; seed < 20; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        g_autofree uint8_t *model = g_malloc(FILE_BYTES), *read = g_malloc(FILE_BYTES);
        g_autofree uint8_t *sector = g_malloc(PAGE);
        Fixture fixture;
        fixture_init(&fixture);
        memset(model, OLD, FILE_BYTES);
        uint32_t tail = (uint32_t)g_rand_int_range(random, 0, 256) * 4096, at = tail;
        for (guint i = 0; i < 12; i++) {
            VhdxLogEntry entry;
            vhdx_log_entry_init(&entry, 100 + i);
            for (gint k = g_rand_int_range(random, 0, 6); k > 0; k--) {
                uint64_t offset = TARGET + (uint64_t)g_rand_int_range(random, 0, 500) * PAGE;
                flat_model_fill(random, sector, PAGE);
                if (g_rand_boolean(random)) {
                    vhdx_log_entry_add_data(&entry, offset, sector);
                    memcpy(model + offset, sector, PAGE);
                } else {
                    uint64_t length = (uint64_t)g_rand_int_range(random, 1, 13) * PAGE;
                    vhdx_log_entry_add_zeros(&entry, offset, length);
                    memset(model + offset, 0, length);
                }
            }
            g_autoptr(GByteArray) bytes =
                vhdx_log_entry_finish(&entry, tail, FILE_BYTES, FILE_BYTES);
            at = vhdx_log_put(fixture.fd, at, bytes);
            vhdx_log_entry_clear(&entry);
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(FlatFile) file = replay(&fixture, &error);
        g_assert_no_error(error);
        g_assert_true(flat_file_read(file, TARGET, read + TARGET, FILE_BYTES - TARGET, "", &error));
        g_assert_true(memcmp(read + TARGET, model + TARGET, FILE_BYTES - TARGET) == 0);
        for (guint i = 0; i < 200; i++) {
            uint64_t offset = TARGET + (uint64_t)g_rand_int_range(random, 0, 2000000);
            size_t length = (size_t)g_rand_int_range(random, 0, 20000);
            g_assert_true(flat_file_read(file, offset, read, length, "", NULL));
            g_assert_true(memcmp(read, model + offset, length) == 0);
        }
        fixture_clear(&fixture);
    }
}

/* An entry as long as the log in every sector of it: sums are not made without end. */
static void test_overlapping(void)
{
    Fixture fixture;
    fixture_init(&fixture);
    for (uint32_t at = 0; at < VHDX_LOG_BYTES; at += 4096) {
        g_autoptr(GByteArray) bytes = simple_entry(TARGET, PAGE, FILE_BYTES, FILE_BYTES);
        put_le32(bytes->data + 8, VHDX_LOG_BYTES);
        g_assert_cmpint(pwrite(fixture.fd, bytes->data, bytes->len, (off_t)(VHDX_LOG_OFFSET + at)),
                        ==, (ssize_t)bytes->len);
    }
    g_autoptr(GError) error = NULL;
    g_test_timer_start();
    g_assert_null(replay(&fixture, &error));
    g_assert_cmpfloat(g_test_timer_elapsed(), <, 20);
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    fixture_clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(log_rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/vhdx-log/%s", log_rows[i].name);
        g_test_add_data_func(path, &log_rows[i], test_log);
    }
    g_test_add_func("/convert/vhdx-log/sizes", test_sizes);
    g_test_add_func("/convert/vhdx-log/header", test_header);
    g_test_add_func("/convert/vhdx-log/random", test_random);
    g_test_add_func("/convert/vhdx-log/overlapping", test_overlapping);
    return g_test_run();
}
