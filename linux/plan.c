/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Helpers of the steps of a Linux guest's plan. */
#include "linux/plan.h"

#include <string.h>

/* No folder of configuration files has more; a hostile one may. */
#define LIST_MAX 1000u

gboolean linux_plan_write_changed(LinuxPlan *plan, const char *path, const char *text,
                                  const char *rewritten, const char *reason, GError **error)
{
    if (g_str_equal(text, rewritten))
        return TRUE;
    return edits_write_text(plan->edits, path, rewritten, NULL, -1, reason, error);
}

void linux_plan_report_unknown(LinuxPlan *plan, const char *path, const GPtrArray *unknown)
{
    for (guint i = 0; i < unknown->len; i++) {
        g_autofree char *subject =
            g_strdup_printf("%s in %s", (const char *)unknown->pdata[i], path);

        findings_add(plan->findings, FINDING_LINUX_DEVICE_NAME_UNKNOWN, subject);
    }
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *linux_plan_list(LinuxPlan *plan, const char *folder, const char *suffix)
{
    FsTree *tree = plan->guest->tree;
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;

    if (!fs_tree_is_directory(tree, folder))
        return paths;
    if (!fs_tree_list(tree, folder, &entries, &error)) {
        g_debug("cannot list '%s': %s, skipping", folder, error->message);
        return paths;
    }
    for (guint i = 0; i < entries->len && paths->len < LIST_MAX; i++) {
        const FsEntry *entry = entries->pdata[i];

        if (entry->type != FS_TYPE_DIRECTORY && g_str_has_suffix(entry->name, suffix))
            g_ptr_array_add(paths, g_build_filename(folder, entry->name, NULL));
    }
    g_ptr_array_sort(paths, compare_paths);
    return paths;
}
