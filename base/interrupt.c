/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIGINT, SIGTERM and SIGHUP become an ordinary error. */
#include "base/interrupt.h"

#include <signal.h>
#include <string.h>

#include "base/error.h"

/* The one exception to "no state at file scope": a signal handler can reach nothing else. */
static volatile sig_atomic_t pending_signal;

static void remember_signal(int signal_number)
{
    pending_signal = signal_number;
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = remember_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);

    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

gboolean interrupt_is_pending(void)
{
    return pending_signal != 0;
}

gboolean interrupt_check(GError **error)
{
    if (!interrupt_is_pending())
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_INTERRUPTED, NULL, "interrupted by signal %d (%s)",
                      (int)pending_signal, strsignal((int)pending_signal));
    return FALSE;
}
