/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of every subcommand. */
#include "migrate/options.h"

#include <string.h>

#include "base/error.h"
#include "migrate/key_option.h"
#include "migrate/option_value.h"

#define SEARCH_LIMIT 1000

void options_clear(Options *options)
{
    g_strfreev(options->arguments);
    g_free(options->profile_dir);
    g_free(options->target_profile);
    target_profiles_free(options->targets);
    profiles_free(options->profiles);
    g_free(options->virtio_win);
    g_strfreev(options->drivers);
    customisation_free(options->customisation);
    g_free(options->output_directory);
    g_free(options->name);
    g_strfreev(options->allow_paths);
    g_free(options->root);
    key_ring_free(options->keys);
    g_free(options->disk_bus);
    g_free(options->undo_file);
    g_free(options->undo);
    g_free(options->report);
    g_free(options->format);
    g_free(options->compress);
    g_free(options->only);
    g_free(options->user);
    g_free(options->type);
    g_free(options->network);
    g_strfreev(options->network_map);
    g_strfreev(options->macs);
    g_strfreev(options->ips);
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

static gboolean check_first_boot(const Options *options, GError **error)
{
    if (!options->windows.no_first_boot_service ||
        !customisation_has_scripts(options->customisation))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "leave out one of the two",
                      "--firstboot needs the service that --no-firstboot-service leaves out");
    return FALSE;
}

/* Read here: later there are programs that would inherit the environment. */
static gboolean read_keys(const char *const *arguments, KeyRing **ret_keys, GError **error)
{
    *ret_keys = key_ring_new();
    for (guint i = 0; arguments && arguments[i]; i++)
        if (!key_option_read(arguments[i], *ret_keys, error))
            return FALSE;
    return TRUE;
}

/* What needs more than GOption to be understood. */
typedef struct {
    char *progress, *cpus, *memory, *firmware, *fs_backend, *jobs, *index;
    char **keys;
    gboolean quiet;
} Texts;

static void texts_clear(Texts *texts)
{
    g_free(texts->progress);
    g_free(texts->cpus);
    g_free(texts->memory);
    g_free(texts->firmware);
    g_free(texts->fs_backend);
    g_free(texts->jobs);
    g_free(texts->index);
    g_strfreev(texts->keys);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Texts, texts_clear)

static void add_common_options(GOptionContext *context, Options *options, Texts *texts)
{
    const GOptionEntry entries[] = {
        {"progress", 0, 0, G_OPTION_ARG_STRING, &texts->progress,
         "How to show progress: auto, json, none", "KIND"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &texts->quiet, "Show no progress", NULL},
        {"profile-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->profile_dir,
         "Read more profiles from DIR, of target domains from DIR/target", "DIR"},
        {"debug", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, parse_debug,
         "Log what these folders do (all without a list)", "FOLDER,…"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_output_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"output-directory", 'o', 0, G_OPTION_ARG_FILENAME, &options->output_directory,
         "Write the results into DIR", "DIR"},
        {"disk-bus", 0, 0, G_OPTION_ARG_STRING, &options->disk_bus,
         "Disk bus: virtio, scsi, sata or ide (default: the best that will boot)", "BUS"},
        {"network", 0, 0, G_OPTION_ARG_STRING, &options->network,
         "libvirt network for the NICs (default: default)", "NAME"},
        {"network-map", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->network_map,
         "NICs of this source network, or of this MAC, go to NETWORK (repeatable)",
         "SOURCE=NETWORK"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &options->format,
         "Format of the images: qcow2 (default) or raw", "FORMAT"},
        {"compress", 0, 0, G_OPTION_ARG_STRING, &options->compress,
         "Compress the qcow2 images: --compress alone means zstd, --compress=zlib zlib", "METHOD"},
        {"sync", 0, 0, G_OPTION_ARG_NONE, &options->sync,
         "Wait until the images are on stable storage", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_nic_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"mac", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->macs,
         "Give NIC ID another MAC address, everywhere in the guest too (repeatable)", "ID=MAC"},
        {"regenerate-macs", 0, 0, G_OPTION_ARG_NONE, &options->regenerate_macs,
         "Give all other NICs new MAC addresses, the same at each run", NULL},
        {"ip", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->ips,
         "Give NIC ID this address in the guest, or dhcp (repeatable)",
         "ID=ADDRESS/PREFIX[,gateway=…][,dns=…]"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static NicChanges nic_changes(const Options *options)
{
    return (NicChanges){.macs = (const char *const *)options->macs,
                        .ips = (const char *const *)options->ips,
                        .regenerate = options->regenerate_macs};
}

static void add_drivers_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"virtio-win", 0, 0, G_OPTION_ARG_FILENAME, &options->virtio_win,
         "virtio-win ISO or folder (default: /usr/share/virtio-win)", "PATH"},
        {"driver", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->drivers,
         "Give Windows the drivers of other vendors in DIR too (repeatable)", "DIR"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_edits_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"target-profile", 0, 0, G_OPTION_ARG_STRING, &options->target_profile,
         "What the new machine is like: a profile of the target domain (default: default)", "NAME"},
        {"no-firstboot-service", 0, 0, G_OPTION_ARG_NONE, &options->windows.no_first_boot_service,
         "Put no service into Windows that finishes the migration", NULL},
        {"winre", 0, 0, G_OPTION_ARG_NONE, &options->winre,
         "Also give Windows' recovery environment the virtio disk drivers", NULL},
        {"discard-hibernation", 0, 0, G_OPTION_ARG_NONE, &options->discard_hibernation,
         "Give up the session of a hibernated Windows", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
    customisation_add_options(g_option_context_get_main_group(context));
}

static void add_inspect_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print JSON", NULL},
        {"source-only", 0, 0, G_OPTION_ARG_NONE, &options->source_only,
         "Show the configuration and its disks, not what is on them", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_source_options(GOptionContext *context, Options *options, Texts *texts)
{
    const GOptionEntry entries[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &options->name,
         "Which machine of several; of a single one its new name", "NAME"},
        {"allow-path", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->allow_paths,
         "Also use files below DIR that the source names (repeatable)", "DIR"},
        {"root", 0, 0, G_OPTION_ARG_STRING, &options->root,
         "Of several systems that on this volume (default: the boot loader's)", "VOLUME"},
        {"fs-backend", 0, 0, G_OPTION_ARG_STRING, &texts->fs_backend,
         "What reads XFS and Btrfs: uml, host (root), none or best (default: uml, else host)",
         "KIND"},
        {"skip-checksums", 0, 0, G_OPTION_ARG_NONE, &options->skip_checksums,
         "Do not compare an OVF with its manifest", NULL},
        {"key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->keys,
         "Key of an encrypted volume: ID:file:PATH, ID:env:NAME or ID:prompt (repeatable)", "KEY"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_machine_options(GOptionContext *context, Texts *texts)
{
    const GOptionEntry entries[] = {
        {"cpus", 0, 0, G_OPTION_ARG_STRING, &texts->cpus,
         "Number of CPUs (default: as the source says)", "N"},
        {"memory", 0, 0, G_OPTION_ARG_STRING, &texts->memory,
         "Memory, in MiB or with K, M, G or T (default: as the source says)", "SIZE"},
        {"firmware", 0, 0, G_OPTION_ARG_STRING, &texts->firmware,
         "Firmware: bios or uefi (default: as the source says)", "KIND"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_target_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"output-directory", 'o', 0, G_OPTION_ARG_FILENAME, &options->output_directory,
         "Write what was changed into DIR, as new images", "DIR"},
        {"in-place", 0, 0, G_OPTION_ARG_NONE, &options->in_place,
         "Change the source itself: a hive, a raw or a qcow2 image", NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options->dry_run,
         "Show what would change and write nothing", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_fix_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"undo-file", 0, 0, G_OPTION_ARG_FILENAME, &options->undo_file,
         "Store what is about to be changed in PATH, on another disk", "PATH"},
        {"undo-in-memory", 0, 0, G_OPTION_ARG_NONE, &options->undo_in_memory,
         "Store it in memory, where it is lost when the power is", NULL},
        {"undo", 0, 0, G_OPTION_ARG_FILENAME, &options->undo,
         "Bring back what FILE, the undo file of a repair, has", "FILE"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &options->force,
         "With --undo: also where something else was changed since", NULL},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &options->report,
         "Write the report to PATH (default: beside the undo file)", "PATH"},
        {"disk-bus", 0, 0, G_OPTION_ARG_STRING, &options->disk_bus,
         "Disk bus it is to boot from: virtio, scsi, sata or ide", "BUS"},
        {"yes", 'y', 0, G_OPTION_ARG_NONE, &options->yes, "Do not ask", NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options->dry_run,
         "Show what would change and write nothing", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_batch_options(GOptionContext *context, Options *options, Texts *texts)
{
    const GOptionEntry entries[] = {
        {"output-directory", 'o', 0, G_OPTION_ARG_FILENAME, &options->output_directory,
         "Results of machines for which the manifest names no folder go into DIR", "DIR"},
        {"check", 0, 0, G_OPTION_ARG_NONE, &options->check,
         "Open every source, print what would be done, and write nothing", NULL},
        {"jobs", 'j', 0, G_OPTION_ARG_STRING, &texts->jobs,
         "Convert N machines at the same time (default: the manifest's, or one per CPU, up to 4)",
         "N"},
        {"only", 0, 0, G_OPTION_ARG_STRING, &options->only, "Run the machine ID alone", "ID"},
        {"index", 0, 0, G_OPTION_ARG_STRING, &texts->index,
         "Run machine number N alone, counted from 0", "N"},
        {"retry-failed", 0, 0, G_OPTION_ARG_NONE, &options->retry_failed,
         "Run those again that have failed before", NULL},
        {"stop-on-error", 0, 0, G_OPTION_ARG_NONE, &options->stop_on_error,
         "Begin no other machine after one has failed", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_search_options(GOptionContext *context, Options *options)
{
    const GOptionEntry entries[] = {
        {"keys", 0, 0, G_OPTION_ARG_NONE, &options->search_keys, "Look at names of keys", NULL},
        {"values", 0, 0, G_OPTION_ARG_NONE, &options->search_values, "Look at names of values",
         NULL},
        {"data", 0, 0, G_OPTION_ARG_NONE, &options->search_data, "Look at data", NULL},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options->limit,
         "Stop after N finds (default: 1000; 0: never)", "N"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

/* Single options that several actions share. */
static void add_hand_options(GOptionContext *context, OptionsKind kind, Options *options)
{
    const struct {
        OptionsKind kind;
        GOptionEntry entry;
    } rows[] = {
        {OPTIONS_JSON, {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print JSON", NULL}},
        {OPTIONS_RECURSIVE,
         {"recursive", 'r', 0, G_OPTION_ARG_NONE, &options->recursive, "With everything below",
          NULL}},
        {OPTIONS_LONG,
         {"long", 'l', 0, G_OPTION_ARG_NONE, &options->long_form, "More about each", NULL}},
        {OPTIONS_UTF8,
         {"utf8", 0, 0, G_OPTION_ARG_NONE, &options->utf8, "Write UTF-8 instead of UTF-16", NULL}},
        {OPTIONS_USER,
         {"user", 0, 0, G_OPTION_ARG_STRING, &options->user,
          "Whose HKCU: account, SID or profile folder", "USER"}},
        {OPTIONS_TYPE,
         {"type", 0, 0, G_OPTION_ARG_STRING, &options->type,
          "sz, expand, multi, dword, qword, binary or hex(N) (default: as before, else sz)",
          "TYPE"}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const GOptionEntry entries[] = {rows[i].entry, G_OPTION_ENTRY_NULL};
        if (kind & rows[i].kind)
            g_option_context_add_main_entries(context, entries, NULL);
    }
    if (kind & OPTIONS_TARGET)
        add_target_options(context, options);
    if (kind & OPTIONS_SEARCH)
        add_search_options(context, options);
}

static gboolean check_limit(const Options *options, GError **error)
{
    if (options->limit >= 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give 0 for no limit", "%d is no limit",
                      options->limit);
    return FALSE;
}

static gboolean parse_fs_backend(const char *text, FsBackend *ret_backend, GError **error)
{
    static const char *const names[] = {"best", "uml", "host", "none"};
    for (guint i = 0; text && i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(text, names[i])) {
            *ret_backend = (FsBackend)i;
            return TRUE;
        }
    if (!text)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use best, uml, host or none",
                      "'%s' is nothing that reads filesystems", text);
    return FALSE;
}

/* Early: a profile that is wrong costs no time, and the process that looks into guests opens no
   files. */
static gboolean read_profiles(Options *options, gboolean with_target, GError **error)
{
    options->profiles = profiles_load(options->profile_dir, error);
    if (!options->profiles || !with_target)
        return options->profiles != NULL;
    options->targets = target_profiles_load(options->profile_dir, error);
    if (!options->targets)
        return FALSE;
    options->target = target_profiles_find(options->targets, options->target_profile, error);
    return options->target != NULL;
}

static gboolean read_texts(const Texts *texts, Options *options, GError **error)
{
    const NicChanges nics = nic_changes(options);
    return parse_progress(texts->progress, texts->quiet, &options->progress, error) &&
           option_value_cpus(texts->cpus, &options->cpus, error) &&
           option_value_memory(texts->memory, &options->memory_bytes, error) &&
           option_value_firmware(texts->firmware, &options->firmware, error) &&
           option_value_jobs(texts->jobs, &options->jobs, error) &&
           option_value_index(texts->index, &options->index, error) &&
           option_value_format(options->format, error) &&
           option_value_compress(options->compress, options->format, error) &&
           parse_fs_backend(texts->fs_backend, &options->fs_backend, error) &&
           read_keys((const char *const *)texts->keys, &options->keys, error) &&
           nic_changes_check(&nics, error) && check_first_boot(options, error);
}

/* GOption would take the word behind a lone --compress, a source, for the method. */
static char **copy_arguments(int argc, char **argv)
{
    char **copy = g_new0(char *, (gsize)argc + 1);
    gboolean are_options = TRUE;
    for (int i = 0; i < argc; i++) {
        are_options = are_options && !g_str_equal(argv[i], "--");
        copy[i] = g_strdup(are_options && g_str_equal(argv[i], "--compress") ? "--compress=zstd"
                                                                             : argv[i]);
    }
    return copy;
}

gboolean options_parse(Options *options, OptionsKind kind, const char *parameters,
                       const char *summary, int argc, char **argv, GError **error)
{
    g_auto(Texts) texts = {0};
    g_autoptr(GOptionContext) context = g_option_context_new(parameters);
    options->customisation = customisation_new();
    g_option_context_set_main_group(
        context, g_option_group_new("main", NULL, NULL, options->customisation, NULL));
    g_option_context_set_summary(context, summary);
    add_common_options(context, options, &texts);
    if (kind & OPTIONS_OUTPUT)
        add_output_options(context, options);
    if (kind & OPTIONS_NICS)
        add_nic_options(context, options);
    if (kind & (OPTIONS_EDITS | OPTIONS_DRIVERS))
        add_drivers_options(context, options);
    if (kind & OPTIONS_EDITS)
        add_edits_options(context, options);
    if (kind & OPTIONS_INSPECT)
        add_inspect_options(context, options);
    if (kind & OPTIONS_SOURCE)
        add_source_options(context, options, &texts);
    if (kind & OPTIONS_FIX)
        add_fix_options(context, options);
    if (kind & OPTIONS_MACHINE)
        add_machine_options(context, &texts);
    if (kind & OPTIONS_BATCH)
        add_batch_options(context, options, &texts);
    options->limit = SEARCH_LIMIT;
    add_hand_options(context, kind, options);

    g_autoptr(GError) parse_error = NULL;
    g_auto(GStrv) copy = copy_arguments(argc, argv);
    if (!g_option_context_parse_strv(context, &copy, &parse_error)) {
        if (parse_error->domain == DRYDOCK_ERROR)
            g_propagate_error(error, g_steal_pointer(&parse_error));
        else
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "see migrate --help", "%s",
                              parse_error->message);
        return FALSE;
    }
    if (!read_texts(&texts, options, error) || !check_limit(options, error) ||
        !read_profiles(options, (kind & OPTIONS_EDITS) != 0, error))
        return FALSE;
    options->argument_count = g_strv_length(copy) - 1;
    options->arguments = g_strdupv(copy + 1);
    return TRUE;
}

static void hear_source(void *progress, uint64_t done, uint64_t total)
{
    progress_update(progress, done, total, total);
}

SourceRequest options_source_request(const Options *options, Progress *progress)
{
    return (SourceRequest){
        .name = options->name,
        .allow_paths = (const char *const *)options->allow_paths,
        .cpus = options->cpus,
        .memory_bytes = options->memory_bytes,
        .firmware = options->firmware,
        .nics = nic_changes(options),
        .skip_checksums = options->skip_checksums,
        .progress = hear_source,
        .progress_data = progress,
    };
}
