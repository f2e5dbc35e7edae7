/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An archive as Linux unpacks at its start (Linux, Documentation/driver-api/early-userspace/
   buffer-format.rst: "newc"). */
#include "fs/uml_initramfs.h"

#include <string.h>

#define MODE_PROGRAM 0100755u
#define MODE_FILE 0100644u

/* What the agent loads when it is needed (fs/agent/agent_modules.c). The kernel that has one of
   them built in has no such file. */
static const char *const drivers[] = {
    "drivers/block/virtio_blk",
    "crypto/async_tx/async_tx",
    "crypto/async_tx/async_memcpy",
    "crypto/async_tx/async_xor",
    "crypto/async_tx/async_pq",
    "crypto/async_tx/async_raid6_recov",
    "drivers/md/md-mod",
    "drivers/md/linear",
    "drivers/md/raid0",
    "drivers/md/raid1",
    "drivers/md/raid10",
    "drivers/md/raid456",
    "drivers/md/dm-mod",
    "drivers/md/dm-raid",
    "drivers/md/dm-bufio",
    "drivers/md/persistent-data/dm-persistent-data",
    "drivers/md/dm-bio-prison",
    "drivers/md/dm-thin-pool",
    "drivers/md/dm-snapshot",
    "drivers/md/dm-cache",
    "drivers/md/dm-cache-smq",
    "drivers/md/dm-log",
    "drivers/md/dm-region-hash",
    "drivers/md/dm-mirror",
};

static void pad(GByteArray *archive)
{
    static const guint8 zeros[4];
    g_byte_array_append(archive, zeros, (4 - archive->len % 4) % 4);
}

static void add_entry(GByteArray *archive, const char *name, guint mode, const void *bytes,
                      gsize size)
{
    g_autofree char *header = g_strdup_printf(
        "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", archive->len, mode, 0u, 0u,
        1u, 0u, (guint)size, 0u, 0u, 0u, 0u, (guint)strlen(name) + 1, 0u);
    g_byte_array_append(archive, (const guint8 *)header, (guint)strlen(header));
    g_byte_array_append(archive, (const guint8 *)name, (guint)strlen(name) + 1);
    pad(archive);
    if (size > 0)
        g_byte_array_append(archive, bytes, (guint)size);
    pad(archive);
}

/* Of each release that is installed; the agent knows which one runs. */
static void add_drivers(GByteArray *archive, const char *modules_dir)
{
    g_autoptr(GDir) releases = g_dir_open(modules_dir, 0, NULL);
    const char *release;
    while (releases && (release = g_dir_read_name(releases))) {
        for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
            g_autofree char *path =
                g_strconcat(modules_dir, "/", release, "/kernel/", drivers[i], ".ko", NULL);
            g_autofree char *base = g_path_get_basename(path);
            g_autofree char *name = g_strconcat(release, "-", base, NULL);
            g_autofree char *content = NULL;
            gsize size;
            if (g_file_get_contents(path, &content, &size, NULL))
                add_entry(archive, name, MODE_FILE, content, size);
        }
    }
}

GByteArray *uml_initramfs_make(const char *modules_dir)
{
    GByteArray *archive = g_byte_array_new();
    add_entry(archive, "init", MODE_PROGRAM, uml_agent_files[0].content, uml_agent_files[0].length);
    add_drivers(archive, modules_dir);
    add_entry(archive, "TRAILER!!!", 0, NULL, 0);
    return archive;
}
