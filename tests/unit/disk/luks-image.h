/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of LUKS volumes that cryptsetup makes, for tests. The secret is always the same. */
#ifndef TESTS_UNIT_DISK_LUKS_IMAGE_H
#define TESTS_UNIT_DISK_LUKS_IMAGE_H

#include "base/error.h"
#include "disk/luks.h"

#define LUKS_MIB ((size_t)1 << 20)
#define LUKS_SIZE (4 * LUKS_MIB) /* of the data of a LUKS2 image */
#define LUKS_SECRET "correct horse"
#define LUKS_CHEAP "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"

typedef struct {
    char *folder, *path, *key_path;
} LuksImage;

/* A folder with a key file in it, no image yet. FALSE: skipped, cryptsetup or program is not
   installed. */
gboolean luks_image_init(LuksImage *image, const char *program);
void luks_image_clear(LuksImage *image);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LuksImage, luks_image_clear)
char *luks_image_file(const LuksImage *image, const char *name); /* a path in the folder */

/* luksFormat with options, NULL-terminated; the data of a LUKS2 volume has LUKS_SIZE. */
void luks_format(const LuksImage *image, const char *const *options);
void luks_format_cheap(const LuksImage *image); /* LUKS2 that opens at once */

/* LUKS_SIZE bytes that look like nothing else. */
uint8_t *luks_make_plain(void);
KeyRing *luks_make_keys(const char *id, const char *secret);

/* NULL with *error set: it is not opened. */
Disk *luks_open_on(Disk *volume, const KeyRing *keys, GError **error);
Disk *luks_open_image(const char *path, const KeyRing *keys, GError **error);
/* It has to open. */
Disk *luks_open_by_secret(const char *path);
/* It must not, by an error of this code that says expected. */
void luks_assert_refused(const char *path, const KeyRing *keys, DrydockError code,
                         const char *expected);

#endif
