/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the layers do alike with their members. */
#include "inspect/volume_layers.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "inspect/text_file.h"

void volume_add_finding(GPtrArray *findings, FindingCode code, const char *name, const char *detail)
{
    g_autofree char *subject = g_strdup_printf("%s (%s)", name, detail);
    findings_add(findings, code, subject);
}

FsStack *volume_new_stack(const VolumeSet *set, MapperPlan *plan)
{
    return set->kernel && plan ? fs_stack_new(set->kernel, plan) : NULL;
}

gboolean volume_open_stack(FsStack *stack, guint device, Disk **ret_disk, char **ret_reason,
                           GError **error)
{
    g_autoptr(GError) local = NULL;
    *ret_disk = fs_stack_open(stack, device, &local);
    if (*ret_disk)
        return TRUE;
    if (!g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT) &&
        !g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    *ret_reason = g_strdup(local->message);
    return TRUE;
}

void volume_add_member_findings(const GPtrArray *members, const GPtrArray *indexes,
                                GPtrArray *findings, FindingCode code)
{
    for (guint i = 0; i < indexes->len; i++) {
        const Volume *member =
            g_ptr_array_index(members, GPOINTER_TO_UINT(g_ptr_array_index(indexes, i)));
        findings_add(findings, code, member->name);
    }
}

gboolean volume_read_headers(const GPtrArray *members, VolumeReadHeader read, FindingCode code,
                             GPtrArray *findings, GPtrArray *readable, GPtrArray *headers,
                             GError **error)
{
    for (guint i = 0; i < members->len; i++) {
        Volume *volume = g_ptr_array_index(members, i);
        g_autoptr(GError) local = NULL;
        if (!interrupt_check(error))
            return FALSE;
        gpointer header = read(volume->stored, &local);
        if (header) {
            g_ptr_array_add(readable, volume);
            g_ptr_array_add(headers, header);
        } else if (inspect_error_is_fatal(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        } else {
            volume_add_finding(findings, code, volume->name, local->message);
        }
    }
    return TRUE;
}
