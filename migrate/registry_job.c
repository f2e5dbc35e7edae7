/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads values of a Windows guest's registry, in the confined process. */
#include "migrate/registry_job.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "inspect/guest.h"
#include "inspect/guest_hive.h"
#include "migrate/confine.h"

/* The hives that Windows mounts below HKEY_LOCAL_MACHINE, by their file names. */
static const char *const machine_hives[] = {"SOFTWARE", "SYSTEM", "SAM", "SECURITY", NULL};

typedef struct {
    GPtrArray *disks;
    GPtrArray *findings;
    VolumeSet *set;
    Guest *guest;
    GuestHive *hive;
} Lookup;

static void lookup_clear(Lookup *lookup)
{
    guest_hive_close(lookup->hive);
    guest_free(lookup->guest);
    volume_set_free(lookup->set);
    g_clear_pointer(&lookup->findings, g_ptr_array_unref);
    g_clear_pointer(&lookup->disks, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lookup, lookup_clear)

/* "HKLM\SYSTEM\CurrentControlSet\X" → hive "SYSTEM", rest "CurrentControlSet\X". */
static gboolean split_key(const char *key, char **ret_hive, const char **ret_rest, GError **error)
{
    static const char *const roots[] = {"HKLM\\", "HKEY_LOCAL_MACHINE\\"};
    for (guint i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (g_ascii_strncasecmp(key, roots[i], strlen(roots[i])) != 0)
            continue;
        const char *name = key + strlen(roots[i]);
        size_t length = strcspn(name, "\\");
        g_autofree char *upper = g_ascii_strup(name, (gssize)length);
        if (!g_strv_contains(machine_hives, upper))
            break;
        *ret_hive = g_steal_pointer(&upper);
        *ret_rest = name[length] ? name + length + 1 : name + length;
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "begin with HKLM\\SOFTWARE, HKLM\\SYSTEM, HKLM\\SAM or HKLM\\SECURITY",
                      "'%s' is not a registry key that can be read", key);
    return FALSE;
}

/* CurrentControlSet is a link that only a running Windows has. */
static char *resolve_control_set(const Guest *guest, const char *path)
{
    static const char current[] = "CurrentControlSet";
    if (g_ascii_strncasecmp(path, current, strlen(current)) != 0 ||
        (path[strlen(current)] != '\\' && path[strlen(current)] != '\0'))
        return g_strdup(path);
    return g_strdup_printf("ControlSet%03u%s", guest->windows_facts.current_control_set,
                           path + strlen(current));
}

static gboolean open_hive(Lookup *lookup, KeyRing *keys, const char *name, GError **error)
{
    gboolean open =
        volume_set_open_with_keys(lookup->disks, keys, lookup->findings, &lookup->set, error);
    key_ring_wipe(keys);
    if (!open || !guest_inspect(lookup->set, NULL, lookup->findings, &lookup->guest, error))
        return FALSE;
    if (lookup->guest->kind != GUEST_WINDOWS) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the disk of a Windows machine",
                          "%s has no registry", lookup->guest->product_name);
        return FALSE;
    }
    g_autofree char *path =
        g_strdup_printf("%s/System32/config/%s", lookup->guest->windows_facts.system_root, name);
    lookup->hive = guest_hive_open(lookup->guest->tree, path, name, error);
    return lookup->hive != NULL;
}

/* A string as its text alone, anything else as people write it in .reg files. */
static gboolean append_value(Hive *hive, const char *path, const HiveValue *value, GString *text,
                             GError **error)
{
    gboolean is_string = FALSE;
    g_autofree char *string = NULL;
    if (!hive_read_string(hive, path, value->name, &is_string, &string, error))
        return FALSE;
    if (!is_string) {
        gsize length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        string = hive_value_to_text(value->type, data, length);
    }
    g_string_append_printf(text, "%s\n", string);
    return TRUE;
}

static gboolean append_all_values(Hive *hive, HiveKey key, GString *text, GError **error)
{
    g_autoptr(GPtrArray) values = NULL;
    if (!hive_list_values(hive, key, &values, error))
        return FALSE;
    for (guint i = 0; i < values->len; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        gsize length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        g_autofree char *line = hive_value_to_text(value->type, data, length);
        g_string_append_printf(text, "%s = %s\n", *value->name ? value->name : "(default)", line);
    }
    return TRUE;
}

static gboolean look_up(Lookup *lookup, const RegistryJob *job, const char *path, GString *text,
                        GError **error)
{
    Hive *hive = guest_hive_get(lookup->hive);
    HiveKey key;
    gboolean found;
    if (!hive_find_key(hive, hive_root(hive), path, &found, &key, error))
        return FALSE;
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "there is no key '%s'", job->key);
        return FALSE;
    }
    if (!job->value)
        return append_all_values(hive, key, text, error);
    g_autoptr(HiveValue) value = NULL;
    if (!hive_get_value(hive, key, job->value, &value, error))
        return FALSE;
    if (value)
        return append_value(hive, path, value, text, error);
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "name only the key to see all of its values",
                      "there is no value '%s' in '%s'", job->value, job->key);
    return FALSE;
}

gboolean registry_job_run(void *data, WorkerChannel *channel, GError **error)
{
    const RegistryJob *job = data;
    g_auto(Lookup) lookup = {.findings = findings_new()};
    g_autofree char *name = NULL;
    const char *rest = NULL;
    gboolean files_denied;
    if (!split_key(job->key, &name, &rest, error))
        return FALSE;
    lookup.disks = session_connect_disks(job->session, error);
    if (!lookup.disks || !confine_process(&files_denied, error) ||
        !open_hive(&lookup, session_keys(job->session), name, error))
        return FALSE;

    g_autofree char *path = resolve_control_set(lookup.guest, rest);
    g_autoptr(GString) text = g_string_new(NULL);
    if (!look_up(&lookup, job, path, text, error))
        return FALSE;
    worker_send_result(channel, REGISTRY_RESULT_TEXT, text->str);
    return TRUE;
}
