/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source machine as a JSON object. */
#include "migrate/machine_json.h"

#include "base/error.h"
#include "migrate/json.h"

static void add_address(JsonBuilder *builder, const MachineAddress *address)
{
    json_add_string(builder, "bus", machine_bus_name(address->bus));
    json_add_number(builder, "controller", address->controller);
    json_add_number(builder, "unit", address->unit);
    json_add_string(builder, "controller_model", address->model);
}

static void add_error(JsonBuilder *builder, const GError *error)
{
    json_builder_set_member_name(builder, "error");
    if (!error) {
        json_builder_add_null_value(builder);
        return;
    }
    gboolean is_ours = error->domain == DRYDOCK_ERROR;
    json_builder_begin_object(builder);
    json_add_string(builder, "code",
                    drydock_error_name(is_ours ? (DrydockError)error->code : DRYDOCK_ERROR_FAILED));
    json_add_string(builder, "message", error->message);
    json_add_string(builder, "hint", drydock_error_get_hint(error));
    json_builder_end_object(builder);
}

static void add_disk(JsonBuilder *builder, const MachineDisk *disk, const GError *error)
{
    json_builder_begin_object(builder);
    json_add_string(builder, "path", disk->path);
    json_add_string(builder, "member", disk->member);
    json_add_string(builder, "stored_name", disk->stored_name);
    /* Without a size the gate never got as far as saying what it is. */
    gboolean is_open = disk->size_bytes > 0;
    json_add_string(builder, "format", is_open ? source_format_name(disk->format) : NULL);
    json_add_string(builder, "variant", disk->variant);
    json_add_count(builder, "size_bytes", disk->size_bytes);
    json_add_count(builder, "sector_size", is_open ? disk->sector_size : 0);
    json_builder_set_member_name(builder, "parents");
    json_builder_begin_array(builder);
    for (guint i = 0; i < disk->parents->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(disk->parents, i));
    json_builder_end_array(builder);
    add_address(builder, &disk->address);
    add_error(builder, error);
    json_builder_end_object(builder);
}

static void add_drive(JsonBuilder *builder, const MachineDrive *drive)
{
    json_builder_begin_object(builder);
    json_add_string(builder, "kind", drive->kind == MACHINE_DRIVE_CDROM ? "cdrom" : "floppy");
    json_add_string(builder, "medium", drive->medium);
    add_address(builder, &drive->address);
    json_builder_end_object(builder);
}

static void add_nic(JsonBuilder *builder, const MachineNic *nic)
{
    json_builder_begin_object(builder);
    json_add_string(builder, "mac", nic->mac);
    json_add_boolean(builder, "mac_is_static", nic->mac_is_static);
    json_add_string(builder, "network", nic->network);
    json_add_count(builder, "vlan", nic->vlan);
    json_add_string(builder, "model", nic->model);
    json_add_string(builder, "guest_name", nic->guest_name);
    json_add_string(builder, "instance_id", nic->instance_id);
    json_add_boolean(builder, "connected", !nic->is_disconnected);
    json_builder_end_object(builder);
}

static void add_identity(JsonBuilder *builder, const Machine *machine)
{
    json_add_string(builder, "name", machine->name);
    json_add_string(builder, "title", machine->title);
    json_add_string(builder, "kind", machine->kind);
    json_add_string(builder, "config", machine->config_path);
    json_add_string(builder, "uuid", machine->uuid);
    json_add_string(builder, "genid", machine->genid);
    json_add_string(builder, "serial", machine->serial);
    json_add_string(builder, "guest_os", machine->guest_os);
    json_add_string(builder, "annotation", machine->annotation);
    json_add_count(builder, "hardware_version", machine->hardware_version);
    json_add_count(builder, "generation", machine->generation);
}

static void add_hardware(JsonBuilder *builder, const Machine *machine)
{
    json_add_string(builder, "firmware", firmware_name(machine->firmware));
    json_add_boolean(builder, "secure_boot", machine->secure_boot);
    json_add_string(builder, "secure_boot_template", machine->secure_boot_template);
    json_add_boolean(builder, "tpm", machine->tpm);
    json_add_count(builder, "cpus", machine->cpus);
    json_add_count(builder, "cores_per_socket", machine->cores_per_socket);
    json_add_count(builder, "threads_per_core", machine->threads);
    json_add_count(builder, "memory_bytes", machine->memory_bytes);
    json_add_count(builder, "memory_maximum_bytes", machine->memory_maximum_bytes);
    json_add_string(builder, "sound", machine->sound);
    json_builder_set_member_name(builder, "clock_offset_seconds");
    if (machine->has_clock_offset)
        json_builder_add_int_value(builder, machine->clock_offset_seconds);
    else
        json_builder_add_null_value(builder);
}

void machine_to_json(const Machine *machine, const GPtrArray *disk_errors, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "machine");
    json_builder_begin_object(builder);
    add_identity(builder, machine);
    add_hardware(builder, machine);
    json_builder_set_member_name(builder, "disks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < machine->disks->len; i++)
        add_disk(builder, g_ptr_array_index(machine->disks, i),
                 disk_errors ? g_ptr_array_index(disk_errors, i) : NULL);
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "drives");
    json_builder_begin_array(builder);
    for (guint i = 0; i < machine->drives->len; i++)
        add_drive(builder, g_ptr_array_index(machine->drives, i));
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "nics");
    json_builder_begin_array(builder);
    for (guint i = 0; i < machine->nics->len; i++)
        add_nic(builder, g_ptr_array_index(machine->nics, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}
