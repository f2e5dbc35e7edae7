/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of every subcommand. */
#include "migrate/options.h"

#include <string.h>

#include "base/error.h"

void options_clear(Options *options)
{
    g_strfreev(options->arguments);
    g_free(options->profile_dir);
    g_free(options->virtio_win);
    g_free(options->output_directory);
    g_free(options->name);
    g_free(options->disk_bus);
    g_free(options->network);
    memset(options, 0, sizeof(*options));
}

static gboolean parse_debug(G_GNUC_UNUSED const char *option, const char *value,
                            G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED GError **error)
{
    g_autofree char *domains = g_strdelimit(g_strdup(value ? value : "all"), ",", ' ');
    g_setenv("G_MESSAGES_DEBUG", domains, TRUE);
    return TRUE;
}

static gboolean parse_progress(const char *value, gboolean quiet, ProgressMode *ret_mode,
                               GError **error)
{
    *ret_mode = quiet ? PROGRESS_NONE : PROGRESS_AUTO;
    if (!value || g_str_equal(value, "auto"))
        return TRUE;
    if (g_str_equal(value, "json"))
        *ret_mode = PROGRESS_JSON;
    else if (g_str_equal(value, "none"))
        *ret_mode = PROGRESS_NONE;
    else {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use auto, json or none",
                          "'%s' is not a kind of progress", value);
        return FALSE;
    }
    return TRUE;
}

static void add_entries(GOptionContext *context, gboolean wanted, const GOptionEntry *entries)
{
    if (wanted)
        g_option_context_add_main_entries(context, entries, NULL);
}

gboolean options_parse(Options *options, OptionsKind kind, const char *parameters,
                       const char *summary, int argc, char **argv, GError **error)
{
    g_autofree char *progress = NULL;
    gboolean quiet = FALSE;
    const GOptionEntry common[] = {
        {"progress", 0, 0, G_OPTION_ARG_STRING, &progress, "How to show progress: auto, json, none",
         "KIND"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Show no progress", NULL},
        {"profile-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->profile_dir,
         "Read more operating system profiles from DIR", "DIR"},
        {"debug", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, parse_debug,
         "Log what these folders do (all without a list)", "FOLDER,…"},
        G_OPTION_ENTRY_NULL};
    const GOptionEntry output[] = {
        {"output-directory", 'o', 0, G_OPTION_ARG_FILENAME, &options->output_directory,
         "Write the results into DIR", "DIR"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &options->name,
         "Name of the machine (default: of the first disk)", "NAME"},
        {"disk-bus", 0, 0, G_OPTION_ARG_STRING, &options->disk_bus,
         "Disk bus: virtio, scsi, sata or ide (default: the best that will boot)", "BUS"},
        {"network", 0, 0, G_OPTION_ARG_STRING, &options->network,
         "libvirt network for the NICs (default: default)", "NAME"},
        {"sync", 0, 0, G_OPTION_ARG_NONE, &options->sync,
         "Wait until the images are on stable storage", NULL},
        G_OPTION_ENTRY_NULL};
    const GOptionEntry edits[] = {{"virtio-win", 0, 0, G_OPTION_ARG_FILENAME, &options->virtio_win,
                                   "virtio-win ISO or folder (default: /usr/share/virtio-win)",
                                   "PATH"},
                                  G_OPTION_ENTRY_NULL};
    const GOptionEntry json[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print JSON", NULL}, G_OPTION_ENTRY_NULL};

    g_autoptr(GOptionContext) context = g_option_context_new(parameters);
    g_option_context_set_summary(context, summary);
    add_entries(context, TRUE, common);
    add_entries(context, (kind & OPTIONS_OUTPUT) != 0, output);
    add_entries(context, (kind & OPTIONS_EDITS) != 0, edits);
    add_entries(context, (kind & OPTIONS_JSON) != 0, json);

    g_autoptr(GError) parse_error = NULL;
    g_auto(GStrv) copy = g_new0(char *, (gsize)argc + 1);
    for (int i = 0; i < argc; i++)
        copy[i] = g_strdup(argv[i]);
    if (!g_option_context_parse_strv(context, &copy, &parse_error)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "see migrate --help", "%s",
                          parse_error->message);
        return FALSE;
    }
    if (!parse_progress(progress, quiet, &options->progress, error))
        return FALSE;
    options->argument_count = g_strv_length(copy) - 1;
    options->arguments = g_strdupv(copy + 1);
    return TRUE;
}
