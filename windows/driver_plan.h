/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drivers of a guest from choosing to staging. */
#ifndef WINDOWS_DRIVER_PLAN_H
#define WINDOWS_DRIVER_PLAN_H

#include "fs/edits.h"
#include "inspect/guest.h"
#include "windows/boot_driver.h"
#include "windows/driver_choice.h"
#include "windows/editable_hive.h"

typedef struct {
    DriverTarget target;
    BootTarget boot;
    DriverChoice *choice;
} DriverPlan;

void driver_plan_clear(DriverPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DriverPlan, driver_plan_clear)

/* software: the guest's hive, which tells its updates. test_signing: its boot configuration allows
   test certificates. A processor there are no drivers for: DRYDOCK_ERROR_UNSUPPORTED; a named
   folder that gives nothing: DRYDOCK_ERROR_USAGE. */
gboolean driver_plan_make(const Guest *guest, const DriverSources *sources, Hive *software,
                          gboolean test_signing, DriverPlan *ret_plan,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Makes the boot drivers bootable and the packages findable. */
gboolean driver_plan_add_registry(const DriverPlan *plan, EditableHive *system,
                                  EditableHive *software, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The files. */
gboolean driver_plan_stage(const DriverPlan *plan, const char *system_root, Edits *edits,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
