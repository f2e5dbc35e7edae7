/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The <devices> of the domain XML. */
#ifndef DOMAIN_DEVICES_H
#define DOMAIN_DEVICES_H

#include "domain/plan.h"
#include "domain/xml.h"

void domain_write_devices(XmlWriter *xml, const DomainPlan *plan);

#endif
