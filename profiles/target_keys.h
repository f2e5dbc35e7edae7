/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of target profiles and their values; for profiles/target.c and its test. */
#ifndef PROFILES_TARGET_KEYS_H
#define PROFILES_TARGET_KEYS_H

#include "profiles/target.h"

typedef enum {
    TARGET_VALUE_WORD,     /* one of words */
    TARGET_VALUE_NUMBER,   /* or 1 to maximum */
    TARGET_VALUE_NAME,     /* or letters, digits, '.', '_', '-': a name of QEMU's or libvirt's */
    TARGET_VALUE_MACHINE,  /* or a name that begins like a versioned machine type */
    TARGET_VALUE_FEATURES, /* or names with '+' or '-' before them, separated by blanks */
    TARGET_VALUE_NETWORK,  /* a libvirt network, or bridge:NAME */
    TARGET_VALUE_ADDRESS,  /* of the host, or a name of it */
    TARGET_VALUE_PATH,     /* or an absolute path */
    TARGET_VALUE_URI,      /* or something with "://" in it */
    TARGET_VALUE_TEXT,     /* or any one line */
} TargetValueKind;

typedef struct {
    const char *name;
    const char *fallback; /* where no profile says it */
    TargetValueKind kind;
    guint maximum;        /* of TARGET_VALUE_NUMBER */
    const char *words[9]; /* NULL-terminated */
} TargetKeyRow;

extern const TargetKeyRow target_key_rows[TARGET_KEY_COUNT];

/* FALSE: *ret_expected (free with g_free()) then says what would be right: "use yes or no". */
gboolean target_value_check(TargetKey key, const char *value, char **ret_expected);

#endif
