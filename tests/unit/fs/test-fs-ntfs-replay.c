/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of every version and shape, replayed: by the driver, from the state that a crash left to the
   state that was on the way. ntfsrecover is the second opinion where it knows the version. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "fs/ntfs_replay.h"
#include "test-fs-ntfs-crash.h"

typedef struct {
    const char *name;
    guint cluster_bytes;
    gboolean unfinished;
    const char *options;
    /* What ntfsrecover says to it. It knows no table of transactions, mounts no volume whose
       $MFTMirr is behind, and takes back nothing. */
    enum { AGREES, CANNOT } ntfsrecover;
} Row;

static const Row rows[] = {
    {"1.1-none-flushed", 4096, FALSE, "--version=1 --flushed=none", AGREES},
    {"1.1-half-flushed", 4096, FALSE, "--version=1 --flushed=half", AGREES},
    {"1.1-all-flushed", 4096, FALSE, "--version=1 --flushed=all", CANNOT},
    {"1.1-narrow", 4096, FALSE, "--version=1 --narrow --checkpoint=between", AGREES},
    {"1.1-narrow-within", 4096, FALSE, "--version=1 --narrow --checkpoint=within", CANNOT},
    {"1.1-checkpoint", 4096, FALSE, "--version=1 --checkpoint=between --flushed=half", AGREES},
    {"1.1-tail", 4096, FALSE, "--version=1 --tail=1", AGREES},
    {"1.1-wrapped", 4096, FALSE, "--version=1 --wrap=3", AGREES},
    {"1.1-small-clusters", 512, FALSE, "--version=1 --checkpoint=between", AGREES},
    {"1.1-large-clusters", 65536, FALSE, "--version=1 --checkpoint=between", AGREES},
    {"1.1-unfinished", 4096, TRUE, "--version=1 --flushed=none", AGREES},
    {"1.1-unfinished-flushed", 4096, TRUE, "--version=1 --flushed=all --checkpoint=within", CANNOT},
    {"1.1-unfinished-half", 512, TRUE, "--version=1 --flushed=half --wrap=2 --tail=1", CANNOT},
    {"2.0-none-flushed", 4096, FALSE, "--version=2 --flushed=none", AGREES},
    {"2.0-half-flushed", 4096, FALSE, "--version=2 --flushed=half --checkpoint=between", AGREES},
    {"2.0-tail", 4096, FALSE, "--version=2 --tail=16", AGREES},
    {"2.0-wrapped-tail", 4096, FALSE, "--version=2 --wrap=4 --tail=7", AGREES},
    {"2.0-small-clusters", 512, FALSE, "--version=2 --checkpoint=within", CANNOT},
    {"2.0-unfinished", 4096, TRUE, "--version=2 --flushed=half --checkpoint=within --tail=3",
     CANNOT},
};

static void assert_state(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    FsState state;

    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(state.log_refusal, ==, NULL);
    g_assert_true(state.log_dirty);
    g_assert_true(state.dirty);
    g_assert_true(state.journal_replayed);
    g_assert_true(state.dirty_flag);
    g_assert_false(state.fast_started);
}

static void assert_files(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    gboolean found;

    ntfs_fs_assert(fs, "/small", 300, 5);
    ntfs_fs_assert(fs, "/grows", 150000, 6);
    ntfs_fs_assert(fs, "/shrinks", 64, 7);
    ntfs_fs_assert(fs, "/few/new", 5000, 8);
    ntfs_fs_assert(fs, "/many/a file with number 8.txt", 10, 8);
    ntfs_fs_assert(fs, "/grown/a file with number 89.txt", 700, 89);
    g_assert_true(fs_stat(fs, "/large", &found, NULL, &error));
    g_assert_false(found);
    g_assert_true(fs_stat(fs, "/unfinished", &found, NULL, &error));
    g_assert_false(found);
}

static void ask_ntfsrecover(const Row *row, const NtfsImage *image, const NtfsImage *expected)
{
    g_autoptr(NtfsImage) copy = crash_image_copy(image);
    const char *const argv[] = {"ntfsrecover", "-k", copy->path, NULL};
    g_autofree char *program = g_find_program_in_path(argv[0]);
    g_autofree char *output = NULL;
    int status = 0;

    if (row->ntfsrecover != AGREES || program == NULL) {
        return;
    }
    g_assert_true(g_spawn_sync(NULL, (char **)(guintptr)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                               &output, NULL, &status, NULL));
    if (status != 0) {
        g_test_message("%s", output);
    }
    g_assert_cmpint(status, ==, 0);
    crash_image_assert_same(copy, expected);
}

typedef struct {
    const Row *row;
    const CrashStates *states; /* of all rows with such clusters */
} Case;

static void test_replay(gconstpointer data)
{
    const Row *row = ((const Case *)data)->row;
    const CrashStates *states = ((const Case *)data)->states;
    g_autoptr(NtfsImage) image = NULL;
    g_autofree char *before = NULL, *after = NULL;
    Fs *fs;

    if (states->before == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    image = crash_image_make(states, row->unfinished, row->options);
    ask_ntfsrecover(row, image, states->after);
    before = ntfs_image_digest(image);
    /* Read-only: replayed in memory. */
    fs = ntfs_image_open(image, FALSE);
    assert_state(fs);
    assert_files(fs);
    ntfs_fs_sync(fs);
    fs_close(fs);
    /* Writable, but nothing kept. */
    fs = ntfs_image_open(image, TRUE);
    assert_state(fs);
    assert_files(fs);
    fs_close(fs);
    after = ntfs_image_digest(image);
    g_assert_cmpstr(before, ==, after);

    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_sync(fs);
    fs_close(fs);
    crash_image_assert_same(image, states->after);
    ntfs_image_check(image);
    fs = ntfs_image_open(image, TRUE);
    assert_files(fs);
    ntfs_fs_put(fs, "/written later", 70000, 11);
    ntfs_fs_sync(fs);
    fs_close(fs);
    ntfs_image_check(image);
}

int main(int argc, char **argv)
{
    static const guint cluster_bytes[] = {512, 4096, 65536};
    CrashStates states[G_N_ELEMENTS(cluster_bytes)] = {0};
    int status;

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/fs/ntfs/replay/%s", rows[i].name);
        Case *test = g_new0(Case, 1);
        gsize k = 0;

        while (cluster_bytes[k] != rows[i].cluster_bytes) {
            k++;
        }
        if (states[k].before == NULL) {
            (void)crash_states_make(&states[k], cluster_bytes[k]);
        }
        *test = (Case){&rows[i], &states[k]};
        g_test_add_data_func_full(path, test, test_replay, g_free);
    }
    status = g_test_run();
    for (gsize k = 0; k < G_N_ELEMENTS(cluster_bytes); k++) {
        crash_states_clear(&states[k]);
    }
    return status;
}
