/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One drop-in behind all others. What it says is from cloud-init's documentation: "datasource_list"
   (Datasources; a list of one, or of one and None, is not put to the test), "manual_cache_clean"
   (First boot determination: the cached instance is trusted, whatever platform the machine is on),
   and "network: {config: disabled}" (Network configuration). */
#include "linux/cloud_init.h"

#include <string.h>

#define FOLDER "/etc/cloud"
#define DROP_IN FOLDER "/cloud.cfg.d/zz-drydock.cfg"
#define IDENTIFY FOLDER "/ds-identify.cfg"
#define REASON "the platform that cloud-init had its data from is not there any more"
#define CLASS "DataSource"

static const char drop_in[] =
    "# The platform that this machine had its data from is gone. It stays the instance that it "
    "is,\n"
    "# with its keys, users and addresses. To have it set up anew: remove this file, run\n"
    "# \"cloud-init clean\" and attach a seed.\n"
    "datasource_list: [ NoCloud, None ]\n"
    "manual_cache_clean: true\n"
    "network: {config: disabled}\n";

/* They are on the disks, or on one that is attached: nobody has to be asked. */
static const char *const local_sources[] = {"NoCloud", "NoCloudNet", "None", "ConfigDrive",
                                            "LXD",     "Fallback",   NULL};

/* "VMware" of "DataSourceVMware: DataSourceVMware [seed=guestinfo]". */
static char *parse_source(const char *text)
{
    const char *name = g_str_has_prefix(text, CLASS) ? text + strlen(CLASS) : NULL;
    size_t length = name != NULL ? strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS) : 0;

    return length > 0 && name[length] == ':' ? g_strndup(name, length) : NULL;
}

char *cloud_init_rewrite_identify(const char *text)
{
    static const char key[] = "datasource:";
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *value = g_str_has_prefix(lines[i], key) ? lines[i] + strlen(key) : NULL;
        g_autofree char *name = value != NULL ? g_strstrip(g_strdup(value)) : NULL;

        if (name == NULL || *name == '\0' || g_strv_contains(local_sources, name))
            continue;
        g_free(lines[i]);
        lines[i] = g_strconcat(key, " NoCloud", NULL);
    }
    return g_strjoinv("\n", lines);
}

static gboolean plan_identify(LinuxPlan *plan, GError **error)
{
    g_autofree char *text = NULL, *rewritten = NULL;

    if (!edits_read_text(plan->edits, IDENTIFY, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;
    rewritten = cloud_init_rewrite_identify(text);
    return linux_plan_write_changed(plan, IDENTIFY, text, rewritten, REASON, error);
}

gboolean cloud_init_plan(LinuxPlan *plan, GError **error)
{
    FsTree *tree = plan->guest->tree;
    g_autofree char *text = NULL, *source = NULL;

    /* Without its cache it has not run yet, and what it does when it runs is not ours to say. */
    if (!fs_tree_is_directory(tree, FOLDER) ||
        fs_tree_is_file(tree, FOLDER "/cloud-init.disabled") ||
        !fs_tree_is_file(tree, "/var/lib/cloud/instance/obj.pkl"))
        return TRUE;
    if (!edits_read_text(plan->edits, "/var/lib/cloud/instance/datasource", &text, error))
        return FALSE;
    source = text != NULL ? parse_source(text) : NULL;
    if (source == NULL || g_strv_contains(local_sources, source))
        return TRUE;
    findings_add(plan->findings, FINDING_LINUX_CLOUD_INIT, source);
    return edits_write_text(plan->edits, DROP_IN, drop_in, NULL, 0644, REASON, error) &&
           plan_identify(plan, error);
}
