/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of a guest that name disks. */
#include "linux/storage_file.h"

#include "linux/fstab.h"
#include "linux/lvm_conf.h"
#include "linux/mdadm_conf.h"
#include "linux/multipath.h"

/* Where initramfs-tools and dracut put them. cryptroot/crypttab is cryptsetup-initramfs' own
   selection of lines, etc/crypttab dracut's. */
static const struct {
    const char *path;
    char *(*rewrite)(const char *text, const Guest *guest, StorageNames *names);
} copies[] = {
    {"etc/crypttab", crypttab_rewrite},
    {"cryptroot/crypttab", crypttab_rewrite},
    {"etc/mdadm.conf", mdadm_conf_rewrite},
    {"etc/mdadm/mdadm.conf", mdadm_conf_rewrite},
    {"etc/lvm/lvm.conf", lvm_conf_rewrite},
    {"etc/lvm/lvmlocal.conf", lvm_conf_rewrite},
    {"etc/multipath.conf", multipath_conf_rewrite},
    {"etc/multipath/wwids", multipath_list_rewrite},
    {"etc/multipath/bindings", multipath_list_rewrite},
};

void storage_names_init(StorageNames *names)
{
    names->unknown = g_ptr_array_new_with_free_func(g_free);
    names->gone = g_ptr_array_new_with_free_func(g_free);
}

void storage_names_clear(StorageNames *names)
{
    g_clear_pointer(&names->unknown, g_ptr_array_unref);
    g_clear_pointer(&names->gone, g_ptr_array_unref);
}

gboolean storage_file_plan(LinuxPlan *plan, const StorageFile *file, GError **error)
{
    g_auto(StorageNames) names = {NULL};
    g_autofree char *text = NULL, *rewritten = NULL;

    if (!edits_read_text(plan->edits, file->path, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;
    storage_names_init(&names);
    rewritten = file->rewrite(text, plan->guest, &names);
    if (file->unknown == FINDING_LINUX_DEVICE_NAME_UNKNOWN)
        linux_plan_report_unknown(plan, file->path, names.unknown);
    else if (names.unknown->len > 0)
        findings_add(plan->findings, file->unknown, file->path);
    for (guint i = 0; i < names.gone->len; i++) {
        g_autofree char *subject =
            g_strdup_printf("%s in %s", (const char *)names.gone->pdata[i], file->path);

        findings_add(plan->findings, FINDING_LINUX_DEVICE_GONE, subject);
    }
    return linux_plan_write_changed(plan, file->path, text, rewritten, file->reason, error);
}

const char *storage_file_copy_path(guint index)
{
    return index < G_N_ELEMENTS(copies) ? copies[index].path : NULL;
}

char *storage_file_rewrite_copy(guint index, const char *text, const Guest *guest)
{
    g_auto(StorageNames) names = {NULL};
    g_autofree char *rewritten = NULL;

    storage_names_init(&names);
    rewritten = copies[index].rewrite(text, guest, &names);
    return g_str_equal(rewritten, text) ? NULL : g_steal_pointer(&rewritten);
}
