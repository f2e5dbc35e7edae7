/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifest of an OVF package. */
#include "convert/config/ovf_manifest.h"

#include <string.h>

#include "base/error.h"
#include "convert/source_digest.h"

#define LIMIT_BYTES ((uint64_t)1 << 20)
#define ENTRIES_LIMIT 4096

typedef struct {
    char *name;
    GChecksumType type;
    const char *type_name;
    char *digest; /* hexadecimal, lower case */
    SourcePlace *place;
} Entry;

static const struct {
    const char *name;
    GChecksumType type;
} algorithms[] = {
    {"SHA1", G_CHECKSUM_SHA1},     {"SHA256", G_CHECKSUM_SHA256}, {"SHA384", G_CHECKSUM_SHA384},
    {"SHA512", G_CHECKSUM_SHA512}, {"MD5", G_CHECKSUM_MD5},
};

static void entry_free(void *data)
{
    Entry *entry = data;
    g_free(entry->name);
    g_free(entry->digest);
    source_place_free(entry->place);
    g_free(entry);
}

/* A file may be missing; *ret_place is NULL then. */
static gboolean find_optional(SourceContext *context, const SourcePlace *from, const char *name,
                              SourcePlace **ret_place, GError **error)
{
    g_autoptr(GError) cause = NULL;
    *ret_place = NULL;
    if (source_files_find(context->files, from, name, SOURCE_NAME_LOCAL, ret_place, &cause))
        return TRUE;
    if (g_error_matches(cause, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

/* "folder/machine.ovf" → "machine" */
static char *stem_of(const SourcePlace *config)
{
    char *stem = g_path_get_basename(config->member ? config->member : config->path);
    char *dot = strrchr(stem, '.');
    if (dot && dot != stem)
        *dot = '\0';
    return stem;
}

/* Packages made by hand have one under another name; the only one in the archive is theirs. */
static const char *only_manifest(const SourceContext *context)
{
    const Archive *archive = source_files_archive(context->files);
    const char *found = NULL;
    for (const char *const *member = archive ? archive_members(archive) : NULL; member && *member;
         member++) {
        g_autofree char *lower = g_ascii_strdown(*member, -1);
        if (!g_str_has_suffix(lower, ".mf"))
            continue;
        if (found)
            return NULL;
        found = *member;
    }
    return found;
}

static gboolean find_manifest(SourceContext *context, const SourcePlace *config,
                              SourcePlace **ret_place, GError **error)
{
    g_autofree char *stem = stem_of(config);
    g_autofree char *name = g_strconcat(stem, ".mf", NULL);
    if (!find_optional(context, config, name, ret_place, error))
        return FALSE;
    const char *other = *ret_place ? NULL : only_manifest(context);
    return !other || find_optional(context, NULL, other, ret_place, error);
}

static gboolean note_certificate(SourceContext *context, const SourcePlace *config, GError **error)
{
    g_autofree char *stem = stem_of(config);
    g_autofree char *name = g_strconcat(stem, ".cert", NULL);
    g_autoptr(SourcePlace) place = NULL;
    if (!find_optional(context, config, name, &place, error))
        return FALSE;
    if (place)
        findings_add(context->findings, FINDING_SOURCE_OVF_CERTIFICATE, name);
    return TRUE;
}

static char *read_text(const SourcePlace *place, GError **error)
{
    if (place->length > LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it is %" G_GUINT64_FORMAT " bytes long", place->length);
        return NULL;
    }
    g_autoptr(Disk) disk = source_place_open(place, error);
    g_autofree char *text = g_malloc0((size_t)place->length + 1);
    return disk && disk_read(disk, 0, text, (size_t)place->length, error) ? g_steal_pointer(&text)
                                                                          : NULL;
}

static gboolean set_algorithm(Entry *entry, const char *text)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (; *text; text++)
        if (*text != '-' && !g_ascii_isspace(*text))
            g_string_append_c(name, *text);
    for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        if (g_ascii_strcasecmp(name->str, algorithms[i].name) == 0) {
            entry->type = algorithms[i].type;
            entry->type_name = algorithms[i].name;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_digest(const char *text, GChecksumType type)
{
    size_t length = strlen(text);
    return length == 2 * (size_t)g_checksum_type_get_length(type) &&
           strspn(text, "0123456789abcdef") == length;
}

/* "SHA256 (a name.vmdk) = 01AB…", with white space anywhere between, or nowhere. The name may hold
   all of these characters itself. */
static gboolean parse_line(char *line, guint number, GPtrArray *entries, GError **error)
{
    char *equals = strrchr(line, '=');
    char *open = strchr(line, '(');
    char *close = NULL;
    if (equals) {
        *equals = '\0';
        g_strchomp(line);
        size_t length = strlen(line);
        close = length > 0 && line[length - 1] == ')' ? line + length - 1 : NULL;
    }
    if (!open || !close || close <= open + 1) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again",
                          "line %u is not of the form 'SHA256(file)= digest'", number);
        return FALSE;
    }
    *open = *close = '\0';
    Entry *entry = g_new0(Entry, 1);
    g_ptr_array_add(entries, entry);
    entry->name = g_strdup(open + 1);
    entry->digest = g_ascii_strdown(g_strstrip(equals + 1), -1);
    if (!set_algorithm(entry, line)) {
        g_autofree char *shown = g_utf8_make_valid(g_strstrip(line), -1);
        drydock_error_set(
            error, DRYDOCK_ERROR_UNSUPPORTED, "compare the files yourself and use --skip-checksums",
            "line %u has a digest of the kind '%.40s', which is not known", number, shown);
        return FALSE;
    }
    if (!is_digest(entry->digest, entry->type)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again",
                          "the digest in line %u is no %s", number, entry->type_name);
        return FALSE;
    }
    if (entries->len > ENTRIES_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "it lists more than %d files",
                          ENTRIES_LIMIT);
        return FALSE;
    }
    return TRUE;
}

static gboolean parse(char *text, GPtrArray *entries, GError **error)
{
    char *start = g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text;
    g_auto(GStrv) lines = g_strsplit_set(start, "\r\n", -1);
    guint number = 1;
    const char *position = start;
    for (guint i = 0; lines[i]; i++) {
        char separator = position[strlen(lines[i])];
        char following = separator ? position[strlen(lines[i]) + 1] : '\0';
        position += strlen(lines[i]) + (separator ? 1 : 0);
        char *line = g_strstrip(lines[i]);
        if (*line && *line != '#' && !parse_line(line, number, entries, error))
            return FALSE;
        if (separator == '\n' || (separator == '\r' && following != '\n'))
            number++;
    }
    return TRUE;
}

/* Names are those of the file system; some tools write them as the URIs of the OVF. */
static gboolean find_listed(SourceContext *context, const SourcePlace *manifest, Entry *entry,
                            GError **error)
{
    g_autofree char *decoded = g_uri_unescape_string(entry->name, NULL);
    if (!find_optional(context, manifest, entry->name, &entry->place, error))
        return FALSE;
    if (!entry->place && decoded && !g_str_equal(decoded, entry->name) &&
        !find_optional(context, manifest, decoded, &entry->place, error))
        return FALSE;
    if (entry->place)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND,
                      "copy or export the package again; without checking it: --skip-checksums",
                      "'%s' is missing", entry->name);
    return FALSE;
}

static gboolean compare_file(const SourceContext *context, const Entry *entry, uint64_t *done,
                             uint64_t total, GError **error)
{
    g_autofree char *digest = NULL;
    return source_digest(context, entry->place, entry->type, done, total, &digest, error) &&
           source_digest_compare(entry->name, entry->type_name, digest, entry->digest, error);
}

static gboolean is_listed_before(const GPtrArray *entries, guint index)
{
    const Entry *entry = g_ptr_array_index(entries, index);
    for (guint i = 0; i < index; i++) {
        const Entry *other = g_ptr_array_index(entries, i);
        if (other->type == entry->type && g_str_equal(other->name, entry->name) &&
            g_str_equal(other->digest, entry->digest))
            return TRUE;
    }
    return FALSE;
}

static gboolean check(SourceContext *context, const SourcePlace *manifest, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    g_autofree char *text = read_text(manifest, error);
    if (!text || !parse(text, entries, error))
        return FALSE;
    uint64_t done = 0, total = 0;
    for (guint i = entries->len; i > 0; i--)
        if (is_listed_before(entries, i - 1))
            g_ptr_array_remove_index(entries, i - 1);
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = g_ptr_array_index(entries, i);
        if (!find_listed(context, manifest, entry, error))
            return FALSE;
        total += entry->place->length;
    }
    for (guint i = 0; i < entries->len; i++)
        if (!compare_file(context, g_ptr_array_index(entries, i), &done, total, error))
            return FALSE;
    return TRUE;
}

/* The manifest of a compressed package lies behind the descriptor, as everything else. */
static gboolean complete_archive(SourceContext *context, GError **error)
{
    const Archive *archive = source_files_archive(context->files);
    const SourceRequest *request = context->request;
    if (!archive || archive_is_complete(archive) || !context->work_directory)
        return TRUE;
    if (request)
        archive_set_progress(archive, request->progress, request->progress_data);
    return archive_complete(archive, context->work_directory, error);
}

gboolean ovf_manifest_check(SourceContext *context, const SourcePlace *config, GError **error)
{
    g_autoptr(SourcePlace) manifest = NULL;
    if (!complete_archive(context, error) || !note_certificate(context, config, error))
        return FALSE;
    if (context->request && context->request->skip_checksums)
        return TRUE;
    if (!find_manifest(context, config, &manifest, error))
        return FALSE;
    if (!manifest || check(context, manifest, error))
        return TRUE;
    g_prefix_error(error,
                   "the manifest '%s': ", manifest->member ? manifest->member : manifest->path);
    return FALSE;
}
