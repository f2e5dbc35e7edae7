/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives made with wimlib are read, added to and written; wimlib reads them again. */
#include "windows/wim_image.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <wimlib.h>

#include "base/bytes.h"
#include "base/error.h"

#define SIZE_BYTES 200000u

typedef struct {
    char *folder, *archive;
    GBytes *content;
} Fixture;

/* Text compresses; the middle does not, so that some chunks are stored as they are. */
static GBytes *make_content(void)
{
    uint8_t *bytes = g_malloc(SIZE_BYTES);
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    for (guint i = 0; i < SIZE_BYTES; i++)
        bytes[i] = i / 70000 == 1 ? (uint8_t)g_rand_int(rand) : (uint8_t)("recovery "[i % 9]);
    return g_bytes_new_take(bytes, SIZE_BYTES);
}

static void ok(int code)
{
    g_assert_cmpstr(wimlib_get_error_string((enum wimlib_error_code)code), ==, "Success");
}

/* An archive of two images, the second bootable, with \Windows\File and \Windows\Empty in it. */
static void make_archive(Fixture *fixture, enum wimlib_compression_type type, int write_flags)
{
    g_autoptr(GError) error = NULL;
    WIMStruct *wim;

    fixture->folder = g_dir_make_tmp("test-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *tree = g_build_filename(fixture->folder, "tree", NULL);
    g_autofree char *windows = g_build_filename(tree, "Windows", NULL);
    g_autofree char *file = g_build_filename(windows, "File", NULL);
    g_autofree char *empty = g_build_filename(windows, "Empty", NULL);
    fixture->archive = g_build_filename(fixture->folder, "a.wim", NULL);
    fixture->content = make_content();
    g_assert_cmpint(g_mkdir_with_parents(windows, 0700), ==, 0);
    g_assert_true(
        g_file_set_contents(file, g_bytes_get_data(fixture->content, NULL), SIZE_BYTES, &error));
    g_assert_true(g_file_set_contents(empty, "", 0, &error));
    ok(wimlib_create_new_wim(type, &wim));
    ok(wimlib_add_empty_image(wim, "other", NULL));
    ok(wimlib_add_image(wim, tree, "recovery", NULL, WIMLIB_ADD_FLAG_BOOT));
    ok(wimlib_write(wim, fixture->archive, WIMLIB_ALL_IMAGES, write_flags, 1));
    wimlib_free(wim);
}

static void fixture_clear(Fixture *fixture)
{
    static const char *const names[] = {
        "tree/Windows/File", "tree/Windows/Empty", "tree/Windows", "tree", "a.wim", "b.wim"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->folder, names[i], NULL);
        g_remove(path);
    }
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->folder);
    g_free(fixture->archive);
    g_bytes_unref(fixture->content);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static void assert_content(WimImage *image, const char *path, GBytes *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(WimFile) file = NULL;
    g_autoptr(GBytes) bytes = NULL;
    gboolean found;

    g_assert_true(wim_image_open_file(image, path, &found, &file, &error));
    g_assert_no_error(error);
    g_assert_true(found);
    g_assert_cmpuint(wim_file_size(file), ==, g_bytes_get_size(expected));
    g_assert_true(wim_file_read_all(file, SIZE_BYTES, &bytes, &error));
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(bytes, expected));
}

static void test_read(gconstpointer data)
{
    g_auto(Fixture) fixture = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    gboolean found;

    make_archive(&fixture, GPOINTER_TO_INT(data), 0);
    g_autoptr(WimImage) image = wim_image_open(fixture.archive, &error);
    g_assert_no_error(error);
    assert_content(image, "\\Windows\\File", fixture.content);
    assert_content(image, "\\WINDOWS\\file", fixture.content);
    assert_content(image, "\\Windows\\Empty", empty);

    static const char *const missing[] = {"\\Windows\\None", "\\None\\File", "\\Windows", "\\"};
    for (guint i = 0; i < G_N_ELEMENTS(missing); i++) {
        g_autoptr(WimFile) file = NULL;
        g_assert_true(wim_image_open_file(image, missing[i], &found, &file, &error));
        g_assert_no_error(error);
        g_assert_false(found);
    }

    g_autoptr(WimFile) file = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(wim_image_open_file(image, "\\Windows\\File", &found, &file, &error));
    static const struct {
        guint offset, length;
    } pieces[] = {{0, 1}, {32767, 2}, {69999, 40000}, {SIZE_BYTES - 1, 1}, {SIZE_BYTES, 0}};
    const uint8_t *expected = g_bytes_get_data(fixture.content, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        uint8_t buffer[40000];
        g_assert_true(wim_file_read(file, pieces[i].offset, buffer, pieces[i].length, &error));
        g_assert_no_error(error);
        g_assert_cmpint(memcmp(buffer, expected + pieces[i].offset, pieces[i].length), ==, 0);
    }
    uint8_t byte;
    g_assert_false(wim_file_read(file, SIZE_BYTES, &byte, 1, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_false(wim_file_read_all(file, SIZE_BYTES - 1, &bytes, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

static void test_write(gconstpointer data)
{
    g_auto(Fixture) fixture = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = g_bytes_new_static("new", 3);
    g_autoptr(GBytes) second = g_bytes_new_static("another", 7);
    struct wimlib_wim_info before, after;
    WIMStruct *wim;

    make_archive(&fixture, GPOINTER_TO_INT(data), WIMLIB_WRITE_FLAG_CHECK_INTEGRITY);
    g_autofree char *path = g_build_filename(fixture.folder, "b.wim", NULL);
    {
        g_autoptr(WimImage) image = wim_image_open(fixture.archive, &error);
        g_assert_no_error(error);
        g_assert_true(wim_image_add_file(image, "\\Windows\\New\\Deep", first, &error));
        g_assert_true(wim_image_add_file(image, "\\windows\\file", second, &error));
        g_assert_no_error(error);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        g_assert_true(wim_image_write(image, fd, &error));
        g_assert_no_error(error);
        close(fd);
    }
    g_autoptr(WimImage) again = wim_image_open(path, &error);
    g_assert_no_error(error);
    assert_content(again, "\\Windows\\New\\Deep", first);
    assert_content(again, "\\Windows\\File", second);

    ok(wimlib_open_wim(fixture.archive, 0, &wim));
    ok(wimlib_get_wim_info(wim, &before));
    wimlib_free(wim);
    ok(wimlib_open_wim(path, WIMLIB_OPEN_FLAG_CHECK_INTEGRITY, &wim));
    ok(wimlib_verify_wim(wim, 0));
    ok(wimlib_get_wim_info(wim, &after));
    wimlib_free(wim);
    g_assert_cmpint(memcmp(before.guid, after.guid, WIMLIB_GUID_LEN), ==, 0);
    g_assert_cmpuint(after.image_count, ==, 2);
    g_assert_cmpuint(after.boot_index, ==, 2);
    g_assert_cmpint(after.compression_type, ==, before.compression_type);
    g_assert_cmpuint(after.chunk_size, ==, before.chunk_size);
    g_assert_cmpuint(after.has_integrity_table, ==, 1);
}

static void test_refusals(void)
{
    static const struct {
        int flags;
        const char *message;
    } rows[] = {
        {WIMLIB_WRITE_FLAG_SOLID, "LZMS"},
        {WIMLIB_WRITE_FLAG_PIPABLE, "pipable"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Fixture) fixture = {0};
        g_autoptr(GError) error = NULL;
        enum wimlib_compression_type type = rows[i].flags == WIMLIB_WRITE_FLAG_SOLID
                                                ? WIMLIB_COMPRESSION_TYPE_LZMS
                                                : WIMLIB_COMPRESSION_TYPE_LZX;
        make_archive(&fixture, type, rows[i].flags);
        g_assert_null(wim_image_open(fixture.archive, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, rows[i].message));
    }
}

/* Lists that would fill the memory: their lengths are in the header. */
static void test_bombs(void)
{
    static const gsize places[] = {48, 64, 72, 88};
    g_auto(Fixture) fixture = {0};
    g_autofree char *bytes = NULL;
    gsize length;

    make_archive(&fixture, WIMLIB_COMPRESSION_TYPE_LZX, 0);
    g_assert_true(g_file_get_contents(fixture.archive, &bytes, &length, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *copy = g_memdup2(bytes, length);
        g_autoptr(GError) error = NULL;
        copy[places[i] + 4] = 1; /* 4 GiB more */
        g_assert_true(g_file_set_contents(fixture.archive, copy, (gssize)length, NULL));
        g_assert_null(wim_image_open(fixture.archive, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "too long"));
    }
    /* And the list of an image's files: its length is in the table, which is not compressed. */
    uint8_t *table = (uint8_t *)bytes + get_le64((uint8_t *)bytes + 56);
    gsize table_length = get_le64((uint8_t *)bytes + 64);
    guint patched = 0;
    for (gsize i = 0; i + 50 <= table_length; i += 50) {
        if (table[i + 7] & 2) {
            table[i + 16 + 4] = 1;
            patched++;
        }
    }
    g_assert_cmpuint(patched, ==, 2);
    g_autoptr(GError) list_error = NULL;
    g_assert_true(g_file_set_contents(fixture.archive, bytes, (gssize)length, NULL));
    g_assert_null(wim_image_open(fixture.archive, &list_error));
    g_assert_error(list_error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(list_error->message, "too long"));

    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(fixture.archive, "MSWIM", 5, NULL));
    g_assert_null(wim_image_open(fixture.archive, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

/* Every cut-off and a change in every part of it: an error, and nothing worse. */
static void test_damage(void)
{
    g_auto(Fixture) fixture = {0};
    g_autofree char *bytes = NULL;
    gsize length;

    make_archive(&fixture, WIMLIB_COMPRESSION_TYPE_LZX, WIMLIB_WRITE_FLAG_CHECK_INTEGRITY);
    g_assert_true(g_file_get_contents(fixture.archive, &bytes, &length, NULL));
    for (guint i = 0; i < 64; i++) {
        g_autoptr(GError) error = NULL;
        gsize kept = length * i / 64;
        g_assert_true(g_file_set_contents(fixture.archive, bytes, (gssize)kept, NULL));
        g_assert_null(wim_image_open(fixture.archive, &error));
        g_assert_nonnull(error);
    }
    /* The integrity table covers what is behind the header. */
    for (guint i = 0; i < 64; i++) {
        g_autoptr(GError) error = NULL;
        gsize position = 208 + (length - 208) * i / 64;
        bytes[position] = (char)~bytes[position];
        g_assert_true(g_file_set_contents(fixture.archive, bytes, (gssize)length, NULL));
        g_assert_null(wim_image_open(fixture.archive, &error));
        g_assert_nonnull(error);
        bytes[position] = (char)~bytes[position];
    }
}

/* Without an integrity table nothing tells before it is read: what is read all the same is what it
   was, and the rest is an error. */
static void test_mutated(gconstpointer data)
{
    g_auto(Fixture) fixture = {0};
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autofree char *bytes = NULL;
    gsize length;
    guint read = 0, refused = 0;

    make_archive(&fixture, (enum wimlib_compression_type)GPOINTER_TO_INT(data), 0);
    g_assert_true(g_file_get_contents(fixture.archive, &bytes, &length, NULL));
    for (guint round = 0; round < 300; round++) {
        g_autofree char *copy = g_memdup2(bytes, length);
        g_autoptr(GError) error = NULL;
        g_autoptr(WimFile) file = NULL;
        g_autoptr(GBytes) content = NULL;
        gboolean found = FALSE;

        /* Header, table and lists are small, and at the ends. */
        for (guint i = 0; i < 1 + round % 4; i++) {
            gsize place = (gsize)g_rand_int_range(random, 0, round % 3 ? 400 : (gint32)length);
            copy[round % 3 == 1 ? length - 1 - place : place] = (char)g_rand_int(random);
        }
        g_assert_true(g_file_set_contents(fixture.archive, copy, (gssize)length, NULL));
        g_autoptr(WimImage) image = wim_image_open(fixture.archive, &error);
        if (image && wim_image_open_file(image, "\\Windows\\File", &found, &file, &error) &&
            found && wim_file_read_all(file, SIZE_BYTES, &content, &error)) {
            g_assert_true(g_bytes_equal(content, fixture.content));
            read++;
        } else {
            g_assert_true(error != NULL || !found);
            refused++;
        }
    }
    g_test_message("%u read, %u refused", read, refused);
    g_assert_cmpuint(read, >, 0);
    g_assert_cmpuint(refused, >, 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum wimlib_compression_type type;
    } types[] = {{"none", WIMLIB_COMPRESSION_TYPE_NONE},
                 {"xpress", WIMLIB_COMPRESSION_TYPE_XPRESS},
                 {"lzx", WIMLIB_COMPRESSION_TYPE_LZX}};
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_assert_true(wim_prepare(&error));
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *read = g_strdup_printf("/windows/wim-image/read/%s", types[i].name);
        g_autofree char *write = g_strdup_printf("/windows/wim-image/write/%s", types[i].name);
        g_test_add_data_func(read, GINT_TO_POINTER((int)types[i].type), test_read);
        g_autofree char *mutated = g_strdup_printf("/windows/wim-image/mutated/%s", types[i].name);
        g_test_add_data_func(mutated, GINT_TO_POINTER((int)types[i].type), test_mutated);
        g_test_add_data_func(write, GINT_TO_POINTER((int)types[i].type), test_write);
    }
    g_test_add_func("/windows/wim-image/refusals", test_refusals);
    g_test_add_func("/windows/wim-image/bombs", test_bombs);
    g_test_add_func("/windows/wim-image/damage", test_damage);
    return g_test_run();
}
