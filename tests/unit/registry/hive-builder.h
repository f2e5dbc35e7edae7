/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small hives made cell by cell, right or wrong as a test wants them. Its own arithmetic: nothing
   of the registry folder is used. */
#ifndef TESTS_REGISTRY_HIVE_BUILDER_H
#define TESTS_REGISTRY_HIVE_BUILDER_H

#include <glib.h>
#include <stdint.h>

#define BUILDER_NO_CELL 0xFFFFFFFFu

typedef struct {
    GByteArray *bins;
    uint32_t free; /* where the next cell of the last bin goes */
    uint32_t minor;
    uint32_t security;
    uint32_t root;
} HiveBuilder;

/* With a root key named "ROOT" and one security descriptor for all. */
HiveBuilder *hive_builder_new(uint32_t minor);
void hive_builder_free(HiveBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HiveBuilder, hive_builder_free)

/* A cell with this payload; returns its offset. */
uint32_t hive_builder_cell(HiveBuilder *builder, const void *payload, size_t length);
/* The payload of a cell; valid until the next cell is made. */
uint8_t *hive_builder_payload(HiveBuilder *builder, uint32_t cell);

/* name: ASCII text, stored as Latin-1. */
uint32_t hive_builder_key(HiveBuilder *builder, uint32_t parent, const char *name);
/* units: UTF-16, or Latin-1 bytes one per element. */
uint32_t hive_builder_key_units(HiveBuilder *builder, uint32_t parent, const uint16_t *units,
                                size_t count, gboolean is_latin1);
/* A list of cells: "li", "lf", "lh" of keys, or "ri" of lists. */
uint32_t hive_builder_list(HiveBuilder *builder, const char *kind, const uint32_t *cells,
                           size_t count);
void hive_builder_set_subkeys(HiveBuilder *builder, uint32_t key, uint32_t list, uint32_t count);

/* Data above 16344 bytes becomes big data where the version has it, unless as_one_cell. */
uint32_t hive_builder_value(HiveBuilder *builder, const char *name, uint32_t type, const void *data,
                            size_t length, gboolean as_one_cell);
void hive_builder_set_values(HiveBuilder *builder, uint32_t key, const uint32_t *values,
                             size_t count);

/* Keys PREFIX0000, PREFIX0001, … below parent in lists of at most leaf_size; kind as above. One
   leaf: no "ri". */
void hive_builder_fill(HiveBuilder *builder, uint32_t parent, const char *kind, const char *prefix,
                       size_t count, size_t leaf_size);

/* The hive file, clean, with that sequence number. The builder can go on. */
GBytes *hive_builder_finish(HiveBuilder *builder, uint32_t sequence);

/* Sequence numbers and checksum of a header. */
void hive_header_set(uint8_t *header, uint32_t primary, uint32_t secondary);

#endif
