/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMDK images of every kind, by the content that qemu reads from what we hand it. */
#include <string.h>

#include "base/error.h"
#include "base/run.h"
#include "tests/unit/convert/image-case.h"
#include "tests/unit/convert/vmdk-writer.h"

#define CONVERT(subformat)                                                                         \
    "qemu-img convert -t unsafe -f raw -O vmdk -o subformat=" subformat " base.raw disk.vmdk; "
/* A descriptor with what comes between createType and the end. */
#define DESCRIPTOR(type, lines)                                                                    \
    "printf '# Disk DescriptorFile\\nversion=1\\nCID=12345678\\nparentCID=ffffffff\\n"             \
    "createType=\"" type "\"\\n# Extent description\\n" lines                                      \
    "# The Disk Data Base\\nddb.adapterType = \"lsilogic\"\\n' > disk.vmdk; "
#define ALL_SECTORS "16384"
/* The content in three pieces of 1, 6 and 1 MiB; the one between has a hole in the expectation. */
#define PIECES                                                                                     \
    "head -c 1M base.raw > a; tail -c +1048577 base.raw | head -c 6M > b; "                        \
    "tail -c 1M base.raw > c; cp base.raw expected.raw; "
#define PIECES_WITH_HOLE                                                                           \
    PIECES "dd if=/dev/zero of=expected.raw bs=1M seek=1 count=6 conv=notrunc 2>/dev/null; "

static void make_cowd(const char *folder)
{
    g_autoptr(GByteArray) base = image_case_load(folder, "base.raw");
    vmdk_write_cowd(folder, "disk-cowd.vmdk", base, NULL);
}

/* 40 MiB: three grain tables, the second of which is not needed. */
static GByteArray *make_large(const char *folder)
{
    GByteArray *large = image_case_load(folder, "base.raw");
    guint length = large->len;
    g_byte_array_set_size(large, 5 * length);
    memset(large->data + length, 0, (gsize)4 * length);
    memcpy(large->data + (gsize)4 * length, large->data, length);
    image_case_save(folder, "large.raw", large->data, large->len);
    return large;
}

static void make_se_sparse(const char *folder)
{
    g_autoptr(GByteArray) large = make_large(folder);
    vmdk_write_se_sparse(folder, "disk-sesparse.vmdk", large, NULL, 0);
}

static void make_se_sparse_with_journal(const char *folder)
{
    g_autoptr(GByteArray) large = make_large(folder);
    vmdk_write_se_sparse(folder, "disk-sesparse.vmdk", large, NULL, 1);
}

static void make_stream_with_footer(const char *folder)
{
    g_autofree char *raw = g_build_filename(folder, "base.raw", NULL);
    g_autofree char *image = g_build_filename(folder, "disk.vmdk", NULL);
    const char *const argv[] = {"qemu-img", "convert", "-f", "raw",
                                "-O",       "vmdk",    "-o", "subformat=streamOptimized",
                                raw,        image,     NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
    vmdk_append_footer(folder, "disk.vmdk");
}

/* The value of a setting in the descriptor inside, which must not change its length. */
#define REPLACE(from, to) "LC_ALL=C sed -i 's/" from "/" to "/' disk.vmdk; "

static const ImageCase accepted[] = {
    /* What qemu-img writes goes to qemu as it is. */
    {.name = "sparse",
     .script = CONVERT("monolithicSparse"),
     .content = "base.raw",
     .variant = "monolithicSparse",
     .options = IMAGE_CASE_PLAIN},
    {.name = "stream",
     .script = CONVERT("streamOptimized"),
     .content = "base.raw",
     .variant = "streamOptimized",
     .options = IMAGE_CASE_PLAIN},
    {.name = "flat",
     .script = CONVERT("monolithicFlat"),
     .content = "base.raw",
     .variant = "monolithicFlat",
     .options = IMAGE_CASE_PLAIN},
    {.name = "split-sparse",
     .script = CONVERT("twoGbMaxExtentSparse"),
     .content = "base.raw",
     .variant = "twoGbMaxExtentSparse",
     .options = IMAGE_CASE_PLAIN},
    {.name = "split-flat",
     .script = CONVERT("twoGbMaxExtentFlat"),
     .content = "base.raw",
     .variant = "twoGbMaxExtentFlat",
     .options = IMAGE_CASE_PLAIN},
    {.name = "wrong-ending",
     .script = CONVERT("monolithicSparse") "mv disk.vmdk disk.img",
     .file = "disk.img",
     .content = "base.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "comma-in-path",
     .script = "mkdir a,b; " CONVERT("monolithicFlat") "mv disk*.vmdk a,b",
     .file = "a,b/disk.vmdk",
     .content = "base.raw",
     .options = IMAGE_CASE_PLAIN},

    /* Of ESXi. */
    {.name = "vmfs",
     .script = "cp base.raw disk-flat.vmdk; " DESCRIPTOR("vmfs", "RW " ALL_SECTORS
                                                                 " VMFS \"disk-flat.vmdk\"\\n"),
     .content = "base.raw",
     .variant = "vmfs",
     .options = IMAGE_CASE_PLAIN},
    {.name = "vmfs-thin",
     .script = "cp base.raw disk-flat.vmdk; " DESCRIPTOR("vmfsThin", "RW " ALL_SECTORS
                                                                     " VMFS \"disk-flat.vmdk\"\\n"),
     .content = "base.raw",
     .variant = "vmfsThin",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "vmfs-offset",
     .script = PIECES "cat a base.raw > disk-flat.vmdk; " DESCRIPTOR(
         "vmfs", "RW " ALL_SECTORS " VMFS \"disk-flat.vmdk\" 2048\\n"),
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "vmfs-sparse",
     .prepare = make_cowd,
     .script = DESCRIPTOR("vmfsSparse", "RW " ALL_SECTORS " VMFSSPARSE \"disk-cowd.vmdk\"\\n"),
     .content = "base.raw",
     .variant = "vmfsSparse",
     .options = IMAGE_CASE_PLAIN},
    {.name = "se-sparse",
     .prepare = make_se_sparse,
     .script = DESCRIPTOR("seSparse", "RW 81920 SESPARSE \"disk-sesparse.vmdk\"\\n"),
     .content = "large.raw",
     .variant = "seSparse",
     .options = IMAGE_CASE_PLAIN},

    /* What qemu would leave out, count twice or refuse. */
    {.name = "zero-extent",
     .script =
         PIECES_WITH_HOLE DESCRIPTOR("monolithicFlat", "RW 2048 FLAT \"a\" 0\\nRW 12288 ZERO\\n"
                                                       "RW 2048 FLAT \"c\" 0\\n"),
     .content = "expected.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "zero-extents",
     .script = PIECES_WITH_HOLE DESCRIPTOR("custom",
                                           "RW 2048 FLAT \"a\" 0\\nRW 4096 ZERO\\n"
                                           "RDONLY 8192 ZERO \"x\" 5\\nRW 2048 FLAT \"c\" 0\\n"),
     .content = "expected.raw",
     .variant = "custom",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "rdonly-extent",
     .script = PIECES DESCRIPTOR("twoGbMaxExtentFlat",
                                 "RW 2048 FLAT \"a\" 0\\nRDONLY 12288 FLAT \"b\" 0\\n"
                                 "RW 2048 FLAT \"c\" 0\\n"),
     .content = "expected.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "blank-lines",
     .script = PIECES DESCRIPTOR("twoGbMaxExtentFlat",
                                 "\\nRW 2048 FLAT \"a\" 0\\n\\n \\t\\nRW 12288 FLAT \"b\" 0\\n"
                                 "\\r\\nRW 2048 FLAT \"c\" 0\\n\\n"),
     .content = "expected.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "blank-line-before-comment",
     .script = PIECES DESCRIPTOR("twoGbMaxExtentFlat",
                                 "\\n# Extents\\nRW 2048 FLAT \"a\" 0\\n"
                                 "RW 12288 FLAT \"b\" 0\\nRW 2048 FLAT \"c\" 0\\n\\n"),
     .content = "expected.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "crlf",
     .script = CONVERT("monolithicFlat") "sed -i 's/$/\\r/' disk.vmdk",
     .content = "base.raw",
     .options = IMAGE_CASE_ANY},
    {.name = "spacing-and-case",
     .script = PIECES "printf '\\n  # disk descriptorfile\\n\\n version = 1\\nCID = 1\\n"
                      "PARENTCID= ffffffff \\ncreatetype = \"Custom\"\\n"
                      "  rw\\t2048   flat \"a\"\\n# RW 1 FLAT \"nowhere\" 0\\n"
                      "RW  12288 Flat  \"b\"  0\\nRW 2048 FLAT \"c\" 0\\n' > disk.vmdk",
     .content = "expected.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "no-cids",
     .script = CONVERT("monolithicFlat") "sed -i '/CID/d' disk.vmdk",
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "words-in-comments",
     .script = CONVERT("monolithicFlat") "sed -i '2i # createType=\"seSparse\" "
                                         "parentFileNameHint=\"/etc/passwd\" CID=5' disk.vmdk",
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "byte-order-mark",
     .script = CONVERT("monolithicFlat") "sed -i '1s/^/\\xef\\xbb\\xbf/' disk.vmdk",
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "flat-offset",
     .script =
         PIECES "cat c b a > all; " DESCRIPTOR("twoGbMaxExtentFlat", "RW 2048 FLAT \"all\" 14336\\n"
                                                                     "RW 12288 FLAT \"all\" 2048\\n"
                                                                     "RW 2048 FLAT \"all\" 0\\n"),
     .content = "expected.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "mixed-extents",
     .script = PIECES "for i in a b; do qemu-img convert -t unsafe -f raw -O vmdk -o "
                      "subformat=twoGbMaxExtentSparse $i $i.vmdk; done; " DESCRIPTOR(
                          "custom", "RW 2048 SPARSE \"a-s001.vmdk\"\\n"
                                    "RDONLY 12288 SPARSE \"b-s001.vmdk\"\\n"
                                    "RW 2048 FLAT \"c\" 0\\n"),
     .content = "expected.raw",
     .options = IMAGE_CASE_REWRITTEN},

    /* Names. */
    {.name = "other-case",
     .script = CONVERT("monolithicFlat") "mv disk-flat.vmdk Disk-Flat.VMDK",
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "subfolder",
     .script = CONVERT(
         "monolithicFlat") "mkdir 'a \"b\"'; mv disk-flat.vmdk 'a \"b\"/x,y'; ln -s 'a \"b\"' sub; "
                           "sed -i 's,disk-flat.vmdk,sub/x\\,y,' disk.vmdk",
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "through-a-link",
     .script = "mkdir real; " CONVERT("monolithicFlat") "mv disk*.vmdk real; ln -s real link",
     .file = "link/disk.vmdk",
     .content = "base.raw"},
    {.name = "allowed-path",
     .script = "mkdir in out; " CONVERT(
         "monolithicFlat") "mv disk.vmdk in; mv disk-flat.vmdk out; "
                           "sed -i \"s,disk-flat.vmdk,$PWD/out/disk-flat.vmdk,\" in/disk.vmdk",
     .file = "in/disk.vmdk",
     .allow = "out",
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "utf8-name",
     .script = "cp base.raw Büro-flat.vmdk; " DESCRIPTOR(
         "monolithicFlat", "RW " ALL_SECTORS " FLAT \"Büro-flat.vmdk\" 0\\n"),
     .content = "base.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "windows-1252-name",
     .script = "cp base.raw Büro-flat.vmdk; " DESCRIPTOR(
         "monolithicFlat",
         "encoding=\"windows-1252\"\\nRW " ALL_SECTORS " FLAT \"B\\374ro-flat.vmdk\" 0\\n"),
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "shift-jis-name",
     .script = "cp base.raw 仮想-flat.vmdk; " DESCRIPTOR(
         "monolithicFlat", "encoding=\"Shift_JIS\"\\nRW " ALL_SECTORS
                           " FLAT \"\\211\\274\\221\\172-flat.vmdk\" 0\\n"),
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},

    /* Footers. */
    {.name = "footer",
     .prepare = make_stream_with_footer,
     .content = "base.raw",
     .variant = "streamOptimized",
     .options = IMAGE_CASE_PLAIN},
    {.name = "footer-odd-descriptor",
     .prepare = make_stream_with_footer,
     .script = REPLACE("parentCID=f", "parentcid=f"),
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "footer-separate-descriptor",
     .prepare = make_stream_with_footer,
     .script = "mv disk.vmdk stream; " DESCRIPTOR("streamOptimized",
                                                  "RDONLY " ALL_SECTORS " SPARSE \"stream\"\\n"),
     .content = "base.raw",
     .options = IMAGE_CASE_REWRITTEN},

    {.name = "data-ext2",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/vmdk/ext2.vmdk disk.vmdk",
     .content = "a6c2f0e39afe6c6ab432ca5465349fcefe8dc944398e97b2d957d3f89dbb5d80",
     .variant = "monolithicSparse",
     .options = IMAGE_CASE_PLAIN},
    {.name = "data-stream",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/vmdk/streamOptimized.vmdk disk.vmdk",
     .content = "a3bcf05f07a1c06a3380eeca8571f0efb2b85afafa1e21662b8cad436d1f7727",
     .variant = "streamOptimized"},
    {.name = "data-monolith",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/vmdk/vmdk-monolith.img disk.vmdk",
     .content = "de2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31",
     .options = IMAGE_CASE_PLAIN},
    {.name = "data-split",
     .needs_data = TRUE,
     .script = "cd $DATA/disk-images/vmdk; cat twoGbMaxExtentSparse.vmdk > $OLDPWD/disk.vmdk; "
               "xz -dc twoGbMaxExtentSparse-s001.vmdk.xz > "
               "$OLDPWD/twoGbMaxExtentSparse-s001.vmdk",
     .content = "a3bcf05f07a1c06a3380eeca8571f0efb2b85afafa1e21662b8cad436d1f7727",
     .options = IMAGE_CASE_PLAIN},
    {.name = "data-windows-1",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/ovf-with-disks/win2008r2-two-disks/disk1.vmdk disk.vmdk",
     .content = "e5a00aa9991ac8a5ee3109844d84a55583bd20572ad3ffcd42792f3c36b183ad"},
    {.name = "data-windows-2",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/ovf-with-disks/win2008r2-two-disks/disk2.vmdk disk.vmdk",
     .content = "e5a00aa9991ac8a5ee3109844d84a55583bd20572ad3ffcd42792f3c36b183ad"},
};

#define ONE_FLAT(type, line) "cp base.raw disk-flat.vmdk; " DESCRIPTOR(type, line)
#define FLAT_LINE "RW " ALL_SECTORS " FLAT \"disk-flat.vmdk\" 0\\n"

static const ImageCase refused[] = {
    {.name = "noaccess",
     .script = ONE_FLAT("monolithicFlat", FLAT_LINE "NOACCESS 5 ZERO\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "NOACCESS"},
    {.name = "unknown-extent",
     .script = ONE_FLAT("monolithicFlat", FLAT_LINE "RW 5 VSANSPARSE \"x\"\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "'VSANSPARSE'"},
    {.name = "full-device",
     .script = ONE_FLAT("fullDevice", "RW 100 FLAT \"\\\\\\\\.\\\\PhysicalDrive0\" 0\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "physical disk (fullDevice)"},
    {.name = "partitioned-device",
     .script =
         ONE_FLAT("partitionedDevice", "RW 63 FLAT \"disk-pt.vmdk\" 0\\n"
                                       "RW 9 FLAT \"/dev/sda\" 63 partitionUUID /dev/sda1\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "physical disk (partitionedDevice)"},
    {.name = "device-mapping",
     .script = ONE_FLAT("vmfsRawDeviceMap", "RW 100 VMFSRDM \"disk-rdm.vmdk\"\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "vmfsRawDeviceMap"},
    {.name = "device-mapping-extent",
     .script = ONE_FLAT("vmfs", "RW 100 VMFSRDM \"disk-rdm.vmdk\"\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "physical disk (VMFSRDM)"},
    {.name = "passthrough",
     .script = ONE_FLAT("vmfsPassthroughRawDeviceMap", "RW 1 VMFSRDM \"disk-rdmp.vmdk\"\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "physical disk"},
    {.name = "remote",
     .script = ONE_FLAT("remote", FLAT_LINE),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "another host"},
    {.name = "encrypted",
     .script = ONE_FLAT("vmfs", FLAT_LINE "ddb.iofilters = \"vmwarevmcrypt\"\\n"),
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "encrypted"},
    {.name = "journal",
     .prepare = make_se_sparse_with_journal,
     .script = DESCRIPTOR("seSparse", "RW 81920 SESPARSE \"disk-sesparse.vmdk\"\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "journal"},

    /* Names that lead elsewhere. */
    {.name = "parent-folder",
     .script =
         "mkdir in; mv base.raw x; " DESCRIPTOR("vmfs", "RW 9 VMFS \"../x\"\\n") "mv disk.vmdk in",
     .file = "in/disk.vmdk",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "'../x'"},
    {.name = "absolute",
     .script = DESCRIPTOR("monolithicFlat", "RW 1 FLAT \"/etc/passwd\" 0\\n"),
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "'/etc/passwd'"},
    {.name = "protocol-json",
     .script = DESCRIPTOR("monolithicFlat", "RW 1 FLAT \"json:{}\" 0\\n"),
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "'json:{}'"},
    {.name = "protocol-nbd",
     .script = DESCRIPTOR("vmfs", "RW 1 VMFS \"nbd:localhost:1\"\\n"),
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "'nbd:localhost:1'"},
    {.name = "object-store",
     .script = DESCRIPTOR("vmfs", "RW 1 VMFS \"vsan://5f-00\"\\n"),
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "'vsan://5f-00'"},
    {.name = "link-out",
     .script = "mkdir in; " CONVERT("monolithicFlat") "mv disk.vmdk in; "
                                                      "ln -s ../disk-flat.vmdk in",
     .file = "in/disk.vmdk",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "leads out"},
    {.name = "pipe",
     .script = CONVERT("monolithicFlat") "rm disk-flat.vmdk; mkfifo disk-flat.vmdk",
     .code = DRYDOCK_ERROR_PRECONDITION,
     .message = "not a regular file"},
    {.name = "missing",
     .script = CONVERT("monolithicFlat") "rm disk-flat.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'disk-flat.vmdk' is missing"},

    /* Damage. */
    {.name = "flat-short",
     .script = CONVERT("monolithicFlat") "truncate -s 4M disk-flat.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "8192 of 16384 sectors"},
    {.name = "flat-offset-wraps",
     .script = ONE_FLAT("monolithicFlat", "RW 16 FLAT \"disk-flat.vmdk\" 18446744073709551615\\n"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "impossible extent line"},
    {.name = "extent-line",
     .script = ONE_FLAT("monolithicFlat", FLAT_LINE "RW 16 FLAT disk-flat.vmdk 0\\n"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "impossible extent line"},
    {.name = "no-extents",
     .script = DESCRIPTOR("monolithicFlat", ""),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "no extents"},
    {.name = "sparse-is-flat",
     .script = ONE_FLAT("twoGbMaxExtentSparse", "RW " ALL_SECTORS " SPARSE \"disk-flat.vmdk\"\\n"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "no sparse extent"},
    {.name = "sectors-differ",
     .script = CONVERT("twoGbMaxExtentSparse") "sed -i 's/RW 16384/RW 16383/' disk.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "16384 sectors, but its descriptor says 16383"},
    {.name = "sectors-differ-inside",
     .script = CONVERT("monolithicSparse") REPLACE("RW 16384", "RW 16385"),
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "16385"},
    {.name = "sparse-short",
     .script = CONVERT("monolithicSparse") "truncate -s -100K disk.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "split-short",
     .script = CONVERT("twoGbMaxExtentSparse") "truncate -s -100K disk-s001.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "'disk-s001.vmdk': the image is cut short"},
    {.name = "cowd-short",
     .prepare = make_cowd,
     .script = DESCRIPTOR("vmfsSparse",
                          "RW " ALL_SECTORS
                          " VMFSSPARSE \"disk-cowd.vmdk\"\\n") "truncate -s -1 disk-cowd.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "se-sparse-short",
     .prepare = make_se_sparse,
     .script = DESCRIPTOR(
         "seSparse",
         "RW 81920 SESPARSE \"disk-sesparse.vmdk\"\\n") "truncate -s -1 disk-sesparse.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "cut short"},
    {.name = "footer-missing",
     .prepare = make_stream_with_footer,
     .script = "truncate -s -512 disk.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "footer"},
    {.name = "text-mode-transfer",
     .script = CONVERT(
         "monolithicSparse") "printf '\\n' | dd of=disk.vmdk bs=1 seek=75 conv=notrunc 2>/dev/null",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "text mode"},
    {.name = "version-4",
     .script = CONVERT("monolithicSparse") "printf '\\004' | dd of=disk.vmdk bs=1 seek=4 "
                                           "conv=notrunc 2>/dev/null",
     .code = DRYDOCK_ERROR_UNSUPPORTED,
     .message = "version 4"},
    {.name = "capacity-0", /* qemu would take the extents of the descriptor inside */
     .script = CONVERT("monolithicSparse") "printf '\\0\\0' | dd of=disk.vmdk bs=1 seek=12 "
                                           "conv=notrunc 2>/dev/null",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "header is damaged"},
    {.name = "split-extent",
     .script = CONVERT("twoGbMaxExtentSparse"),
     .file = "disk-s001.vmdk",
     .code = DRYDOCK_ERROR_USAGE,
     .message = "not its descriptor"},
    {.name = "cowd-extent",
     .prepare = make_cowd,
     .file = "disk-cowd.vmdk",
     .code = DRYDOCK_ERROR_USAGE,
     .message = "not its descriptor"},
    {.name = "se-sparse-extent",
     .prepare = make_se_sparse,
     .file = "disk-sesparse.vmdk",
     .code = DRYDOCK_ERROR_USAGE,
     .message = "not its descriptor"},

    {.name = "data-invalid",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/vmdk/vmdk-invalid.img disk.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = ""},
    {.name = "data-fuzzed",
     .needs_data = TRUE,
     .script = "bzip2 -dc $DATA/disk-images/qemu-samples/afl9.vmdk.bz2 > disk.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "header is damaged"},
    {.name = "data-no-extent",
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/vmdk/monolithicFlat-descriptor-only.vmdk disk.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "'monolithicFlat-flat.vmdk' is missing"},
    {.name = "data-hostile", /* a VMDK, whatever its name says */
     .needs_data = TRUE,
     .script = "cp $DATA/disk-images/qcow2/hostile/invalid-qcow-backing-file.img disk.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "header is damaged"},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    image_case_add_all("/convert/vmdk-image", accepted, G_N_ELEMENTS(accepted));
    image_case_add_all("/convert/vmdk-image/refused", refused, G_N_ELEMENTS(refused));
    return g_test_run();
}
