/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CopyFiles of an INF with their places of origin and destination. */
#ifndef WINDOWS_INF_FILES_H
#define WINDOWS_INF_FILES_H

#include "windows/inf_driver.h"

/* Appends an InfFile for everything the CopyFiles lines of section copy. */
void inf_files_collect(const Inf *inf, const char *section, InfArchitecture architecture,
                       GPtrArray *files);
void inf_file_free(InfFile *file);

#endif
