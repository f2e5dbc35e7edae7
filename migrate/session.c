/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source machine with its disks being served. */
#include "migrate/session.h"

#include "base/error.h"
#include "convert/overlay.h"
#include "disk/luks.h"
#include "disk/nbd.h"
#include "fs/host_process.h"

/* Journal replay and dry runs change a few MiB at most; more means that something is wrong. */
#define SCRATCH_LIMIT_BYTES (UINT64_C(256) << 20)

struct Session {
    Source *source;
    gboolean writable;
    KeyRing *keys;            /* borrowed */
    const char *root;         /* borrowed */
    GPtrArray *image_options; /* of char *, one per disk */
    FsBackend backend;
    GPtrArray *kernels;       /* of UmlProcess: as many as were wanted */
    HostProcess *host_kernel; /* NULL: none was wanted */
    GPtrArray *servers;       /* of NbdServer, one per disk; empty once stopped */
};

static void server_stop(gpointer server)
{
    nbd_server_stop(server);
}

static void kernel_stop(gpointer kernel)
{
    uml_process_stop(kernel);
}

static void disk_drop(gpointer disk)
{
    disk_unref(disk);
}

char *session_overlay_path(const char *overlay_dir, guint index)
{
    g_autofree char *name = g_strdup_printf("%u.overlay", index);
    return g_build_filename(overlay_dir, name, NULL);
}

static gboolean serve_disk(Session *session, const MachineDisk *disk, guint index,
                           const char *overlay_dir, GError **error)
{
    char *options = NULL;
    if (overlay_dir) {
        g_autofree char *path = session_overlay_path(overlay_dir, index);
        if (!overlay_create(disk, path, &options, error))
            return FALSE;
    } else {
        options = g_strdup(disk->image_options);
    }
    g_ptr_array_add(session->image_options, options);

    NbdServer *server = nbd_server_start(options, session->writable, error);
    if (!server) {
        g_prefix_error(error, "cannot read '%s': ", disk->path ? disk->path : "a blank disk");
        return FALSE;
    }
    g_ptr_array_add(session->servers, server);
    return TRUE;
}

Session *session_open(Source *source, const char *overlay_dir, GError **error)
{
    g_autoptr(Session) session = g_new0(Session, 1);
    session->source = source;
    session->writable = overlay_dir != NULL;
    session->image_options = g_ptr_array_new_with_free_func(g_free);
    session->servers = g_ptr_array_new_with_free_func(server_stop);
    session->kernels = g_ptr_array_new_with_free_func(kernel_stop);
    if (!source_open_disks(source, overlay_dir, error))
        return NULL;
    const Machine *machine = source_machine(source);
    for (guint i = 0; i < machine->disks->len; i++)
        if (!serve_disk(session, g_ptr_array_index(machine->disks, i), i, overlay_dir, error))
            return NULL;
    return g_steal_pointer(&session);
}

void session_close(Session *session)
{
    if (!session)
        return;
    g_clear_pointer(&session->kernels, g_ptr_array_unref);
    host_process_stop(session->host_kernel);
    g_ptr_array_unref(session->servers);
    g_ptr_array_unref(session->image_options);
    source_close(session->source);
    g_free(session);
}

const Machine *session_machine(const Session *session)
{
    return source_machine(session->source);
}

void session_adopt_mac(const Session *session, const char *mac)
{
    if (!source_adopt_mac(session->source, mac))
        g_debug("'%s' is no address for a network card here, skipping", mac);
}

const GPtrArray *session_findings(const Session *session)
{
    return source_findings(session->source);
}

gboolean session_is_writable(const Session *session)
{
    return session->writable;
}

void session_set_keys(Session *session, KeyRing *keys)
{
    session->keys = keys;
}

void session_set_root(Session *session, const char *root)
{
    session->root = root;
}

void session_set_backend(Session *session, FsBackend backend)
{
    session->backend = backend;
}

static int request_kernel(void *channel, GError **error)
{
    return worker_request_descriptor(channel, error);
}

FsKernel *session_new_kernel(const Session *session, WorkerChannel *channel)
{
    return session->backend == FS_BACKEND_NONE ? NULL : fs_kernel_new(request_kernel, channel);
}

const char *session_root(const Session *session)
{
    return session->root;
}

KeyRing *session_keys(const Session *session)
{
    return session->keys;
}

void session_stop_servers(Session *session)
{
    g_ptr_array_set_size(session->kernels, 0);
    g_clear_pointer(&session->host_kernel, host_process_stop);
    g_ptr_array_set_size(session->servers, 0);
}

/* Theirs is the kernel that a hostile filesystem meets: one that is an ordinary process is better
   where there is one. */
static gboolean uses_host_kernel(FsBackend backend)
{
    return backend == FS_BACKEND_HOST ||
           (backend == FS_BACKEND_BEST && !uml_process_is_installed() &&
            host_process_is_possible());
}

int session_provide_kernel(void *provider, GError **error)
{
    Session *session = provider;
    int fd = -1;
    if (session->kernels->len >= FS_KERNEL_LEVELS || session->host_kernel) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "no further kernel is started");
        return -1;
    }
    if (uses_host_kernel(session->backend)) {
        session->host_kernel = host_process_start(&fd, error);
        return fd;
    }
    UmlProcess *kernel = uml_process_start(error);
    if (!kernel)
        return -1;
    g_ptr_array_add(session->kernels, kernel);
    return uml_process_connect(kernel, error);
}

const char *session_image_options(const Session *session, guint index)
{
    return g_ptr_array_index(session->image_options, index);
}

GPtrArray *session_connect_disks(const Session *session, GError **error)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func(disk_drop);
    luks_prepare(key_ring_count(session->keys) > 0);
    for (guint i = 0; i < session->servers->len; i++) {
        const MachineDisk *machine_disk = g_ptr_array_index(session_machine(session)->disks, i);
        g_autofree char *name = g_strdup_printf("disk %u", i + 1);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(g_ptr_array_index(session->servers, i)), name,
                             session->writable, machine_disk->sector_size, error);
        if (!disk)
            return NULL;
        g_ptr_array_add(disks, session->writable ? disk_ref(disk)
                                                 : disk_new_scratch(disk, SCRATCH_LIMIT_BYTES));
    }
    return g_steal_pointer(&disks);
}
