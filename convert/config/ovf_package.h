/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an OVF says of its files and disks, outside of the machines (DSP0243 2.1, sections 7 and 9):
   References, DiskSection, DeploymentOptionSection and properties. Elements stay those of the
   document. Only for convert/ovf*.c and convert/config_ovf.c. */
#ifndef CONVERT_CONFIG_OVF_PACKAGE_H
#define CONVERT_CONFIG_OVF_PACKAGE_H

#include "convert/machine.h"
#include "convert/config/xml_document.h"

typedef struct OvfPackage OvfPackage;

OvfPackage *ovf_package_read(const xmlNode *envelope, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ovf_package_free(OvfPackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OvfPackage, ovf_package_free)

/* element is the section called name ("DiskSection"): an element of that name, or as OVF 0.9 has
   it: <Section xsi:type="ovf:DiskSection_Type">, for systems <Content …>. */
gboolean ovf_is_section(const xmlNode *element, const char *name);
const xmlNode *ovf_child_section(const xmlNode *element, const char *name);

/* element has no ovf:configuration, or one that names the configuration which is used: the default
   one of the DeploymentOptionSection. */
gboolean ovf_package_is_configured(const OvfPackage *package, const xmlNode *element);

/* Fills the stored half of disk with what resource ("ovf:/disk/vmdisk1", "/disk/vmdisk1",
   "ovf:/file/file1") leads to. system: where properties that the capacity may be are looked up. An
   unknown resource is DRYDOCK_ERROR_CORRUPT; a file that is somewhere in the network, encrypted or
   compressed in an unknown way, and a disk that only holds changes, DRYDOCK_ERROR_UNSUPPORTED. */
gboolean ovf_package_fill_disk(const OvfPackage *package, const xmlNode *system,
                               const char *resource, MachineDisk *disk,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The name of the file that resource leads to; NULL: none. Borrowed. */
const char *ovf_package_file_name(const OvfPackage *package, const char *resource);

#endif
