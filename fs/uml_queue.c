/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory of a User-Mode Linux kernel and the one virtqueue in it. */
#include "fs/uml_queue.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"

#define MEMORY_LIMIT (UINT64_C(1) << 32)
#define RING_LIMIT 1024

/* Virtual I/O Device 1.1, 2.6.5 to 2.6.8. */
#define DESCRIPTOR_BYTES 16
#define DESCRIPTOR_NEXT 1
#define DESCRIPTOR_WRITE 2
#define DESCRIPTOR_INDIRECT 4
#define RING_FLAGS 0
#define RING_INDEX 2
#define RING_ENTRIES 4
#define AVAILABLE_ENTRY_BYTES 2
#define USED_ENTRY_BYTES 8
#define AVAILABLE_NO_INTERRUPT 1

typedef struct {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
} Descriptor;

void uml_queue_init(UmlQueue *queue)
{
    *queue = (UmlQueue){.kick_fd = -1, .call_fd = -1};
}

void uml_queue_unmap(UmlQueue *queue)
{
    for (guint i = 0; i < queue->region_count; i++)
        munmap(queue->regions[i].mapping, queue->regions[i].mapping_size);
    queue->region_count = 0;
}

void uml_queue_clear(UmlQueue *queue)
{
    uml_queue_unmap(queue);
    if (queue->kick_fd >= 0)
        close(queue->kick_fd);
    if (queue->call_fd >= 0)
        close(queue->call_fd);
    uml_queue_init(queue);
}

gboolean uml_queue_map(UmlQueue *queue, int fd, uint64_t guest_address, uint64_t size,
                       uint64_t offset, GError **error)
{
    struct stat status;
    uint64_t skipped = offset % (uint64_t)sysconf(_SC_PAGESIZE);
    if (queue->region_count >= UML_REGIONS || size > MEMORY_LIMIT || fstat(fd, &status) != 0 ||
        !range_is_within(offset, size, (uint64_t)MAX(status.st_size, 0)) ||
        guest_address > G_MAXUINT64 - size) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the kernel's memory is not where it says");
        return FALSE;
    }
    void *mapping = mmap(NULL, (size_t)(size + skipped), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                         (off_t)(offset - skipped));
    if (mapping == MAP_FAILED) {
        drydock_error_set_errno(error, errno, "cannot map the kernel's memory");
        return FALSE;
    }
    queue->regions[queue->region_count++] = (UmlRegion){
        guest_address, size, (uint8_t *)mapping + skipped, mapping, (size_t)(size + skipped)};
    return TRUE;
}

static uint8_t *translate(const UmlQueue *queue, uint64_t address, uint64_t length)
{
    for (guint i = 0; i < queue->region_count; i++) {
        const UmlRegion *region = &queue->regions[i];
        if (address >= region->guest_address &&
            range_is_within(address - region->guest_address, length, region->size))
            return region->bytes + (address - region->guest_address);
    }
    return NULL;
}

static gboolean fail_ring(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the kernel's request makes no sense: %s",
                      what);
    return FALSE;
}

/* The two rings and the table, checked to lie in memory. */
static gboolean find_rings(const UmlQueue *queue, uint8_t **ret_table, uint8_t **ret_available,
                           uint8_t **ret_used, GError **error)
{
    if (!queue->enabled || queue->size == 0 || queue->size > RING_LIMIT ||
        (queue->size & (queue->size - 1)) != 0)
        return fail_ring(error, "the queue is not set up");
    *ret_table = translate(queue, queue->descriptors, (uint64_t)queue->size * DESCRIPTOR_BYTES);
    *ret_available = translate(queue, queue->available,
                               RING_ENTRIES + (uint64_t)queue->size * AVAILABLE_ENTRY_BYTES);
    *ret_used =
        translate(queue, queue->used, RING_ENTRIES + (uint64_t)queue->size * USED_ENTRY_BYTES);
    if (!*ret_table || !*ret_available || !*ret_used || queue->available % 2 != 0 ||
        queue->used % 4 != 0)
        return fail_ring(error, "the queue lies outside its memory");
    return TRUE;
}

static Descriptor read_descriptor(const uint8_t *table, uint32_t index)
{
    uint8_t bytes[DESCRIPTOR_BYTES];
    memcpy(bytes, table + (size_t)index * DESCRIPTOR_BYTES, sizeof(bytes));
    return (Descriptor){get_le64(bytes), get_le32(bytes + 8), get_le16(bytes + 12),
                        get_le16(bytes + 14)};
}

static gboolean add_segment(const UmlQueue *queue, UmlChain *chain, const Descriptor *descriptor,
                            GError **error)
{
    gboolean writable = (descriptor->flags & DESCRIPTOR_WRITE) != 0;
    uint8_t *bytes = translate(queue, descriptor->address, descriptor->length);
    if (!bytes)
        return fail_ring(error, "its data lies outside its memory");
    if (!writable && chain->readable != chain->count)
        return fail_ring(error, "what is to be read comes after what is to be written");
    if (chain->count >= UML_CHAIN_LIMIT)
        return fail_ring(error, "it has too many parts");
    chain->segments[chain->count++] = (UmlSegment){bytes, descriptor->length};
    if (writable) {
        chain->writable_bytes += descriptor->length;
    } else {
        chain->readable = chain->count;
        chain->readable_bytes += descriptor->length;
    }
    return TRUE;
}

static gboolean follow_chain(const UmlQueue *queue, UmlChain *chain, const uint8_t *table,
                             uint32_t table_size, uint32_t index, GError **error)
{
    gboolean indirect = FALSE;
    for (guint i = 0; i <= UML_CHAIN_LIMIT; i++) {
        if (index >= table_size)
            return fail_ring(error, "a descriptor does not exist");
        Descriptor descriptor = read_descriptor(table, index);
        if ((descriptor.flags & DESCRIPTOR_INDIRECT) != 0) {
            if (indirect || chain->count > 0 || descriptor.length % DESCRIPTOR_BYTES != 0)
                return fail_ring(error, "a table of descriptors in a table");
            indirect = TRUE;
            table_size = descriptor.length / DESCRIPTOR_BYTES;
            table = translate(queue, descriptor.address, descriptor.length);
            if (!table)
                return fail_ring(error, "a table of descriptors lies outside its memory");
            index = 0;
            continue;
        }
        if (!add_segment(queue, chain, &descriptor, error))
            return FALSE;
        if ((descriptor.flags & DESCRIPTOR_NEXT) == 0)
            return TRUE;
        index = descriptor.next;
    }
    return fail_ring(error, "it has too many parts");
}

/* Both sides of a 16-bit field of a ring, which is aligned (see find_rings()). */
static uint16_t load_index(const uint8_t *field)
{
    return __atomic_load_n((const uint16_t *)(const void *)field, __ATOMIC_ACQUIRE);
}

gboolean uml_queue_pop(UmlQueue *queue, UmlChain *chain, gboolean *ret_found, GError **error)
{
    uint8_t *table, *available, *used;
    *ret_found = FALSE;
    if (!find_rings(queue, &table, &available, &used, error))
        return FALSE;
    uint16_t waiting = (uint16_t)(load_index(available + RING_INDEX) - queue->next_available);
    if (waiting == 0)
        return TRUE;
    if (waiting > queue->size)
        return fail_ring(error, "more requests than the queue can hold");
    size_t slot = queue->next_available++ % queue->size;
    *chain = (UmlChain){
        .head = load_index(available + RING_ENTRIES + slot * AVAILABLE_ENTRY_BYTES),
    };
    if (!follow_chain(queue, chain, table, queue->size, chain->head, error))
        return FALSE;
    *ret_found = TRUE;
    return TRUE;
}

gboolean uml_queue_push(UmlQueue *queue, uint16_t head, uint32_t length, GError **error)
{
    uint8_t *table, *available, *used;
    if (!find_rings(queue, &table, &available, &used, error))
        return FALSE;
    uint8_t *entry =
        used + RING_ENTRIES + (size_t)(queue->next_used % queue->size) * USED_ENTRY_BYTES;
    put_le32(entry, head);
    put_le32(entry + 4, length);
    queue->next_used++;
    __atomic_store_n((uint16_t *)(void *)(used + RING_INDEX), queue->next_used, __ATOMIC_RELEASE);
    return TRUE;
}

/* The descriptor is a pipe of the kernel's: when that has ended, SIGPIPE must not end us too. */
static ssize_t write_quietly(int fd, const void *bytes, size_t length)
{
    const struct timespec now = {0};
    sigset_t pipe_signal, before;
    ssize_t written;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    do {
        written = write(fd, bytes, length);
    } while (written < 0 && errno == EINTR);
    int failure = errno;
    if (written < 0 && failure == EPIPE)
        sigtimedwait(&pipe_signal, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
    return written;
}

gboolean uml_queue_notify(UmlQueue *queue, GError **error)
{
    uint8_t *table, *available, *used;
    const uint64_t one = 1;
    if (!find_rings(queue, &table, &available, &used, error))
        return FALSE;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if ((load_index(available + RING_FLAGS) & AVAILABLE_NO_INTERRUPT) != 0 || queue->call_fd < 0)
        return TRUE;
    /* EAGAIN: more of them are in the pipe than fit; one is enough. EPIPE: the socket says it too.
     */
    if (write_quietly(queue->call_fd, &one, sizeof(one)) < 0 && errno != EAGAIN && errno != EPIPE) {
        drydock_error_set_errno(error, errno, "cannot wake the kernel");
        return FALSE;
    }
    return TRUE;
}

/* first to last: the segments of one kind. Calls with NULL bytes are a mistake of ours. */
static gboolean copy(const UmlChain *chain, guint first, guint last, uint64_t offset, uint8_t *to,
                     const uint8_t *from, size_t length)
{
    for (guint i = first; i < last && length > 0; i++) {
        const UmlSegment *segment = &chain->segments[i];
        if (offset >= segment->length) {
            offset -= segment->length;
            continue;
        }
        size_t count = MIN(length, segment->length - (size_t)offset);
        if (to) {
            memcpy(to, segment->bytes + offset, count);
            to += count;
        } else {
            memcpy(segment->bytes + offset, from, count);
            from += count;
        }
        length -= count;
        offset = 0;
    }
    return length == 0;
}

gboolean uml_chain_get(const UmlChain *chain, uint64_t offset, void *bytes, size_t length)
{
    return copy(chain, 0, chain->readable, offset, bytes, NULL, length);
}

gboolean uml_chain_put(const UmlChain *chain, uint64_t offset, const void *bytes, size_t length)
{
    return copy(chain, chain->readable, chain->count, offset, NULL, bytes, length);
}
