/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtio block device (Virtual I/O Device 1.1, 5.2): volumes in slots, and the mailbox. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/driver.h"
#include "fs/uml_device.h"

#define SECTOR_BYTES 512u
#define HEADER_BYTES 16u
#define STATUS_BYTES 1u
#define COPY_BYTES ((size_t)64 << 10)

#define FEATURE_SEGMENTS (UINT64_C(1) << 2)
#define FEATURE_FLUSH (UINT64_C(1) << 9)
#define FEATURE_DISCARD (UINT64_C(1) << 13)

#define CONFIG_CAPACITY 0
#define CONFIG_SEGMENTS 12
#define CONFIG_DISCARD_SECTORS 36
#define CONFIG_DISCARD_SEGMENTS 40
#define CONFIG_DISCARD_ALIGNMENT 44
#define DISCARD_SEGMENT_BYTES 16u
#define DISCARD_SEGMENTS 32u
#define DISCARD_SECTORS (UINT32_C(1) << 22)

enum {
    REQUEST_READ = 0,
    REQUEST_WRITE = 1,
    REQUEST_FLUSH = 4,
    REQUEST_GET_ID = 8,
    REQUEST_DISCARD = 11,
};

typedef enum {
    STATUS_OK = 0,
    STATUS_ERROR = 1,
    STATUS_UNSUPPORTED = 2,
} Status;

void uml_block_config(uint8_t config[UML_BLOCK_CONFIG_BYTES])
{
    memset(config, 0, UML_BLOCK_CONFIG_BYTES);
    put_le64(config + CONFIG_CAPACITY, AGENT_SLOT_COUNT * (AGENT_SLOT_BYTES / SECTOR_BYTES));
    put_le32(config + CONFIG_SEGMENTS, UML_CHAIN_LIMIT - 4);
    put_le32(config + CONFIG_DISCARD_SECTORS, DISCARD_SECTORS);
    put_le32(config + CONFIG_DISCARD_SEGMENTS, DISCARD_SEGMENTS);
    put_le32(config + CONFIG_DISCARD_ALIGNMENT, 1);
}

uint64_t uml_block_features(void)
{
    return FEATURE_SEGMENTS | FEATURE_FLUSH | FEATURE_DISCARD;
}

/* Calls work for each part in memory of the chain's length bytes from skip on. */
typedef gboolean (*PartFunc)(Disk *disk, uint64_t offset, uint8_t *bytes, size_t length,
                             GError **error);

static gboolean read_part(Disk *disk, uint64_t offset, uint8_t *bytes, size_t length,
                          GError **error)
{
    return disk_read(disk, offset, bytes, length, error);
}

static gboolean write_part(Disk *disk, uint64_t offset, uint8_t *bytes, size_t length,
                           GError **error)
{
    return disk_write(disk, offset, bytes, length, error);
}

static gboolean each_part(const UmlChain *chain, guint first, guint last, uint64_t skip,
                          uint64_t length, Disk *disk, uint64_t offset, PartFunc work,
                          GError **error)
{
    for (guint i = first; i < last && length > 0; i++) {
        const UmlSegment *segment = &chain->segments[i];
        if (skip >= segment->length) {
            skip -= segment->length;
            continue;
        }
        size_t count = (size_t)MIN(length, segment->length - skip);
        if (!work(disk, offset, segment->bytes + skip, count, error))
            return FALSE;
        offset += count;
        length -= count;
        skip = 0;
    }
    return TRUE;
}

static Status transfer(const UmlChain *chain, UmlSlot *slot, uint64_t offset, uint64_t length,
                       gboolean out)
{
    GError *error = NULL;
    gboolean ok = out ? each_part(chain, 0, chain->readable, HEADER_BYTES, length, slot->disk,
                                  offset, write_part, &error)
                      : each_part(chain, chain->readable, chain->count, 0, length, slot->disk,
                                  offset, read_part, &error);
    if (ok)
        return STATUS_OK;
    uml_slot_note_error(slot, error);
    return STATUS_ERROR;
}

/* Where no volume is, the kernel looks for partition tables once: it finds zeros. */
static Status fill_zeros(const UmlChain *chain, uint64_t length)
{
    static const uint8_t zeros[4096];
    for (uint64_t done = 0; done < length; done += sizeof(zeros))
        if (!uml_chain_put(chain, done, zeros, (size_t)MIN(length - done, sizeof(zeros))))
            return STATUS_ERROR;
    return STATUS_OK;
}

/* *ret_wait: it is answered later. */
static Status read_mailbox(UmlDevice *device, const UmlChain *chain, uint64_t offset,
                           uint64_t length, gboolean *ret_wait)
{
    if (offset < AGENT_INBOX)
        return fill_zeros(chain, length);
    offset -= AGENT_INBOX;
    if (offset == 0 && device->inbox->len == 0) {
        *ret_wait = TRUE;
        return STATUS_OK;
    }
    if (!range_is_within(offset, length, device->inbox->len))
        return STATUS_ERROR;
    if (!uml_chain_put(chain, 0, device->inbox->data + offset, (size_t)length))
        return STATUS_ERROR;
    return STATUS_OK;
}

static Status write_mailbox(UmlDevice *device, const UmlChain *chain, uint64_t offset,
                            uint64_t length)
{
    uint8_t *bytes;
    if (offset < AGENT_OUTBOX ||
        !uml_device_extend_outbox(device, offset - AGENT_OUTBOX, length, &bytes) ||
        !uml_chain_get(chain, HEADER_BYTES, bytes, (size_t)length))
        return STATUS_ERROR;
    if (offset == AGENT_OUTBOX)
        device->replied = TRUE;
    return STATUS_OK;
}

static Status read_or_write(UmlDevice *device, const UmlChain *chain, uint64_t position,
                            gboolean out, gboolean *ret_wait)
{
    uint64_t length =
        out ? chain->readable_bytes - HEADER_BYTES : chain->writable_bytes - STATUS_BYTES;
    uint64_t offset;
    UmlSlot *slot = uml_device_find_slot(device, position, length, &offset);
    if (!slot || length > AGENT_DATA_LIMIT + 2 * AGENT_PAGE_BYTES)
        return STATUS_ERROR;
    if (slot == &device->slots[0])
        return out ? write_mailbox(device, chain, offset, length)
                   : read_mailbox(device, chain, offset, length, ret_wait);
    if (!slot->disk)
        return out ? STATUS_ERROR : fill_zeros(chain, length);
    return transfer(chain, slot, offset, length, out);
}

static Status discard(UmlDevice *device, const UmlChain *chain)
{
    uint64_t length = chain->readable_bytes - HEADER_BYTES;
    for (uint64_t done = 0; done + DISCARD_SEGMENT_BYTES <= length; done += DISCARD_SEGMENT_BYTES) {
        uint8_t bytes[DISCARD_SEGMENT_BYTES];
        uint64_t offset;
        if (!uml_chain_get(chain, HEADER_BYTES + done, bytes, sizeof(bytes)))
            return STATUS_ERROR;
        uint64_t sector = get_le64(bytes), count = (uint64_t)get_le32(bytes + 8) * SECTOR_BYTES;
        if (sector > G_MAXUINT64 / SECTOR_BYTES)
            return STATUS_ERROR;
        UmlSlot *slot = uml_device_find_slot(device, sector * SECTOR_BYTES, count, &offset);
        if (!slot || !slot->disk || !range_is_within(offset, count, disk_size(slot->disk)))
            return STATUS_ERROR;
        GError *error = NULL;
        if (slot->passes_discards && !disk_discard(slot->disk, offset, count, &error)) {
            uml_slot_note_error(slot, error);
            return STATUS_ERROR;
        }
        /* Nobody asks for it at other times, and then nothing need be done. */
        if (slot->discards) {
            FsExtent extent = {offset, count};
            g_array_append_val(slot->discards, extent);
        }
    }
    return STATUS_OK;
}

static Status carry_out(UmlDevice *device, const UmlChain *chain, gboolean *ret_wait)
{
    static const uint8_t identity[20] = "drydock";
    uint8_t header[HEADER_BYTES];
    if (!uml_chain_get(chain, 0, header, sizeof(header)))
        return STATUS_ERROR;
    uint64_t sector = get_le64(header + 8);
    uint32_t type = get_le32(header);
    switch (type) {
    case REQUEST_READ:
    case REQUEST_WRITE:
        if (sector > G_MAXUINT64 / SECTOR_BYTES)
            return STATUS_ERROR;
        return read_or_write(device, chain, sector * SECTOR_BYTES, type == REQUEST_WRITE, ret_wait);
    case REQUEST_FLUSH: /* syncing a filesystem flushes its volume: until then nothing counts */
        return STATUS_OK;
    case REQUEST_DISCARD:
        return discard(device, chain);
    case REQUEST_GET_ID:
        return uml_chain_put(chain, 0, identity, sizeof(identity)) ? STATUS_OK : STATUS_ERROR;
    default:
        return STATUS_UNSUPPORTED;
    }
}

/* The status is the last byte of what can be written. */
static gboolean finish(UmlDevice *device, const UmlChain *chain, Status status, GError **error)
{
    uint8_t byte = (uint8_t)status;
    if (!uml_chain_put(chain, chain->writable_bytes - STATUS_BYTES, &byte, 1)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the kernel's request has no room for an answer");
        return FALSE;
    }
    uint32_t length = (uint32_t)MIN(chain->writable_bytes, G_MAXUINT32);
    return uml_queue_push(&device->queue, chain->head, length, error);
}

gboolean uml_block_deliver(UmlDevice *device, GError **error)
{
    if (!device->waiting)
        return TRUE;
    g_autofree UmlChain *chain = g_steal_pointer(&device->waiting);
    gboolean again = FALSE;
    Status status = carry_out(device, chain, &again);
    return finish(device, chain, again ? STATUS_ERROR : status, error) &&
           uml_queue_notify(&device->queue, error);
}

static gboolean serve_one(UmlDevice *device, const UmlChain *chain, GError **error)
{
    gboolean wait = FALSE;
    if (chain->writable_bytes < STATUS_BYTES || chain->readable_bytes < HEADER_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the kernel's request is too short");
        return FALSE;
    }
    Status status = carry_out(device, chain, &wait);
    if (!wait)
        return finish(device, chain, status, error);
    if (device->waiting)
        return finish(device, chain, STATUS_ERROR, error);
    device->waiting = g_memdup2(chain, sizeof(*chain));
    return TRUE;
}

gboolean uml_block_serve(UmlDevice *device, GError **error)
{
    /* Four times as large as a frame may be. */
    g_autofree UmlChain *chain = g_new(UmlChain, 1);
    gboolean found = TRUE, any = FALSE;
    while (found) {
        if (!uml_queue_pop(&device->queue, chain, &found, error) ||
            (found && !serve_one(device, chain, error)))
            return FALSE;
        any = any || found;
    }
    return !any || uml_queue_notify(&device->queue, error);
}
