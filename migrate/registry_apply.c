/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From staged changes of hives to written ones, in the confined process. */
#include "migrate/registry_apply.h"

#include <string.h>

#include "base/finding.h"
#include "migrate/plan_text.h"

static gboolean send_lone_hive(RegistryTree *tree, WorkerChannel *channel, GError **error)
{
    g_autoptr(GBytes) hive = NULL;
    gsize length;
    if (!registry_tree_read_lone(tree, &hive, error))
        return FALSE;
    const void *bytes = g_bytes_get_data(hive, &length);
    worker_send_output(channel, REGISTRY_OUTPUT_HIVE, bytes, length);
    return TRUE;
}

gboolean registry_apply(const RegistryChange *change, WorkerChannel *channel, GError **error)
{
    static const char nothing[] = "nothing changes: everything is so already";
    const Workpiece *workpiece = change->tree->workpiece;
    const GPtrArray *findings = change->tree->opened.findings;
    g_autoptr(Edits) edits = edits_new(change->tree->tree);
    g_autoptr(GPtrArray) no_findings = findings_new();
    if ((findings && !findings_check_blockers(findings, error)) ||
        !change->stage(change, edits, error))
        return FALSE;
    if (edits_count(edits) == 0) {
        worker_send_output(channel, REGISTRY_OUTPUT_WARNING, nothing, strlen(nothing));
        return TRUE;
    }
    g_autofree char *text = plan_text_format(edits, NULL, no_findings);
    worker_send_output(channel, REGISTRY_OUTPUT_TEXT, text, strlen(text));
    if (!workpiece_is_written(workpiece))
        return TRUE;
    return edits_apply(edits, error) &&
           (!workpiece_hive_file(workpiece) || send_lone_hive(change->tree, channel, error));
}
