/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of VMDK images: whose parents they find, and what the whole chain reads as. */
#include <string.h>

#include "base/error.h"
#include "tests/unit/convert/image-case.h"
#include "tests/unit/convert/vmdk-writer.h"

/* As qemu-img writes them, descriptors inside. */
#define HOSTED(base, delta)                                                                        \
    "qemu-img convert -t unsafe -f raw -O vmdk -o subformat=" base " base.raw base.vmdk; "         \
    "qemu-img convert -t unsafe -f raw -O vmdk -o subformat=" delta                                \
    " -B base.vmdk -F vmdk middle.raw middle.vmdk; "                                               \
    "qemu-img convert -t unsafe -f raw -O vmdk -o subformat=" delta                                \
    " -B middle.vmdk -F vmdk top.raw top.vmdk; "

/* As ESXi writes them: a flat base, COWD on it, seSparse on that. */
#define DESCRIPTOR(name, cid, parent_cid, type, hint, extent)                                      \
    "printf '# Disk DescriptorFile\\nversion=3\\nencoding=\"UTF-8\"\\nCID=" cid                    \
    "\\nparentCID=" parent_cid "\\ncreateType=\"" type "\"\\n" hint                                \
    "# Extent description\\nRW 16384 " extent "\\n' > " name "; "
#define HINT(name) "parentFileNameHint=\"" name "\"\\n"
#define ESX_BASE                                                                                   \
    DESCRIPTOR("base.vmdk", "aaaaaaaa", "ffffffff", "vmfs", "", "VMFS \"base-flat.vmdk\"")
#define ESX_MIDDLE(hint)                                                                           \
    DESCRIPTOR("middle.vmdk", "bbbbbbbb", "aaaaaaaa", "vmfsSparse", hint,                          \
               "VMFSSPARSE \"middle-delta.vmdk\"")
#define ESX_TOP(hint)                                                                              \
    DESCRIPTOR("top.vmdk", "cccccccc", "bbbbbbbb", "seSparse", hint,                               \
               "SESPARSE \"top-sesparse.vmdk\"")
#define ESX ESX_BASE ESX_MIDDLE(HINT("base.vmdk")) ESX_TOP(HINT("middle.vmdk"))

/* Also a grain that is zeros in the topmost image only. */
static void make_esx(const char *folder)
{
    const gsize start = 40960, length = 8192;
    g_autoptr(GByteArray) base = image_case_load(folder, "base.raw");
    g_autoptr(GByteArray) middle = image_case_load(folder, "middle.raw");
    g_autoptr(GByteArray) top = image_case_load(folder, "top.raw");
    memset(base->data + start, 0x77, length);
    memset(middle->data + start, 0x78, length);
    memset(top->data + start, 0, length);
    image_case_save(folder, "base-flat.vmdk", base->data, base->len);
    image_case_save(folder, "middle.raw", middle->data, middle->len);
    image_case_save(folder, "top.raw", top->data, top->len);
    vmdk_write_cowd(folder, "middle-delta.vmdk", middle, base);
    vmdk_write_se_sparse(folder, "top-sesparse.vmdk", top, middle, 0);
}

static const ImageCase accepted[] = {
    {.name = "hosted",
     .script = HOSTED("monolithicSparse", "monolithicSparse"),
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "hosted-middle",
     .script = HOSTED("monolithicSparse", "monolithicSparse"),
     .file = "middle.vmdk",
     .parents = 1,
     .content = "middle.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "hosted-split",
     .script = HOSTED("twoGbMaxExtentFlat", "twoGbMaxExtentSparse"),
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "hosted-moved",
     .script = HOSTED("monolithicFlat", "monolithicSparse") "mkdir moved; mv *.vmdk moved",
     .file = "moved/top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "hosted-through-a-link",
     .script = HOSTED("monolithicFlat", "monolithicSparse") "mkdir real; mv *.vmdk real; "
                                                            "ln -s real/top.vmdk link.vmdk",
     .file = "link.vmdk",
     .parents = 2,
     .content = "top.raw"},
    {.name = "hosted-odd-descriptor",
     .script =
         HOSTED("monolithicSparse", "monolithicSparse") "LC_ALL=C sed -i 's/version=1/VERSION=1/' "
                                                        "base.vmdk middle.vmdk top.vmdk",
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "hosted-odd-parent",
     .script = HOSTED("monolithicSparse",
                      "monolithicSparse") "LC_ALL=C sed -i 's/version=1/VERSION=1/' middle.vmdk",
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "esx",
     .prepare = make_esx,
     .script = ESX,
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .variant = "seSparse",
     .options = IMAGE_CASE_PLAIN},
    {.name = "esx-middle",
     .prepare = make_esx,
     .script = ESX,
     .file = "middle.vmdk",
     .parents = 1,
     .content = "middle.raw",
     .variant = "vmfsSparse"},
    {.name = "other-host",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE(HINT("/vmfs/volumes/5f3e/web01/base.vmdk"))
         ESX_TOP(HINT("[datastore 1] web01/middle.vmdk")),
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw"},
    {.name = "other-host-windows",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE(HINT("C:\\\\VMs\\\\web 01\\\\base.vmdk"))
         ESX_TOP(HINT("\\\\\\\\server\\\\share\\\\MIDDLE.VMDK")),
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw"},
    {.name = "no-hints",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE("") ESX_TOP(""),
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw"},
    {.name = "renamed-parent",
     .prepare = make_esx,
     .script = ESX "mv base.vmdk 'golden image.vmdk'; mkdir sub; mv middle.vmdk sub/; "
                   "mv middle-delta.vmdk sub/",
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw"},
    {.name = "parent-in-allowed-path",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE(HINT("../golden/base.vmdk"))
         ESX_TOP(HINT("middle.vmdk")) "mkdir golden vm; mv base*.vmdk golden; mv *.vmdk vm",
     .file = "vm/top.vmdk",
     .allow = "golden",
     .parents = 2,
     .content = "top.raw"},
    {.name = "wrong-name-right-cid",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE(HINT("top.vmdk")) ESX_TOP(HINT("base.vmdk")),
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw"},
    {.name = "odd-extents",
     .prepare = make_esx,
     .script = ESX "sed -i 's/RW 16384/\\nRDONLY 16384/; s/createType=\"vmfs\"/createType="
                   "\"custom\"/' base.vmdk middle.vmdk top.vmdk",
     .file = "top.vmdk",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_REWRITTEN},
};

#define ARCHIVE(options)                                                                           \
    "printf 'config.version = \"8\"\\nvirtualHW.version = \"19\"\\ndisplayName = \"web\"\\n"       \
    "scsi0.present = \"TRUE\"\\nscsi0:0.present = \"TRUE\"\\nscsi0:0.fileName = \"top.vmdk\"\\n'"  \
    " > web.vmx; tar " options " m.tar web.vmx *.vmdk; rm *.vmdk web.vmx; "

static const ImageCase archived[] = {
    {.name = "hosted",
     .script = HOSTED("monolithicSparse", "monolithicSparse") ARCHIVE("-cf"),
     .file = "m.tar",
     .parents = 2,
     .content = "top.raw"},
    {.name = "hosted-split",
     .script = HOSTED("twoGbMaxExtentFlat", "twoGbMaxExtentSparse") ARCHIVE("-cf"),
     .file = "m.tar",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "single",
     .script = "qemu-img convert -t unsafe -f raw -O vmdk -o subformat=streamOptimized top.raw "
               "top.vmdk; " ARCHIVE("-cf"),
     .file = "m.tar",
     .content = "top.raw",
     .options = IMAGE_CASE_PLAIN},
    {.name = "flat",
     .script = "qemu-img convert -t unsafe -f raw -O vmdk -o subformat=monolithicFlat top.raw "
               "top.vmdk; " ARCHIVE("-cf"),
     .file = "m.tar",
     .content = "top.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "esx",
     .prepare = make_esx,
     .script = ESX ARCHIVE("-cf"),
     .file = "m.tar",
     .parents = 2,
     .content = "top.raw",
     .options = IMAGE_CASE_REWRITTEN},
    {.name = "esx-other-host",
     .prepare = make_esx,
     .script =
         ESX_BASE ESX_MIDDLE(HINT("/vmfs/volumes/5f3e/web01/base.vmdk")) ESX_TOP("") ARCHIVE("-cf"),
     .file = "m.tar",
     .parents = 2,
     .content = "top.raw"},
};

static const ImageCase refused[] = {
    {.name = "parent-missing",
     .prepare = make_esx,
     .script = ESX "rm base.vmdk",
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "its parent 'base.vmdk' is missing"},
    {.name = "parent-missing-no-hint",
     .prepare = make_esx,
     .script = ESX_MIDDLE("") ESX_TOP(""),
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "aaaaaaaa"},
    {.name = "parent-changed",
     .prepare = make_esx,
     .script = ESX "sed -i s/aaaaaaaa/aaaaaaab/ base.vmdk",
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "'base.vmdk' was changed after the snapshot"},
    {.name = "hosted-parent-changed",
     .script = HOSTED("monolithicSparse",
                      "monolithicSparse") "LC_ALL=C sed -i 's/^CID=.*/CID=5/' base.vmdk",
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "was changed after the snapshot"},
    {.name = "parent-outside",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE(HINT("../golden/base.vmdk"))
         ESX_TOP(HINT("middle.vmdk")) "mkdir golden vm; mv base*.vmdk golden; mv *.vmdk vm",
     .file = "vm/top.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "base.vmdk"},
    {.name = "parent-json",
     .prepare = make_esx,
     .script = ESX_BASE ESX_MIDDLE(HINT("json:{}")) "sed -i s/aaaaaaaa/11111111/ base.vmdk",
     .file = "middle.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "json:{}"},
    {.name = "parent-is-no-vmdk",
     .prepare = make_esx,
     .script = ESX "cp base.raw base.vmdk",
     .file = "middle.vmdk",
     .code = DRYDOCK_ERROR_NOT_FOUND,
     .message = "base.vmdk"},
    {.name = "hint-without-cid",
     .prepare = make_esx,
     .script = ESX "sed -i s/parentCID=aaaaaaaa/parentCID=ffffffff/ middle.vmdk",
     .file = "middle.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "contradicts itself"},
    {.name = "circle",
     .prepare = make_esx,
     .script = ESX "sed -i 's/parentCID=aaaaaaaa/parentCID=cccccccc/; s/\"base.vmdk/\"top.vmdk/' "
                   "middle.vmdk",
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "back to itself"},
    {.name = "own-parent",
     .prepare = make_esx,
     .script = ESX_BASE DESCRIPTOR("middle.vmdk", "aaaaaaa1", "aaaaaaa1", "vmfsSparse",
                                   HINT("middle.vmdk"), "VMFSSPARSE \"middle-delta.vmdk\""),
     .file = "middle.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "back to itself"},
    {.name = "sizes-differ",
     .prepare = make_esx,
     .script = ESX "sed -i 's/RW 16384/RW 8192/' base.vmdk",
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "it has 16384 sectors, but its parent"},
    {.name = "parent-damaged",
     .prepare = make_esx,
     .script = ESX "truncate -s 1M base-flat.vmdk",
     .file = "top.vmdk",
     .code = DRYDOCK_ERROR_CORRUPT,
     .message = "its parent 'middle.vmdk': its parent 'base.vmdk': its extent 'base-flat.vmdk'"},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    image_case_add_all("/convert/vmdk-chain", accepted, G_N_ELEMENTS(accepted));
    image_case_add_all("/convert/vmdk-chain/archived", archived, G_N_ELEMENTS(archived));
    image_case_add_all("/convert/vmdk-chain/refused", refused, G_N_ELEMENTS(refused));
    return g_test_run();
}
