/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libvirt's opinion of a domain XML. */
#ifndef TESTS_UNIT_DOMAIN_SCHEMA_H
#define TESTS_UNIT_DOMAIN_SCHEMA_H

/* Fails the test if libvirt's schema does not take xml; says so where there is no schema. */
void domain_schema_check(const char *xml);

#endif
