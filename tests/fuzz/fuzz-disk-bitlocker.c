/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A BitLocker volume whose metadata is the input, and the same bytes as a user's key file. */
#include <string.h>

#include "base/bytes.h"
#include "disk/bitlocker_secret.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/disk/bitlocker-writer.h"

#define VOLUME_BYTES ((size_t)256 << 10)
#define METADATA_OFFSET ((size_t)64 << 10)

static void use(Disk *disk)
{
    static const uint64_t offsets[] = {0, 8191, 65535, 100000, VOLUME_BYTES - 512};
    uint8_t bytes[512];
    for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
        if (disk_read(disk, offsets[i], bytes, sizeof(bytes), NULL))
            (void)!disk_write(disk, offsets[i], bytes, sizeof(bytes), NULL);
    (void)!disk_discard(disk, 0, disk_size(disk), NULL);
}

static void open_volume(Disk *volume)
{
    g_autoptr(Bitlocker) bitlocker = bitlocker_read(volume, NULL);
    if (!bitlocker)
        return;
    g_free(bitlocker_describe_protectors(bitlocker));
    g_autoptr(KeyRing) keys = key_ring_new();
    g_autoptr(GByteArray) file = writer_make_startup_key();
    (void)!key_ring_add(keys, "any", file->data, file->len, NULL);
    g_autoptr(Disk) disk = bitlocker_open(bitlocker, volume, keys, NULL);
    if (disk)
        use(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t guid[] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
                                   0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
    g_auto(Secret) secret = {0};
    (void)!secret_decode(data, size, &secret, NULL);

    g_autofree uint8_t *volume_bytes = g_malloc0(VOLUME_BYTES);
    size_t length = MIN(size, BITLOCKER_METADATA_BYTES);
    memcpy(volume_bytes + 3, "-FVE-FS-", 8);
    put_le16(volume_bytes + 11, 512);
    memcpy(volume_bytes + 160, guid, sizeof(guid));
    for (size_t i = 0; i < BITLOCKER_COPIES; i++)
        put_le64(volume_bytes + 176 + 8 * i, METADATA_OFFSET);
    memcpy(volume_bytes + METADATA_OFFSET, data, length);
    /* Random input would hardly ever get past the checksum. */
    writer_update_checksum(volume_bytes + METADATA_OFFSET, BITLOCKER_METADATA_BYTES);
    g_autoptr(Disk) volume = disk_new_memory(VOLUME_BYTES, 512);
    if (disk_write(volume, 0, volume_bytes, VOLUME_BYTES, NULL))
        open_volume(volume);
    return 0;
}
