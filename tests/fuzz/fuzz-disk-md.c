/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as two superblocks of one array, of each version in turn, with checksums that fit. */
#include <string.h>

#include "base/bytes.h"
#include "disk/md.h"
#include "tests/fuzz/fuzz-target.h"

#define DISK_BYTES ((size_t)1 << 20)
#define BLOCK_BYTES ((size_t)4096)

static const struct {
    size_t offset; /* on the disk */
    uint32_t version;
    size_t length, checksum_offset;
} places[] = {
    {DISK_BYTES - 65536, 0, BLOCK_BYTES, 152},
    {DISK_BYTES - 8192, 1, 256, 216},
    {0, 1, 256, 216},
    {4096, 1, 256, 216},
};

static void use(Disk *disk)
{
    uint8_t bytes[4096];
    const uint64_t offsets[] = {0, 65000, disk_size(disk) / 2, disk_size(disk) - sizeof(bytes)};
    for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
        if (disk_read(disk, offsets[i], bytes, sizeof(bytes), NULL))
            (void)!disk_write(disk, offsets[i], bytes, sizeof(bytes), NULL);
    (void)!disk_discard(disk, disk_size(disk) / 3, disk_size(disk) / 3, NULL);
    (void)!disk_flush(disk, NULL);
}

/* Random input would hardly ever get past magic, place and checksum. */
static void write_super(Disk *disk, guint place, uint8_t *block)
{
    put_le32(block, UINT32_C(0xa92b4efc));
    put_le32(block + 4, places[place].version);
    size_t length = places[place].length;
    if (places[place].version == 1) {
        put_le64(block + 144, places[place].offset / 512);
        length += 2 * (size_t)get_le32(block + 220);
    }
    put_le32(block + places[place].checksum_offset, 0);
    uint64_t sum = 0;
    for (size_t i = 0; i + 4 <= MIN(length, BLOCK_BYTES); i += 4)
        sum += get_le32(block + i);
    if (length % 4 == 2 && length <= BLOCK_BYTES)
        sum += get_le16(block + length - 2);
    put_le32(block + places[place].checksum_offset, (uint32_t)((sum & UINT32_MAX) + (sum >> 32)));
    (void)!disk_write(disk, places[place].offset, block, BLOCK_BYTES, NULL);
}

static void try_place(const uint8_t *data, size_t size, guint place)
{
    Disk *disks[2];
    MdSuper *supers[2];
    for (guint i = 0; i < 2; i++) {
        uint8_t block[BLOCK_BYTES] = {0};
        size_t start = i == 1 && size > BLOCK_BYTES ? BLOCK_BYTES : 0;
        memcpy(block, data + start, MIN(size - start, BLOCK_BYTES));
        disks[i] = disk_new_memory(DISK_BYTES, 512);
        write_super(disks[i], place, block);
        supers[i] = md_super_read(disks[i], NULL);
    }
    if (supers[0] && supers[1]) {
        const MdMember members[] = {{supers[0], disks[0]}, {supers[1], disks[1]}};
        g_autoptr(GPtrArray) arrays = md_assemble(members, 2);
        for (guint i = 0; i < arrays->len; i++) {
            const MdArray *array = g_ptr_array_index(arrays, i);
            g_free(md_short_name(array));
            if (array->disk)
                use(array->disk);
        }
    }
    for (guint i = 0; i < 2; i++) {
        md_super_free(supers[i]);
        disk_unref(disks[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        try_place(data, size, i);
    return 0;
}
