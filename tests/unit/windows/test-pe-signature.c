/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who signed what: made signatures, openssl's, and the catalogues of real drivers. */
#include <string.h>

#include "base/error.h"
#include "base/run.h"
#include "tests/unit/windows/support.h"

static const struct {
    PeSigner signer;
    gboolean sha256;
    gboolean nested; /* with one by Microsoft, SHA-256, inside */
    PeSigner expected;
    gboolean has_sha1, has_sha256;
} made_rows[] = {
    {PE_SIGNER_NONE, TRUE, FALSE, PE_SIGNER_NONE, FALSE, TRUE},
    {PE_SIGNER_TEST, TRUE, FALSE, PE_SIGNER_TEST, FALSE, TRUE},
    {PE_SIGNER_OTHER, FALSE, FALSE, PE_SIGNER_OTHER, TRUE, FALSE},
    {PE_SIGNER_MICROSOFT, TRUE, FALSE, PE_SIGNER_MICROSOFT, FALSE, TRUE},
    {PE_SIGNER_OTHER, FALSE, TRUE, PE_SIGNER_MICROSOFT, TRUE, TRUE},
    {PE_SIGNER_TEST, FALSE, TRUE, PE_SIGNER_MICROSOFT, TRUE, TRUE},
};

static void test_made(void)
{
    g_autoptr(GBytes) inner = test_signature(PE_SIGNER_MICROSOFT, TRUE, NULL);

    for (guint i = 0; i < G_N_ELEMENTS(made_rows); i++) {
        g_autoptr(GBytes) signature = test_signature(made_rows[i].signer, made_rows[i].sha256,
                                                     made_rows[i].nested ? inner : NULL);

        for (gboolean is_64 = FALSE; is_64 <= TRUE; is_64++) {
            g_autoptr(GBytes) file = test_pe(is_64 ? 0x8664 : 0x14c, is_64, signature);
            g_autoptr(GError) error = NULL;
            PeSignature found;

            g_assert_true(pe_signature_read(file, &found, &error));
            g_assert_no_error(error);
            g_assert_cmpint(found.signer, ==, made_rows[i].expected);
            g_assert_cmpint(found.has_sha1, ==, made_rows[i].has_sha1);
            g_assert_cmpint(found.has_sha256, ==, made_rows[i].has_sha256);
            g_assert_cmphex(found.machine, ==, is_64 ? 0x8664 : 0x14c);
        }
    }
}

static void test_unsigned(void)
{
    g_autoptr(GBytes) file = test_pe(0xaa64, TRUE, NULL);
    g_autoptr(GError) error = NULL;
    PeSignature found;

    g_assert_true(pe_signature_read(file, &found, &error));
    g_assert_no_error(error);
    g_assert_cmpint(found.signer, ==, PE_SIGNER_NONE);
    g_assert_cmphex(found.machine, ==, 0xaa64);
}

/* Every cut and every changed byte gives an answer or DRYDOCK_ERROR_CORRUPT, never a read outside.
 */
static void test_damaged(void)
{
    g_autoptr(GBytes) file = test_driver(0x8664, PE_SIGNER_MICROSOFT, TRUE);
    size_t length;
    const uint8_t *data = g_bytes_get_data(file, &length);
    guint refused = 0;

    for (size_t i = 0; i < length; i++) {
        g_autofree uint8_t *copy = g_memdup2(data, length);
        g_autoptr(GBytes) cut = g_bytes_new(data, i); /* exact, for the sanitizer */
        g_autoptr(GError) cut_error = NULL;
        g_autoptr(GBytes) changed = NULL;
        g_autoptr(GError) error = NULL;
        PeSignature found;

        g_assert_false(pe_signature_read(cut, &found, &cut_error));
        g_assert_error(cut_error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        copy[i] ^= 0xff;
        changed = g_bytes_new_take(g_steal_pointer(&copy), length);
        if (!pe_signature_read(changed, &found, &error)) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            refused++;
        }
    }
    g_assert_cmpuint(refused, >, 50);
}

static const struct {
    const char *path;
    PeSigner signer;
    gboolean has_sha1, has_sha256;
} catalog_rows[] = {
    {"Win8.1/amd64/viostor.cat", PE_SIGNER_TEST, FALSE, TRUE},
    {"Win8.1/x86/netkvm.cat", PE_SIGNER_TEST, FALSE, TRUE},
    {"Win7/amd64/viostor.cat", PE_SIGNER_OTHER, TRUE, FALSE},
    {"Win7/amd64/viorng.cat", PE_SIGNER_OTHER, TRUE, FALSE},
    {"Wnet/amd64/viostor.cat", PE_SIGNER_OTHER, TRUE, FALSE},
};

static void test_catalogs(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(catalog_rows); i++) {
        g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "virtio-win/old-drivers",
                                                 catalog_rows[i].path, NULL);
        g_autofree char *data = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        PeSignature found;
        gsize length;

        if (!g_file_get_contents(path, &data, &length, NULL)) {
            g_test_skip("no test data");
            return;
        }
        g_test_message("%s", catalog_rows[i].path);
        bytes = g_bytes_new_take(g_steal_pointer(&data), length);
        g_assert_true(pe_signature_read_catalog(bytes, &found, &error));
        g_assert_no_error(error);
        g_assert_cmpint(found.signer, ==, catalog_rows[i].signer);
        g_assert_cmpint(found.has_sha1, ==, catalog_rows[i].has_sha1);
        g_assert_cmpint(found.has_sha256, ==, catalog_rows[i].has_sha256);
    }
}

static gboolean run_in(const char *folder, const char *command)
{
    g_auto(GStrv) argv = g_strsplit(command, " ", 0);
    const RunOptions options = {.timeout_seconds = 60, .working_directory = folder};
    g_autoptr(GError) error = NULL;

    for (guint i = 0; argv[i]; i++)
        g_strdelimit(argv[i], "~", ' ');
    if (!run_program((const char *const *)argv, &options, NULL, &error)) {
        g_test_message("%s", error->message);
        return FALSE;
    }
    return TRUE;
}

/* A signature another program made, over its own certificates. "~" is a blank in an argument. */
static void test_openssl(void)
{
    static const struct {
        const char *ca_name;
        const char *digest;
        PeSigner expected;
    } rows[] = {
        {"/CN=Microsoft~Windows~Third~Party~Component~CA~2012", "sha256", PE_SIGNER_MICROSOFT},
        {"/CN=Example~CA", "sha1", PE_SIGNER_OTHER},
        {NULL, "sha256", PE_SIGNER_TEST},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder = test_make_folder();
        g_autofree char *make_ca = g_strdup_printf(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj %s "
            "-keyout ca.key -out ca.pem",
            rows[i].ca_name ? rows[i].ca_name : "/CN=Self");
        g_autofree char *sign = g_strdup_printf(
            "openssl smime -sign -binary -outform DER -md %s -signer %s.pem -inkey %s.key "
            "-in data -out signature",
            rows[i].digest, rows[i].ca_name ? "leaf" : "ca", rows[i].ca_name ? "leaf" : "ca");
        g_autofree char *output = g_build_filename(folder, "signature", NULL);
        g_autofree char *data = NULL;
        gsize length;

        test_write_text(folder, "data", "content");
        if (run_in(folder, make_ca) &&
            run_in(folder,
                   "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "
                   "/CN=Publisher -keyout leaf.key -out leaf.csr") &&
            run_in(folder, "openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key "
                           "-set_serial 77 -out leaf.pem") &&
            run_in(folder, sign) && g_file_get_contents(output, &data, &length, NULL)) {
            g_autoptr(GBytes) signature = g_bytes_new(data, length);
            g_autoptr(GBytes) file = test_pe(0x8664, TRUE, signature);
            g_autoptr(GError) error = NULL;
            PeSignature found;

            g_assert_true(pe_signature_read(file, &found, &error));
            g_assert_no_error(error);
            g_assert_cmpint(found.signer, ==, rows[i].expected);
            g_assert_cmpint(found.has_sha256, ==, g_str_equal(rows[i].digest, "sha256"));
            g_assert_cmpint(found.has_sha1, ==, g_str_equal(rows[i].digest, "sha1"));
        } else {
            g_test_skip("no openssl that can sign");
        }
        test_remove_folder(folder);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/pe-signature/made", test_made);
    g_test_add_func("/windows/pe-signature/unsigned", test_unsigned);
    g_test_add_func("/windows/pe-signature/damaged", test_damaged);
    g_test_add_func("/windows/pe-signature/catalogs", test_catalogs);
    g_test_add_func("/windows/pe-signature/openssl", test_openssl);
    return g_test_run();
}
