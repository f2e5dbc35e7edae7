/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target profile's wishes, as far as the guest goes with them. What it would not boot with, or
   could not use, stays as it was, and a finding says so. */
#ifndef DOMAIN_TARGET_H
#define DOMAIN_TARGET_H

#include "domain/plan.h"

/* Sets board and is_q35; is_x86, is_uefi and arch are set. guest may be NULL, here and below. */
void target_choose_board(DomainPlan *plan, const Guest *guest);

/* Changes what has been planned for the guest without a profile. */
void target_refine_plan(DomainPlan *plan, const Guest *guest);

#endif
