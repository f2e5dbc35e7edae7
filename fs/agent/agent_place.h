/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the agent runs: as the only program of a User-Mode Linux kernel, or beside others on a host
   whose own kernel mounts the volumes. */
#ifndef FS_AGENT_AGENT_PLACE_H
#define FS_AGENT_AGENT_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define AGENT_NAME_BYTES 256

typedef struct {
    /* Of mount points and devices; "": the root. Set when the place is entered. */
    char directory[AGENT_NAME_BYTES / 2];
    int fuse_fd; /* of the host: /dev/fuse, not mounted yet */
    /* Devices may be put together: the kernel is ours alone. */
    int can_make_devices;
    /* 0, and the descriptor with the mailbox at AGENT_INBOX and AGENT_OUTBOX; or an errno. */
    int (*enter)(int *ret_device);
    /* A block device for a slot; 0 or an errno. */
    int (*add_device)(uint64_t slot, uint64_t size_bytes, int read_only);
    void (*name_device)(uint64_t slot, char name[AGENT_NAME_BYTES]);
    int (*remove_device)(uint64_t slot);
    /* From here on the kernel's log is of interest. Then: what it says, as "<level>text" lines, cut
       off at size - 1; the length. */
    void (*mark_log)(void);
    size_t (*read_log)(char *text, size_t size);
} Place;

extern Place place_uml, place_host;

/* The one that was entered. */
Place *place_here(void);

/* Mount point of a slot. */
void place_name_mount(uint64_t slot, char name[AGENT_NAME_BYTES]);

#endif
