/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From sections to a driver: Version, Manufacturer, Models. */
#include "windows/inf_driver.h"

#include <string.h>

#include "windows/inf_install.h"
#include "windows/inf_registry.h"

/* Far above any driver of one device family; what is beyond is not looked at. */
#define MODELS_LIMIT 2048u
#define INSTALLS_LIMIT 64u

static void model_free(void *data)
{
    InfModel *model = data;

    g_free(model->description);
    g_free(model->description_token);
    g_free(model->manufacturer);
    g_free(model->manufacturer_token);
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
    install = inf_install_new(inf, section, architecture);
    g_ptr_array_add(driver->installs, install);
    return install;
}

/* "%desc%" → "desc"; NULL: no token alone. */
static char *read_token(const InfLine *line)
{
    size_t length = line->raw_key ? strlen(line->raw_key) : 0;

    if (length < 3 || line->raw_key[0] != '%' ||
        strchr(line->raw_key + 1, '%') != line->raw_key + length - 1)
        return NULL;
    return g_ascii_strdown(line->raw_key + 1, (gssize)length - 2);
}

static InfModel *model_new(const InfLine *line, const InfLine *manufacturer,
                           const InfInstall *install)
{
    InfModel *model = g_new0(InfModel, 1);

    model->description = g_strdup(line->key);
    model->description_token = read_token(line);
    model->manufacturer = g_strdup(manufacturer->key ? manufacturer->key : "");
    model->manufacturer_token = read_token(manufacturer);
    model->install = install;
    model->has_hardware_id = *inf_line_field(line, 1) != '\0';
    model->ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 1; i < line->fields->len; i++) {
        if (*inf_line_field(line, i))
            g_ptr_array_add(model->ids, g_ascii_strup(inf_line_field(line, i), -1));
    }
    return model;
}

static void append_models(const Inf *inf, InfDriver *driver, const InfLine *manufacturer,
                          const char *section, InfArchitecture architecture)
{
    const GPtrArray *lines = inf_get_section(inf, section);

    for (guint i = 0; lines && i < lines->len && driver->models->len < MODELS_LIMIT; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);
        const InfInstall *install;

        if (!line->key || line->fields->len < 2)
            continue;
        install = find_install(inf, driver, inf_line_field(line, 0), architecture);
        if (install)
            g_ptr_array_add(driver->models, model_new(line, manufacturer, install));
    }
}

static gboolean decoration_names_other(const char *decoration, const InfTarget *target)
{
    static const InfArchitecture others[] = {INF_ARCHITECTURE_AMD64, INF_ARCHITECTURE_ARM64};
    const char *rest = g_ascii_strncasecmp(decoration, "nt", 2) == 0 ? decoration + 2 : "";

    if (g_ascii_strncasecmp(rest, "ia64", 4) == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        const char *name = inf_architecture_name(others[i]);

        if (others[i] != target->architecture && g_ascii_strncasecmp(rest, name, strlen(name)) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The models section one manufacturer line gives target; NULL: none applies. */
static char *choose_models_section(const InfLine *manufacturer, const InfTarget *target,
                                   guint64 *ret_rank)
{
    const char *base = inf_line_field(manufacturer, 0);
    const char *best = NULL;
    guint64 best_rank = 0;
    gboolean is_decorated = FALSE;

    for (guint i = 1; i < manufacturer->fields->len; i++) {
        const char *decoration = inf_line_field(manufacturer, i);
        guint64 rank;

        if (*decoration && inf_target_applies(decoration, target, &rank) && rank >= best_rank) {
            best = decoration;
            best_rank = rank;
        }
        is_decorated |= *decoration && !decoration_names_other(decoration, target);
    }
    if (best) {
        *ret_rank = best_rank;
        return g_strdup_printf("%s.%s", base, best);
    }
    /* Decorations for other processors leave the plain section to x86. */
    if (!is_decorated && *base && inf_target_applies(NULL, target, &best_rank)) {
        *ret_rank = best_rank;
        return g_strdup(base);
    }
    return NULL;
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

/* "*" is all of them; the key may be decorated like a section. */
static void read_excluded(const Inf *inf, InfDriver *driver, InfArchitecture architecture)
{
    g_autofree char *decorated =
        g_strdup_printf("ExcludeFromSelect.nt%s", inf_architecture_name(architecture));
    const char *const keys[] = {"ExcludeFromSelect", "ExcludeFromSelect.nt", decorated};

    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(GPtrArray) ids = inf_list_directive(inf, "ControlFlags", keys[i]);

        for (guint j = 0; j < driver->models->len; j++) {
            InfModel *model = g_ptr_array_index(driver->models, j);

            for (guint k = 0; k < ids->len && model->ids->len; k++) {
                const char *id = g_ptr_array_index(ids, k);

                model->is_left_from_list |=
                    g_str_equal(id, "*") ||
                    g_ascii_strcasecmp(id, g_ptr_array_index(model->ids, 0)) == 0;
            }
        }
    }
}

static void read_manufacturers(const Inf *inf, const InfTarget *target, InfDriver *driver,
                               gboolean *ret_applies)
{
    const GPtrArray *manufacturers = inf_get_section(inf, "Manufacturer");

    *ret_applies = FALSE;
    for (guint i = 0; manufacturers && i < manufacturers->len; i++) {
        const InfLine *manufacturer = g_ptr_array_index(manufacturers, i);
        guint64 rank = 0;
        g_autofree char *section = choose_models_section(manufacturer, target, &rank);

        if (!section || !inf_get_section(inf, section))
            continue;
        *ret_applies = TRUE;
        driver->target_rank = MAX(driver->target_rank, rank);
        append_models(inf, driver, manufacturer, section, target->architecture);
    }
}

InfDriver *inf_driver_new(const Inf *inf, const InfTarget *target, char **ret_reason)
{
    g_autoptr(InfDriver) driver = g_new0(InfDriver, 1);
    const char *lockdown = inf_get_field(inf, "Version", "PnpLockdown", 0);
    gboolean applies;

    driver->models = g_ptr_array_new_with_free_func(model_free);
    driver->installs = g_ptr_array_new_with_free_func((GDestroyNotify)inf_install_free);
    driver->class_name = read_version_text(inf, "Class");
    driver->class_guid = read_version_text(inf, "ClassGuid");
    driver->provider = read_version_text(inf, "Provider");
    driver->catalog = read_catalog(inf, target->architecture);
    driver->pnp_lockdown = lockdown && inf_parse_number(lockdown) != 0;
    driver->date = inf_read_date(inf);
    inf_read_version(inf, driver->version);
    read_manufacturers(inf, target, driver, &applies);
    read_excluded(inf, driver, target->architecture);
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

const InfService *inf_driver_find_function_service(const InfDriver *driver)
{
    for (guint i = 0; i < driver->installs->len; i++) {
        const InfInstall *install = g_ptr_array_index(driver->installs, i);

        for (guint j = 0; j < install->services->len; j++) {
            const InfService *service = g_ptr_array_index(install->services, j);

            if (service->is_function_driver)
                return service;
        }
    }
    return NULL;
}

char *inf_service_file_name(const InfService *service)
{
    const char *slash = strrchr(service->binary, '\\');

    return g_strdup(slash ? slash + 1 : service->binary);
}
