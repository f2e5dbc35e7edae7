/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user must know of volumes that are not opened. */
#include "inspect/volume_findings.h"

#include "base/error.h"
#include "base/finding.h"
#include "inspect/volume_layers.h"

/* By what blkid calls a volume, or else by its usage. Swap, external journals and empty volumes are
   no news. */
static const struct {
    const char *type, *usage;
    FindingCode finding;
    gboolean names_type; /* the sentence does not say it */
} unreadable[] = {
    {"crypto_LUKS", NULL, FINDING_VOLUME_LUKS, FALSE},
    {"LVM1_member", NULL, FINDING_VOLUME_LVM, FALSE},
    {"zfs_member", NULL, FINDING_VOLUME_ZFS, FALSE},
    {"VMFS", NULL, FINDING_VOLUME_VMFS, FALSE},
    {"VMFS_volume_member", NULL, FINDING_VOLUME_VMFS, FALSE},
    {"bcache", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"ceph_bluestore", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"cs_fvault2", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"drbd", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"mpool", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"stratis", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"vdo", NULL, FINDING_VOLUME_LAYER, TRUE},
    {"bcachefs", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"f2fs", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"gfs2", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"jfs", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"nilfs2", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"ocfs2", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"reiser4", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {"reiserfs", NULL, FINDING_VOLUME_LINUX_FILESYSTEM, TRUE},
    {NULL, "raid", FINDING_VOLUME_RAID, TRUE},
    {NULL, "filesystem", FINDING_VOLUME_FILESYSTEM, TRUE},
};

void volume_add_unreadable(const Volume *volume, GPtrArray *findings)
{
    const VolumeProbe *probe = volume->probe;
    for (guint i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        if (unreadable[i].type ? !g_str_equal(probe->type, unreadable[i].type)
                               : g_strcmp0(probe->usage, unreadable[i].usage) != 0)
            continue;
        if (unreadable[i].names_type)
            volume_add_finding(findings, unreadable[i].finding, volume->name, probe->type);
        else
            findings_add(findings, unreadable[i].finding, volume->name);
        return;
    }
}

/* Of what fs_open() does not do, this alone is what the guest itself can: there is a hint. */
gboolean volume_error_is_of_journal(const GError *error)
{
    return g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED) &&
           drydock_error_get_hint(error);
}

void volume_add_damaged(const Volume *volume, const GError *reason, GPtrArray *findings)
{
    g_debug("%s: %s", volume->name, reason->message);
    volume_add_finding(findings,
                       volume_error_is_of_journal(reason) ? FINDING_VOLUME_JOURNAL
                                                          : FINDING_VOLUME_DAMAGED,
                       volume->name, reason->message);
}
