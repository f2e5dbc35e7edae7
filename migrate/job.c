/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is done with a guest's data, in the confined process. */
#include "migrate/job.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "inspect/guest.h"
#include "linux/linux_guest.h"
#include "linux/selinux.h"
#include "migrate/confine.h"
#include "migrate/opened_drivers.h"
#include "migrate/plan_text.h"
#include "migrate/report.h"
#include "migrate/summary.h"
#include "migrate/trim.h"
#include "registry/edit.h"
#include "windows/windows_guest.h"
#include "windows/winre.h"

/* What a run has made so far; everything is freed in reverse of how it stands on each other. */
typedef struct {
    const Job *job;
    WorkerChannel *channel;
    OpenedDrivers drivers;
    WinreScratch *winre; /* NULL: not wanted */
    GPtrArray *disks;
    GPtrArray *findings;
    FsKernel *kernel; /* NULL: not wanted */
    VolumeSet *set;
    Guest *guest;
    Edits *edits;
    const char *disk_bus; /* what the guest boots from; NULL: as its profile says */
    gboolean virtio_net;
    gboolean legacy_block, legacy_net; /* those drivers know virtio 0.9 only */
    DriverChoice *choice;              /* of a Windows guest; stands on drivers and named */
    uint64_t trimmed_bytes;
} Run;

static void run_clear(Run *run)
{
    driver_choice_free(run->choice);
    edits_free(run->edits);
    guest_free(run->guest);
    volume_set_free(run->set);
    fs_kernel_free(run->kernel);
    g_clear_pointer(&run->findings, g_ptr_array_unref);
    g_clear_pointer(&run->disks, g_ptr_array_unref);
    winre_scratch_free(run->winre);
    opened_drivers_clear(&run->drivers);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* Everything that needs the host is opened here; afterwards the process is confined. */
static gboolean open_and_confine(Run *run, GError **error)
{
    if (run->job->goal != JOB_INSPECT &&
        (!hive_edits_prepare(error) ||
         !opened_drivers_open(&run->drivers, run->job->virtio_win, run->job->drivers, TRUE, error)))
        return FALSE;
    if (run->job->goal != JOB_INSPECT && run->job->winre) {
        run->winre = winre_scratch_open(run->job->scratch_directory, error);
        if (!run->winre)
            return FALSE;
    }
    run->disks = session_connect_disks(run->job->session, error);
    if (!run->disks)
        return FALSE;
    gboolean files_denied = FALSE;
    int readable = run->winre ? winre_scratch_readable(run->winre) : -1;
    if (!confine_process_but(readable, &files_denied, error))
        return FALSE;
    if (!files_denied)
        findings_add(run->findings, FINDING_HOST_NO_LANDLOCK, NULL);
    return TRUE;
}

static void place_disks(VolumeSet *set, const Machine *machine)
{
    for (guint i = 0; i < machine->disks->len; i++) {
        const MachineDisk *disk = g_ptr_array_index(machine->disks, i);
        volume_set_add_place(set, &(VolumePlace){.bus = machine_bus_name(disk->address.bus),
                                                 .unit = disk->address.unit,
                                                 .wwn = disk->wwn});
    }
}

static gboolean open_volumes(Run *run, GError **error)
{
    KeyRing *keys = session_keys(run->job->session);
    const char *root = session_root(run->job->session);
    run->kernel = session_new_kernel(run->job->session, run->channel);
    gboolean open = volume_set_open_with_kernel(
        run->disks, keys,
        run->job->discard_hibernation ? FS_OPEN_DISCARD_HIBERNATION : FS_OPEN_DEFAULT, run->kernel,
        run->findings, &run->set, error);
    key_ring_wipe(keys);
    if (open)
        place_disks(run->set, session_machine(run->job->session));
    return open && (!root || volume_set_choose_root(run->set, root, error));
}

static gboolean inspect(Run *run, GError **error)
{
    worker_send_stage(run->channel, "inspect");
    if (!open_volumes(run, error) ||
        !guest_inspect(run->set, run->job->profiles, run->findings, &run->guest, error))
        return FALSE;
    g_autofree char *summary = summary_line(run->guest);
    worker_send_note(run->channel, summary);
    worker_send_result(run->channel, JOB_RESULT_SUMMARY, summary);
    return TRUE;
}

/* What the guest knows a card by; where nobody does, its new address is as good. */
static const char *old_mac(const MachineNic *nic)
{
    return nic->source_mac && *nic->source_mac ? nic->source_mac : nic->mac;
}

static WindowsNic *list_windows_nics(const Machine *machine)
{
    WindowsNic *nics = g_new0(WindowsNic, machine->nics->len);
    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = g_ptr_array_index(machine->nics, i);
        nics[i] = (WindowsNic){.mac = old_mac(nic),
                               .new_mac = nic->source_mac ? nic->mac : NULL,
                               .address = nic->address,
                               .model = nic->model,
                               .guest_name = nic->guest_name,
                               .instance_id = nic->instance_id,
                               .mac_is_new = g_str_equal(machine->kind, "disks")};
    }
    return nics;
}

/* Whoever asks for such a one can do without virtio drivers. */
static gboolean is_emulated_bus(const char *bus)
{
    return g_strcmp0(bus, "sata") == 0 || g_strcmp0(bus, "ide") == 0;
}

/* The user's word on the command line; without one, buses of the profile that any guest may have.
   NULL: the best that will boot. */
static const char *asked_bus(const Job *job)
{
    const char *profile = target_get(job->target, TARGET_DISK_BUS);
    return job->disk_bus ? job->disk_bus : is_emulated_bus(profile) ? profile : NULL;
}

static gboolean plan_windows(Run *run, GError **error)
{
    if (!findings_check_blockers(run->findings, error))
        return FALSE;
    if (!run->drivers.collection && run->drivers.named->len == 0 &&
        !is_emulated_bus(asked_bus(run->job))) {
        g_propagate_error(error, g_steal_pointer(&run->drivers.why_none));
        return FALSE;
    }
    const DriverSources sources = {run->drivers.collection, run->drivers.named};
    const Machine *machine = session_machine(run->job->session);
    g_autofree WindowsNic *nics = list_windows_nics(machine);
    g_autoptr(GPtrArray) scripts = NULL;
    if (!customisation_windows_scripts(run->job->customisation, &scripts, error))
        return FALSE;
    WindowsOptions options = *run->job->windows;
    options.first_boot_scripts = scripts;
    options.nics = nics;
    options.nic_count = machine->nics->len;
    options.disk_bus = asked_bus(run->job);
    options.volumes = run->set;
    g_auto(WindowsResult) result = {0};
    if (!windows_guest_plan(run->guest, &sources, &options, run->edits, run->findings, &result,
                            error))
        return FALSE;
    run->disk_bus = result.disk_bus;
    run->virtio_net = result.virtio_net;
    run->legacy_block = result.legacy_block;
    run->legacy_net = result.legacy_net;
    run->choice = g_steal_pointer(&result.drivers);
    if (run->winre && findings_check_blockers(run->findings, NULL))
        winre_plan(run->guest, run->set, &sources, run->winre, run->edits, run->findings);
    return TRUE;
}

static gboolean plan_linux(Run *run, GError **error)
{
    if (run->drivers.named->len > 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "leave out --driver",
                          "drivers of other vendors are put into Windows guests only");
        return FALSE;
    }
    if (run->job->winre) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "leave out --winre",
                          "only Windows guests have Windows' recovery environment");
        return FALSE;
    }
    const Machine *machine = session_machine(run->job->session);
    g_autofree LinuxNic *nics = g_new0(LinuxNic, machine->nics->len);
    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = g_ptr_array_index(machine->nics, i);
        nics[i] = (LinuxNic){.mac = old_mac(nic),
                             .name = nic->guest_name,
                             .mac_is_new = g_str_equal(machine->kind, "disks"),
                             .new_mac = nic->source_mac ? nic->mac : NULL,
                             .address = nic->address};
    }
    LinuxResult result = {0};
    if (!linux_guest_plan(run->guest, nics, machine->nics->len, run->edits, run->findings, &result,
                          error))
        return FALSE;
    run->disk_bus = result.virtio_block ? "virtio" : NULL;
    run->virtio_net = result.virtio_net;
    if (result.nic_mac) {
        session_adopt_mac(run->job->session, result.nic_mac);
        worker_send_result(run->channel, JOB_RESULT_MAC, result.nic_mac);
        g_free(result.nic_mac);
    }
    return customisation_stage_linux(run->job->customisation, run->guest, run->edits, error);
}

static gboolean plan(Run *run, GError **error)
{
    worker_send_stage(run->channel, "plan");
    run->edits = edits_new(run->guest->tree);
    gboolean ok =
        run->guest->kind == GUEST_WINDOWS ? plan_windows(run, error) : plan_linux(run, error);
    if (!ok || !findings_check_blockers(run->findings, error) ||
        !file_changes_stage(run->job->customisation->files, run->edits, error) ||
        (run->guest->kind == GUEST_LINUX && !selinux_label_edits(run->edits, error)))
        return FALSE;
    g_autofree char *note = g_strdup_printf("%u changes", edits_count(run->edits));
    worker_send_note(run->channel, note);
    return TRUE;
}

static gboolean apply(Run *run, GError **error)
{
    worker_send_stage(run->channel, "apply");
    return edits_apply(run->edits, error) && volume_set_settle(run->set, error);
}

static gboolean trim(Run *run, GError **error)
{
    worker_send_stage(run->channel, "trim");
    if (!trim_volumes(run->set, run->guest, &run->trimmed_bytes, error))
        return FALSE;
    g_autofree char *size = g_format_size_full(run->trimmed_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *note = g_strdup_printf("%s need not be copied", size);
    worker_send_note(run->channel, note);
    return TRUE;
}

static void overrule(const Run *run, TargetKey key)
{
    g_autofree char *subject =
        g_strdup_printf("%s = %s: it has no driver for that", target_key_name(key),
                        target_get(run->job->target, key));
    findings_add(run->findings, FINDING_DOMAIN_PROFILE_OVERRULED, subject);
}

/* What the guest boots from: virtio, or what it has a driver for by itself. */
static const char *best_bus(const Run *run)
{
    const char *own = run->disk_bus ? run->disk_bus : guest_profile_get(run->guest, "disk-bus");
    return own ? own : "sata";
}

/* Wants SCSI: the guest needs a virtio driver for that as it does for virtio-blk; both are put in
   place together. */
static const char *wanted_bus(const Run *run)
{
    const char *asked = asked_bus(run->job);
    const char *profile = target_get(run->job->target, TARGET_DISK_BUS);
    if (asked)
        return asked;
    if (g_str_equal(profile, "auto"))
        return best_bus(run);
    if (!is_emulated_bus(best_bus(run)))
        return profile;
    overrule(run, TARGET_DISK_BUS);
    return best_bus(run);
}

/* What the user asks for, else what the profile does if the guest can, else the best. */
static gboolean choose_bus(const Run *run, DomainBus *ret_bus, GError **error)
{
    static const struct {
        const char *name;
        DomainBus bus;
    } buses[] = {
        {"virtio", DOMAIN_BUS_VIRTIO},
        {"scsi", DOMAIN_BUS_SCSI},
        {"sata", DOMAIN_BUS_SATA},
        {"ide", DOMAIN_BUS_IDE},
    };
    const char *wanted = wanted_bus(run);
    for (guint i = 0; i < G_N_ELEMENTS(buses); i++)
        if (g_str_equal(wanted, buses[i].name)) {
            *ret_bus = buses[i].bus;
            return TRUE;
        }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use virtio, scsi, sata or ide",
                      "'%s' is not a disk bus", wanted);
    return FALSE;
}

static const char *choose_nic(const Run *run)
{
    const char *wanted = target_get(run->job->target, TARGET_NIC_MODEL);
    if (!g_str_equal(wanted, "auto") && !g_str_equal(wanted, "virtio"))
        return wanted;
    if (run->virtio_net)
        return run->legacy_net ? "virtio-transitional" : "virtio";
    if (g_str_equal(wanted, "virtio"))
        overrule(run, TARGET_NIC_MODEL);
    const char *model = guest_profile_get(run->guest, "nic-model");
    return model ? model : "e1000e";
}

static gboolean format_domain(const Run *run, const char *const *disk_paths, char **ret_xml,
                              GError **error)
{
    DomainOptions options = {
        .nic_model = choose_nic(run),
        .disk_paths = disk_paths,
        .disk_format = run->job->disk_format,
        .network = run->job->network,
        .network_map = run->job->network_map,
        .target = run->job->target,
        .findings = run->findings,
        .disk_transitional = run->legacy_block,
    };
    return choose_bus(run, &options.disk_bus, error) &&
           domain_format(session_machine(run->job->session), run->guest, &options, ret_xml, error);
}

static gboolean describe(Run *run, GError **error)
{
    worker_send_stage(run->channel, "describe");
    g_autofree char *xml = NULL;
    if (!format_domain(run, run->job->disk_paths, &xml, error))
        return FALSE;
    worker_send_result(run->channel, JOB_RESULT_DOMAIN, xml);
    return TRUE;
}

static void send_report(const Run *run)
{
    ReportGuest report = {run->guest, run->set,    run->findings,
                          run->edits, run->choice, run->trimmed_bytes};
    g_autofree char *json = report_format_guest(&report);
    worker_send_result(run->channel, JOB_RESULT_JSON, json);
}

static gboolean send_inspection(const Run *run, GError **error)
{
    if (!guest_read_lists(run->guest, run->findings, error))
        return FALSE;
    g_autofree char *text =
        summary_text(session_machine(run->job->session), run->guest, run->set, run->findings);
    worker_send_result(run->channel, JOB_RESULT_TEXT, text);
    g_autofree char *json = report_format_inspection(session_machine(run->job->session), run->guest,
                                                     run->set, run->findings);
    worker_send_result(run->channel, JOB_RESULT_JSON, json);
    return TRUE;
}

/* For its findings; the domain itself is nobody's. */
static gboolean try_target(const Run *run, GError **error)
{
    const guint count = session_machine(run->job->session)->disks->len;
    g_autofree const char **paths = g_new0(const char *, count + 1);
    g_autofree char *xml = NULL;
    for (guint i = 0; i < count; i++)
        paths[i] = "/";
    return format_domain(run, paths, &xml, error);
}

static void send_plan(const Run *run)
{
    g_autofree char *text = plan_text_format(run->edits, run->choice, run->findings);
    worker_send_result(run->channel, JOB_RESULT_TEXT, text);
}

gboolean job_run(void *data, WorkerChannel *channel, GError **error)
{
    const Job *job = data;
    g_auto(Run) run = {.job = job, .channel = channel, .findings = findings_new()};
    findings_merge(run.findings, session_findings(job->session));
    if (!open_and_confine(&run, error) || !inspect(&run, error))
        return FALSE;
    if (job->goal == JOB_INSPECT)
        return send_inspection(&run, error);
    if (!plan(&run, error))
        return FALSE;
    if (job->goal == JOB_PLAN && job->target_is_named && !try_target(&run, error))
        return FALSE;
    if (job->goal != JOB_CONVERT)
        send_plan(&run);
    if (job->goal == JOB_PLAN)
        return TRUE;
    DomainBus bus;
    if (!choose_bus(&run, &bus, error) || !apply(&run, error) ||
        (job->goal == JOB_CONVERT && (!trim(&run, error) || !describe(&run, error))))
        return FALSE;
    send_report(&run);
    return TRUE;
}
