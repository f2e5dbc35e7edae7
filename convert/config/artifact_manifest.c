/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The artifact manifest (version 1) that hypersdk writes beside exported disks and hyper2kvm reads,
   in JSON. What it says of the machine is read here; what it wants to be done is migrate/batch's.
   Known from hyper2kvm's public source and examples. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "convert/source_config.h"

#define CPUS_LIMIT 4096
#define MEMORY_LIMIT_GIB (64.0 * 1024)
#define DISKS_LIMIT 1024
#define ORDER_LIMIT 4096
#define DEPTH_LIMIT 64 /* json-glib calls itself for each level */
#define SHA256_DIGITS 64
#define GIB ((double)(1 << 30))

static gboolean artifact_probe(const uint8_t *head, size_t length, const char *name)
{
    (void)name;
    g_autofree char *text = g_strndup((const char *)head, length);
    const char *at = g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text;
    return at[strspn(at, " \t\r\n")] == '{' && strstr(at, "\"manifest_version\"");
}

static gboolean is_too_deep(const char *text, size_t length)
{
    guint depth = 0;
    gboolean is_text = FALSE;
    for (size_t i = 0; i < length; i++) {
        if (is_text && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            is_text = !is_text;
        else if (!is_text && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!is_text && depth > 0 && (text[i] == '}' || text[i] == ']'))
            depth--;
        if (depth > DEPTH_LIMIT)
            return TRUE;
    }
    return FALSE;
}

/* NULL: there is none, or it is something else. */
static JsonNode *member(JsonObject *object, const char *name, JsonNodeType type)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && json_node_get_node_type(node) == type ? node : NULL;
}

static JsonObject *object_member(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, JSON_NODE_OBJECT);
    return node ? json_node_get_object(node) : NULL;
}

static JsonArray *array_member(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, JSON_NODE_ARRAY);
    return node ? json_node_get_array(node) : NULL;
}

static const char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, JSON_NODE_VALUE);
    const char *text =
        node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
    return text && *text ? text : NULL;
}

/* FALSE: no number from 0 to limit. */
static gboolean number_member(JsonObject *object, const char *name, double limit,
                              double *ret_number)
{
    JsonNode *node = member(object, name, JSON_NODE_VALUE);
    GType type = node ? json_node_get_value_type(node) : G_TYPE_INVALID;
    double number = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : -1;
    if (!isfinite(number) || number < 0 || number > limit)
        return FALSE;
    *ret_number = number;
    return TRUE;
}

static void read_vm(JsonObject *vm, Machine *machine)
{
    const char *firmware = text_member(vm, "firmware");
    JsonNode *secure_boot = member(vm, "secureboot", JSON_NODE_VALUE);
    double number;
    if (number_member(vm, "cpu", CPUS_LIMIT, &number))
        machine->cpus = (guint)number;
    if (number_member(vm, "mem_gb", MEMORY_LIMIT_GIB, &number))
        machine->memory_bytes = (uint64_t)(number * GIB);
    for (Firmware kind = FIRMWARE_BIOS; firmware && kind <= FIRMWARE_UEFI; kind++)
        if (g_ascii_strcasecmp(firmware, firmware_name(kind)) == 0)
            machine->firmware = kind;
    machine->secure_boot = secure_boot && json_node_get_value_type(secure_boot) == G_TYPE_BOOLEAN &&
                           json_node_get_boolean(secure_boot);
    machine->guest_os = g_strdup(text_member(vm, "os_hint"));
}

/* "sha256:01ab…"; other kinds are not known to be written. */
static gboolean read_checksum(JsonObject *object, const char *path, char **ret_sha256,
                              GError **error)
{
    const char *text = text_member(object, "checksum");
    if (!text)
        return TRUE;
    g_autofree char *digest =
        g_str_has_prefix(text, "sha256:") ? g_ascii_strdown(text + strlen("sha256:"), -1) : NULL;
    if (digest && strlen(digest) == SHA256_DIGITS &&
        strspn(digest, "0123456789abcdef") == SHA256_DIGITS) {
        *ret_sha256 = g_steal_pointer(&digest);
        return TRUE;
    }
    g_autofree char *shown = g_utf8_make_valid(text, -1);
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "give 'sha256:' and 64 digits, or nothing",
                      "the checksum of '%s' is none that is known: '%.80s'", path, shown);
    return FALSE;
}

static gboolean read_disk(JsonObject *object, Machine *machine, GPtrArray *findings, GError **error)
{
    const char *path = text_member(object, "local_path");
    const char *type = text_member(object, "disk_type");
    double number;
    if (!path) {
        findings_add(findings, FINDING_SOURCE_DISK_WITHOUT_FILE, text_member(object, "id"));
        return TRUE;
    }
    MachineDisk *disk = machine_add_disk(machine);
    disk->stored_name = g_strdup(path);
    if (number_member(object, "boot_order_hint", ORDER_LIMIT, &number))
        disk->boot_order = (guint)number + 1;
    else if (g_strcmp0(type, "boot") == 0)
        disk->boot_order = 1;
    return read_checksum(object, path, &disk->sha256, error);
}

static gboolean read_disks(JsonArray *disks, Machine *machine, GPtrArray *findings, GError **error)
{
    guint count = disks ? json_array_get_length(disks) : 0;
    if (count > DISKS_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "it has %u disks", count);
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        JsonNode *node = json_array_get_element(disks, i);
        if (JSON_NODE_HOLDS_OBJECT(node) &&
            !read_disk(json_node_get_object(node), machine, findings, error))
            return FALSE;
    }
    machine_sort_disks(machine);
    return TRUE;
}

static void read_nics(JsonArray *nics, Machine *machine)
{
    guint count = nics ? MIN(json_array_get_length(nics), DISKS_LIMIT) : 0;
    for (guint i = 0; i < count; i++) {
        JsonNode *node = json_array_get_element(nics, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        const char *mac = text_member(object, "mac");
        MachineNic *nic = machine_add_nic(machine);
        nic->mac = mac ? machine_mac_normalise(mac) : NULL;
        nic->network = g_strdup(text_member(object, "network"));
    }
}

static gboolean artifact_read(GBytes *content, GPtrArray *machines, GPtrArray *findings,
                              GError **error)
{
    gsize length;
    const char *text = g_bytes_get_data(content, &length);
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) reason = NULL;
    if (is_too_deep(text, length) || !g_utf8_validate(text, (gssize)length, NULL) ||
        !json_parser_load_from_data(parser, text, (gssize)length, &reason)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "it is no JSON%s%s",
                          reason ? ": " : "", reason ? reason->message : "");
        return FALSE;
    }
    JsonNode *node = json_parser_get_root(parser);
    JsonObject *root = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!root) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "it is no object");
        return FALSE;
    }
    JsonObject *source = object_member(root, "source");
    const char *name = text_member(source, "vm_name");
    g_autoptr(Machine) machine = machine_new("artifact");
    machine->name = g_strdup(name ? name : text_member(source, "vm_id"));
    read_vm(object_member(root, "vm"), machine);
    read_nics(array_member(root, "nics"), machine);
    if (!read_disks(array_member(root, "disks"), machine, findings, error))
        return FALSE;
    g_ptr_array_add(machines, g_steal_pointer(&machine));
    return TRUE;
}

const SourceConfigOps config_artifact_ops = {
    .kind = "artifact", .probe = artifact_probe, .read = artifact_read};
