/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of RAID arrays in a guest's mdadm.conf, and the mounts that go by them. */
#include "inspect/mdadm_conf.h"

#include "base/finding.h"
#include "inspect-support.h"

#define UUID "64727964:01020304:a5b6c7d8:e9fa0b1c"
#define OTHER "00000000:00000000:00000000:00000001"

static const struct {
    const char *text, *device;
    const char *expected; /* NULL: none */
} rows[] = {
    {"ARRAY /dev/md0 UUID=" UUID, "/dev/md0", UUID},
    {"ARRAY /dev/md/0 metadata=1.2 name=host:0 UUID=" UUID "\n", "/dev/md0", UUID},
    {"ARRAY /dev/md0 UUID=" UUID, "/dev/md/0", UUID},
    {"ARRAY md0 uuid=" UUID, "/dev/md0", UUID},
    {"array root\tUUID=" UUID, "/dev/md/root", UUID},
    {"ARR /dev/md0 UUID=" UUID, "/dev/md0", UUID},
    {"ARRAY /dev/md0 level=raid1\n   UUID=" UUID "\nARRAY /dev/md1 UUID=" OTHER, "/dev/md0", UUID},
    {"ARRAY /dev/md0 level=raid1\r\nARRAY /dev/md1 UUID=" UUID "\r\n", "/dev/md1", UUID},
    {"DEVICE partitions\n# ARRAY /dev/md0 UUID=" OTHER "\nARRAY /dev/md0 UUID=" UUID, "/dev/md0",
     UUID},
    {"ARRAY /dev/md0 devices=/dev/sda1,/dev/sdb1", "/dev/md0", NULL},
    {"ARRAY <ignore> UUID=" UUID, "/dev/md0", NULL},
    {"ARRAY /dev/md1 UUID=" UUID, "/dev/md0", NULL},
    {"ARRAY /dev/md0 # UUID=" UUID, "/dev/md0", NULL},
    {"MAILADDR root", "/dev/md0", NULL},
    {"", "/dev/md0", NULL},
};

static void test_find(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].text);
        g_autofree char *uuid = mdadm_conf_find_uuid(rows[i].text, rows[i].device);
        g_assert_cmpstr(uuid, ==, rows[i].expected);
    }
}

static void test_same(void)
{
    g_assert_true(mdadm_conf_same_uuid(UUID, UUID));
    g_assert_true(mdadm_conf_same_uuid(UUID, "64727964-0102-0304-A5B6-C7D8E9FA0B1C"));
    g_assert_false(mdadm_conf_same_uuid(UUID, OTHER));
    g_assert_false(mdadm_conf_same_uuid(UUID, UUID "0"));
    g_assert_false(mdadm_conf_same_uuid(UUID, "64727964"));
    g_assert_false(mdadm_conf_same_uuid("", ""));
}

/* fstab's /dev/md0 is the array that mdadm.conf calls so, not the one that was made under that
   name. */
static void test_mount(void)
{
    static const FileRow root_files[] = {
        {"/etc/os-release", "ID=debian\n"},
        {"/sbin/init", "init"},
        {"/etc/fstab", "/dev/md0 / ext4 defaults 0 1\n/dev/md7 /home ext4 defaults 0 2\n"},
        {"/etc/mdadm/mdadm.conf", "ARRAY /dev/md7 UUID=" UUID "\n"},
        {NULL, NULL},
    };
    static const FileRow home_files[] = {{"/user", "content"}, {NULL, NULL}};
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_MBR, 1);
    support_add_volume(set, 0, 1, support_fs(TRUE, root_files), "ext4", NULL, NULL);
    Volume *made = support_add_volume(set, 0, 2, NULL, "ext4", NULL, NULL);
    Volume *home = support_add_volume(set, 0, 3, support_fs(TRUE, home_files), "ext4", NULL, NULL);
    made->layer = home->layer = VOLUME_RAID;
    made->partition = home->partition = NULL;
    made->layer_uuid = g_strdup(OTHER);
    made->devices = g_strsplit("/dev/md7", " ", -1);
    home->layer_uuid = g_strdup(UUID);
    home->devices = g_strsplit("/dev/md0", " ", -1);
    g_autoptr(Guest) guest = support_inspect(set, findings);
    const GuestMount *mount = g_ptr_array_index(guest->linux_facts.mounts, 1);
    g_assert_true(mount->volume == home);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/mdadm-conf/find", test_find);
    g_test_add_func("/inspect/mdadm-conf/same", test_same);
    g_test_add_func("/inspect/mdadm-conf/mount", test_mount);
    return g_test_run();
}
