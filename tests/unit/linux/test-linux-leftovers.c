/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings for the old hypervisor. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/leftovers.h"

static void test_words(void)
{
    static const struct {
        const char *line, *expected;
    } rows[] = {
        {"\tlinux /v root=x noapic quiet", "\tlinux /v root=x quiet"},
        {"linux /v noapic", "linux /v"},
        {"linux /v  noapic  nolapic ro", "linux /v  ro"},
        {"GRUB_CMDLINE_LINUX=\"noapic\"", "GRUB_CMDLINE_LINUX=\"\""},
        {"GRUB_CMDLINE_LINUX=\"quiet noapic\"", "GRUB_CMDLINE_LINUX=\"quiet\""},
        {"GRUB_CMDLINE_LINUX='clocksource=acpi_pm quiet'", "GRUB_CMDLINE_LINUX='quiet'"},
        {"kernel /v divider=10 clock=pit", "kernel /v divider=10"},
        {"options clocksource=hyperv_clocksource_tsc_page video=hyperv_fb:1024x768 ro",
         "options ro"},
        {"options vmw_pvscsi.cmd_per_lun=254 vmxnet3.x=1", "options"},
        {"options clocksource=tsc noapictimer crashkernel=auto",
         "options clocksource=tsc noapictimer crashkernel=auto"},
        {"options clocksource=hpet elevator=noop", "options clocksource=hpet elevator=noop"},
        {"", ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *result = leftovers_remove_words(rows[i].line);

        g_assert_cmpstr(result, ==, rows[i].expected);
    }
}

static void test_files(void)
{
    static const struct {
        const char *path, *text;
        const char *expected; /* NULL: no change */
    } rows[] = {
        {"/boot/grub2/grub.cfg", "# noapic\nmenuentry 'noapic' {\nlinux16 /v noapic ro\n}\n",
         "# noapic\nmenuentry 'noapic' {\nlinux16 /v ro\n}\n"},
        {"/etc/default/grub",
         "GRUB_CMDLINE_LINUX_DEFAULT=\"noapic\"\nGRUB_CMDLINE_LINUX=\"ro noapic\"\n",
         "GRUB_CMDLINE_LINUX_DEFAULT=\"\"\nGRUB_CMDLINE_LINUX=\"ro\"\n"},
        {"/boot/loader/entries/a.conf", "title noapic\noptions ro noapic\n",
         "title noapic\noptions ro\n"},
        {"/etc/modprobe.d/pvscsi.conf",
         "options vmw_pvscsi cmd_per_lun=254 ring_pages=32\noptions kvm nested=1\n",
         "# options vmw_pvscsi cmd_per_lun=254 ring_pages=32\noptions kvm nested=1\n"},
        {"/etc/modprobe.conf",
         "install pciehp /sbin/modprobe -q --ignore-install acpiphp; /bin/true\n"
         "install x /bin/true\ninstall pciehp /bin/true\n",
         "# install pciehp /sbin/modprobe -q --ignore-install acpiphp; /bin/true\n"
         "install x /bin/true\ninstall pciehp /bin/true\n"},
        {"/etc/modprobe.d/other.conf", "options\nblacklist vmxnet3\n", NULL},
        {"/etc/modules-load.d/vm.conf", "vmhgfs\nloop\n", "# vmhgfs\nloop\n"},
        {"/etc/modules", "# names\nvboxguest\nlp", "# names\n# vboxguest\nlp"},
        {"/etc/chrony.conf",
         "pool ntp.example.org\nrefclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0\n",
         "pool ntp.example.org\n# refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0\n"},
        {"/etc/chrony/conf.d/azure.conf", "  refclock  phc\t/dev/ptp0 poll 3\n",
         "#   refclock  phc\t/dev/ptp0 poll 3\n"},
        {"/etc/chrony/conf.d/kvm.conf", "refclock PHC /dev/ptp_kvm\nrefclock SHM 0\nrefclock\n",
         NULL},
    };
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *findings = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        test_guest_add_text(guest, rows[i].path, rows[i].text);
    g_assert_true(leftovers_plan(&guest->plan, &error));
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = test_guest_edited(guest, rows[i].path);

        g_test_message("%s", rows[i].path);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
    findings = test_guest_list_findings(guest);
    g_assert_nonnull(strstr(findings, "linux-clock"));
    g_assert_nonnull(strstr(findings, "/etc/chrony/conf.d/azure.conf"));
    g_assert_null(strstr(findings, "kvm.conf"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/leftovers/words", test_words);
    g_test_add_func("/linux/leftovers/files", test_files);
    return g_test_run();
}
