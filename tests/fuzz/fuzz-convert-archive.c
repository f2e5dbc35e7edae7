/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An archive: its list, where its members lie, and their content. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "convert/archive/archive.h"
#include "tests/fuzz/fuzz-target.h"

enum {
    READ_LIMIT_BYTES = 1 << 20,
};

static void read_members(const Archive *archive, size_t size)
{
    for (const char *const *member = archive_members(archive); *member; member++) {
        uint64_t offset, length;
        if (archive_locate(archive, *member, &offset, &length) &&
            !range_is_within(offset, length, size))
            g_error("a member beyond the end of the file");
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) content = archive_read(archive, *member, READ_LIMIT_BYTES, &error);
        if ((content == NULL) != (error != NULL))
            g_error("a failure without a reason");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GError) error = NULL;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        g_error("no memory file");
    (void)archive_probe(data, MIN(size, (size_t)4096));
    g_autoptr(Archive) archive = archive_open(path, &error);
    if ((archive == NULL) != (error != NULL))
        g_error("a failure without a reason");
    if (archive)
        read_members(archive, size);
    close(fd);
    return 0;
}
