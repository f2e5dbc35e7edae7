/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which Windows a decorated INF section ("NTamd64.10.0...16299") is for, and how closely. */
#ifndef WINDOWS_INF_TARGET_H
#define WINDOWS_INF_TARGET_H

#include <glib.h>

typedef enum {
    INF_ARCHITECTURE_X86,
    INF_ARCHITECTURE_AMD64,
    INF_ARCHITECTURE_ARM64,
} InfArchitecture;

typedef struct {
    InfArchitecture architecture;
    guint major, minor, build;
    guint product_type; /* 1 workstation, 2 domain controller, 3 server; 0: not known */
} InfTarget;

/* "x86", "amd64", "arm64": as in section names and package names. */
const char *inf_architecture_name(InfArchitecture architecture);

/* TRUE if a section with this TargetOS decoration applies to target; among those that apply the one
   with the highest *ret_rank is used. NULL is an undecorated section, which 64-bit Windows does not
   take (Microsoft: "INF Manufacturer Section"). */
gboolean inf_target_applies(const char *decoration, const InfTarget *target, guint64 *ret_rank);

#endif
