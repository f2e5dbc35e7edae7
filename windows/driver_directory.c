/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folder names of virtio-win's ISO, its RPM and its build tree. */
#include "windows/driver_directory.h"

#define RANK_UNNAMED 50u

/* Other spellings: RPM's drivers/<arch>/ and the build tree. */
static const struct {
    const char *component, *folder;
} alias_table[] = {
    {"winxp", "xp"},         {"wxp", "xp"},    {"win2003", "2k3"},  {"wnet", "2k3"},
    {"win2008", "2k8"},      {"vista", "2k8"}, {"wlh", "2k8"},      {"win7", "w7"},
    {"win2008r2", "2k8r2"},  {"win8", "w8"},   {"win2012", "2k12"}, {"win8.1", "w8.1"},
    {"win2012r2", "2k12r2"}, {"win10", "w10"}, {"win2016", "2k16"}, {"win2019", "2k19"},
    {"win2022", "2k22"},     {"win11", "w11"}, {"win2025", "2k25"},
};

static const struct {
    const char *component;
    InfArchitecture architecture;
} architecture_table[] = {
    {"x86", INF_ARCHITECTURE_X86},     {"i386", INF_ARCHITECTURE_X86},
    {"amd64", INF_ARCHITECTURE_AMD64}, {"x64", INF_ARCHITECTURE_AMD64},
    {"arm64", INF_ARCHITECTURE_ARM64},
};

/* The folder's usual name when it means a Windows; NULL: it does not. */
static const char *find_folder(const char *component)
{
    for (guint i = 0; i < G_N_ELEMENTS(alias_table); i++) {
        if (g_ascii_strcasecmp(component, alias_table[i].component) == 0 ||
            g_ascii_strcasecmp(component, alias_table[i].folder) == 0)
            return alias_table[i].folder;
    }
    return NULL;
}

static guint rank_of_folder(const char *folder, const char *const *order)
{
    for (guint i = 0; order && order[i]; i++) {
        if (g_ascii_strcasecmp(folder, order[i]) == 0)
            return MIN(i, RANK_UNNAMED - 1);
    }
    return DRIVER_DIRECTORY_FOREIGN;
}

gboolean driver_directory_rank(const char *path, const char *const *order,
                               InfArchitecture architecture, guint *ret_rank)
{
    g_auto(GStrv) components = g_strsplit(path, "/", 0);
    guint rank = RANK_UNNAMED;

    /* The last component is the file. */
    for (guint i = 0; components[i] && components[i + 1]; i++) {
        const char *folder = find_folder(components[i]);

        for (guint j = 0; j < G_N_ELEMENTS(architecture_table); j++) {
            if (g_ascii_strcasecmp(components[i], architecture_table[j].component) == 0 &&
                architecture_table[j].architecture != architecture)
                return FALSE;
        }
        if (folder)
            rank = rank_of_folder(folder, order);
    }
    *ret_rank = rank;
    return TRUE;
}
