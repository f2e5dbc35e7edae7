/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an INF says of itself whatever the Windows: DriverVer. */
#ifndef WINDOWS_INF_VERSION_H
#define WINDOWS_INF_VERSION_H

#include "windows/inf.h"

/* Of DriverVer, as FILETIME; 0: none. */
guint64 inf_read_date(const Inf *inf);
/* Of DriverVer, most significant first; zeros where it says nothing. */
void inf_read_version(const Inf *inf, guint16 ret_version[4]);

char *inf_date_text(guint64 date);                /* "2023-07-21"; NULL for 0 */
char *inf_version_text(const guint16 version[4]); /* "100.94.104.24000" */

#endif
