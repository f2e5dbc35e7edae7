/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files in pieces and compressed files: what comes out is what gzip and split were given. */
#include "convert/archive/spool.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/run.h"
#include "convert/archive/gzip_stream.h"

#define CHUNK_BYTES 1000000

typedef struct {
    const char *name;
    const char *script; /* of sh, in a folder with a file "disk" of 3 000 000 bytes and more */
    gboolean is_gzip;
    uint64_t chunk_bytes, stored_bytes;
    gboolean is_copied; /* a new file in the work directory */
    int code;           /* -1: the content is that of "disk" */
    const char *message;
} Row;

static const Row rows[] = {
    {"gzip", "gzip -c disk > d", TRUE, 0, 0, TRUE, -1, NULL},
    {"gzip-members", "(head -c 1234567 disk | gzip; tail -c +1234568 disk | gzip -1) > d", TRUE, 0,
     0, TRUE, -1, NULL},
    {"gzip-padded", "(gzip -c disk; head -c 1000 /dev/zero) > d", TRUE, 0, 0, TRUE, -1, NULL},
    {"gzip-empty-member", "(printf '' | gzip; gzip -c disk) > d", TRUE, 0, 0, TRUE, -1, NULL},
    {"gzip-not", "cp disk d", TRUE, 0, 0, FALSE, -1, NULL},
    {"gzip-cut", "gzip -c disk | head -c -100000 > d", TRUE, 0, 0, FALSE, DRYDOCK_ERROR_CORRUPT,
     "ends early"},
    {"gzip-cut-in-checksum", "gzip -c disk | head -c -4 > d", TRUE, 0, 0, FALSE,
     DRYDOCK_ERROR_CORRUPT, "ends early"},
    {"gzip-cut-in-second", "(gzip -c disk; gzip -c disk | head -c 2) > d", TRUE, 0, 0, FALSE,
     DRYDOCK_ERROR_CORRUPT, "ends early"},
    {"gzip-damaged",
     "gzip -c disk > d; printf xxxx | dd of=d bs=1 seek=500000 conv=notrunc 2>/dev/null", TRUE, 0,
     0, FALSE, DRYDOCK_ERROR_CORRUPT, "damaged"},
    {"gzip-missing", ":", TRUE, 0, 0, FALSE, DRYDOCK_ERROR_NOT_FOUND, "'d' is missing"},
    {"chunks", "split -b 1000000 -d -a 9 disk d.", FALSE, CHUNK_BYTES, 0, TRUE, -1, NULL},
    {"chunks-size", "split -b 1000000 -d -a 9 disk d.", FALSE, CHUNK_BYTES, 3000002, TRUE, -1,
     NULL},
    {"chunks-gzip", "gzip -1 -c disk | split -b 1000000 -d -a 9 - d.", TRUE, CHUNK_BYTES, 0, TRUE,
     -1, NULL},
    {"chunks-one", "cp disk d.000000000", FALSE, 4000000, 0, FALSE, -1, NULL},
    {"chunks-none", "cp disk d", FALSE, CHUNK_BYTES, 0, FALSE, DRYDOCK_ERROR_NOT_FOUND,
     "d.000000000"},
    {"chunks-gap", "split -b 1000000 -d -a 9 disk d.; rm d.000000001", FALSE, CHUNK_BYTES, 3000002,
     FALSE, DRYDOCK_ERROR_NOT_FOUND, "d.000000001"},
    {"chunks-last", "split -b 1000000 -d -a 9 disk d.; rm d.000000003", FALSE, CHUNK_BYTES, 3000002,
     FALSE, DRYDOCK_ERROR_NOT_FOUND, "d.000000003"},
    {"chunks-short", "split -b 1000000 -d -a 9 disk d.; truncate -s -1 d.000000001", FALSE,
     CHUNK_BYTES, 0, FALSE, DRYDOCK_ERROR_CORRUPT, "'d.000000001' has 999999 bytes"},
    {"chunks-long", "split -b 1000000 -d -a 9 disk d.; echo >> d.000000001", FALSE, CHUNK_BYTES, 0,
     FALSE, DRYDOCK_ERROR_CORRUPT, "'d.000000001' has 1000001 bytes"},
    {"chunks-last-short", "split -b 1000000 -d -a 9 disk d.; truncate -s 1 d.000000003", FALSE,
     CHUNK_BYTES, 3000002, FALSE, DRYDOCK_ERROR_CORRUPT, "'d.000000003' has 1 bytes"},
    {"chunks-too-many", ":", FALSE, 4096, G_MAXUINT64, FALSE, DRYDOCK_ERROR_UNSUPPORTED, "pieces"},
    {"chunks-outside", "split -b 1000000 -d -a 9 disk d.; ln -sf /etc/hostname d.000000001", FALSE,
     CHUNK_BYTES, 0, FALSE, DRYDOCK_ERROR_PRECONDITION, "leads out"},
};

static void run_script(const char *folder, const char *script)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *commands = g_strdup_printf("set -e; cd '%s'; %s", folder, script);
    const char *const argv[] = {"sh", "-c", commands, NULL};
    gboolean ok = run_program(argv, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void remove_folder(const char *folder)
{
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
}

static void note_progress(void *data, uint64_t done, uint64_t total)
{
    g_assert_cmpuint(done, <=, total);
    *(uint64_t *)data = done;
}

static char *make_folder(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("drydock-spool-XXXXXX", &error);
    g_assert_no_error(error);
    run_script(folder, "mkdir unpacked; head -c 1100000 /dev/urandom > disk; truncate -s 2500000 disk; "
                       "head -c 500002 /dev/urandom >> disk");
    return g_steal_pointer(&folder);
}

static gboolean spool(const char *folder, const Row *row, SourcePlace **ret_place, GError **error)
{
    uint64_t done = 0;
    const char *const roots[] = {folder, NULL};
    g_autofree char *work = g_build_filename(folder, "unpacked", NULL);
    g_autofree char *path = g_build_filename(folder, "machine.ovf", NULL);
    g_autoptr(SourcePlace) config = source_place_new(path, NULL, 0, 0);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(SourceFiles) files = source_files_new(roots, error);
    SourceRequest request = {.progress = note_progress, .progress_data = &done};
    SourceContext context = {
        .request = &request, .files = files, .work_directory = work, .findings = findings};
    g_autofree char *stored_name = g_strdup("d");
    MachineDisk disk = {.stored_name = stored_name,
                        .is_gzip = row->is_gzip,
                        .chunk_bytes = row->chunk_bytes,
                        .stored_bytes = row->stored_bytes};
    gboolean ok = files && spool_disk(&context, config, &disk, ret_place, error);
    g_assert_true(!ok || !row->is_copied || done > 0);
    return ok;
}

static gboolean is_same(const char *folder, const char *path)
{
    g_autofree char *original = g_build_filename(folder, "disk", NULL);
    const char *const argv[] = {"cmp", "-s", original, path, NULL};
    return run_program(argv, NULL, NULL, NULL);
}

static guint count_work(const char *folder)
{
    g_autofree char *work = g_build_filename(folder, "unpacked", NULL);
    g_autoptr(GDir) dir = g_dir_open(work, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(dir))
        count++;
    return count;
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *folder = make_folder();
    run_script(folder, row->script);
    g_autoptr(GError) error = NULL;
    g_autoptr(SourcePlace) place = NULL;
    gboolean ok = spool(folder, row, &place, &error);
    if (row->code >= 0) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, row->message));
        g_assert_cmpuint(count_work(folder), ==, 0);
    } else {
        g_assert_no_error(error);
        g_assert_true(is_same(folder, place->path));
        g_assert_true(source_place_is_whole(place));
        g_assert_cmpint(strstr(place->path, "/unpacked/") != NULL, ==, row->is_copied);
        struct stat info;
        g_assert_cmpint(stat(place->path, &info), ==, 0);
        if (row->is_copied) /* 1.4 MB of zeros are a hole */
            g_assert_cmpint(info.st_blocks, <, 1700000 / 512);
    }
    remove_folder(folder);
}

/* The limit of a file's size stands for a full disk. */
static void test_no_space(void)
{
    static const Row row = {"", "", TRUE, 0, 0, FALSE, 0, NULL};
    g_autofree char *folder = make_folder();
    run_script(folder, "gzip -c disk > d");
    struct rlimit before, limit = {1000000, 1000000};
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    limit.rlim_max = before.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(SourcePlace) place = NULL;
    gboolean ok = spool(folder, &row, &place, &error);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    signal(SIGXFSZ, handler);
    g_assert_false(ok);
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    g_assert_nonnull(drydock_error_get_hint(error));
    g_assert_cmpuint(count_work(folder), ==, 0);
    remove_folder(folder);
}

typedef struct {
    const uint8_t *bytes;
    size_t length, step, position;
} Slices;

static gssize read_slice(void *data, const void **ret_bytes, GError **error)
{
    Slices *slices = data;
    (void)error;
    size_t count = MIN(slices->step, slices->length - slices->position);
    *ret_bytes = slices->bytes + slices->position;
    slices->position += count;
    return (gssize)count;
}

static gboolean uncompress(Slices *slices, GByteArray *content, GError **error)
{
    g_autoptr(GzipStream) stream = gzip_stream_new(read_slice, slices);
    const void *bytes;
    size_t length;
    do {
        if (!gzip_stream_read(stream, &bytes, &length, error))
            return FALSE;
        g_byte_array_append(content, bytes, (guint)length);
    } while (length > 0);
    return TRUE;
}

/* Members and their headers may be cut anywhere by the reads; any cut and any changed bit shows. */
static void test_gzip(void)
{
    g_autofree char *folder = make_folder();
    run_script(folder, "(printf 'one two three four' | gzip; printf ' five' | gzip) > d");
    g_autofree char *path = g_build_filename(folder, "d", NULL);
    g_autofree char *file = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &file, &length, NULL));
    remove_folder(folder);
    for (size_t step = 1; step <= length; step++) {
        g_autoptr(GByteArray) content = g_byte_array_new();
        Slices slices = {(const uint8_t *)file, length, step, 0};
        g_assert_true(uncompress(&slices, content, NULL));
        g_assert_cmpuint(content->len, ==, strlen("one two three four five"));
        g_assert_cmpint(memcmp(content->data, "one two three four five", content->len), ==, 0);
    }
    guint whole_members = 0;
    for (size_t cut = 0; cut < length; cut++) {
        g_autoptr(GByteArray) content = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        Slices slices = {(const uint8_t *)file, cut, 7, 0};
        if (uncompress(&slices, content, &error))
            whole_members++;
        else
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    g_assert_cmpuint(whole_members, ==, 2); /* behind the first, with nothing or a stray byte */
    guint unnoticed = 0;
    for (size_t at = 0; at < length; at++) {
        g_autoptr(GByteArray) content = g_byte_array_new();
        Slices slices = {(const uint8_t *)file, length, 7, 0};
        file[at] ^= 0x10;
        gboolean ok = uncompress(&slices, content, NULL);
        file[at] ^= 0x10;
        if (ok && (content->len != 23 || memcmp(content->data, "one two three four five", 23) != 0))
            unnoticed++;
    }
    /* Only the magic number of the second member can be taken for padding. */
    g_assert_cmpuint(unnoticed, <=, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/convert/spool/row/", rows[i].name, NULL);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/convert/spool/no-space", test_no_space);
    g_test_add_func("/convert/spool/gzip", test_gzip);
    return g_test_run();
}
