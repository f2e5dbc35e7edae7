/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of every readable image of the test data, to the last byte: the digests that other
   tools computed (disk-images/ORACLE-raw-content.txt). */
#include <string.h>

#include "base/error.h"
#include "base/run.h"
#include "convert/source.h"

#define ORACLE DRYDOCK_TESTDATA "/disk-images/ORACLE-raw-content.txt"
#define DIGEST_LENGTH 64

typedef struct {
    char *digest;
    uint64_t size_bytes;
    char *path; /* below the test data, perhaps compressed */
} Row;

static void row_free(gpointer data)
{
    Row *row = data;
    g_free(row->digest);
    g_free(row->path);
    g_free(row);
}

/* The image without its siblings' compression, and its siblings: parents and extents. Zeros become
   holes. */
static const char unpack[] =
    "set -e; for file in \"$1\"/*; do name=${file##*/}; case $name in "
    "*.gz) gzip -dc \"$file\" > \"$0/${name%.gz}\";; *.xz) xz -dc \"$file\" > \"$0/${name%.xz}\";; "
    "*.bz2) bzip2 -dc \"$file\" > \"$0/${name%.bz2}\";; *) [ -d \"$file\" ] || cp \"$file\" "
    "\"$0\";; "
    "esac; done";

static char *plain_name(const char *path)
{
    static const char *const endings[] = {".gz", ".xz", ".bz2"};
    char *name = g_path_get_basename(path);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(name, endings[i]))
            name[strlen(name) - strlen(endings[i])] = '\0';
    return name;
}

/* openssl is several times faster than GLib, and some of these disks are 10 GiB of zeros. */
static char *digest_of(const char *path)
{
    const char *const argv[] = {"openssl", "dgst", "-sha256", "-r", path, NULL};
    g_autofree char *output = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(run_program(argv, NULL, &output, &error));
    g_assert_no_error(error);
    return g_strndup(output, DIGEST_LENGTH);
}

static void check_content(const MachineDisk *disk, const char *folder, const Row *row)
{
    g_assert_cmpuint(disk->size_bytes, ==, row->size_bytes);
    g_autofree char *raw = g_build_filename(folder, "content.raw", NULL);
    const char *const argv[] = {"qemu-img",     "convert",           "-O", "raw",
                                "--image-opts", disk->image_options, raw,  NULL};
    g_autoptr(GError) error = NULL;
    g_assert_true(run_program(argv, NULL, NULL, &error));
    g_assert_no_error(error);
    g_autofree char *digest = digest_of(raw);
    g_assert_cmpstr(digest, ==, row->digest);
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *folder = g_dir_make_tmp("drydock-oracle-XXXXXX", NULL);
    g_autofree char *original = g_build_filename(DRYDOCK_TESTDATA, row->path, NULL);
    g_autofree char *directory = g_path_get_dirname(original);
    const char *const unpack_argv[] = {"sh", "-c", unpack, folder, directory, NULL};
    g_autoptr(GError) error = NULL;
    g_assert_true(run_program(unpack_argv, NULL, NULL, &error));
    g_assert_no_error(error);

    g_autofree char *name = plain_name(row->path);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    const char *const paths[] = {path};
    const SourceRequest request = {.name = NULL};
    g_autoptr(Source) source = source_open(paths, 1, &request, &error);
    g_assert_no_error(error);
    g_assert_true(source_open_disks(source, NULL, &error));
    g_assert_no_error(error);
    check_content(g_ptr_array_index(source_machine(source)->disks, 0), folder, row);

    const char *const remove_argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(remove_argv, NULL, NULL, &error));
}

/* "DIGEST SIZE PATH REMARK"; lines without a digest say why there is none. */
static GPtrArray *read_rows(void)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(ORACLE, &text, NULL, NULL))
        return g_steal_pointer(&rows);
    g_autoptr(GRegex) line =
        g_regex_new("^([0-9a-f]{64})\\s+(\\d+)\\s+(\\S+)", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    for (g_regex_match(line, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        Row *row = g_new0(Row, 1);
        g_autofree char *size = g_match_info_fetch(match, 2);
        row->digest = g_match_info_fetch(match, 1);
        row->size_bytes = g_ascii_strtoull(size, NULL, 10);
        row->path = g_match_info_fetch(match, 3);
        g_ptr_array_add(rows, row);
    }
    g_assert_cmpuint(rows->len, >, 20);
    return g_steal_pointer(&rows);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const char *const programs[] = {"qemu-img", "openssl", "gzip", "xz", "bzip2"};
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *program = g_find_program_in_path(programs[i]);
        if (!program)
            return 77;
    }
    g_autoptr(GPtrArray) rows = read_rows();
    if (rows->len == 0)
        return 77; /* no test data */
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = g_ptr_array_index(rows, i);
        g_autofree char *path = g_strdup_printf("/convert/oracle/%s", row->path);
        g_test_add_data_func(path, row, test_row);
    }
    return g_test_run();
}
