/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-V's binary configuration (2016 and later) as a tree of keys. Only for files of convert/. */
#ifndef CONVERT_CONFIG_VMCX_H
#define CONVERT_CONFIG_VMCX_H

#include "convert/config/hyperv_tree.h"

/* The nameless root, whose child is "configuration". Children are in the order in which Hyper-V
   inserted them. Damage of any kind is DRYDOCK_ERROR_CORRUPT; a format version that is not known is
   DRYDOCK_ERROR_UNSUPPORTED. Keys whose parent was deleted are left out. */
HypervKey *vmcx_read(GBytes *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
