/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The member "windows" of a guest's JSON, and what is in it. */
#ifndef INSPECT_JSON_WINDOWS_H
#define INSPECT_JSON_WINDOWS_H

#include "inspect/guest.h"

/* The object, without its name. */
void json_add_windows(JsonBuilder *builder, const GuestWindows *facts);
/* A GuestWindowsService as an object; a JsonMemberAddFunc. */
void json_add_windows_service(JsonBuilder *builder, const void *item);

#endif
