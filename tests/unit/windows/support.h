/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers, driver collections and hives made on the spot for the tests of windows/. */
#ifndef TESTS_WINDOWS_SUPPORT_H
#define TESTS_WINDOWS_SUPPORT_H

#include <glib.h>
#include <stdint.h>

#include "profiles/profile.h"
#include "registry/edit.h"
#include "windows/inf_target.h"
#include "windows/inf.h"
#include "windows/pe_signature.h"

/* A PKCS#7 signature by one signer (PE_SIGNER_NONE: signer's certificate left out); nested: another
   one inside, or NULL. */
GBytes *test_signature(PeSigner signer, gboolean sha256, GBytes *nested);
/* A PE file of that machine; signature NULL: none. is_64: PE32+. */
GBytes *test_pe(uint16_t machine, gboolean is_64, GBytes *signature);
/* A signed amd64 or x86 driver. */
GBytes *test_driver(uint16_t machine, PeSigner signer, gboolean sha256);

/* Text that must be accepted. */
Inf *test_parse_inf(const char *text, size_t length);

typedef struct {
    const char *name;       /* "viostor" */
    const char *decoration; /* "NTamd64.10.0" */
    const char *version;    /* "07/21/2023,100.94.104.24000" */
    guint legacy, modern;   /* PCI device ids; modern 0: none */
    gboolean boots;         /* a SCSIAdapter with StartType 0 */
} TestInf;
char *test_inf(const TestInf *inf);

typedef struct {
    const char *folder;
    TestInf inf;
    PeSigner signer;
    gboolean sha256;
    uint16_t machine; /* 0: no .sys */
} TestPackage;
/* Its INF, catalogue and driver below root. */
void test_write_package(const char *root, const TestPackage *package);

/* Writes root/path with its folders. */
void test_write(const char *root, const char *path, GBytes *content);
void test_write_text(const char *root, const char *path, const char *text);
char *test_make_folder(void);
void test_remove_folder(const char *root); /* with all below */

/* A driver collection like the one whose files list_path names (a line each, after prefix), in
   folder root: INFs for the Windows their folder says, signed by Microsoft. FALSE: no list. */
gboolean test_make_collection(const char *root, const char *list_path, const char *prefix);

/* The profile of that Windows; there must be one. */
const Profile *test_match_profile(const Profiles *profiles, const InfTarget *target);
/* The folders of a driver collection that it names; NULL-terminated. */
char **test_folders(const InfTarget *target);

/* A clean hive with nothing but a root key. */
GBytes *test_empty_hive(void);
/* Every value below key (path from the root) as "KEY|NAME|text" lines, keys without values as
   "KEY"; sorted. Paths start at key. */
char *test_hive_text(GBytes *hive, const char *key);
/* hive after edits. */
GBytes *test_edit_hive(GBytes *hive, const HiveEdits *edits);

#endif
