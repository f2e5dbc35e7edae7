/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The User-Mode Linux kernel as a process: where it is, what it is given, and what it may do. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "fs/uml.h"
#include "fs/uml_initramfs.h"
#include "fs/uml_supervise.h"

#define MODULES_DIR "/usr/lib/uml/modules"
#define KERNEL_ID "kernel"
/* Its memory is a file that takes room as it is used: 60 MiB for most volumes. */
#define KERNEL_MEMORY "mem=384M"
#define KERNEL_MEMORY_BYTES ((uint64_t)384 << 20)
#define ROOM_BYTES ((uint64_t)32 << 20) /* for the initramfs, and others */
#define CONNECT_LIMIT_SECONDS 60
#define VIRTIO_ID_BLOCK "2"
/* As fs/agent/agent_modules.c has it, for a kernel with the drivers built in. */
#define RAID_PARAMETERS                                                                            \
    "md_mod.start_ro=1", "raid456.devices_handle_discard_safely=1",                                \
        "dm_raid.devices_handle_discard_safely=1"

/* Ours (packaging/uml) starts four times as fast as Debian's. */
static const char *const programs[] = {"drydock-uml", "linux.uml"};

struct UmlProcess {
    UmlSupervisor supervisor;
    char *directory;
    int listen_fd; /* -1: none */
};

static char *find_program(GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        char *path = g_find_program_in_path(programs[i]);
        if (path)
            return path;
    }
    drydock_error_set(
        error, DRYDOCK_ERROR_MISSING_TOOL,
        "install user-mode-linux (Debian, Ubuntu); --fs-backend none leaves the volume alone",
        "reading this volume needs User-Mode Linux, which is not installed");
    return NULL;
}

gboolean uml_process_is_installed(void)
{
    g_autofree char *program = find_program(NULL);
    return program != NULL;
}

/* The kernel maps its memory from a file for execution: many hosts mount /tmp or /dev/shm so that
   this is refused. */
static gboolean can_execute_from(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return FALSE;
    void *page = MAP_FAILED;
    if (ftruncate(fd, 4096) == 0)
        page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED)
        return FALSE;
    munmap(page, 4096);
    return TRUE;
}

/* A container's /dev/shm often has 64 MiB, and a page that finds no room ends the kernel. */
static gboolean has_room(const char *directory)
{
    struct statvfs info;
    return statvfs(directory, &info) == 0 &&
           (uint64_t)info.f_bavail * info.f_frsize >= KERNEL_MEMORY_BYTES + ROOM_BYTES;
}

/* The socket's path has to fit into sockaddr_un, and into the kernel's command line. */
static gboolean make_directory(UmlProcess *process, GError **error)
{
    const char *bases[] = {"/dev/shm", g_get_tmp_dir(), g_getenv("XDG_RUNTIME_DIR"), "/tmp",
                           "/var/tmp"};
    for (guint i = 0; i < G_N_ELEMENTS(bases); i++) {
        if (!bases[i] || !g_path_is_absolute(bases[i]) || strpbrk(bases[i], ": \"'") ||
            strlen(bases[i]) + sizeof("/drydock-uml-XXXXXX/socket") >
                sizeof(((struct sockaddr_un *)NULL)->sun_path) ||
            !has_room(bases[i]) || !can_execute_from(bases[i]))
            continue;
        g_autofree char *directory = g_build_filename(bases[i], "drydock-uml-XXXXXX", NULL);
        if (g_mkdtemp_full(directory, 0700)) {
            process->directory = g_steal_pointer(&directory);
            return TRUE;
        }
    }
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM,
                      "set TMPDIR to a folder with 416 MiB of room on a filesystem that is not "
                      "mounted noexec",
                      "no folder for User-Mode Linux, whose memory is a file that is executed");
    return FALSE;
}

static gboolean listen_on(UmlProcess *process, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    process->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (process->listen_fd >= 0 &&
        bind(process->listen_fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(process->listen_fd, 1) == 0)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot listen on '%s'", path);
    return FALSE;
}

static gboolean write_initramfs(const char *path, GError **error)
{
    g_autoptr(GByteArray) archive = uml_initramfs_make(MODULES_DIR);
    g_autoptr(GError) local = NULL;
    if (g_file_set_contents_full(path, (const char *)archive->data, (gssize)archive->len,
                                 G_FILE_SET_CONTENTS_NONE, 0600, &local))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, "free some space for temporary files", "%s",
                      local->message);
    return FALSE;
}

/* It reads itself, its libraries and /proc, and writes into its folder. */
static Confinement *prepare_confinement(const char *program, const char *directory, GError **error)
{
    static const int denied_calls[] = {SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)};
    const char *const readable[] = {program, "/usr/lib",  "/usr/lib64",
                                    "/lib",  "/lib64",    "/etc/ld.so.cache",
                                    "/proc", "/dev/null", NULL};
    const char *const writable[] = {directory, NULL};
    const ConfineOptions options = {
        readable, writable, -1, denied_calls, G_N_ELEMENTS(denied_calls), TRUE};
    return confine_prepare(&options, error);
}

static gboolean start(UmlProcess *process, const char *program, const char *socket_path,
                      const char *initramfs_path, GError **error)
{
    g_autofree char *initrd = g_strconcat("initrd=", initramfs_path, NULL);
    g_autofree char *device =
        g_strconcat("virtio_uml.device=", socket_path, ":" VIRTIO_ID_BLOCK, NULL);
    g_autofree char *uml_dir = g_strconcat("uml_dir=", process->directory, "/", NULL);
    g_autofree char *tmpdir = g_strconcat("TMPDIR=", process->directory, NULL);
    g_autofree char *home = g_strconcat("HOME=", process->directory, NULL);
    const char *const argv[] = {program,     KERNEL_MEMORY,     initrd,         device,
                                uml_dir,     "umid=" KERNEL_ID, "con=null",     "con0=null,fd:1",
                                "stderr=1",  "ssl=null",        "rdinit=/init", "panic=-1",
                                "selinux=0", "apparmor=0",      "quiet",        RAID_PARAMETERS,
                                NULL};
    const char *const environment[] = {tmpdir, home, "PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    g_autoptr(Confinement) confinement = prepare_confinement(program, process->directory, error);
    if (!confinement)
        return FALSE;
    UmlCommand command = {program, argv, environment, confinement};
    return uml_supervise_start(&command, &process->supervisor, error);
}

UmlProcess *uml_process_start(GError **error)
{
    g_autofree char *program = find_program(error);
    if (!program)
        return NULL;
    g_autoptr(UmlProcess) process = g_new0(UmlProcess, 1);
    process->supervisor = (UmlSupervisor){0, -1, -1};
    process->listen_fd = -1;
    if (!make_directory(process, error))
        return NULL;
    g_autofree char *socket_path = g_build_filename(process->directory, "socket", NULL);
    g_autofree char *initramfs_path = g_build_filename(process->directory, "initramfs", NULL);
    if (!listen_on(process, socket_path, error) || !write_initramfs(initramfs_path, error) ||
        !start(process, program, socket_path, initramfs_path, error))
        return NULL;
    return g_steal_pointer(&process);
}

/* All but the folder itself: what is left should this process be killed takes no room. */
static void remove_files(const char *directory)
{
    static const char *const names[] = {"socket", "initramfs"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        g_unlink(path);
    }
}

int uml_process_connect(UmlProcess *process, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + CONNECT_LIMIT_SECONDS * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < deadline) {
        struct pollfd listening = {.fd = process->listen_fd, .events = POLLIN};
        poll(&listening, 1, 20);
        int fd = accept4(process->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            remove_files(process->directory);
            return fd;
        }
        if (!interrupt_check(error) || !uml_supervise_check(&process->supervisor, error))
            return -1;
    }
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                      "User-Mode Linux did not start within %d seconds", CONNECT_LIMIT_SECONDS);
    return -1;
}

static void remove_directory(const char *directory)
{
    static const char *const names[] = {KERNEL_ID "/pid", KERNEL_ID "/mconsole", KERNEL_ID};
    remove_files(directory);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        g_remove(path);
    }
    g_rmdir(directory);
}

void uml_process_stop(UmlProcess *process)
{
    if (!process)
        return;
    if (process->supervisor.lifeline_fd >= 0)
        uml_supervise_stop(&process->supervisor);
    if (process->listen_fd >= 0)
        close(process->listen_fd);
    if (process->directory)
        remove_directory(process->directory);
    g_free(process->directory);
    g_free(process);
}
