/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Btrfs: which subvolumes there are, and which one is mounted by default. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define DEPTH_LIMIT 32
#define SUBVOLUME_LIMIT 4096
#define TOP_LEVEL "/"

typedef struct {
    uint64_t id, parent;
    uint64_t directory; /* inode in parent that holds the name */
    char *name;
} Subvolume;

typedef struct {
    Subvolume *items;
    size_t count;
    uint64_t default_id;
} List;

static void list_clear(List *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].name);
    free(list->items);
}

static int list_add(List *list, const struct btrfs_ioctl_search_header *header, const uint8_t *item)
{
    uint64_t directory;
    uint16_t name_length;
    if (header->len < sizeof(struct btrfs_root_ref) || list->count >= SUBVOLUME_LIMIT)
        return list->count >= SUBVOLUME_LIMIT ? E2BIG : EUCLEAN;
    memcpy(&directory, item + offsetof(struct btrfs_root_ref, dirid), sizeof(directory));
    memcpy(&name_length, item + offsetof(struct btrfs_root_ref, name_len), sizeof(name_length));
    if (sizeof(struct btrfs_root_ref) + name_length > header->len)
        return EUCLEAN;
    char *name = strndup((const char *)item + sizeof(struct btrfs_root_ref), name_length);
    Subvolume *items = realloc(list->items, (list->count + 1) * sizeof(*items));
    if (!name || !items)
        return ENOMEM;
    list->items = items;
    items[list->count++] = (Subvolume){header->objectid, header->offset, directory, name};
    return 0;
}

/* The directory item "default" of the tree of roots has its subvolume's key first. */
static void read_default(List *list, const struct btrfs_ioctl_search_header *header,
                         const uint8_t *item)
{
    static const char name[] = "default";
    if (header->len >= sizeof(struct btrfs_dir_item) + sizeof(name) - 1 &&
        memcmp(item + sizeof(struct btrfs_dir_item), name, sizeof(name) - 1) == 0)
        memcpy(&list->default_id, item, sizeof(list->default_id));
}

/* Items of the tree of roots from key on; *key ends behind the last one. */
static int search(int root, List *list, struct btrfs_ioctl_search_key *key)
{
    struct btrfs_ioctl_search_args arguments = {.key = *key};
    arguments.key.nr_items = SUBVOLUME_LIMIT;
    if (ioctl(root, BTRFS_IOC_TREE_SEARCH, &arguments) != 0)
        return errno;
    key->nr_items = arguments.key.nr_items;
    size_t offset = 0;
    int failure = 0;
    for (uint32_t i = 0; i < arguments.key.nr_items && failure == 0; i++) {
        struct btrfs_ioctl_search_header header;
        memcpy(&header, arguments.buf + offset, sizeof(header));
        const uint8_t *item = (const uint8_t *)arguments.buf + offset + sizeof(header);
        offset += sizeof(header) + header.len;
        if (header.type == BTRFS_ROOT_BACKREF_KEY)
            failure = list_add(list, &header, item);
        else if (header.type == BTRFS_DIR_ITEM_KEY &&
                 header.objectid == BTRFS_ROOT_TREE_DIR_OBJECTID)
            read_default(list, &header, item);
        key->min_objectid = header.objectid;
        key->min_type = header.type;
        key->min_offset = header.offset + 1;
        if (key->min_offset == 0 && ++key->min_type == 0)
            key->min_objectid++;
    }
    return failure;
}

static int read_list(int root, List *list)
{
    struct btrfs_ioctl_search_key key = {
        .tree_id = BTRFS_ROOT_TREE_OBJECTID,
        .min_objectid = BTRFS_ROOT_TREE_DIR_OBJECTID,
        .max_objectid = UINT64_MAX,
        .max_type = UINT8_MAX,
        .max_offset = UINT64_MAX,
        .max_transid = UINT64_MAX,
    };
    int failure;
    do {
        failure = search(root, list, &key);
    } while (failure == 0 && key.nr_items > 0);
    return failure;
}

static const Subvolume *find(const List *list, uint64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].id == id)
            return &list->items[i];
    return NULL;
}

/* Puts "/parent/dir/name" in front of what path has. */
static int prepend(int root, const Subvolume *subvolume, char path[PATH_BYTES])
{
    struct btrfs_ioctl_ino_lookup_args lookup = {.treeid = subvolume->parent,
                                                 .objectid = subvolume->directory};
    char longer[PATH_BYTES];
    if (ioctl(root, BTRFS_IOC_INO_LOOKUP, &lookup) != 0)
        return errno;
    lookup.name[sizeof(lookup.name) - 1] = '\0'; /* ends with '/' or is empty */
    int length = snprintf(longer, sizeof(longer), "/%s%s%s", lookup.name, subvolume->name, path);
    if (length < 0 || (size_t)length >= sizeof(longer))
        return ENAMETOOLONG;
    memcpy(path, longer, (size_t)length + 1);
    return 0;
}

static int find_path(int root, const List *list, const Subvolume *subvolume, char path[PATH_BYTES])
{
    path[0] = '\0';
    for (int depth = 0; subvolume; depth++) {
        int failure = depth < DEPTH_LIMIT ? prepend(root, subvolume, path) : ELOOP;
        if (failure != 0)
            return failure;
        subvolume = find(list, subvolume->parent);
    }
    return 0;
}

/* User-Mode Linux is x86 only, and so is little-endian. */
static int add_to_reply(Reply *reply, const List *list, uint64_t id, const char *path)
{
    size_t bytes = strlen(path) + 1;
    if (reply->length + 1 + sizeof(id) + bytes > AGENT_DATA_LIMIT)
        return E2BIG;
    uint8_t *item = reply->data + reply->length;
    item[0] = list->default_id == id;
    memcpy(item + 1, &id, sizeof(id));
    memcpy(item + 1 + sizeof(id), path, bytes);
    reply->length += 1 + sizeof(id) + bytes;
    return 0;
}

int list_subvolumes(const Request *request, Reply *reply)
{
    char path[PATH_BYTES];
    List list = {.default_id = BTRFS_FS_TREE_OBJECTID};
    int root = volume_root(request);
    int failure = root < 0 ? errno : read_list(root, &list);
    if (failure == 0)
        failure = add_to_reply(reply, &list, BTRFS_FS_TREE_OBJECTID, TOP_LEVEL);
    for (size_t i = 0; i < list.count && failure == 0; i++) {
        /* One that is being deleted has no place any more. */
        if (find_path(root, &list, &list.items[i], path) == 0)
            failure = add_to_reply(reply, &list, list.items[i].id, path);
    }
    list_clear(&list);
    return failure;
}

/* The directory that is the root of the subvolume with directory in it; -1 and errno. */
static int open_subvolume(int directory)
{
    int current = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    for (int depth = 0; current >= 0; depth++) {
        if (fstat(current, &status) == 0 && status.st_ino == BTRFS_FIRST_FREE_OBJECTID)
            return current;
        int parent =
            depth < PATH_BYTES ? openat(current, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        close(current);
        current = parent;
    }
    return -1;
}

static int is_default(int root, int subvolume)
{
    struct btrfs_ioctl_ino_lookup_args lookup = {.objectid = BTRFS_FIRST_FREE_OBJECTID};
    List list = {.default_id = BTRFS_FS_TREE_OBJECTID};
    int found = ioctl(subvolume, BTRFS_IOC_INO_LOOKUP, &lookup) == 0 &&
                read_list(root, &list) == 0 && lookup.treeid == list.default_id;
    list_clear(&list);
    return found;
}

int subvolume_unlock(int root, int directory, int *ret_subvolume)
{
    struct statfs volume;
    __u64 flags = 0;
    *ret_subvolume = -1;
    if (fstatfs(root, &volume) != 0 || volume.f_type != BTRFS_SUPER_MAGIC)
        return 0;
    int subvolume = open_subvolume(directory);
    if (subvolume < 0)
        return errno;
    int failure = 0;
    if (ioctl(subvolume, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 &&
        (flags & BTRFS_SUBVOL_RDONLY) != 0 && is_default(root, subvolume)) {
        flags &= ~(__u64)BTRFS_SUBVOL_RDONLY;
        if (ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags) == 0) {
            *ret_subvolume = subvolume;
            return 0;
        }
        failure = errno;
    }
    close(subvolume);
    return failure;
}

int subvolume_lock(int subvolume)
{
    __u64 flags = 0;
    int failure = 0;
    if (ioctl(subvolume, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) != 0)
        failure = errno;
    flags |= BTRFS_SUBVOL_RDONLY;
    if (failure == 0 && ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags) != 0)
        failure = errno;
    close(subvolume);
    return failure;
}
