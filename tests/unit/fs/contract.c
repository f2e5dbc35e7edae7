/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract of fs/fs.h, run against any driver. */
#include "contract.h"

#include <string.h>

#include "base/error.h"
#include "fs/driver.h"

enum { FILL_LIMIT_MIB = 64 };

typedef struct {
    FsContractReopen reopen;
    void *data;
    Fs *fs;
    GHashTable *files; /* path → content of everything that must be there */
} Contract;

/* Bytes that look like nothing else; the same for the same seed. */
static GBytes *make_content(gsize size, guint32 seed)
{
    uint8_t *bytes = g_malloc(size + 1);
    for (gsize i = 0; i < size; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    return g_bytes_new_take(bytes, size);
}

static void assert_content(Fs *fs, const char *path, GBytes *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = NULL;
    gboolean ok = fs_read_file(fs, path, G_MAXUINT32, &content, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(g_bytes_get_size(content), ==, g_bytes_get_size(expected));
    g_assert_true(g_bytes_equal(content, expected));
}

static gboolean is_there(Fs *fs, const char *path, FsStat *ret_stat)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    gboolean ok = fs_stat(fs, path, &found, ret_stat, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return found;
}

static void assert_failed(gboolean ok, GError **error)
{
    g_assert_false(ok);
    g_assert_nonnull(*error);
    g_clear_error(error);
}

static void put(Contract *c, const char *path, GBytes *content)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_write_file(c->fs, path, content, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_hash_table_replace(c->files, g_strdup(path), g_bytes_ref(content));
}

static void put_text(Contract *c, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    put(c, path, content);
}

static void make_directory(Contract *c, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_make_directory(c->fs, path, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void drop(Contract *c, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_remove(c->fs, path, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_hash_table_remove(c->files, path);
    g_assert_false(is_there(c->fs, path, NULL));
}

static void check_files(Contract *c)
{
    GHashTableIter iter;
    gpointer path = NULL, content = NULL;
    g_hash_table_iter_init(&iter, c->files);
    while (g_hash_table_iter_next(&iter, &path, &content)) {
        FsStat stat = {0};
        g_assert_true(is_there(c->fs, path, &stat));
        g_assert_cmpint(stat.type, ==, FS_TYPE_FILE);
        g_assert_cmpuint(stat.size_bytes, ==, g_bytes_get_size(content));
        g_assert_cmpuint(stat.links, >=, 1);
        assert_content(c->fs, path, content);
    }
}

static void sync_and_reopen(Contract *c)
{
    g_autoptr(GError) error = NULL;
    check_files(c);
    gboolean ok = fs_sync(c->fs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    c->fs = c->reopen(c->data, c->fs);
    g_assert_nonnull(c->fs);
    check_files(c);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of a directory, sorted; fails on a name that is there twice. */
static GPtrArray *list_names(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    gboolean ok = fs_list(fs, path, &entries, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_assert_cmpstr(entry->name, !=, ".");
        g_assert_cmpstr(entry->name, !=, "..");
        g_ptr_array_add(names, g_strdup(entry->name));
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 1; i < names->len; i++)
        g_assert_cmpstr(names->pdata[i - 1], !=, names->pdata[i]);
    return names;
}

static gboolean lists_name(Fs *fs, const char *path, const char *name)
{
    g_autoptr(GPtrArray) names = list_names(fs, path);
    return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

static void check_sizes(Contract *c)
{
    static const gsize sizes[] = {0,    1,    100,   511,  512,    513,   700,    1023,
                                  1024, 4095, 4096,  4097, 65535,  65536, 65537,  200000,
                                  0,    3,    60000, 10,   262144, 5,     1048579};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *path = g_strdup_printf("/size-%u", i);
        g_autoptr(GBytes) content = make_content(sizes[i], i);
        put(c, path, content);
        /* The same file all the time: grows and shrinks. */
        put(c, "/changing", content);
        assert_content(c->fs, "/changing", content);
    }
    sync_and_reopen(c);
    g_autoptr(GBytes) small = make_content(17, 99);
    put(c, "/changing", small);
    sync_and_reopen(c);
}

static void check_reads(Contract *c)
{
    enum { SIZE = 300001 };
    static const struct {
        uint64_t offset;
        gsize length;
    } rows[] = {{0, 0},        {0, 1},           {1, 1},      {4095, 2},          {65535, 3},
                {12345, 6789}, {100000, 200001}, {0, SIZE},   {SIZE - 1, 1},      {SIZE, 0},
                {511, 70000},  {131071, 131074}, {299999, 2}, {SIZE - 4097, 4096}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = make_content(SIZE, 5);
    const uint8_t *expected = g_bytes_get_data(content, NULL);
    put(c, "/reads", content);
    g_autoptr(FsFile) file = NULL;
    gboolean ok = fs_file_open(c->fs, "/reads", &file, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(fs_file_size(file), ==, SIZE);
    g_autofree uint8_t *buffer = g_malloc(SIZE + 1);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        buffer[rows[i].length] = 0xa5;
        ok = fs_file_read(file, rows[i].offset, buffer, rows[i].length, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        g_assert_true(memcmp(buffer, expected + rows[i].offset, rows[i].length) == 0);
        g_assert_cmpuint(buffer[rows[i].length], ==, 0xa5);
    }
    static const uint64_t beyond[] = {SIZE, SIZE - 1, G_MAXUINT64, G_MAXINT64};
    for (guint i = 0; i < G_N_ELEMENTS(beyond); i++) {
        assert_failed(fs_file_read(file, beyond[i], buffer, 2, &error), &error);
    }
    g_autoptr(GBytes) bytes = NULL;
    g_assert_false(fs_read_file(c->fs, "/reads", SIZE - 1, &bytes, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

static void check_many_names(Contract *c)
{
    enum { COUNT = 600 };
    make_directory(c, "/many");
    for (guint i = 0; i < COUNT; i++) {
        g_autofree char *path = g_strdup_printf(
            "/many/Name number %u of a directory that gets long.txt", i * 7919 % COUNT);
        put_text(c, path, path);
    }
    sync_and_reopen(c);
    g_autoptr(GPtrArray) all = list_names(c->fs, "/many");
    g_assert_cmpuint(all->len, ==, COUNT);
    for (guint i = 0; i < COUNT; i++) {
        if (i % 3 == 0)
            continue;
        g_autofree char *path =
            g_strdup_printf("/many/Name number %u of a directory that gets long.txt", i);
        drop(c, path);
    }
    sync_and_reopen(c);
    g_autoptr(GPtrArray) rest = list_names(c->fs, "/many");
    g_assert_cmpuint(rest->len, ==, COUNT / 3);
    /* Into the gaps. */
    for (guint i = 0; i < 100; i++) {
        g_autofree char *path = g_strdup_printf("/many/%u", i);
        put_text(c, path, path);
    }
    sync_and_reopen(c);
}

static void check_odd_names(Contract *c)
{
    /* 255 is the limit of ext in bytes and of NTFS and FAT in UTF-16 units. */
    g_autofree char *long_name = g_strnfill(255, 'n');
    g_autofree char *too_long_name = g_strnfill(256, 'm');
    const char *names[] = {"a",
                           "with two  spaces",
                           "no-extension",
                           ".hidden",
                           "two.dots.tar.gz",
                           "lower.txt",
                           "UPPER.TXT",
                           "exactly8.abc",
                           "ninechars.abc",
                           "é",
                           "Ünïcødé – 日本語",
                           "emoji 😀 beyond the first plane",
                           "e\xcc\x81 decomposed",
                           "a~1",
                           "{36fc9e60-c465-11cf-8056-444553540000}",
                           "+,;=[]'!#$%&()-@^_`",
                           long_name};
    make_directory(c, "/odd");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strdup_printf("/odd/%s", names[i]);
        put_text(c, path, names[i]);
    }
    sync_and_reopen(c);
    g_autoptr(GPtrArray) listed = list_names(c->fs, "/odd");
    g_assert_cmpuint(listed->len, ==, G_N_ELEMENTS(names));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_true(lists_name(c->fs, "/odd", names[i]));

    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = make_content(10, 1);
    g_autofree char *too_long = g_strdup_printf("/odd/%s", too_long_name);
    g_assert_false(is_there(c->fs, too_long, NULL));
    assert_failed(fs_write_file(c->fs, too_long, content, NULL, &error), &error);
    assert_failed(fs_make_directory(c->fs, too_long, NULL, &error), &error);
    sync_and_reopen(c);
}

static void check_case(Contract *c)
{
    g_autoptr(GError) error = NULL;
    make_directory(c, "/Case");
    put_text(c, "/Case/ReadMe.Txt", "first");
    if (fs_is_case_sensitive(c->fs)) {
        g_assert_false(is_there(c->fs, "/case/ReadMe.Txt", NULL));
        g_assert_false(is_there(c->fs, "/Case/README.TXT", NULL));
        put_text(c, "/Case/README.TXT", "second");
        sync_and_reopen(c);
        return;
    }
    g_assert_true(is_there(c->fs, "/cASE/rEADmE.tXT", NULL));
    g_autoptr(GBytes) content = g_bytes_new_static("second", 6);
    put(c, "/CASE/README.TXT", content);
    g_hash_table_replace(c->files, g_strdup("/Case/ReadMe.Txt"), g_bytes_ref(content));
    put_text(c, "/case/Äpfel.txt", "third");
    g_assert_true(is_there(c->fs, "/case/äPFEL.txt", NULL));
    sync_and_reopen(c);
    /* Names stay as they were first written. */
    g_autoptr(GPtrArray) names = list_names(c->fs, "/cASE");
    g_assert_cmpuint(names->len, ==, 2);
    g_assert_true(lists_name(c->fs, "/Case", "ReadMe.Txt"));
    g_assert_true(lists_name(c->fs, "/Case", "Äpfel.txt"));
    g_assert_true(lists_name(c->fs, "/", "Case"));
    g_assert_true(fs_make_directory(c->fs, "/CASE", NULL, &error));
    g_assert_no_error(error);
    drop(c, "/CASE/README.TXT");
    g_hash_table_remove(c->files, "/Case/ReadMe.Txt");
    sync_and_reopen(c);
}

static void check_directories(Contract *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = make_content(10, 1);
    FsStat stat = {0};
    g_assert_true(is_there(c->fs, "/", &stat));
    g_assert_cmpint(stat.type, ==, FS_TYPE_DIRECTORY);

    g_autoptr(GString) deep = g_string_new("/deep");
    make_directory(c, deep->str);
    for (guint i = 0; i < 30; i++) {
        g_string_append_printf(deep, "/level %u", i);
        make_directory(c, deep->str);
    }
    g_string_append(deep, "/file");
    put_text(c, deep->str, "at the bottom");
    make_directory(c, "/deep");
    sync_and_reopen(c);
    g_assert_true(is_there(c->fs, "/deep/level 0", &stat));
    g_assert_cmpint(stat.type, ==, FS_TYPE_DIRECTORY);

    /* What must fail, and change nothing. */
    assert_failed(fs_remove(c->fs, "/deep", &error), &error);
    assert_failed(fs_remove(c->fs, "/not there", &error), &error);
    assert_failed(fs_make_directory(c->fs, "/size-1", NULL, &error), &error);
    assert_failed(fs_make_directory(c->fs, "/missing/child", NULL, &error), &error);
    assert_failed(fs_write_file(c->fs, "/missing/child", content, NULL, &error), &error);
    assert_failed(fs_write_file(c->fs, "/deep", content, NULL, &error), &error);
    assert_failed(fs_write_file(c->fs, "/size-1/child", content, NULL, &error), &error);

    make_directory(c, "/short-lived");
    put_text(c, "/short-lived/file", "x");
    drop(c, "/short-lived/file");
    drop(c, "/short-lived");
    make_directory(c, "/short-lived");
    drop(c, "/short-lived");
    sync_and_reopen(c);
    g_assert_false(is_there(c->fs, "/short-lived", NULL));
}

static void check_hostile_paths(Contract *c)
{
    static const char *const bad_paths[] = {"",       "relative", "//",    "/a//b",
                                            "/a/",    "/.",       "/..",   "/a/../b",
                                            "/a/./b", "a/b",      "/a/..", "/../../etc/passwd"};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = make_content(10, 1);
    for (guint i = 0; i < G_N_ELEMENTS(bad_paths); i++) {
        gboolean found = FALSE;
        g_assert_false(fs_stat(c->fs, bad_paths[i], &found, NULL, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_clear_error(&error);
        g_assert_false(fs_write_file(c->fs, bad_paths[i], content, NULL, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_clear_error(&error);
    }
    /* Through a file, and reading what is of another type. */
    g_assert_false(is_there(c->fs, "/size-1/child", NULL));
    g_autoptr(GPtrArray) entries = NULL;
    assert_failed(fs_list(c->fs, "/size-1", &entries, &error), &error);
    g_autoptr(GBytes) bytes = NULL;
    assert_failed(fs_read_file(c->fs, "/deep", 100, &bytes, &error), &error);
    g_assert_false(fs_read_file(c->fs, "/not there", 100, &bytes, &error));
    g_assert_nonnull(strstr(error->message, "/not there"));
    g_clear_error(&error);

    /* Names that mean something to one of the systems: refused, or kept exactly. */
    static const char *const names[] = {"back\\slash", "a:stream", "st*r",  "qu?estion", "<>",
                                        "pi|pe",       "quo\"te",  "CON",   "nul.txt",   "dot.",
                                        "space ",      "\x01",     "tab\t", "new\nline", "..."};
    make_directory(c, "/hostile");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strdup_printf("/hostile/%s", names[i]);
        gboolean written = fs_write_file(c->fs, path, content, NULL, &error);
        g_assert_true(written == (error == NULL));
        g_clear_error(&error);
        g_assert_true(is_there(c->fs, path, NULL) == written);
        g_assert_true(lists_name(c->fs, "/hostile", names[i]) == written);
        if (written)
            drop(c, path);
        g_autoptr(GPtrArray) left = list_names(c->fs, "/hostile");
        g_assert_cmpuint(left->len, ==, 0);
    }
    if (!fs_is_case_sensitive(c->fs)) {
        assert_failed(fs_write_file(c->fs, "/hostile/\xff\xfe", content, NULL, &error), &error);
    }
    sync_and_reopen(c);
}

static void check_symlinks(Contract *c)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *long_target = g_strnfill(200, 'x');
    const char *targets[] = {"size-1", "/absolute/and/dangling", "../..", long_target};
    make_directory(c, "/links");
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *path = g_strdup_printf("/links/%u", i);
        gboolean ok = fs_make_symlink(c->fs, path, targets[i], NULL, &error);
        if (!ok) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
            g_assert_false(is_there(c->fs, path, NULL));
            return;
        }
        g_assert_no_error(error);
    }
    sync_and_reopen(c);
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *path = g_strdup_printf("/links/%u", i);
        g_autofree char *target = NULL;
        FsStat stat = {0};
        g_assert_true(is_there(c->fs, path, &stat));
        g_assert_cmpint(stat.type, ==, FS_TYPE_SYMLINK);
        g_assert_true(fs_read_link(c->fs, path, &target, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(target, ==, targets[i]);
        assert_failed(fs_make_symlink(c->fs, path, "other", NULL, &error), &error);
        if (i % 2 == 0)
            drop(c, path);
    }
    g_autofree char *target = NULL;
    assert_failed(fs_read_link(c->fs, "/size-1", &target, &error), &error);
    sync_and_reopen(c);
}

/* Owner and mode of new files; only where there are modes. */
static void check_attributes(Contract *c)
{
    if (!fs_is_case_sensitive(c->fs))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = make_content(10, 1);
    const FsAttributes directory = {.mode = 0750}, program = {.mode = 04755},
                       like = {.like = "/attributes/program", .mode = -1}, none = {.mode = -1},
                       first_like_second = {.like = "/attributes/program", .mode = 0600};
    const struct {
        const char *path;
        const FsAttributes *attributes;
        guint mode;
    } rows[] = {{"/attributes/program", &program, 04755},
                {"/attributes/like", &like, 04755},
                {"/attributes/both", &first_like_second, 0600},
                {"/attributes/none", &none, 0640}};
    FsStat stat = {0};
    g_assert_true(fs_make_directory(c->fs, "/attributes", &directory, &error));
    g_assert_no_error(error);
    g_assert_true(is_there(c->fs, "/attributes", &stat));
    g_assert_cmpuint(stat.mode, ==, 0750);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(fs_write_file(c->fs, rows[i].path, content, rows[i].attributes, &error));
        g_assert_no_error(error);
        g_assert_true(is_there(c->fs, rows[i].path, &stat));
        g_assert_cmpuint(stat.mode, ==, rows[i].mode);
    }
    /* Of a file that exists they stay. */
    g_assert_true(fs_write_file(c->fs, "/attributes/program", content, &directory, &error));
    g_assert_no_error(error);
    sync_and_reopen(c);
    g_assert_true(is_there(c->fs, "/attributes/program", &stat));
    g_assert_cmpuint(stat.mode, ==, 04755);

    const FsAttributes missing = {.like = "/not there", .mode = -1};
    assert_failed(fs_write_file(c->fs, "/attributes/new", content, &missing, &error), &error);
    g_assert_false(is_there(c->fs, "/attributes/new", NULL));
}

static uint64_t extents_total(const GArray *extents)
{
    uint64_t total = 0;
    for (guint i = 0; i < extents->len; i++)
        total += g_array_index(extents, FsExtent, i).length_bytes;
    return total;
}

/* How many bytes of one the other covers too. */
static uint64_t extents_common(const GArray *a, const GArray *b)
{
    uint64_t common = 0;
    for (guint i = 0; i < a->len; i++) {
        for (guint j = 0; j < b->len; j++) {
            const FsExtent *x = &g_array_index(a, FsExtent, i), *y = &g_array_index(b, FsExtent, j);
            uint64_t start = MAX(x->start_bytes, y->start_bytes);
            uint64_t end = MIN(x->start_bytes + x->length_bytes, y->start_bytes + y->length_bytes);
            common += end > start ? end - start : 0;
        }
    }
    return common;
}

static GArray *free_extents(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    GArray *extents = NULL;
    if (!fs_free_extents(fs, &extents, &error)) {
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        return NULL;
    }
    uint64_t end = 0;
    for (guint i = 0; i < extents->len; i++) {
        const FsExtent *extent = &g_array_index(extents, FsExtent, i);
        g_assert_cmpuint(extent->length_bytes, >, 0);
        g_assert_true(extent->start_bytes > end || i == 0); /* else it belonged to the last one */
        end = extent->start_bytes + extent->length_bytes;
    }
    g_assert_cmpuint(end, <=, disk_size(fs->volume));
    return extents;
}

static void check_extents(Contract *c)
{
    enum { SIZE = 3 * 1024 * 1024 + 5 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) before = free_extents(c->fs);
    if (!before)
        return;
    g_autoptr(GBytes) content = make_content(SIZE, 77);
    put(c, "/extents", content);
    sync_and_reopen(c);
    g_autoptr(GArray) file = NULL;
    if (!fs_file_extents(c->fs, "/extents", &file, &error)) {
        /* A filesystem on several volumes has no one place to tell. */
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        drop(c, "/extents");
        return;
    }
    g_assert_cmpuint(extents_total(file), >=, SIZE);
    g_autoptr(GArray) during = free_extents(c->fs);
    g_assert_cmpuint(extents_common(during, file), ==, 0);
    g_assert_cmpuint(extents_common(before, file), ==, extents_total(file));

    /* They say where the bytes are on the volume. */
    const uint8_t *expected = g_bytes_get_data(content, NULL);
    uint64_t compared = 0;
    for (guint i = 0; i < file->len && compared < SIZE; i++) {
        const FsExtent *extent = &g_array_index(file, FsExtent, i);
        gsize length = (gsize)MIN(extent->length_bytes, SIZE - compared);
        g_autofree uint8_t *bytes = g_malloc(length);
        g_assert_true(disk_read(c->fs->volume, extent->start_bytes, bytes, length, &error));
        g_assert_no_error(error);
        g_assert_true(memcmp(bytes, expected + compared, length) == 0);
        compared += length;
    }
    g_assert_cmpuint(compared, ==, SIZE);

    drop(c, "/extents");
    sync_and_reopen(c);
    g_autoptr(GArray) after = free_extents(c->fs);
    g_assert_cmpuint(extents_common(after, file), ==, extents_total(file));
}

static void check_full(Contract *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) extents = free_extents(c->fs);
    if (!extents || extents_total(extents) > (uint64_t)FILL_LIMIT_MIB * 1024 * 1024)
        return;
    g_autoptr(GBytes) content = make_content((gsize)extents_total(extents) + 1024 * 1024, 3);
    g_assert_false(fs_write_file(c->fs, "/too large", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
}

void fs_contract_run(FsContractReopen reopen, void *data)
{
    Contract c = {.reopen = reopen, .data = data};
    c.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    c.fs = reopen(data, NULL);
    g_assert_nonnull(c.fs);
    check_sizes(&c);
    check_reads(&c);
    check_many_names(&c);
    check_odd_names(&c);
    check_case(&c);
    check_directories(&c);
    check_hostile_paths(&c);
    check_symlinks(&c);
    check_attributes(&c);
    check_extents(&c);
    sync_and_reopen(&c);
    check_full(&c);
    fs_close(c.fs);
    g_hash_table_unref(c.files);
}
