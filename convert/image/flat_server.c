/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nbdkit with our plugin as a child process. */
#include "convert/image/flat_server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"
#include "convert/image_options.h"
#include "disk/nbd.h"

#define PLUGIN_NAME "nbdkit-drydock-flat-plugin.so"

/* The program may run from the folder it was built in; the plugin of an older or newer version that
   is installed beside is then not the right one. */
static char *find_plugin(GError **error)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    gboolean is_built = program && g_str_has_prefix(program, DRYDOCK_BUILD_DIRECTORY "/");
    const char *directory =
        is_built ? DRYDOCK_BUILD_DIRECTORY "/convert" : DRYDOCK_PLUGIN_DIRECTORY;
    g_autofree char *path = g_build_filename(directory, PLUGIN_NAME, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer(&path);
    drydock_error_set(error, DRYDOCK_ERROR_MISSING_TOOL,
                      "install this program with all its files again",
                      "its part for disks of this kind is not there: '%s'", path);
    return NULL;
}

static void add_place(GPtrArray *argv, const SourcePlace *place)
{
    g_ptr_array_add(argv, g_strconcat("image=", place->path, NULL));
    g_ptr_array_add(argv, g_strdup_printf("offset=%" G_GUINT64_FORMAT, place->offset));
    g_ptr_array_add(argv, g_strdup_printf("length=%" G_GUINT64_FORMAT, place->length));
}

static RunChild *start_child(const char *socket_path, const char *plugin, const char *format,
                             const GPtrArray *places, int directory_fd, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    const char *const always[] = {"nbdkit", "--foreground", "--readonly",
                                  "--unix", socket_path,    plugin};
    for (guint i = 0; i < G_N_ELEMENTS(always); i++)
        g_ptr_array_add(argv, g_strdup(always[i]));
    g_ptr_array_add(argv, g_strconcat("format=", format, NULL));
    for (guint i = 0; i < places->len; i++)
        add_place(argv, g_ptr_array_index(places, i));
    g_ptr_array_add(argv, NULL);
    RunChild *child = run_child_start((const char *const *)argv->pdata, &directory_fd, 1, error);
    if (!child && error && g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL))
        drydock_error_set_hint(error, "install nbdkit (Debian, Ubuntu) or nbdkit-server (Fedora)");
    return child;
}

/* Work directories may be too deep for the path of a socket. Through a descriptor that the server
   keeps open it is short everywhere, for the server itself and for those that connect to it. */
static char *server_path(const char *process, int directory_fd, const char *socket_path)
{
    g_autofree char *name = g_path_get_basename(socket_path);
    return g_strdup_printf("/proc/%s/fd/%d/%s", process, directory_fd, name);
}

static gboolean path_fits(const char *path)
{
    return strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

static gboolean start_server(SourceContext *context, const char *plugin, const char *format,
                             const GPtrArray *places, int directory_fd, char **ret_path,
                             GError **error)
{
    g_autofree char *path = source_context_make_path(context, "flat.socket");
    gboolean fits = path_fits(path);
    g_autofree char *listen_path = fits ? g_strdup(path) : server_path("self", directory_fd, path);
    g_autoptr(RunChild) child =
        start_child(listen_path, plugin, format, places, directory_fd, error);
    if (!child)
        return FALSE;
    g_autofree char *process = g_strdup_printf("%d", (int)run_child_pid(child));
    g_autofree char *connect_path =
        fits ? g_strdup(path) : server_path(process, directory_fd, path);
    if (!nbd_server_wait(connect_path, child, "nbdkit", error))
        return FALSE;
    g_ptr_array_add(context->servers, g_steal_pointer(&child));
    *ret_path = g_steal_pointer(&connect_path);
    return TRUE;
}

gboolean flat_server_start(SourceContext *context, SourceFormat format, const GPtrArray *places,
                           char **ret_image_options, GError **error)
{
    g_autofree char *plugin = find_plugin(error);
    if (!plugin)
        return FALSE;
    int directory_fd = open(context->work_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory_fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", context->work_directory);
        return FALSE;
    }
    g_autofree char *path = NULL;
    gboolean ok = start_server(context, plugin, source_format_name(format), places, directory_fd,
                               &path, error);
    close(directory_fd);
    if (!ok) {
        g_prefix_error(error, "cannot serve it to qemu: ");
        return FALSE;
    }
    g_autofree char *escaped = image_options_escape(path);
    *ret_image_options = g_strdup_printf("driver=nbd,server.type=unix,server.path=%s", escaped);
    return TRUE;
}
