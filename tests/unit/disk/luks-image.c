/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of LUKS volumes that cryptsetup makes, for tests. */
#include "luks-image.h"

#include <string.h>

#include "support.h"

char *luks_image_file(const LuksImage *image, const char *name)
{
    return g_build_filename(image->folder, name, NULL);
}

void luks_image_clear(LuksImage *image)
{
    if (!image->folder)
        return;
    test_folder_remove(image->folder);
    g_free(image->path);
    g_free(image->key_path);
}
gboolean luks_image_init(LuksImage *image, const char *program)
{
    const char *const programs[] = {"cryptsetup", program, NULL};
    g_autoptr(GError) error = NULL;
    if (!test_has_programs(programs))
        return FALSE;
    image->folder = test_folder_make();
    image->path = luks_image_file(image, "luks.img");
    image->key_path = luks_image_file(image, "key");
    g_assert_true(g_file_set_contents(image->key_path, LUKS_SECRET, -1, &error));
    return TRUE;
}

uint8_t *luks_make_plain(void)
{
    uint8_t *plain = g_malloc(LUKS_SIZE);
    test_fill(plain, LUKS_SIZE, 20201106);
    return plain;
}

void luks_format(const LuksImage *image, const char *const *options)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    static const char *const start[] = {"cryptsetup", "luksFormat", "--disable-locks", "-q", NULL};
    for (guint i = 0; start[i]; i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)start[i]);
    for (guint i = 0; options && options[i]; i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)options[i]);
    g_ptr_array_add(argv, image->path);
    g_ptr_array_add(argv, image->key_path);
    g_ptr_array_add(argv, NULL);
    test_make_file(image->path, 16 * LUKS_MIB + LUKS_SIZE);
    test_run((const char *const *)argv->pdata);
}

void luks_format_cheap(const LuksImage *image)
{
    static const char *const options[] = {"--type", "luks2", LUKS_CHEAP, NULL};
    luks_format(image, options);
}

KeyRing *luks_make_keys(const char *id, const char *secret)
{
    g_autoptr(GError) error = NULL;
    KeyRing *keys = key_ring_new();
    assert_ok(key_ring_add(keys, id, (const uint8_t *)secret, strlen(secret), &error), error);
    return keys;
}

Disk *luks_open_on(Disk *volume, const KeyRing *keys, GError **error)
{
    g_autoptr(Luks) luks = luks_read(volume, error);
    return luks ? luks_open(luks, volume, keys, error) : NULL;
}

Disk *luks_open_image(const char *path, const KeyRing *keys, GError **error)
{
    g_autoptr(Disk) volume = disk_open_file(path, TRUE, 512, error);
    g_assert_nonnull(volume);
    return luks_open_on(volume, keys, error);
}

Disk *luks_open_by_secret(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KeyRing) keys = luks_make_keys("all", LUKS_SECRET);
    Disk *disk = luks_open_image(path, keys, &error);
    g_assert_no_error(error);
    return disk;
}

void luks_assert_refused(const char *path, const KeyRing *keys, DrydockError code,
                         const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = luks_open_image(path, keys, &error);
    g_assert_null(disk);
    g_test_message("%s", error->message);
    g_assert_error(error, DRYDOCK_ERROR, (gint)code);
    g_assert_nonnull(strstr(error->message, expected));
}
