/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate convert: one machine from its source disks to qcow2 images and a domain XML. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"
#include "convert/copy.h"
#include "migrate/command.h"
#include "migrate/job.h"
#include "migrate/options.h"
#include "migrate/output.h"
#include "migrate/report.h"
#include "windows/winre.h"

#define COPY_STEPS 10000

/* One run: the places of its results are borrowed from output. */
typedef struct {
    const Options *options;
    Progress *progress;
    Output *output;
    Session *session;
    GPtrArray *work_paths, *final_paths; /* of the disks */
    GHashTable *results;                 /* of the confined process */
    GArray *sizes;                       /* uint64_t, of the finished disks */
} Conversion;

static void conversion_clear(Conversion *conversion)
{
    session_close(conversion->session);
    output_close(conversion->output);
    g_clear_pointer(&conversion->results, g_hash_table_unref);
    g_clear_pointer(&conversion->work_paths, g_ptr_array_unref);
    g_clear_pointer(&conversion->final_paths, g_ptr_array_unref);
    g_clear_pointer(&conversion->sizes, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Conversion, conversion_clear)

static gboolean name_results(Conversion *conversion, const Machine *machine, GError **error)
{
    conversion->work_paths = g_ptr_array_new();
    conversion->final_paths = g_ptr_array_new();
    for (guint i = 0; i < machine->disks->len; i++) {
        g_autofree char *name = output_disk_name(machine->name, i, conversion->options->format);
        const char *work_path, *final_path;
        if (!output_add(conversion->output, name, &work_path, &final_path, error))
            return FALSE;
        g_ptr_array_add(conversion->work_paths, (gpointer)(uintptr_t)work_path);
        g_ptr_array_add(conversion->final_paths, (gpointer)(uintptr_t)final_path);
    }
    g_ptr_array_add(conversion->final_paths, NULL);
    return TRUE;
}

static gboolean open_source(Conversion *conversion, GError **error)
{
    const Options *options = conversion->options;
    progress_begin_stage(conversion->progress, "open");
    SourceRequest request = options_source_request(options, conversion->progress);
    g_autoptr(Source) source = source_open((const char *const *)options->arguments,
                                           options->argument_count, &request, error);
    if (!source)
        return FALSE;
    const Machine *machine = source_machine(source);
    conversion->output = output_open(options->output_directory, machine->name, error);
    if (!conversion->output || !name_results(conversion, machine, error))
        return FALSE;
    conversion->session =
        session_open(g_steal_pointer(&source), output_work_directory(conversion->output), error);
    if (!conversion->session)
        return FALSE;
    session_set_keys(conversion->session, options->keys);
    session_set_root(conversion->session, options->root);
    session_set_backend(conversion->session, options->fs_backend);
    return TRUE;
}

static gboolean edit_guest(Conversion *conversion, GError **error)
{
    Job job = {
        .goal = JOB_CONVERT,
        .session = conversion->session,
        .virtio_win = conversion->options->virtio_win,
        .drivers = (const char *const *)conversion->options->drivers,
        .windows = &conversion->options->windows,
        .customisation = conversion->options->customisation,
        .discard_hibernation = conversion->options->discard_hibernation,
        .target = conversion->options->target,
        .profiles = conversion->options->profiles,
        .disk_bus = conversion->options->disk_bus,
        .network = conversion->options->network,
        .network_map = (const char *const *)conversion->options->network_map,
        .winre = conversion->options->winre,
        .scratch_directory = output_work_directory(conversion->output),
        .disk_paths = (const char *const *)conversion->final_paths->pdata,
        .disk_format = conversion->options->format,
    };
    WorkerListener listener = command_listener(conversion->progress);
    listener.provide = session_provide_kernel;
    listener.provider = conversion->session;
    gboolean ok = worker_run(job_run, &job, &listener, &conversion->results, error);
    key_ring_wipe(conversion->options->keys);
    winre_scratch_remove(job.scratch_directory);
    if (!ok)
        return FALSE;
    session_stop_servers(conversion->session);
    return TRUE;
}

/* The disk that is being copied, and what lies before it; sizes are those the guest sees. */
typedef struct {
    Progress *progress;
    const char *target;
    uint64_t before_bytes, disk_bytes, total_bytes;
    uint64_t written_bytes; /* to the targets before this one */
} CopyProgress;

static uint64_t allocated_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

/* The rate is that of what arrives: a disk's size says little of how much of it is copied. */
static void hear_copy(void *data, uint64_t done, uint64_t total)
{
    const CopyProgress *copy = data;
    double share =
        ((double)copy->before_bytes + (double)copy->disk_bytes * (double)done / (double)total) /
        (double)copy->total_bytes;
    double written = (double)(copy->written_bytes + allocated_bytes(copy->target));
    progress_update(copy->progress, (uint64_t)(share * COPY_STEPS), COPY_STEPS,
                    share > 0 ? (uint64_t)(written / share) : 0);
}

/* Asks how large the results will be only where even the largest possible ones might not fit. */
static gboolean check_space(const Conversion *conversion, uint64_t largest_bytes, GError **error)
{
    if (output_check_space(conversion->output, largest_bytes + largest_bytes / 64, NULL))
        return TRUE;
    uint64_t needed = 0;
    for (guint i = 0; i < session_machine(conversion->session)->disks->len; i++) {
        uint64_t bytes;
        if (!copy_measure(session_image_options(conversion->session, i), &bytes, error))
            return FALSE;
        needed += bytes;
    }
    return output_check_space(conversion->output, needed, error);
}

static gboolean copy_disks(Conversion *conversion, GError **error)
{
    progress_begin_stage(conversion->progress, "copy");
    const Machine *machine = session_machine(conversion->session);
    CopyProgress copy = {.progress = conversion->progress};
    for (guint i = 0; i < machine->disks->len; i++)
        copy.total_bytes += ((const MachineDisk *)g_ptr_array_index(machine->disks, i))->size_bytes;
    if (!check_space(conversion, copy.total_bytes, error))
        return FALSE;

    const CopyOptions how = {conversion->options->format, conversion->options->compress,
                             conversion->options->sync};
    conversion->sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        copy.target = g_ptr_array_index(conversion->work_paths, i);
        copy.disk_bytes = disk->size_bytes;
        if (!copy_image(session_image_options(conversion->session, i), copy.target, &how, hear_copy,
                        &copy, error))
            return FALSE;
        copy.before_bytes += disk->size_bytes;
        copy.written_bytes += allocated_bytes(copy.target);
        struct stat status;
        uint64_t size = stat(copy.target, &status) == 0 ? (uint64_t)status.st_size : 0;
        g_array_append_val(conversion->sizes, size);
    }
    g_autofree char *size = g_format_size_full(copy.written_bytes, G_FORMAT_SIZE_IEC_UNITS);
    progress_note(conversion->progress, size);
    progress_end_stage(conversion->progress);
    return TRUE;
}

/* Of this process or the confined one, whichever had more; not of qemu's tools. */
static uint64_t peak_memory_bytes(GHashTable *results)
{
    struct rusage self = {0};
    getrusage(RUSAGE_SELF, &self);
    const char *worker = g_hash_table_lookup(results, WORKER_RESULT_PEAK_MEMORY);
    return MAX((uint64_t)self.ru_maxrss * 1024, worker ? g_ascii_strtoull(worker, NULL, 10) : 0);
}

static gboolean write_results(Conversion *conversion, GError **error)
{
    const Machine *machine = session_machine(conversion->session);
    g_autofree char *report_name = g_strdup_printf("%s.report.json", machine->name);
    g_autofree char *domain_name = g_strdup_printf("%s.xml", machine->name);
    g_autofree char *domain_path =
        g_build_filename(output_directory(conversion->output), domain_name, NULL);
    const char *guest_json = g_hash_table_lookup(conversion->results, JOB_RESULT_JSON);
    const char *mac = g_hash_table_lookup(conversion->results, JOB_RESULT_MAC);
    const char *domain = g_hash_table_lookup(conversion->results, JOB_RESULT_DOMAIN);
    Report report = {
        .machine = machine,
        .guest_json = guest_json ? guest_json : "",
        .disk_paths = (const char *const *)conversion->final_paths->pdata,
        .disk_format = conversion->options->format,
        .disk_bytes = (const uint64_t *)(const void *)conversion->sizes->data,
        .domain_path = domain_path,
        .peak_memory_bytes = peak_memory_bytes(conversion->results),
    };
    if (mac)
        session_adopt_mac(conversion->session, mac);
    report.stages = progress_stages(conversion->progress, &report.stage_count);
    g_autofree char *json = NULL;
    /* The domain XML comes last: where it is, everything is. */
    if (!report_format(&report, &json, error) ||
        !output_add_text(conversion->output, report_name, json, error) ||
        !output_add_text(conversion->output, domain_name, domain ? domain : "", error) ||
        !output_commit(conversion->output, error))
        return FALSE;
    printf("%s\n", domain_path);
    return TRUE;
}

gboolean command_convert_options(Options *options, int argc, char **argv, GError **error)
{
    if (!options_parse(options,
                       OPTIONS_OUTPUT | OPTIONS_EDITS | OPTIONS_SOURCE | OPTIONS_MACHINE |
                           OPTIONS_NICS,
                       "SOURCE… -o DIR",
                       "Converts one machine, a folder, a configuration, an archive or disk images "
                       "(the boot disk first), to qcow2 images and a libvirt domain XML in DIR.",
                       argc, argv, error))
        return FALSE;
    if (options->argument_count == 0 || !options->output_directory) {
        drydock_error_set(
            error, DRYDOCK_ERROR_USAGE, "migrate SOURCE… -o DIR; see migrate --help", "%s",
            options->argument_count == 0 ? "no source was named" : "no output directory was named");
        return FALSE;
    }
    return domain_network_map_check((const char *const *)options->network_map, error);
}

gboolean command_convert(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    gboolean ok = command_convert_options(&options, argc, argv, error);
    *ret_progress = progress_new(options.progress);
    if (!ok)
        return FALSE;
    g_auto(Conversion) conversion = {.options = &options, .progress = *ret_progress};
    return open_source(&conversion, error) && edit_guest(&conversion, error) &&
           copy_disks(&conversion, error) && write_results(&conversion, error);
}
