/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row per initramfs tool: the file it reads and how virtio gets into it. */
#include "linux/drop_in.h"

#include <string.h>

static const char *const module_names[] = {
    "virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", NULL,
};

static gboolean has_word(const char *text, const char *word)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\r\n\"'()=", -1);

    return g_strv_contains((const char *const *)words, word);
}

/* The names that text does not have yet, each with a separator before it. */
static char *missing_words(const char *text, const char *const *words, char separator)
{
    GString *missing = g_string_new(NULL);

    for (guint i = 0; words[i] != NULL; i++)
        if (!has_word(text, words[i]))
            g_string_append_printf(missing, "%c%s", separator, words[i]);
    return g_string_free(missing, FALSE);
}

/* Puts the missing words before the closing quote or bracket of the last assignment to variable
   that is not a comment; NULL if there is none or nothing is missing. */
static char *add_to_assignment(const char *text, const char *variable, const char *const *words)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *start = g_strconcat(variable, "=", NULL);
    char **found = NULL;

    for (guint i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i] + strspn(lines[i], " \t"), start))
            found = &lines[i];
    if (found == NULL)
        return NULL;

    char *value = strchr(*found, '=') + 1;
    const char *open = "\"'(", *close = "\"')";
    const char *kind = *value != '\0' ? strchr(open, *value) : NULL;
    char *end = kind != NULL ? strchr(value + 1, close[kind - open]) : NULL;
    g_autofree char *missing = missing_words(value, words, ' ');

    if (end == NULL || *missing == '\0')
        return NULL;

    g_autofree char *head = g_strndup(*found, (gsize)(end - *found));
    char *edited = g_strconcat(head, end == value + 1 ? missing + 1 : missing, end, NULL);

    g_free(*found);
    *found = edited;
    return g_strjoinv("\n", lines);
}

char *drop_in_module_lines(const char *text)
{
    g_autofree char *missing = NULL;
    g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);
    g_autoptr(GString) active = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++)
        if (*lines[i] != '#')
            g_string_append_printf(active, "%s\n", lines[i]);
    missing = missing_words(active->str, module_names, '\n');
    if (*missing == '\0')
        return NULL;

    gboolean complete = text == NULL || *text == '\0' || g_str_has_suffix(text, "\n");

    return g_strconcat(text != NULL ? text : "", complete ? missing + 1 : missing, "\n", NULL);
}

char *drop_in_dracut(const char *text)
{
    /* The blanks inside the quotes are dracut's own rule (dracut.conf(5)). */
    return text != NULL
               ? NULL
               : g_strdup("# For virtio disks and networks, whatever this machine runs on\n"
                          "add_drivers+=\" virtio_pci virtio_blk virtio_scsi virtio_net "
                          "\"\n");
}

char *drop_in_mkinitcpio(const char *text)
{
    return text != NULL ? add_to_assignment(text, "MODULES", module_names) : NULL;
}

char *drop_in_suse(const char *text)
{
    return text != NULL ? add_to_assignment(text, "INITRD_MODULES", module_names) : NULL;
}

/* hardware-configuration.nix, as nixos-generate-config writes it. */
char *drop_in_nix(const char *text)
{
    const char *list = text != NULL ? strstr(text, "boot.initrd.availableKernelModules") : NULL;
    const char *end = list != NULL ? strchr(list, ']') : NULL;
    const char *line_end = list != NULL ? strchr(list, ';') : NULL;
    g_autoptr(GString) added = g_string_new(NULL);

    if (end == NULL || line_end == NULL || end > line_end)
        return NULL;

    g_autofree char *names = g_strndup(list, (gsize)(end - list));

    for (guint i = 0; module_names[i] != NULL; i++)
        if (!has_word(names, module_names[i]))
            g_string_append_printf(added, "\"%s\" ", module_names[i]);
    if (added->len == 0)
        return NULL;

    g_autofree char *head = g_strndup(text, (gsize)(end - text));

    return g_strconcat(head, g_str_has_suffix(head, " ") ? "" : " ", added->str, end, NULL);
}

char *drop_in_mkinitfs(const char *text)
{
    static const char *const features[] = {"virtio", "scsi", NULL};

    return text != NULL ? add_to_assignment(text, "features", features) : NULL;
}

static gboolean is_one_of(const char *word, const char *const *words)
{
    return g_strv_contains(words, word);
}

/* What becomes of the line "alias NAME DRIVER"; NULL: it goes. */
static char *rewrite_alias(const char *line, const char *name, const char *driver, const char *disk,
                           const char *nic, gboolean *has_disk)
{
    static const char *const old_network[] = {"vmxnet", "vmxnet3", "e1000",     "pcnet32",
                                              "e1000e", "tulip",   "hv_netvsc", NULL};
    static const char *const old_disks[] = {"mptbase",    "mptscsih", "mptspi",      "mptsas",
                                            "BusLogic",   "buslogic", "vmxbuslogic", "vmw_pvscsi",
                                            "hv_storvsc", NULL};

    if (g_str_has_prefix(name, "eth") && nic != NULL && is_one_of(driver, old_network))
        return g_strdup_printf("alias %s %s", name, nic);
    if (!g_str_has_prefix(name, "scsi_hostadapter") || disk == NULL ||
        !is_one_of(driver, old_disks))
        return g_strdup(line);
    if (*has_disk)
        return NULL;
    *has_disk = TRUE;
    return g_strdup_printf("alias %s %s", name, disk);
}

/* mkinitrd of RHEL 5 and before takes every scsi_hostadapter into the image, and stops at one that
   the kernel has not got. */
char *drop_in_modprobe_conf(const char *text, const char *disk, const char *nic)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);
    gboolean has_disk = disk == NULL || has_word(text, disk);
    guint adapters = 0;

    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", -1);
        gboolean is_alias = g_strv_length(words) == 3 && g_str_equal(words[0], "alias");
        g_autofree char *line =
            is_alias ? rewrite_alias(lines[i], words[1], words[2], disk, nic, &has_disk)
                     : g_strdup(lines[i]);

        adapters += is_alias && g_str_has_prefix(words[1], "scsi_hostadapter");
        if (line != NULL && (lines[i + 1] != NULL || *line != '\0'))
            g_string_append_printf(out, "%s\n", line);
    }
    if (!has_disk && adapters == 0)
        g_string_append_printf(out, "alias scsi_hostadapter %s\n", disk);
    else if (!has_disk)
        g_string_append_printf(out, "alias scsi_hostadapter%u %s\n", adapters, disk);
    return g_string_free(out, FALSE);
}

/* Which drivers the machine needs: virtio's, or those of what it has instead. */
static gboolean plan_modprobe_conf(LinuxPlan *plan, GError **error)
{
    static const char path[] = "/etc/modprobe.conf";
    g_autofree char *text = NULL, *edited = NULL;

    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;
    edited = drop_in_modprobe_conf(
        text, plan->result.virtio_block ? "virtio_blk" : NULL,
        plan->result.virtio_net ? "virtio_net" : guest_profile_get(plan->guest, "nic-model"));
    return linux_plan_write_changed(plan, path, text, edited,
                                    "initramfs images of later kernels get the drivers of the new "
                                    "machine",
                                    error);
}

/* marker: the row counts where this exists. */
static const struct {
    const char *marker;
    const char *path;
    char *(*edit)(const char *text);
} tools[] = {
    {"/etc/initramfs-tools", "/etc/initramfs-tools/modules", drop_in_module_lines},
    {"/etc/dracut.conf.d", "/etc/dracut.conf.d/drydock-virtio.conf", drop_in_dracut},
    {"/usr/lib/dracut", "/etc/dracut.conf.d/drydock-virtio.conf", drop_in_dracut},
    {"/etc/mkinitcpio.conf", "/etc/mkinitcpio.conf", drop_in_mkinitcpio},
    {"/etc/sysconfig/kernel", "/etc/sysconfig/kernel", drop_in_suse},
    {"/etc/nixos/hardware-configuration.nix", "/etc/nixos/hardware-configuration.nix", drop_in_nix},
    {"/etc/mkinitfs/mkinitfs.conf", "/etc/mkinitfs/mkinitfs.conf", drop_in_mkinitfs},
};

gboolean drop_in_plan(LinuxPlan *plan, GError **error)
{
    /* The initramfs is part of the kernel's image there, and nobody makes one. */
    if (plan->guest->linux_facts.usr == USR_PARTITION)
        return TRUE;
    for (size_t i = 0; i < G_N_ELEMENTS(tools); i++) {
        g_autofree char *text = NULL, *edited = NULL;
        gboolean found = FALSE;

        if (!fs_tree_stat(plan->guest->tree, tools[i].marker, &found, NULL, error) ||
            (found && !edits_read_text(plan->edits, tools[i].path, &text, error)))
            return FALSE;
        edited = found ? tools[i].edit(text) : NULL;
        if (edited != NULL &&
            !edits_write_text(plan->edits, tools[i].path, edited, NULL, text == NULL ? 0644 : -1,
                              "initramfs images of later kernels get the virtio drivers too",
                              error))
            return FALSE;
    }
    return plan_modprobe_conf(plan, error);
}
