/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate drivers, in the confined process. */
#include "migrate/drivers_job.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "migrate/confine.h"
#include "migrate/json.h"
#include "migrate/opened_drivers.h"
#include "migrate/opened_guest.h"
#include "migrate/plan_text.h"
#include "migrate/printable.h"
#include "migrate/registry_job.h"
#include "registry/edit.h"
#include "windows/driver_listing.h"
#include "windows/windows_guest.h"

static void append_joined(GString *text, const GPtrArray *words, const char *empty)
{
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        g_string_append(text, i > 0 ? " " : "");
        printable_append(text, *word ? word : empty);
    }
}

static void append_text(GString *text, const DriverListing *listing, gboolean is_long)
{
    printable_append(text, listing->path);
    if (listing->problem) {
        g_string_append(text, ": ");
        printable_append(text, listing->problem);
        g_string_append_c(text, '\n');
        return;
    }
    g_string_append_printf(text, "  %s of %s  ", listing->version,
                           listing->date ? listing->date : "no date");
    printable_append(text, *listing->class_name ? listing->class_name : "no class");
    g_string_append(text, "  ");
    append_joined(text, listing->targets, "x86");
    g_string_append_c(text, '\n');
    for (guint i = 0; is_long && i < listing->ids->len; i++) {
        g_string_append(text, "    ");
        printable_append(text, g_ptr_array_index(listing->ids, i));
        g_string_append_c(text, '\n');
    }
}

static void add_texts(JsonBuilder *builder, const char *name, const GPtrArray *texts)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
    for (guint i = 0; texts && i < texts->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(texts, i));
    json_builder_end_array(builder);
}

static void add_json(JsonBuilder *builder, const DriverTree *tree, const DriverListing *listing)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "collection", driver_tree_path(tree));
    json_member_add_text(builder, "path", listing->path);
    json_member_add_text(builder, "problem", listing->problem);
    json_member_add_text(builder, "version", listing->version);
    json_member_add_text(builder, "date", listing->date);
    json_member_add_text(builder, "provider", listing->provider);
    json_member_add_text(builder, "class", listing->class_name);
    add_texts(builder, "targets", listing->targets);
    add_texts(builder, "devices", listing->ids);
    json_builder_end_object(builder);
}

static void list_tree(const DriverTree *tree, const Options *options, GString *text,
                      JsonBuilder *builder)
{
    g_autoptr(GPtrArray) listings = driver_listing_new(tree);
    for (guint i = 0; i < listings->len; i++) {
        const DriverListing *listing = g_ptr_array_index(listings, i);
        if (builder)
            add_json(builder, tree, listing);
        else
            append_text(text, listing, options->long_form);
    }
}

static gboolean list(const DriversJob *job, const OpenedDrivers *drivers, WorkerChannel *channel,
                     GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(JsonBuilder) builder = job->options->json ? json_builder_new() : NULL;
    gboolean files_denied;
    if (!confine_process(&files_denied, error))
        return FALSE;
    if (builder)
        json_builder_begin_array(builder);
    if (drivers->collection)
        list_tree(drivers->collection, job->options, text, builder);
    for (guint i = 0; i < drivers->named->len; i++)
        list_tree(g_ptr_array_index(drivers->named, i), job->options, text, builder);
    if (builder) {
        json_builder_end_array(builder);
        g_autofree char *json = json_finish(builder);
        g_string_append(text, json);
    }
    worker_send_output(channel, REGISTRY_OUTPUT_TEXT, text->str, text->len);
    return TRUE;
}

static gboolean add(const DriversJob *job, const OpenedDrivers *drivers, WorkerChannel *channel,
                    GError **error)
{
    g_auto(OpenedGuest) opened = {0};
    g_autoptr(DriverChoice) choice = NULL;
    const DriverSources sources = {drivers->collection, drivers->named};
    if (!hive_edits_prepare(error) || !opened_guest_open(&opened, workpiece_session(job->workpiece),
                                                         NULL, job->options->profiles, error))
        return FALSE;
    if (opened.guest->kind != GUEST_WINDOWS) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a machine with Windows",
                          "drivers are added to Windows guests only");
        return FALSE;
    }
    g_autoptr(Edits) edits = edits_new(opened.guest->tree);
    if (!findings_check_blockers(opened.findings, error) ||
        !windows_guest_plan_drivers(opened.guest, &sources, edits, opened.findings, &choice,
                                    error) ||
        !findings_check_blockers(opened.findings, error))
        return FALSE;
    g_autofree char *text = plan_text_format(edits, choice, opened.findings);
    worker_send_output(channel, REGISTRY_OUTPUT_TEXT, text, strlen(text));
    return !workpiece_is_written(job->workpiece) || edits_apply(edits, error);
}

gboolean drivers_job_run(void *data, WorkerChannel *channel, GError **error)
{
    const DriversJob *job = data;
    const Options *options = job->options;
    g_auto(OpenedDrivers) drivers = {0};
    /* Without a word about it virtio-win is listed, but not added. */
    gboolean has_default = job->action == DRIVERS_LIST && !options->drivers;
    if (!opened_drivers_open(&drivers, options->virtio_win, (const char *const *)options->drivers,
                             has_default, error))
        return FALSE;
    if (!drivers.collection && has_default) {
        g_propagate_error(error, g_steal_pointer(&drivers.why_none));
        return FALSE;
    }
    return job->action == DRIVERS_LIST ? list(job, &drivers, channel, error)
                                       : add(job, &drivers, channel, error);
}
