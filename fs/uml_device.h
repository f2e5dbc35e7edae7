/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kernel that mounts volumes for us sees: one block device, with a slot per volume and the
   mailbox of fs/agent/protocol.h; for User-Mode Linux over vhost-user, for the host's own kernel
   over FUSE. One thread: the kernel's reads and writes are served while we wait for the reply to a
   request. Only for files of fs/uml* and fs/host*. */
#ifndef FS_UML_DEVICE_H
#define FS_UML_DEVICE_H

#include "disk/disk.h"
#include "fs/agent/protocol.h"
#include "fs/uml_queue.h"

typedef struct {
    guint operation;
    uint64_t numbers[AGENT_NUMBERS];
    const char *texts[4]; /* NULL after the last */
    const uint8_t *bytes; /* after the texts */
    size_t byte_count;
} UmlRequest;

typedef struct {
    int failure; /* errno in the agent; 0: done */
    uint64_t numbers[AGENT_NUMBERS];
    GByteArray *data; /* owned */
} UmlReply;

void uml_reply_clear(UmlReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UmlReply, uml_reply_clear)

typedef struct {
    Disk *disk;               /* reference; NULL: free */
    GError *error;            /* the first one that it gave */
    GArray *discards;         /* of FsExtent: what the kernel discards; borrowed, may be NULL */
    gboolean passes_discards; /* to disk; else they are only written down */
} UmlSlot;

typedef struct HostFuse HostFuse;

typedef struct {
    HostFuse *fuse; /* of the host's kernel; NULL: vhost-user, and what follows is used */
    int socket_fd;  /* -1: none */
    int request_fd; /* for requests of ours to the kernel, which we never make; -1: none */
    UmlQueue queue;
    uint64_t features; /* that the kernel has accepted */
    UmlSlot slots[AGENT_SLOT_COUNT];
    GByteArray *inbox;  /* the request, padded to whole pages; empty: none */
    GByteArray *outbox; /* what the agent has written of the reply */
    gboolean replied;
    UmlChain *waiting; /* the agent's read of a request that is not there yet; NULL: none */
    uint64_t serial;
    gboolean broken; /* no further calls: the kernel ended, or talked nonsense */
} UmlDevice;

/* Takes fd over: a socket of User-Mode Linux, or /dev/fuse. */
UmlDevice *uml_device_new(int fd);
void uml_device_free(UmlDevice *device);

/* A slot for disk, of which a reference is held until uml_device_remove(). 0: all are
   taken. */
guint uml_device_add(UmlDevice *device, Disk *disk);
void uml_device_remove(UmlDevice *device, guint slot);

/* Sends a request and serves the kernel until it is answered. An errno of the agent is no error
   here. */
gboolean uml_device_call(UmlDevice *device, const UmlRequest *request, UmlReply *ret_reply,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Splits [position, position + length) of the device; NULL: it is not in one slot. */
UmlSlot *uml_device_find_slot(UmlDevice *device, uint64_t position, uint64_t length,
                              uint64_t *ret_offset);
/* Keeps the first error that a slot's disk gave; takes it over. */
void uml_slot_note_error(UmlSlot *slot, GError *error);
/* What the agent writes to its outbox, at offset of that. FALSE: more than a reply. bytes: where
   length of them go. */
gboolean uml_device_extend_outbox(UmlDevice *device, uint64_t offset, uint64_t length,
                                  uint8_t **ret_bytes);

/* uml_block.c: carries out what is in the queue. */
gboolean uml_block_serve(UmlDevice *device, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Gives the waiting agent its request. */
gboolean uml_block_deliver(UmlDevice *device, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The device's configuration (Virtual I/O Device 1.1, 5.2.4) and features (5.2.3). */
#define UML_BLOCK_CONFIG_BYTES 60
void uml_block_config(uint8_t config[UML_BLOCK_CONFIG_BYTES]);
uint64_t uml_block_features(void);

/* uml_vhost.c: one message of the kernel on the socket; *ret_ended: it has closed it. */
gboolean uml_vhost_handle(UmlDevice *device, gboolean *ret_ended,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
