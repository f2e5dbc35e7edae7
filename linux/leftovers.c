/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of words and lines, and where they are looked for. */
#include "linux/leftovers.h"

#include <string.h>

#include "linux/boot_lines.h"

#define BLANKS " \t"

/* noapic leaves virtio without interrupts of their own. The clock sources were VMware's advice
   (knowledge base 1006427) or are Hyper-V's; without a word the kernel takes kvm-clock. Parameters
   of drivers that find no device do nothing; "divider=" is good advice for KVM too, and stays. */
static const struct {
    const char *word;
    gboolean is_prefix;
} words[] = {
    {"noapic", FALSE},
    {"nolapic", FALSE},
    {"clock=pit", FALSE},
    {"clock=pmtmr", FALSE},
    {"clocksource=pit", FALSE},
    {"clocksource=jiffies", FALSE},
    {"clocksource=acpi_pm", FALSE},
    {"clocksource=hyperv_", TRUE},
    {"clocksource=vmware", TRUE},
    {"video=hyperv_fb:", TRUE},
    {"vmw_pvscsi.", TRUE},
    {"vmxnet3.", TRUE},
    {"vmwgfx.", TRUE},
    {"vmw_balloon.", TRUE},
};

static gboolean is_leftover(const char *word, size_t length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t known = strlen(words[i].word);

        if ((words[i].is_prefix ? length >= known : length == known) &&
            strncmp(word, words[i].word, known) == 0)
            return TRUE;
    }
    return FALSE;
}

char *leftovers_remove_words(const char *line)
{
    GString *out = g_string_new(NULL);

    for (const char *at = line; *at != '\0';) {
        size_t length = strcspn(at, BLANKS "\r\"'");

        if (length == 0) {
            g_string_append_c(out, *at++);
        } else if (is_leftover(at, length)) {
            at += length;
            /* One of the blanks around it goes too. */
            if (*at != '\0' && strchr(BLANKS, *at) != NULL)
                at += strspn(at, BLANKS);
            else if (out->len > 0 && strchr(BLANKS, out->str[out->len - 1]) != NULL)
                g_string_truncate(out, out->len - 1);
        } else {
            g_string_append_len(out, at, (gssize)length);
            at += length;
        }
    }
    return g_string_free(out, FALSE);
}

/* Drivers of devices that are not there any more. */
static gboolean is_old_driver(const char *name)
{
    static const char *const drivers[] = {
        "vmw_pvscsi", "vmxnet",   "vmxnet3",   "vmwgfx",   "vmw_balloon", "vmmemctl",
        "vmhgfs",     "vmblock",  "vmci",      "vsock",    "hv_storvsc",  "hv_netvsc",
        "hyperv_fb",  "vmw_vmci", "hv_vmbus",  "hv_utils", "hv_balloon",  "hid_hyperv",
        "vboxguest",  "vboxsf",   "vboxvideo", NULL};

    return g_strv_contains(drivers, name);
}

/* modprobe.d(5): options of such a driver; VMware's tools also put acpiphp in the place of pciehp,
   which the slots of a q35 board need. */
static gboolean is_modprobe_leftover(char **fields)
{
    if (g_str_equal(fields[0], "options"))
        return fields[1] != NULL && is_old_driver(fields[1]);
    if (!g_str_equal(fields[0], "install") || g_strcmp0(fields[1], "pciehp") != 0)
        return FALSE;
    for (guint i = 2; fields[i] != NULL; i++)
        if (strstr(fields[i], "acpiphp") != NULL)
            return TRUE;
    return FALSE;
}

/* modules-load.d(5), /etc/modules: one name in a line. What is not there is an error at every
 * start. */
static gboolean is_load_leftover(char **fields)
{
    return is_old_driver(fields[0]);
}

/* chrony.conf(5): chronyd does not start without the device of a reference clock. The host's clock
   through ptp_kvm is another device, if the guest has that driver. */
static gboolean is_chrony_leftover(char **fields)
{
    return g_ascii_strcasecmp(fields[0], "refclock") == 0 && fields[1] != NULL &&
           g_ascii_strcasecmp(fields[1], "PHC") == 0 && fields[2] != NULL &&
           g_str_has_prefix(fields[2], "/dev/ptp") && strstr(fields[2], "kvm") == NULL;
}

/* suffix: path is a folder, and these files in it; NULL: a file. */
static const struct {
    const char *path;
    const char *suffix;
    gboolean (*is_leftover)(char **fields);
    const char *reason;
    gboolean is_clock;
} files[] = {
    {"/etc/modprobe.d", ".conf", is_modprobe_leftover, "the old machine's hardware", FALSE},
    {"/etc/modprobe.conf", NULL, is_modprobe_leftover, "the old machine's hardware", FALSE},
    {"/etc/modprobe.conf.local", NULL, is_modprobe_leftover, "the old machine's hardware", FALSE},
    {"/etc/modules-load.d", ".conf", is_load_leftover, "the old machine's hardware", FALSE},
    {"/etc/modules", NULL, is_load_leftover, "the old machine's hardware", FALSE},
    {"/etc/chrony.conf", NULL, is_chrony_leftover, "the old host's clock", TRUE},
    {"/etc/chrony/chrony.conf", NULL, is_chrony_leftover, "the old host's clock", TRUE},
    {"/etc/chrony.d", ".conf", is_chrony_leftover, "the old host's clock", TRUE},
    {"/etc/chrony/conf.d", ".conf", is_chrony_leftover, "the old host's clock", TRUE},
};

/* text with such lines as comments. */
static char *comment_out(const char *text, gboolean (*is_line_leftover)(char **fields))
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) split = g_strsplit_set(lines[i], BLANKS "\r", -1);

        for (guint j = 0; split[j] != NULL; j++)
            if (*split[j] != '\0')
                g_strv_builder_add(builder, split[j]);

        g_auto(GStrv) fields = g_strv_builder_end(builder);

        if (fields[0] == NULL || !is_line_leftover(fields))
            continue;

        char *line = g_strconcat("# ", lines[i], NULL);

        g_free(lines[i]);
        lines[i] = line;
    }
    return g_strjoinv("\n", lines);
}

static gboolean plan_file(LinuxPlan *plan, guint row, const char *path, GError **error)
{
    g_autofree char *text = NULL, *rewritten = NULL, *reason = NULL;

    if (!fs_tree_is_file(plan->guest->tree, path))
        return TRUE;
    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;
    rewritten = comment_out(text, files[row].is_leftover);
    if (files[row].is_clock && !g_str_equal(text, rewritten))
        findings_add(plan->findings, FINDING_LINUX_CLOCK, path);
    reason = g_strconcat(files[row].reason, " is not there any more", NULL);
    return linux_plan_write_changed(plan, path, text, rewritten, reason, error);
}

gboolean leftovers_plan(LinuxPlan *plan, GError **error)
{
    static const BootLineEdit edit = {leftovers_remove_words, leftovers_remove_words, TRUE};

    if (!boot_lines_plan(plan, &edit, "words for the old machine's clock, interrupts and drivers",
                         error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GPtrArray) paths = NULL;

        if (files[i].suffix == NULL) {
            if (!plan_file(plan, i, files[i].path, error))
                return FALSE;
            continue;
        }
        paths = linux_plan_list(plan, files[i].path, files[i].suffix);
        for (guint j = 0; j < paths->len; j++)
            if (!plan_file(plan, i, paths->pdata[j], error))
                return FALSE;
    }
    return TRUE;
}
