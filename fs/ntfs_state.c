/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How Windows left the volume: its log, its hibernation file, its dirty flag. */
#include "fs/ntfs_volume.h"

#include <errno.h>

#include "base/error.h"
#include "fs/ntfs_log.h"
#include "fs/ntfs_log_file.h"

enum { HIBERFILE_HEADER_BYTES = 4096 };

#define HIBERFILE "/hiberfil.sys"
#define HINT_SHUT_DOWN "start Windows and shut it down with 'shutdown /s /t 0'"

/* At most limit bytes from the start of the file's content. */
static gboolean read_start(NtfsFs *fs, ntfs_inode *inode, size_t limit, uint8_t **ret_bytes,
                           size_t *ret_length, GError **error)
{
    g_autoptr(ntfs_attr) data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    g_autofree uint8_t *bytes = NULL;
    s64 wanted;

    if (data == NULL || data->data_size < 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open its content");
        return FALSE;
    }
    wanted = MIN(data->data_size, (s64)limit);
    bytes = g_try_malloc0(MAX((size_t)wanted, 1));
    if (bytes == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "no memory for its content");
        return FALSE;
    }
    if (ntfs_attr_pread(data, 0, wanted, bytes) != wanted) {
        ntfs_device_set_error(fs->device, errno, error, "cannot read its content");
        return FALSE;
    }
    *ret_bytes = g_steal_pointer(&bytes);
    *ret_length = (size_t)wanted;
    return TRUE;
}

static gboolean read_log(NtfsFs *fs, ntfs_volume *started, GError **error)
{
    g_autoptr(ntfs_inode) inode = ntfs_inode_open(started, FILE_LogFile);
    g_autofree uint8_t *bytes = NULL;
    NtfsLogState log;
    size_t length;

    if (inode == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open $LogFile");
        return FALSE;
    }
    if (!read_start(fs, inode, NTFS_LOG_START_BYTES, &bytes, &length, error)) {
        g_prefix_error(error, "cannot read $LogFile: ");
        return FALSE;
    }
    ntfs_log_parse(bytes, length, &log);
    fs->state.fast_started = log.is_version_2;
    fs->state.log_dirty = !log.clean;
    if (log.clean) {
        return TRUE;
    }
    /* One byte more than is ever replayed: longer logs are refused where all of it is known. */
    g_clear_pointer(&bytes, g_free);
    if (!read_start(fs, inode, NTFS_LOG_MAX_BYTES + 1, &bytes, &length, error)) {
        g_prefix_error(error, "cannot read $LogFile: ");
        return FALSE;
    }
    fs->log = g_bytes_new_take(g_steal_pointer(&bytes), length);
    return TRUE;
}

/* TRUE: it is only the guest's data that is damaged. */
static gboolean is_damage(const GError *error)
{
    return g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT) ||
           g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

gboolean ntfs_read_log(NtfsFs *fs, ntfs_volume *started, GError **error)
{
    g_autoptr(GError) local = NULL;

    fs->geometry = (NtfsGeometry){
        .cluster_bytes = started->cluster_size,
        .record_bytes = started->mft_record_size,
        .clusters = (uint64_t)started->nr_clusters,
        .mft_lcn = (uint64_t)started->mft_lcn,
        .mirror_lcn = (uint64_t)started->mftmirr_lcn,
        .mirror_records = (uint32_t)started->mftmirr_size,
    };
    if (read_log(fs, started, &local)) {
        return TRUE;
    }
    if (!is_damage(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_debug("%s, taken as dirty", local->message);
    fs->state.log_dirty = TRUE;
    fs->log_refusal = g_strdup(local->message);
    return TRUE;
}

static gboolean read_hibernation(NtfsFs *fs, GError **error)
{
    g_autoptr(ntfs_inode) inode = NULL;
    g_autofree uint8_t *bytes = NULL;
    size_t length;

    fs->state.hibernated = FALSE;
    if (!ntfs_open_path(fs, HIBERFILE, &inode, error)) {
        return FALSE;
    }
    if (inode == NULL || ntfs_inode_is_directory(inode)) {
        return TRUE;
    }
    if (!read_start(fs, inode, HIBERFILE_HEADER_BYTES, &bytes, &length, error)) {
        g_prefix_error(error, "cannot read hiberfil.sys: ");
        return FALSE;
    }
    fs->state.hibernated = ntfs_hiberfile_is_active(bytes, length);
    return TRUE;
}

gboolean ntfs_read_hibernation(NtfsFs *fs, GError **error)
{
    g_autoptr(GError) local = NULL;

    fs->state.dirty_flag = (fs->volume->flags & VOLUME_IS_DIRTY) != 0;
    if (!read_hibernation(fs, &local)) {
        if (!is_damage(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        g_debug("%s, taken as hibernated", local->message);
        fs->state.hibernated = TRUE;
    }
    return TRUE;
}

/* A file of a page or more keeps its clusters, which Windows fills at the next hibernation, and the
   boot loader's entry for resuming keeps its file: zeros mean that there is nothing to resume. A
   shorter one only marks the volume as used by a hibernated Windows elsewhere. */
static gboolean drop_hiberfile(NtfsFs *fs, GError **error)
{
    g_autofree uint8_t *zeros = g_malloc0(HIBERFILE_HEADER_BYTES);
    g_autoptr(ntfs_inode) inode = NULL;
    g_autoptr(ntfs_attr) data = NULL;

    if (!ntfs_open_path(fs, HIBERFILE, &inode, error)) {
        return FALSE;
    }
    if (inode == NULL) {
        return TRUE;
    }
    data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    if (data == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open hiberfil.sys");
        return FALSE;
    }
    if (data->data_size < HIBERFILE_HEADER_BYTES) {
        g_clear_pointer(&data, ntfs_attr_close);
        g_clear_pointer(&inode, ntfs_close_inode);
        return ntfs_driver_remove(&fs->base, HIBERFILE, error);
    }
    if (ntfs_attr_pwrite(data, 0, HIBERFILE_HEADER_BYTES, zeros) != HIBERFILE_HEADER_BYTES) {
        ntfs_device_set_error(fs->device, errno, error, "cannot write hiberfil.sys");
        return FALSE;
    }
    g_clear_pointer(&data, ntfs_attr_close);
    return ntfs_finish_inode(fs, g_steal_pointer(&inode), TRUE, error);
}

/* Chkdsk is asked for. */
static gboolean set_dirty_flag(NtfsFs *fs, GError **error)
{
    if (ntfs_volume_write_flags(fs->volume, fs->volume->flags | VOLUME_IS_DIRTY) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot set the volume's dirty flag");
        return FALSE;
    }
    return TRUE;
}

/* All ones, as mkntfs leaves it: Windows starts a new log. */
static gboolean empty_log(NtfsFs *fs, GError **error)
{
    if (!set_dirty_flag(fs, error) || !disk_flush(fs->device->disk, error)) {
        return FALSE;
    }
    if (ntfs_logfile_reset(fs->volume) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot empty $LogFile");
        return FALSE;
    }
    return TRUE;
}

/* Whenever we die, there is either a log that puts the rest right, or none and chkdsk is asked for.
 */
static gboolean settle_replay(NtfsFs *fs, GError **error)
{
    Disk *volume = fs->base.volume;
    gboolean ok;

    if (fs->replay == NULL) {
        return empty_log(fs, error);
    }
    if (!ntfs_replay_keep(fs->replay, NTFS_REPLAY_REDONE, volume, error) ||
        !disk_flush(volume, error)) {
        return FALSE;
    }
    ntfs_device_use(fs->device, volume);
    /* $Volume may be among what is kept last. */
    ok = empty_log(fs, error) && disk_flush(volume, error) &&
         ntfs_replay_keep(fs->replay, NTFS_REPLAY_TAKEN_BACK, volume, error) &&
         set_dirty_flag(fs, error);
    g_clear_pointer(&fs->replay, ntfs_replay_free);
    return ok;
}

gboolean ntfs_settle(NtfsFs *fs, GError **error)
{
    if (!fs->unsettled) {
        return TRUE;
    }
    fs->unsettled = FALSE;
    return settle_replay(fs, error) &&
           (!fs->state.hibernation_discarded || drop_hiberfile(fs, error));
}

gboolean ntfs_state_forbids(const NtfsFs *fs, GError **error)
{
    if (!disk_is_writable(fs->base.volume)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL, "the volume is open read-only");
    } else if (fs->state.hibernated) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, HINT_SHUT_DOWN ", fast startup off",
                          "Windows is hibernated and would overwrite every change");
    } else if (fs->state.fast_started) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, HINT_SHUT_DOWN,
                          "the volume was not dismounted: parts of it were in Windows' memory");
    } else if (fs->log_refusal != NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, HINT_SHUT_DOWN,
                          "the volume was not dismounted, and its log cannot be replayed: %s",
                          fs->log_refusal);
    } else if (fs->broken) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "an earlier change failed half way, the volume is not written any more");
    } else {
        return FALSE;
    }
    return TRUE;
}
