/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libext2fs's I/O manager over a Disk. */
#include "fs/ext.h"

#include <string.h>

#include "base/bytes.h"

static ExtIo *io_of(io_channel channel)
{
    return channel->private_data;
}

/* A negative count is a number of bytes (ext2_io.h's convention, used for the superblock). */
static gboolean range_of(io_channel channel, unsigned long long block, int count,
                         uint64_t *ret_offset, size_t *ret_length)
{
    uint64_t block_size = (uint64_t)channel->block_size;
    uint64_t offset, length;

    length = count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * block_size;
    if (!g_uint64_checked_mul(&offset, block, block_size) ||
        !range_is_within(offset, length, disk_size(io_of(channel)->disk))) {
        return FALSE;
    }
    *ret_offset = offset;
    *ret_length = length;
    return TRUE;
}

/* libext2fs carries only a number; the disk's own words are kept for ext_set_error(). */
static errcode_t keep_error(ExtIo *io, GError *error)
{
    if (io->error == NULL) {
        io->error = error;
    } else {
        g_error_free(error);
    }
    return EIO;
}

static errcode_t io_read(io_channel channel, unsigned long long block, int count, void *data)
{
    GError *error = NULL;
    uint64_t offset;
    size_t length;

    if (!range_of(channel, block, count, &offset, &length)) {
        return EXT2_ET_SHORT_READ;
    }
    if (!disk_read(io_of(channel)->disk, offset, data, length, &error)) {
        return keep_error(io_of(channel), error);
    }
    return 0;
}

/* libext2fs writes every bitmap of the volume at each flush; blocks that stay as they are would
   only make the overlay grow. */
static gboolean is_unchanged(ExtIo *io, uint64_t offset, const void *data, size_t length)
{
    g_autofree void *old = g_malloc(length);
    g_autoptr(GError) error = NULL;

    return disk_read(io->disk, offset, old, length, &error) && memcmp(old, data, length) == 0;
}

static errcode_t write_bytes(ExtIo *io, uint64_t offset, const void *data, size_t length)
{
    GError *error = NULL;

    if (!disk_write(io->disk, offset, data, length, &error)) {
        return keep_error(io, error);
    }
    return 0;
}

static errcode_t io_write(io_channel channel, unsigned long long block, int count, const void *data)
{
    uint64_t offset;
    size_t length;

    if (!range_of(channel, block, count, &offset, &length)) {
        return EXT2_ET_SHORT_WRITE;
    }
    if (count == 1 && is_unchanged(io_of(channel), offset, data, length)) {
        return 0;
    }
    return write_bytes(io_of(channel), offset, data, length);
}

static errcode_t io_write_byte(io_channel channel, unsigned long offset, int count,
                               const void *data)
{
    if (count < 0 || !range_is_within(offset, (uint64_t)count, disk_size(io_of(channel)->disk))) {
        return EXT2_ET_SHORT_WRITE;
    }
    return write_bytes(io_of(channel), offset, data, (size_t)count);
}

static errcode_t io_read_32(io_channel channel, unsigned long block, int count, void *data)
{
    return io_read(channel, block, count, data);
}

static errcode_t io_write_32(io_channel channel, unsigned long block, int count, const void *data)
{
    return io_write(channel, block, count, data);
}

static errcode_t io_set_block_size(io_channel channel, int block_size)
{
    channel->block_size = block_size;
    return 0;
}

/* The driver flushes the disk itself, at fs_sync(). */
static errcode_t io_flush(io_channel channel)
{
    (void)channel;
    return 0;
}

static errcode_t io_open(const char *name, int flags, io_channel *ret_channel)
{
    io_channel channel;
    guint64 address;
    ExtIo *io;

    (void)flags;
    if (!g_ascii_string_to_unsigned(name, 16, 1, G_MAXSIZE, &address, NULL)) {
        return EXT2_ET_BAD_DEVICE_NAME;
    }
    io = (ExtIo *)(uintptr_t)address;
    channel = g_new0(struct struct_io_channel, 1);
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = &io->manager;
    channel->name = g_strdup(disk_name(io->disk));
    channel->block_size = EXT2_MIN_BLOCK_SIZE;
    channel->refcount = 1;
    channel->private_data = io;
    *ret_channel = channel;
    return 0;
}

static errcode_t io_close(io_channel channel)
{
    channel->refcount--;
    if (channel->refcount > 0) {
        return 0;
    }
    g_free(channel->name);
    g_free(channel);
    return 0;
}

void ext_io_init(ExtIo *io, Disk *disk)
{
    *io = (ExtIo){
        .manager =
            {
                .magic = EXT2_ET_MAGIC_IO_MANAGER,
                .name = "disk",
                .open = io_open,
                .close = io_close,
                .set_blksize = io_set_block_size,
                .read_blk = io_read_32,
                .write_blk = io_write_32,
                .flush = io_flush,
                .write_byte = io_write_byte,
                .read_blk64 = io_read,
                .write_blk64 = io_write,
            },
        .disk = disk_ref(disk),
        .name = g_strdup_printf("%" G_GINT64_MODIFIER "x", (guint64)(uintptr_t)io),
    };
}

void ext_io_clear(ExtIo *io)
{
    g_clear_pointer(&io->disk, disk_unref);
    g_clear_pointer(&io->name, g_free);
    g_clear_error(&io->error);
}
