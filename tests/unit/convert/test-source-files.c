/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names inside a source: what they lead to, and what they must not lead to. */
#include "convert/source_files.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/run.h"

#define FOUND (-1)

/* The folder: machine/ is the source, elsewhere/ lies beside it, allowed/ was allowed. */
static const char layout[] =
    "set -e; cd \"$0\"; mkdir -p machine/sub/deep machine/twice elsewhere allowed/x; "
    "echo disk > machine/disk.vmdk; echo upper > machine/Upper.VMDK; "
    "echo a > machine/case.vmdk; echo b > machine/CASE.vmdk; echo sub > machine/sub/in-sub.vhdx; "
    "echo deep > machine/sub/deep/only-here.vhdx; echo x > machine/sub/two.vhdx; "
    "echo x > machine/twice/two.vhdx; echo space > 'machine/a disk.vmdk'; "
    "echo secret > elsewhere/secret; ln -s ../elsewhere/secret machine/link.vmdk; "
    "ln -s disk.vmdk machine/inner-link.vmdk; ln -s ../elsewhere machine/way-out; "
    "echo parent > allowed/x/parent.vmdk; mkfifo machine/pipe.vmdk";

typedef struct {
    const char *label;
    const char *from; /* below the folder; NULL: the root */
    const char *name; /* "@" stands for the folder */
    SourceNameKind kind;
    const char *found; /* below the folder */
    int code;
} Row;

#define FROM "machine/disk.vmdk"
static const Row rows[] = {
    {"plain", FROM, "disk.vmdk", SOURCE_NAME_LOCAL, "machine/disk.vmdk", FOUND},
    {"from-root", NULL, "disk.vmdk", SOURCE_NAME_LOCAL, "machine/disk.vmdk", FOUND},
    {"dot", FROM, "./disk.vmdk", SOURCE_NAME_LOCAL, "machine/disk.vmdk", FOUND},
    {"space", FROM, "a disk.vmdk", SOURCE_NAME_LOCAL, "machine/a disk.vmdk", FOUND},
    {"subfolder", FROM, "sub/in-sub.vhdx", SOURCE_NAME_LOCAL, "machine/sub/in-sub.vhdx", FOUND},
    {"backslash", FROM, "sub\\in-sub.vhdx", SOURCE_NAME_LOCAL, "machine/sub/in-sub.vhdx", FOUND},
    {"up-and-inside", "machine/sub/in-sub.vhdx", "../disk.vmdk", SOURCE_NAME_LOCAL,
     "machine/disk.vmdk", FOUND},
    {"other-case", FROM, "upper.vmdk", SOURCE_NAME_LOCAL, "machine/Upper.VMDK", FOUND},
    {"exact-case-first", FROM, "case.vmdk", SOURCE_NAME_LOCAL, "machine/case.vmdk", FOUND},
    {"case-of-two", FROM, "Case.vmdk", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_NOT_FOUND},
    {"inner-link", FROM, "inner-link.vmdk", SOURCE_NAME_LOCAL, "machine/disk.vmdk", FOUND},
    {"missing", FROM, "nowhere.vmdk", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_NOT_FOUND},
    {"empty", FROM, "", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_CORRUPT},
    {"no-text", FROM, "\xff\xfe", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_CORRUPT},

    {"absolute-outside", FROM, "/etc/passwd", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"absolute-inside", FROM, "@/machine/disk.vmdk", SOURCE_NAME_LOCAL, "machine/disk.vmdk", FOUND},
    {"absolute-allowed", FROM, "@/allowed/x/parent.vmdk", SOURCE_NAME_LOCAL,
     "allowed/x/parent.vmdk", FOUND},
    {"up", FROM, "../elsewhere/secret", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"up-backslash", FROM, "..\\elsewhere\\secret", SOURCE_NAME_LOCAL, NULL,
     DRYDOCK_ERROR_NOT_FOUND},
    {"up-hidden", FROM, "sub/../../elsewhere/secret", SOURCE_NAME_LOCAL, NULL,
     DRYDOCK_ERROR_PRECONDITION},
    {"link-out", FROM, "link.vmdk", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"folder-link-out", FROM, "way-out/secret", SOURCE_NAME_LOCAL, NULL,
     DRYDOCK_ERROR_PRECONDITION},
    {"json", FROM, "json:{\"driver\":\"file\"}", SOURCE_NAME_LOCAL, NULL,
     DRYDOCK_ERROR_PRECONDITION},
    {"nbd", FROM, "nbd://host/x", SOURCE_NAME_FOREIGN, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"device", FROM, "/dev/null", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"pipe", FROM, "pipe.vmdk", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"folder", FROM, "sub", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},
    {"prefix-of-root", FROM, "@/machine2/x", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_PRECONDITION},

    {"esx", FROM, "/vmfs/volumes/5f3c-11/web/disk.vmdk", SOURCE_NAME_FOREIGN, "machine/disk.vmdk",
     FOUND},
    {"datastore", FROM, "[datastore1] web/disk.vmdk", SOURCE_NAME_FOREIGN, "machine/disk.vmdk",
     FOUND},
    {"datastore-flat", FROM, "[datastore 1] disk.vmdk", SOURCE_NAME_FOREIGN, "machine/disk.vmdk",
     FOUND},
    {"windows", FROM, "C:\\VMs\\web\\Disk.vmdk", SOURCE_NAME_FOREIGN, "machine/disk.vmdk", FOUND},
    {"windows-long", FROM, "\\\\?\\C:\\VMs\\..\\only-here.vhdx", SOURCE_NAME_FOREIGN,
     "machine/sub/deep/only-here.vhdx", FOUND},
    {"unc", FROM, "\\\\server\\share\\in-sub.vhdx", SOURCE_NAME_FOREIGN, "machine/sub/in-sub.vhdx",
     FOUND},
    {"file-uri", FROM, "file:///vmfs/volumes/x/a%20disk.vmdk", SOURCE_NAME_FOREIGN,
     "machine/a disk.vmdk", FOUND},
    {"several", FROM, "C:\\VMs\\two.vhdx", SOURCE_NAME_FOREIGN, NULL, DRYDOCK_ERROR_USAGE},
    {"beside-first", "machine/sub/in-sub.vhdx", "C:\\VMs\\two.vhdx", SOURCE_NAME_FOREIGN,
     "machine/sub/two.vhdx", FOUND},
    {"in-allowed", FROM, "C:\\VMs\\parent.vmdk", SOURCE_NAME_FOREIGN, "allowed/x/parent.vmdk",
     FOUND},
    {"foreign-missing", FROM, "C:\\VMs\\nothing.vhdx", SOURCE_NAME_FOREIGN, NULL,
     DRYDOCK_ERROR_NOT_FOUND},
    {"foreign-secret", FROM, "/elsewhere/secret", SOURCE_NAME_FOREIGN, NULL,
     DRYDOCK_ERROR_NOT_FOUND},
    {"only-slashes", FROM, "\\\\/", SOURCE_NAME_FOREIGN, NULL, DRYDOCK_ERROR_NOT_FOUND},
};

typedef struct {
    char *folder;
    SourceFiles *files;
} Fixture;

static void run_script(const char *script, const char *folder)
{
    const char *const argv[] = {"sh", "-c", script, folder, NULL};
    g_autoptr(GError) error = NULL;
    g_assert_true(run_program(argv, NULL, NULL, &error));
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *made = g_dir_make_tmp("drydock-files-XXXXXX", NULL);
    fixture->folder = g_canonicalize_filename(made, NULL);
    run_script(layout, fixture->folder);
    g_autofree char *machine = g_build_filename(fixture->folder, "machine", NULL);
    g_autofree char *allowed = g_build_filename(fixture->folder, "allowed", NULL);
    const char *const roots[] = {machine, allowed, NULL};
    g_autoptr(GError) error = NULL;
    fixture->files = source_files_new(roots, &error);
    g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    source_files_free(fixture->files);
    run_script("rm -rf \"$0\"", fixture->folder);
    g_free(fixture->folder);
}

static void test_row(Fixture *fixture, gconstpointer data)
{
    const Row *row = data;
    g_autoptr(SourcePlace) from = NULL;
    if (row->from) {
        g_autofree char *path = g_build_filename(fixture->folder, row->from, NULL);
        from = source_place_new(path, NULL, 0, 5);
    }
    g_autofree char *name =
        *row->name == '@' ? g_strconcat(fixture->folder, row->name + 1, NULL) : g_strdup(row->name);
    g_autoptr(SourcePlace) place = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = source_files_find(fixture->files, from, name, row->kind, &place, &error);
    if (row->code != FOUND) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        return;
    }
    g_assert_no_error(error);
    g_autofree char *expected = g_build_filename(fixture->folder, row->found, NULL);
    g_assert_cmpstr(place->path, ==, expected);
    g_assert_true(source_place_is_whole(place));
}

static void test_list(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const GPtrArray *list = source_files_list(fixture->files);
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const SourcePlace *place = g_ptr_array_index(list, i);
        g_string_append_printf(names, "%s\n", place->path + strlen(fixture->folder) + 1);
    }
    /* Links and pipes are no files of the source. */
    g_assert_cmpstr(names->str, ==,
                    "allowed/x/parent.vmdk\nmachine/CASE.vmdk\nmachine/Upper.VMDK\n"
                    "machine/a disk.vmdk\nmachine/case.vmdk\nmachine/disk.vmdk\n"
                    "machine/sub/deep/only-here.vhdx\nmachine/sub/in-sub.vhdx\n"
                    "machine/sub/two.vhdx\nmachine/twice/two.vhdx\n");
}

static void test_archive(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const Row members[] = {
        {"plain", "machine/x.ovf", "disk.vmdk", SOURCE_NAME_LOCAL, "machine/disk.vmdk", FOUND},
        {"up", "machine/x.ovf", "../../etc/passwd", SOURCE_NAME_LOCAL, NULL,
         DRYDOCK_ERROR_PRECONDITION},
        {"absolute", "machine/x.ovf", "/machine/disk.vmdk", SOURCE_NAME_LOCAL, NULL,
         DRYDOCK_ERROR_PRECONDITION},
        {"missing", "machine/x.ovf", "no.vmdk", SOURCE_NAME_LOCAL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"foreign", "machine/x.ovf", "C:\\a\\ONLY-HERE.vhdx", SOURCE_NAME_FOREIGN,
         "machine/sub/deep/only-here.vhdx", FOUND},
    };
    run_script("cd \"$0\" && tar -cf all.tar machine/disk.vmdk machine/sub", fixture->folder);
    g_autofree char *path = g_build_filename(fixture->folder, "all.tar", NULL);
    g_autoptr(GError) error = NULL;
    Archive *archive = archive_open(path, &error);
    g_assert_no_error(error);
    g_autoptr(SourceFiles) files = source_files_new_for_archive(archive);
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        g_autoptr(SourcePlace) from = source_place_new(path, members[i].from, 0, 1);
        g_autoptr(SourcePlace) place = NULL;
        gboolean ok =
            source_files_find(files, from, members[i].name, members[i].kind, &place, &error);
        g_assert_cmpint(ok, ==, members[i].code == FOUND);
        if (!ok) {
            g_assert_error(error, DRYDOCK_ERROR, members[i].code);
            g_clear_error(&error);
            continue;
        }
        g_assert_cmpstr(place->member, ==, members[i].found);
        g_assert_cmpstr(place->path, ==, path);
        g_assert_cmpuint(place->length, ==, 5);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/convert/source-files/%s", rows[i].label);
        g_test_add(path, Fixture, &rows[i], set_up, test_row, tear_down);
    }
    g_test_add("/convert/source-files/list", Fixture, NULL, set_up, test_list, tear_down);
    g_test_add("/convert/source-files/archive", Fixture, NULL, set_up, test_archive, tear_down);
    return g_test_run();
}
