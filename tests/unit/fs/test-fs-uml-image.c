/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XFS, Btrfs and ext4 images for the tests of the driver. */
#include "test-fs-uml-image.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/run.h"
#include "fs/host_process.h"

enum { PROGRAM_SECONDS = 120, OUTPUT_MAX = 16 * 1024 * 1024 };

static UmlProcess *processes[FS_KERNEL_LEVELS];
static HostProcess *host_process;
static FsKernel *kernel;

/* DRYDOCK_TEST_KERNEL=host: the tests are of the host's own kernel. */
gboolean uml_kernel_is_host(void)
{
    return g_strcmp0(g_getenv("DRYDOCK_TEST_KERNEL"), "host") == 0;
}

static int connect_kernel(void *data, GError **error)
{
    int fd = -1;
    if (uml_kernel_is_host()) {
        host_process = host_process_start(&fd, error);
        return fd;
    }
    UmlProcess **started = data;
    while (*started)
        started++;
    *started = uml_process_start(error);
    return *started ? uml_process_connect(*started, error) : -1;
}

FsKernel *uml_kernel(void)
{
    if (!kernel)
        kernel = fs_kernel_new(connect_kernel, processes);
    return kernel;
}

void uml_kernel_kill(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(processes); i++)
        g_clear_pointer(&processes[i], uml_process_stop);
    g_clear_pointer(&host_process, host_process_stop);
}

/* As a volume that is none says: another error than that of its content. */
gboolean uml_kernel_is_broken(void)
{
    g_autoptr(Disk) disk = disk_new_memory(1 << 20, 512);
    g_autoptr(GError) error = NULL;
    Fs *fs = NULL;
    g_assert_false(fs_kernel_open(uml_kernel(), disk, NULL, "xfs", &fs, &error));
    return strstr(error->message, "ended unexpectedly") || strstr(error->message, "no sense");
}

void uml_kernel_end(void)
{
    g_clear_pointer(&kernel, fs_kernel_free);
    uml_kernel_kill();
}

/* They live in the administrator's directories, which PATH need not name. */
static char *find_program(const char *name)
{
    static const char *const folders[] = {"/usr/sbin", "/sbin"};
    char *path = g_find_program_in_path(name);
    for (gsize i = 0; !path && i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *candidate = g_build_filename(folders[i], name, NULL);
        if (g_file_test(candidate, G_FILE_TEST_IS_EXECUTABLE))
            path = g_steal_pointer(&candidate);
    }
    return path;
}

static gboolean programs_are_there(void)
{
    static const char *const names[] = {"linux.uml", "mkfs.xfs",  "xfs_repair", "mkfs.btrfs",
                                        "btrfs",     "mkfs.ext4", "e2fsck"};
    if (uml_kernel_is_host() && !host_process_is_possible()) {
        g_test_skip("not root, or no FUSE or loop devices here");
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = find_program(names[i]);
        if (!path) {
            g_test_skip("user-mode-linux, xfsprogs, btrfs-progs or e2fsprogs are not installed");
            return FALSE;
        }
    }
    return TRUE;
}

char *uml_image_run(const UmlImage *image, const char *command)
{
    const RunOptions options = {.timeout_seconds = PROGRAM_SECONDS,
                                .output_limit_bytes = OUTPUT_MAX};
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    g_autofree char *program = find_program(words[0]);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    g_assert_nonnull(program);
    g_ptr_array_add(arguments, program);
    for (gsize i = 1; words[i]; i++)
        if (*words[i])
            g_ptr_array_add(arguments, words[i]);
    g_ptr_array_add(arguments, image->path);
    g_ptr_array_add(arguments, NULL);
    gboolean ok = run_program((const char *const *)arguments->pdata, &options, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return output;
}

static UmlImage *image_new(const char *type)
{
    g_autoptr(GError) error = NULL;
    UmlImage *image = g_new0(UmlImage, 1);
    image->directory = g_dir_make_tmp("drydock-uml-test-XXXXXX", &error);
    g_assert_no_error(error);
    image->path = g_build_filename(image->directory, "image", NULL);
    image->type = type;
    return image;
}

UmlImage *uml_image_new(const char *type, const char *options, guint size_mib)
{
    if (!programs_are_there())
        return NULL;
    UmlImage *image = image_new(type);
    int fd = g_open(image->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, (off_t)size_mib << 20), ==, 0);
    close(fd);
    g_autofree char *command = g_strdup_printf("mkfs.%s -q %s", type, options);
    g_autofree char *output = uml_image_run(image, command);
    return image;
}

UmlImage *uml_image_from_testdata(const char *type, const char *name)
{
    g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "filesystems", name, NULL);
    if (!programs_are_there())
        return NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("no test data");
        return NULL;
    }
    UmlImage *image = image_new(type);
    const char *program = g_str_has_suffix(path, ".xz") ? "xz" : "gzip";
    g_autofree char *command =
        g_strdup_printf("sh -c '%s -dc \"%s\" > \"%s\"'", program, path, image->path);
    g_autoptr(GError) error = NULL;
    int status = 0;
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, &error));
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    return image;
}

void uml_image_free(UmlImage *image)
{
    if (!image)
        return;
    g_autoptr(GDir) directory = g_dir_open(image->directory, 0, NULL);
    const char *name;
    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(image->directory, name, NULL);
        g_unlink(path);
    }
    g_rmdir(image->directory);
    g_free(image->path);
    g_free(image->directory);
    g_free(image);
}

void uml_image_check(const UmlImage *image)
{
    static const struct {
        const char *type, *command;
    } checkers[] = {
        {"xfs", "xfs_repair -n"},
        {"btrfs", "btrfs check --readonly"},
        {"ext4", "e2fsck -fn"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(checkers); i++) {
        if (g_str_equal(image->type, checkers[i].type)) {
            g_autofree char *output = uml_image_run(image, checkers[i].command);
            return;
        }
    }
    g_assert_not_reached();
}

/* Runs as init of a kernel whose root is the host's files. */
static char *write_script(const UmlImage *image, const char *commands)
{
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(image->directory, "init", NULL);
    g_autofree char *text = g_strdup_printf(
        "#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\nmount -t proc proc /proc\n"
        "mount -t %s /dev/ubda /mnt || echo failed\n{\n%s} 2>&1\ncd /\numount /mnt && echo "
        "'drydock: done'\n"
        "exec halt -f -p\n",
        image->type, commands);
    g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, &error);
    g_assert_no_error(error);
    return path;
}

char *uml_image_populate(const UmlImage *image, const char *commands)
{
    static const char *const needed[] = {"setfattr", "btrfs", "halt"};
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        g_autofree char *found = find_program(needed[i]);
        if (!found) {
            g_test_skip("attr, btrfs-progs or a program that halts the machine is not installed");
            return NULL;
        }
    }
    g_autofree char *script = write_script(image, commands);
    g_autofree char *disk = g_strconcat("ubd0=", image->path, NULL);
    g_autofree char *init = g_strconcat("init=", script, NULL);
    g_autofree char *uml_dir = g_strconcat("uml_dir=", image->directory, "/", NULL);
    const char *const argv[] = {"linux.uml",
                                "mem=256M",
                                disk,
                                init,
                                uml_dir,
                                "umid=fill",
                                "root=/dev/root",
                                "rootfstype=hostfs",
                                "hostfs=/",
                                "rw",
                                "con=null",
                                "con0=null,fd:1",
                                "selinux=0",
                                "quiet",
                                "panic=-1",
                                NULL};
    const RunOptions options = {.timeout_seconds = PROGRAM_SECONDS};
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    if (!run_program(argv, &options, &output, &error))
        g_test_message("%s", error->message); /* one that crashes its kernel on purpose */
    g_auto(GStrv) lines = g_strsplit(output ? output : "", "\r", -1); /* of a terminal */
    g_free(output);
    return g_strjoinv("", lines);
}

Disk *uml_image_disk(const UmlImage *image, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_open_file(image->path, writable, 512, &error);
    g_assert_no_error(error);
    return disk_new_cache(disk, 4 << 20);
}

Fs *uml_image_open(const UmlImage *image, gboolean writable)
{
    g_autoptr(Disk) disk = uml_image_disk(image, writable);
    g_autoptr(GError) error = NULL;
    Fs *fs = NULL;
    gboolean ok = fs_kernel_open(uml_kernel(), disk, NULL, image->type, &fs, &error);
    if (!ok)
        uml_kernel_end(); /* the log then has its last words */
    g_assert_no_error(error);
    g_assert_true(ok);
    return fs;
}
