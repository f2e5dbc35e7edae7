/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a volume holds, as libblkid sees it. */
#include "disk/probe.h"

#include <blkid.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

/* The furthest superblock from the beginning that libblkid looks for is Btrfs's at 64 KiB and ZFS's
   labels within the first 512 KiB; RAID metadata and ZFS's other labels stand within the last 512
   KiB. */
#define END_BYTES ((uint64_t)512 << 10)

static gboolean copy_range(Disk *volume, int fd, uint64_t offset, uint64_t length, GError **error)
{
    g_autofree uint8_t *buffer = g_malloc((gsize)length);
    if (!disk_read(volume, offset, buffer, (size_t)length, error))
        return FALSE;
    if (pwrite(fd, buffer, (size_t)length, (off_t)offset) == (ssize_t)length)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot write to a memory file");
    return FALSE;
}

/* A sparse memory file as large as the volume, with its beginning and its end. */
static int make_image(Disk *volume, GError **error)
{
    uint64_t size = disk_size(volume);
    uint64_t head = MIN(size, END_BYTES), tail = MIN(size - head, END_BYTES);
    int fd = memfd_create("volume", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
        drydock_error_set_errno(error, errno, "cannot create a memory file");
    } else if (copy_range(volume, fd, 0, head, error) &&
               (tail == 0 || copy_range(volume, fd, size - tail, tail, error))) {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static char *lookup(blkid_probe blkid, const char *name)
{
    const char *value = NULL;
    if (blkid_probe_lookup_value(blkid, name, &value, NULL) != 0 || !value || !*value)
        return NULL;
    return g_utf8_make_valid(value, -1);
}

static gboolean run_probe(blkid_probe blkid, int fd, Disk *volume, VolumeProbe *probe,
                          GError **error)
{
    int result = blkid_probe_set_device(blkid, fd, 0, 0);
    if (result == 0) {
        blkid_probe_set_sectorsize(blkid, disk_sector_size(volume));
        blkid_probe_enable_superblocks(blkid, 1);
        blkid_probe_set_superblocks_flags(blkid, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
                                                     BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
                                                     BLKID_SUBLKS_VERSION);
        result = blkid_do_safeprobe(blkid);
    }
    if (result == -2) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "wipe the leftover signature in the source machine (wipefs), then export "
                          "it again",
                          "%s looks like more than one filesystem", disk_name(volume));
        return FALSE;
    }
    if (result < 0) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "cannot probe %s", disk_name(volume));
        return FALSE;
    }
    if (result == 0) {
        probe->type = lookup(blkid, "TYPE");
        probe->usage = lookup(blkid, "USAGE");
        probe->uuid = lookup(blkid, "UUID");
        probe->label = lookup(blkid, "LABEL");
        probe->version = lookup(blkid, "VERSION");
    }
    return TRUE;
}

VolumeProbe *volume_probe(Disk *volume, GError **error)
{
    g_autoptr(VolumeProbe) probe = g_new0(VolumeProbe, 1);
    if (disk_size(volume) == 0)
        return g_steal_pointer(&probe);
    int fd = make_image(volume, error);
    if (fd < 0)
        return NULL;
    blkid_probe blkid = blkid_new_probe();
    gboolean ok = blkid && run_probe(blkid, fd, volume, probe, error);
    blkid_free_probe(blkid);
    close(fd);
    return ok ? g_steal_pointer(&probe) : NULL;
}

void volume_probe_free(VolumeProbe *probe)
{
    if (!probe)
        return;
    g_free(probe->type);
    g_free(probe->usage);
    g_free(probe->uuid);
    g_free(probe->label);
    g_free(probe->version);
    g_free(probe);
}
