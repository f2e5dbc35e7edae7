/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory of a User-Mode Linux kernel and the one virtqueue in it (Virtual I/O Device 1.1, split
   virtqueues). The kernel has hostile filesystems mounted: it may be anybody's by now, and changes
   its memory while we look. Whatever is checked is copied first. Only for files of fs/uml_*. */
#ifndef FS_UML_QUEUE_H
#define FS_UML_QUEUE_H

#include <glib.h>
#include <stdint.h>

#define UML_REGIONS 2
#define UML_CHAIN_LIMIT 256 /* descriptors of one request */

typedef struct {
    uint64_t guest_address;
    uint64_t size;
    uint8_t *bytes; /* of the mapping */
    void *mapping;
    size_t mapping_size;
} UmlRegion;

typedef struct {
    UmlRegion regions[UML_REGIONS];
    guint region_count;
    uint32_t size;                         /* of the ring; 0: not set up */
    uint64_t descriptors, available, used; /* guest addresses */
    uint16_t next_available, next_used;
    gboolean enabled;
    int kick_fd, call_fd; /* -1: none */
} UmlQueue;

typedef struct {
    uint8_t *bytes;
    uint32_t length;
} UmlSegment;

/* One request: what the kernel gives, then what it wants filled. */
typedef struct {
    uint16_t head;
    UmlSegment segments[UML_CHAIN_LIMIT];
    guint readable, count; /* readable ones come first */
    uint64_t readable_bytes, writable_bytes;
} UmlChain;

void uml_queue_init(UmlQueue *queue);
void uml_queue_clear(UmlQueue *queue);
/* Maps size bytes at offset of fd as guest_address…; fd stays the caller's. */
gboolean uml_queue_map(UmlQueue *queue, int fd, uint64_t guest_address, uint64_t size,
                       uint64_t offset, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void uml_queue_unmap(UmlQueue *queue);

/* The next request; *ret_found FALSE: none now. Errors: what is in the ring makes no sense. */
gboolean uml_queue_pop(UmlQueue *queue, UmlChain *chain, gboolean *ret_found,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Gives a request back with length bytes filled. uml_queue_notify() tells the kernel of all. */
gboolean uml_queue_push(UmlQueue *queue, uint16_t head, uint32_t length,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean uml_queue_notify(UmlQueue *queue, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Copies from what can be read, or to what can be written, at offset of it. FALSE: beyond its end.
 */
gboolean uml_chain_get(const UmlChain *chain, uint64_t offset, void *bytes, size_t length);
gboolean uml_chain_put(const UmlChain *chain, uint64_t offset, const void *bytes, size_t length);

#endif
