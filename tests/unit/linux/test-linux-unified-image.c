/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The initramfs inside a unified kernel image. */
#include <string.h>

#include "base/bytes.h"
#include "linux-test-guest.h"
#include "linux/unified_image.h"

enum { HEADER = 0x80, OPTIONAL_BYTES = 0xf0, TABLE = HEADER + 24 + OPTIONAL_BYTES, SIZE = 0x1000 };
enum { INITRD = 0x800, INITRD_BYTES = 100, PADDED_BYTES = 0x200 };

static void put_section(uint8_t *image, guint index, const char *name, guint32 in_memory,
                        guint32 in_file, guint32 offset)
{
    uint8_t *section = image + TABLE + index * 40;

    memcpy(section, name, strlen(name));
    put_le32(section + 8, in_memory);
    put_le32(section + 16, in_file);
    put_le32(section + 20, offset);
}

/* As objcopy makes it: sections in the file are padded. */
static void make_image(uint8_t *image)
{
    memset(image, 0, SIZE);
    memcpy(image, "MZ", 2);
    put_le32(image + 0x3c, HEADER);
    memcpy(image + HEADER, "PE\0\0", 4);
    put_le16(image + HEADER + 6, 3);
    put_le16(image + HEADER + 20, OPTIONAL_BYTES);
    put_section(image, 0, ".text", 0x10, 0x200, 0x400);
    put_section(image, 1, ".initrd", INITRD_BYTES, PADDED_BYTES, INITRD);
    put_section(image, 2, ".linux", 0x10, 0x200, 0xa00);
    memset(image + INITRD, 'i', INITRD_BYTES);
}

static GBytes *find(const uint8_t *image, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(image, size);

    return unified_image_initramfs(bytes);
}

static void test_found(void)
{
    uint8_t image[SIZE];
    g_autoptr(GBytes) initramfs = NULL;

    make_image(image);
    initramfs = find(image, SIZE);
    g_assert_nonnull(initramfs);
    g_assert_cmpuint(g_bytes_get_size(initramfs), ==, INITRD_BYTES);
    g_assert_cmpint(memcmp(g_bytes_get_data(initramfs, NULL), image + INITRD, INITRD_BYTES), ==, 0);
}

static void test_not_found(void)
{
    static const struct {
        gsize offset;
        guint32 value;
    } damage[] = {
        {0, 0},                       /* no DOS header */
        {0x3c, SIZE - 8},             /* the header would be cut off */
        {0x3c, 0xffffffff},           /* and outside */
        {HEADER, 0},                  /* no PE header */
        {HEADER + 20, 0xffff},        /* sections outside the file */
        {HEADER + 4, 0xffff0000},     /* 65,535 of them */
        {TABLE + 40, 0},              /* another name */
        {TABLE + 40 + 8, 0},          /* empty */
        {TABLE + 40 + 20, SIZE - 10}, /* content outside */
        {TABLE + 40 + 20, 0xfffffff0},
    };
    uint8_t image[SIZE];

    for (guint i = 0; i < G_N_ELEMENTS(damage); i++) {
        make_image(image);
        put_le32(image + damage[i].offset, damage[i].value);
        g_assert_null(find(image, SIZE));
    }
    make_image(image);
    for (gsize size = 0; size < INITRD + INITRD_BYTES; size += size < TABLE + 130 ? 1 : 50)
        g_assert_null(find(image, size));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/unified-image/found", test_found);
    g_test_add_func("/linux/unified-image/not-found", test_not_found);
    return g_test_run();
}
