/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches that never ran, for the reports. */
#include "batch-samples.h"

#define START_US (G_GINT64_CONSTANT(1796000000) * G_USEC_PER_SEC)
#define GIB ((uint64_t)1 << 30)

static const struct {
    const char *name, *system;
    uint64_t source_gib, output_mib;
    guint seconds;
} kinds[] = {
    {"web", "Debian GNU/Linux 12 (bookworm)", 20, 2310, 41},
    {"db", "Red Hat Enterprise Linux 8.9 (Ootpa)", 200, 81234, 1312},
    {"dc", "Windows Server 2022 Standard", 80, 19820, 388},
    {"desk", "Windows 11 Pro", 128, 34001, 560},
    {"mail", "Ubuntu 22.04.4 LTS", 64, 12650, 201},
    {"legacy", "Windows Server 2008 R2 Enterprise", 40, 17003, 305},
};

static const struct {
    const char *code, *severity, *sentence, *hint;
} findings[] = {
    {"linux-guest-agent-missing", "info", "qemu-guest-agent is not installed in %s",
     "install it from the distribution"},
    {"domain-tpm-empty", "warning",
     "the machine had a TPM, whose secrets stay in the source; the domain's starts empty",
     "have recovery keys at hand (BitLocker, LUKS) for what was sealed to it"},
    {"source-medium", "info",
     "the medium in a CD or floppy drive is not migrated; the drive is empty: [iso] %s.iso",
     "copy the file to the new host if the guest needs it"},
    {"windows-activation", "warning",
     "%s counts changes of its hardware and may ask to be activated again", NULL},
};

static const struct {
    const char *code, *message, *hint;
    int exit_status;
} failures[] = {
    {"precondition",
     "Windows is hibernated: its memory holds what is not on the disk yet [windows-hibernated]",
     "start the machine in the source and shut it down, or give up its session with "
     "--discard-hibernation",
     3},
    {"corrupt",
     "'/exports/batch-7/db-0007/db-0007.vmdk' is cut short: 81604378624 bytes instead of "
     "214748364800",
     "copy it from the source again", 6},
    {"no-space", "'/srv/images' has 11.2 GiB free, the copy needs up to 128.0 GiB",
     "free some space, or choose another output directory", 4},
    {"failed",
     "cannot read the mount table: " SAMPLE_HOSTILE_NAME " \xe2\x80\xae"
     "evil <img src=x onerror=alert(1)>",
     "'quotes' & \"more\" <b>bold</b>", 1},
};

static BatchStatus choose_status(guint index, guint count)
{
    if (count < 4)
        return (BatchStatus[]){BATCH_DONE, BATCH_FAILED, BATCH_SKIPPED}[index];
    if (index % 61 == 7)
        return BATCH_FAILED;
    if (index % 83 == 5)
        return BATCH_SKIPPED;
    if (index + 6 >= count)
        return index + 4 >= count ? BATCH_PENDING : BATCH_RUNNING;
    return BATCH_DONE;
}

static void add_finding(BatchResult *result, guint number)
{
    BatchFinding *finding = g_new0(BatchFinding, 1);

    finding->code = g_strdup(findings[number].code);
    finding->severity = g_strdup(findings[number].severity);
    g_autoptr(GString) sentence = g_string_new(findings[number].sentence);
    g_string_replace(sentence, "%s", result->name, 0);
    finding->sentence = g_strdup(sentence->str);
    finding->hint = g_strdup(findings[number].hint);
    g_ptr_array_add(result->findings, finding);
}

static void add_change(BatchResult *result, const char *path, const char *action,
                       const char *reason)
{
    BatchChange *change = g_new0(BatchChange, 1);

    change->path = g_strdup(path);
    change->action = g_strdup(action);
    change->reason = g_strdup(reason);
    g_ptr_array_add(result->changes, change);
}

static void fill_done(BatchResult *result, guint index, const char *folder)
{
    static const char *const files[] = {"%s/%s-sda.qcow2", "%s/%s.report.json", "%s/%s.xml"};
    const guint kind = index % G_N_ELEMENTS(kinds);

    result->system = g_strdup(kinds[kind].system);
    result->output_bytes = kinds[kind].output_mib << 20;
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GString) path = g_string_new(files[i]);

        g_string_replace(path, "%s", folder, 1);
        g_string_replace(path, "%s", result->name, 1);
        batch_result_add_output(result, path->str, i == 0 ? result->output_bytes : 4000 + i * 700,
                                START_US);
    }
    add_change(result, "/etc/fstab", "change", "disks are found by their UUIDs");
    add_change(result, "/boot/initrd.img-6.1.0-18-amd64", "change",
               "virtio drivers are part of the initramfs");
    add_change(result, "/etc/network/interfaces", "change", "the card is called enp1s0 now");
    for (guint i = 0; i < (index % 11 == 3 ? 90 : index % 5); i++) {
        g_autofree char *path = g_strdup_printf("C:\\Windows\\System32\\drivers\\viostor%u.sys", i);

        add_change(result, path, "create", "the driver of virtio's disks");
    }
    result->was_done_before = index % 17 == 2;
    if (index % 3 == 0)
        add_finding(result, 0);
    if (index % 7 == 0)
        add_finding(result, 1);
    if (index % 10 == 4)
        add_finding(result, 2);
    if (index % 6 >= 2 && index % 6 < 4)
        add_finding(result, 3);
}

static BatchResult *make_result(guint index, guint count, const char *folder)
{
    const guint kind = index % G_N_ELEMENTS(kinds);
    g_autofree char *id = g_strdup_printf("%s-%04u", kinds[kind].name, index);
    BatchResult *result = batch_result_new(id);

    result->status = choose_status(index, count);
    result->name = g_strdup(index == 1 ? SAMPLE_HOSTILE_NAME : id);
    if (result->status == BATCH_SKIPPED || result->status == BATCH_PENDING)
        return result;
    result->source_bytes = kinds[kind].source_gib * GIB;
    result->attempts = 1 + (index % 40 == 0);
    result->started_us = START_US + (gint64)index * 20 * G_USEC_PER_SEC;
    if (result->status == BATCH_RUNNING)
        return result;
    result->finished_us =
        result->started_us + (gint64)(kinds[kind].seconds + index % 9) * G_USEC_PER_SEC;
    if (result->status == BATCH_DONE) {
        fill_done(result, index, folder);
    } else {
        const guint row = index == 1 ? 3 : index % 3;

        result->error_code = g_strdup(failures[row].code);
        result->error_message = g_strdup(failures[row].message);
        result->error_hint = g_strdup(failures[row].hint);
        result->exit_status = failures[row].exit_status;
    }
    return result;
}

static void result_drop(gpointer result)
{
    batch_result_free(result);
}

BatchSample *batch_sample_new(guint machines, const char *folder)
{
    BatchSample *sample = g_new0(BatchSample, 1);

    sample->manifest = batch_manifest_new("/exports/fleet & \"friends\".yaml");
    sample->results = g_ptr_array_new_with_free_func(result_drop);
    for (guint i = 0; i < machines; i++)
        g_ptr_array_add(sample->results, make_result(i, machines, folder));
    sample->report = (BatchReport){
        .manifest = sample->manifest,
        .folder = folder,
        .results = sample->results,
        .started_us = START_US,
        .finished_us = START_US + (gint64)(machines * 20 + 95) * G_USEC_PER_SEC,
    };
    return sample;
}

void batch_sample_free(BatchSample *sample)
{
    if (!sample)
        return;
    g_ptr_array_unref(sample->results);
    batch_manifest_free(sample->manifest);
    g_free(sample);
}
