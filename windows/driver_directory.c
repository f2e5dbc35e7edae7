/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folder names of virtio-win's ISO, its RPM and its build tree, and their order per Windows. */
#include "windows/driver_directory.h"

#define RANK_UNNAMED 50u

#define PRODUCT_WORKSTATION 1u
#define ANY 0u
#define SERVER 1u
#define CLIENT 2u

/* The first row that fits is used. Which builds are in which folder: virtio-win-pkg-scripts. */
static const struct {
    guint major, minor, build;
    guint kind;
    const char *folders[4];
} order_table[] = {
    {5, 1, 0, ANY, {"xp", "2k3"}},
    {5, 2, 0, ANY, {"2k3", "xp"}},
    {6, 0, 0, ANY, {"2k8"}},
    {6, 1, 0, CLIENT, {"w7", "2k8r2"}},
    {6, 1, 0, SERVER, {"2k8r2", "w7"}},
    {6, 2, 0, CLIENT, {"w8", "2k12"}},
    {6, 2, 0, SERVER, {"2k12", "w8"}},
    {6, 3, 0, CLIENT, {"w8.1", "2k12r2"}},
    {6, 3, 0, SERVER, {"2k12r2", "w8.1"}},
    {10, 0, 22000, CLIENT, {"w11", "w10"}},
    {10, 0, 0, CLIENT, {"w10"}},
    {10, 0, 26100, SERVER, {"2k25", "w11", "w10"}},
    {10, 0, 20348, SERVER, {"2k22", "w10"}},
    {10, 0, 17764, SERVER, {"2k19", "2k16", "w10"}}, /* semi-annual channel */
    {10, 0, 17763, SERVER, {"2k19", "w10"}},
    {10, 0, 16299, SERVER, {"2k19", "2k16", "w10"}}, /* semi-annual channel */
    {10, 0, 0, SERVER, {"2k16", "w10"}},
};

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

static const char *const *find_order(const InfTarget *target)
{
    guint kind = target->product_type > PRODUCT_WORKSTATION ? SERVER : CLIENT;

    for (guint i = 0; i < G_N_ELEMENTS(order_table); i++) {
        if (order_table[i].major == target->major && order_table[i].minor == target->minor &&
            target->build >= order_table[i].build &&
            (order_table[i].kind == ANY || order_table[i].kind == kind))
            return order_table[i].folders;
    }
    return NULL;
}

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
    for (guint i = 0; order && i < G_N_ELEMENTS(order_table[0].folders) && order[i]; i++) {
        if (g_str_equal(folder, order[i]))
            return i;
    }
    return DRIVER_DIRECTORY_FOREIGN;
}

gboolean driver_directory_rank(const char *path, const InfTarget *target, guint *ret_rank)
{
    g_auto(GStrv) components = g_strsplit(path, "/", 0);
    const char *const *order = find_order(target);
    guint rank = RANK_UNNAMED;

    /* The last component is the file. */
    for (guint i = 0; components[i] && components[i + 1]; i++) {
        const char *folder = find_folder(components[i]);

        for (guint j = 0; j < G_N_ELEMENTS(architecture_table); j++) {
            if (g_ascii_strcasecmp(components[i], architecture_table[j].component) == 0 &&
                architecture_table[j].architecture != target->architecture)
                return FALSE;
        }
        if (folder)
            rank = rank_of_folder(folder, order);
    }
    *ret_rank = rank;
    return TRUE;
}
