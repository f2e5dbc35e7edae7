/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads secrets from where --key says they are. */
#include "migrate/key_option.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"

#define TERMINAL "/dev/tty"
#define LINE_LIMIT_BYTES 4096
#define USAGE_HINT                                                                                 \
    "give --key ID:file:PATH, ID:env:NAME or ID:prompt, where ID is the UUID of a volume or of a " \
    "key protector, or any"

/* Bytes that are overwritten before they are freed. */
typedef struct {
    uint8_t *bytes;
    size_t length, room;
} Secret;

static void secret_clear(Secret *secret)
{
    if (secret->bytes)
        explicit_bzero(secret->bytes, secret->room);
    g_clear_pointer(&secret->bytes, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Secret, secret_clear)

static void secret_reserve(Secret *secret, size_t room)
{
    secret->bytes = g_malloc(room);
    secret->room = room;
}

/* Until the end of file, or of a line. */
static gboolean read_bytes(int fd, const char *name, gboolean one_line, Secret *secret,
                           GError **error)
{
    while (secret->length < secret->room) {
        ssize_t got =
            read(fd, secret->bytes + secret->length, one_line ? 1 : secret->room - secret->length);
        if (got < 0 && errno == EINTR) {
            if (!interrupt_check(error))
                return FALSE;
            continue;
        }
        if (got < 0) {
            drydock_error_set_errno(error, errno, "cannot read a key from '%s'", name);
            return FALSE;
        }
        if (got == 0 || (one_line && secret->bytes[secret->length] == '\n'))
            return TRUE;
        secret->length += (size_t)got;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is too long for a key", name);
    return FALSE;
}

/* A .BEK file may well end in bytes that look like a line break; a text has no NUL in it. */
static void drop_line_break(Secret *secret)
{
    if (memchr(secret->bytes, 0, secret->length))
        return;
    if (secret->length > 0 && secret->bytes[secret->length - 1] == '\n')
        secret->length--;
    if (secret->length > 0 && secret->bytes[secret->length - 1] == '\r')
        secret->length--;
}

static gboolean read_file(const char *path, Secret *secret, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open the key file '%s'", path);
        return FALSE;
    }
    secret_reserve(secret, KEY_LIMIT_BYTES + 1);
    gboolean ok = read_bytes(fd, path, FALSE, secret, error);
    close(fd);
    drop_line_break(secret);
    return ok;
}

static gboolean read_variable(const char *name, Secret *secret, GError **error)
{
    char *value = *name ? getenv(name) : NULL;
    if (!value) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "export it first",
                          "there is no environment variable '%s'", name);
        return FALSE;
    }
    size_t length = strlen(value);
    secret_reserve(secret, length + 1);
    memcpy(secret->bytes, value, length);
    secret->length = length;
    explicit_bzero(value, length);
    g_unsetenv(name);
    drop_line_break(secret);
    return TRUE;
}

static gboolean read_line_unseen(int fd, const char *id, Secret *secret, GError **error)
{
    struct termios before, unseen;
    if (tcgetattr(fd, &before) != 0) {
        drydock_error_set_errno(error, errno, "cannot ask for the key for '%s'", id);
        return FALSE;
    }
    unseen = before;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    unseen.c_lflag |= ICANON | ISIG;
    g_autofree char *question = g_strdup_printf("key for %s: ", id);
    gboolean ok = tcsetattr(fd, TCSAFLUSH, &unseen) == 0 &&
                  write(fd, question, strlen(question)) == (ssize_t)strlen(question);
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot ask for the key for '%s'", id);
    ok = ok && read_bytes(fd, TERMINAL, TRUE, secret, error);
    ssize_t ignored = write(fd, "\n", 1);
    (void)ignored;
    tcsetattr(fd, TCSAFLUSH, &before);
    return ok;
}

static gboolean read_prompt(const char *id, Secret *secret, GError **error)
{
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use file: or env: without a terminal",
                          "there is no terminal to ask for the key for '%s'", id);
        return FALSE;
    }
    secret_reserve(secret, LINE_LIMIT_BYTES);
    gboolean ok = read_line_unseen(fd, id, secret, error);
    close(fd);
    return ok;
}

gboolean key_option_read(const char *argument, KeyRing *keys, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(argument, ":", 3);
    guint count = g_strv_length(parts);
    g_auto(Secret) secret = {0};
    gboolean ok;
    if (count == 3 && g_str_equal(parts[1], "file")) {
        ok = read_file(parts[2], &secret, error);
    } else if (count == 3 && g_str_equal(parts[1], "env")) {
        ok = read_variable(parts[2], &secret, error);
    } else if (count == 2 && g_str_equal(parts[1], "prompt")) {
        ok = read_prompt(parts[0], &secret, error);
    } else {
        /* Not quoted: it may be the secret itself, given by mistake. */
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, USAGE_HINT,
                          "a --key does not say where its secret is");
        return FALSE;
    }
    return ok && key_ring_add(keys, parts[0], secret.bytes, secret.length, error);
}
