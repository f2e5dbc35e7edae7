/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qcow2 images and their backing files, by the content that qemu reads from what we hand it. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/run.h"
#include "tests/unit/convert/image-case.h"

#define CONVERT(options)                                                                           \
    "qemu-img convert -t unsafe -f raw -O qcow2 " options " base.raw disk.qcow2; "
#define CHAIN                                                                                      \
    "qemu-img convert -t unsafe -f raw -O qcow2 base.raw base.qcow2; "                             \
    "qemu-img convert -t unsafe -f raw -O qcow2 -B base.qcow2 -F qcow2 middle.raw middle.qcow2; "  \
    "qemu-img convert -t unsafe -f raw -O qcow2 -B middle.qcow2 -F qcow2 top.raw disk.qcow2; "
/* Another name, or format, in the header; nothing else changes. */
#define REBASE(image, name, format)                                                                \
    "qemu-img rebase -u -f qcow2 -b '" name "' -F " format " " image "; "
#define PATCH(at, bytes)                                                                           \
    "printf '" bytes "' | dd of=disk.qcow2 bs=1 seek=" at " conv=notrunc 2>/dev/null; "

/* The extension that names the format of the backing file becomes one that nobody knows. */
static void forget_format(const char *folder, const char *name)
{
    g_autoptr(GByteArray) image = image_case_load(folder, name);
    for (guint at = 104; at < 512; at += 8)
        if (get_be32(image->data + at) == 0xe2792aca)
            put_be32(image->data + at, 0x11111111);
    image_case_save(folder, name, image->data, image->len);
}

static void make_chain_without_format(const char *folder)
{
    g_autofree char *script = g_strdup_printf("cd '%s'; " CHAIN, folder);
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
    forget_format(folder, "disk.qcow2");
    forget_format(folder, "middle.qcow2");
}

static void make_raw_without_format(const char *folder)
{
    g_autofree char *script = g_strdup_printf(
        "cd '%s'; qemu-img create -q -f qcow2 -b base.raw -F raw disk.qcow2", folder);
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
    forget_format(folder, "disk.qcow2");
}

static const ImageCase accepted[] = {
    {.name = "plain", .script = CONVERT(""), .content = "base.raw"},
    {.name = "version-2", .script = CONVERT("-o compat=0.10"), .content = "base.raw"},
    {.name = "compressed", .script = CONVERT("-c"), .content = "base.raw"},
    {.name = "zstd", .script = CONVERT("-c -o compression_type=zstd"), .content = "base.raw"},
    {.name = "small-clusters", .script = CONVERT("-o cluster_size=512"), .content = "base.raw"},
    {.name = "large-clusters", .script = CONVERT("-o cluster_size=2M"), .content = "base.raw"},
    {.name = "extended-l2", .script = CONVERT("-o extended_l2=on"), .content = "base.raw"},
    {.name = "preallocated", .script = CONVERT("-o preallocation=metadata"), .content = "base.raw"},
    {.name = "odd-size",
     .script = "truncate -s 5000192 base.raw; " CONVERT(""),
     .content = "base.raw"},
    {.name = "internal-snapshot",
     .script = CONVERT("") "qemu-img snapshot -c one disk.qcow2",
     .content = "base.raw"},

    {.name = "chain", .script = CHAIN, .content = "top.raw", .parents = 2},
    {.name = "chain-moved",
     .script = CHAIN "mkdir moved; mv *.qcow2 moved",
     .file = "moved/disk.qcow2",
     .content = "top.raw",
     .parents = 2},
    {.name = "chain-of-another-host",
     .script = CHAIN REBASE("disk.qcow2", "/var/lib/libvirt/images/middle.qcow2", "qcow2")
         REBASE("middle.qcow2", "file:base.qcow2", "qcow2"),
     .content = "top.raw",
     .parents = 2},
    {.name = "chain-without-format",
     .prepare = make_chain_without_format,
     .content = "top.raw",
     .parents = 2},
    {.name = "raw-below",
     .script = "qemu-img convert -t unsafe -f raw -O qcow2 -B base.raw -F raw top.raw disk.qcow2",
     .content = "top.raw",
     .parents = 1},
    {.name = "raw-below-without-a-mark",
     .script = "dd if=/dev/zero of=base.raw bs=512 count=1 conv=notrunc 2>/dev/null; "
               "qemu-img create -q -f qcow2 -b base.raw -F raw disk.qcow2",
     .content = "base.raw",
     .parents = 1},
    {.name = "vmdk-below",
     .script =
         "qemu-img convert -t unsafe -f raw -O vmdk base.raw base.vmdk; "
         "qemu-img convert -t unsafe -f raw -O vmdk -B base.vmdk -F vmdk middle.raw middle.vmdk; "
         "LC_ALL=C sed -i 's/version=1/VERSION=1/' middle.vmdk; "
         "qemu-img convert -t unsafe -f raw -O qcow2 -B middle.vmdk -F vmdk top.raw disk.qcow2",
     .content = "top.raw",
     .parents = 2},
    {.name = "vhd-below",
     .script = "qemu-img convert -t unsafe -f raw -O vpc -o subformat=dynamic,force_size base.raw "
               "base.vhd; "
               "qemu-img create -q -f qcow2 -b base.vhd -F vpc disk.qcow2",
     .content = "base.raw",
     .parents = 1},
    {.name = "grown",
     .script = "qemu-img create -q -f qcow2 -b base.raw -F raw disk.qcow2 9M; "
               "truncate -s 9M base.raw",
     .content = "base.raw",
     .parents = 1},
    {.name = "allowed-path",
     .script = CHAIN "mkdir golden vm; mv base.qcow2 golden; mv *.qcow2 vm; cd vm; " REBASE(
         "middle.qcow2", "../golden/base.qcow2", "qcow2"),
     .file = "vm/disk.qcow2",
     .allow = "golden",
     .content = "top.raw",
     .parents = 2},

    {.name = "data-zstd",
     .needs_data = TRUE,
     .script = "gzip -dc $DATA/disk-images/qcow2/basic-zstd.qcow2.gz > disk.qcow2",
     .content = "3c86a52ad19ebbe34acffb812d276817ddca56522eb72de2b984d70ffb20582f"},
    {.name = "data-fat16",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/qcow2/fat16.qcow2 disk.qcow2",
     .content = "595dbba68a86eda08e9c4f9bd4c8716cbb579cb778df8b1bcd9b2157169a0665"},
    {.name = "data-lvm",
     .needs_data = TRUE,
     .script = "cp $DATA/volumes/lvm/lvm.qcow2 disk.qcow2",
     .content = "a652bd8e068d83eb74647afbe542cba40a25479a18a91c637fab2c7858f8da20"},
    {.name = "data-windows",
     .needs_data = TRUE,
     .script = "xz -dc $DATA/filesystems/ntfs/windows_volume.qcow2.xz > disk.qcow2",
     .content = "44abe9deca9658f331a2bdba2deb53192d04f35d157a1fb3ba0597b03f0524f2"},
#define DATA_CHAIN                                                                                 \
    "for i in 1 2 3; do gzip -dc "                                                                 \
    "$DATA/disk-images/qcow2/backing-chain/backing-chain-$i.qcow2.gz > backing-chain-$i.qcow2; "   \
    "done"
    {.name = "data-chain-1",
     .needs_data = TRUE,
     .script = DATA_CHAIN,
     .file = "backing-chain-1.qcow2",
     .parents = 2,
     .content = "186334af67c1acb54b08ded0b6a419571000755d4c810c8b768a30281e2ab074"},
    {.name = "data-chain-2",
     .needs_data = TRUE,
     .script = DATA_CHAIN,
     .file = "backing-chain-2.qcow2",
     .parents = 1,
     .content = "8e2e850f2a31828f6f053f70f1fbfa71a42ce0571c6d8cd2a7ca0e21e1db8341"},
    {.name = "data-chain-3",
     .needs_data = TRUE,
     .script = DATA_CHAIN,
     .file = "backing-chain-3.qcow2",
     .content = "4a57a3a5c273c7c1144743ecafc7b23181f6e23c8abad104493a63a3599bd276"},
};

static const ImageCase refused[] = {
    {.name = "backing-missing",
     .script = CHAIN "rm base.qcow2",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'base.qcow2', which is missing"},
    {.name = "backing-outside",
     .script = CHAIN REBASE("disk.qcow2", "../middle.qcow2", "qcow2") "mkdir vm; mv disk.qcow2 vm",
     .file = "vm/disk.qcow2",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'../middle.qcow2'"},
    {.name = "backing-link-out",
     .script = "mkdir vm; ln -s /etc/passwd vm/base.raw; cd vm; qemu-img create -q -u -f qcow2 -b "
               "base.raw -F raw disk.qcow2 8M",
     .file = "vm/disk.qcow2",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "leads out"},
    {.name = "backing-absolute",
     .script = "qemu-img create -q -u -f qcow2 -b /etc/passwd -F raw disk.qcow2 8M",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'/etc/passwd'"},
    {.name = "backing-device",
     .script = "qemu-img create -q -u -f qcow2 -b /dev/sda -F host_device disk.qcow2 8M",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'/dev/sda'"},
    {.name = "backing-json",
     .script = "qemu-img create -q -u -f qcow2 -b "
               "'json:{\"driver\":\"file\",\"filename\":\"base.raw\"}' -F raw disk.qcow2 8M",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "json:"},
    {.name = "backing-nbd",
     .script = "qemu-img create -q -u -f qcow2 -b nbd://localhost/x -F raw disk.qcow2 8M",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "nbd:"},
    {.name = "backing-format-unknown",
     .script = "qemu-img create -q -u -f qcow2 -b base.raw -F qed disk.qcow2 8M",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "not read: qed"},
    {.name = "backing-format-wrong",
     .script = "qemu-img create -q -u -f qcow2 -b base.raw -F qcow2 disk.qcow2 8M",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "is not of the format"},
    {.name = "backing-raw-not-said", /* qemu would guess, and the guest may write any magic */
     .prepare = make_raw_without_format,
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "of a format that nothing names"},
    {.name = "backing-damaged",
     .script = CHAIN "truncate -s 300K base.qcow2",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "'base.qcow2': the image is cut short"},
    {.name = "circle",
     .script = CHAIN REBASE("middle.qcow2", "disk.qcow2", "qcow2"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "back to itself"},
    {.name = "circle-below",
     .script = CHAIN REBASE("middle.qcow2", "base.qcow2", "qcow2")
         REBASE("base.qcow2", "middle.qcow2", "qcow2"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "back to itself"},
    {.name = "own-backing",
     .script = "qemu-img create -q -u -f qcow2 -b disk.qcow2 -F qcow2 x.qcow2 8M; "
               "mv x.qcow2 disk.qcow2",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "back to itself"},
    {.name = "data-file",
     .script = "qemu-img create -q -f qcow2 -o data_file=data.raw disk.qcow2 8M",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "another file"},
    {.name = "encrypted", /* making a real one measures time, which fails on a busy host */
     .script = CONVERT("") PATCH("35", "\\002"),
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "encrypted"},
    {.name = "corrupt-bit",
     .script = CONVERT("") PATCH("79", "\\002"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "marked as corrupt"},
    {.name = "unknown-feature",
     .script = CONVERT("") PATCH("72", "\\001"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "features"},
    {.name = "version-1",
     .script = CONVERT("") PATCH("7", "\\001"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "qcow version 1"},
    {.name = "cut-short",
     .script = CONVERT("") "truncate -s -300K disk.qcow2",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "cut-to-header",
     .script = CONVERT("") "truncate -s 100K disk.qcow2",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "l1-too-small",
     .script = CONVERT("") PATCH("24", "\\0\\001"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "L1 table"},
    {.name = "l1-too-large",
     .script = CONVERT("") PATCH("36", "\\377"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "L1 table"},
    {.name = "cluster-bits",
     .script = CONVERT("") PATCH("23", "\\077"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cluster size"},
    {.name = "size-0",
     .script = CONVERT("") PATCH("24", "\\0\\0\\0\\0\\0\\0\\0\\0"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "virtual size 0"},

    {.name = "data-hostile",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/qcow2/hostile/invalid-qcow-large-size.img disk.qcow2",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "qcow version 1"},
    {.name = "data-chain-broken",
     .needs_data = TRUE,
     .script = "gzip -dc $DATA/disk-images/qcow2/backing-chain/backing-chain-1.qcow2.gz > "
               "disk.qcow2",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'backing-chain-2.qcow2'"},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    image_case_add_all("/convert/qcow2", accepted, G_N_ELEMENTS(accepted));
    image_case_add_all("/convert/qcow2/refused", refused, G_N_ELEMENTS(refused));
    return g_test_run();
}
