/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sound card the domain gets. */
#ifndef DOMAIN_SOUND_H
#define DOMAIN_SOUND_H

#include "inspect/guest.h"

/* source: the card's name in the source; NULL: it had none. guest may be NULL. libvirt's name of
   the model, NULL: none. What the guest has a driver for by itself counts more than likeness. */
const char *sound_choose(const char *source, const Guest *guest, gboolean is_x86, gboolean is_q35);

#endif
