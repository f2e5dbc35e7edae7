/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every real INF there is, for every processor, compared with a file that a person has read.
   UPDATE_GOLDEN=1 rewrites tests/golden/inf-drivers.txt. */
#include <string.h>

#include "registry/hive.h"
#include "tests/unit/windows/support.h"
#include "windows/inf_driver.h"

static const struct {
    const char *name;
    InfTarget target;
} targets[] = {
    {"XP x86", {INF_ARCHITECTURE_X86, 5, 1, 2600, 1}},
    {"2003 amd64", {INF_ARCHITECTURE_AMD64, 5, 2, 3790, 3}},
    {"7 x86", {INF_ARCHITECTURE_X86, 6, 1, 7601, 1}},
    {"2008 R2 amd64", {INF_ARCHITECTURE_AMD64, 6, 1, 7601, 3}},
    {"8.1 x86", {INF_ARCHITECTURE_X86, 6, 3, 9600, 1}},
    {"8.1 amd64", {INF_ARCHITECTURE_AMD64, 6, 3, 9600, 1}},
    {"2016 amd64", {INF_ARCHITECTURE_AMD64, 10, 0, 14393, 3}},
    {"11 amd64", {INF_ARCHITECTURE_AMD64, 10, 0, 22631, 1}},
    {"11 arm64", {INF_ARCHITECTURE_ARM64, 10, 0, 22631, 1}},
};

/* What stampinf makes of a source INF when a driver is built. */
static const struct {
    const char *variable, *value;
} stamps[] = {
    {"$ARCH$", "amd64"},
    {"$KMDFVERSION$", "1.15"},
    {"$UMDFVERSION$", "2.15.0"},
    {"$KMDFCOINSTALLERVERSION$", "01015"},
};

static void describe_rows(GString *text, const char *what, const GPtrArray *rows)
{
    for (guint i = 0; i < rows->len; i++) {
        const InfRegistryRow *row = g_ptr_array_index(rows, i);
        size_t length;
        const uint8_t *data = g_bytes_get_data(row->data, &length);
        g_autofree char *value = hive_value_to_text(row->type, data, length);

        g_string_append_printf(text, "    %s %s\\%s %s", what, row->root, row->subkey, row->name);
        if (row->action == INF_REGISTRY_SET)
            g_string_append_printf(text, " = %s\n", value);
        else
            g_string_append_printf(text, " action %d\n", row->action);
    }
}

static void describe_install(GString *text, const InfInstall *install)
{
    g_string_append_printf(text, "  [%s]%s%s\n", install->section, install->framework ? " " : "",
                           install->framework ? install->framework : "");
    for (guint i = 0; i < install->files->len; i++) {
        const InfFile *file = g_ptr_array_index(install->files, i);

        g_string_append_printf(text, "    file %s → %u\\%s%s%s\n", file->source, file->dirid,
                               file->subdir, *file->subdir ? "\\" : "", file->target);
    }
    for (guint i = 0; i < install->services->len; i++) {
        const InfService *service = g_ptr_array_index(install->services, i);

        g_string_append_printf(text, "    service %s%s type %u start %u error %u %s (%s) \"%s\"\n",
                               service->name, service->is_function_driver ? "!" : "", service->type,
                               service->start, service->error_control, service->binary,
                               service->group, service->display_name);
        describe_rows(text, "  value", service->registry);
        describe_rows(text, "  event", service->event_log);
    }
    describe_rows(text, "software", install->registry);
    describe_rows(text, "hardware", install->hardware);
    describe_rows(text, "co-installer", install->co_installers);
    for (guint i = 0; i < install->interfaces->len; i++)
        g_string_append_printf(text, "    interface %s\n",
                               (const char *)g_ptr_array_index(install->interfaces, i));
}

static char *describe_driver(const InfDriver *driver)
{
    g_autofree char *version = inf_version_text(driver->version);
    g_autofree char *date = inf_date_text(driver->date);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "  %s %s %s, %s of %s, %s%s\n", driver->provider,
                           driver->class_name, driver->class_guid, version, date ? date : "no date",
                           *driver->catalog ? driver->catalog : "no catalogue",
                           driver->pnp_lockdown ? ", locked down" : "");
    for (guint i = 0; i < driver->models->len; i++) {
        const InfModel *model = g_ptr_array_index(driver->models, i);

        g_string_append_printf(text, "  %s by %s: %s\n", model->description, model->manufacturer,
                               model->install->section);
        for (guint j = 0; j < model->ids->len; j++)
            g_string_append_printf(text, "    %s\n",
                                   (const char *)g_ptr_array_index(model->ids, j));
    }
    for (guint i = 0; i < driver->installs->len; i++)
        describe_install(text, g_ptr_array_index(driver->installs, i));
    return g_string_free(text, FALSE);
}

/* The same for several Windows is told once. */
static void describe_inf(GString *text, const char *path, const Inf *inf)
{
    g_autofree char *last = g_strdup("");

    g_string_append_printf(text, "%s\n", path);
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *reason = NULL;
        g_autoptr(InfDriver) driver = inf_driver_new(inf, &targets[i].target, &reason);
        g_autofree char *described = driver ? describe_driver(driver) : NULL;

        if (!driver)
            continue;
        g_string_append_printf(text, " %s%s\n", targets[i].name,
                               g_str_equal(described, last) ? ": the same" : "");
        if (g_str_equal(described, last))
            continue;
        g_string_append(text, described);
        g_free(last);
        last = g_steal_pointer(&described);
    }
    g_string_append_c(text, '\n');
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_infs(const char *root, const char *below, GPtrArray *paths)
{
    g_autofree char *full = g_build_filename(root, below, NULL);
    g_autoptr(GDir) directory = g_dir_open(full, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(below, name, NULL);
        g_autofree char *child = g_build_filename(root, path, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            list_infs(root, path, paths);
        else if (g_str_has_suffix(name, ".inf") || g_str_has_suffix(name, ".inx"))
            g_ptr_array_add(paths, g_steal_pointer(&path));
    }
}

static Inf *load(const char *root, const char *path)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autofree char *content = NULL;
    g_autoptr(GString) text = NULL;
    gsize length;

    g_assert_true(g_file_get_contents(full, &content, &length, NULL));
    text = g_string_new_len(content, (gssize)length);
    for (guint i = 0; i < G_N_ELEMENTS(stamps); i++)
        g_string_replace(text, stamps[i].variable, stamps[i].value, 0);
    return test_parse_inf(text->str, text->len);
}

static void test_all(void)
{
    g_autofree char *root = g_build_filename(DRYDOCK_TESTDATA, "virtio-win", NULL);
    g_autofree char *golden =
        g_build_filename(DRYDOCK_SOURCE_DIR, "tests/golden/inf-drivers.txt", NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *expected = NULL;

    list_infs(root, "", paths);
    if (!paths->len) {
        g_test_skip("no test data");
        return;
    }
    g_ptr_array_sort(paths, compare_paths);
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(Inf) inf = load(root, g_ptr_array_index(paths, i));

        describe_inf(text, g_ptr_array_index(paths, i), inf);
    }
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(golden, text->str, -1, NULL));
    g_assert_true(g_file_get_contents(golden, &expected, NULL, NULL));
    g_assert_cmpstr(text->str, ==, expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/inf-real", test_all);
    return g_test_run();
}
