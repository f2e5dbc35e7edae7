/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives made by the programs of the host: what is in them, where, and what is refused. */
#include "convert/archive/archive.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/run.h"

/* in/: m.ovf, m.mf, disk1 (3 MiB, a hole in the middle, odd length), disk2 (random), empty. */
#define FILES                                                                                      \
    "mkdir in; printf '<Envelope/>' > in/m.ovf; printf 'SHA1(m.ovf)= 0\\n' > in/m.mf; "            \
    "head -c 700001 /dev/urandom > in/disk1; truncate -s 3M in/disk1; printf end >> in/disk1; "    \
    "head -c 300000 /dev/urandom > in/disk2; : > in/empty; "
#define NAMES "m.ovf m.mf disk1 disk2 empty"

enum { IN_PLACE, UNPACKED, STREAM };

typedef struct {
    const char *name;
    const char *script; /* of sh, makes ./archive */
    const char *tool;   /* that it needs, or NULL */
    int access;         /* of its members */
    int code;           /* -1: accepted */
    const char *message;
} Row;

#define OK -1, NULL
#define PRECONDITION DRYDOCK_ERROR_PRECONDITION
#define CORRUPT DRYDOCK_ERROR_CORRUPT

static const Row rows[] = {
    {"tar-ustar", FILES "tar -C in --format=ustar -cf archive " NAMES, NULL, IN_PLACE, OK},
    {"tar-v7", FILES "tar -C in --format=v7 -cf archive " NAMES, NULL, IN_PLACE, OK},
    {"tar-gnu", FILES "tar -C in --format=gnu -cf archive " NAMES, NULL, IN_PLACE, OK},
    {"tar-pax", FILES "tar -C in --format=pax -cf archive " NAMES, NULL, IN_PLACE, OK},
    {"tar-dot", FILES "tar -C in -cf archive .", NULL, IN_PLACE, OK},
    {"tar-folder", FILES "tar -cf archive in", NULL, IN_PLACE, OK},
    {"tar-long-gnu",
     FILES "l=$(printf '%0150d' 0); mkdir in/$l; cp in/disk2 in/$l/$l.vmdk; "
           "tar -C in --format=gnu -cf archive .",
     NULL, IN_PLACE, OK},
    {"tar-long-pax",
     FILES "l=$(printf '%0150d' 0); mkdir in/$l; cp in/disk2 in/$l/$l.vmdk; "
           "tar -C in --format=pax -cf archive .",
     NULL, IN_PLACE, OK},
    {"tar-utf8-pax",
     FILES "cp in/disk2 'in/Gr\xc3\xb6\xc3\x9f"
           "e \xe7\xa3\x81.vmdk'; "
           "tar -C in --format=pax -cf archive .",
     NULL, IN_PLACE, OK},
    {"tar-utf8-gnu",
     FILES "cp in/disk2 'in/Gr\xc3\xb6\xc3\x9f"
           "e \xe7\xa3\x81.vmdk'; "
           "tar -C in --format=gnu -cf archive .",
     NULL, IN_PLACE, OK},
    {"tar-no-end-mark",
     FILES "tar -C in --format=gnu -b 1 -cf archive " NAMES "; truncate -s -1024 archive", NULL,
     IN_PLACE, OK},
    /* A sparse member cannot be used in place, the others can. */
    {"tar-sparse",
     "mkdir in; printf x > in/disk1; truncate -s 8M in/disk1; printf y >> in/disk1; "
     "truncate -s 16M in/disk1; tar -C in --format=gnu -S -cf archive disk1",
     NULL, UNPACKED, OK},
    {"tar-sparse-pax",
     "mkdir in; printf x > in/disk1; truncate -s 8M in/disk1; printf y >> in/disk1; "
     "truncate -s 16M in/disk1; tar -C in --format=pax -S -cf archive disk1",
     NULL, UNPACKED, OK},
    {"tar-gz", FILES "tar -C in -czf archive " NAMES, "gzip", STREAM, OK},
    {"tar-xz", FILES "tar -C in -cJf archive " NAMES, "xz", STREAM, OK},
    {"tar-zst", FILES "tar -C in --zstd -cf archive " NAMES, "zstd", STREAM, OK},
    {"tar-bz2", FILES "tar -C in -cjf archive " NAMES, "bzip2", STREAM, OK},
    {"tar-gz-late", FILES "tar -C in -czf archive disk2 disk1 m.mf m.ovf empty", "gzip", STREAM,
     OK},
    {"tar-gz-none", FILES "rm in/m.ovf; tar -C in -czf archive disk2 disk1 empty m.mf", "gzip",
     STREAM, OK},
    {"tar-gz-sparse",
     "mkdir in; printf x > in/disk1; truncate -s 16M in/disk1; tar -C in -S -czf archive disk1",
     "gzip", STREAM, OK},
    {"zip", FILES "cd in; zip -q ../archive.zip " NAMES "; mv ../archive.zip ../archive", "zip",
     UNPACKED, OK},
    {"zip-stored", FILES "cd in; zip -q -0 ../archive.zip " NAMES "; mv ../archive.zip ../archive",
     "zip", UNPACKED, OK},

    {"absolute", "echo x > f; tar -P --transform 's,^f,/etc/f,' -cf archive f", NULL, 0,
     PRECONDITION, "absolute"},
    {"parent", "echo x > f; tar -P --transform 's,^f,a/../../f,' -cf archive f", NULL, 0,
     PRECONDITION, "leads out"},
    {"parent-behind-dot", "echo x > f; tar -P --transform 's,^f,./../f,' -cf archive f", NULL, 0,
     PRECONDITION, "leads out"},
    {"backslash-parent", "echo x > f; tar -P --transform 's,^f,a\\\\..\\\\f,' -cf archive f", NULL,
     0, PRECONDITION, "leads out"},
    {"drive", "echo x > f; tar -P --transform 's,^f,C:f,' -cf archive f", NULL, 0, PRECONDITION,
     "absolute"},
    {"control", "echo x > f; cp f \"$(printf 'a\\nb')\"; tar -cf archive a*", NULL, 0, PRECONDITION,
     "control characters"},
    {"twice", "echo x > f; tar -cf archive f; echo y > f; tar -rf archive f", NULL, 0, PRECONDITION,
     "'f' is there twice"},
    {"twice-dot", "echo x > f; tar -cf archive f; tar -rf archive ./f", NULL, 0, PRECONDITION,
     "twice"},
    {"symbolic-link", "ln -s /etc/passwd f; tar -cf archive f", NULL, 0, PRECONDITION, "link"},
    {"hard-link", "echo x > f; ln f g; tar -cf archive f g", NULL, 0, PRECONDITION, "link"},
    {"fifo", "mkfifo f; tar -cf archive f", NULL, 0, PRECONDITION, "device"},
    {"many", "mkdir in; cd in; seq -f f%g 5000 | xargs touch; tar -cf ../archive .", NULL, 0,
     DRYDOCK_ERROR_UNSUPPORTED, "more than 4096"},
    {"cut", FILES "tar -C in -cf archive m.ovf disk1; truncate -s 100000 archive", NULL, 0, CORRUPT,
     "cut short"},
    {"cut-in-header",
     FILES "tar -C in --format=gnu -b 1 -cf archive m.ovf m.mf; "
           "truncate -s 1300 archive",
     NULL, 0, CORRUPT, "ends early"},
    {"header-damaged",
     FILES "tar -C in --format=gnu -b 1 -cf archive m.ovf m.mf; "
           "printf x | dd of=archive bs=1 seek=1030 conv=notrunc 2>/dev/null",
     NULL, 0, CORRUPT, "damaged"},
    {"gz-no-tar", "head -c 100000 /dev/urandom | gzip > archive", "gzip", 0,
     DRYDOCK_ERROR_UNSUPPORTED, "no tar archive"},
    {"gz-damaged", "printf '\\037\\213garbage' > archive", NULL, 0, CORRUPT, ""},
    {"zip-cut", FILES "cd in; zip -q ../a.zip " NAMES "; head -c 5000 ../a.zip > ../archive", "zip",
     0, CORRUPT, ""},
    {"zip-encrypted", FILES "cd in; zip -q -P secret ../a.zip m.ovf; mv ../a.zip ../archive", "zip",
     0, PRECONDITION, "encrypted"},
    {"missing", ":", NULL, 0, DRYDOCK_ERROR_SYSTEM, "No such file"},
    {"folder", "mkdir archive", NULL, 0, DRYDOCK_ERROR_USAGE, "not a regular file"},
};

static void remove_folder(const char *folder)
{
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
}

static char *make_folder(const char *script)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("drydock-archive-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *commands = g_strdup_printf("set -e; cd '%s'; %s", folder, script);
    const char *const argv[] = {"sh", "-c", commands, NULL};
    gboolean ok = run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return g_steal_pointer(&folder);
}

static gboolean has_tool(const char *tool)
{
    g_autofree char *path = tool ? g_find_program_in_path(tool) : NULL;
    if (path || !tool)
        return TRUE;
    g_test_skip(tool);
    return FALSE;
}

static GBytes *read_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *content;
    gsize length;
    g_autoptr(GError) error = NULL;
    gboolean ok = g_file_get_contents(path, &content, &length, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return g_bytes_new_take(content, length);
}

static void check_in_place(const char *folder, const char *path, uint64_t offset, uint64_t length,
                           GBytes *expected)
{
    g_autoptr(GBytes) all = read_file(folder, path);
    g_autoptr(GBytes) part = g_bytes_new_from_bytes(all, offset, length);
    g_assert_true(g_bytes_equal(part, expected));
}

static void check_unpacked(Archive *archive, const char *folder, const char *member,
                           GBytes *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *target = g_strdup_printf("%s/unpacked/out", folder);
    gboolean ok = archive_unpack(archive, member, target, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_autoptr(GBytes) content = read_file(folder, "unpacked/out");
    g_assert_true(g_bytes_equal(content, expected));

    /* The holes of disk1 are holes again. */
    struct stat info;
    g_assert_cmpint(stat(target, &info), ==, 0);
    if (g_str_has_suffix(member, "disk1"))
        g_assert_cmpint(info.st_blocks, <, 1024 * 1024 / 512);

    g_assert_false(archive_unpack(archive, member, target, &error));
    g_assert_nonnull(error); /* it exists */
    g_assert_cmpint(g_unlink(target), ==, 0);
}

static void check_member(Archive *archive, const char *folder, const char *member, int access)
{
    g_autoptr(GError) error = NULL;
    gboolean has_folder = g_str_has_prefix(member, "in/");
    g_autofree char *original = g_build_filename(has_folder ? "" : "in", member, NULL);
    const char *relative = *original == '/' ? original + 1 : original;
    g_autoptr(GBytes) expected = read_file(folder, relative);
    uint64_t offset, length;
    g_assert_cmpint(archive_locate(archive, member, &offset, &length), ==, access == IN_PLACE);
    if (access == IN_PLACE)
        check_in_place(folder, "archive", offset, length, expected);

    g_autoptr(GBytes) content = archive_read(archive, member, 20 << 20, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(content, expected));
    if (g_bytes_get_size(expected) > 10) {
        g_assert_null(archive_read(archive, member, 10, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    }
    check_unpacked(archive, folder, member, expected);
}

static guint count_members(const Archive *archive)
{
    guint count = 0;
    while (archive_members(archive)[count])
        count++;
    return count;
}

static guint count_files(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    const char *const argv[] = {"find", path, "-type", "f", "-printf", "x", NULL};
    g_autofree char *output = NULL;
    g_assert_true(run_program(argv, NULL, &output, NULL));
    return (guint)strlen(output);
}

static void note_progress(void *data, uint64_t done, uint64_t total)
{
    g_assert_cmpuint(done, <=, total);
    *(uint64_t *)data = done;
}

static void check_content(const Row *row, Archive *archive, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *work = g_build_filename(folder, "unpacked", NULL);
    g_assert_cmpint(g_mkdir(work, 0700), ==, 0);
    g_assert_cmpint(
        archive_is_complete(archive), ==,
        !g_str_has_prefix(row->name, "tar-gz-late") &&
            (row->access != STREAM || !strstr(row->script, "m.ovf") || strstr(row->name, "none")));
    uint64_t done = 0;
    archive_set_progress(archive, note_progress, &done);
    g_assert_true(archive_complete(archive, work, &error));
    g_assert_true(archive_is_complete(archive));
    g_assert_cmpint(done > 0, ==, row->access == STREAM);

    const char *const *members = archive_members(archive);
    g_assert_cmpuint(count_members(archive), ==, count_files(folder, "in"));
    for (; *members; members++) {
        g_test_message("%s", *members);
        check_member(archive, folder, *members, row->access);
    }

    g_assert_null(archive_read(archive, "absent", 10, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_autofree char *target = g_build_filename(work, "absent", NULL);
    g_assert_false(archive_unpack(archive, "absent", target, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static void check_probe(const char *path)
{
    g_autofree char *content = NULL;
    gsize length;
    if (!g_file_get_contents(path, &content, &length, NULL))
        return;
    g_assert_true(archive_probe((const uint8_t *)content, MIN(length, 4096)));
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    if (!has_tool(row->tool))
        return;
    g_autofree char *folder = make_folder(row->script);
    g_autofree char *path = g_build_filename(folder, "archive", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Archive) archive = archive_open(path, &error);
    check_probe(path);
    if (row->code < 0) {
        g_assert_no_error(error);
        g_assert_cmpstr(archive_path(archive), ==, path);
        check_content(row, archive, folder);
    } else {
        g_assert_null(archive);
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, row->message));
    }
    g_clear_pointer(&archive, archive_close);
    if (row->code < 0)
        g_assert_cmpuint(count_files(folder, "unpacked"), ==, 0);
    remove_folder(folder);
}

/* What is wrong behind the descriptor of a compressed archive shows when it is unpacked, and leaves
   nothing behind. */
static void test_late(void)
{
    static const Row late[] = {
        {"twice", FILES "cd in; tar -cf a m.ovf disk2; tar -rf a ./disk2; gzip < a > ../archive",
         NULL, 0, PRECONDITION, "twice"},
        {"parent", FILES "tar -C in -P --transform 's,^disk2,../x,' -czf archive m.ovf disk1 disk2",
         NULL, 0, PRECONDITION, "leads out"},
        {"link", FILES "ln -s x in/l; tar -C in -czf archive m.ovf disk1 l", NULL, 0, PRECONDITION,
         "link"},
        {"gz-cut", FILES "tar -C in -czf archive m.ovf disk2 disk1; truncate -s 200000 archive",
         "gzip", 0, CORRUPT, "ends early"},
        {"xz-cut", FILES "tar -C in -cJf archive m.ovf disk2 disk1; truncate -s 200000 archive",
         "xz", 0, CORRUPT, "ends early"},
        {"zst-cut",
         FILES "tar -C in --zstd -cf archive m.ovf disk2 disk1; "
               "truncate -s 200000 archive",
         "zstd", 0, CORRUPT, "ends early"},
        {"bz2-cut",
         FILES "head -c 3M /dev/urandom > in/disk3; tar -C in -cjf archive m.ovf disk3 disk2; "
               "truncate -s 2M archive",
         "bzip2", 0, CORRUPT, "ends early"},
        {"gz-tar-cut", FILES "tar -C in -cf a m.ovf disk2; head -c 200000 a | gzip > archive",
         "gzip", 0, CORRUPT, "ends early"},
        {"gz-damaged",
         FILES "tar -C in -czf archive m.ovf disk2 disk1; head -c 4000 /dev/zero | "
               "dd of=archive bs=1 seek=200000 conv=notrunc 2>/dev/null",
         "gzip", 0, CORRUPT, ""},
        {"gz-last-checksum", FILES "tar -C in -czf archive m.ovf disk2; truncate -s -4 archive",
         "gzip", 0, CORRUPT, "ends early"},
        {"xz-last-checksum", FILES "tar -C in -cJf archive m.ovf disk2; truncate -s -4 archive",
         "xz", 0, CORRUPT, "ends early"},
        {"zst-last-checksum",
         FILES "tar -C in --zstd -cf archive m.ovf disk2; truncate -s -4 archive", "zstd", 0,
         CORRUPT, "ends early"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(late); i++) {
        g_test_message("%s", late[i].name);
        if (!has_tool(late[i].tool))
            continue;
        g_autofree char *folder = make_folder(late[i].script);
        g_autofree char *path = g_build_filename(folder, "archive", NULL);
        g_autofree char *work = g_build_filename(folder, "unpacked", NULL);
        g_autofree char *target = g_build_filename(work, "out", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Archive) archive = archive_open(path, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(count_members(archive), ==, 1);
        g_assert_cmpint(g_mkdir(work, 0700), ==, 0);
        g_assert_false(archive_unpack(archive, "disk2", target, &error));
        g_assert_error(error, DRYDOCK_ERROR, late[i].code);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, late[i].message));
        g_assert_cmpuint(count_files(folder, "unpacked"), ==, 0);
        remove_folder(folder);
    }
}

/* More than 8 GiB, so that the size in the header is no octal number any more. */
static void test_huge(void)
{
    static const struct {
        const char *format;
        guint header_bytes;
    } formats[] = {{"gnu", 512}, {"pax", 1536}};
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        /* The content is written past tar, as a hole. */
        g_autofree char *script = g_strdup_printf(
            "truncate -s 9000000000 disk; printf x > after; "
            "(tar --format=%s -cf - disk 2>errors || :) | head -c %u > archive; "
            "truncate -s +8999999997 archive; printf end >> archive; truncate -s %%512 archive; "
            "tar -cf - after >> archive",
            formats[i].format, formats[i].header_bytes);
        g_autofree char *folder = make_folder(script);
        g_autofree char *path = g_build_filename(folder, "archive", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Archive) archive = archive_open(path, &error);
        uint64_t offset, length;
        char end[3];
        g_assert_no_error(error);
        g_assert_true(archive_locate(archive, "disk", &offset, &length));
        g_assert_cmpuint(length, ==, 9000000000);
        FILE *file = fopen(path, "r");
        g_assert_cmpint(fseeko(file, (off_t)(offset + length - 3), SEEK_SET), ==, 0);
        g_assert_cmpuint(fread(end, 1, 3, file), ==, 3);
        fclose(file);
        g_assert_cmpint(memcmp(end, "end", 3), ==, 0);
        g_assert_true(archive_locate(archive, "after", &offset, &length));
        g_assert_cmpuint(length, ==, 1);
        remove_folder(folder);
    }
}

/* Any change to an archive is either refused or harmless: no crash, nothing outside of the file. */
static void test_mutations(void)
{
    static const char *const scripts[] = {
        FILES "tar -C in --format=gnu -b 1 -cf archive m.ovf m.mf empty",
        FILES "tar -C in --format=pax -b 1 -cf archive m.ovf m.mf empty",
        FILES "tar -C in -cf - m.ovf m.mf empty | gzip > archive",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autofree char *folder = make_folder(scripts[i]);
        g_autofree char *path = g_build_filename(folder, "archive", NULL);
        g_autoptr(GBytes) original = read_file(folder, "archive");
        gsize size = g_bytes_get_size(original);
        g_autoptr(GRand) random = g_rand_new_with_seed(4711);
        for (guint round = 0; round < 120; round++) {
            g_autoptr(GBytes) copy = g_bytes_new(g_bytes_get_data(original, NULL), size);
            gsize length;
            g_autofree uint8_t *bytes = g_bytes_unref_to_data(g_steal_pointer(&copy), &length);
            gsize at = (gsize)g_rand_int_range(random, 0, (gint32)size);
            if (round % 4 == 0)
                length = at;
            else
                bytes[at] = (uint8_t)g_rand_int(random);
            g_unlink(path);
            g_assert_true(g_file_set_contents_full(path, (const char *)bytes, (gssize)length,
                                                   G_FILE_SET_CONTENTS_NONE, 0600, NULL));
            g_autoptr(GError) error = NULL;
            g_autoptr(Archive) archive = archive_open(path, &error);
            for (const char *const *member = archive ? archive_members(archive) : NULL;
                 member && *member; member++) {
                uint64_t offset, bytes_long;
                if (archive_locate(archive, *member, &offset, &bytes_long))
                    g_assert_cmpuint(offset + bytes_long, <=, length);
                g_autoptr(GError) cause = NULL;
                g_autoptr(GBytes) content = archive_read(archive, *member, 1 << 20, &cause);
                g_assert_true((content != NULL) == (cause == NULL));
            }
            g_assert_true((archive != NULL) == (error == NULL));
        }
        remove_folder(folder);
    }
}

static void test_probe(void)
{
    uint8_t zeros[512] = {0};
    g_assert_false(archive_probe(zeros, sizeof(zeros)));
    g_assert_false(archive_probe((const uint8_t *)"\x1f", 1));
    g_assert_false(archive_probe((const uint8_t *)"<?xml", 5));
    g_assert_false(archive_probe(zeros, 0));
}

static void test_data(void)
{
    static const char path[] = DRYDOCK_TESTDATA "/disk-images/ova/cdi-fake.ova";
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("no test data");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Archive) archive = archive_open(path, &error);
    uint64_t offset, length;
    g_assert_no_error(error);
    const char *const *members = archive_members(archive);
    g_assert_cmpuint(count_members(archive), ==, 3);
    g_assert_cmpstr(members[0], ==, "fake.ovf");
    g_assert_cmpstr(members[1], ==, "disk1.vmdk");
    g_assert_cmpstr(members[2], ==, "disk1.mf");
    g_assert_true(archive_locate(archive, "disk1.vmdk", &offset, &length));
    g_assert_cmpuint(offset, ==, 9216);
    g_assert_cmpuint(length, ==, 65536);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/convert/archive/row/", rows[i].name, NULL);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/convert/archive/late", test_late);
    g_test_add_func("/convert/archive/huge", test_huge);
    g_test_add_func("/convert/archive/mutations", test_mutations);
    g_test_add_func("/convert/archive/probe", test_probe);
    g_test_add_func("/convert/archive/data", test_data);
    return g_test_run();
}
