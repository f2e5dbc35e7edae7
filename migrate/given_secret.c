/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads secrets from files, the environment and the terminal. */
#include "migrate/given_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "disk/key.h"

#define TERMINAL "/dev/tty"
#define LINE_LIMIT_BYTES 4096

/* Whose secret is looked for, for messages. */
typedef struct {
    const char *kind, *owner;
} Wanted;

void given_secret_clear(GivenSecret *secret)
{
    if (secret->bytes)
        explicit_bzero(secret->bytes, secret->room);
    g_clear_pointer(&secret->bytes, g_free);
}

static void secret_reserve(GivenSecret *secret, size_t room)
{
    secret->bytes = g_malloc(room);
    secret->room = room;
}

/* Until the end of file, or of a line. */
static gboolean read_bytes(int fd, const Wanted *wanted, const char *name, gboolean one_line,
                           GivenSecret *secret, GError **error)
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
            drydock_error_set_errno(error, errno, "cannot read a %s from '%s'", wanted->kind, name);
            return FALSE;
        }
        if (got == 0 || (one_line && secret->bytes[secret->length] == '\n'))
            return TRUE;
        secret->length += (size_t)got;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is too long for a %s", name,
                      wanted->kind);
    return FALSE;
}

static void drop_line_break(GivenSecret *secret)
{
    secret->whole_length = secret->length;
    secret->length = key_text_length(secret->bytes, secret->length);
}

static gboolean read_file(const char *path, const Wanted *wanted, GivenSecret *secret,
                          GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open the %s file '%s'", wanted->kind, path);
        return FALSE;
    }
    secret_reserve(secret, KEY_LIMIT_BYTES + 1);
    gboolean ok = read_bytes(fd, wanted, path, FALSE, secret, error);
    close(fd);
    drop_line_break(secret);
    return ok;
}

static gboolean read_variable(const char *name, GivenSecret *secret, GError **error)
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

static gboolean read_line_unseen(int fd, const Wanted *wanted, GivenSecret *secret, GError **error)
{
    struct termios before, unseen;
    if (tcgetattr(fd, &before) != 0) {
        drydock_error_set_errno(error, errno, "cannot ask for the %s of '%s'", wanted->kind,
                                wanted->owner);
        return FALSE;
    }
    unseen = before;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    unseen.c_lflag |= ICANON | ISIG;
    g_autofree char *question = g_strdup_printf("%s for %s: ", wanted->kind, wanted->owner);
    gboolean ok = tcsetattr(fd, TCSAFLUSH, &unseen) == 0 &&
                  write(fd, question, strlen(question)) == (ssize_t)strlen(question);
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot ask for the %s of '%s'", wanted->kind,
                                wanted->owner);
    ok = ok && read_bytes(fd, wanted, TERMINAL, TRUE, secret, error);
    secret->whole_length = secret->length;
    ssize_t ignored = write(fd, "\n", 1);
    (void)ignored;
    tcsetattr(fd, TCSAFLUSH, &before);
    return ok;
}

static gboolean read_prompt(const Wanted *wanted, GivenSecret *secret, GError **error)
{
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "use file: or env: without a terminal",
                          "there is no terminal to ask for the %s of '%s'", wanted->kind,
                          wanted->owner);
        return FALSE;
    }
    secret_reserve(secret, LINE_LIMIT_BYTES);
    gboolean ok = read_line_unseen(fd, wanted, secret, error);
    close(fd);
    return ok;
}

gboolean given_secret_read(const char *place, const char *kind, const char *owner,
                           const char *usage_hint, GivenSecret *ret_secret, GError **error)
{
    const Wanted wanted = {kind, owner};
    if (g_str_has_prefix(place, "file:"))
        return read_file(place + strlen("file:"), &wanted, ret_secret, error);
    if (g_str_has_prefix(place, "env:"))
        return read_variable(place + strlen("env:"), ret_secret, error);
    if (g_str_equal(place, "prompt"))
        return read_prompt(&wanted, ret_secret, error);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, usage_hint,
                      "a --%s does not say where its secret is", kind);
    return FALSE;
}
