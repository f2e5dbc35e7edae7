/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where Winre.wim is found: as ReAgent.xml says, and in the usual places. */
#include "windows/winre_location.h"

#include <string.h>

#include "base/error.h"
#include "tests/unit/inspect/windows-test-guest.h"

#define AGENT "/Windows/System32/Recovery/ReAgent.xml"
#define USUAL "/Recovery/WindowsRE/Winre.wim"
#define STAGED "/Windows/System32/Recovery/Winre.wim"
#define LOCATION(path, offset)                                                                     \
    "<WindowsRE version=\"2.0\"><WinreLocation path=\"" path "\" id=\"0\" offset=\"" offset        \
    "\" guid=\"{11111111-2222-3333-4444-555555555555}\"/></WindowsRE>"

/* The guest's volume is sda1; partition N begins at N MiB. sdb is the disk that ReAgent.xml names.
 */
typedef struct {
    const char *name;
    const char *agent;    /* NULL: no ReAgent.xml */
    const char *files[4]; /* "sda2:/path", … */
    const char *expected; /* likewise; NULL: nowhere */
} Row;

static const Row rows[] = {
    {"named",
     LOCATION("\\Recovery\\WindowsRE", "3145728"),
     {"sda2:" USUAL, "sda3:" USUAL},
     "sda3:" USUAL},
    {"named-elsewhere",
     LOCATION("\\Tools\\RE", "3145728"),
     {"sda3:/Tools/RE/Winre.wim", "sda2:" USUAL},
     "sda3:/Tools/RE/Winre.wim"},
    {"named-disk",
     LOCATION("\\Recovery\\WindowsRE", "2097152"),
     {"sda2:" USUAL, "sdb2:" USUAL},
     "sdb2:" USUAL},
    {"named-missing", LOCATION("\\Recovery\\WindowsRE", "3145728"), {"sda2:" USUAL}, "sda2:" USUAL},
    {"no-such-volume", LOCATION("\\Recovery\\WindowsRE", "77"), {"sda3:" USUAL}, "sda3:" USUAL},
    {"switched-off", LOCATION("", "0"), {"sda1:" STAGED}, "sda1:" STAGED},
    {"without-file", NULL, {"sda1:" STAGED, "sda1:" USUAL}, "sda1:" USUAL},
    {"other-volume-first", NULL, {"sda1:" USUAL, "sda2:" USUAL}, "sda2:" USUAL},
    {"any-case", NULL, {"sda2:/recovery/WINDOWSRE/winre.WIM"}, "sda2:" USUAL},
    {"leaves-the-volume",
     LOCATION("\\..\\..\\Recovery\\WindowsRE", "3145728"),
     {"sda3:" USUAL},
     "sda3:" USUAL},
    {"not-xml", "<WindowsRE <WinreLocation path=", {"sda2:" USUAL}, "sda2:" USUAL},
    {"huge-offset",
     LOCATION("\\Recovery", "99999999999999999999999"),
     {"sda2:" USUAL},
     "sda2:" USUAL},
    {"a-folder", NULL, {"sda2:" USUAL "/x"}, NULL},
    {"nowhere", LOCATION("\\Recovery\\WindowsRE", "3145728"), {NULL}, NULL},
};

static const Volume *find_volume(const VolumeSet *set, const char *name, gsize length)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (strlen(volume->name) == length && strncmp(volume->name, name, length) == 0)
            return volume;
    }
    return NULL;
}

static void add_file(const VolumeSet *set, const char *place)
{
    const char *colon = strchr(place, ':');
    const Volume *volume = find_volume(set, place, (gsize)(colon - place));
    g_autoptr(GBytes) content = g_bytes_new_static("MSWIM", 5);
    g_assert_nonnull(volume);
    support_add_bytes(volume->fs, colon + 1, content);
}

static void add_disk(VolumeSet *set)
{
    g_autoptr(VolumeSet) other = support_set(PARTITION_TABLE_GPT, 1);
    PartitionTable *table = g_ptr_array_steal_index(other->tables, 0);
    table->disk_id = g_strdup("11111111-2222-3333-4444-555555555555");
    g_ptr_array_add(set->tables, table);
    g_ptr_array_add(set->disks, g_ptr_array_steal_index(other->disks, 0));
}

static TestGuest *make_guest(const Row *row)
{
    TestGuest *test = test_guest_new(NULL, NULL);
    support_add_volume(test->set, 0, 2, fs_new_memory(FALSE), "ntfs", NULL, NULL);
    support_add_volume(test->set, 0, 3, fs_new_memory(FALSE), "ntfs", NULL, NULL);
    add_disk(test->set);
    support_add_volume(test->set, 1, 2, fs_new_memory(FALSE), "ntfs", NULL, NULL);
    support_add_volume(test->set, 1, 5, NULL, "crypto", NULL, NULL);
    if (row->agent) {
        g_autoptr(GBytes) text = g_bytes_new_static(row->agent, strlen(row->agent));
        support_add_bytes(test->fs, AGENT, text);
    }
    for (guint i = 0; i < G_N_ELEMENTS(row->files) && row->files[i]; i++)
        add_file(test->set, row->files[i]);
    test_guest_inspect(test);
    return test;
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(TestGuest) test = make_guest(row);
    g_autoptr(GError) error = NULL;
    g_auto(WinreLocation) location = {0};
    gboolean found;

    g_assert_true(winre_location_find(test->guest, test->set, &found, &location, &error));
    g_assert_no_error(error);
    if (!row->expected) {
        g_assert_false(found);
        return;
    }
    g_assert_true(found);
    g_autofree char *place = g_strconcat(location.volume->name, ":", location.path, NULL);
    g_assert_cmpstr(place, ==, row->expected);
    g_assert_cmpuint(location.stat.size_bytes, ==, 5);

    g_autofree char *path = winre_location_mount(test->guest, &location);
    g_assert_true(fs_tree_is_file(test->guest->tree, path));
    g_assert_cmpint(g_str_has_prefix(path, WINRE_MOUNT "/"), ==,
                    location.volume != test->guest->root);
}

static void test_unreadable(void)
{
    static const Row row = {
        "unreadable", LOCATION("\\Recovery\\WindowsRE", "5242880"), {"sda2:" USUAL}, NULL};
    g_autoptr(TestGuest) test = make_guest(&row);
    g_autoptr(GError) error = NULL;
    g_auto(WinreLocation) location = {0};
    gboolean found;

    g_assert_false(winre_location_find(test->guest, test->set, &found, &location, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "sdb5"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/windows/winre-location/%s", rows[i].name);
        g_test_add_data_func(name, &rows[i], test_row);
    }
    g_test_add_func("/windows/winre-location/unreadable", test_unreadable);
    return g_test_run();
}
