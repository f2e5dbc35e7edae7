/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fs/uml_*.c and the agent in the User-Mode Linux kernel agree on. For both sides: no GLib.

   The kernel has one virtio block device, which the driver's process serves. Its first slot is the
   mailbox, each further slot one volume, made a partition by the agent. The agent reads a request
   at AGENT_INBOX: that read is answered when there is one. It writes the reply's data, then the
   reply's header page, to AGENT_OUTBOX: the write of the header page completes the reply. */
#ifndef FS_AGENT_PROTOCOL_H
#define FS_AGENT_PROTOCOL_H

#include <stdint.h>

#define AGENT_DEVICE "/dev/vda"
#define AGENT_HOST_WORD "host" /* "agent host FOLDER DESCRIPTOR" */
#define AGENT_SLOT_BYTES (UINT64_C(1) << 50)
#define AGENT_SLOT_COUNT 64 /* slot 0 is the mailbox */
#define AGENT_INBOX (UINT64_C(1) << 40)
#define AGENT_OUTBOX (UINT64_C(1) << 41)

/* A message is a page with the header and the beginning of the data, and further pages with the
   rest. Numbers are little-endian. */
#define AGENT_PAGE_BYTES 4096u
#define AGENT_DATA_LIMIT (4u << 20)

/* Header: operation or errno, length of the data, serial (a reply repeats the request's), numbers.
 */
#define AGENT_HEADER_CODE 0
#define AGENT_HEADER_LENGTH 4
#define AGENT_HEADER_SERIAL 8
#define AGENT_HEADER_NUMBERS 16
#define AGENT_NUMBERS 10
#define AGENT_HEADER_BYTES 96u

/* Data of requests begins with texts, each ended by NUL; numbers[0] is always the slot. Paths are
   as in fs/fs.h; no component is followed as a symbolic link. Errors are errno of the call that
   failed; data may then be what the kernel said. */
enum {
    /* numbers[1]: size in bytes, [2]: not 0: nothing may be written; text: type. */
    AGENT_ADD_VOLUME = 1,
    /* text: type. Reply: numbers[0]: not 0 when a journal was replayed. Read-only at first,
       but for ext4. */
    AGENT_MOUNT,
    /* text: path. Reply: the file in numbers as AGENT_STAT_*; ENOENT: not there. */
    AGENT_STAT,
    /* text: path; numbers[1]: where to go on, 0 at first. Reply: numbers[0]: where to go on, 0 at
       the end; data: entries of type (FsFileType), NUL-terminated name. */
    AGENT_LIST,
    /* text: path. Reply: data: target. */
    AGENT_READ_LINK,
    /* text: path; numbers[1]: offset, [2]: length. Reply: as AGENT_STAT; data: what is there, less
       than length at the end only. EISDIR, EINVAL: no regular file. */
    AGENT_READ,
    /* texts: path, like ("": none), SELinux label ("": like's), then bytes; numbers[1]: offset,
       [2]: size of the whole file, [3]: mode or AGENT_MODE_OF_LIKE. At offset 0 the file is made or
       emptied. */
    AGENT_WRITE,
    AGENT_MAKE_DIRECTORY, /* texts: path, like, label; numbers[3] */
    AGENT_MAKE_SYMLINK,   /* texts: path, like, label, target */
    AGENT_REMOVE,         /* text: path */
    /* Everything is on the volume and the journal is empty: the filesystem is read-only until the
       next write. */
    AGENT_SYNC,
    /* Discards free space, after AGENT_SYNC. */
    AGENT_TRIM,
    /* text: path; numbers[1]: offset to start at. Reply: pairs of 64-bit start and length;
       numbers[0]: offset to go on, 0 at the end. */
    AGENT_EXTENTS,
    /* Btrfs. Reply: data: per subvolume a flag (1: the default), its identifier in 8 bytes, and its
       NUL-terminated path from the top level, "/": that itself. */
    AGENT_SUBVOLUMES,
    /* Unmounts what is mounted from it, and forgets it. */
    AGENT_REMOVE_VOLUME,

    /* Devices, which the kernel puts together of volumes and of each other; numbers[0] is the
       device's: below AGENT_DEVICE_COUNT, chosen by who asks. */
    /* text: table of the device mapper; numbers[1]: not 0: for reading only. */
    AGENT_MAP_DEVICE,
    /* texts: level ("raid5"), "", ""; bytes: 32-bit slots of the members; numbers[1], [2]: major
       and minor version of their superblocks. Reply: numbers[0]: size in bytes. The array is not
       written before the device is, and never synchronised. */
    AGENT_ASSEMBLE_ARRAY,
    /* What was written is on the volumes, and the device is gone from the kernel: it is left there
       as after an orderly end. */
    AGENT_REMOVE_DEVICE,
    AGENT_READ_DEVICE,    /* numbers[1]: offset, [2]: length. Reply: data */
    AGENT_WRITE_DEVICE,   /* numbers[1]: offset; texts: three of ""; bytes */
    AGENT_DISCARD_DEVICE, /* numbers[1]: offset, [2]: length; EOPNOTSUPP: it does not discard */
};

/* "/dev/dm-N" of the device mapper, "/dev/mdN" for an array; of a volume AGENT_DEVICE with the
   slot's number. */
#define AGENT_DEVICE_COUNT 1024
#define AGENT_MAPPED_PREFIX "/dev/dm-"
#define AGENT_ARRAY_PREFIX "/dev/md"

#define AGENT_MODE_OF_LIKE UINT64_MAX

enum {
    AGENT_STAT_TYPE, /* FsFileType */
    AGENT_STAT_SIZE,
    AGENT_STAT_INODE,
    AGENT_STAT_LINKS,
    AGENT_STAT_MODE,
    AGENT_STAT_UID,
    AGENT_STAT_GID,
    AGENT_STAT_MTIME,
};

#endif
