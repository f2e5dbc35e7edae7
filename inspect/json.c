/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest as JSON: the shape that migrate-inspect(1) documents. Members are only ever added; what
   is not known is null, never left out. Texts are UTF-8 whatever the guest has. */
#include "inspect/json_members.h"
#include "inspect/json_windows.h"

static void add_protectors(JsonBuilder *builder, const VolumeBitlocker *bitlocker)
{
    json_builder_set_member_name(builder, "protectors");
    json_builder_begin_array(builder);
    for (guint i = 0; bitlocker && bitlocker->protector_ids && bitlocker->protector_ids[i]; i++) {
        json_builder_begin_object(builder);
        json_member_add_text(builder, "id", bitlocker->protector_ids[i]);
        json_member_add_text(builder, "kind", bitlocker->protector_kinds[i]);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_encryption(JsonBuilder *builder, const Volume *volume)
{
    static const char *const states[] = {
        [VOLUME_LOCKED] = "locked",
        [VOLUME_UNLOCKED] = "unlocked",
        [VOLUME_SUSPENDED] = "suspended",
        [VOLUME_PLAIN] = "decrypted",
    };
    const VolumeBitlocker *bitlocker = volume->bitlocker;
    json_builder_set_member_name(builder, "encryption");
    if (!bitlocker && !volume->encryption) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_object(builder);
    json_member_add_text(builder, "type", bitlocker ? "BitLocker" : volume->encryption);
    json_member_add_text(builder, "state", states[bitlocker ? bitlocker->lock : VOLUME_UNLOCKED]);
    json_member_add_text(builder, "id", bitlocker ? bitlocker->id : volume->encryption_uuid);
    json_member_add_text(builder, "method", bitlocker ? bitlocker->method : NULL);
    json_member_add_text(builder, "reason", bitlocker ? bitlocker->reason : NULL);
    add_protectors(builder, bitlocker);
    json_builder_end_object(builder);
}

static void add_volume(JsonBuilder *builder, const Volume *volume)
{
    static const char *const layers[] = {[VOLUME_ON_DISK] = NULL,
                                         [VOLUME_LVM] = "LVM",
                                         [VOLUME_RAID] = "RAID",
                                         [VOLUME_DYNAMIC] = "LDM"};
    const Partition *partition = volume->partition;
    json_builder_begin_object(builder);
    json_member_add_text(builder, "name", volume->name);
    json_member_add_number(builder, "disk", volume->disk_index);
    json_member_add_number(builder, "partition", partition ? partition->number : 0);
    json_member_add_number(builder, "size_bytes", json_member_size(disk_size(volume->disk)));
    json_member_add_text(builder, "type", volume->probe->type);
    json_member_add_text(builder, "uuid", volume->probe->uuid);
    json_member_add_text(builder, "label", volume->probe->label);
    json_member_add_text(builder, "partition_uuid", partition ? partition->uuid : NULL);
    json_member_add_text(builder, "device", volume->devices ? volume->devices[0] : NULL);
    json_member_add_text(builder, "layer", layers[volume->layer]);
    json_member_add_text(builder, "layer_uuid", volume->layer_uuid);
    json_member_add_boolean(builder, "efi_system", volume_is_esp(volume));
    json_member_add_boolean(builder, "readable", volume->fs != NULL);
    add_encryption(builder, volume);
    json_builder_end_object(builder);
}

static void add_kernel(JsonBuilder *builder, const GuestKernel *kernel)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "version", kernel->version);
    json_member_add_text(builder, "image", kernel->image);
    json_member_add_text(builder, "initramfs", kernel->initramfs);
    json_member_add_text(builder, "modules", kernel->modules_dir);
    json_member_add_boolean(builder, "default", kernel->is_default);
    json_member_add_boolean(builder, "rescue", kernel->is_rescue);
    json_builder_end_object(builder);
}

static void add_mount(JsonBuilder *builder, const GuestMount *mount)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "mount_point", mount->mount_point);
    json_member_add_text(builder, "spec", mount->spec);
    json_member_add_text(builder, "type", mount->type);
    json_member_add_text(builder, "volume", mount->volume ? mount->volume->name : NULL);
    json_builder_end_object(builder);
}

static void add_linux(JsonBuilder *builder, const GuestLinux *facts)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "id", facts->id);
    json_member_add_text(builder, "id_like", facts->id_like);
    json_member_add_text(builder, "boot_loader", facts->boot_loader);
    json_member_add_text(builder, "boot_loader_config", facts->boot_loader_config);
    json_member_add_text(builder, "initramfs_tool", facts->initramfs_tool);

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

void guest_to_json(const Guest *guest, const VolumeSet *set, JsonBuilder *builder)
{
    gboolean is_linux = guest->kind == GUEST_LINUX;
    const GuestWindows *windows = &guest->windows_facts;
    g_autofree char *version =
        is_linux ? g_strdup(guest->linux_facts.version_id)
                 : g_strdup_printf("%u.%u.%u", windows->major, windows->minor, windows->build);

    json_builder_begin_object(builder);
    json_member_add_text(builder, "kind", is_linux ? "linux" : "windows");
    json_member_add_text(builder, "product_name", guest->product_name);
    json_member_add_text(builder, "version", version);
    json_member_add_text(builder, "architecture", guest->architecture);
    json_member_add_text(builder, "hostname", guest->hostname);
    json_member_add_text(builder, "osinfo", guest->osinfo_id);
    json_member_add_text(builder, "profile", guest->profile);
    json_member_add_text(builder, "firmware", firmware_name(guest->firmware));
    json_member_add_text(builder, "root", guest->root ? guest->root->name : NULL);

    json_builder_set_member_name(builder, "volumes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < set->volumes->len; i++)
        add_volume(builder, g_ptr_array_index(set->volumes, i));
    json_builder_end_array(builder);

    json_builder_set_member_name(builder, is_linux ? "linux" : "windows");
    if (is_linux)
        add_linux(builder, &guest->linux_facts);
    else
        json_add_windows(builder, windows);
    json_builder_end_object(builder);
}
