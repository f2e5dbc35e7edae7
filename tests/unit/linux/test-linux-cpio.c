/* SPDX-License-Identifier: GPL-3.0-or-later */
/* newc archives: what we write is read by others, and what is no archive is refused. */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "linux-test-unpack.h"
#include "linux/cpio.h"

static GBytes *make_archive(void)
{
    g_auto(CpioWriter) writer = {0};
    g_autoptr(GBytes) content = g_bytes_new_static("hello", 5);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);

    cpio_writer_init(&writer);
    cpio_writer_add_directory(&writer, "etc");
    cpio_writer_add_file(&writer, "etc/hello", content, 0600);
    cpio_writer_add_file(&writer, "etc/empty", nothing, 0644);
    cpio_writer_add_symlink(&writer, "link", "etc/hello");
    return cpio_writer_finish(&writer);
}

typedef struct {
    const guint8 *data;
    gsize size, position;
} Source;

static gboolean source_read(gpointer data, uint8_t *buffer, size_t length, size_t *ret_length,
                            GError **error G_GNUC_UNUSED)
{
    Source *source = data;

    *ret_length = MIN(length, source->size - source->position);
    memcpy(buffer, source->data + source->position, *ret_length);
    source->position += *ret_length;
    return TRUE;
}

static gboolean want_all(const char *path G_GNUC_UNUSED, uint64_t size_bytes,
                         gpointer data G_GNUC_UNUSED)
{
    return size_bytes < 1000;
}

static gboolean list_member(CpioMember *member, gpointer data, GError **error G_GNUC_UNUSED)
{
    g_string_append_printf(
        data, "%s %o %.*s\n", member->path, member->mode,
        member->content != NULL ? (int)g_bytes_get_size(member->content) : 0,
        member->content != NULL ? (const char *)g_bytes_get_data(member->content, NULL) : "");
    return TRUE;
}

static gboolean list_archive(const guint8 *data, gsize size, GString *list, uint64_t *ret_end,
                             GError **error)
{
    Source source = {.data = data, .size = size};
    CpioInput input = {.read = source_read, .source = &source};
    CpioVisitor visitor = {.wants = want_all, .found = list_member, .data = list};

    return cpio_read(&input, &visitor, ret_end, error);
}

static const char expected_list[] = "etc 40755 \netc/hello 100600 hello\netc/empty 100644 \n"
                                    "link 120777 etc/hello\n";

static void test_round_trip(void)
{
    g_autoptr(GBytes) archive = make_archive();
    g_autoptr(GString) list = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) root = test_unpack_new();
    gsize size = g_bytes_get_size(archive);
    uint64_t end = 0;

    g_assert_cmpuint(size % 4, ==, 0);
    g_assert_true(list_archive(g_bytes_get_data(archive, NULL), size, list, &end, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(end, ==, size);
    g_assert_cmpstr(list->str, ==, expected_list);
    test_unpack_stream(root, g_bytes_get_data(archive, NULL), size);
    g_assert_cmpuint(g_hash_table_size(root), ==, 4);
}

/* cpio(1) lists what we wrote. */
static void test_other_reader(void)
{
    static const char *const argv[] = {"cpio", "-t", "--quiet", NULL};
    g_autoptr(GBytes) archive = make_archive();
    g_autoptr(GBytes) list = test_filter(argv, archive);
    g_autofree char *text = NULL;

    if (list == NULL) {
        g_test_skip("cpio is not installed");
        return;
    }
    text = g_strndup(g_bytes_get_data(list, NULL), g_bytes_get_size(list));
    g_assert_cmpstr(text, ==, "etc\netc/hello\netc/empty\nlink\n");
}

/* Two archives with zeros between, and something else behind them. */
static void test_following(void)
{
    g_autoptr(GBytes) archive = make_archive();
    gsize size = g_bytes_get_size(archive);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GString) list = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    uint64_t end = 0;
    guint8 zeros[512] = {0};

    g_byte_array_append(bytes, g_bytes_get_data(archive, NULL), (guint)size);
    g_byte_array_append(bytes, zeros, sizeof(zeros));
    g_byte_array_append(bytes, g_bytes_get_data(archive, NULL), (guint)size);
    g_byte_array_append(bytes, (const guint8 *)"\x1f\x8bxxxx", 6);
    g_assert_true(list_archive(bytes->data, bytes->len, list, &end, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(end, ==, 2 * size + sizeof(zeros));
    g_assert_cmpuint(list->len, ==, 2 * strlen(expected_list));
}

/* Cut anywhere, and with any byte changed: a list or an error, never more. */
static void test_damaged(void)
{
    g_autoptr(GBytes) archive = make_archive();
    gsize size = g_bytes_get_size(archive);
    const guint8 *data = g_bytes_get_data(archive, NULL);

    for (gsize length = 0; length < size - 4; length++) {
        g_autoptr(GString) list = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        uint64_t end = 0;

        g_assert_false(list_archive(data, length, list, &end, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    for (gsize i = 0; i < size; i++) {
        g_autofree guint8 *copy = g_memdup2(data, size);
        g_autoptr(GString) list = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        uint64_t end = 0;

        copy[i] ^= 0x55;
        if (!list_archive(copy, size, list, &end, &error))
            g_assert_nonnull(error);
    }
}

static void test_header(void)
{
    g_autoptr(GBytes) archive = make_archive();
    const guint8 *data = g_bytes_get_data(archive, NULL);
    guint8 copy[110];

    g_assert_true(cpio_is_header(data, 110));
    g_assert_false(cpio_is_header(data, 109));
    memcpy(copy, data, sizeof(copy));
    memcpy(copy + 6 + 11 * 8, "00001001", 8); /* a name of 4097 bytes */
    g_assert_false(cpio_is_header(copy, sizeof(copy)));
    memcpy(copy + 6 + 11 * 8, "00000000", 8);
    g_assert_false(cpio_is_header(copy, sizeof(copy)));
    memcpy(copy, "070707", 6);
    g_assert_false(cpio_is_header(copy, sizeof(copy)));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/cpio/round-trip", test_round_trip);
    g_test_add_func("/linux/cpio/other-reader", test_other_reader);
    g_test_add_func("/linux/cpio/following", test_following);
    g_test_add_func("/linux/cpio/damaged", test_damaged);
    g_test_add_func("/linux/cpio/header", test_header);
    return g_test_run();
}
