/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB 2 and legacy, BLS entries, extlinux, systemd-boot: text files with kernel command lines.
   What finds the disk by UUID ("search --fs-uuid") or by the firmware's order ("set
   root='hd0,msdos1'") is right on any controller and stays. */
#include "linux/boot_files.h"

#include <string.h>

#include "linux/command_line.h"

#define LINES_MAX 100000u

/* First words of a line that names a kernel, of one that names an initramfs, and of one that begins
   the next entry. */
static const char *const kernel_words[] = {"linux", "linux16", "linuxefi", "kernel", "append"};
static const char *const initramfs_words[] = {"initrd", "initrd16", "initrdefi", "module"};
static const char *const entry_words[] = {"title", "label", "menuentry", "}"};

static gboolean line_starts_with(const char *line, const char *const *words, size_t count)
{
    const char *start = line + strspn(line, " \t");
    size_t length = strcspn(start, " \t\r{");

    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == length && g_ascii_strncasecmp(start, words[i], length) == 0)
            return TRUE;
    return *start == '}' && words == entry_words;
}

/* Whether the entry with the kernel of line index loads an initramfs, before or after that line. */
static gboolean entry_has_initramfs(char **lines, guint index)
{
    if (strstr(lines[index], "initrd=") != NULL)
        return TRUE;
    for (guint i = index + 1; lines[i] != NULL; i++) {
        if (line_starts_with(lines[i], initramfs_words, G_N_ELEMENTS(initramfs_words)))
            return TRUE;
        if (line_starts_with(lines[i], entry_words, G_N_ELEMENTS(entry_words)))
            break;
    }
    for (guint i = index; i-- > 0;) {
        if (line_starts_with(lines[i], initramfs_words, G_N_ELEMENTS(initramfs_words)))
            return TRUE;
        if (line_starts_with(lines[i], entry_words, G_N_ELEMENTS(entry_words)))
            break;
    }
    return FALSE;
}

char *boot_menu_rewrite(const char *text, const Guest *guest, GPtrArray *unknown)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++) {
        gboolean has_initramfs =
            !line_starts_with(lines[i], kernel_words, G_N_ELEMENTS(kernel_words)) ||
            entry_has_initramfs(lines, i);
        g_autofree char *line = command_line_rewrite(lines[i], guest, has_initramfs, unknown);

        g_string_append_printf(out, "%s%s", i > 0 ? "\n" : "", line);
    }
    return g_string_free(out, FALSE);
}

/* /etc/default/grub: its next menu must not name devices either. */
char *boot_defaults_rewrite(const char *text, const Guest *guest, GPtrArray *unknown)
{
    static const char by_device[] = "GRUB_DISABLE_LINUX_UUID=";
    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *line = command_line_rewrite(lines[i], guest, TRUE, unknown);
        const char *value = g_str_has_prefix(line, by_device) ? line + strlen(by_device) : NULL;

        if (i > 0)
            g_string_append_c(out, '\n');
        if (value != NULL && strstr(value, "true") != NULL)
            g_string_append_printf(out, "%sfalse", by_device);
        else
            g_string_append(out, line);
    }
    return g_string_free(out, FALSE);
}

char *device_map_rewrite(const char *text, const Guest *guest G_GNUC_UNUSED,
                         GPtrArray *unknown G_GNUC_UNUSED)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *number = g_str_has_prefix(lines[i], "(hd") ? lines[i] + 3 : NULL;
        const char *close = number != NULL ? strchr(number, ')') : NULL;

        if (i > 0)
            g_string_append_c(out, '\n');
        /* "(hd0)" up to "(hd9)": nobody lists more, and the letters are unmistakable. */
        if (close == NULL || close - number != 1 || !g_ascii_isdigit(*number))
            g_string_append(out, lines[i]);
        else
            g_string_append_printf(out, "(hd%c)\t/dev/vd%c", *number, 'a' + (*number - '0'));
    }
    return g_string_free(out, FALSE);
}

char *grub_environment_rewrite(const char *text, const Guest *guest, GPtrArray *unknown)
{
    static const char signature[] = "# GRUB Environment Block\n";
    size_t size = strlen(text), body = size;

    if (!g_str_has_prefix(text, signature))
        return g_strdup(text);
    while (body > 0 && text[body - 1] == '#')
        body--;

    g_autofree char *old = g_strndup(text, body);
    g_autofree char *edited = boot_menu_rewrite(old, guest, unknown);
    size_t length = strlen(edited);

    if (length > size || g_str_equal(old, edited))
        return g_strdup(text);

    g_autoptr(GString) out = g_string_new(edited);

    for (size_t i = length; i < size; i++)
        g_string_append_c(out, '#');
    return g_string_free(g_steal_pointer(&out), FALSE);
}

typedef char *(*RewriteFunc)(const char *text, const Guest *guest, GPtrArray *unknown);

/* suffix: path is a folder, and these files in it. below: one more level of folders between. */
static const struct {
    const char *path;
    const char *suffix;
    gboolean below;
    RewriteFunc rewrite;
} files[] = {
    {"/boot/grub2/grub.cfg", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub/grub.cfg", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub2/custom.cfg", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub/custom.cfg", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub2/user.cfg", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub/menu.lst", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub/grub.conf", NULL, FALSE, boot_menu_rewrite},
    {"/boot/efi/EFI", "grub.cfg", TRUE, boot_menu_rewrite},
    {"/boot/efi/EFI", "grub.conf", TRUE, boot_menu_rewrite},
    {"/boot/loader/entries", ".conf", FALSE, boot_menu_rewrite},
    {"/boot/efi/loader/entries", ".conf", FALSE, boot_menu_rewrite},
    {"/efi/loader/entries", ".conf", FALSE, boot_menu_rewrite},
    {"/boot/extlinux/extlinux.conf", NULL, FALSE, boot_menu_rewrite},
    {"/boot/extlinux.conf", NULL, FALSE, boot_menu_rewrite},
    {"/boot/syslinux/syslinux.cfg", NULL, FALSE, boot_menu_rewrite},
    {"/boot/syslinux/extlinux.conf", NULL, FALSE, boot_menu_rewrite},
    {"/extlinux.conf", NULL, FALSE, boot_menu_rewrite},
    {"/boot/grub2/grubenv", NULL, FALSE, grub_environment_rewrite},
    {"/boot/grub/grubenv", NULL, FALSE, grub_environment_rewrite},
    {"/boot/efi/EFI", "grubenv", TRUE, grub_environment_rewrite},
    {"/etc/default/grub", NULL, FALSE, boot_defaults_rewrite},
    {"/etc/default/grub.d", ".cfg", FALSE, boot_defaults_rewrite},
    {"/etc/sysconfig/bootloader", NULL, FALSE, boot_defaults_rewrite},
    {"/etc/update-extlinux.conf", NULL, FALSE, boot_defaults_rewrite},
    {"/etc/kernel/cmdline", NULL, FALSE, boot_defaults_rewrite},
    {"/etc/kernel/cmdline.d", ".conf", FALSE, boot_defaults_rewrite},
    {"/etc/cmdline.d", ".conf", FALSE, boot_defaults_rewrite},
    {"/etc/initramfs-tools/conf.d", "resume", FALSE, boot_defaults_rewrite},
};

static gboolean plan_file(LinuxPlan *plan, const char *path, RewriteFunc rewrite, GError **error)
{
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL, *rewritten = NULL;

    if (!fs_tree_is_file(plan->guest->tree, path))
        return TRUE;
    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;
    rewritten = rewrite(text, plan->guest, unknown);
    linux_plan_report_unknown(plan, path, unknown);
    return linux_plan_write_changed(plan, path, text, rewritten,
                                    "the root and swap devices get other names; UUIDs stay", error);
}

static gboolean plan_folder(LinuxPlan *plan, const char *folder, const char *suffix,
                            RewriteFunc rewrite, GError **error)
{
    g_autoptr(GPtrArray) paths = linux_plan_list(plan, folder, suffix);

    for (guint i = 0; i < paths->len; i++)
        if (!plan_file(plan, paths->pdata[i], rewrite, error))
            return FALSE;
    return TRUE;
}

/* Files of the folders in path, "EFI/debian/grub.cfg". */
static gboolean plan_below(LinuxPlan *plan, const char *path, const char *suffix,
                           RewriteFunc rewrite, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;

    if (!fs_tree_is_directory(plan->guest->tree, path))
        return TRUE;
    if (!fs_tree_list(plan->guest->tree, path, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *folder = g_build_filename(path, entry->name, NULL);

        if (entry->type == FS_TYPE_DIRECTORY && !plan_folder(plan, folder, suffix, rewrite, error))
            return FALSE;
    }
    return TRUE;
}

/* GRUB 2 finds disks without a device.map, and its tools stop at a disk that is listed and not
   there
   ("cannot find a GRUB drive"); GRUB legacy's need it. */
static gboolean plan_device_maps(LinuxPlan *plan, GError **error)
{
    static const char grub2_map[] = "/boot/grub2/device.map", map[] = "/boot/grub/device.map";
    const char *loader = plan->guest->linux_facts.boot_loader;

    if (!edits_remove(plan->edits, grub2_map,
                      "it lists disks by names they no longer have, and GRUB 2 works without",
                      error))
        return FALSE;
    if (g_strcmp0(loader, "grub-legacy") == 0)
        return !plan->result.virtio_block || plan_file(plan, map, device_map_rewrite, error);
    return edits_remove(plan->edits, map,
                        "it lists disks by names they no longer have, and GRUB 2 works without",
                        error);
}

/* LILO's map of blocks is made by running it. */
static void report_lilo(LinuxPlan *plan)
{
    if (fs_tree_is_file(plan->guest->tree, "/etc/lilo.conf") &&
        plan->guest->linux_facts.boot_loader == NULL)
        findings_add(plan->findings, FINDING_LINUX_BOOT_LOADER_NOT_EDITED, "/etc/lilo.conf");
}

gboolean boot_files_plan(LinuxPlan *plan, GError **error)
{
    const char *config = plan->guest->linux_facts.boot_loader_config;

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        gboolean ok = files[i].suffix == NULL
                          ? plan_file(plan, files[i].path, files[i].rewrite, error)
                          : (files[i].below ? plan_below : plan_folder)(
                                plan, files[i].path, files[i].suffix, files[i].rewrite, error);

        if (!ok)
            return FALSE;
    }
    if (config != NULL && !plan_file(plan, config, boot_menu_rewrite, error))
        return FALSE;
    report_lilo(plan);
    return plan_device_maps(plan, error);
}
