/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A LUKS volume that begins with the input, or whose LUKS2 metadata has the input for its JSON. */
#include <string.h>

#include "base/bytes.h"
#include "disk/luks_header.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/disk/luks-writer.h"

#define VOLUME_BYTES ((size_t)2 << 20)
#define COPY_BYTES ((size_t)16384)
#define BINARY_BYTES ((size_t)4096)

static void write_copy(uint8_t *header, const char *signature, uint64_t offset, const uint8_t *json,
                       size_t length)
{
    memcpy(header, signature, 6);
    header[7] = 2;
    put_be64(header + 8, COPY_BYTES);
    put_be64(header + 16, 1);
    memcpy(header + 72, "sha256", 6);
    memcpy(header + 168, "01020304-0506-0708-090a-0b0c0d0e0f10", 36);
    put_be64(header + 256, offset);
    memcpy(header + BINARY_BYTES, json, MIN(length, COPY_BYTES - BINARY_BYTES - 1));
    luks_update_checksum(header, COPY_BYTES);
}

static void use(Disk *disk)
{
    static const uint64_t offsets[] = {0, 511, 4096, 70000};
    uint8_t bytes[512];
    for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
        if (disk_read(disk, offsets[i], bytes, sizeof(bytes), NULL))
            (void)!disk_write(disk, offsets[i], bytes, sizeof(bytes), NULL);
    (void)!disk_discard(disk, 0, disk_size(disk), NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[] = "correct horse";
    g_autofree uint8_t *bytes = g_malloc0(VOLUME_BYTES);
    if (size >= 6 && memcmp(data, "LUKS\xba\xbe", 6) == 0) {
        memcpy(bytes, data, MIN(size, VOLUME_BYTES));
        /* Random input would hardly ever get past the checksum. */
        luks_update_checksum(bytes, VOLUME_BYTES);
    } else {
        write_copy(bytes, "LUKS\xba\xbe", 0, data, size);
        write_copy(bytes + COPY_BYTES, "SKUL\xba\xbe", COPY_BYTES, data, size);
    }
    g_autoptr(Disk) volume = disk_new_memory(VOLUME_BYTES, 512);
    if (!disk_write(volume, 0, bytes, VOLUME_BYTES, NULL))
        return 0;
    g_autoptr(Luks) luks = luks_read(volume, NULL);
    if (!luks)
        return 0;
    g_ptr_array_unref(luks_list_tokens(luks));
    /* What is allowed would take minutes. */
    luks->memory_limit_kib = 1024;
    luks->work_limit_kib = 8192;
    luks->rounds_limit = 2000;
    g_autoptr(KeyRing) keys = key_ring_new();
    (void)!key_ring_add(keys, "all", secret, sizeof(secret) - 1, NULL);
    g_autoptr(Disk) disk = luks_open(luks, volume, keys, NULL);
    if (disk)
        use(disk);
    return 0;
}
