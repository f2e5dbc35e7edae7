/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a machine and the options of convert that they stand for: one table for reading,
   copying and handing on. */
#ifndef MIGRATE_BATCH_SETTINGS_H
#define MIGRATE_BATCH_SETTINGS_H

#include "migrate/batch/manifest.h"

/* What a value is, in the manifest and in BatchSettings. */
typedef enum {
    SETTING_TEXT,
    SETTING_PATH, /* made absolute */
    SETTING_FLAG,
    SETTING_CPUS,
    SETTING_MEMORY,
    SETTING_FIRMWARE,
    SETTING_TEXTS,
    SETTING_PATHS,   /* made absolute */
    SETTING_PAIRS,   /* a map, or texts with '=' */
    SETTING_SECRETS, /* where each secret is */
    SETTING_EDITS,   /* options of their own, with their values */
} SettingType;

typedef struct {
    const char *key;
    SettingType type;
    size_t offset;            /* in BatchSettings */
    const char *option;       /* of convert; NULL: none */
    const char *const *words; /* of a text: all that it may be; NULL: anything */
} Setting;

/* Ends with a row without a key. */
const Setting *batch_settings_table(void);

/* Reads the value of one key over what settings has; null: convert decides. */
gboolean batch_setting_read(const Setting *setting, const BatchManifest *manifest,
                            const Document *document, const DocumentValue *value,
                            BatchSettings *settings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Back to nothing: convert decides. */
void batch_setting_reset(const Setting *setting, BatchSettings *settings);

/* Appends options (of char *, owned) as convert takes them. */
void batch_settings_to_options(const BatchSettings *settings, GPtrArray *options);

#endif
