/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads crypttab(5) and finds the volumes that its names stand for. */
#include "inspect/crypttab.h"

#include <string.h>

static void mapping_free(gpointer data)
{
    GuestMapping *mapping = data;
    g_free(mapping->name);
    g_free(mapping->spec);
    g_free(mapping);
}

GPtrArray *crypttab_parse(const char *text)
{
    GPtrArray *mappings = g_ptr_array_new_with_free_func(mapping_free);
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);

    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", -1);
        const char *fields[2] = {NULL};
        guint count = 0;
        for (guint j = 0; words[j] && count < G_N_ELEMENTS(fields); j++)
            if (words[j][0])
                fields[count++] = words[j];
        if (count < G_N_ELEMENTS(fields) || fields[0][0] == '#')
            continue;
        GuestMapping *mapping = g_new0(GuestMapping, 1);
        mapping->name = g_strdup(fields[0]);
        mapping->spec = g_strdup(fields[1]);
        g_ptr_array_add(mappings, mapping);
    }
    return mappings;
}

const Volume *crypttab_find_uuid(const VolumeSet *set, const char *uuid)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume->encryption_uuid && *uuid &&
            g_ascii_strcasecmp(volume->encryption_uuid, uuid) == 0)
            return volume;
    }
    return NULL;
}

/* What is behind a prefix, without quotes; NULL: spec does not begin so. */
static char *take_prefix(const char *spec, const char *prefix)
{
    if (!g_str_has_prefix(spec, prefix))
        return NULL;
    const char *rest = spec + strlen(prefix);
    size_t length = strlen(rest);
    gboolean quoted = length >= 2 && rest[0] == '"' && rest[length - 1] == '"';
    return quoted ? g_strndup(rest + 1, length - 2) : g_strdup(rest);
}

const Volume *crypttab_find_source(const VolumeSet *set, const Volume *root, const char *spec)
{
    static const char *const prefixes[] = {"UUID=", "/dev/disk/by-uuid/"};
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        g_autofree char *uuid = take_prefix(spec, prefixes[i]);
        const Volume *volume = uuid ? crypttab_find_uuid(set, uuid) : NULL;
        if (volume)
            return volume;
    }
    return volume_set_find_linux(set, root, spec);
}

void crypttab_resolve(GPtrArray *mappings, const VolumeSet *set, const Volume *root)
{
    for (guint i = 0; i < mappings->len; i++) {
        GuestMapping *mapping = g_ptr_array_index(mappings, i);
        mapping->volume = crypttab_find_source(set, root, mapping->spec);
    }
}

static const Volume *find_mapping(const GPtrArray *mappings, const VolumeSet *set, const char *name)
{
    for (guint i = 0; mappings && i < mappings->len; i++) {
        const GuestMapping *mapping = g_ptr_array_index(mappings, i);
        if (g_str_equal(mapping->name, name))
            return mapping->volume;
    }
    return g_str_has_prefix(name, "luks-") ? crypttab_find_uuid(set, name + strlen("luks-")) : NULL;
}

const Volume *crypttab_find_linux(const GPtrArray *mappings, const VolumeSet *set,
                                  const Volume *root, const char *spec)
{
    static const char *const folders[] = {"/dev/mapper/", "/dev/disk/by-id/dm-name-"};
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *name = take_prefix(spec, folders[i]);
        const Volume *volume = name ? find_mapping(mappings, set, name) : NULL;
        if (volume)
            return volume;
    }
    return volume_set_find_linux(set, root, spec);
}
