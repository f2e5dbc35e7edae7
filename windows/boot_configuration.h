/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's Boot Configuration Data, as far as drivers and the new firmware are concerned. */
#ifndef WINDOWS_BOOT_CONFIGURATION_H
#define WINDOWS_BOOT_CONFIGURATION_H

#include "windows/editable_hive.h"

typedef struct {
    EditableHive *hive;    /* NULL: not on a volume of the tree, or not readable */
    char *loader;          /* key of the default entry, "Objects\{…}"; NULL: none */
    gboolean test_signing; /* it loads drivers with test certificates */
} BootConfiguration;

/* Never fails: what cannot be read counts as not there. */
void boot_configuration_read(const Guest *guest, BootConfiguration *ret_configuration);
void boot_configuration_clear(BootConfiguration *configuration);

/* UEFI: the default entry may use the framebuffer. Nothing for BIOS guests, or when there is
   nothing to change. */
gboolean boot_configuration_stage(const Guest *guest, const BootConfiguration *configuration,
                                  Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
