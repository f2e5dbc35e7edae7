/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disk drivers for the recovery environment: its archive is copied out of the guest, its image gets
   drivers and registry as the guest itself does, and what wimlib writes replaces it. */
#include "windows/winre.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/finding.h"
#include "inspect/windows_registry.h"
#include "registry/replay.h"
#include "windows/boot_driver.h"
#include "windows/driver_files.h"
#include "windows/editable_hive.h"
#include "windows/wim_image.h"
#include "windows/winre_location.h"

/* Windows 11 24H2 has one of 620 MiB. */
#define ARCHIVE_LIMIT_BYTES (UINT64_C(2) << 30)
#define HIVE_LIMIT_BYTES (UINT64_C(256) << 20)
#define COPY_BYTES (1u << 20)
/* For what a filesystem writes besides the content. */
#define ROOM_RESERVE_BYTES (UINT64_C(1) << 20)

#define INPUT_NAME "winre.wim"
#define OUTPUT_NAME "winre-new.wim"

#define CONFIG "\\Windows\\System32\\config\\"

static const char *const log_names[] = {CONFIG "SYSTEM.LOG", CONFIG "SYSTEM.LOG1",
                                        CONFIG "SYSTEM.LOG2"};

struct WinreScratch {
    char *path; /* of the archive as it is in the guest */
    int input_fd, output_fd;
};

/* One run. */
typedef struct {
    const Guest *guest;
    const VolumeSet *set;
    const DriverSources *sources;
    WinreScratch *scratch;
    WinreLocation location;
    WimImage *image;
    GBytes *system; /* the hive, logs replayed */
    HiveReplay replay;
    Hive *hive; /* opened on system */
    DriverTarget target;
    BootTarget boot;
    DriverChoice *choice;
    GPtrArray *values; /* of EditValue */
} Recovery;

static void recovery_clear(Recovery *recovery)
{
    g_clear_pointer(&recovery->values, g_ptr_array_unref);
    driver_choice_free(recovery->choice);
    hive_close(recovery->hive);
    g_clear_pointer(&recovery->system, g_bytes_unref);
    wim_image_free(recovery->image);
    winre_location_clear(&recovery->location);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Recovery, recovery_clear)

static int make_file(const char *directory, const char *name, char **ret_path, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        drydock_error_set_errno(error, errno, "cannot create '%s'", path);
    else
        *ret_path = g_steal_pointer(&path);
    return fd;
}

WinreScratch *winre_scratch_open(const char *directory, GError **error)
{
    g_autoptr(WinreScratch) scratch = g_new0(WinreScratch, 1);
    g_autofree char *output_path = NULL;

    scratch->input_fd = scratch->output_fd = -1;
    if (!wim_prepare(error))
        return NULL;
    scratch->input_fd = make_file(directory, INPUT_NAME, &scratch->path, error);
    if (scratch->input_fd < 0)
        return NULL;
    scratch->output_fd = make_file(directory, OUTPUT_NAME, &output_path, error);
    if (scratch->output_fd < 0)
        return NULL;
    return g_steal_pointer(&scratch);
}

void winre_scratch_free(WinreScratch *scratch)
{
    if (!scratch)
        return;
    if (scratch->input_fd >= 0)
        close(scratch->input_fd);
    if (scratch->output_fd >= 0)
        close(scratch->output_fd);
    g_free(scratch->path);
    g_free(scratch);
}

void winre_scratch_remove(const char *directory)
{
    static const char *const names[] = {INPUT_NAME, OUTPUT_NAME};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        unlink(path);
    }
}

int winre_scratch_readable(const WinreScratch *scratch)
{
    return scratch->input_fd;
}

/* A state in which a write would fail when everything else has been written. */
static gboolean check_writable(const WinreLocation *location, GError **error)
{
    FsState state;
    if (!fs_get_state(location->volume->fs, &state, error))
        return FALSE;
    if (!state.hibernated && !state.fast_started && (!state.log_dirty || state.journal_replayed))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL,
                      "the volume was not dismounted in Windows%s%s",
                      state.log_refusal ? ", and its log cannot be replayed: " : "",
                      state.log_refusal ? state.log_refusal : "");
    return FALSE;
}

static gboolean write_out(int fd, const uint8_t *bytes, size_t length, GError **error)
{
    while (length > 0) {
        ssize_t put = write(fd, bytes, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            drydock_error_set_errno(error, put < 0 ? errno : ENOSPC, "cannot copy it to the host");
            return FALSE;
        }
        bytes += put;
        length -= (size_t)put;
    }
    return TRUE;
}

static gboolean copy_archive(const Recovery *recovery, GError **error)
{
    const WinreLocation *location = &recovery->location;
    g_autoptr(FsFile) file = NULL;
    g_autofree uint8_t *buffer = g_malloc(COPY_BYTES);

    if (location->stat.size_bytes > ARCHIVE_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "%" G_GUINT64_FORMAT " bytes are too many", location->stat.size_bytes);
        return FALSE;
    }
    if (!fs_file_open(location->volume->fs, location->path, &file, error))
        return FALSE;
    const uint64_t size = fs_file_size(file);
    for (uint64_t done = 0; done < size; done += COPY_BYTES) {
        const size_t piece = (size_t)MIN(size - done, COPY_BYTES);
        if (!fs_file_read(file, done, buffer, piece, error) ||
            !write_out(recovery->scratch->input_fd, buffer, piece, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_whole(WimImage *image, const char *path, GBytes **ret_bytes, GError **error)
{
    g_autoptr(WimFile) file = NULL;
    gboolean found;
    *ret_bytes = NULL;
    if (!wim_image_open_file(image, path, &found, &file, error))
        return FALSE;
    return !found || wim_file_read_all(file, HIVE_LIMIT_BYTES, ret_bytes, error);
}

static gboolean open_system(Recovery *recovery, GError **error)
{
    g_autoptr(GPtrArray) logs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GBytes) bytes = NULL;

    if (!read_whole(recovery->image, CONFIG "SYSTEM", &bytes, error))
        return FALSE;
    if (!bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "there is no Windows in it");
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(log_names); i++) {
        GBytes *log;
        if (!read_whole(recovery->image, log_names[i], &log, error))
            return FALSE;
        if (log)
            g_ptr_array_add(logs, log);
    }
    if (!hive_replay(bytes, (GBytes *const *)logs->pdata, logs->len, &recovery->system,
                     &recovery->replay, error))
        return FALSE;
    if (!recovery->system || recovery->replay.result == HIVE_REPLAY_UNUSABLE) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "its registry was not written completely");
        return FALSE;
    }
    recovery->hive = hive_open_bytes(recovery->system, "SYSTEM", error);
    return recovery->hive != NULL;
}

static gboolean read_architecture(Recovery *recovery, GError **error)
{
    static const struct {
        const char *name;
        InfArchitecture architecture;
    } table[] = {
        {"x86", INF_ARCHITECTURE_X86},
        {"AMD64", INF_ARCHITECTURE_AMD64},
        {"ARM64", INF_ARCHITECTURE_ARM64},
    };
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Control\\Session Manager\\Environment",
                                           recovery->boot.control_sets[0]);
    g_autofree char *text = NULL;
    gboolean found;

    if (!hive_read_string(recovery->hive, key, "PROCESSOR_ARCHITECTURE", &found, &text, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(table) && found; i++)
        if (g_ascii_strcasecmp(text, table[i].name) == 0) {
            recovery->boot.architecture = table[i].architecture;
            return TRUE;
        }
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "it is not known for which processor it is");
    return FALSE;
}

/* It may be older or newer than the guest, and of another processor. */
static gboolean read_target(Recovery *recovery, GError **error)
{
    BootTarget *boot = &recovery->boot;
    InfTarget *inf = &recovery->target.inf;
    g_autoptr(WimFile) file = NULL;
    g_autoptr(Hive) software = NULL;
    gboolean found;
    HiveKey key;
    uint32_t current;

    if (!hive_read_dword(recovery->hive, "Select", "Current", &found, &current, error))
        return FALSE;
    boot->control_sets[0] = found ? current : 1;
    boot->control_set_count = 1;
    if (!hive_find_key(recovery->hive, hive_root(recovery->hive), "DriverDatabase",
                       &boot->has_driver_database, &key, error) ||
        !read_architecture(recovery, error) ||
        !wim_image_open_file(recovery->image, CONFIG "SOFTWARE", &found, &file, error))
        return FALSE;
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "there is no Windows in it");
        return FALSE;
    }
    software = hive_open(wim_file_read, file, wim_file_size(file), "SOFTWARE", error);
    if (!software ||
        !windows_registry_read_version(software, &inf->major, &inf->minor, &inf->build, error))
        return FALSE;
    boot->major = inf->major;
    inf->architecture = boot->architecture;
    inf->product_type = 1;
    return TRUE;
}

static char *describe(const Recovery *recovery)
{
    const InfTarget *inf = &recovery->target.inf;
    return g_strdup_printf("Windows %u.%u.%u, %s", inf->major, inf->minor, inf->build,
                           inf_architecture_name(inf->architecture));
}

static gboolean choose_drivers(Recovery *recovery, GError **error)
{
    const InfTarget *inf = &recovery->target.inf;
    g_autofree char *version = g_strdup_printf("windows:%u.%u", inf->major, inf->minor);
    g_autofree char *build = g_strdup_printf("build:%u", inf->build);
    const char *facts[] = {version, build, "type:client", NULL};
    const Profile *profile = profiles_match(recovery->guest->profiles, facts);
    g_auto(GStrv) folders = profile ? profile_get_list(profile, "virtio-dirs") : NULL;

    recovery->choice =
        driver_choice_new(recovery->sources, &recovery->target, (const char *const *)folders);
    if (driver_choice_find(recovery->choice, DRIVER_ROLE_BLOCK) ||
        driver_choice_find(recovery->choice, DRIVER_ROLE_SCSI))
        return TRUE;
    const GPtrArray *refused = recovery->choice->refused;
    g_autofree char *system = describe(recovery);
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "no virtio disk driver for its %s%s%s", system, refused->len ? ": " : "",
                      refused->len ? (const char *)g_ptr_array_index(refused, 0) : "");
    return FALSE;
}

/* The driver's file where the boot loader takes it from, and its package for drvload. */
static gboolean add_driver(Recovery *recovery, const ChosenDriver *chosen, HiveEdits *edits,
                           GError **error)
{
    g_autofree char *name = NULL;
    g_autoptr(GBytes) driver = NULL;

    if (!driver_files_read_boot(chosen, &name, &driver, error))
        return FALSE;
    g_autofree char *path = g_strconcat("\\Windows\\System32\\drivers\\", name, NULL);
    if (!wim_image_add_file(recovery->image, path, driver, error))
        return FALSE;
    for (guint i = 0; i < chosen->files->len; i++) {
        const char *source = g_ptr_array_index(chosen->files, i);
        g_autofree char *below = driver_files_package_path(chosen, source);
        g_autofree char *target = g_strconcat("\\Windows\\", below, NULL);
        g_autoptr(GBytes) content = NULL;
        if (!driver_tree_read(chosen->tree, source, &content, error) ||
            !wim_image_add_file(recovery->image, target, content, error))
            return FALSE;
    }
    return boot_driver_add_edits(chosen, &recovery->boot, recovery->hive, edits, error);
}

static gboolean replace_hive(Recovery *recovery, const HiveEdits *edits, GError **error)
{
    g_autoptr(GBytes) edited = NULL;
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    g_autoptr(GPtrArray) changes = NULL;

    if (!hive_edits_apply(edits, recovery->system, recovery->replay.max_sequence, &edited, &changes,
                          error))
        return FALSE;
    recovery->values = editable_hive_list_values("HKLM\\SYSTEM", changes);
    if (!wim_image_add_file(recovery->image, CONFIG "SYSTEM", edited, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(log_names); i++) {
        g_autoptr(WimFile) log = NULL;
        gboolean found;
        if (!wim_image_open_file(recovery->image, log_names[i], &found, &log, error) ||
            (found && !wim_image_add_file(recovery->image, log_names[i], empty, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean change_image(Recovery *recovery, GError **error)
{
    g_autoptr(HiveEdits) edits = hive_edits_new();

    for (guint i = 0; i < recovery->choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(recovery->choice->drivers, i);
        if (chosen->boots && !add_driver(recovery, chosen, edits, error))
            return FALSE;
    }
    return replace_hive(recovery, edits, error);
}

static uint64_t sum_extents(const GArray *extents)
{
    uint64_t sum = 0;
    for (guint i = 0; i < extents->len; i++)
        sum += g_array_index(extents, FsExtent, i).length_bytes;
    return sum;
}

/* The new archive takes the old one's place. */
static gboolean check_room(const WinreLocation *location, uint64_t size_bytes, gboolean *ret_fits,
                           GError **error)
{
    g_autoptr(GArray) free_extents = NULL;
    g_autoptr(GArray) own_extents = NULL;
    if (!fs_free_extents(location->volume->fs, &free_extents, error) ||
        !fs_file_extents(location->volume->fs, location->path, &own_extents, error))
        return FALSE;
    *ret_fits =
        size_bytes + ROOM_RESERVE_BYTES <= sum_extents(free_extents) + sum_extents(own_extents);
    return TRUE;
}

static char *format_place(const WinreLocation *location)
{
    g_autofree char *path = g_strdup(location->path);
    g_strdelimit(path, "/", '\\');
    return g_strdup_printf("%s on %s", path, location->volume->name);
}

static gboolean stage(Recovery *recovery, Edits *edits, GPtrArray *findings, GError **error)
{
    g_autoptr(GMappedFile) mapped = NULL;
    g_autofree char *place = format_place(&recovery->location);
    gboolean fits;

    if (!wim_image_write(recovery->image, recovery->scratch->output_fd, error))
        return FALSE;
    mapped = g_mapped_file_new_from_fd(recovery->scratch->output_fd, FALSE, error);
    if (!mapped || !check_room(&recovery->location, g_mapped_file_get_length(mapped), &fits, error))
        return FALSE;
    if (!fits) {
        findings_add(findings, FINDING_WINDOWS_WINRE_NO_ROOM, place);
        return TRUE;
    }
    g_autoptr(GBytes) content = g_mapped_file_get_bytes(mapped);
    g_autofree char *path = winre_location_mount(recovery->guest, &recovery->location);
    g_autofree char *system = describe(recovery);
    g_autofree char *reason =
        g_strdup_printf("virtio disk drivers for the recovery environment (%s)", system);
    if (!edits_write_hive(edits, path, content, g_steal_pointer(&recovery->values), reason, error))
        return FALSE;
    findings_add(findings, FINDING_WINDOWS_WINRE, place);
    return TRUE;
}

static gboolean plan(Recovery *recovery, Edits *edits, GPtrArray *findings, GError **error)
{
    gboolean found;
    if (!winre_location_find(recovery->guest, recovery->set, &found, &recovery->location, error))
        return FALSE;
    if (!found) {
        findings_add(findings, FINDING_WINDOWS_WINRE_NOT_FOUND, NULL);
        return TRUE;
    }
    if (!check_writable(&recovery->location, error) || !copy_archive(recovery, error))
        return FALSE;
    recovery->image = wim_image_open(recovery->scratch->path, error);
    return recovery->image && open_system(recovery, error) && read_target(recovery, error) &&
           choose_drivers(recovery, error) && change_image(recovery, error) &&
           stage(recovery, edits, findings, error);
}

void winre_plan(const Guest *guest, const VolumeSet *set, const DriverSources *sources,
                WinreScratch *scratch, Edits *edits, GPtrArray *findings)
{
    g_auto(Recovery)
        recovery = {.guest = guest, .set = set, .sources = sources, .scratch = scratch};
    g_autoptr(GError) error = NULL;

    if (plan(&recovery, edits, findings, &error))
        return;
    g_autofree char *place =
        recovery.location.path ? format_place(&recovery.location) : g_strdup("Winre.wim");
    g_autofree char *text = g_strdup_printf("%s: %s", place, error->message);
    findings_add(findings, FINDING_WINDOWS_WINRE_LEFT, text);
}
