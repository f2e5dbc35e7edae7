/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this host does with a block device. */
#include "migrate/fix/device_use.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LAYERS_LIMIT 16
#define MOUNT_ID_FIELDS 5 /* up to the mount point, proc_pid_mountinfo(5) */

/* A device and everything that stands on it. */
typedef struct {
    dev_t device;
    char *name; /* "sda2", "dm-0" */
} Member;

static void member_clear(gpointer member)
{
    g_free(((Member *)member)->name);
}

static gboolean has(const GArray *members, dev_t device)
{
    for (guint i = 0; i < members->len; i++)
        if (g_array_index(members, Member, i).device == device)
            return TRUE;
    return FALSE;
}

static gboolean read_device(const char *directory, dev_t *ret_device)
{
    unsigned int major, minor;
    g_autofree char *path = g_build_filename(directory, "dev", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL) || sscanf(text, "%u:%u", &major, &minor) != 2)
        return FALSE;
    *ret_device = makedev(major, minor);
    return TRUE;
}

static void collect(const char *directory, const char *name, guint depth, GArray *members);

/* Those entries of directory that are devices: holders, or (with is_partition) partitions. */
static void collect_entries(const char *directory, gboolean is_partition, guint depth,
                            GArray *members)
{
    g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
    for (const char *name; entries && (name = g_dir_read_name(entries)) != NULL;) {
        g_autofree char *entry = g_build_filename(directory, name, NULL);
        g_autofree char *mark = g_build_filename(entry, "partition", NULL);
        if (!is_partition || g_file_test(mark, G_FILE_TEST_EXISTS))
            collect(entry, name, depth + 1, members);
    }
}

static void collect(const char *directory, const char *name, guint depth, GArray *members)
{
    Member member = {0};
    if (depth > LAYERS_LIMIT || !read_device(directory, &member.device) ||
        has(members, member.device))
        return;
    member.name = g_strdup(name);
    g_array_append_val(members, member);
    g_autofree char *holders = g_build_filename(directory, "holders", NULL);
    collect_entries(holders, FALSE, depth, members);
    collect_entries(directory, TRUE, depth, members);
}

static GArray *list_members(dev_t device)
{
    GArray *members = g_array_new(FALSE, FALSE, sizeof(Member));
    g_array_set_clear_func(members, member_clear);
    g_autofree char *directory =
        g_strdup_printf("/sys/dev/block/%u:%u", major(device), minor(device));
    g_autofree char *link = g_file_read_link(directory, NULL);
    g_autofree char *name = link ? g_path_get_basename(link) : NULL;
    collect(directory, name, 0, members);
    if (!has(members, device)) {
        Member own = {device, g_strdup("it")};
        g_array_append_val(members, own);
    }
    return members;
}

static gboolean device_of(const char *path, dev_t *ret_device)
{
    struct stat status;
    if (path[0] != '/' || stat(path, &status) != 0 || !S_ISBLK(status.st_mode))
        return FALSE;
    *ret_device = status.st_rdev;
    return TRUE;
}

typedef struct {
    dev_t device; /* of the filesystem, as stat() has it */
    dev_t source; /* the block device it is on; 0: none */
    char *mount_point;
} Mount;

static void mount_clear(gpointer mount)
{
    g_free(((Mount *)mount)->mount_point);
}

/* Btrfs has device numbers of its own: what is mounted says its source only. */
static GArray *list_mounts(void)
{
    GArray *mounts = g_array_new(FALSE, FALSE, sizeof(Mount));
    g_array_set_clear_func(mounts, mount_clear);
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
        return mounts;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        unsigned int major, minor;
        Mount mount = {0};
        g_auto(GStrv) halves = g_strsplit(lines[i], " - ", 2);
        g_auto(GStrv) fields = halves[0] ? g_strsplit(halves[0], " ", -1) : NULL;
        g_auto(GStrv) rest = halves[0] && halves[1] ? g_strsplit(halves[1], " ", 3) : NULL;
        if (!rest || g_strv_length(rest) < 2 || g_strv_length(fields) < MOUNT_ID_FIELDS ||
            sscanf(fields[2], "%u:%u", &major, &minor) != 2)
            continue;
        mount.device = makedev(major, minor);
        if (!device_of(rest[1], &mount.source))
            mount.source = 0;
        mount.mount_point = g_strcompress(fields[4]);
        g_array_append_val(mounts, mount);
    }
    return mounts;
}

static char *describe_mount(const GArray *members)
{
    g_autoptr(GArray) mounts = list_mounts();
    for (guint i = 0; i < mounts->len; i++) {
        const Mount *mount = &g_array_index(mounts, Mount, i);
        for (guint k = 0; k < members->len; k++) {
            const Member *member = &g_array_index(members, Member, k);
            if (mount->device == member->device || mount->source == member->device)
                return g_strdup_printf("%s is mounted on '%s'", member->name, mount->mount_point);
        }
    }
    return NULL;
}

static char *describe_swap(const GArray *members)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/swaps", &text, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        dev_t device;
        g_autofree char *path = g_strndup(lines[i], strcspn(lines[i], " \t"));
        if (device_of(path, &device) && has(members, device))
            return g_strdup_printf("'%s' is used as swap", path);
    }
    return NULL;
}

static char *describe_holder(const GArray *members)
{
    for (guint i = 1; i < members->len; i++) {
        const Member *member = &g_array_index(members, Member, i);
        if (g_str_has_prefix(member->name, "dm-") || g_str_has_prefix(member->name, "md"))
            return g_strdup_printf("%s stands on it", member->name);
    }
    return NULL;
}

/* The file that a loop device stands on; NULL: it is none, or stands on nothing. */
static char *read_backing(const char *name)
{
    g_autofree char *file = g_build_filename("/sys/block", name, "loop/backing_file", NULL);
    g_autofree char *backing = NULL;
    if (!g_file_get_contents(file, &backing, NULL, NULL))
        return NULL;
    return g_strdup(g_strchomp(backing));
}

/* members: NULL, or of which one may be backing. */
static char *find_loop(const char *path, const GArray *members)
{
    g_autoptr(GDir) devices = g_dir_open("/sys/block", 0, NULL);
    for (const char *name; devices && (name = g_dir_read_name(devices)) != NULL;) {
        dev_t device;
        g_autofree char *backing = read_backing(name);
        if (backing && (members ? device_of(backing, &device) && has(members, device)
                                : g_str_equal(backing, path)))
            return g_build_filename("/dev", name, NULL);
    }
    return NULL;
}

char *device_use_find_loop(const char *path)
{
    return find_loop(path, NULL);
}

static char *describe_loop(const GArray *members)
{
    g_autofree char *loop = find_loop(NULL, members);
    return loop ? g_strdup_printf("%s stands on it", loop) : NULL;
}

char *device_use_describe(dev_t device)
{
    static char *(*const uses[])(const GArray *members) = {describe_mount, describe_swap,
                                                           describe_holder, describe_loop};
    g_autoptr(GArray) members = list_members(device);
    char *use = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(uses) && !use; i++)
        use = uses[i](members);
    return use;
}

gboolean device_use_holds(dev_t device, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return FALSE;
    g_autoptr(GArray) members = list_members(device);
    g_autoptr(GArray) mounts = list_mounts();
    if (has(members, status.st_dev))
        return TRUE;
    for (guint i = 0; i < mounts->len; i++) {
        const Mount *mount = &g_array_index(mounts, Mount, i);
        if (mount->device == status.st_dev && mount->source != 0 && has(members, mount->source))
            return TRUE;
    }
    return FALSE;
}
