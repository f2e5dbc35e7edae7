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

char *drop_in_mkinitfs(const char *text)
{
    static const char *const features[] = {"virtio", "scsi", NULL};

    return text != NULL ? add_to_assignment(text, "features", features) : NULL;
}

/* mkinitrd of RHEL 5 and before takes every scsi_hostadapter into the image. Drivers of the
   source's network cards become virtio_net. */
char *drop_in_modprobe_conf(const char *text)
{
    static const char *const old_network[] = {"vmxnet", "vmxnet3", "e1000",    "pcnet32",
                                              "e1000e", "tulip",   "hv_netvsc"};
    g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);
    GString *out = g_string_new(NULL);
    guint adapters = 0;

    if (text == NULL || has_word(text, "virtio_blk"))
        return g_string_free(out, TRUE);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", -1);
        gboolean is_alias = g_strv_length(words) == 3 && g_str_equal(words[0], "alias");
        gboolean is_network = FALSE;

        adapters += is_alias && g_str_has_prefix(words[1], "scsi_hostadapter");
        for (size_t j = 0; is_alias && j < G_N_ELEMENTS(old_network); j++)
            is_network = is_network || (g_str_has_prefix(words[1], "eth") &&
                                        g_str_equal(words[2], old_network[j]));
        if (is_network)
            g_string_append_printf(out, "alias %s virtio_net\n", words[1]);
        else if (lines[i + 1] != NULL || *lines[i] != '\0')
            g_string_append_printf(out, "%s\n", lines[i]);
    }
    g_string_append(out, adapters == 0 ? "alias scsi_hostadapter virtio_blk\n" : "");
    if (adapters > 0)
        g_string_append_printf(out, "alias scsi_hostadapter%u virtio_blk\n", adapters);
    return g_string_free(out, FALSE);
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
    {"/etc/mkinitfs/mkinitfs.conf", "/etc/mkinitfs/mkinitfs.conf", drop_in_mkinitfs},
    {"/etc/modprobe.conf", "/etc/modprobe.conf", drop_in_modprobe_conf},
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
    return TRUE;
}
