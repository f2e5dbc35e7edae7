/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An INF, from its text to what it installs on every processor and to edits of a registry. */
#include <string.h>

#include "registry/edit.h"
#include "tests/fuzz/fuzz-target.h"
#include "windows/boot_device_ids.h"
#include "windows/inf_driver.h"
#include "windows/inf_rows.h"

static const InfTarget targets[] = {
    {INF_ARCHITECTURE_X86, 5, 1, 2600, 1},
    {INF_ARCHITECTURE_AMD64, 6, 1, 7601, 3},
    {INF_ARCHITECTURE_AMD64, 10, 0, 19045, 1},
    {INF_ARCHITECTURE_ARM64, 10, 0, 26100, 2},
};

static void check_text(const char *text)
{
    if (!text || !g_utf8_validate(text, -1, NULL))
        g_error("no text, or one that is not UTF-8");
}

/* What an INF names stays below the package's folder. */
static void check_path(const char *path)
{
    g_auto(GStrv) components = g_strsplit(path, "/", 0);

    check_text(path);
    for (guint i = 0; components[i]; i++) {
        if (g_str_equal(components[i], "..") || g_str_equal(components[i], "."))
            g_error("a path that leads out: %s", path);
    }
}

static void check_rows(const GPtrArray *rows)
{
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < rows->len; i++) {
        const InfRegistryRow *row = g_ptr_array_index(rows, i);

        check_text(row->root);
        check_text(row->subkey);
        check_text(row->name);
        if (!row->data)
            g_error("a row without data");
    }
    if (!inf_rows_add_edits(rows, NULL, "Key", edits, "fuzz", &error))
        g_error("rows need nothing that could fail here");
}

static void check_install(const InfInstall *install)
{
    check_text(install->section);
    for (guint i = 0; i < install->files->len; i++) {
        const InfFile *file = g_ptr_array_index(install->files, i);

        check_path(file->source);
        check_text(file->target);
        check_text(file->subdir);
    }
    for (guint i = 0; i < install->services->len; i++) {
        const InfService *service = g_ptr_array_index(install->services, i);
        g_autofree char *name = inf_service_file_name(service);

        check_text(service->name);
        check_text(service->group);
        check_text(name);
        check_rows(service->registry);
        check_rows(service->event_log);
    }
    check_rows(install->registry);
    check_rows(install->hardware);
    check_rows(install->co_installers);
}

static void check_driver(const Inf *inf, const InfTarget *target)
{
    g_autofree char *reason = NULL;
    g_autoptr(InfDriver) driver = inf_driver_new(inf, target, &reason);
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(GPtrArray) critical = NULL;

    if (!driver != !!reason)
        g_error("a refusal without a reason, or a reason without one");
    if (!driver)
        return;
    if (!driver->models->len)
        g_error("a driver for no device");
    for (guint i = 0; i < driver->installs->len; i++)
        check_install(g_ptr_array_index(driver->installs, i));
    ids = boot_device_ids_new(driver);
    critical = boot_device_ids_new_critical(driver);
    for (guint i = 0; i < critical->len; i++) {
        if (strchr(g_ptr_array_index(critical, i), '\\'))
            g_error("a key name with a backslash");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(Inf) inf = inf_parse(bytes, "fuzz.inf", &error);
    g_autoptr(Inf) included = NULL;
    g_autoptr(GPtrArray) includes = NULL;
    g_autoptr(GPtrArray) files = NULL;

    if (!inf != !!error)
        g_error("a refusal without a reason, or a reason without one");
    if (!inf)
        return 0;
    includes = inf_list_includes(inf);
    for (guint i = 0; i < includes->len; i++) {
        if (strpbrk(g_ptr_array_index(includes, i), "\\/"))
            g_error("an included file in another folder");
    }
    included = inf_parse(bytes, "included.inf", &error);
    inf_append(inf, included);
    files = inf_list_source_files(inf);
    for (guint i = 0; i < files->len; i++)
        check_path(g_ptr_array_index(files, i));
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++)
        check_driver(inf, &targets[i]);
    return 0;
}
