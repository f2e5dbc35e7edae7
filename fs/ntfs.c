/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS through libntfs-3g: opening, the state the volume was left in, keeping changes. */
#include "fs/ntfs_volume.h"

#include <errno.h>

#include "base/error.h"

enum {
    UPCASE_BYTES = 65536 * 2, /* every Windows and mkntfs write exactly this */
    ATTRDEF_ENTRY_BYTES = 160,
    ATTRDEF_MAX_BYTES = 64 * 1024,
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

/* Mounting reads $UpCase and $AttrDef whole, into memory of the size they claim. It also refuses
   volumes that only their log puts right, so that the log is read here. */
static gboolean read_before_mounting(NtfsFs *fs, GError **error)
{
    NtfsDevice *device = fs->device;
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
    if (!ok) {
        ntfs_device_set_error(device, errno, error, "cannot read the volume's tables");
    }
    ok = ok && ntfs_read_log(fs, volume, error);
    release_volume(device, volume);
    if (!ok) {
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

static void unmount(NtfsFs *fs)
{
    if (fs->volume != NULL) {
        release_volume(fs->device, fs->volume);
        fs->volume = NULL;
    }
}

static gboolean is_own_failure(const GError *error)
{
    return error->domain != DRYDOCK_ERROR || error->code == DRYDOCK_ERROR_SYSTEM ||
           error->code == DRYDOCK_ERROR_INTERRUPTED;
}

/* Mounts what the volume would be like with its log replayed; the volume itself stays as it is
   until it is settled. */
static gboolean mount_replayed(NtfsFs *fs, GError **error)
{
    const gboolean discards = (fs->flags & FS_OPEN_DISCARD_HIBERNATION) != 0;
    g_autoptr(NtfsReplay) replay = NULL;
    size_t length;
    const uint8_t *log = g_bytes_get_data(fs->log, &length);

    if (!ntfs_replay_run(fs->base.volume, &fs->geometry, log, length, &replay, error)) {
        return FALSE;
    }
    unmount(fs);
    ntfs_device_use(fs->device, replay->disk);
    if (!mount_volume(fs, error) || !ntfs_read_hibernation(fs, error)) {
        g_prefix_error(error, "after it was replayed: ");
        return FALSE;
    }
    fs->state.journal_replayed = !fs->state.hibernated || discards;
    fs->replay = g_steal_pointer(&replay);
    return TRUE;
}

/* The log is replayed before mounting only when it has to be: what Windows resumes from memory must
   not see it. */
static gboolean mount_with_log(NtfsFs *fs, GError **error)
{
    const gboolean discards = (fs->flags & FS_OPEN_DISCARD_HIBERNATION) != 0;
    g_autoptr(GError) mount_error = NULL, replay_error = NULL;
    gboolean mounted = mount_volume(fs, &mount_error) && ntfs_read_hibernation(fs, &mount_error);

    if (fs->log == NULL || (mounted && fs->state.hibernated && !discards) ||
        (!mounted && is_own_failure(mount_error))) {
        if (!mounted) {
            g_propagate_error(error, g_steal_pointer(&mount_error));
        }
        return mounted;
    }
    if (mount_replayed(fs, &replay_error)) {
        return TRUE;
    }
    if (is_own_failure(replay_error)) {
        g_propagate_error(error, g_steal_pointer(&replay_error));
        return FALSE;
    }
    if (!mounted) {
        g_propagate_error(error, g_steal_pointer(&mount_error));
        return FALSE;
    }
    g_debug("%s: log not replayed: %s", disk_name(fs->base.volume), replay_error->message);
    fs->log_refusal = g_strdup(replay_error->message);
    unmount(fs);
    ntfs_device_use(fs->device, fs->base.volume);
    return mount_volume(fs, error) && ntfs_read_hibernation(fs, error);
}

/* What was replayed or is given up has to be settled on the volume with the first change. */
static void decide_state(NtfsFs *fs)
{
    FsState *state = &fs->state;

    state->log_refusal = fs->log_refusal;
    if ((fs->flags & FS_OPEN_DISCARD_HIBERNATION) != 0 && fs->log_refusal == NULL &&
        (state->hibernated || (state->fast_started && !state->log_dirty))) {
        state->hibernation_discarded = TRUE;
        state->hibernated = FALSE;
        state->fast_started = FALSE;
    }
    if (state->journal_replayed) {
        state->fast_started = FALSE;
    }
    fs->unsettled = state->journal_replayed || state->hibernation_discarded;
    state->dirty = state->log_dirty;
    state->dirty_flag = state->dirty_flag || fs->unsettled;
}

static void ntfs_driver_close(Fs *base)
{
    NtfsFs *fs = (NtfsFs *)base;

    unmount(fs);
    ntfs_device_destroy(fs->device);
    ntfs_replay_free(fs->replay);
    g_clear_pointer(&fs->log, g_bytes_unref);
    g_free(fs->log_refusal);
    disk_unref(fs->base.volume);
    g_free(fs);
}

static gboolean ntfs_driver_open(Disk *volume, FsOpenFlags flags, Fs **ret_fs, GError **error)
{
    NtfsFs *fs = g_new0(NtfsFs, 1);

    ntfs_library_init();
    fs->base.ops = &fs_ntfs_ops;
    fs->base.volume = disk_ref(volume);
    fs->flags = flags;
    fs->device = ntfs_device_new(volume);
    if (!read_before_mounting(fs, error) || !mount_with_log(fs, error)) {
        ntfs_driver_close(&fs->base);
        return FALSE;
    }
    g_clear_pointer(&fs->log, g_bytes_unref);
    decide_state(fs);
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
    if (ntfs_state_forbids(fs, error)) {
        return FALSE;
    }
    g_clear_error(&fs->device->error);
    fs->device->gate = NTFS_GATE_OPEN;
    fs->changed = TRUE;
    if (!ntfs_settle(fs, error)) {
        return ntfs_end_change(fs, FALSE, NULL);
    }
    fs->device->gate = NTFS_GATE_OPEN; /* settling may have been a change of its own */
    return TRUE;
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

    if (!fs->changed && (!fs->unsettled || !disk_is_writable(base->volume))) {
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
