/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text part of a VMDK: what VMware writes, what qemu would misread, and what it must not do to
   us. */
#include "convert/image/vmdk_descriptor.h"

#include <string.h>

#include "base/error.h"

#define HEAD "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
#define TYPE "createType=\"vmfs\"\n"
#define EXTENT "RW 16 VMFS \"a-flat.vmdk\"\n"

static VmdkDescriptor *parse(const char *text, GError **error)
{
    return vmdk_descriptor_parse(text, strlen(text), error);
}

static void test_fields(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VmdkDescriptor) descriptor =
        parse("# Disk DescriptorFile\r\nversion=1\r\nCID=fffffffe\r\nparentCID=ffffffff\r\n"
              "createType=\"twoGbMaxExtentSparse\"\r\n\r\n# Extent description\r\n"
              "RW 4192256 SPARSE \"disk-s001.vmdk\"\r\nrw 2048 flat \"disk-f002.vmdk\" 128\r\n"
              "RW 5 ZERO\r\n\r\n# The Disk Data Base\r\nddb.adapterType = \"lsilogic\"\r\n",
              &error);
    g_assert_no_error(error);
    g_assert_cmpstr(descriptor->create_type, ==, "twoGbMaxExtentSparse");
    g_assert_true(descriptor->has_cid);
    g_assert_cmphex(descriptor->cid, ==, 0xfffffffe);
    g_assert_cmphex(descriptor->parent_cid, ==, VMDK_NO_PARENT);
    g_assert_cmpuint(descriptor->extents->len, ==, 3);

    const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, 0);
    g_assert_cmpuint(extent->sectors, ==, 4192256);
    g_assert_cmpstr(extent->file_name, ==, "disk-s001.vmdk");
    extent = g_ptr_array_index(descriptor->extents, 1);
    g_assert_cmpstr(extent->access, ==, "RW");
    g_assert_cmpstr(extent->type, ==, "FLAT");
    g_assert_cmpuint(extent->offset_sectors, ==, 128);
    extent = g_ptr_array_index(descriptor->extents, 2);
    g_assert_cmpstr(extent->type, ==, "ZERO");
    g_assert_null(extent->file_name);
}

static void test_parent(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VmdkDescriptor) descriptor =
        parse("# Disk DescriptorFile\nencoding=\"windows-1252\"\nparentCID = 1234567a\n"
              "parentFileNameHint = \"B\xfcro.vmdk\"\nRW 1 SPARSE \"a\"\n",
              &error);
    g_assert_no_error(error);
    g_assert_cmphex(descriptor->parent_cid, ==, 0x1234567a);
    g_assert_cmpstr(descriptor->parent_hint, ==, "B\xc3\xbcro.vmdk");
    g_assert_false(descriptor->has_cid);
}

static const struct {
    const char *value;
    const char *expected;
} uuid_rows[] = {
    {"60 00 C2 9a 1b 2c 3d 4e-5f 60 71 82 93 a4 b5 c6", "6000c29a1b2c3d4e5f60718293a4b5c6"},
    {"6000C29A1B2C3D4E5F60718293A4B5C6", "6000c29a1b2c3d4e5f60718293a4b5c6"},
    {"60 00 C2 9a", NULL},
    {"60 00 C2 9a 1b 2c 3d 4e-5f 60 71 82 93 a4 b5 c6 00", NULL},
    {"60 00 C2 9a 1b 2c 3d 4e/5f 60 71 82 93 a4 b5 c6", NULL},
    {"", NULL},
};

/* What a guest on a SCSI bus sees of the disk. */
static void test_uuid(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(uuid_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text =
            g_strdup_printf(HEAD TYPE EXTENT "ddb.uuid = \"%s\"\n", uuid_rows[i].value);
        g_autoptr(VmdkDescriptor) descriptor = parse(text, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(descriptor->uuid, ==, uuid_rows[i].expected);
    }
}

static const struct {
    const char *text;
    gboolean settings, extent; /* are plain */
} plain_rows[] = {
    {HEAD TYPE EXTENT, TRUE, TRUE},
    {HEAD "encoding=\"UTF-8\"\nisNativeSnapshot=\"no\"\n" TYPE "\n# Extent description\n" EXTENT
          "\n# Change Tracking File\nchangeTrackPath=\"a-ctk.vmdk\"\n\n#DDB\n\n"
          "ddb.uuid = \"60 00 C2 9a\"\nddb.thinProvisioned = \"1\"\nddb.uuid.image=\"\"\n",
     TRUE, TRUE},
    {HEAD TYPE "\n" EXTENT, TRUE, FALSE},
    {HEAD TYPE " \t\n" EXTENT, TRUE, FALSE},
    {HEAD TYPE " " EXTENT, TRUE, FALSE},
    {HEAD TYPE "RW  16 VMFS \"a\"\n", TRUE, FALSE},
    {HEAD TYPE "rw 16 VMFS \"a\"\n", TRUE, FALSE},
    {HEAD TYPE "RDONLY 16 VMFS \"a\"\n", TRUE, FALSE},
    {HEAD TYPE "RW 16 VMFS \"a\" 0\n", TRUE, FALSE},
    {HEAD TYPE "RW 16 FLAT \"a\" 0\n", TRUE, TRUE},
    {HEAD TYPE "RW 16 FLAT \"a\"\n", TRUE, FALSE},
    {HEAD TYPE "RW 16 FLAT \"a\" 0 x\n", TRUE, FALSE},
    {HEAD TYPE "RW 16 ZERO\n", TRUE, FALSE},
    {HEAD TYPE "RW 16 VMFS \"B\xfcro\"\n", TRUE, FALSE},
    {HEAD TYPE "RW 16 VMFS \"B\xc3\xbcro\"\n", TRUE, TRUE},
    {HEAD "createtype=\"vmfs\"\n" EXTENT, FALSE, TRUE},
    {HEAD "createType = \"vmfs\"\n" EXTENT, FALSE, TRUE},
    {HEAD TYPE "# CID=1\n" EXTENT, FALSE, TRUE},
    {HEAD TYPE "ddb.comment = \"parentFileNameHint\"\n" EXTENT, FALSE, TRUE},
    {HEAD TYPE EXTENT "parentFileNameHint=\"b\"\n", FALSE, TRUE},
    {HEAD TYPE "parentFileNameHint=\"b\"\n" EXTENT, TRUE, TRUE},
    {HEAD TYPE "parentFileNameHint=\"CID=1\"\n" EXTENT, FALSE, TRUE},
    {HEAD TYPE "parentFileNameHint=\"\"\n" EXTENT, FALSE, TRUE},
    {"# Disk DescriptorFile\nparentCID=ffffffff\nCID=12345678\n" TYPE EXTENT, FALSE, TRUE},
    {"# Disk DescriptorFile\nCID=12345678\n" TYPE EXTENT, FALSE, TRUE},
    {HEAD "CID=1\n" TYPE EXTENT, FALSE, TRUE},
    {"\xef\xbb\xbf" HEAD TYPE EXTENT, FALSE, TRUE},
};

static void test_plain(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(plain_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VmdkDescriptor) descriptor = parse(plain_rows[i].text, &error);
        g_autofree char *shown = g_strescape(plain_rows[i].text, NULL);
        g_test_message("%s", shown);
        g_assert_no_error(error);
        const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, 0);
        g_assert_cmpint(extent->is_plain && g_str_equal(extent->access, "RW"), ==,
                        plain_rows[i].extent);
        g_assert_cmpint(descriptor->is_plain, ==, plain_rows[i].settings);
    }
}

static void test_long(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strnfill(512, 'n');
    g_autofree char *text = g_strdup_printf(HEAD TYPE "RW 1 VMFS \"%s\"\n", name);
    g_autoptr(VmdkDescriptor) descriptor = parse(text, &error);
    g_assert_no_error(error);
    const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, 0);
    g_assert_cmpstr(extent->file_name, ==, name);
    g_assert_false(extent->is_plain); /* qemu would stop after 511 bytes */

    /* qemu looks no farther for the settings than this. */
    g_autofree char *padding = g_strnfill((gsize)20 * 512, '#');
    g_autofree char *far = g_strdup_printf("%s\n" HEAD TYPE EXTENT, padding);
    g_autoptr(VmdkDescriptor) far_descriptor = parse(far, &error);
    g_assert_no_error(error);
    g_assert_cmphex(far_descriptor->cid, ==, 0x12345678);
    g_assert_false(far_descriptor->is_plain);
}

static void test_refused(void)
{
    static const char *const rows[] = {
        "RW 99999999999999999999 FLAT \"a\" 0\n",
        "RW 0 FLAT \"a\" 0\n",
        "RW x FLAT\n",
        "RW 1 FLAT \"a\" -1\n",
        "RW 1 FLAT a 0\n",
        "RW 1 FLAT \"a\n",
        "RW 1 FLAT \"a\" 9999999999999\n",
        "CID=123456789\n",
        "parentCID=none\n",
        "parentCID=\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i]);
        g_assert_null(parse(rows[i], &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_assert_nonnull(drydock_error_get_hint(error));
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) many = g_string_new(NULL);
    for (guint i = 0; i < 5000; i++)
        g_string_append(many, "RW 1 FLAT \"a\" 0\n");
    g_assert_null(parse(many->str, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

static void test_noise(void)
{
    static const char bytes[] = "=\n\"\n=\"\nRW\n\xff\xfe=1\n\0RW 1 FLAT \"a\" 0\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(VmdkDescriptor) noise = vmdk_descriptor_parse(bytes, sizeof(bytes) - 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(noise->extents->len, ==, 0);
    g_assert_false(noise->is_plain);
}

/* Every beginning of a descriptor, and every single byte of it changed. */
static void test_mutated(void)
{
    static const char text[] = HEAD "encoding=\"GBK\"\n" TYPE "parentFileNameHint=\"b\"\n" EXTENT
                                    "RW 5 FLAT \"\x89\xbc\" 7\nddb.iofilters = \"x\"\n";
    for (gsize length = 0; length < sizeof(text); length++) {
        g_autoptr(VmdkDescriptor) descriptor = vmdk_descriptor_parse(text, length, NULL);
        for (guint i = 0; descriptor && i < descriptor->extents->len; i++) {
            const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, i);
            g_assert_cmpuint(extent->sectors, >, 0);
        }
    }
    static const char replacements[] = {'\0', '\n', '\r', '"', ' ', '=', '9', '\xff'};
    for (gsize at = 0; at < sizeof(text) - 1; at++) {
        for (gsize i = 0; i < sizeof(replacements); i++) {
            char changed[sizeof(text)];
            memcpy(changed, text, sizeof(text));
            changed[at] = replacements[i];
            g_autoptr(GError) error = NULL;
            g_autoptr(VmdkDescriptor) descriptor =
                vmdk_descriptor_parse(changed, sizeof(changed) - 1, &error);
            g_assert_true((descriptor == NULL) == (error != NULL));
        }
    }
}

static void test_magic(void)
{
    static const char text[] = "\r\n  # disk descriptorfile\n";
    static const char marked[] = "\xef\xbb\xbf# Disk DescriptorFile\n";
    g_assert_true(vmdk_descriptor_is_text((const uint8_t *)text, strlen(text)));
    g_assert_true(vmdk_descriptor_is_text((const uint8_t *)marked, strlen(marked)));
    g_assert_false(vmdk_descriptor_is_text((const uint8_t *)text, 10));
    g_assert_false(vmdk_descriptor_is_text((const uint8_t *)"   ", 3));
    g_assert_false(vmdk_descriptor_is_text((const uint8_t *)"", 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/vmdk-descriptor/fields", test_fields);
    g_test_add_func("/convert/vmdk-descriptor/parent", test_parent);
    g_test_add_func("/convert/vmdk-descriptor/uuid", test_uuid);
    g_test_add_func("/convert/vmdk-descriptor/plain", test_plain);
    g_test_add_func("/convert/vmdk-descriptor/long", test_long);
    g_test_add_func("/convert/vmdk-descriptor/refused", test_refused);
    g_test_add_func("/convert/vmdk-descriptor/noise", test_noise);
    g_test_add_func("/convert/vmdk-descriptor/mutated", test_mutated);
    g_test_add_func("/convert/vmdk-descriptor/magic", test_magic);
    return g_test_run();
}
