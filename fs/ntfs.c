/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS through libntfs-3g: opening, the state the volume was left in, keeping changes. */
#include "fs/ntfs_volume.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_log.h"

enum {
    UPCASE_BYTES = 65536 * 2, /* every Windows and mkntfs write exactly this */
    ATTRDEF_ENTRY_BYTES = 160,
    ATTRDEF_MAX_BYTES = 64 * 1024,
    HIBERFILE_HEADER_BYTES = 4096,
};

static gboolean data_size(ntfs_volume *volume, MFT_REF reference, uint64_t *ret_size)
{
    g_autoptr(ntfs_inode) inode = ntfs_inode_open(volume, reference);
    g_autoptr(ntfs_attr) data = NULL;

    if (inode == NULL) {
        return FALSE;
    }
    data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    if (data == NULL || data->data_size < 0) {
        return FALSE;
    }
    *ret_size = (uint64_t)data->data_size;
    return TRUE;
}

static void release_volume(NtfsDevice *device, ntfs_volume *volume)
{
    device->gate = NTFS_GATE_DISCARD;
    (void)ntfs_umount(volume, TRUE);
    if (device->discarded > 0) {
        g_debug("%s: %u writes given up", disk_name(device->disk), device->discarded);
    }
    device->gate = NTFS_GATE_CLOSED;
    device->discarded = 0;
}

/* Mounting reads $UpCase and $AttrDef whole, into memory of the size they claim. */
static gboolean check_table_sizes(NtfsDevice *device, GError **error)
{
    struct ntfs_device *handle = ntfs_device_handle(device);
    ntfs_volume *volume;
    uint64_t upcase = 0, attrdef = 0;
    gboolean ok;

    volume = handle == NULL ? NULL : ntfs_volume_startup(handle, NTFS_MNT_RDONLY);
    if (volume == NULL) {
        ntfs_device_set_error(device, errno, error, "cannot read the master file table");
        if (handle != NULL) {
            ntfs_device_free(handle);
        }
        return FALSE;
    }
    ok = data_size(volume, FILE_UpCase, &upcase) && data_size(volume, FILE_AttrDef, &attrdef);
    release_volume(device, volume);
    if (!ok) {
        ntfs_device_set_error(device, errno, error, "cannot read the volume's tables");
        return FALSE;
    }
    if (upcase != UPCASE_BYTES || attrdef == 0 || attrdef > ATTRDEF_MAX_BYTES ||
        attrdef % ATTRDEF_ENTRY_BYTES != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "impossible size of $UpCase (%" G_GUINT64_FORMAT
                          ") or $AttrDef (%" G_GUINT64_FORMAT ")",
                          upcase, attrdef);
        return FALSE;
    }
    return TRUE;
}

/* Forensic: the library changes nothing while mounting and leaves the question whether the volume
   may be written to us; it would refuse a dirty one altogether. */
static gboolean mount_volume(NtfsFs *fs, GError **error)
{
    struct ntfs_device *handle = ntfs_device_handle(fs->device);
    const ntfs_mount_flags flags =
        disk_is_writable(fs->device->disk) ? NTFS_MNT_FORENSIC : NTFS_MNT_RDONLY;

    fs->volume = handle == NULL ? NULL : ntfs_device_mount(handle, flags);
    if (fs->volume == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open the volume");
        if (handle != NULL) {
            ntfs_device_free(handle);
        }
        return FALSE;
    }
    ntfs_create_lru_caches(fs->volume);
    if (ntfs_set_ignore_case(fs->volume) != 0) {
        ntfs_device_set_error(fs->device, errno, error,
                              "cannot read the volume's upper case table");
        return FALSE;
    }
    return TRUE;
}

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
    bytes = g_malloc0(MAX((size_t)wanted, 1));
    if (ntfs_attr_pread(data, 0, wanted, bytes) != wanted) {
        ntfs_device_set_error(fs->device, errno, error, "cannot read its content");
        return FALSE;
    }
    *ret_bytes = g_steal_pointer(&bytes);
    *ret_length = (size_t)wanted;
    return TRUE;
}

static gboolean read_log_state(NtfsFs *fs, GError **error)
{
    g_autoptr(ntfs_inode) inode = ntfs_inode_open(fs->volume, FILE_LogFile);
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
    fs->state.dirty = !log.clean;
    return TRUE;
}

static gboolean read_hibernation(NtfsFs *fs, GError **error)
{
    g_autoptr(ntfs_inode) inode = NULL;
    g_autofree uint8_t *bytes = NULL;
    size_t length;

    if (!ntfs_open_path(fs, "/hiberfil.sys", &inode, error)) {
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

/* A damaged log or hiberfil.sys stops nobody from reading: it counts as dirty or hibernated. Only a
   failing disk stops us. */
static gboolean read_state(NtfsFs *fs, GError **error)
{
    g_autoptr(GError) local = NULL;

    fs->state.dirty_flag = (fs->volume->flags & VOLUME_IS_DIRTY) != 0;
    if (!read_log_state(fs, &local)) {
        if (!g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        g_debug("%s, taken as dirty", local->message);
        g_clear_error(&local);
        fs->state.dirty = TRUE;
    }
    if (!read_hibernation(fs, &local)) {
        if (!g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        g_debug("%s, taken as hibernated", local->message);
        fs->state.hibernated = TRUE;
    }
    return TRUE;
}

static void ntfs_driver_close(Fs *base)
{
    NtfsFs *fs = (NtfsFs *)base;

    if (fs->volume != NULL) {
        release_volume(fs->device, fs->volume);
    }
    ntfs_device_destroy(fs->device);
    disk_unref(fs->base.volume);
    g_free(fs);
}

static gboolean ntfs_driver_open(Disk *volume, Fs **ret_fs, GError **error)
{
    NtfsFs *fs = g_new0(NtfsFs, 1);

    ntfs_library_init();
    fs->base.ops = &fs_ntfs_ops;
    fs->base.volume = disk_ref(volume);
    fs->device = ntfs_device_new(volume);
    if (!check_table_sizes(fs->device, error) || !mount_volume(fs, error) ||
        !read_state(fs, error)) {
        ntfs_driver_close(&fs->base);
        return FALSE;
    }
    *ret_fs = &fs->base;
    return TRUE;
}

static gboolean ntfs_driver_get_state(Fs *base, FsState *ret_state, GError **error)
{
    const NtfsFs *fs = (const NtfsFs *)base;

    (void)error;
    *ret_state = fs->state;
    ret_state->dirty = fs->state.dirty || fs->state.dirty_flag;
    return TRUE;
}

gboolean ntfs_begin_change(NtfsFs *fs, GError **error)
{
    if (!disk_is_writable(fs->device->disk)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL, "the volume is open read-only");
    } else if (fs->state.hibernated) {
        drydock_error_set(
            error, DRYDOCK_ERROR_PRECONDITION,
            "start Windows and shut it down with 'shutdown /s /t 0', fast startup off",
            "Windows is hibernated and would overwrite every change");
    } else if (fs->state.fast_started) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "start Windows and shut it down with 'shutdown /s /t 0'",
                          "the volume was not dismounted: parts of it were in Windows' memory");
    } else if (fs->state.dirty) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "start Windows and shut it down with 'shutdown /s /t 0'",
                          "the volume was not dismounted: its log has changes to replay");
    } else if (fs->broken) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "an earlier change failed half way, the volume is not written any more");
    } else {
        g_clear_error(&fs->device->error);
        fs->device->gate = NTFS_GATE_OPEN;
        fs->changed = TRUE;
        return TRUE;
    }
    return FALSE;
}

gboolean ntfs_end_change(NtfsFs *fs, gboolean ok, GError **error)
{
    fs->device->gate = NTFS_GATE_CLOSED;
    /* A failed write that the library did not find worth mentioning. */
    if (ok && fs->device->error != NULL) {
        ntfs_device_set_error(fs->device, EIO, error, "cannot write the volume");
        ok = FALSE;
    }
    if (!ok) {
        fs->broken = TRUE;
        g_clear_error(&fs->device->error);
    }
    return ok;
}

gboolean ntfs_finish_inode(NtfsFs *fs, ntfs_inode *inode, gboolean ok, GError **error)
{
    if (ok) {
        if (ntfs_inode_sync(inode) == 0 && ntfs_inode_close(inode) == 0) {
            return TRUE;
        }
        ntfs_device_set_error(fs->device, errno, error, "cannot write the file's record");
    }
    /* An inode that cannot be written is not freed either, unless it looks unchanged. */
    fs->device->gate = NTFS_GATE_DISCARD;
    for (s32 i = 0; i < inode->nr_extents; i++) {
        ntfs_state_clear(&inode->extent_nis[i]->state, NI_Dirty);
    }
    ntfs_state_clear(&inode->state, NI_Dirty);
    ntfs_state_clear(&inode->state, NI_AttrListDirty);
    ntfs_state_clear(&inode->state, NI_FileNameDirty);
    (void)ntfs_inode_real_close(inode);
    return FALSE;
}

/* The library writes content and changed inodes at once, but keeps its metadata files and the
   security index open; these are what is left. */
static gboolean write_metadata(NtfsFs *fs, GError **error)
{
    ntfs_volume *volume = fs->volume;
    ntfs_inode *const kept[] = {volume->mft_ni, volume->mftmirr_ni, volume->lcnbmp_ni,
                                volume->vol_ni};

    if (volume->secure_ni != NULL &&
        (ntfs_close_secure(volume) != 0 || ntfs_open_secure(volume) != 0)) {
        ntfs_device_set_error(fs->device, errno, error, "cannot write $Secure");
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        if (kept[i] != NULL && (NInoDirty(kept[i]) || NInoAttrListDirty(kept[i])) &&
            ntfs_inode_sync(kept[i]) != 0) {
            ntfs_device_set_error(fs->device, errno, error, "cannot write the volume's metadata");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean ntfs_driver_sync(Fs *base, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;

    if (!fs->changed) {
        return TRUE;
    }
    if (!ntfs_begin_change(fs, error)) {
        return FALSE;
    }
    return ntfs_end_change(fs, write_metadata(fs, error) && disk_flush(fs->device->disk, error),
                           error);
}

static const char *const types[] = {"ntfs", NULL};

const FsOps fs_ntfs_ops = {
    .name = "ntfs",
    .types = types,
    .case_sensitive = FALSE,
    .open = ntfs_driver_open,
    .close = ntfs_driver_close,
    .get_state = ntfs_driver_get_state,
    .stat = ntfs_driver_stat,
    .read_link = ntfs_driver_read_link,
    .list = ntfs_driver_list,
    .file_open = ntfs_driver_file_open,
    .file_read = ntfs_driver_file_read,
    .file_close = ntfs_driver_file_close,
    .write_file = ntfs_driver_write_file,
    .make_directory = ntfs_driver_make_directory,
    .make_symlink = NULL,
    .remove = ntfs_driver_remove,
    .free_extents = ntfs_driver_free_extents,
    .file_extents = ntfs_driver_file_extents,
    .sync = ntfs_driver_sync,
};
