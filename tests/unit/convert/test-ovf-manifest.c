/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manifests: every way to write them, and every way in which the files may differ from them. */
#include "convert/config/ovf_manifest.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/run.h"

typedef struct {
    const char *name;
    const char *script; /* of sh, in a folder with m.ovf, disk.vmdk and "a (b) = c.iso" */
    const char *source; /* an archive there; NULL: the folder */
    gboolean skip;
    int code; /* -1: accepted */
    const char *message;
    uint64_t hashed_bytes; /* of files that were read; 0: any number */
} Row;

#define D1 "$(sha1sum < disk.vmdk | cut -d' ' -f1)"
#define D256 "$(sha256sum < disk.vmdk | cut -d' ' -f1)"
#define D512 "$(sha512sum < disk.vmdk | cut -d' ' -f1)"
#define O256 "$(sha256sum < m.ovf | cut -d' ' -f1)"
#define DISK_BYTES 2100000
#define OVF_BYTES 12

static const Row rows[] = {
    {"none", ":", NULL, FALSE, -1, NULL, 0},
    {"sha1", "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf", NULL, FALSE, -1, NULL, DISK_BYTES},
    {"sha256",
     "echo \"SHA256(disk.vmdk)= " D256 "\" > m.mf; echo \"SHA256(m.ovf)= " O256 "\" >> m.mf", NULL,
     FALSE, -1, NULL, DISK_BYTES + OVF_BYTES},
    {"sha512-spaced",
     "echo \"  sha-512  ( disk.vmdk )  =  " D512 "  \" | sed 's/( /(/; s/ )/)/' > m.mf", NULL,
     FALSE, -1, NULL, DISK_BYTES},
    {"tight-upper",
     "echo \"SHA1(disk.vmdk)=" D1 "\" | tr a-f A-F | sed 's/(.*)/(disk.vmdk)/' > m.mf", NULL, FALSE,
     -1, NULL, DISK_BYTES},
    {"mixed-crlf-blank",
     "printf '\\r\\n# comment\\r\\nSHA1 (disk.vmdk) = %s\\r\\n\\r\\nSHA256(m.ovf)=\\t%s' \"" D1
     "\" \"" O256 "\" > m.mf",
     NULL, FALSE, -1, NULL, DISK_BYTES + OVF_BYTES},
    {"byte-order-mark", "printf '\\357\\273\\277SHA1(disk.vmdk)= %s\\n' \"" D1 "\" > m.mf", NULL,
     FALSE, -1, NULL, DISK_BYTES},
    {"odd-name",
     "echo \"SHA1(a (b) = c.iso)= $(sha1sum < 'a (b) = c.iso' | cut -d' ' -f1)\" > m.mf", NULL,
     FALSE, -1, NULL, 4},
    {"encoded-name",
     "echo \"SHA1(a%20(b)%20=%20c.iso)= $(sha1sum < 'a (b) = c.iso' | cut -d' ' -f1)\" > m.mf",
     NULL, FALSE, -1, NULL, 4},
    {"twice", "for i in 1 2 3; do echo \"SHA1(disk.vmdk)= " D1 "\"; done > m.mf", NULL, FALSE, -1,
     NULL, DISK_BYTES},
    {"empty", ": > m.mf", NULL, FALSE, -1, NULL, 0},
    {"other-name", "echo 'SHA1(disk.vmdk)= 0' > n.mf", NULL, FALSE, -1, NULL, 0},

    {"mismatch", "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf; printf x >> disk.vmdk", NULL, FALSE,
     DRYDOCK_ERROR_CORRUPT, "'disk.vmdk' is not the file that was exported: its SHA1 is ", 0},
    {"mismatch-one-bit",
     "echo \"SHA256(disk.vmdk)= " D256 "\" > m.mf; "
     "printf x | dd of=disk.vmdk bs=1 seek=2099999 conv=notrunc 2>/dev/null",
     NULL, FALSE, DRYDOCK_ERROR_CORRUPT, "disk.vmdk", 0},
    {"mismatch-ovf", "echo \"SHA256(m.ovf)= " O256 "\" > m.mf; echo >> m.ovf", NULL, FALSE,
     DRYDOCK_ERROR_CORRUPT, "'m.ovf'", 0},
    {"skipped", "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf; printf x >> disk.vmdk", NULL, TRUE, -1,
     NULL, 0},
    {"missing", "echo \"SHA1(gone.vmdk)= " D1 "\" > m.mf", NULL, FALSE, DRYDOCK_ERROR_NOT_FOUND,
     "'gone.vmdk' is missing", 0},
    {"outside", "echo \"SHA1(../../etc/hostname)= " D1 "\" > m.mf", NULL, FALSE,
     DRYDOCK_ERROR_PRECONDITION, "leads out", 0},
    {"noise", "printf 'SHA1(disk.vmdk)= %s\\r\\nhello\\r\\n' \"" D1 "\" > m.mf", NULL, FALSE,
     DRYDOCK_ERROR_CORRUPT, "line 2 is not", 0},
    {"short-digest", "printf '\\n\\nSHA256(disk.vmdk)= %s\\n' \"" D1 "\" > m.mf", NULL, FALSE,
     DRYDOCK_ERROR_CORRUPT, "the digest in line 3 is no SHA256", 0},
    {"unknown-algorithm", "echo \"SHA3-256(disk.vmdk)= " D256 "\" > m.mf", NULL, FALSE,
     DRYDOCK_ERROR_UNSUPPORTED, "SHA3-256", 0},
    {"binary", "head -c 100000 /dev/zero | tr '\\0' '\\377' > m.mf", NULL, FALSE,
     DRYDOCK_ERROR_CORRUPT, "line 1", 0},
    {"huge", "truncate -s 2M m.mf", NULL, FALSE, DRYDOCK_ERROR_UNSUPPORTED, "2097152 bytes", 0},
    {"many",
     "for i in 1 2 3 4 5 6 7 8 9; do for j in $(seq 500); do echo \"MD5($i$j)= "
     "00000000000000000000000000000000\"; done; done > m.mf",
     NULL, FALSE, DRYDOCK_ERROR_UNSUPPORTED, "more than 4096", 0},

    {"tar", "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf; tar -cf a.ova m.ovf m.mf disk.vmdk", "a.ova",
     FALSE, -1, NULL, DISK_BYTES},
    {"tar-only-manifest",
     "echo \"SHA1(disk.vmdk)= " D1 "\" > disk.mf; tar -cf a.ova m.ovf disk.vmdk disk.mf", "a.ova",
     FALSE, -1, NULL, DISK_BYTES},
    {"tar-mismatch",
     "echo \"SHA1(disk.vmdk)= " D1
     "\" > x.mf; echo >> disk.vmdk; tar -cf a.ova m.ovf disk.vmdk x.mf",
     "a.ova", FALSE, DRYDOCK_ERROR_CORRUPT, "'disk.vmdk'", 0},
    {"tar-missing", "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf; tar -cf a.ova m.ovf m.mf", "a.ova",
     FALSE, DRYDOCK_ERROR_NOT_FOUND, "'disk.vmdk' is missing", 0},
    {"tar-gz", "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf; tar -czf a.ova m.ovf m.mf disk.vmdk",
     "a.ova", FALSE, -1, NULL, 0},
    {"tar-gz-mismatch",
     "echo \"SHA1(disk.vmdk)= " D1
     "\" > m.mf; echo >> disk.vmdk; tar -czf a.ova m.ovf m.mf disk.vmdk",
     "a.ova", FALSE, DRYDOCK_ERROR_CORRUPT, "'disk.vmdk'", 0},
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

static char *make_folder(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("drydock-manifest-XXXXXX", &error);
    g_assert_no_error(error);
    run_script(folder,
               "mkdir work; printf '<Envelope/>\\n' > m.ovf; printf iso9 > 'a (b) = c.iso'; "
               "head -c 2100000 /dev/urandom > disk.vmdk");
    return g_steal_pointer(&folder);
}

static void note_progress(void *data, uint64_t done, uint64_t total)
{
    g_assert_cmpuint(done, <=, total);
    *(uint64_t *)data = done;
}

static gboolean check(const char *folder, const char *source, gboolean skip, GPtrArray *findings,
                      uint64_t *ret_hashed, GError **error)
{
    const char *const roots[] = {folder, NULL};
    g_autofree char *work = g_build_filename(folder, "work", NULL);
    g_autofree char *path = g_build_filename(folder, source ? source : "m.ovf", NULL);
    g_autoptr(SourceFiles) files = NULL;
    if (source) {
        Archive *archive = archive_open(path, error);
        g_assert_nonnull(archive);
        files = source_files_new_for_archive(archive);
        source_files_set_work_directory(files, work);
    } else {
        files = source_files_new(roots, error);
    }
    g_autoptr(SourcePlace) config = source_place_new(path, source ? "m.ovf" : NULL, 0, OVF_BYTES);
    SourceRequest request = {
        .skip_checksums = skip, .progress = note_progress, .progress_data = ret_hashed};
    SourceContext context = {
        .request = &request, .files = files, .work_directory = work, .findings = findings};
    return ovf_manifest_check(&context, config, error);
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *folder = make_folder();
    run_script(folder, row->script);
    uint64_t hashed = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = findings_new();
    gboolean ok = check(folder, row->source, row->skip, findings, &hashed, &error);
    if (row->code >= 0) {
        g_assert_false(ok);
        g_assert_error(error, DRYDOCK_ERROR, row->code);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, row->message));
    } else {
        g_assert_no_error(error);
        g_assert_true(ok);
        if (row->hashed_bytes > 0)
            g_assert_cmpuint(hashed, ==, row->hashed_bytes);
    }
    g_assert_cmpuint(findings->len, ==, 0);
    remove_folder(folder);
}

static void test_certificate(void)
{
    static const char *const sources[] = {NULL, "a.ova"};
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autofree char *folder = make_folder();
        run_script(folder, "echo \"SHA1(disk.vmdk)= " D1 "\" > m.mf; "
                           "echo '-----BEGIN CERTIFICATE-----' > m.cert; "
                           "tar -cf a.ova m.ovf m.mf m.cert disk.vmdk");
        uint64_t hashed = 0;
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) findings = findings_new();
        g_assert_true(check(folder, sources[i], FALSE, findings, &hashed, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(findings->len, ==, 1);
        const Finding *finding = g_ptr_array_index(findings, 0);
        g_assert_cmpint(finding->code, ==, FINDING_SOURCE_OVF_CERTIFICATE);
        g_assert_nonnull(strstr(finding->sentence, "m.cert"));
        remove_folder(folder);
    }
}

/* Its manifest is another product's: the digest of a disk that was replaced since. */
static void test_data(void)
{
    static const char path[] = DRYDOCK_TESTDATA "/disk-images/ova/cdi-fake.ova";
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("no test data");
        return;
    }
    g_autofree char *folder = make_folder();
    g_autofree char *script =
        g_strdup_printf("tar -xf '%s'; sha1sum disk1.vmdk | cut -c1-40", path);
    g_autofree char *commands = g_strdup_printf("cd '%s'; %s", folder, script);
    const char *const argv[] = {"sh", "-c", commands, NULL};
    g_autofree char *digest = NULL;
    g_assert_true(run_program(argv, NULL, &digest, NULL));
    g_autofree char *manifest_path = g_build_filename(folder, "disk1.mf", NULL);
    g_autofree char *manifest = NULL;
    g_assert_true(g_file_get_contents(manifest_path, &manifest, NULL, NULL));
    gboolean is_right = strstr(manifest, g_strstrip(digest)) != NULL;

    g_autoptr(GError) error = NULL;
    Archive *archive = archive_open(path, &error);
    g_assert_no_error(error);
    g_autoptr(SourceFiles) files = source_files_new_for_archive(archive);
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(SourcePlace) config = source_place_new(path, "fake.ovf", 0, 0);
    SourceContext context = {.files = files, .work_directory = folder, .findings = findings};
    g_assert_cmpint(ovf_manifest_check(&context, config, &error), ==, is_right);
    if (!is_right)
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/convert/ovf-manifest/row/", rows[i].name, NULL);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/convert/ovf-manifest/certificate", test_certificate);
    g_test_add_func("/convert/ovf-manifest/data", test_data);
    return g_test_run();
}
