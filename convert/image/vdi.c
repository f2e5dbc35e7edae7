/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VDI images of VirtualBox (its VDICore.h, format 1.1; all numbers little endian). qemu reads
   single ones; we look for what it would refuse late or read as zeros. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_format.h"

#define MAGIC_OFFSET 64
#define MAGIC UINT32_C(0xbeda107f)
#define VERSION_1_1 UINT32_C(0x00010001)
#define BLOCK_BYTES (UINT32_C(1) << 20)   /* qemu reads no other */
#define BLOCKS_LIMIT UINT32_C(0x1fffffff) /* qemu's */
#define MAP_CHUNK_BYTES 65536
#define BLOCK_DISCARDED UINT32_C(0xfffffffe) /* and 0xffffffff: not allocated */

enum { TYPE_DYNAMIC = 1, TYPE_STATIC = 2, TYPE_UNDO = 3, TYPE_DIFFERENCING = 4 };

typedef struct {
    uint32_t map_offset, data_offset;
    uint64_t size_bytes;
    uint32_t block_bytes, block_extra_bytes, blocks;
} VdiHeader;

static gboolean vdi_probe(const SourceFile *file)
{
    return get_le32(file->head + MAGIC_OFFSET) == MAGIC;
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

static gboolean refuse(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                      "make a single dynamic image of it in VirtualBox: VBoxManage clonemedium "
                      "DISK NEW.vdi",
                      "%s", what);
    return FALSE;
}

static gboolean check_kind(const SourceFile *file, MachineDisk *disk, GError **error)
{
    static const uint8_t nil[16];
    uint32_t version = get_le32(file->head + 68);
    uint32_t type = get_le32(file->head + 76);
    if (version != VERSION_1_1) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "make a new image of it in VirtualBox: VBoxManage clonemedium DISK "
                          "NEW.vdi",
                          "it is of VDI version %u.%u, and 1.1 is known", version >> 16,
                          version & 0xffff);
        return FALSE;
    }
    if (type == TYPE_DIFFERENCING || type == TYPE_UNDO ||
        memcmp(file->head + 424, nil, sizeof(nil)) != 0 ||
        memcmp(file->head + 440, nil, sizeof(nil)) != 0)
        return refuse(error, "it is a snapshot of another disk: without it most of it is missing");
    if (type != TYPE_DYNAMIC && type != TYPE_STATIC)
        return corrupt(error, "its header is damaged (type)");
    disk->variant = g_strdup(type == TYPE_DYNAMIC ? "dynamic" : "static");
    return TRUE;
}

static gboolean check_geometry(const SourceFile *file, VdiHeader *header, GError **error)
{
    const uint8_t *head = file->head;
    header->map_offset = get_le32(head + 340);
    header->data_offset = get_le32(head + 344);
    header->size_bytes = get_le64(head + 368);
    header->block_bytes = get_le32(head + 376);
    header->block_extra_bytes = get_le32(head + 380);
    header->blocks = get_le32(head + 384);
    /* VBoxManage convertfromraw wrote odd sizes; qemu rounds them up. */
    if (header->size_bytes == 0 || header->blocks == 0 || header->blocks > BLOCKS_LIMIT ||
        !round_up_checked(header->size_bytes, 512, &header->size_bytes) ||
        header->map_offset % 512 != 0 || header->data_offset % 512 != 0 ||
        get_le32(head + 360) != 512)
        return corrupt(error, "its header is damaged");
    if (header->block_bytes != BLOCK_BYTES || header->block_extra_bytes != 0)
        return refuse(error, "its blocks are not of 1 MiB, which qemu cannot read");
    if (header->size_bytes > (uint64_t)header->blocks * BLOCK_BYTES)
        return corrupt(error, "its header is damaged: it has too few blocks for its size");
    return TRUE;
}

static gboolean check_map(const SourceFile *file, const VdiHeader *header, GError **error)
{
    g_autofree uint8_t *chunk = g_malloc(MAP_CHUNK_BYTES);
    uint64_t map_bytes = (uint64_t)header->blocks * 4;
    for (uint64_t position = 0; position < map_bytes; position += MAP_CHUNK_BYTES) {
        size_t length = (size_t)MIN(map_bytes - position, (uint64_t)MAP_CHUNK_BYTES);
        if (!source_read(file, header->map_offset + position, chunk, length, "block map", error))
            return FALSE;
        for (size_t i = 0; i < length; i += 4) {
            uint32_t block = get_le32(chunk + i);
            if (block >= BLOCK_DISCARDED)
                continue;
            /* The last block of a disk of odd size may be shorter. */
            uint64_t offset = header->data_offset + (uint64_t)block * BLOCK_BYTES;
            uint64_t start = (position + i) / 4 * BLOCK_BYTES;
            uint64_t stored = start < header->size_bytes
                                  ? MIN(header->size_bytes - start, (uint64_t)BLOCK_BYTES)
                                  : 0;
            if (!range_is_within(offset, stored, file->size_bytes))
                return corrupt(error, "the image is cut short: blocks lie beyond the end of it");
        }
    }
    return TRUE;
}

static gboolean vdi_check(G_GNUC_UNUSED SourceContext *context, const SourceFile *file,
                          MachineDisk *disk, GError **error)
{
    VdiHeader header;
    if (!check_kind(file, disk, error) || !check_geometry(file, &header, error) ||
        !check_map(file, &header, error))
        return FALSE;
    disk->size_bytes = header.size_bytes;
    disk->image_options = image_options_for_place("vdi", file->place);
    return TRUE;
}

const SourceFormatOps source_vdi_ops = {SOURCE_FORMAT_VDI, vdi_probe, vdi_check, NULL};
