/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which state a Windows guest was left, and what in it may get in the way of new hardware. */
#ifndef INSPECT_WINDOWS_STATE_H
#define INSPECT_WINDOWS_STATE_H

#include "inspect/guest.h"
#include "registry/hive.h"

/* Each fills its facts and adds findings. The version must be known. */
gboolean windows_state_read_system(Guest *guest, Hive *system, GPtrArray *findings,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_state_read_software(Guest *guest, Hive *software, GPtrArray *findings,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_state_read_files(Guest *guest, GPtrArray *findings,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The header of an event log (System.evtx, or SysEvent.Evt of XP and 2003). Windows marks a log as
   open when it starts, and takes the mark away when it shuts down. */
GuestEventLog windows_event_log_state(const uint8_t *header, size_t length);

#endif
