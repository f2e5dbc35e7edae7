/* SPDX-License-Identifier: GPL-3.0-or-later */
/* URIs of NBD exports, against real servers on a unix socket and on a port of this host. */
#include "convert/image/nbd_uri.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/run.h"
#include "disk/nbd.h"

#define MIB ((uint64_t)1 << 20)
#define START_SECONDS 20

static void machine_disk_check_empty(const MachineDisk *disk)
{
    g_assert_null(disk->path);
    g_assert_null(disk->image_options);
    g_assert_cmpuint(disk->size_bytes, ==, 0);
}

static void test_is(void)
{
    static const struct {
        const char *text;
        gboolean is;
    } rows[] = {
        {"nbd://host/disk", TRUE},
        {"nbd://[::1]:10809", TRUE},
        {"NBD+UNIX:///?socket=/s", TRUE},
        {"nbds://host/", TRUE},
        {"nbd+vsock://2/", TRUE},
        {"nbd:host:10809", TRUE},
        {"nbdx://host/", FALSE},
        {"http://host/nbd://", FALSE},
        {"./nbd:disk", FALSE},
        {"/vms/nbd.vmdk", FALSE},
        {"C:\\VMs\\disk.vhdx", FALSE},
        {"disk.raw", FALSE},
        {"", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(nbd_uri_is(rows[i].text), ==, rows[i].is);
}

static void check_refused(const char *uri, DrydockError code, const char *message)
{
    g_autoptr(Machine) machine = machine_new("disks");
    MachineDisk *disk = machine_add_disk(machine);
    g_autoptr(GError) error = NULL;
    g_assert_false(nbd_uri_open_disk(uri, disk, &error));
    g_assert_nonnull(error);
    g_test_message("%s: %s", uri, error->message);
    g_assert_error(error, DRYDOCK_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, message));
    g_assert_nonnull(strstr(error->message, uri));
    machine_disk_check_empty(disk);
}

static void test_refused(void)
{
    static const struct {
        const char *uri;
        DrydockError code;
        const char *message;
    } rows[] = {
        {"nbds://host/disk", DRYDOCK_ERROR_UNSUPPORTED, "with TLS"},
        {"nbds+unix:///?socket=/s", DRYDOCK_ERROR_UNSUPPORTED, "with TLS"},
        {"nbd+vsock://2/disk", DRYDOCK_ERROR_UNSUPPORTED, "of this kind"},
        {"nbd:localhost:10809", DRYDOCK_ERROR_USAGE, "no host"},
        {"nbd:///disk", DRYDOCK_ERROR_USAGE, "no host"},
        {"nbd://host:0/disk", DRYDOCK_ERROR_USAGE, "port 0"},
        {"nbd://host:99999/disk", DRYDOCK_ERROR_USAGE, "no NBD URI"},
        {"nbd://host:x/disk", DRYDOCK_ERROR_USAGE, "no NBD URI"},
        {"nbd://host/%00", DRYDOCK_ERROR_USAGE, "no NBD URI"},
        {"nbd://[::1/disk", DRYDOCK_ERROR_USAGE, "no NBD URI"},
        {"nbd+unix:///disk", DRYDOCK_ERROR_USAGE, "no socket"},
        {"nbd+unix:///disk?socket=", DRYDOCK_ERROR_USAGE, "no socket"},
        {"nbd+unix:///disk?sock=/s", DRYDOCK_ERROR_USAGE, "no socket"},
        {"nbd+unix://host/disk?socket=/s", DRYDOCK_ERROR_USAGE, "has no host"},
        {"nbd+unix:///?socket=/nonexistent/socket", DRYDOCK_ERROR_SYSTEM, "No such file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        check_refused(rows[i].uri, rows[i].code, rows[i].message);

    g_autofree char *long_name = g_strnfill(5000, 'x');
    g_autofree char *uri = g_strconcat("nbd://host/", long_name, NULL);
    check_refused(uri, DRYDOCK_ERROR_USAGE, "too long");
}

/* A server of the host, and the folder of its socket. */
typedef struct {
    char *folder;
    char *socket_path;
    RunChild *child;
} Server;

static void server_prepare(Server *server)
{
    g_autoptr(GError) error = NULL;
    server->folder = g_dir_make_tmp("drydock uri & XXXXXX", &error);
    g_assert_no_error(error);
    server->socket_path = g_build_filename(server->folder, "a,b", NULL);
}

static void server_stop(Server *server)
{
    run_child_close(server->child);
    g_autoptr(GDir) folder = g_dir_open(server->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *path = g_build_filename(server->folder, name, NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(server->folder), ==, 0);
    g_free(server->folder);
    g_free(server->socket_path);
}

static void server_start(Server *server, const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    server->child = run_child_start(argv, NULL, 0, &error);
    g_assert_no_error(error);
}

#define SERVER_START(server, ...) server_start(server, (const char *const[]){__VA_ARGS__, NULL})

static gboolean has_program(const char *name)
{
    g_autofree char *path = g_find_program_in_path(name);
    if (!path)
        g_test_skip("a server is not installed");
    return path != NULL;
}

static char *unix_uri(const Server *server, const char *export_name)
{
    g_autofree char *path = g_uri_escape_string(server->socket_path, "/", FALSE);
    return g_strdup_printf("nbd+unix:///%s?socket=%s", export_name, path);
}

static guint16 free_port(void)
{
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_socket_listener_add_address(listener, any, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_TCP, NULL, &address, &error));
    return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address));
}

/* Servers take a moment until they listen. Any other answer is one. */
static gboolean open_patiently(const char *uri, MachineDisk *disk, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;
    for (;;) {
        g_autoptr(GError) local = NULL;
        if (nbd_uri_open_disk(uri, disk, &local))
            return TRUE;
        if (!g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM) ||
            g_get_monotonic_time() > deadline) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        g_usleep(20000);
    }
}

/* qemu reads through our options what the server exports: 8 MiB, each 8 bytes their own offset. */
static void check_pattern(const MachineDisk *disk)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NbdServer) server = nbd_server_start(disk->image_options, FALSE, &error);
    g_assert_no_error(error);
    g_autoptr(Disk) bytes = disk_connect_nbd(nbd_server_socket(server), "test", FALSE, 512, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(disk_size(bytes), ==, disk->size_bytes);
    uint8_t buffer[16];
    g_assert_true(disk_read(bytes, 5 * MIB, buffer, sizeof(buffer), &error));
    static const uint8_t expected[16] = {[5] = 0x50, [13] = 0x50, [15] = 8};
    g_assert_true(memcmp(buffer, expected, sizeof(expected)) == 0);
}

static void check_opens(const char *uri, const char *options)
{
    g_autoptr(Machine) machine = machine_new("disks");
    MachineDisk *disk = machine_add_disk(machine);
    g_autoptr(GError) error = NULL;
    gboolean opened = open_patiently(uri, disk, &error);
    g_assert_no_error(error);
    g_assert_true(opened);
    g_assert_cmpstr(disk->path, ==, uri);
    g_assert_cmpint(disk->format, ==, SOURCE_FORMAT_NBD);
    g_assert_cmpuint(disk->size_bytes, ==, 8 * MIB);
    g_assert_cmpuint(disk->sector_size, ==, 512);
    g_assert_cmpstr(disk->image_options, ==, options);
    check_pattern(disk);
}

static void make_pattern(const char *path)
{
    g_autofree uint8_t *bytes = g_malloc(8 * MIB);
    for (uint64_t offset = 0; offset < 8 * MIB; offset += 8) {
        guint64 stored = GUINT64_TO_BE(offset);
        memcpy(bytes + offset, &stored, sizeof(stored));
    }
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(path, (const char *)bytes, 8 * MIB, &error));
}

static void test_unix(void)
{
    if (!has_program("qemu-nbd"))
        return;
    Server server = {0};
    server_prepare(&server);
    g_autofree char *image = g_build_filename(server.folder, "image.raw", NULL);
    make_pattern(image);
    SERVER_START(&server, "qemu-nbd", "-t", "-r", "-f", "raw", "-x", "a,b/c d", "-k",
                 server.socket_path, image);
    g_autofree char *uri = unix_uri(&server, "a,b%2Fc%20d");
    g_autofree char *escaped = g_strdup_printf("%s/a,,b", server.folder);
    g_autofree char *options = g_strdup_printf(
        "driver=raw,file.driver=nbd,file.server.type=unix,file.server.path=%s,file.export=a,,b/c d",
        escaped);
    check_opens(uri, options);

    g_autofree char *other = unix_uri(&server, "other");
    check_refused(other, DRYDOCK_ERROR_NOT_FOUND, "no export named 'other'");
    g_autofree char *unnamed = unix_uri(&server, "");
    check_refused(unnamed, DRYDOCK_ERROR_NOT_FOUND, "no export named ''");
    server_stop(&server);
}

static void test_tcp(void)
{
    if (!has_program("nbdkit"))
        return;
    Server server = {0};
    server_prepare(&server);
    g_autofree char *port = g_strdup_printf("%u", free_port());
    SERVER_START(&server, "nbdkit", "-f", "-i", "127.0.0.1", "-p", port, "pattern", "8M");
    g_autofree char *uri = g_strdup_printf("nbd://127.0.0.1:%s", port);
    g_autofree char *options = g_strdup_printf("driver=raw,file.driver=nbd,file.server.type=inet,"
                                               "file.server.host=127.0.0.1,file.server.port=%s",
                                               port);
    check_opens(uri, options);
    server_stop(&server);
    check_refused(uri, DRYDOCK_ERROR_SYSTEM, "Connection refused");
}

/* Servers before NBD's handshake could choose an export. */
static void test_oldstyle(void)
{
    if (!has_program("nbdkit"))
        return;
    Server server = {0};
    server_prepare(&server);
    SERVER_START(&server, "nbdkit", "-f", "-o", "-U", server.socket_path, "pattern", "8M");
    g_autofree char *uri = unix_uri(&server, "");
    g_autofree char *options = g_strdup_printf(
        "driver=raw,file.driver=nbd,file.server.type=unix,file.server.path=%s/a,,b", server.folder);
    check_opens(uri, options);
    server_stop(&server);
}

static void check_size_refused(const char *size)
{
    Server server = {0};
    server_prepare(&server);
    SERVER_START(&server, "nbdkit", "-f", "-U", server.socket_path, "memory", size);
    g_autofree char *uri = unix_uri(&server, "");
    g_autoptr(Machine) machine = machine_new("disks");
    MachineDisk *disk = machine_add_disk(machine);
    g_autoptr(GError) error = NULL;
    g_assert_false(open_patiently(uri, disk, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, size));
    machine_disk_check_empty(disk);
    server_stop(&server);
}

static void test_sizes(void)
{
    if (!has_program("nbdkit"))
        return;
    check_size_refused("0");
    check_size_refused("1000");
}

static void test_tls(void)
{
    if (!has_program("nbdkit"))
        return;
    Server server = {0};
    server_prepare(&server);
    g_autofree char *keys = g_build_filename(server.folder, "keys", NULL);
    g_autofree char *option = g_strconcat("--tls-psk=", keys, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(keys, "user:00112233445566778899aabbccddeeff\n", -1, &error));
    SERVER_START(&server, "nbdkit", "-f", "-U", server.socket_path, "--tls=require", option,
                 "memory", "1M");
    g_autofree char *uri = unix_uri(&server, "");
    g_autoptr(Machine) machine = machine_new("disks");
    g_assert_false(open_patiently(uri, machine_add_disk(machine), &error));
    g_test_message("%s", error->message);
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    server_stop(&server);
}

static gpointer talk_http(gpointer data)
{
    g_autoptr(GSocketConnection) connection =
        g_socket_listener_accept(G_SOCKET_LISTENER(data), NULL, NULL, NULL);
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    const char *answer = "HTTP/1.0 400 Bad request, as there was none, and so on\r\n\r\n";
    g_output_stream_write_all(out, answer, strlen(answer), NULL, NULL, NULL);
    g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
    return NULL;
}

static void test_other_server(void)
{
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_socket_listener_add_address(listener, any, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_TCP, NULL, &address, &error));
    GThread *thread = g_thread_new("http", talk_http, listener);
    g_autofree char *uri = g_strdup_printf(
        "nbd://127.0.0.1:%u/disk", g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
    check_refused(uri, DRYDOCK_ERROR_SYSTEM, "cannot open");
    g_thread_join(thread);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/nbd-uri/is", test_is);
    g_test_add_func("/convert/nbd-uri/refused", test_refused);
    g_test_add_func("/convert/nbd-uri/unix", test_unix);
    g_test_add_func("/convert/nbd-uri/tcp", test_tcp);
    g_test_add_func("/convert/nbd-uri/oldstyle", test_oldstyle);
    g_test_add_func("/convert/nbd-uri/sizes", test_sizes);
    g_test_add_func("/convert/nbd-uri/tls", test_tls);
    g_test_add_func("/convert/nbd-uri/other-server", test_other_server);
    return g_test_run();
}
