/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts that name disks beside fstab: mdadm.conf, filters of LVM, caches. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/lvm_conf.h"
#include "linux/mdadm_conf.h"
#include "linux/multipath.h"
#include "linux/storage.h"

typedef struct {
    const char *text;
    const char *expected; /* NULL: as it was */
    const char *unknown;  /* NULL: nothing */
} Row;

#define UUID "UUID=3aaa0122:29827cfa:5331ad66:ca767371"

static const Row mdadm_rows[] = {
    {"DEVICE partitions containers", NULL, NULL},
    {"DEVICE /dev/sda1 /dev/sdb1", "DEVICE partitions", NULL},
    {"DEVICE /dev/sd[ab]1 containers", "DEVICE partitions containers", NULL},
    {"DEVICE /dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0-part1", "DEVICE partitions", NULL},
    {"device /dev/hd*", "device partitions", NULL},
    {"DEV\t/dev/sda1\n\t/dev/sdb1\n# end", "DEV\tpartitions\n\n# end", NULL},
    {"DEVICE /dev/mapper/*", NULL, NULL},
    {"#DEVICE /dev/sda1", NULL, NULL},
    {"DEVICE partitions # /dev/sda1", NULL, NULL},
    {"ARRAY /dev/md0 " UUID, NULL, NULL},
    {"ARRAY /dev/md0 level=raid1 devices=/dev/sda1,/dev/sdb1 " UUID,
     "ARRAY /dev/md0 level=raid1 " UUID, NULL},
    {"ARRAY /dev/md0 devices=/dev/sda1,/dev/sdb1\n  " UUID, "ARRAY /dev/md0\n  " UUID, NULL},
    {"ARRAY /dev/md0 " UUID "\n  devices=/dev/sda1,/dev/sdb1\nMAILADDR root",
     "ARRAY /dev/md0 " UUID "\n\nMAILADDR root", NULL},
    {"ARRAY /dev/md0 super-minor=0 devices=/dev/sda1", "ARRAY /dev/md0 super-minor=0", NULL},
    {"ARRAY /dev/md0 devices=/dev/sda1,/dev/sdb1", NULL, "/dev/sda1,/dev/sdb1"},
    {"ARRAY /dev/md0 devices=/dev/sda1 # " UUID, NULL, "/dev/sda1"},
    {"ARRAY <ignore> devices=/dev/sda1", NULL, "/dev/sda1"},
    {"MAILADDR devices=/dev/sda1", NULL, NULL},
    {"HOMEHOST <system>\n\n\nMAILADDR root\n", NULL, NULL},
    {"", NULL, NULL},
};

#define OWN_DISKS                                                                                  \
    "# The machine's own disks have one path each.\nblacklist {\n\tdevnode \"^vd[a-z]\"\n"         \
    "\tdevice {\n\t\tvendor \".*\"\n\t\tproduct \"QEMU HARDDISK\"\n\t}\n}\n"

static const Row multipath_rows[] = {
    {"defaults {\n\tuser_friendly_names yes\n}\n",
     "defaults {\n\tuser_friendly_names yes\n}\n" OWN_DISKS, NULL},
    {"blacklist {\n}", "blacklist {\n}\n" OWN_DISKS, NULL},
    {"", OWN_DISKS, NULL},
    {OWN_DISKS, NULL, NULL},
};

static const Row multipath_list_rows[] = {
    {"# Multipath wwids\n/36000c295b1f2d0c8b1a/\n/360a98000/\n", "# Multipath wwids\n/360a98000/\n",
     NULL},
    {"mpatha 36000C29f00\nmpathb 360022480aa\nmpathc 3600224\n", "mpathc 3600224\n", NULL},
    {"# mpatha 36000c29f00\n", NULL, NULL},
    {"/360a98000/", NULL, NULL},
    {"", NULL, NULL},
};

static const Row lvm_rows[] = {
    {"filter = [ \"a|/dev/sda2|\", \"r|.*|\" ]",
     "filter = [ \"a|/dev/sda2|\", \"a|/dev/vda2|\", \"r|.*|\" ]", NULL},
    {"\tglobal_filter=[\"a|^/dev/sd.*|\",\"r|.*|\"] # mine\n",
     "\tglobal_filter=[\"a|^/dev/sd.*|\", \"a|^/dev/vd.*|\",\"r|.*|\"] # mine\n", NULL},
    {"devices {\n  filter = [ # what we have\n    \"a/sda[0-9]/\",\n    \"a/hdb/\", \"r/.*/\"\n  "
     "]\n}\n",
     "devices {\n  filter = [ # what we have\n    \"a/sda[0-9]/\", \"a/vda[0-9]/\",\n    "
     "\"a/hdb/\", "
     "\"a/vdb/\", \"r/.*/\"\n  ]\n}\n",
     NULL},
    {"filter = [ \"a|^/dev/(sda|sdb)$|\", \"r|.*|\" ]",
     "filter = [ \"a|^/dev/(sda|sdb)$|\", \"a|^/dev/(vda|vdb)$|\", \"r|.*|\" ]", NULL},
    {"filter = [ \"a|/dev/disk/by-id/scsi-36000c29|\", \"r|.*|\" ]",
     "filter = [ \"a|/dev/disk/by-id/scsi-36000c29|\", \"a|^/dev/vd|\", \"r|.*|\" ]", NULL},
    {"filter = [ \"a/nvme/\", \"r|.*|\" ]", "filter = [ \"a/nvme/\", \"a|^/dev/vd|\", \"r|.*|\" ]",
     NULL},
    {"filter = [ \"a|xvda|\", \"r|.*|\" ]", "filter = [ \"a|xvda|\", \"a|vda|\", \"r|.*|\" ]",
     NULL},
    {"filter =\n  [ \"a|/dev/sda|\", \"r|.*|\" ]",
     "filter =\n  [ \"a|/dev/sda|\", \"a|/dev/vda|\", \"r|.*|\" ]", NULL},
    /* Nothing is rejected, virtio is accepted, or no disk is named. */
    {"filter = [ \"a|/dev/sda|\" ]", NULL, NULL},
    {"filter = [ \"a|/dev/sd.*|\", \"a|/dev/vd.*|\", \"r|.*|\" ]", NULL, NULL},
    {"filter = [ \"r|/dev/cdrom|\" ]", NULL, NULL},
    {"filter = [ \"a|/dev/md.*|\", \"r|.*|\" ]", NULL, NULL},
    {"filter = [ \"a|/dev/disk/by-id/md-uuid-1|\", \"r|.*|\" ]", NULL, NULL},
    {"# filter = [ \"a|/dev/sda|\", \"r|.*|\" ]", NULL, NULL},
    {"filter_x = [ \"a|/dev/sda|\", \"r|.*|\" ]", NULL, NULL},
    {"filter = []", NULL, NULL},
    {"filter = [ \"a|/dev/sda|\", \"r|.*|\"", NULL, "a filter"},
    {"filter = [ a|/dev/sda|, \"r|.*|\" ]", NULL, "a filter"},
    {"filter = [ \"a|/dev/sda\\\"|\", \"r|.*|\" ]", NULL, "a filter"},
    {"filter = \"a|.*|\"", NULL, NULL},
    {"filter", NULL, NULL},
    {"", NULL, NULL},
};

static void check_rows(const Row *rows, size_t count,
                       char *(*rewrite)(const char *, const Guest *, StorageNames *))
{
    g_autoptr(TestGuest) guest = test_guest_new();

    for (size_t i = 0; i < count; i++) {
        g_auto(StorageNames) names = {NULL};

        storage_names_init(&names);

        g_autofree char *result = rewrite(rows[i].text, &guest->guest, &names);

        g_assert_cmpstr(result, ==, rows[i].expected != NULL ? rows[i].expected : rows[i].text);
        g_assert_cmpuint(names.unknown->len, ==, rows[i].unknown != NULL);
        if (rows[i].unknown != NULL)
            g_assert_cmpstr(names.unknown->pdata[0], ==, rows[i].unknown);
        if (rows[i].expected != NULL) {
            g_autofree char *again = rewrite(result, &guest->guest, &names);

            g_assert_cmpstr(again, ==, result);
        }
    }
}

static void test_mdadm(void)
{
    check_rows(mdadm_rows, G_N_ELEMENTS(mdadm_rows), mdadm_conf_rewrite);
}

static void test_multipath(void)
{
    check_rows(multipath_rows, G_N_ELEMENTS(multipath_rows), multipath_conf_rewrite);
    check_rows(multipath_list_rows, G_N_ELEMENTS(multipath_list_rows), multipath_list_rewrite);
}

static void test_lvm(void)
{
    check_rows(lvm_rows, G_N_ELEMENTS(lvm_rows), lvm_conf_rewrite);
}

static void test_plan(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *findings = NULL, *mdadm = NULL;

    test_guest_add_text(guest, "/etc/lvm/devices/system.devices", "IDTYPE=sys_wwid\n");
    test_guest_add_text(guest, "/etc/blkid/blkid.tab", "<device>\n");
    test_guest_add_text(guest, "/etc/mdadm/mdadm.conf", "DEVICE /dev/sda1\n");
    test_guest_add_text(guest, "/etc/lvm/lvm.conf", "\tfilter = [ \"a|^/dev/sda|\", \"r|.*|\" ]\n");
    test_guest_add_text(guest, "/etc/lvm/lvmlocal.conf", "filter = [ nonsense ]\n");
    test_guest_add_text(guest, "/etc/multipath.conf", "defaults {\n}\n");
    test_guest_add_text(guest, "/etc/multipath/wwids", "/36000c2900/\n");
    test_guest_add_text(guest, "/var/lib/multipath/bindings", "mpatha 360a98000\n");
    g_assert_true(storage_plan(&guest->plan, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "remove /etc/lvm/devices/system.devices\nremove /etc/blkid/blkid.tab\n"
                    "write /etc/multipath.conf\nwrite /etc/multipath/wwids\n"
                    "write /etc/mdadm/mdadm.conf\nwrite /etc/lvm/lvm.conf\n");
    mdadm = test_guest_edited(guest, "/etc/mdadm/mdadm.conf");
    g_assert_cmpstr(mdadm, ==, "DEVICE partitions\n");
    findings = test_guest_list_findings(guest);
    g_assert_true(g_str_has_prefix(findings, "linux-lvm-filter: "));
    g_assert_nonnull(strstr(findings, "/etc/lvm/lvmlocal.conf"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/storage/mdadm", test_mdadm);
    g_test_add_func("/linux/storage/multipath", test_multipath);
    g_test_add_func("/linux/storage/lvm", test_lvm);
    g_test_add_func("/linux/storage/plan", test_plan);
    return g_test_run();
}
