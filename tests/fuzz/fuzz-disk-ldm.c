/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as records of a dynamic disk's database, in pieces whose headers fit; and as its first
   sectors. */
#include <string.h>

#include "base/bytes.h"
#include "disk/ldm.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/disk/ldm-writer.h"

#define SECTOR ((size_t)512)
#define DATABASE 2048
#define DISK_SECTORS (DATABASE + LDM_WRITER_DATABASE_SECTORS)
#define RECORDS ((DATABASE + 18) * SECTOR)
#define RECORD_BYTES 128
#define LIMIT_BYTES ((size_t)256 << 10)

static void use(Disk *disk)
{
    uint8_t bytes[512];
    if (disk_size(disk) < sizeof(bytes))
        return;
    const uint64_t offsets[] = {0, disk_size(disk) / 2, disk_size(disk) - sizeof(bytes)};
    for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
        if (disk_read(disk, offsets[i], bytes, sizeof(bytes), NULL))
            (void)!disk_write(disk, offsets[i], bytes, sizeof(bytes), NULL);
    (void)!disk_flush(disk, NULL);
}

static void try_disk(Disk *disk)
{
    g_autoptr(PartitionTable) table = partition_table_new(disk);
    g_autoptr(LdmDatabase) database = ldm_database_read(disk, table, NULL);
    if (!database)
        return;
    const LdmMember member = {database, disk};
    g_autoptr(GPtrArray) volumes = ldm_assemble(&member, 1);
    for (guint i = 0; i < volumes->len; i++) {
        const LdmMapped *volume = g_ptr_array_index(volumes, i);
        if (volume->disk)
            use(volume->disk);
    }
}

static void add_records(LdmWriter *writer, const uint8_t *data, size_t size)
{
    static const uint8_t types[] = {0x51, 0x32, 0x33, 0x34};
    const size_t part = RECORD_BYTES - 16;
    for (size_t at = 0; at < size; at += part) {
        uint8_t record[RECORD_BYTES] = {'V', 'B', 'L', 'K'};
        put_be32(record + 8, (uint32_t)(at / part + 100));
        put_be16(record + 14, 1);
        memcpy(record + 16, data + at, MIN(part, size - at));
        uint8_t *type = record + 19;
        *type = types[*type % G_N_ELEMENTS(types)];
        for (guint i = 0; i < G_N_ELEMENTS(types); i++)
            writer->counts[i] += *type == types[i];
        put_be32(record + 20, (uint32_t)part - 8);
        g_byte_array_append(writer->records, record, sizeof(record));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const LdmWriterPlace place = {"aaaaaaaa-0000-4000-8000-000000000001",
                                         "11111111-2222-4333-8444-555555555555",
                                         6,
                                         63,
                                         DATABASE - 63,
                                         DATABASE,
                                         5};
    size = MIN(size, LIMIT_BYTES);
    LdmWriter writer;
    Disk *disk = disk_new_memory(DISK_SECTORS * SECTOR, 512);
    ldm_writer_init(&writer);
    ldm_writer_add_disk(&writer, 10, place.disk_guid);
    ldm_writer_add_volume(&writer, 1, "Volume1", 1000, 1);
    ldm_writer_add_component(&writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    add_records(&writer, data, size);
    ldm_writer_write(&writer, disk, &place);
    try_disk(disk);
    /* The beginning and the end of a disk, and the records as they come. */
    (void)!disk_write(disk, RECORDS, data, size, NULL);
    try_disk(disk);
    (void)!disk_write(disk, 0, data, MIN(size, DATABASE * SECTOR), NULL);
    try_disk(disk);
    ldm_writer_clear(&writer);
    disk_unref(disk);
    return 0;
}
