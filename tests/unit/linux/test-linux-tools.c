/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services of other hypervisors, and files that list the old machine's disks. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/tools.h"

static void test_units(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *findings = NULL;

    /* Debian: an alias in /etc stands before the unit itself */
    test_guest_add_text(guest, "/lib/systemd/system/open-vm-tools.service", "[Unit]\n");
    test_guest_add_link(guest, "/etc/systemd/system/vmtoolsd.service",
                        "/lib/systemd/system/open-vm-tools.service");
    test_guest_add_text(guest, "/usr/lib/systemd/system/hypervkvpd.service", "[Unit]\n");
    test_guest_add_text(guest, "/usr/lib/systemd/system/vgauthd.service", "[Unit]\n");
    test_guest_add_link(guest, "/etc/systemd/system/vgauthd.service", "/dev/null");
    test_guest_add_text(guest, "/usr/sbin/qemu-ga", "elf");
    g_assert_true(tools_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "link /etc/systemd/system/open-vm-tools.service -> /dev/null\n"
                    "link /etc/systemd/system/vmtoolsd.service -> /dev/null\n"
                    "link /etc/systemd/system/hypervkvpd.service -> /dev/null\n");
    findings = test_guest_list_findings(guest);
    g_assert_nonnull(strstr(findings, "hypervkvpd (Hyper-V)"));
    g_assert_null(strstr(findings, "guest-agent"));
    g_assert_true(edits_apply(guest->edits, &error));
    g_assert_no_error(error);
}

static void test_start_links(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *findings = NULL, *job = NULL;

    test_guest_add_text(guest, "/etc/rc.d/init.d/vmware-tools", "#!/bin/sh\n");
    test_guest_add_link(guest, "/etc/rc.d/rc3.d/S03vmware-tools", "../init.d/vmware-tools");
    test_guest_add_link(guest, "/etc/rc.d/rc3.d/S03vmware-tools-else", "../init.d/else");
    test_guest_add_link(guest, "/etc/rc3.d", "rc.d/rc3.d");
    test_guest_add_text(guest, "/etc/init/vmware-tools.conf", "start on runlevel 2\n");
    g_assert_true(tools_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "remove /etc/rc.d/rc3.d/S03vmware-tools\n"
                    "link /etc/rc.d/rc3.d/K01vmware-tools -> ../init.d/vmware-tools\n"
                    "write /etc/init/vmware-tools.override\n");
    job = test_guest_edited(guest, "/etc/init/vmware-tools.override");
    g_assert_cmpstr(job, ==, "manual\n");
    findings = test_guest_list_findings(guest);
    g_assert_nonnull(strstr(findings, "linux-guest-agent-missing"));
}

/* What each product brings, with the init systems of where it is packaged. */
static void test_products(void)
{
    static const struct {
        const char *path;
        const char *target; /* of a link; NULL: a file */
        const char *edits;
        const char *product;
    } rows[] = {
        {"/usr/lib/systemd/system/vmtoolsd.service", NULL,
         "link /etc/systemd/system/vmtoolsd.service -> /dev/null\n", "(VMware)"},
        {"/usr/lib/systemd/system/vmblock-fuse.service", NULL,
         "link /etc/systemd/system/vmblock-fuse.service -> /dev/null\n", "(VMware)"},
        {"/lib/systemd/system/run-vmblock\\x2dfuse.mount", NULL,
         "link /etc/systemd/system/run-vmblock\\x2dfuse.mount -> /dev/null\n", "(VMware)"},
        {"/etc/init.d/rc5.d/S10vmware-tools", "../vmware-tools",
         "remove /etc/init.d/rc5.d/S10vmware-tools\nlink /etc/init.d/rc5.d/K01vmware-tools -> "
         "../vmware-tools\n",
         "(VMware)"},
        {"/etc/runlevels/default/open-vm-tools", "/etc/init.d/open-vm-tools",
         "remove /etc/runlevels/default/open-vm-tools\n", "(VMware)"},
        {"/etc/runit/runsvdir/default/vmtoolsd", "/etc/sv/vmtoolsd",
         "remove /etc/runit/runsvdir/default/vmtoolsd\n", "(VMware)"},
        {"/usr/lib/systemd/system/hypervfcopyd.service", NULL,
         "link /etc/systemd/system/hypervfcopyd.service -> /dev/null\n", "(Hyper-V)"},
        {"/lib/systemd/system/hv-kvp-daemon.service", NULL,
         "link /etc/systemd/system/hv-kvp-daemon.service -> /dev/null\n", "(Hyper-V)"},
        {"/usr/lib/systemd/system/hv_vss_daemon.service", NULL,
         "link /etc/systemd/system/hv_vss_daemon.service -> /dev/null\n", "(Hyper-V)"},
        {"/lib/systemd/system/walinuxagent.service", NULL,
         "link /etc/systemd/system/walinuxagent.service -> /dev/null\n", "(Azure)"},
        {"/etc/rc3.d/S35vboxadd-service", "../init.d/vboxadd-service",
         "remove /etc/rc3.d/S35vboxadd-service\nlink /etc/rc3.d/K01vboxadd-service -> "
         "../init.d/vboxadd-service\n",
         "(VirtualBox)"},
        {"/usr/lib/systemd/system/vboxservice.service", NULL,
         "link /etc/systemd/system/vboxservice.service -> /dev/null\n", "(VirtualBox)"},
        {"/etc/runlevels/default/virtualbox-guest-additions",
         "/etc/init.d/virtualbox-guest-additions",
         "remove /etc/runlevels/default/virtualbox-guest-additions\n", "(VirtualBox)"},
        {"/lib/systemd/system/xe-daemon.service", NULL,
         "link /etc/systemd/system/xe-daemon.service -> /dev/null\n", "(XenServer)"},
        {"/etc/systemd/system/xe-linux-distribution.service", NULL,
         "link /etc/systemd/system/xe-linux-distribution.service -> /dev/null\n", "(XenServer)"},
        {"/usr/lib/systemd/system/ngt_guest_agent.service", NULL,
         "link /etc/systemd/system/ngt_guest_agent.service -> /dev/null\n", "(Nutanix)"},
        {"/etc/systemd/system/ngt_self_service_restore.service", NULL,
         "link /etc/systemd/system/ngt_self_service_restore.service -> /dev/null\n", "(Nutanix)"},
        {"/usr/lib/systemd/system/prltoolsd.service", NULL,
         "link /etc/systemd/system/prltoolsd.service -> /dev/null\n", "(Parallels)"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *edits = NULL, *findings = NULL;

        test_guest_add_text(guest, "/etc/systemd/system/other.service", "[Unit]\n");
        if (rows[i].target != NULL)
            test_guest_add_link(guest, rows[i].path, rows[i].target);
        else
            test_guest_add_text(guest, rows[i].path, "[Unit]\n");
        g_assert_true(tools_plan(&guest->plan, &error));
        g_assert_no_error(error);
        edits = test_guest_list_edits(guest);
        g_test_message("%s", rows[i].path);
        g_assert_cmpstr(edits, ==, rows[i].edits);
        findings = test_guest_list_findings(guest);
        g_assert_nonnull(strstr(findings, rows[i].product));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/tools/units", test_units);
    g_test_add_func("/linux/tools/products", test_products);
    g_test_add_func("/linux/tools/start-links", test_start_links);
    return g_test_run();
}
