/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate services, in the confined process. */
#include "migrate/services_job.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "inspect/guest_hive.h"
#include "inspect/json_windows.h"
#include "inspect/windows_services.h"
#include "migrate/json.h"
#include "migrate/printable.h"
#include "migrate/registry_apply.h"
#include "migrate/registry_tree.h"
#include "registry/edit.h"
#include "windows/editable_hive.h"

#define REASON "asked for by hand"

/* winnt.h: SERVICE_BOOT_START and so on. */
static const char *const start_names[] = {"boot", "system", "auto", "demand", "disabled"};

enum { SERVICE_START_SYSTEM = 1 };

/* SERVICE_KERNEL_DRIVER and so on. Of a user's services there is a template and, while somebody is
   logged on, an instance. */
static const struct {
    guint type;
    const char *name;
    gboolean is_driver;
} type_rows[] = {
    {0x1, "driver", TRUE},       {0x2, "fs-driver", TRUE},    {0x4, "adapter", TRUE},
    {0x8, "recognizer", TRUE},   {0x10, "own", FALSE},        {0x20, "share", FALSE},
    {0x50, "user-own", FALSE},   {0x60, "user-share", FALSE}, {0xD0, "user-own", FALSE},
    {0xE0, "user-share", FALSE},
};
#define TYPE_FLAG_INTERACTIVE 0x100u

gboolean services_parse_start(const char *text, uint32_t *ret_start, GError **error)
{
    const char *wanted = g_ascii_strcasecmp(text, "manual") == 0 ? "demand" : text;
    for (guint i = 0; i < G_N_ELEMENTS(start_names); i++)
        if (g_ascii_strcasecmp(wanted, start_names[i]) == 0) {
            *ret_start = i;
            return TRUE;
        }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use boot, system, auto, demand or disabled",
                      "'%s' is not when a service can start", text);
    return FALSE;
}

static char *start_text(guint start)
{
    return start < G_N_ELEMENTS(start_names) ? g_strdup(start_names[start])
                                             : g_strdup_printf("%u", start);
}

static char *type_text(guint type)
{
    for (guint i = 0; i < G_N_ELEMENTS(type_rows); i++)
        if ((type & ~TYPE_FLAG_INTERACTIVE) == type_rows[i].type)
            return g_strdup(type_rows[i].name);
    return g_strdup_printf("0x%x", type);
}

static gboolean type_is_driver(guint type)
{
    for (guint i = 0; i < G_N_ELEMENTS(type_rows); i++)
        if (type == type_rows[i].type)
            return type_rows[i].is_driver;
    return FALSE;
}

static void append_service(GString *text, const GuestWindowsService *service)
{
    g_autofree char *start = start_text(service->start);
    g_autofree char *type = type_text(service->type);
    g_autofree char *override =
        service->start_override < 0 ? NULL : start_text((guint)service->start_override);
    g_autofree char *both = g_strconcat(start, override ? ">" : "", override ? override : "", NULL);
    g_autoptr(GString) name = g_string_new(NULL);
    printable_append(name, service->name);
    g_string_append_printf(text, "%-32s %-15s %-10s ", name->str, both, type);
    printable_append(text, service->display_name ? service->display_name : "-");
    g_string_append(text, "  ");
    printable_append(text, service->image_path ? service->image_path : "-");
    g_string_append_c(text, '\n');
}

static gboolean find_system(RegistryTree *tree, char **ret_path, char **ret_mount, GError **error)
{
    g_auto(HivePlace) place = {0};
    return hive_place_parse("HKLM\\SYSTEM", &place, error) &&
           registry_tree_find(tree, &place, ret_path, ret_mount, error);
}

static gboolean list(const ServicesJob *job, RegistryTree *tree, WorkerChannel *channel,
                     GError **error)
{
    g_autofree char *path = NULL;
    g_autofree char *mount = NULL;
    g_autofree char *key = NULL;
    g_autoptr(GPtrArray) services = windows_services_new();
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GString) text = g_string_new(NULL);
    if (!find_system(tree, &path, &mount, error))
        return FALSE;
    g_autoptr(GuestHive) hive = guest_hive_open_whole(tree->tree, path, mount, NULL, error);
    if (!hive ||
        !hive_resolve_control_set(guest_hive_get(hive), "CurrentControlSet\\Services", &key,
                                  error) ||
        !windows_services_read(guest_hive_get(hive), key, services, findings, error))
        return FALSE;
    if (services->len == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "name a machine, or its SYSTEM hive",
                          "there are no services below %s\\%s", mount, key);
        return FALSE;
    }
    if (job->options->json) {
        g_autoptr(JsonBuilder) builder = json_builder_new();
        json_builder_begin_array(builder);
        for (guint i = 0; i < services->len; i++)
            json_add_windows_service(builder, g_ptr_array_index(services, i));
        json_builder_end_array(builder);
        g_autofree char *json = json_finish(builder);
        g_string_append(text, json);
    } else {
        for (guint i = 0; i < services->len; i++)
            append_service(text, g_ptr_array_index(services, i));
    }
    worker_send_output(channel, REGISTRY_OUTPUT_TEXT, text->str, text->len);
    return TRUE;
}

static gboolean refuse_start(const ServicesJob *job, guint type, GError **error)
{
    if (job->start > SERVICE_START_SYSTEM || type_is_driver(type))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use auto, demand or disabled",
                      "'%s' is no driver: it cannot start with the %s", job->name,
                      job->start == 0 ? "boot loader" : "kernel");
    return FALSE;
}

/* Stages the change in the control set of that number; *ret_found FALSE: the service is not in it.
 */
static gboolean set_in(const ServicesJob *job, EditableHive *hive, uint32_t control_set,
                       gboolean *ret_found, GError **error)
{
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, job->name);
    g_autofree char *override = g_strconcat(key, "\\StartOverride", NULL);
    uint32_t type, old;
    gboolean has_type, has_start;
    if (!hive_read_dword(hive->hive, key, "Type", &has_type, &type, error) ||
        !hive_read_dword(hive->hive, key, "Start", &has_start, &old, error))
        return FALSE;
    *ret_found = has_type && has_start;
    if (!*ret_found)
        return TRUE;
    if (!refuse_start(job, type, error))
        return FALSE;
    hive_edits_set_dword(hive->edits, key, "Start", job->start, REASON);
    /* Windows 8 and later: it would win. */
    hive_edits_delete_key(hive->edits, override, "stands above Start");
    return TRUE;
}

/* The control set in use, and the one that starts next where that is another. */
static gboolean stage(const RegistryChange *change, Edits *edits, GError **error)
{
    const ServicesJob *job = change->data;
    static const char *const names[] = {"Current", "Default"};
    g_autofree char *path = NULL;
    g_autofree char *mount = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    uint32_t numbers[G_N_ELEMENTS(names)] = {0, 0};
    gboolean found_any = FALSE;
    if (!find_system(change->tree, &path, &mount, error))
        return FALSE;
    g_autoptr(EditableHive) hive =
        editable_hive_open_path(change->tree->tree, path, mount, mount, findings, error);
    if (!hive || !findings_check_blockers(findings, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        gboolean found;
        if (!hive_read_dword(hive->hive, "Select", names[i], &found, &numbers[i], error))
            return FALSE;
        if (!found || (i > 0 && numbers[i] == numbers[0]))
            continue;
        if (!set_in(job, hive, numbers[i], &found, error))
            return FALSE;
        found_any |= found;
    }
    if (found_any)
        return editable_hive_stage(hive, edits, error);
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "see migrate services list",
                      "there is no service '%s'", job->name);
    return FALSE;
}

gboolean services_job_run(void *data, WorkerChannel *channel, GError **error)
{
    const ServicesJob *job = data;
    g_auto(RegistryTree) tree = {0};
    if ((job->action == SERVICES_START_TYPE && !hive_edits_prepare(error)) ||
        !registry_tree_open(&tree, job->workpiece, NULL, job->options->profiles, error))
        return FALSE;
    if (job->action == SERVICES_LIST)
        return list(job, &tree, channel, error);
    const RegistryChange change = {stage, job, &tree};
    return registry_apply(&change, channel, error);
}
