/* SPDX-License-Identifier: GPL-3.0-or-later */
/* systemd units are masked, System V start links become stop links, Upstart jobs become manual,
   links of OpenRC and runit go. */
#include "linux/tools.h"

#include <string.h>

#include "linux/services.h"

static const struct {
    const char *service; /* of System V, Upstart, and systemd with ".service" behind it */
    const char *product;
} services[] = {
    {"open-vm-tools", "VMware"},
    {"vmtoolsd", "VMware"},
    {"vgauthd", "VMware"},
    {"vgauth", "VMware"},
    {"vmware-tools", "VMware"},
    {"vmware-tools-thinprint", "VMware"},
    {"vmware-vmblock-fuse", "VMware"},
    {"vmblock-fuse", "VMware"},
    {"run-vmblock-fuse.mount", "VMware"},
    {"run-vmblock\\x2dfuse.mount", "VMware"},
    {"hv-kvp-daemon", "Hyper-V"},
    {"hv-vss-daemon", "Hyper-V"},
    {"hv-fcopy-daemon", "Hyper-V"},
    {"hypervkvpd", "Hyper-V"},
    {"hypervvssd", "Hyper-V"},
    {"hypervfcopyd", "Hyper-V"},
    {"hv_kvp_daemon", "Hyper-V"},
    {"hv_vss_daemon", "Hyper-V"},
    {"hv_fcopy_daemon", "Hyper-V"},
    {"hv-fcopy-uio-daemon", "Hyper-V"},
    {"hv_fcopy_uio_daemon", "Hyper-V"},
    {"walinuxagent", "Azure"},
    {"waagent", "Azure"},
    {"vboxadd", "VirtualBox"},
    {"vboxadd-service", "VirtualBox"},
    {"vboxadd-x11", "VirtualBox"},
    {"vboxservice", "VirtualBox"},
    {"virtualbox-guest-utils", "VirtualBox"},
    {"virtualbox-guest-additions", "VirtualBox"},
    {"xe-linux-distribution", "XenServer"},
    {"xe-daemon", "XenServer"},
    {"xen-guest-agent", "XenServer"},
    {"prltoolsd", "Parallels"},
    {"ngt_guest_agent", "Nutanix"},
    {"ngt_self_service_restore", "Nutanix"},
    {"nutanix-guest-agent", "Nutanix"},
};

static const char *const unit_folders[] = {
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/etc/systemd/system",
};

static gboolean path_exists(LinuxPlan *plan, const char *path)
{
    gboolean found = FALSE;

    return fs_tree_stat_link(plan->guest->tree, path, &found, NULL, NULL) && found;
}

/* A unit's own file in /etc wins over everything, so the mask takes its place. */
static gboolean mask_unit(LinuxPlan *plan, guint row, const char *reason, gboolean *done,
                          GError **error)
{
    gboolean has_type = strchr(services[row].service, '.') != NULL;
    g_autofree char *unit = g_strconcat(services[row].service, has_type ? "" : ".service", NULL);
    g_autofree char *mask = g_build_filename("/etc/systemd/system", unit, NULL);
    g_autofree char *target = NULL;
    gboolean exists = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(unit_folders); i++) {
        g_autofree char *path = g_build_filename(unit_folders[i], unit, NULL);

        exists = exists || path_exists(plan, path);
    }
    if (!exists)
        return TRUE;
    if (fs_tree_read_link(plan->guest->tree, mask, &target, NULL) &&
        g_strcmp0(target, "/dev/null") == 0)
        return TRUE;
    *done = TRUE;
    return edits_make_symlink(plan->edits, mask, "/dev/null", NULL, reason, error);
}

static gboolean override_job(LinuxPlan *plan, guint row, const char *reason, gboolean *done,
                             GError **error)
{
    g_autofree char *job = g_strdup_printf("/etc/init/%s.conf", services[row].service);
    g_autofree char *path = g_strdup_printf("/etc/init/%s.override", services[row].service);

    if (!path_exists(plan, job) || path_exists(plan, path))
        return TRUE;
    *done = TRUE;
    return edits_write_text(plan->edits, path, "manual\n", job, -1, reason, error);
}

static void report_guest_agent(LinuxPlan *plan)
{
    static const char *const programs[] = {"/usr/sbin/qemu-ga", "/usr/bin/qemu-ga",
                                           "/sbin/qemu-ga"};

    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
        if (fs_tree_is_file(plan->guest->tree, programs[i]))
            return;
    findings_add(plan->findings, FINDING_LINUX_GUEST_AGENT_MISSING,
                 plan->guest->product_name != NULL ? plan->guest->product_name : "the guest");
}

gboolean tools_plan(LinuxPlan *plan, GError **error)
{
    /* NixOS: units are what /etc/nixos says, and cannot be masked. */
    guint count = plan->guest->linux_facts.usr == USR_STORE ? 0 : G_N_ELEMENTS(services);

    for (guint i = 0; i < count; i++) {
        g_autofree char *reason = g_strdup_printf("%s is not there any more", services[i].product);
        gboolean done = FALSE;

        if (!mask_unit(plan, i, reason, &done, error) ||
            !services_stop_links(plan->edits, services[i].service, reason, &done, error) ||
            !override_job(plan, i, reason, &done, error))
            return FALSE;
        if (done) {
            g_autofree char *subject =
                g_strdup_printf("%s (%s)", services[i].service, services[i].product);

            findings_add(plan->findings, FINDING_LINUX_TOOLS_DISABLED, subject);
        }
    }
    report_guest_agent(plan);
    return TRUE;
}
