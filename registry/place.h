/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as people write them – HKLM\SYSTEM\Select – taken apart: which hive, and where in it. */
#ifndef REGISTRY_PLACE_H
#define REGISTRY_PLACE_H

#include "registry/hive.h"

typedef enum {
    HIVE_PLACE_RELATIVE,     /* begins with no root: a path from the root of some hive */
    HIVE_PLACE_MACHINE,      /* HKLM */
    HIVE_PLACE_USERS,        /* HKU */
    HIVE_PLACE_CURRENT_USER, /* HKCU */
} HivePlaceRoot;

typedef struct {
    HivePlaceRoot root;
    char *hive;  /* of HKLM and HKU the component behind it, "SYSTEM", ".DEFAULT"; else "" */
    char *mount; /* what stands before key, in full: "HKEY_LOCAL_MACHINE\\SYSTEM"; "" of relative
                    ones */
    char *key;   /* from the hive's root, "" for that */
} HivePlace;
void hive_place_clear(HivePlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HivePlace, hive_place_clear)

/* HKCR stands for HKLM\SOFTWARE\Classes. DRYDOCK_ERROR_USAGE: a root without the name of a hive, or
   no UTF-8. */
gboolean hive_place_parse(const char *text, HivePlace *ret_place,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "mount\key" or the one of them that is not empty. */
char *hive_place_join(const char *mount, const char *key);

/* CurrentControlSet is a link that only a running Windows has: key with ControlSet001, or whichever
   is the current one, in its place. Unchanged in hives that have no Select key. */
gboolean hive_resolve_control_set(Hive *hive, const char *key, char **ret_key,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
