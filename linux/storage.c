/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that list the old machine's disks are removed: what reads them looks for itself then. */
#include "linux/storage.h"

#include <string.h>

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

gboolean lvm_filter_names_disks(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = lines[i] + strspn(lines[i], " \t");

        if ((g_str_has_prefix(line, "filter") || g_str_has_prefix(line, "global_filter")) &&
            strchr(line, '=') != NULL && strstr(line, "\"r") != NULL &&
            (strstr(line, "/dev/sd") != NULL || strstr(line, "/dev/hd") != NULL ||
             strstr(line, "/by-path/") != NULL || strstr(line, "/by-id/") != NULL) &&
            strstr(line, "/dev/vd") == NULL)
            return TRUE;
    }
    return FALSE;
}

gboolean storage_plan(LinuxPlan *plan, GError **error)
{
    static const char lvm_conf[] = "/etc/lvm/lvm.conf";
    g_autofree char *text = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        if (!edits_remove(plan->edits, lists[i].path, lists[i].reason, error))
            return FALSE;
    if (!edits_read_text(plan->edits, lvm_conf, &text, error))
        return FALSE;
    if (text != NULL && lvm_filter_names_disks(text))
        findings_add(plan->findings, FINDING_LINUX_LVM_FILTER, lvm_conf);
    return TRUE;
}
