/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows guests in memory, from rows of values or from real hives. */
#ifndef TESTS_INSPECT_WINDOWS_TEST_GUEST_H
#define TESTS_INSPECT_WINDOWS_TEST_GUEST_H

#include "tests/unit/inspect/inspect-support.h"

/* Everything that is made for one guest. */
typedef struct {
    Fs *fs; /* of the set */
    VolumeSet *set;
    GPtrArray *findings;
    Guest *guest;
} TestGuest;

/* A Windows Server 2022 on one volume: the rows are added to the least that it takes. Any may be
   NULL. Not inspected yet. */
TestGuest *test_guest_new(const HiveRow *system, const HiveRow *software);
/* NAME below System32\config. hive is owned afterwards; NULL: nothing happens. */
void test_guest_add_hive(TestGuest *test, const char *name, GBytes *hive);
void test_guest_inspect(TestGuest *test); /* with its lists */
void test_guest_free(TestGuest *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestGuest, test_guest_free)

/* A file of the test data, unpacked by gzip or xz as its name says; NULL: it is not there. */
GBytes *test_guest_read_packed(const char *name);

/* texts joined with ", "; "-" for NULL. */
char *test_guest_join(const GPtrArray *texts);

#endif
