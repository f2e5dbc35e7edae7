/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VHD image, as it is and with its checksums made right: random input would hardly ever get past
   them. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "convert/image/vhd_image.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/convert/vhd-writer.h"

#define READ_LIMIT_BYTES (UINT64_C(1) << 20)
#define RUNS_LIMIT 1000

static void read_disk(FlatImage *image)
{
    uint64_t size = flat_image_size(image), offset = 0;
    g_autofree uint8_t *buffer = g_malloc(READ_LIMIT_BYTES);
    (void)!flat_image_read(image, 0, buffer, (size_t)MIN(size, READ_LIMIT_BYTES), NULL);
    for (guint i = 0; i < RUNS_LIMIT && offset < size; i++) {
        gboolean is_zeros;
        uint64_t length, limit = MIN(size - offset, UINT64_C(1) << 30);
        if (!flat_image_query(image, offset, limit, &is_zeros, &length, NULL))
            return;
        if (length == 0 || length > limit)
            g_error("a run of impossible length");
        offset += length;
    }
}

static void read_image(int fd, const uint8_t *data, size_t size)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        g_error("cannot write the input to memory");
    g_autoptr(GError) error = NULL;
    g_autoptr(VhdImage) image = vhd_image_open(path, 0, size, &error);
    if (!image || !vhd_image_check_blocks(image, &error)) {
        if (!error)
            g_error("a failure without a reason");
        return;
    }
    g_autoptr(FlatImage) disk = flat_image_new(&vhd_layer_ops);
    if (flat_image_add(disk, path, 0, size, NULL))
        read_disk(disk);
}

static void sign(uint8_t *data, size_t size)
{
    if (size >= 512) {
        vhd_set_checksum(data, 512, 64);
        vhd_set_checksum(data + size - 512, 512, 64);
    }
    uint64_t offset = size >= 512 ? get_be64(data + size - 512 + 16) : 0;
    if (range_is_within(offset, 1024, size))
        vhd_set_checksum(data + offset, 1024, 36);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("vhd", MFD_CLOEXEC);
    g_autofree uint8_t *copy = g_memdup2(data, size);
    read_image(fd, data, size);
    sign(copy, size);
    read_image(fd, copy, size);
    close(fd);
    return 0;
}
