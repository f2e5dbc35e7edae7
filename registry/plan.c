/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a list of edits to what really changes in one hive. Edits are taken in order; what remains
   is one set of deletions, then one of keys to create, then one list of values for each key. */
#include <string.h>

#include "base/error.h"
#include "registry/edit_private.h"

/* While a plan is made. */
typedef struct {
    Hive *hive;
    GPtrArray *keys;     /* of PlanKey */
    GHashTable *by_path; /* folded path to PlanKey */
} Planner;

static void plan_key_free(PlanKey *key)
{
    g_free(key->name);
    g_free(key->path);
    g_ptr_array_unref(key->changes);
    g_clear_pointer(&key->new_values, g_ptr_array_unref);
    g_free(key);
}

void hive_plan_clear(HivePlan *plan)
{
    g_clear_pointer(&plan->keys, g_ptr_array_unref);
    g_clear_pointer(&plan->changes, g_ptr_array_unref);
}

static gboolean key_is_present(const PlanKey *key)
{
    return key->is_created || (key->exists && !key->is_deleted);
}

static gboolean names_are_equal(const char *a, const char *b)
{
    g_autoptr(GByteArray) a_bytes = hive_text_to_utf16(a, FALSE);
    g_autoptr(GByteArray) b_bytes = hive_text_to_utf16(b, FALSE);
    HiveName a_name = {.bytes = a_bytes->data, .length = a_bytes->len};
    HiveName b_name = {.bytes = b_bytes->data, .length = b_bytes->len};
    return hive_name_compare(&a_name, &b_name) == 0;
}

static PlanKey *planner_add(Planner *planner, PlanKey *parent, const char *name, char *folded)
{
    PlanKey *key = g_new0(PlanKey, 1);
    key->parent = parent;
    key->name = g_strdup(name);
    key->path = parent == NULL || parent->parent == NULL
                    ? g_strdup(name)
                    : g_strconcat(parent->path, "\\", name, NULL);
    key->changes = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(planner->keys, key);
    g_hash_table_insert(planner->by_path, folded, key);
    return key;
}

static gboolean planner_get_child(Planner *planner, PlanKey *parent, const char *name,
                                  const char *folded, PlanKey **ret_key, GError **error)
{
    HiveKey found_key = HIVE_NO_CELL;
    gboolean found = FALSE;
    g_autofree char *own_name = NULL;

    if (parent->exists && !parent->is_deleted &&
        !hive_find_key(planner->hive, parent->key, name, &found, &found_key, error)) {
        return FALSE;
    }
    if (found && !hive_get_key_name(planner->hive, found_key, &own_name, error)) {
        return FALSE;
    }
    PlanKey *key =
        planner_add(planner, parent, own_name != NULL ? own_name : name, g_strdup(folded));
    key->exists = found;
    key->key = found_key;
    *ret_key = key;
    return TRUE;
}

/* The plan's entry for a path and all above it. */
static gboolean planner_get(Planner *planner, const char *path, PlanKey **ret_key, GError **error)
{
    if (!g_utf8_validate(path, -1, NULL)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "a registry key's name is not UTF-8");
        return FALSE;
    }
    g_auto(GStrv) components = g_strsplit(path, "\\", -1);
    g_autoptr(GString) folded = g_string_new(NULL);
    PlanKey *key = planner->keys->pdata[0];
    for (size_t i = 0; components[i] != NULL; i++) {
        if (*components[i] == '\0') {
            continue;
        }
        g_autofree char *component = g_utf8_strup(components[i], -1);
        g_string_append_c(folded, '\\');
        g_string_append(folded, component);
        PlanKey *child = g_hash_table_lookup(planner->by_path, folded->str);
        if (child == NULL &&
            !planner_get_child(planner, key, components[i], folded->str, &child, error)) {
            return FALSE;
        }
        key = child;
    }
    *ret_key = key;
    return TRUE;
}

static void plan_create(PlanKey *key, const char *reason)
{
    for (; key != NULL && !key_is_present(key); key = key->parent) {
        key->is_created = TRUE;
        key->create_reason = reason;
    }
}

static void plan_change_value(PlanKey *key, const HiveEdit *edit, GBytes *data)
{
    for (guint i = 0; i < key->changes->len; i++) {
        PlanValue *change = key->changes->pdata[i];
        if (names_are_equal(change->edit->name, edit->name)) {
            *change = (PlanValue){.edit = edit, .data = data};
            return;
        }
    }
    PlanValue *change = g_new(PlanValue, 1);
    *change = (PlanValue){.edit = edit, .data = data};
    g_ptr_array_add(key->changes, change);
}

static gboolean key_is_below(const PlanKey *key, const PlanKey *ancestor)
{
    for (key = key->parent; key != NULL; key = key->parent) {
        if (key == ancestor) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Everything planned for the key and below is forgotten; what exists there is gone with it. */
static void plan_delete(Planner *planner, PlanKey *target, const char *reason)
{
    for (guint i = 0; i < planner->keys->len; i++) {
        PlanKey *key = planner->keys->pdata[i];
        if (key == target || key_is_below(key, target)) {
            key->is_created = FALSE;
            key->exists = key->exists && key == target;
            key->is_deleted = key->is_deleted && key == target;
            g_ptr_array_set_size(key->changes, 0);
        }
    }
    if (target->exists && !target->is_deleted) {
        target->is_deleted = TRUE;
        target->delete_reason = reason;
    }
}

static gboolean planner_take(Planner *planner, const HiveEdit *edit, GError **error)
{
    PlanKey *key;
    if (!planner_get(planner, edit->key, &key, error)) {
        return FALSE;
    }
    switch (edit->kind) {
    case HIVE_EDIT_SET:
        plan_create(key, edit->reason);
        plan_change_value(key, edit, edit->data);
        break;
    case HIVE_EDIT_CREATE_KEY:
        plan_create(key, edit->reason);
        break;
    case HIVE_EDIT_DELETE_VALUE:
        if (key_is_present(key)) {
            plan_change_value(key, edit, NULL);
        }
        break;
    case HIVE_EDIT_DELETE_KEY:
        if (key->parent == NULL) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL,
                              "the root key of a hive cannot be deleted");
            return FALSE;
        }
        plan_delete(planner, key, edit->reason);
        break;
    }
    return TRUE;
}

static void plan_report(HivePlan *plan, const PlanKey *key, const char *name, char *old_text,
                        char *new_text, const char *reason)
{
    HiveChange *change = g_new0(HiveChange, 1);
    change->key = g_strdup(key->path);
    change->name = g_strdup(name);
    change->old_text = old_text;
    change->new_text = new_text;
    change->reason = g_strdup(reason);
    g_ptr_array_add(plan->changes, change);
}

static char *value_text(const HiveValue *value)
{
    size_t length;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    return hive_value_to_text(value->type, data, length);
}

static void value_set(HiveValue *value, const PlanValue *change)
{
    g_clear_pointer(&value->data, g_bytes_unref);
    value->type = change->edit->type;
    value->data = g_bytes_ref(change->data);
}

/* Carries one change out on values; TRUE if they are different now. */
static gboolean values_change(HivePlan *plan, const PlanKey *key, GPtrArray *values,
                              const PlanValue *change)
{
    guint at = 0;
    while (at < values->len &&
           !names_are_equal(((HiveValue *)values->pdata[at])->name, change->edit->name)) {
        at++;
    }
    HiveValue *value = at < values->len ? values->pdata[at] : NULL;
    char *old_text = NULL;
    if (change->data == NULL && value == NULL) {
        return FALSE;
    }
    if (value != NULL) {
        if (change->data != NULL && value->type == change->edit->type &&
            g_bytes_equal(value->data, change->data)) {
            return FALSE;
        }
        old_text = value_text(value);
    }
    if (change->data == NULL) {
        plan_report(plan, key, value->name, old_text, NULL, change->edit->reason);
        g_ptr_array_remove_index(values, at);
        return TRUE;
    }
    if (value == NULL) {
        value = g_new0(HiveValue, 1);
        value->name = g_strdup(change->edit->name);
        g_ptr_array_add(values, value);
    }
    value_set(value, change);
    plan_report(plan, key, value->name, old_text, value_text(value), change->edit->reason);
    return TRUE;
}

static gboolean plan_values(HivePlan *plan, Hive *hive, PlanKey *key, GError **error)
{
    g_autoptr(GPtrArray) values = NULL;
    gboolean is_changed = FALSE;

    if (key->changes->len == 0) {
        return TRUE;
    }
    if (!key->exists || key->is_deleted) {
        values = g_ptr_array_new_with_free_func((GDestroyNotify)hive_value_free);
    } else if (!hive_list_values(hive, key->key, &values, error)) {
        return FALSE;
    }
    for (guint i = 0; i < key->changes->len; i++) {
        is_changed |= values_change(plan, key, values, key->changes->pdata[i]);
    }
    if (!is_changed) {
        return TRUE;
    }
    key->new_values = g_steal_pointer(&values);
    return hive_guard_values(hive, key, error);
}

static gboolean plan_resolve(HivePlan *plan, Hive *hive, GError **error)
{
    for (guint i = 0; i < plan->keys->len; i++) {
        PlanKey *key = plan->keys->pdata[i];
        if (key->is_deleted) {
            plan_report(plan, key, NULL, g_strdup("key"), NULL, key->delete_reason);
            if (!hive_guard_delete(hive, key, error)) {
                return FALSE;
            }
        }
    }
    for (guint i = 0; i < plan->keys->len; i++) {
        PlanKey *key = plan->keys->pdata[i];
        if (key->is_created) {
            plan_report(plan, key, NULL, NULL, g_strdup("key"), key->create_reason);
            if (!hive_guard_create(hive, key, error)) {
                return FALSE;
            }
        }
        if (!plan_values(plan, hive, key, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hive_plan_make(const HiveEdits *edits, Hive *hive, HivePlan *ret_plan, GError **error)
{
    g_auto(HivePlan) plan = {
        .keys = g_ptr_array_new_with_free_func((GDestroyNotify)plan_key_free),
        .changes = g_ptr_array_new_with_free_func((GDestroyNotify)hive_change_free),
    };
    g_autoptr(GHashTable) by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Planner planner = {.hive = hive, .keys = plan.keys, .by_path = by_path};

    PlanKey *root = planner_add(&planner, NULL, "", g_strdup(""));
    root->exists = TRUE;
    root->key = hive_root(hive);
    for (guint i = 0; i < edits->list->len; i++) {
        if (!planner_take(&planner, edits->list->pdata[i], error)) {
            return FALSE;
        }
    }
    if (!plan_resolve(&plan, hive, error)) {
        return FALSE;
    }
    *ret_plan = plan;
    plan = (HivePlan){0};
    return TRUE;
}
