/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads guests: what it says arrives, what it must not do fails, its death is
 * told. */
#include "migrate/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "migrate/confine.h"

static void hear_text(void *data, const char *text)
{
    g_string_append_printf(data, "%s;", text);
}

static void hear_progress(void *data, uint64_t done, uint64_t total)
{
    g_string_append_printf(data, "%u/%u;", (guint)done, (guint)total);
}

static gboolean run_with(WorkerFunc func, void *data, GString *heard, GHashTable **ret_results,
                         GError **error)
{
    WorkerListener listener = {
        .stage = hear_text, .progress = hear_progress, .note = hear_text, .data = heard};
    return worker_run(func, data, &listener, ret_results, error);
}

static gboolean run(WorkerFunc func, GString *heard, GHashTable **ret_results, GError **error)
{
    return run_with(func, NULL, heard, ret_results, error);
}

static gboolean talk(G_GNUC_UNUSED void *data, WorkerChannel *channel, G_GNUC_UNUSED GError **error)
{
    worker_send_stage(channel, "inspect");
    worker_send_progress(channel, 1, 2);
    worker_send_note(channel, "not UTF-8: \xff");
    worker_send_result(channel, "text", "old");
    g_autofree char *large = g_strnfill(300000, 'x');
    worker_send_result(channel, "large", large);
    worker_send_result(channel, "text", "new");
    return TRUE;
}

static void test_talk(void)
{
    g_autoptr(GString) heard = g_string_new(NULL);
    g_autoptr(GHashTable) results = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(run(talk, heard, &results, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(heard->str, ==, "inspect;1/2;not UTF-8: \xef\xbf\xbd;");
    g_assert_cmpstr(g_hash_table_lookup(results, "text"), ==, "new");
    g_assert_cmpuint(strlen(g_hash_table_lookup(results, "large")), ==, 300000);
}

enum { OUTPUT_BYTES = 3 * 1000 * 1000 };

static gboolean pour(G_GNUC_UNUSED void *data, WorkerChannel *channel, G_GNUC_UNUSED GError **error)
{
    g_autofree uint8_t *bytes = g_malloc(OUTPUT_BYTES);
    for (guint i = 0; i < OUTPUT_BYTES; i++)
        bytes[i] = (uint8_t)(i % 251);
    worker_send_output(channel, "nothing", NULL, 0);
    worker_send_output(channel, "bytes", bytes, OUTPUT_BYTES);
    return TRUE;
}

typedef struct {
    guint calls, limit; /* the limit-th call fails; 0: none */
    GByteArray *bytes;
} Bucket;

static gboolean catch (void *data, const char *name, const uint8_t *bytes, size_t length,
                       GError **error)
{
    Bucket *bucket = data;
    g_assert_cmpstr(name, ==, bucket->calls == 0 ? "nothing" : "bytes");
    g_assert_true(bucket->calls > 0 || length == 0);
    g_byte_array_append(bucket->bytes, bytes, (guint)length);
    if (++bucket->calls != bucket->limit)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, NULL, "full");
    return FALSE;
}

static void test_output(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GHashTable) results = NULL;
    g_autoptr(GError) error = NULL;
    Bucket bucket = {.bytes = bytes};
    WorkerListener listener = {.output = catch, .output_data = &bucket};
    g_assert_true(worker_run(pour, NULL, &listener, &results, &error));
    g_assert_cmpuint(bytes->len, ==, OUTPUT_BYTES);
    for (guint i = 0; i < bytes->len; i++)
        g_assert_cmpuint(bytes->data[i], ==, i % 251);

    /* What cannot be kept ends it: the child is not waited for to say everything. */
    bucket = (Bucket){.bytes = bytes, .limit = 2};
    g_clear_pointer(&results, g_hash_table_unref);
    g_assert_false(worker_run(pour, NULL, &listener, &results, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_assert_cmpuint(bucket.calls, ==, 2);
}

static gboolean refuse(G_GNUC_UNUSED void *data, G_GNUC_UNUSED WorkerChannel *channel,
                       GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "shut it down", "it is hibernated");
    return FALSE;
}

static gboolean crash(G_GNUC_UNUSED void *data, G_GNUC_UNUSED WorkerChannel *channel,
                      G_GNUC_UNUSED GError **error)
{
    signal(SIGKILL, SIG_DFL);
    raise(SIGKILL);
    return TRUE;
}

static gboolean leave(G_GNUC_UNUSED void *data, G_GNUC_UNUSED WorkerChannel *channel,
                      G_GNUC_UNUSED GError **error)
{
    _exit(0);
}

static void test_failures(void)
{
    static const struct {
        WorkerFunc func;
        int code;
        const char *message, *hint;
    } rows[] = {
        {refuse, DRYDOCK_ERROR_PRECONDITION, "it is hibernated", "shut it down"},
        {crash, DRYDOCK_ERROR_CORRUPT, "signal 9", NULL},
        {leave, DRYDOCK_ERROR_CORRUPT, "exit status 0", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) heard = g_string_new(NULL);
        g_autoptr(GHashTable) results = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(run(rows[i].func, heard, &results, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].message));
        if (rows[i].hint)
            g_assert_cmpstr(drydock_error_get_hint(error), ==, rows[i].hint);
    }
}

static void report(WorkerChannel *channel, const char *name, gboolean denied)
{
    worker_send_result(channel, name, denied ? "denied" : "allowed");
}

static gboolean try_everything(G_GNUC_UNUSED void *data, WorkerChannel *channel, GError **error)
{
    gboolean files_denied;
    if (!confine_process(&files_denied, error))
        return FALSE;
    worker_send_result(channel, "landlock", files_denied ? "yes" : "no");
    report(channel, "read", open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
    report(channel, "create", open("/tmp/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0);
    report(channel, "socket", socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
    report(channel, "exec", execl("/bin/true", "true", NULL) < 0 && errno == EPERM);
    report(channel, "kill", kill(getppid(), 0) < 0 && errno == EPERM);

    /* What hivex does with a hive: by name, into a memory file. */
    int fd = memfd_create("hive", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    int again = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    worker_send_result(channel, "memory", again >= 0 && write(again, "x", 1) == 1 ? "yes" : "no");
    return TRUE;
}

static void test_confinement(void)
{
    static const char *const denied[] = {"socket", "exec", "kill", "read", "create"};
    g_autoptr(GString) heard = g_string_new(NULL);
    g_autoptr(GHashTable) results = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(run(try_everything, heard, &results, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(g_hash_table_lookup(results, "memory"), ==, "yes");
    gboolean landlock = g_strcmp0(g_hash_table_lookup(results, "landlock"), "yes") == 0;
    for (gsize i = 0; i < (landlock ? 5 : 3); i++)
        g_assert_cmpstr(g_hash_table_lookup(results, denied[i]), ==, "denied");
    if (!landlock)
        g_test_skip("this kernel has no Landlock; files could not be checked");
}

/* data: a file of the host. */
static gboolean try_one_file(void *data, WorkerChannel *channel, GError **error)
{
    gboolean files_denied;
    int fd = open(data, O_RDONLY | O_CLOEXEC);
    if (!confine_process_but(fd, &files_denied, error))
        return FALSE;
    worker_send_result(channel, "landlock", files_denied ? "yes" : "no");
    worker_send_result(channel, "again", open(data, O_RDONLY | O_CLOEXEC) >= 0 ? "yes" : "no");
    report(channel, "write", open(data, O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES);
    report(channel, "read", open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
    return TRUE;
}

static void test_one_file(void)
{
    g_autoptr(GString) heard = g_string_new(NULL);
    g_autoptr(GHashTable) results = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("test-XXXXXX", &path, &error);
    g_assert_no_error(error);
    close(fd);
    g_assert_true(run_with(try_one_file, path, heard, &results, &error));
    g_assert_no_error(error);
    unlink(path);
    g_assert_cmpstr(g_hash_table_lookup(results, "again"), ==, "yes");
    if (g_strcmp0(g_hash_table_lookup(results, "landlock"), "yes") != 0) {
        g_test_skip("this kernel has no Landlock; files could not be checked");
        return;
    }
    g_assert_cmpstr(g_hash_table_lookup(results, "write"), ==, "denied");
    g_assert_cmpstr(g_hash_table_lookup(results, "read"), ==, "denied");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate/worker/talk", test_talk);
    g_test_add_func("/migrate/worker/output", test_output);
    g_test_add_func("/migrate/worker/failures", test_failures);
    g_test_add_func("/migrate/worker/confinement", test_confinement);
    g_test_add_func("/migrate/worker/one-file", test_one_file);
    return g_test_run();
}
