/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From sections to a driver: Version, Manufacturer, Models, DDInstall and its Services. */
#include "windows/inf_driver.h"

#include <string.h>

#include "windows/inf_files.h"
#include "windows/inf_registry.h"

/* Far above any driver of one device family; what is beyond is not looked at. */
#define MODELS_LIMIT 2048u
#define INSTALLS_LIMIT 64u
#define SERVICES_LIMIT 16u

#define SPSVCINST_ASSOCSERVICE 0x2u
/* 1601-01-01 to 1970-01-01. */
#define FILETIME_UNIX_EPOCH_SECONDS G_GINT64_CONSTANT(11644473600)
#define FILETIME_PER_SECOND 10000000

static void service_free(void *data)
{
    InfService *service = data;

    g_free(service->name);
    g_free(service->binary);
    g_free(service->group);
    g_ptr_array_unref(service->registry);
    g_ptr_array_unref(service->event_log);
    g_free(service);
}

static void install_free(void *data)
{
    InfInstall *install = data;

    g_free(install->section);
    g_ptr_array_unref(install->files);
    g_ptr_array_unref(install->services);
    g_ptr_array_unref(install->hardware);
    g_free(install);
}

static void model_free(void *data)
{
    InfModel *model = data;

    g_free(model->description);
    g_ptr_array_unref(model->ids);
    g_free(model);
}

void inf_driver_free(InfDriver *driver)
{
    if (!driver)
        return;
    g_free(driver->class_name);
    g_free(driver->class_guid);
    g_free(driver->provider);
    g_free(driver->catalog);
    g_ptr_array_unref(driver->models);
    g_ptr_array_unref(driver->installs);
    g_free(driver);
}

/* First of name.nt<arch>, name.nt and name that exists; NULL: none. */
static char *find_decorated_section(const Inf *inf, const char *name, InfArchitecture architecture)
{
    g_autofree char *for_architecture =
        g_strdup_printf("%s.nt%s", name, inf_architecture_name(architecture));
    g_autofree char *for_nt = g_strdup_printf("%s.nt", name);

    if (inf_get_section(inf, for_architecture))
        return g_steal_pointer(&for_architecture);
    if (inf_get_section(inf, for_nt))
        return g_steal_pointer(&for_nt);
    return inf_get_section(inf, name) ? g_strdup(name) : NULL;
}

static GPtrArray *registry_rows_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)inf_registry_row_free);
}

static void append_service(const Inf *inf, const InfLine *line, GPtrArray *services)
{
    const char *section = inf_line_field(line, 2);
    const char *event_log_section = inf_line_field(line, 3);
    const char *binary = inf_get_field(inf, section, "ServiceBinary", 0);
    const char *group = inf_get_field(inf, section, "LoadOrderGroup", 0);
    const InfLine *values[3];
    static const char *const keys[] = {"ServiceType", "StartType", "ErrorControl"};
    InfService *service;

    if (!*inf_line_field(line, 0) || !*section || !binary)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        values[i] = inf_find_line(inf, section, keys[i]);
    service = g_new0(InfService, 1);
    service->name = g_strdup(inf_line_field(line, 0));
    service->is_function_driver =
        (inf_parse_number(inf_line_field(line, 1)) & SPSVCINST_ASSOCSERVICE) != 0;
    service->type = inf_parse_number(inf_line_field(values[0], 0));
    service->start = inf_parse_number(inf_line_field(values[1], 0));
    service->error_control = inf_parse_number(inf_line_field(values[2], 0));
    service->binary = g_strdup(binary);
    service->group = g_strdup(group ? group : "");
    service->registry = registry_rows_new();
    service->event_log = registry_rows_new();
    inf_registry_collect(inf, section, service->registry);
    if (*event_log_section)
        inf_registry_collect(inf, event_log_section, service->event_log);
    g_ptr_array_add(services, service);
}

static InfInstall *install_new(const Inf *inf, const char *section, InfArchitecture architecture)
{
    InfInstall *install = g_new0(InfInstall, 1);
    g_autofree char *services = g_strdup_printf("%s.Services", section);
    g_autofree char *hardware = g_strdup_printf("%s.HW", section);
    const GPtrArray *lines = inf_get_section(inf, services);

    install->section = g_strdup(section);
    install->files = g_ptr_array_new_with_free_func((GDestroyNotify)inf_file_free);
    install->services = g_ptr_array_new_with_free_func(service_free);
    install->hardware = registry_rows_new();
    inf_files_collect(inf, section, architecture, install->files);
    inf_registry_collect(inf, hardware, install->hardware);
    for (guint i = 0; lines && i < lines->len && install->services->len < SERVICES_LIMIT; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);

        if (line->key && g_ascii_strcasecmp(line->key, "AddService") == 0)
            append_service(inf, line, install->services);
    }
    return install;
}

/* NULL: the model's install section is not there. */
static const InfInstall *find_install(const Inf *inf, InfDriver *driver, const char *name,
                                      InfArchitecture architecture)
{
    g_autofree char *section = find_decorated_section(inf, name, architecture);
    InfInstall *install;

    if (!section)
        return NULL;
    for (guint i = 0; i < driver->installs->len; i++) {
        install = g_ptr_array_index(driver->installs, i);
        if (g_ascii_strcasecmp(install->section, section) == 0)
            return install;
    }
    if (driver->installs->len >= INSTALLS_LIMIT)
        return NULL;
    install = install_new(inf, section, architecture);
    g_ptr_array_add(driver->installs, install);
    return install;
}

static void append_models(const Inf *inf, InfDriver *driver, const char *section,
                          InfArchitecture architecture)
{
    const GPtrArray *lines = inf_get_section(inf, section);

    for (guint i = 0; lines && i < lines->len && driver->models->len < MODELS_LIMIT; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);
        const InfInstall *install;
        InfModel *model;

        if (!line->key || line->fields->len < 2)
            continue;
        install = find_install(inf, driver, inf_line_field(line, 0), architecture);
        if (!install)
            continue;
        model = g_new0(InfModel, 1);
        model->description = g_strdup(line->key);
        model->install = install;
        model->ids = g_ptr_array_new_with_free_func(g_free);
        for (guint j = 1; j < line->fields->len; j++) {
            if (*inf_line_field(line, j))
                g_ptr_array_add(model->ids, g_ascii_strup(inf_line_field(line, j), -1));
        }
        g_ptr_array_add(driver->models, model);
    }
}

/* The models section one manufacturer line gives target; NULL: none applies. */
static char *choose_models_section(const InfLine *manufacturer, const InfTarget *target,
                                   guint64 *ret_rank)
{
    const char *base = inf_line_field(manufacturer, 0);
    const char *best = NULL;
    guint64 best_rank = 0;

    for (guint i = 1; i < manufacturer->fields->len; i++) {
        const char *decoration = inf_line_field(manufacturer, i);
        guint64 rank;

        if (*decoration && inf_target_applies(decoration, target, &rank) && rank >= best_rank) {
            best = decoration;
            best_rank = rank;
        }
    }
    if (best) {
        *ret_rank = best_rank;
        return g_strdup_printf("%s.%s", base, best);
    }
    if (manufacturer->fields->len == 1 && inf_target_applies(NULL, target, &best_rank)) {
        *ret_rank = best_rank;
        return g_strdup(base);
    }
    return NULL;
}

static void read_date(const char *text, InfDriver *driver)
{
    g_auto(GStrv) parts = g_strsplit_set(text, "/-", 4);
    g_autoptr(GDateTime) date = NULL;

    if (g_strv_length(parts) != 3)
        return;
    date = g_date_time_new_utc((gint)inf_parse_number(parts[2]), (gint)inf_parse_number(parts[0]),
                               (gint)inf_parse_number(parts[1]), 0, 0, 0);
    if (date && g_date_time_get_year(date) >= 1601)
        driver->date = (guint64)(g_date_time_to_unix(date) + FILETIME_UNIX_EPOCH_SECONDS) *
                       FILETIME_PER_SECOND;
}

static void read_version(const Inf *inf, InfDriver *driver)
{
    const InfLine *line = inf_find_line(inf, "Version", "DriverVer");
    g_auto(GStrv) numbers = g_strsplit(inf_line_field(line, 1), ".", 5);

    read_date(inf_line_field(line, 0), driver);
    for (guint i = 0; i < 4 && numbers[i]; i++) {
        guint32 number = inf_parse_number(g_strstrip(numbers[i]));

        driver->version[i] = number > G_MAXUINT16 ? G_MAXUINT16 : (guint16)number;
    }
}

static char *read_version_text(const Inf *inf, const char *key)
{
    const char *text = inf_get_field(inf, "Version", key, 0);

    return g_strdup(text ? text : "");
}

static char *read_catalog(const Inf *inf, InfArchitecture architecture)
{
    g_autofree char *for_architecture =
        g_strdup_printf("CatalogFile.nt%s", inf_architecture_name(architecture));
    const char *name = inf_get_field(inf, "Version", for_architecture, 0);

    if (!name)
        name = inf_get_field(inf, "Version", "CatalogFile.nt", 0);
    return name ? g_strdup(name) : read_version_text(inf, "CatalogFile");
}

InfDriver *inf_driver_new(const Inf *inf, const InfTarget *target, char **ret_reason)
{
    const GPtrArray *manufacturers = inf_get_section(inf, "Manufacturer");
    g_autoptr(InfDriver) driver = g_new0(InfDriver, 1);
    gboolean applies = FALSE;

    driver->models = g_ptr_array_new_with_free_func(model_free);
    driver->installs = g_ptr_array_new_with_free_func(install_free);
    driver->class_name = read_version_text(inf, "Class");
    driver->class_guid = read_version_text(inf, "ClassGuid");
    driver->provider = read_version_text(inf, "Provider");
    driver->catalog = read_catalog(inf, target->architecture);
    read_version(inf, driver);
    for (guint i = 0; manufacturers && i < manufacturers->len; i++) {
        guint64 rank = 0;
        g_autofree char *section =
            choose_models_section(g_ptr_array_index(manufacturers, i), target, &rank);

        if (!section)
            continue;
        applies = TRUE;
        driver->target_rank = MAX(driver->target_rank, rank);
        append_models(inf, driver, section, target->architecture);
    }
    if (driver->models->len)
        return g_steal_pointer(&driver);
    *ret_reason = applies ? g_strdup("it lists no device")
                          : g_strdup_printf("it has no section for Windows %u.%u build %u on %s",
                                            target->major, target->minor, target->build,
                                            inf_architecture_name(target->architecture));
    return NULL;
}

guint64 inf_driver_version(const InfDriver *driver)
{
    guint64 version = 0;

    for (guint i = 0; i < 4; i++)
        version = version << 16 | driver->version[i];
    return version;
}

char *inf_driver_version_text(const InfDriver *driver)
{
    return g_strdup_printf("%u.%u.%u.%u", driver->version[0], driver->version[1],
                           driver->version[2], driver->version[3]);
}

gboolean inf_driver_has_id(const InfDriver *driver, const char *id)
{
    for (guint i = 0; i < driver->models->len; i++) {
        const InfModel *model = g_ptr_array_index(driver->models, i);

        for (guint j = 0; j < model->ids->len; j++) {
            if (g_ascii_strcasecmp(g_ptr_array_index(model->ids, j), id) == 0)
                return TRUE;
        }
    }
    return FALSE;
}
