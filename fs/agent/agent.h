/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only program in the User-Mode Linux kernel, and a helper on hosts whose own kernel mounts the
   volumes: carries out one request after the other. */
#ifndef FS_AGENT_AGENT_H
#define FS_AGENT_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "fs/agent/protocol.h"

typedef struct {
    uint64_t numbers[AGENT_NUMBERS];
    const char *text[3];  /* the first three texts, "" where there are fewer */
    const uint8_t *bytes; /* what follows them */
    size_t byte_count;
} Request;

/* What is answered besides the errno; data has room for AGENT_DATA_LIMIT bytes. */
typedef struct {
    uint64_t numbers[AGENT_NUMBERS];
    uint8_t *data;
    size_t length;
} Reply;

/* Each returns 0 or an errno. */
typedef int (*Operation)(const Request *request, Reply *reply);

/* What the kernel logs from here on, for reply_kernel_log(). */
void kernel_log_mark(void);
void reply_kernel_log(Reply *reply);
int kernel_log_has(const char *text);

/* agent_modules.c: loads what Debian's kernel has as modules and ours has built in. Modules are
   tried in order; those that are not there are skipped. names: NULL after the last. */
void load_modules(const char *const *names);

/* agent_device.c */
int map_device(const Request *request, Reply *reply);
int assemble_array(const Request *request, Reply *reply);
int end_device(const Request *request, Reply *reply);
int read_device(const Request *request, Reply *reply);
int write_device(const Request *request, Reply *reply);
int discard_device(const Request *request, Reply *reply);

/* agent_mapper.c: the device mapper's device of that number. 0 or an errno. */
int mapper_create(uint64_t number, const char *table, int read_only);
int mapper_remove(uint64_t number);

/* agent_array.c: an array of that number. */
int array_start(uint64_t number, const Request *request);
/* device: the only descriptor that is open on it. */
int array_stop(int device);

/* agent_volume.c */
int add_volume(const Request *request, Reply *reply);
int mount_volume(const Request *request, Reply *reply);
int sync_volume(const Request *request, Reply *reply);
int trim_volume(const Request *request, Reply *reply);
int remove_volume(const Request *request, Reply *reply);
void unmount_volumes(void); /* all that are mounted */
int list_subvolumes(const Request *request, Reply *reply);
/* The root directory of the mounted volume of request's slot; -1 and errno: there is none. */
int volume_root(const Request *request);
/* Makes it writable. */
int volume_begin_write(const Request *request);

/* agent_subvolumes.c */
/* Where directory is in Btrfs' default subvolume, and that is read-only – the root of a system that
   is updated by snapshots – makes it writable until subvolume_lock(). *ret_subvolume: -1: it is
   not. */
int subvolume_unlock(int root, int directory, int *ret_subvolume);
/* Read-only again; closes it. 0 or an errno. */
int subvolume_lock(int subvolume);

/* agent_read.c */
int stat_file(const Request *request, Reply *reply);
int list_directory(const Request *request, Reply *reply);
int read_link(const Request *request, Reply *reply);
int read_file(const Request *request, Reply *reply);
int list_extents(const Request *request, Reply *reply);
/* Opens path below root without following any link; flags as for open(2). -1 and errno. */
int open_below(int root, const char *path, uint64_t flags);
/* Opens the directory that holds path, and finds path's last name. */
int open_parent(int root, const char *path, const char **ret_name);

/* agent_write.c */
int write_file(const Request *request, Reply *reply);
int make_directory(const Request *request, Reply *reply);
int make_symlink(const Request *request, Reply *reply);
int remove_file(const Request *request, Reply *reply);

/* agent_attributes.c: owner, permissions, label and ACL of a new file. */
typedef struct {
    int model; /* descriptor; O_PATH */
    uint32_t model_type;
    uint32_t uid, gid;
    uint32_t mode;
    int like_given, mode_given;
    const char *label; /* "": the model's; borrowed from the request */
} Attributes;

/* type: S_IFREG, S_IFDIR, S_IFLNK. 0 or an errno. */
int attributes_choose(const Request *request, int root, int parent, uint32_t type,
                      Attributes *attributes);
/* descriptor: of the new file; O_PATH will do. */
int attributes_apply(const Attributes *attributes, int descriptor, uint32_t type);
void attributes_close(Attributes *attributes);

#endif
