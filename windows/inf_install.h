/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDInstall sections of an INF. For inf_driver.c only. */
#ifndef WINDOWS_INF_INSTALL_H
#define WINDOWS_INF_INSTALL_H

#include "windows/inf_driver.h"

/* section: as decorated in the INF. */
InfInstall *inf_install_new(const Inf *inf, const char *section, InfArchitecture architecture);
void inf_install_free(InfInstall *install);

#endif
