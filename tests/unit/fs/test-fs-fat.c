/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT: the contract, and what fsck.fat and mtools make of our volumes and we of theirs. */
#include <string.h>

#include <glib/gstdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/run.h"
#include "contract.h"
#include "fs/fat_volume.h"

#define MIB (UINT64_C(1) << 20)
#define CACHE_BYTES (16 * MIB)
#define SMALL_BYTES (8 * MIB)

/* sh gets the image as $0. */
typedef struct {
    const char *name;
    uint64_t size;
    const char *mkfs;
} Geometry;

static const Geometry geometries[] = {
    {"fat12", 30 * MIB, "mkfs.vfat -F 12 -s 16 $0"},
    {"fat16", 40 * MIB, "mkfs.vfat -F 16 -s 4 $0"},
    {"fat16-one-table", 40 * MIB, "mkfs.vfat -F 16 -s 4 -f 1 -r 1024 $0"},
    {"fat32", 40 * MIB, "mkfs.vfat -F 32 -s 1 $0"},
    {"fat32-4096", 300 * MIB, "mkfs.vfat -F 32 -S 4096 -s 1 $0"},
};

typedef struct {
    char *folder, *path;
} Image;

static gboolean tools_are_there(void)
{
    static const char *const names[] = {"mkfs.vfat", "fsck.vfat", "mcopy", "mdir", "mmd"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_find_program_in_path(names[i]);
        if (!path) {
            g_test_skip("dosfstools and mtools are not installed");
            return FALSE;
        }
    }
    return TRUE;
}

/* stdout of a shell script with the image as $0 and the folder as $1; fails the test if it fails.
 */
static char *shell(const Image *image, const char *script)
{
    g_autoptr(GError) error = NULL;
    const char *argv[] = {"sh", "-ec", script, image->path, image->folder, NULL};
    char *output = NULL;
    gboolean ok = run_program(argv, NULL, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return output;
}

static void shell_quietly(const Image *image, const char *script)
{
    g_free(shell(image, script));
}

static void image_make(Image *image, uint64_t size, const char *mkfs)
{
    g_autoptr(GError) error = NULL;
    image->folder = g_dir_make_tmp("drydock-fat-XXXXXX", &error);
    g_assert_no_error(error);
    image->path = g_build_filename(image->folder, "image", NULL);
    g_autofree char *script =
        g_strdup_printf("truncate -s %" G_GUINT64_FORMAT " $0; %s", size, mkfs);
    shell_quietly(image, script);
}

static void image_remove(Image *image)
{
    shell_quietly(image, "rm -r -- \"$1\"");
    g_free(image->folder);
    g_free(image->path);
}

static Fs *image_open(const Image *image)
{
    g_autoptr(GError) error = NULL;
    Fs *fs = NULL;
    g_autoptr(Disk) disk = disk_open_file(image->path, TRUE, 512, &error);
    g_assert_no_error(error);
    g_autoptr(Disk) cache = disk_new_cache(disk, CACHE_BYTES);
    gboolean ok = fs_open(cache, "vfat", &fs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return fs;
}

static void sync_and_close(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(fs_sync(fs, &error));
    g_assert_no_error(error);
    fs_close(fs);
}

static void check_with_fsck(const Image *image)
{
    shell_quietly(image, "fsck.vfat -n -v $0 >$1/log 2>&1 || { cat $1/log >&2; exit 1; }; "
                         "! grep -E 'wrong|Wrong|differ|orphan|Unused|bad' $1/log >&2");
}

static void put(Fs *fs, const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    gboolean ok = fs_write_file(fs, path, content, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void make_directory(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_make_directory(fs, path, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void assert_text(Fs *fs, const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = NULL;
    gboolean ok = fs_read_file(fs, path, MIB, &content, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_autofree char *text = g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    g_assert_cmpstr(text, ==, expected);
}

static Fs *reopen(void *data, Fs *old)
{
    fs_close(old);
    return image_open(data);
}

static void test_contract(gconstpointer data)
{
    const Geometry *geometry = data;
    if (!tools_are_there())
        return;
    Image image;
    image_make(&image, geometry->size, geometry->mkfs);
    fs_contract_run(reopen, &image);
    check_with_fsck(&image);
    /* The tables are copies of each other, and every name is what mtools sees. */
    g_autofree char *names = shell(&image, "LC_ALL=C.UTF-8 mdir -b -i $0 ::/odd");
    g_assert_nonnull(strstr(names, "Ünïcødé – 日本語"));
    g_assert_nonnull(strstr(names, "two.dots.tar.gz"));
    g_autofree char *text = shell(&image, "mtype -i $0 '::/odd/two.dots.tar.gz'");
    g_assert_cmpstr(text, ==, "two.dots.tar.gz");
    image_remove(&image);
}

static void test_mtools(gconstpointer data)
{
    const Geometry *geometry = data;
    if (!tools_are_there())
        return;
    Image image;
    image_make(&image, geometry->size, geometry->mkfs);
    shell_quietly(&image, "cd $1; mmd -i $0 ::/EFI ::/EFI/BOOT '::/A long directory name'; "
                          "echo boot >BOOTX64.EFI; echo text >'a long file name.conf'; "
                          "mcopy -i $0 BOOTX64.EFI ::/EFI/BOOT; "
                          "mcopy -i $0 'a long file name.conf' '::/A long directory name'; "
                          "head -c 700000 /dev/zero | tr '\\0' x >large; mcopy -i $0 large ::/; "
                          "mdel -i $0 ::/large; mcopy -i $0 large ::/again; "
                          "mattrib +h +r -i $0 ::/again");
    Fs *fs = image_open(&image);
    assert_text(fs, "/EFI/BOOT/BOOTX64.EFI", "boot\n");
    assert_text(fs, "/efi/boot/bootx64.efi", "boot\n");
    assert_text(fs, "/A long directory name/a long file name.conf", "text\n");
    assert_text(fs, "/ALONGD~1/ALONGF~1.CON", "text\n"); /* the short names are names too */
    g_autoptr(GError) error = NULL;
    FsStat stat = {0};
    gboolean found = FALSE;
    g_assert_true(fs_stat(fs, "/again", &found, &stat, &error));
    g_assert_true(found);
    g_assert_cmpuint(stat.size_bytes, ==, 700000);
    g_assert_cmpuint(stat.attributes & 3, ==, 3);

    put(fs, "/EFI/BOOT/BOOTX64.EFI", "new loader\n");
    put(fs, "/EFI/BOOT/fallback.csv", "list\n");
    put(fs, "/again", "short now\n");
    make_directory(fs, "/EFI/drydock");
    put(fs, "/EFI/drydock/Grub.Cfg", "set\n");
    g_assert_true(fs_remove(fs, "/A long directory name/a long file name.conf", &error));
    g_assert_true(fs_remove(fs, "/A LONG directory name", &error));
    g_assert_no_error(error);
    sync_and_close(fs);
    check_with_fsck(&image);

    g_autofree char *listing = shell(&image, "mdir -/ -b -a -i $0 | sort");
    g_assert_cmpstr(listing, ==,
                    "::/EFI/\n::/EFI/BOOT/\n::/EFI/BOOT/BOOTX64.EFI\n::/EFI/BOOT/fallback.csv\n"
                    "::/EFI/drydock/\n::/EFI/drydock/Grub.Cfg\n::/again\n");
    g_autofree char *text =
        shell(&image, "for f in /EFI/BOOT/BOOTX64.EFI /EFI/BOOT/fallback.csv "
                      "/again /EFI/drydock/Grub.Cfg; do mtype -i $0 ::$f; done");
    g_assert_cmpstr(text, ==, "new loader\nlist\nshort now\nset\n");
    image_remove(&image);
}

static void test_short_names(void)
{
    static const struct {
        const char *name;
        guint attempt;
        const char *expected;
        gboolean needs_no_long_name;
    } rows[] = {
        {"BOOTX64.EFI", 0, "BOOTX64 EFI", TRUE},
        {"BOOT", 0, "BOOT       ", TRUE},
        {"bootx64.efi", 0, "BOOTX64 EFI", FALSE},
        {"Grub.Cfg", 0, "GRUB    CFG", FALSE},
        {"a long name.config", 1, "ALONGN~1CON", FALSE},
        {"a long name.config", 4, "ALONGN~4CON", FALSE},
        {"a.b.c", 1, "AB~1    C  ", FALSE},
        {".bashrc", 1, "BASHRC~1   ", FALSE},
        {"x+y.txt", 1, "X_Y~1   TXT", FALSE},
        {"é", 1, "_~1        ", FALSE},
        {"name.", 1, "NAME~1     ", FALSE},
        {"....", 1, "~1         ", FALSE},
        {"EIGHTCHR.TXT", 0, "EIGHTCHRTXT", TRUE},
        {"NINECHARS.TXT", 1, "NINECH~1TXT", FALSE},
        {"LONG.TEXT", 1, "LONG~1  TEX", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t short_name[FAT_SHORT_NAME_BYTES + 1] = {0}, own[FAT_SHORT_NAME_BYTES];
        fat_short_name_make(rows[i].name, rows[i].attempt, short_name);
        g_assert_cmpstr((const char *)short_name, ==, rows[i].expected);
        g_assert_true(fat_short_name_encode(rows[i].name, own) == rows[i].needs_no_long_name);
    }
    /* Worked out elsewhere from the specification. */
    g_assert_cmpuint(fat_short_name_checksum((const uint8_t *)"BOOTX64 EFI"), ==, 0x1d);

    static const struct {
        const char *short_name;
        uint8_t flags;
        const char *expected;
    } decoded[] = {
        {"BOOTX64 EFI", 0, "BOOTX64.EFI"},
        {"BOOTX64 EFI", 0x18, "bootx64.efi"},
        {"BOOTX64 EFI", 0x08, "bootx64.EFI"},
        {"DIR        ", 0, "DIR"},
        {"\x82T\x90     TXT", 0, "éTÉ.TXT"},
        {"\x05X         ", 0, "σX"},
        {"A/B     C\0C", 0, "A�B.C�C"},
        {".          ", 0, NULL},
        {"..         ", 0, NULL},
        {"           ", 0, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(decoded); i++) {
        g_autofree char *name =
            fat_short_name_decode((const uint8_t *)decoded[i].short_name, decoded[i].flags);
        g_assert_cmpstr(name, ==, decoded[i].expected);
    }
    static const uint16_t lone[] = {0xd83d, 'a', 0xde00, '/', 0xd83d, 0xde00};
    g_autofree char *name = fat_name_from_utf16(lone, G_N_ELEMENTS(lone));
    g_assert_cmpstr(name, ==, "�a��😀");
    static const uint16_t dots[] = {'.', '.'};
    g_assert_null(fat_name_from_utf16(dots, 2));
    g_assert_null(fat_name_from_utf16(dots, 0));
}

/* The root directory of FAT16 has a fixed size; other directories grow. */
static void test_full_directory(void)
{
    if (!tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    Image image;
    image_make(&image, 8 * MIB, "mkfs.vfat -F 16 -s 1 -r 112 $0");
    Fs *fs = image_open(&image);
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    guint made = 0;
    for (;; made++) {
        g_autofree char *path = g_strdup_printf("/a file with number %u", made);
        if (!fs_write_file(fs, path, content, NULL, &error))
            break;
    }
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_clear_error(&error);
    g_assert_cmpuint(made, ==, 112 / 3);
    g_assert_false(fs_make_directory(fs, "/directory too", NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_clear_error(&error);
    put(fs, "/A", "fits");
    g_assert_true(fs_remove(fs, "/a file with number 0", &error));
    make_directory(fs, "/D");
    for (guint i = 0; i < 300; i++) {
        g_autofree char *path = g_strdup_printf("/D/a file with number %u", i);
        put(fs, path, path);
    }
    sync_and_close(fs);
    check_with_fsck(&image);
    image_remove(&image);
}

static void test_full_volume(void)
{
    if (!tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    Image image;
    image_make(&image, 4 * MIB, "mkfs.vfat -F 12 -s 4 $0");
    Fs *fs = image_open(&image);
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(3 * MIB), 3 * MIB);
    g_autoptr(GBytes) larger = g_bytes_new_take(g_malloc0(3 * MIB + 100000), 3 * MIB + 100000);
    g_autoptr(GBytes) too_large = g_bytes_new_take(g_malloc0(5 * MIB), 5 * MIB);
    g_assert_true(fs_write_file(fs, "/file", large, NULL, &error));
    put(fs, "/small", "small");
    /* Old and new content have no room side by side. */
    g_assert_true(fs_write_file(fs, "/file", larger, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(fs_write_file(fs, "/file", too_large, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_clear_error(&error);
    g_assert_false(fs_write_file(fs, "/other", large, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    assert_text(fs, "/small", "small");
    sync_and_close(fs);
    check_with_fsck(&image);
    g_autofree char *size = shell(&image, "mtype -i $0 ::/file | wc -c");
    g_assert_cmpint(atoi(size), ==, 3 * (int)MIB + 100000);
    image_remove(&image);
}

/* Free clusters scattered all over: chains in pieces. */
static void test_fragments(void)
{
    if (!tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    Image image;
    image_make(&image, 4 * MIB, "mkfs.vfat -F 12 -s 4 $0");
    Fs *fs = image_open(&image);
    make_directory(fs, "/D");
    for (guint i = 0; i < 1500; i++) {
        g_autofree char *path = g_strdup_printf("/D/%u", i);
        put(fs, path, "x");
    }
    for (guint i = 0; i < 1500; i += 2) {
        g_autofree char *path = g_strdup_printf("/D/%u", i);
        g_assert_true(fs_remove(fs, path, &error));
    }
    gsize size = 1600 * 1024;
    char *text = g_malloc(size);
    for (gsize i = 0; i < size; i++)
        text[i] = (char)('a' + i * 7919 % 26);
    g_autoptr(GBytes) content = g_bytes_new_take(text, size), back = NULL;
    g_assert_true(fs_write_file(fs, "/pieces", content, NULL, &error));
    g_autoptr(GArray) extents = NULL;
    g_assert_true(fs_file_extents(fs, "/pieces", &extents, &error));
    g_assert_cmpuint(extents->len, >, 300);
    g_assert_true(fs_read_file(fs, "/pieces", size, &back, &error));
    g_assert_true(g_bytes_equal(content, back));
    sync_and_close(fs);
    check_with_fsck(&image);
    shell_quietly(&image, "mcopy -i $0 ::/pieces $1/pieces");
    g_autofree char *copy_path = g_build_filename(image.folder, "pieces", NULL);
    g_autofree char *copy = NULL;
    gsize copy_size = 0;
    g_assert_true(g_file_get_contents(copy_path, &copy, &copy_size, NULL));
    g_assert_cmpuint(copy_size, ==, size);
    g_assert_true(memcmp(copy, text, size) == 0);
    image_remove(&image);
}

static void test_state_and_time(void)
{
    if (!tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    Image image;
    image_make(&image, 40 * MIB, "mkfs.vfat -F 32 -s 1 $0");
    g_setenv("SOURCE_DATE_EPOCH", "1700000000", TRUE);
    Fs *fs = image_open(&image);
    FsState state = {0};
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_false(state.dirty);
    put(fs, "/file", "x");
    FsStat stat = {0};
    gboolean found = FALSE;
    g_assert_true(fs_stat(fs, "/file", &found, &stat, &error));
    g_assert_cmpint(stat.mtime, ==, 1700000000);
    g_assert_cmpuint(stat.attributes, ==, FAT_ATTRIBUTE_ARCHIVE);
    g_unsetenv("SOURCE_DATE_EPOCH");
    gint64 before = g_get_real_time() / G_USEC_PER_SEC - 2;
    put(fs, "/file", "y");
    g_assert_true(fs_stat(fs, "/file", &found, &stat, &error));
    g_assert_cmpint(stat.mtime, >=, before);
    sync_and_close(fs);

    /* A volume that was not unmounted: read, written, and still marked afterwards. */
    uint8_t mark = 1;
    {
        g_autoptr(Disk) disk = disk_open_file(image.path, TRUE, 512, &error);
        g_assert_true(disk_write(disk, 65, &mark, 1, &error));
    }
    fs = image_open(&image);
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_true(state.dirty);
    put(fs, "/file", "z");
    sync_and_close(fs);
    g_autoptr(Disk) disk = disk_open_file(image.path, FALSE, 512, &error);
    mark = 0;
    g_assert_true(disk_read(disk, 65, &mark, 1, &error));
    g_assert_cmpuint(mark, ==, 1);
    image_remove(&image);
}

static void test_found_volumes(void)
{
    static const struct {
        const char *name;
        guint entries;         /* of the root directory */
        gboolean label_is_bad; /* fsck minds from the beginning */
    } rows[] = {{"fat12", 512, FALSE},
                {"fat16", 512, FALSE},
                {"fat32_small", 1, FALSE},
                {"fat_unusual_label", 0, TRUE}};
    if (!tools_are_there())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *packed =
            g_strdup_printf(DRYDOCK_TESTDATA "/filesystems/fat-exfat/%s.raw.gz", rows[i].name);
        if (!g_file_test(packed, G_FILE_TEST_EXISTS)) {
            g_test_skip("there is no test data");
            return;
        }
        g_autoptr(GError) error = NULL;
        g_autofree char *script = g_strdup_printf("gzip -dc '%s' >$0; : ", packed);
        Image image;
        image_make(&image, 0, script);
        Fs *fs = image_open(&image);
        g_autoptr(GPtrArray) entries = NULL;
        g_assert_true(fs_list(fs, "/", &entries, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(entries->len, ==, rows[i].entries);
        /* Some root directories are full. */
        const FsEntry *first = entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
        gboolean nested = first && first->type == FS_TYPE_DIRECTORY;
        g_autofree char *path =
            g_strdup_printf("%s%s/new file.txt", nested ? "/" : "", nested ? first->name : "");
        put(fs, path, "hello");
        sync_and_close(fs);
        if (!rows[i].label_is_bad)
            check_with_fsck(&image);
        image_remove(&image);
    }
}

/* Everything a caller can do, wherever the damage lets it. */
static void use_all(Fs *fs, const char *path, guint depth)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GArray) extents = NULL;
    if (depth > 3 || !fs_list(fs, path, &entries, NULL))
        return;
    for (guint i = 0; i < MIN(entries->len, 40); i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *child = g_strdup_printf("%s/%s", depth ? path : "", entry->name);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GArray) file_extents = NULL;
        FsStat stat;
        gboolean found;
        if (fs_stat(fs, child, &found, &stat, NULL) && found && stat.size_bytes > MIB)
            continue;
        if (fs_read_file(fs, child, MIB, &bytes, NULL))
            g_assert_cmpuint(g_bytes_get_size(bytes), <=, MIB);
        if (!fs_file_extents(fs, child, &file_extents, NULL))
            use_all(fs, child, depth + 1);
    }
    g_assert_true(fs_free_extents(fs, &extents, NULL));
}

/* Returns how many calls went well. */
static gint change_all(Fs *fs)
{
    g_autoptr(GBytes) content = g_bytes_new_take(g_malloc0(30000), 30000);
    gint ok = 0;
    ok += fs_make_directory(fs, "/new directory", NULL, NULL);
    ok += fs_write_file(fs, "/new directory/a file in it", content, NULL, NULL);
    ok += fs_write_file(fs, "/DIR/FILE", content, NULL, NULL);
    ok += fs_write_file(fs, "/DIR/another long name", content, NULL, NULL);
    ok += fs_remove(fs, "/DIR/long name of a file", NULL);
    ok += fs_remove(fs, "/large", NULL);
    ok += fs_remove(fs, "/empty", NULL);
    return ok + fs_sync(fs, NULL);
}

/* A small volume with some files, in memory. */
static Disk *make_small(const char *mkfs)
{
    g_autoptr(GError) error = NULL;
    Image image;
    image_make(&image, SMALL_BYTES, mkfs);
    Fs *fs = image_open(&image);
    make_directory(fs, "/DIR");
    make_directory(fs, "/empty");
    put(fs, "/DIR/FILE", "text");
    put(fs, "/DIR/long name of a file", "text");
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(200000), 200000);
    g_assert_true(fs_write_file(fs, "/large", large, NULL, &error));
    sync_and_close(fs);

    g_autoptr(Disk) file = disk_open_file(image.path, FALSE, 512, &error);
    g_autofree uint8_t *bytes = g_malloc(SMALL_BYTES);
    Disk *memory = disk_new_memory(SMALL_BYTES, 512);
    g_assert_true(disk_read(file, 0, bytes, SMALL_BYTES, &error));
    g_assert_true(disk_write(memory, 0, bytes, SMALL_BYTES, &error));
    image_remove(&image);
    return memory;
}

static void test_hostile(gconstpointer mkfs)
{
    if (!tools_are_there())
        return;
    g_autoptr(Disk) original = make_small(mkfs);
    guint32 random = 12345;
    for (guint i = 0; i < 250; i++) {
        g_autoptr(GError) error = NULL;
        /* Each with a different mixture of damage in boot sector, tables and directories. */
        g_autoptr(Disk) disk = disk_new_scratch(original, 4 * MIB);
        guint count = 1 + i % 12;
        for (guint j = 0; j < count; j++) {
            random = random * 1664525u + 1013904223u;
            uint64_t area = i % 4 == 0 ? 90 : i % 4 == 1 ? 20000 : 60000;
            uint64_t offset = (random >> 8) % area;
            uint8_t byte = (uint8_t)(random >> (j % 2 ? 16 : 11));
            if (j % 5 == 4)
                byte = 0xff;
            g_assert_true(disk_write(disk, offset, &byte, 1, &error));
        }
        g_autoptr(Fs) fs = NULL;
        if (!fs_open(disk, "vfat", &fs, &error)) {
            g_assert_nonnull(error);
            continue;
        }
        use_all(fs, "/", 0);
        change_all(fs);
        use_all(fs, "/", 0);
    }
}

/* Chains that loop, leave the volume, or are shared. */
static void test_bad_chains(void)
{
    static const struct {
        uint16_t entry; /* what the table says about the cluster after the first of /large */
        gboolean reads;
    } rows[] = {{2, TRUE} /* into another chain: to be seen by fsck only */,
                {0, FALSE},
                {1, FALSE},
                {0xfff, FALSE},
                {0xff7, FALSE},
                {0xf00, FALSE}};
    if (!tools_are_there())
        return;
    g_autoptr(Disk) original = make_small("mkfs.vfat -F 12 -s 8 $0");
    for (guint i = 0; i < G_N_ELEMENTS(rows) + 1; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_new_scratch(original, 4 * MIB);
        g_autoptr(Fs) fs = NULL;
        g_assert_true(fs_open(disk, "vfat", &fs, &error));
        g_autoptr(GArray) extents = NULL;
        g_assert_true(fs_file_extents(fs, "/large", &extents, &error));
        const FatVolume *volume = (const FatVolume *)fs;
        uint64_t start = g_array_index(extents, FsExtent, 0).start_bytes;
        uint32_t first = (uint32_t)((start - volume->data_start) / volume->cluster_bytes) + 2;
        uint32_t second = first + 1;
        uint64_t offset = volume->table_start + (uint64_t)second * 3 / 2;
        uint32_t entry = i < G_N_ELEMENTS(rows) ? rows[i].entry : first; /* the last row: a loop */
        uint8_t pair[2];
        g_assert_true(disk_read(disk, offset, pair, 2, &error));
        put_le16(pair, second % 2 ? (uint16_t)((pair[0] & 0x0f) | entry << 4)
                                  : (uint16_t)((get_le16(pair) & 0xf000) | entry));
        g_assert_true(disk_write(disk, offset, pair, 2, &error));
        g_clear_pointer(&fs, fs_close);

        g_assert_true(fs_open(disk, "vfat", &fs, &error));
        g_autoptr(GBytes) bytes = NULL;
        gboolean loop = i == G_N_ELEMENTS(rows);
        gboolean ok = fs_read_file(fs, "/large", MIB, &bytes, &error);
        if (!loop && !rows[i].reads) {
            g_assert_false(ok);
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        }
        g_clear_error(&error);
        g_assert_true(fs_remove(fs, "/large", &error)); /* ends */
        g_assert_no_error(error);
    }
}

static void test_bad_boot_sectors(void)
{
    static const struct {
        uint16_t offset, value;
    } rows[] = {
        {11, 0},    {11, 256}, {11, 513}, {11, 8192}, {14, 0},     {16, 0x0200 /* entries */},
        {17, 0},    {19, 0},   {19, 1},   {19, 40},   {19, 65535}, {22, 0},
        {22, 65535}};
    if (!tools_are_there())
        return;
    g_autoptr(Disk) original = make_small("mkfs.vfat -F 12 -s 8 $0");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_new_scratch(original, 4 * MIB);
        uint8_t value[2];
        put_le16(value, rows[i].value);
        g_assert_true(disk_write(disk, rows[i].offset, value, 2, &error));
        g_autoptr(Fs) fs = NULL;
        g_assert_false(fs_open(disk, "vfat", &fs, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) tiny = disk_new_memory(100, 512);
    g_autoptr(Fs) fs = NULL;
    g_assert_false(fs_open(tiny, "vfat", &fs, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

/* Whichever call fails, an error comes of it, and what is in memory stays usable. */
static void test_faults(void)
{
    if (!tools_are_there())
        return;
    g_autoptr(Disk) original = make_small("mkfs.vfat -F 12 -s 4 $0");
    g_autoptr(GError) error = NULL;
    guint calls = 0;
    gint all = 0;
    for (guint fail_at = 0; fail_at <= calls; fail_at++) {
        g_autoptr(Disk) scratch = disk_new_scratch(original, 4 * MIB);
        g_autoptr(Disk) fault = disk_new_fault(scratch, fail_at);
        g_autoptr(Fs) fs = NULL;
        if (!fs_open(fault, "vfat", &fs, &error)) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
            g_clear_error(&error);
            continue;
        }
        gint ok = change_all(fs);
        if (fail_at == 0) {
            calls = disk_fault_count(fault);
            all = ok;
            g_assert_cmpint(all, ==, 8);
            continue;
        }
        g_assert_cmpint(ok, <, all);
    }
    g_assert_cmpuint(calls, >, 50);
}

int main(int argc, char **argv)
{
    static const char *const small[][2] = {{"fat12", "mkfs.vfat -F 12 -s 8 $0"},
                                           {"fat16", "mkfs.vfat -F 16 -s 1 $0"},
                                           {"fat32", "mkfs.vfat -F 32 -s 1 $0"}};
    g_test_init(&argc, &argv, NULL);
    /* Both are often in the administrator's directories, which PATH need not name. */
    g_autofree char *path = g_strconcat(g_getenv("PATH"), ":/usr/sbin:/sbin", NULL);
    g_setenv("PATH", path, TRUE);
    g_setenv("MTOOLS_SKIP_CHECK", "1", TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(geometries); i++) {
        g_autofree char *contract = g_strconcat("/fs/fat/contract/", geometries[i].name, NULL);
        g_autofree char *mtools = g_strconcat("/fs/fat/mtools/", geometries[i].name, NULL);
        g_test_add_data_func(contract, &geometries[i], test_contract);
        g_test_add_data_func(mtools, &geometries[i], test_mtools);
    }
    for (guint i = 0; i < G_N_ELEMENTS(small); i++) {
        g_autofree char *hostile = g_strconcat("/fs/fat/hostile/", small[i][0], NULL);
        g_test_add_data_func(hostile, small[i][1], test_hostile);
    }
    g_test_add_func("/fs/fat/short-names", test_short_names);
    g_test_add_func("/fs/fat/full-directory", test_full_directory);
    g_test_add_func("/fs/fat/full-volume", test_full_volume);
    g_test_add_func("/fs/fat/fragments", test_fragments);
    g_test_add_func("/fs/fat/state-and-time", test_state_and_time);
    g_test_add_func("/fs/fat/found-volumes", test_found_volumes);
    g_test_add_func("/fs/fat/bad-chains", test_bad_chains);
    g_test_add_func("/fs/fat/bad-boot-sectors", test_bad_boot_sectors);
    g_test_add_func("/fs/fat/faults", test_faults);
    return g_test_run();
}
