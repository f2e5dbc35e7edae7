/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For benchmarks: a chain of three VHDX images from a raw one, as checkpoints leave it.

     make-vhdx-chain RAW FOLDER

   makes FOLDER/0.vhdx, 1.avhdx and 2.avhdx (the disk itself), which together read as RAW: nine of
   ten pieces of 64 KiB are in the base, the others in one of the two above, mostly in runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/convert/vhdx-writer.h"

#define LAYERS 3
#define PIECE_BYTES 65536
#define LINKAGES "{%02x%02x%02x%02x-0000-0000-0000-000000000000}"

/* Runs of one to eight pieces; of the rest all is in the base. */
static guint choose_layer(GRand *random, guint *left, guint before)
{
    if (*left > 0) {
        (*left)--;
        return before;
    }
    *left = (guint)g_rand_int_range(random, 0, 8);
    return g_rand_int_range(random, 0, 10) ? 0 : (guint)g_rand_int_range(random, 1, LAYERS);
}

static VhdxWriter *open_layer(const char *folder, guint layer, uint64_t size)
{
    g_autofree char *name = g_strdup_printf(layer ? "%u.avhdx" : "%u.vhdx", layer);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *parent = g_strdup_printf(layer > 1 ? ".\\%u.avhdx" : ".\\%u.vhdx", layer - 1);
    g_autofree char *linkage = g_strdup_printf(LINKAGES, layer, layer, layer, layer);
    VhdxSpec spec = {.disk_bytes = size,
                     .block_bytes = layer ? 2 << 20 : 32 << 20,
                     .sector_bytes = 512,
                     .has_parent = layer > 0,
                     .parent_linkage = linkage,
                     .relative_path = parent};
    memset(spec.data_write_guid, (int)layer + 1, 4);
    return vhdx_writer_open(path, &spec);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: make-vhdx-chain RAW FOLDER\n"), EXIT_FAILURE;
    g_autoptr(GMappedFile) raw = g_mapped_file_new(argv[1], FALSE, NULL);
    if (!raw)
        return fprintf(stderr, "cannot read %s\n", argv[1]), EXIT_FAILURE;
    const uint8_t *content = (const uint8_t *)g_mapped_file_get_contents(raw);
    uint64_t size = g_mapped_file_get_length(raw);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    VhdxWriter *writers[LAYERS];
    guint layer = 0, left = 0;
    for (guint i = 0; i < LAYERS; i++)
        writers[i] = open_layer(argv[2], i, size);
    for (uint64_t at = 0; at + PIECE_BYTES <= size; at += PIECE_BYTES) {
        layer = choose_layer(random, &left, layer);
        vhdx_writer_write(writers[layer], at, content + at, PIECE_BYTES);
    }
    for (guint i = 0; i < LAYERS; i++)
        vhdx_writer_close(writers[i]);
    return EXIT_SUCCESS;
}
