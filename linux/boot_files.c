/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB 2 and legacy, BLS entries, extlinux, systemd-boot: text files with kernel command lines.
   What finds the disk by UUID ("search --fs-uuid") or by the firmware's order ("set
   root='hd0,msdos1'") is right on any controller and stays. */
#include "linux/boot_files.h"

#include <string.h>

#include "linux/command_line.h"

#define LINES_MAX 100000u
#define REASON_DEVICES "the root and swap devices get other names; UUIDs stay"
#define REASON_PLATFORM "the platform and the names of devices are others now"

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

#define ENVIRONMENT_SIGNATURE "# GRUB Environment Block\n"

char *grub_environment_body(const char *text)
{
    size_t body = strlen(text);

    if (!g_str_has_prefix(text, ENVIRONMENT_SIGNATURE))
        return NULL;
    while (text[body - 1] == '#')
        body--;
    return g_strndup(text, body);
}

char *grub_environment_replace(const char *text, const char *body)
{
    size_t size = strlen(text), length = strlen(body);

    if (length > size)
        return NULL;

    char *block = g_strnfill(size, '#');

    memcpy(block, body, length);
    return block;
}

char *grub_environment_rewrite(const char *text, const Guest *guest, GPtrArray *unknown)
{
    g_autofree char *old = grub_environment_body(text);
    g_autofree char *edited = old != NULL ? boot_menu_rewrite(old, guest, unknown) : NULL;
    char *block = edited != NULL ? grub_environment_replace(text, edited) : NULL;

    return block != NULL ? block : g_strdup(text);
}

/* suffix: path is a folder, and these files in it. below: one more level of folders between. */
static const struct {
    const char *path;
    const char *suffix;
    gboolean below;
    BootFileKind kind;
} files[] = {
    {"/boot/grub2/grub.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub/grub.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub2/custom.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub/custom.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub2/user.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub/menu.lst", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub/grub.conf", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/efi/EFI", "grub.cfg", TRUE, BOOT_FILE_MENU},
    {"/boot/efi/EFI", "grub.conf", TRUE, BOOT_FILE_MENU},
    {"/boot/loader/entries", ".conf", FALSE, BOOT_FILE_MENU},
    {"/boot/efi/loader/entries", ".conf", FALSE, BOOT_FILE_MENU},
    {"/efi/loader/entries", ".conf", FALSE, BOOT_FILE_MENU},
    {"/boot/extlinux/extlinux.conf", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/extlinux.conf", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/syslinux/syslinux.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/syslinux/extlinux.conf", NULL, FALSE, BOOT_FILE_MENU},
    {"/extlinux.conf", NULL, FALSE, BOOT_FILE_MENU},
    {"/oem/grub.cfg", NULL, FALSE, BOOT_FILE_MENU},
    {"/boot/grub2/grubenv", NULL, FALSE, BOOT_FILE_ENVIRONMENT},
    {"/boot/grub/grubenv", NULL, FALSE, BOOT_FILE_ENVIRONMENT},
    {"/boot/efi/EFI", "grubenv", TRUE, BOOT_FILE_ENVIRONMENT},
    {"/etc/default/grub", NULL, FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/default/grub.d", ".cfg", FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/sysconfig/bootloader", NULL, FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/update-extlinux.conf", NULL, FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/kernel/cmdline", NULL, FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/kernel/cmdline.d", ".conf", FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/cmdline.d", ".conf", FALSE, BOOT_FILE_DEFAULTS},
    {"/etc/initramfs-tools/conf.d", "resume", FALSE, BOOT_FILE_DEFAULTS},
};

typedef struct {
    LinuxPlan *plan;
    BootFileKind kind;
    BootFileFunc func;
    void *data;
} Visit;

static gboolean visit_file(const Visit *visit, const char *path, GError **error)
{
    g_autofree char *text = NULL;

    if (!fs_tree_is_file(visit->plan->guest->tree, path))
        return TRUE;
    return edits_read_text(visit->plan->edits, path, &text, error) &&
           (text == NULL || visit->func(visit->plan, path, visit->kind, text, visit->data, error));
}

static gboolean visit_folder(const Visit *visit, const char *folder, const char *suffix,
                             GError **error)
{
    g_autoptr(GPtrArray) paths = linux_plan_list(visit->plan, folder, suffix);

    for (guint i = 0; i < paths->len; i++)
        if (!visit_file(visit, paths->pdata[i], error))
            return FALSE;
    return TRUE;
}

/* Files of the folders in path, "EFI/debian/grub.cfg". */
static gboolean visit_below(const Visit *visit, const char *path, const char *suffix,
                            GError **error)
{
    FsTree *tree = visit->plan->guest->tree;
    g_autoptr(GPtrArray) entries = NULL;

    if (!fs_tree_is_directory(tree, path))
        return TRUE;
    if (!fs_tree_list(tree, path, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *folder = g_build_filename(path, entry->name, NULL);

        if (entry->type == FS_TYPE_DIRECTORY && !visit_folder(visit, folder, suffix, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_listed(const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (g_str_equal(files[i].path, path))
            return TRUE;
    return FALSE;
}

gboolean boot_files_visit(LinuxPlan *plan, BootFileFunc func, void *data, GError **error)
{
    const char *config = plan->guest->linux_facts.boot_loader_config;

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        const Visit visit = {plan, files[i].kind, func, data};
        gboolean ok = files[i].suffix == NULL ? visit_file(&visit, files[i].path, error)
                      : files[i].below
                          ? visit_below(&visit, files[i].path, files[i].suffix, error)
                          : visit_folder(&visit, files[i].path, files[i].suffix, error);

        if (!ok)
            return FALSE;
    }

    const Visit menu = {plan, BOOT_FILE_MENU, func, data};

    return config == NULL || is_listed(config) || visit_file(&menu, config, error);
}

typedef char *(*RewriteFunc)(const char *text, const Guest *guest, GPtrArray *unknown);

static gboolean rewrite_file(LinuxPlan *plan, const char *path, const char *text,
                             RewriteFunc rewrite, GError **error)
{
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *rewritten = rewrite(text, plan->guest, unknown);

    linux_plan_report_unknown(plan, path, unknown);
    return linux_plan_write_changed(
        plan, path, text, rewritten,
        plan->guest->linux_facts.usr == USR_FILES ? REASON_DEVICES : REASON_PLATFORM, error);
}

static gboolean plan_file(LinuxPlan *plan, const char *path, BootFileKind kind, const char *text,
                          G_GNUC_UNUSED void *data, GError **error)
{
    static const RewriteFunc rewrites[] = {
        [BOOT_FILE_MENU] = boot_menu_rewrite,
        [BOOT_FILE_ENVIRONMENT] = grub_environment_rewrite,
        [BOOT_FILE_DEFAULTS] = boot_defaults_rewrite,
    };

    return rewrite_file(plan, path, text, rewrites[kind], error);
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
    if (g_strcmp0(loader, "grub-legacy") == 0) {
        g_autofree char *text = NULL;

        return edits_read_text(plan->edits, map, &text, error) &&
               (text == NULL || !plan->result.virtio_block ||
                rewrite_file(plan, map, text, device_map_rewrite, error));
    }
    return edits_remove(plan->edits, map,
                        "it lists disks by names they no longer have, and GRUB 2 works without",
                        error);
}

/* Where no other loader is: LILO's and zipl's maps of blocks are made by running them, U-Boot's
   scripts by mkimage, and its environment has a checksum. */
static void report_other_loaders(LinuxPlan *plan)
{
    static const char *const others[] = {
        "/etc/lilo.conf", "/etc/elilo.conf", "/etc/zipl.conf",      "/boot/boot.scr",
        "/boot/uEnv.txt", "/boot/uboot.env", "/boot/armbianEnv.txt"};

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (plan->guest->linux_facts.boot_loader == NULL &&
            fs_tree_is_file(plan->guest->tree, others[i]))
            findings_add(plan->findings, FINDING_LINUX_BOOT_LOADER_NOT_EDITED, others[i]);
}

gboolean boot_files_plan(LinuxPlan *plan, GError **error)
{
    if (!boot_files_visit(plan, plan_file, NULL, error))
        return FALSE;
    report_other_loaders(plan);
    return plan_device_maps(plan, error);
}
