/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that only NTFS has: links, compressed ones, short names, security descriptors. */
#include "test-fs-ntfs-image.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TAG_WOF = (int)0x80000017U,
    TAG_JUNCTION = (int)0xA0000003U,
    TAG_SYMLINK = (int)0xA000000CU,
    TAG_DEDUP = (int)0x80000013U,
    TAG_APP_LINK = (int)0x8000001BU,
    TAG_LX_SYMLINK = (int)0xA000001DU,
};

static GBytes *link_data(const char *target, gboolean is_symlink)
{
    glong units;
    g_autofree gunichar2 *text = g_utf8_to_utf16(target, -1, NULL, &units, NULL);
    const gsize header = is_symlink ? 12 : 8, length = (gsize)units * 2;
    uint8_t *bytes = g_malloc0(header + length + 4);

    put_le16(bytes, 0);
    put_le16(bytes + 2, (uint16_t)length);
    put_le16(bytes + 4, (uint16_t)(length + 2));
    memcpy(bytes + header, text, length);
    return g_bytes_new_take(bytes, header + length + 4);
}

static void make_link(const NtfsImage *image, const char *path, guint tag, GBytes *data)
{
    ntfs_volume *volume = ntfs_image_mount(image);
    ntfs_inode *inode = ntfs_image_inode(volume, path);
    gsize size;
    const void *bytes = g_bytes_get_data(data, &size);

    ntfs_image_set_reparse(inode, tag, bytes, size);
    g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
    ntfs_image_unmount(volume);
}

static FsFileType type_in_list(Fs *fs, const char *directory, const char *name)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(fs_list(fs, directory, &entries, &error));
    g_assert_no_error(error);
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);

        if (strcmp(entry->name, name) == 0) {
            return entry->type;
        }
    }
    g_error("'%s' is not in '%s'", name, directory);
}

static FsStat stat_of(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    FsStat stat = {0};

    g_assert_true(fs_stat(fs, path, &found, &stat, &error));
    g_assert_no_error(error);
    g_assert_true(found);
    return stat;
}

static void test_links(void)
{
    static const struct {
        guint tag;
        const char *target, *expected;
    } rows[] = {
        {(guint)TAG_JUNCTION, "\\??\\C:\\Users\\All", "/Users/All"},
        {(guint)TAG_JUNCTION, "\\??\\C:\\", "/"},
        {(guint)TAG_JUNCTION, "\\??\\D:\\Data\\", "/Data"},
        {(guint)TAG_JUNCTION, "\\??\\Volume{1234}\\x", "/\?\?/Volume{1234}/x"},
        {(guint)TAG_SYMLINK, "..\\other\\file", "../other/file"},
        {(guint)TAG_SYMLINK, "C:\\absolute", "/absolute"},
        {(guint)TAG_SYMLINK, "\\??\\C:\\ProgramData", "/ProgramData"},
        {(guint)TAG_SYMLINK, "Größe \xf0\x9f\x98\x80", "Größe \xf0\x9f\x98\x80"},
        {(guint)TAG_SYMLINK, "\\rooted", "/rooted"},
    };
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/link-%" G_GSIZE_FORMAT, i);
        g_autoptr(GBytes) data = link_data(rows[i].target, rows[i].tag == (guint)TAG_SYMLINK);
        g_autofree char *target = NULL;

        fs = ntfs_image_open(image, TRUE);
        if (rows[i].tag == (guint)TAG_JUNCTION) {
            g_assert_true(fs_make_directory(fs, path, NULL, &error));
        } else {
            ntfs_fs_put(fs, path, 0, 0);
        }
        ntfs_fs_sync(fs);
        g_clear_pointer(&fs, fs_close);
        make_link(image, path, rows[i].tag, data);

        fs = ntfs_image_open(image, TRUE);
        g_assert_cmpint(stat_of(fs, path).type, ==, FS_TYPE_SYMLINK);
        g_assert_cmpint(type_in_list(fs, "/", path + 1), ==, FS_TYPE_SYMLINK);
        g_assert_true(fs_read_link(fs, path, &target, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(target, ==, rows[i].expected);
        g_clear_pointer(&fs, fs_close);
    }
    /* A link is removed, not followed; and its content is not written through it. */
    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_remove(fs, "/link-0", &error));
    g_assert_true(fs_remove(fs, "/link-4", &error));
    g_assert_no_error(error);
    {
        g_autoptr(GBytes) content = g_bytes_new_static("x", 1);

        g_assert_false(fs_write_file(fs, "/link-5", content, NULL, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    }
    ntfs_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ntfs_image_check(image);
}

static void test_damaged_links(void)
{
    static const struct {
        guint offset, length, size;
    } rows[] = {{0, 200, 40}, {100, 4, 40},         {0, 0, 40},
                {0, 3, 40},   {0xfffe, 0xfffe, 40}, {0, 4, 2}};
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/link-%" G_GSIZE_FORMAT, i);
        g_autoptr(GBytes) good = link_data("\\??\\C:\\target", FALSE);
        g_autoptr(GError) error = NULL;
        g_autofree char *target = NULL;
        ntfs_volume *volume;
        ntfs_inode *inode;
        ntfs_attr *value;
        uint8_t bytes[48] = {0};

        fs = ntfs_image_open(image, TRUE);
        g_assert_true(fs_make_directory(fs, path, NULL, &error));
        ntfs_fs_sync(fs);
        g_clear_pointer(&fs, fs_close);
        make_link(image, path, (guint)TAG_JUNCTION, good);
        /* The library refuses to set nonsense; so behind its back. */
        put_le32(bytes, (guint)TAG_JUNCTION);
        put_le16(bytes + 4, (uint16_t)rows[i].size);
        put_le16(bytes + 8, (uint16_t)rows[i].offset);
        put_le16(bytes + 10, (uint16_t)rows[i].length);
        volume = ntfs_image_mount(image);
        inode = ntfs_image_inode(volume, path);
        value = ntfs_attr_open(inode, AT_REPARSE_POINT, AT_UNNAMED, 0);
        g_assert_cmpint(ntfs_attr_truncate(value, 8 + rows[i].size), ==, 0);
        g_assert_cmpint(ntfs_attr_pwrite(value, 0, 8 + rows[i].size, bytes), ==, 8 + rows[i].size);
        ntfs_attr_close(value);
        g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
        ntfs_image_unmount(volume);

        fs = ntfs_image_open(image, TRUE);
        g_assert_false(fs_read_link(fs, path, &target, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_clear_pointer(&fs, fs_close);
    }
}

/* Kinds of reparse points that are no links. */
static void test_other_tags(void)
{
    static const struct {
        guint tag;
        gboolean directory;
        FsFileType type;
    } rows[] = {{(guint)TAG_DEDUP, FALSE, FS_TYPE_FILE},
                {(guint)TAG_APP_LINK, FALSE, FS_TYPE_FILE},
                {(guint)TAG_LX_SYMLINK, FALSE, FS_TYPE_OTHER},
                {0x9000701aU, TRUE, FS_TYPE_DIRECTORY}};
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GBytes) data = g_bytes_new_static("\2\0\0\0target/of/it", 16);

    if (image == NULL) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/tag-%" G_GSIZE_FORMAT, i);
        g_autoptr(GBytes) content = NULL;
        g_autoptr(GError) error = NULL;
        Fs *fs = ntfs_image_open(image, TRUE);

        if (rows[i].directory) {
            g_assert_true(fs_make_directory(fs, path, NULL, &error));
        } else {
            ntfs_fs_put(fs, path, 10, 1);
        }
        ntfs_fs_sync(fs);
        fs_close(fs);
        make_link(image, path, rows[i].tag, data);

        fs = ntfs_image_open(image, TRUE);
        g_assert_cmpint(stat_of(fs, path).type, ==, rows[i].type);
        g_assert_cmpint(type_in_list(fs, "/", path + 1), ==, rows[i].type);
        g_assert_false(fs_read_file(fs, path, 100, &content, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
        fs_close(fs);
    }
}

/* As CompactOS leaves it: a sparse placeholder, the compressed stream, a reparse point. */
static void make_wof(const NtfsImage *image, const char *path)
{
    static const uint8_t reparse[16] = {1, 0, 0, 0, 2, 0, 0, 0, 1};
    ntfs_volume *volume = ntfs_image_mount(image);
    ntfs_inode *inode = ntfs_image_inode(volume, path);
    ntfs_attr *data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    g_autofree uint8_t *compressed = g_malloc0(20000);

    memset(compressed, 0x5a, 20000);
    g_assert_cmpint(ntfs_attr_truncate(data, 0), ==, 0);
    g_assert_cmpint(ntfs_attr_truncate(data, 1000000), ==, 0);
    ntfs_attr_close(data);
    ntfs_image_put(volume, inode, "WofCompressedData", compressed, 20000);
    ntfs_image_put(volume, inode, "kept.stream", "stream", 6);
    ntfs_image_set_reparse(inode, (guint)TAG_WOF, reparse, sizeof reparse);
    g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
    ntfs_image_unmount(volume);
}

static void test_wof(void)
{
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *stream = NULL;
    ntfs_volume *volume;
    ntfs_inode *inode;
    Fs *fs;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/notepad.exe", 10, 1);
    ntfs_fs_sync(fs);
    fs_close(fs);
    make_wof(image, "/notepad.exe");

    fs = ntfs_image_open(image, TRUE);
    g_assert_cmpint(stat_of(fs, "/notepad.exe").type, ==, FS_TYPE_FILE);
    g_assert_cmpuint(stat_of(fs, "/notepad.exe").size_bytes, ==, 1000000);
    g_assert_cmpint(type_in_list(fs, "/", "notepad.exe"), ==, FS_TYPE_FILE);
    g_assert_false(fs_read_file(fs, "/notepad.exe", 2000000, &content, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    ntfs_fs_put(fs, "/notepad.exe", 30000, 3);
    ntfs_fs_assert(fs, "/notepad.exe", 30000, 3);
    g_assert_cmpuint(stat_of(fs, "/notepad.exe").attributes & 0x600, ==, 0);
    ntfs_fs_sync(fs);
    fs_close(fs);

    ntfs_image_check(image);
    volume = ntfs_image_mount(image);
    inode = ntfs_image_inode(volume, "/notepad.exe");
    g_assert_false(ntfs_attr_exist(inode, AT_REPARSE_POINT, AT_UNNAMED, 0));
    {
        int length = 0;
        ntfschar *name = ntfs_str2ucs("WofCompressedData", &length);

        g_assert_false(ntfs_attr_exist(inode, AT_DATA, name, (guint)length));
        ntfs_ucsfree(name);
    }
    ntfs_inode_close(inode);
    ntfs_image_unmount(volume);
    stream = ntfs_image_run(image, (const char *const[]){"ntfscat", "-n", "kept.stream", "IMAGE",
                                                         "/notepad.exe", NULL});
    g_assert_true(stream == NULL || strcmp(stream, "stream") == 0);
}

static guint security_id(const NtfsImage *image, const char *path)
{
    ntfs_volume *volume = ntfs_image_mount(image);
    ntfs_inode *inode = ntfs_image_inode(volume, path);
    const guint id = le32_to_cpu(inode->security_id);

    g_assert_true(test_nino_flag(inode, v3_Extensions));
    ntfs_inode_close(inode);
    ntfs_image_unmount(volume);
    return id;
}

enum { SID_BYTES = 12, ACE_BYTES = 8 + SID_BYTES, ACE_COUNT = 6, LIST_OFFSET = 20 + 2 * SID_BYTES };
enum { DESCRIPTOR_BYTES = LIST_OFFSET + 8 + ACE_COUNT * ACE_BYTES };

/* Owner and group SYSTEM; entries that let SYSTEM do everything. There are that many because
   ntfssecaudit takes what an earlier, longer descriptor left in its buffer for one more. */
static void make_descriptor(uint8_t *bytes)
{
    static const uint8_t system_sid[SID_BYTES] = {1, 1, 0, 0, 0, 0, 0, 5, 18};

    bytes[0] = 1;
    put_le16(bytes + 2, 0x8004); /* self-relative, with a list */
    put_le32(bytes + 4, 20);
    put_le32(bytes + 8, 20 + SID_BYTES);
    put_le32(bytes + 16, LIST_OFFSET);
    memcpy(bytes + 20, system_sid, SID_BYTES);
    memcpy(bytes + 20 + SID_BYTES, system_sid, SID_BYTES);
    bytes[LIST_OFFSET] = 2;
    put_le16(bytes + LIST_OFFSET + 2, DESCRIPTOR_BYTES - LIST_OFFSET);
    put_le16(bytes + LIST_OFFSET + 4, ACE_COUNT);
    for (guint i = 0; i < ACE_COUNT; i++) {
        uint8_t *entry = bytes + LIST_OFFSET + 8 + i * ACE_BYTES;

        put_le16(entry + 2, ACE_BYTES);
        put_le32(entry + 4, 0x001f01ff);
        memcpy(entry + 8, system_sid, SID_BYTES);
    }
}

/* Gives path a descriptor that it does not inherit, attributes and a short name. */
static void make_special(const NtfsImage *image, const char *path)
{
    uint8_t descriptor[DESCRIPTOR_BYTES] = {0};
    static const uint8_t attributes[4] = {0x01 | 0x02 | 0x20}; /* read-only, hidden, archive */
    ntfs_volume *volume = ntfs_image_mount(image);
    ntfs_inode *inode = ntfs_image_inode(volume, path);
    ntfs_inode *directory;
    struct PERMISSIONS_CACHE *cache = NULL;
    struct SECURITY_CONTEXT context = {.vol = volume, .pseccache = &cache};

    make_descriptor(descriptor);
    g_assert_cmpint(
        ntfs_set_ntfs_acl(&context, inode, (const char *)descriptor, sizeof descriptor, 0), ==, 0);
    g_assert_cmpint(ntfs_set_ntfs_attrib(inode, (const char *)attributes, 4, 0), ==, 0);
    directory = ntfs_image_inode(volume, "/");
    g_assert_cmpint(ntfs_set_ntfs_dos_name(inode, directory, "LONGNA~1.SYS", 12, 0), ==, 0);
    ntfs_destroy_security_context(&context);
    ntfs_image_unmount(volume);
}

static void test_attributes_kept(void)
{
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    const FsAttributes like = {.like = "/long name.system", .mode = -1};
    g_autoptr(GBytes) content = g_bytes_new_static("new", 3);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    guint special;
    Fs *fs;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/long name.system", 10, 1);
    ntfs_fs_sync(fs);
    fs_close(fs);
    make_special(image, "/long name.system");
    special = security_id(image, "/long name.system");

    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/LONG NAME.SYSTEM", 70000, 2);
    ntfs_fs_assert(fs, "/longna~1.sys", 70000, 2); /* by its short name */
    g_assert_cmpuint(stat_of(fs, "/long name.system").attributes, ==, 0x23);
    g_assert_cmpuint(stat_of(fs, "/long name.system").links, ==, 1);
    g_assert_true(fs_list(fs, "/", &entries, &error));
    g_assert_cmpuint(entries->len, ==, 1);
    g_assert_true(fs_write_file(fs, "/like.sys", content, &like, &error));
    g_assert_no_error(error);
    ntfs_fs_put(fs, "/inherits.sys", 10, 1);
    g_assert_cmpuint(stat_of(fs, "/like.sys").attributes, ==, 0x20);
    ntfs_fs_sync(fs);
    fs_close(fs);

    g_assert_cmpuint(special, !=, 0);
    g_assert_cmpuint(security_id(image, "/long name.system"), ==, special);
    g_assert_cmpuint(security_id(image, "/like.sys"), ==, special);
    g_assert_cmpuint(security_id(image, "/inherits.sys"), !=, special);
    g_assert_cmpuint(security_id(image, "/inherits.sys"), !=, 0);
    ntfs_image_check(image);

    /* A pair of names goes together. */
    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_remove(fs, "/Long Name.System", &error));
    g_assert_no_error(error);
    ntfs_fs_sync(fs);
    fs_close(fs);
    ntfs_image_check(image);
}

static void test_metafiles_hidden(void)
{
    static const char *const names[] = {"/$MFT", "/$Bitmap", "/$Extend", "/$Extend/$Reparse",
                                        "/$mft"};
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_list(fs, "/", &entries, &error));
    g_assert_cmpuint(entries->len, ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gboolean found = TRUE;
        FsStat stat;

        g_assert_true(fs_stat(fs, names[i], &found, &stat, &error));
        g_assert_no_error(error);
        g_assert_false(found);
        g_assert_false(fs_remove(fs, names[i], &error));
        g_clear_error(&error);
    }
}

/* What the driver reads is what ntfscat reads; every compressed file is replaced and read again. */
static guint compare_tree(const NtfsImage *image, Fs *fs, const char *directory, guint *left)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    guint compressed = 0;

    g_assert_true(fs_list(fs, directory, &entries, &error));
    g_assert_no_error(error);
    for (guint i = 0; i<entries->len && * left> 0; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *path = g_build_path("/", directory, entry->name, NULL);
        const FsStat stat = stat_of(fs, path);
        g_autoptr(GBytes) content = NULL;
        g_autofree char *expected = NULL;

        g_assert_cmpint(stat.type, ==, entry->type);
        if (stat.type == FS_TYPE_DIRECTORY) {
            compressed += compare_tree(image, fs, path, left);
        }
        if (stat.type != FS_TYPE_FILE || stat.size_bytes > 4 * 1024 * 1024) {
            continue;
        }
        /* Most files of the samples are alike; a program run for each takes long. */
        if ((stat.attributes & 0x800) == 0) {
            (*left)--;
        }
        g_assert_true(fs_read_file(fs, path, stat.size_bytes, &content, &error));
        g_assert_no_error(error);
        expected = ntfs_image_run(image, (const char *const[]){"ntfscat", "IMAGE", path, NULL});
        if (expected != NULL && strlen(expected) >= g_bytes_get_size(content)) {
            g_assert_true(
                memcmp(expected, g_bytes_get_data(content, NULL), g_bytes_get_size(content)) == 0);
        }
        if ((stat.attributes & 0x800) != 0) {
            compressed++;
        }
    }
    return compressed;
}

static void test_real_files(void)
{
    static const struct {
        const char *file;
        guint compressed;
    } rows[] = {{"windows-compressed-largedir.bin.gz", 1},
                {"windows-clean.dd.xz", 0},
                {"mkntfs-testfs1.xz", 0},
                {"ntfs3.raw.gz", 0}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(NtfsImage) image = ntfs_image_from_testdata(rows[i].file);
        g_autoptr(Fs) fs = NULL;
        guint left = 20;

        if (image == NULL) {
            return;
        }
        fs = ntfs_image_open(image, FALSE);
        g_assert_cmpuint(compare_tree(image, fs, "/", &left), >=, rows[i].compressed);
    }
}

/* A compressed file stays one when its content is replaced. */
static void test_compressed(void)
{
    static const gsize sizes[] = {300000, 5, 0, 70000, 65536, 200001};
    static const uint8_t compressed_flag[4] = {0, 0x08, 0, 0};
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    ntfs_volume *volume;
    ntfs_inode *inode, *directory;
    ntfschar *name;
    int length = 0;
    Fs *fs;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_make_directory(fs, "/packed", NULL, NULL));
    ntfs_fs_sync(fs);
    fs_close(fs);
    /* Files made in a compressed directory are compressed, if the library is told so. */
    volume = ntfs_image_mount(image);
    NVolSetCompression(volume);
    directory = ntfs_image_inode(volume, "/packed");
    g_assert_cmpint(ntfs_set_ntfs_attrib(directory, (const char *)compressed_flag, 4, 0), ==, 0);
    name = ntfs_str2ucs("file", &length);
    inode = ntfs_create(directory, const_cpu_to_le32(0), name, (u8)length, S_IFREG);
    g_assert_nonnull(inode);
    ntfs_ucsfree(name);
    g_assert_cmpint(ntfs_inode_close_in_dir(inode, directory), ==, 0);
    g_assert_cmpint(ntfs_inode_close(directory), ==, 0);
    ntfs_image_unmount(volume);

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        fs = ntfs_image_open(image, TRUE);
        g_assert_cmpuint(stat_of(fs, "/packed/file").attributes & 0x800, !=, 0);
        ntfs_fs_put(fs, "/packed/file", sizes[i], (guint8)i);
        ntfs_fs_assert(fs, "/packed/file", sizes[i], (guint8)i);
        ntfs_fs_sync(fs);
        fs_close(fs);
        fs = ntfs_image_open(image, FALSE);
        ntfs_fs_assert(fs, "/packed/file", sizes[i], (guint8)i);
        fs_close(fs);
        ntfs_image_check(image);
    }
}

/* A reader that was there before sees the new content, not freed clusters. */
static void test_open_while_written(void)
{
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GError) error = NULL;
    g_autoptr(FsFile) file = NULL;
    g_autoptr(Fs) fs = NULL;
    uint8_t byte;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/file", 100, 1);
    g_assert_true(fs_file_open(fs, "/file", &file, &error));
    ntfs_fs_put(fs, "/file", 200000, 2);
    g_assert_true(fs_file_read(file, 0, &byte, 1, &error));
    g_assert_cmpuint(byte, ==, 2);
    g_assert_true(fs_remove(fs, "/file", &error));
    g_assert_no_error(error);
    g_assert_false(fs_file_read(file, 0, &byte, 1, &error));
    g_assert_nonnull(error);
    g_clear_pointer(&file, fs_file_close);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fs/ntfs/links", test_links);
    g_test_add_func("/fs/ntfs/damaged-links", test_damaged_links);
    g_test_add_func("/fs/ntfs/other-tags", test_other_tags);
    g_test_add_func("/fs/ntfs/wof", test_wof);
    g_test_add_func("/fs/ntfs/attributes-kept", test_attributes_kept);
    g_test_add_func("/fs/ntfs/metafiles-hidden", test_metafiles_hidden);
    g_test_add_func("/fs/ntfs/real-files", test_real_files);
    g_test_add_func("/fs/ntfs/compressed", test_compressed);
    g_test_add_func("/fs/ntfs/open-while-written", test_open_while_written);
    return g_test_run();
}
