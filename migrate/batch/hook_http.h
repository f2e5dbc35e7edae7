/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP request, by libcurl. */
#ifndef MIGRATE_BATCH_HOOK_HTTP_H
#define MIGRATE_BATCH_HOOK_HTTP_H

#include <glib.h>

typedef struct {
    const char *url;            /* http or https */
    const char *method;         /* NULL: POST */
    const char *const *headers; /* "NAME=VALUE"; may be NULL */
    const char *body;           /* JSON; NULL: none */
    guint timeout_seconds;      /* for all of it */
} HookRequest;

/* Waits for the answer, which has to be of the 200s; redirects are not followed. Certificates are
   checked; proxies are those of the environment. Messages do not quote the URL's user and
   password. */
gboolean hook_http_send(const HookRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
