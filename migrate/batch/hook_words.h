/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hooks are told of a machine: words in double braces, and variables of the environment. */
#ifndef MIGRATE_BATCH_HOOK_WORDS_H
#define MIGRATE_BATCH_HOOK_WORDS_H

#include "migrate/batch/manifest.h"
#include "migrate/batch/result.h"

typedef struct HookWords HookWords;

/* stage: of the hook; result may be NULL before there is one. */
HookWords *hook_words_new(const BatchManifest *manifest, const BatchMachine *machine,
                          const BatchResult *result, const char *stage);
void hook_words_free(HookWords *words);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HookWords, hook_words_free)

/* How a word's value is written into its place. */
typedef enum {
    HOOK_WORD_PLAIN,
    HOOK_WORD_URL, /* percent-encoded */
} HookWordStyle;

/* text with every "{{ word }}" replaced. DRYDOCK_ERROR_USAGE: there is no such word, or the braces
   are not closed. */
gboolean hook_words_expand(const HookWords *words, const char *text, HookWordStyle style,
                           char **ret_text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same in every text of a JSON value; keys stay as they are. */
gboolean hook_words_expand_json(const HookWords *words, const char *json, char **ret_json,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* environment (taken, as g_environ_setenv() does) with DRYDOCK_VM_NAME and so on. */
char **hook_words_add_to_environment(const HookWords *words, char **environment);

#endif
