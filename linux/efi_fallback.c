/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaders of distributions are in \EFI\NAME; which names there are differs, their files do not. */
#include "linux/efi_fallback.h"

#include <string.h>

#include "base/error.h"

/* GRUB with everything built in has 4 MiB, a unified kernel image that stands in for it 100. */
#define FILE_LIMIT_BYTES ((uint64_t)256 << 20)
#define REASON "firmware without boot entries starts this"

/* "%s": the architecture's ending. The first loader that is there is the one to start; what it
   needs beside it follows. */
static const struct {
    const char *loader;
    const char *companions[4];
} kinds[] = {
    /* shim starts grub*.efi in its own folder, and mm*.efi when a key is to be enrolled. Without
       fb*.efi it does not look for BOOT*.CSV files. */
    {"shim%s.efi", {"grub%s.efi", "mm%s.efi", "grub.cfg"}},
    {"grub%s.efi", {"grub.cfg"}},
    {"systemd-boot%s.efi", {NULL}},
    {"elilo.efi", {"elilo.conf"}},
};

static const struct {
    const char *architecture, *ending;
} endings[] = {
    {"x86_64", "x64"},
    {"i686", "ia32"},
    {"aarch64", "aa64"},
};

static const char *find_ending(const Guest *guest)
{
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_strcmp0(guest->architecture, endings[i].architecture) == 0)
            return endings[i].ending;
    return NULL;
}

static char *file_path(const char *folder, const char *format, const char *ending)
{
    g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
    g_autofree char *name = g_strjoinv(ending, parts);

    return g_build_filename(folder, name, NULL);
}

/* FALSE: there is none of kinds. */
static gboolean find_kind(const Guest *guest, const char *folder, const char *ending,
                          guint *ret_kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *path = file_path(folder, kinds[i].loader, ending);

        if (fs_tree_is_file(guest->tree, path)) {
            *ret_kind = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* The folder of the guest's own distribution counts more than one that was left behind; Red Hat's
   is "redhat" also in what is built from it. */
static guint rank_folder(const Guest *guest, const char *name)
{
    const char *id = guest->linux_facts.id;

    if (id != NULL && g_ascii_strcasecmp(name, id) == 0)
        return 3;
    if (g_ascii_strcasecmp(name, "redhat") == 0 &&
        (g_strcmp0(id, "rhel") == 0 || g_strcmp0(id, "ol") == 0))
        return 2;
    return 1;
}

static gboolean find_loader(const Guest *guest, const char *efi, const char *ending,
                            char **ret_folder, guint *ret_kind, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    guint best = 0;

    *ret_folder = NULL;
    if (!fs_tree_is_directory(guest->tree, efi))
        return TRUE;
    if (!fs_tree_list(guest->tree, efi, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *folder = g_build_filename(efi, entry->name, NULL);
        guint rank = rank_folder(guest, entry->name), kind;

        if (entry->type != FS_TYPE_DIRECTORY || g_ascii_strcasecmp(entry->name, "BOOT") == 0 ||
            g_ascii_strcasecmp(entry->name, "Microsoft") == 0 || rank <= best ||
            !find_kind(guest, folder, ending, &kind))
            continue;
        best = rank;
        *ret_kind = kind;
        g_free(*ret_folder);
        *ret_folder = g_steal_pointer(&folder);
    }
    return TRUE;
}

/* What is not there is not copied, and what is there already stays. */
static gboolean copy_file(LinuxPlan *plan, const char *from, const char *to, GError **error)
{
    g_autoptr(GBytes) content = NULL;

    if (!fs_tree_is_file(plan->guest->tree, from) || fs_tree_is_file(plan->guest->tree, to))
        return TRUE;
    return fs_tree_read_file(plan->guest->tree, from, FILE_LIMIT_BYTES, &content, error) &&
           edits_write_file(plan->edits, to, content, NULL, -1, REASON, error);
}

static gboolean copy_loader(LinuxPlan *plan, const char *folder, guint kind, const char *ending,
                            const char *target, GError **error)
{
    g_autofree char *loader = file_path(folder, kinds[kind].loader, ending);
    g_autofree char *target_folder = g_path_get_dirname(target);

    if (!copy_file(plan, loader, target, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(kinds[kind].companions); i++) {
        const char *companion = kinds[kind].companions[i];

        if (companion == NULL)
            break;
        g_autofree char *from = file_path(folder, companion, ending);
        g_autofree char *to = file_path(target_folder, companion, ending);

        if (!copy_file(plan, from, to, error))
            return FALSE;
    }
    return TRUE;
}

gboolean efi_fallback_plan(LinuxPlan *plan, GError **error)
{
    const Guest *guest = plan->guest;
    const char *esp = guest->linux_facts.esp_mount_point;
    const char *ending = find_ending(guest);
    g_autofree char *folder = NULL;
    guint kind = 0;

    if (guest->firmware != FIRMWARE_UEFI || esp == NULL || ending == NULL)
        return TRUE;

    g_autofree char *efi = g_build_filename(esp, "EFI", NULL);
    g_autofree char *upper = g_ascii_strup(ending, -1);
    g_autofree char *target = g_strdup_printf("%s/BOOT/BOOT%s.EFI", efi, upper);

    if (fs_tree_is_file(guest->tree, target))
        return TRUE;
    if (!find_loader(guest, efi, ending, &folder, &kind, error))
        return FALSE;
    if (folder == NULL) {
        findings_add(plan->findings, FINDING_LINUX_NO_EFI_LOADER, efi);
        return TRUE;
    }
    findings_add(plan->findings, FINDING_LINUX_EFI_FALLBACK, target);
    return copy_loader(plan, folder, kind, ending, target, error);
}
