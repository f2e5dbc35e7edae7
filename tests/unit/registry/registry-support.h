/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the registry folder share. */
#ifndef TESTS_REGISTRY_SUPPORT_H
#define TESTS_REGISTRY_SUPPORT_H

#include <glib.h>

#include "registry/hive.h"

/* A file below the registry folder of the test data, unpacked (.xz, .gz); NULL when it is not
   there, or NULL and the test is marked as skipped. */
GBytes *testdata_load(const char *name);

/* One line for each key and value: PATH, or PATH|NAME|type|hash of data; sorted. NULL and *error
   when the hive cannot be read. */
GPtrArray *hive_dump(GBytes *hive, GError **error);

/* The lines of b that a lacks ("+…") and those of a that b lacks ("-…"). */
GPtrArray *dump_difference(const GPtrArray *a, const GPtrArray *b);

/* A changed copy: length bytes of replacement at offset. */
GBytes *bytes_patch(GBytes *bytes, size_t offset, const void *replacement, size_t length);

void assert_same_bytes(const void *a, size_t a_length, const void *b, size_t b_length);

#endif
