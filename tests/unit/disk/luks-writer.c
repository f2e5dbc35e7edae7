/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes LUKS2 headers in ways that cryptsetup would not, for tests. */
#include "luks-writer.h"

#include <string.h>

#include "base/bytes.h"

#define BINARY_BYTES ((size_t)4096)
#define COPY_LIMIT_BYTES ((size_t)4 << 20)
#define CHECKSUM_OFFSET 448
#define CHECKSUM_BYTES 64

/* 0: no header of LUKS2 begins here, or it is not all there. */
static size_t copy_bytes(const uint8_t *header, size_t length)
{
    uint64_t size = length >= BINARY_BYTES ? get_be64(header + 8) : 0;
    return size > BINARY_BYTES && size <= COPY_LIMIT_BYTES && size <= length ? (size_t)size : 0;
}

void luks_update_checksum(uint8_t *header, size_t length)
{
    size_t size = copy_bytes(header, length);
    if (size == 0)
        return;
    uint8_t digest[32];
    gsize digest_bytes = sizeof(digest);
    memset(header + CHECKSUM_OFFSET, 0, CHECKSUM_BYTES);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, header, (gssize)size);
    g_checksum_get_digest(checksum, digest, &digest_bytes);
    memcpy(header + CHECKSUM_OFFSET, digest, sizeof(digest));
}

static void edit_copy(uint8_t *header, size_t length, const char *old, const char *new)
{
    size_t size = copy_bytes(header, length);
    g_assert_cmpuint(size, >, 0);
    size_t room = size - BINARY_BYTES;
    g_autofree char *json = g_strndup((const char *)header + BINARY_BYTES, room);
    g_assert_nonnull(strstr(json, old));
    g_auto(GStrv) pieces = g_strsplit(json, old, -1);
    g_autofree char *edited = g_strjoinv(new, pieces);
    g_assert_cmpuint(strlen(edited), <, room);
    memset(header + BINARY_BYTES, 0, room);
    memcpy(header + BINARY_BYTES, edited, strlen(edited));
    luks_update_checksum(header, length);
}

void luks_edit_json(const char *path, const char *old, const char *new)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &bytes, &length, &error));
    size_t size = copy_bytes((uint8_t *)bytes, length);
    edit_copy((uint8_t *)bytes, length, old, new);
    edit_copy((uint8_t *)bytes + size, length - size, old, new);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, &error));
}
