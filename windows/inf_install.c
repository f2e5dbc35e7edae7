/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDInstall with its .Services, .HW, .CoInstallers, .Interfaces, .Components and .Wdf. */
#include "windows/inf_install.h"

#include "windows/inf_files.h"
#include "windows/inf_registry.h"

/* Far above any driver of one device family; what is beyond is not looked at. */
#define SERVICES_LIMIT 16u

#define SPSVCINST_ASSOCSERVICE 0x2u

static void service_free(void *data)
{
    InfService *service = data;

    g_free(service->name);
    g_free(service->binary);
    g_free(service->group);
    g_free(service->display_name);
    g_ptr_array_unref(service->dependencies);
    g_ptr_array_unref(service->registry);
    g_ptr_array_unref(service->event_log);
    g_free(service);
}

void inf_install_free(InfInstall *install)
{
    if (!install)
        return;
    g_free(install->section);
    g_free(install->framework);
    g_ptr_array_unref(install->files);
    g_ptr_array_unref(install->services);
    g_ptr_array_unref(install->registry);
    g_ptr_array_unref(install->hardware);
    g_ptr_array_unref(install->co_installers);
    g_ptr_array_unref(install->interfaces);
    g_ptr_array_unref(install->components);
    g_free(install);
}

static GPtrArray *registry_rows_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)inf_registry_row_free);
}

static char *read_text(const Inf *inf, const char *section, const char *key)
{
    const char *text = inf_get_field(inf, section, key, 0);

    return g_strdup(text ? text : "");
}

static guint32 read_number(const Inf *inf, const char *section, const char *key)
{
    return inf_parse_number(inf_line_field(inf_find_line(inf, section, key), 0));
}

static void append_service(const Inf *inf, const InfLine *line, GPtrArray *services)
{
    const char *section = inf_line_field(line, 2);
    const char *event_log_section = inf_line_field(line, 3);
    const char *binary = inf_get_field(inf, section, "ServiceBinary", 0);
    InfService *service;

    if (!*inf_line_field(line, 0) || !*section || !binary || services->len >= SERVICES_LIMIT)
        return;
    service = g_new0(InfService, 1);
    service->name = g_strdup(inf_line_field(line, 0));
    service->is_function_driver =
        (inf_parse_number(inf_line_field(line, 1)) & SPSVCINST_ASSOCSERVICE) != 0;
    service->type = read_number(inf, section, "ServiceType");
    service->start = read_number(inf, section, "StartType");
    service->error_control = read_number(inf, section, "ErrorControl");
    service->binary = g_strdup(binary);
    service->group = read_text(inf, section, "LoadOrderGroup");
    service->display_name = read_text(inf, section, "DisplayName");
    service->dependencies = inf_list_directive(inf, section, "Dependencies");
    service->registry = registry_rows_new();
    service->event_log = registry_rows_new();
    inf_registry_collect(inf, section, service->registry);
    if (*event_log_section)
        inf_registry_collect(inf, event_log_section, service->event_log);
    g_ptr_array_add(services, service);
}

static void append_services(const Inf *inf, const char *section, GPtrArray *services)
{
    g_autoptr(GPtrArray) sections = inf_list_needed(inf, section);

    for (guint i = 0; i < sections->len; i++) {
        const GPtrArray *lines = inf_get_section(inf, g_ptr_array_index(sections, i));

        for (guint j = 0; j < lines->len; j++) {
            const InfLine *line = g_ptr_array_index(lines, j);

            if (line->key && g_ascii_strcasecmp(line->key, "AddService") == 0)
                append_service(inf, line, services);
        }
    }
}

/* The first field of every line with that key. */
static GPtrArray *list_first_fields(const Inf *inf, const char *section, const char *key)
{
    g_autoptr(GPtrArray) sections = inf_list_needed(inf, section);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < sections->len; i++) {
        const GPtrArray *lines = inf_get_section(inf, g_ptr_array_index(sections, i));

        for (guint j = 0; j < lines->len; j++) {
            const InfLine *line = g_ptr_array_index(lines, j);

            if (line->key && g_ascii_strcasecmp(line->key, key) == 0 && *inf_line_field(line, 0))
                g_ptr_array_add(names, g_strdup(inf_line_field(line, 0)));
        }
    }
    return names;
}

/* "KmdfService = name, section" and in that section "KmdfLibraryVersion = 1.15". */
static char *read_framework(const Inf *inf, const char *section)
{
    static const struct {
        const char *service, *version, *name;
    } table[] = {
        {"KmdfService", "KmdfLibraryVersion", "KMDF"},
        {"UmdfService", "UmdfLibraryVersion", "UMDF"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        const InfLine *line = inf_find_line(inf, section, table[i].service);
        const char *version =
            line ? inf_get_field(inf, inf_line_field(line, 1), table[i].version, 0) : NULL;

        if (version)
            return g_strdup_printf("%s %s", table[i].name, version);
    }
    return NULL;
}

InfInstall *inf_install_new(const Inf *inf, const char *section, InfArchitecture architecture)
{
    InfInstall *install = g_new0(InfInstall, 1);
    g_autofree char *services = g_strdup_printf("%s.Services", section);
    g_autofree char *hardware = g_strdup_printf("%s.HW", section);
    g_autofree char *co_installers = g_strdup_printf("%s.CoInstallers", section);
    g_autofree char *interfaces = g_strdup_printf("%s.Interfaces", section);
    g_autofree char *components = g_strdup_printf("%s.Components", section);
    g_autofree char *framework = g_strdup_printf("%s.Wdf", section);

    install->section = g_strdup(section);
    install->files = g_ptr_array_new_with_free_func((GDestroyNotify)inf_file_free);
    install->services = g_ptr_array_new_with_free_func(service_free);
    install->registry = registry_rows_new();
    install->hardware = registry_rows_new();
    install->co_installers = registry_rows_new();
    inf_files_collect(inf, section, architecture, install->files);
    inf_files_collect(inf, co_installers, architecture, install->files);
    inf_registry_collect(inf, section, install->registry);
    inf_registry_collect(inf, hardware, install->hardware);
    inf_registry_collect(inf, co_installers, install->co_installers);
    append_services(inf, services, install->services);
    install->interfaces = list_first_fields(inf, interfaces, "AddInterface");
    install->components = list_first_fields(inf, components, "AddComponent");
    install->framework = read_framework(inf, framework);
    return install;
}
