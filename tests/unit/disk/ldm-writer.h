/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the database of a group of dynamic disks, as Windows would have left it. */
#ifndef TESTS_UNIT_DISK_LDM_WRITER_H
#define TESTS_UNIT_DISK_LDM_WRITER_H

#include "disk/ldm_database.h"

#define LDM_WRITER_DATABASE_SECTORS 2048

typedef struct {
    GByteArray *records;
    guint next;      /* record */
    guint counts[4]; /* volumes, components, extents, disks */
} LdmWriter;

void ldm_writer_init(LdmWriter *writer);
void ldm_writer_clear(LdmWriter *writer);

/* Numbers of sectors; a GUID is a text. */
void ldm_writer_add_disk(LdmWriter *writer, guint id, const char *guid);
void ldm_writer_add_volume(LdmWriter *writer, guint id, const char *name, uint64_t size,
                           guint components);
void ldm_writer_add_component(LdmWriter *writer, guint id, guint volume, LdmLayout layout,
                              guint extents, uint64_t chunk, const char *state);
void ldm_writer_add_extent(LdmWriter *writer, guint id, guint component, guint disk, uint64_t start,
                           uint64_t offset, uint64_t length, guint column);

typedef struct {
    const char *disk_guid, *group_guid;
    uint64_t header;                  /* the sector of the private header */
    uint64_t data_start, data_length; /* sectors */
    uint64_t database;                /* its first sector */
    uint64_t sequence;
} LdmWriterPlace;

void ldm_writer_write(const LdmWriter *writer, Disk *disk, const LdmWriterPlace *place);

#endif
