/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project's one GError domain: what went wrong, and what the user can do about it. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

typedef struct {
    char *hint;
} DrydockErrorPrivate;

static void drydock_error_private_init(DrydockErrorPrivate *private)
{
    private->hint = NULL;
}

static void drydock_error_private_copy(const DrydockErrorPrivate *from, DrydockErrorPrivate *to)
{
    to->hint = g_strdup(from->hint);
}

static void drydock_error_private_clear(DrydockErrorPrivate *private)
{
    g_free(private->hint);
}

G_DEFINE_EXTENDED_ERROR(DrydockError, drydock_error)

static const struct {
    const char *name;
    int exit_status;
} codes[DRYDOCK_ERROR_LAST] = {
    [DRYDOCK_ERROR_FAILED] = {"failed", 1},
    [DRYDOCK_ERROR_USAGE] = {"usage", 2},
    [DRYDOCK_ERROR_PRECONDITION] = {"precondition", 3},
    [DRYDOCK_ERROR_NO_SPACE] = {"no-space", 4},
    [DRYDOCK_ERROR_MISSING_TOOL] = {"missing-tool", 5},
    [DRYDOCK_ERROR_CORRUPT] = {"corrupt", 6},
    [DRYDOCK_ERROR_UNSUPPORTED] = {"unsupported", 1},
    [DRYDOCK_ERROR_NOT_FOUND] = {"not-found", 1},
    [DRYDOCK_ERROR_SYSTEM] = {"system", 1},
    [DRYDOCK_ERROR_VERIFY] = {"verify", 7},
    [DRYDOCK_ERROR_INTERRUPTED] = {"interrupted", 130},
    [DRYDOCK_ERROR_BATCH] = {"batch", 8},
};

static void set_error(GError **error, DrydockError code, const char *hint, char *message)
{
    if (error)
        *error = g_error_new_literal(DRYDOCK_ERROR, (int)code, message);
    drydock_error_set_hint(error, hint);
    g_free(message);
}

void drydock_error_set(GError **error, DrydockError code, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(error, code, hint, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void drydock_error_set_errno(GError **error, int errno_value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    gboolean no_space = errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG;
    set_error(error, no_space ? DRYDOCK_ERROR_NO_SPACE : DRYDOCK_ERROR_SYSTEM,
              no_space ? "free some space, or choose another output directory" : NULL,
              g_strdup_printf("%s: %s", what, g_strerror(errno_value)));
}

const char *drydock_error_get_hint(const GError *error)
{
    if (!error || error->domain != DRYDOCK_ERROR)
        return NULL;
    return drydock_error_get_private(error)->hint;
}

void drydock_error_set_hint(GError **error, const char *hint)
{
    if (!error || !*error || (*error)->domain != DRYDOCK_ERROR)
        return;
    DrydockErrorPrivate *private = drydock_error_get_private(*error);
    char *copy = g_strdup(hint);
    g_free(private->hint);
    private->hint = copy;
}

const char *drydock_error_name(DrydockError code)
{
    g_return_val_if_fail(code < DRYDOCK_ERROR_LAST, "failed");
    return codes[code].name;
}

int drydock_error_exit_status(const GError *error)
{
    if (error->domain != DRYDOCK_ERROR)
        return codes[DRYDOCK_ERROR_FAILED].exit_status;
    return codes[error->code].exit_status;
}
