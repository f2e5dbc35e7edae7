/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks behind a real qemu-nbd. */
#include "disk/nbd.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "disk/partition.h"
#include "disk/probe.h"
#include "support.h"

#define MIB (UINT64_C(1) << 20)
#define DISK_BYTES (64 * MIB)

static const char *const programs[] = {"qemu-nbd", "qemu-img", NULL};

typedef struct {
    char *folder;
    char *source;  /* raw */
    char *overlay; /* qcow2 on source */
    char *options; /* of the overlay */
} Images;

static void images_make(Images *images)
{
    images->folder = test_folder_make();
    images->source = g_build_filename(images->folder, "source.raw", NULL);
    images->overlay = g_build_filename(images->folder, "overlay.qcow2", NULL);
    images->options = g_strdup_printf("driver=qcow2,file.driver=file,file.filename=%s,"
                                      "backing.driver=raw,backing.file.driver=file,"
                                      "backing.file.filename=%s",
                                      images->overlay, images->source);
    test_make_file(images->source, DISK_BYTES);
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) source = disk_open_file(images->source, TRUE, 512, &error);
    g_assert_no_error(error);
    g_autofree uint8_t *bytes = g_malloc(8 * MIB);
    for (uint64_t offset = 0; offset < DISK_BYTES; offset += 8 * MIB) {
        test_fill(bytes, 8 * MIB, (guint32)offset + 7);
        assert_ok(disk_write(source, offset, bytes, 8 * MIB, &error), error);
    }
    TEST_RUN("qemu-img", "create", "-q", "-f", "qcow2", "-b", images->source, "-F", "raw",
             images->overlay);
}

static void images_remove(Images *images)
{
    test_folder_remove(images->folder);
    g_free(images->source);
    g_free(images->overlay);
    g_free(images->options);
}

static void check_same(Disk *a, Disk *b)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *left = g_malloc(4 * MIB), *right = g_malloc(4 * MIB);
    g_assert_cmpuint(disk_size(a), ==, disk_size(b));
    for (uint64_t offset = 0; offset < disk_size(a); offset += 4 * MIB) {
        assert_ok(disk_read(a, offset, left, 4 * MIB, &error), error);
        assert_ok(disk_read(b, offset, right, 4 * MIB, &error), error);
        g_assert_true(memcmp(left, right, 4 * MIB) == 0);
    }
}

/* The same writes go to the export and to a copy in memory. */
static void write_both(Disk *disk, Disk *copy, uint64_t offset, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc(length);
    test_fill(bytes, length, (guint32)(offset + length));
    assert_ok(disk_write(disk, offset, bytes, length, &error), error);
    assert_ok(disk_write(copy, offset, bytes, length, &error), error);
}

static void discard_both(Disk *disk, Disk *copy, uint64_t offset, uint64_t length)
{
    g_autoptr(GError) error = NULL;
    assert_ok(disk_discard(disk, offset, length, &error), error);
    assert_ok(disk_discard(copy, offset, length, &error), error);
}

static void test_overlay(void)
{
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    Images images;
    images_make(&images);

    g_autoptr(Disk) source = disk_open_file(images.source, FALSE, 512, &error);
    g_assert_no_error(error);
    g_autoptr(Disk) copy = disk_new_memory(DISK_BYTES, 512);
    g_autofree uint8_t *all = g_malloc(DISK_BYTES);
    assert_ok(disk_read(source, 0, all, DISK_BYTES, &error), error);
    assert_ok(disk_write(copy, 0, all, DISK_BYTES, &error), error);
    {
        g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
        g_assert_no_error(error);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(disk_name(disk), ==, "disk 1");
        check_same(disk, copy);

        write_both(disk, copy, 3, 5);
        write_both(disk, copy, 65536, 65536);
        write_both(disk, copy, 5 * MIB + 1, 23 * MIB + 11); /* more than fits in flight */
        discard_both(disk, copy, 32 * MIB, 8 * MIB);
        discard_both(disk, copy, 50 * MIB + 100, 70000);
        check_same(disk, copy);

        /* A second connection sees the same; what lies beyond the end is refused. */
        g_autoptr(Disk) second =
            disk_connect_nbd(nbd_server_socket(server), "disk 1 again", FALSE, 512, &error);
        g_assert_no_error(error);
        check_same(second, copy);
        g_assert_false(disk_read(disk, DISK_BYTES - 1, all, 2, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_clear_error(&error);
        assert_ok(disk_flush(disk, &error), error);
    }
    {
        g_autoptr(NbdServer) server = nbd_server_start(images.options, FALSE, &error);
        g_assert_no_error(error);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(server), "disk 1", FALSE, 4096, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(disk_sector_size(disk), ==, 4096);
        check_same(disk, copy);
        g_assert_false(disk_write(disk, 0, all, 1, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
        g_clear_error(&error);
        g_assert_null(disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
        g_clear_error(&error);
    }
    /* The source has stayed as it was. */
    g_autofree uint8_t *now = g_malloc(8 * MIB), *before = g_malloc(8 * MIB);
    assert_ok(disk_read(source, 0, now, 8 * MIB, &error), error);
    test_fill(before, 8 * MIB, 7);
    g_assert_true(memcmp(now, before, 8 * MIB) == 0);
    images_remove(&images);
}

/* What is discarded takes no room in the overlay. */
static void test_discard_frees(void)
{
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    Images images;
    images_make(&images);
    {
        g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
        g_assert_no_error(error);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error);
        g_assert_no_error(error);
        assert_ok(disk_discard(disk, 0, 48 * MIB, &error), error);
        assert_ok(disk_flush(disk, &error), error);
    }
    GStatBuf status;
    g_assert_cmpint(g_stat(images.overlay, &status), ==, 0);
    g_assert_cmpint(status.st_blocks * 512, <, MIB);
    images_remove(&images);
}

static void test_server_dies(void)
{
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    Images images;
    images_make(&images);
    g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
    g_assert_no_error(error);
    g_autofree char *socket_path = g_strdup(nbd_server_socket(server));
    g_autofree char *folder = g_path_get_dirname(socket_path);
    GStatBuf status;
    g_assert_cmpint(g_stat(folder, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0700);
    g_autoptr(Disk) disk = disk_connect_nbd(socket_path, "disk 1", TRUE, 512, &error);
    g_assert_no_error(error);

    g_assert_cmpint(kill(nbd_server_pid(server), SIGKILL), ==, 0);
    g_autofree uint8_t *bytes = g_malloc0(20 * MIB);
    g_assert_false(disk_read(disk, 0, bytes, 20 * MIB, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    g_assert_nonnull(strstr(error->message, "disk 1"));
    g_clear_error(&error);
    g_assert_false(disk_write(disk, 0, bytes, 20 * MIB, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    g_clear_error(&error);
    g_assert_false(disk_discard(disk, 0, 10, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    g_clear_error(&error);
    g_assert_false(disk_flush(disk, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    g_clear_error(&error);

    g_clear_pointer(&server, nbd_server_stop);
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    g_assert_null(disk_connect_nbd(socket_path, "disk 1", TRUE, 512, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    images_remove(&images);
}

static void ignore_signal(G_GNUC_UNUSED int number)
{
}

/* A signal that is not for us, in the middle of everything. */
static void test_signals(void)
{
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    Images images;
    images_make(&images);
    const struct sigaction action = {.sa_handler = ignore_signal}; /* without SA_RESTART */
    const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    g_assert_cmpint(sigaction(SIGALRM, &action, NULL), ==, 0);
    {
        g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
        g_assert_no_error(error);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error);
        g_assert_no_error(error);
        g_autofree uint8_t *bytes = g_malloc(DISK_BYTES);
        g_assert_cmpint(setitimer(ITIMER_REAL, &often, NULL), ==, 0);
        assert_ok(disk_read(disk, 0, bytes, DISK_BYTES, &error), error);
        assert_ok(disk_write(disk, 0, bytes, DISK_BYTES / 2, &error), error);
        assert_ok(disk_flush(disk, &error), error);
        g_assert_cmpint(setitimer(ITIMER_REAL, &never, NULL), ==, 0);
    }
    signal(SIGALRM, SIG_DFL);
    images_remove(&images);
}

static void test_bad_images(void)
{
    static const struct {
        const char *options; /* %s: the source */
        int code;
        const char *text; /* must be part of the message */
    } rows[] = {
        {"driver=qcow2,file.driver=file,file.filename=%s", DRYDOCK_ERROR_CORRUPT,
         "not in qcow2 format"},
        {"driver=vmdk,file.driver=file,file.filename=%s", DRYDOCK_ERROR_CORRUPT, "VMDK"},
        {"driver=raw,file.driver=file,file.filename=%s.missing", DRYDOCK_ERROR_NOT_FOUND,
         "No such file"},
        {"driver=nonsense,file.driver=file,file.filename=%s", DRYDOCK_ERROR_UNSUPPORTED,
         "nonsense"},
    };
    if (!test_has_programs(programs))
        return;
    Images images;
    images_make(&images);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) parts = g_strsplit(rows[i].options, "%s", 2);
        g_autofree char *options = g_strjoinv(images.source, parts);
        g_assert_null(nbd_server_start(options, FALSE, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].text));
        g_assert_nonnull(drydock_error_get_hint(error));
        g_assert_null(nbd_server_start(options, FALSE, NULL));
    }
    images_remove(&images);
}

/* TRUE: this process can open nothing any more. */
static gboolean confine(void)
{
    /* Everything of the first version of Landlock, and no rule that allows any of it. */
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = 0x1fff};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    return ruleset >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 &&
           open("/dev/null", O_RDONLY | O_CLOEXEC) < 0;
}

/* In a process of its own; its exit status: 0 all is well, 77 no Landlock here. */
static G_GNUC_NORETURN void use_confined(Disk *disk)
{
    g_autoptr(GError) error = NULL;
    if (!confine())
        _exit(77);
    g_autofree uint8_t *bytes = g_malloc(20 * MIB);
    g_autoptr(PartitionTable) table = NULL;
    g_autoptr(VolumeProbe) probe = NULL;
    gboolean ok = disk_read(disk, 0, bytes, 20 * MIB, &error) &&
                  disk_write(disk, 12345, bytes, 3 * MIB, &error) &&
                  disk_discard(disk, 30 * MIB, MIB, &error) && disk_flush(disk, &error) &&
                  (table = partition_table_read(disk, &error)) != NULL &&
                  (probe = volume_probe(disk, &error)) != NULL;
    if (!ok)
        g_printerr("%s\n", error->message);
    _exit(ok ? 0 : 1);
}

/* The worker that reads guests has connections and memory, and nothing else. */
static void test_confined(void)
{
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    Images images;
    images_make(&images);
    {
        g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
        g_assert_no_error(error);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error);
        g_assert_no_error(error);
        pid_t pid = fork();
        if (pid == 0)
            use_confined(disk);
        int status = 0;
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
            g_test_skip("the kernel has no Landlock");
        else
            g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    }
    images_remove(&images);
}

static void test_missing_program(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", "/nonexistent", TRUE);
    g_assert_null(nbd_server_start("driver=null-co", FALSE, &error));
    g_setenv("PATH", path, TRUE);
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL);
    g_assert_nonnull(strstr(drydock_error_get_hint(error), "qemu-utils"));
}

/* Not a check, as it depends on the machine: run with -m perf. */
static void test_speed(void)
{
    if (!g_test_perf() || !test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    Images images;
    images_make(&images);
    g_autofree uint8_t *all = g_malloc(DISK_BYTES);
    double best = G_MAXDOUBLE, sum = 0;
    for (guint i = 0; i < 20; i++) {
        gint64 start = g_get_monotonic_time();
        g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
        g_assert_no_error(error);
        g_autoptr(Disk) disk =
            disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error);
        g_assert_no_error(error);
        assert_ok(disk_read(disk, 0, all, 65536, &error), error);
        double ms = (double)(g_get_monotonic_time() - start) / 1000;
        best = MIN(best, ms);
        sum += ms;
    }
    g_test_minimized_result(best, "start, connect, read 64 KiB: best %.1f ms, mean %.1f ms", best,
                            sum / 20);
    g_autoptr(NbdServer) server = nbd_server_start(images.options, TRUE, &error);
    g_autoptr(Disk) disk = disk_connect_nbd(nbd_server_socket(server), "disk 1", TRUE, 512, &error);
    for (guint i = 0; i < 3; i++) {
        gint64 start = g_get_monotonic_time();
        assert_ok(disk_read(disk, 0, all, DISK_BYTES, &error), error);
        double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
        g_test_maximized_result(64 / seconds, "read: %.0f MiB/s", 64 / seconds);
    }
    images_remove(&images);
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/nbd/overlay", test_overlay);
    g_test_add_func("/disk/nbd/discard-frees", test_discard_frees);
    g_test_add_func("/disk/nbd/server-dies", test_server_dies);
    g_test_add_func("/disk/nbd/signals", test_signals);
    g_test_add_func("/disk/nbd/bad-images", test_bad_images);
    g_test_add_func("/disk/nbd/confined", test_confined);
    g_test_add_func("/disk/nbd/missing-program", test_missing_program);
    g_test_add_func("/disk/nbd/speed", test_speed);
    return g_test_run();
}
