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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/tools/units", test_units);
    g_test_add_func("/linux/tools/start-links", test_start_links);
    return g_test_run();
}
