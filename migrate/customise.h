/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user wants changed in the guest besides the migration: the options and their carrying
 * out. */
#ifndef MIGRATE_CUSTOMISE_H
#define MIGRATE_CUSTOMISE_H

#include "linux/customise.h"
#include "migrate/file_option.h"

typedef struct {
    FileChanges *files;
    LinuxOptions linux_options;
    const char *linux_only; /* an option that was given and is for Linux only; NULL: none */
    GPtrArray *scripts;     /* of what --firstboot and --firstboot-command name, in their order */
} Customisation;

Customisation *customisation_new(void);
void customisation_free(Customisation *customisation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Customisation, customisation_free)

/* Adds the options to group, whose user data is the Customisation. Files and secrets of the host
   are read when they are parsed; errors are DrydockErrors. */
void customisation_add_options(GOptionGroup *group);

gboolean customisation_has_scripts(const Customisation *customisation);

/* Array of FirstBootScript, borrowed. DRYDOCK_ERROR_USAGE: something is for Linux only. */
gboolean customisation_windows_scripts(const Customisation *customisation, GPtrArray **ret_scripts,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Stages what is for Linux. DRYDOCK_ERROR_USAGE: a script is for Windows. */
gboolean customisation_stage_linux(const Customisation *customisation, const Guest *guest,
                                   Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
