/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT: the contract, and what fsck.fat and mtools make of our volumes and we of theirs. */
#include <string.h>

#include "base/error.h"
#include "contract.h"
#include "fs/fat_volume.h"
#include "test-fs-fat-image.h"

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
    return fat_image_open(data);
}

static void test_contract(gconstpointer data)
{
    const Geometry *geometry = data;
    if (!fat_tools_are_there())
        return;
    FatImage image;
    fat_image_make(&image, geometry->size, geometry->mkfs);
    fs_contract_run(reopen, &image);
    fat_image_check(&image);
    /* The tables are copies of each other, and every name is what mtools sees. */
    g_autofree char *names = fat_shell(&image, "LC_ALL=C.UTF-8 mdir -b -i $0 ::/odd");
    g_assert_nonnull(strstr(names, "Ünïcødé – 日本語"));
    g_assert_nonnull(strstr(names, "two.dots.tar.gz"));
    g_autofree char *text = fat_shell(&image, "mtype -i $0 '::/odd/two.dots.tar.gz'");
    g_assert_cmpstr(text, ==, "two.dots.tar.gz");
    fat_image_remove(&image);
}

static void test_mtools(gconstpointer data)
{
    const Geometry *geometry = data;
    if (!fat_tools_are_there())
        return;
    FatImage image;
    fat_image_make(&image, geometry->size, geometry->mkfs);
    fat_shell_quietly(&image,
                      "cd $1; mmd -i $0 ::/EFI ::/EFI/BOOT '::/A long directory name'; "
                      "echo boot >BOOTX64.EFI; echo text >'a long file name.conf'; "
                      "mcopy -i $0 BOOTX64.EFI ::/EFI/BOOT; "
                      "mcopy -i $0 'a long file name.conf' '::/A long directory name'; "
                      "head -c 700000 /dev/zero | tr '\\0' x >large; mcopy -i $0 large ::/; "
                      "mdel -i $0 ::/large; mcopy -i $0 large ::/again; "
                      "mattrib +h +r -i $0 ::/again");
    Fs *fs = fat_image_open(&image);
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

    fat_put(fs, "/EFI/BOOT/BOOTX64.EFI", "new loader\n");
    fat_put(fs, "/EFI/BOOT/fallback.csv", "list\n");
    fat_put(fs, "/again", "short now\n");
    fat_put_directory(fs, "/EFI/drydock");
    fat_put(fs, "/EFI/drydock/Grub.Cfg", "set\n");
    g_assert_true(fs_remove(fs, "/A long directory name/a long file name.conf", &error));
    g_assert_true(fs_remove(fs, "/A LONG directory name", &error));
    g_assert_no_error(error);
    fat_sync_and_close(fs);
    fat_image_check(&image);

    g_autofree char *listing = fat_shell(&image, "mdir -/ -b -a -i $0 | sort");
    g_assert_cmpstr(listing, ==,
                    "::/EFI/\n::/EFI/BOOT/\n::/EFI/BOOT/BOOTX64.EFI\n::/EFI/BOOT/fallback.csv\n"
                    "::/EFI/drydock/\n::/EFI/drydock/Grub.Cfg\n::/again\n");
    g_autofree char *text =
        fat_shell(&image, "for f in /EFI/BOOT/BOOTX64.EFI /EFI/BOOT/fallback.csv "
                          "/again /EFI/drydock/Grub.Cfg; do mtype -i $0 ::$f; done");
    g_assert_cmpstr(text, ==, "new loader\nlist\nshort now\nset\n");
    fat_image_remove(&image);
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
    static const uint8_t lone[] = "\x3d\xd8"
                                  "a\0"
                                  "\x00\xde"
                                  "/\0"
                                  "\x3d\xd8\x00\xde";
    g_autofree char *name = fat_name_from_utf16(lone, sizeof(lone) - 1);
    g_assert_cmpstr(name, ==,
                    "\xef\xbf\xbd"
                    "a"
                    "\xef\xbf\xbd\xef\xbf\xbd"
                    "😀");
    static const uint8_t dots[] = ".\0.\0";
    g_assert_null(fat_name_from_utf16(dots, 4));
    g_assert_null(fat_name_from_utf16(dots, 0));
}

/* The root directory of FAT16 has a fixed size; other directories grow. */
static void test_full_directory(void)
{
    if (!fat_tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    FatImage image;
    fat_image_make(&image, 8 * MIB, "mkfs.vfat -F 16 -s 1 -r 112 $0");
    Fs *fs = fat_image_open(&image);
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
    fat_put(fs, "/A", "fits");
    g_assert_true(fs_remove(fs, "/a file with number 0", &error));
    fat_put_directory(fs, "/D");
    for (guint i = 0; i < 300; i++) {
        g_autofree char *path = g_strdup_printf("/D/a file with number %u", i);
        fat_put(fs, path, path);
    }
    fat_sync_and_close(fs);
    fat_image_check(&image);
    fat_image_remove(&image);
}

static void test_full_volume(void)
{
    if (!fat_tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    FatImage image;
    fat_image_make(&image, 4 * MIB, "mkfs.vfat -F 12 -s 4 $0");
    Fs *fs = fat_image_open(&image);
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(3 * MIB), 3 * MIB);
    g_autoptr(GBytes) larger = g_bytes_new_take(g_malloc0(3 * MIB + 100000), 3 * MIB + 100000);
    g_autoptr(GBytes) too_large = g_bytes_new_take(g_malloc0(5 * MIB), 5 * MIB);
    g_assert_true(fs_write_file(fs, "/file", large, NULL, &error));
    fat_put(fs, "/small", "small");
    /* Old and new content have no room side by side. */
    g_assert_true(fs_write_file(fs, "/file", larger, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(fs_write_file(fs, "/file", too_large, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_clear_error(&error);
    g_assert_false(fs_write_file(fs, "/other", large, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    assert_text(fs, "/small", "small");
    fat_sync_and_close(fs);
    fat_image_check(&image);
    g_autofree char *size = fat_shell(&image, "mtype -i $0 ::/file | wc -c");
    g_assert_cmpint(atoi(size), ==, 3 * (int)MIB + 100000);
    fat_image_remove(&image);
}

/* Free clusters scattered all over: chains in pieces. */
static void test_fragments(void)
{
    if (!fat_tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    FatImage image;
    fat_image_make(&image, 4 * MIB, "mkfs.vfat -F 12 -s 4 $0");
    Fs *fs = fat_image_open(&image);
    fat_put_directory(fs, "/D");
    for (guint i = 0; i < 1500; i++) {
        g_autofree char *path = g_strdup_printf("/D/%u", i);
        fat_put(fs, path, "x");
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
    fat_sync_and_close(fs);
    fat_image_check(&image);
    fat_shell_quietly(&image, "mcopy -i $0 ::/pieces $1/pieces");
    g_autofree char *copy_path = g_build_filename(image.folder, "pieces", NULL);
    g_autofree char *copy = NULL;
    gsize copy_size = 0;
    g_assert_true(g_file_get_contents(copy_path, &copy, &copy_size, NULL));
    g_assert_cmpuint(copy_size, ==, size);
    g_assert_true(memcmp(copy, text, size) == 0);
    fat_image_remove(&image);
}

static void test_state_and_time(void)
{
    if (!fat_tools_are_there())
        return;
    g_autoptr(GError) error = NULL;
    FatImage image;
    fat_image_make(&image, 40 * MIB, "mkfs.vfat -F 32 -s 1 $0");
    g_setenv("SOURCE_DATE_EPOCH", "1700000000", TRUE);
    Fs *fs = fat_image_open(&image);
    FsState state = {0};
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_false(state.dirty);
    fat_put(fs, "/file", "x");
    FsStat stat = {0};
    gboolean found = FALSE;
    g_assert_true(fs_stat(fs, "/file", &found, &stat, &error));
    g_assert_cmpint(stat.mtime, ==, 1700000000);
    g_assert_cmpuint(stat.attributes, ==, FAT_ATTRIBUTE_ARCHIVE);
    g_unsetenv("SOURCE_DATE_EPOCH");
    gint64 before = g_get_real_time() / G_USEC_PER_SEC - 2;
    fat_put(fs, "/file", "y");
    g_assert_true(fs_stat(fs, "/file", &found, &stat, &error));
    g_assert_cmpint(stat.mtime, >=, before);
    fat_sync_and_close(fs);

    /* A volume that was not unmounted: read, written, and still marked afterwards. */
    uint8_t mark = 1;
    {
        g_autoptr(Disk) disk = disk_open_file(image.path, TRUE, 512, &error);
        g_assert_true(disk_write(disk, 65, &mark, 1, &error));
    }
    fs = fat_image_open(&image);
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_true(state.dirty);
    fat_put(fs, "/file", "z");
    fat_sync_and_close(fs);
    g_autoptr(Disk) disk = disk_open_file(image.path, FALSE, 512, &error);
    mark = 0;
    g_assert_true(disk_read(disk, 65, &mark, 1, &error));
    g_assert_cmpuint(mark, ==, 1);
    fat_image_remove(&image);
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
    if (!fat_tools_are_there())
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
        FatImage image;
        fat_image_make(&image, 0, script);
        Fs *fs = fat_image_open(&image);
        g_autoptr(GPtrArray) entries = NULL;
        g_assert_true(fs_list(fs, "/", &entries, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(entries->len, ==, rows[i].entries);
        /* Some root directories are full. */
        const FsEntry *first = entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
        gboolean nested = first && first->type == FS_TYPE_DIRECTORY;
        g_autofree char *path =
            g_strdup_printf("%s%s/new file.txt", nested ? "/" : "", nested ? first->name : "");
        fat_put(fs, path, "hello");
        fat_sync_and_close(fs);
        if (!rows[i].label_is_bad)
            fat_image_check(&image);
        fat_image_remove(&image);
    }
}

int main(int argc, char **argv)
{
    fat_test_start(argc, argv);
    for (guint i = 0; i < G_N_ELEMENTS(geometries); i++) {
        g_autofree char *contract = g_strconcat("/fs/fat/contract/", geometries[i].name, NULL);
        g_autofree char *mtools = g_strconcat("/fs/fat/mtools/", geometries[i].name, NULL);
        g_test_add_data_func(contract, &geometries[i], test_contract);
        g_test_add_data_func(mtools, &geometries[i], test_mtools);
    }
    g_test_add_func("/fs/fat/short-names", test_short_names);
    g_test_add_func("/fs/fat/full-directory", test_full_directory);
    g_test_add_func("/fs/fat/full-volume", test_full_volume);
    g_test_add_func("/fs/fat/fragments", test_fragments);
    g_test_add_func("/fs/fat/state-and-time", test_state_and_time);
    g_test_add_func("/fs/fat/found-volumes", test_found_volumes);
    return g_test_run();
}
