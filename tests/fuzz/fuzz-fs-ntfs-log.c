/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input is $LogFile, replayed over a small volume that has something of all that it can change:
   file records with an attribute of each kind, an index block, a bitmap. */
#include <string.h>

#include "base/bytes.h"
#include "fs/ntfs_fixup.h"
#include "fs/ntfs_replay.h"
#include "tests/fuzz/fuzz-target.h"

#define VOLUME_BYTES ((size_t)256 << 10)
#define LOG_MAX_BYTES ((size_t)256 << 10)
#define PAGE_BYTES ((size_t)4096)
#define CLUSTER_BYTES 512
#define RECORD_BYTES 1024
#define BLOCK_BYTES 4096
#define MFT_LCN 64
#define MIRROR_LCN 32
#define RECORDS 16
#define BLOCK_LCN 128

static size_t add_attribute(uint8_t *record, size_t at, uint32_t type, uint32_t length)
{
    put_le32(record + at, type);
    put_le32(record + at + 4, length);
    put_le16(record + at + 14, (uint16_t)at);
    return at + length;
}

/* $STANDARD_INFORMATION, an index root with nothing but its end, $DATA of 16 clusters. */
static void make_record(uint8_t *record)
{
    size_t at = 56;

    memcpy(record, "FILE", 4);
    put_le16(record + 4, 48);
    put_le16(record + 6, RECORD_BYTES / 512 + 1);
    put_le16(record + 16, 1);
    put_le16(record + 20, 56);
    put_le16(record + 22, 1);
    put_le32(record + 28, RECORD_BYTES);
    put_le32(record + at + 16, 48);
    put_le16(record + at + 20, 24);
    at = add_attribute(record, at, 0x10, 72);
    put_le32(record + at + 16, 48);
    put_le16(record + at + 20, 24);
    put_le32(record + at + 24 + 8, BLOCK_BYTES);
    put_le32(record + at + 24 + 16, 16);
    put_le32(record + at + 24 + 20, 32);
    put_le32(record + at + 24 + 24, 32);
    put_le16(record + at + 24 + 32 + 8, 16);
    put_le16(record + at + 24 + 32 + 12, 2);
    at = add_attribute(record, at, 0x90, 72);
    record[at + 8] = 1;
    put_le64(record + at + 24, 15);
    put_le16(record + at + 32, 64);
    memcpy(record + at + 64, "\x21\x10\x00\x01", 4);
    at = add_attribute(record, at, 0x80, 72);
    put_le32(record + at, 0xffffffffU);
    put_le32(record + 24, (uint32_t)at + 8);
    (void)!ntfs_fixup_apply(record, RECORD_BYTES);
}

static void make_block(uint8_t *block)
{
    memcpy(block, "INDX", 4);
    put_le16(block + 4, 40);
    put_le16(block + 6, BLOCK_BYTES / 512 + 1);
    put_le32(block + 24, 40);
    put_le32(block + 28, 56);
    put_le32(block + 32, BLOCK_BYTES - 24);
    put_le16(block + 64 + 8, 16);
    put_le16(block + 64 + 12, 2);
    (void)!ntfs_fixup_apply(block, BLOCK_BYTES);
}

static Disk *make_volume(void)
{
    Disk *disk = disk_new_memory(VOLUME_BYTES, 512);
    g_autofree uint8_t *bytes = g_malloc0(VOLUME_BYTES);

    for (size_t i = 0; i < RECORDS; i++) {
        make_record(bytes + MFT_LCN * CLUSTER_BYTES + i * RECORD_BYTES);
    }
    make_block(bytes + (size_t)BLOCK_LCN * CLUSTER_BYTES);
    (void)!disk_write(disk, 0, bytes, VOLUME_BYTES, NULL);
    return disk;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const NtfsGeometry geometry = {
        .cluster_bytes = CLUSTER_BYTES,
        .record_bytes = RECORD_BYTES,
        .clusters = VOLUME_BYTES / CLUSTER_BYTES,
        .mft_lcn = MFT_LCN,
        .mirror_lcn = MIRROR_LCN,
        .mirror_records = 4,
    };
    g_autofree uint8_t *log = g_malloc0(LOG_MAX_BYTES);
    g_autoptr(Disk) volume = make_volume();
    g_autoptr(NtfsReplay) replay = NULL;
    size_t length = MIN(size, LOG_MAX_BYTES);

    memcpy(log, data, length);
    /* Random input would hardly ever be whole. */
    length -= length % PAGE_BYTES;
    for (size_t page = 0; page < length; page += PAGE_BYTES) {
        (void)!ntfs_fixup_apply(log + page, PAGE_BYTES);
    }
    if (ntfs_replay_run(volume, &geometry, log, length, &replay, NULL)) {
        (void)!ntfs_replay_keep(replay, NTFS_REPLAY_REDONE, volume, NULL);
        (void)!ntfs_replay_keep(replay, NTFS_REPLAY_TAKEN_BACK, volume, NULL);
    }
    return 0;
}
