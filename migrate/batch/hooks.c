/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the hooks of a machine. */
#include "migrate/batch/hooks.h"

#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/run.h"
#include "migrate/batch/arguments.h"
#include "migrate/batch/hook_http.h"
#include "migrate/batch/hook_words.h"

#define POLL_US 10000

gboolean batch_hooks_has(const BatchMachine *machine, BatchHookPoint point)
{
    for (guint i = 0; i < machine->hooks->len; i++)
        if (((const BatchHook *)g_ptr_array_index(machine->hooks, i))->point == point)
            return TRUE;
    return FALSE;
}

static gboolean expand_list(const HookWords *words, char **texts, const char *first,
                            GStrv *ret_list, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    if (first)
        g_strv_builder_add(builder, first);
    for (guint i = 0; texts && texts[i]; i++) {
        g_autofree char *text = NULL;
        if (!hook_words_expand(words, texts[i], HOOK_WORD_PLAIN, &text, error))
            return FALSE;
        g_strv_builder_add(builder, text);
    }
    *ret_list = g_strv_builder_end(builder);
    return TRUE;
}

static char **set_variables(char **environment, char **pairs)
{
    for (guint i = 0; pairs[i]; i++) {
        const char *equals = strchr(pairs[i], '=');
        g_autofree char *name = g_strndup(pairs[i], (gsize)(equals - pairs[i]));
        environment = g_environ_setenv(environment, name, equals + 1, TRUE);
    }
    return environment;
}

static gboolean wait_for(RunChild *child, guint timeout_seconds, GError **error)
{
    const gint64 deadline = g_get_monotonic_time() + (gint64)timeout_seconds * G_USEC_PER_SEC;
    int status;
    while (!run_child_has_ended(child, &status)) {
        if (!interrupt_check(error))
            return FALSE;
        if (g_get_monotonic_time() > deadline) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, "give it more time with 'timeout'",
                              "it did not finish within %u seconds", timeout_seconds);
            return FALSE;
        }
        g_usleep(POLL_US);
    }
    return status == 0 || run_child_check_alive(child, error);
}

static gboolean run_script(const BatchHookCall *call, const BatchHook *hook, const HookWords *words,
                           guint timeout_seconds, GError **error)
{
    g_auto(GStrv) argv = NULL;
    g_auto(GStrv) own = NULL;
    g_autofree char *folder = NULL;
    if (!expand_list(words, hook->arguments, hook->path, &argv, error) ||
        !expand_list(words, hook->environment, NULL, &own, error) ||
        (hook->working_directory &&
         !hook_words_expand(words, hook->working_directory, HOOK_WORD_PLAIN, &folder, error)))
        return FALSE;
    g_auto(GStrv) environment = set_variables(
        hook_words_add_to_environment(words, batch_environment(call->manifest, call->machine)),
        own);
    RunChildOptions options = RUN_CHILD_OPTIONS;
    options.working_directory = folder ? folder : call->manifest->directory;
    options.environment = (const char *const *)environment;
    g_autoptr(RunChild) child = run_child_start_with((const char *const *)argv, &options, error);
    return child && wait_for(child, timeout_seconds, error);
}

static gboolean send_request(const BatchHook *hook, const HookWords *words, guint timeout_seconds,
                             GError **error)
{
    g_autofree char *url = NULL;
    g_autofree char *body = NULL;
    g_auto(GStrv) headers = NULL;
    if (!hook_words_expand(words, hook->url, HOOK_WORD_URL, &url, error) ||
        !expand_list(words, hook->headers, NULL, &headers, error) ||
        (hook->body && !hook_words_expand_json(words, hook->body, &body, error)))
        return FALSE;
    const HookRequest request = {.url = url,
                                 .method = hook->method,
                                 .headers = (const char *const *)headers,
                                 .body = body,
                                 .timeout_seconds = timeout_seconds};
    return hook_http_send(&request, error);
}

static gboolean run_hook(const BatchHookCall *call, const BatchHook *hook, GError **error)
{
    const char *stage = hook->stage ? hook->stage : batch_hook_point_name(hook->point);
    const guint timeout_seconds =
        hook->timeout_seconds > 0 ? hook->timeout_seconds : BATCH_HOOK_TIMEOUT_SECONDS;
    g_autoptr(HookWords) words = hook_words_new(call->manifest, call->machine, call->result, stage);
    gboolean ok = hook->type == BATCH_HOOK_HTTP
                      ? send_request(hook, words, timeout_seconds, error)
                      : run_script(call, hook, words, timeout_seconds, error);
    if (ok)
        return TRUE;
    g_autofree char *what =
        hook->type == BATCH_HOOK_HTTP ? g_strdup("request") : g_path_get_basename(hook->path);
    g_prefix_error(error, "the hook '%s' (%s) failed: ", stage, what);
    return FALSE;
}

gboolean batch_hooks_run(const void *data, char **ret_answer, GError **error)
{
    const BatchHookCall *call = data;
    g_autoptr(GString) failures = g_string_new(NULL);
    for (guint i = 0; i < call->machine->hooks->len; i++) {
        const BatchHook *hook = g_ptr_array_index(call->machine->hooks, i);
        g_autoptr(GError) reason = NULL;
        if (hook->point != call->point || run_hook(call, hook, &reason))
            continue;
        if (!hook->continue_on_error ||
            g_error_matches(reason, DRYDOCK_ERROR, DRYDOCK_ERROR_INTERRUPTED)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        g_string_append_printf(failures, "%s\n", reason->message);
    }
    *ret_answer = failures->len > 0 ? g_string_free(g_steal_pointer(&failures), FALSE) : NULL;
    return TRUE;
}
