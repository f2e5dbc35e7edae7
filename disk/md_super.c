/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds and reads superblocks of Linux software RAID. */
#include "disk/md_super.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define MAGIC UINT32_C(0xa92b4efc)
#define SECTOR_BYTES UINT64_C(512)
#define BLOCK_BYTES 4096u
#define NAME_BYTES 32
#define SLOTS_LIMIT 1024u
#define CHUNK_LIMIT (UINT64_C(1) << 32)

/* Version 1: feature bits. */
enum {
    FEATURE_RECOVERY_OFFSET = 0x2,
    FEATURE_RESHAPE_ACTIVE = 0x4,
    FEATURE_BAD_BLOCKS = 0x8,
    FEATURE_REPLACEMENT = 0x10,
};
#define V1_ROLES_OFFSET 256u
#define V1_ROLES_LIMIT ((BLOCK_BYTES - V1_ROLES_OFFSET) / 2)
#define V1_CHECKSUM_OFFSET 216u

/* Version 0.90: 32-bit words in the byte order of the machine, which is little-endian where it
   matters. */
#define V0_RESERVED_BYTES (UINT64_C(64) << 10)
#define V0_CHECKSUM_OFFSET (38u * 4)
#define V0_DISKS 27u
#define V0_DISKS_OFFSET (128u * 4)
#define V0_THIS_OFFSET (992u * 4)
#define V0_DISK_BYTES (32u * 4)
#define V0_MINOR_RESHAPE 91u
enum {
    V0_STATE_FAULTY = 1 << 0,
    V0_STATE_SYNC = 1 << 2,
};

void md_super_free(MdSuper *super)
{
    if (!super)
        return;
    g_free(super->name);
    g_clear_pointer(&super->roles, g_array_unref);
    g_free(super);
}

/* Both versions: words are added up, without the checksum itself, and the carry once more. */
static uint32_t checksum(const uint8_t *block, size_t length, size_t checksum_offset)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 4 <= length; i += 4)
        if (i != checksum_offset)
            sum += get_le32(block + i);
    if (length % 4 == 2)
        sum += get_le16(block + length - 2);
    return (uint32_t)((sum & UINT32_MAX) + (sum >> 32));
}

static uint64_t sectors(uint64_t count)
{
    return count > G_MAXUINT64 / SECTOR_BYTES ? G_MAXUINT64 : count * SECTOR_BYTES;
}

/* Roles from 0xfff0 on are none: spare, faulty, journal. */
static int get_role(const uint8_t *block, guint number)
{
    guint role = get_le16(block + V1_ROLES_OFFSET + 2 * (size_t)number);
    return role < 0xfff0 ? (int)role : -1;
}

static void read_v1_members(MdSuper *super, const uint8_t *block, uint32_t roles)
{
    uint32_t features = get_le32(block + 8);
    super->number = get_le32(block + 160);
    super->roles = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; i < roles; i++) {
        int role = get_role(block, i);
        g_array_append_val(super->roles, role);
    }
    super->slot = super->number < roles ? get_role(block, super->number) : -1;
    uint64_t recovered = sectors(get_le64(block + 152));
    super->is_behind = (features & FEATURE_REPLACEMENT) != 0 ||
                       ((features & FEATURE_RECOVERY_OFFSET) != 0 && recovered < super->used_bytes);
    super->has_bad_blocks = (features & FEATURE_BAD_BLOCKS) != 0;
    super->is_reshaping = (features & FEATURE_RESHAPE_ACTIVE) != 0;
}

/* NULL: no superblock of version 1 that belongs here. */
static MdSuper *read_v1(const uint8_t *block, uint64_t offset, const char *version)
{
    uint32_t roles = get_le32(block + 220);
    if (get_le32(block) != MAGIC || get_le32(block + 4) != 1 || roles > V1_ROLES_LIMIT ||
        sectors(get_le64(block + 144)) != offset ||
        checksum(block, V1_ROLES_OFFSET + 2 * (size_t)roles, V1_CHECKSUM_OFFSET) !=
            get_le32(block + V1_CHECKSUM_OFFSET))
        return NULL;
    MdSuper *super = g_new0(MdSuper, 1);
    super->offset = offset;
    super->version = version;
    memcpy(super->uuid, block + 16, MD_UUID_BYTES);
    super->name = g_strndup((const char *)block + 32, NAME_BYTES);
    super->created = get_le64(block + 64) & UINT64_C(0xffffffffff); /* the rest: microseconds */
    super->level = (int)get_le32(block + 72);
    super->layout = get_le32(block + 76);
    super->used_bytes = sectors(get_le64(block + 80));
    super->chunk_bytes = get_le32(block + 88) * SECTOR_BYTES;
    super->slots = get_le32(block + 92);
    super->data_start = sectors(get_le64(block + 128));
    super->data_bytes = sectors(get_le64(block + 136));
    super->events = get_le64(block + 200);
    read_v1_members(super, block, roles);
    return super;
}

static int get_v0_role(const uint8_t *disk, guint slots)
{
    uint32_t slot = get_le32(disk + 12), state = get_le32(disk + 16);
    return (state & V0_STATE_SYNC) != 0 && (state & V0_STATE_FAULTY) == 0 && slot < slots
               ? (int)slot
               : -1;
}

static MdSuper *read_v0(const uint8_t *block, uint64_t offset, const char *version)
{
    static const size_t uuid_words[] = {5, 13, 14, 15};
    guint minor = get_le32(block + 8);
    if (get_le32(block) != MAGIC || get_le32(block + 4) != 0 ||
        (minor != 90 && minor != V0_MINOR_RESHAPE) ||
        checksum(block, BLOCK_BYTES, V0_CHECKSUM_OFFSET) != get_le32(block + V0_CHECKSUM_OFFSET))
        return NULL;
    MdSuper *super = g_new0(MdSuper, 1);
    super->offset = offset;
    super->version = version;
    for (guint i = 0; i < G_N_ELEMENTS(uuid_words); i++)
        put_be32(super->uuid + 4 * (size_t)i, get_le32(block + 4 * uuid_words[i]));
    super->created = get_le32(block + 24);
    super->level = (int)get_le32(block + 28);
    super->used_bytes = (uint64_t)get_le32(block + 32) * 1024;
    super->slots = get_le32(block + 40);
    super->md_minor = get_le32(block + 44);
    super->events = get_le64(block + 156);
    super->layout = get_le32(block + 256);
    super->chunk_bytes = get_le32(block + 260);
    super->data_bytes = offset;
    super->is_reshaping = minor == V0_MINOR_RESHAPE;
    super->number = get_le32(block + V0_THIS_OFFSET);
    super->slot = get_v0_role(block + V0_THIS_OFFSET, super->slots);
    super->roles = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; i < V0_DISKS; i++) {
        int role = get_v0_role(block + V0_DISKS_OFFSET + i * V0_DISK_BYTES, super->slots);
        g_array_append_val(super->roles, role);
    }
    return super;
}

/* G_MAXUINT64: a volume of that size has no such place. */
static uint64_t at_end_v1(uint64_t size)
{
    uint64_t count = size / SECTOR_BYTES;
    return count < 16 ? G_MAXUINT64 : (count - 16) / 8 * 8 * SECTOR_BYTES;
}

static uint64_t at_start(uint64_t size G_GNUC_UNUSED)
{
    return 0;
}

static uint64_t behind_start(uint64_t size G_GNUC_UNUSED)
{
    return 4096;
}

static uint64_t at_end_v0(uint64_t size)
{
    uint64_t whole = size / V0_RESERVED_BYTES * V0_RESERVED_BYTES;
    return whole < V0_RESERVED_BYTES ? G_MAXUINT64 : whole - V0_RESERVED_BYTES;
}

static const struct {
    const char *version;
    uint64_t (*place)(uint64_t size);
    MdSuper *(*read)(const uint8_t *block, uint64_t offset, const char *version);
} places[] = {
    {"1.2", behind_start, read_v1},
    {"1.1", at_start, read_v1},
    {"1.0", at_end_v1, read_v1},
    {"0.90", at_end_v0, read_v0},
};

static gboolean check(const MdSuper *super, uint64_t size, GError **error)
{
    if (super->slots >= 1 && super->slots <= SLOTS_LIMIT && super->chunk_bytes <= CHUNK_LIMIT &&
        super->chunk_bytes % SECTOR_BYTES == 0 &&
        range_is_within(super->data_start, super->data_bytes, size))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "its RAID superblock (version %s) does not fit it", super->version);
    return FALSE;
}

MdSuper *md_super_read(Disk *volume, GError **error)
{
    g_autoptr(MdSuper) found = NULL;
    g_autofree uint8_t *block = g_malloc(BLOCK_BYTES);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        uint64_t offset = places[i].place(disk_size(volume));
        if (!range_is_within(offset, BLOCK_BYTES, disk_size(volume)))
            continue;
        if (!disk_read(volume, offset, block, BLOCK_BYTES, error))
            return NULL;
        MdSuper *super = places[i].read(block, offset, places[i].version);
        if (super && (!found || super->created > found->created)) {
            md_super_free(found);
            found = super;
        } else {
            md_super_free(super);
        }
    }
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "it has no RAID superblock that is whole");
        return NULL;
    }
    return check(found, disk_size(volume), error) ? g_steal_pointer(&found) : NULL;
}
