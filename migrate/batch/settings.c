/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What convert is told of one machine. */
#include <string.h>

#include "migrate/batch/manifest.h"

static const size_t texts[] = {
    G_STRUCT_OFFSET(BatchSettings, name),       G_STRUCT_OFFSET(BatchSettings, output),
    G_STRUCT_OFFSET(BatchSettings, profile),    G_STRUCT_OFFSET(BatchSettings, profile_dir),
    G_STRUCT_OFFSET(BatchSettings, network),    G_STRUCT_OFFSET(BatchSettings, disk_bus),
    G_STRUCT_OFFSET(BatchSettings, root),       G_STRUCT_OFFSET(BatchSettings, fs_backend),
    G_STRUCT_OFFSET(BatchSettings, virtio_win), G_STRUCT_OFFSET(BatchSettings, format),
    G_STRUCT_OFFSET(BatchSettings, compress),
};

static const size_t lists[] = {
    G_STRUCT_OFFSET(BatchSettings, network_map), G_STRUCT_OFFSET(BatchSettings, macs),
    G_STRUCT_OFFSET(BatchSettings, addresses),   G_STRUCT_OFFSET(BatchSettings, allow_paths),
    G_STRUCT_OFFSET(BatchSettings, keys),        G_STRUCT_OFFSET(BatchSettings, drivers),
    G_STRUCT_OFFSET(BatchSettings, firstboot),   G_STRUCT_OFFSET(BatchSettings, edits),
};

void batch_settings_clear(BatchSettings *settings)
{
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(G_STRUCT_MEMBER(char *, settings, texts[i]));
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_strfreev(G_STRUCT_MEMBER(char **, settings, lists[i]));
    memset(settings, 0, sizeof(*settings));
}

void batch_settings_copy(const BatchSettings *settings, BatchSettings *ret_copy)
{
    *ret_copy = *settings;
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        G_STRUCT_MEMBER(char *, ret_copy, texts[i]) =
            g_strdup(G_STRUCT_MEMBER(char *, settings, texts[i]));
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        G_STRUCT_MEMBER(char **, ret_copy, lists[i]) =
            g_strdupv(G_STRUCT_MEMBER(char **, settings, lists[i]));
}
