/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the user knows to the key that BitLocker encrypts sectors with. Only for the files of
   bitlocker.h. */
#ifndef DISK_BITLOCKER_KEY_H
#define DISK_BITLOCKER_KEY_H

#include "disk/bitlocker_metadata.h"

#define BITLOCKER_KEY_BYTES 32 /* of a master key and of what protects it */
#define BITLOCKER_KEY_LIMIT 64 /* of the longest volume key */

typedef struct {
    guint method; /* 0x8000 … 0x8005 */
    size_t length;
    uint8_t bytes[BITLOCKER_KEY_LIMIT];
} BitlockerKey;

/* The key of the volume, by its clear key or a key of keys (may be NULL); see bitlocker_open().
   The caller overwrites it. */
gboolean bitlocker_unlock(const Bitlocker *bitlocker, const char *name, const KeyRing *keys,
                          BitlockerKey *ret_key, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    RECOVERY_PASSWORD_NONE,     /* the text has no such thing in it */
    RECOVERY_PASSWORD_MISTYPED, /* has, but a group of digits fails its check */
    RECOVERY_PASSWORD_GOOD,
} RecoveryPassword;

/* Eight groups of six digits, each a multiple of 11 below 11 * 65536, with anything around them
   that is no digit. ret_bytes: what they stand for; ret_group: the first that is wrong, from 1. */
RecoveryPassword bitlocker_parse_recovery_password(const char *text, size_t length,
                                                   uint8_t ret_bytes[16], guint *ret_group);

/* A million rounds of SHA-256 on top of a hash of what the user knows. */
gboolean bitlocker_stretch(const uint8_t initial[32], const uint8_t salt[16],
                           uint8_t ret_key[BITLOCKER_KEY_BYTES],
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
