/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What VirtualBox adds to an OVF: its own configuration (<vbox:Machine>, settings 1.x), with what
   OVF has no words for. Only for convert/config_ovf.c. */
#ifndef CONVERT_CONFIG_OVF_VIRTUALBOX_H
#define CONVERT_CONFIG_OVF_VIRTUALBOX_H

#include "convert/machine.h"
#include "convert/config/xml_document.h"

/* machine has what the OVF itself says: firmware, UUID, TPM and the addresses of its network
   adapters are added. (Secure boot is a variable in a file beside.) element: vbox:Machine; NULL is
   fine. */
void ovf_virtualbox_read(const xmlNode *element, Machine *machine);

#endif
