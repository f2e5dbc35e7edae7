/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux guest in memory for the tests of linux/. */
#include "linux-test-guest.h"

#include <string.h>

#include "linux/network_address.h"

static void kernel_free(gpointer data)
{
    GuestKernel *kernel = data;

    g_free(kernel->version);
    g_free(kernel->image);
    g_free(kernel->initramfs);
    g_free(kernel->config);
    g_free(kernel->modules_dir);
    g_free(kernel);
}

static void mount_free(gpointer data)
{
    GuestMount *mount = data;

    g_free(mount->spec);
    g_free(mount->mount_point);
    g_free(mount->type);
    g_free(mount);
}

static void volume_free(gpointer data)
{
    Volume *volume = data;

    g_free(volume->encryption_uuid);
    g_free(volume->probe->uuid);
    g_free(volume->probe);
    g_free(volume);
}

static void partition_free(gpointer data)
{
    Partition *partition = data;

    g_free(partition->uuid);
    g_free(partition);
}

TestGuest *test_guest_new(void)
{
    TestGuest *guest = g_new0(TestGuest, 1);

    guest->fs = fs_new_memory(TRUE);
    guest->guest.kind = GUEST_LINUX;
    guest->guest.tree = fs_tree_new();
    fs_tree_mount(guest->guest.tree, "/", guest->fs);
    guest->guest.linux_facts.kernels = g_ptr_array_new_with_free_func(kernel_free);
    guest->guest.linux_facts.mounts = g_ptr_array_new_with_free_func(mount_free);
    guest->volumes = g_ptr_array_new_with_free_func(volume_free);
    guest->partitions = g_ptr_array_new_with_free_func(partition_free);
    guest->findings = findings_new();
    guest->network_files = g_ptr_array_new();
    guest->network_moves = g_ptr_array_new_with_free_func(network_move_free);
    guest->edits = edits_new(guest->guest.tree);
    guest->plan = (LinuxPlan){
        .guest = &guest->guest,
        .edits = guest->edits,
        .findings = guest->findings,
        .network_files = guest->network_files,
        .network_moves = guest->network_moves,
    };
    return guest;
}

void test_guest_free(TestGuest *guest)
{
    edits_free(guest->edits);
    g_ptr_array_unref(guest->network_files);
    g_ptr_array_unref(guest->network_moves);
    g_ptr_array_unref(guest->findings);
    g_ptr_array_unref(guest->guest.linux_facts.kernels);
    g_ptr_array_unref(guest->guest.linux_facts.mounts);
    g_ptr_array_unref(guest->volumes);
    g_ptr_array_unref(guest->partitions);
    fs_tree_free(guest->guest.tree);
    fs_close(guest->fs);
    g_free(guest);
}

static void make_parents(TestGuest *guest, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *folder = g_strndup(path, (gsize)(slash - path));
        g_autoptr(GError) error = NULL;

        if (fs_tree_is_directory(guest->guest.tree, folder))
            continue;
        g_assert_true(fs_tree_make_directory(guest->guest.tree, folder, NULL, &error));
        g_assert_no_error(error);
    }
}

void test_guest_add_file(TestGuest *guest, const char *path, GBytes *content)
{
    g_autoptr(GError) error = NULL;

    make_parents(guest, path);
    g_assert_true(fs_tree_write_file(guest->guest.tree, path, content, NULL, &error));
    g_assert_no_error(error);
}

void test_guest_add_text(TestGuest *guest, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

    test_guest_add_file(guest, path, content);
}

void test_guest_add_link(TestGuest *guest, const char *path, const char *target)
{
    g_autoptr(GError) error = NULL;

    make_parents(guest, path);
    g_assert_true(fs_tree_make_symlink(guest->guest.tree, path, target, NULL, &error));
    g_assert_no_error(error);
}

const Volume *test_guest_add_volume(TestGuest *guest, guint disk, guint partition, const char *uuid,
                                    const char *partuuid)
{
    Volume *volume = g_new0(Volume, 1);

    volume->disk_index = disk;
    volume->probe = g_new0(VolumeProbe, 1);
    volume->probe->uuid = g_strdup(uuid);
    if (partition > 0) {
        Partition *entry = g_new0(Partition, 1);

        entry->number = partition;
        entry->uuid = g_strdup(partuuid);
        volume->partition = entry;
        g_ptr_array_add(guest->partitions, entry);
    }
    g_ptr_array_add(guest->volumes, volume);
    return volume;
}

void test_guest_add_mount(TestGuest *guest, const char *spec, const char *mount_point,
                          const Volume *volume)
{
    GuestMount *mount = g_new0(GuestMount, 1);

    mount->spec = g_strdup(spec);
    mount->mount_point = g_strdup(mount_point);
    mount->volume = volume;
    g_ptr_array_add(guest->guest.linux_facts.mounts, mount);
    if (g_str_equal(mount_point, "/"))
        guest->guest.root = volume;
}

GuestKernel *test_guest_add_kernel(TestGuest *guest, const char *version)
{
    GuestKernel *kernel = g_new0(GuestKernel, 1);

    kernel->version = g_strdup(version);
    kernel->image = g_strconcat("/boot/vmlinuz-", version, NULL);
    kernel->initramfs = g_strconcat("/boot/initrd.img-", version, NULL);
    kernel->modules_dir = g_strconcat("/lib/modules/", version, NULL);
    kernel->is_default = guest->guest.linux_facts.kernels->len == 0;
    g_ptr_array_add(guest->guest.linux_facts.kernels, kernel);
    return kernel;
}

const Edit *test_guest_find_edit(TestGuest *guest, const char *path)
{
    for (guint i = 0; i < edits_count(guest->edits); i++) {
        const Edit *edit = edits_get(guest->edits, i);

        if (g_str_equal(edit->path, path))
            return edit;
    }
    return NULL;
}

char *test_guest_edited(TestGuest *guest, const char *path)
{
    const Edit *edit = test_guest_find_edit(guest, path);

    if (edit == NULL || edit->content == NULL)
        return NULL;
    return g_strndup(g_bytes_get_data(edit->content, NULL), g_bytes_get_size(edit->content));
}

char *test_guest_list_edits(TestGuest *guest)
{
    static const char *const words[] = {
        [EDIT_WRITE_FILE] = "write",
        [EDIT_MAKE_DIRECTORY] = "mkdir",
        [EDIT_MAKE_SYMLINK] = "link",
        [EDIT_REMOVE] = "remove",
    };
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < edits_count(guest->edits); i++) {
        const Edit *edit = edits_get(guest->edits, i);

        g_assert_nonnull(edit->reason);
        g_assert_cmpstr(edit->reason, !=, "");
        g_string_append_printf(text, "%s %s%s%s\n", words[edit->kind], edit->path,
                               edit->link_target != NULL ? " -> " : "",
                               edit->link_target != NULL ? edit->link_target : "");
    }
    return g_string_free(text, FALSE);
}

char *test_guest_list_findings(TestGuest *guest)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < guest->findings->len; i++) {
        const Finding *finding = guest->findings->pdata[i];

        g_string_append_printf(text, "%s: %s\n", finding_code_name(finding->code),
                               finding->sentence);
    }
    return g_string_free(text, FALSE);
}
