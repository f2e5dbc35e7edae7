/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Free space that machines in progress will still need. */
#include "migrate/batch/space.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "migrate/output.h"

/* The filesystem that folder is on, or will be. */
static gboolean find_filesystem(const char *folder, dev_t *ret_device, uint64_t *ret_free_bytes)
{
    g_autofree char *path = g_strdup(folder);
    struct stat status;
    struct statvfs space;
    while (stat(path, &status) != 0) {
        if (errno != ENOENT || g_str_equal(path, "/") || g_str_equal(path, "."))
            return FALSE;
        char *parent = g_path_get_dirname(path);
        g_free(path);
        path = parent;
    }
    if (statvfs(path, &space) != 0)
        return FALSE;
    *ret_device = status.st_dev;
    *ret_free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    return TRUE;
}

BatchSpace batch_space_check(const BatchReservation *wanted, const GArray *others)
{
    dev_t device;
    uint64_t free_bytes, promised = 0;
    guint count = 0;
    if (!find_filesystem(wanted->folder, &device, &free_bytes))
        return BATCH_SPACE_FITS; /* convert will say what is wrong */
    for (guint i = 0; i < others->len; i++) {
        const BatchReservation *other = &g_array_index(others, BatchReservation, i);
        dev_t other_device;
        uint64_t unused;
        if (!find_filesystem(other->folder, &other_device, &unused) || other_device != device)
            continue;
        uint64_t written = output_written_bytes(other->folder, other->name);
        promised += other->bytes > written ? other->bytes - written : 0;
        count++;
    }
    if (promised <= free_bytes && wanted->bytes <= free_bytes - promised)
        return BATCH_SPACE_FITS;
    return count > 0 ? BATCH_SPACE_LATER : BATCH_SPACE_SHORT;
}
