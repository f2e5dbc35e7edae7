/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of edits into a hive: list (edit.c), plan against what is there (plan.c), hivex
   (apply.c). For this folder only. */
#ifndef REGISTRY_EDIT_PRIVATE_H
#define REGISTRY_EDIT_PRIVATE_H

#include "registry/edit.h"
#include "registry/hive_private.h"

typedef enum {
    HIVE_EDIT_SET,
    HIVE_EDIT_CREATE_KEY,
    HIVE_EDIT_DELETE_VALUE,
    HIVE_EDIT_DELETE_KEY,
} HiveEditKind;

typedef struct {
    HiveEditKind kind;
    char *key;
    char *name;
    uint32_t type;
    GBytes *data;
    char *reason;
} HiveEdit;

struct HiveEdits {
    GPtrArray *list; /* of HiveEdit */
};

/* A value to set (data) or to delete (data NULL). Borrows from the edit. */
typedef struct {
    const HiveEdit *edit;
    GBytes *data;
} PlanValue;

/* A key that edits mention, or one on the way to it. */
typedef struct PlanKey PlanKey;
struct PlanKey {
    PlanKey *parent; /* NULL: the root */
    char *name;      /* in the hive's own case where it exists */
    char *path;
    gboolean exists; /* in the hive as it is */
    HiveKey key;     /* if it exists */
    gboolean is_deleted;
    gboolean is_created; /* maybe after it was deleted */
    const char *delete_reason;
    const char *create_reason;
    GPtrArray *changes;    /* of PlanValue */
    GPtrArray *new_values; /* of HiveValue, all of the key; NULL: stay as they are */
    size_t node;           /* hivex's handle, while applying */
};

typedef struct {
    GPtrArray *keys;    /* of PlanKey, parents first */
    GPtrArray *changes; /* of HiveChange */
} HivePlan;
void hive_plan_clear(HivePlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HivePlan, hive_plan_clear)

/* What edits really change in hive, and whether hivex can do it. */
gboolean hive_plan_make(const HiveEdits *edits, Hive *hive, HivePlan *ret_plan,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Can hivex take these over? DRYDOCK_ERROR_UNSUPPORTED if not (guard.c). */
gboolean hive_guard_create(Hive *hive, const PlanKey *key,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean hive_guard_delete(Hive *hive, const PlanKey *key,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean hive_guard_values(Hive *hive, const PlanKey *key,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Puts the subkeys of parent into Windows' order. bytes: the whole hive, writable. */
gboolean hive_sort_subkeys(uint8_t *bytes, size_t length, HiveKey parent,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
