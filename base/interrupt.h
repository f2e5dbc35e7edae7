/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIGINT, SIGTERM and SIGHUP become an ordinary error, so that everything is cleaned up on the way
   out. */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <glib.h>

/* Installs the handlers; blocking calls are then interrupted (EINTR). Once, by the program. */
void interrupt_install(void);

gboolean interrupt_is_pending(void);

/* FALSE with DRYDOCK_ERROR_INTERRUPTED when a signal has come in. Long loops call it. */
gboolean interrupt_check(GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
