/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the machine field of ELF and PE headers. */
#include "inspect/architecture.h"

#include <string.h>

#include "base/bytes.h"

enum { HEADER_BYTES = 2048 };

/* elf.h EM_*; big: the name where the file is big-endian and that is another machine. */
static const struct {
    uint16_t machine;
    const char *little, *big;
} elf_machines[] = {
    {3, "i686", NULL},      {62, "x86_64", NULL},     {183, "aarch64", "aarch64_be"},
    {40, "armv7l", NULL},   {21, "ppc64le", "ppc64"}, {20, NULL, "ppc"},
    {22, "s390x", "s390x"}, {243, "riscv64", NULL},   {8, "mipsel", "mips"},
};

/* PE format, "Machine Types". */
static const struct {
    uint16_t machine;
    const char *name;
} pe_machines[] = {
    {0x14c, "i686"}, {0x8664, "x86_64"}, {0xaa64, "aarch64"}, {0x1c4, "armv7l"}, {0x200, "ia64"},
};

static const char *find_elf(const uint8_t *header)
{
    gboolean is_big = header[5] == 2;
    uint16_t machine = is_big ? get_be16(header + 18) : get_le16(header + 18);
    for (guint i = 0; i < G_N_ELEMENTS(elf_machines); i++)
        if (elf_machines[i].machine == machine)
            return is_big ? elf_machines[i].big : elf_machines[i].little;
    return NULL;
}

static const char *find_pe(const uint8_t *header, size_t length)
{
    uint32_t offset = get_le32(header + 0x3c);
    if (!range_is_within(offset, 6, length) || memcmp(header + offset, "PE\0\0", 4) != 0)
        return NULL;
    uint16_t machine = get_le16(header + offset + 4);
    for (guint i = 0; i < G_N_ELEMENTS(pe_machines); i++)
        if (pe_machines[i].machine == machine)
            return pe_machines[i].name;
    return NULL;
}

char *architecture_of_program(FsTree *tree, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FsFile) file = NULL;
    uint8_t header[HEADER_BYTES];

    if (!fs_tree_is_file(tree, path))
        return NULL;
    if (!fs_tree_file_open(tree, path, &file, &error)) {
        g_debug("%s: %s", path, error->message);
        return NULL;
    }
    size_t length = (size_t)MIN(fs_file_size(file), sizeof header);
    if (length < 64 || !fs_file_read(file, 0, header, length, &error))
        return NULL;
    if (memcmp(header,
               "\x7f"
               "ELF",
               4) == 0)
        return g_strdup(find_elf(header));
    if (memcmp(header, "MZ", 2) == 0)
        return g_strdup(find_pe(header, length));
    return NULL;
}
