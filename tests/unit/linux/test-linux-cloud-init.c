/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cloud-init keeps the machine what it is. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/cloud_init.h"

static void test_sources(void)
{
    static const struct {
        const char *datasource; /* NULL: cloud-init has not run */
        const char *disabled;
        gboolean changed;
    } rows[] = {
        {"DataSourceVMware: DataSourceVMware [seed=guestinfo]\n", NULL, TRUE},
        {"DataSourceOVF: DataSourceOVF [seed=com.vmware.guestInfo]\n", NULL, TRUE},
        {"DataSourceAzure: DataSourceAzure [seed=/dev/sr0]\n", NULL, TRUE},
        {"DataSourceEc2: DataSourceEc2Local\n", NULL, TRUE},
        {"DataSourceNoCloud: DataSourceNoCloud [seed=/dev/sr0][dsmode=net]\n", NULL, FALSE},
        {"DataSourceNone: DataSourceNone\n", NULL, FALSE},
        {"DataSourceConfigDrive: DataSourceConfigDrive [net,ver=2]\n", NULL, FALSE},
        {"DataSourceVMware: DataSourceVMware\n", "/etc/cloud/cloud-init.disabled", FALSE},
        {"DataSource\xff\x01", NULL, FALSE},
        {"DataSourceVMware", NULL, FALSE},
        {"", NULL, FALSE},
        {NULL, NULL, FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *edits = NULL, *drop_in = NULL, *findings = NULL;

        test_guest_add_text(guest, "/etc/cloud/cloud.cfg", "datasource_list: [ VMware, OVF ]\n");
        test_guest_add_text(guest, "/etc/cloud/cloud.cfg.d/90_dpkg.cfg",
                            "datasource_list: [ VMware, OVF, None ]\n");
        test_guest_add_text(guest, "/etc/cloud/ds-identify.cfg", "datasource: VMware\n");
        test_guest_add_link(guest, "/var/lib/cloud/instance", "instances/iid-1");
        if (rows[i].datasource != NULL) {
            test_guest_add_text(guest, "/var/lib/cloud/instances/iid-1/obj.pkl", "x");
            test_guest_add_text(guest, "/var/lib/cloud/instances/iid-1/datasource",
                                rows[i].datasource);
        }
        if (rows[i].disabled != NULL)
            test_guest_add_text(guest, rows[i].disabled, "");
        g_assert_true(cloud_init_plan(&guest->plan, &error));
        g_assert_no_error(error);
        edits = test_guest_list_edits(guest);
        g_test_message("row %zu", i);
        g_assert_cmpstr(edits, ==,
                        rows[i].changed ? "write /etc/cloud/cloud.cfg.d/zz-drydock.cfg\n"
                                          "write /etc/cloud/ds-identify.cfg\n"
                                        : "");
        findings = test_guest_list_findings(guest);
        g_assert_cmpint(strstr(findings, "linux-cloud-init") != NULL, ==, rows[i].changed);
        drop_in = test_guest_edited(guest, "/etc/cloud/cloud.cfg.d/zz-drydock.cfg");
        if (rows[i].changed)
            g_assert_nonnull(strstr(drop_in, "\nmanual_cache_clean: true\n"));
    }
}

static void test_identify(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"datasource: VMware\npolicy: enabled\n", "datasource: NoCloud\npolicy: enabled\n"},
        {"datasource:OVF", "datasource: NoCloud"},
        {"# datasource: OVF\n", "# datasource: OVF\n"},
        {"datasource: NoCloud\n", "datasource: NoCloud\n"},
        {"datasource:\n", "datasource:\n"},
        {"policy: search,found=all,maybe=all,notfound=disabled",
         "policy: search,found=all,maybe=all,notfound=disabled"},
        {"", ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *rewritten = cloud_init_rewrite_identify(rows[i].text);

        g_assert_cmpstr(rewritten, ==, rows[i].expected);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/cloud-init/sources", test_sources);
    g_test_add_func("/linux/cloud-init/identify", test_identify);
    return g_test_run();
}
