/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text part of a VMDK: what VMware writes, and what it must not do to us. */
#include "convert/vmdk_descriptor.h"

#include <string.h>

#include "base/error.h"

static VmdkDescriptor *parse(const char *text, GError **error)
{
    return vmdk_descriptor_parse(text, strlen(text), error);
}

static void test_plain(void)
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
    g_assert_false(extent->after_blank_line);
    extent = g_ptr_array_index(descriptor->extents, 2);
    g_assert_cmpstr(extent->type, ==, "ZERO");
    g_assert_null(extent->file_name);
}

static void test_blank_line_and_parent(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VmdkDescriptor) descriptor =
        parse("# Disk DescriptorFile\nparentCID = 12345678\n"
              "parentFileNameHint = \"base.vmdk\"\n\nRW 1 SPARSE \"a\"\n",
              &error);
    g_assert_no_error(error);
    g_assert_cmphex(descriptor->parent_cid, ==, 0x12345678);
    g_assert_cmpstr(descriptor->parent_hint, ==, "base.vmdk");
    const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, 0);
    g_assert_true(extent->after_blank_line);
}

static void test_hostile(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(parse("RW 99999999999999999999 FLAT \"a\" 0\n", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);

    g_autoptr(GString) many = g_string_new(NULL);
    for (guint i = 0; i < 5000; i++)
        g_string_append(many, "RW 1 FLAT \"a\" 0\n");
    g_clear_error(&error);
    g_assert_null(parse(many->str, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);

    g_clear_error(&error);
    g_autoptr(VmdkDescriptor) noise = parse("=\n\"\n=\"\nRW\nRW x FLAT\n\xff\xfe=1\n", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(noise->extents->len, ==, 0);
}

static void test_magic(void)
{
    static const char text[] = "\r\n  # disk descriptorfile\n";
    g_assert_true(vmdk_descriptor_is_text((const uint8_t *)text, strlen(text)));
    g_assert_false(vmdk_descriptor_is_text((const uint8_t *)text, 10));
    g_assert_false(vmdk_descriptor_is_text((const uint8_t *)"   ", 3));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/vmdk-descriptor/plain", test_plain);
    g_test_add_func("/convert/vmdk-descriptor/blank-line-and-parent", test_blank_line_and_parent);
    g_test_add_func("/convert/vmdk-descriptor/hostile", test_hostile);
    g_test_add_func("/convert/vmdk-descriptor/magic", test_magic);
    return g_test_run();
}
