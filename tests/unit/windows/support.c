/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making signatures, PE files, INFs and hives. */
#include "tests/unit/windows/support.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/bytes.h"
#include "registry/hive.h"
#include "tests/unit/registry/hive-builder.h"
#include "windows/der.h"

#define DER_UTF8_STRING 0x0c

static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t oid_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t oid_sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
static const uint8_t oid_sha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t oid_nested[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x04, 0x01};
static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};

/* One element; lengths in the two-byte long form, which every reader must take. */
static GByteArray *der(uint8_t tag, const void *content, size_t length)
{
    GByteArray *element = g_byte_array_new();
    uint8_t header[4] = {tag, 0x82};

    put_be16(header + 2, (uint16_t)length);
    g_byte_array_append(element, header, sizeof header);
    if (length)
        g_byte_array_append(element, content, (guint)length);
    return element;
}

/* An element of those given (NULL-terminated), which are freed. */
static GByteArray *der_join(uint8_t tag, ...)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    GByteArray *element;
    va_list elements;

    va_start(elements, tag);
    while ((element = va_arg(elements, GByteArray *))) {
        g_byte_array_append(content, element->data, element->len);
        g_byte_array_unref(element);
    }
    va_end(elements);
    return der(tag, content->data, content->len);
}

static GByteArray *der_name(const char *common_name)
{
    return der_join(
        DER_SEQUENCE,
        der_join(DER_SET,
                 der_join(DER_SEQUENCE, der(DER_OID, oid_common_name, sizeof oid_common_name),
                          der(DER_UTF8_STRING, common_name, strlen(common_name)), NULL),
                 NULL),
        NULL);
}

static GByteArray *certificate(const char *issuer, const char *subject)
{
    GByteArray *tbs =
        der_join(DER_SEQUENCE, der_join(DER_CONTEXT_0, der(DER_INTEGER, "\2", 1), NULL),
                 der(DER_INTEGER, "\x17", 1), der(DER_SEQUENCE, NULL, 0), der_name(issuer),
                 der(DER_SEQUENCE, NULL, 0), der_name(subject), NULL);

    return der_join(DER_SEQUENCE, tbs, der(DER_SEQUENCE, NULL, 0), NULL);
}

GBytes *test_signature(PeSigner signer, gboolean sha256, GBytes *nested)
{
    static const struct {
        const char *issuer, *subject;
    } names[] = {
        [PE_SIGNER_NONE] = {"Example Code Signing CA", "Example, Inc."},
        [PE_SIGNER_TEST] = {"Test Certificate", "Test Certificate"},
        [PE_SIGNER_OTHER] = {"Example Code Signing CA", "Example, Inc."},
        [PE_SIGNER_MICROSOFT] = {"Microsoft Windows Third Party Component CA 2014",
                                 "Microsoft Windows Hardware Compatibility Publisher"},
    };
    size_t length;
    const void *inner = nested ? g_bytes_get_data(nested, &length) : NULL;
    GByteArray *attributes =
        nested ? der_join(DER_CONTEXT_1,
                          der_join(DER_SEQUENCE, der(DER_OID, oid_nested, sizeof oid_nested),
                                   der(DER_SET, inner, length), NULL),
                          NULL)
               : NULL;
    GByteArray *info = der_join(
        DER_SEQUENCE, der(DER_INTEGER, "\1", 1),
        der_join(DER_SEQUENCE, der_name(names[signer].issuer), der(DER_INTEGER, "\x17", 1), NULL),
        der_join(DER_SEQUENCE,
                 sha256 ? der(DER_OID, oid_sha256, sizeof oid_sha256)
                        : der(DER_OID, oid_sha1, sizeof oid_sha1),
                 NULL),
        der(DER_SEQUENCE, NULL, 0), der(DER_OCTET_STRING, "signature", 9), attributes, NULL);
    GByteArray *certificates =
        signer == PE_SIGNER_NONE
            ? der(DER_CONTEXT_0, NULL, 0)
            : der_join(DER_CONTEXT_0, certificate("Root", "Unrelated"),
                       certificate(names[signer].issuer, names[signer].subject), NULL);
    GByteArray *data =
        der_join(DER_SEQUENCE, der(DER_INTEGER, "\1", 1), der(DER_SET, NULL, 0),
                 der_join(DER_SEQUENCE, der(DER_OID, oid_data, sizeof oid_data), NULL),
                 certificates, der_join(DER_SET, info, NULL), NULL);

    return g_byte_array_free_to_bytes(
        der_join(DER_SEQUENCE, der(DER_OID, oid_signed_data, sizeof oid_signed_data),
                 der_join(DER_CONTEXT_0, data, NULL), NULL));
}

GBytes *test_pe(uint16_t machine, gboolean is_64, GBytes *signature)
{
    enum { COFF = 0x40, OPTIONAL = COFF + 24, TABLE = 0x180 };
    const uint32_t directories = OPTIONAL + (is_64 ? 112 : 96);
    size_t length = 0;
    const void *data = signature ? g_bytes_get_data(signature, &length) : NULL;
    g_autofree uint8_t *file = g_malloc0(TABLE + 8 + length);

    memcpy(file, "MZ", 2);
    put_le32(file + 0x3c, COFF);
    memcpy(file + COFF, "PE\0\0", 4);
    put_le16(file + COFF + 4, machine);
    put_le16(file + COFF + 20, (uint16_t)(directories + 16 * 8 - OPTIONAL));
    put_le16(file + OPTIONAL, is_64 ? 0x20b : 0x10b);
    put_le32(file + directories - 4, 16);
    if (!signature)
        return g_bytes_new(file, TABLE);
    put_le32(file + directories + 4 * 8, TABLE);
    put_le32(file + directories + 4 * 8 + 4, (uint32_t)(8 + length));
    put_le32(file + TABLE, (uint32_t)(8 + length));
    put_le16(file + TABLE + 4, 0x200);
    put_le16(file + TABLE + 6, 2);
    memcpy(file + TABLE + 8, data, length);
    return g_bytes_new(file, TABLE + 8 + length);
}

GBytes *test_driver(uint16_t machine, PeSigner signer, gboolean sha256)
{
    g_autoptr(GBytes) signature =
        signer == PE_SIGNER_NONE ? NULL : test_signature(signer, sha256, NULL);

    return test_pe(machine, machine != 0x14c, signature);
}

Inf *test_parse_inf(const char *text, size_t length)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, length);
    g_autoptr(GError) error = NULL;
    Inf *inf = inf_parse(bytes, "test.inf", &error);

    g_assert_no_error(error);
    return inf;
}

char *test_inf(const TestInf *inf)
{
    GString *models = g_string_new(NULL);

    g_string_append_printf(models,
                           "%%Desc%% = the_inst, PCI\\VEN_1AF4&DEV_%04X&SUBSYS_%04X1AF4&REV_00"
                           ", PCI\\VEN_1AF4&DEV_%04X\r\n",
                           inf->legacy, inf->legacy - 0xfff, inf->legacy);
    if (inf->modern)
        g_string_append_printf(models,
                               "%%Desc%% = the_inst, PCI\\VEN_1AF4&DEV_%04X&SUBSYS_11001AF4"
                               "&REV_01, PCI\\VEN_1AF4&DEV_%04X\r\n",
                               inf->modern, inf->modern);
    char *text = g_strdup_printf(
        "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=%s\r\n"
        "ClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}\r\nProvider=%%Vendor%%\r\n"
        "DriverVer=%s\r\nCatalogFile=%s.cat\r\n"
        "[SourceDisksNames]\r\n1=%%Vendor%%,,,\r\n[SourceDisksFiles]\r\n%s.sys=1,,\r\n"
        "[DestinationDirs]\r\nDefaultDestDir=12\r\n"
        "[Manufacturer]\r\n%%Vendor%%=Models,%s\r\n[Models.%s]\r\n%s"
        "[the_inst.NT]\r\nCopyFiles=@%s.sys\r\n"
        "[the_inst.NT.Services]\r\nAddService=%s,2,svc\r\n"
        "[svc]\r\nServiceType=1\r\nStartType=%u\r\nErrorControl=1\r\n"
        "ServiceBinary=%%12%%\\%s.sys\r\nLoadOrderGroup=%s\r\n"
        "[Strings]\r\nVendor=\"Example, Inc.\"\r\nDesc=\"Example device\"\r\n",
        inf->boots ? "SCSIAdapter" : "System", inf->version, inf->name, inf->name, inf->decoration,
        inf->decoration, models->str, inf->name, inf->name, inf->boots ? 0 : 3, inf->name,
        inf->boots ? "SCSI miniport" : "");

    g_string_free(models, TRUE);
    return text;
}

void test_write(const char *root, const char *path, GBytes *content)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);
    size_t length;
    const char *data = g_bytes_get_data(content, &length);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    /* Without G_FILE_SET_CONTENTS_CONSISTENT: thousands of files need not reach the disk. */
    g_assert_true(g_file_set_contents_full(full, data ? data : "", (gssize)length,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

void test_write_text(const char *root, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

    test_write(root, path, content);
}

void test_write_package(const char *root, const TestPackage *package)
{
    g_autofree char *text = test_inf(&package->inf);
    g_autofree char *inf = g_strdup_printf("%s/%s.inf", package->folder, package->inf.name);
    g_autofree char *sys = g_strdup_printf("%s/%s.SYS", package->folder, package->inf.name);
    g_autofree char *cat = g_strdup_printf("%s/%s.cat", package->folder, package->inf.name);
    g_autoptr(GBytes) signature = test_signature(package->signer, package->sha256, NULL);

    test_write_text(root, inf, text);
    test_write(root, cat, signature);
    if (package->machine) {
        g_autoptr(GBytes) driver = test_driver(package->machine, package->signer, package->sha256);

        test_write(root, sys, driver);
    }
}

char *test_make_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("drydock-windows-XXXXXX", &error);

    g_assert_no_error(error);
    return folder;
}

void test_remove_folder(const char *root)
{
    g_autoptr(GDir) directory = g_dir_open(root, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(root, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            test_remove_folder(path);
        else
            g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(root), ==, 0);
}

/* What virtio-win's drivers are called and which devices they drive. */
static const struct {
    const char *name;
    guint legacy, modern;
    gboolean boots;
} driver_table[] = {
    {"viostor", 0x1001, 0x1042, TRUE}, {"vioscsi", 0x1004, 0x1048, TRUE},
    {"netkvm", 0x1000, 0x1041, FALSE}, {"balloon", 0x1002, 0x1045, FALSE},
    {"vioser", 0x1003, 0x1043, FALSE}, {"viorng", 0x1005, 0x1044, FALSE},
};

/* The versions the builds in those folders are made for. */
static const struct {
    const char *folder, *version;
} folder_table[] = {
    {"w7", "6.1"},       {"2k8R2", "6.1"},          {"w8", "6.2"},
    {"2k12", "6.2"},     {"w8.1", "6.3"},           {"2k12R2", "6.3"},
    {"w10", "10.0"},     {"2k16", "10.0"},          {"2k19", "10.0"},
    {"2k22", "10.0"},    {"w11", "10.0...16299"},   {"2k25", "10.0...16299"},
    {"Win7", "6.1"},     {"Win2008R2", "6.1"},      {"Win8", "6.2"},
    {"Win2012", "6.2"},  {"Win8.1", "6.3"},         {"Win2012R2", "6.3"},
    {"Win10", "10.0"},   {"Win2016", "10.0"},       {"Win2019", "10.0"},
    {"Win2022", "10.0"}, {"Win11", "10.0...16299"}, {"Win2025", "10.0...16299"},
};

static char *make_listed_inf(const char *path)
{
    g_auto(GStrv) components = g_strsplit(path, "/", 0);
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_ascii_strdown(base, (gssize)strlen(base) - 4);
    g_autofree char *decoration = NULL;
    TestInf inf = {.name = name, .version = "07/21/2023,100.93.104.24000", .legacy = 0x1fff};
    const char *architecture = "amd64", *version = NULL;

    for (guint i = 0; components[i]; i++) {
        if (g_str_equal(components[i], "x86") || g_str_equal(components[i], "i386"))
            architecture = "x86";
        for (guint j = 0; j < G_N_ELEMENTS(folder_table); j++) {
            if (g_str_equal(components[i], folder_table[j].folder))
                version = folder_table[j].version;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(driver_table); i++) {
        if (g_str_equal(name, driver_table[i].name)) {
            inf.legacy = driver_table[i].legacy;
            inf.modern = driver_table[i].modern;
            inf.boots = driver_table[i].boots;
        }
    }
    decoration = version ? g_strdup_printf("NT%s.%s", architecture, version)
                         : g_strdup_printf("NT%s", architecture);
    inf.decoration = decoration;
    return test_inf(&inf);
}

gboolean test_make_collection(const char *root, const char *list_path, const char *prefix)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) paths = NULL;
    g_autoptr(GBytes) amd64 = test_driver(0x8664, PE_SIGNER_MICROSOFT, TRUE);
    g_autoptr(GBytes) x86 = test_driver(0x14c, PE_SIGNER_MICROSOFT, TRUE);
    g_autoptr(GBytes) catalog = test_signature(PE_SIGNER_MICROSOFT, TRUE, NULL);

    if (!g_file_get_contents(list_path, &text, NULL, NULL))
        return FALSE;
    paths = g_strsplit(text, "\n", 0);
    for (guint i = 0; paths[i]; i++) {
        const char *path = paths[i] + strlen(prefix);

        if (!g_str_has_prefix(paths[i], prefix) || !*path)
            continue;
        if (g_str_has_suffix(path, ".inf")) {
            g_autofree char *inf = make_listed_inf(path);

            test_write_text(root, path, inf);
        } else if (g_str_has_suffix(path, ".cat")) {
            test_write(root, path, catalog);
        } else if (g_str_has_suffix(path, ".sys")) {
            test_write(root, path, strstr(path, "x86") || strstr(path, "i386") ? x86 : amd64);
        } else {
            test_write_text(root, path, path);
        }
    }
    return TRUE;
}

GBytes *test_empty_hive(void)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);

    return hive_builder_finish(builder, 7);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_key(Hive *hive, HiveKey key, const char *path, GPtrArray *lines)
{
    g_autoptr(GPtrArray) values = NULL;
    g_autoptr(GArray) keys = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(hive_list_values(hive, key, &values, &error));
    g_assert_true(hive_list_keys(hive, key, &keys, &error));
    if (!values->len && !keys->len)
        g_ptr_array_add(lines, g_strdup(path));
    for (guint i = 0; i < values->len; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        size_t length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        g_autofree char *text = hive_value_to_text(value->type, data, length);

        g_ptr_array_add(lines, g_strdup_printf("%s|%s|%s", path, value->name, text));
    }
    for (guint i = 0; i < keys->len; i++) {
        HiveKey child = g_array_index(keys, HiveKey, i);
        g_autofree char *name = NULL;
        g_autofree char *child_path = NULL;

        g_assert_true(hive_get_key_name(hive, child, &name, &error));
        child_path = g_strdup_printf("%s\\%s", path, name);
        collect_key(hive, child, child_path, lines);
    }
}

char *test_hive_text(GBytes *bytes, const char *key_path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    gboolean found;
    HiveKey key;

    g_assert_no_error(error);
    g_assert_true(hive_find_key(hive, hive_root(hive), key_path, &found, &key, &error));
    if (!found)
        return g_strdup("");
    collect_key(hive, key, "", lines);
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

GBytes *test_edit_hive(GBytes *hive, const HiveEdits *edits)
{
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GError) error = NULL;
    GBytes *edited = NULL;

    g_assert_true(hive_edits_apply(edits, hive, 7, &edited, &changes, &error));
    g_assert_no_error(error);
    return edited;
}

const Profile *test_match_profile(const Profiles *profiles, const InfTarget *target)
{
    g_autofree char *version = g_strdup_printf("windows:%u.%u", target->major, target->minor);
    g_autofree char *build = g_strdup_printf("build:%u", target->build);
    const char *const facts[] = {version, build,
                                 target->product_type > 1 ? "type:server" : "type:client", NULL};
    const Profile *profile = profiles_match(profiles, facts);

    g_assert_nonnull(profile);
    return profile;
}

char **test_folders(const InfTarget *target)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profiles) profiles = profiles_load(NULL, &error);

    g_assert_no_error(error);
    return profile_get_list(test_match_profile(profiles, target), "virtio-dirs");
}
