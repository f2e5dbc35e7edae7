/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guest tools that are switched off, and what is left alone: rows of services and filters, and real
   hives of VMware guests. */
#include "windows/clean_up.h"

#include <string.h>

#include "registry/hive.h"
#include "tests/unit/registry/registry-support.h"
#include "tests/unit/windows/support.h"

#define SET "ControlSet001\\"
#define CLASS SET "Control\\Class\\"
#define MOUSE CLASS "{4d36e96f-e325-11ce-bfc1-08002be10318}"
#define DISK CLASS "{4D36E967-E325-11CE-BFC1-08002BE10318}"
#define CONTROLLER CLASS "{4d36e97b-e325-11ce-bfc1-08002be10318}"
#define SYSTEM_CLASS CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"

typedef struct {
    GBytes *before, *after;
    GPtrArray *products, *changes;
} Result;

static void result_clear(Result *result)
{
    g_clear_pointer(&result->before, g_bytes_unref);
    g_clear_pointer(&result->after, g_bytes_unref);
    g_clear_pointer(&result->products, g_ptr_array_unref);
    g_clear_pointer(&result->changes, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

/* hive is owned afterwards. */
static void clean(GBytes *hive, const BootTarget *target, Result *ret_result)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Hive) opened = hive_open_bytes(hive, "SYSTEM", &error);
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) findings = g_ptr_array_new();

    *ret_result = (Result){.before = hive, .products = g_ptr_array_new()};
    g_assert_no_error(error);
    g_assert_true(clean_up_add_services(target, opened, edits, ret_result->products, &error) &&
                  clean_up_add_settings(target, opened, edits, findings, &error));
    g_assert_no_error(error);
    g_assert_true(
        hive_edits_apply(edits, hive, 0, &ret_result->after, &ret_result->changes, &error));
    g_assert_no_error(error);
}

static const BootTarget windows_10 = {
    .major = 10, .control_sets = {1}, .control_set_count = 1, .has_driver_database = TRUE};

/* What is known of the products: everything of theirs that runs without being asked. */
static void test_services(void)
{
    static const struct {
        const char *service;
        guint start;
        const char *product; /* NULL: left alone */
    } rows[] = {
        {"VMTools", 2, "VMware Tools"},
        {"VGAuthService", 2, "VMware Tools"},
        {"vm3dservice", 2, "VMware Tools"},
        {"vmvss", 3, "VMware Tools"},
        {"vmhgfs", 3, "VMware Tools"},
        {"vmrawdsk", 1, "VMware Tools"},
        {"VMMemCtl", 2, "VMware Tools"},
        {"VMUpgradeHelper", 2, "VMware Tools"},
        {"vmdebug", 1, "VMware Tools"},
        {"VMwareCAFCommAmqpListener", 3, "VMware Tools"},
        {"VMwareCAFManagementAgentHost", 2, "VMware Tools"},
        {"VBoxGuest", 0, "VirtualBox Guest Additions"},
        {"VBoxMouse", 3, "VirtualBox Guest Additions"},
        {"VBoxSF", 1, "VirtualBox Guest Additions"},
        {"VBoxService", 2, "VirtualBox Guest Additions"},
        {"VBoxWddm", 3, "VirtualBox Guest Additions"},
        {"VBoxVideo", 1, "VirtualBox Guest Additions"},
        {"prl_strg", 0, "Parallels Tools"},
        {"prl_fs", 1, "Parallels Tools"},
        {"prl_tg", 1, "Parallels Tools"},
        {"rhelscsi", 0, "Xen paravirtual drivers"},
        {"xenbus", 0, "Xen paravirtual drivers"},
        {"XENFILT", 0, "Xen paravirtual drivers"},
        {"xenvbd", 0, "Xen paravirtual drivers"},
        {"xenevtchn", 0, "Xen paravirtual drivers"},
        {"scsifilt", 0, "Xen paravirtual drivers"},
        {"xenpci", 0, "Xen paravirtual drivers"},
        {"xensvc", 2, "Xen paravirtual drivers"},
        {"pvscsi", 0, NULL},
        {"vmci", 0, NULL},
        {"vsock", 0, NULL},
        {"vmxnet3ndis6", 3, NULL},
        {"vm3dmp", 3, NULL},
        {"vmmouse", 3, NULL},
        {"vsepflt", 1, NULL},
        {"vmbus", 0, NULL},
        {"storvsc", 0, NULL},
        {"vmicheartbeat", 3, NULL},
        {"intelppm", 3, NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) empty = test_empty_hive();
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autofree char *key = g_strdup_printf(SET "Services\\%s", rows[i].service);
        g_auto(Result) result = {0};

        hive_edits_set_dword(edits, key, "Start", rows[i].start, "t");
        clean(test_edit_hive(empty, edits), &windows_10, &result);
        g_test_message("%s", rows[i].service);
        if (!rows[i].product) {
            g_assert_cmpuint(result.changes->len, ==, 0);
            g_assert_cmpuint(result.products->len, ==, 0);
            continue;
        }
        g_assert_cmpuint(result.changes->len, ==, 1);
        const HiveChange *change = g_ptr_array_index(result.changes, 0);
        g_autofree char *old_text = g_strdup_printf("dword:%08x", rows[i].start);
        g_assert_cmpstr(change->key, ==, key);
        g_assert_cmpstr(change->old_text, ==, old_text);
        g_assert_cmpstr(change->new_text, ==, "dword:00000004");
        g_assert_cmpuint(result.products->len, ==, 1);
        g_assert_cmpstr(g_ptr_array_index(result.products, 0), ==, rows[i].product);
    }
}

typedef struct {
    const char *label, *key;
    const char *filters[4], *services[3];
    const char *expected; /* of the value afterwards; NULL: it is gone */
} FilterRow;

static const FilterRow filter_rows[] = {
    {"VirtualBox's mouse", MOUSE, {"VBoxMouse", "mouclass"}, {"VBoxMouse"}, "multi:\"mouclass\""},
    {"in another case", MOUSE, {"vboxMOUSE", "mouclass"}, {NULL}, "multi:\"mouclass\""},
    {"the only one", DISK, {"prl_strg"}, {"prl_strg"}, NULL},
    {"Xen's, of the bus", SYSTEM_CLASS, {"XENFILT"}, {"XENFILT"}, NULL},
    {"Xen's, of old", CONTROLLER, {"scsifilt", "other"}, {"scsifilt", "other"}, "multi:\"other\""},
    {"Microsoft's", DISK, {"partmgr"}, {"partmgr"}, "multi:\"partmgr\""},
    {"somebody else's", DISK, {"partmgr", "av"}, {"partmgr", "av"}, "multi:\"partmgr\",\"av\""},
    {"without a service, on disks", DISK, {"partmgr", "gone"}, {"partmgr"}, "multi:\"partmgr\""},
    {"without a service, on mice",
     MOUSE,
     {"mouclass", "gone"},
     {NULL},
     "multi:\"mouclass\",\"gone\""},
};

static void test_filters(void)
{
    static const char *const lists[] = {"UpperFilters", "LowerFilters"};

    for (guint i = 0; i < G_N_ELEMENTS(filter_rows) * G_N_ELEMENTS(lists); i++) {
        const FilterRow *row = &filter_rows[i / G_N_ELEMENTS(lists)];
        const char *list = lists[i % G_N_ELEMENTS(lists)];
        g_autoptr(GBytes) empty = test_empty_hive();
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_auto(Result) result = {0};
        g_autofree char *expected =
            row->expected ? g_strdup_printf("|%s|%s", list, row->expected) : g_strdup("");
        g_autofree char *text = NULL;

        g_test_message("%s, %s", row->label, list);
        hive_edits_set_multi_string(edits, row->key, list, row->filters, "t");
        for (guint j = 0; row->services[j]; j++) {
            g_autofree char *key = g_strdup_printf(SET "Services\\%s", row->services[j]);
            hive_edits_set_dword(edits, key, "Start", 0, "t");
        }
        clean(test_edit_hive(empty, edits), &windows_10, &result);
        text = test_hive_text(result.after, row->key);
        g_assert_cmpstr(text, ==, expected);
    }
}

static void test_processors(void)
{
    BootTarget target = windows_10;
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_auto(Result) result = {0};
    g_autofree char *text = NULL;

    target.major = 5;
    target.has_processor_drivers = TRUE;
    hive_edits_set_dword(edits, SET "Services\\intelppm", "Start", 1, "t");
    hive_edits_set_dword(edits, SET "Services\\processor", "Start", 1, "t");
    hive_edits_set_dword(edits, SET "Services\\AmdK8", "Start", 1, "t");
    hive_edits_set_dword(edits, SET "Services\\agp440", "Start", 0, "t");
    clean(test_edit_hive(empty, edits), &target, &result);
    text = test_hive_text(result.after, SET "Services");
    g_assert_cmpstr(text, ==,
                    "\\AmdK8|Start|dword:00000004\n\\agp440|Start|dword:00000004\n"
                    "\\intelppm|Start|dword:00000004\n\\processor|Start|dword:00000004");
}

static gboolean is_disabled(Hive *hive, const char *service)
{
    g_autofree char *key = g_strdup_printf(SET "Services\\%s", service);
    g_autoptr(GError) error = NULL;
    gboolean found;
    uint32_t start;

    g_assert_true(hive_read_dword(hive, key, "Start", &found, &start, &error));
    return found && start == 4;
}

/* No class of the edited hive waits for a driver that does not start. */
static void check_classes(Hive *hive)
{
    static const char *const lists[] = {"UpperFilters", "LowerFilters"};
    g_autoptr(GArray) classes = NULL;
    g_autoptr(GError) error = NULL;
    gboolean found;
    HiveKey key;

    g_assert_true(hive_find_key(hive, hive_root(hive), SET "Control\\Class", &found, &key, &error));
    g_assert_true(found && hive_list_keys(hive, key, &classes, &error));
    for (guint i = 0; i < classes->len * G_N_ELEMENTS(lists); i++) {
        g_autofree char *name = NULL;
        g_autofree char *path = NULL;
        g_auto(GStrv) filters = NULL;

        g_assert_true(hive_get_key_name(
            hive, g_array_index(classes, HiveKey, i / G_N_ELEMENTS(lists)), &name, &error));
        path = g_strdup_printf(CLASS "%s", name);
        g_assert_true(hive_read_multi_string(hive, path, lists[i % G_N_ELEMENTS(lists)], &found,
                                             &filters, &error));
        for (guint j = 0; found && filters[j]; j++)
            g_assert_false(is_disabled(hive, filters[j]));
    }
}

static void test_real(void)
{
    static const struct {
        const char *file;
        guint major;
        const char *disabled[9], *kept[6];
        const char *tools_start;
    } rows[] = {
        {"win7sp1-x86-vmware/SYSTEM.xz",
         6,
         {"VMTools", "VMMEMCTL", "vmdebug", "vmrawdsk", "VMUpgradeHelper"},
         {"vmci", "vm3dmp", "vmmouse", "LSI_SAS", "intelppm"},
         "dword:00000002"},
        {"win10-2004-x64-vmware/SYSTEM.gz",
         10,
         {"VMTools", "VGAuthService", "vm3dservice", "vmvss", "vmhgfs", "vmrawdsk", "VMMemCtl"},
         {"vmci", "vsock", "pvscsi", "vmbus", "intelppm"},
         "dword:00000002"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GBytes *hive = testdata_load(rows[i].file);
        BootTarget target = windows_10;
        g_auto(Result) result = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(Hive) opened = NULL;
        gboolean is_reported = FALSE;

        if (!hive)
            return;
        target.major = rows[i].major;
        clean(hive, &target, &result);
        opened = hive_open_bytes(result.after, "SYSTEM", &error);
        g_assert_no_error(error);
        for (guint j = 0; rows[i].disabled[j]; j++)
            g_assert_true(is_disabled(opened, rows[i].disabled[j]));
        for (guint j = 0; rows[i].kept[j]; j++)
            g_assert_false(is_disabled(opened, rows[i].kept[j]));
        for (guint j = 0; j < result.changes->len; j++) {
            const HiveChange *change = g_ptr_array_index(result.changes, j);

            g_assert_nonnull(change->reason);
            if (g_str_has_suffix(change->key, "\\VMTools")) {
                g_assert_cmpstr(change->old_text, ==, rows[i].tools_start);
                is_reported = TRUE;
            }
        }
        g_assert_true(is_reported);
        check_classes(opened);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/clean-up/services", test_services);
    g_test_add_func("/windows/clean-up/filters", test_filters);
    g_test_add_func("/windows/clean-up/processors", test_processors);
    g_test_add_func("/windows/clean-up/real", test_real);
    return g_test_run();
}
