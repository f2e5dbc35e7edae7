/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source machine as a JSON object. */
#include "migrate/machine_json.h"

#include "base/error.h"
#include "migrate/json.h"

static void add_address(JsonBuilder *builder, const MachineAddress *address)
{
    json_member_add_text(builder, "bus", machine_bus_name(address->bus));
    json_member_add_number(builder, "controller", address->controller);
    json_member_add_number(builder, "unit", address->unit);
    json_member_add_text(builder, "controller_model", address->model);
}

static void add_disk(JsonBuilder *builder, const MachineDisk *disk, const GError *error)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "path", disk->path);
    json_member_add_text(builder, "member", disk->member);
    json_member_add_text(builder, "stored_name", disk->stored_name);
    /* Without a size the gate never got as far as saying what it is. */
    gboolean is_open = disk->size_bytes > 0;
    json_member_add_text(builder, "format", is_open ? source_format_name(disk->format) : NULL);
    json_member_add_text(builder, "variant", disk->variant);
    json_add_count(builder, "size_bytes", disk->size_bytes);
    json_add_count(builder, "sector_size", is_open ? disk->sector_size : 0);
    json_builder_set_member_name(builder, "parents");
    json_builder_begin_array(builder);
    for (guint i = 0; i < disk->parents->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(disk->parents, i));
    json_builder_end_array(builder);
    add_address(builder, &disk->address);
    json_add_error(builder, error);
    json_builder_end_object(builder);
}

static void add_drive(JsonBuilder *builder, const MachineDrive *drive)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "kind", drive->kind == MACHINE_DRIVE_CDROM ? "cdrom" : "floppy");
    json_member_add_text(builder, "medium", drive->medium);
    add_address(builder, &drive->address);
    json_builder_end_object(builder);
}

static void add_nic(JsonBuilder *builder, const MachineNic *nic)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "mac", nic->mac);
    json_member_add_boolean(builder, "mac_is_static", nic->mac_is_static);
    json_member_add_text(builder, "network", nic->network);
    json_add_count(builder, "vlan", nic->vlan);
    json_member_add_text(builder, "model", nic->model);
    json_member_add_text(builder, "guest_name", nic->guest_name);
    json_member_add_text(builder, "instance_id", nic->instance_id);
    json_member_add_boolean(builder, "connected", !nic->is_disconnected);
    json_builder_end_object(builder);
}

static void add_identity(JsonBuilder *builder, const Machine *machine)
{
    json_member_add_text(builder, "name", machine->name);
    json_member_add_text(builder, "title", machine->title);
    json_member_add_text(builder, "kind", machine->kind);
    json_member_add_text(builder, "config", machine->config_path);
    json_member_add_text(builder, "uuid", machine->uuid);
    json_member_add_text(builder, "genid", machine->genid);
    json_member_add_text(builder, "serial", machine->serial);
    json_member_add_text(builder, "guest_os", machine->guest_os);
    json_member_add_text(builder, "annotation", machine->annotation);
    json_add_count(builder, "hardware_version", machine->hardware_version);
    json_add_count(builder, "generation", machine->generation);
}

static void add_hardware(JsonBuilder *builder, const Machine *machine)
{
    json_member_add_text(builder, "firmware", firmware_name(machine->firmware));
    json_member_add_boolean(builder, "secure_boot", machine->secure_boot);
    json_member_add_text(builder, "secure_boot_template", machine->secure_boot_template);
    json_member_add_boolean(builder, "tpm", machine->tpm);
    json_add_count(builder, "cpus", machine->cpus);
    json_add_count(builder, "cores_per_socket", machine->cores_per_socket);
    json_add_count(builder, "threads_per_core", machine->threads);
    json_add_count(builder, "memory_bytes", machine->memory_bytes);
    json_add_count(builder, "memory_maximum_bytes", machine->memory_maximum_bytes);
    json_member_add_text(builder, "sound", machine->sound);
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
