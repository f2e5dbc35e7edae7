/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project's one GError domain: what went wrong, and what the user can do about it. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <glib.h>

#define DRYDOCK_ERROR (drydock_error_quark())
GQuark drydock_error_quark(void);

/* What a caller can act on. Each maps to one exit status, see drydock_error_exit_status(). */
typedef enum {
    DRYDOCK_ERROR_FAILED,       /* anything without a better code */
    DRYDOCK_ERROR_USAGE,        /* the command line, or an input that is not what it should be */
    DRYDOCK_ERROR_PRECONDITION, /* the guest's state forbids it: hibernated, encrypted, … */
    DRYDOCK_ERROR_NO_SPACE,     /* the target is full */
    DRYDOCK_ERROR_MISSING_TOOL, /* a program or file of the host is not there */
    DRYDOCK_ERROR_CORRUPT,      /* the source is damaged */
    DRYDOCK_ERROR_UNSUPPORTED,  /* understood, but not something this program does */
    DRYDOCK_ERROR_NOT_FOUND,    /* a path, key or value that had to be there is not */
    DRYDOCK_ERROR_SYSTEM,       /* a system call of ours failed */
    DRYDOCK_ERROR_VERIFY,       /* the result was checked and is not right */
    DRYDOCK_ERROR_INTERRUPTED,  /* SIGINT or SIGTERM */
    DRYDOCK_ERROR_BATCH,        /* a part of a batch failed */
    DRYDOCK_ERROR_LAST
} DrydockError;

/* Sets *error like g_set_error(), with an optional hint (NULL: none): one sentence, lower case, no
   full stop, that says what the user can do. The hint survives g_prefix_error(). */
void drydock_error_set(GError **error, DrydockError code, const char *hint, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* As drydock_error_set(), for a failed system call: appends ": " and the text of errno_value.
   ENOSPC, EDQUOT and EFBIG become DRYDOCK_ERROR_NO_SPACE, everything else DRYDOCK_ERROR_SYSTEM. */
void drydock_error_set_errno(GError **error, int errno_value, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* The hint that travels with an error, or NULL. Borrowed from the error. */
const char *drydock_error_get_hint(const GError *error);

/* Replaces the hint of an error of our domain; does nothing when error or *error is NULL. */
void drydock_error_set_hint(GError **error, const char *hint);

/* The stable name of a code as JSON and the manual show it: "no-space", "precondition", … */
const char *drydock_error_name(DrydockError code);

/* Exit status of migrate(1) for this error; foreign domains count as DRYDOCK_ERROR_FAILED. */
int drydock_error_exit_status(const GError *error);

#endif
