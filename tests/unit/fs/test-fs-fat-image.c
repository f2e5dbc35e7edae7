/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT images for the tests of the driver, made and checked by dosfstools and mtools. */
#include "test-fs-fat-image.h"

#include <string.h>

#include "base/run.h"

#define CACHE_BYTES (16 * MIB)

void fat_test_start(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* The tools are often in the administrator's directories, which PATH need not name. */
    g_autofree char *path = g_strconcat(g_getenv("PATH"), ":/usr/sbin:/sbin", NULL);
    g_setenv("PATH", path, TRUE);
    g_setenv("MTOOLS_SKIP_CHECK", "1", TRUE);
}

gboolean fat_tools_are_there(void)
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

char *fat_shell(const FatImage *image, const char *script)
{
    g_autoptr(GError) error = NULL;
    const char *argv[] = {"sh", "-ec", script, image->path, image->folder, NULL};
    char *output = NULL;
    gboolean ok = run_program(argv, NULL, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return output;
}

void fat_shell_quietly(const FatImage *image, const char *script)
{
    g_free(fat_shell(image, script));
}

void fat_image_make(FatImage *image, uint64_t size, const char *mkfs)
{
    g_autoptr(GError) error = NULL;
    image->folder = g_dir_make_tmp("drydock-fat-XXXXXX", &error);
    g_assert_no_error(error);
    image->path = g_build_filename(image->folder, "image", NULL);
    g_autofree char *script =
        g_strdup_printf("truncate -s %" G_GUINT64_FORMAT " $0; %s", size, mkfs);
    fat_shell_quietly(image, script);
}

void fat_image_remove(FatImage *image)
{
    fat_shell_quietly(image, "rm -r -- \"$1\"");
    g_free(image->folder);
    g_free(image->path);
}

Fs *fat_image_open(const FatImage *image)
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

void fat_sync_and_close(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(fs_sync(fs, &error));
    g_assert_no_error(error);
    fs_close(fs);
}

void fat_image_check(const FatImage *image)
{
    fat_shell_quietly(image, "fsck.vfat -n -v $0 >$1/log 2>&1 || { cat $1/log >&2; exit 1; }; "
                             "! grep -E 'wrong|Wrong|differ|orphan|Unused|bad' $1/log >&2");
}

void fat_put(Fs *fs, const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    gboolean ok = fs_write_file(fs, path, content, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

void fat_put_directory(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_make_directory(fs, path, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}
