/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lists the old machine's disks and is made again is removed; what people wrote is rewritten.
 */
#include "linux/storage.h"

#include "linux/lvm_conf.h"
#include "linux/mdadm_conf.h"
#include "linux/multipath.h"

static const struct {
    const char *path;
    const char *reason;
} lists[] = {
    /* RHEL 9: LVM ignores every disk that is not listed (lvmdevices(8)). */
    {"/etc/lvm/devices/system.devices",
     "it lists disks by the old controller's identifiers, and LVM would ignore all others"},
    {"/etc/lvm/cache/.cache", "it lists disks by names they no longer have"},
    {"/etc/lvm/.cache", "it lists disks by names they no longer have"},
    {"/etc/blkid/blkid.tab", "it lists disks by names they no longer have"},
    {"/etc/blkid.tab", "it lists disks by names they no longer have"},
};

gboolean storage_plan(LinuxPlan *plan, GError **error)
{
    static const char arrays[] = "arrays are found by their UUIDs, on whatever disks there are";
    static const char filter[] = "volume groups are on virtio disks from now on";
    static const char own[] = "the machine's own disks have one path each";
    static const char seen[] = "the old hypervisor's disks are not there any more";
    static const StorageFile files[] = {
        {"/etc/multipath.conf", multipath_conf_rewrite, own, FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/etc/multipath/wwids", multipath_list_rewrite, seen, FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/etc/multipath/bindings", multipath_list_rewrite, seen,
         FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/var/lib/multipath/bindings", multipath_list_rewrite, seen,
         FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/etc/mdadm.conf", mdadm_conf_rewrite, arrays, FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/etc/mdadm/mdadm.conf", mdadm_conf_rewrite, arrays, FINDING_LINUX_DEVICE_NAME_UNKNOWN},
        {"/etc/lvm/lvm.conf", lvm_conf_rewrite, filter, FINDING_LINUX_LVM_FILTER},
        {"/etc/lvm/lvmlocal.conf", lvm_conf_rewrite, filter, FINDING_LINUX_LVM_FILTER},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        if (!edits_remove(plan->edits, lists[i].path, lists[i].reason, error))
            return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (!storage_file_plan(plan, &files[i], error))
            return FALSE;
    return TRUE;
}
