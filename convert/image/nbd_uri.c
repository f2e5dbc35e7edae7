/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that somebody's NBD server exports. */
#include "convert/image/nbd_uri.h"

#include <string.h>

#include "base/error.h"
#include "convert/image_options.h"
#include "disk/nbd.h"

#define DEFAULT_PORT 10809      /* registered with IANA */
#define EXPORT_LIMIT_BYTES 4096 /* the NBD protocol's limit for strings */
#define SECTOR_BYTES 512
#define URI_HINT "write nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH"

/* Where the export is; strings owned by it. */
typedef struct {
    char *socket_path; /* NULL: host and port */
    char *host, *port;
    char *export_name; /* "": the server's default */
} Location;

static void location_clear(Location *location)
{
    g_free(location->socket_path);
    g_free(location->host);
    g_free(location->port);
    g_free(location->export_name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Location, location_clear)

gboolean nbd_uri_is(const char *text)
{
    g_autofree char *scheme = g_uri_parse_scheme(text);
    if (!scheme)
        return FALSE;
    g_autofree char *lower = g_ascii_strdown(scheme, -1);
    return g_str_equal(lower, "nbd") || g_str_equal(lower, "nbds") ||
           g_str_has_prefix(lower, "nbd+") || g_str_has_prefix(lower, "nbds+");
}

static gboolean refuse(GError **error, const char *uri, const char *reason)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, URI_HINT, "'%s' is no NBD URI: %s", uri, reason);
    return FALSE;
}

static gboolean check_scheme(const char *uri, const char *scheme, GError **error)
{
    if (g_ascii_strcasecmp(scheme, "nbd") == 0 || g_ascii_strcasecmp(scheme, "nbd+unix") == 0)
        return TRUE;
    gboolean is_tls = g_ascii_strncasecmp(scheme, "nbds", 4) == 0;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                      is_tls ? "reach the server through a tunnel (ssh -L PORT:HOST:10809) and use "
                               "nbd://localhost:PORT/"
                             : URI_HINT,
                      "cannot open '%s': %s are not supported", uri,
                      is_tls ? "NBD servers with TLS" : "NBD connections of this kind");
    return FALSE;
}

/* The socket of "nbd+unix:". */
static gboolean read_socket(const char *uri, GUri *parsed, Location *location, GError **error)
{
    const char *query = g_uri_get_query(parsed);
    const char *host = g_uri_get_host(parsed);
    g_autoptr(GHashTable) parameters =
        query ? g_uri_parse_params(query, -1, "&", G_URI_PARAMS_NONE, NULL) : NULL;
    const char *socket_path = parameters ? g_hash_table_lookup(parameters, "socket") : NULL;
    if (!socket_path || !*socket_path)
        return refuse(error, uri, "it names no socket");
    if (host && *host)
        return refuse(error, uri, "a unix socket has no host");
    location->socket_path = g_canonicalize_filename(socket_path, NULL);
    return TRUE;
}

static gboolean read_host(const char *uri, GUri *parsed, Location *location, GError **error)
{
    const char *host = g_uri_get_host(parsed);
    int port = g_uri_get_port(parsed);
    if (!host || !*host)
        return refuse(error, uri, "it names no host");
    if (port == 0)
        return refuse(error, uri, "port 0 cannot be connected to");
    location->host = g_strdup(host);
    location->port = g_strdup_printf("%d", port > 0 ? port : DEFAULT_PORT);
    return TRUE;
}

static gboolean parse(const char *uri, Location *location, GError **error)
{
    g_autoptr(GError) local = NULL;
    /* The query is taken apart before it is decoded: a socket's name may have '&' in it. */
    g_autoptr(GUri) parsed = g_uri_parse(uri, G_URI_FLAGS_ENCODED_QUERY, &local);
    if (!parsed)
        return refuse(error, uri, local->message);
    if (!check_scheme(uri, g_uri_get_scheme(parsed), error))
        return FALSE;
    const char *path = g_uri_get_path(parsed);
    location->export_name = g_strdup(*path == '/' ? path + 1 : path);
    if (strlen(location->export_name) > EXPORT_LIMIT_BYTES)
        return refuse(error, uri, "the name of the export is too long");
    return g_ascii_strcasecmp(g_uri_get_scheme(parsed), "nbd") == 0
               ? read_host(uri, parsed, location, error)
               : read_socket(uri, parsed, location, error);
}

static void append_option(GString *options, const char *key, const char *value)
{
    g_autofree char *escaped = image_options_escape(value);
    g_string_append_printf(options, ",file.%s=%s", key, escaped);
}

static char *make_image_options(const Location *location)
{
    /* The export's bytes are the disk, whatever they look like. */
    GString *options = g_string_new("driver=raw,file.driver=nbd");
    append_option(options, "server.type", location->socket_path ? "unix" : "inet");
    if (location->socket_path) {
        append_option(options, "server.path", location->socket_path);
    } else {
        append_option(options, "server.host", location->host);
        append_option(options, "server.port", location->port);
    }
    if (*location->export_name)
        append_option(options, "export", location->export_name);
    return g_string_free(options, FALSE);
}

gboolean nbd_uri_open_disk(const char *uri, MachineDisk *disk, GError **error)
{
    g_auto(Location) location = {0};
    uint64_t size_bytes;
    if (!parse(uri, &location, error))
        return FALSE;
    NbdAddress address = {
        .socket_path = location.socket_path,
        .host = location.host,
        .port = location.port,
        .export_name = location.export_name,
    };
    if (!disk_query_nbd(&address, &size_bytes, error)) {
        g_prefix_error(error, "cannot open '%s': ", uri);
        return FALSE;
    }
    if (size_bytes == 0 || size_bytes % SECTOR_BYTES != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "check what the server exports",
                          "the size of '%s', %" G_GUINT64_FORMAT " bytes, is not that of a disk",
                          uri, size_bytes);
        return FALSE;
    }
    disk->path = g_strdup(uri);
    disk->format = SOURCE_FORMAT_NBD;
    disk->size_bytes = size_bytes;
    disk->sector_size = SECTOR_BYTES;
    disk->image_options = make_image_options(&location);
    return TRUE;
}
