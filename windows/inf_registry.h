/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AddReg and DelReg sections of an INF as typed registry values. */
#ifndef WINDOWS_INF_REGISTRY_H
#define WINDOWS_INF_REGISTRY_H

#include "windows/inf_driver.h"

/* Appends the rows of every section that DelReg and AddReg of section name, deletions first, as
   Windows carries them out. */
void inf_registry_collect(const Inf *inf, const char *section, GPtrArray *rows);
void inf_registry_row_free(InfRegistryRow *row);
/* "0x10", "16", "-1" as in two's complement; 0 for anything else. */
guint32 inf_parse_number(const char *text);

#endif
