/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image that is changed itself. */
#include "migrate/in_place.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/run.h"
#include "convert/image_options.h"
#include "migrate/image_lock.h"

#define EDIT_SUFFIX ".drydock-edit"

struct InPlace {
    char *path;      /* absolute, no link */
    char *edit_path; /* path with EDIT_SUFFIX */
    char *work_directory;
    int fd; /* locked: two edits at once would each be of the image without the other */
};

void in_place_close(InPlace *in_place)
{
    if (!in_place)
        return;
    if (in_place->work_directory)
        folder_remove(in_place->work_directory);
    if (in_place->fd >= 0)
        close(in_place->fd);
    g_free(in_place->work_directory);
    g_free(in_place->edit_path);
    g_free(in_place->path);
    g_free(in_place);
}

const char *in_place_work_directory(const InPlace *in_place)
{
    return in_place->work_directory;
}

static gboolean sync_path(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot write '%s' to stable storage", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Not a guess of qemu's: what the image is was found by the gate, or, when this is done again, by
   the name we gave. */
static gboolean commit(const InPlace *in_place, const char *image_options, GError **error)
{
    g_autofree char *escaped = image_options_escape(in_place->edit_path);
    g_autofree char *backing = image_options_nest("backing", image_options);
    g_autofree char *options =
        g_strdup_printf("driver=qcow2,file.driver=file,file.filename=%s,%s", escaped, backing);
    const char *const argv[] = {"qemu-img", "commit", "-q", "-d", "--image-opts", options, NULL};
    if (!run_program(argv, NULL, NULL, error) || !sync_path(in_place->path, error)) {
        g_autofree char *hint = g_strdup_printf(
            "'%s' holds the changes: edit the image again, or keep both", in_place->edit_path);
        g_prefix_error(error, "cannot write the changes into '%s': ", in_place->path);
        drydock_error_set_hint(error, hint);
        return FALSE;
    }
    if (g_unlink(in_place->edit_path) != 0) {
        drydock_error_set_errno(error, errno, "cannot remove '%s'", in_place->edit_path);
        return FALSE;
    }
    return TRUE;
}

static gboolean refuse(const char *path, const char *why, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "write new images: -o DIR",
                      "'%s' cannot be changed in place: %s", path, why);
    return FALSE;
}

/* What an interrupted run has left. */
static gboolean finish_earlier(const InPlace *in_place, GError **error)
{
    const char *const paths[] = {in_place->path};
    const SourceRequest request = {0};
    if (!g_file_test(in_place->edit_path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_autoptr(Source) source = source_open(paths, 1, &request, error);
    if (!source || !source_open_disks(source, NULL, error) ||
        !in_place_check(in_place, source_machine(source), error))
        return FALSE;
    const MachineDisk *disk = g_ptr_array_index(source_machine(source)->disks, 0);
    return commit(in_place, disk->image_options, error);
}

InPlace *in_place_open(const char *path, GError **error)
{
    g_autoptr(InPlace) in_place = g_new0(InPlace, 1);
    in_place->fd = -1;
    struct stat status;
    char *real = realpath(path, NULL);
    if (!real || stat(real, &status) != 0) {
        drydock_error_set_errno(error, errno, "cannot change '%s'", path);
        free(real);
        return NULL;
    }
    in_place->path = g_strdup(real);
    free(real);
    in_place->edit_path = g_strconcat(in_place->path, EDIT_SUFFIX, NULL);
    if (!S_ISREG(status.st_mode)) {
        refuse(path, "it is no regular file", error);
        return NULL;
    }
    in_place->fd = image_lock_take(in_place->path, error);
    if (in_place->fd < 0 || !finish_earlier(in_place, error))
        return NULL;
    g_autofree char *folder = g_path_get_dirname(in_place->path);
    g_autofree char *template = g_build_filename(folder, ".drydock-edit-XXXXXX", NULL);
    if (!g_mkdtemp_full(template, 0700)) {
        drydock_error_set_errno(error, errno, "cannot write to '%s'", folder);
        return NULL;
    }
    in_place->work_directory = g_steal_pointer(&template);
    return g_steal_pointer(&in_place);
}

gboolean in_place_check(const InPlace *in_place, const Machine *machine, GError **error)
{
    const MachineDisk *disk =
        machine->disks->len == 1 ? g_ptr_array_index(machine->disks, 0) : NULL;
    if (!disk || !g_str_equal(machine->kind, "disks") || disk->member ||
        g_strcmp0(disk->path, in_place->path) != 0)
        return refuse(in_place->path, "it is not one disk image", error);
    if (disk->format != SOURCE_FORMAT_RAW && disk->format != SOURCE_FORMAT_QCOW2)
        return refuse(in_place->path, "only raw and qcow2 images can", error);
    return TRUE;
}

gboolean in_place_commit(InPlace *in_place, const Session *session, GError **error)
{
    const MachineDisk *disk = g_ptr_array_index(session_machine(session)->disks, 0);
    g_autofree char *overlay = session_overlay_path(in_place->work_directory, 0);
    g_autofree char *folder = g_path_get_dirname(in_place->path);
    if (!sync_path(overlay, error) || !image_lock_check(in_place->fd, in_place->path, error))
        return FALSE;
    if (g_rename(overlay, in_place->edit_path) != 0) {
        drydock_error_set_errno(error, errno, "cannot write '%s'", in_place->edit_path);
        return FALSE;
    }
    return sync_path(folder, error) && commit(in_place, disk->image_options, error);
}
