/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that is repaired or brought back in place. */
#include "migrate/fix/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "migrate/fix/device_use.h"
#include "migrate/image_lock.h"

struct FixTarget {
    char *path;
    dev_t device; /* 0: an image file */
    int fd;
    NbdServer *server;
    Disk *disk;
};

void fix_target_close(FixTarget *target)
{
    if (!target)
        return;
    disk_unref(target->disk);
    nbd_server_stop(target->server);
    if (target->fd >= 0)
        close(target->fd);
    g_free(target->path);
    g_free(target);
}

const char *fix_target_path(const FixTarget *target)
{
    return target->path;
}

gboolean fix_target_holds(const FixTarget *target, const char *folder)
{
    return target->device != 0 && device_use_holds(target->device, folder);
}

static gboolean refuse_busy(const FixTarget *target, const char *use, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                      "unmount what is on it, and deactivate swap, volume groups and arrays: "
                      "umount, swapoff -a, vgchange -an, mdadm --stop",
                      "'%s' is in use: %s", target->path,
                      use ? use : "another program has claimed it");
    return FALSE;
}

/* With O_EXCL the kernel refuses what is mounted or claimed, partitions included, and claims it for
   us: nobody mounts it meanwhile. Loop devices claim nothing. */
static gboolean open_device(FixTarget *target, GError **error)
{
    int read_only = 0;
    g_autofree char *use = device_use_describe(target->device);
    target->fd = open(target->path, O_RDWR | O_EXCL | O_CLOEXEC);
    if (use || (target->fd < 0 && errno == EBUSY))
        return refuse_busy(target, use, error);
    if (target->fd < 0 && errno != EROFS && errno != EACCES && errno != EPERM) {
        drydock_error_set_errno(error, errno, "cannot change '%s'", target->path);
        return FALSE;
    }
    if (target->fd < 0 && errno != EROFS) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "become root",
                          "'%s' may not be changed by this user", target->path);
        return FALSE;
    }
    if (target->fd < 0 || ioctl(target->fd, BLKROGET, &read_only) != 0 || read_only) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "look for a switch on the disk, or try blockdev --setrw",
                          "'%s' is read-only", target->path);
        return FALSE;
    }
    return TRUE;
}

static gboolean open_image(FixTarget *target, GError **error)
{
    g_autofree char *loop = device_use_find_loop(target->path);
    if (loop) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "detach it: losetup -d",
                          "'%s' is in use: %s stands on it", target->path, loop);
        return FALSE;
    }
    target->fd = image_lock_take(target->path, error);
    return target->fd >= 0;
}

FixTarget *fix_target_open(const char *path, GError **error)
{
    g_autoptr(FixTarget) target = g_new0(FixTarget, 1);
    struct stat status;
    target->fd = -1;
    char *real = realpath(path, NULL);
    if (!real || stat(real, &status) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "check the path", "cannot open '%s': %s",
                          path, g_strerror(errno));
        free(real);
        return NULL;
    }
    target->path = g_strdup(real);
    free(real);
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name disks (/dev/sda) or image files",
                          "'%s' is neither a disk nor an image file", path);
        return NULL;
    }
    if (S_ISBLK(status.st_mode))
        target->device = status.st_rdev;
    gboolean ok = S_ISBLK(status.st_mode) ? open_device(target, error) : open_image(target, error);
    return ok ? g_steal_pointer(&target) : NULL;
}

gboolean fix_target_check(const FixTarget *target, const MachineDisk *disk, GError **error)
{
    static const SourceFormat formats[] = {SOURCE_FORMAT_RAW, SOURCE_FORMAT_QCOW2,
                                           SOURCE_FORMAT_VMDK};
    const char *hint = "convert it: migrate DISK… -o DIR";
    gboolean known = FALSE;
    for (guint i = 0; disk && i < G_N_ELEMENTS(formats); i++)
        known = known || disk->format == formats[i];
    if (!disk || disk->member || g_strcmp0(disk->path, target->path) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the disks themselves",
                          "'%s' is not a disk or a disk image", target->path);
        return FALSE;
    }
    if (!known || g_strcmp0(disk->variant, "streamOptimized") == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, hint,
                          "'%s' (%s%s%s) cannot be changed in place", target->path,
                          source_format_name(disk->format), disk->variant ? " " : "",
                          disk->variant ? disk->variant : "");
        return FALSE;
    }
    return TRUE;
}

Disk *fix_target_serve(FixTarget *target, const MachineDisk *disk, GError **error)
{
    if (target->device == 0 && !image_lock_check(target->fd, target->path, error))
        return NULL;
    target->server = nbd_server_start_durable(disk->image_options, error);
    if (!target->server) {
        g_prefix_error(error, "cannot open '%s' for writing: ", target->path);
        return NULL;
    }
    target->disk = disk_connect_nbd(nbd_server_socket(target->server), target->path, TRUE,
                                    disk->sector_size, error);
    return target->disk;
}

static void target_drop(gpointer target)
{
    fix_target_close(target);
}

GPtrArray *fix_targets_open(const char *const *paths, guint count, GError **error)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(target_drop);
    for (guint i = 0; i < count; i++) {
        g_autofree char *real = realpath(paths[i], NULL);
        for (guint k = 0; real && k < targets->len; k++)
            if (g_str_equal(real, fix_target_path(g_ptr_array_index(targets, k)))) {
                drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name each disk once",
                                  "'%s' was named twice", paths[i]);
                return NULL;
            }
        FixTarget *target = fix_target_open(paths[i], error);
        if (!target)
            return NULL;
        g_ptr_array_add(targets, target);
    }
    return g_steal_pointer(&targets);
}
