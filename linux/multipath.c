/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A section more at the end of the configuration – multipath adds up sections of the same name –
   and lines less in its lists. */
#include "linux/multipath.h"

#include <string.h>

#define PRODUCT "QEMU HARDDISK" /* of virtio-scsi, SATA and IDE; virtio-blk has no product */

static const char section[] = "# The machine's own disks have one path each.\n"
                              "blacklist {\n"
                              "\tdevnode \"^vd[a-z]\"\n"
                              "\tdevice {\n"
                              "\t\tvendor \".*\"\n"
                              "\t\tproduct \"" PRODUCT "\"\n"
                              "\t}\n"
                              "}\n";

char *multipath_conf_rewrite(const char *text, const Guest *guest G_GNUC_UNUSED,
                             StorageNames *names G_GNUC_UNUSED)
{
    gboolean complete = *text == '\0' || g_str_has_suffix(text, "\n");

    return strstr(text, PRODUCT) != NULL ? g_strdup(text)
                                         : g_strconcat(text, complete ? "" : "\n", section, NULL);
}

/* How VMware's and Hyper-V's virtual disks begin, as NAA identifiers (with the "3" of scsi_id(8)).
 */
static gboolean is_old_disk(const char *wwid)
{
    static const char *const prefixes[] = {"36000c29", "36002248"};

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_ascii_strncasecmp(wwid, prefixes[i], strlen(prefixes[i])) == 0)
            return TRUE;
    return FALSE;
}

/* "/36000c29…/" in wwids, "mpatha 36000c29…" in bindings. */
static gboolean names_old_disk(const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t/", -1);

    for (guint i = 0; words[i] != NULL && line[0] != '#'; i++)
        if (is_old_disk(words[i]))
            return TRUE;
    return FALSE;
}

char *multipath_list_rewrite(const char *text, const Guest *guest G_GNUC_UNUSED,
                             StorageNames *names G_GNUC_UNUSED)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++)
        if (!names_old_disk(lines[i]))
            g_string_append_printf(out, "%s%s", lines[i], lines[i + 1] != NULL ? "\n" : "");
    return g_string_free(out, FALSE);
}
