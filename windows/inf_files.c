/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CopyFiles, SourceDisksFiles, SourceDisksNames and DestinationDirs of an INF. */
#include "windows/inf_files.h"

#include "windows/inf_registry.h"

#define DIRID_DRIVER_STORE 13
/* Of one install section; the largest virtio-win package copies three. */
#define FILES_LIMIT 512u
/* Of SourceDisksFiles, in which each name is looked for from the start. */
#define SOURCES_LIMIT 2048u

void inf_file_free(InfFile *file)
{
    if (!file)
        return;
    g_free(file->source);
    g_free(file->target);
    g_free(file->subdir);
    g_free(file);
}

/* Line of "section.arch", else of "section". */
static const InfLine *find_decorated(const Inf *inf, const char *section, const char *architecture,
                                     const char *key)
{
    g_autofree char *decorated = g_strdup_printf("%s.%s", section, architecture);
    const InfLine *line = inf_find_line(inf, decorated, key);

    return line ? line : inf_find_line(inf, section, key);
}

/* "sub\dir" → "sub/dir/", "" → "". Components that would leave the package's folder are dropped. */
static void append_directory(GString *path, const char *directory)
{
    g_auto(GStrv) components = g_strsplit_set(directory, "\\/", 0);

    for (guint i = 0; components[i]; i++) {
        if (*components[i] && !g_str_equal(components[i], ".") && !g_str_equal(components[i], ".."))
            g_string_append_printf(path, "%s/", components[i]);
    }
}

static char *source_path(const Inf *inf, const char *architecture, const char *name)
{
    const InfLine *file = find_decorated(inf, "SourceDisksFiles", architecture, name);
    GString *path = g_string_new(NULL);

    if (file) {
        const InfLine *disk =
            find_decorated(inf, "SourceDisksNames", architecture, inf_line_field(file, 0));

        append_directory(path, inf_line_field(disk, 3));
        append_directory(path, inf_line_field(file, 1));
    }
    append_directory(path, name);
    if (path->len)
        g_string_truncate(path, path->len - 1);
    return g_string_free(path, FALSE);
}

static void append_file(const Inf *inf, const char *architecture, const char *list,
                        const char *target, const char *source, GPtrArray *files)
{
    const InfLine *place = list ? inf_find_line(inf, "DestinationDirs", list) : NULL;
    InfFile *file;

    if (!*target || files->len >= FILES_LIMIT)
        return;
    if (!place)
        place = inf_find_line(inf, "DestinationDirs", "DefaultDestDir");
    file = g_new0(InfFile, 1);
    file->source = source_path(inf, architecture, *source ? source : target);
    file->target = g_strdup(target);
    file->dirid = place ? inf_parse_number(inf_line_field(place, 0)) : DIRID_DRIVER_STORE;
    file->subdir = g_strdup(inf_line_field(place, 1));
    g_ptr_array_add(files, file);
}

static void append_list(const Inf *inf, const char *architecture, const char *name,
                        GPtrArray *files)
{
    const GPtrArray *lines = inf_get_section(inf, name);

    if (*name == '@') {
        append_file(inf, architecture, NULL, name + 1, name + 1, files);
        return;
    }
    for (guint i = 0; lines && i < lines->len && files->len < FILES_LIMIT; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);

        append_file(inf, architecture, name, inf_line_field(line, 0), inf_line_field(line, 1),
                    files);
    }
}

void inf_files_collect(const Inf *inf, const char *section, InfArchitecture architecture,
                       GPtrArray *files)
{
    g_autoptr(GPtrArray) lists = inf_list_directive(inf, section, "CopyFiles");

    for (guint i = 0; i < lists->len && files->len < FILES_LIMIT; i++)
        append_list(inf, inf_architecture_name(architecture), g_ptr_array_index(lists, i), files);
}

GPtrArray *inf_list_source_files(const Inf *inf)
{
    static const char *const architectures[] = {"", "x86", "amd64", "arm64"};
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < G_N_ELEMENTS(architectures); i++) {
        g_autofree char *decorated = g_strdup_printf("SourceDisksFiles.%s", architectures[i]);
        const GPtrArray *sections[] = {inf_get_section(inf, "SourceDisksFiles"),
                                       inf_get_section(inf, decorated)};

        for (guint j = 0; j < G_N_ELEMENTS(sections); j++) {
            for (guint k = 0; sections[j] && k < MIN(sections[j]->len, SOURCES_LIMIT); k++) {
                const InfLine *line = g_ptr_array_index(sections[j], k);

                if (line->key)
                    g_ptr_array_add(paths, source_path(inf, architectures[i], line->key));
            }
        }
    }
    return paths;
}
