/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user's secret is, and the key that opens one protector. Only for the files of
   bitlocker.h. */
#ifndef DISK_BITLOCKER_SECRET_H
#define DISK_BITLOCKER_SECRET_H

#include "disk/bitlocker_key.h"

typedef enum {
    SECRET_PASSPHRASE,
    SECRET_RECOVERY_PASSWORD,
    SECRET_STARTUP_KEY,
} SecretKind;

typedef struct {
    SecretKind kind;
    uint8_t hash[32];  /* of a passphrase or recovery password: what is stretched */
    uint8_t key[32];   /* of a startup key: the key itself */
    char *protector;   /* of a startup key: which protector it is of */
    guint wrong_group; /* of a mistyped recovery password; 0: it is good */
} Secret;

/* Overwrites it. */
void secret_clear(Secret *secret);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Secret, secret_clear)

/* Tells a .BEK file, a recovery password (alone, or in the text Windows saves, UTF-8 or UTF-16) and
   a passphrase apart. */
gboolean secret_decode(const uint8_t *bytes, size_t length, Secret *ret_secret,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
