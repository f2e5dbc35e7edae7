/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a volume holds, as libblkid sees it. */
#include "disk/probe.h"

#include <blkid.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

/* Where libblkid looks (libblkid 2.38). Near: superblocks of nearly everything, Btrfs's at 64 KiB
   among them, and the RAID metadata at the end. Far: the rest of the first MiB, VMFS at 1 and 2
   MiB, the last copy of a LUKS2 header at 4 MiB, and ZFS labels and second copies in the last MiB.
   Most volumes are told by the near ones, at a tenth of the bytes. */
typedef struct {
    struct {
        uint64_t offset, length;
    } fixed[3];
    uint64_t end_length;
} Places;
static const Places near_places = {{{0, 128 * KIB}}, 128 * KIB};
static const Places far_places = {{{0, MIB + 64 * KIB}, {2 * MIB, 64 * KIB}, {4 * MIB, 4 * KIB}},
                                  MIB};

#define BOOT_SECTOR_BYTES 512
/* Of an MFT record, a FAT cluster, BitLocker metadata. */
#define FOLLOW_LIMIT_BYTES (256 * KIB)

/* Copies what the volume has of [offset, offset + length). */
static gboolean copy_range(Disk *volume, int fd, uint64_t offset, uint64_t length, GError **error)
{
    if (offset >= disk_size(volume))
        return TRUE;
    length = MIN(length, disk_size(volume) - offset);
    g_autofree uint8_t *buffer = g_malloc((gsize)length);
    if (!disk_read(volume, offset, buffer, (size_t)length, error))
        return FALSE;
    if (pwrite(fd, buffer, (size_t)length, (off_t)offset) == (ssize_t)length)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot write to a memory file");
    return FALSE;
}

/* unit * units + offset; beyond every volume when that overflows. */
static uint64_t locate(uint64_t unit, uint64_t units, uint64_t offset)
{
    uint64_t product, sum;
    if (g_uint64_checked_mul(&product, unit, units) && g_uint64_checked_add(&sum, product, offset))
        return sum;
    return G_MAXUINT64;
}

/* libblkid believes in NTFS only after a look at the first records of the MFT, which Windows puts
   3 GiB into the volume. Fewer clusters per record than one are given as -log2(bytes). */
static gboolean copy_ntfs(Disk *volume, int fd, const uint8_t *boot, GError **error)
{
    uint64_t cluster = (uint64_t)get_le16(boot + 11) * boot[13];
    uint8_t clusters = boot[64];
    uint64_t record = clusters < 0x80    ? clusters * cluster
                      : clusters >= 0xe1 ? UINT64_C(1) << (0x100 - clusters)
                                         : 0;
    return record > FOLLOW_LIMIT_BYTES / 4 ||
           copy_range(volume, fd, locate(cluster, get_le64(boot + 48), 0), 4 * record, error);
}

/* The label of FAT32 is an entry of the root directory. */
static gboolean copy_fat32(Disk *volume, int fd, const uint8_t *boot, GError **error)
{
    uint64_t sector = get_le16(boot + 11), cluster = sector * boot[13];
    uint64_t root = get_le32(boot + 44);
    uint64_t data = (get_le16(boot + 14) + (uint64_t)boot[16] * get_le32(boot + 36)) * sector;
    return root < 2 || copy_range(volume, fd, locate(root - 2, cluster, data),
                                  MIN(cluster, FOLLOW_LIMIT_BYTES), error);
}

static gboolean copy_exfat(Disk *volume, int fd, const uint8_t *boot, GError **error)
{
    if (boot[108] > 12 || boot[109] > 25 - boot[108]) /* exFAT specification, 3.1.14 and 3.1.15 */
        return TRUE;
    uint64_t sector = UINT64_C(1) << boot[108], cluster = sector << boot[109];
    uint64_t root = get_le32(boot + 96);
    return root < 2 ||
           copy_range(volume, fd, locate(root - 2, cluster, get_le32(boot + 88) * sector),
                      MIN(cluster, FOLLOW_LIMIT_BYTES), error);
}

/* The first of three copies of BitLocker's metadata; Vista counted in clusters. */
static gboolean copy_bitlocker(Disk *volume, int fd, const uint8_t *boot, GError **error)
{
    uint64_t cluster = (uint64_t)get_le16(boot + 11) * boot[13];
    const uint64_t places[] = {get_le64(boot + 176), locate(cluster, get_le64(boot + 56), 0)};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        if (!copy_range(volume, fd, places[i], 64 * KIB, error))
            return FALSE;
    return TRUE;
}

/* BitLocker To Go pretends to be FAT32. */
static gboolean copy_bitlocker_to_go(Disk *volume, int fd, const uint8_t *boot, GError **error)
{
    return copy_range(volume, fd, get_le64(boot + 440), 64 * KIB, error);
}

/* Whose boot sectors say where else libblkid will look. */
static const struct {
    size_t offset;
    const char *magic;
    gboolean (*copy)(Disk *volume, int fd, const uint8_t *boot, GError **error);
} followers[] = {
    {3, "NTFS    ", copy_ntfs},
    {82, "FAT32   ", copy_fat32},
    {3, "EXFAT   ", copy_exfat},
    {3, "-FVE-FS-", copy_bitlocker},
    {3, "MSWIN4.1", copy_bitlocker_to_go},
};

/* DDF RAID has a header in the last sector or 257 before the end, which names the primary one (SNIA
   DDF 2.0, table 2). */
static gboolean copy_ddf(Disk *volume, int fd, GError **error)
{
    static const uint64_t from_end[] = {512, 257 * 512};
    for (guint i = 0; i < G_N_ELEMENTS(from_end); i++) {
        uint8_t header[BOOT_SECTOR_BYTES];
        if (disk_size(volume) < from_end[i])
            break;
        if (!disk_read(volume, disk_size(volume) - from_end[i], header, sizeof(header), error))
            return FALSE;
        if (get_be32(header) == UINT32_C(0xde11de11) &&
            !copy_range(volume, fd, locate(get_be64(header + 96), 512, 0), sizeof(header), error))
            return FALSE;
    }
    return TRUE;
}

static gboolean copy_places(Disk *volume, int fd, const Places *places, GError **error)
{
    uint64_t size = disk_size(volume), end = places->end_length;
    for (guint i = 0; i < G_N_ELEMENTS(places->fixed); i++)
        if (places->fixed[i].length > 0 &&
            !copy_range(volume, fd, places->fixed[i].offset, places->fixed[i].length, error))
            return FALSE;
    return copy_range(volume, fd, size > end ? size - end : 0, end, error);
}

/* What a boot sector points to. */
static gboolean copy_followed(Disk *volume, int fd, GError **error)
{
    uint8_t boot[BOOT_SECTOR_BYTES];
    if (disk_size(volume) < sizeof(boot))
        return TRUE;
    if (!disk_read(volume, 0, boot, sizeof(boot), error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(followers); i++)
        if (memcmp(boot + followers[i].offset, followers[i].magic, 8) == 0 &&
            !followers[i].copy(volume, fd, boot, error))
            return FALSE;
    return copy_ddf(volume, fd, error);
}

/* A sparse memory file as large as the volume, filled where it matters. */
static int make_image(Disk *volume, GError **error)
{
    int fd = memfd_create("volume", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)disk_size(volume)) != 0)
        drydock_error_set_errno(error, errno, "cannot create a memory file");
    else if (copy_places(volume, fd, &near_places, error) && copy_followed(volume, fd, error))
        return fd;
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

static gboolean run_blkid(blkid_probe blkid, int fd, Disk *volume, VolumeProbe *probe,
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
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "cannot tell what %s holds",
                          disk_name(volume));
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

static gboolean run_probe(int fd, Disk *volume, VolumeProbe *probe, GError **error)
{
    blkid_probe blkid = blkid_new_probe();
    gboolean ok = blkid && run_blkid(blkid, fd, volume, probe, error);
    blkid_free_probe(blkid);
    return ok;
}

/* Nothing that stands further away would change this answer: unlike that an image is an ISO 9660,
   which is a UDF when there is an anchor at 512 KiB. */
static gboolean is_settled(const VolumeProbe *probe)
{
    static const char *const types[] = {"ext2", "ext3", "ext4", "ntfs", "vfat", "swap", NULL};
    return probe->type && g_strv_contains(types, probe->type);
}

static void probe_clear(VolumeProbe *probe)
{
    g_clear_pointer(&probe->type, g_free);
    g_clear_pointer(&probe->usage, g_free);
    g_clear_pointer(&probe->uuid, g_free);
    g_clear_pointer(&probe->label, g_free);
    g_clear_pointer(&probe->version, g_free);
}

VolumeProbe *volume_probe(Disk *volume, GError **error)
{
    g_autoptr(VolumeProbe) probe = g_new0(VolumeProbe, 1);
    if (disk_size(volume) == 0)
        return g_steal_pointer(&probe);
    int fd = make_image(volume, error);
    if (fd < 0)
        return NULL;
    gboolean ok = run_probe(fd, volume, probe, error);
    if (ok && !is_settled(probe)) {
        probe_clear(probe);
        ok = copy_places(volume, fd, &far_places, error) && run_probe(fd, volume, probe, error);
    }
    close(fd);
    return ok ? g_steal_pointer(&probe) : NULL;
}

void volume_probe_free(VolumeProbe *probe)
{
    if (!probe)
        return;
    probe_clear(probe);
    g_free(probe);
}
