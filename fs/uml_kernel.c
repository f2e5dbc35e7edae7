/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mounts volumes in the kernel, which is started when the first one wants it. */
#include "fs/uml_kernel.h"

#include "base/bytes.h"
#include "base/error.h"

/* Linux, fs/ext4/ext4.h, struct ext4_super_block. */
#define EXT4_SUPERBLOCK_OFFSET 1024
#define EXT4_SUPERBLOCK_BYTES 1024
#define EXT4_FEATURE_INCOMPAT 0x60
#define EXT4_INCOMPAT_RECOVER 0x4U
#define EXT4_JOURNAL_INODE 0xE0
#define EXT4_JOURNAL_DEVICE 0xE4

static const char *const kernel_types[] = {"xfs", "btrfs", NULL};

struct FsKernel {
    FsKernelConnect connect;
    void *data;
    UmlDevice *devices[FS_KERNEL_LEVELS]; /* NULL: not connected yet */
    gboolean taken[FS_KERNEL_LEVELS][AGENT_DEVICE_COUNT];
    guint last_array[FS_KERNEL_LEVELS], last_mapped[FS_KERNEL_LEVELS];
};

FsKernel *fs_kernel_new(FsKernelConnect connect, void *data)
{
    FsKernel *kernel = g_new0(FsKernel, 1);
    kernel->connect = connect;
    kernel->data = data;
    return kernel;
}

void fs_kernel_free(FsKernel *kernel)
{
    if (!kernel)
        return;
    for (guint i = 0; i < FS_KERNEL_LEVELS; i++)
        uml_device_free(kernel->devices[i]);
    g_free(kernel);
}

gboolean fs_kernel_has_type(const char *type)
{
    return type && g_strv_contains(kernel_types, type);
}

UmlDevice *uml_kernel_connect(FsKernel *kernel, guint level, GError **error)
{
    if (level >= FS_KERNEL_LEVELS) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "more than %d kernels stand on each other", FS_KERNEL_LEVELS);
        return NULL;
    }
    if (kernel->devices[level])
        return kernel->devices[level];
    int fd = kernel->connect(kernel->data, error);
    if (fd < 0)
        return NULL;
    kernel->devices[level] = uml_device_new(fd);
    return kernel->devices[level];
}

static gboolean take_wanted(FsKernel *kernel, guint level, guint wanted, GError **error)
{
    if (kernel->taken[level][wanted]) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "two arrays have the number %u",
                          wanted);
        return FALSE;
    }
    kernel->taken[level][wanted] = TRUE;
    return TRUE;
}

/* The next that is free, of first to last, after *last_taken. */
static gboolean take_any(gboolean *taken, guint first, guint last, guint *last_taken,
                         guint *ret_number, GError **error)
{
    for (guint i = first; i <= last; i++) {
        *last_taken = *last_taken >= first && *last_taken < last ? *last_taken + 1 : first;
        if (taken[*last_taken])
            continue;
        taken[*last_taken] = TRUE;
        *ret_number = *last_taken;
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "more devices than User-Mode Linux is given");
    return FALSE;
}

gboolean uml_kernel_take_array_number(FsKernel *kernel, guint level, guint wanted,
                                      guint *ret_number, GError **error)
{
    if (wanted >= UML_WANTED_NUMBERS)
        return take_any(kernel->taken[level], UML_WANTED_NUMBERS, UML_ARRAY_NUMBERS - 1,
                        &kernel->last_array[level], ret_number, error);
    *ret_number = wanted;
    return take_wanted(kernel, level, wanted, error);
}

gboolean uml_kernel_take_number(FsKernel *kernel, guint level, guint *ret_number, GError **error)
{
    return take_any(kernel->taken[level], UML_ARRAY_NUMBERS, AGENT_DEVICE_COUNT - 1,
                    &kernel->last_mapped[level], ret_number, error);
}

void uml_kernel_give_number_back(FsKernel *kernel, guint level, guint number)
{
    kernel->taken[level][number] = FALSE;
}

gboolean uml_call(UmlFs *uml, UmlRequest *request, UmlReply *ret_reply, GError **error)
{
    request->numbers[0] = uml->slot;
    return uml_client_call(&uml->client, request, ret_reply, error);
}

gboolean uml_call_if_there(UmlFs *uml, UmlRequest *request, gboolean *ret_found,
                           UmlReply *ret_reply, GError **error)
{
    request->numbers[0] = uml->slot;
    return uml_client_call_if_there(&uml->client, request, ret_found, ret_reply, error);
}

static gboolean mount_volume(UmlFs *uml, GError **error)
{
    UmlRequest request = {.operation = AGENT_MOUNT, .texts = {uml->type}};
    g_auto(UmlReply) reply = {0};
    if (!uml_call(uml, &request, &reply, error)) {
        /* EINVAL is what the kernel has for every superblock it does not like, newer ones ENOENT
           where Btrfs lacks a device. */
        if (error && (g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED) ||
                      g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND)))
            (*error)->code = DRYDOCK_ERROR_CORRUPT;
        return FALSE;
    }
    uml->replayed = reply.numbers[0] != 0;
    return TRUE;
}

/* Of all of them. */
static guint find_level(Disk *volume, const GPtrArray *others)
{
    guint level = disk_level(volume);
    for (guint i = 0; others && i < others->len; i++)
        level = MAX(level, disk_level(others->pdata[i]));
    return level;
}

/* The volume itself comes last: its slot is the one that is mounted, and asked. */
static gboolean open_volume(FsKernel *kernel, UmlFs *uml, const GPtrArray *others, GError **error)
{
    UmlClient *client = &uml->client;
    client->device = uml_kernel_connect(kernel, find_level(uml->base.volume, others), error);
    if (!client->device)
        return FALSE;
    for (guint i = 0; others && i < others->len; i++)
        if (!uml_client_add(client, others->pdata[i], uml->type, &uml->slot, error))
            return FALSE;
    return uml_client_add(client, uml->base.volume, uml->type, &uml->slot, error) &&
           mount_volume(uml, error);
}

void uml_close(Fs *fs)
{
    UmlFs *uml = (UmlFs *)fs;
    uml_client_clear(&uml->client);
    disk_unref(fs->volume);
    g_free(uml->type);
    g_free(uml);
}

gboolean fs_kernel_open(FsKernel *kernel, Disk *volume, const GPtrArray *others, const char *type,
                        Fs **ret_fs, GError **error)
{
    UmlFs *uml = g_new0(UmlFs, 1);
    uml->base.ops = &fs_uml_ops;
    uml->base.volume = disk_ref(volume);
    uml->type = g_strdup(type);
    uml_client_init(&uml->client);
    if (!open_volume(kernel, uml, others, error)) {
        g_prefix_error(error, "%s on %s: cannot open the filesystem: ", type, disk_name(volume));
        uml_close(&uml->base);
        return FALSE;
    }
    g_debug("%s on %s: mounted", type, disk_name(volume));
    *ret_fs = &uml->base;
    return TRUE;
}

/* A journal on another device is not the kernel's to find: the superblock names it by a number,
   which may be that of any device of the host. */
gboolean fs_kernel_can_replay(Disk *volume, const char *type)
{
    uint8_t super[EXT4_SUPERBLOCK_BYTES];
    return g_strcmp0(type, "ext4") == 0 && disk_is_writable(volume) &&
           disk_read(volume, EXT4_SUPERBLOCK_OFFSET, super, sizeof(super), NULL) &&
           (get_le32(super + EXT4_FEATURE_INCOMPAT) & EXT4_INCOMPAT_RECOVER) != 0 &&
           get_le32(super + EXT4_JOURNAL_INODE) != 0 && get_le32(super + EXT4_JOURNAL_DEVICE) == 0;
}

/* Mounting replays the journal; after AGENT_SYNC it is empty. */
gboolean fs_kernel_replay(FsKernel *kernel, Disk *volume, const char *type, GError **error)
{
    UmlRequest request = {.operation = AGENT_SYNC};
    g_auto(UmlReply) reply = {0};
    g_autoptr(Fs) fs = NULL;
    if (!fs_kernel_open(kernel, volume, NULL, type, &fs, error))
        return FALSE;
    UmlFs *uml = (UmlFs *)fs;
    return uml_call(uml, &request, &reply, error) && uml_client_check_disks(&uml->client, error);
}
