/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a machine's migration leaves. */
#include "migrate/batch/outputs.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "migrate/output.h"

static void add_planned(BatchResult *result, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    batch_result_add_output(result, path, 0, 0);
}

static gboolean is_any_there(const BatchResult *result)
{
    struct stat status;
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        if (lstat(output->path, &status) == 0)
            return TRUE;
    }
    return FALSE;
}

void batch_outputs_plan(BatchResult *result, const BatchSettings *settings, const BatchSight *sight)
{
    g_autofree char *report = g_strdup_printf("%s.report.json", sight->name);
    g_autofree char *domain = g_strdup_printf("%s.xml", sight->name);
    g_ptr_array_set_size(result->outputs, 0);
    for (guint i = 0; i < sight->disks; i++) {
        g_autofree char *disk = output_disk_name(sight->name, i, settings->format);
        add_planned(result, settings->output, disk);
    }
    add_planned(result, settings->output, report);
    add_planned(result, settings->output, domain);
    g_free(result->report_path);
    g_free(result->domain_path);
    result->report_path = g_build_filename(settings->output, report, NULL);
    result->domain_path = g_build_filename(settings->output, domain, NULL);
    if (is_any_there(result))
        g_ptr_array_set_size(result->outputs, 0);
}

static gint64 modified_us(const struct stat *status)
{
    return (gint64)status->st_mtim.tv_sec * G_USEC_PER_SEC + status->st_mtim.tv_nsec / 1000;
}

gboolean batch_outputs_record(BatchResult *result, GError **error)
{
    result->output_bytes = 0;
    for (guint i = 0; i < result->outputs->len; i++) {
        BatchOutput *output = g_ptr_array_index(result->outputs, i);
        struct stat status;
        if (stat(output->path, &status) != 0) {
            drydock_error_set_errno(error, errno, "the result '%s' is not there", output->path);
            return FALSE;
        }
        output->size_bytes = (uint64_t)status.st_size;
        output->modified_us = modified_us(&status);
        /* The last two are the report and the domain. */
        if (i + 2 < result->outputs->len)
            result->output_bytes += (uint64_t)status.st_blocks * 512;
    }
    return TRUE;
}

BatchOutputsState batch_outputs_compare(const BatchResult *result)
{
    BatchOutputsState state =
        result->outputs->len > 0 ? BATCH_OUTPUTS_MATCH : BATCH_OUTPUTS_MISSING;
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        struct stat status;
        if (stat(output->path, &status) != 0)
            state = BATCH_OUTPUTS_MISSING;
        else if ((uint64_t)status.st_size != output->size_bytes ||
                 modified_us(&status) != output->modified_us)
            return BATCH_OUTPUTS_CHANGED;
    }
    return state;
}

gboolean batch_outputs_are_complete(const BatchResult *result)
{
    struct stat status;
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        if (lstat(output->path, &status) != 0)
            return FALSE;
    }
    return result->outputs->len > 0;
}

void batch_outputs_remove(BatchResult *result)
{
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        if (unlink(output->path) != 0 && errno != ENOENT)
            g_debug("cannot remove '%s': %s", output->path, g_strerror(errno));
    }
    if (result->name && result->domain_path) {
        g_autofree char *folder = g_path_get_dirname(result->domain_path);
        output_remove_abandoned(folder, result->name);
    }
    g_ptr_array_set_size(result->outputs, 0);
}
