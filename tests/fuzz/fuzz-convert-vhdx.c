/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VHDX image with its log, its checksums made right. The shortest image has megabytes, nearly all
   of them zeros: the input is a list of pieces, each the number of its first 512-byte sector and
   its length in bytes (both 16 bits, little endian), then its bytes. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "convert/image/crc32c.h"
#include "convert/image/vhdx_image.h"
#include "tests/fuzz/fuzz-target.h"

#define IMAGE_BYTES ((size_t)8 << 20)
#define READ_LIMIT_BYTES (UINT64_C(1) << 20)
#define RUNS_LIMIT 1000
#define KIB ((size_t)1024)

static void place_pieces(uint8_t *image, const uint8_t *data, size_t size)
{
    size_t at = 0;
    while (size - at >= 4) {
        size_t start = get_le16(data + at) * (size_t)512 % IMAGE_BYTES;
        size_t length = MIN((size_t)get_le16(data + at + 2), size - at - 4);
        length = MIN(length, IMAGE_BYTES - start);
        memcpy(image + start, data + at + 4, length);
        at += 4 + length;
    }
}

static void sign(uint8_t *image)
{
    static const struct {
        size_t offset, length;
    } structures[] = {
        {64 * KIB, 4 * KIB}, {128 * KIB, 4 * KIB}, {192 * KIB, 64 * KIB}, {256 * KIB, 64 * KIB}};
    for (size_t at = KIB * KIB; at < 2 * KIB * KIB; at += 4 * KIB) {
        uint32_t length = get_le32(image + at + 8);
        if (memcmp(image + at, "loge", 4) == 0 && length <= 16 * KIB && length >= 8)
            put_le32(image + at + 4, crc32c_without_field(image + at, length, 4));
    }
    for (guint i = 0; i < G_N_ELEMENTS(structures); i++) {
        uint8_t *bytes = image + structures[i].offset;
        put_le32(bytes + 4, crc32c_without_field(bytes, structures[i].length, 4));
    }
}

static void read_disk(const char *path)
{
    g_autoptr(FlatImage) disk = flat_image_new(&vhdx_layer_ops);
    g_autofree uint8_t *buffer = g_malloc(READ_LIMIT_BYTES);
    if (!flat_image_add(disk, path, 0, IMAGE_BYTES, NULL))
        return;
    uint64_t size = flat_image_size(disk), offset = 0;
    (void)!flat_image_read(disk, 0, buffer, (size_t)MIN(size, READ_LIMIT_BYTES), NULL);
    for (guint i = 0; i < RUNS_LIMIT && offset < size; i++) {
        gboolean is_zeros;
        uint64_t length, limit = MIN(size - offset, UINT64_C(1) << 30);
        if (!flat_image_query(disk, offset, limit, &is_zeros, &length, NULL))
            return;
        if (length == 0 || length > limit)
            g_error("a run of impossible length");
        offset += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("vhdx", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)IMAGE_BYTES) < 0)
        g_error("no memory for the image");
    uint8_t *image = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (image == MAP_FAILED)
        g_error("no memory for the image");
    place_pieces(image, data, size);
    sign(image);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GError) error = NULL;
    g_autoptr(VhdxImage) opened = vhdx_image_open(path, 0, IMAGE_BYTES, &error);
    if (opened && vhdx_image_check_blocks(opened, &error))
        read_disk(path);
    else if (!error)
        g_error("a failure without a reason");
    munmap(image, IMAGE_BYTES);
    close(fd);
    return 0;
}
