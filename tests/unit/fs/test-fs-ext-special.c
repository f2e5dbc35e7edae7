/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ext driver where things are odd: attributes that are handed down, states that forbid writing,
   disks that fail, images that lie. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "test-fs-ext-image.h"

enum { SUPERBLOCK = 1024 };

/* user:rw-, group:r--, user 1000:rwx, mask:rwx, other:--- as ext stores it. */
static const uint8_t acl[] = {1, 0, 0, 0, 1, 0, 6,    0, 2, 0, 7,    0, 0xE8, 3,
                              0, 0, 4, 0, 4, 0, 0x10, 0, 7, 0, 0x20, 0, 0,    0};

static char *xattr(const ExtImage *image, const char *path, const char *name)
{
    g_autofree char *script = g_strdup_printf("ea_get -x %s %s\n", path, name);
    g_autofree char *output = ext_image_debugfs(image, script);
    const char *value = strrchr(output, '=');

    return value == NULL ? NULL : g_strstrip(g_strdup(value + 1));
}

static void assert_xattr(const ExtImage *image, const char *path, const char *name,
                         const char *expected)
{
    g_autofree char *value = xattr(image, path, name);

    g_assert_cmpstr(value, ==, expected);
}

static void make(Fs *fs, const char *path, const FsAttributes *attributes)
{
    g_autoptr(GBytes) content = g_bytes_new_static("content", 7);
    g_autoptr(GError) error = NULL;
    gboolean ok = g_str_has_suffix(path, "directory")
                      ? fs_make_directory(fs, path, attributes, &error)
                      : fs_write_file(fs, path, content, attributes, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

static void assert_owner(Fs *fs, const char *path, guint uid, guint gid, guint mode)
{
    FsStat stat = ext_fs_stat(fs, path);

    g_assert_cmpuint(stat.uid, ==, uid);
    g_assert_cmpuint(stat.gid, ==, gid);
    g_assert_cmphex(stat.mode, ==, mode);
}

/* With xattrs in the inode, and in a block of their own. */
static void test_attributes(gconstpointer options)
{
    static const FsAttributes as_model = {.like = "/parent/model", .mode = -1};
    static const FsAttributes as_model_0600 = {.like = "/parent/model", .mode = 0600};
    static const FsAttributes labelled = {.like = "/parent/model", .mode = -1, .label = "label_own"};
    g_autoptr(ExtImage) image = ext_image_new(options, 24, NULL);
    g_autofree char *output = NULL;
    g_autofree char *path = NULL;
    g_autofree char *script = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    path = ext_image_put(image, "acl", acl, sizeof(acl));
    script = g_strdup_printf("mkdir /parent\nsif /parent mode 042770\nsif /parent uid 70000\n"
                             "sif /parent gid 8\nea_set /parent security.selinux label_parent\n"
                             "write %s /parent/model\nsif /parent/model mode 0100755\n"
                             "sif /parent/model uid 5\nsif /parent/model gid 80000\n"
                             "ea_set /parent/model security.selinux label_model\n"
                             "ea_set /parent/model security.capability cap\n"
                             "ea_set /parent/model user.note note\n"
                             "ea_set -rf %s /parent/model system.posix_acl_access\n",
                             path, path);
    output = ext_image_debugfs(image, script);
    fs = ext_image_open(image, TRUE);
    make(fs, "/parent/from-parent", NULL);
    make(fs, "/parent/sub-directory", NULL);
    make(fs, "/parent/from-model", &as_model);
    make(fs, "/parent/strict", &as_model_0600);
    make(fs, "/parent/labelled", &labelled);
    g_assert_true(fs_make_symlink(fs, "/parent/link", "model", NULL, &error));
    assert_owner(fs, "/parent/from-parent", 70000, 8, 0660);
    assert_owner(fs, "/parent/sub-directory", 70000, 8, 02770);
    assert_owner(fs, "/parent/from-model", 5, 80000, 0755);
    assert_owner(fs, "/parent/strict", 5, 80000, 0600);
    assert_owner(fs, "/parent/link", 70000, 8, 0777);
    make(fs, "/parent/model", NULL); /* replaced: everything stays */
    assert_owner(fs, "/parent/model", 5, 80000, 0755);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ext_image_check(image);

#define HEX_PARENT "6c 61 62 65 6c 5f 70 61 72 65 6e 74"
#define HEX_MODEL "6c 61 62 65 6c 5f 6d 6f 64 65 6c"
    assert_xattr(image, "/parent/from-parent", "security.selinux", HEX_PARENT);
    assert_xattr(image, "/parent/sub-directory", "security.selinux", HEX_PARENT);
    assert_xattr(image, "/parent/link", "security.selinux", HEX_PARENT);
    assert_xattr(image, "/parent/from-model", "security.selinux", HEX_MODEL);
    assert_xattr(image, "/parent/labelled", "security.selinux", "6c 61 62 65 6c 5f 6f 77 6e 00");
    assert_xattr(image, "/parent/labelled", "user.note", "6e 6f 74 65");
    assert_xattr(image, "/parent/from-model", "user.note", "6e 6f 74 65");
    assert_xattr(image, "/parent/from-model", "security.capability", NULL);
    assert_xattr(image, "/parent/model", "security.capability", "63 61 70");
    assert_xattr(image, "/parent/from-parent", "system.posix_acl_access", NULL);
}

static void assert_write_fails(Fs *fs, DrydockError code)
{
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    g_autoptr(GError) error = NULL;

    g_assert_false(fs_write_file(fs, "/new", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, (int)code);
    g_clear_error(&error);
    g_assert_false(fs_make_directory(fs, "/new", NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, (int)code);
}

typedef struct {
    const char *name;
    const char *options;
    const char *script;
    gboolean dirty;
    DrydockError write; /* why it cannot be written */
} Refusal;

static const Refusal refusals[] = {
    {"quota", "-t ext4 -O quota", "", FALSE, DRYDOCK_ERROR_UNSUPPORTED},
    {"unclean-ext2", "-t ext2", "ssv state 0\n", TRUE, DRYDOCK_ERROR_PRECONDITION},
    {"errors", "-t ext4", "ssv state 3\n", TRUE, DRYDOCK_ERROR_PRECONDITION},
    {"read-only", "-t ext4", "feature read-only\n", FALSE, DRYDOCK_ERROR_UNSUPPORTED},
    {"unknown-ro", "-t ext4 -O ^metadata_csum", "ssv feature_ro_compat 0x40000073\n", FALSE,
     DRYDOCK_ERROR_UNSUPPORTED},
};

/* Readable, but the first write fails and changes nothing. */
static void test_refusal(gconstpointer data)
{
    const Refusal *refusal = data;
    g_autoptr(ExtImage) image = ext_image_new(refusal->options, 24, NULL);
    g_autofree char *output = NULL;
    g_autoptr(GBytes) before = NULL;
    g_autoptr(GBytes) after = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;
    FsState state;

    if (image == NULL) {
        return;
    }
    output = ext_image_debugfs(image, refusal->script);
    before = ext_image_bytes(image);
    fs = ext_image_open(image, TRUE);
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_cmpint(state.dirty, ==, refusal->dirty);
    g_assert_cmpint(ext_fs_stat(fs, "/lost+found").type, ==, FS_TYPE_DIRECTORY);
    assert_write_fails(fs, refusal->write);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    after = ext_image_bytes(image);
    g_assert_true(g_bytes_equal(before, after));
}

typedef struct {
    const char *name;
    guint offset; /* in the superblock */
    guint32 value;
    DrydockError code;
} BadSuperblock;

static const BadSuperblock bad_superblocks[] = {
    {"magic", 0x38, 0x12345678, DRYDOCK_ERROR_CORRUPT},
    {"larger-than-volume", 0x04, 0x7FFFFFFF, DRYDOCK_ERROR_CORRUPT},
    {"block-size", 0x18, 40, DRYDOCK_ERROR_CORRUPT},
    {"inodes-per-group", 0x28, 0, DRYDOCK_ERROR_CORRUPT},
    {"blocks-per-group", 0x20, 0, DRYDOCK_ERROR_CORRUPT},
    {"unknown-incompat", 0x60, 0x40000042, DRYDOCK_ERROR_UNSUPPORTED},
    {"journal-device", 0x60, 0x4A, DRYDOCK_ERROR_UNSUPPORTED},
};

static void test_bad_superblock(gconstpointer data)
{
    const BadSuperblock *bad = data;
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -O ^metadata_csum,^64bit", 24, NULL);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *copy = NULL;
    g_autoptr(Disk) disk = NULL;
    Fs *fs = NULL;

    if (image == NULL) {
        return;
    }
    bytes = ext_image_bytes(image);
    copy = g_memdup2(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    put_le32(copy + SUPERBLOCK + bad->offset, bad->value);
    ext_image_set_bytes(image, copy, g_bytes_get_size(bytes));
    disk = ext_image_disk(image, TRUE);
    g_assert_false(fs_open(disk, "ext4", &fs, &error));
    g_assert_error(error, DRYDOCK_ERROR, (int)bad->code);
}

/* Extents of the file are not free, those of holes do not exist, and after it was removed all are
   free again. */
static void test_extents(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 1024 -O ^has_journal", 40, NULL);
    g_autoptr(GArray) before = NULL;
    g_autoptr(GArray) after = NULL;
    g_autoptr(GArray) extents = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;
    uint64_t free_before = 0, free_after = 0, file = 0;

    if (image == NULL) {
        return;
    }
    fs = ext_image_open(image, TRUE);
    ext_fs_put(fs, "/swap", 1, 1);
    g_assert_true(fs_free_extents(fs, &before, &error));
    ext_fs_put(fs, "/swap", 5000000, 1);
    g_assert_true(fs_free_extents(fs, &after, &error));
    g_assert_true(fs_file_extents(fs, "/swap", &extents, &error));
    for (guint i = 0; i < before->len; i++) {
        free_before += g_array_index(before, FsExtent, i).length_bytes;
    }
    for (guint i = 0; i < after->len; i++) {
        free_after += g_array_index(after, FsExtent, i).length_bytes;
    }
    for (guint i = 0; i < extents->len; i++) {
        const FsExtent *used = &g_array_index(extents, FsExtent, i);

        file += used->length_bytes;
        for (guint j = 0; j < after->len; j++) {
            const FsExtent *unused = &g_array_index(after, FsExtent, j);

            g_assert_true(used->start_bytes + used->length_bytes <= unused->start_bytes ||
                          unused->start_bytes + unused->length_bytes <= used->start_bytes);
        }
    }
    g_assert_cmpuint(file, ==, (5000000 + 1023) / 1024 * 1024);
    g_assert_cmpuint(free_before - free_after + 4096, >=, file);
    g_assert_cmpuint(extents->len, ==, 1);
    /* Most groups have never been touched: their bitmaps are not initialised. */
    g_assert_cmpuint(free_after, >, UINT64_C(30) << 20);
}

/* Holes and preallocated blocks are zeros. */
static void test_sparse(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 1024", 24, NULL);
    g_autoptr(GBytes) content = NULL;
    g_autofree char *output = NULL;
    g_autofree char *path = NULL;
    g_autofree char *script = NULL;
    g_autoptr(Fs) fs = NULL;
    const uint8_t *bytes;

    if (image == NULL) {
        return;
    }
    path = ext_image_put(image, "data", "0123456789", 10);
    script = g_strdup_printf("write %s /file\nfallocate /file 10 20\nsif /file size 50000\n", path);
    output = ext_image_debugfs(image, script);
    fs = ext_image_open(image, FALSE);
    content = ext_fs_read(fs, "/file");
    bytes = g_bytes_get_data(content, NULL);
    g_assert_cmpuint(g_bytes_get_size(content), ==, 50000);
    g_assert_true(memcmp(bytes, "0123456789", 10) == 0);
    for (gsize i = 10; i < 50000; i++) {
        g_assert_cmpuint(bytes[i], ==, 0);
    }
}

/* Everything once; FALSE and an error, or TRUE. */
static gboolean work(Disk *disk, GError **error)
{
    g_autoptr(GBytes) content = ext_content(30000, 3);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GBytes) read = NULL;
    g_autoptr(Fs) fs = NULL;

    return fs_open(disk, "ext4", &fs, error) && fs_list(fs, "/", &entries, error) &&
           fs_write_file(fs, "/new", content, NULL, error) &&
           fs_make_directory(fs, "/directory", NULL, error) &&
           fs_make_symlink(fs, "/directory/link", "target", NULL, error) &&
           fs_write_file(fs, "/new", content, NULL, error) &&
           fs_read_file(fs, "/new", 30000, &read, error) &&
           fs_remove(fs, "/directory/link", error) && fs_sync(fs, error);
}

/* The n-th access to the disk fails: a clean error that says so, no leak, no crash. */
static void test_faults(gconstpointer data)
{
    const char *script = data;
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -b 1024", 16, NULL);
    g_autoptr(Disk) disk = NULL;
    g_autofree char *output = NULL;
    gboolean done = FALSE;

    if (image == NULL) {
        return;
    }
    output = ext_image_debugfs(image, script);
    disk = ext_image_disk(image, FALSE);
    for (guint n = 1; !done; n += n < 100 ? 1 : 7) {
        g_autoptr(Disk) scratch = disk_new_scratch(disk, 64 * 1024 * 1024);
        g_autoptr(Disk) fault = disk_new_fault(scratch, n);
        g_autoptr(GError) error = NULL;

        done = work(fault, &error);
        g_assert_cmpint(done, ==, error == NULL);
        if (!done) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
        }
        g_assert_cmpuint(n, <, 100000);
    }
}

static void walk(Fs *fs, const char *path, guint depth)
{
    g_autoptr(GPtrArray) entries = NULL;

    if (depth > 4 || !fs_list(fs, path, &entries, NULL)) {
        return;
    }
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *child =
            g_strdup_printf("%s/%s", strlen(path) > 1 ? path : "", entry->name);
        g_autofree char *target = NULL;
        g_autoptr(GBytes) content = NULL;
        g_autoptr(GArray) extents = NULL;
        gboolean ok = entry->type == FS_TYPE_SYMLINK
                          ? fs_read_link(fs, child, &target, NULL)
                          : fs_read_file(fs, child, 1 << 20, &content, NULL);

        ok = fs_file_extents(fs, child, &extents, NULL) && ok;
        if (entry->type == FS_TYPE_DIRECTORY) {
            walk(fs, child, depth + 1);
        }
    }
}

static void use_hostile(Disk *disk)
{
    g_autoptr(GBytes) content = ext_content(5000, 5);
    g_autoptr(GArray) extents = NULL;
    g_autoptr(Fs) fs = NULL;
    gboolean ok;

    if (!fs_open(disk, "ext4", &fs, NULL)) {
        return;
    }
    walk(fs, "/", 0);
    ok = fs_free_extents(fs, &extents, NULL);
    ok = fs_write_file(fs, "/new", content, NULL, NULL) && ok;
    ok = fs_write_file(fs, "/file", content, NULL, NULL) && ok;
    ok = fs_make_directory(fs, "/directory/sub", NULL, NULL) && ok;
    ok = fs_remove(fs, "/directory/inner", NULL) && ok;
    ok = fs_sync(fs, NULL) && ok;
}

/* Metadata overwritten at random: any answer is right that comes, in time and without a crash. */
static void test_hostile(gconstpointer options)
{
    enum { ROUNDS = 150, REGION = 700 * 1024 };
    g_autoptr(ExtImage) image = ext_image_new(options, 8, NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(20240101);
    g_autofree char *output = NULL;
    g_autofree char *script = NULL;
    g_autofree char *path = NULL;
    g_autoptr(Disk) disk = NULL;
    g_autoptr(GBytes) content = ext_content(200000, 1);

    if (image == NULL) {
        return;
    }
    path = ext_image_put(image, "data", g_bytes_get_data(content, NULL), 200000);
    script = g_strdup_printf("write %s /file\nmkdir /directory\nwrite %s /directory/inner\n"
                             "symlink /link target\n",
                             path, path);
    output = ext_image_debugfs(image, script);
    disk = ext_image_disk(image, FALSE);
    for (guint i = 0; i < ROUNDS; i++) {
        g_autoptr(Disk) scratch = disk_new_scratch(disk, 64 * 1024 * 1024);
        guint count = 1 + i % 40;

        for (guint j = 0; j < count; j++) {
            uint64_t offset = (uint64_t)g_rand_int_range(random, SUPERBLOCK, REGION);
            uint8_t byte = (uint8_t)g_rand_int_range(random, 0, 256);
            g_autoptr(GError) error = NULL;

            g_assert_true(disk_write(scratch, offset, &byte, 1, &error));
        }
        use_hostile(scratch);
    }
}

/* An encrypted directory is named as what it is; the rest of the image can be read. */
static void test_encrypted(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -O encrypt", 24, NULL);
    g_autofree char *output = NULL;
    g_autofree char *path = NULL;
    g_autofree char *script = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;
    gboolean found;

    if (image == NULL) {
        return;
    }
    path = ext_image_put(image, "data", "secret", 6);
    script = g_strdup_printf("mkdir /home\nwrite %s /file\nsif /home flags 0x80800\n"
                             "sif /file flags 0x80800\n",
                             path);
    output = ext_image_debugfs(image, script);
    fs = ext_image_open(image, TRUE);
    g_assert_false(fs_list(fs, "/home", &entries, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_clear_error(&error);
    g_assert_false(fs_stat(fs, "/home/x", &found, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_clear_error(&error);
    g_assert_false(fs_read_file(fs, "/file", 100, &content, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_clear_error(&error);
    content = g_bytes_new_static("x", 1);
    g_assert_false(fs_write_file(fs, "/file", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
}

/* Names are found as the directory folds them, and its index stays right. */
static void test_casefold(void)
{
    g_autoptr(ExtImage) image = ext_image_new("-t ext4 -O casefold -E encoding=utf8", 24, NULL);
    g_autofree char *output = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    output = ext_image_debugfs(image, "mkdir /games\nsif /games flags 0x40080000\n");
    fs = ext_image_open(image, TRUE);
    ext_fs_put(fs, "/games/Äpfel", 10, 1);
    ext_fs_put(fs, "/games/äPFEL", 20, 2);
    ext_fs_assert(fs, "/games/Äpfel", 20, 2);
    g_assert_true(fs_make_directory(fs, "/games/Sub", NULL, &error));
    ext_fs_put(fs, "/games/SUB/File", 30, 3);
    ext_fs_assert(fs, "/games/sub/file", 30, 3);
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ext_image_check(image);
}

typedef struct {
    const char *file;
    gboolean can_be_listed;
} TestdataRow;

static const TestdataRow testdata[] = {
    {"ext4.bin.gz", TRUE},
    {"ext4_symlink_test2.bin.gz", TRUE},
    {"e2fsprogs-f_encrypted_lpf-image.gz", TRUE},
    {"e2fsprogs-f_extents-image.gz", TRUE},
};

static void test_testdata(gconstpointer data)
{
    const TestdataRow *row = data;
    g_autoptr(ExtImage) image = ext_image_from_testdata(row->file);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;
    gboolean ok;

    if (image == NULL) {
        return;
    }
    fs = ext_image_open(image, FALSE);
    ok = fs_list(fs, "/", &entries, &error);
    g_assert_no_error(error);
    g_assert_cmpint(ok, ==, row->can_be_listed);
    walk(fs, "/", 0);
}

static void add_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ext/refusal/%s", refusals[i].name);

        g_test_add_data_func(path, &refusals[i], test_refusal);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_superblocks); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ext/superblock/%s", bad_superblocks[i].name);

        g_test_add_data_func(path, &bad_superblocks[i], test_bad_superblock);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(testdata); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ext/testdata/%s", testdata[i].file);

        g_test_add_data_func(path, &testdata[i], test_testdata);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_rows();
    g_test_add_data_func("/fs/ext/attributes/in-inode", "-t ext4", test_attributes);
    g_test_add_data_func("/fs/ext/attributes/in-block", "-t ext3 -I 128", test_attributes);
    g_test_add_func("/fs/ext/extents", test_extents);
    g_test_add_func("/fs/ext/sparse", test_sparse);
    g_test_add_func("/fs/ext/encrypted", test_encrypted);
    g_test_add_func("/fs/ext/casefold", test_casefold);
    g_test_add_data_func("/fs/ext/faults/clean", "", test_faults);
    g_test_add_data_func("/fs/ext/faults/journal",
                         "jo -c\njw -b 9000,9001,9002 /dev/zero\njw -r 9001\njc\n", test_faults);
    g_test_add_data_func("/fs/ext/hostile/checksums", "-t ext4 -b 1024", test_hostile);
    g_test_add_data_func("/fs/ext/hostile/no-checksums", "-t ext4 -b 1024 -O ^metadata_csum",
                         test_hostile);
    g_test_add_data_func("/fs/ext/hostile/ext2", "-t ext2 -b 1024", test_hostile);
    g_test_add_data_func("/fs/ext/hostile/inline-data",
                         "-t ext4 -b 1024 -O ^metadata_csum,inline_data", test_hostile);
    return g_test_run();
}
