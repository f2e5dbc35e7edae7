/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two steps of changing disks. */
#include "migrate/fix/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/new_file.h"

/* A step over all disks. */
typedef struct {
    const FixPlan *plan;
    UndoWriter *writer; /* of the undo file; NULL: the changes are written */
    guint disk;
    uint64_t done, total;
    uint8_t *before, *after; /* UNDO_DATA_LIMIT_BYTES each */
} Step;

uint64_t fix_plan_bytes(const FixPlan *plan)
{
    uint64_t bytes = 0;
    for (guint i = 0; i < plan->count; i++)
        bytes += plan->disks[i].changes.bytes;
    return bytes;
}

uint64_t fix_plan_ranges(const FixPlan *plan)
{
    uint64_t count = 0;
    for (guint i = 0; i < plan->count; i++)
        count += plan->disks[i].changes.ranges->len;
    return count;
}

static gboolean do_piece(void *data, uint64_t offset, size_t length, GError **error)
{
    Step *step = data;
    const Changes *changes = &step->plan->disks[step->disk].changes;
    if (!disk_read(changes->after, offset, step->after, length, error))
        return FALSE;
    if (step->writer) {
        if (!disk_read(changes->before, offset, step->before, length, error) ||
            !undo_writer_add_data(step->writer, step->disk, offset, step->before, step->after,
                                  length, error))
            return FALSE;
    } else if (!disk_write(changes->before, offset, step->after, length, error)) {
        return FALSE;
    }
    step->done += length;
    if (step->plan->progress)
        step->plan->progress(step->plan->progress_data, step->done, step->total);
    return TRUE;
}

static gboolean do_disks(const FixPlan *plan, UndoWriter *writer, GError **error)
{
    g_autofree uint8_t *before = g_malloc(UNDO_DATA_LIMIT_BYTES);
    g_autofree uint8_t *after = g_malloc(UNDO_DATA_LIMIT_BYTES);
    Step step = {.plan = plan,
                 .writer = writer,
                 .total = fix_plan_bytes(plan),
                 .before = before,
                 .after = after};
    for (; step.disk < plan->count; step.disk++)
        if (!changes_for_each(&plan->disks[step.disk].changes, UNDO_DATA_LIMIT_BYTES, do_piece,
                              &step, error))
            return FALSE;
    return TRUE;
}

static gboolean write_undo(const FixPlan *plan, UndoWriter *writer, GError **error)
{
    if (!undo_writer_begin(writer, plan->count, error))
        return FALSE;
    for (guint i = 0; i < plan->count; i++) {
        const FixDisk *disk = &plan->disks[i];
        UndoDisk undo = {.path = disk->path, .format = disk->format};
        gboolean ok =
            identity_take(disk->changes.before, disk->changes.ranges, &undo.identity, error) &&
            undo_writer_add_disk(writer, &undo, error);
        undo_disk_clear(&undo);
        if (!ok)
            return FALSE;
    }
    return do_disks(plan, writer, error) && undo_writer_finish(writer, error);
}

static gboolean write_to_file(void *file, const void *bytes, size_t length, GError **error)
{
    return new_file_write(file, bytes, length, error);
}

static gboolean check_space(const FixPlan *plan, const char *path, GError **error)
{
    struct statvfs status;
    g_autofree char *folder = g_path_get_dirname(path);
    uint64_t needed = undo_size_limit(fix_plan_bytes(plan), fix_plan_ranges(plan));
    if (statvfs(folder, &status) != 0 || (uint64_t)status.f_bavail * status.f_frsize >= needed)
        return TRUE;
    g_autofree char *size = g_format_size_full(needed, G_FORMAT_SIZE_IEC_UNITS);
    drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, "free some space, or choose another place",
                      "the undo file needs up to %s, which '%s' has not free", size, folder);
    return FALSE;
}

/* What cannot be read again is of no use. */
static gboolean check_undo(const FixPlan *plan, const char *path, GError **error)
{
    g_autoptr(Disk) file = disk_open_file(path, FALSE, 512, error);
    g_autoptr(UndoFile) undo = file ? undo_file_read(file, error) : NULL;
    if (!undo)
        return FALSE;
    if (undo->data_bytes == fix_plan_bytes(plan))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_VERIFY, NULL, "not all of it is there");
    return FALSE;
}

gboolean fix_store(const FixPlan *plan, const char *path, GError **error)
{
    g_autoptr(NewFile) file = NULL;
    gboolean ok = check_space(plan, path, error) &&
                  (file = new_file_open(path, NEW_FILE_PRIVATE, error)) != NULL;
    g_autoptr(UndoWriter) writer = ok ? undo_writer_new(write_to_file, file) : NULL;
    ok = ok && write_undo(plan, writer, error) && new_file_commit(file, error) &&
         check_undo(plan, path, error);
    if (!ok)
        g_prefix_error(error, "cannot store the undo file, no disk was changed: ");
    return ok;
}

static void append_hint(const char *undo_path, GError **error)
{
    g_autofree char *hint = g_strdup_printf(
        "a disk is perhaps changed in part; migrate fix --undo '%s' brings everything back",
        undo_path);
    drydock_error_set_hint(error, hint);
}

gboolean fix_apply(const FixPlan *plan, const char *undo_path, GError **error)
{
    gboolean ok = do_disks(plan, NULL, error);
    for (guint i = 0; ok && i < plan->count; i++)
        ok = plan->disks[i].changes.ranges->len == 0 ||
             disk_flush(plan->disks[i].changes.before, error);
    ok = ok && fix_mark(undo_path, UNDO_APPLIED, error);
    if (!ok)
        append_hint(undo_path, error);
    return ok;
}

typedef struct {
    const char *path;
    int fd;
} Appended;

static gboolean append(void *data, const void *bytes, size_t length, GError **error)
{
    const Appended *file = data;
    for (const uint8_t *at = bytes; length > 0;) {
        ssize_t written = write(file->fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            drydock_error_set_errno(error, errno, "cannot write '%s'", file->path);
            return FALSE;
        }
        at += written;
        length -= (size_t)written;
    }
    return TRUE;
}

static gboolean append_mark(const Appended *file, const UndoFile *undo, const char *tag,
                            GError **error)
{
    g_autoptr(UndoWriter) writer =
        undo_writer_new_after(undo->sum, append, (void *)(uintptr_t)file);
    if (file->fd < 0 || ftruncate(file->fd, (off_t)undo->end_offset) != 0 ||
        lseek(file->fd, (off_t)undo->end_offset, SEEK_SET) < 0) {
        drydock_error_set_errno(error, errno, "cannot change '%s'", file->path);
        return FALSE;
    }
    if (!undo_writer_mark(writer, tag, error))
        return FALSE;
    if (fsync(file->fd) == 0)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot write '%s' to stable storage", file->path);
    return FALSE;
}

gboolean fix_mark(const char *path, const char *tag, GError **error)
{
    g_autoptr(Disk) disk = disk_open_file(path, FALSE, 512, error);
    g_autoptr(UndoFile) undo = disk ? undo_file_read(disk, error) : NULL;
    if (!undo)
        return FALSE;
    Appended file = {path, open(path, O_WRONLY | O_CLOEXEC)};
    gboolean ok = append_mark(&file, undo, tag, error);
    if (file.fd >= 0)
        close(file.fd);
    return ok;
}
