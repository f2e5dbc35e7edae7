/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch remembers, what it makes of that, and its locks. */
#include "migrate/batch/state.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "migrate/batch/outputs.h"
#include "migrate/batch/resume.h"
#include "migrate/batch/space.h"
#include "migrate/batch/task.h"

typedef struct {
    char *folder;
    BatchManifest *manifest;
} Fixture;

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->folder = g_dir_make_tmp("test-XXXXXX", NULL);
    g_assert_nonnull(fixture->folder);
    g_autofree char *path = g_build_filename(fixture->folder, "fleet.yaml", NULL);
    fixture->manifest = batch_manifest_new(path);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const char *argv[] = {"rm", "-rf", fixture->folder, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
                               NULL, NULL, NULL, NULL, NULL));
    batch_manifest_free(fixture->manifest);
    g_free(fixture->folder);
}

static BatchState *open_state(const Fixture *fixture, gboolean is_unit)
{
    g_autoptr(GError) error = NULL;
    BatchState *state = batch_state_open(fixture->manifest, fixture->folder, is_unit, &error);
    g_assert_no_error(error);
    return state;
}

static char *make_file(const Fixture *fixture, const char *name)
{
    char *path = g_build_filename(fixture->folder, name, NULL);
    g_assert_true(g_file_set_contents(path, "content", -1, NULL));
    return path;
}

static void test_save(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(BatchState) state = open_state(fixture, FALSE);
    g_autoptr(BatchResult) result = batch_result_new("a");
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) reason = NULL;
    g_autofree char *digest = NULL;
    drydock_error_set(&reason, DRYDOCK_ERROR_CORRUPT, "copy it again", "it is \"damaged\"");
    batch_result_set_error(result, reason);
    result->status = BATCH_FAILED;
    result->attempts = 3;
    result->started_us = 5000000000000001;
    result->source_bytes = UINT64_C(1) << 42;
    result->name = g_strdup("machine");
    batch_result_add_output(result, "/a/ä", 7, -9);
    g_assert_true(batch_state_save(state, result, "d1", &error));
    g_autoptr(BatchResult) loaded = batch_state_load(state, "a", &digest);
    g_assert_cmpstr(digest, ==, "d1");
    g_assert_cmpint(loaded->status, ==, BATCH_FAILED);
    g_assert_cmpuint(loaded->attempts, ==, 3);
    g_assert_cmpint(loaded->started_us, ==, 5000000000000001);
    g_assert_cmpuint(loaded->source_bytes, ==, UINT64_C(1) << 42);
    g_assert_cmpstr(loaded->name, ==, "machine");
    g_assert_cmpstr(loaded->error_code, ==, "corrupt");
    g_assert_cmpstr(loaded->error_message, ==, "it is \"damaged\"");
    g_assert_cmpstr(loaded->error_hint, ==, "copy it again");
    g_assert_cmpint(loaded->exit_status, ==, 6);
    const BatchOutput *output = g_ptr_array_index(loaded->outputs, 0);
    g_assert_cmpstr(output->path, ==, "/a/ä");
    g_assert_cmpuint(output->size_bytes, ==, 7);
    g_assert_cmpint(output->modified_us, ==, -9);
}

/* A file that is no state, in whichever way, counts as none. */
static void test_damaged(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{}",
                                        "{\"schema\":1}",
                                        "{\"schema\":2,\"id\":\"a\",\"status\":\"done\"}",
                                        "{\"schema\":1,\"id\":\"b\",\"status\":\"done\"}",
                                        "{\"schema\":\"1\",\"id\":\"a\",\"status\":\"done\"}",
                                        "{\"schema\":1,\"id\":\"a\",\"status\":\"well\"}",
                                        "{\"schema\":1,\"id\":\"a\",\"status\":[1]}"};
    g_autoptr(BatchState) state = open_state(fixture, FALSE);
    g_autofree char *path = g_build_filename(batch_state_folder(state), "a.json", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *digest = NULL;
        g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
        g_autoptr(BatchResult) result = batch_state_load(state, "a", &digest);
        g_assert_cmpint(result->status, ==, BATCH_PENDING);
        g_assert_null(digest);
    }
}

static void test_resume(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(BatchResult) result = batch_result_new("a");
    g_autoptr(GError) error = NULL;
    g_autofree char *one = make_file(fixture, "a-sda.qcow2");
    g_autofree char *other = make_file(fixture, "a.xml");
    result->domain_path = g_strdup(other);
    result->name = g_strdup("a");
    batch_result_add_output(result, one, 0, 0);
    batch_result_add_output(result, other, 0, 0);

    /* Killed between its last step and our note of it, or before. */
    result->status = BATCH_RUNNING;
    g_assert_cmpint(batch_resume_decide(result, "d", "d", FALSE), ==, BATCH_ADOPT);
    g_assert_true(batch_outputs_record(result, &error));
    result->status = BATCH_DONE;
    g_assert_cmpint(batch_resume_decide(result, "d", "d", TRUE), ==, BATCH_KEEP);
    g_assert_cmpint(batch_resume_decide(result, "d", "e", FALSE), ==, BATCH_RUN);
    g_assert_cmpint(batch_resume_decide(result, NULL, "d", FALSE), ==, BATCH_RUN);

    /* Somebody uses it: it is not removed. */
    g_assert_true(g_file_set_contents(one, "other content", -1, NULL));
    g_assert_cmpint(batch_resume_decide(result, "d", "d", FALSE), ==, BATCH_RUN);
    g_assert_cmpint(batch_outputs_compare(result), ==, BATCH_OUTPUTS_CHANGED);
    batch_resume_clean(result);
    g_assert_true(g_file_test(one, G_FILE_TEST_EXISTS));
    g_assert_cmpint(result->status, ==, BATCH_PENDING);
    g_assert_cmpuint(result->outputs->len, ==, 0);

    /* One is gone: the rest is removed. */
    batch_result_add_output(result, one, 0, 0);
    batch_result_add_output(result, other, 0, 0);
    g_assert_true(batch_outputs_record(result, &error));
    result->status = BATCH_DONE;
    g_assert_cmpint(g_unlink(other), ==, 0);
    g_assert_cmpint(batch_resume_decide(result, "d", "d", FALSE), ==, BATCH_RUN);
    batch_resume_clean(result);
    g_assert_false(g_file_test(one, G_FILE_TEST_EXISTS));

    result->status = BATCH_FAILED;
    g_assert_cmpint(batch_resume_decide(result, "d", "d", FALSE), ==, BATCH_KEEP);
    g_assert_cmpint(batch_resume_decide(result, "d", "d", TRUE), ==, BATCH_RUN);
    g_assert_cmpint(batch_resume_decide(result, "d", "e", FALSE), ==, BATCH_RUN);
}

/* What is there before a machine begins is nobody's to remove. */
static void test_plan(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(BatchResult) result = batch_result_new("a");
    BatchSettings settings = {.output = fixture->folder, .format = (char *)(uintptr_t) "raw"};
    BatchSight sight = {.name = (char *)(uintptr_t) "m", .disks = 2};
    batch_outputs_plan(result, &settings, &sight);
    g_assert_cmpuint(result->outputs->len, ==, 4);
    const BatchOutput *second = g_ptr_array_index(result->outputs, 1);
    g_assert_true(g_str_has_suffix(second->path, "/m-sdb.raw"));
    g_assert_true(g_str_has_suffix(result->domain_path, "/m.xml"));
    g_autofree char *path = make_file(fixture, "m-sdb.raw");
    batch_outputs_plan(result, &settings, &sight);
    g_assert_cmpuint(result->outputs->len, ==, 0);
}

static gboolean open_again(const void *data, char **ret_answer, GError **error)
{
    const Fixture *fixture = data;
    g_autoptr(BatchState) state =
        batch_state_open(fixture->manifest, fixture->folder, FALSE, error);
    *ret_answer = g_strdup("opened");
    return state != NULL;
}

static gboolean open_unit(const void *data, char **ret_answer, GError **error)
{
    const Fixture *fixture = data;
    g_autoptr(BatchState) state = batch_state_open(fixture->manifest, fixture->folder, TRUE, error);
    *ret_answer = NULL;
    return state != NULL;
}

static gboolean runs(const Fixture *fixture, BatchTaskFunc func, GError **error)
{
    g_autofree char *answer = NULL;
    g_autoptr(BatchTask) task = batch_task_start(func, fixture, fixture->folder, error);
    g_assert_nonnull(task);
    return batch_task_finish(task, &answer, error);
}

static void test_exclude(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = g_strdup_printf("by process %d", (int)getpid());
    BatchState *state = open_state(fixture, FALSE);
    g_assert_false(runs(fixture, open_again, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_assert_nonnull(strstr(error->message, own));
    g_assert_cmpstr(drydock_error_get_hint(error), ==, "wait for it, or end it");
    g_clear_error(&error);
    g_assert_false(runs(fixture, open_unit, &error));
    g_clear_error(&error);
    batch_state_close(state);
    state = open_state(fixture, TRUE);
    g_assert_true(runs(fixture, open_unit, &error));
    g_assert_false(runs(fixture, open_again, &error));
    g_clear_error(&error);
    batch_state_close(state);
    g_assert_true(runs(fixture, open_again, &error));
}

/* The lock lasts as long as a process that has inherited it. */
static void test_inherited_lock(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(BatchState) state = open_state(fixture, FALSE);
    g_autoptr(GError) error = NULL;
    int fd = batch_state_lock_machine(state, "a", &error);
    g_assert_no_error(error);
    pid_t pid = fork();
    if (pid == 0) {
        g_usleep(400 * 1000);
        _exit(0);
    }
    close(fd);
    gint64 before = g_get_monotonic_time();
    fd = batch_state_lock_machine(state, "a", &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_get_monotonic_time() - before, >=, 200 * 1000);
    close(fd);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static gboolean fail(G_GNUC_UNUSED const void *data, G_GNUC_UNUSED char **ret_answer,
                     GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, "a hint", "a message");
    return FALSE;
}

static gboolean crash(G_GNUC_UNUSED const void *data, G_GNUC_UNUSED char **ret_answer,
                      G_GNUC_UNUSED GError **error)
{
    kill(getpid(), SIGKILL);
    return TRUE;
}

static void test_task(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(runs(fixture, fail, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_assert_cmpstr(error->message, ==, "a message");
    g_assert_cmpstr(drydock_error_get_hint(error), ==, "a hint");
    g_clear_error(&error);
    g_assert_false(runs(fixture, crash, &error));
    g_assert_cmpstr(error->message, ==, "its process ended with signal 9");
}

static void test_space(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *folder = g_build_filename(fixture->folder, "not", "yet", NULL);
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(BatchReservation));
    BatchReservation small = {folder, "a", 1};
    BatchReservation huge = {folder, "b", UINT64_C(1) << 62};
    g_assert_cmpint(batch_space_check(&small, others), ==, BATCH_SPACE_FITS);
    g_assert_cmpint(batch_space_check(&huge, others), ==, BATCH_SPACE_SHORT);
    g_array_append_val(others, huge);
    g_assert_cmpint(batch_space_check(&small, others), ==, BATCH_SPACE_LATER);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"/batch-state/save", test_save},
        {"/batch-state/damaged", test_damaged},
        {"/batch-state/resume", test_resume},
        {"/batch-state/plan", test_plan},
        {"/batch-state/exclude", test_exclude},
        {"/batch-state/inherited-lock", test_inherited_lock},
        {"/batch-state/task", test_task},
        {"/batch-state/space", test_space},
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
    return g_test_run();
}
