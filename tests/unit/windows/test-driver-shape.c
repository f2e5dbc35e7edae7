/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is registered for boot drivers has the shape of what Windows registered itself, in real
   hives, and nothing else changes in these. */
#include <stdlib.h>
#include <string.h>

#include "base/run.h"
#include "registry/verify.h"
#include "tests/unit/registry/registry-support.h"
#include "tests/unit/windows/support.h"
#include "windows/boot_driver.h"

/* Values by "path|name", with what varies in them as '*'. */
typedef struct {
    GHashTable *types;   /* "path|name" → GPtrArray of "type length" */
    GHashTable *holders; /* path → how many keys are of it */
    GHashTable *counts;  /* "path|name" → how many have it */
} Shapes;

static void shapes_init(Shapes *shapes)
{
    shapes->types =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    shapes->holders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    shapes->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void shapes_clear(Shapes *shapes)
{
    g_hash_table_unref(shapes->types);
    g_hash_table_unref(shapes->holders);
    g_hash_table_unref(shapes->counts);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shapes, shapes_clear)

static void count(GHashTable *table, const char *key)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(table, key));

    g_hash_table_insert(table, g_strdup(key), GUINT_TO_POINTER(number + 1));
}

/* Numbers and structures have a length, texts do not. */
static char *describe_value(const HiveValue *value)
{
    gboolean is_text = value->type == HIVE_TYPE_SZ || value->type == HIVE_TYPE_EXPAND_SZ ||
                       value->type == HIVE_TYPE_MULTI_SZ;

    return g_strdup_printf("type %#x, %zu bytes", value->type,
                           is_text ? (size_t)0 : g_bytes_get_size(value->data));
}

static void add_value(Shapes *shapes, const char *path, const char *name, const HiveValue *value)
{
    g_autofree char *place = g_strdup_printf("%s|%s", path, name);
    g_autofree char *folded = g_ascii_strdown(place, -1);
    char *described = describe_value(value);
    GPtrArray *types = g_hash_table_lookup(shapes->types, folded);

    if (!types) {
        types = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(shapes->types, g_strdup(folded), types);
    }
    if (g_ptr_array_find_with_equal_func(types, described, g_str_equal, NULL))
        g_free(described);
    else
        g_ptr_array_add(types, described);
    count(shapes->counts, folded);
}

/* pattern: components of a key's path below the first one, '*' for any; the rest is as it is. What
   a pattern has as names of values: '*' too, or NULL. */
typedef struct {
    const char *root, *pattern, *value_names;
    gboolean ours; /* whether names are to begin with drydock_, or not to */
} Place;

static gboolean is_wanted(const char *name, gboolean ours)
{
    return (g_ascii_strncasecmp(name, "drydock_", strlen("drydock_")) == 0) == ours;
}

static void collect_values(Hive *hive, HiveKey key, const Place *place, const char *shown,
                           Shapes *shapes)
{
    g_autoptr(GPtrArray) values = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *folded = g_ascii_strdown(shown, -1);

    g_assert_true(hive_list_values(hive, key, &values, &error));
    for (guint i = 0; i < values->len; i++) {
        const HiveValue *value = g_ptr_array_index(values, i);

        if (!place->value_names)
            add_value(shapes, shown, value->name, value);
        else if (!*place->value_names || is_wanted(value->name, place->ours))
            add_value(shapes, shown, "*", value);
    }
    count(shapes->holders, folded);
}

/* pattern NULL: shown is complete, and keys below are looked at by their names. */
static void collect(Hive *hive, HiveKey key, const Place *place, char **pattern, const char *shown,
                    Shapes *shapes)
{
    g_autoptr(GArray) keys = NULL;
    g_autoptr(GError) error = NULL;

    if (!*pattern)
        collect_values(hive, key, place, shown, shapes);
    g_assert_true(hive_list_keys(hive, key, &keys, &error));
    for (guint i = 0; i < keys->len; i++) {
        HiveKey child = g_array_index(keys, HiveKey, i);
        g_autofree char *name = NULL;
        g_autofree char *below = NULL;

        g_assert_true(hive_get_key_name(hive, child, &name, &error));
        if (*pattern && g_str_equal(*pattern, "PACKAGE") && !is_wanted(name, place->ours))
            continue;
        if (*pattern && strchr("*P", **pattern) == NULL && g_ascii_strcasecmp(*pattern, name) != 0)
            continue;
        if (*pattern) {
            below = g_strdup_printf("%s\\%s", shown, strchr("*P", **pattern) ? "*" : name);
            collect(hive, child, place, pattern + 1, below, shapes);
        } else if (!g_str_equal(place->pattern, "PACKAGE")) {
            /* Below Services each key is a service's. */
            below = g_strdup_printf("%s\\%s", shown,
                                    g_str_has_suffix(shown, "\\Services") ? "*" : name);
            collect(hive, child, place, pattern, below, shapes);
        }
    }
}

static void collect_place(Hive *hive, const Place *place, Shapes *shapes)
{
    g_auto(GStrv) pattern = g_strsplit(place->pattern, "\\", 0);
    g_autoptr(GError) error = NULL;
    gboolean found;
    HiveKey key;

    g_assert_true(hive_find_key(hive, hive_root(hive), place->root, &found, &key, &error));
    g_assert_true(found);
    collect(hive, key, place, pattern, place->root, shapes);
}

/* The lines by which the two differ. */
static void compare_shapes(const Shapes *ours, const Shapes *theirs, GPtrArray *differences)
{
    GHashTableIter iter;
    void *place, *types;

    g_hash_table_iter_init(&iter, ours->types);
    while (g_hash_table_iter_next(&iter, &place, &types)) {
        const GPtrArray *known = g_hash_table_lookup(theirs->types, place);
        const GPtrArray *used = types;

        for (guint i = 0; i < used->len; i++) {
            char *described = g_ptr_array_index(used, i);

            if (!known || !g_ptr_array_find_with_equal_func((GPtrArray *)(uintptr_t)known,
                                                            described, g_str_equal, NULL))
                g_ptr_array_add(differences, g_strdup_printf("not as Windows: %s, %s",
                                                             (char *)place, described));
        }
    }
    g_hash_table_iter_init(&iter, theirs->counts);
    while (g_hash_table_iter_next(&iter, &place, &types)) {
        g_autofree char *holder = g_strndup(place, (gsize)(strchr(place, '|') - (char *)place));

        if (g_hash_table_lookup(theirs->holders, holder) == types &&
            g_hash_table_contains(ours->holders, holder) &&
            !g_hash_table_contains(ours->types, place))
            g_ptr_array_add(differences, g_strdup_printf("Windows always has: %s", (char *)place));
    }
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_differences(GPtrArray *differences, const char *expected)
{
    g_autofree char *text = NULL;

    g_ptr_array_sort(differences, compare_lines);
    g_ptr_array_add(differences, NULL);
    text = g_strjoinv("\n", (char **)differences->pdata);
    g_assert_cmpstr(text, ==, expected);
}

/* FALSE: no test data. */
static gboolean add_driver(const char *path, DriverRole role, const InfTarget *target,
                           const BootTarget *boot, Hive *hive, HiveEdits *edits)
{
    g_autofree char *full =
        g_build_filename(DRYDOCK_TESTDATA, "virtio-win/old-drivers", path, NULL);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *text = NULL;
    g_autofree char *reason = NULL;
    g_autoptr(Inf) inf = NULL;
    g_autoptr(InfDriver) driver = NULL;
    g_autoptr(GError) error = NULL;
    ChosenDriver chosen = {.role = role, .boots = TRUE};
    gsize length;

    if (!g_file_get_contents(full, &text, &length, NULL))
        return FALSE;
    inf = test_parse_inf(text, length);
    driver = inf_driver_new(inf, target, &reason);
    g_assert_cmpstr(reason, ==, NULL);
    *strchr(name, '.') = '\0';
    chosen.name = name;
    chosen.driver = driver;
    g_assert_true(boot_driver_add_edits(&chosen, boot, hive, edits, &error));
    g_assert_no_error(error);
    return TRUE;
}

static void collect_all(Hive *hive, HiveKey key, const char *path, GHashTable *values)
{
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GArray) keys = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(hive_list_values(hive, key, &list, &error));
    g_assert_true(hive_list_keys(hive, key, &keys, &error));
    g_hash_table_insert(values, g_strdup(path), NULL);
    for (guint i = 0; i < list->len; i++) {
        const HiveValue *value = g_ptr_array_index(list, i);

        g_hash_table_insert(values, g_strdup_printf("%s|%s", path, value->name),
                            GUINT_TO_POINTER(g_bytes_hash(value->data) * 31 + value->type + 1));
    }
    for (guint i = 0; i < keys->len; i++) {
        HiveKey child = g_array_index(keys, HiveKey, i);
        g_autofree char *name = NULL;
        g_autofree char *below = NULL;

        g_assert_true(hive_get_key_name(hive, child, &name, &error));
        below = g_strdup_printf("%s\\%s", path, name);
        collect_all(hive, child, below, values);
    }
}

static GHashTable *index_hive(Hive *hive)
{
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    collect_all(hive, hive_root(hive), "", values);
    return values;
}

static void check_listed(GHashTable *from, GHashTable *to, GHashTable *listed)
{
    GHashTableIter iter;
    void *place, *content;

    g_hash_table_iter_init(&iter, from);
    while (g_hash_table_iter_next(&iter, &place, &content)) {
        void *other;

        if (g_hash_table_lookup_extended(to, place, NULL, &other) && other == content)
            continue;
        if (!g_hash_table_contains(listed, place))
            g_error("changed and not listed: %s", (char *)place);
    }
}

/* Every key and value that differs is one of changes. */
static void check_changes(Hive *before, Hive *after, const GPtrArray *changes)
{
    g_autoptr(GHashTable) old_values = index_hive(before);
    g_autoptr(GHashTable) new_values = index_hive(after);
    g_autoptr(GHashTable) listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_assert_cmpuint(g_hash_table_size(old_values), >, 10000);
    for (guint i = 0; i < changes->len; i++) {
        const HiveChange *change = g_ptr_array_index(changes, i);

        g_hash_table_add(listed, change->name
                                     ? g_strdup_printf("\\%s|%s", change->key, change->name)
                                     : g_strdup_printf("\\%s", change->key));
    }
    check_listed(old_values, new_values, listed);
    check_listed(new_values, old_values, listed);
}

/* Another reader's opinion. */
static void check_with_hivexml(GBytes *hive)
{
    g_autofree char *program = g_find_program_in_path("hivexml");
    g_autofree char *root = test_make_folder();
    g_autofree char *path = g_build_filename(root, "SYSTEM", NULL);
    const char *const argv[] = {"hivexml", path, NULL};
    const RunOptions options = {.timeout_seconds = 120, .output_limit_bytes = 512u << 20};
    g_autoptr(GError) error = NULL;

    test_write(root, "SYSTEM", hive);
    if (program) {
        g_assert_true(run_program(argv, &options, NULL, &error));
        g_assert_no_error(error);
    }
    test_remove_folder(root);
}

/* Applies edits to the real hive; everything but the shape is checked here. */
static Hive *apply(GBytes *bytes, Hive *before, const HiveEdits *edits, GBytes **ret_edited)
{
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GError) error = NULL;
    Hive *after;

    g_assert_true(hive_edits_apply(edits, bytes, 0, ret_edited, &changes, &error));
    g_assert_no_error(error);
    g_assert_true(hive_verify(*ret_edited, "SYSTEM", NULL, &error));
    g_assert_no_error(error);
    after = hive_open_bytes(*ret_edited, "SYSTEM", &error);
    g_assert_no_error(error);
    check_changes(before, after, changes);
    check_with_hivexml(*ret_edited);
    return after;
}

#define DATABASE "DriverDatabase"

static const Place database_places[] = {
    {DATABASE "\\DriverInfFiles", "PACKAGE", NULL, FALSE},
    {DATABASE "\\DriverPackages", "PACKAGE", NULL, FALSE},
    {DATABASE "\\DriverPackages", "PACKAGE\\Configurations\\*", NULL, FALSE},
    {DATABASE "\\DriverPackages", "PACKAGE\\Descriptors\\PCI\\*", NULL, FALSE},
    {DATABASE "\\DriverPackages", "PACKAGE\\Strings", "", FALSE},
    {DATABASE "\\DeviceIds", "PCI\\*", "*", FALSE},
};

/* On purpose: see add_package() of boot_driver.c. */
#define LEFT_OUT "Windows always has: driverdatabase\\driverpackages\\*|signerscore"

static void compare_places(Hive *our_hive, Hive *their_hive, GPtrArray *differences)
{
    for (guint i = 0; i < G_N_ELEMENTS(database_places); i++) {
        g_auto(Shapes) ours, theirs;
        Place place = database_places[i];

        shapes_init(&ours);
        shapes_init(&theirs);
        place.ours = TRUE;
        collect_place(our_hive, &place, &ours);
        place.ours = FALSE;
        collect_place(their_hive, &place, &theirs);
        g_assert_cmpuint(g_hash_table_size(ours.types), >, 0);
        g_assert_cmpuint(g_hash_table_size(theirs.types), >, 0);
        compare_shapes(&ours, &theirs, differences);
    }
}

static void test_windows_10(void)
{
    const InfTarget target = {INF_ARCHITECTURE_AMD64, 10, 0, 19041, 1};
    const BootTarget boot = {.major = 10,
                             .architecture = INF_ARCHITECTURE_AMD64,
                             .control_sets = {1},
                             .control_set_count = 1,
                             .has_driver_database = TRUE};
    g_autoptr(GBytes) bytes = testdata_load("win10-2004-x64-vmware/SYSTEM.gz");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GBytes) edited = NULL;
    g_autoptr(Hive) before = NULL;
    g_autoptr(Hive) after = NULL;
    g_autoptr(GError) error = NULL;

    if (!bytes)
        return;
    before = hive_open_bytes(bytes, "SYSTEM", &error);
    if (!add_driver("Win8.1/amd64/viostor.inf", DRIVER_ROLE_BLOCK, &target, &boot, before, edits) ||
        !add_driver("Win8.1/amd64/vioscsi.inf", DRIVER_ROLE_SCSI, &target, &boot, before, edits)) {
        g_test_skip("no test data");
        return;
    }
    after = apply(bytes, before, edits, &edited);
    compare_places(after, after, differences);
    check_differences(differences, LEFT_OUT);
}

/* A hive that was not written completely is not changed, but can be compared with. */
static void test_windows_10_1903(void)
{
    const InfTarget target = {INF_ARCHITECTURE_AMD64, 10, 0, 18362, 1};
    const BootTarget boot = {.major = 10,
                             .architecture = INF_ARCHITECTURE_AMD64,
                             .control_sets = {1},
                             .control_set_count = 1,
                             .has_driver_database = TRUE};
    g_autoptr(GBytes) bytes = testdata_load("win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz");
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GBytes) alone = NULL;
    g_autoptr(Hive) theirs = NULL;
    g_autoptr(Hive) ours = NULL;
    g_autoptr(GError) error = NULL;

    if (!bytes)
        return;
    if (!add_driver("Win8.1/amd64/viostor.inf", DRIVER_ROLE_BLOCK, &target, &boot, NULL, edits) ||
        !add_driver("Win8.1/amd64/vioscsi.inf", DRIVER_ROLE_SCSI, &target, &boot, NULL, edits)) {
        g_test_skip("no test data");
        return;
    }
    theirs = hive_open_bytes(bytes, "SYSTEM", &error);
    g_assert_no_error(error);
    alone = test_edit_hive(empty, edits);
    ours = hive_open_bytes(alone, "SYSTEM", &error);
    compare_places(ours, theirs, differences);
    check_differences(differences, LEFT_OUT);
}

static void test_windows_7(void)
{
    static const Place critical = {"ControlSet001\\Control\\CriticalDeviceDatabase", "*", NULL,
                                   FALSE};
    const InfTarget target = {INF_ARCHITECTURE_X86, 6, 1, 7601, 1};
    const BootTarget boot = {.major = 6,
                             .architecture = INF_ARCHITECTURE_X86,
                             .control_sets = {1},
                             .control_set_count = 1};
    g_autoptr(GBytes) bytes = testdata_load("win7sp1-x86-vmware/SYSTEM.xz");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GBytes) edited = NULL;
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(GBytes) alone = NULL;
    g_autoptr(Hive) before = NULL;
    g_autoptr(Hive) after = NULL;
    g_autoptr(Hive) only_ours = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Shapes) ours, theirs;

    shapes_init(&ours);
    shapes_init(&theirs);
    if (!bytes)
        return;
    before = hive_open_bytes(bytes, "SYSTEM", &error);
    if (!add_driver("Win7/x86/viostor.inf", DRIVER_ROLE_BLOCK, &target, &boot, before, edits) ||
        !add_driver("Win7/x86/vioscsi.inf", DRIVER_ROLE_SCSI, &target, &boot, before, edits)) {
        g_test_skip("no test data");
        return;
    }
    after = apply(bytes, before, edits, &edited);
    alone = test_edit_hive(empty, edits);
    only_ours = hive_open_bytes(alone, "SYSTEM", &error);
    collect_place(only_ours, &critical, &ours);
    collect_place(before, &critical, &theirs);
    compare_shapes(&ours, &theirs, differences);
    check_differences(differences, "");
}

/* Those of names that are there. */
static void collect_services(Hive *hive, const char *const *names, Shapes *shapes)
{
    for (guint i = 0; names[i]; i++) {
        const Place place = {"ControlSet001\\Services", names[i], NULL, FALSE};
        g_autofree char *path = g_strconcat("ControlSet001\\Services\\", names[i], NULL);
        g_autoptr(GError) error = NULL;
        char *none[] = {NULL};
        gboolean found;
        HiveKey key;

        g_assert_true(hive_find_key(hive, hive_root(hive), path, &found, &key, &error));
        if (found)
            collect(hive, key, &place, none, "ControlSet001\\Services\\*", shapes);
    }
}

/* The services of the two against all storage miniports that Windows came with. */
static void check_services(const char *hive_path, const char *folder, const InfTarget *target,
                           const BootTarget *boot, const char *expected)
{
    static const char *const our_services[] = {"viostor", "vioscsi", NULL};
    static const char *const windows_services[] = {"LSI_SAS", "megasas", "arcsas",
                                                   "nvraid",  "adp94xx", NULL};
    g_autoptr(GBytes) bytes = testdata_load(hive_path);
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(GBytes) alone = NULL;
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *viostor = g_strconcat(folder, "/viostor.inf", NULL);
    g_autofree char *vioscsi = g_strconcat(folder, "/vioscsi.inf", NULL);
    g_autoptr(Hive) hive = NULL;
    g_autoptr(Hive) only_ours = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Shapes) ours, theirs;
    shapes_init(&ours);
    shapes_init(&theirs);
    if (!bytes)
        return;
    if (!add_driver(viostor, DRIVER_ROLE_BLOCK, target, boot, NULL, edits) ||
        !add_driver(vioscsi, DRIVER_ROLE_SCSI, target, boot, NULL, edits)) {
        g_test_skip("no test data");
        return;
    }
    hive = hive_open_bytes(bytes, "SYSTEM", &error);
    alone = test_edit_hive(empty, edits);
    only_ours = hive_open_bytes(alone, "SYSTEM", &error);
    collect_services(only_ours, our_services, &ours);
    collect_services(hive, windows_services, &theirs);
    compare_shapes(&ours, &theirs, differences);
    check_differences(differences, expected);
}

/* The order within a group, and the INF a service goes with: neither is needed to start. */
#define OWNERS "Windows always has: controlset001\\services\\*|owners\n"
#define TAG "Windows always has: controlset001\\services\\*|tag"

static void test_services(void)
{
    const InfTarget windows_10 = {INF_ARCHITECTURE_AMD64, 10, 0, 19041, 1};
    const InfTarget windows_7 = {INF_ARCHITECTURE_X86, 6, 1, 7601, 1};
    const BootTarget boot_10 = {.major = 10,
                                .architecture = INF_ARCHITECTURE_AMD64,
                                .control_sets = {1},
                                .control_set_count = 1,
                                .has_driver_database = TRUE};
    const BootTarget boot_7 = {.major = 6, .control_sets = {1}, .control_set_count = 1};

    check_services("win10-2004-x64-vmware/SYSTEM.gz", "Win8.1/amd64", &windows_10, &boot_10,
                   OWNERS TAG);
    check_services("win7sp1-x86-vmware/SYSTEM.xz", "Win7/x86", &windows_7, &boot_7, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/driver-shape/windows-10", test_windows_10);
    g_test_add_func("/windows/driver-shape/windows-10-1903", test_windows_10_1903);
    g_test_add_func("/windows/driver-shape/windows-7", test_windows_7);
    g_test_add_func("/windows/driver-shape/services", test_services);
    return g_test_run();
}
