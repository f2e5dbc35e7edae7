/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch remembers, and the locks that keep runs apart. */
#include "migrate/batch/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/new_file.h"
#include "migrate/batch/state_json.h"

#define FOLDER_NAME ".migrate-batch"
#define LOCK_NAME "lock"
/* A process that was killed with its batch is gone as soon as its last write is. */
#define LOCK_WAIT_MS 30000
#define LOCK_POLL_MS 20

struct BatchState {
    char *folder;
    int lock_fd;
};

const char *batch_state_folder(const BatchState *state)
{
    return state->folder;
}

static char *file_of(const BatchState *state, const char *id, const char *ending)
{
    g_autofree char *name = g_strconcat(id, ending, NULL);
    return g_build_filename(state->folder, name, NULL);
}

static gboolean make_folder(const BatchState *state, GError **error)
{
    if (g_mkdir_with_parents(state->folder, 0777) == 0)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot create '%s'", state->folder);
    drydock_error_set_hint(error, "name an output folder that can be written");
    return FALSE;
}

/* Who holds a lock wrote its process number into it. */
static void set_locked(int fd, const char *what, GError **error)
{
    char owner[32] = "";
    ssize_t got = pread(fd, owner, sizeof(owner) - 1, 0);
    owner[MAX(got, 0)] = '\0';
    g_strchomp(owner);
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "wait for it, or end it",
                      "%s is being run already, by process %s", what, *owner ? owner : "unknown");
}

static void write_owner(int fd)
{
    char owner[32];
    int length = g_snprintf(owner, sizeof(owner), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)length, 0) != length)
        g_debug("cannot write into a lock: %s", g_strerror(errno));
}

static int open_lock(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
    return fd;
}

static gboolean lock_folder(BatchState *state, const BatchManifest *manifest, gboolean is_unit,
                            GError **error)
{
    g_autofree char *path = file_of(state, LOCK_NAME, "");
    g_autofree char *what = g_strdup_printf("'%s'", manifest->path);
    state->lock_fd = open_lock(path, error);
    if (state->lock_fd < 0)
        return FALSE;
    if (flock(state->lock_fd, (is_unit ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        set_locked(state->lock_fd, what, error);
        return FALSE;
    }
    write_owner(state->lock_fd);
    return TRUE;
}

/* Files that were being written when a run was killed; nobody else is here now. */
static void remove_unfinished(const BatchState *state)
{
    g_autoptr(GDir) folder = g_dir_open(state->folder, 0, NULL);
    const char *entry;
    while (folder && (entry = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(state->folder, entry, NULL);
        if (*entry == '.')
            unlink(path);
    }
}

BatchState *batch_state_open(const BatchManifest *manifest, const char *folder, gboolean is_unit,
                             GError **error)
{
    g_autoptr(BatchState) state = g_new0(BatchState, 1);
    g_autofree char *name = g_path_get_basename(manifest->path);
    state->lock_fd = -1;
    state->folder = g_build_filename(folder, FOLDER_NAME, name, NULL);
    if (!make_folder(state, error) || !lock_folder(state, manifest, is_unit, error))
        return NULL;
    if (!is_unit)
        remove_unfinished(state);
    return g_steal_pointer(&state);
}

void batch_state_close(BatchState *state)
{
    if (!state)
        return;
    if (state->lock_fd >= 0)
        close(state->lock_fd);
    g_free(state->folder);
    g_free(state);
}

BatchResult *batch_state_load(const BatchState *state, const char *id, char **ret_digest)
{
    g_autofree char *path = file_of(state, id, ".json");
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    BatchResult *result = NULL;
    *ret_digest = NULL;
    if (g_file_get_contents(path, &text, NULL, &reason))
        result = batch_result_from_json(id, text, ret_digest, &reason);
    if (!result)
        g_debug("nothing is known of '%s': %s", id, reason->message);
    return result ? result : batch_result_new(id);
}

gboolean batch_state_save(const BatchState *state, const BatchResult *result, const char *digest,
                          GError **error)
{
    g_autofree char *path = file_of(state, result->id, ".json");
    g_autofree char *text = batch_result_to_json(result, digest);
    g_autoptr(NewFile) file = new_file_open(path, NEW_FILE_REPLACE, error);
    if (file && new_file_write(file, text, strlen(text), error) && new_file_commit(file, error))
        return TRUE;
    g_prefix_error(error, "cannot remember what became of '%s': ", result->id);
    return FALSE;
}

int batch_state_lock_machine(const BatchState *state, const char *id, GError **error)
{
    g_autofree char *path = file_of(state, id, ".lock");
    g_autofree char *what = g_strdup_printf("the machine '%s'", id);
    int fd = open_lock(path, error);
    if (fd < 0)
        return -1;
    for (guint waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += LOCK_POLL_MS) {
        gboolean goes_on = interrupt_check(error);
        if (goes_on && waited_ms < LOCK_WAIT_MS) {
            g_usleep(LOCK_POLL_MS * 1000);
            continue;
        }
        if (goes_on)
            set_locked(fd, what, error);
        close(fd);
        return -1;
    }
    write_owner(fd);
    return fd;
}
