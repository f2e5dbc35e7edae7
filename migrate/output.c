/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output directory: everything is made in a hidden folder and moved when complete. */
#include "migrate/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"

typedef struct {
    char *work_path;
    char *final_path;
} Result;

struct Output {
    char *directory;
    gboolean created; /* we made directory */
    gboolean committed;
    char *work_directory;
    int lock_fd;        /* on the work directory: says that its owner is alive */
    GPtrArray *results; /* of Result */
};

static void result_free(gpointer data)
{
    Result *result = data;
    g_free(result->work_path);
    g_free(result->final_path);
    g_free(result);
}

static int lock_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static char *work_prefix(const char *name)
{
    return g_strdup_printf(".migrate-%s-", name);
}

typedef void (*WorkFolderFunc)(const char *path, void *data);

/* Calls func for every hidden folder that is or was a machine's. */
static void for_work_folders(const char *directory, const char *name, WorkFolderFunc func,
                             void *data)
{
    g_autofree char *prefix = work_prefix(name);
    g_autoptr(GDir) folder = g_dir_open(directory, 0, NULL);
    const char *entry;
    while (folder && (entry = g_dir_read_name(folder))) {
        if (!g_str_has_prefix(entry, prefix) || strlen(entry) != strlen(prefix) + 6)
            continue;
        g_autofree char *path = g_build_filename(directory, entry, NULL);
        func(path, data);
    }
}

/* A folder of ours that nobody holds a lock on was left by a run that was killed. */
static void remove_if_abandoned(const char *path, G_GNUC_UNUSED void *data)
{
    int fd = lock_folder(path);
    if (fd < 0)
        return;
    g_debug("removing '%s', left by a run that was killed", path);
    folder_remove(path);
    close(fd);
}

void output_remove_abandoned(const char *directory, const char *name)
{
    for_work_folders(directory, name, remove_if_abandoned, NULL);
}

static void add_written(const char *path, void *data)
{
    guint64 *bytes = data;
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *entry;
    struct stat status;
    while (folder && (entry = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename(path, entry, NULL);
        if (lstat(file, &status) == 0)
            *bytes += (guint64)status.st_blocks * 512;
    }
}

guint64 output_written_bytes(const char *directory, const char *name)
{
    guint64 bytes = 0;
    for_work_folders(directory, name, add_written, &bytes);
    return bytes;
}

static gboolean make_directory(Output *output, GError **error)
{
    if (mkdir(output->directory, 0777) == 0) {
        output->created = TRUE;
        return TRUE;
    }
    if (errno == EEXIST && g_file_test(output->directory, G_FILE_TEST_IS_DIR))
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot create the output directory '%s'",
                            output->directory);
    drydock_error_set_hint(error, "name a directory that can be written, with -o");
    return FALSE;
}

static gboolean make_work_directory(Output *output, const char *name, GError **error)
{
    g_autofree char *prefix = work_prefix(name);
    output_remove_abandoned(output->directory, name);
    g_autofree char *template = g_strdup_printf("%s/%sXXXXXX", output->directory, prefix);
    if (!g_mkdtemp_full(template, 0700)) {
        int failure = errno;
        drydock_error_set_errno(error, failure, "cannot write to '%s'", output->directory);
        if (failure != ENOSPC)
            drydock_error_set_hint(error, "name a directory that can be written, with -o");
        return FALSE;
    }
    output->work_directory = g_steal_pointer(&template);
    output->lock_fd = lock_folder(output->work_directory);
    return TRUE;
}

Output *output_open(const char *directory, const char *name, GError **error)
{
    g_autoptr(Output) output = g_new0(Output, 1);
    output->lock_fd = -1;
    output->directory = g_canonicalize_filename(directory, NULL);
    output->results = g_ptr_array_new_with_free_func(result_free);
    if (!make_directory(output, error) || !make_work_directory(output, name, error))
        return NULL;
    return g_steal_pointer(&output);
}

void output_close(Output *output)
{
    if (!output)
        return;
    if (output->work_directory)
        folder_remove(output->work_directory);
    if (output->lock_fd >= 0)
        close(output->lock_fd);
    if (output->created && !output->committed)
        rmdir(output->directory);
    g_ptr_array_unref(output->results);
    g_free(output->work_directory);
    g_free(output->directory);
    g_free(output);
}

const char *output_work_directory(const Output *output)
{
    return output->work_directory;
}

const char *output_directory(const Output *output)
{
    return output->directory;
}

gboolean output_add(Output *output, const char *name, const char **ret_work_path,
                    const char **ret_final_path, GError **error)
{
    Result *result = g_new0(Result, 1);
    g_ptr_array_add(output->results, result);
    result->work_path = g_build_filename(output->work_directory, name, NULL);
    result->final_path = g_build_filename(output->directory, name, NULL);
    struct stat status;
    if (lstat(result->final_path, &status) == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "move it away, or choose another --name or output directory",
                          "'%s' exists already", result->final_path);
        return FALSE;
    }
    *ret_work_path = result->work_path;
    *ret_final_path = result->final_path;
    return TRUE;
}

gboolean output_add_text(Output *output, const char *name, const char *text, GError **error)
{
    const char *work_path, *final_path;
    if (!output_add(output, name, &work_path, &final_path, error))
        return FALSE;
    g_autoptr(GError) write_error = NULL;
    if (g_file_set_contents_full(work_path, text, -1, G_FILE_SET_CONTENTS_DURABLE, 0666,
                                 &write_error))
        return TRUE;
    gboolean no_space = g_error_matches(write_error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    drydock_error_set(error, no_space ? DRYDOCK_ERROR_NO_SPACE : DRYDOCK_ERROR_SYSTEM,
                      no_space ? "free some space, or choose another output directory" : NULL, "%s",
                      write_error->message);
    return FALSE;
}

gboolean output_check_space(const Output *output, guint64 needed_bytes, GError **error)
{
    struct statvfs status;
    if (statvfs(output->work_directory, &status) != 0)
        return TRUE;
    guint64 available = (guint64)status.f_bavail * status.f_frsize;
    if (needed_bytes <= available)
        return TRUE;
    g_autofree char *needed = g_format_size_full(needed_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *have = g_format_size_full(available, G_FORMAT_SIZE_IEC_UNITS);
    drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE,
                      "free some space, or choose another output directory",
                      "'%s' has %s free, the copy needs up to %s", output->directory, have, needed);
    return FALSE;
}

static void sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd) != 0)
        g_debug("cannot sync '%s': %s", path, g_strerror(errno));
    close(fd);
}

static gboolean move_result(const Result *result)
{
    if (renameat2(AT_FDCWD, result->work_path, AT_FDCWD, result->final_path, RENAME_NOREPLACE) == 0)
        return TRUE;
    /* Some network filesystems know only the plain call; output_add() has looked already. */
    return errno == EINVAL && rename(result->work_path, result->final_path) == 0;
}

gboolean output_commit(Output *output, GError **error)
{
    for (guint i = 0; i < output->results->len; i++) {
        const Result *result = g_ptr_array_index(output->results, i);
        if (move_result(result))
            continue;
        drydock_error_set_errno(error, errno, "cannot move the result to '%s'", result->final_path);
        while (i-- > 0) {
            const Result *moved = g_ptr_array_index(output->results, i);
            unlink(moved->final_path);
        }
        return FALSE;
    }
    sync_directory(output->directory);
    output->committed = TRUE;
    return TRUE;
}

char *output_disk_name(const char *machine, guint index, const char *format)
{
    g_autoptr(GString) letters = g_string_new(NULL);
    for (guint rest = index + 1; rest > 0; rest = (rest - 1) / 26)
        g_string_prepend_c(letters, (char)('a' + (rest - 1) % 26));
    return g_strdup_printf("%s-sd%s.%s", machine, letters->str, format ? format : "qcow2");
}
