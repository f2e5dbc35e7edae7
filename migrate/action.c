/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subcommands that have actions of their own. */
#include "migrate/action.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static G_GNUC_NORETURN void print_help(const Action *actions, guint count, const char *command,
                                       const char *summary)
{
    printf("Usage: migrate %s ACTION [OPTION…] SOURCE …\n\n%s\n\n"
           "Actions (each has its own --help):\n",
           command, summary);
    for (guint i = 0; i < count; i++)
        printf("  %-11s %s\n", actions[i].name, actions[i].summary);
    exit(0);
}

static const Action *find_action(const Action *actions, guint count, const char *word)
{
    for (guint i = 0; i < count; i++)
        if (g_str_equal(actions[i].name, word))
            return &actions[i];
    return NULL;
}

static void refuse(const Action *actions, guint count, const char *command, const char *word,
                   GError **error)
{
    g_autoptr(GString) names = g_string_new("use ");
    for (guint i = 0; i < count; i++)
        g_string_append_printf(names, "%s%s",
                               i == 0          ? ""
                               : i + 1 < count ? ", "
                                               : " or ",
                               actions[i].name);
    if (word)
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, names->str, "'%s' is no action of migrate %s",
                          word, command);
    else
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, names->str,
                          "migrate %s needs to be told what to do", command);
}

static gboolean check_arguments(const Action *action, const char *command, const Options *options,
                                GError **error)
{
    if (options->argument_count >= action->arguments_minimum &&
        (action->arguments_maximum == 0 || options->argument_count <= action->arguments_maximum))
        return TRUE;
    g_autofree char *hint =
        g_strdup_printf("migrate %s %s %s", command, action->name, action->parameters);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "there are too %s arguments",
                      options->argument_count < action->arguments_minimum ? "few" : "many");
    return FALSE;
}

gboolean action_parse(const Action *actions, guint count, const char *summary, int argc,
                      char **argv, Options *options, const Action **ret_action,
                      Progress **ret_progress, GError **error)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (word && (g_str_equal(word, "--help") || g_str_equal(word, "-h")))
        print_help(actions, count, argv[0], summary);
    const Action *action = word ? find_action(actions, count, word) : NULL;
    if (!action) {
        refuse(actions, count, argv[0], word, error);
        return FALSE;
    }
    g_autofree char *parameters =
        g_strdup_printf("%s %s %s", argv[0], action->name, action->parameters);
    g_set_prgname("migrate");
    if (!options_parse(options, action->options, parameters, action->summary, argc - 1, argv + 1,
                       error))
        return FALSE;
    /* Looking takes no time that is worth showing. */
    gboolean is_quiet = options->progress == PROGRESS_AUTO && !(action->options & OPTIONS_TARGET);
    *ret_progress = progress_new(is_quiet ? PROGRESS_NONE : options->progress);
    *ret_action = action;
    return check_arguments(action, argv[0], options, error);
}
