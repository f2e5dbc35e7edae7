/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VDI, Parallels and raw images, by the content that qemu reads from what we hand it. */
#include "base/error.h"
#include "tests/unit/convert/image-case.h"

#define VDI(options) "qemu-img convert -t unsafe -f raw -O vdi " options " base.raw disk.vdi; "
#define PARALLELS "qemu-img convert -t unsafe -f raw -O parallels base.raw disk.hds; "
#define PATCH(image, at, bytes)                                                                    \
    "printf '" bytes "' | dd of=" image " bs=1 seek=" at " conv=notrunc 2>/dev/null; "
#define IMAGE "<Image><GUID>{1}</GUID><Type>Compressed</Type><File>disk.hds</File></Image>"

static const ImageCase vdi[] = {
    {.name = "dynamic",
     .script = VDI(""),
     .file = "disk.vdi",
     .content = "base.raw",
     .variant = "dynamic"},
    {.name = "static",
     .script = VDI("-o static=on"),
     .file = "disk.vdi",
     .content = "base.raw",
     .variant = "static"},
    {.name = "odd-size",
     .script = "truncate -s 5000000 base.raw; " VDI("") "truncate -s 5000192 base.raw",
     .file = "disk.vdi",
     .content = "base.raw"},
    {.name = "differencing",
     .script = VDI("") PATCH("disk.vdi", "76", "\\004"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "snapshot of another disk"},
    {.name = "has-parent",
     .script = VDI("") PATCH("disk.vdi", "445", "\\001"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "snapshot of another disk"},
    {.name = "version",
     .script = VDI("") PATCH("disk.vdi", "70", "\\0"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "version 0.1"},
    {.name = "block-size",
     .script = VDI("") PATCH("disk.vdi", "378", "\\040"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "1 MiB"},
    {.name = "block-extra",
     .script = VDI("") PATCH("disk.vdi", "381", "\\002"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "1 MiB"},
    {.name = "too-few-blocks",
     .script = VDI("") PATCH("disk.vdi", "371", "\\001"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "too few blocks"},
    {.name = "map-beyond-end",
     .script = VDI("") PATCH("disk.vdi", "386", "\\077"),
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "cut-short",
     .script = VDI("") "truncate -s -1 disk.vdi",
     .file = "disk.vdi",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "data-basic",
     .needs_data = TRUE,
     .script = "gzip -dc $DATA/disk-images/vdi/basic.vdi.gz > disk.vdi",
     .file = "disk.vdi",
     .content = "92d551781f9b62f3c8601ffd375cc7547efb1127e3cd2acc652f50f2d31afb8c",
     .variant = "dynamic"},
};

static const ImageCase parallels[] = {
    {.name = "plain", .script = PARALLELS, .file = "disk.hds", .content = "base.raw"},
    {.name = "described",
     .script = PARALLELS "echo '<Parallels_disk_image>" IMAGE
                         "</Parallels_disk_image>' > DiskDescriptor.xml",
     .file = "disk.hds",
     .content = "base.raw"},
    {.name = "snapshots",
     .script = PARALLELS "echo '<Parallels_disk_image>" IMAGE IMAGE
                         "</Parallels_disk_image>' > DiskDescriptor.xml",
     .file = "disk.hds",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "one of 2 images"},
    {.name = "in-use",
     .script = PARALLELS PATCH("disk.hds", "44", "Ynot"),
     .file = "disk.hds",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "not closed cleanly"},
    {.name = "version",
     .script = PARALLELS PATCH("disk.hds", "16", "\\003"),
     .file = "disk.hds",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "header is damaged"},
    {.name = "table-too-small",
     .script = PARALLELS PATCH("disk.hds", "39", "\\001"),
     .file = "disk.hds",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "too small for its size"},
    {.name = "cut-short",
     .script = PARALLELS "truncate -s -1 disk.hds",
     .file = "disk.hds",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "data-v1",
     .needs_data = TRUE,
     .script = "bzip2 -dc $DATA/disk-images/qemu-samples/parallels-v1.bz2 > disk.hds",
     .file = "disk.hds",
     .content = "15faf41ebc93b5f734341cb7a2d909001e3f7306960f9d8bc63894f2a8e5bc45"},
};

static const ImageCase raw[] = {
    {.name = "partitions",
     .file = "base.raw",
     .content = "top.raw",
     .script = "cp top.raw base.raw"},
    {.name = "blank",
     .script = "truncate -s 0 base.raw; truncate -s 8M base.raw",
     .file = "base.raw",
     .content = "base.raw"},
    {.name = "filesystem",
     .script = "truncate -s 0 base.raw; truncate -s 8M base.raw; /sbin/mke2fs -q base.raw",
     .file = "base.raw",
     .content = "base.raw"},
    {.name = "odd-size",
     .script = "printf x >> base.raw",
     .file = "base.raw",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "multiple of 512"},
    {.name = "data-boot-sector", /* of GRUB, without partitions */
     .needs_data = TRUE,
     .script = "bzip2 -dc $DATA/disk-images/qemu-samples/grub_mbr.raw.bz2 > expected; "
               "cp expected disk.raw",
     .file = "disk.raw",
     .content = "expected"},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    image_case_add_all("/convert/vdi", vdi, G_N_ELEMENTS(vdi));
    image_case_add_all("/convert/parallels", parallels, G_N_ELEMENTS(parallels));
    image_case_add_all("/convert/raw", raw, G_N_ELEMENTS(raw));
    return g_test_run();
}
