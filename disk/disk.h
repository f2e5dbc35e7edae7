/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of bytes that can be read and perhaps written: an NBD export, a file, a partition, a cache
   in front of one. They stack; each holds a reference on what it stands on. */
#ifndef DISK_DISK_H
#define DISK_DISK_H

#include <glib.h>
#include <stdint.h>

typedef struct Disk Disk;

Disk *disk_ref(Disk *disk);
/* Dropping the last reference discards what was not flushed. NULL is fine. */
void disk_unref(Disk *disk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Disk, disk_unref)

const char *disk_name(const Disk *disk);     /* for messages: "disk 1", "disk 1 partition 2" */
uint64_t disk_size(const Disk *disk);        /* bytes */
uint32_t disk_sector_size(const Disk *disk); /* logical sector size in bytes: 512 or 4096 */
gboolean disk_is_writable(const Disk *disk);

/* All of [offset, offset + length) or an error; ranges beyond the end are an error, never clipped.
 */
gboolean disk_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean disk_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The range reads as zeros afterwards and takes no room where the storage below can do that. */
gboolean disk_discard(Disk *disk, uint64_t offset, uint64_t length,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE: an encrypted volume is somewhere below. What was discarded there takes no room either, but
   reads as anything: to have zeros, write them. */
gboolean disk_discards_to_zeros(const Disk *disk);
/* How many processes that read us stand below it one above the other (see disk_new_served()): such
   a process never gets a disk of its own level, or it would wait for itself. 0: none. */
guint disk_level(const Disk *disk);
/* Everything written so far has reached the storage below (all layers are flushed). */
gboolean disk_flush(Disk *disk, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A regular file of the host: test images, bare hives. */
Disk *disk_open_file(const char *path, gboolean writable, uint32_t sector_size,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A block device of the host, read-only. */
Disk *disk_open_device(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* size bytes of zeros in memory, writable. For tests and small things. */
Disk *disk_new_memory(uint64_t size, uint32_t sector_size);

/* [start, start + length) of parent under a name of its own. */
Disk *disk_new_window(Disk *parent, uint64_t start, uint64_t length, const char *name,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads go to parent; writes and discards stay in memory and are lost with the last reference.
   Lets a read-only source be opened as if it could be written (journal replay, dry runs). At most
   limit_bytes may be changed. */
Disk *disk_new_scratch(Disk *parent, uint64_t limit_bytes);

/* Write-back cache of limit_bytes in front of parent, in blocks of 64 KiB, least recently used ones
   replaced; sorted and merged at flush. Large reads pass it by. Reads and writes are visible to
   each other through the cache only: nobody may use parent directly while it exists. */
Disk *disk_new_cache(Disk *parent, uint64_t limit_bytes);

/* What serves a disk from outside; data is that of disk_new_served(). Ranges have been checked. */
typedef struct {
    gboolean (*read)(gpointer data, uint64_t offset, void *buffer, size_t length, GError **error);
    gboolean (*write)(gpointer data, uint64_t offset, const void *buffer, size_t length,
                      GError **error);
    gboolean (*discard)(gpointer data, uint64_t offset, uint64_t length, GError **error);
    gboolean (*flush)(gpointer data, GError **error);
    void (*free)(gpointer data);
} DiskService;

typedef struct {
    const char *name;
    uint64_t size_bytes;
    uint32_t sector_size;
    gboolean writable;
    guint level; /* one more than the disks it stands on */
} DiskServed;

/* service is borrowed for good, data is freed with the disk. What is discarded reads as anything.
 */
Disk *disk_new_served(const DiskService *service, gpointer data, const DiskServed *properties);

/* For tests: the call with number fail_at (reads, writes, discards, flushes counted from 1) fails
   with DRYDOCK_ERROR_SYSTEM, and so does every later one. 0: never; then disk_fault_count() says
   how many calls there were. */
Disk *disk_new_fault(Disk *parent, guint fail_at);
guint disk_fault_count(const Disk *fault);

#endif
