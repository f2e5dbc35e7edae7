/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest as JSON: the shape that migrate-inspect(1) documents. Members are only ever added; what
   is not known is null, never left out. Texts are UTF-8 whatever the guest has. */
#include "inspect/guest.h"

static void add_text(JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name(builder, name);
    if (text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        json_builder_add_string_value(builder, valid);
    } else {
        json_builder_add_null_value(builder);
    }
}

static void add_number(JsonBuilder *builder, const char *name, gint64 number)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, number);
}

static void add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

/* JSON numbers of json-glib are signed. */
static gint64 json_size(uint64_t size_bytes)
{
    return size_bytes > G_MAXINT64 ? G_MAXINT64 : (gint64)size_bytes;
}

static void add_volume(JsonBuilder *builder, const Volume *volume)
{
    const Partition *partition = volume->partition;
    json_builder_begin_object(builder);
    add_text(builder, "name", volume->name);
    add_number(builder, "disk", volume->disk_index);
    add_number(builder, "partition", partition ? partition->number : 0);
    add_number(builder, "size_bytes", json_size(disk_size(volume->disk)));
    add_text(builder, "type", volume->probe->type);
    add_text(builder, "uuid", volume->probe->uuid);
    add_text(builder, "label", volume->probe->label);
    add_text(builder, "partition_uuid", partition ? partition->uuid : NULL);
    add_boolean(builder, "efi_system", volume_is_esp(volume));
    add_boolean(builder, "readable", volume->fs != NULL);
    json_builder_end_object(builder);
}

static void add_kernel(JsonBuilder *builder, const GuestKernel *kernel)
{
    json_builder_begin_object(builder);
    add_text(builder, "version", kernel->version);
    add_text(builder, "image", kernel->image);
    add_text(builder, "initramfs", kernel->initramfs);
    add_text(builder, "modules", kernel->modules_dir);
    add_boolean(builder, "default", kernel->is_default);
    add_boolean(builder, "rescue", kernel->is_rescue);
    json_builder_end_object(builder);
}

static void add_mount(JsonBuilder *builder, const GuestMount *mount)
{
    json_builder_begin_object(builder);
    add_text(builder, "mount_point", mount->mount_point);
    add_text(builder, "spec", mount->spec);
    add_text(builder, "type", mount->type);
    add_text(builder, "volume", mount->volume ? mount->volume->name : NULL);
    json_builder_end_object(builder);
}

static void add_linux(JsonBuilder *builder, const GuestLinux *facts)
{
    json_builder_begin_object(builder);
    add_text(builder, "id", facts->id);
    add_text(builder, "id_like", facts->id_like);
    add_text(builder, "boot_loader", facts->boot_loader);
    add_text(builder, "boot_loader_config", facts->boot_loader_config);
    add_text(builder, "initramfs_tool", facts->initramfs_tool);

    json_builder_set_member_name(builder, "kernels");
    json_builder_begin_array(builder);
    for (guint i = 0; facts->kernels && i < facts->kernels->len; i++)
        add_kernel(builder, g_ptr_array_index(facts->kernels, i));
    json_builder_end_array(builder);

    json_builder_set_member_name(builder, "mounts");
    json_builder_begin_array(builder);
    for (guint i = 0; facts->mounts && i < facts->mounts->len; i++)
        add_mount(builder, g_ptr_array_index(facts->mounts, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void add_windows(JsonBuilder *builder, const GuestWindows *facts)
{
    json_builder_begin_object(builder);
    add_text(builder, "system_root", facts->system_root);
    add_number(builder, "build", facts->build);
    add_number(builder, "revision", facts->revision);
    add_text(builder, "edition", facts->edition);
    add_text(builder, "installation_type", facts->installation_type);
    add_text(builder, "product_type", facts->product_type);
    add_number(builder, "current_control_set", facts->current_control_set);
    add_boolean(builder, "rtc_is_utc", facts->rtc_is_utc);
    add_number(builder, "active_bias_minutes", facts->active_bias_minutes);
    add_text(builder, "time_zone", facts->time_zone);
    add_text(builder, "hardware_uuid", facts->hardware_uuid);
    add_boolean(builder, "hibernated", facts->hibernated);
    add_boolean(builder, "fast_started", facts->fast_started);
    add_boolean(builder, "log_dirty", facts->log_dirty);

    json_builder_set_member_name(builder, "boot_drivers");
    json_builder_begin_array(builder);
    for (guint i = 0; facts->boot_drivers && i < facts->boot_drivers->len; i++) {
        g_autofree char *name = g_utf8_make_valid(g_ptr_array_index(facts->boot_drivers, i), -1);
        json_builder_add_string_value(builder, name);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

void guest_to_json(const Guest *guest, const VolumeSet *set, JsonBuilder *builder)
{
    gboolean is_linux = guest->kind == GUEST_LINUX;
    const GuestWindows *windows = &guest->windows_facts;
    g_autofree char *version =
        is_linux ? g_strdup(guest->linux_facts.version_id)
                 : g_strdup_printf("%u.%u.%u", windows->major, windows->minor, windows->build);

    json_builder_begin_object(builder);
    add_text(builder, "kind", is_linux ? "linux" : "windows");
    add_text(builder, "product_name", guest->product_name);
    add_text(builder, "version", version);
    add_text(builder, "architecture", guest->architecture);
    add_text(builder, "hostname", guest->hostname);
    add_text(builder, "osinfo", guest->osinfo_id);
    add_text(builder, "profile", guest->profile);
    add_text(builder, "firmware", firmware_name(guest->firmware));
    add_text(builder, "root", guest->root ? guest->root->name : NULL);

    json_builder_set_member_name(builder, "volumes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < set->volumes->len; i++)
        add_volume(builder, g_ptr_array_index(set->volumes, i));
    json_builder_end_array(builder);

    json_builder_set_member_name(builder, is_linux ? "linux" : "windows");
    if (is_linux)
        add_linux(builder, &guest->linux_facts);
    else
        add_windows(builder, windows);
    json_builder_end_object(builder);
}
