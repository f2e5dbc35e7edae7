/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services of other hypervisors, and files that list the old machine's disks. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/storage.h"
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

static void test_storage(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *findings = NULL;

    test_guest_add_text(guest, "/etc/lvm/devices/system.devices", "IDTYPE=sys_wwid\n");
    test_guest_add_text(guest, "/etc/blkid/blkid.tab", "<device>\n");
    test_guest_add_text(guest, "/etc/lvm/lvm.conf", "\tfilter = [ \"a|^/dev/sda|\", \"r|.*|\" ]\n");
    g_assert_true(storage_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "remove /etc/lvm/devices/system.devices\nremove /etc/blkid/blkid.tab\n");
    findings = test_guest_list_findings(guest);
    g_assert_true(g_str_has_prefix(findings, "linux-lvm-filter: "));
}

static void test_lvm_filter(void)
{
    static const struct {
        const char *text;
        gboolean expected;
    } rows[] = {
        {"filter = [ \"a|/dev/sd.*|\", \"r|.*|\" ]", TRUE},
        {"global_filter=[ \"a|/dev/disk/by-id/x|\", \"r|.*|\" ]", TRUE},
        {"# filter = [ \"a|/dev/sd.*|\", \"r|.*|\" ]", FALSE},
        {"filter = [ \"a|/dev/sd.*|\", \"a|/dev/vd.*|\", \"r|.*|\" ]", FALSE},
        {"filter = [ \"a|.*|\" ]", FALSE},
        {"filter = [ \"r|/dev/cdrom|\" ]", FALSE},
        {"", FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(lvm_filter_names_disks(rows[i].text), ==, rows[i].expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/tools/units", test_units);
    g_test_add_func("/linux/tools/start-links", test_start_links);
    g_test_add_func("/linux/storage/plan", test_storage);
    g_test_add_func("/linux/storage/lvm-filter", test_lvm_filter);
    return g_test_run();
}
