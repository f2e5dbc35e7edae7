/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a BitLocker volume of a part of a raw disk, or a plain one of it again, in place:
     bitlocker-volume encrypt DISK START SIZE METHOD HEADER COPY COPY COPY PROTECTOR…
     bitlocker-volume decrypt DISK START SIZE [SECRET]
   in bytes; METHOD: 0x8000 to 0x8005; HEADER and COPY: places in the volume that it has reserved;
   PROTECTOR: clear, tpm, recovery:PASSWORD or passphrase:TEXT. What was discarded from an encrypted
   volume is decrypted to zeros, so that one can tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk/bitlocker.h"
#include "tests/unit/disk/bitlocker-writer.h"

#define CHUNK_BYTES ((size_t)64 << 10)
#define HEADER_BYTES 8192
#define SECTOR_BYTES 512

static G_GNUC_NORETURN void fail(const GError *error)
{
    fprintf(stderr, "bitlocker-volume: %s\n", error ? error->message : "wrong arguments");
    exit(1);
}

static uint64_t number(const char *text)
{
    return g_ascii_strtoull(text, NULL, 0);
}

static void encrypt(Disk *volume, char **arguments)
{
    WriterRecipe recipe = {
        .method = (guint)number(arguments[0]),
        .sector_bytes = SECTOR_BYTES,
        .header_offset = number(arguments[1]),
        .header_bytes = HEADER_BYTES,
        .copies = {number(arguments[2]), number(arguments[3]), number(arguments[4])},
        .state = WRITER_STATE_ENCRYPTED};
    for (char **protector = arguments + 5; *protector; protector++) {
        if (g_str_equal(*protector, "clear"))
            recipe.clear_key = TRUE;
        else if (g_str_equal(*protector, "tpm"))
            recipe.tpm = TRUE;
        else if (g_str_has_prefix(*protector, "recovery:"))
            recipe.recovery_password = strchr(*protector, ':') + 1;
        else if (g_str_has_prefix(*protector, "passphrase:"))
            recipe.passphrase = strchr(*protector, ':') + 1;
        else
            fail(NULL);
    }
    writer_encrypt(&recipe, volume);
}

static gboolean is_zero(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static gboolean decrypt(Disk *volume, const char *secret, GError **error)
{
    g_autoptr(KeyRing) keys = key_ring_new();
    if (secret && !key_ring_add(keys, "any", (const uint8_t *)secret, strlen(secret), error))
        return FALSE;
    g_autoptr(Bitlocker) bitlocker = bitlocker_read(volume, error);
    g_autoptr(Disk) open = bitlocker ? bitlocker_open(bitlocker, volume, keys, error) : NULL;
    if (!open)
        return FALSE;
    g_autofree uint8_t *stored = g_malloc(CHUNK_BYTES), *plain = g_malloc(CHUNK_BYTES);
    for (uint64_t offset = 0; offset < disk_size(open); offset += CHUNK_BYTES) {
        size_t length = (size_t)MIN(CHUNK_BYTES, disk_size(open) - offset);
        if (!disk_read(volume, offset, stored, length, error) ||
            !disk_read(open, offset, plain, length, error))
            return FALSE;
        for (size_t i = offset == 0 ? HEADER_BYTES : 0; i < length; i += SECTOR_BYTES)
            if (is_zero(stored + i, SECTOR_BYTES))
                memset(plain + i, 0, SECTOR_BYTES);
        if (!disk_write(volume, offset, plain, length, error))
            return FALSE;
    }
    return TRUE;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc < 5)
        fail(NULL);
    g_autoptr(Disk) disk = disk_open_file(argv[2], TRUE, SECTOR_BYTES, &error);
    g_autoptr(Disk) volume =
        disk ? disk_new_window(disk, number(argv[3]), number(argv[4]), argv[2], &error) : NULL;
    if (!volume)
        fail(error);
    if (g_str_equal(argv[1], "encrypt") && argc >= 11)
        encrypt(volume, argv + 5);
    else if (!g_str_equal(argv[1], "decrypt") || !decrypt(volume, argv[5], &error))
        fail(error);
    if (!disk_flush(disk, &error))
        fail(error);
    return 0;
}
